"""Where users stand in measures of their comp plans, looked up for what `writeback.yaml` shows."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from config.comp_plans.base import shown_label
from config.metrics import Unit
from sync.plan.results import ZERO, Wanted
from sync.plan.values import shown

if TYPE_CHECKING:
    from datetime import date

    from config.comp_plans import CompPlan, Measure
    from config.loader import Project
    from config.values import MeasureOf, MeasureValue
    from salesops.calendar import Period
    from sync.plan.results import Lookup, Results

_ROWS = (
    "SELECT payee_id, comp_plan, period, value, target, attainment FROM measure_value WHERE connection = ?"
    " AND measure = ? AND ? IN (period, interval) AND \"group\" = '' AND ? IN (comp_plan, '')"
)


def unit_of_measure(project: Project, value: MeasureValue | MeasureOf) -> Unit:
    """The unit of a measure's figure."""
    if value.show == "attainment":
        return Unit.PERCENT
    plans = [project.comp_plans[value.comp_plan]] if value.comp_plan else project.comp_plans.values()
    return next(_unit(project, plan, plan.measures[value.measure]) for plan in plans if value.measure in plan.measures)


def _unit(project: Project, plan: CompPlan, measure: Measure) -> Unit:
    if measure.rank is not None:
        return Unit.COUNT
    if measure.metric is not None:
        return project.metrics[measure.metric].unit
    if measure.take != "amount" or measure.streak:
        return Unit.COUNT
    credits_ = [plan.credits[name] for name in measure.credits]
    is_money = all("amount" in (each.amount or "amount") and each.source != "activity" for each in credits_)
    return Unit.MONEY if credits_ and is_money else Unit.NUMBER


def measure_results(results: Results, value: MeasureValue | MeasureOf, period: Period) -> Lookup:
    """A figure of a measure by user: of the period that it runs over, or as at the end of a pay period.

    Of several comp plans it is that of the latest pay period, then one with a target.
    """
    starts = {each.name: each.start for each in results.periods_in(period)}
    unit = unit_of_measure(results.project, value.model_copy(update={"show": "value"}))
    found: dict[str, tuple[date, bool, str, dict[str, Decimal | None]]] = {}
    for user, comp_plan, pay_period, *texts in results.rows(_ROWS, value.measure, period.name, value.comp_plan or ""):
        amount, target, attainment = (None if text is None else Decimal(text) for text in texts)
        remaining = None if amount is None or target is None else max(target - amount, ZERO)
        figures: dict[str, Decimal | None] = {
            "value": amount,
            "target": target,
            "attainment": attainment,
            "remaining": remaining,
        }
        order = (starts.get(pay_period, period.start), target is not None, comp_plan)
        if user not in found or order > found[user][:3]:
            found[user] = (*order, figures)

    def look_up(user: str) -> Wanted:
        if user not in found:
            label = shown_label(value.measure, None)
            source = f"measure/{value.comp_plan or ''}/{value.measure}/user/{user}/{period.name}"
            return Wanted(None, f"{label} {period.name}: not measured", source, period.name, label, counted=False)
        *_, comp_plan, figures = found[user]
        label = _label(results.project, comp_plan, value.measure)
        parts = {
            "credited" if name == "value" else name: shown(number, Unit.PERCENT if name == "attainment" else unit)
            for name, number in figures.items()
            if number is not None
        }
        of_target = f" of {parts['target']}" if "target" in parts else ""
        reason = f"{label} {period.name}: {parts.get('credited', 'none')}{of_target}"
        source = f"measure/{comp_plan}/{value.measure}/user/{user}/{period.name}"
        counted = bool(figures["value"]) or results.is_there(user, period)
        return Wanted(figures[value.show], reason, source, period.name, label, parts, counted)

    return look_up


def _label(project: Project, comp_plan: str, measure: str) -> str:
    plan = project.comp_plans.get(comp_plan)
    found = plan.measures.get(measure) if plan else None
    return shown_label(measure, found.label if found else None)
