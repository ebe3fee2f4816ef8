"""Explain: why a stored figure is what it is, from the store's records as of the time that it was computed as of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from config.metrics import DerivedMetric
from config.metrics.formula import OF_PERIODS, Call, parse_formula, walk
from config.metrics.parts import with_parts
from sync.asked import NAMED_GRAINS, NotKnown, check_key, check_pulled
from sync.compute import CLOCK_STEP
from sync.fiscal import crm_periods_of
from sync.kinds import with_kind
from sync.rules import build_rules
from sync.store.facts import read_facts
from sync.store.records import read_changed_at
from sync.store.results import read_computation
from sync.store.runs import read_run
from sync.store.store import parse_instant
from sync.used_metrics import computed_metrics

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    import pyarrow as pa

    from config.loader import Project
    from config.metrics.kinds import PeriodKind
    from salesops.calendar import Period
    from salesops.explain import Explanation
    from salesops.rules import Rules
    from sync.asked import Whose
    from sync.store.results import Computation
    from sync.store.store import Store


@dataclass(frozen=True, slots=True)
class Told:
    """An explanation, and whether the stored results say the same.

    `stored` is what they hold (None for no value), `differs` why that is another number, empty where it is the same or
    where the results do not hold the metric (`is_stored` False) or are of another time.
    """

    explanation: Explanation
    as_of: datetime
    is_stored: bool = False
    stored: Decimal | None = None
    differs: str = ""


def explain(
    project: Project,
    store: Store,
    connection: str,
    metric: str,
    whose: Whose,
    period: Period | None,
    as_of: datetime | None = None,
    *,
    examples: int,
) -> Told:
    """Why the metric is what it is for somebody in a period: as of the time of the stored results, or as given.

    NotKnown where nothing is pulled, or nothing computed and no time is given, or no figure of the grain has the key;
    NoFigure where the metric has no such number.
    """
    from salesops.explain import explaining

    moment = as_of or stored_as_of(store, connection)
    kind = None if period is None else period.kind
    rules, facts = narrowed(project, store, connection, metric, moment, kind)
    with explaining(facts, rules, moment, examples) as explainer:
        explanation = explainer.explain(metric, whose.grain, whose.key, period)
        if not explanation.is_there and whose.grain not in NAMED_GRAINS:
            keys = stored_keys(store, connection, whose.grain)
            if whose.key not in keys:
                keys |= {row["key"] for row in explainer.results.rows(metric, whose.grain).to_pylist()}
            check_key(metric, whose.grain, whose.key, keys)
    told = Told(explanation, moment)
    return _compared(project, store, connection, told, kind) if as_of is None else told


def stored_as_of(store: Store, connection: str) -> datetime:
    """The as-of time of the stored results; NotKnown where there are none."""
    check_pulled(store, connection)
    computation = read_computation(store, connection)
    if computation is None:
        raise NotKnown(f"nothing of {connection} is computed yet. Run `salesops compute`.")
    return parse_instant(computation.as_of)


def stored_keys(store: Store, connection: str, grain: str) -> set[str]:
    """The keys of a grain that any stored result has."""
    rows = store.rows("SELECT DISTINCT key FROM metric_value WHERE connection = ? AND grain = ?", (connection, grain))
    return {row["key"] for row in rows}


def narrowed(
    project: Project, store: Store, connection: str, metric: str, as_of: datetime, kind: PeriodKind | None
) -> tuple[Rules, Mapping[str, pa.Table]]:
    """The rules that decide a metric, in periods of a kind as well where one is given, and the facts that they need.

    Records that changed since the results were computed are taken back to the as-of time; so they are where the results
    were of a time past when they were computed. Else records are taken as that computation took them.
    """
    from salesops.explain import rules_for

    check_pulled(store, connection)
    rules = build_rules(project, crm_periods_of(project, store))
    computed = computed_metrics(project)
    if metric in computed and _looks_back(rules, metric):  # where its first period begins, all metrics decide
        rules = replace(rules, metrics=computed)
    else:
        rules = rules_for(rules, metric)
    if kind is not None:
        rules = replace(rules, metrics=with_kind(metric, kind, rules.metrics, rules.parameters))
    return rules, facts_as_of(store, connection, rules, as_of)


def facts_as_of(store: Store, connection: str, rules: Rules, as_of: datetime) -> Mapping[str, pa.Table]:
    """The facts that rules need, as `narrowed` takes them."""
    from salesops.rules import needed_columns

    back = None if _is_as_computed(store, connection, as_of) else as_of
    return read_facts(store, connection, needed_columns(rules, back))


def _looks_back(rules: Rules, metric: str) -> bool:
    """Whether a formula in the metric looks at another period."""
    made_of = (rules.metrics[each] for each in with_parts([metric], rules.metrics, rules.parameters))
    return any(
        isinstance(part, Call) and part.function in OF_PERIODS
        for each in made_of
        if isinstance(each, DerivedMetric)
        for part in walk(parse_formula(each.formula))
    )


def _is_as_computed(store: Store, connection: str, as_of: datetime) -> bool:
    """Whether the records are still those of the stored results, which were then taken as they stood."""
    computation = read_computation(store, connection)
    if computation is None or parse_instant(computation.as_of) != as_of or _changed(store, connection, computation):
        return False
    run = read_run(store, computation.run_id)
    return run is not None and parse_instant(run.started_at) - as_of <= CLOCK_STEP


def _changed(store: Store, connection: str, computation: Computation) -> bool:
    """Whether a pull changed records after the results were computed."""
    changed_at = read_changed_at(store, connection)
    return changed_at is not None and changed_at > computation.computed_at


def _compared(project: Project, store: Store, connection: str, told: Told, kind: PeriodKind | None) -> Told:
    """The same, with what the stored results say."""
    figure = told.explanation.figure
    rows = store.rows(
        "SELECT value FROM metric_value WHERE connection = ? AND metric = ? AND grain = ? AND key = ? AND period = ?",
        (connection, figure.metric, figure.grain, figure.key, figure.period),
    )
    computation = read_computation(store, connection)
    if computation is None or not holds_metric(project, store, connection, figure.metric, kind):
        return told
    stored = Decimal(rows[0]["value"]) if rows and rows[0]["value"] is not None else None
    value = told.explanation.value if told.explanation.is_there else None
    told = replace(told, is_stored=True, stored=stored)
    if value == stored:
        return told
    return replace(told, differs=why_differs(project, store, connection, computation))


def why_differs(project: Project, store: Store, connection: str, computation: Computation) -> str:
    """Why what is computed now is something else than what is stored."""
    if computation.rules != project.digest:
        return "the project's files changed since"
    if _changed(store, connection, computation):
        return "records changed since, and not everything is known about how they stood"
    return "nothing that we know of changed since: please report it"


def holds_metric(project: Project, store: Store, connection: str, metric: str, kind: PeriodKind | None = None) -> bool:
    """Whether the stored results hold the metric, in periods of a kind where one is given: they have a row of it, or it
    is computed with every run by rules that have not changed since."""
    if kind is not None and kind not in project.metrics[metric].periods:
        return False
    rows = store.rows("SELECT 1 FROM metric_value WHERE connection = ? AND metric = ? LIMIT 1", (connection, metric))
    if rows:
        return True
    computation = read_computation(store, connection)
    return computation is not None and computation.rules == project.digest and metric in computed_metrics(project)
