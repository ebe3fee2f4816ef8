"""The comp plans that `salesops init` writes: their own tests hold, whenever they start."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from config.template import write_template
from sync.cli.main import cli

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("first_day", [date(2024, 1, 1), date(2026, 11, 22)])
def test_the_tests_in_a_new_projects_comp_plans_hold(tmp_path: Path, first_day: date) -> None:
    write_template(tmp_path, crm="salesforce", first_day=first_day)
    result = CliRunner().invoke(cli, ["--project", str(tmp_path), "test"])
    assert (result.exit_code, "2 tests hold" in result.output) == (0, True), result.output
