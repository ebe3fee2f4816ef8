"""What changes by dice after pay periods were closed: late facts, other comp plans, and people who leave or do not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from random_payment_facts import DAY
from random_payment_plans import random_plan, set_payment

if TYPE_CHECKING:
    from random_payment_facts import Facts

    from salesops.calendar import Period

HOW = ("lost", "moved", "owner changed", "component changed", "amount below 0", "counted twice", "amount changed")


def change_facts(facts: Facts, period: Period) -> None:
    """What was earned before is gone, of another day, owner, component or amount; or more of it comes to be known."""
    dice, earnings = facts.dice, facts.tables["earnings"]
    always = dice.of(*earnings) if earnings else None
    for row in list(earnings):
        if row is not always and not dice.chance(0.15):
            continue
        how = dice.of(*HOW)
        facts.what[how] += 1
        if how == "lost":
            earnings.remove(row)
        elif how == "moved":
            to = dice.of(*facts.until(period))
            row |= {"period": to.name, "day": to.start + dice.number(6) * DAY}
        elif how == "owner changed":
            row["payee_id"] = dice.of(*facts.payees)
        elif how == "component changed":
            row["component"] = dice.of("a", "b")
        elif how == "amount below 0":
            row["amount"] = -row["amount"]
        elif how == "counted twice":
            earnings.append(dict(row))
        else:
            row["amount"] = facts.amount()
    if dice.chance(0.3):
        facts.earn(dice.of(*facts.periods))
        facts.what["late"] += 1


def change_plans(facts: Facts, number: int, period: Period) -> None:
    """Comp plans are edited, renamed, followed by others, or taken out of the project for good."""
    dice, plans = facts.dice, facts.plans
    if dice.chance(0.08):
        set_payment(dice, plans[dice.of(*plans)])
        facts.what["payment edited"] += 1
    if dice.chance(0.12):
        _rename(facts, dice.of(*plans), f"{dice.of('n', 's')}{number}")
    if dice.chance(0.08):
        _follow(facts, dice.of(*plans), f"{dice.of('a', 't')}{number}", period)
    if len(plans) > 1 and dice.chance(0.06):
        del plans[dice.of(*plans)]
        facts.what["comp plan taken out"] += 1
    plan = plans[dice.of(*plans)]
    if "unit" not in plan and dice.chance(0.1):
        plan["currency"] = dice.of("USD", "EUR")
        facts.what["currency of comp plan edited"] += 1


def change_people(facts: Facts, period: Period) -> None:
    """Who leaves, or was said to and does not; and who was on another comp plan for some time already."""
    dice = facts.dice
    for payee in facts.payees:
        if payee in facts.leaves:
            if dice.chance(0.4):
                del facts.leaves[payee]
                facts.what["leave date cleared"] += 1
        elif dice.chance(0.08):
            last = dice.of(*facts.until(period)[-4:])
            facts.leaves[payee] = last.start + dice.number((last.end - last.start).days) * DAY
            facts.what["leave date set"] += 1
    if len(facts.plans) > 1 and dice.chance(0.25):
        since = dice.of(*facts.until(period)[-4:])
        _transfer(facts, dice.of(*facts.payees), since)


def _rename(facts: Facts, old: str, to: str) -> None:
    """A comp plan has another name from now on, in all that is known."""
    facts.plans[to] = facts.plans.pop(old)
    for rows in facts.tables.values():
        for row in rows:
            if row["comp_plan"] == old:
                row["comp_plan"] = to
    facts.what["comp plan renamed"] += 1


def _follow(facts: Facts, old: str, to: str, period: Period) -> None:
    """Another comp plan, with other rules, takes the place of one from a pay period on."""
    facts.plans[to] = random_plan(facts.dice, facts.kind)
    later = {each.name for each in facts.periods if each.start >= period.start}
    for name in ("earnings", "steps", "presence"):
        for row in facts.tables[name]:
            if row["comp_plan"] == old and row["period"] in later:
                row["comp_plan"] = to
    facts.tables["events"] += [row | {"comp_plan": to} for row in facts.tables["events"] if row["comp_plan"] == old]
    facts.what["comp plan replaced"] += 1


def _transfer(facts: Facts, payee: str, since: Period) -> None:
    """A payee turns out to be on another comp plan since some pay period, and to have earned everything there."""
    old, to = facts.dice.random.sample(list(facts.plans), 2)
    later = {each.name for each in facts.periods if each.start >= since.start}
    mine = [row for row in facts.tables["presence"] if row["payee_id"] == payee]
    there = {row["period"] for row in mine if row["comp_plan"] == to}
    for name in ("earnings", "steps", "presence"):
        for row in list(facts.tables[name]):
            if (row["payee_id"], row["comp_plan"]) == (payee, old) and row["period"] in later:
                if name == "presence" and row["period"] in there:
                    facts.tables[name].remove(row)
                row["comp_plan"] = to
    units = {facts.plans[name].get("unit") or facts.plans[name]["currency"] for name in (old, to)}
    facts.what["payee on another comp plan" + (", in another currency" if len(units) > 1 else "")] += 1
