"""The credits of one comp plan, read back: what the examples about credits are written with."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc
from worked import NEW_YEARS_EVE, facts, parse, plain, rules, user

from config.comp_plans import CompPlanFile
from salesops.basis import build_basis
from salesops.engine import Engine
from salesops.incentives.crediting.credits import build_credits
from salesops.incentives.frame.stretches import build_stretches
from salesops.incentives.notes.credit_notes import credit_notes

if TYPE_CHECKING:
    import pyarrow as pa

PEOPLE = [user("ann", "East", "eve"), user("bob", "East", "eve"), user("cid", "West", "eve"), user("eve", None, "zoe")]
PEOPLE += [user("zoe")]
"""Ann and Bob in the East, Cid in the West, Eve above them, Zoe above Eve."""

WON = "source: opportunity, where: [{field: is_won, is: true}], time: close_date"
_NUMBERS = {"amount", "percent", "quantity", "discount", "rate", "unit_price"}


def deal(id_: str, amount: int | str | None = 100, close_date: str = "2017-05-10", **more: Any) -> dict[str, Any]:
    """A won opportunity of Ann's."""
    won = {"is_closed": True, "is_won": True, "stage": "Won", "owner_id": "ann"}
    return won | {"id": id_, "amount": amount, "close_date": close_date} | more


def open_deal(id_: str, amount: int | str | None = 100, **more: Any) -> dict[str, Any]:
    """One of hers that is still open."""
    return deal(id_, amount, "2018-03-01", is_closed=False, is_won=False, stage="Talk", **more)


def credited(
    credits_: str,
    objects: dict[str, list[dict[str, Any]]],
    plan: str = "eligible: {}",
    *,
    payees: str = "",
    earned: pa.Table | None = None,
    **ruled: Any,
) -> dict[str, list[dict[str, Any]]]:
    """Credit -> its rows, by payee, day and id, of a comp plan from 2017 on; `possible NAME` -> those of open deals,
    `notes` -> their texts.

    Credits and the rest of the comp plan are in YAML; `earned` is what comp plan `below` earned,
    of which component `step` is not paid.
    """
    components = "" if "components:" in plan else "components: {pay: {kind: amount, amount: 1}}"
    written = f"{{label: P, effective_from: 2017-01-01, {plan}, credits: {{{credits_}}}, {components}}}"
    below = "{label: B, effective_from: 2017-01-01, currency: EUR, components: {pay: {kind: amount, amount: 1}}}"
    file = CompPlanFile.model_validate(
        {"comp_plans": parse(f"{{p: {written}, below: {below}}}"), "payees": parse(payees) if payees else {}}
    )
    given = replace(rules(only=(), **ruled), comp_plans=file.comp_plans, payees=file.payees)
    with Engine() as engine:
        typed = {name: [_typed(row) for row in rows] for name, rows in ({"user": PEOPLE} | objects).items()}
        basis = build_basis(engine, facts(**typed), given, NEW_YEARS_EVE)
        if earned is not None:
            is_step = pc.equal(earned["component"], "step")
            engine.load("pay earned below", earned.filter(pc.invert(is_step)))
            engine.load("pay steps below", earned.filter(is_step))
        build_stretches(basis, "p")
        build_credits(basis, "p")
        found: dict[str, list[dict[str, Any]]] = {}
        for table, prefix in (("credits", ""), ("possible", "possible ")):
            for row in engine.fetch(f'SELECT * FROM "pay {table} p" ORDER BY payee_id, day, source, id').to_pylist():
                found.setdefault(prefix + row["credit"], []).append(row)
        found["notes"] = [{"text": note.text} for note in credit_notes(basis, "p")]
        return found


def told(rows: list[dict[str, Any]] | None) -> str:
    """Rows in one line: payee, month and day, id and amount of each."""
    return ", ".join(f"{row['payee_id']} {row['day']:%m-%d} {row['id']} {plain(row['amount'])}" for row in rows or [])


def _typed(row: dict[str, Any]) -> dict[str, Any]:
    return {key: _value(key, value) for key, value in row.items()}


def _value(key: str, value: Any) -> Any:
    if key in _NUMBERS and value is not None:
        return Decimal(str(value))
    if isinstance(value, str) and key.endswith(("_date", "_on")):
        return date.fromisoformat(value)
    return datetime.fromisoformat(value) if isinstance(value, str) and key in {"at", "created_at"} else value
