"""Stretches: the days of each payee on a comp plan, with what holds for them there.

`build_stretches(basis, name)` keeps the table `pay stretches NAME`. A row for each payee and longest run of days on
which nothing of theirs changes; the rows of a payee do not overlap. They go on into the future, as things stand.

    payee_id      VARCHAR        the user
    team          VARCHAR        as it stood on these days; null where there is none
    from_day      DATE
    until_day     DATE           the first day after it
    stretch       BIGINT         1, 2, … of each payee, by day
    counts        BOOLEAN        false on leave that lowers the target: credits count, its days do not
    started_on    DATE           null where nobody knows
    base_pay      DECIMAL(38,6)  for the plan's `pay.per`, the payee's own before the plan's
    target_pay    DECIMAL(38,6)
    "value V"     DECIMAL(38,6)  each number under `values`, the payee's own before the plan's
    "target M"    DECIMAL(38,6)  for each measure of `target_measures`: the payee's own; null where there is none
    run           BIGINT         1, 2, …: days on the comp plan without a gap, however often something changes in them
    run_ends      DATE           the first day after the run
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from salesops.incentives.frame.named import AFTER, assignments, named_days
from salesops.leavers import active_days
from salesops.money import PLACES, places_of
from salesops.people import people_of, user_days
from salesops.results import AMOUNT
from salesops.rules import RuleError
from salesops.sql import columns, names, quoted, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date
    from decimal import Decimal

    import ibis.expr.types as ir

    from config.comp_plans import CompPlan
    from config.comp_plans.plan import Eligible
    from salesops.basis import Basis
    from salesops.rules import Rules

_NAMED: dict[str, pa.DataType] = {
    "email": pa.string(),
    "from_day": pa.date32(),
    "until_day": pa.date32(),
    "leave": pa.string(),
    "started_on": pa.date32(),
    "base_pay": AMOUNT,
    "target_pay": AMOUNT,
}
_ROLES, _TEAMS, _MANAGERS = "pay days of role", "pay days of team", "pay days of managers"
_ACTIVE = "active days"


def stretches_table(name: str) -> str:
    """The name of the table that `build_stretches` keeps."""
    return f"pay stretches {name}"


def value_names(rules: Rules, name: str) -> tuple[str, ...]:
    """The numbers that formulas of the comp plan may name: its own, and those that payees have besides."""
    own = (value for _, meant in assignments(rules, name) for each in meant for value in each.values)
    return tuple(dict.fromkeys([*rules.comp_plans[name].values, *sorted(own)]))


def own_targets(rules: Rules, name: str) -> frozenset[str]:
    """The measures of which some payee of the comp plan has a target of their own."""
    return frozenset(measure for _, meant in assignments(rules, name) for each in meant for measure in each.targets)


def target_measures(rules: Rules, name: str) -> tuple[str, ...]:
    """The measures of the comp plan that have a target, or that some payee has one of, in the plan's order."""
    own = own_targets(rules, name)
    return tuple(each for each, measure in rules.comp_plans[name].measures.items() if measure.target or each in own)


def build_stretches(basis: Basis, name: str) -> None:
    """Keep `pay stretches NAME`, unless it is kept: the days of each payee on the comp plan."""
    if basis.engine.keeps(stretches_table(name)):
        return
    plan = basis.rules.comp_plans[name]
    basis.engine.load(f"pay named {name}", _named(basis.rules, name))
    _keep_users(basis)
    if plan.eligible is not None:
        _keep_days(basis, plan.eligible)
    basis.engine.keep_rows(stretches_table(name), _stretches(basis.rules, name))


def _named(rules: Rules, name: str) -> pa.Table:
    """Who is named for the comp plan when, with the numbers of their own."""
    values, targets = value_names(rules, name), target_measures(rules, name)
    schema = _NAMED | {_value(each): AMOUNT for each in values} | {_target(each): AMOUNT for each in targets}
    rows: list[dict[str, str | date | Decimal | None]] = []
    for each in named_days(rules, name):
        own = each.assignment
        rows.append(
            {
                "email": each.email,
                "from_day": each.start,
                "until_day": each.end,
                "leave": each.on_leave,
                "started_on": own.started_on,
                "base_pay": own.base_pay,
                "target_pay": own.target_pay,
                **{_value(value): number for value, number in own.values.items()},
                **{_target(measure): number for measure, number in own.targets.items() if measure in targets},
            }
        )
    return pa.Table.from_pylist(rows, schema=pa.schema(schema))


