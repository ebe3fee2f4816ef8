"""How the figures of a case came about: credits, measures to date, and what each component earns, as small tables."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from config.comp_plans import Guarantee
from config.comp_plans.intervals import interval_of, sums_over
from config.scalars import decimal_text
from salesops.cases.model import Lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from salesops.cases.judge import Came
    from salesops.cases.model import Difference, Setup

ZERO = Decimal(0)
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
        list(_earned([row for row in earnings if row["status"] == "earned"], setup, came, payee)),
    )
    if came.ledger:
        yield _lines(
            f"Ledger{of}",
            ("Pay period", "Cause", "Of", "Transaction", "Account", ">Amount"),
            [
                (
                    row["period"],
                    row["cause"].replace("_", " "),
                    row["part"] + (f" in {row['earned_in']}" if row["earned_in"] else ""),
                    row["transaction_id"] or "",
                    row["account"],
                    f"{_text(row['amount'])} {row['unit']}",
                )
                for row in came.ledger
                if row["payee_id"] == payee
            ],
        )
    estimated = [row for row in earnings if row["status"] == "estimated"]
    if estimated:
        yield _lines(
            f"Estimated{of}",
            ("Component", "Opportunity", ">Would earn"),
            [(_named(row, "component", plans), row["opportunity_id"] or "", _text(row["amount"])) for row in estimated],
        )


def _earned(rows: list[dict[str, Any]], setup: Setup, came: Came, payee: str) -> Iterator[tuple[str, ...]]:
    """Each earning with the sum of its component's in the interval so far, in order of components as they first earn,
    then of days."""
    plans = len(setup.plans) > 1
    in_order = sorted(rows, key=lambda row: (came.starts[row["period"]], row["day"], row["transaction_id"] or "~"))
    for name in dict.fromkeys(_named(row, "component", plans) for row in in_order):
        to_date: dict[object, Decimal] = {}
        for row in in_order:
            if _named(row, "component", plans) != name:
                continue
            interval = _interval(setup, came, payee, row)
            to_date[interval] = to_date.get(interval, ZERO) + row["amount"]
            yield (
                name,
                row["period"],
                row["day"].isoformat(),
                row["transaction_id"] or "",
                _text(row["credit"]) if row["transaction_id"] else "",
                _text(row["amount"]),
                _text(to_date[interval]),
            )


def _interval(setup: Setup, came: Came, payee: str, row: dict[str, Any]) -> object:
    """What tells the interval that an earning's component is reckoned over from others; of a comp plan's cap or floor
    that of the bound."""
    plan, name = setup.plans[row["comp_plan"]], row["component"]
    component = plan.components.get(name)
    bound = plan.cap if name == "cap" else plan.floor
    over: str | None = bound.over if component is None and bound is not None else None
    if component is not None and not isinstance(component, Guarantee):
        over = sums_over(plan, interval_of(plan, component))
    kind = "period" if over in {None, "interval", "pay_period", "transaction"} else over
    return came.intervals[row["comp_plan"], payee, row["day"], row["source"], row["transaction_id"]][kind]


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
