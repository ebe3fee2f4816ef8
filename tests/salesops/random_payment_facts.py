"""What payment is reckoned from, by dice: who is on which comp plan, what they earn, and what happens to deals."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from random_payment_plans import CLAWBACKS

if TYPE_CHECKING:
    from random_dice import Dice

    from salesops.calendar import Period

Row = dict[str, Any]
Tables = dict[str, list[Row]]
DAY = timedelta(days=1)
DEALS = [f"o{number}" for number in range(6)]


@dataclass
class Facts:
    """All that is known by now, and what was learned of it since the last closing."""

    dice: Dice
    kind: str
    plans: dict[str, Any]
    payees: list[str]
    periods: list[Period]
    tables: Tables = field(default_factory=lambda: {"earnings": [], "steps": [], "events": [], "presence": []})
    leaves: dict[str, date] = field(default_factory=dict)  # the last day of who is said to leave
    what: Counter[str] = field(default_factory=Counter)

    def until(self, period: Period) -> list[Period]:
        """The pay periods up to one."""
        return [each for each in self.periods if each.start <= period.start]

    def known(self, plans: dict[str, Any]) -> Tables:
        """What counts for comp plans of this kind of pay period, and nothing of who left after they did."""
        starts = {each.name: each.start for each in self.periods}
        found: Tables = {}
        for name, rows in self.tables.items():
            there = [row for row in rows if plans.get(row["comp_plan"], {}).get("period") == self.kind]
            found[name] = [
                dict(row)
                for row in there
                if row.get("period") not in starts
                or starts[row["period"]] <= self.leaves.get(row["payee_id"], date.max)
            ]
        for row in found["presence"]:
            row["last_day"] = min(row["last_day"], self.leaves.get(row["payee_id"], date.max))
        found["presence"] = [row for row in found["presence"] if row["first_day"] <= row["last_day"]]
        return found

    def be_there(self) -> None:
        """Who is on which comp plan when: with gaps, for parts of periods, up to some day; half of them are on one at a
        time, which changes now and then."""
        dice, found = self.dice, self.tables["presence"]
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

    def amount(self) -> Decimal:
        """Whole ones, cents and millionths; now and then below 0."""
        dice = self.dice
        found: Decimal = dice.of(
            Decimal(dice.number(500)),
            Decimal(dice.number(500)),
            Decimal(dice.number(50_000)).scaleb(-2),
            Decimal(-dice.number(300)),
            Decimal(dice.number(10**9)).scaleb(-6),
        )
        return found

    def earn(self, period: Period) -> None:
        """What everybody earns in a period, most of it on the comp plans that they are on."""
        dice, here = self.dice, self.tables["presence"]
        there = {(row["comp_plan"], row["payee_id"]) for row in here if row["period"] == period.name}
        for name in self.plans:
            for payee in self.payees:
                if (name, payee) not in there and dice.chance(0.6):
                    continue
                self.tables["steps"].append(
                    {"comp_plan": name, "component": "least", "payee_id": payee, "period": period.name}
                    | {"amount": self.amount()}
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
        return row | of | {"status": "earned", "credit": Decimal(0), "amount": self.amount()}

    def happen(self, period: Period) -> None:
        """Invoices, payments and cancellations; now and then one is undone."""
        dice, events = self.dice, self.tables["events"]
        for row in list(events):
            if dice.chance(0.05):
                events.remove(row)
                self.what["cancellation cleared" if row["amount"] is None else "invoice or payment gone"] += 1
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
                    self.what["cancelled" if amount is None else "invoiced or paid"] += 1
