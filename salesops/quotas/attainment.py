"""Targets by user and period, and how much of each is reached.

Whom a target holds for: `users` entries for whoever they name; `teams` and `default` for active users whom no active
user names as manager, because a manager's own selling is usually not what they are measured by. A manager gets a
quota by being named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import pyarrow as pa

from salesops.exact import amount, ratio
from salesops.metrics.rollup import ADDITIVE
from salesops.money import PLACES, places_of
from salesops.results import AMOUNT, ATTAINMENT
from salesops.rules import RuleError

if TYPE_CHECKING:
    from collections.abc import Iterator
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
    ]
)
_SCOPES = ("users", "teams", "default")
"""Where a target stands, the most particular first."""


def compute_attainment(basis: Basis, people: ir.Table, metrics: ir.Table) -> ir.Table:
    """A row for each quota, user with a target and period since the start of last year, or the first fact if earlier.

    Whoever has no row of the metric in a period is credited 0.
    """
    if not basis.rules.quotas:
        return basis.engine.load("no quotas", ATTAINMENT.empty_table())
    targets = _user_targets(people, basis.engine.load("targets", _declared(basis)))
    mine = metrics.filter(metrics["grain"] == "user").select("metric", "key", "period", "value")
    same = [targets["metric"] == mine["metric"], targets["user_id"] == mine["key"], targets["period"] == mine["period"]]
    found = targets.left_join(mine, same)
    credited = found["value"].fill_null(amount(0))
    attainment = ratio(credited, found["target"])
    return found.select("quota", "user_id", "period", "target", credited=credited, attainment=attainment).select(
        *ATTAINMENT.names
    )


def _user_targets(people: ir.Table, declared: ir.Table) -> ir.Table:
    """The most particular target of each quota, user and period."""
    held = _names(people).join(declared, ["scope", "who"]).group_by("quota", "metric", "user_id", "period")
    by_scope = held.agg(**{scope: ibis._.target.max(where=ibis._.scope == scope) for scope in _SCOPES})
    target = ibis.coalesce(*(by_scope[scope] for scope in _SCOPES))
    return by_scope.select("quota", "metric", "user_id", "period", target=target)


def _names(people: ir.Table) -> ir.Table:
    """Every name (`scope`, `who`) under which a target can hold for a user."""
    carriers = people.filter(people["active"] & ~people["manages"])

    def named(users: ir.Table, scope: str, who: ir.Value) -> ir.Table:
        return users.select("user_id", scope=ibis.literal(scope), who=who).filter(ibis._.who.notnull())

    return ibis.union(
        named(people, "users", people["email"]),
        named(carriers, "teams", carriers["team"]),
        named(carriers, "default", ibis.literal("")),
    )


def _declared(basis: Basis) -> pa.Table:
    """Every declared target in every period of its quota; of two for the same, the one that starts later."""
    targets: dict[tuple[str, str, str, str, str], Decimal] = {}
    for name, quota in sorted(basis.rules.quotas.items()):
        if basis.rules.simple(quota.metric).aggregate not in ADDITIVE:
            raise RuleError(f"quota {name}: its metric {quota.metric} does not add up; a sum or count is needed")
        for period, scope, who, target in _targets(quota, basis.periods):
            if places_of(target) > PLACES:
                raise RuleError(f"quota {name}: the target {target} has more than {PLACES} places")
            targets[name, quota.metric, period.name, scope, who] = target
    rows = [dict(zip(_TARGETS.names, (*key, target), strict=True)) for key, target in targets.items()]
    return pa.Table.from_pylist(rows, schema=_TARGETS)


def _targets(quota: Quota, periods: tuple[Period, ...]) -> Iterator[tuple[Period, str, str, Decimal]]:
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
