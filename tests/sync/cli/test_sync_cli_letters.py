"""Letters of the cookbook's comp plans, and of those that tests are made of.

The texts in `letters/` are to be read: `salesops comp-plan describe FILE --language fr -o …` writes them anew.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from config.comp_plans import Tiers
from config.comp_plans.constants import constant
from salesops.describe.letter import build_letter, tell
from salesops.describe.model import as_markdown
from salesops.describe.tiers import is_share
from salesops.describe.worked import worked_tables
from sync.cases import read_around
from sync.cli.main import cli

if TYPE_CHECKING:
    from collections.abc import Iterator

    from salesops.describe.formulas import Told

ROOT = Path(__file__).parents[3]
COOKBOOK = sorted((ROOT / "docs/cookbook").glob("*.yaml"))
PLANS = [*COOKBOOK, *sorted((ROOT / "tests/plans").glob("*.yaml"))]
LETTERS = sorted((Path(__file__).parent / "letters").glob("*.md"))


@pytest.mark.parametrize("letter", LETTERS, ids=lambda each: each.stem)
def test_a_letter_is_what_stands_there(letter: Path) -> None:
    name, _, language = letter.stem.rpartition(".")
    words = ["comp-plan", "describe", str(ROOT / f"docs/cookbook/{name}.yaml"), "--language", language]
    result = CliRunner().invoke(cli, words)
    assert result.stdout == letter.read_text(encoding="utf-8")


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("file", PLANS, ids=lambda each: each.stem)
def test_every_component_and_tier_is_said(file: Path, language: str) -> None:
    around, names, _ = read_around(file, None)
    for name in names:
        told = tell(around.comp_plans[name], language, "EUR", None, around.rules.quotas)
        said = as_markdown(build_letter(told, {}))
        assert [each for each in _to_say(told) if each not in said] == []


def _to_say(told: Told) -> Iterator[str]:
    """The names of components, and the bounds, rates and amounts of tiers that are plain numbers."""
    for name, component in told.plan.components.items():
        yield told.label(name)
        for tier in component.tiers if isinstance(component, Tiers) else ():
            if (bound := constant(tier.from_)) is not None:
                of_share = is_share(told, component.by, component.of)
                yield told.words.share(bound) if of_share else told.words.number(bound)
            if tier.amount is not None and (amount := constant(tier.amount)) is not None:
                yield told.amount(amount)
            if tier.rate is not None and (rate := constant(tier.rate)) is not None:
                yield told.words.number(rate * 100 if rate < 1 else rate)


def test_examples_of_the_cookbook_are_computed() -> None:
    found = {}
    for file in COOKBOOK:
        around, names, _ = read_around(file, None)
        for name in names:
            told = tell(around.comp_plans[name], "en", "EUR")
            for component, example in worked_tables(told, around, None).items():
                found[f"{name} {component}"] = example.grid.rows[-1]
    # paid on another credit than places it: each deal of 1,000 at the rate of the tier it reaches
    assert found["solar at_signing"] == ("6", "6,000", "EUR 2,400")
    # placed by a formula, and by a curve beyond its last point
    assert found["salon products"] == ("0.7", "10,000", "EUR 1,500")
    assert found["customer_success bonus"][-1] == "EUR 15,000"
