"""Accounts of all payees: balances of the ledger, what the lines have moved, and what the steps look at."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from salesops.payment.account import ZERO, PayAccount
from salesops.payment.clawback import Clawed, by_step
from salesops.payment.lines import OWNER
from salesops.payment.movements import LINE, Line, Owner
from salesops.sql import names, quoted, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date
    from decimal import Decimal
    from typing import Any

    from salesops.engine import Engine
    from salesops.payment.account import Setting
    from salesops.payment.tables import Payable

_OF_CLAWED = ("due", "now", "held", "lost_now", "clawed", "clawed_owed")
_OWNER = ", ".join(map(quoted, OWNER))


def build_accounts(engine: Engine, payable: Payable, settings: Mapping[str, Setting]) -> list[PayAccount]:
    """Every account that holds or moves something, or that a step might give to, by owner.

    Read from the tables `ledger`, `gathered`, `line`, `moved`, `events` and `seen`.
    """
    _keep_book(engine)
    accounts = {account.owner: account for account in _with_balances(engine, settings)}
    stepped = {name: setting for name, setting in settings.items() if setting.plan.payment.steps}
    _add_clawed(engine, accounts, settings, stepped)
    _add_presence(engine, payable, accounts, settings)
    _add_amounts(payable, accounts, stepped)
    _add_history(engine, accounts, stepped)
    return [accounts[owner] for owner in sorted(accounts)]


def _keep_book(engine: Engine) -> None:
    """Make `book`: what the ledger holds of payment, and not of lines, by owner, pay period and part."""
    engine.keep_rows(
        "book",
        f"SELECT {_OWNER}, period, part, account, sum(amount) AS amount FROM ledger"
        " WHERE cause NOT IN ('opening', 'earned', 'adjusted', 'released', 'clawed_back') GROUP BY ALL",
    )


def _with_balances(engine: Engine, settings: Mapping[str, Setting]) -> Iterator[PayAccount]:
    rows = engine.fetch(
        f"SELECT {_OWNER}, sum(carried) AS carried, sum(net) AS net, sum(above) AS above, sum(below) AS below,"
        " sum(owed) AS owed FROM ("
        f"SELECT {_OWNER}, 0 AS carried, net, greatest(net, 0) AS above, greatest(-net, 0) AS below, 0 AS owed FROM ("
        f"SELECT {_OWNER}, coalesce(nullif(transaction_id, ''), part) AS of_what, sum(amount) AS net FROM moved"
        " WHERE \"to\" = 'payable' GROUP BY ALL)"
        f" UNION ALL SELECT {_OWNER}, released, 0, 0, 0, -clawed_owed FROM gathered"
        " WHERE released <> 0 OR clawed_owed <> 0"
        f" UNION ALL SELECT {_OWNER}, CASE WHEN account = 'payable' THEN amount ELSE 0 END, 0, 0, 0,"
        " CASE WHEN account = 'owed' THEN amount ELSE 0 END FROM book"
        ") GROUP BY ALL"
    )
    for row in rows.to_pylist():
        owner = _owner(row)
        pays, debt, room = _payable(row, settings.get(owner.comp_plan))
        yield PayAccount(owner, pays, debt, room, row["owed"])


def _owner(row: Mapping[str, Any]) -> Owner:
    return Owner(*(row[name] for name in OWNER))


def _payable(row: Mapping[str, Any], setting: Setting | None) -> tuple[Decimal, Decimal, Decimal | None]:
    """What is to be paid before the steps, the debt that it leaves, and how much of it debts may still take (None: all
    of it). Debts take no more than their share of what is above 0."""
    share = setting.plan.payment.recover_at_most if setting and setting.unit == row["unit"] else None
    carried: Decimal = row["carried"]
    if setting is None or share is None:
        net: Decimal = row["net"]
        pays = max(carried + net, ZERO)
        return pays, pays - (carried + net), None
    above: Decimal = row["above"] + max(carried, ZERO)
    below: Decimal = row["below"] + max(-carried, ZERO)
    most = setting.share_of(above, share)
    taken = min(below, most)
    return above - taken, below - taken, most - taken


def _empty(owner: Owner, setting: Setting | None) -> PayAccount:
    """An account that nothing moved yet: where debts take a share alone, none of 0."""
    share = setting.plan.payment.recover_at_most if setting and setting.unit == owner.unit else None
    return PayAccount(owner, ZERO, room=None if share is None else ZERO)


def _add_presence(
    engine: Engine, payable: Payable, accounts: dict[Owner, PayAccount], settings: Mapping[str, Setting]
) -> None:
    """Who is on the comp plans, since when, who has left one behind, and who has left all of them. Who is on one with
    steps has an account."""
    first: dict[str, date] = {}
    for row in payable.presence.select(["payee_id", "first_day"]).to_pylist():
        first[row["payee_id"]] = min(row["first_day"], first.get(row["payee_id"], row["first_day"]))
    for row in payable.presence.to_pylist():
        setting = settings.get(row["comp_plan"])
        if setting is None or row["period"] != setting.period.name:
            continue
        owner = Owner(row["comp_plan"], row["payee_id"], setting.unit)
        if setting.plan.payment.steps:
            accounts.setdefault(owner, _empty(owner, setting))
        account = accounts.get(owner)
        if account is not None:
            account.on_plan_from = min(row["first_day"], account.on_plan_from or row["first_day"])
            account.started_on = row["started_on"] or first[owner.payee_id]
    here = set(engine.fetch("SELECT payee_id FROM seen WHERE left_on IS NULL")["payee_id"].to_pylist())
    for owner, account in accounts.items():
        account.has_left = owner.payee_id not in here
        account.is_left_behind = account.on_plan_from is None


def _add_amounts(payable: Payable, accounts: Mapping[Owner, PayAccount], stepped: Mapping[str, Setting]) -> None:
    """What the components that steps name are worth in this pay period."""
    for row in payable.steps.to_pylist():
        setting = stepped.get(row["comp_plan"])
        if setting is not None and row["period"] == setting.period.name:
            account = accounts.get(Owner(row["comp_plan"], row["payee_id"], setting.unit))
            if account is not None:
                amounts = account.amounts
                amounts[row["component"]] = amounts.get(row["component"], ZERO) + row["amount"]


def _add_history(engine: Engine, accounts: Mapping[Owner, PayAccount], stepped: Mapping[str, Setting]) -> None:
    """What was advanced and recovered by each step, and what was paid in each pay period where there are steps."""
    rows = engine.fetch(
        f"SELECT {_OWNER}, period, part, account, amount FROM book WHERE account IN ('advance', 'recovery')"
        f" OR account IN ('paid', 'exchanged') AND comp_plan IN ({_listed(stepped)})"
    )
    for row in rows.to_pylist():
        account = accounts.get(_owner(row))
        if account is None:
            continue
        if row["account"] == "advance":
            account.advances.setdefault(row["part"], []).append((row["period"], -row["amount"]))
        elif row["account"] == "recovery":
            account.recovered[row["part"]] = account.recovered.get(row["part"], ZERO) + row["amount"]
        else:
            account.paid.append((row["period"], row["amount"]))


def _add_clawed(
    engine: Engine, accounts: dict[Owner, PayAccount], settings: Mapping[str, Setting], stepped: Mapping[str, Setting]
) -> None:
    """Lines that are cancelled, or of which something was taken back."""
    events = _events(engine, stepped)
    rows = engine.fetch(
        f"SELECT {_OWNER}, {names(LINE)}, {names(_OF_CLAWED)} FROM line"
        " WHERE clawed <> 0 OR due IS NOT NULL AND (comp_plan, opportunity_id) IN"
        f" (SELECT (comp_plan, opportunity_id) FROM events WHERE comp_plan IN ({_listed(stepped)}))"
        f" ORDER BY {_OWNER}, {', '.join(f'{quoted(name)} NULLS FIRST' for name in LINE)}"
    ).to_pylist()
    lines: dict[Owner, list[Clawed]] = defaultdict(list)
    for row in rows:
        line = Line(*(row[name] for name in LINE))
        found = events.get((row["comp_plan"], line.opportunity_id), {})
        lines[_owner(row)].append(Clawed(line, **{name: row[name] for name in _OF_CLAWED}, events=found))
    for owner, its in lines.items():
        account = accounts.setdefault(owner, _empty(owner, settings.get(owner.comp_plan)))
        setting = stepped.get(owner.comp_plan)
        account.clawed = by_step(setting.plan if setting and setting.unit == owner.unit else None, its)


def _events(engine: Engine, stepped: Mapping[str, Setting]) -> Mapping[tuple[str, str], dict[str, list[date]]]:
    """The days of cancellations by comp plan and opportunity, then by step."""
    if not stepped:
        return {}
    last = max(setting.last_day for setting in stepped.values())
    rows = engine.fetch(
        "SELECT DISTINCT comp_plan, opportunity_id, kind, day FROM events WHERE kind NOT IN ('invoice', 'collection')"
        f" AND comp_plan IN ({_listed(stepped)}) AND day <= DATE {text(last.isoformat())}"
    )
    found: dict[tuple[str, str], dict[str, list[date]]] = defaultdict(dict)
    for row in rows.to_pylist():
        found[row["comp_plan"], row["opportunity_id"]].setdefault(row["kind"], []).append(row["day"])
    return found


def _listed(plans: Iterable[str]) -> str:
    return ", ".join(map(text, sorted(plans))) or "NULL"
