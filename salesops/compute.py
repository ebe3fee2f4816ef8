"""The whole computation: facts and rules at an as-of time in, results out. The only door into the engine.

Importing this module loads Ibis and DuckDB, most of a second; import it where a computation is about to run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from salesops.basis import build_basis
from salesops.engine import Engine, NumberTooLarge
from salesops.incentives.credits import build_credits
from salesops.incentives.earnings import compute_earnings
from salesops.largest import largest_number
from salesops.metrics.compute import compute_metrics
from salesops.notes import compute_notes
from salesops.people import people_of
from salesops.quotas.attainment import compute_attainment
from salesops.results import ATTAINMENT, EARNINGS, TERRITORIES, Results
from salesops.territories.assign import compute_territories

if TYPE_CHECKING:
    from datetime import datetime

    from salesops.basis import Basis
    from salesops.facts import Facts
    from salesops.rules import Rules

__all__ = ["NumberTooLarge", "compute"]


def compute(facts: Facts, rules: Rules, as_of: datetime) -> Results:
    """Everything the rules say about the facts at an aware as-of time.

    `facts` holds a table for each object, with at least the columns of `needed_columns`; an object without a table
    has no rows. Neither their order nor that of the rules changes a result. Raises RuleError for a rule that cannot
    be computed, NumberTooLarge where an amount leaves the range of exact decimals.
    """
    with Engine() as engine:
        basis = build_basis(engine, facts, rules, as_of)
        try:
            return _compute(basis)
        except NumberTooLarge as error:
            raise NumberTooLarge(f"{error} {largest_number(basis)}".strip()) from error


def _compute(basis: Basis) -> Results:
    engine = basis.engine
    people, attainment = people_of(basis), compute_attainment(basis)
    credits_by_quota = build_credits(basis)
    earnings = compute_earnings(basis, people, attainment, credits_by_quota)
    metrics, partial = compute_metrics(basis)
    return Results(
        metrics=metrics,
        partial=partial,
        attainment=engine.read(attainment, ATTAINMENT),
        earnings=engine.read(earnings, EARNINGS),
        territories=engine.read(compute_territories(basis), TERRITORIES),
        notes=compute_notes(basis, people, attainment, credits_by_quota),
    )
