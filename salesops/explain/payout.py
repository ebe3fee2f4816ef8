"""Why somebody is paid what they are: their components, recomputed by the engine and read from it number by number.

`explain_payout` computes what it takes; `told_payout` reads a computation that was told to keep it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from config.checks.comp_plans.closing import looks_at_others
from config.comp_plans.paid import paid_components
from salesops.describe.letter import tell
from salesops.describe.model import Point
from salesops.describe.pays import paid as said_of_components
from salesops.explain.payout_columns import told_columns
from salesops.explain.payout_credits import told_credits
from salesops.explain.payout_model import ComponentTold, EntryTold
from salesops.explain.payout_parts import lines_of, reckoned
from salesops.explain.payout_rows import ReadRows, read_rows
from salesops.incentives.crediting.credits import pays_on, with_paid_on
from salesops.sql import quoted, text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime

    from config.comp_plans import Assignment, CompPlan
    from salesops.basis import Basis
    from salesops.explain.payout_columns import Columns
    from salesops.explain.payout_credits import Event
    from salesops.explain.payout_model import CreditTold, Reckoned
    from salesops.facts import Facts
    from salesops.incentives.states.states import Program
    from salesops.rules import Rules


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose pay is explained (their e-mail for what is agreed with them), in which pay periods, by which comp plans."""

    payee_id: str
    email: str
    periods: frozenset[str]
    comp_plans: frozenset[str]


def explain_payout(
    facts: Facts, rules: Rules, as_of: datetime, wanted: Wanted
) -> tuple[tuple[ComponentTold, ...], tuple[str, ...]]:
    """What each component of the comp plans earns the payee in the pay periods, and why, in the order of the files; and
    notes of what comes to nothing.

    `rules` are those of the figures that are explained, whole: they decide where periods begin. Only the comp plans
    asked for are computed, and those that they are paid on; one that looks at nobody else for the payee alone.
    """
    from salesops.basis import build_basis
    from salesops.engine import Engine
    from salesops.incentives.pay import keep_pay
    from salesops.metrics.compute import compute_metrics
    from salesops.results import METRICS

    needed = with_paid_on(rules, wanted.comp_plans)
    with Engine() as engine:
        basis = build_basis(engine, facts, rules, as_of)
        plans = {name: plan for name, plan in rules.comp_plans.items() if name in needed}
        basis = replace(basis, rules=replace(rules, comp_plans=plans))
        used = {each.metric for plan in plans.values() for each in plan.measures.values() if each.metric}
        metrics = compute_metrics(basis, frozenset(used))[0] if used else METRICS.empty_table()
        credited = {other for name in plans for other in pays_on(basis.rules, name)}
        for name, plan in plans.items():
            if name not in credited and not looks_at_others(plan):
                _narrow(basis, name, wanted.payee_id)
        told = Told()
        programs = keep_pay(basis, metrics, told.tell)
        return told_payout(basis, programs, told, wanted), tuple(_notes(basis, programs, wanted))


def _notes(basis: Basis, programs: list[Program], wanted: Wanted) -> Iterable[str]:
    """What comes to nothing by the comp plans asked for: for the payee, or for whoever these were computed for."""
    from salesops.incentives.notes.none_notes import none_notes
    from salesops.incentives.notes.notes import target_notes
    from salesops.incentives.output import read_measures

    for each in programs:
        if each.name in wanted.comp_plans:
            yield from (note.text for note in none_notes(basis, each))
            yield from (note.text for note in target_notes(basis, each.name, read_measures(basis, each)))


class Told:
    """What was told of each program, for `keep_pay`."""

    def __init__(self) -> None:
        self.columns: dict[str, Columns] = {}

    def tell(self, program: Program) -> Iterable[str]:
        self.columns[program.name] = told_columns(program)
        return self.columns[program.name].names


def told_payout(basis: Basis, programs: Iterable[Program], told: Told, wanted: Wanted) -> tuple[ComponentTold, ...]:
    """What the programs, kept with `told.tell`, say of the payee."""
    found: list[ComponentTold] = []
    for program in sorted(programs, key=lambda each: each.name):
        if program.name in wanted.comp_plans:
            rows = read_rows(basis, program, told.columns[program.name], wanted.payee_id)
            found += _components(basis, program, told.columns[program.name], rows, wanted)
    return tuple(found)


def _narrow(basis: Basis, name: str, payee_id: str) -> None:
    """Leaves one payee on the comp plan."""
    from salesops.incentives.frame.stretches import build_stretches, stretches_table

    build_stretches(basis, name)
    table, one = stretches_table(name), f"{stretches_table(name)} of one"
    basis.engine.keep_rows(one, f"SELECT * FROM {quoted(table)} WHERE payee_id = {text(payee_id)}")
    basis.engine.drop(table)
    basis.engine.keep_rows(table, f"SELECT * FROM {quoted(one)}")


