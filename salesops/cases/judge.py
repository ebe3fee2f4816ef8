"""What came of a case against what it expects, figure by figure, exactly."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

from config.scalars import decimal_text
from salesops.cases.model import Difference
from salesops.cases.periods import SETTLED, find_period
from salesops.cases.setup import expected_of, first_day
from salesops.cases.transactions import payees_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import date

    from config.comp_plans import Expected
    from config.comp_plans.cases import Figure
    from salesops.calendar import Period
    from salesops.cases.model import Setup
    from salesops.results import Pay

Row = dict[str, Any]
Intervals: TypeAlias = "Mapping[tuple[str, str, date, str | None, str | None], Row]"
Number = Decimal | None
_Find = "Callable[[Period | None], Number]"

ZERO = Decimal(0)
NONE = "none"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the engine was asked besides: (payee, component) and (payee, credit, amount as written) -> how much more."""

    to_next_tier: Mapping[tuple[str, str], Number] = field(default_factory=dict)
    to_earn: Mapping[tuple[str, str, str], Number] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Came:
    """What came of one case: rows of CREDITS, MEASURES and EARNINGS by payee, ids and e-mails as the case writes them.

    Only rows of the case's comp plans, in pay periods from its first day to its last. `starts`: of each pay period.
    `intervals`: what tells the interval of an earning, (comp plan, payee, day, source, transaction), from others, by
    kind of interval; of a case that was computed by itself.
    """

    credits: Mapping[str, list[Row]]
    measures: Mapping[str, list[Row]]
    earnings: Mapping[str, list[Row]]
    starts: Mapping[str, date]
    asked: Asked
    intervals: Intervals = field(default_factory=dict)
    ledger: tuple[Row, ...] = ()  # ENTRIES of all pay periods, of a case that expects something of payment


def came_of(
    setup: Setup, pay: Pay, prefix: str, asked: Asked | None = None, intervals: Intervals | None = None
) -> Came:
    """The part of a pass that is about one of its cases; `intervals` are those of a case that is alone in it."""
    first, calendar = first_day(setup), setup.around.rules.calendar
    starts: dict[str, date] = {}

    def mine(rows: list[Row]) -> dict[str, list[Row]]:
        by_payee: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            payee = row["payee_id"]
            if row["comp_plan"] not in setup.plans or not payee.startswith(prefix):
                continue
            if row["period"] not in starts:
                starts[row["period"]] = find_period(calendar, row["period"], setup.day).start
            if first <= starts[row["period"]] <= setup.day:
                ids = {key: _without(row[key], prefix) for key in ("transaction_id", "opportunity_id") if key in row}
                by_payee[_without(payee, prefix) or ""].append(row | ids)
        return by_payee

    tables = (mine(table.to_pylist()) for table in (pay.credits, pay.measures, pay.earnings))
    credits_, measures, earnings = tables
    return Came(credits_, measures, earnings, starts, asked or Asked(), intervals or {})


def differences(setup: Setup, came: Came) -> tuple[Difference, ...]:
    """Every figure that is not as expected."""
    found = []
    for email, (_, expected) in expected_of(setup, payees_of(setup)).items():
        for what, wanted, number in _figures(setup, came, email, expected):
            if wanted != number:
                found.append(Difference(email, what, figure_text(wanted), figure_text(number)))
    return tuple(found)


def figure_text(number: Number) -> str:
    """A figure as a case writes it."""
    return NONE if number is None else decimal_text(number)


def _figures(setup: Setup, came: Came, email: str, expected: Expected) -> Iterator[tuple[str, Number, Number]]:
    """(what, expected, found) of each figure that is expected of a payee."""
    credited, measured, earned = (each.get(email, []) for each in (came.credits, came.measures, came.earnings))
    paid = [row for row in earned if row["status"] == "earned"]
    open_ = [row for row in earned if row["status"] == "estimated"]
    sums: tuple[tuple[str, Mapping[str, Figure], list[Row], str], ...] = (
        ("credits", expected.credits, credited, "credit"),
        ("earnings", expected.earnings, paid, "component"),
        ("by_transaction", expected.by_transaction, paid, "transaction_id"),
        ("estimated", expected.estimated, open_, "opportunity_id"),
    )
    for key, figures, rows, of in sums:
        for name, figure in figures.items():
            own = [row for row in rows if row[of] == name]
            yield from _compared(setup, f"{key}.{name}", figure, _summed(came, own))
    for key, column in (("measures", "value"), ("targets", "target"), ("attainment", "attainment")):
        for name, figure in getattr(expected, key).items():
            own = [row for row in measured if row["measure"] == name]
            yield from _compared(setup, f"{key}.{name}", figure, _latest(came, own, column))
    if "total" in expected.model_fields_set:
        yield from _compared(setup, "total", expected.total, _summed(came, _meant(setup, paid)))
    yield from _settled(setup, came, email, expected)
    yield from _asked(came.asked, email, expected)


