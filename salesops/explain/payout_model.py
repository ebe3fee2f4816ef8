"""What is told of a payee's pay: components, each with the intervals that it is reckoned over, and its transactions.

Numbers are exact to 12 places, amounts that are earned as they are paid. A `path` leads to lines of the comp plan.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import date

    from config.yaml_text import Path

ZERO = Decimal(0)

Unit = Literal["money", "number", "share"]


@dataclass(frozen=True, slots=True)
class Step:
    """A number on the way from credit to pay, in words; none where there is none."""

    what: str
    value: Decimal | None
    unit: Unit
    path: Path


@dataclass(frozen=True, slots=True)
class RowTold:
    """A row of days of a streak, each with what was there; `times`: how often it is completed, none where not counted.

    `broken_on`: the day that broke it, with what it `had`, none of a day off the comp plan; none of a row that goes on.
    `makes_it`: whether the streak's number is of it.
    """

    days: tuple[tuple[date, Decimal], ...]
    times: int | None
    broken_on: date | None
    had: Decimal | None
    makes_it: bool


@dataclass(frozen=True, slots=True)
class StreakTold:
    """The rows behind a streak, what a day needs, and `next`, in words, what lengthens the last; empty of the past."""

    at_least: Decimal
    rows: tuple[RowTold, ...]
    next: str


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the payee stands in a measure. `start`: with what it starts in its interval.

    `target_is` is how the target is written, `full` what it is in a full interval without a ramp (none where that is
    not one number), `share` how much of the interval counts for it, `ramp` how much a ramp asks of it, none without
    one; all of that is empty and None without a target.
    """

    measure: str
    label: str
    interval: str
    start: Decimal | None
    value: Decimal | None
    target: Decimal | None
    attainment: Decimal | None
    target_is: str
    full: Decimal | None
    share: Decimal | None
    ramp: Decimal | None
    path: Path
    streak: StreakTold | None = None


@dataclass(frozen=True, slots=True)
class HeldTold:
    """A transaction of which a measure counts less than all, as a line says: the most of each, as it is written."""

    measure: str
    label: str
    day: date
    source: str
    id: str
    whole: Decimal
    counts: Decimal
    written: str
    path: Path


@dataclass(frozen=True, slots=True)
class Rung:
    """A tier, or a point of a curve: from which bound on, as it is written, as a number and as a value of the measure.

    `number` is its rate or amount, none where each transaction has its own (`is_own`), `laid` the credit to date in it,
    `earns` what that comes to: of tiers up to one that is not read as marginal, all in the row of that one.
    """

    written: str
    bound: Decimal | None
    starts_at: Decimal | None
    number: Decimal | None
    unit: Unit
    reading: str
    is_reached: bool
    laid: Decimal | None
    earns: Decimal | None
    path: Path
    is_own: bool = False


@dataclass(frozen=True, slots=True)
class GateTold:
    """A gate, alone or one of several: what it looks at, its bounds as they are written and as numbers, and whether it
    is met."""

    measure: str
    looked_at: Decimal | None
    unit: Unit
    bounds: tuple[tuple[str, str, Decimal | None], ...]  # the key, as it is written, the number
    is_met: bool
    path: Path


@dataclass(frozen=True, slots=True)
class Reckoned:
    """A component in one of its intervals, up to the end of what is asked for.

    `worth` is to date, before it is rounded; `to_date` what is earned of it, `before` of that in earlier pay periods,
    and `earned` in the asked ones: to_date - before. `again` says where tiers make what came before be paid again.
    """

    interval: str
    last_day: date
    measures: tuple[Standing, ...]
    held: tuple[HeldTold, ...]
    rungs: tuple[Rung, ...]
    again: tuple[str, ...]
    gates: tuple[tuple[GateTold, ...], ...]  # of each one, or those of which one is enough
    steps: tuple[Step, ...]
    worth: Decimal | None
    rounded: Decimal | None
    to_date: Decimal
    before: Decimal
    missing: tuple[str, ...]  # what is not shown, and why

    @property
    def earned(self) -> Decimal:
        return self.to_date - self.before


@dataclass(frozen=True, slots=True)
class CreditTold:
    """How the credit of a transaction comes about.

    `amount` is the whole of it before `factors` (each as it is written), none where it depends on who is credited;
    `looked_at` are the fields that tables are looked up by; `share` is the payee's of what it comes to for them, none
    where they are credited in several ways at once; `shares` all who share in it (a user's id), with 1 for all.
    """

    credit: str
    amount: Decimal | None
    factors: tuple[tuple[str, Decimal | None], ...]
    looked_at: tuple[tuple[str, str | None], ...]
    share: Decimal | None
    shares: tuple[tuple[str, Decimal], ...]

    @property
    def is_plain(self) -> bool:
        """Whether the amount counts as it is, all of it."""
        return not (self.factors or self.looked_at or self.is_shared or self.is_part)

    @property
    def is_part(self) -> bool:
        """Whether the payee is credited with a share of what it comes to."""
        return self.share not in {None, 1}

    @property
    def is_shared(self) -> bool:
        """Whether somebody has less than all of it."""
        return any(share != 1 for _, share in self.shares)


@dataclass(frozen=True, slots=True)
class EntryTold:
    """What a transaction earns by a component on a day; with no source what no transaction earns.

    `tier`: the one it is paid by, from 1; `rate`: its own; `measure`: where the one that places it stands after it.
    `made`: how its credit comes about; none where it has no credit by the component.
    """

    day: date
    period: str
    source: str
    id: str
    opportunity_id: str
    credit: Decimal
    tier: int | None
    rate: Decimal | None
    measure: Decimal | None
    amount: Decimal
    made: CreditTold | None


@dataclass(frozen=True, slots=True)
class ComponentTold:
    """What a component of a comp plan earns in the pay periods asked for, and why; `says` it in plain words."""

    comp_plan: str
    component: str
    label: str
    kind: str
    says: str
    currency: str
    is_paid: bool
    path: Path
    lines: tuple[tuple[str, Path], ...]  # what else decides it: credits, values, tables
    intervals: tuple[Reckoned, ...]
    entries: tuple[EntryTold, ...]

    @property
    def amount(self) -> Decimal:
        """What it earns; 0 of one that is only a step for others."""
        return sum((entry.amount for entry in self.entries), ZERO)
