"""Targets by user and period, and how much of each is reached.

Whom a target holds for: `users` entries for whoever they name; `teams` and `default` for active users whom no active
user names as manager, and in a period for whoever has credit in it. A manager's selling is usually not what they are
measured by, so one who sells nothing has a quota only by being named. Who is active and who manages is known of today
only, and must not take back what a seller earned in an earlier period; credit is known of every period. Without credit
nobody has a target in a period that ended before they came, nor any as of a day before it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import pyarrow as pa

from salesops.calendar import EARLIEST
from salesops.exact import AMOUNT as CREDIT
from salesops.exact import amount, ratio
from salesops.metrics.rows import metric_rows
from salesops.money import PLACES, places_of
from salesops.people import people_of
from salesops.results import AMOUNT, ATTAINMENT
from salesops.rules import RuleError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from decimal import Decimal

    import ibis.expr.types as ir

    from config.quotas import Quota
    from salesops.basis import Basis
    from salesops.calendar import Period

_TARGETS = pa.schema(
    [
        ("quota", pa.string()),
        ("metric", pa.string()),
        ("period", pa.string()),
        ("scope", pa.string()),
        ("who", pa.string()),
        ("target", AMOUNT),
        ("starts", pa.date32()),
        ("ends", pa.date32()),  # the first day after it
    ]
)
_SCOPES = ("users", "teams", "default")
"""Where a target stands, the most particular first."""


def compute_attainment(basis: Basis) -> ir.Table:
    """A row for each quota, user with a target and period since the start of last year, or the first fact if earlier.

    Whoever has no row of the metric in a period is credited 0. It is computed once, for whoever asks first.
    """
    return basis.engine.once("attainment", lambda: _attainment(basis))


def _attainment(basis: Basis) -> ir.Table:
    if not basis.rules.quotas:
        return basis.engine.load("no quotas", ATTAINMENT.empty_table())
    declared = basis.engine.load("targets", _declared(basis))
    held = _held(basis, declared).group_by("quota", "user_id", "period")
    by_scope = held.agg(
        credited=ibis._.credited.max().fill_null(amount(0)),
        **{scope: ibis._.target.max(where=ibis._.scope == scope) for scope in _SCOPES},
    )
    found = by_scope.mutate(target=ibis.coalesce(*(by_scope[scope] for scope in _SCOPES)))
    return found.mutate(attainment=ratio(found["credited"], found["target"])).select(*ATTAINMENT.names)


def _people(basis: Basis) -> ir.Table:
    """The users with the day on which they came (`came_on`), the first of all where nobody knows.

    A project in which no user was created by the as-of day was moved here later: its creations are those of the import.
    """
    users = basis.users
    came = users.select(came_id="id", came_on=basis.local_day(users["created_at"]))
    is_moved = came["came_on"].min().over(ibis.window()) > basis.today
    came_on = ibis.ifelse(is_moved, ibis.null("date"), came["came_on"]).fill_null(EARLIEST)
    came = came.mutate(came_on=came_on)
    people = people_of(basis)
    return people.left_join(came, people["user_id"] == came["came_id"])


def _credited(basis: Basis) -> ir.Table:
    """What each user is credited with in each period of a quota that has a row of its metric."""
    found = []
    for metric, kind in sorted({(quota.metric, quota.period) for quota in basis.rules.quotas.values()}):
        rows = in_periods(basis, metric_rows(basis, metric), kind)
        totals = rows.group_by(credit_of=rows["owner"], credit_in=rows["period"])
        found.append(totals.agg(credited=rows["number"].sum()).mutate(credit_metric=ibis.literal(metric)))
    credited = ibis.union(*found) if len(found) > 1 else found[0]
    return credited.mutate(credited=credited["credited"].cast(CREDIT).fill_null(amount(0)))


def in_periods(basis: Basis, rows: ir.Table, kind: str) -> ir.Table:
    """Rows with a day, each with the `period` of a kind that holds it and the day on which that `starts`."""
    periods = basis.months.filter(basis.months["kind"] == kind).select("month", "period", "starts")
    days = basis.days.select("month", on="day")
    return rows.join(days, rows["day"] == days["on"]).join(periods, "month").drop("on", "month")


def _held(basis: Basis, declared: ir.Table) -> ir.Table:
    """Every target that holds for a user in a period, with what they are credited there (null for no row)."""
    named, mine = _names(_people(basis)).join(declared, ["scope", "who"]), _credited(basis)
    same = [
        named["metric"] == mine["credit_metric"],
        named["user_id"] == mine["credit_of"],
        named["period"] == mine["credit_in"],
    ]
    found = named.left_join(mine, same)
    has_come = (found["came_on"] < found["ends"]) & (found["came_on"] <= basis.today)
    return found.filter((found["always"] & has_come) | found["credited"].notnull())


def _names(people: ir.Table) -> ir.Table:
    """Every name (`scope`, `who`) of a user under which a target holds, `always` or only where they have credit."""
    sells = people["active"] & ~people["manages"]
    named = {"users": people["email"], "teams": people["team"], "default": ibis.literal("")}
    always = {"users": ibis.literal(value=True), "teams": sells, "default": sells}
    by_scope = (
        people.select("user_id", "came_on", scope=ibis.literal(scope), who=named[scope], always=always[scope])
        for scope in _SCOPES
    )
    return ibis.union(*by_scope).filter(ibis._.who.notnull())


def _declared(basis: Basis) -> pa.Table:
    """Every declared target in every period of its quota; of two for the same, the one that starts later."""
    targets: dict[tuple[str, str, str, str, str], tuple[Decimal, date, date]] = {}
    for name, quota in sorted(basis.rules.quotas.items()):
        if not basis.rules.simple(quota.metric).adds_up:
            raise RuleError(f"quota {name}: its metric {quota.metric} does not add up; a sum or count is needed")
        if basis.rules.simple(quota.metric).source == "quota_period":
            raise RuleError(f"quota {name}: its metric {quota.metric} is of quotas itself")
        for period, scope, who, target in declared_targets(quota, basis.periods):
            if places_of(target) > PLACES:
                raise RuleError(f"quota {name}: the target {target} has more than {PLACES} places")
            targets[name, quota.metric, period.name, scope, who] = target, period.start, period.end
    rows = [dict(zip(_TARGETS.names, (*key, *held), strict=True)) for key, held in targets.items()]
    return pa.Table.from_pylist(rows, schema=_TARGETS)


def declared_targets(quota: Quota, periods: tuple[Period, ...]) -> Iterator[tuple[Period, str, str, Decimal]]:
    """Each target with its period, its scope (users, teams, default) and who it is for there; of two for the same, the
    one that starts later comes later."""
    for entry in sorted(quota.targets, key=lambda entry: entry.from_):
        for period in periods:
            if period.kind != quota.period or period.start < entry.from_:
                continue
            if entry.until is not None and period.start >= entry.until:
                continue
            yield from ((period, "users", email.lower(), target) for email, target in entry.users.items())
            yield from ((period, "teams", team, target) for team, target in entry.teams.items())
            if entry.default is not None:
                yield period, "default", "", entry.default
