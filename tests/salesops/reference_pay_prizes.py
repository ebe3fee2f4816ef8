"""Prizes: contests between payees, and between teams."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import reference_pay_components as components
from reference_pay_formulas import rounded
from reference_pay_measures import attainment, target_at, value
from reference_pay_plan import paid_over

from config.comp_plans import Prizes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from reference_pay_book import Book, Row

    from config.comp_plans import CompPlan


def prizes(book: Book, name: str, row: Row) -> Fraction:
    """The prize of a payee's place, or of their team's, in the pay period in which the interval ends."""
    component = book.plan.components[name]
    assert isinstance(component, Prizes)
    if not _is_over(book, name, row):
        return Fraction(0)
    if component.places == "teams":
        return _of_team(book, name, component, row)
    others = [each for each in book.closes(row) if component.among == "plan" or each.cell.on.team == row.cell.on.team]
    placed = {each.payee: _placing(book, name, component, each) for each in others}
    return _of_place(book.plan, component, placed, row.payee)


def _of_place(plan: CompPlan, component: Prizes, placed: Mapping[str, Fraction | None], who: str) -> Fraction:
    """The prize of the place of one of many, by what they are placed by; None of who has no such number. Who is not
    above 0 has no place."""
    own = placed.get(who)
    if own is None or own <= 0:
        return Fraction(0)
    first = sum(each is not None and each > own for each in placed.values())
    tied = [each for each, of in placed.items() if of == own]
    amounts = [Fraction(each) for each in component.prizes]
    if component.ties == "each":
        return amounts[first] if first < len(amounts) else Fraction(0)
    return _divided(plan, sum(amounts[first : first + len(tied)], Fraction(0)), tied, who)


def _divided(plan: CompPlan, whole: Fraction, among: Iterable[str], who: str) -> Fraction:
    """An equal part of an amount, rounded so that all parts add up to it, in the order of names."""
    names = sorted(among)
    turn = names.index(who)
    lower, upper = (
        rounded(whole * part / len(names), plan.rounding.places, plan.rounding.mode) for part in (turn, turn + 1)
    )
    return upper - lower


def _of_team(book: Book, name: str, component: Prizes, row: Row) -> Fraction:
    """What a payee has of the prize of the team in which they are when the interval ends."""
    teams: dict[str, list[Row]] = {}
    for each in book.closes(row):
        if each.cell.on.team and each.cell.ends == _end(book, name, each):
            teams.setdefault(each.cell.on.team, []).append(each)
    team = row.cell.on.team
    if row not in teams.get(team or "", []) or not components.gates_met(book, name, row, None):
        return Fraction(0)
    assert team is not None
    placed = {each: _of_members(book, component, members) for each, members in teams.items()}
    prize = _of_place(book.plan, component, placed, team)
    if component.team_prize == "each":
        return prize
    sharing = [each.payee for each in teams[team] if components.gates_met(book, name, each, None)]
    return _divided(book.plan, prize, sharing, row.payee)


def _end(book: Book, name: str, row: Row) -> date:
    """The day after the last one of the interval on which the comp plan holds."""
    ends = row.cell.spans[paid_over(book.plan, name)].end
    return ends if book.plan.effective_until is None else min(ends, book.plan.effective_until)


def _of_members(book: Book, component: Prizes, members: list[Row]) -> Fraction | None:
    """What a team is placed by, to 12 places, as what its members have; None where nobody in it has such a number."""
    values = [found for each in members if (found := value(book, component.by, each)) is not None]
    if not values:
        return None
    whole = sum((rounded(each, 12, "half_up") for each in values), Fraction(0))
    if _is_by_attainment(book, component):
        goals = [target_at(book, component.by, each) for each in members]
        goal = sum((rounded(each, 12, "half_up") for each in goals if each is not None), Fraction(0))
        if goal <= 0:
            return None
        whole /= goal
    return rounded(whole, 12, "half_up")


def _is_over(book: Book, name: str, row: Row) -> bool:
    """Whether the interval of the component ends with the pay period, one of all time with the comp plan."""
    kind, period_ends = paid_over(book.plan, name), row.cell.spans[book.plan.period].end
    if kind == "all_time":
        return book.plan.effective_until is not None and period_ends >= book.plan.effective_until
    return period_ends >= row.cell.spans[kind].end


def _placing(book: Book, name: str, component: Prizes, row: Row) -> Fraction | None:
    """What a payee is placed by, to 12 places; None of who misses a gate, or has no such number."""
    if not components.gates_met(book, name, row, None):
        return None
    found = (attainment if _is_by_attainment(book, component) else value)(book, component.by, row)
    return None if found is None else rounded(found, 12, "half_up")


def _is_by_attainment(book: Book, component: Prizes) -> bool:
    return component.of == "attainment" or (
        component.of is None and book.plan.measures[component.by].target is not None
    )
