"""Cases computed: as many in one pass of the engine as do not mix, and what came of each.

Importing this module loads Ibis and DuckDB.
"""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from salesops.basis import build_basis
from salesops.cases.ask import ask
from salesops.cases.build import build_given
from salesops.cases.closing import as_known, closed, is_closed_by_period
from salesops.cases.judge import came_of, differences
from salesops.cases.model import Verdict
from salesops.cases.passes import passes
from salesops.cases.story import story_of
from salesops.cases.uncredited import not_on_any, uncredited
from salesops.engine import Engine, NumberTooLarge
from salesops.incentives.notes.notes import pay_notes
from salesops.incentives.pay import keep_pay, read_pay
from salesops.metrics.compute import compute_metrics
from salesops.results import METRICS
from salesops.rules import RuleError
from salesops.sql import names, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from salesops.basis import Basis
    from salesops.cases.build import Given
    from salesops.cases.judge import Came, Intervals
    from salesops.cases.model import Setup
    from salesops.incentives.states.states import Program


def run_cases(setups: Sequence[Setup]) -> list[Verdict]:
    """What came of each case, in their order."""
    found: dict[int, Verdict] = {}
    for numbers in passes(setups):
        began = perf_counter()
        verdicts = _run([setups[number] for number in numbers])
        share = (perf_counter() - began) / len(numbers)
        found |= {number: replace(each, seconds=share) for number, each in zip(numbers, verdicts, strict=True)}
    return [found[number] for number in range(len(setups))]


def _run(setups: list[Setup]) -> list[Verdict]:
    """What came of cases of one pass. Where that breaks off, halves of it are tried, to see which cases it is."""
    try:
        verdicts = _computed(setups)
    except (RuleError, NumberTooLarge) as error:
        if len(setups) == 1:
            return [Verdict(fault=str(error))]
        half = len(setups) // 2
        return [*_run(setups[:half]), *_run(setups[half:])]
    if len(setups) == 1:
        return verdicts
    return [verdict if verdict.holds else _run([setup])[0] for setup, verdict in zip(setups, verdicts, strict=True)]


def _computed(setups: list[Setup]) -> list[Verdict]:
    """What came of cases of one pass; why one that does not hold does not is said of one that is alone in it."""
    found = compute_together(setups)
    if len(setups) > 1:
        return [Verdict(differences(setup, came)) for setup, (came, _) in zip(setups, found, strict=True)]
    return [_verdict(setups[0], *found[0])]


def compute_together(setups: list[Setup]) -> list[tuple[Came, tuple[str, ...]]]:
    """What came of cases that one pass computes, each with the notes of the pass; of one alone also why transactions
    are credited to nobody."""
    given = build_given([as_known(setup, setup.day) for setup in setups])
    with Engine() as engine:
        basis = build_basis(engine, given.facts, given.rules, given.as_of)
        programs = keep_pay(basis, _metric_values(basis, given))
        pay = read_pay(basis, programs)
        asked = [ask(basis, programs, setup, prefix) for setup, prefix in zip(setups, given.prefixes, strict=True)]
        intervals = _intervals(basis, programs) if len(setups) == 1 else {}
        came = [
            came_of(setup, pay, prefix, more, intervals)
            for setup, prefix, more in zip(setups, given.prefixes, asked, strict=True)
        ]
        notes = [note.text for note in (*pay.notes, *pay_notes(basis, pay.measures))]
        if len(setups) == 1 and is_closed_by_period(setups[0]):
            came = [replace(came[0], ledger=tuple(closed(setups[0]).to_pylist()))]
        if len(setups) == 1:
            notes += [*uncredited(basis, setups[0], came[0]), *not_on_any(basis, setups[0])]
    return [(each, tuple(notes)) for each in came]


def _intervals(basis: Basis, programs: Iterable[Program]) -> Intervals:
    """What tells the intervals of each event of a pass apart."""
    found: dict[tuple[str, str, date, str | None, str | None], dict[str, Any]] = {}
    for program in programs:
        listed = dict.fromkeys(("payee_id", "day", "source", "id", "period", *program.frame.kinds))
        rows = basis.engine.fetch(f"SELECT {names(listed)} FROM {quoted(f'pay states {program.name}')}").to_pylist()
        found |= {(program.name, row["payee_id"], row["day"], row["source"], row["id"]): row for row in rows}
    return found


def _verdict(setup: Setup, came: Came, notes: tuple[str, ...]) -> Verdict:
    differing = differences(setup, came)
    return Verdict(differing, story_of(setup, came, differing), notes) if differing else Verdict()


def _metric_values(basis: Basis, given: Given) -> pa.Table:
    """The values of the metrics that measures take: those that cases give, else those of the facts."""
    said = set(given.metrics["metric"].to_pylist())
    plans = given.rules.comp_plans.values()
    others = {each.metric for plan in plans for each in plan.measures.values() if each.metric} - said
    if not others:
        return given.metrics
    computed, _ = compute_metrics(basis, others)
    return pa.concat_tables([given.metrics, computed.cast(METRICS)]).combine_chunks()
