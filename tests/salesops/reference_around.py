"""What a formula sees from one place and period: other metrics there, in other periods, and at other places."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

from reference_formulas import Around

from config.metrics.kinds import COMPANY
from salesops.calendar import ALL_TIME

if TYPE_CHECKING:
    from collections.abc import Callable

    from reference_formulas import Value
    from reference_world import World

    from salesops.calendar import Period

Place = tuple[str, str, str]
"""Grain, key and period."""


def around(world: World, of: list[str], places: set[Place], place: Place) -> Around:
    """What a formula of the metrics `of` sees at one of its places."""
    from reference_metrics import is_now, over, over_nothing, table

    grain, key, name = place
    period = None if name == ALL_TIME else named(world, name)

    def value(part: str, at: Place) -> Value:
        if at in table(world, part):
            return table(world, part)[at].value
        return over_nothing(world, part, is_now=is_now(world, at[2]))

    def at(part: str, other: Period | None) -> Value:
        return None if other is None else value(part, (grain, key, other.name))

    def to_date(part: str, other: Period | None) -> Value:
        if period is None or other is None:
            return None
        last = other.end - timedelta(days=1)
        if is_now(world, name):
            last = min(last, other.start + (world.today - period.start))
        found = over(world, world.rules.metrics[part], other.start, last)
        return found[grain, key].value if (grain, key) in found else over_nothing(world, part, is_now=True)

    def among(part: str, keep: Callable[[str], bool]) -> list[Value]:
        return [value(part, at) for at in places if at[0] == grain and at[2] == name and keep(at[1])]

    def team_mates(part: str) -> list[Value] | None:
        team = _team(world, key) if grain == "user" else None
        return among(part, lambda other: _team(world, other) == team) if team else None

    return Around(
        parameters=_parameters(world, world.today if period is None else period.start),
        values={part: value(part, place) for part in of},
        others=lambda part: among(part, lambda _: True),
        team_mates=team_mates,
        before=lambda part: at(part, period and period_before(world, period)),
        to_date_before=lambda part: to_date(part, period and period_before(world, period)),
        year_before=lambda part: at(part, period and year_before(world, period)),
        to_date_year_before=lambda part: to_date(part, period and year_before(world, period)),
        company=lambda part: value(part, (COMPANY, "", name)),
    )


def _parameters(world: World, day: date) -> dict[str, Value]:
    """The numbers that are in force on a day."""
    numbers = {name: each.on(day) for name, each in world.rules.parameters.items()}
    return {name: None if number is None else Fraction(number) for name, number in numbers.items()}


def _team(world: World, user: str) -> str | None:
    return (world.user(user) or {}).get("team") or None


def named(world: World, name: str) -> Period:
    return next(each for periods in world.periods.values() for each in periods if each.name == name)


def period_before(world: World, period: Period) -> Period | None:
    """The period of the kind that ends where this one starts, None before the first that is computed."""
    return next((each for each in world.periods[period.kind] if each.end == period.start), None)


def year_before(world: World, period: Period) -> Period | None:
    """The period of the same kind and number in the year before, None where it is not computed or there is none."""
    return next((each for each in world.periods[period.kind] if _is_year_before(world, each, period)), None)


def _is_year_before(world: World, earlier: Period, period: Period) -> bool:
    if period.kind == "day":
        a, b = earlier.start, period.start
        return (a.year + 1, a.month, a.day) == (b.year, b.month, b.day)
    if period.kind == "week" and not world.rules.fiscal_year.has_weeks:
        (year, week, _), (this, number, _) = earlier.start.isocalendar(), period.start.isocalendar()
        return (year + 1, week) == (this, number)
    start, this_start = (_year_start(world, each.start) for each in (earlier, period))
    if start is None or this_start is None or _year_start(world, this_start - timedelta(days=1)) != start:
        return False
    return _number(world, earlier, start) == _number(world, period, this_start)


def _year_start(world: World, day: date) -> date | None:
    return next((year.start for year in world.rules.calendar.periods("year", day, day)), None)


def _number(world: World, period: Period, year: date) -> int:
    """Which of its kind a period is among those that begin in its year, the first being 1."""
    found = world.rules.calendar.periods(period.kind, year, period.start)
    return sum(each.start >= year for each in found)
