"""Which of several quotas metrics are about: what `check` says where nothing says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from config_projects import BASE, problems_of, write_project

if TYPE_CHECKING:
    from pathlib import Path

ATTAINMENT = BASE["writeback.yaml"].replace("won_amount", "attainment")


def quotas(*names: str) -> str:
    return "quotas:\n" + "".join(
        f"  {name}: {{label: Q, metric: won_amount, period: quarter, targets: [{{from: 2026-01-01, default: 1}}]}}\n"
        for name in names
    )


def problems(folder: Path, *names: str, metrics: str = "metrics: {}\n", writeback: str = ATTAINMENT) -> list[str]:
    files = {key: text for key, text in BASE.items() if not key.startswith("comp_plans")}
    files |= {"quotas/quotas.yaml": quotas(*names), "metrics/metrics.yaml": metrics, "writeback.yaml": writeback}
    return problems_of(write_project(folder, files))


@pytest.mark.parametrize("name", ["bookings", "anything"])
def test_a_single_quota_is_the_main_one_whatever_its_name(tmp_path: Path, name: str) -> None:
    assert problems(tmp_path, name) == []


def test_of_several_quotas_none_of_which_is_the_main_one_it_is_said_which_to_write(tmp_path: Path) -> None:
    (said,) = problems(tmp_path, "field", "inside")
    assert said == (
        "warning: quotas/quotas.yaml:2: quotas.field: there are several quotas (field, inside), and nothing says which "
        "of them is the main_quota: attainment and 2 more would have no value. "
        "Write the one that is meant in a file of metrics/: meanings: {main_quota: [field]}."
    )


def test_two_quotas_that_the_built_in_words_name_are_not_added_up_unsaid(tmp_path: Path) -> None:
    (said,) = problems(tmp_path, "bookings", "revenue")
    assert "attainment and 2 more would add up bookings and revenue" in said


@pytest.mark.parametrize("meant", ["[inside]", "[Field, inside]"])
def test_what_the_project_says_holds(tmp_path: Path, meant: str) -> None:
    assert problems(tmp_path, "field", "inside", metrics=f"meanings: {{main_quota: {meant}}}\n") == []


def test_one_that_the_built_in_words_name_is_the_main_one(tmp_path: Path) -> None:
    assert problems(tmp_path, "bookings", "inside") == []


def test_nothing_is_said_where_no_such_metric_is_used(tmp_path: Path) -> None:
    assert problems(tmp_path, "field", "inside", writeback=BASE["writeback.yaml"]) == []
