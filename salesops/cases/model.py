"""What a case is run with, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from config.comp_plans import Assignment, Case, CompPlan
    from config.yaml_text import Path
    from salesops.rules import Rules


@dataclass(frozen=True, slots=True)
class Around:
    """What holds around cases: calendar, zone, currency, metrics and quotas of `rules`, and the comp plans there are.

    `payees` are by e-mail in lower case. `has_project`: the quotas and the currency are a project's.
    """

    rules: Rules
    comp_plans: Mapping[str, CompPlan]
    payees: Mapping[str, tuple[Assignment, ...]] = field(default_factory=dict)
    has_project: bool = False


@dataclass(frozen=True, slots=True)
class Setup:
    """A case with the comp plans it takes part in: its own (with what extends it) first, then those that these credit.

    `day` is the last day that counts; `named_only`: who is on the comp plan on which days is what the case says.
    """

    case: Case
    comp_plan: str
    plans: Mapping[str, CompPlan]
    around: Around
    day: date
    named_only: bool

    @property
    def main(self) -> CompPlan:
        """The comp plan of the case."""
        return self.plans[self.comp_plan]


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in a case that cannot be: at a path below the case, what, and what to write instead."""

    path: Path
    summary: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure that is not as expected. `what` names it, `payee` is an e-mail; texts as a person would write them."""

    payee: str
    what: str
    expected: str
    found: str


@dataclass(frozen=True, slots=True)
class Lines:
    """A small table of an explanation; a column whose name starts with ">" is right-aligned."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a case: it holds where nothing differs. `story` explains the figures of one that does not.

    `fault` is why it could not be computed at all, None otherwise. `seconds` is its share of the time it took.
    """

    differences: tuple[Difference, ...] = ()
    story: tuple[Lines, ...] = ()
    notes: tuple[str, ...] = ()
    fault: str | None = None
    seconds: float = 0.0

    @property
    def holds(self) -> bool:
        return self.fault is None and not self.differences
