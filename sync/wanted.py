"""What should stand in the CRM: results, looked up for each field that `writeback.yaml` keeps current."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from config.metrics import SimpleMetric
from salesops.calendar import Period, build_periods, resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    from config.loader import Project
    from config.metrics import Unit
    from config.writeback import (
        CommissionValue,
        FieldWrite,
        MetricValue,
        QuotaValue,
        RelativePeriod,
    )
    from sync.store.store import Store

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A result for one record (by our id): a number in `unit`, a text, or nothing; and where it comes from."""

    value: Decimal | str | None
    reason: str


@dataclass(frozen=True, slots=True)
class _Context:
    store: Store
    project: Project
    connection: str
    day: date

    def rows(self, sql: str, *parameters: str) -> list[tuple[str, ...]]:
        return [tuple(row) for row in self.store.rows(sql, (self.connection, *parameters))]

    def period(self, relative: RelativePeriod) -> Period:
        return resolve(relative, self.day, self.project.settings.fiscal_year)


def read_wanted(
    store: Store, project: Project, connection: str, write: FieldWrite, day: date
) -> Callable[[str], Wanted]:
    """A function from a record's id to what should stand in the field there. `day` is the as-of day."""
    context = _Context(store, project, connection, day)
    value = write.value
    match value.kind:
        case "metric":
            return _metric(context, value)
        case "quota":
            return _quota(context, value)
        case "commission":
            return _commission(context, value)
        case "territory":
            return _territory(context)
        case "earned_commission":
            return _opportunity_commission(context, "earned")
        case "estimated_commission":
            return _opportunity_commission(context, "estimated")


def _shown(number: str) -> str:
    return f"{Decimal(number):,f}"


def unit_of(project: Project, write: FieldWrite) -> Unit | None:
    """The unit of the numbers that go to a field; None where texts go."""
    from config.metrics import Unit

    value = write.value
    match value.kind:
        case "metric":
            return project.metrics[value.metric].unit
        case "quota":
            return Unit.PERCENT if value.show == "attainment" else project.metrics[_quota_metric(project, value)].unit
        case "territory":
            return None
        case _:
            return Unit.MONEY


def _quota_metric(project: Project, value: QuotaValue) -> str:
    return project.quotas[value.quota].metric


def _metric(context: _Context, value: MetricValue) -> Callable[[str], Wanted]:
    metric = context.project.metrics[value.metric]
    period = context.period(value.period)
    found = {
        key: (number, of, over)
        for key, number, of, over in context.rows(
            "SELECT key, value, numerator, denominator FROM metric_value"
            " WHERE connection = ? AND grain = 'user' AND metric = ? AND period = ?",
            value.metric,
            period.name,
        )
    }
    # A count or a sum over no rows is 0; an average or a ratio over none is nothing. Somebody who sells nothing (no
    # quota, no row of any metric ever) is left alone: most logins of a company are not sales people.
    additive = isinstance(metric, SimpleMetric) and metric.aggregate in {"count", "sum"}
    sellers = {
        row[0]
        for row in context.store.rows(
            "SELECT key FROM metric_value WHERE connection = ? AND grain = 'user'"
            " UNION SELECT user_id FROM attainment WHERE connection = ?",
            (context.connection, context.connection),
        )
    }
    label = f"{metric.label} {period.name}"

    def wanted(user: str) -> Wanted:
        number, of, over = found.get(user, (None, None, None))
        if number is None:
            return Wanted(ZERO if additive and user in sellers else None, f"{label}: nothing counted")
        basis = f": {_shown(of)} of {_shown(over)}" if of is not None and over is not None else ""
        return Wanted(Decimal(number), f"{label}{basis}")

    return wanted


