"""The check that nothing is divided by 0."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.checks.comp_plans.cycles import formulas_of
from config.comp_plans.formula import parse_pay_formula
from config.comp_plans.tables import Steps
from config.constants import zero_divisions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from config.checks.comp_plans.context import Context
    from config.comp_plans import CompPlan
    from config.problems import Problem
    from config.yaml_text import Path


def check_divisions(context: Context) -> Iterator[Problem]:
    """Formulas that divide by what is always 0, whatever the values of a payee."""
    for path, text in places_of_formulas(context.comp_plan):
        for summary, detail in zero_divisions(text, parse_pay_formula(text), {}):
            yield context.error(path, summary, detail)


def places_of_formulas(plan: CompPlan) -> Iterator[tuple[Path, str]]:
    """(path inside the comp plan, text) of each formula."""
    for name, table in plan.tables.items():
        yield from (
            (("tables", name, "by", number, "of"), axis.of)
            for number, axis in enumerate(table.by)
            if isinstance(axis, Steps)
        )
    for part, keys in _KEYS.items():
        for name, held in getattr(plan, part).items():
            yield from (((part, name, key), text) for key in keys if (text := getattr(held, key, None)) is not None)
    for name, credit in plan.credits.items():
        yield from ((("credits", name, "multipliers", number), text) for number, text in enumerate(credit.multipliers))
    for name, component in plan.components.items():
        yield from ((("components", name, *inner), text) for inner, text in formulas_of(component))
    for key, bound in (("cap", plan.cap), ("floor", plan.floor)):
        if bound is not None:
            yield (key, "amount"), bound.amount


_KEYS = {
    "credits": ("time", "amount", "share"),
    "measures": ("formula", "starts_with", "target", "each_at_most"),
}
"""The keys of credits and measures that hold one formula."""
