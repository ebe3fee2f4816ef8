"""A statement: everything that is said of a payee and a pay period, before anybody decides how it looks.

Amounts are exact decimals in the currency of the comp plan, unless said otherwise; what lessens the pay is below 0.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from salesops.results import TIERS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from decimal import Decimal

    import pyarrow as pa

    from config.comp_plans import CompPlan
    from salesops.calendar import Period
    from salesops.fiscal import FiscalCalendar

State = Literal["open", "calculated", "reviewed", "approved", "closed"]

FigureKind = Literal[
    "brought_forward",  # what stood in `payable` before
    "earned",
    "adjusted",  # earned in earlier pay periods, as it is known now
    "held",  # of these two what is not released yet
    "released",  # of what was held before
    "manual",
    "advanced",
    "recovered",
    "transferred",  # a debt of another comp plan, or one that another settles
    "topped_up",
    "clawed_back",
    "lost",
    "carried",  # what stays in `payable`
]

BalanceKind = Literal["held", "draw", "clawback", "carried"]


@dataclass(frozen=True, slots=True)
class Person:
    """Who is paid."""

    name: str
    email: str = ""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an adjustment was made by hand, and by whom; the component of the line that it hangs on, "" for none."""

    text: str
    by: str
    component: str = ""


@dataclass(frozen=True, slots=True)
class Objection:
    """A dispute of a payee's, and what became of it by the time of the statement; `line` as entries have it.

    `amount` is what was paid for it, None for nothing.
    """

    id: str
    payee_id: str
    comp_plan: str
    period: str  # whose statement it is about
    line: tuple[str, str, date | None, str, str, str]
    reason: str
    outcome: Literal["accepted", "rejected", "waiting"]
    answer: str
    amount: Decimal | None


@dataclass(frozen=True, slots=True)
class Calculation:
    """A calculation as it is kept, of which statements are made. Names and comp plans are those of its time."""

    period: Period
    state: State
    number: int
    entries: pa.Table  # ENTRIES of the calculation
    ledger: pa.Table  # ENTRIES of the closed periods before
    earnings: pa.Table  # these three as salesops.results has them
    credits: pa.Table
    measures: pa.Table
    comp_plans: Mapping[str, CompPlan]
    currency: str  # of comp plans that name none
    calendar: FiscalCalendar
    people: Mapping[str, Person]  # by user id
    opportunities: Mapping[str, str]  # names by id
    reasons: Mapping[str, Reason]  # by the id of a manual adjustment
    tiers: pa.Table = field(default_factory=TIERS.empty_table)
    objections: tuple[Objection, ...] = ()


@dataclass(frozen=True, slots=True)
class Of:
    """What an earning is of; "" and None where it is of no transaction."""

    component: str
    label: str
    earned_in: str
    day: date | None
    source: str
    transaction_id: str
    opportunity_id: str
    name: str  # of the opportunity


@dataclass(frozen=True, slots=True)
class Figure:
    """A line of the summary; `label` of the step that it is by, else ""."""

    kind: FigureKind
    label: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Earned:
    """What a transaction earned in this period. Its rate is what it earned over its credit: 6 places, None over 0."""

    of: Of
    credit: Decimal
    rate: Decimal | None
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Component:
    """What a component earned in this period, by transaction in the order of their days."""

    name: str
    label: str
    amount: Decimal
    lines: tuple[Earned, ...]


@dataclass(frozen=True, slots=True)
class Tier:
    """A tier: where it begins, its rate or amount (None where each transaction has its own), and what lies in it.

    `at` is a share of the target, or a value of the measure where `is_value`. `credit` is None where credit is not laid
    into tiers, `amount` where what it comes to is not known by tier.
    """

    at: Decimal | None
    is_value: bool
    number: Decimal | None
    unit: Literal["share", "money"]
    is_reached: bool
    credit: Decimal | None
    amount: Decimal | None


@dataclass(frozen=True, slots=True)
class Ladder:
    """The tiers of a component in one of its intervals, up to the end of the period.

    The amounts of the tiers add up to `worth`; factors, gates, bounds and rounding make `to_date` of it, of which
    `before` was earned in earlier periods. `following` is what the next tier needs of the measure, and where it begins;
    where `is_above`, tiers begin above their bounds, and it needs more than that.
    """

    component: str
    label: str
    measure: str
    measure_label: str
    interval: str
    tiers: tuple[Tier, ...]
    worth: Decimal | None
    to_date: Decimal
    before: Decimal
    following: tuple[Decimal, Tier] | None
    is_above: bool = False

    @property
    def earned(self) -> Decimal:
        """What is earned in this period."""
        return self.to_date - self.before


