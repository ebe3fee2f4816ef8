"""How the figures of a case came about: credits, measures to date, and what each component earns, as small tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from config.scalars import decimal_text
from salesops.cases.model import Lines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from salesops.cases.judge import Came
    from salesops.cases.model import Difference, Setup

MOST = 40
"""Rows of one table: a case that is longer is not read line by line."""


def story_of(setup: Setup, came: Came, differing: tuple[Difference, ...]) -> tuple[Lines, ...]:
    """The tables of the payees of whom something differs, one payee after the other."""
    payees = dict.fromkeys(each.payee for each in differing)
    several = len(payees) > 1 or len(setup.case.payees) > 1
    return tuple(lines for payee in payees for lines in _of_payee(setup, came, payee, f" of {payee}" * several))


def _of_payee(setup: Setup, came: Came, payee: str, of: str) -> Iterator[Lines]:
    plans = len(setup.plans) > 1
    credits_, earnings = came.credits.get(payee, []), came.earnings.get(payee, [])
    yield _lines(
        f"Credits{of}",
        ("Credit", "Day", "Transaction", ">Amount"),
        [
            (_named(row, "credit", plans), row["day"].isoformat(), row["transaction_id"] or "", _text(row["amount"]))
            for row in sorted(credits_, key=lambda row: (row["day"], row["source"], row["transaction_id"] or ""))
        ],
    )
    yield _lines(
        f"Measures{of} at the end of each pay period",
        ("Measure", "Pay period", "Over", ">Stands at", ">Target", ">Attainment"),
        [
            (
                _named(row, "measure", plans) + (f" ({row['group']})" if row["group"] else ""),
                row["period"],
                row["interval"],
                *(_text(row[column]) for column in ("value", "target", "attainment")),
            )
            for row in sorted(
                came.measures.get(payee, []), key=lambda row: (row["measure"], came.starts[row["period"]])
            )
        ],
    )
    yield _lines(
        f"Earnings{of}",
        ("Component", "Pay period", "Day", "Transaction", ">Paid on", ">Earns", ">To date"),
        list(_earned([row for row in earnings if row["status"] == "earned"], came, plans=plans)),
    )
    estimated = [row for row in earnings if row["status"] == "estimated"]
    if estimated:
        yield _lines(
            f"Estimated{of}",
            ("Component", "Opportunity", ">Would earn"),
            [(_named(row, "component", plans), row["opportunity_id"] or "", _text(row["amount"])) for row in estimated],
        )


def _earned(rows: list[dict[str, Any]], came: Came, *, plans: bool) -> Iterator[tuple[str, ...]]:
    """Each earning with the sum of its component's so far, in order of components as they first earn, then of days."""
    in_order = sorted(rows, key=lambda row: (came.starts[row["period"]], row["day"], row["transaction_id"] or "~"))
    for name in dict.fromkeys(_named(row, "component", plans) for row in in_order):
        to_date = None
        for row in in_order:
            if _named(row, "component", plans) != name:
                continue
            to_date = row["amount"] + (to_date or 0)
            yield (
                name,
                row["period"],
                row["day"].isoformat(),
                row["transaction_id"] or "",
                _text(row["credit"]) if row["transaction_id"] else "",
                _text(row["amount"]),
                _text(to_date),
            )


def _named(row: dict[str, Any], key: str, plans: bool) -> str:
    return f"{row['comp_plan']}.{row[key]}" if plans else str(row[key])


def _lines(title: str, columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> Lines:
    if not rows:
        return Lines(f"{title}: none.", columns, ())
    if len(rows) > MOST:
        more = (f"… and {len(rows) - MOST} more", *("" for _ in columns[1:]))
        rows = [*rows[:MOST], more]
    return Lines(f"{title}:", columns, tuple(rows))


def _text(number: Decimal | None) -> str:
    return "" if number is None else f"{_grouped(decimal_text(number))}"


def _grouped(text: str) -> str:
    """A plain number with commas between thousands.

    >>> _grouped("-1234567.5")
    '-1,234,567.5'
    """
    before, point, after = text.partition(".")
    return f"{int(before):,}{point}{after}" if before != "-0" else text
