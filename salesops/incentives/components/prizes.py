"""Prizes: what the first places by a measure have, at the end of its interval."""

from __future__ import annotations

from fractions import Fraction
from itertools import accumulate
from typing import TYPE_CHECKING

from salesops.exact import WHOLE
from salesops.incentives.components.gates import gates_met
from salesops.incentives.numbers import compare, rounded_rational
from salesops.rational import MILLIONTH, NONE, Rational, chosen, constant, minus, over, times
from salesops.sql import cast, quoted, text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from config.comp_plans import Prizes
    from salesops.incentives.components.setting import Setting

_ZERO = constant(Fraction(0))


def prizes_worth(setting: Setting, component: Prizes) -> Rational:
    """The prize of a payee's place among those who meet its gates and are above 0, 0 of any other; in the pay period in
    which the interval ends, and nothing before. They are placed by the measure to 12 places.

    Who stand the same share the prizes of the places that they take, rounded so that they add up: by payee id, each
    gets what the shares up to theirs come to less what those before do.
    """
    if component.places == "teams":
        return _of_teams(setting, component)
    fold = setting.fold
    looked_at = rounded_rational(setting.measures.looked_at(component.by, component.of, paid=False), 12)
    met = gates_met(component, setting.measures, setting.scope)
    placing = fold.number(f"placing in {setting.name}", chosen(f"{met} AND {_ends(setting)}", looked_at, NONE).above)
    among = "period, team" if component.among == "team" else "period"
    takes_part = f"{placing} > 0"

    def counted(label: str, sql: str) -> str:
        counts = f"CASE WHEN {takes_part} THEN {sql} END"
        return fold.window(f"{label} in {setting.name}", cast(counts, WHOLE), cast("NULL", WHOLE))

    place = counted("place", f"rank() OVER (PARTITION BY {among} ORDER BY {placing} DESC NULLS LAST)")
    tied = counted("tied", f"count(*) OVER (PARTITION BY {among}, {placing})")
    turn = counted("turn", f"row_number() OVER (PARTITION BY {among}, {placing} ORDER BY payee_id)")
    return chosen(takes_part, _of_place(setting, component, place, tied, turn), _ZERO)


def _of_place(setting: Setting, component: Prizes, place: str, tied: str, turn: str) -> Rational:
    """What who is at a place has, of so many that stand the same, in turn."""
    if component.ties == "each":
        return Rational(MILLIONTH, _looked_up(component.prizes, place))
    to_date = [*accumulate(component.prizes)]
    before, all_ = (_looked_up(to_date, at, beyond=to_date[-1]) for at in (f"{place} - 1", f"{place} + {tied} - 1"))
    whole = setting.column("prizes of", Rational(MILLIONTH, f"({all_} - {before})"))
    return _part(setting, "prizes", whole, turn, tied)


def _part(setting: Setting, label: str, whole: Rational, turn: str, among: str) -> Rational:
    """An equal part of an amount, rounded so that the parts add up to it."""
    rounding = setting.plan.rounding
    ends = [
        setting.column(
            f"{label} {end}",
            rounded_rational(times(whole, over(_count(sql), _count(among))), rounding.places, rounding.mode),
        )
        for end, sql in (("up to", turn), ("before", f"({turn} - 1)"))
    ]
    return minus(*ends)


