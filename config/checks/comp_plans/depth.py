"""The check that what measures and components are made of is not too deep to be reckoned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.checks.comp_plans.cycles import circles
from config.checks.comp_plans.divisions import places_of_formulas
from config.comp_plans.formula import names, parse_pay_formula
from config.comp_plans.intervals import made_of
from config.expressions import depth

if TYPE_CHECKING:
    from collections.abc import Iterator

    from config.checks.comp_plans.context import Context
    from config.problems import Problem

_MOST = 300
_LINK = 4  # what it takes to go from one formula to the next, in levels of a formula


def check_depth(context: Context) -> Iterator[Problem]:
    """The first measure or component whose formulas lead too far from one to the next."""
    plan = context.comp_plan
    known = {**dict.fromkeys(plan.components, "components"), **dict.fromkeys(plan.measures, "measures")}
    own = dict.fromkeys(known, _LINK)
    leads: dict[str, set[str]] = {name: {*made_of(plan, name)} if name in plan.measures else set() for name in known}
    for path, text in places_of_formulas(plan):
        if path[0] in {"measures", "components"}:
            name, expression = str(path[1]), parse_pay_formula(text)
            own[name] = max(own[name], depth(expression) + _LINK)
            leads[name] |= {each.name.partition(".")[0] for each in names(expression)} & known.keys()
    if circles({name: tuple(leads[name]) for name in known}):
        return
    levels, before = own, None
    while levels != before and max(levels.values(), default=0) <= _MOST:
        before = levels
        levels = {name: own[name] + max((before[each] for each in leads[name]), default=0) for name in known}
    for name, part in known.items():
        if levels[name] > _MOST:
            yield context.error(
                (part, name),
                "is made of others, and these of others, too many in a row to be reckoned.",
                "Say it in fewer steps.",
            )
            return
