"""The whole computation: facts and rules at an as-of time in, results out. The only door into the engine.

Importing this module loads Ibis and DuckDB, most of a second; import it where a computation is about to run.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from config.used_metrics import metrics_of_measures, metrics_of_pay
from salesops.basis import build_basis
from salesops.engine import Engine, NumberTooLarge
from salesops.incentives.notes.notes import pay_notes
from salesops.incentives.pay import compute_pay
from salesops.largest import largest_number
from salesops.metrics.compute import compute_metrics
from salesops.notes import compute_notes, read_by_notes
from salesops.people import people_of
from salesops.quotas.attainment import compute_attainment
from salesops.results import ATTAINMENT, TERRITORIES, Results
from salesops.reuse import metrics_for
from salesops.rules import read_sources
from salesops.territories.assign import compute_territories

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date, datetime

    from salesops.basis import Basis
    from salesops.facts import Facts
    from salesops.rules import Rules

__all__ = ["Kept", "NumberTooLarge", "compute"]


@dataclass(frozen=True, slots=True)
class Kept:
    """Metrics whose values stand from an earlier computation, as long as periods begin with the same day."""

    metrics: frozenset[str]
    since: date


def compute(
    facts: Facts,
    rules: Rules,
    as_of: datetime,
    kept: Kept | None = None,
    *,
    settling: bool = False,
    estimated: bool = True,
    tiers_in: str = "",
) -> Results:
    """Everything the rules say about the facts at an aware as-of time; without the metrics that are `kept`, with
    `settling` also what payment is reckoned from, with `estimated` also what open opportunities would earn; and tiers
    as they stand in the pay period `tiers_in`.

    `facts` holds a table for each object, with at least the columns of `needed_columns`; an object without a table
    has no rows. Neither their order nor that of the rules changes a result. Raises RuleError for a rule that cannot
    be computed, NumberTooLarge where an amount leaves the range of exact decimals.
    """
    with Engine() as engine:
        basis = build_basis(engine, facts, rules, as_of)
        try:
            return _compute(basis, kept, settling=settling, estimated=estimated, tiers_in=tiers_in)
        except NumberTooLarge as error:
            engine.resume()
            raise NumberTooLarge(f"{error} {largest_number(basis)}".strip()) from error


def _compute(whole: Basis, kept: Kept | None, *, settling: bool, estimated: bool, tiers_in: str) -> Results:
    engine, rules = whole.engine, whole.rules
    since = min(period.start for period in whole.periods)
    stand = kept.metrics & rules.metrics.keys() if kept and kept.since == since else frozenset[str]()
    of_measures = metrics_of_measures(rules.comp_plans)
    stand -= of_measures  # what is earned is computed each time
    computed = frozenset(rules.metrics.keys() - stand)
    basis = _narrowed(whole, computed) if stand else whole
    attainment = compute_attainment(basis)
    metrics, partial = compute_metrics(basis, computed)
    pay = compute_pay(
        basis, _of_metrics(metrics, of_measures), settling=settling, estimated=estimated, tiers_in=tiers_in
    )
    return Results(
        metrics=metrics,
        partial=partial,
        attainment=engine.read(attainment, ATTAINMENT),
        territories=engine.read(compute_territories(basis), TERRITORIES),
        credits=pay.credits,
        measures=pay.measures,
        earnings=pay.earnings,
        settling=pay.settling,
        tiers=pay.tiers,
        notes=(
            *compute_notes(replace(basis, rules=rules), people_of(basis)),
            *pay.notes,
            *pay_notes(basis, pay.measures),
        ),
        computed=computed,
        kept=stand,
        since=since,
    )


def _of_metrics(values: pa.Table, names: Collection[str]) -> pa.Table:
    """The values of these metrics."""
    if not names:
        return values.slice(0, 0)
    return values.filter(pc.is_in(values["metric"].cast(pa.string()), pa.array(sorted(names), pa.string())))


def _narrowed(basis: Basis, names: Collection[str]) -> Basis:
    """The basis for these metrics, quotas, comp plans and notes: no field is worked out that nothing of it reads."""
    of_quotas = {quota.metric for quota in basis.rules.quotas.values()}
    of_pay = metrics_of_pay(basis.rules.comp_plans)
    rules = replace(basis.rules, metrics=metrics_for({*names, *of_quotas, *of_pay}, basis.rules))
    reads = {name: frozenset(fields) for name, fields in read_sources(rules).items()}
    for name, fields in read_by_notes(basis).items():
        reads[name] = reads.get(name, frozenset()) | fields
    return replace(basis, rules=rules, reads=reads)
