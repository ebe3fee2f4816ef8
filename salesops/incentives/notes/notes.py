"""What an admin would want to know of comp plans: nobody is on one, or somebody has credits and no target."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from config.checks.comp_plans.cycles import formulas_of
from config.comp_plans import Curve, Prizes, Tiers
from config.comp_plans.components import gates_of
from config.comp_plans.formula import names, parse_pay_formula
from config.comp_plans.tables import Steps
from salesops.incentives.frame.stretches import build_stretches, stretches_table, target_measures
from salesops.results import Note
from salesops.sql import quoted, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from config.comp_plans import CompPlan
    from salesops.basis import Basis

_USERS = pa.schema({"id": pa.string(), "email": pa.string()})
_NAMED = 3
"""So many payees are named in a note."""


def pay_notes(basis: Basis, measures: pa.Table) -> Iterator[Note]:
    """The notes of each comp plan, which has been computed; `measures` are what came of them
    (`salesops.results.MEASURES`)."""
    if not basis.rules.comp_plans:
        return
    for name in sorted(basis.rules.comp_plans):
        build_stretches(basis, name)
        [people] = basis.engine.fetch(f"SELECT count(*) AS n FROM {quoted(stretches_table(name))}")["n"].to_pylist()
        if not people:
            yield Note("warning", f"comp plan {name}: nobody is on it, so it pays nobody.")
        yield from target_notes(basis, name, measures)


def said_of(basis: Basis, found: Sequence[dict[str, Any]]) -> str:
    """How many payees, the first of them by e-mail, and since when: of rows of `payee_id` and `since`, in order.

    `2 payees (ann@example.com, bob@example.com) since 2026-Q1`.
    """
    ids = [row["payee_id"] for row in found[:_NAMED]]
    users = basis.users.filter(basis.users["id"].isin(ids)).select("id", "email")
    emails = {row["id"]: row["email"] for row in basis.engine.read(users, _USERS).to_pylist()}
    listed = ", ".join([*(emails.get(each) or each for each in ids), *["…"] * (len(found) > _NAMED)])
    return f"{'1 payee' if len(found) == 1 else f'{len(found):,} payees'} ({listed}) since {found[0]['since']}"


def target_notes(basis: Basis, name: str, measures: pa.Table) -> Iterator[Note]:
    """Payees of a comp plan who have something of a measure whose attainment is looked at, and nothing to hold it
    against; a note for each measure."""
    basis.engine.load("measures of pay", measures)
    plan = basis.rules.comp_plans[name]
    targets = target_measures(basis.rules, name)
    for measure in sorted(_by_attainment(plan, targets)):
        if plan.measures[measure].if_no_target is not None:
            continue
        found = basis.engine.fetch(
            "SELECT payee_id, arg_min(period, period_ends) AS since, min(period_ends) AS first"
            ' FROM "measures of pay" JOIN'
            f" (SELECT DISTINCT period, period_ends FROM {quoted(f'pay cells {name}')}) USING (period)"
            f" WHERE comp_plan = {text(name)} AND measure = {text(measure)} AND value <> 0"
            " AND coalesce(target, 0) <= 0 GROUP BY payee_id ORDER BY first, payee_id"
        ).to_pylist()
        if found:
            yield Note(
                "warning",
                f"comp plan {name}, measure {measure}: no target above 0 for {said_of(basis, found)}, who "
                f"{'has' if len(found) == 1 else 'have'} credit in it. By its attainment nothing is paid there: give "
                "them a target, by a quota or under `payees`, or write `if_no_target`.",
            )


def _by_attainment(plan: CompPlan, targets: Sequence[str]) -> set[str]:
    """The measures with targets whose attainment a component, a gate, a score or a formula looks at."""
    found = {each.measure for measure in plan.measures.values() for each in measure.weighted}
    texts = [measure.formula for measure in plan.measures.values() if measure.formula is not None]
    for component in plan.components.values():
        if isinstance(component, Tiers | Curve | Prizes) and component.of != "value":
            found.add(component.by)
        found |= {gate.measure for _, gate in gates_of(component) if gate.of != "value"}
        texts += [formula for _, formula in formulas_of(component)]
    texts += [axis.of for table in plan.tables.values() for axis in table.by if isinstance(axis, Steps)]
    named = {each.name for formula in texts for each in names(parse_pay_formula(formula))}
    found |= {each for each in targets if f"{each}.attainment" in named}
    return found & {*targets}
