"""What the doctor looks at for each kind of metric: own fields, fields over references, and what is worked out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from examined import deals, examined
from synced import QUOTAS, save_rows, write_project

from config.catalog_files import read_catalog
from config.model import OBJECTS
from config.sources import SOURCES
from sync.doctor import Computable
from sync.doctor.needs import MADE_OF, metric_needs
from sync.used_metrics import used_metrics

if TYPE_CHECKING:
    from pathlib import Path

    from config.loader import Project
    from sync.store.store import Store

METRICS = """\
metrics:
  tech_calls:
    label: Calls in tech
    kind: simple
    unit: count
    source: activity
    aggregate: count
    where:
      - {field: kind, is: call}
      - {field: opportunity.account.industry, is: Tech}
    time: at
  visits:
    label: Visits
    kind: simple
    unit: count
    source: stage_visit
    aggregate: count
    time: entered_at
  growth: {label: Growth, kind: derived, unit: percent, formula: tech_calls / previous(visits) - target}
  to_date: {label: To date, kind: cumulative, unit: count, metric: tech_calls, to_date: year}
  lead_to_call:
    label: Lead to call
    kind: conversion
    unit: percent
    from: {source: lead, time: created_at, match: id}
    to: {source: activity, time: at, match: lead_id}
parameters:
  target: 0.1
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    root = tmp_path / "project"
    (root / "metrics").mkdir(parents=True)
    (root / "metrics" / "m.yaml").write_text(METRICS, encoding="utf-8")
    return write_project(root)


def read_by(project: Project, name: str) -> set[tuple[str, str, str]]:
    return {(need.ask.object, need.ask.field, need.role.name) for need in metric_needs(project, name)}


def test_every_made_source_and_worked_out_field_says_what_it_is_made_of() -> None:
    made: set[object] = {name for name in SOURCES if name not in OBJECTS}
    made |= {(name, field) for name, source in SOURCES.items() for field in source.worked_out}
    assert MADE_OF.keys() == made
    assert all(field in OBJECTS[name].fields for needed in MADE_OF.values() for name, field in needed)


def test_a_path_needs_each_reference_and_the_field_at_its_end(project: Project) -> None:
    assert read_by(project, "tech_calls") == {
        ("activity", "at", "TIME"),
        ("activity", "owner_id", "OWNER"),
        ("activity", "kind", "CONDITION"),
        ("activity", "opportunity_id", "CONDITION"),
        ("opportunity", "account_id", "CONDITION"),
        ("account", "industry", "CONDITION"),
    }


def test_a_made_source_needs_what_it_is_made_of_and_whom_it_counts_for(project: Project) -> None:
    assert read_by(project, "visits") == {("opportunity", "stage", "MADE"), ("opportunity", "owner_id", "CONDITION")}


def test_a_formula_needs_what_its_metrics_need(project: Project) -> None:
    assert read_by(project, "growth") == read_by(project, "tech_calls") | read_by(project, "visits")


def test_a_cumulative_metric_needs_what_its_metric_needs(project: Project) -> None:
    assert metric_needs(project, "to_date") == metric_needs(project, "tech_calls")


def test_a_conversion_needs_both_events(project: Project) -> None:
    assert read_by(project, "lead_to_call") == {
        ("lead", "created_at", "TIME"),
        ("lead", "id", "MATCH"),
        ("lead", "owner_id", "OWNER"),
        ("activity", "at", "TIME"),
        ("activity", "lead_id", "MATCH"),
        ("activity", "owner_id", "OWNER"),
    }


def test_what_is_said_of_quotas_needs_what_their_metrics_need(tmp_path: Path) -> None:
    project = write_project(tmp_path, quotas=QUOTAS)
    assert set(metric_needs(project, "won_amount")) <= set(metric_needs(project, "attainment"))


@pytest.mark.parametrize("name", read_catalog().model.metrics)
def test_every_need_of_a_built_in_metric_is_of_a_field_that_crms_fill(name: str, project: Project) -> None:
    for need in metric_needs(project, name):
        conditions = {condition.field for condition in need.ask.where}
        fields = {need.ask.field, need.ask.by, need.ask.owner} | conditions
        assert fields - {""} <= OBJECTS[need.ask.object].fields.keys()


def test_a_metric_of_a_field_that_nothing_fills_over_a_reference_cannot_be_computed(
    project: Project, store: Store
) -> None:
    save_rows(store, "opportunity", *deals(account_id="acme"), custom={})
    moment = "2026-05-04T09:00:00.000Z"
    accounts = [{"id": f"acme-{n}", "name": "Acme", "owner_id": "ann", "created_at": moment} for n in range(30)]
    save_rows(store, "account", *accounts, custom={})
    call = {"id": "c", "kind": "call", "owner_id": "ann", "opportunity_id": "ann-0-0", "done": 1}
    save_rows(store, "activity", {**call, "at": moment, "created_at": moment}, custom={})
    found = examined(project, store)
    [verdict] = [each for each in found.verdicts if each.definition.name == "tech_calls"]
    assert verdict.computable is Computable.NOT
    assert [why for why in verdict.because if "account.industry" in why]


def test_what_metrics_are_made_of_is_used_too(tmp_path: Path) -> None:
    (tmp_path / "metrics").mkdir()
    text = "metrics:\n  m: {label: M, kind: derived, unit: money, formula: sales_velocity * 2}\n"
    (tmp_path / "metrics" / "m.yaml").write_text(text, encoding="utf-8")
    used = used_metrics(write_project(tmp_path))
    assert {"m", "sales_velocity", "won_count", "average_deal", "sales_cycle"} <= used
