"""Results, looked up for what `writeback.yaml` shows of them: by user, team, account or opportunity."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

from config.metrics import ConversionMetric, Event, SimpleMetric, Unit
from config.scalars import decimal_text
from salesops.fiscal import FISCAL_KINDS
from sync.fiscal import calendar_of
from sync.plan.values import shown
from sync.store.results import read_partial

if TYPE_CHECKING:
    from datetime import date

    from config.loader import Project
    from config.metrics import Metric
    from config.values import QuotaFigure
    from salesops.calendar import Period
    from salesops.fiscal import FiscalCalendar
    from sync.plan.values import Result
    from sync.store.results import PartialPeriod
    from sync.store.store import Store

ZERO = Decimal(0)

OF_LOGINS = frozenset({"user", "user_period", "data_entry"})
"""The sources with rows of everybody who has a login, whether they sell or not."""

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A result for one user, team, account or opportunity; `value` is None where there is none.

    `source` says which result it is, for its explanation; `basis` is its period's name, empty where it has none;
    `label` is what people call it. `parts` are what a text may name beside these, as people read them. `counted` is
    False where no row says so: the value stands for there being none.
    """

    value: Result | None
    reason: str
    source: str = ""
    basis: str = ""
    label: str = ""
    parts: Mapping[str, str] = field(default_factory=dict)
    counted: bool = True


Lookup = Callable[[str], Wanted]
"""From an id (a team's name) to its result."""


@dataclass(frozen=True)
class Results:
    """The stored results of a connection as of a day."""

    store: Store
    project: Project
    connection: str
    day: date

    def rows(self, sql: str, *parameters: str) -> list[tuple[str, ...]]:
        return [tuple(row) for row in self.store.rows(sql, (self.connection, *parameters))]

    @cached_property
    def calendar(self) -> FiscalCalendar:
        """The fiscal calendar."""
        return calendar_of(self.project, self.store)

    @cached_property
    def sellers(self) -> frozenset[str]:
        """The users who have a quota or a row of a metric of sales work."""
        with_quota = self.rows("SELECT DISTINCT user_id FROM attainment WHERE connection = ?")
        return self._at_work("user") | {row[0] for row in with_quota}

    @cached_property
    def managers(self) -> frozenset[str]:
        """The users who have a row of a metric of sales work as a manager."""
        return self._at_work("manager")

    @cached_property
    def team_of(self) -> Mapping[str, str]:
        """The team of each user who has one."""
        sql = "SELECT id, team FROM user WHERE connection = ? AND deleted = 0 AND team <> ''"
        return {row[0]: row[1] for row in self.rows(sql)}

    @cached_property
    def partial(self) -> Mapping[tuple[str, str], PartialPeriod]:
        """The partial periods by metric and period."""
        return read_partial(self.store, self.connection)

    @cached_property
    def teams(self) -> frozenset[str]:
        """The teams that have a row of a metric of sales work."""
        return self._at_work("team") - {""}

    def _at_work(self, grain: str) -> frozenset[str]:
        """The keys that have a row, in any period, of a metric whose rows only those have who sell."""
        sql = (
            "SELECT DISTINCT key FROM metric_value"
            " WHERE connection = ? AND grain = ? AND metric IN (SELECT value FROM json_each(?))"
        )
        names = [name for name, metric in self.project.metrics.items() if _is_of_work(metric)]
        return frozenset(row[0] for row in self.rows(sql, grain, json.dumps(names)))


def _is_of_work(metric: Metric) -> bool:
    """Whether a metric counts rows of sales work; what is made of other metrics has none of its own."""
    match metric:
        case SimpleMetric(source=source) | ConversionMetric(from_=Event(source=source)):
            return source not in OF_LOGINS
    return False


def unit_of_quota(project: Project, quota: str, show: QuotaFigure) -> Unit:
    """The unit of a quota's figure."""
    return Unit.PERCENT if show == "attainment" else project.metrics[project.quotas[quota].metric].unit


def plain_number(number: str) -> str:
    """A number with all its digits, as people read it."""
    return f"{Decimal(decimal_text(Decimal(number))):,f}"


