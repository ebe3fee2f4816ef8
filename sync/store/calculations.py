"""Calculations of pay as they are kept: what each is of, who made it, and what its inputs and outputs come to."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, cast, get_args

from config.comp_plans.base import PayPeriod
from salesops.calendar import Period
from sync.store.chunks import Damaged
from sync.store.store import parse_instant

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from salesops.calendar import Kind
    from sync.store.store import Store

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Calculation:
    """One calculation of a pay period, `number` from 1 on.

    `before` is the calculation with which the ledger ended that it was made with, `rules` the digest of the project's
    files, `inputs` that of all it was made of besides the ledger; `digests` those of its outputs by name. `author` and
    `at` say who made it, and when.
    """

    id: int
    connection: str
    period: Period
    number: int
    first: bool
    before: int | None
    as_of: str
    program: str
    rules: str
    inputs: str
    digests: Mapping[str, str]
    author: str
    at: str


_COLUMNS = (
    "id, connection, kind, period, starts_on, ends_on, number, first, before_id, as_of, program, rules, inputs,"
    " digests, author, at"
)


def save_calculation(db: sqlite3.Connection, made: Calculation) -> int:
    """Keep a calculation; its id. The one that is given is not looked at, nor the number. Inside a transaction."""
    period, place = made.period, (made.connection, made.period.name)
    number = db.execute(
        "SELECT coalesce(max(number), 0) + 1 FROM pay_calculation WHERE connection = ? AND period = ?", place
    ).fetchone()[0]
    last = (period.end - _DAY).isoformat()
    values = (
        None,
        made.connection,
        period.kind,
        period.name,
        period.start.isoformat(),
        last,
        number,
        int(made.first),
        made.before,
        made.as_of,
        made.program,
        made.rules,
        made.inputs,
        json.dumps(dict(made.digests), sort_keys=True),
        made.author,
        made.at,
    )
    done = db.execute(f"INSERT INTO pay_calculation ({_COLUMNS}) VALUES ({', '.join('?' * len(values))})", values)
    return cast("int", done.lastrowid)


def read_calculation_row(store: Store, calculation: int) -> Calculation:
    """The calculation with this id; Damaged where there is none, as in all that reads them."""
    rows = store.rows(f"SELECT {_COLUMNS} FROM pay_calculation WHERE id = ?", (calculation,))
    if not rows:
        raise Damaged(f"calculation {calculation}")
    return _calculation(rows[0])


def read_calculations(store: Store, connection: str, period: str | None = None) -> list[Calculation]:
    """All calculations of a connection, or of one pay period, the oldest first."""
    sql = f"SELECT {_COLUMNS} FROM pay_calculation WHERE connection = ? AND period = coalesce(?, period) ORDER BY id"
    return [_calculation(row) for row in store.rows(sql, (connection, period))]


def _calculation(row: sqlite3.Row) -> Calculation:
    try:
        starts, ends = date.fromisoformat(row["starts_on"]), date.fromisoformat(row["ends_on"])
        digests = json.loads(row["digests"])
        parse_instant(row["as_of"])
        parse_instant(row["at"])
        get_args(PayPeriod).index(row["kind"])
    except ValueError as error:
        raise Damaged(f"calculation {row['id']}") from error
    return Calculation(
        id=row["id"],
        connection=row["connection"],
        period=Period(cast("Kind", row["kind"]), row["period"], starts, ends + _DAY),
        number=row["number"],
        first=bool(row["first"]),
        before=row["before_id"],
        as_of=row["as_of"],
        program=row["program"],
        rules=row["rules"],
        inputs=row["inputs"],
        digests=digests,
        author=row["author"],
        at=row["at"],
    )
