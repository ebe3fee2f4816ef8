"""Cases computed: as many in one pass of the engine as do not mix, and what came of each.

Importing this module loads Ibis and DuckDB.
"""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING

import pyarrow as pa

from salesops.basis import build_basis
from salesops.cases.ask import ask
from salesops.cases.build import build_given
from salesops.cases.judge import came_of, differences
from salesops.cases.model import Verdict
from salesops.cases.passes import passes
from salesops.cases.story import story_of
from salesops.cases.uncredited import uncredited
from salesops.engine import Engine, NumberTooLarge
from salesops.incentives.notes.notes import pay_notes
from salesops.incentives.pay import keep_pay, read_pay
from salesops.metrics.compute import compute_metrics
from salesops.results import METRICS
from salesops.rules import RuleError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from salesops.basis import Basis
    from salesops.cases.build import Given
    from salesops.cases.judge import Came
    from salesops.cases.model import Setup


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
    return [_verdict(setup, came, notes) for setup, (came, notes) in zip(setups, compute_together(setups), strict=True)]


def compute_together(setups: list[Setup]) -> list[tuple[Came, tuple[str, ...]]]:
    """What came of cases that one pass computes, each with the notes of the pass; of one alone also why transactions
    are credited to nobody."""
    given = build_given(setups)
    with Engine() as engine:
        basis = build_basis(engine, given.facts, given.rules, given.as_of)
        programs = keep_pay(basis, _metric_values(basis, given))
        pay = read_pay(basis, programs)
        asked = [ask(basis, programs, setup, prefix) for setup, prefix in zip(setups, given.prefixes, strict=True)]
        came = [
            came_of(setup, pay, prefix, more) for setup, prefix, more in zip(setups, given.prefixes, asked, strict=True)
        ]
        notes = [note.text for note in (*pay.notes, *pay_notes(basis, pay.measures))]
        if len(setups) == 1:
            notes += uncredited(basis, setups[0], came[0])
    return [(each, tuple(notes)) for each in came]


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
