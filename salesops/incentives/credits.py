"""Credits: what counts for a payee, from an opportunity. They are the rows of the quota's metric, each to its owner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis

from config.model import FieldType
from salesops.conditions import naive
from salesops.metrics.rows import metric_rows
from salesops.quotas.attainment import in_periods
from salesops.rules import AS_OF, CREATED, RuleError, field_type

if TYPE_CHECKING:
    from datetime import date, datetime

    import ibis.expr.types as ir

    from config.comp_plans import CompPlan
    from config.metrics import SimpleMetric
    from salesops.basis import Basis

CLOSING_FIELDS = {"stage", "is_closed", "is_won"}
"""Fields that winning an opportunity changes."""


@dataclass(frozen=True, slots=True)
class Credits:
    """The credits of one quota: `owner` (null for nobody), `period`, `starts` (the period's), `day`, `id`, `credit`."""

    earned: ir.Table
    possible: ir.Table  # of each open opportunity, as if it were won at the as-of time


def build_credits(basis: Basis) -> dict[str, Credits]:
    """The credits of every quota that a comp plan pays on."""
    keep = basis.engine.keep
    return {
        quota: Credits(
            earned=keep(f"credits {quota}", _earned(basis, quota)),
            possible=keep(f"possible credits {quota}", _possible(basis, quota)),
        )
        for quota in sorted({plan.quota for plan in basis.rules.comp_plans.values()})
    }


def current_period(basis: Basis, quota_name: str) -> str:
    """The name of the quota's period that holds the as-of day."""
    return basis.rules.calendar.period_of(basis.rules.quotas[quota_name].period, basis.today).name


def in_force(credits_: ir.Table, plan: CompPlan) -> ir.Table:
    """The credits of the periods that the comp plan holds for."""
    held = credits_.filter(credits_["starts"] >= plan.effective_from)
    return held if plan.effective_until is None else held.filter(held["starts"] < plan.effective_until)


def _earned(basis: Basis, quota_name: str) -> ir.Table:
    return _of_quota(basis, quota_name, metric_rows(basis, _credit_metric(basis, quota_name)))


def _possible(basis: Basis, quota_name: str) -> ir.Table:
    """Conditions on what winning changes count as met: closing fields and the metric's time. All others must hold."""
    metric = _credit_metric(basis, quota_name)
    left = tuple(each for each in metric.where if each.field not in CLOSING_FIELDS)
    any_left = () if any(each.field in CLOSING_FIELDS for each in metric.where_any) else metric.where_any
    won = metric.model_copy(update={"where": left, "where_any": any_left})
    opportunities = basis.source("opportunity")
    created = opportunities[CREATED]
    is_there = created.isnull() | (created <= naive(basis.as_of))
    still_open = opportunities.filter(~opportunities["is_closed"] & is_there)
    now = ibis.literal(_as_of(basis, field_type(metric.source, metric.time)))
    return _of_quota(basis, quota_name, metric_rows(basis, won, still_open.mutate(**{metric.time: now})))


def _as_of(basis: Basis, type_: FieldType) -> datetime | date | str:
    """The as-of time as a value of a field: a moment, a day, or a day as a custom field has it."""
    match type_:
        case FieldType.INSTANT:
            return naive(basis.as_of)
        case FieldType.TEXT:
            return basis.today.isoformat()
    return basis.today


def _credit_metric(basis: Basis, quota_name: str) -> SimpleMetric:
    """The metric whose rows are the quota's credits."""
    name = basis.rules.quotas[quota_name].metric
    metric = basis.rules.simple(name)
    if metric.source != "opportunity" or not metric.adds_up or metric.time == AS_OF:
        raise RuleError(
            f"quota {quota_name} cannot be paid on: its metric {name} must sum or count opportunities by a date of "
            f"theirs, so that each credit is one opportunity"
        )
    return metric


def _of_quota(basis: Basis, quota_name: str, rows: ir.Table) -> ir.Table:
    """The rows as credits in the quota's periods; a row without an amount is no credit."""
    rows = in_periods(basis, rows.filter(rows["number"].notnull()), basis.rules.quotas[quota_name].period)
    return rows.select("owner", "period", "starts", "day", "id", credit="number")