def _quota(context: _Context, value: QuotaValue) -> Callable[[str], Wanted]:
    quota = context.project.quotas[value.quota]
    period = context.period(value.period)
    found = {
        user: (credited, target, attainment)
        for user, credited, target, attainment in context.rows(
            "SELECT user_id, credited, target, attainment FROM attainment"
            " WHERE connection = ? AND quota = ? AND period = ?",
            value.quota,
            period.name,
        )
    }

    def wanted(user: str) -> Wanted:
        if user not in found:
            return Wanted(None, f"{quota.label} {period.name}: no quota")
        credited, target, attainment = found[user]
        number = {"credited": credited, "target": target, "attainment": attainment}[value.show]
        reason = f"{quota.label} {period.name}: {_shown(credited)} of {_shown(target)}"
        return Wanted(None if number is None else Decimal(number), reason)

    return wanted


def _commission(context: _Context, value: CommissionValue) -> Callable[[str], Wanted]:
    period = context.period(value.period)
    inside = build_periods(period.start, period.end - timedelta(days=1), context.project.settings.fiscal_year)
    names = {p.name for p in inside if period.start <= p.start and p.end <= period.end}
    payees = {row[0] for row in context.rows("SELECT DISTINCT user_id FROM attainment WHERE connection = ?")}
    amounts: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for payee, name, component, amount in context.rows(
        "SELECT payee_id, period, component, amount FROM earning WHERE connection = ? AND status = 'earned'"
    ):
        if name in names:
            amounts[payee][component] += Decimal(amount)

    def wanted(user: str) -> Wanted:
        if user not in amounts:
            return Wanted(ZERO if user in payees else None, f"commission {period.name}: nothing earned")
        parts = amounts[user]
        detail = " + ".join(f"{name} {amount:,f}" for name, amount in sorted(parts.items()))
        return Wanted(sum(parts.values(), ZERO), f"commission {period.name}: {detail}")

    return wanted


def _territory(context: _Context) -> Callable[[str], Wanted]:
    rows = context.rows("SELECT account_id, territory FROM assigned_territory WHERE connection = ?")
    found: dict[str, str | None] = {row[0]: row[1] for row in rows}

    def wanted(account: str) -> Wanted:
        territory = found.get(account)
        return Wanted(territory, f"territory rule {territory}" if territory else "no territory rule fits")

    return wanted


def _opportunity_commission(context: _Context, status: str) -> Callable[[str], Wanted]:
    """What the opportunity's owner earns on it; overrides of others show on their own figures, not on the deal."""
    overrides = {
        (name, component.name)
        for name, comp_plan in context.project.comp_plans.items()
        for component in comp_plan.components
        if component.kind == "manager_override"
    }
    amounts: dict[str, Decimal] = defaultdict(Decimal)
    reasons: dict[str, list[str]] = defaultdict(list)
    for opportunity, comp_plan, component, period, credit, amount in context.rows(
        "SELECT opportunity_id, comp_plan, component, period, credit, amount FROM earning"
        " WHERE connection = ? AND status = ? ORDER BY comp_plan, component, period",
        status,
    ):
        if (comp_plan, component) not in overrides:
            amounts[opportunity] += Decimal(amount)
            reasons[opportunity].append(f"{period} on {_shown(credit)}: {comp_plan}, {component}")

    def wanted(opportunity: str) -> Wanted:
        if opportunity not in amounts:
            return Wanted(None, f"nothing {status}")
        return Wanted(amounts[opportunity], f"{status} {' + '.join(reasons[opportunity])}")

    return wanted


@dataclass(frozen=True, slots=True)
class Target:
    """A record that can be written to. `id` is ours, `record_id` the CRM's, None where it has no record for a user.

    `active` is False for a user who may no longer sign in.
    """

    id: str
    record_id: str | None
    name: str
    active: bool
    custom: dict[str, str | None]


def read_targets(store: Store, connection: str, of_object: str) -> Iterator[Target]:
    """The records of an object that can be written to, by id."""
    record, active = ("record_id", "active = 1") if of_object == "user" else ("id", "1")
    sql = (
        f"SELECT id, {record}, coalesce(name, id), {active}, custom FROM {of_object}"
        " WHERE connection = ? AND deleted = 0 ORDER BY id"
    )
    for own_id, record_id, name, is_active, custom in store.connection.execute(sql, (connection,)):
        yield Target(own_id, record_id, name, bool(is_active), json.loads(custom))
