"""The summary of a comp plan: from what was earned to what is paid, line by line."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, cast

from salesops.statements.books import LINE, PAYS
from salesops.statements.model import Figure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from salesops.statements.books import Row
    from salesops.statements.model import FigureKind


def total(rows: Iterable[Row], account: str, causes: frozenset[str] | set[str] | None = None) -> Decimal:
    """The sum of an account, over these causes or all of them."""
    its = (row["amount"] for row in rows if row["account"] == account and (causes is None or row["cause"] in causes))
    return sum(its, Decimal(0))


def summary(entries: Sequence[Row], carried: Decimal, named: Callable[[str, str], str]) -> tuple[Figure, ...]:
    """The figures that add up to what is paid, those that are 0 left out except what is earned.

    `carried` stood in `payable` before; `named` is what people call the part of a cause, a step of payment or a comp
    plan. What is held is what the earnings
    and adjustments of this period leave for later; what is released was held before.
    """
    earned, adjusted = (-total(entries, "earned", {cause}) for cause in ("earned", "adjusted"))
    new = {_line(row) for row in entries if row["account"] == "earned" and row["cause"] in {"earned", "adjusted"}}
    at_once = released = Decimal(0)
    for row in entries:
        if row["account"] == "payable" and row["cause"] == "released":
            if _line(row) in new:
                at_once += row["amount"]
            else:
                released += row["amount"]
    found = [
        Figure("brought_forward", "", carried),
        Figure("earned", "", earned),
        Figure("adjusted", "", adjusted),
        Figure("held", "", at_once - earned - adjusted),
        Figure("released", "", released),
        *_steps(entries, named),
        Figure("carried", "", -carried - total(entries, "payable")),
    ]
    return tuple(figure for figure in found if figure.amount or figure.kind == "earned")


def _steps(entries: Sequence[Row], named: Callable[[str, str], str]) -> Iterable[Figure]:
    """What else came into `payable`, or left it without being paid, in the order of its postings."""
    found: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in sorted(entries, key=lambda row: int(row["posting"])):
        if row["account"] == "payable" and row["cause"] not in PAYS | {"released"}:
            part = "" if row["cause"] == "manual" else row["part"]
            found[row["cause"], part] += row["amount"]
    for (cause, part), amount in found.items():
        yield Figure(cast("FigureKind", cause), named(cause, part) if part else "", amount)


def _line(row: Row) -> tuple[object, ...]:
    return tuple(row[name] for name in LINE)
