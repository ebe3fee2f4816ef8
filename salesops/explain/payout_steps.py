"""The way from credit to what a component is worth to date, number by number."""

from __future__ import annotations

from decimal import Decimal, localcontext
from typing import TYPE_CHECKING

from config.comp_plans import Amount, Bonus, Curve, GreaterOf, Guarantee, LesserOf, Pool, Prizes, RatePay, Spif, Tiers
from config.comp_plans.components import gates_of
from config.comp_plans.paid import paid_components
from salesops.explain.payout_model import ZERO, Step
from salesops.incentives.components.modifiers import has_inner_factors, is_inner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from config.comp_plans import Component
    from config.yaml_text import Path
    from salesops.explain.payout_columns import Columns, Row
    from salesops.explain.payout_model import Unit
    from salesops.explain.payout_rows import ReadRows


def steps_of(columns: Columns, rows: ReadRows, row: Row, name: str) -> Iterator[Step]:
    """The steps at a state, in the order in which they are taken."""
    plan = columns.program.plan
    component, at = plan.components[name], ("components", name)
    setting = columns.program.worths.setting(name)
    credited = columns.read(row, name, "credited")
    if credited is not None and setting.own is not None:
        yield Step("credited to date", credited, "number", at)
    if not setting.is_each_alone and setting.group is None:
        yield from _of_kind(columns, rows, row, name, component)
        yield from _names(columns, row, name)
    bare = columns.read(row, name, "bare")
    if component.multipliers is not None or component.when or component.cap or component.floor:
        yield Step("comes to", bare, "money", at)
    if component.multipliers is not None and not setting.is_each_whole and not has_inner_factors(setting):
        for k, text in enumerate(component.multipliers.factors):
            factor = columns.read(row, name, "formula", "multipliers", "factors", k)
            yield Step(f"times {text}", factor, "number", (*at, "multipliers", "factors", k))
    outer = {k for k, condition in enumerate(component.when) if not is_inner(setting, condition)}
    if outer and not setting.is_each_whole and not isinstance(component, Pool | Prizes):
        paths = [path for path, _ in gates_of(component)]
        met = outer <= {path[1] for path in paths if columns.read(row, name, *path, "met") == 1}
        factor = Decimal(1) if met else component.otherwise or ZERO
        yield Step("all gates are met, times" if met else "a gate is not met, times", factor, "number", (*at, "when"))
    for key in ("cap", "floor"):
        if (bound := getattr(component, key)) is not None:
            over = "its interval" if bound.over == "interval" else f"each {bound.over.replace('_', ' ')}"
            most = "at most" if key == "cap" else "at least"
            yield Step(f"{most} in {over}", columns.read(row, name, key), "money", (*at, key))


def _of_kind(columns: Columns, rows: ReadRows, row: Row, name: str, component: Component) -> Iterator[Step]:
    match component:
        case RatePay() | Spif():
            yield from _rate(columns, row, name, component)
        case Guarantee():
            yield from _guarantee(columns, rows, row, name, component)
        case Pool():
            yield from _pool(columns, row, name)
        case Prizes():
            yield from _prizes(columns, row, name, component)
        case GreaterOf() | LesserOf():
            for k, text in enumerate(component.of):
                yield Step(text, columns.read(row, name, "part", k), "money", ("components", name, "of", k))
        case _:
            yield from _of_measure(columns, row, name, component)


def _formula(columns: Columns, row: Row, name: str, key: str, what: str, unit: Unit) -> Step:
    return Step(what, columns.read(row, name, "formula", key), unit, ("components", name, key))


def _rate(columns: Columns, row: Row, name: str, component: RatePay | Spif) -> Iterator[Step]:
    if isinstance(component, Spif) and component.at_most is not None:
        yield _formula(columns, row, name, "at_most", "of it at most", "number")
    if columns.program.worths.setting(name).has_numbers:
        bare = columns.read(row, name, "bare")
        yield Step("each transaction times its own rate", bare, "money", ("components", name))
    elif _has_changed(columns, row, name):
        bare = columns.read(row, name, "bare")
        yield Step("each transaction times the rate of its day", bare, "money", ("components", name))
    elif isinstance(component, RatePay):
        yield _formula(columns, row, name, "rate", "times the rate", "share")
    else:
        yield _formula(columns, row, name, "pays", "each pays", "money")


