"""Results, looked up for what `writeback.yaml` shows of them: by user, team, account or opportunity."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache, cached_property, partial
from typing import TYPE_CHECKING

from config.metrics import ConversionMetric, Event, SimpleMetric, Unit
from config.scalars import decimal_text
from sync.fiscal import calendar_of, pay_periods_in
from sync.pay.figures import read_figures
from sync.plan.values import shown
from sync.store.results import read_partial

if TYPE_CHECKING:
    from datetime import date

    from config.loader import Project
    from config.metrics import Metric
    from config.values import QuotaFigure
    from salesops.calendar import Period
    from salesops.fiscal import FiscalCalendar
    from sync.pay.figures import PeriodFigures
    from sync.plan.values import Result
    from sync.store.results import PartialPeriod
    from sync.store.store import Store

ZERO = Decimal(0)

OF_LOGINS = frozenset({"user", "user_period", "data_entry"})
"""The sources with rows of everybody who has a login, whether they sell or not."""


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

    def is_there(self, user: str, period: Period) -> bool:
        """Whether somebody works here now and had come by the end of a period: so much is 0 for them, not nothing."""
        return self._came.get(user, "9999") < period.end.isoformat()

    @cached_property
    def _came(self) -> Mapping[str, str]:
        """When each active user came; "" where nobody knows, or a quota holds for them all the same."""
        sql = (
            "SELECT id, CASE WHEN id IN (SELECT user_id FROM attainment WHERE connection = ?1) THEN ''"
            " ELSE coalesce(created_at, '') END FROM user WHERE connection = ?1 AND deleted = 0 AND active = 1"
        )
        return {row[0]: row[1] for row in self.rows(sql)}

    @cached_property
    def earned(self) -> Mapping[tuple[str, str, str, str], tuple[Decimal, Decimal]]:
        """(payee, pay period, comp plan, component) -> what was credited, and what that earned."""
        found: dict[tuple[str, str, str, str], tuple[Decimal, Decimal]] = {}
        for *place, credit, amount in self.rows(
            "SELECT payee_id, period, comp_plan, component, credit, amount FROM earning"
            " WHERE connection = ? AND status = 'earned'"
        ):
            payee, period, comp_plan, component = place
            before = found.get((payee, period, comp_plan, component), (ZERO, ZERO))
            found[payee, period, comp_plan, component] = before[0] + Decimal(credit), before[1] + Decimal(amount)
        return found

    def unit_of(self, comp_plan: str) -> str:
        """In what a comp plan pays: a currency, or a unit of its own."""
        plan, currency = self.project.comp_plans.get(comp_plan), self.project.settings.currency
        return plan.pays_in(currency) if plan else currency

    @cached_property
    def payees(self) -> Sequence[tuple[str, str, str, bool]]:
        """(user, pay period, comp plan, whether anything is credited or earned) of whoever has a target or a credit."""
        rows = self.rows(
            "SELECT payee_id, period, comp_plan, 0 FROM measure_value WHERE connection = ?1 AND target IS NOT NULL"
            " UNION SELECT payee_id, period, comp_plan, 1 FROM credit WHERE connection = ?1"
            " UNION SELECT payee_id, period, comp_plan, 1 FROM earning WHERE connection = ?1 AND status = 'earned'"
        )
        return [(user, period, comp_plan, bool(is_credited)) for user, period, comp_plan, is_credited in rows]

    @cached_property
    def figures_of_pay(self) -> Callable[[str], PeriodFigures]:
        """What the ledger says of a pay period, by its name; each is read once."""
        return cache(partial(read_figures, self.store, self.connection))

    def periods_in(self, period: Period) -> list[Period]:
        """The periods that a comp plan may pay by and that lie in a period."""
        return pay_periods_in(self.calendar, period)

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


def territory_results(results: Results) -> Lookup:
    """The territory by account."""
    rows = results.rows("SELECT account_id, territory FROM assigned_territory WHERE connection = ?")
    found: dict[str, str | None] = {row[0]: row[1] for row in rows}

    def look_up(account: str) -> Wanted:
        territory = found.get(account)
        reason = f"territory rule {territory}" if territory else "no territory rule fits"
        return Wanted(territory, reason, f"territory/account/{account}", label="territory")

    return look_up
