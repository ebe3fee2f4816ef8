"""The built-in metrics, and the pages that are generated from them and from the models."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from config.catalog_files import read_catalog
from config.catalog_page import render_catalog, say_formula
from config.reference import render_reference
from config.sources import SOURCES

if TYPE_CHECKING:
    from config.metrics import Metric

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"
CATALOG_PAGE = PAGE.with_name("catalog.md")

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


def test_every_category_has_metrics_and_every_metric_a_category() -> None:
    categories = read_catalog().categories
    assert set(categories) == {
        "activity", "attrition", "conversion", "duration", "output", "pipeline", "quality", "result",
    }  # fmt: skip
    assert sorted(name for names in categories.values() for name in names) == sorted(CATALOG)


@pytest.mark.parametrize("name", CATALOG)
def test_the_formula_of_a_built_in_metric_can_be_said(name: str) -> None:
    assert say_formula(CATALOG[name])


def test_the_page_is_what_the_models_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == render_reference(), (
        "the models have changed. Run: python -m config.reference > docs/configuration.md"
    )


def test_the_catalog_page_is_what_the_definitions_say() -> None:
    assert CATALOG_PAGE.read_text(encoding="utf-8") == render_catalog(), (
        "the definitions have changed. Run: python -m config.catalog_page > docs/catalog.md"
    )


def test_the_reference_names_every_source_and_every_worked_out_field() -> None:
    text = render_reference()
    for name, source in SOURCES.items():
        assert f"- **{name}**: " in text
        assert all(f"| `{field}` | {source.fields[field]} | " in text for field in source.worked_out)
