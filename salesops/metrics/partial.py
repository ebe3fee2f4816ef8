"""Which values are of a part of their period only, because what they count began in the middle of it.

A metric of rows begins on the first day on which one counts. The period that holds that day is partial where it had
begun longer before than any pause between two days on which rows count, in the first year. What is made of metrics is
partial where one of them is, and where the records of one of them begin only after the period; what compares with
another period, also where that is partial or lies before the beginning.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pyarrow as pa

from config.metrics import AS_OF, CumulativeMetric, DerivedMetric, RatioMetric, SimpleMetric
from config.metrics.formula import metrics_within, parse_formula
from salesops.fiscal import NoPeriod
from salesops.metrics.levels import parts_over
from salesops.metrics.periods import TO_DATE_SPANS, span_of
from salesops.results import PARTIAL
from salesops.sql import columns as listed
from salesops.sql import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from salesops.calendar import Period
    from salesops.fiscal import FiscalCalendar
    from salesops.metrics.asked import Asked
    from salesops.metrics.periods import Span
    from salesops.metrics.rollup import Setting

_YEAR = 365
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Begin:
    """The first day on which something counts, and the longest pause in days of the year from then on."""

    day: date
    pause: int

    def lacks(self, first: date) -> bool:
        """Whether what counts begins too late after a first day."""
        return (self.day - first).days > self.pause


Partial = dict[str, dict[int, date]]
"""Metric -> the numbers of its partial periods, each with the day on which its records begin."""


def partial_periods(setting: Setting, asked: Iterable[Asked]) -> Partial:
    """The partial periods of every metric."""
    search = _Search(setting, _begins(setting, asked))
    periods = setting.periods.periods
    return {
        name: {
            number: day
            for number, period in enumerate(periods)
            if period is not None and period.kind in metric.periods and (day := search.begun(name, period))
        }
        for name, metric in setting.basis.rules.metrics.items()
    }


def partial_table(setting: Setting, partial: Partial) -> pa.Table:
    """The same in the columns of `salesops.results.PARTIAL`, sorted by metric and period."""
    periods, calendar = setting.periods.periods, setting.basis.calendar
    rows = []
    for name, days in sorted(partial.items()):
        found = [(period, day) for number, day in days.items() if (period := periods[number]) is not None]
        last = {period.kind: period for period, _ in sorted(found, key=lambda each: each[0].start)}
        complete = {kind: _name_after(calendar, period) for kind, period in last.items()}
        rows += [
            {"metric": name, "period": period.name, "begins": day, "complete_from": complete[period.kind]}
            for period, day in sorted(found, key=lambda each: each[0].name)
        ]
    return pa.Table.from_pylist(rows, schema=PARTIAL)


def _name_after(calendar: FiscalCalendar, period: Period) -> str | None:
    """The name of the period of the same kind after this one, None where the calendar ends with it."""
    try:
        return calendar.period_of(period.kind, period.end).name
    except NoPeriod:
        return None


@dataclass(frozen=True, slots=True)
class _Search:
    """Since when there are records, of what begins in the middle of a period."""

    setting: Setting
    begins: Mapping[str, Begin]
    _found: dict[tuple[str, str], date | None] = field(default_factory=dict)

    def begun(self, name: str, period: Period) -> date | None:
        """The day on which the records begin that make a metric in a period; None where the period is complete."""
        place = (name, period.name)
        if place not in self._found:
            self._found[place] = max(self._begun(name, period), default=None)
        return self._found[place]

    def _begun(self, name: str, period: Period) -> Iterator[date]:
        rules, calendar = self.setting.basis.rules, self.setting.periods
        metric = rules.metrics[name]
        if isinstance(metric, CumulativeMetric):
            yield from self._over(metric.metric, period, span_of(metric))
        elif not isinstance(metric, RatioMetric | DerivedMetric):
            yield from self._within(name, period.start, period.end - _DAY)
        else:
            parts = {part for part, span in parts_over(rules, (name, None)) if span is None}
            yield from filter(None, (self.begun(part, period) for part in sorted(parts)))
            yield from self._missing(name, period.start, period.end - _DAY)
        if isinstance(metric, DerivedMetric):
            formula = parse_formula(metric.formula)
            yield from self._at(metrics_within(formula, "previous"), calendar.before.get(period.name))
            yield from self._at(metrics_within(formula, "year_before"), calendar.year_before.get(period.name))
            for function, span in TO_DATE_SPANS.items():
                for each in metrics_within(formula, function):
                    yield from self._over(each, period, span)

    def _at(self, names: Iterable[str], period: Period | None) -> Iterator[date]:
        """The same of metrics in another period, all of which may lie before the beginning."""
        if period is not None:
            for name in names:
                yield from filter(None, (self.begun(name, period),))
                yield from self._after(name, period.start, period.end - _DAY)

    def _over(self, name: str, period: Period, span: Span) -> Iterator[date]:
        """The same of a metric over a window; of one in another period, which may lie before the beginning."""
        calendar = self.setting.periods
        try:
            first, last = calendar.first_day(period, span), calendar.last_day(period, span)
        except NoPeriod:
            return
        yield from self._within(name, first, last)
        if span.other is not None:
            yield from self._after(name, first, last)

    def _within(self, name: str, first: date, last: date) -> Iterator[date]:
        """The days on which records begin, too late after the first day, of a metric over the days up to the last."""
        if begin := self.begins.get(name):
            if first < begin.day <= last and begin.lacks(first):
                yield begin.day
            return
        parts = parts_over(self.setting.basis.rules, (name, None))
        for part, _ in parts:
            yield from self._within(part, first, last)
        if parts:
            yield from self._missing(name, first, last)

    def _missing(self, name: str, first: date, last: date) -> Iterator[date]:
        """The days after the last on which records of some parts of a metric begin, while others may have some."""
        begins = [self.begins.get(each) for each in self._rows_of(name)]
        if any(begin is None or begin.day <= last for begin in begins):
            yield from self._after(name, first, last)

    def _after(self, name: str, first: date, last: date) -> Iterator[date]:
        """The days after the last, and too late after the first, on which records begin that make a metric."""
        for each in self._rows_of(name):
            begin = self.begins.get(each)
            if begin is not None and begin.day > last and begin.lacks(first):
                yield begin.day

    def _rows_of(self, name: str) -> Iterator[str]:
        """The metrics of rows that a metric is made of."""
        parts = parts_over(self.setting.basis.rules, (name, None))
        for part, _ in parts:
            yield from self._rows_of(part)
        if not parts:
            yield name


def _begins(setting: Setting, asked: Iterable[Asked]) -> dict[str, Begin]:
    """When each metric of rows begins that counts by past days of its own, of those that anything counts for.

    The tables of rows that this reads have had their last reader.
    """
    by_table: dict[str, list[Asked]] = defaultdict(list)
    for each in asked:
        metric = setting.basis.rules.metrics[each.name]
        stands_now = isinstance(metric, SimpleMetric) and (metric.time == AS_OF or metric.ahead)
        if not each.by_period and not stands_now:
            by_table[each.table.get_name()].append(each)
    begins: dict[str, Begin] = {}
    for _, group in sorted(by_table.items()):
        counted = listed({f"of {each.name}": f"count({_counted(each)}) > 0" for each in group})
        rows = group[0].table.get_name()
        found = setting.basis.engine.fetch(f"SELECT day, {counted} FROM {quoted(rows)} GROUP BY day ORDER BY day")
        setting.basis.engine.drop(rows)
        for each in group:
            if on := found["day"].filter(found[f"of {each.name}"]).to_pylist():
                begins[each.name] = _begin([day for day in on if day is not None])
    return begins


def _counted(asked: Asked) -> str:
    """SQL that is not null where a row counts."""
    return (asked.parts.get("rows") or asked.parts["entered"]).of


def _begin(days: list[date]) -> Begin:
    """Of the days on which something counts, in order."""
    first_year = [day for day in days if (day - days[0]).days < _YEAR]
    return Begin(days[0], max(((after - before).days for before, after in pairwise(first_year)), default=1))
