"""What can be seen from a cell while figures are made of figures, as SQL over columns that are already joined."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from config.metrics import ConversionMetric, SimpleMetric
from config.metrics.kinds import SPLITS
from salesops import rational
from salesops.metrics.columns import PARTS, Figures
from salesops.sql import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from salesops.metrics.columns import Node
    from salesops.rules import Rules

HERE, BEFORE, YEAR_BEFORE, COMPANY = "cell", "previous_cell", "year_before_cell", "company_cell"
"""Where one looks from a cell: the cell itself, that of the period before or of the year before, the company's."""

Look: TypeAlias = "tuple[str, Node]"
"""Where one looks, and at which metric."""


class Seen:
    """The names of the columns of what is looked at."""

    period, grain, starts = "period", "grain", "starts"
    team = "team"
    """The present team of the user whose cell it is; null in other grains."""

    def __init__(self, found: Mapping[Look, Mapping[str, str]]) -> None:
        self._found = found

    def here(self, node: Node) -> Figures:
        """The figures of a metric in the cell; the value 0 where it has no row, if that is what it is worth there."""
        found = self._found[HERE, node]
        return Figures(**{part: quoted(found[part]) for part in PARTS if part in found})

    def or_zero(self, node: Node) -> str:
        """The value of a metric in the cell; 0 where it has no row, or no value, if that is what it is worth there."""
        return quoted(self._found[HERE, node]["or zero"])

    def millionths(self, node: Node) -> str:
        """The same in millionths. See `in_millionths`."""
        return quoted(self._found[HERE, node]["or zero"].replace("or zero", "millionths", 1))

    def in_millionths(self, rules: Rules, nodes: Iterable[Node]) -> dict[str, str]:
        """The columns of these millionths, each made once however often it is divided."""
        found = {}
        for node in nodes:
            value = self._found[HERE, node]["or zero"]
            how = "1000000 * {}" if counts(rules, node[0]) else "millionths({})"
            found[value.replace("or zero", "millionths", 1)] = how.format(quoted(value))
        return found

    def whole(self, look: Look) -> str:
        """The value of a metric as a whole number: of a count what it is, else in millionths. See `wholes`."""
        return quoted(self._found[look]["value"].replace("value", "whole", 1))

    def wholes(self, rules: Rules, looks: Iterable[Look]) -> dict[str, str]:
        """The columns of these whole numbers."""
        found = {}
        for look in looks:
            value = self._found[look]["value"]
            number = rational.whole if counts(rules, look[1][0]) else "in_millionths({})".format
            found[value.replace("value", "whole", 1)] = number(quoted(value))
        return found


def counts(rules: Rules, name: str) -> bool:
    """Whether the values of a metric are whole numbers."""
    metric = rules.metrics[name]
    if isinstance(metric, ConversionMetric):
        return metric.show == "count"
    return isinstance(metric, SimpleMetric) and metric.measure in {"count", "distinct"} and metric.owner != SPLITS
