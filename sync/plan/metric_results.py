"""Results of metrics, looked up for what `writeback.yaml` shows of them: by user, team or manager."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from config.metrics import AS_OF, SimpleMetric, Unit
from config.metrics.parts import is_zero_over_none
from sync.plan.results import ZERO, Wanted, plain_number

if TYPE_CHECKING:
    from config.loader import Project
    from config.metrics import Metric
    from config.values import MetricGrain, MetricOf, MetricShow, MetricValue
    from salesops.calendar import Period
    from sync.plan.results import Lookup, Results
    from sync.store.results import PartialPeriod


def unit_of_metric(project: Project, value: MetricValue | MetricOf) -> Unit | None:
    """The unit of what is shown of a metric; None where that is a text, or yes or no."""
    match value.show:
        case "value":
            return project.metrics[value.metric].unit
        case "sample":
            return Unit.COUNT
    return None


def metric_of_user(
    results: Results, name: str, period: Period, grain: MetricGrain = "user", show: MetricShow = "value"
) -> Lookup:
    """A metric by user: their own, their team's, or of those below them."""
    look_up = metric_results(results, name, period, grain, show)
    if grain != "team":
        return look_up
    label = results.project.metrics[name].label

    def of_team(user: str) -> Wanted:
        team = results.team_of.get(user)
        return look_up(team) if team else Wanted(None, f"{label}: the user has no team", label=label, counted=False)

    return of_team


def metric_results(
    results: Results, name: str, period: Period, grain: MetricGrain = "user", show: MetricShow = "value"
) -> Lookup:
    """A metric by user, team or manager.

    A count or a sum over no rows is 0, as its definition says; an average or a ratio over none is nothing, and so is
    what stands as of now in a period that is over, and what has too few rows. Somebody who sells nothing (no quota, no
    row of a metric of sales work ever) has nothing: most logins of a company are not sales people.
    """
    metric = results.project.metrics[name]
    found = {
        key: _Row(number, of, over, sample)
        for key, number, of, over, sample in results.rows(
            "SELECT key, value, numerator, denominator, sample FROM metric_value"
            " WHERE connection = ? AND grain = ? AND metric = ? AND period = ?",
            *(grain, name, period.name),
        )
    }
    is_past = period.end <= results.day
    stands_now = isinstance(metric, SimpleMetric) and metric.time == AS_OF
    zero = is_zero_over_none(name, results.project.metrics) and not (is_past and stands_now)
    known = {"user": results.sellers, "team": results.teams, "manager": results.managers}[grain]
    mark = results.partial.get((name, period.name))

    def look_up(key: str) -> Wanted:
        row = found.get(key)
        empty = ZERO if zero and key in known else None
        wanted = _wanted(metric, period.name, row, empty)
        if wanted.value is not None and mark is not None:
            parts = {**wanted.parts, "partial": str(mark)}
            wanted = replace(wanted, reason=f"{wanted.reason}; {mark}", parts=parts)
        wanted = replace(wanted, source=f"metric/{name}/{grain}/{key}/{period.name}")
        return wanted if show == "value" else replace(wanted, value=_shown(show, wanted, row, mark))

    return look_up


@dataclass(frozen=True, slots=True)
class _Row:
    """What is stored of a metric for a key, as decimal texts."""

    value: str | None
    numerator: str | None
    denominator: str | None
    sample: str | None


def _wanted(metric: Metric, period: str, row: _Row | None, empty: Decimal | None) -> Wanted:
    """The value of a row, or what stands for there being none: `empty`, or nothing where there were too few rows."""
    label = f"{metric.label} {period}"
    if row is None or row.value is None:
        too_few = row is not None and metric.minimum_sample > 0
        said = f"{label}: {'too few' if too_few else 'nothing'} counted"
        return Wanted(None if too_few else empty, said, basis=period, label=metric.label, counted=False)
    parts = {}
    if row.numerator is not None and row.denominator is not None:
        parts = {"numerator": plain_number(row.numerator), "denominator": plain_number(row.denominator)}
        label = f"{label}: {parts['numerator']} of {parts['denominator']}"
    return Wanted(Decimal(row.value), label, basis=period, label=metric.label, parts=parts)


def _shown(show: MetricShow, wanted: Wanted, row: _Row | None, mark: PartialPeriod | None) -> Decimal | str | None:
    """What of a result is shown beside its value: where it has none, nothing of it is partial."""
    is_partial = wanted.value is not None and mark is not None
    match show:
        case "partial":
            return "true" if is_partial else "false"
        case "complete_from":
            return mark.complete_from if is_partial and mark is not None else None
    if row is not None and row.sample is not None:
        return Decimal(row.sample)
    return None if wanted.value is None else ZERO
