"""Comp plans by dice over amounts of every size: with up to 6 decimals, rates of up to 12, every way to pay on them."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from random_dice import Dice
from worked import rules, user

if TYPE_CHECKING:
    from salesops.rules import Rules

Written = dict[str, Any]
READINGS = ("marginal", "whole", "transaction", "step", "interpolated_rate", "interpolated_amount")
PAYEES = ("ann", "bob", "cyd")


class SizeDice(Dice):
    """Dice with numbers of every size."""

    def amount(self) -> Decimal:
        """From a millionth up to 1e15, with 0 to 6 decimals; now and then a return."""
        places = self.of(0, 2, 6)
        found = Decimal(self.number(10 ** (self.of(1, 3, 9, 12, 15) + places))).scaleb(-places)
        return -found if self.chance(0.1) else found

    def rate(self, most: int = 12) -> str:
        """Up to 1, with up to so many places."""
        places = min(self.of(1, 3, 6, 12), most)
        return f"{Decimal(self.number(10**places)).scaleb(-places):f}"

    def money(self) -> str:
        return f"{self.amount().copy_abs() + 1:f}"

    def bounds(self, *, of_value: bool) -> list[str]:
        """Of three or fewer tiers, from 0 on."""
        found = {Decimal(self.money() if of_value else self.rate(6)) * self.of(1, 2) for _ in range(self.of(1, 2, 2))}
        return ["0", *(f"{each:f}" for each in sorted(found - {Decimal(0)}))]


def random_sizes(seed: int, *, bounded: bool = True) -> tuple[dict[str, list[Written]], Rules]:
    """The facts of a company, and its rules; all that its components are worth is paid where they are not bounded."""
    dice = SizeDice(seed)
    deals = [
        {
            "id": f"o{number}",
            "owner_id": dice.of(*PAYEES),
            "is_won": True,
            "type": dice.of("New", "Renewal"),
            "amount": dice.amount(),
            "close_date": date(2017, dice.of(1, 2, 3, 4, 12), 1 + dice.number(28)),
        }
        for number in range(dice.of(1, 4, 8))
    ]
    people = [user(name, team=dice.of("east", "west")) for name in PAYEES]
    plan = _plan(dice)
    if not bounded:
        plan["components"].pop("best", None)
        for component in plan["components"].values():
            component.pop("cap", None)
    return {"user": people, "opportunity": deals}, rules(comp_plans=json.dumps({"p": plan}), only=())


def _plan(dice: SizeDice) -> Written:
    credit = {"source": "opportunity", "where": [{"field": "is_won", "is": "true"}], "time": "close_date"}
    tables = {
        name: {"by": ["type"], "rows": {"New": dice.rate(6), "Renewal": dice.rate(6)}}
        for name in ("by_type", "by_kind")
    }
    amount = dice.of("amount", "amount / 7", f"amount * {dice.rate()}", f"amount * {dice.rate()} * {dice.rate()}")
    sold = {
        "credits": ["sales"],
        "over": dice.of("month", "quarter", "year"),
        "target": dice.of(dice.money(), "base_pay"),
    }
    components = {f"c{number}": _component(dice) for number in range(dice.of(1, 2, 3))}
    if dice.chance(0.3):
        components["best"] = {"kind": dice.of("greater_of", "lesser_of"), "of": ["c0", f"{dice.rate()} * sold / 3"]}
    return {
        "label": "P",
        "effective_from": dice.of("2017-01-01", "2017-01-10"),
        "eligible": {},
        "period": dice.of("month", "quarter", "year"),
        "values": {"low": dice.rate(6), "lift": "1.234567"},
        "tables": tables,
        "pay": {"base": dice.money(), "target": dice.money()},
        "rounding": {
            "places": dice.of("0", "2", "4"),
            "mode": dice.of("half_up", "half_even", "down", "up"),
            "at": dice.of("component", "component", "transaction", "total"),
        },
        "credits": {"sales": credit, "part": credit | {"amount": amount}},
        "measures": {
            "sold": sold,
            "parts": {"credits": ["part"], "over": sold["over"]},
            "mixed": {"weighted": [{"measure": "sold", "weight": dice.rate(6)}, {"measure": "sold", "weight": "0.5"}]},
        },
        "components": components,
    }


def _component(dice: SizeDice) -> Written:
    kinds = (_rate, _tiers, _tiers, _tiers, _mixed, _mixed, _curve, _pool, _amount)
    component: Written = dice.of(*kinds)(dice)
    if component["kind"] != "pool" and dice.chance(0.4):
        factors = [dice.of(dice.rate(), "lift", "1 + low", "sold.attainment") for _ in range(dice.of(1, 2))]
        component["multipliers"] = {"combine": dice.of("product", "sum"), "factors": factors}
    if dice.chance(0.2):
        over = dice.of("interval", "pay_period", "year")
        component[dice.of("cap", "floor")] = {
            "amount": dice.of(dice.money(), f"{dice.rate()} * target_pay"),
            "over": over,
        }
    if component["kind"] != "pool" and dice.chance(0.2):
        component["when"] = [{"measure": dice.of("sold", "mixed"), "at_least": dice.rate(), "of": "attainment"}]
        component["otherwise"] = dice.rate(6)
    return component


def _row_rate(dice: SizeDice) -> str:
    return str(
        dice.of(dice.rate(), "low", "low * lift / 3", "by_type", "by_type", "by_kind", f"by_type * {dice.rate()}")
    )


def _rate(dice: SizeDice) -> Written:
    over = dice.of({}, {"over": "transaction"})
    return {"kind": "rate", "on": dice.of("sales", "part"), "rate": _row_rate(dice), **over}


def _place(dice: SizeDice) -> tuple[Written, list[str]]:
    of = dice.of("attainment", "attainment", "value")
    bounds = dice.bounds(of_value=of == "value")
    placed = {"by": "sold", "of": of, "on": dice.of("sales", "sales", "part"), "bound": dice.of("lower", "upper")}
    return {"kind": "tiers", **placed}, bounds


def _tiers(dice: SizeDice) -> Written:
    component, bounds = _place(dice)
    reading = component["reading"] = dice.of(*READINGS)
    if reading in {"step", "interpolated_amount"}:
        tiers = [{"from": bound, "amount": dice.of("0", dice.money())} for bound in bounds]
    else:
        tiers = [{"from": bound, "rate": _row_rate(dice)} for bound in bounds]
    if reading == "transaction":
        component["placed"] = dice.of("after", "before")
    if reading.startswith("interpolated"):
        component["beyond"] = dice.of("flat", "line")
    return component | {"tiers": tiers}


def _mixed(dice: SizeDice) -> Written:
    component, bounds = _place(dice)
    readings = ("marginal", "whole", "interpolated_rate", "interpolated_rate")
    tiers = [{"from": bound, "reading": dice.of(*readings), "rate": _row_rate(dice)} for bound in bounds]
    tiers[-1]["reading"] = dice.of("marginal", "interpolated_rate")
    return component | {"tiers": tiers}


def _curve(dice: SizeDice) -> Written:
    points = [{"at": at, "pays": dice.rate(6)} for at in dice.bounds(of_value=False)]
    ends = {"below": dice.of("nothing", "flat", "line"), "beyond": dice.of("flat", "line")}
    return {"kind": "curve", "by": dice.of("sold", "mixed"), "of": "attainment", "points": points, **ends}


def _pool(dice: SizeDice) -> Written:
    amount = dice.of(dice.money(), f"{dice.rate()} * total(sold)")
    return {"kind": "pool", "amount": amount, "shared_by": dice.of("1", "sold", "parts"), "among": "plan"}


def _amount(dice: SizeDice) -> Written:
    formulas = (
        f"max(sold * {dice.rate()} * {dice.rate()}, {dice.rate()})",
        f"(sold - {dice.money()}) * low * lift / 7",
        f"sold * sold / ({dice.money()} + abs(sold))",
        f"if(sold.attainment >= {dice.rate()}, target_pay * sold.attainment, base_pay / 3)",
    )
    return {"kind": "amount", "amount": dice.of(*formulas), "over": dice.of("quarter", "year")}
