"""What lies behind a streak: the rows of days that made it, what broke them, and what lengthens the last one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any

from config.comp_plans.intervals import measure_interval
from config.comp_plans.measures import Days, Months
from config.scalars import decimal_text
from config.working_time import COMPANY_CALENDAR
from salesops.calendar import months_after
from salesops.explain.payout_columns import decimal
from salesops.explain.payout_model import ZERO, RowTold, StreakTold
from salesops.incentives.frame.named import AFTER
from salesops.incentives.frame.stays import leave_table, stays_table
from salesops.incentives.measuring.streaks import streak_days, streak_rows
from salesops.rational import MILLIONTH
from salesops.sql import quoted, text
from salesops.working_time import build_calendars

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from decimal import Decimal

    from config.comp_plans import CompPlan, Measure
    from salesops.basis import Basis
    from salesops.explain.payout_columns import Row

_DAY = timedelta(days=1)
_AHEAD = 60
"""How many days ahead the next working day is looked for."""


@dataclass(frozen=True, slots=True)
class Streak:
    """What was kept of a payee's streak: its days, how often rows are completed by their first day, and around them."""

    given: Measure
    days: Sequence[Row]
    times: Mapping[tuple[str, date], int]
    ends: Mapping[int, date]  # of each stay the first day after it
    leave: Sequence[tuple[date, date]]
    today: date
    next_day: date | None  # the next day after the as-of day that can count
    over_on: Mapping[str, date]  # of each interval that ends the first day after it

    def told(self, key: str, last_day: date, value: Decimal | None) -> StreakTold:
        """The streak in an interval, up to a day; `value` is what it comes to there."""
        days = [each for each in self.days if each["key"] == key and each["day"] <= last_day]
        waits = bool(days) and days[-1]["day"] == self.today and not days[-1]["met"]
        rows = list(self._rows(key, days[:-1] if waits else days, value))
        is_last = last_day >= self.today
        return StreakTold(
            at_least=self.given.at_least or ZERO,
            rows=tuple(rows),
            next=self._next(rows, days[-1] if waits else None, self.over_on.get(key, AFTER)) if is_last else "",
        )

    def _rows(self, key: str, days: Sequence[Row], value: Decimal | None) -> Iterator[RowTold]:
        found = [[*its] for _, its in groupby(days, lambda each: (each["stay"], each["breaks"]))]
        most = max((each["place"] for each in days), default=0)
        before = 0
        for place, its in enumerate(found):
            met = [each for each in its if each["met"]]
            after = found[place + 1][0] if place + 1 < len(found) else None
            if not met:
                continue
            is_last = not any(each["met"] for following in found[place + 1 :] for each in following)
            times = self._times(key, met, None if not is_last or value is None else int(value) - before)
            before += times or 0
            gone = after is not None and after["stay"] != its[0]["stay"]
            yield RowTold(
                days=tuple((each["day"], _amount(each)) for each in met),
                times=times,
                broken_on=None if after is None else self.ends[its[0]["stay"]] if gone else after["day"],
                had=None if after is None or gone else _amount(after),
                makes_it=self._makes_it(len(met), most, times, is_current=after is None),
            )

    def _times(self, key: str, met: Sequence[Row], left: int | None) -> int | None:
        """How often the row is completed; of the last one, through months, what is `left` of the value."""
        length = self.given.for_
        if isinstance(length, Days):
            return len(met) // length.days
        if not isinstance(length, Months):
            return None
        return self.times[key, met[0]["day"]] if left is None else left

    def _makes_it(self, length: int, most: int, times: int | None, *, is_current: bool) -> bool:
        if self.given.counts == "current":
            return is_current
        return bool(times) if self.given.counts == "completed" else length == most

    def _next(self, rows: Sequence[RowTold], waits: Row | None, over_on: date) -> str:
        """What makes the row longer that goes on; empty where no day of the interval can any more."""
        day = self.next_day if waits is None else self.today
        if day is None or day >= over_on:
            return ""
        needs = decimal_text(self.given.at_least or ZERO)
        said = f"{day} lengthens it with {needs} or more"
        if waits is not None:
            said += f", and has {decimal_text(_amount(waits))} so far"
        row = rows[-1] if rows and rows[-1].broken_on is None else None
        length = self.given.for_
        if isinstance(length, Days):
            left = length.days - (len(row.days) if row is not None else 0) % length.days
            return f"{said}; {left} more such day{'s' * (left > 1)} in a row complete{'s' * (left == 1)} the next"
        if isinstance(length, Months):
            first, times = (day, 0) if row is None else (row.days[0][0], row.times or 0)
            full = self._full(first, times + 1, length.months)
            if full < over_on:
                return f"{said}; as much on every working day up to {full} completes the next"
        return said

    def _full(self, first: date, times: int, months: int) -> date:
        """The day on which a row is completed so often."""
        full = months_after(first, times * months) - _DAY
        end = full
        while (later := full + self._leave(first, end)) != end:
            end = later
        return end

    def _leave(self, first: date, last: date) -> timedelta:
        overlaps = ((max(start, first), min(end, last + _DAY)) for start, end in self.leave)
        return sum((end - start for start, end in overlaps if end > start), timedelta())


def read_streaks(basis: Basis, name: str, plan: CompPlan, payee_id: str) -> Mapping[str, Streak]:
    """The streaks of a payee by a comp plan, by measure."""
    streaks = {measure: given for measure, given in plan.measures.items() if given.streak}
    if not streaks:
        return {}

    def fetch(table: str, order: str) -> list[dict[str, Any]]:
        query = f"SELECT * FROM {quoted(table)} WHERE payee_id = {text(payee_id)} ORDER BY {order}"
        return basis.engine.fetch(query).to_pylist()

    leave = [(each["from_day"], each["until_day"]) for each in fetch(leave_table(name), "from_day")]
    stays = fetch(stays_table(name), "stay")
    cells = fetch(f"pay cells {name}", "cell_starts")
    next_day = _next_day(basis, stays, leave)
    found = {}
    for measure, given in streaks.items():
        kind = str(measure_interval(plan, measure))
        rows = fetch(streak_rows(name, measure), "first_day") if isinstance(given.for_, Months) else []
        found[measure] = Streak(
            given=given,
            days=fetch(streak_days(name, measure), "day"),
            times={(row["key"], row["first_day"]): int(row["times"]) for row in rows},
            ends={each["stay"]: each["until_day"] for each in stays},
            leave=leave,
            today=basis.today,
            next_day=next_day,
            over_on={} if kind == "all_time" else {row[kind]: row[f"{kind} ends"] for row in cells},
        )
    return found


def _next_day(basis: Basis, stays: Sequence[Row], leave: Sequence[tuple[date, date]]) -> date | None:
    ahead = [basis.today + _DAY * n for n in range(1, _AHEAD)]
    company = build_calendars(basis.rules.working_time, basis.rules.time_zone, ahead[0], ahead[-1])[COMPANY_CALENDAR]
    for day in ahead:
        is_there = any(each["from_day"] <= day < each["until_day"] for each in stays)
        if is_there and company.works(day) and not any(start <= day < end for start, end in leave):
            return day
    return None


def _amount(day: Row) -> Decimal:
    return decimal(int(day["amount"]) * MILLIONTH)
