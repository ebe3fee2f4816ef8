"""What `salesops check` takes can be computed: definitions by dice, most of which nobody would write."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from random_company import random_company
from random_dice import AS_OFS
from random_odd import odd_project
from random_rules import random_rules
from reference_metrics import reference_metrics
from worked import facts

from config.metrics.parts import with_parts
from salesops.compute import compute

if TYPE_CHECKING:
    from pathlib import Path

    from config.loader import Project
    from salesops.rules import Rules


def rules_of(project: Project, names: list[str], seed: int) -> Rules:
    """The named metrics of a project, with calendars, zones and quotas by dice."""
    base = random_rules(seed)
    needed = with_parts(names, project.metrics, project.parameters)
    return replace(
        base,
        metrics={"credit": base.metrics["credit"]} | {name: project.metrics[name] for name in needed},
        dimensions=project.dimensions,
        meanings=project.meanings,
        parameters=project.parameters,
    )


@pytest.mark.parametrize("seed", [5, 21])
def test_what_is_accepted_computes_to_what_the_reference_says(tmp_path: Path, seed: int) -> None:
    project, names = odd_project(tmp_path, seed, metrics=60)
    assert {project.metrics[name].kind for name in names} >= {"simple", "ratio", "derived", "cumulative"}
    rows, rules_, as_of = random_company(seed), rules_of(project, names, seed), AS_OFS[seed % len(AS_OFS)]
    found = {
        tuple(row[name] for name in ("metric", "grain", "key", "period")): row["value"]
        for row in compute(facts(**rows), rules_, as_of).metrics.to_pylist()
    }
    values = {key: None if value is None else Fraction(value) for key, value in found.items()}
    assert values == {key: each.value for key, each in reference_metrics(rows, rules_, as_of).items()}


def test_conversions_take_whatever_is_accepted(tmp_path: Path) -> None:
    project, names = odd_project(tmp_path, seed=8)
    conversions = [name for name in names if project.metrics[name].kind == "conversion"]
    assert len(conversions) >= 3
    results = compute(facts(**random_company(8)), rules_of(project, conversions, 8), AS_OFS[0])
    assert results.metrics.num_rows