def _of_teams(setting: Setting, component: Prizes) -> Rational:
    """The same of teams: what a member has of the prize of theirs. They are placed by what their members come to
    together, over the sum of their targets where it is by attainment; each of these counts with 12 places.

    Members are those on the comp plan on its last day in the interval, by the team that they have then. Who misses a
    gate counts for the team, and has nothing.
    """
    fold, measures, by_team = setting.fold, setting.measures, "PARTITION BY period, team"
    is_member = fold.window(f"member in {setting.name}", _is_member(setting), "FALSE")

    def window(label: str, condition: str, sql: str) -> str:
        counts = f"CASE WHEN {condition} THEN {sql} END"
        return fold.window(f"{label} in {setting.name}", cast(counts, WHOLE), cast("NULL", WHOLE))

    def summed(label: str, each: Rational) -> Rational:
        twelve = rounded_rational(chosen(is_member, each, NONE), 12)
        own = fold.number(f"{label} of a member in {setting.name}", twelve.above)
        return Rational(twelve.scale, window(f"{label} of the team", is_member, f"sum({own}) OVER ({by_team})"))

    placed_by = summed("value", measures.value(component.by))
    if component.of == "attainment" or (component.of is None and measures.has_target(component.by)):
        goal = summed("target", measures.target(component.by))
        placed_by = chosen(compare(goal, ">", _ZERO), over(placed_by, goal), NONE)
    placing = fold.number(f"placing in {setting.name}", rounded_rational(placed_by, 12).above)
    takes_part = f"coalesce({placing} > 0, FALSE)"

    # One row stands for each team, so that places count teams; then each member is told what it found.
    first = window("first of the team", takes_part, f"row_number() OVER ({by_team}, {takes_part} ORDER BY payee_id)")
    stands = f"coalesce({first} = 1, FALSE)"
    found = {
        "place": f"rank() OVER (PARTITION BY period, {stands} ORDER BY {placing} DESC)",
        "tied": f"count(*) OVER (PARTITION BY period, {stands}, {placing})",
        "turn": f"row_number() OVER (PARTITION BY period, {stands}, {placing} ORDER BY team)",
    }
    place, tied, turn = (
        window(label, takes_part, f"max({window(f'{label} of the first', stands, sql)}) OVER ({by_team})")
        for label, sql in found.items()
    )
    prize = _of_place(setting, component, place, tied, turn)
    has = fold.window(
        f"has part in {setting.name}", f"{takes_part} AND {gates_met(component, measures, setting.scope)}", "FALSE"
    )
    if component.team_prize == "each":
        return chosen(has, prize, _ZERO)
    count = cast(has, "BIGINT")
    sharing = window("sharing", takes_part, f"sum({count}) OVER ({by_team})")
    own_turn = window("own turn", takes_part, f"sum({count}) OVER ({by_team} ORDER BY payee_id)")
    whole = setting.column("prize of the team", prize)
    return chosen(has, _part(setting, "prize of a member", whole, own_turn, sharing), _ZERO)


def _is_member(setting: Setting) -> str:
    """Whether the payee is in a team, and on the comp plan on its last day in an interval that ends."""
    last = quoted(f"{setting.kind} ends")
    if setting.plan.effective_until is not None:
        last = f"least({last}, {cast(text(setting.plan.effective_until.isoformat()), 'DATE')})"
    return f"({_ends(setting)} AND coalesce(team, '') <> '' AND {quoted('cell_ends')} >= {last})"


def _ends(setting: Setting) -> str:
    """Whether the interval ends with the pay period; one over all time with the comp plan."""
    end = quoted(f"{setting.kind} ends")
    if setting.kind == "all_time" and setting.plan.effective_until is not None:
        end = cast(text(setting.plan.effective_until.isoformat()), "DATE")
    return f"period_ends >= {end}"


def _count(column: str) -> Rational:
    return Rational(Fraction(1), column)


def _looked_up(amounts: Sequence[Decimal], place: str, beyond: Decimal | None = None) -> str:
    """The amount of a place, from 1, in millionths, as SQL; 0 of what is before the first, `beyond` behind the last."""
    listed = "".join(f" WHEN {number} THEN {int(amount.scaleb(6))}" for number, amount in enumerate(amounts, 1))
    last = 0 if beyond is None else int(beyond.scaleb(6))
    return cast(f"CASE WHEN {place} < 1 THEN 0 ELSE CASE {place}{listed} ELSE {last} END END", WHOLE)
