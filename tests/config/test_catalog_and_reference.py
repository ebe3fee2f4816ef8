"""The built-in metrics, and the page that is generated from the models."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.checks.fields import TIMES, type_of
from config.documents import read_catalog
from config.metrics import Metric, SimpleMetric
from config.reference import render_reference

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"

CATALOG: dict[str, Metric] = read_catalog().model.metrics


def test_the_catalog_is_read_without_a_problem() -> None:
    assert read_catalog().problems == ()


@pytest.mark.parametrize(
    "name",
    ["won_amount", "won_count", "closed_count", "lost_count", "win_rate", "open_pipeline", "open_count", "average_deal",
     "sales_cycle", "calls", "emails", "meetings", "tasks", "activities_per_won", "leads_created"],
)  # fmt: skip
def test_the_catalog_has_the_metric(name: str) -> None:
    assert CATALOG[name].label


@pytest.mark.parametrize("name", CATALOG)
def test_a_built_in_metric_says_what_it_counts(name: str) -> None:
    assert CATALOG[name].description.endswith(".")


def test_only_activities_that_are_done_count() -> None:
    sources = [m for m in CATALOG.values() if isinstance(m, SimpleMetric) and m.source == "activity"]
    assert sources
    assert all(any(c.field == "done" and c.operand == "true" for c in metric.where) for metric in sources)


def test_every_time_is_one() -> None:
    for metric in CATALOG.values():
        if isinstance(metric, SimpleMetric) and metric.time != "as_of":
            assert type_of(metric.source, metric.time) in TIMES


def test_the_page_is_what_the_models_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == render_reference(), (
        "the models have changed. Run: python -m config.reference > docs/configuration.md"
    )
