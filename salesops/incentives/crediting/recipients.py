"""Whom a credit's transactions count for: once for each recipient, with their share, as SQL over kept tables.

A recipient need not be on the comp plan; who is not is left out later, and their share goes to nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import ibis

from config.comp_plans.credits import ByManagers, ByMembers, BySplits
from salesops.exact import AMOUNT, amount
from salesops.incentives.frame.stretches import stretches_table
from salesops.incentives.states.numbered import payees_table
from salesops.metrics.grains import territories_of_accounts
from salesops.metrics.owners import REVENUE_SPLITS
from salesops.people import user_days
from salesops.sql import quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import TypeAlias

    import ibis.expr.types as ir

    from config.comp_plans import Credit
    from salesops.basis import Basis

    AmountOf: TypeAlias = Callable[[bool, bool], str | None]


@dataclass(frozen=True, slots=True)
class Recipients:
    """A query: the transactions' columns, the number of the payee, `payee`, `level`, and where they share from where to
    where it goes of the transaction, `share_from` and `share_to`, `share_of_all` that all of them have, and `is_alone`,
    whether that is one of them."""

    query: str
    share: bool = False


def with_recipients(
    basis: Basis, name: str, credit: Credit, transactions: str, values: Iterable[str], amount_of: AmountOf
) -> Recipients:
    """The rows of a query of transactions, once for each recipient who is on the comp plan that day, with these values
    of theirs and `amount`.

    What is to be the amount is asked of `amount_of`: whether recipients have shares, and whether it is before it is
    known who they are; it says None where it depends on who they are, and is then asked again.
    """
    own = "".join(f", p.{quoted(f'value {each}')}" for each in values)
    on_plan = f"{quoted(stretches_table(name))} p JOIN {quoted(payees_table(name))} n USING (payee_id)"
    if not isinstance(credit.to, ByManagers):
        given = _given(basis, name, credit.to, transactions)
        query = (
            f"SELECT r.* EXCLUDE (payee), n.payee{own} FROM ({given.query}) r JOIN ({on_plan})"
            f" ON p.payee_id = r.payee AND r.day >= p.from_day AND r.day < p.until_day"
        )
        return Recipients(_with_amount(query, amount_of(given.share, False)), given.share)
    given = _given(basis, name, credit.to.of, transactions)
    early = amount_of(given.share, True)
    below = given.query if early is None else _with_amount(given.query, early)
    above = (
        f"SELECT a.member, a.level, n.payee{own}, greatest(a.from_day, p.from_day) AS from_day,"
        f" least(a.until_day, p.until_day) AS until_day FROM {quoted(_keep_above(basis, max(credit.to.managers)))} a"
        f" JOIN ({on_plan}) ON p.payee_id = a.manager AND a.from_day < p.until_day AND p.from_day < a.until_day"
        f" WHERE a.level IN ({', '.join(map(str, sorted(credit.to.managers)))})"
    )
    query = (
        f"SELECT b.* EXCLUDE (payee, level), a.* EXCLUDE (member, from_day, until_day) FROM ({below}) b"
        f" JOIN ({above}) a ON b.payee = a.member AND b.day >= a.from_day AND b.day < a.until_day"
    )
    if isinstance(credit.to.of, ByMembers):  # of several people's managers each gets the whole once
        query += " QUALIFY row_number() OVER (PARTITION BY b.place, a.payee ORDER BY a.level) = 1"
    return Recipients(query if early is not None else _with_amount(query, amount_of(given.share, False)), given.share)


def _with_amount(query: str, amount_: str | None) -> str:
    return f"SELECT *, {amount_} AS amount FROM ({query})"


def _given(basis: Basis, name: str, to: object, transactions: str) -> Recipients:
    """The recipients besides managers."""
    rows, none = f"({transactions}) t", "CAST(NULL AS BIGINT) AS level"
    match to:
        case BySplits():
            shares = quoted(_keep_shares(basis, to))
            query = (
                f"SELECT t.*, s.user_id AS payee, {none}, s.* EXCLUDE (opportunity_id, user_id) FROM {rows}"
                f" JOIN {shares} s ON t.opportunity_id = s.opportunity_id"
            )
            return Recipients(query, share=True)
        case ByMembers():
            members = quoted(_keep_members(basis, to))
            on = "t.opportunity_id = m.opportunity_id"
            return Recipients(f"SELECT t.*, m.user_id AS payee, {none} FROM {rows} JOIN {members} m ON {on}")
        case "team":
            teams = quoted(_keep(basis, "pay teams then", lambda: user_days(basis, "team", "then")))
            on_plan = quoted(stretches_table(name))
            return Recipients(
                f"SELECT t.*, p.payee_id AS payee, {none} FROM {rows}"
                f" JOIN {teams} o ON t.user = o.user_id AND t.day >= o.from_day AND t.day < o.until_day"
                f" JOIN {on_plan} p ON p.team = o.value AND t.day >= p.from_day AND t.day < p.until_day"
            )
        case "territory":
            of_accounts = quoted(_keep(basis, "pay users by account", lambda: _of_accounts(basis)))
            on = "t.account = a.of_account"
            return Recipients(f"SELECT t.*, a.user_id AS payee, {none} FROM {rows} JOIN {of_accounts} a ON {on}")
        case "everyone":
            on_plan = f"{quoted(stretches_table(name))} p ON t.day >= p.from_day AND t.day < p.until_day"
            return Recipients(f"SELECT t.*, p.payee_id AS payee, {none} FROM {rows} JOIN {on_plan}")
    return Recipients(f"SELECT t.*, t.user AS payee, {none} FROM {rows}")


def _keep(basis: Basis, name: str, build: Callable[[], ir.Table]) -> str:
    """The name of a table that is kept by whoever asks for it first."""
    basis.engine.once(name, build)
    return name


def _keep_shares(basis: Basis, to: BySplits) -> str:
    """`opportunity_id`, `user_id`, from where to where their share goes, in the order of users, of how much all of them
    have, and whether they have it alone.

    An opportunity that has no split of its revenue is its owner's, as for the metrics.
    """
    types = sorted({type_.lower() for type_ in to.splits})
    return _keep(basis, f"pay shares {', '.join(types)}", lambda: _shares(basis, types))


def _shares(basis: Basis, types: list[str]) -> ir.Table:
    splits = basis.source("opportunity_split")
    kinds = splits.group_by("type").agg(found=splits["type"].max())
    meant = kinds.filter(kinds["found"].strip().lower().isin(types))  # looks at each kind once, not at each row
    percent = splits["percent"].fill_null(amount(0))
    of_types = splits.semi_join(meant, "type").mutate(percent=percent)
    known = of_types.filter(of_types["opportunity_id"].notnull()).mutate(user_id=of_types["user_id"].fill_null(""))
    each = known.group_by("opportunity_id", "user_id").agg(percent=known["percent"].sum().cast(AMOUNT))
    of_opportunity = ibis.window(group_by="opportunity_id")
    of_all = each["percent"].sum().over(of_opportunity).cast(AMOUNT)
    is_alone = each.count().over(of_opportunity) == 1
    in_order = ibis.cumulative_window(group_by="opportunity_id", order_by="user_id")
    upto = each["percent"].sum().over(in_order).cast(AMOUNT)
    before = (upto - each["percent"]).cast(AMOUNT)
    found = each.select(
        "opportunity_id", "user_id", share_from=before, share_to=upto, share_of_all=of_all, is_alone=is_alone
    )
    revenue = {"revenue", *(word.lower() for word in basis.rules.meanings.get(REVENUE_SPLITS, ()))}
    if not revenue & set(types):
        return found
    opportunities = basis.source("opportunity")
    alone = opportunities.anti_join(known, opportunities["id"] == known["opportunity_id"])
    whole = {"share_from": amount(0), "share_to": amount(1), "share_of_all": amount(1), "is_alone": True}
    return found.union(alone.select(opportunity_id="id", user_id=alone["owner_id"].fill_null(""), **whole))


def _keep_members(basis: Basis, to: ByMembers) -> str:
    roles = sorted({role.lower() for role in to.members})

    def build() -> ir.Table:
        members = basis.source("opportunity_member")
        in_role = members.filter(members["role"].strip().lower().isin(roles))
        return in_role.select("opportunity_id", "user_id").distinct()

    return _keep(basis, f"pay members {', '.join(roles)}", build)


def _of_accounts(basis: Basis) -> ir.Table:
    """Each account (`of_account`) with the users (`user_id`) in a territory of it, once."""
    put = territories_of_accounts(basis)
    territories = basis.source("territory").select(known="id", named="name")
    members = basis.source("territory_member").select("territory_id", "user_id")
    named = members.join(territories, members["territory_id"] == territories["known"])
    found = put.join(named, put["key"] == named["named"])
    return found.select("of_account", "user_id").distinct()


def _keep_above(basis: Basis, levels: int) -> str:
    """`member`, `manager`, `level`, `from_day`, `until_day`: who is how far above whom, up to a level.

    Somebody has one manager at a time, so a level has one. Where managers form a circle, it ends before it closes.
    """
    direct = basis.engine.once("pay managers", lambda: _direct(basis))
    found = [direct]
    for level in range(2, levels + 1):
        found.append(basis.engine.once(f"pay managers {level}", partial(_next, found[-1], direct, level)))
    above = [table.select("member", "manager", "level", "from_day", "until_day") for table in found]
    return _keep(basis, f"pay above {levels}", lambda: ibis.union(*above) if levels > 1 else above[0])


def _direct(basis: Basis) -> ir.Table:
    held = user_days(basis, "manager_id", "then")
    known = held.semi_join(basis.users, held["value"] == basis.users["id"])
    known = known.filter(known["user_id"] != known["value"])
    return known.select(
        "from_day",
        "until_day",
        member="user_id",
        manager="value",
        level=ibis.literal(1, type="int64"),
        way=_step(known["user_id"]) + _step(known["value"]),
    )


def _next(below: ir.Table, direct: ir.Table, level: int) -> ir.Table:
    upper = direct.select(lower="member", upper="manager", since="from_day", until="until_day")
    on_days = (below["from_day"] < upper["until"]) & (below["until_day"] > upper["since"])
    step = below.join(upper, [below["manager"] == upper["lower"], on_days])
    step = step.filter(~step["way"].contains(_step(step["upper"])))
    return step.select(
        "member",
        manager=step["upper"],
        level=ibis.literal(level, type="int64"),
        from_day=ibis.greatest(step["from_day"], step["since"]),
        until_day=ibis.least(step["until_day"], step["until"]),
        way=step["way"] + _step(step["upper"]),
    )


def _step(user: ir.Value) -> ir.Value:
    return ibis.literal("\n") + user + ibis.literal("\n")
