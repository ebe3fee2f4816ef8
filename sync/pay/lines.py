"""Lines of the ledger as people name them: a posting of a pay period, "2026-01:17"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sync.asked import NotKnown, find_user
from sync.pay.errors import PayError
from sync.store.pay_changes import Line
from sync.store.pay_states import read_last

if TYPE_CHECKING:
    from sync.store.store import Store


@dataclass(frozen=True, slots=True)
class Owned:
    """A line, with whose it is."""

    period: str
    payee_id: str
    comp_plan: str
    line: Line


def find_line(store: Store, connection: str, text: str) -> Owned:
    """The line that a posting is of; PayError where there is none."""
    found = re.fullmatch(r"(.+):(\d{1,18})", text.strip(), re.ASCII)
    if found is None:
        raise PayError(
            f"{text!r} is no line: write its pay period and posting, 2026-01:17. `salesops pay ledger` shows them."
        )
    period, posting = found[1], int(found[2])
    last = read_last(store, connection, period)
    rows = store.rows(
        "SELECT payee_id, comp_plan, part, earned_in, coalesce(day, '') AS day, source, transaction_id, opportunity_id"
        " FROM pay_entry WHERE calculation_id = ? AND posting = ? LIMIT 1",
        (last.calculation if last else 0, posting),
    )
    if not rows:
        raise PayError(
            f"{connection} has no posting {posting} in {period}. `salesops pay ledger --period {period}` shows those"
            " that there are."
        )
    return Owned(period, rows[0]["payee_id"], rows[0]["comp_plan"], Line(*tuple(rows[0])[2:]))


def find_payee(store: Store, connection: str, text: str) -> str:
    """The id of a payee, by e-mail address, name or id; also of one who is pulled no more, by id.

    PayError where nobody is meant, or several.
    """
    in_ledger = store.rows(
        "SELECT 1 FROM pay_entry JOIN pay_calculation AS c ON c.id = calculation_id"
        " WHERE c.connection = ? AND payee_id = ? LIMIT 1",
        (connection, text),
    )
    if in_ledger:
        return text
    try:
        return find_user(store, connection, text).key
    except NotKnown as error:
        raise PayError(str(error)) from error
