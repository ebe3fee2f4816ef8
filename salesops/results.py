"""What the core computes: tables, with their schemas.

Money and ratios are decimals; a key is a user id (of a user or manager), a name, a value, or "" for the company.
Periods are named by `salesops.fiscal`: "2017-12", "FY2017-Q4", "FY2017". Rows are sorted by all key columns, so equal
results are equal tables whatever the order of the facts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import pyarrow as pa

if TYPE_CHECKING:
    from datetime import date

    from salesops.payment.settling import Settling

AMOUNT: pa.DataType = pa.decimal128(38, 6)

_NAME = pa.dictionary(pa.int32(), pa.string())
"""Of names that stand in very many rows."""

METRICS = pa.schema(
    [
        ("metric", _NAME),
        ("grain", _NAME),  # company, user, team, manager, territory… or a field, as the metric names it
        ("key", _NAME),
        ("period", _NAME),
        ("value", AMOUNT),  # rounded half up to 6 places; null where there is none (a ratio over nothing)
        ("numerator", AMOUNT),  # of a ratio, an average or a conversion, else null
        ("denominator", AMOUNT),
        ("sample", AMOUNT),  # how many numbers it is made of; of a ratio, what is below the line
        ("partial", pa.bool_()),  # whether what it counts began in the middle of the period
    ]
)

_PARTIAL: dict[str, pa.DataType] = {
    "metric": pa.string(),
    "period": pa.string(),  # one in the middle of which what the metric counts began
    "begins": pa.date32(),  # the first day on which anything counts
    "complete_from": pa.string(),  # the first complete period of its kind, null where the calendar ends before
}
PARTIAL = pa.schema(_PARTIAL)

ATTAINMENT = pa.schema(
    [
        ("quota", pa.string()),
        ("user_id", pa.string()),
        ("period", pa.string()),
        ("credited", AMOUNT),
        ("target", AMOUNT),
        ("attainment", AMOUNT),  # credited / target, half up to 6 places; null where the target is 0
    ]
)

CREDITS = pa.schema(
    [
        ("comp_plan", _NAME),
        ("credit", _NAME),
        ("payee_id", _NAME),
        ("period", _NAME),  # the pay period
        ("day", pa.date32()),
        ("source", _NAME),
        ("transaction_id", _NAME),
        ("opportunity_id", _NAME),  # null where it is of none
        ("amount", AMOUNT),  # in the comp plan's currency
    ]
)

MEASURES = pa.schema(
    [
        ("comp_plan", pa.string()),
        ("measure", pa.string()),
        ("payee_id", pa.string()),
        ("period", pa.string()),  # the pay period, at the end of which it stands so
        ("interval", pa.string()),  # what it runs over
        ("value", AMOUNT),  # these three half up to 6 places
        ("target", AMOUNT),  # null where there is none
        ("attainment", AMOUNT),  # as gates see it; null where there is no target
        ("group", pa.string()),  # of a measure that is measured apart for each value of a field
    ]
)

EARNINGS = pa.schema(
    [
        ("comp_plan", _NAME),
        ("component", _NAME),  # `cap` or `floor` for what those of the whole comp plan take or give
        ("payee_id", _NAME),
        ("period", _NAME),  # the pay period
        ("day", pa.date32()),
        ("source", _NAME),  # these three null where no transaction earns it: bonuses, targets that change
        ("transaction_id", _NAME),
        ("opportunity_id", _NAME),
        ("status", _NAME),  # earned, or estimated: "if won at the as-of time"
        ("credit", AMOUNT),  # what the component pays on, 0 where it pays on none
        ("amount", AMOUNT),  # rounded as the comp plan says; the rows of a period sum to its rounded whole
    ]
)

_TIERS: dict[str, pa.DataType] = {
    "comp_plan": pa.string(),
    "component": pa.string(),
    "payee_id": pa.string(),
    "period": pa.string(),  # the pay period, at the end of which it stands so
    "interval": pa.string(),  # that the component is reckoned over
    "tier": pa.int64(),  # from 1
    "written": pa.string(),  # its bound, as the comp plan says it
    "bound": AMOUNT,  # the same as a number, a share of the target or a value; null where there is none
    "starts_at": AMOUNT,  # as a value of the measure
    "number": AMOUNT,  # its rate or amount; null where each transaction has its own
    "unit": pa.string(),  # of the number: share or money
    "reading": pa.string(),
    "reached": pa.bool_(),  # whether the payee stands in it
    "credit": AMOUNT,  # to date, that lies in it; null where it is not laid into tiers
    "amount": AMOUNT,  # what that comes to; those of an interval add up to `worth`. Null where nobody knows
    "next": AMOUNT,  # in the tier that is reached: how much more of the measure the next one takes, rounded up
    "worth": AMOUNT,  # these three of all tiers together: before factors, gates, bounds and rounding
    "to_date": AMOUNT,  # earned in the interval up to the end of the pay period
    "before": AMOUNT,  # of that in earlier pay periods
}
TIERS = pa.schema(_TIERS)

TERRITORIES = pa.schema([("account_id", pa.string()), ("territory", pa.string())])


@dataclass(frozen=True, slots=True)
class Note:
    """Something that was left out of the figures, or counts for nobody, and that an admin would want to know."""

    severity: Literal["warning", "info"]
    text: str


@dataclass(frozen=True, slots=True)
class Pay:
    """What comp plans make of the facts: tables of CREDITS, MEASURES and EARNINGS, and what they leave out."""

    credits: pa.Table = field(default_factory=CREDITS.empty_table)
    measures: pa.Table = field(default_factory=MEASURES.empty_table)
    earnings: pa.Table = field(default_factory=EARNINGS.empty_table)
    notes: tuple[Note, ...] = ()
    settling: Settling | None = None
    tiers: pa.Table = field(default_factory=TIERS.empty_table)


@dataclass(frozen=True, slots=True)
class Results:
    """Everything computed from one set of facts and rules at one as-of time.

    The metrics that were `kept` were not computed, and have no rows here. Periods are computed `since` a day.
    """

    metrics: pa.Table
    attainment: pa.Table
    territories: pa.Table
    credits: pa.Table = field(default_factory=CREDITS.empty_table)
    measures: pa.Table = field(default_factory=MEASURES.empty_table)
    earnings: pa.Table = field(default_factory=EARNINGS.empty_table)
    settling: Settling | None = None  # where it was asked for
    tiers: pa.Table = field(default_factory=TIERS.empty_table)  # of the pay period that was asked for
    notes: tuple[Note, ...] = ()
    partial: pa.Table = field(default_factory=PARTIAL.empty_table)
    computed: frozenset[str] = frozenset()
    kept: frozenset[str] = frozenset()
    since: date | None = None
