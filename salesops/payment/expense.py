"""Expense schedules of capitalised commissions (ASC 340-40, IFRS 15): what is earned for a contract becomes an asset,
and expense in equal parts over the time that the contract brings something.

An asset is all that one component earned for one payee and opportunity, less what was taken back: what is earned, or
taken back, later joins it, and the parts that are over catch up in that period. So the parts of an asset add up to it.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from config.expense import Months
from salesops.calendar import EARLIEST, LATEST, months_after
from salesops.results import AMOUNT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from config.expense import ExpenseRules, Over, Spread
    from salesops.fiscal import FiscalCalendar

_CONTRACTS: dict[str, pa.DataType] = {
    "opportunity_id": pa.string(),
    "starts_on": pa.date32(),  # null where nobody knows
    "ends_on": pa.date32(),  # the last day of it
    "cancelled_on": pa.date32(),  # null of one that was not
}
CONTRACTS = pa.schema(_CONTRACTS)

_SCHEDULE: dict[str, pa.DataType] = {
    "comp_plan": pa.string(),
    "component": pa.string(),
    "payee_id": pa.string(),
    "opportunity_id": pa.string(),  # "" of what is of none
    "unit": pa.string(),
    "starts_on": pa.date32(),  # null of what is expense when it is earned
    "ends_on": pa.date32(),  # the last day; of months, that of the last one as far as the calendar goes
    "cost": AMOUNT,  # all of the asset, to date
    "before": AMOUNT,  # what became expense in earlier periods
    "expense": AMOUNT,  # what becomes expense in this one, with what is written off
    "written_off": AMOUNT,  # of that, what was left when the contract was cancelled
    "remaining": AMOUNT,  # cost less before and expense
    "within_a_year": AMOUNT,  # of that, what becomes expense in the twelve fiscal months that follow
    "lacks_days": pa.bool_(),  # whether its rule needs days of the contract that are not known, or no days
}
SCHEDULE = pa.schema(_SCHEDULE)

_DAY = timedelta(days=1)
_NOTHING = Decimal(0)
_YEAR = 12
_OF_ENTRIES = ("comp_plan", "part", "payee_id", "opportunity_id", "unit")


class Asset(NamedTuple):
    """What one component earned for one payee and opportunity, less what was taken back."""

    comp_plan: str
    component: str
    payee_id: str
    opportunity_id: str
    unit: str
    cost: Decimal
    earned_on: date | None


class Contract(NamedTuple):
    """The days of an opportunity's contract; `ends_on` is the last one."""

    starts_on: date | None = None
    ends_on: date | None = None
    cancelled_on: date | None = None


class Span(NamedTuple):
    """The time over which an asset becomes expense; which share of it is so to date, and will be in a year."""

    starts_on: date
    ends_on: date
    share: Fraction
    share_in_a_year: Fraction


def build_schedule(
    entries: pa.Table,
    contracts: pa.Table,
    rules: ExpenseRules,
    last: date,
    calendar: FiscalCalendar,
    places: Mapping[str, int],
    before: pa.Table | None = None,
) -> pa.Table:
    """SCHEDULE of a pay period by its last day, sorted by its first five columns: every asset that ever had a cost.

    `entries` are ENTRIES of the ledger up to the period's own, `before` is the schedule of the period before (None
    where nothing was expense by then). Units that are no currency are left out. What is expense to date is rounded
    half up to the `places` of each comp plan, 2 where it says none. A contract that starts later is an asset until
    then.
    """
    days = _Days(calendar, last)
    known = {row["opportunity_id"]: row for row in contracts.to_pylist()}
    booked = {} if before is None else {_key(row): row["before"] + row["expense"] for row in before.to_pylist()}
    rows = []
    for asset in _assets(entries):
        row = known.get(asset.opportunity_id, {})
        contract = Contract(*(row.get(name) for name in Contract._fields))
        rule = _rule(rules, asset)
        span = _span(rules, rule, asset, contract, days)
        said = _row(asset, contract, span, days, booked.get(asset[:5], _NOTHING), places.get(asset.comp_plan, 2))
        rows.append({**said, "lacks_days": rule is not None and asset.cost != 0 and _lacks_days(rule, contract)})
    return pa.Table.from_pylist(rows, schema=SCHEDULE)


