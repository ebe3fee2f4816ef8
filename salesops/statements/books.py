"""The tables of a calculation, cut by payee, so that ten thousand statements read each row once."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from salesops.payment.periods import last_day, periods_until
from salesops.results import AMOUNT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from salesops.statements.model import Calculation, Objection

Row: TypeAlias = "dict[str, Any]"

LINE = ("part", "earned_in", "day", "source", "transaction_id", "opportunity_id")
"""What a line of one comp plan and payee is known by."""

PAYS = frozenset({"paid", "exchanged"})
"""The causes of what leaves `payable` for good."""

STANDS = {
    "held": ("held", 1),
    "payable": ("carried", 1),
    "advance": ("owed", -1),
    "recovery": ("owed", -1),
    "owed": ("owed", -1),
}
"""By account the figure of what stands in it at the end of a pay period, and its sign there."""

_BALANCE = ("payee_id", "comp_plan", "account", "unit", *LINE)
_SHOWN = 12
"""So many pay periods of history."""
_YEARS = timedelta(days=20 * 370)


@dataclass(frozen=True, slots=True)
class _Cut:
    """A table sorted by payee, and where the rows of each begin and end."""

    table: pa.Table
    places: Mapping[str, tuple[int, int]]

    def rows(self, payee: str) -> list[Row]:
        start, end = self.places.get(payee, (0, 0))
        found: list[Row] = self.table.slice(start, end - start).to_pylist()
        return found


@dataclass(frozen=True, slots=True)
class Books:
    """A calculation by payee."""

    calculation: Calculation
    periods: tuple[str, ...]  # those of history, up to this one
    last_days: Mapping[str, date]  # of pay periods of the kind, those of the latest years
    previous: str  # the pay period before, "" where the ledger has none
    entries: _Cut
    before: _Cut  # balances of the ledger, by line
    last: _Cut  # entries of the period before
    history: _Cut  # what earlier periods paid
    earnings: _Cut
    credits: _Cut
    measures: _Cut
    tiers: _Cut
    objections: Mapping[str, list[Objection]]  # by payee
    standing: frozenset[str]  # of whom the ledger holds, carries or is owed anything

    @property
    def payees(self) -> tuple[str, ...]:
        """Everyone of whom there is something to say, in order of their ids."""
        found: set[str] = set().union(
            self.entries.places,
            self.standing,
            self.earnings.places,
            self.credits.places,
            self.measures.places,
            self.objections,
        )
        return tuple(sorted(found))


def open_books(calculation: Calculation) -> Books:
    """The tables of a calculation, ready for `build_statement`."""
    period, ledger = calculation.period, calculation.ledger
    spans = periods_until(calculation.calendar, period, period.start - _YEARS)
    periods = tuple(spans)[-_SHOWN:]
    before = periods[-2] if len(periods) > 1 else ""
    last = ledger.filter(pc.field("period") == before)
    sums = ledger.group_by(list(_BALANCE)).aggregate([("amount", "sum")])
    sums = sums.rename_columns([name.removesuffix("_sum") for name in sums.column_names])
    paid = ledger.filter((pc.field("account") == "paid") & pc.field("cause").isin(sorted(PAYS)))
    now = pc.field("period") == period.name
    objections = sorted(calculation.objections, key=attrgetter("payee_id", "period", "id"))
    return Books(
        calculation=calculation,
        periods=periods,
        last_days={name: last_day(span) for name, span in spans.items()},
        previous=before if last.num_rows else "",
        entries=_cut(calculation.entries),
        before=_cut(sums.filter(pc.not_equal(sums["amount"], pa.scalar(Decimal(0), AMOUNT)))),
        last=_cut(last),
        history=_cut(paid.select(["payee_id", "period", "unit", "amount"])),
        earnings=_cut(calculation.earnings.filter(now & (pc.field("status") == "earned"))),
        credits=_cut(calculation.credits.filter(now)),
        measures=_cut(calculation.measures.filter(now)),
        tiers=_cut(calculation.tiers),
        objections={payee: list(its) for payee, its in groupby(objections, key=attrgetter("payee_id"))},
        standing=_standing(ledger),
    )


def _standing(ledger: pa.Table) -> frozenset[str]:
    found: dict[tuple[str, ...], Decimal] = defaultdict(Decimal)
    keys = ["payee_id", "comp_plan", "unit", "account"]
    stands = ledger.filter(pc.field("account").isin(list(STANDS)))
    for row in stands.group_by(keys).aggregate([("amount", "sum")]).to_pylist():
        figure, sign = STANDS[row["account"]]
        found[row["payee_id"], row["comp_plan"], row["unit"], figure] += sign * row["amount_sum"]
    return frozenset(payee for (payee, *_), amount in found.items() if amount)


def _cut(table: pa.Table) -> _Cut:
    plain = {
        field.name: table[field.name].cast(pa.string()) if pa.types.is_dictionary(field.type) else table[field.name]
        for field in table.schema
    }
    by_payee = pa.table(plain).sort_by("payee_id").combine_chunks()
    places, start = {}, 0
    for payee, count in Counter(by_payee["payee_id"].to_pylist()).items():
        places[str(payee)] = (start, start + count)
        start += count
    return _Cut(by_payee, places)
