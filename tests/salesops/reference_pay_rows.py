"""What names stand for in a formula over a transaction: its fields in the comp plan's currency, values, tables."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from reference_conditions import as_number, as_text
from reference_pay_formulas import Names, evaluate, look_up
from reference_pay_time import DAY, interval
from reference_rows import MONEY, _currency
from reference_world import EARLIEST, LATEST, nearest

from config.comp_plans.formula import Call, Name, parse_pay_formula
from config.sources import find_field
from salesops.rates import NoRate

if TYPE_CHECKING:
    from datetime import date

    from reference_pay_people import OnDay
    from reference_world import Row as Record
    from reference_world import World

    from config.comp_plans.formula import Expression


def day_of(world: World, source: str, row: Record, time: str | None) -> date | None:
    """The local day that a field says, or the latest (none where one is missing) or the earliest of several."""
    return _day(world, source, row, parse_pay_formula(str(time)))


def _day(world: World, source: str, row: Record, parsed: Expression) -> date | None:
    if isinstance(parsed, Name):
        moment = world.time(source, row, parsed.name)
        day = None if moment is None else world.day(moment)
        return day if day is not None and EARLIEST <= day <= LATEST else None
    assert isinstance(parsed, Call)
    days = [_day(world, source, row, each) for each in parsed.arguments]
    there = [day for day in days if day is not None]
    if parsed.function == "if_none":
        return there[0] if there else None
    if parsed.function == "max":
        return max(there) if len(there) == len(days) else None
    return min(there, default=None)


def names_of(
    world: World, name: str, source: str, row: Record, day: date, on: OnDay | None, level: int | None
) -> Names:
    """What names stand for in a formula over a row that counts on a day, for a payee or for all the same."""
    plan = world.rules.comp_plans[name]
    values = dict(on.values) if on is not None else {each: Fraction(number) for each, number in plan.values.items()}

    def number(each: str) -> Fraction | None:
        if each == "level":
            return None if level is None else Fraction(level)
        if each in plan.tables:
            return look_up(plan.tables[each], names)
        return values[each] if each in values else field_number(world, name, source, row, each, day)

    def text(path: str) -> str | None:
        if path == "level":
            return None if level is None else str(level)
        value = world.get(source, row, path)
        return None if value is None else as_text(value)

    def moment(path: str) -> date | None:
        return day if path == "day" else day_of(world, source, row, path)

    names = Names(number, moment, text, lambda *_: None)
    return names


def field_number(world: World, name: str, source: str, row: Record, path: str, day: date) -> Fraction | None:
    """A field as a number, money in the comp plan's currency at the rate of the day that the plan says."""
    value, of, record = world.walk(source, row, path)
    number = as_number(value)
    if number is None or record is None or find_field(source, path).field not in MONEY:
        return number
    rate = rate_of(world, name, _currency(world, of, record) or world.rules.currency, day)
    return None if rate is None else number * rate


def rate_of(world: World, name: str, currency: str, day: date) -> Fraction | None:
    """How many units of the comp plan's currency one of another is, for what counts on a day; None without a rate."""
    to = world.rules.comp_plans[name].currency or world.rules.currency
    if currency == to:
        return Fraction(1)
    try:
        return nearest(Fraction(world.rates.convert(Decimal(1), currency, to, _rate_day(world, name, day))), 12)
    except NoRate:
        return None


def _rate_day(world: World, name: str, day: date) -> date:
    plan = world.rules.comp_plans[name]
    if plan.rate_date == "plan_start":
        return plan.effective_from
    period = interval(world.rules.calendar, plan.period, day, day)
    return {"credit": day, "period_start": period.start, "period_end": period.end - DAY}[plan.rate_date]


def row_number(
    world: World,
    name: str,
    formula: str,
    source: str,
    row: Record,
    day: date,
    on: OnDay,
    level: int | None,
) -> Fraction | None:
    """What a rate comes to for a row, half up to 12 places."""
    number = evaluate(formula, names_of(world, name, source, row, day, on, level))
    return None if number is None else nearest(number, 12)