def _key(row: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(row[name] for name in Asset._fields[:5])


def _assets(entries: pa.Table) -> list[Asset]:
    """The assets of a ledger in the order of their keys. What was earned stands below 0 there, and what was taken back
    above."""
    is_cost = pc.is_in(entries["account"], pa.array(["earned", "clawback"]))
    source = entries.filter(pc.and_(is_cost, pc.utf8_is_upper(entries["unit"])))  # points and the like are lower case
    by_day = source.group_by([*_OF_ENTRIES, "day"]).aggregate([("amount", "sum")])
    stands = pc.not_equal(by_day["amount_sum"], pa.scalar(_NOTHING, AMOUNT))  # what moved to another day left this one
    by_day = by_day.append_column("on", pc.if_else(stands, by_day["day"], pa.scalar(None, pa.date32())))
    found = (
        by_day.rename_columns({"amount_sum": "amount"})
        .group_by(list(_OF_ENTRIES))
        .aggregate([("amount", "sum"), ("on", "min")])
    )
    names = (*_OF_ENTRIES, "amount_sum", "on_min")
    rows = zip(*(found[name].to_pylist() for name in names), strict=True)
    return sorted(
        (
            Asset(plan, part, payee, opportunity, unit, -amount, day)
            for plan, part, payee, opportunity, unit, amount, day in rows
        ),
        key=lambda asset: asset[:5],
    )


class _Days:
    """The last day of the period, and fiscal months by number."""

    def __init__(self, calendar: FiscalCalendar, last: date) -> None:
        self.last = last
        self._months = calendar.months(EARLIEST, LATEST)
        self._firsts = [month.start for month in self._months]

    def month(self, day: date) -> int:
        """The number of the fiscal month that holds a day, or of the nearest where the calendar has none."""
        return max(0, bisect_right(self._firsts, day) - 1)

    def end_of(self, number: int) -> date:
        """The last day of the month of a number, or of the last one that there is."""
        return self._months[min(number, len(self._months) - 1)].end - _DAY


def _rule(rules: ExpenseRules, asset: Asset) -> Spread | None:
    for rule in rules.spread:
        of_plan = not rule.comp_plans or asset.comp_plan in rule.comp_plans
        if asset.opportunity_id and of_plan and (not rule.components or asset.component in rule.components):
            return rule
    return None


def _lacks_days(rule: Spread, contract: Contract) -> bool:
    """Whether the rule goes by days of the contract that are not known, or end before they start."""
    if rule.starts == "contract" and contract.starts_on is None:
        return True
    if rule.over != "contract":
        return False
    return contract.ends_on is None or (contract.starts_on is not None and contract.ends_on < contract.starts_on)


def _span(rules: ExpenseRules, rule: Spread | None, asset: Asset, contract: Contract, days: _Days) -> Span | None:
    """Over which time the asset becomes expense; None where it does so when it is earned."""
    if rule is None:
        return None
    first = (contract.starts_on if rule.starts == "contract" else None) or asset.earned_on
    if first is None or (rule.over == "contract" and (contract.ends_on is None or contract.ends_on < first)):
        return None
    time = _Time(rule, first, contract, days)
    return None if time.is_short(rules.at_once) else time.span()


class _Time:
    """The parts of a rule's time, months or days, counted from the first on."""

    def __init__(self, rule: Spread, first: date, contract: Contract, days: _Days) -> None:
        self.rule, self.first, self.contract, self.days = rule, first, contract, days
        self.parts = self._parts(rule.over)
        self._revised = [(max(self._before(each.on), 0), self._parts(each.over)) for each in rule.revised]

    def is_short(self, at_once: Months | None) -> bool:
        """Whether it is no longer than what is expense at once."""
        if at_once is None:
            return False
        if self.rule.by == "month":
            return self.parts <= at_once.months
        return self._last_day(self.parts) <= months_after(self.first, at_once.months) - _DAY

    def span(self) -> Span:
        last = self.days.last
        share, parts = self._share(self._before(last) + 1)
        in_a_year = self.days.end_of(self.days.month(last) + _YEAR)
        return Span(self.first, self._last_day(parts), share, self._share(self._before(in_a_year) + 1)[0])

    def _share(self, over: int) -> tuple[Fraction, int]:
        """What is expense when so many parts are over, and how many there are by what is known then. Where the time is
        revised, what is left is spread over what is left of the new one, over one part at least."""
        share, start, end = Fraction(0), 0, self.parts
        for begin, parts in self._revised:
            if begin < min(over, end):
                share += (1 - share) * Fraction(begin - start, end - start)
                start, end = begin, max(parts, begin + 1)
        return share + (1 - share) * Fraction(max(0, min(over, end) - start), end - start), end

    def _parts(self, over: Over) -> int:
        if not isinstance(over, Months):
            return self._before(self.contract.ends_on or self.first) + 1
        return over.months if self.rule.by == "month" else self._before(months_after(self.first, over.months))

    def _before(self, day: date) -> int:
        """How many parts lie before that of a day."""
        if self.rule.by == "month":
            return self.days.month(day) - self.days.month(self.first)
        return (day - self.first).days

    def _last_day(self, parts: int) -> date:
        if self.rule.by == "month":
            return self.days.end_of(self.days.month(self.first) + parts - 1)
        return self.first + timedelta(days=parts - 1)


def _row(
    asset: Asset, contract: Contract, span: Span | None, days: _Days, booked: Decimal, places: int
) -> dict[str, object]:
    def to_date(share: Fraction) -> Decimal:
        return asset.cost if share == 1 else _part(asset.cost, share, places)

    is_over = span is None or (contract.cancelled_on is not None and contract.cancelled_on <= days.last)
    regular = asset.cost if span is None else to_date(span.share)
    now = asset.cost if is_over else regular
    expense, left = now - booked, asset.cost - now
    return {
        **dict(zip(Asset._fields[:5], asset[:5], strict=True)),
        "starts_on": span and span.starts_on,
        "ends_on": span and span.ends_on,
        "cost": asset.cost,
        "before": booked,
        "expense": expense,
        "written_off": _between(expense, asset.cost - regular) if is_over else _NOTHING,
        "remaining": left,
        "within_a_year": _NOTHING if span is None or is_over else to_date(span.share_in_a_year) - now,
    }


def _part(amount: Decimal, share: Fraction, places: int) -> Decimal:
    """A share of an amount, half up (away from 0)."""
    part = Fraction(amount) * share * 10**places
    whole = int(abs(part) + Fraction(1, 2))
    return Decimal(whole if part >= 0 else -whole).scaleb(-places)


def _between(expense: Decimal, unused: Decimal) -> Decimal:
    """What of an expense is what was still to come, where that became expense at once: of one sign, the smaller."""
    if expense * unused <= 0:
        return _NOTHING
    return min(expense, unused, key=abs)