def _value(name: str) -> str:
    return f"value {name}"


def _target(measure: str) -> str:
    return f"target {measure}"


def _keep_users(basis: Basis) -> None:
    """Keep `pay users` (user_id, email, came_on) and the teams they were in when."""

    def users() -> ir.Table:
        all_of_them = basis.users
        came_on = basis.local_day(all_of_them["created_at"])
        return all_of_them.select(user_id="id", email=all_of_them["email"].nullif("").lower(), came_on=came_on)

    basis.engine.once("pay users", users)
    basis.engine.once(_TEAMS, lambda: user_days(basis, "team", "then"))


def _keep_days(basis: Basis, eligible: Eligible) -> None:
    """Keep what decides who is eligible when, besides teams; nobody is from the day on which they left."""
    active_days(basis)
    if eligible.roles:
        basis.engine.once(_ROLES, lambda: user_days(basis, "role", "then"))
    if eligible.managers is not None:
        basis.engine.once(_MANAGERS, lambda: _manager_days(basis))
    if eligible.territories:
        basis.engine.once("pay territories", lambda: _members(basis))


def _manager_days(basis: Basis) -> ir.Table:
    """When somebody had a user as their manager: `user_id`, `from_day`, `until_day`, overlapping."""
    held = user_days(basis, "manager_id", "then").rename(member="user_id", user_id="value")
    known = held.semi_join(people_of(basis), "user_id")
    return known.filter(known["member"] != known["user_id"]).select("user_id", "from_day", "until_day").distinct()


def _members(basis: Basis) -> ir.Table:
    """Members of the CRM's territories: `user_id`, `territory`."""
    members, territories = basis.objects["territory_member"], basis.objects["territory"]
    joined = members.join(territories, members["territory_id"] == territories["id"])
    return joined.select("user_id", territory=territories["name"]).distinct()


def _stretches(rules: Rules, name: str) -> str:
    """The rows of `pay stretches NAME`: each user's days cut wherever something changes, those on the plan, joined."""
    plan = rules.comp_plans[name]
    first, after = (f"DATE '{day}'" for day in (plan.effective_from, plan.effective_until or AFTER))
    held = _held(rules, name)
    held_names = ["user_id", *held]
    return f"""
        WITH cuts AS (
            SELECT DISTINCT user_id, greatest(day, {first}) AS day FROM ({_cuts(plan, name)}) WHERE day < {after}
        ), pieces AS (
            SELECT user_id, day AS from_day,
                lead(day, 1, {after}) OVER (PARTITION BY user_id ORDER BY day) AS until_day
            FROM cuts
        ), on_plan AS (
            SELECT u.user_id, p.from_day, p.until_day, {columns(held)}
            FROM pieces p JOIN "pay users" u USING (user_id)
            {_joins(plan, name)}
            WHERE {first} < {after} AND (n.email IS NOT NULL OR {_is_eligible(plan.eligible)})
                AND n.leave IS DISTINCT FROM 'suspends'
        ), compared AS (
            SELECT *, lag(until_day) OVER before AS ended_before,
                row({names(held_names)}) IS DISTINCT FROM lag(row({names(held_names)})) OVER before AS differs
            FROM on_plan WINDOW before AS (PARTITION BY user_id ORDER BY from_day)
        ), numbered AS (
            SELECT *,
                sum(CAST(ended_before IS DISTINCT FROM from_day AS BIGINT)) OVER so_far AS run,
                sum(CAST(differs OR ended_before IS DISTINCT FROM from_day AS BIGINT)) OVER so_far AS stretch
            FROM compared WINDOW so_far AS (PARTITION BY user_id ORDER BY from_day)
        ), joined AS (
            SELECT user_id AS payee_id, CAST(stretch AS BIGINT) AS stretch, CAST(run AS BIGINT) AS run,
                min(from_day) AS from_day, max(until_day) AS until_day,
                {columns({each: f"any_value({quoted(each)})" for each in held})}
            FROM numbered GROUP BY user_id, stretch, run
        )
        SELECT payee_id, from_day, until_day, stretch, {names(held)}, run,
            max(until_day) OVER (PARTITION BY payee_id, run) AS run_ends
        FROM joined
    """