def _components(
    basis: Basis, program: Program, columns: Columns, rows: ReadRows, wanted: Wanted
) -> Iterable[ComponentTold]:
    plan, rules = program.plan, basis.rules
    own = _assigned(rules, program.name, plan, wanted.email)
    said = _said(rules, program, own)
    paid = paid_components(plan)
    for name in (*plan.components, *(each for each in ("cap", "floor") if each in program.totals.amounts)):
        component = plan.components.get(name)
        made = (
            {}
            if component is None
            else told_credits(basis, program.name, name, _with_values(plan, own), wanted.payee_id)
        )
        entries = tuple(_entries(columns, rows, name, wanted.periods, made))
        if component is None:
            if entries:
                yield _of_plan(rules, program, name, entries)
            continue
        intervals = tuple(_as_agreed(each, own) for each in reckoned(columns, rows, name, wanted.periods))
        if intervals or entries:
            yield ComponentTold(
                comp_plan=program.name,
                component=name,
                label=said[name][0],
                kind=component.kind,
                says=said[name][1],
                currency=plan.pays_in(rules.currency),
                is_paid=name in paid,
                path=("components", name),
                lines=tuple(lines_of(plan, component)),
                intervals=intervals,
                entries=entries,
            )


def _of_plan(rules: Rules, program: Program, name: str, entries: tuple[EntryTold, ...]) -> ComponentTold:
    """What the comp plan's own cap or floor takes or gives."""
    bound = getattr(program.plan, name)
    over = (program.plan.period if bound.over in {"interval", "pay_period"} else bound.over).replace("_", " ")
    most = "most" if name == "cap" else "least"
    return ComponentTold(
        comp_plan=program.name,
        component=name,
        label=name.capitalize(),
        kind=name,
        says=f"All components together are worth at {most} {bound.amount} in each {over}.",
        currency=program.plan.pays_in(rules.currency),
        is_paid=True,
        path=(name,),
        lines=(),
        intervals=(),
        entries=entries,
    )


def _with_values(plan: CompPlan, own: Assignment | None) -> CompPlan:
    """The comp plan with the numbers of its values that are agreed with the payee."""
    return plan if own is None else plan.model_copy(update={"values": {**plan.values, **own.values}})


def _entries(
    columns: Columns, rows: ReadRows, name: str, periods: Collection[str], made: Mapping[Event, CreditTold]
) -> Iterable[EntryTold]:
    component = columns.program.plan.components.get(name)
    by: str | None = getattr(component, "by", None)
    if component is not None:
        by = columns.program.worths.setting(name).grouped_by or by
    for earned in rows.earned.get(name, ()):
        if earned.period not in periods or not (earned.amount or earned.credit):
            continue
        state = earned.state if earned.source else {}
        tier = columns.read(state, name, "tier")
        yield EntryTold(
            day=earned.day,
            period=earned.period,
            source=earned.source,
            id=earned.id,
            opportunity_id=earned.opportunity_id,
            credit=earned.credit,
            tier=None if tier is None else int(tier),
            rate=columns.own_rate(name, state) if state else None,
            measure=columns.read(state, "measure", by, "value") if by and state else None,
            amount=earned.amount,
            made=made.get((earned.day, earned.source, earned.id)) if earned.credit else None,
        )


def _said(rules: Rules, program: Program, own: Assignment | None) -> Mapping[str, tuple[str, str]]:
    """What a letter to the payee calls each component, and says of it."""
    plan = program.plan
    told = tell(plan, "en", rules.currency, own)
    points = [each for each in said_of_components(told, {}).said if isinstance(each, Point)]
    return {name: (point.name, point.text) for name, point in zip(plan.components, points, strict=True)}


def _as_agreed(interval: Reckoned, own: Assignment | None) -> Reckoned:
    """The same, where targets that are agreed with the payee are said to be."""
    targets = own.targets if own is not None else {}
    measures = (
        replace(each, target_is="individual") if each.measure in targets else each for each in interval.measures
    )
    return replace(interval, measures=tuple(measures))


def _assigned(rules: Rules, name: str, plan: CompPlan, email: str) -> Assignment | None:
    """What is agreed with the payee for the comp plan, the last of it."""
    known = {name, *plan.named}
    return next((each for each in reversed(rules.payees.get(email.lower(), ())) if each.comp_plan in known), None)
