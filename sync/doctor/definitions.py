"""What each metric, quota, territory rule and comp plan of a project reads, and of which records."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from config.comp_plans import ManagerOverride
from config.metrics import ORDERED, Condition, Operator, RatioMetric
from salesops.calendar import period_of
from salesops.fill import Ask
from salesops.rules import AS_OF, CREATED, says_created

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import date

    from config.comp_plans import CompPlan
    from config.loader import Project
    from config.metrics import SimpleMetric
    from config.problems import Where
    from config.quotas import Quota, Targets
    from config.territories import Territory

_ACTIVE = Condition.model_validate({"field": "active", "is": "true"})

_EMPTY_IS_AN_ANSWER = frozenset({Operator.EMPTY, Operator.IS_NOT, Operator.NOT_IN})
"""Conditions that an empty field may meet: nobody is expected to fill it for their sake."""


class Role(StrEnum):
    """What a definition does with a field."""

    TIME = "puts it into a period"
    VALUE = "is added up"
    START = "says where the days begin"
    OWNER = "says whose it is"
    CONDITION = "decides whether it counts"
    PEOPLE = "says who is meant"


_EXPECTED = frozenset({Role.TIME, Role.VALUE, Role.START, Role.OWNER})


@dataclass(frozen=True, slots=True)
class Need:
    """A field that a definition reads, in which records, and what for. `orders` where it is compared by size or day."""

    ask: Ask
    role: Role
    orders: tuple[str, ...] = ()

    @property
    def expected(self) -> bool:
        """Whether each record should have a value; a condition may well be about few of them."""
        return self.role in _EXPECTED


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


def find_definitions(project: Project, used: Collection[str], today: date) -> list[Definition]:
    """Everything that the project computes, by kind and name; `used` are the metrics that something in it names."""
    metrics = [
        Definition("metric", name, metric.label, name in used, project.where("metrics", name), _metric(project, name))
        for name, metric in sorted(project.metrics.items())
    ]
    quotas = [
        Definition("quota", name, quota.label, True, project.where("quotas", name), _quota(project, quota, today))
        for name, quota in sorted(project.quotas.items())
    ]
    rules = project.territories.territories if project.territories else ()
    territories = [
        Definition("territory", rule.name, rule.name, True, project.where("territories", n), tuple(_territory(rule)))
        for n, rule in enumerate(rules)
    ]
    comp_plans = [
        Definition(
            "comp plan", name, plan.label, True, project.where("comp_plans", name), _comp_plan(project, plan, today)
        )
        for name, plan in sorted(project.comp_plans.items())
    ]
    return [*metrics, *quotas, *territories, *comp_plans]


def targets_of(project: Project, quota: Quota, today: date) -> Targets | None:
    """The targets of the quota's period that holds the day; None where none are in force."""
    day = period_of(quota.period, today, project.settings.fiscal_year).start
    held = (each for each in quota.targets if each.from_ <= day and (each.until is None or day < each.until))
    return max(held, key=lambda each: each.from_, default=None)


def source_metric(project: Project, quota: Quota) -> SimpleMetric | None:
    """The simple metric that a quota is of."""
    metric = project.metrics[quota.metric]
    return None if isinstance(metric, RatioMetric) else metric


def _metric(project: Project, name: str) -> tuple[Need, ...]:
    metric = project.metrics[name]
    if isinstance(metric, RatioMetric):
        parts = (*_metric(project, metric.numerator), *_metric(project, metric.denominator))
        return tuple(dict.fromkeys(parts))
    return tuple(_simple(metric))


def _simple(metric: SimpleMetric) -> Iterator[Need]:
    dated = metric.time != AS_OF
    created = CREATED if says_created(metric.source) else ""

    def need(field: str, role: Role, where: tuple[Condition, ...], orders: tuple[str, ...] = ()) -> Need:
        # What dates the records cannot date those that lack it: these are looked for by the day they were entered.
        by = metric.time if dated and role is not Role.TIME else created
        whole = not dated or (role is Role.TIME and by in {field, ""})
        return Need(Ask(metric.source, field, where, by, metric.owner, whole), role, orders)

    if dated:
        yield need(metric.time, Role.TIME, metric.where)
    if metric.of is not None:
        yield need(metric.of, Role.VALUE, metric.where, ("0",))
    if metric.start is not None:
        yield need(metric.start, Role.START, metric.where)
    yield need(metric.owner, Role.OWNER, metric.where)
    for field, others, orders in _conditions(metric.where):
        yield need(field, Role.CONDITION, others, orders)


def _conditions(where: tuple[Condition, ...]) -> Iterator[tuple[str, tuple[Condition, ...], tuple[str, ...]]]:
    """Each field that decides whether a record counts, with the conditions on other fields, which say where it is
    expected, and what it is compared with by size or day."""
    for field in dict.fromkeys(each.field for each in where if each.operator not in _EMPTY_IS_AN_ANSWER):
        ordered = (each for each in where if each.field == field and each.operator in ORDERED)
        yield field, tuple(each for each in where if each.field != field), tuple(str(each.operand) for each in ordered)


def _territory(rule: Territory) -> Iterator[Need]:
    for field, others, orders in _conditions(rule.where):
        yield Need(Ask("account", field, others, CREATED, "owner_id", whole=True), Role.CONDITION, orders)


def _quota(project: Project, quota: Quota, today: date) -> tuple[Need, ...]:
    targets = targets_of(project, quota, today)
    needs = list(_metric(project, quota.metric))
    if targets is not None and targets.default is None and targets.teams:
        needs.append(_of_people("team"))
    if targets is not None and targets.default is None and targets.users:
        needs.append(_of_people("email"))
    return tuple(needs)


def _comp_plan(project: Project, plan: CompPlan, today: date) -> tuple[Need, ...]:
    needs = list(_quota(project, project.quotas[plan.quota], today))
    eligible = plan.eligible
    for field, named in (("team", eligible.teams), ("role", eligible.roles), ("email", eligible.users)):
        if named:
            needs.append(_of_people(field))
    if any(isinstance(component, ManagerOverride) for component in plan.components):
        needs.append(_of_people("manager_id"))
    return tuple(dict.fromkeys(needs))


def _of_people(field: str) -> Need:
    return Need(Ask("user", field, (_ACTIVE,), "", "id", whole=True), Role.PEOPLE)
