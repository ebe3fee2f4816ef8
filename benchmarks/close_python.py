"""The same closing in plain Python: dictionaries and loops over rows, in cents."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from benchmarks.close_company import DRAW, INSTALMENTS

if TYPE_CHECKING:
    from datetime import date

    import pyarrow as pa

    from salesops.payment.tables import Payable

Line = tuple[Any, ...]
Entry = tuple[Any, ...]
_LINE = ("payee_id", "part", "earned_in", "day", "source", "transaction_id", "opportunity_id")
_EARNING = ("payee_id", "component", "period", "day", "source", "transaction_id", "opportunity_id")
_NONE = ("", "", None, "", "", "")
"""The line of payment itself: part, earned_in, day, source, transaction and opportunity."""


def compute(payable: Payable, ledger: pa.Table, name: str, last: date) -> list[Entry]:
    """(account, cause, amount, *line) of each entry of a month, in no order."""
    now: dict[Line, int] = defaultdict(int)
    for *line, amount in _rows(payable.earnings, (*_EARNING, "amount")):
        now[tuple(line)] += _cents(amount)
    posted: dict[tuple[Line, str, str], int] = defaultdict(int)
    balance: dict[tuple[str, str], int] = defaultdict(int)
    for *line, account, cause, amount in _rows(ledger, (*_LINE, "account", "cause", "amount")):
        posted[tuple(line), account, cause] += _cents(amount)
        balance[line[0], account] += _cents(amount)
    cancelled = {id_ for id_, day in _rows(payable.events, ("opportunity_id", "day")) if day <= last}
    made: list[Entry] = []

    def post(from_: str, to: str, cause: str, amount: int, line: Line) -> None:
        if amount:
            made.extend([(from_, cause, -amount, *line), (to, cause, amount, *line)])

    pays: dict[str, int] = defaultdict(int)
    owed: dict[str, int] = defaultdict(int)
    for line in now.keys() | {line for line, _, _ in posted if line[2]}:
        payee, amount = line[0], now.get(line, 0)
        earned = -posted[line, "earned", "earned"] - posted[line, "earned", "adjusted"]
        post("earned", "held", "earned" if line[2] == name else "adjusted", amount - earned, line)
        of_held, of_pay = -posted[line, "held", "clawed_back"], -posted[line, "owed", "clawed_back"]
        released = min(_released(amount, line[3], last), amount - of_held)
        post("held", "payable", "released", released - posted[line, "payable", "released"], line)
        pays[payee] += released - posted[line, "payable", "released"]
        if line[6] in cancelled:
            rest = amount - of_held - of_pay
            held = max(0, min(rest, amount - released - of_held))
            post("held", "clawback", "clawed_back", held, line)
            post("owed", "clawback", "clawed_back", rest - held, line)
            owed[payee] += rest - held
    for payee in {row[0] for row in _rows(payable.presence, ("payee_id",))}:
        _pay(post, payee, max(0, pays[payee] + balance[payee, "payable"]), owed[payee], balance)
    return made


def _pay(post: Any, payee: str, pays: int, owed: int, balance: dict[tuple[str, str], int]) -> None:
    taken = min(pays, owed - balance[payee, "owed"])
    post("payable", "owed", "recovered", taken, (payee, "churn", *_NONE[1:]))
    pays -= taken
    if pays < DRAW:
        post("advance", "payable", "advanced", DRAW - pays, (payee, "draw", *_NONE[1:]))
        pays = DRAW
    else:
        taken = min(pays - DRAW, -balance[payee, "advance"] - balance[payee, "recovery"])
        post("payable", "recovery", "recovered", taken, (payee, "draw", *_NONE[1:]))
        pays -= taken
    post("payable", "paid", "paid", pays, (payee, *_NONE))


def _released(amount: int, day: date, last: date) -> int:
    """Half at once, half in instalments, half up."""
    months = (last.year - day.year) * 12 + last.month - day.month
    past = min(INSTALMENTS, 1 + months)  # every day of these is before the 29th
    return (2 * amount * (INSTALMENTS + past) + 2 * INSTALMENTS) // (4 * INSTALMENTS)


def _rows(table: pa.Table, names: tuple[str, ...]) -> Any:
    return zip(*(table[name].to_pylist() for name in names), strict=True)


def _cents(amount: Any) -> int:
    return int(amount * 100)
