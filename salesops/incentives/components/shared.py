"""Guarantees and pools: what looks at all that is paid in a pay period, or at all payees."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from config.comp_plans import Guarantee
from config.comp_plans.paid import paid_components
from salesops.exact import WHOLE
from salesops.incentives.components.gates import gates_met
from salesops.incentives.frame.guarantees import guaranteed_share
from salesops.incentives.numbers import compare, number, rounded_rational
from salesops.rational import Rational, chosen, constant, greatest, minus, over, plus, times
from salesops.sql import cast, quoted

if TYPE_CHECKING:
    from collections.abc import Callable

    from config.comp_plans import Pool
    from salesops.incentives.components.setting import Setting
    from salesops.incentives.scope import Scope

_ZERO = constant(Fraction(0))


def guarantee_scope(setting: Setting) -> Scope:
    """What the amount of a guarantee may name: pay in it is that of a full pay period."""
    return replace(setting.scope, in_full=True)


def guaranteed(setting: Setting, component: Guarantee) -> tuple[Rational, Rational]:
    """The share of the amount that is guaranteed in the pay period, none where nothing is, and that much of it."""
    share = quoted(guaranteed_share(setting.name))
    part = Rational(Fraction(1), share, quoted(f"{guaranteed_share(setting.name)} below"))
    return part, times(number(component.amount, guarantee_scope(setting).resolve, setting.fold.hold), part)


def guarantee_worth(setting: Setting, component: Guarantee, paid_so_far: Callable[[str], Rational]) -> Rational:
    """What is missing to what is guaranteed in the pay period."""
    plan = setting.plan
    share, least = guaranteed(setting, component)
    counted = component.of or tuple(
        name for name in paid_components(plan) if not isinstance(plan.components[name], Guarantee)
    )
    paid = _ZERO
    for name in counted:
        paid = plus(paid, paid_so_far(name))
    missing = greatest((minus(setting.column("guaranteed by", least), paid), _ZERO))
    return chosen(f"NOT {share.is_none}", missing, _ZERO)


def pool_worth(setting: Setting, component: Pool) -> Rational:
    """Each payee's share of the whole, rounded so that the shares add up to it: by payee id, each gets what the shares
    up to theirs come to less what those before do. Weights are held to 12 places."""
    rounding, fold = setting.plan.rounding, setting.fold
    met = gates_met(component, setting.measures, setting.scope)
    weight = rounded_rational(setting.number(component.shared_by), 12)
    counted = f"{met} AND {compare(weight, '>', _ZERO)}"
    column = fold.rational(f"weight in {setting.name}", chosen(counted, weight, _ZERO)).above
    if weight.number is not None:
        column = fold.number(f"weight in {setting.name} ", cast(f"CASE WHEN {counted} THEN 1 ELSE 0 END", WHOLE))
    among = "period, team" if component.among == "team" else "period"
    up_to = f"sum({column}) OVER (PARTITION BY {among} ORDER BY payee_id ROWS UNBOUNDED PRECEDING)"
    sums = {"up to": up_to, "before": f"{up_to} - {column}", "all": f"sum({column}) OVER (PARTITION BY {among})"}
    up, before, all_ = (
        Rational(Fraction(1), fold.window(f"{label} in {setting.name}", cast(sql, WHOLE), cast("NULL", WHOLE)))
        for label, sql in sums.items()
    )
    whole = setting.column("whole of", setting.number(component.amount))
    ends = [
        setting.column(
            f"share {label}", rounded_rational(times(whole, over(part, all_)), rounding.places, rounding.mode)
        )
        for label, part in (("up to", up), ("before", before))
    ]
    return minus(*ends)
