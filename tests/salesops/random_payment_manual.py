"""Manual adjustments by dice: of any comp plan that is or was, of lines or of none, and what disputes lead to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from random_payment_facts import Facts, Row, Tables

    from salesops.calendar import Period

NO_LINE = {"earned_in": "", "day": None, "source": "", "transaction_id": "", "opportunity_id": ""}


@dataclass
class Adjustments:
    """All that was adjusted and disputed by now, and the lines that it may hang on."""

    facts: Facts
    lines: list[Row] = field(default_factory=list)  # as they were closed, with payee, comp plan and its unit then
    owners: list[Row] = field(default_factory=list)  # payees and comp plans that were, whether or not they are
    made: list[Row] = field(default_factory=list)
    disputes: list[Row] = field(default_factory=list)

    def at(self, period: Period, plans: dict[str, Any], known: Tables) -> list[Row]:
        """The adjustments of a pay period."""
        dice = self.facts.dice
        found: list[Row] = []
        for _ in range(dice.of(0, 0, 1, 1, 2, 3)):
            amount = self.facts.amount() * dice.of(1, 1, -1, -1, -3)
            found.append(self._hung() | {"part": f"m{len(self.made) + len(found)}", "amount": amount})
            if found[-1]["earned_in"] and dice.chance(0.3):  # another one of the same line, or one that takes it back
                amount = dice.of(-amount, self.facts.amount())
                found.append(found[-1] | {"part": f"m{len(self.made) + len(found)}", "amount": amount})
        found += self._settled(len(self.made) + len(found))
        for row in found:
            self._count(row, period, plans, known)
            self.made.append(row)
        self._remember(plans, known)
        return found

    def _hung(self) -> Row:
        """Whose an adjustment is, and of which line."""
        dice, facts = self.facts.dice, self.facts
        free = {"payee_id": dice.of(*facts.payees), "comp_plan": dice.of(*facts.plans)}
        how = dice.of("free", "free", "owner", "line", "line", "again", "nobody")
        if how == "line" and self.lines:
            return _of_line(dice.of(*self.lines))
        if how == "again" and self.made:
            row = dice.of(*self.made)
            return {name: row[name] for name in ("payee_id", "comp_plan", *NO_LINE)}
        if how == "owner" and self.owners:
            free = dice.of(*self.owners)
        if how == "nobody" and dice.chance(0.2):
            free["payee_id"] = "nobody"
        return free | NO_LINE

    def _settled(self, number: int) -> list[Row]:
        """Disputes are raised, and those of before end: rejected, or accepted with an amount or without."""
        dice = self.facts.dice
        found: list[Row] = []
        for dispute in list(self.disputes):
            if dice.chance(0.5):
                self.disputes.remove(dispute)
                outcome = dice.of("rejected", "accepted", "accepted with an amount", "accepted with an amount")
                self.facts.what[f"dispute {outcome}"] += 1
                if outcome == "accepted with an amount":
                    found.append(_of_line(dispute) | {"part": f"m{number + len(found)}", "amount": self.facts.amount()})
        if self.lines and dice.chance(0.25):
            self.disputes.append(dice.of(*self.lines))
        return found

    def _remember(self, plans: dict[str, Any], known: Tables) -> None:
        dice = self.facts.dice
        for row in known["earnings"]:
            if dice.chance(0.1):
                self.lines.append(row | {"unit": _unit(plans[row["comp_plan"]])})
                self.owners.append({name: row[name] for name in ("payee_id", "comp_plan")})

    def _count(self, row: Row, period: Period, plans: dict[str, Any], known: Tables) -> None:
        """Say what sort of adjustment it is."""
        name, plan = row["comp_plan"], plans.get(row["comp_plan"])
        mine = [each for each in known["presence"] if each["payee_id"] == row["payee_id"]]
        here = [each for each in mine if each["comp_plan"] == name]
        now = plan is not None and any(each["period"] == period.name for each in here)
        steps = plan["payment"].get("steps", {}).values() if plan else ()
        line = tuple(row[each] for each in ("payee_id", "comp_plan", *NO_LINE))
        units = {each["unit"] for each in self.lines if each["comp_plan"] == name}
        sorts = {
            "": True,
            "below 0": row["amount"] < 0,
            "comp plan gone": plan is None,
            "comp plan of other pay periods": plan is not None and plan["period"] != self.facts.kind,
            "comp plan in another currency by now": plan is not None and bool(units - {_unit(plan)}),
            "never on the comp plan": plan is not None and not here,
            "not on the comp plan in the period": bool(here) and not now,
            "after leaving": bool(mine) and max(each["last_day"] for each in mine) < period.start,
            "of somebody unknown": not mine,
            "in points": plan is not None and "unit" in plan,
            "of a line": bool(row["earned_in"]),
            "of a line that has one": bool(row["earned_in"])
            and any(line == tuple(each[n] for n in ("payee_id", "comp_plan", *NO_LINE)) for each in self.made),
            **{f"below 0, {kind}": row["amount"] < 0 and any(s["kind"] == kind for s in steps)
               for kind in ("minimum", "maximum", "draw", "clawback")},
            "below 0, recover_at_most": row["amount"] < 0 and plan is not None
            and "recover_at_most" in plan["payment"],
        }  # fmt: skip
        self.facts.what.update(f"manual {sort}".strip() for sort, is_so in sorts.items() if is_so)


def _of_line(row: Row) -> Row:
    names = ("source", "transaction_id", "opportunity_id")
    said = {"payee_id": row["payee_id"], "comp_plan": row["comp_plan"], "earned_in": row["period"], "day": row["day"]}
    return said | {name: row[name] or "" for name in names}


def _unit(plan: dict[str, Any]) -> str:
    return str(plan.get("unit") or plan["currency"])
