"""What each metric, quota, territory rule and comp plan of a project reads, and of which records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from config.comp_plans.credits import ByManagers
from config.comp_plans.formula import names, parse_pay_formula
from config.comp_plans.plan import Eligible
from config.metrics import Condition, SimpleMetric
from config.metrics.narrowed import listed
from config.used_metrics import metrics_of_pay
from salesops.fill import Ask
from sync.doctor.needs import Need, Role, condition_needs, credit_needs, metric_needs

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date

    from config.comp_plans import CompPlan
    from config.loader import Project
    from config.problems import Where
    from config.quotas import Quota, Targets

_ACTIVE = Condition.model_validate({"field": "active", "is": "true"})


@dataclass(frozen=True, slots=True)
class Definition:
    """Something that the project computes. `used` is False for a built-in metric that nothing in the project names."""

    kind: str  # metric, quota, territory or comp plan
    name: str
    label: str
    used: bool
    where: Where
    needs: tuple[Need, ...]

    @property
    def title(self) -> str:
        return f"{self.kind} {self.name}"


def find_definitions(project: Project, used: Collection[str], starts: Mapping[str, date]) -> list[Definition]:
    """Everything that the project computes, by kind and name. `used` are the metrics that something in it names,
    `starts` the first days of the present fiscal periods, by kind."""
    metrics = [
        Definition(
            "metric", name, metric.label, name in used, project.where("metrics", name), metric_needs(project, name)
        )
        for name, metric in sorted(listed(project.metrics).items())
    ]
    quotas = [
        Definition("quota", name, quota.label, True, project.where("quotas", name), _quota(project, quota, starts))
        for name, quota in sorted(project.quotas.items())
    ]
    rules = project.territories.territories if project.territories else ()
    territories = [
        Definition(
            "territory",
            rule.name,
            rule.name,
            True,
            project.where("territories", n),
            tuple(condition_needs("account", rule.where)),
        )
        for n, rule in enumerate(rules)
    ]
    comp_plans = [
        Definition(
            "comp plan", name, plan.label, True, project.where("comp_plans", name), _comp_plan(project, plan, starts)
        )
        for name, plan in sorted(project.comp_plans.items())
    ]
    return [*metrics, *quotas, *territories, *comp_plans]


def targets_of(quota: Quota, starts: Mapping[str, date]) -> Targets | None:
    """The targets of the quota's present period; None where none are in force."""
    day = starts.get(quota.period)
    if day is None:
        return None
    held = (each for each in quota.targets if each.from_ <= day and (each.until is None or day < each.until))
    return max(held, key=lambda each: each.from_, default=None)


def source_metric(project: Project, quota: Quota) -> SimpleMetric | None:
    """The simple metric that a quota is of."""
    metric = project.metrics[quota.metric]
    return metric if isinstance(metric, SimpleMetric) else None


def _quota(project: Project, quota: Quota, starts: Mapping[str, date]) -> tuple[Need, ...]:
    targets = targets_of(quota, starts)
    needs = list(metric_needs(project, quota.metric))
    if targets is not None and targets.default is None and targets.teams:
        needs.append(_of_people("team"))
    if targets is not None and targets.default is None and targets.users:
        needs.append(_of_people("email"))
    return tuple(needs)


def _comp_plan(project: Project, plan: CompPlan, starts: Mapping[str, date]) -> tuple[Need, ...]:
    needs = [need for credit in plan.credits.values() for need in credit_needs(credit)]
    needs += [need for metric in sorted(metrics_of_pay({"": plan})) for need in metric_needs(project, metric)]
    needs += [need for quota in _quotas_of(project, plan) for need in _quota(project, quota, starts)]
    eligible = plan.eligible or Eligible()
    for field, named in (("team", eligible.teams), ("role", eligible.roles), ("email", eligible.users)):
        if named:
            needs.append(_of_people(field))
    if any(isinstance(credit.to, ByManagers) for credit in plan.credits.values()):
        needs.append(_of_people("manager_id"))
    return tuple(dict.fromkeys(needs))


def _quotas_of(project: Project, plan: CompPlan) -> list[Quota]:
    """The quotas that targets of a comp plan's measures name."""
    targets = (measure.target for measure in plan.measures.values() if measure.target not in {None, "individual"})
    named = {each.name for target in targets for each in names(parse_pay_formula(target))}
    return [quota for name, quota in sorted(project.quotas.items()) if name in named]


def _of_people(field: str) -> Need:
    return Need(Ask("user", field, (_ACTIVE,), "", "id", whole=True), Role.PEOPLE)
