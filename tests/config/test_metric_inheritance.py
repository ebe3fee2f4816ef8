"""`extends` and `and`: what a metric takes over, from where, and whose line a problem names."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, TypeGuard

import pytest
from config_projects import BASE, problems_of, write_project

from config.loader import load_project
from config.metrics import ConversionMetric, RatioMetric, SimpleMetric
from config.metrics.narrowed import listed
from config.problems import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from config.metrics import Metric
    from config.project_folder import Project


def load(root: Path, **files: str) -> Project:
    """The project with these files of metrics, by name."""
    metrics = {f"metrics/{name}.yaml": text for name, text in files.items()}
    return load_project(write_project(root, {"salesops.yaml": BASE["salesops.yaml"], **metrics}))


def simple(project: Project, name: str) -> SimpleMetric:
    metric = project.metrics[name]
    assert isinstance(metric, SimpleMetric)
    return metric


def test_a_child_has_the_keys_of_its_parent_and_its_own_in_their_place(tmp_path: Path) -> None:
    project = load(tmp_path, a="metrics:\n  big: {extends: won_amount, label: Big, aggregate: average}\n")
    parent, child = simple(project, "won_amount"), simple(project, "big")
    assert child == parent.model_copy(update={"label": "Big", "aggregate": "average"})


def test_and_comes_after_the_conditions_of_the_parent(tmp_path: Path) -> None:
    text = "metrics:\n  big: {extends: won_amount, and: [{field: amount, at_least: 5}, {field: type, is: New}]}\n"
    where = simple(load(tmp_path, a=text), "big").where
    assert [condition.field for condition in where] == ["is_won", "amount", "type"]


def test_and_comes_after_own_conditions_that_replace_those_of_the_parent(tmp_path: Path) -> None:
    text = (
        "metrics:\n  m:\n    extends: won_amount\n    where: [{field: is_closed, is: true}]\n"
        "    and: [{field: amount, at_least: 5}]\n"
    )
    assert [each.field for each in simple(load(tmp_path, a=text), "m").where] == ["is_closed", "amount"]


def test_and_makes_conditions_where_the_parent_has_none(tmp_path: Path) -> None:
    text = "metrics:\n  m: {extends: opportunities_created, and: [{field: type, is: New}]}\n"
    assert [each.field for each in simple(load(tmp_path, a=text), "m").where] == ["type"]


def test_a_grandchild_narrows_further_whatever_the_order_of_the_files(tmp_path: Path) -> None:
    child = "metrics:\n  a: {extends: b, label: A, and: [{field: amount, at_least: 3}]}\n"
    parent = "metrics:\n  b: {extends: won_amount, label: B, and: [{field: type, is: New}]}\n"
    metric = simple(load(tmp_path, first=child, second=parent), "a")
    assert [condition.field for condition in metric.where] == ["is_won", "type", "amount"]
    assert (metric.label, metric.unit) == ("A", "money")


def test_a_metric_may_extend_the_built_in_one_that_it_replaces(tmp_path: Path) -> None:
    project = load(tmp_path, a="metrics:\n  won_count: {extends: won_count, and: [{field: amount, more_than: 0}]}\n")
    assert [condition.field for condition in simple(project, "won_count").where] == ["is_won", "amount"]
    assert [problem.summary for problem in project.warnings] == [
        "replaces the built-in metric won_count, wherever it is used."
    ]


def test_a_child_of_a_replaced_metric_has_the_projects_one(tmp_path: Path) -> None:
    text = "metrics:\n  won_count: {extends: won_count, label: Mine}\n  other: {extends: won_count}\n"
    assert project_label(load(tmp_path, a=text), "other") == "Mine"


def project_label(project: Project, name: str) -> str:
    return project.metrics[name].label


def test_a_problem_of_an_inherited_key_stands_once_and_where_the_key_is_written(tmp_path: Path) -> None:
    parent = "metrics:\n  b:\n    extends: won_amount\n    label: B\n    and:\n      - {field: amuont, is: 5}\n"
    files = {
        "salesops.yaml": BASE["salesops.yaml"],
        "metrics/a.yaml": "metrics:\n  a:\n    extends: b\n    label: A\n",
        "metrics/b.yaml": parent,
    }
    [problem] = problems_of(write_project(tmp_path, files))
    assert problem.startswith("metrics/b.yaml:6: metrics.b.and.0.field: opportunity has no field amuont.")


def test_an_inherited_key_that_is_right_for_the_parent_alone_is_the_childs_problem(tmp_path: Path) -> None:
    parent = "metrics:\n  b:\n    extends: opportunities_created\n    label: B\n    by: [user, customer]\n"
    files = {
        "salesops.yaml": BASE["salesops.yaml"],
        "metrics/a.yaml": "metrics:\n  a: {label: A, extends: b, source: contact}\n",
        "metrics/b.yaml": parent,
    }
    [problem] = problems_of(write_project(tmp_path, files))
    assert problem.startswith(
        "metrics/a.yaml:2: metrics.a: with by.1 of b (metrics/b.yaml:5): cannot be split by customer"
    )


def test_a_key_that_does_not_suit_the_parent_is_the_childs_problem(tmp_path: Path) -> None:
    files = {
        "salesops.yaml": BASE["salesops.yaml"],
        "metrics/a.yaml": "metrics:\n  a:\n    extends: won_count\n    of: amount\n",
    }
    [problem] = problems_of(write_project(tmp_path, files))
    assert problem.startswith("metrics/a.yaml:2: metrics.a: aggregate count takes no `of`")


def test_a_parent_in_a_file_that_cannot_be_read_is_not_called_unknown(tmp_path: Path) -> None:
    files = {
        "salesops.yaml": BASE["salesops.yaml"],
        "metrics/a.yaml": "metrics:\n  a: {extends: b, label: A}\n",
        "metrics/b.yaml": "metrics: [\n",
    }
    assert [problem.partition(":")[0] for problem in problems_of(write_project(tmp_path, files))] == ["metrics/b.yaml"]


def test_a_long_line_of_parents_is_followed_to_its_end(tmp_path: Path) -> None:
    metrics = "".join(f"  m{number}: {{extends: m{number + 1}}}\n" for number in range(3000))
    project = load(tmp_path, a=f"metrics:\n{metrics}  m3000: {{extends: won_amount}}\n")
    assert project.metrics["m0"] == project.metrics["won_amount"]


def test_a_metric_made_of_thousands_in_a_row_is_checked(tmp_path: Path) -> None:
    shape = "{{label: M, kind: derived, unit: money, formula: {} + {}}}"
    metrics = "".join(f"  m{n}: {shape.format(f'm{n + 1}', f'm{n + 1}')}\n" for n in range(2000))
    project = load(tmp_path, a=f"metrics:\n{metrics}  m2000: {{extends: won_amount}}\n")
    assert "m0" in project.metrics


def test_a_ratio_is_narrowed_down_to_the_rows_of_its_parts(tmp_path: Path) -> None:
    text = """
