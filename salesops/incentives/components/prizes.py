"""Prizes: what the first places by a measure have, at the end of its interval."""

from __future__ import annotations

from fractions import Fraction
from itertools import accumulate
from typing import TYPE_CHECKING

from salesops.exact import WHOLE
from salesops.incentives.components.gates import gates_met
from salesops.incentives.numbers import rounded_rational
from salesops.rational import MILLIONTH, NONE, Rational, chosen, constant, minus, over, times
from salesops.sql import cast, quoted, text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from config.comp_plans import Prizes
    from salesops.incentives.components.setting import Setting

_ZERO = constant(Fraction(0))


def prizes_worth(setting: Setting, component: Prizes) -> Rational:
    """The prize of a payee's place among those who meet its gates, 0 of any other; in the pay period in which the
    interval ends, and nothing before. They are placed by the measure to 12 places.

    Who stand the same share the prizes of the places that they take, rounded so that they add up: by payee id, each
    gets what the shares up to theirs come to less what those before do.
    """
    fold, rounding = setting.fold, setting.plan.rounding
    looked_at = rounded_rational(setting.measures.looked_at(component.by, component.of, paid=False), 12)
    met = gates_met(component, setting.measures, setting.scope)
    placing = fold.number(f"placing in {setting.name}", chosen(f"{met} AND {_ends(setting)}", looked_at, NONE).above)
    among = "period, team" if component.among == "team" else "period"

    def counted(label: str, sql: str) -> str:
        counts = f"CASE WHEN {placing} IS NOT NULL THEN {sql} END"
        return fold.window(f"{label} in {setting.name}", cast(counts, WHOLE), cast("NULL", WHOLE))

    place = counted("place", f"rank() OVER (PARTITION BY {among} ORDER BY {placing} DESC NULLS LAST)")
    if component.ties == "each":
        return Rational(MILLIONTH, _looked_up(component.prizes, place))
    tied = counted("tied", f"count(*) OVER (PARTITION BY {among}, {placing})")
    turn = counted("turn", f"row_number() OVER (PARTITION BY {among}, {placing} ORDER BY payee_id)")
    to_date = [*accumulate(component.prizes)]
    before, all_ = (_looked_up(to_date, at, beyond=to_date[-1]) for at in (f"{place} - 1", f"{place} + {tied} - 1"))
    whole = setting.column("prizes of", Rational(MILLIONTH, f"({all_} - {before})"))
    ends = [
        setting.column(
            f"prizes {label}",
            rounded_rational(times(whole, over(_count(sql), _count(tied))), rounding.places, rounding.mode),
        )
        for label, sql in (("up to", turn), ("before", f"({turn} - 1)"))
    ]
    return chosen(f"{placing} IS NOT NULL", minus(*ends), _ZERO)


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