def _settled(setup: Setup, came: Came, email: str, expected: Expected) -> Iterator[tuple[str, Number, Number]]:
    """What is expected of payment: payouts in a period, and what stands at its end."""
    own = _meant(setup, (row for row in came.ledger if row["payee_id"] == email))
    for key in SETTLED:
        if key in expected.model_fields_set:
            yield from _compared(setup, key, getattr(expected, key), _standing(setup, own, key))


def _meant(setup: Setup, rows: Iterable[Row]) -> list[Row]:
    """The rows of comp plans that pay in what the case's own does: money, or the same unit."""
    return [row for row in rows if setup.plans[row["comp_plan"]].unit == setup.main.unit]


def _standing(setup: Setup, rows: list[Row], key: str) -> Callable[[Period | None], Number]:
    calendar = setup.around.rules.calendar
    starts = {name: find_period(calendar, name, setup.day).start for name in {row["period"] for row in rows}}

    def find(period: Period | None) -> Number:
        known = [row for row in rows if period is None or starts[row["period"]] < period.end]
        if key == "paid":
            known = [row for row in known if period is None or period.start <= starts[row["period"]]]
            return sum((row["amount"] for row in known if row["account"] == row["cause"] == "paid"), ZERO)
        return sum(
            (_STANDS[key][row["account"]] * row["amount"] for row in known if row["account"] in _STANDS[key]), ZERO
        )

    return find


_STANDS = {"held": {"held": 1}, "owed": {"advance": -1, "recovery": -1, "owed": -1}, "carried": {"payable": 1}}
"""The accounts that a balance is made of, with their sign."""


def _asked(asked: Asked, email: str, expected: Expected) -> Iterator[tuple[str, Number, Number]]:
    for name, figure in expected.to_next_tier.items():
        yield f"to_next_tier.{name}", _only(figure), asked.to_next_tier.get((email, name))
    for credit, amounts in expected.to_earn.items():
        for amount, figure in amounts.items():
            yield f"to_earn.{credit}.{amount}", _only(figure), asked.to_earn.get((email, credit, amount))


def _only(figure: Figure) -> Number:
    return None if isinstance(figure, dict) else figure


def _compared(
    setup: Setup, what: str, figure: Figure, find: Callable[[Period | None], Number]
) -> Iterator[tuple[str, Number, Number]]:
    if not isinstance(figure, dict):
        yield what, figure, find(None)
        return
    for name, number in figure.items():
        yield f"{what}.{name}", number, find(find_period(setup.around.rules.calendar, name, setup.day))


def _summed(came: Came, rows: Iterable[Row]) -> Callable[[Period | None], Number]:
    """The sum of the rows' amounts, in a period or in all."""

    def find(period: Period | None) -> Number:
        return sum((row["amount"] for row in rows if _lies_in(came, row, period)), ZERO)

    return find


def _latest(came: Came, rows: list[Row], column: str) -> Callable[[Period | None], Number]:
    """What stands in a column at the end of the last pay period, or of the last one in a period: groups together."""

    def find(period: Period | None) -> Number:
        own = [row for row in rows if _lies_in(came, row, period)]
        last = max((came.starts[row["period"]] for row in own), default=None)
        numbers = [row[column] for row in own if came.starts[row["period"]] == last]
        known = [number for number in numbers if number is not None]
        return sum(known, ZERO) if known else None

    return find


def _lies_in(came: Came, row: Row, period: Period | None) -> bool:
    return period is None or period.start <= came.starts[row["period"]] < period.end


def _without(text: str | None, prefix: str) -> str | None:
    return None if text is None else text.removeprefix(prefix)
