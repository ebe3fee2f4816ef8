"""The whole computation again, in plain loops over exact fractions: slow, and obviously right.

It shares nothing with the engine but the rules' models and the calendar's `period_of`.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from config.metrics import SimpleMetric
from salesops.calendar import period_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime

    from config.comp_plans import Component, CompPlan
    from config.metrics import Condition, Metric
    from salesops.calendar import Period
    from salesops.rules import Rules

Row = dict[str, Any]
KINDS = ("month", "quarter", "year")


def nearest(value: Fraction, places: int, mode: str = "half_up") -> Fraction:
    """The fraction with this many places, a tie going away from zero or to the even digit."""
    whole, rest = divmod(abs(value) * 10**places, 1)
    if rest > Fraction(1, 2) or (rest == Fraction(1, 2) and (mode == "half_up" or whole % 2)):
        whole += 1
    return Fraction(whole, 10**places) * (-1 if value < 0 else 1)


@dataclass
class Reference:
    """Facts as lists of rows, by object."""

    facts: dict[str, list[Row]]
    rules: Rules
    as_of: datetime

    def __post_init__(self) -> None:
        self.zone = ZoneInfo(self.rules.time_zone)
        self.today = self.as_of.astimezone(self.zone).date()
        self.users = {row["id"]: row for row in self.facts["user"]}

    def day(self, value: Any) -> date | None:
        if value is None:
            return None
        return value.astimezone(self.zone).date() if hasattr(value, "hour") else value

    def counted(self, metric: SimpleMetric, rows: list[Row]) -> Iterator[tuple[Row, date, Fraction | None]]:
        for row in rows:
            if metric.time == "as_of" and not self.is_there(row):
                continue
            if not all(meets(row, condition) for condition in metric.where):
                continue
            at = self.today if metric.time == "as_of" else row[metric.time]
            if at is None or at > (self.as_of if hasattr(at, "hour") else self.today):
                continue
            day = self.day(at)
            assert day is not None
            yield row, day, self.amount(metric, row, day)

    def is_there(self, row: Row) -> bool:
        created = row.get("created_at")
        return created is None or created <= self.as_of

    def amount(self, metric: SimpleMetric, row: Row, day: date) -> Fraction | None:
        if metric.aggregate == "count":
            return Fraction(1)
        if metric.start:
            start = self.day(row[metric.start])
            return None if start is None else Fraction((day - start).days)
        value = row[metric.of]
        return None if value is None else Fraction(value)

    @cached_property
    def metrics(self) -> dict[tuple[str, str, str, str], Fraction | None]:
        """(metric, grain, key, period) -> value."""
        found = {}
        simple = {n: m for n, m in self.rules.metrics.items() if isinstance(m, SimpleMetric)}
        for name, metric in simple.items():
            groups = defaultdict(list)
            for row, day, amount in self.counted(metric, self.facts[metric.source]):
                for place in self.places(row[metric.owner]):
                    for period in self.periods(day):
                        groups[(*place, period)].append(amount)
            for key, amounts in groups.items():
                found[(name, *key)] = aggregate(metric, [a for a in amounts if a is not None])
        for name, metric in self.rules.metrics.items():
            if isinstance(metric, SimpleMetric):
                continue
            above = {key[1:]: v for key, v in found.items() if key[0] == metric.numerator}
            below = {key[1:]: v for key, v in found.items() if key[0] == metric.denominator}
            adds_up = simple[metric.numerator].aggregate in {"count", "sum"}
            for key in above.keys() | below.keys():
                n, d = above.get(key, Fraction(0) if adds_up else None), below.get(key)
                found[(name, *key)] = nearest(n / d, 6) if n is not None and d else None
        return found

    def places(self, owner: str | None) -> list[tuple[str, str]]:
        places = [("company", "")]
        if owner in self.users:
            places.append(("user", owner))
            if team := self.users[owner]["team"]:
                places.append(("team", team))
        return places

    def periods(self, day: date) -> list[str]:
        return ["all", *(period_of(kind, day, self.rules.fiscal_year).name for kind in KINDS)]

    def target(self, quota_name: str, user: Row, period: Period) -> Fraction | None:
        quota, start = self.rules.quotas[quota_name], period.start
        has_credit = (quota.metric, "user", user["id"], period.name) in self.metrics
        manages = any(u["active"] and u["manager_id"] == user["id"] != u["id"] for u in self.users.values())
        for targets in quota.targets:
            if start < targets.from_ or (targets.until and start >= targets.until):
                continue
            named = {email.lower(): target for email, target in targets.users.items()}
            if user["email"].lower() in named:
                return Fraction(named[user["email"].lower()])
            if (user["active"] and not manages) or has_credit:
                target = targets.teams.get(user["team"] or "", targets.default)
                return None if target is None else Fraction(target)
        return None

    def attainment(self) -> dict[tuple[str, str, str], tuple[Fraction, Fraction, Fraction | None]]:
        """(quota, user, period) -> credited, target, attainment; of the periods up to today that hold any credit."""
        found = {}
        for name, quota in self.rules.quotas.items():
            periods = set()
            for row in self.facts["opportunity"]:
                day = row["close_date"]
                if day is not None and day <= self.today:
                    periods.add(period_of(quota.period, day, self.rules.fiscal_year))
            for user in self.users.values():
                for period in periods:
                    target = self.target(name, user, period)
                    if target is not None:
                        credited = self.metrics.get((quota.metric, "user", user["id"], period.name)) or Fraction(0)
                        share = nearest(credited / target, 6) if target else None
                        found[name, user["id"], period.name] = credited, target, share
        return found

    def earnings(self) -> dict[tuple[str, str, str, str, str, str], tuple[Fraction, Fraction]]:
        """(comp plan, component, payee, period, opportunity, status) -> credit, amount."""
        found = {}
        for name, plan in self.rules.comp_plans.items():
            for component in plan.components:
                for user in self.users.values():
                    if self.on_plan(plan, user):
                        for key, value in self.earned(plan, component, user).items():
                            found[(name, component.name, user["id"], *key)] = value
        return found

    def on_plan(self, plan: CompPlan, user: Row) -> bool:
        eligible = plan.eligible
        return (
            (not eligible.teams or user["team"] in eligible.teams)
            and (not eligible.roles or user["role"] in eligible.roles)
            and (not eligible.users or user["email"].lower() in [email.lower() for email in eligible.users])
        )

    def earned(self, plan: CompPlan, component: Component, payee: Row) -> dict[tuple[str, str, str], Any]:
        quota = self.rules.quotas[plan.quota]
        metric = self.rules.simple(quota.metric)
        closed, rounding, found = self.facts["opportunity"], plan.rounding, {}
        totals: dict[str, Fraction] = defaultdict(Fraction)

        def pay(total: Fraction, target: Fraction | None) -> Fraction:
            return nearest(scale(component, total, target), rounding.places, rounding.mode)

        rows = sorted(self.counted(metric, closed), key=lambda each: (each[1], each[0]["id"]))
        won_now = metric.model_copy(
            update={"where": tuple(c for c in metric.where if c.field not in {"is_won", "is_closed", "stage"})}
        )
        open_now = [
            row | {metric.time: self.today} for row in closed if row["is_closed"] is False and self.is_there(row)
        ]
        estimates = list(self.counted(won_now, open_now))
        for status, credited in (("earned", rows), ("estimated", estimates)):
            for row, day, credit in credited:
                period = period_of(quota.period, day, self.rules.fiscal_year)
                target = self.target(plan.quota, payee, period)
                in_force = plan.effective_from <= period.start and (
                    plan.effective_until is None or period.start < plan.effective_until
                )
                if credit is None or not in_force or not self.counts_for(component, payee, row["owner_id"], target):
                    continue
                before = totals[period.name]
                amount = pay(before + credit, target) - pay(before, target)
                found[period.name, row["id"], status] = credit, amount
                if status == "earned":
                    totals[period.name] += credit
        return found

    def counts_for(self, component: Component, payee: Row, owner: str | None, target: Fraction | None) -> bool:
        if component.kind == "marginal_tiers":
            return owner == payee["id"] and bool(target)
        above, person = set(), self.users.get(owner or "")
        for _ in range(component.levels):
            if person is None or person["manager_id"] == person["id"]:
                break
            person = self.users.get(person["manager_id"] or "")
            above.add(person["id"] if person else None)
        return payee["active"] and payee["id"] != owner and payee["id"] in above


def scale(component: Component, total: Fraction, target: Fraction | None) -> Fraction:
    if component.kind == "manager_override":
        return total * Fraction(component.rate)
    assert target is not None
    earned = Fraction(0)
    for number, tier in enumerate(component.tiers):
        low = Fraction(tier.from_) * target
        high = Fraction(component.tiers[number + 1].from_) * target if number + 1 < len(component.tiers) else total
        earned += max(Fraction(0), min(total, high) - low) * Fraction(tier.rate)
    return earned


def aggregate(metric: Metric, amounts: list[Fraction]) -> Fraction | None:
    match metric.aggregate:
        case "count" | "sum":
            return sum(amounts, Fraction(0))
        case _ if not amounts:
            return None
        case "min":
            return min(amounts)
        case "max":
            return max(amounts)
    return nearest(sum(amounts, Fraction(0)) / len(amounts), 6)


def meets(row: Row, condition: Condition) -> bool:
    value, operand = row[condition.field], condition.operand
    if condition.operator == "empty":
        return (value is None) == operand
    if condition.operator in {"is_not", "not_in"}:
        return value is None or text_of(value) not in ([operand] if isinstance(operand, str) else operand)
    if value is None:
        return False
    if condition.operator in {"is", "in"}:
        return text_of(value) in ([operand] if isinstance(operand, str) else operand)
    number = Decimal(str(operand))
    return {"at_least": value >= number, "more_than": value > number}.get(
        condition.operator, value < number if condition.operator == "less_than" else value <= number
    )


def text_of(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