def quota_results(results: Results, name: str, show: QuotaFigure, period: Period) -> Lookup:
    """A figure of a quota by user."""
    quota = results.project.quotas[name]
    unit = unit_of_quota(results.project, name, "target")
    found = {
        user: (Decimal(credited), Decimal(target), None if attainment is None else Decimal(attainment))
        for user, credited, target, attainment in results.rows(
            "SELECT user_id, credited, target, attainment FROM attainment"
            " WHERE connection = ? AND quota = ? AND period = ?",
            *(name, period.name),
        )
    }

    def look_up(user: str) -> Wanted:
        source = f"quota/{name}/user/{user}/{period.name}"
        if user not in found:
            said = f"{quota.label} {period.name}: no quota"
            return Wanted(None, said, source, period.name, quota.label, counted=False)
        credited, target, attainment = found[user]
        figures = {
            "credited": credited,
            "target": target,
            "attainment": attainment,
            "remaining": max(target - credited, ZERO),
        }
        parts = {
            each: shown(number, Unit.PERCENT if each == "attainment" else unit) for each, number in figures.items()
        }
        reason = f"{quota.label} {period.name}: {parts['credited']} of {parts['target']}"
        return Wanted(figures[show], reason, source, period.name, quota.label, parts)

    return look_up


def commission_results(results: Results, period: Period, component: str | None = None) -> Lookup:
    """What users earned in a period: in the periods of their comp plans that lie in it."""
    inside = [p for kind in FISCAL_KINDS for p in results.calendar.periods(kind, period.start, period.end - _DAY)]
    names = {p.name for p in inside if period.start <= p.start and p.end <= period.end}
    payees: dict[str, bool] = {}
    for user, name in results.rows("SELECT DISTINCT user_id, period FROM attainment WHERE connection = ?"):
        payees[user] = payees.get(user, False) or name in names
    amounts: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    credits_: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for payee, name, of_component, credit, amount in results.rows(
        "SELECT payee_id, period, component, credit, amount FROM earning WHERE connection = ? AND status = 'earned'"
    ):
        if name in names and component in {None, of_component}:
            amounts[payee][of_component] += Decimal(amount)
            credits_[payee, of_component] += Decimal(credit)
    what = "commission" if component is None else component

    def look_up(user: str) -> Wanted:
        source = f"{f'component/{component}' if component else 'commission'}/user/{user}/{period.name}"
        if user not in amounts:
            value = ZERO if user in payees else None
            said = f"{what} {period.name}: nothing earned"
            return Wanted(value, said, source, period.name, what, counted=payees.get(user, False))
        parts = amounts[user]
        detail = " + ".join(
            f"{name} {shown(amount, Unit.MONEY)} on {plain_number(str(credits_[user, name]))}"
            for name, amount in sorted(parts.items())
        )
        return Wanted(sum(parts.values(), ZERO), f"{what} {period.name}: {detail}", source, period.name, what)

    return look_up


def territory_results(results: Results) -> Lookup:
    """The territory by account."""
    rows = results.rows("SELECT account_id, territory FROM assigned_territory WHERE connection = ?")
    found: dict[str, str | None] = {row[0]: row[1] for row in rows}

    def look_up(account: str) -> Wanted:
        territory = found.get(account)
        reason = f"territory rule {territory}" if territory else "no territory rule fits"
        return Wanted(territory, reason, f"territory/account/{account}", label="territory")

    return look_up


def opportunity_results(results: Results, status: str) -> Lookup:
    """What an opportunity's owner earns on it (`earned`), or would (`estimated`); overrides of others show on their own
    figures, not on the deal."""
    overrides = {
        (name, component.name)
        for name, comp_plan in results.project.comp_plans.items()
        for component in comp_plan.components
        if component.kind == "manager_override"
    }
    amounts: dict[str, Decimal] = defaultdict(Decimal)
    reasons: dict[str, list[str]] = defaultdict(list)
    for opportunity, comp_plan, component, period, credit, amount in results.rows(
        "SELECT opportunity_id, comp_plan, component, period, credit, amount FROM earning"
        " WHERE connection = ? AND status = ? ORDER BY comp_plan, component, period",
        status,
    ):
        if (comp_plan, component) not in overrides:
            amounts[opportunity] += Decimal(amount)
            reasons[opportunity].append(f"{period} on {plain_number(credit)}: {comp_plan}, {component}")

    def look_up(opportunity: str) -> Wanted:
        source = f"{status}_commission/opportunity/{opportunity}"
        if opportunity not in amounts:
            return Wanted(None, f"nothing {status}", source, counted=False)
        reason = f"{status} {' + '.join(reasons[opportunity])}"
        return Wanted(amounts[opportunity], reason, source, label=f"{status} commission")

    return look_up