def _has_changed(columns: Columns, row: Row, name: str) -> bool:
    """Whether transactions were paid at rates of other days."""
    at_one_rate = (name, "at one rate") in columns.found and columns.read(row, name, "at one rate")
    return at_one_rate is not False and at_one_rate != columns.read(row, name, "bare")


def _of_measure(columns: Columns, row: Row, name: str, component: Component) -> Iterator[Step]:
    at: Path = ("components", name)
    match component:
        case Tiers():
            if (found := columns.read(row, name, "on the line")) is not None:
                readings = {each.reading or component.reading for each in component.tiers}
                unit: Unit = "share" if "interpolated_rate" in readings else "money"
                yield Step("on the line between the tiers", found, unit, (*at, "tiers"))
        case Curve():
            yield _formula(columns, row, name, "pay", "of", "money")
            yield Step("the share on the curve", columns.read(row, name, "share"), "share", (*at, "points"))
        case Bonus():
            yield _formula(columns, row, name, "pays", "pays", "money")
        case Amount():
            yield _formula(columns, row, name, "amount", component.amount, "money")


def _pool(columns: Columns, row: Row, name: str) -> Iterator[Step]:
    at: Path = ("components", name, "shared_by")
    yield _formula(columns, row, name, "amount", "the whole pool", "money")
    weight, weights = columns.read(row, name, "weight"), columns.read(row, name, "weights")
    yield Step("own weight", weight, "number", at)
    yield Step("all weights", weights, "number", at)
    if weight is not None and weights:
        with localcontext(prec=40):
            share = (weight / weights).quantize(Decimal("0.000000000001")).normalize()
        yield Step("share of the pool", share, "share", at)


def _prizes(columns: Columns, row: Row, name: str, component: Prizes) -> Iterator[Step]:
    is_of_teams, at = component.places == "teams", ("components", name, "by")
    if is_of_teams:
        is_share = component.of == "attainment" or (
            component.of is None and columns.program.measures.has_target(component.by)
        )
        what = "what the team has of its members' targets" if is_share else "what the team's members have together"
        yield Step(what, columns.read(row, name, "placing"), "share" if is_share else "number", at)
    yield Step("place of the team" if is_of_teams else "place", columns.read(row, name, "place"), "number", at)
    if (tied := columns.read(row, name, "tied")) is not None:
        who = "teams" if is_of_teams else "payees"
        yield Step(f"{who} that stand there", tied, "number", ("components", name, "ties"))
    if (sharing := columns.read(row, name, "sharing")) is not None:
        yield Step("members who share it", sharing, "number", ("components", name, "team_prize"))


def _guarantee(columns: Columns, rows: ReadRows, row: Row, name: str, component: Guarantee) -> Iterator[Step]:
    at: Path = ("components", name)
    share = columns.read(row, name, "share")
    if share not in {None, Decimal(1)}:
        yield Step("share of the pay period that is guaranteed", share, "share", (*at, "amount"))
    yield Step("guaranteed", columns.read(row, name, "guaranteed"), "money", (*at, "amount"))
    plan = columns.program.plan
    counted = component.of or tuple(
        each for each in paid_components(plan) if not isinstance(plan.components[each], Guarantee)
    )
    for each in counted:
        earned = [one.amount for one in rows.earned.get(each, ()) if one.period == row["period"]]
        yield Step(f"less what {each} earns", sum(earned, ZERO), "money", ("components", each))


def _names(columns: Columns, row: Row, name: str) -> Iterator[Step]:
    """What the names in its formulas stand for, each once."""
    seen = set()
    for key in columns.found:
        if key[:2] == (name, "name") and key[3] not in seen:
            seen.add(key[3])
            text = str(key[3])
            unit: Unit = "share" if text.endswith(".attainment") else "number"
            yield Step(f"where {text} is", columns.read(row, *key), unit, ("components", name, key[2]))
