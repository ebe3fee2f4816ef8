"""The payroll file of a closed pay period: what each payee is paid, in the columns that payroll wants."""

from __future__ import annotations

import csv
import hashlib
import io
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pyarrow.compute as pc

from config.scalars import decimal_text
from sync.csv_text import cell
from sync.files import NO_ROOM, write_whole
from sync.pay.errors import PayError
from sync.pay.kept import read_calculation
from sync.pay.people import check_person
from sync.pay.periods import find_period
from sync.store.pay_states import SETTLED, Move, read_last, read_moves, save_move
from sync.store.store import now

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from config.loader import Project
    from sync.pay.kept import KeptCalculation
    from sync.store.store import Store

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Exported:
    """A payroll file that was written: its rows and digest, and the earlier export of these bytes, if any.

    `unnamed` are columns that are empty in some rows, with the ids of the payees of these.
    """

    rows: int
    digest: str
    earlier: Move | None
    unnamed: Mapping[str, Sequence[str]]


def export(project: Project, store: Store, connection: str, name: str, file: Path, by: str) -> Exported:
    """Write the payroll file of a closed pay period, and note it. The caller holds the lease.

    What it says is what the period was closed with, under the headers that the project's files gave then: the same
    bytes whenever it is asked for.
    """
    author = check_person(project, by)
    last = read_last(store, connection, name) or read_last(store, connection, find_period(project, store, name).name)
    if last is None or last.state not in SETTLED:
        state = last.state if last else "open"
        raise PayError(f"{name} of {connection} is {state}; only what is closed is exported (`salesops pay close`).")
    kept = read_calculation(store, connection, name)
    rows = payroll_rows(kept)
    content = _csv(kept, rows)
    digest = hashlib.sha256(content).hexdigest()
    earlier = next((m for m in read_moves(store, connection, name) if m.state == "exported"), None)
    write_file(file, content)
    if earlier is None:
        with store.transaction() as db:
            save_move(db, connection, Move(name, "exported", last.calculation, author, now(), digest=digest))
    columns = kept.project.settings.pay.export.columns
    empty = {header: [row["payee_id"] for row in rows if not row[field]] for header, field in columns.items()}
    return Exported(len(rows), digest, earlier, {header: payees for header, payees in empty.items() if payees})


def payroll_rows(kept: KeptCalculation) -> list[dict[str, str]]:
    """What is paid in the period to each payee, by comp plan and currency: every field that a column may show. What
    comp plans pay in other units, whose names are in lower case, is not payroll's."""
    people = {row["id"]: row for row in kept.names.to_pylist() if row["object"] == "user"}
    is_paid = (pc.field("account") == "paid") & (pc.field("cause") == "paid")
    paid = kept.entries.filter(is_paid & pc.utf8_is_upper(pc.field("unit")))
    sums: dict[tuple[str, str, str], Decimal] = {}
    for entry in paid.select(["payee_id", "comp_plan", "unit", "amount"]).to_pylist():
        key = entry["payee_id"], entry["comp_plan"], entry["unit"]
        sums[key] = sums.get(key, Decimal(0)) + entry["amount"]
    calculation, plans = kept.calculation, kept.rules.comp_plans
    period = calculation.period
    return [
        {
            "payee_id": payee,
            "name": people.get(payee, {}).get("name") or payee,  # who was erased has no other
            "email": people.get(payee, {}).get("email") or "",
            "comp_plan": comp_plan,
            "label": plans[comp_plan].label if comp_plan in plans else comp_plan,
            "period": period.name,
            "first_day": period.start.isoformat(),
            "last_day": (period.end - _DAY).isoformat(),
            "currency": unit,
            "amount": _money(amount),
            "reference": f"{calculation.connection}/{period.name}/{payee}/{comp_plan}/{unit}",
        }
        for (payee, comp_plan, unit), amount in sorted(sums.items())
    ]


def write_file(file: Path, content: bytes) -> None:
    """Put the content there, on the disk when this returns; PayError where there can be no file."""
    try:
        write_whole(file, content, synced=True)
    except FileExistsError as error:
        raise PayError(f"{file} is no ordinary file. Name another one.") from error
    except OSError as error:
        if error.errno in NO_ROOM:
            raise
        raise PayError(f"{file} cannot be written: {error.strerror}. Name a file in a folder of yours.") from error


def _csv(kept: KeptCalculation, rows: list[dict[str, str]]) -> bytes:
    columns = kept.project.settings.pay.export.columns
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([cell(row[field]) for field in columns.values()] for row in rows)
    return text.getvalue().encode("utf-8")


def _money(amount: Decimal) -> str:
    """With two places at least, and no more than it has."""
    text = decimal_text(amount)
    return f"{amount:.2f}" if Decimal(f"{amount:.2f}") == amount else text
