"""Figures made of figures: ratios, formulas, and windows with a minimum of their own, all of one level in one pass.

A level is computed from the columns of the levels before it, joined by cell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.metrics import CumulativeMetric, DerivedMetric, RatioMetric
from config.metrics.formula import OF_METRICS, Call, names, parse_formula, walk
from config.metrics.parts import is_zero_over_none
from salesops.metrics.columns import PARTS, ZERO, Figures, kept_in, named, with_minimum
from salesops.metrics.formulas import formula_figures
from salesops.metrics.levels import parts_over
from salesops.metrics.periods import span_of
from salesops.metrics.ratios import ratio_figures
from salesops.sql import columns as listed
from salesops.sql import quoted, when

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from config.metrics import Metric
    from salesops.metrics.columns import Column, Node
    from salesops.metrics.rollup import Setting


class Seen:
    """What can be seen from each cell, as SQL: the figures of other metrics there, before it, of the company."""

    period, grain = "period", "grain"
    team = "team"
    """The present team of the user whose cell it is; null in other grains."""

    def __init__(self, found: Mapping[tuple[str, Node], Mapping[str, str]]) -> None:
        self._found = found

    def here(self, node: Node) -> Figures:
        """The figures of a metric in the cell; the value 0 where it has no row, if that is what it is worth there."""
        return self._figures("cell", node)

    def or_zero(self, node: Node) -> str:
        """The value of a metric in the cell; 0 where it has no row, or no value, if that is what it is worth there."""
        return quoted(self._found["cell", node]["or zero"])

    def previous(self, node: Node) -> tuple[Figures, str]:
        """The figures of a metric in the period before, and whether there is one."""
        return self._figures("previous_cell", node), "previous_cell IS NOT NULL"

    def company(self, node: Node) -> Figures:
        """The company's figures of a metric in the period."""
        return self._figures("company_cell", node)

    def _figures(self, by: str, node: Node) -> Figures:
        found = self._found[by, node]
        return Figures(**{part: quoted(found[part]) for part in PARTS if part in found})


def combine(setting: Setting, nodes: Sequence[Node], columns: Mapping[Node, Column], name: str) -> dict[Node, Column]:
    """The figures of ratios, formulas and windows, all of whose parts have columns."""
    metrics = setting.basis.rules.metrics
    wanted = sorted({look for node in nodes for look in _looks(setting, node, metrics[node[0]])}, key=str)
    rows, seen = _joined(setting, wanted, columns)
    values, of_table = named((node, _figures(setting, node, metrics[node[0]], seen)) for node in nodes)
    setting.basis.engine.keep_rows(f"combined {name}", f"SELECT cell, {listed(values)} FROM ({rows})")
    return kept_in(f"combined {name}", of_table)


def _looks(setting: Setting, node: Node, metric: Metric) -> Iterable[tuple[str, Node]]:
    """(from which cell, the metric) of all that a metric's figures are made of."""
    yield from (("cell", part) for part in parts_over(setting.basis.rules, node))
    if isinstance(metric, DerivedMetric):
        for call in walk(parse_formula(metric.formula)):
            if isinstance(call, Call) and call.function in OF_METRICS:
                by = {"previous": "previous_cell", "share": "company_cell"}.get(call.function, "cell")
                yield by, (names(call)[0].name, None)


def _figures(setting: Setting, node: Node, metric: Metric, seen: Seen) -> Figures:
    match metric:
        case RatioMetric():
            return ratio_figures(setting.basis.rules, metric, node[1], seen)
        case DerivedMetric():
            return formula_figures(setting.basis.rules, metric, seen)
    assert isinstance(metric, CumulativeMetric)  # noqa: S101  only these are made of others
    return with_minimum(seen.here((metric.metric, span_of(metric))), metric.minimum_sample)


def _joined(setting: Setting, wanted: Sequence[tuple[str, Node]], columns: Mapping[Node, Column]) -> tuple[str, Seen]:
    """Every cell in which one of the metrics has a row, with what is wanted of them beside it."""
    looks: dict[tuple[str, str], dict[int, Node]] = {}
    for number, (by, node) in enumerate(wanted):
        looks.setdefault((by, columns[node].table), {})[number] = node
    cells = [_cells([columns[node] for node in nodes.values()]) for (by, _), nodes in looks.items() if by == "cell"]
    rows = _around(setting, " UNION ".join(cells))
    values: dict[str, str] = {}
    found: dict[tuple[str, Node], dict[str, str]] = {}
    for place, ((by, table), nodes) in enumerate(sorted(looks.items())):
        rows += f" LEFT JOIN {quoted(table)} AS other_{place} ON around.{by} = other_{place}.cell"
        for number, node in nodes.items():
            worth = ZERO if is_zero_over_none(node[0], setting.basis.rules.metrics) else None
            of_other = {part: f"other_{place}.{quoted(name)}" for part, name in columns[node].parts.items()}
            parts = _worth(of_other, worth)
            found[by, node] = {part: f"{part} of {number}" for part in parts}
            values |= {f"{part} of {number}": value for part, value in parts.items()}
    return f"SELECT around.*, {listed(values)} FROM {rows}", Seen(found)


def _cells(columns: Sequence[Column]) -> str:
    """The cells in which one of these metrics has a row; their columns are of one table."""
    there = " OR ".join(quoted(column.there) for column in columns)
    return f"SELECT cell FROM {quoted(columns[0].table)} WHERE {there}"


def _worth(parts: Mapping[str, str], worth: str | None) -> dict[str, str]:
    """The figures of a metric, and its value "or zero", with what it is worth where it has no row, or no value."""
    value = when(parts["there"], parts["value"], worth or "NULL")
    or_zero = value if worth is None else f"coalesce({value}, {worth})"
    return {**parts, "there": f"coalesce({parts['there']}, FALSE)", "value": value, "or zero": or_zero}


def _around(setting: Setting, cells: str) -> str:
    """The cells, each with its grain, period and team, and the cells of the period before and of the company."""
    per_place = len(setting.periods)
    periods, places, teams = (
        quoted(table.get_name()) for table in (setting.periods.table, setting.places.table, setting.places.teams)
    )
    return f"""(
        SELECT cell, cell % {per_place} AS period, grain, team,
               cell - cell % {per_place} + previous AS previous_cell,
               cell % {per_place} + {setting.places.company * per_place} AS company_cell
        FROM ({cells})
        JOIN {places} ON place = cell // {per_place}
        LEFT JOIN {periods} AS periods ON periods.period = cell % {per_place}
        LEFT JOIN {teams} ON grain = 'user' AND of_user = key
    ) AS around"""
