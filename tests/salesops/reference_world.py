"""The facts as they stood at the as-of time, and what every rule asks of them: records, days, paths."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, available_timezones

from config.sources import find_field
from salesops.rates import NoRate, Rates
from salesops.rules import needed_columns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from config.metrics.kinds import PeriodKind
    from salesops.calendar import Period
    from salesops.rules import Rules

Row = dict[str, Any]
Facts = dict[str, list[Row]]

EARLIEST, LATEST = date(1900, 1, 1), date(2199, 12, 31)
DAY_FIRST = re.compile(r"\s*([0-9]{4}-[0-9]{2}-[0-9]{2})([T\s].*)?")
KINDS: tuple[PeriodKind, ...] = ("day", "week", "month", "quarter", "year")


def nearest(value: Fraction, places: int = 6, mode: str = "half_up") -> Fraction:
    """The fraction with this many places, a tie going away from zero or to the even digit."""
    whole, rest = divmod(abs(value) * 10**places, 1)
    if rest > Fraction(1, 2) or (rest == Fraction(1, 2) and (mode == "half_up" or whole % 2)):
        whole += 1
    return Fraction(whole, 10**places) * (-1 if value < 0 else 1)


def median(numbers: Iterable[Fraction]) -> Fraction:
    """The middle one, or the mean of the two in the middle, rounded."""
    ordered = sorted(numbers)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else nearest((ordered[half - 1] + ordered[half]) / 2)


def day_in(text: str) -> date | None:
    """The day that a text is, or begins with."""
    found = DAY_FIRST.fullmatch(text)
    try:
        return date.fromisoformat(found[1]) if found else None
    except ValueError:
        return None


def day_start(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a day in the zone."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def months_later(day: date, months: int) -> date:
    """The same day so many calendar months later, or the last of that month where it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, min(day.day, last))
        except ValueError:
            continue
    raise AssertionError(day)