@dataclass(frozen=True, slots=True)
class Answered:
    """A dispute of a line, and what became of it."""

    id: str
    of: Of
    period: str
    reason: str
    outcome: Literal["accepted", "rejected", "waiting"]
    answer: str
    amount: Decimal | None


@dataclass(frozen=True, slots=True)
class Adjusted:
    """An earning of an earlier pay period: what was posted, and what it is now."""

    of: Of
    before: Decimal
    now: Decimal

    @property
    def difference(self) -> Decimal:
        return self.now - self.before


@dataclass(frozen=True, slots=True)
class Due:
    """When something that is held is released: by a day, as it is invoiced or collected, or monthly `until` a day."""

    on: Literal["day", "invoice", "collection", "monthly"]
    day: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """An earning of which something is held at the end, or was released in this period."""

    of: Of
    earned: Decimal  # to date
    released: Decimal  # in this period
    held: Decimal  # at its end
    due: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What is taken back, or lost, of an earning in this period: of what was held, or of pay, to be recovered."""

    of: Of
    kind: Literal["clawed_back", "lost"]
    held: Decimal
    owed: Decimal

    @property
    def is_given_back(self) -> bool:
        """Whether it is what was taken back before and comes back, as when a cancellation is cleared."""
        return self.kind == "clawed_back" and self.held + self.owed > 0


@dataclass(frozen=True, slots=True)
class Manual:
    """An adjustment by hand; `of` None where it hangs on no earning."""

    id: str
    amount: Decimal
    reason: str
    by: str
    of: Of | None


@dataclass(frozen=True, slots=True)
class Balance:
    """What is held, owed or carried: start + added - taken = end. What is owed is above 0."""

    kind: BalanceKind
    label: str  # of the step, else ""
    start: Decimal
    added: Decimal
    taken: Decimal
    end: Decimal


@dataclass(frozen=True, slots=True)
class Measured:
    """Where a measure stands at the end of the period; target and attainment None where there is none."""

    name: str
    label: str
    interval: str
    group: str
    value: Decimal | None
    target: Decimal | None
    attainment: Decimal | None


@dataclass(frozen=True, slots=True)
class Credited:
    """A transaction that counts for the payee in this period."""

    credit: str
    label: str
    day: date | None
    source: str
    transaction_id: str
    opportunity_id: str
    name: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Change:
    """A figure of the pay period before, and of this one; what is held, owed or carried is so at its end."""

    kind: Literal["earned", "adjusted", "paid", "held", "owed", "carried"]
    before: Decimal
    now: Decimal


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in a currency."""

    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class ByPlan:
    """What a comp plan says of the period. `summary` adds up to `paid`, which is `payout` in the currency of pay."""

    name: str
    label: str
    currency: str
    summary: tuple[Figure, ...]
    paid: Decimal
    payout: Money
    components: tuple[Component, ...]
    ladders: tuple[Ladder, ...]
    measures: tuple[Measured, ...]
    adjustments: tuple[Adjusted, ...]
    held: tuple[Held, ...]
    taken_back: tuple[TakenBack, ...]
    manual: tuple[Manual, ...]
    disputes: tuple[Answered, ...]
    balances: tuple[Balance, ...]
    changes: tuple[Change, ...]  # () in the first period
    opening: Decimal  # earned before the ledger began, and paid elsewhere
    credits: tuple[Credited, ...]


@dataclass(frozen=True, slots=True)
class PaidIn:
    """What a pay period paid, in each currency of pay."""

    period: str
    paid: tuple[Money, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """What a payee is told of a pay period, by comp plan in the order of their names."""

    payee_id: str
    payee: Person
    period: str
    first_day: date
    last_day: date
    state: State
    calculation: int
    paid: tuple[Money, ...]  # by currency of pay
    previous: str  # the pay period before, "" where the ledger has none
    history: tuple[PaidIn, ...]  # up to this period, at most twelve
    plans: tuple[ByPlan, ...]

    @property
    def is_draft(self) -> bool:
        """Whether its figures may still change."""
        return self.state != "closed"
