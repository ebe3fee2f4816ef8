"""Histories by dice: pay periods closed one after the other, and what is known at each closing."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from random_dice import Dice
from random_pay_rules import YEARS
from random_payment_plans import CLAWBACKS, random_payment, random_plan

from config.calendars import FiscalYear
from config.comp_plans import CompPlanFile
from salesops.rules import Rules

if TYPE_CHECKING:
    from salesops.calendar import Period

Row = dict[str, Any]
Tables = dict[str, list[Row]]
DAY = timedelta(days=1)
DEALS = [f"o{number}" for number in range(6)]


class Closing(NamedTuple):
    """A pay period, and all that is known when it is calculated."""

    rules: Rules
    tables: Tables
    rates: dict[str, Decimal]
    period: Period
    first: bool


def random_history(seed: int) -> list[Closing]:
    """The closings of a seed, one after the other."""
    return _History(Dice(seed)).closings()


@dataclass
class _History:
    dice: Dice

    def closings(self) -> list[Closing]:
        dice = self.dice
        year = FiscalYear.model_validate(dice.of(*YEARS))
        kind = dice.of("week", "month", "month", "quarter")
        self.plans = {name: random_plan(dice, kind) for name in ("p", "q", "r")[: dice.of(1, 1, 2, 2, 3)]}
        self.payees = [f"u{number}" for number in range(dice.of(1, 1, 2, 4))]
        self.calendar = _rules({}, year).calendar
        begins = date(2023, 11, 1) + dice.number(60) * DAY
        self.periods = list(self.calendar.periods(kind, begins, begins + 1200 * DAY))[: dice.of(3, 5, 8, 14)]
        self.tables: Tables = {"earnings": [], "steps": [], "events": [], "presence": self._presence()}
        found: list[Closing] = []
        earlier = self.calendar.period_before(self.periods[0])
        if dice.chance(0.4):
            self._earn(earlier)
        for number, period in enumerate(self.periods):
            self._earn(period)
            if number and dice.chance(0.6):
                self._change(period)
            if number and dice.chance(0.08):
                self.plans[dice.of(*self.plans)]["payment"] = random_payment(dice)
            if number and dice.chance(0.15):
                self._rename(f"n{number}" if dice.chance(0.5) else f"s{number}")
            if number and dice.chance(0.05):
                self.plans[dice.of(*self.plans)]["currency"] = dice.of("USD", "EUR")
            self._happen(period)
            plans = dict(self.plans)
            if number and dice.chance(0.03):
                del plans[dice.of(*plans)]
            if number and dice.chance(0.03):
                name = dice.of(*self.plans)
                plans[name] = self.plans[name] | {"period": "year"}
            tables = deepcopy(self.tables) | {"manual": self._manual()}
            tables = {
                name: [row for row in rows if plans.get(row["comp_plan"], {}).get("period") == kind]
                for name, rows in tables.items()
            }
            rates = {name: Decimal(dice.of("1.25", "0.8", "0.923456", "117.3")) for name in plans}
            found.append(Closing(_rules(plans, year), tables, rates, period, number == 0))
        return found

    def _presence(self) -> list[Row]:
        """Who is on which comp plan when: with gaps, for parts of periods, up to some day; half of them are on one at a
        time, which changes now and then."""
        dice, found = self.dice, []
        for payee in self.payees:
            started = dice.of(None, self.periods[0].start, self.periods[0].start - 40 * DAY, self.periods[-1].start)
            until = dice.of(None, None, dice.of(*self.periods))
            changes = dice.chance(0.5)
            mine = dice.of(*self.plans)
            for period in self.periods:
                mine = dice.of(*self.plans) if dice.chance(0.3) else mine
                for name in self.plans:
                    if changes and name != mine:
                        continue
                    if until is not None and period.start >= until.start and not dice.chance(0.03):
                        continue
                    first, last = period.start, period.end - DAY
                    if dice.chance(0.1):
                        first, last = first + dice.number(4) * DAY, last - dice.number(2) * DAY
                    row = {"comp_plan": name, "payee_id": payee, "period": period.name}
                    if not dice.chance(0.08):
                        found.append(row | {"first_day": first, "last_day": last, "started_on": started})
        return found

    def _amount(self) -> Decimal:
        dice = self.dice
        found: Decimal = dice.of(
            Decimal(dice.number(500)),
            Decimal(dice.number(500)),
            Decimal(dice.number(50_000)).scaleb(-2),
            Decimal(-dice.number(300)),
            Decimal(dice.number(10**9)).scaleb(-6),
        )
        return found

    def _earn(self, period: Period) -> None:
        dice, here = self.dice, self.tables["presence"]
        there = {(row["comp_plan"], row["payee_id"]) for row in here if row["period"] == period.name}
        for name in self.plans:
            for payee in self.payees:
                if (name, payee) not in there and dice.chance(0.6):
                    continue
                self.tables["steps"].append(
                    {"comp_plan": name, "component": "least", "payee_id": payee, "period": period.name}
                    | {"amount": self._amount()}
                )
                for _ in range(dice.of(0, 1, 1, 2, 3)):
                    self.tables["earnings"].append(self._earning(name, payee, period))

    def _earning(self, name: str, payee: str, period: Period) -> Row:
        dice, deal = self.dice, self.dice.of(*DEALS)
        of = dice.of(
            {"source": "opportunity", "transaction_id": deal, "opportunity_id": deal},
            {"source": "opportunity", "transaction_id": deal, "opportunity_id": deal},
            {"source": "line_item", "transaction_id": f"{deal}{dice.of(1, 2)}", "opportunity_id": deal},
            {"source": "activity", "transaction_id": "x1", "opportunity_id": None},
            {"source": None, "transaction_id": None, "opportunity_id": None},
        )
        day = period.start + dice.number((period.end - period.start).days) * DAY
        row = {"comp_plan": name, "component": dice.of("a", "b"), "payee_id": payee, "period": period.name, "day": day}
        return row | of | {"status": "earned", "credit": Decimal(0), "amount": self._amount()}

    def _change(self, until: Period) -> None:
        """Late facts: what was earned before is gone, of another day, owner, component or amount."""
        dice, earnings = self.dice, self.tables["earnings"]
        for row in list(earnings):
            if not dice.chance(0.15):
                continue
            how = dice.number(7)
            if how == 0:
                earnings.remove(row)
            elif how == 1:
                period = dice.of(*[each for each in self.periods if each.start <= until.start])
                row |= {"period": period.name, "day": period.start + dice.number(6) * DAY}
            elif how == 2:
                row["payee_id"] = dice.of(*self.payees)
            elif how == 3:
                row["component"] = dice.of("a", "b")
            elif how == 4:
                row["amount"] = -row["amount"]
            elif how == 5:
                earnings.append(dict(row))
            else:
                row["amount"] = self._amount()
        if dice.chance(0.3):
            self._earn(dice.of(*self.periods))

    def _rename(self, to: str) -> None:
        """A comp plan has another name from now on, in all that is known."""
        old = self.dice.of(*self.plans)
        self.plans[to] = self.plans.pop(old)
        for rows in self.tables.values():
            for row in rows:
                if row["comp_plan"] == old:
                    row["comp_plan"] = to

    def _happen(self, period: Period) -> None:
        """Invoices, payments and cancellations; now and then one is undone."""
        dice, events = self.dice, self.tables["events"]
        for row in list(events):
            if dice.chance(0.05):
                events.remove(row)
        for name in self.plans:
            for deal in DEALS:
                whole = Decimal(dice.of(1000, 300)) if deal != "o5" else dice.of(None, Decimal(0))
                whole = next((row["whole"] for row in events if row["opportunity_id"] == deal), whole)
                for kind in ("invoice", "collection", *CLAWBACKS):
                    if not dice.chance(0.12):
                        continue
                    day = period.start + (dice.number(40) - 8) * DAY
                    amount = Decimal(dice.of(100, 333, 500, 1000, -200)) if kind in {"invoice", "collection"} else None
                    row = {"comp_plan": name, "kind": kind, "opportunity_id": deal, "day": day}
                    events.append(row | {"amount": amount, "whole": whole})

    def _manual(self) -> list[Row]:
        dice, found = self.dice, []
        for number in range(dice.of(0, 0, 0, 1, 2)):
            row = {"payee_id": dice.of(*self.payees), "comp_plan": dice.of(*self.plans), "part": f"m{number}"}
            row |= {"amount": self._amount()}
            line = {"earned_in": "", "day": None, "source": "", "transaction_id": "", "opportunity_id": ""}
            if dice.chance(0.5) and self.tables["earnings"]:
                of = dice.of(*self.tables["earnings"])
                names = ("source", "transaction_id", "opportunity_id")
                line = {"earned_in": of["period"], "day": of["day"]} | {name: of[name] or "" for name in names}
            found.append(row | line)
        return found


def _rules(plans: dict[str, Any], year: FiscalYear) -> Rules:
    written = CompPlanFile.model_validate({"comp_plans": plans}) if plans else CompPlanFile.model_validate({})
    return Rules(time_zone="UTC", fiscal_year=year, currency="USD", metrics={}, comp_plans=written.comp_plans)
