"""Explaining the numbers of one computation: each from its definition down to its records."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

import pyarrow as pa

from config.metrics import AS_OF, ConversionMetric, CumulativeMetric, DerivedMetric, RatioMetric, SimpleMetric
from config.metrics.grains import grains_of_all
from config.metrics.kinds import COMPANY, PERIOD
from config.metrics.parts import is_zero_over_none
from salesops.calendar import ALL_TIME
from salesops.explain.cell import Days, days_of, in_days, in_period, in_place
from salesops.explain.definition import define
from salesops.explain.derived import explain_formula
from salesops.explain.judged import EMPTY, WHY, judge
from salesops.explain.model import Explanation, Figure, NoFigure, Part
from salesops.explain.records import EXAMPLES, read_conversions, read_left_out, read_records
from salesops.explain.results import FoundResults
from salesops.explain.totals import ZERO, conversion_total, quotient, sum_of, total_of
from salesops.metrics.compute import compute_metrics
from salesops.metrics.conversion import conversion_rows
from salesops.metrics.levels import kinds_of
from salesops.metrics.measures import DAY
from salesops.metrics.owners import OWNER
from salesops.metrics.periods import build_periods, name_of, span_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import ibis.expr.types as ir

    from salesops.basis import Basis
    from salesops.calendar import Period
    from salesops.explain.judged import Judged
    from salesops.explain.model import Definition
    from salesops.metrics.periods import Periods, Span
    from salesops.rules import Rules

_TEAMS: pa.Schema = pa.schema([("id", pa.string()), ("team", pa.string())])


class Explainer:
    """Explains any number of the basis's metrics. What several numbers need is built for the first of them, and once.

    `results` are those of `compute_metrics` on the same basis; they are computed where they are not given.
    """

    def __init__(self, basis: Basis, results: pa.Table | None = None, examples: int = EXAMPLES) -> None:
        self._basis, self._examples = basis, examples
        self._given = results
        self._judged: dict[str, Judged] = {}
        self._conversions: dict[str, ir.Table] = {}
        self._definitions: dict[str, Definition] = {}
        self._explained: dict[tuple[str, Span | None, str, str, Period | None], Explanation] = {}

    def explain(self, metric: str, grain: str, key: str, period: Period | None) -> Explanation:
        """Why the metric is what it is for this key of this grain in this period; a period of None is all time.

        NoFigure where it has no numbers in such a grain or period.
        """
        rules = self._basis.rules
        if metric not in rules.metrics:
            raise NoFigure(f"there is no metric {metric}")
        grains = (COMPANY, *self._grains[metric])
        if grain not in grains:
            raise NoFigure(f"{metric} is not computed by {grain}, but by {', '.join(grains)}")
        kinds = kinds_of(rules, metric)
        kind = ALL_TIME if period is None else period.kind
        if kind not in kinds:
            said = "over all time" if kind == ALL_TIME else f"by {kind}"
            raise NoFigure(f"{metric} is not computed {said}, but by {', '.join(sorted(kinds - {ALL_TIME}))}")
        return self.part(metric, None, grain, key, period)

    @cached_property
    def results(self) -> FoundResults:
        """The results of the computation."""
        return FoundResults(compute_metrics(self._basis)[0] if self._given is None else self._given)

    @cached_property
    def _periods(self) -> Periods:
        return build_periods(self._basis)

    @cached_property
    def _grains(self) -> Mapping[str, tuple[str, ...]]:
        return grains_of_all(self._basis.rules.metrics, self._basis.rules.parameters)

    @property
    def rules(self) -> Rules:
        return self._basis.rules

    def parameters_in(self, period: Period | None) -> Mapping[str, Decimal | None]:
        """The numbers of the parameters that are in force in a period."""
        day = self._basis.today if period is None else period.start
        return {name: each.on(day) for name, each in self._basis.rules.parameters.items()}

    @property
    def periods(self) -> tuple[Period, ...]:
        """Every period that the computation has, but for all time."""
        return self._basis.periods

    def period_before(self, period: Period | None) -> Period | None:
        """The computed period of the same kind that ends where this one starts."""
        kind, start = (None, None) if period is None else (period.kind, period.start)
        return next((each for each in self._basis.periods if each.kind == kind and each.end == start), None)

    def year_before(self, period: Period | None) -> Period | None:
        """The computed period of the same kind and number a year before."""
        found = None if period is None else self._basis.calendar.year_before(period)
        return found if found in self._basis.periods else None

    @cached_property
    def teams(self) -> Mapping[str, str]:
        """The present team of each user who has one."""
        users = self._basis.engine.read(self._basis.users.select("id", "team"), _TEAMS)
        return {row["id"]: row["team"] for row in users.to_pylist() if row["team"]}

    def part(self, name: str, span: Span | None, grain: str, key: str, period: Period | None) -> Explanation:
        """The same of any metric, which may be one over a window."""
        place = (name, span, grain, key, period)
        if place not in self._explained:
            self._explained[place] = self._with_value(self._made(*place), span, period)
        return self._explained[place]

    def _made(self, name: str, span: Span | None, grain: str, key: str, period: Period | None) -> Explanation:
        metric = self._basis.rules.metrics[name]
        days = days_of(self._periods, period, span, ahead=isinstance(metric, SimpleMetric) and metric.ahead)
        bare = Explanation(
            figure=Figure(name, grain, key, name_of(period)),
            definition=self._define(name),
            value=None,
            is_there=False,
            total=None,
            first=days.first,
            last=days.last,
            minimum_sample=metric.minimum_sample,
        )
        match metric:
            case SimpleMetric():
                return self._simple(bare, metric, days, period)
            case ConversionMetric():
                return self._conversion(bare, metric, days, period)
            case RatioMetric():
                return self._ratio(bare, metric, span, period)
            case DerivedMetric():
                return explain_formula(self, bare, metric, period)
        return self._cumulative(bare, metric, period)

    def _define(self, name: str) -> Definition:
        if name not in self._definitions:
            self._definitions[name] = define(self._basis.rules, name)
        return self._definitions[name]

    def _with_value(self, made: Explanation, span: Span | None, period: Period | None) -> Explanation:
        """The explanation with the number as it was computed; over a window of another metric, it is what adds up."""
        if span is not None:
            return replace(made, value=made.total)
        figure = made.figure
        found = self.results.by_key(figure.metric, figure.grain, figure.period).get(figure.key)
        first_complete = None
        if period is not None:
            of_kind = [each for each in self._basis.periods if each.kind == period.kind]
            first_complete = self.results.first_complete(figure.metric, of_kind)
        partial = self.results.is_partial(figure.metric, figure.period)
        if found is None:
            return replace(
                made, value=self.nothing(figure.metric, period), partial=partial, first_complete=first_complete
            )
        return replace(
            made,
            value=found.value,
            is_there=True,
            numerator=found.numerator,
            denominator=found.denominator,
            sample=found.sample,
            partial=partial,
            first_complete=first_complete,
        )

    def nothing(self, name: str, period: Period | None) -> Decimal | None:
        """What a metric is worth where the results have no row; what stands as of now is not known of what is over."""
        metric = self._basis.rules.metrics[name]
        stands = isinstance(metric, SimpleMetric) and metric.time == AS_OF
        if stands and period is not None and self._periods.is_over(period):
            return None
        return ZERO if is_zero_over_none(name, self._basis.rules.metrics) else None

    def _simple(self, bare: Explanation, metric: SimpleMetric, days: Days, period: Period | None) -> Explanation:
        basis, figure = self._basis, bare.figure
        if figure.metric not in self._judged:
            self._judged[figure.metric] = judge(basis, figure.metric, metric)
        judged = self._judged[figure.metric]
        rows = judged.table if metric.time != PERIOD else in_period(judged.table, period, days)
        rows = in_place(basis, rows, metric.source, metric.hierarchy, figure.grain, figure.key)
        if metric.time != PERIOD:
            counted = rows[WHY].isnull() & in_days(rows, days, counted=True)
            undated = [n for n, each in enumerate(judged.reasons) if each.cause in {"undated", "unbelievable"}]
            rows = rows.filter(
                counted
                | (rows[WHY].notnull() & in_days(rows, days, counted=False))
                | rows[WHY].isin(undated or [-1]).fill_null(False)
            )
        counts = rows.filter(rows[WHY].isnull())
        records = read_records(basis.engine, counts.filter(counts[EMPTY].isnull()), metric, judged.shown)
        left_out = read_left_out(basis.engine, rows, judged.reasons, self._examples)
        there = bool(len(records)) or any(each.cause in {"empty", "rate", "unreadable"} for each in left_out)
        total = total_of(metric, records) if there else self.nothing(figure.metric, period)
        made = replace(bare, records=records, left_out=left_out, is_there=there, total=total)
        if metric.measure == "average":
            made = replace(made, numerator=sum_of(records["number"]), denominator=Decimal(len(records)))
        return replace(made, sample=Decimal(len(records)))

    def _conversion(
        self, bare: Explanation, metric: ConversionMetric, days: Days, period: Period | None
    ) -> Explanation:
        basis, figure = self._basis, bare.figure
        if figure.metric not in self._conversions:
            rows = conversion_rows(basis, metric).rename({OWNER: "owner", DAY: "day"})
            self._conversions[figure.metric] = basis.engine.keep(f"explained {figure.metric}", rows)
        rows = self._conversions[figure.metric]
        rows = rows.filter(in_days(rows, days, counted=True))
        rows = in_place(basis, rows, metric.from_.source, metric.hierarchy, figure.grain, figure.key)
        records = read_conversions(basis.engine, rows.rename(owner=OWNER))
        if not len(records):
            return replace(bare, records=records, total=self.nothing(figure.metric, period))
        total, converted, entered = conversion_total(metric, records)
        made = replace(bare, records=records, is_there=True, total=total, sample=entered)
        return replace(made, numerator=converted, denominator=entered)

    def _ratio(self, bare: Explanation, metric: RatioMetric, span: Span | None, period: Period | None) -> Explanation:
        figure = bare.figure
        above, below = (
            self.part(part, span, figure.grain, figure.key, period) for part in (metric.numerator, metric.denominator)
        )
        parts = (Part("numerator", above), Part("denominator", below))
        if not (above.is_there or below.is_there):
            return replace(bare, parts=parts)
        numerator, denominator = (self._or_zero(part, period) for part in (above, below))
        total = quotient(numerator, denominator)
        if metric.zero_denominator == "zero" and numerator is not None and denominator == ZERO:
            total = ZERO
        sample = denominator if below.definition.unit == "count" else (below.sample if below.is_there else ZERO)
        total = self._enough(metric.minimum_sample, sample, total)
        made = replace(bare, parts=parts, is_there=True, total=total, sample=sample)
        return replace(made, numerator=numerator, denominator=denominator)

    def _or_zero(self, part: Explanation, period: Period | None) -> Decimal | None:
        return self.nothing(part.figure.metric, period) if part.value is None else part.value

    def _enough(self, minimum: int, sample: Decimal | None, value: Decimal | None) -> Decimal | None:
        return value if not minimum or (sample is not None and sample >= minimum) else None

    def _cumulative(self, bare: Explanation, metric: CumulativeMetric, period: Period | None) -> Explanation:
        figure, span = bare.figure, span_of(metric)
        part = self.part(metric.metric, span, figure.grain, figure.key, period)
        total = self._enough(metric.minimum_sample, part.sample, part.total) if part.is_there else part.total
        days = days_of(self._periods, period, span)
        made = replace(bare, parts=(Part("window", part),), total=total, first=days.first, last=days.last)
        return replace(made, is_there=part.is_there, sample=part.sample)
