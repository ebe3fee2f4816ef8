"""`salesops comp-plan describe`: which comp plan, in which language, and where to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from sync.cli.main import cli

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

PLANS = """\
comp_plans:
  sellers:
    label: Sellers
    effective_from: 2026-01-01
    currency: USD
    values: {rate: 0.1}
    credits:
      sales: {source: opportunity, where: [{field: is_won, is: true}], time: close_date}
    components:
      commission: {kind: rate, on: sales, rate: rate}
  managers:
    label: Managers
    effective_from: 2026-01-01
    components:
      salary: {kind: amount, amount: 100}
payees:
  ann@example.com: [{comp_plan: sellers, values: {rate: 0.12}}]
"""


@pytest.fixture
def plans(tmp_path: Path) -> Path:
    file = tmp_path / "plans.yaml"
    file.write_text(PLANS, encoding="utf-8")
    return file


def describe(file: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, ["comp-plan", "describe", str(file), *words])


def test_a_payee_gets_the_comp_plan_with_their_numbers(plans: Path) -> None:
    result = describe(plans, "--plan", "sellers", "--payee", "Ann@example.com")
    assert result.exit_code == 0
    assert "This copy is for Ann@example.com" in result.stdout
    assert "You earn 12% of “Sales”." in result.stdout


def test_it_is_written_in_french_to_a_file(plans: Path) -> None:
    target = plans.parent / "out.md"
    result = describe(plans, "--plan", "managers", "--language", "fr", "-o", str(target))
    assert result.stdout == f"wrote {target}\n"
    assert target.read_text(encoding="utf-8").startswith("# Votre rémunération : Managers\n")


def test_programs_get_its_parts(plans: Path) -> None:
    told = json.loads(describe(plans, "--plan", "sellers", "--json").stdout)
    assert (told["comp_plan"], told["language"], told["title"]) == ("sellers", "en", "How you are paid: Sellers")
    assert [part["heading"] for part in told["parts"]][:2] == ["Whom it is for, and when", "What counts"]


@pytest.mark.parametrize("words", [(), ("--plan", "engineers"), ("--plan", "sellers", "-o", "/no/such/folder/a.md")])
def test_what_cannot_be_described_or_written_is_a_wrong_call(plans: Path, words: tuple[str, ...]) -> None:
    result = describe(plans, *words)
    assert result.exit_code == 2
    assert "sellers, managers" in result.stderr or "cannot be written" in result.stderr


def test_a_file_that_is_wrong_is_not_described(plans: Path) -> None:
    plans.write_text(PLANS.replace("rate: rate}", "rate: 0.1, on_top: 3}"), encoding="utf-8")
    assert "on_top" in str(describe(plans, "--plan", "sellers").exception)
