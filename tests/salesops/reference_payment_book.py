"""The entries of one payee on one comp plan in one currency, and the small sums that payment is made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from reference_pay_formulas import rounded
from reference_pay_time import interval
from reference_world import months_later

if TYPE_CHECKING:
    from config.comp_plans import CompPlan
    from config.comp_plans.payment import Span
    from salesops.calendar import Period
    from salesops.fiscal import FiscalCalendar

Row = dict[str, Any]
Line = tuple[str, str, date | None, str, str, str]
"""Component, pay period, day, source, transaction and opportunity of an earning."""

DAY = timedelta(days=1)
LINE = ("earned_in", "day", "source", "transaction_id", "opportunity_id")
NO_LINE = ("", None, "", "", "")


def line_of(row: Row, part: str = "part", earned_in: str = "earned_in") -> Line:
    """The line of an entry or, with other names, of an earning."""
    rest = ("source", "transaction_id", "opportunity_id")
    return (row[part], row[earned_in], row["day"], *(row[name] or "" for name in rest))  # type: ignore[return-value]


def clip(amount: Fraction, limit: Fraction) -> Fraction:
    """What of an amount lies between 0 and a limit."""
    if amount * limit <= 0:
        return Fraction(0)
    return min(amount, limit) if limit > 0 else max(amount, limit)


def later(day: date, span: Span) -> date:
    return months_later(day, span.months) if span.months else day + span.days * DAY  # type: ignore[operator]


def months_between(day: date, end: date) -> int:
    """Whole months from a day to another; -1 or less where that is before it."""
    months = (end.year - day.year) * 12 + end.month - day.month + 1
    while months_later(day, months) > end:
        months -= 1
    return months


@dataclass
class World:
    """What is known in the period that is calculated."""

    calendar: FiscalCalendar
    periods: dict[str, Period]
    period: Period
    first: bool
    tables: dict[str, list[Row]]
    rates: dict[str, Fraction]

    @property
    def last(self) -> date:
        return self.period.end - DAY

    def last_day(self, period: str) -> date:
        return self.periods[period].end - DAY

    def interval_end(self, kind: str, day: date) -> date:
        return interval(self.calendar, kind, day, day).end - DAY


@dataclass
class Book:
    """All entries of an owner, and those that the period adds."""

    world: World
    name: str
    payee: str
    unit: str
    plan: CompPlan | None  # none where it is no more, or not in this currency any more
    before: list[Row]
    made: list[Row] = field(default_factory=list)
    lines: dict[Line, Fraction] = field(default_factory=dict)  # what each has earned as it is known now
    pays: Fraction = Fraction(0)  # what the period is going to pay
    carried_debt: Fraction = Fraction(0)  # what was paid too much, and `pays` does not settle
    lets_go: Fraction | None = None  # so much `recover_at_most` lets debts still take; None for all

    @property
    def room(self) -> Fraction:
        """So much of what is paid debts may still take."""
        return self.pays if self.lets_go is None else min(self.pays, self.lets_go)

    def post(
        self, cause: str, part: str, changes: dict[str, Fraction], line: tuple[Any, ...] = NO_LINE, unit: str = ""
    ) -> None:
        """Amounts by account; together they must be nothing."""
        assert sum(changes.values()) == 0
        for account, amount in changes.items():
            if amount:
                entry = {"period": self.world.period.name, "payee_id": self.payee, "comp_plan": self.name}
                entry |= {"account": account, "cause": cause, "unit": unit or self.unit, "amount": amount}
                self.made.append(entry | {"part": part} | dict(zip(LINE, line, strict=True)))

    def post_line(self, cause: str, line: Line, changes: dict[str, Fraction]) -> None:
        self.post(cause, line[0], changes, line[1:])

    def sum(self, *accounts: str, **having: Any) -> Fraction:
        """The balance of accounts, of those entries that have these values; `line` for all of its columns."""
        line = having.pop("line", None)
        return sum(
            (
                row["amount"]
                for row in (*self.before, *self.made)
                if row["account"] in accounts
                and row["unit"] == self.unit
                and all(row[name] == value for name, value in having.items())
                and (line is None or line_of(row) == line)
            ),
            Fraction(0),
        )

    def part_of(self, amount: Fraction, share: Fraction) -> Fraction:
        """A share of an amount, half up to the comp plan's places; all of it exactly."""
        assert self.plan is not None or share == 1
        return amount if share == 1 else rounded(amount * share, self.plan.rounding.places, "half_up")  # type: ignore[union-attr]

    def at_most(self, share: Any, pays: Fraction) -> Fraction:
        """A share of what is paid, or less by the rest of a place: no more than it."""
        if share is None or share == 1 or self.plan is None:
            return pays
        return rounded(pays * Fraction(share), self.plan.rounding.places, "down")

    def gets_back(self, name: str) -> Fraction:
        """Posts what was recovered and is not owed any more; gives what of it is paid: the rest settles what is
        carried."""
        back = max(Fraction(0), self.sum("owed"))
        self.post("recovered", name, {"owed": -back, "payable": back})
        share = self.plan.payment.recover_at_most if self.plan is not None else None
        most = self.at_most(share, back)
        settles = min(most, self.carried_debt)
        self.carried_debt -= settles
        if share is not None:
            self.lets_go += most - settles
        return back - settles

    def rows(self, table: str) -> list[Row]:
        """The rows of the comp plan in a table of what is payable."""
        return [row for row in self.world.tables[table] if row["comp_plan"] == self.name]

    def has_left(self) -> bool:
        return self.seen_until() < self.world.last

    def seen_until(self) -> date:
        """The last day on which the payee is on any comp plan, up to the end of the period."""
        mine = (row for row in self.world.tables["presence"] if row["payee_id"] == self.payee)
        days = [row["last_day"] for row in mine if row["first_day"] <= self.world.last]
        return min(max(days, default=date.min), self.world.last)

    def presence(self) -> Row | None:
        """Where the payee is on the comp plan in the period."""
        having = {"payee_id": self.payee, "period": self.world.period.name}
        return next((row for row in self.rows("presence") if having.items() <= row.items()), None)

    def line_day(self, line: Line) -> date:
        return line[2] or self.world.last_day(line[1])
