"""What an admin would want to know of comp plans: nobody is on one, or somebody has credits and no target."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.comp_plans import Curve, Tiers
from salesops.incentives.stretches import build_stretches, stretches_table
from salesops.results import Note
from salesops.sql import quoted, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from config.comp_plans import CompPlan
    from salesops.basis import Basis


def pay_notes(basis: Basis, measures: pa.Table) -> Iterator[Note]:
    """The notes of each comp plan; `measures` are what they come to (`salesops.results.MEASURES`)."""
    if not basis.rules.comp_plans:
        return
    basis.engine.load("measures of pay", measures)
    for name, plan in sorted(basis.rules.comp_plans.items()):
        build_stretches(basis, name)
        [people] = basis.engine.fetch(f"SELECT count(*) AS n FROM {quoted(stretches_table(name))}")["n"].to_pylist()
        if not people:
            yield Note("warning", f"comp plan {name}: nobody is on it, so it pays nobody.")
        yield from _without_target(basis, name, plan)


def _without_target(basis: Basis, name: str, plan: CompPlan) -> Iterator[Note]:
    """Payees who have something of a measure that places them by attainment, and nothing to hold it against."""
    placed = {
        component.by
        for component in plan.components.values()
        if isinstance(component, Tiers | Curve) and component.of != "value"
    }
    for measure in sorted(placed):
        held = plan.measures[measure]
        if held.target is None or held.if_no_target is not None:
            continue
        rows = basis.engine.fetch(
            'SELECT count(DISTINCT payee_id) AS payees FROM "measures of pay"'
            f" WHERE comp_plan = {text(name)} AND measure = {text(measure)} AND value <> 0"
            " AND coalesce(target, 0) <= 0"
        )
        [payees] = rows["payees"].to_pylist()
        if payees:
            who = "1 payee has" if payees == 1 else f"{payees:,} payees have"
            yield Note(
                "warning",
                f"comp plan {name}: {who} {measure} in a period without a target of it, or without one above 0. By its"
                " attainment they earn nothing there.",
            )
