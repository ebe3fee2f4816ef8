"""What `salesops pay` prints: where pay periods stand, what is in the ledger, what a replay came to."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast
from zoneinfo import ZoneInfo

import click

from config.scalars import decimal_text
from salesops.payment.balances import paid
from sync.cli.output import add_row, amount_text, minute, new_table, print_json, print_table, warn
from sync.cli.words import say, several
from sync.crm_links import record_names
from sync.pay.balances import read_postings, read_stranded, select, sum_balances
from sync.pay.errors import PayError
from sync.pay.lines import find_payee
from sync.pay.periods import due_period, due_periods, find_period
from sync.store.chunks import read_table
from sync.store.ledger import read_entries

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pyarrow as pa

    from config.comp_plans.base import PayPeriod
    from config.loader import Project
    from sync.pay.calculate import Calculated
    from sync.pay.replay import Replayed
    from sync.pay.status import PayStatus, Standing
    from sync.store.store import Store

SHOWN = 200
"""So many rows are shown on a terminal; --json has them all."""


def show_calculated(project: Project, store: Store, name: str, done: Calculated) -> None:
    """What a calculation came to, or why there is none."""
    kept, period = done.calculation, done.calculation.period.name
    if not done.is_new and done.state != "calculated":
        say(f"{name}: {period} is {done.state} already. Nothing changed.")
        if done.state in {"reviewed", "approved"}:
            say(f"To calculate it again, open it first: `salesops pay reopen {period} --reason …`.")
        return
    if not done.is_new:
        say(f"{name}: {period} is calculated already, by {kept.author} at {kept.at}, and it comes to the same now.")
        return
    entries = read_entries(store, kept.id)
    balances = paid(entries).to_pylist()
    payees = len({row["payee_id"] for row in balances})
    say(f"{name}: {period} is calculated (number {kept.number}): {several(entries.num_rows, 'posted line')}.")
    totals: dict[str, Decimal] = {}
    for row in balances:
        totals[row["unit"]] = totals.get(row["unit"], Decimal(0)) + row["amount"]
    said = ", ".join(f"{amount_text(amount)} {unit}" for unit, amount in sorted(totals.items()))
    say(f"{name}: {several(payees, 'payee')} paid{f': {said}' if said else ''}.")
    if not entries.num_rows:
        say("Nobody has earned anything there yet: `salesops doctor` says where a field that decides it is empty.")
    notes = read_table(store, kept.id, "output", "notes").to_pylist()
    warn(note["text"] for note in notes if note["severity"] == "warning")
    stranded = read_stranded(project, store, kept)
    names = record_names(store, name, "user", {payee for debts in stranded.values() for payee in debts})
    warn(_stranded(project, comp_plan, unit, debts, names) for (comp_plan, unit), debts in stranded.items())
    say(f"Look at it with `salesops pay ledger --period {period}`, then `salesops pay review {period}`.")


def _stranded(
    project: Project, comp_plan: str, unit: str, debts: Mapping[str, Decimal], names: Mapping[str, str]
) -> str:
    owing = sorted(names.get(payee, payee) for payee in debts)
    who = ", ".join(owing[:3]) + (f" and {several(len(owing) - 3, 'other')}" if len(owing) > 3 else "")
    owed = f"{comp_plan}: {amount_text(sum(debts.values(), Decimal(0)))} {unit} are owed by {who}"
    if comp_plan in project.comp_plans:
        return (
            f"{owed}, and the comp plan pays in another currency or by other pay periods now: what it earns is paid"
            " twice where that was paid before. Let it be as it was, or take it back with `salesops pay adjust`."
        )
    return (
        f"{owed} on a comp plan that there is no more, and what else is paid to them in {unit} does not settle it yet:"
        " it is taken from later pay. If it was renamed, and pays in another currency or by other pay periods now, the"
        " same is paid twice: take it back with `salesops pay adjust`."
    )


def show_status(project: Project, name: str, found: PayStatus, *, as_json: bool) -> None:
    """Where each pay period stands, and the disputes that wait."""
    warn(map(str, found.problems))
    if as_json:
        disputes = [
            {"id": d.id, "period": d.period, "payee_id": d.payee_id, "reason": d.reason, "author": d.author, "at": d.at}
            for d in found.disputes
        ]
        print_json({"connection": name, "periods": [_standing(each) for each in found.periods], "disputes": disputes})
        return
    zone = ZoneInfo(project.settings.time_zone)
    table = new_table("period", "state", "since", "by", "calculation", ">adjustments", title=f"{name}: pay")
    for each in found.periods:
        last = each.moves[-1] if each.moves else None
        state = each.state if each.is_over else "not over"
        cells = [minute(last.at, zone), last.author] if last else ["", ""]
        number = str(each.calculation.number) if each.calculation else ""
        if each.is_changed and each.state not in {"closed", "exported"}:
            number += " (the project's files were changed since)"
        add_row(table, each.period.name, state, *cells, number, str(len(each.adjustments)))
    print_table(table)
    for dispute in found.disputes:
        say(
            f"dispute {dispute.id} of {dispute.payee_id} in {dispute.period} ({dispute.line.part}) waits:"
            f" {dispute.reason}"
        )


def _standing(each: Standing) -> dict[str, Any]:
    return {
        "kind": each.kind,
        "period": each.period.name,
        "first_day": each.period.start.isoformat(),
        "state": each.state,
        "is_over": each.is_over,
        "calculation": each.calculation.number if each.calculation else None,
        "files_changed": each.is_changed,
        "moves": [
            {"state": m.state, "author": m.author, "at": m.at, "reason": m.reason, "digest": m.digest}
            for m in each.moves
        ],
        "adjustments": [
            {
                "id": a.id,
                "payee_id": a.payee_id,
                "comp_plan": a.comp_plan,
                "amount": decimal_text(a.amount),
                "reason": a.reason,
                "author": a.author,
                "at": a.at,
            }
            for a in each.adjustments
        ],
    }


def show_ledger(
    project: Project, store: Store, name: str, payee: str | None, period: str | None, *, as_json: bool
) -> None:
    """The balances of everybody or of a payee, and the postings of a payee or of a pay period."""
    who = None if payee is None else find_payee(store, name, payee)
    within = None if period is None else find_period(project, store, period)
    shown: list[dict[str, Any]] = []
    if within is None:
        due_of, problems = due_periods(project, store, name)
        warn(map(str, problems))
    else:
        kind = cast("PayPeriod", within.kind)
        due_of = {kind: due_period(project, store, name, kind)[0]}
    for kind, due in due_of.items():
        closed, open_ = read_postings(store, name, kind, due.name)
        if within is not None and within.start > due.start:
            raise PayError(f"nothing of {within.name} is posted yet: {due.name} is due before it.")
        tables = [select(each, who, period) for each in (closed, open_)]
        shown.append({"kind": kind, "open": due.name if open_.num_rows else None, "tables": tables})
    if as_json:
        print_json({"connection": name, "ledgers": [_ledger(store, name, each) for each in shown]})
        return
    for each in shown:
        what = "balances" if within is None else f"moved in {within.name}"
        _show_ledger(store, each, name, what, postings=who is not None or within is not None)


def _ledger(store: Store, name: str, each: dict[str, Any]) -> dict[str, Any]:
    import pyarrow as pa

    entries = pa.concat_tables(each["tables"])
    return {
        "kind": each["kind"],
        "open": each["open"],
        "balances": _rows(sum_balances(entries)),
        "entries": _rows(entries),
        "names": {of: ids for of, ids in _names_of(store, name, entries).items() if ids},
    }


def _names_of(store: Store, connection: str, entries: pa.Table) -> dict[str, dict[str, str]]:
    """The names of the payees and opportunities of entries as they are now, by object and id."""
    found = {}
    for name, column in (("user", "payee_id"), ("opportunity", "opportunity_id")):
        ids = [each for each in entries[column].unique().to_pylist() if each]
        rows = store.rows(
            f"SELECT t.id, t.name FROM json_each(?) AS each CROSS JOIN {name} AS t"
            " ON t.connection = ? AND t.id = each.value WHERE t.name <> '' ORDER BY t.id",
            (json.dumps(ids), connection),
        )
        found[name] = {row["id"]: row["name"] for row in rows}
    return found


def _rows(table: pa.Table) -> list[dict[str, Any]]:
    """Rows as JSON has them: amounts and days as text."""
    found: list[dict[str, Any]] = json.loads(
        json.dumps(table.to_pylist(), default=lambda v: decimal_text(v) if isinstance(v, Decimal) else str(v))
    )
    return found


def _show_ledger(store: Store, each: dict[str, Any], name: str, what: str, *, postings: bool) -> None:
    import pyarrow as pa

    entries = pa.concat_tables(each["tables"])
    if each["open"]:
        say(f"{each['open']} is not closed: its figures may change.")
    if not entries.num_rows:
        say(f"{name}: nothing is posted there, by {each['kind'].replace('_', ' ')}.")
        return
    balances = new_table("payee", "comp plan", "account", ">amount", "unit", title=f"{name}: {what}, {each['kind']}")
    sums = sum_balances(entries)
    named = _names_of(store, name, entries)
    people, opportunities = named["user"], named["opportunity"]
    for row in sums.slice(0, SHOWN).to_pylist():
        payee = people.get(row["payee_id"], row["payee_id"])
        cells = [payee, row["comp_plan"], row["account"], amount_text(row["amount"]), row["unit"]]
        add_row(balances, *cells)
    print_table(balances)
    if sums.num_rows > SHOWN:
        say(f"… and {sums.num_rows - SHOWN:,} more balances: name a payee with --payee, or see --json")
    if not postings:
        return
    table = new_table("line", "payee", "account", "cause", ">amount", "of", "earned in", title=f"{name}: entries")
    for row in entries.slice(0, SHOWN).to_pylist():
        opportunity, transaction = row["opportunity_id"], row["transaction_id"]
        named_as = opportunities.get(opportunity, opportunity)
        whole = named_as if transaction == opportunity else f"{transaction} {named_as}".strip()
        of = " ".join(filter(None, (row["part"], whole)))
        payee = people.get(row["payee_id"], row["payee_id"])
        line = f"{row['period']}:{row['posting']}"
        add_row(table, line, payee, row["account"], row["cause"], amount_text(row["amount"]), of, row["earned_in"])
    print_table(table)
    if entries.num_rows > SHOWN:
        say(f"… and {entries.num_rows - SHOWN:,} more entries: see --json")


def show_replayed(name: str, found: Iterable[Replayed], *, as_json: bool) -> bool:
    """Each calculation as it is made again; whether all are the same."""
    rows: list[dict[str, Any]] = []
    for each in found:
        kept = each.calculation
        said = {
            "period": kept.period.name,
            "number": kept.number,
            "same": each.is_same,
            "differs": list(each.differs),
            "problem": each.problem,
            "made_with": kept.program,
        }
        rows.append(said)
        if as_json:
            continue
        what = f"{name}: {kept.period.name}, calculation {kept.number}"
        if each.is_same:
            say(f"{what}: the same")
            continue
        why = each.problem or f"not the same: {', '.join(each.differs)}"
        other = f" It was made with version {each.program}." if each.program else ""
        say(f"{what}: {why}.{other}")
    same = all(row["same"] for row in rows)
    if as_json:
        print_json({"connection": name, "same": same, "calculations": rows})
    else:
        click.echo(
            f"{several(len(rows), 'calculation')} made again; {'all are the same' if same else 'not all the same'}."
        )
    return same