@dataclass
class World:
    """One computation. `made` and `worked_out` are the functions of what is made of others."""

    facts: Facts
    rules: Rules
    as_of: datetime
    made: Mapping[str, Callable[[World], list[Row]]]
    worked_out: Mapping[tuple[str, str], Callable[[World, Row], Any]]
    metric_value: Callable[[World, str, str, str, str], Fraction | None]
    _made: dict[str, list[Row]] = field(default_factory=dict)
    _found: dict[tuple[str, str, str], Any] = field(default_factory=dict)
    _by_id: dict[str, dict[str, Row]] = field(default_factory=dict)
    remembered: dict[Any, Any] = field(default_factory=dict)

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.rules.time_zone)

    @cached_property
    def today(self) -> date:
        return self.as_of.astimezone(self.zone).date()

    @cached_property
    def changes(self) -> dict[tuple[str, str, str], list[Row]]:
        """The changes of each (object, record, field) up to the as-of time, in order."""
        found: dict[tuple[str, str, str], list[Row]] = {}
        for change in sorted(self.facts.get("change", []), key=lambda change: (change["at"], change["id"])):
            found.setdefault((change["object"], change["record_id"], change["field"]), []).append(change)
        return found

    @cached_property
    def rates(self) -> Rates:
        rows = self.facts.get("exchange_rate", [])
        return Rates.of((row["currency"], row["to_currency"], row["rate"], row["from_date"]) for row in rows)

    @cached_property
    def periods(self) -> dict[str, list[Period]]:
        """The periods of each kind, in order, from the start of the last fiscal year or the first fact to today."""
        calendar = self.rules.calendar
        first = min(self.first_day, calendar.last_year_start(self.today))
        return {kind: list(calendar.periods(kind, first, self.today)) for kind in KINDS}

    @cached_property
    def first_day(self) -> date:
        """The first believable day of any date or moment that the rules read in the facts, but of rates and periods."""
        days = [self.today]
        for source, path in self.custom_times():
            rows = [self.walk(source, row, path)[0] for row in self.facts.get(source, [])]
            days += [day for text in rows if text and (day := day_in(text)) and day >= EARLIEST]
        for name, fields in needed_columns(self.rules).items():
            for row in self.facts.get(name, []) if name not in {"exchange_rate", "fiscal_period"} else []:
                moments = [value for field, value in row.items() if field in fields and isinstance(value, date)]
                days += [day for moment in moments if (day := self.day(moment)) >= EARLIEST]
        return min(days)

    def custom_times(self) -> list[tuple[str, str]]:
        """Every (object, custom field) that a metric dates its rows by, or measures from or to."""
        found = []
        for metric in self.rules.metrics.values():
            looks = []
            if metric.kind == "simple":
                looks = [(metric.source, path) for path in (metric.time, metric.start, metric.end) if path]
            elif metric.kind == "conversion":
                looks = [(event.source, event.time) for event in (metric.from_, metric.to)]
            for source, path in looks:
                if "custom." in path:
                    field = find_field(source, path)
                    found.append((field.source, field.field))
        return found

    def time(self, source: str, row: Row, path: str) -> Any:
        """The day or moment that a path from a row leads to; of a text the day that it is."""
        value = self.get(source, row, path)
        return day_in(value) if isinstance(value, str) else value

    def rows(self, source: str) -> list[Row]:
        """The rows of an object or a made source."""
        if source not in self.made:
            return self.facts.get(source, [])
        if source not in self._made:
            self._made[source] = self.made[source](self)
        return self._made[source]

    def record(self, source: str, id_: str | None) -> Row | None:
        """The record of this id, if there is one."""
        if source not in self._by_id:
            self._by_id[source] = {row["id"]: row for row in self.rows(source)}
        return self._by_id[source].get(id_) if id_ else None

    def user(self, id_: str | None) -> Row | None:
        return self.record("user", id_)

    def field(self, source: str, row: Row, name: str) -> Any:
        """A row's own or worked-out field; empty text is None."""
        if (source, name) not in self.worked_out:
            value = row.get(name)
            return None if value == "" else value
        key = (source, name, row["id"])
        if key not in self._found:
            self._found[key] = self.worked_out[source, name](self, row)
        return self._found[key]

    def get(self, source: str, row: Row, path: str) -> Any:
        """What a path from a row leads to; None where a reference on it is empty or leads to no record."""
        return self.walk(source, row, path)[0]

    def walk(self, source: str, row: Row, path: str) -> tuple[Any, str, Row | None]:
        """What a path leads to, with the object and the record that it is a field of."""
        found = find_field(source, path)
        here: Row | None = row
        for step in found.steps:
            here = self.record(step.target, self.field(step.source, here, step.field)) if here is not None else None
        return (None if here is None else self.field(found.source, here, found.field)), found.source, here

    def day(self, moment: date | datetime, zone: ZoneInfo | None = None) -> date:
        """The local day of an instant, in the project's zone unless another is given; a date is its own day."""
        return moment.astimezone(zone or self.zone).date() if isinstance(moment, datetime) else moment

    def is_past(self, moment: date | datetime) -> bool:
        return moment <= (self.as_of if isinstance(moment, datetime) else self.today)

    def moment(self, moment: date | datetime) -> datetime:
        """Up to and with when something holds at a moment: the instant, or the end of the local day; at most now."""
        if isinstance(moment, datetime):
            return min(moment, self.as_of)
        return min(day_start(moment + timedelta(days=1), self.zone) - timedelta(milliseconds=1), self.as_of)

    def value_then(self, object_: str, row: Row, name: str, until: datetime) -> Any:
        """What a field of a record was at an instant, changes at that instant done."""
        for change in self.changes.get((object_, row["id"], name), []):
            if change["at"] > until:
                return change["before"] or None
        return row.get(name) or None

    def in_project_currency(self, amount: Fraction, currency: str | None, day: date) -> Fraction | None:
        """The amount at the rate of a day; None where there is none."""
        if not currency or currency == self.rules.currency:
            return amount
        try:
            rate = self.rates.convert(Decimal(1), currency, self.rules.currency, day)
        except NoRate:
            return None
        return nearest(amount * nearest(Fraction(rate), 12))


@cache
def known_zone(name: str | None) -> ZoneInfo | None:
    return ZoneInfo(name) if name in available_timezones() else None