def _held(rules: Rules, name: str) -> dict[str, str]:
    """What a change of begins a stretch: column -> SQL."""
    plan = rules.comp_plans[name]
    return {
        "team": "t.value",
        "counts": "n.leave IS DISTINCT FROM 'lowers_target'",
        "started_on": "coalesce(n.started_on, u.came_on)",
        "base_pay": f"coalesce(n.base_pay, {_amount(plan.pay.base)})",
        "target_pay": f"coalesce(n.target_pay, {_amount(plan.pay.target)})",
        **{
            _value(each): f"coalesce(n.{quoted(_value(each))}, {_amount(plan.values.get(each))})"
            for each in value_names(rules, name)
        },
        **{_target(each): f"n.{quoted(_target(each))}" for each in target_measures(rules, name)},
    }


def _amount(number: Decimal | None) -> str:
    if number is not None and places_of(number) > PLACES:
        raise RuleError(f"{number} has more than {PLACES} places")
    return f"CAST({'NULL' if number is None else f'{number:f}'} AS DECIMAL(38, 6))"


def _cuts(plan: CompPlan, name: str) -> str:
    """The days on which something begins or ends for each user: all of them, or those who are named."""
    named = f"SELECT user_id, n.from_day AS day, n.until_day AS until_day FROM {quoted(f'pay named {name}')} n"
    tables = [f'{named} JOIN "pay users" u ON u.email = n.email']
    of_users = [_TEAMS]
    if plan.eligible is not None:
        of_users += [_ACTIVE]
        of_users += [_ROLES] if plan.eligible.roles else []
        of_users += [_MANAGERS] if plan.eligible.managers is not None else []
    tables += [f"SELECT user_id, from_day, until_day FROM {quoted(each)}" for each in of_users]
    both = " UNION ALL ".join(tables)
    return f"SELECT user_id, unnest([day, until_day]) AS day FROM ({both})"


def _joins(plan: CompPlan, name: str) -> str:
    """What held on the first day of a piece, and so on all of it: `t`, `n`, and `a`, `r` where being active
    and roles decide."""
    tables = {"t": (_TEAMS, "user_id"), "n": (f"pay named {name}", "email")}
    if plan.eligible is not None:
        tables["a"] = (_ACTIVE, "user_id")
        tables |= {"r": (_ROLES, "user_id")} if plan.eligible.roles else {}
    return "\n".join(
        f"LEFT JOIN {quoted(table)} {short} ON {short}.{key} = u.{key} "
        f"AND p.from_day >= {short}.from_day AND p.from_day < {short}.until_day"
        for short, (table, key) in tables.items()
    )


def _is_eligible(eligible: Eligible | None) -> str:
    return "false" if eligible is None else " AND ".join(["a.user_id IS NOT NULL", *_conditions(eligible)])


def _conditions(eligible: Eligible) -> Iterator[str]:
    if eligible.roles:
        yield f"r.value IN ({_texts(eligible.roles)})"
    if eligible.teams:
        yield f"t.value IN ({_texts(eligible.teams)})"
    if eligible.users:
        yield f"u.email IN ({_texts(each.lower() for each in eligible.users)})"
    if eligible.territories:
        members = f'SELECT user_id FROM "pay territories" WHERE territory IN ({_texts(eligible.territories)})'
        yield f"u.user_id IN ({members})"
    if eligible.managers is not None:
        manages = (
            f"EXISTS (SELECT 1 FROM {quoted(_MANAGERS)} m WHERE m.user_id = p.user_id "
            "AND p.from_day >= m.from_day AND p.from_day < m.until_day)"
        )
        yield manages if eligible.managers else f"NOT {manages}"


def _texts(values: Iterable[str]) -> str:
    return ", ".join(map(text, values))