metrics:
  west: {extends: win_rate, label: West, and: [{field: account.region, is: West}]}
  small: {label: Small, kind: ratio, unit: number, numerator: west, denominator: west, where: [{field: type, is: New}]}
"""
    project = load(tmp_path, a=text)
    parts = {name: (each.numerator, each.denominator) for name, each in project.metrics.items() if _is_ratio(each)}
    assert parts["west"] == ("west.won_count", "west.closed_count")
    assert parts["small"] == ("small.west", "small.west")
    assert parts["small.west"] == ("small.west.won_count", "small.west.closed_count")
    assert [each.field for each in simple(project, "west.won_count").where] == ["is_won", "account.region"]
    assert [each.field for each in simple(project, "small.west.won_count").where] == [
        "is_won",
        "account.region",
        "type",
    ]


def _is_ratio(metric: Metric) -> TypeGuard[RatioMetric]:
    return isinstance(metric, RatioMetric)


def test_a_conversion_is_narrowed_by_the_events_that_know_the_field(tmp_path: Path) -> None:
    text = """
metrics:
  met:
    {label: Met, kind: conversion, unit: percent, from: {source: lead, time: created_at, match: id},
     to: {source: activity, time: at, match: lead_id}}
  web: {extends: met, and: [{field: source, is: Web}, {field: created_at, empty: false}]}
"""
    metric = load(tmp_path, a=text).metrics["web"]
    assert isinstance(metric, ConversionMetric)
    assert [each.field for each in metric.from_.where] == ["source", "created_at"]
    assert [each.field for each in metric.to.where] == ["created_at"]


def test_no_list_shows_what_a_narrowed_ratio_is_made_of(tmp_path: Path) -> None:
    metrics = load(tmp_path, a="metrics:\n  west: {extends: win_rate, and: [{field: type, is: New}]}\n").metrics
    assert metrics.keys() - listed(metrics).keys() == {"west.won_count", "west.closed_count"}


def test_a_parameter_may_be_in_a_unit_and_change_from_a_day_on(tmp_path: Path) -> None:
    text = "parameters:\n  goal: {unit: money, values: [{from: 2026-01-01, value: 5}, {from: 2026-07-01, value: 6}]}\n"
    goal = load(tmp_path, a=text).parameters["goal"]
    days = (date(2025, 12, 31), date(2026, 6, 30), date(2026, 7, 1))
    assert [goal.on(day) for day in days] == [None, Decimal(5), Decimal(6)]
    assert str(goal) == "5 from 2026-01-01, 6 from 2026-07-01"


def test_dimensions_meanings_and_parameters_come_from_all_files_and_win_over_the_catalog(tmp_path: Path) -> None:
    project = load(
        tmp_path,
        a="meanings:\n  connected: [Reached]\nparameters:\n  goal: 0.5\n",
        b="dimensions:\n  size: {label: Size, object: account, field: employees}\n",
    )
    assert project.meanings["connected"] == ("Reached",)
    assert project.meanings["proposal_stage"]
    assert project.parameters["goal"].value == Decimal("0.5")
    assert {"size", "segment"} <= project.dimensions.keys()


@pytest.mark.parametrize("section", ["dimensions", "meanings", "parameters"])
def test_a_name_that_two_files_define_is_a_problem(section: str, tmp_path: Path) -> None:
    value = {"dimensions": "{label: Size, object: account, field: employees}", "meanings": "[A]", "parameters": "1"}
    text = f"{section}:\n  size: {value[section]}\n"
    with pytest.raises(ConfigError, match=rf"metrics/b.yaml:2: {section}.size: is defined in metrics/a.yaml:2 too"):
        load(tmp_path, a=text, b=text)


def test_a_wrong_parameter_leaves_the_metrics_of_its_file_checked(tmp_path: Path) -> None:
    files = {
        "salesops.yaml": BASE["salesops.yaml"],
        "metrics/a.yaml": "metrics:\n  m: {label: M, extends: won_amount, of: amuont}\nparameters:\n  goal: many\n",
    }
    problems = problems_of(write_project(tmp_path, files))
    assert [problem.split(": ")[1] for problem in problems] == ["metrics.m.of", "parameters.goal"]
