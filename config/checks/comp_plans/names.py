"""What formulas of a comp plan may name, by where they stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from config.checks.comp_plans.context import PAY
from config.checks.comp_plans.tables import has_field, is_of_rows
from config.comp_plans.formula import OF_MEASURES, Call, Name, names, parse_pay_formula, walk
from config.messages import did_you_mean
from config.project_folder import QUOTAS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from config.checks.comp_plans.context import Context
    from config.comp_plans.formula import Expression
    from config.problems import Problem
    from config.yaml_text import Path

RESERVED = frozenset(
    {"cap", "floor", "target_pay", "base_pay", "tenure", "credited", "share", "day", "level", "total"}
    | {"if", "and", "or", "not", "individual"}
)
"""Names that every comp plan has, and words of the formulas."""

MEASURED, PAID, STARTING, TARGET = "a measure", "a component", "what is there at the start", "a target"
EACH = "the most of each transaction"
"""Where a formula stands."""

_NOUNS = {
    MEASURED: "measure, value or table",
    PAID: "measure, component, value or table",
    STARTING: "value",
    TARGET: "quota or value",
    EACH: "value",
}
"""What a formula may name, for people."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a formula may name. `kind` is where it stands."""

    kind: str
    known: frozenset[str]
    measures: bool


def scope(context: Context, kind: str, *, of_credit: bool = False) -> Scope:
    """What formulas that stand here may name; `credited` only in components that are paid on a credit."""
    plan = context.comp_plan
    known = {*plan.values, *(["target"] if kind == EACH else PAY)}
    if kind in {MEASURED, PAID}:
        known |= {"tenure", "share", *plan.measures}
        known |= {name for name in plan.tables if not is_of_rows(context, name)}
    if kind == PAID:
        known |= plan.components.keys()
        known |= {"credited"} if of_credit else set()
    if kind == TARGET:
        known |= context.draft.names.get(QUOTAS, frozenset())
    return Scope(kind, frozenset(known), kind in {MEASURED, PAID})


def formula_problems(context: Context, text: str, path: Path, allowed: Scope) -> Iterator[Problem]:
    """Names in a formula that nothing defines, or that cannot stand there; each name once."""
    expression = parse_pay_formula(text)
    seen: set[str] = set()
    for name in names(expression):
        if name.name not in seen:
            seen.add(name.name)
            yield from _name_problems(context, name.name, path, allowed)
    for part in walk(expression):
        if isinstance(part, Call) and part.function in OF_MEASURES:
            yield from _call_problems(context, part, path, allowed)


def _name_problems(context: Context, name: str, path: Path, allowed: Scope) -> Iterator[Problem]:
    first, dot, rest = name.partition(".")
    if dot and allowed.measures and first in context.comp_plan.measures:
        yield from _part_of_measure(context, first, rest, path)
    elif name not in allowed.known and not _may_be_quota(context, name, allowed):
        yield context.error(path, *_unknown(context, name, allowed))


def _may_be_quota(context: Context, name: str, allowed: Scope) -> bool:
    """Whether a name in a target may be that of a quota which is not known here."""
    if allowed.kind != TARGET or QUOTAS not in context.draft.unreadable:
        return False
    return not ("." in name or name in RESERVED or name in context.comp_plan.tables)


def _part_of_measure(context: Context, measure: str, part: str, path: Path) -> Iterator[Problem]:
    if part not in {"attainment", "target"}:
        yield context.error(
            path,
            f"a measure has no {part}, in {measure}.{part}.",
            f"Write {measure}, {measure}.attainment or {measure}.target.",
        )
    elif not context.has_target(measure):
        yield context.error(
            path,
            f"{measure} has no target, so there is no {measure}.{part}.",
            f"Give it one: target: 100000, or name {measure}.",
        )


def _unknown(context: Context, name: str, allowed: Scope) -> tuple[str, str]:
    """(what is wrong, what to do) with a name that cannot stand in the formula."""
    plan = context.comp_plan
    if name in plan.credits and allowed.measures:
        sums = [each for each, measure in plan.measures.items() if name in measure.credits]
        instead = (
            f"Name the measure that adds it up: {sums[0]}." if sums else f"Add it up in a measure: credits: [{name}]."
        )
        return f"{name} is a credit, and {allowed.kind} looks at measures.", instead
    if name in plan.tables and allowed.measures:
        return (
            f"{name} is a table by what a transaction says, and {allowed.kind} looks at a payee.",
            "Take it where each transaction is looked at: in `rate` or `pays` of a component, or in the credit.",
        )
    if sources := [
        credit.source for credit in plan.credits.values() if credit.source and has_field(credit.source, name)
    ]:
        return (
            f"{name} is a field of {sources[0]}, and {allowed.kind} looks at a payee.",
            "Take it where each transaction is looked at: in `rate` or `pays` of a component, or in the credit.",
        )
    if name == "credited":
        return "credited is what a component is paid on, and this one is paid on no credit.", "Name a measure."
    if name in RESERVED and not allowed.measures:
        of_months = name == "tenure" and allowed.kind == TARGET
        ramp = " For the first months of a payee there is `ramp`." if of_months else ""
        return f"{name} cannot stand in {allowed.kind}.", f"It may name {_listed(allowed)}.{ramp}"
    kinds: dict[str, Collection[str]] = {"measure": plan.measures, "component": plan.components, "table": plan.tables}
    if what := next((what for what, known in kinds.items() if name.partition(".")[0] in known), None):
        return f"{name} is a {what}, and {allowed.kind} is not made of those.", f"It may name {_listed(allowed)}."
    return f"there is no {_NOUNS[allowed.kind]} {name}.", did_you_mean(name, allowed.known)


def _listed(allowed: Scope) -> str:
    if allowed.kind == EACH:
        return "values, and `target`, which is the measure's own"
    return "quotas, values, base_pay and target_pay" if allowed.kind == TARGET else "values, base_pay and target_pay"


def _call_problems(context: Context, call: Call, path: Path, allowed: Scope) -> Iterator[Problem]:
    argument = call.arguments[0]
    if not isinstance(argument, Name) or not allowed.measures:
        return
    measure = argument.name.partition(".")[0]
    if argument.name in allowed.known and measure not in context.comp_plan.measures:
        hint = did_you_mean(measure, context.comp_plan.measures) or "Define one."
        yield context.error(path, f"{call.function} is of a measure, and {argument.name} is none.", hint)


def measures_outside(expression: Expression, functions: frozenset[str]) -> set[str]:
    """The names that stand in the expression outside of calls of these functions."""
    inside = {
        argument
        for part in walk(expression)
        if isinstance(part, Call) and part.function in functions
        for argument in part.arguments
    }
    return {name.name.partition(".")[0] for name in names(expression) if name not in inside}
