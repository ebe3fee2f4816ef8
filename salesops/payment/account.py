"""What one payee's payment for one comp plan is reckoned from, and what it has come to so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Context, Decimal
from fractions import Fraction
from math import floor
from typing import TYPE_CHECKING

from salesops.calendar import EARLIEST
from salesops.payment.movements import Line, Movement
from salesops.payment.periods import last_day

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from config.comp_plans import CompPlan
    from salesops.calendar import Period
    from salesops.fiscal import FiscalCalendar
    from salesops.incentives.frame.intervals import Span
    from salesops.payment.clawback import Clawed
    from salesops.payment.movements import Owner
    from salesops.payment.tables import Account, Cause

ZERO = Decimal(0)
_WIDE = Context(prec=100)


@dataclass(frozen=True, slots=True)
class Setting:
    """What is the same for all payees of a comp plan."""

    plan: CompPlan
    unit: str  # its currency
    period: Period
    spans: Mapping[str, Span]  # pay periods up to this one, by name
    calendar: FiscalCalendar
    rate: Decimal | None  # a unit in the currency of pay, where that is another one

    @property
    def last_day(self) -> date:
        """The last day of the pay period."""
        return last_day(self.period)

    def last_day_of(self, name: str) -> date:
        """The last day of a pay period of the ledger; of one that the calendar does not know, long ago."""
        return last_day(self.spans[name]) if name in self.spans else EARLIEST

    def rounded(self, amount: Fraction) -> Decimal:
        """Half up, to the places of the comp plan."""
        places = self.plan.rounding.places
        units = floor(abs(amount) * 10**places + Fraction(1, 2))
        return Decimal(units if amount >= 0 else -units).scaleb(-places, _WIDE)

    def share_of(self, amount: Decimal, share: Decimal | None) -> Decimal:
        """The share of an amount above 0, to the places of the comp plan and never more than it; all without one."""
        if share is None or share == 1:
            return amount
        places = self.plan.rounding.places
        return Decimal(floor(Fraction(amount) * Fraction(share) * 10**places)).scaleb(-places, _WIDE)


@dataclass(slots=True)
class PayAccount:
    """Balances of an owner as the steps go on. `pays` is what this pay period is going to pay."""

    owner: Owner
    pays: Decimal
    carried_debt: Decimal = ZERO  # what was paid too much and `pays` does not settle, above 0
    room: Decimal | None = None  # so much of `pays` debts may still take; None for all
    owed: Decimal = ZERO  # balance of the account `owed`
    advances: dict[str, list[tuple[str, Decimal]]] = field(default_factory=dict)  # by step: pay period, advance
    recovered: dict[str, Decimal] = field(default_factory=dict)  # by step, what was recovered and forgiven
    paid: list[tuple[str, Decimal]] = field(default_factory=list)  # pay period, paid in the comp plan's currency
    amounts: dict[str, Decimal] = field(default_factory=dict)  # of the components that steps name
    is_left_behind: bool = False
    on_plan_from: date | None = None  # the first day on it in this pay period
    started_on: date | None = None
    has_left: bool = False
    clawed: Mapping[str, list[Clawed]] = field(default_factory=dict)  # lines, by the step that takes them back
    moved: list[Movement] = field(default_factory=list)

    def setting(self, settings: Mapping[str, Setting]) -> Setting | None:
        """That of its comp plan; None where there is none any more, or it is in another currency."""
        setting = settings.get(self.owner.comp_plan)
        return setting if setting is not None and setting.unit == self.owner.unit else None

    @property
    def may_give(self) -> Decimal:
        """So much of what it pays debts may still take."""
        return self.pays if self.room is None else min(self.pays, self.room)

    def give(self, amount: Decimal) -> None:
        """Pay so much less, for a debt."""
        self.pays -= amount
        self.room = None if self.room is None else self.room - amount

    def receive(self, amount: Decimal, setting: Setting | None) -> None:
        """Pay so much more, less what settles the debt that is carried."""
        most = setting.share_of(amount, setting.plan.payment.recover_at_most) if setting else amount
        settled = min(most, self.carried_debt)
        self.carried_debt -= settled
        self.pays += amount - settled
        self.room = None if self.room is None else self.room + most - settled

    def move(self, from_: Account, to: Account, cause: Cause, amount: Decimal, line: Line) -> None:
        """Post an amount, unless it is 0."""
        if amount:
            self.moved.append(Movement(from_, to, cause, amount, self.owner.unit, line, len(self.moved)))

    def amount(self, formula: str) -> Decimal:
        """The amount of a step, a number or what the component of this name is worth; never below 0."""
        amount = self.amounts.get(formula, ZERO) if formula[0].isalpha() or formula[0] == "_" else Decimal(formula)
        return max(amount, ZERO)

    def top_up(self, name: str, amount: Decimal) -> None:
        """Grant an amount, if it is above 0, and pay it."""
        if amount > 0:
            self.move("granted", "payable", "topped_up", amount, Line(name))
            self.pays += amount

    def pay(self, setting: Setting | None) -> None:
        """Pay what this pay period pays, exchanged where the currency of pay is another one."""
        unit = self.owner.unit
        currency = setting.plan.payment.currency if setting and setting.plan.payment.currency else unit
        if setting is None or currency == unit or not self.pays:
            self.move("payable", "paid", "paid", self.pays, Line())
            return
        if setting.rate is None:
            raise LookupError(
                f"comp plan {self.owner.comp_plan} pays in {currency}, and there is no rate from {unit} to it for the "
                "day that payment.rate_date says. Add the rate to the CRM, pull, and calculate again."
            )
        place = len(self.moved)
        self.move("payable", "exchanged", "paid", self.pays, Line())
        exchanged = setting.rounded(Fraction(self.pays) * Fraction(setting.rate))
        if exchanged:
            self.moved.append(Movement("exchanged", "paid", "paid", exchanged, currency, Line(), place))
