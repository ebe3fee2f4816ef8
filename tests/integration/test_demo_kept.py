"""A demo that is kept: named by a path from where it is started, and then a project and a CRM like any other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from click.testing import CliRunner

from connectors.sandbox.company import generate
from connectors.sandbox.run import open_sandbox
from sync.cli.main import cli

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_demo_kept_under_a_relative_path_can_be_served_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, size in {"ACCOUNTS": 300, "OPPORTUNITIES": 200, "LEADS": 100, "ACTIVITIES": 1_000}.items():
        monkeypatch.setattr(generate, name, size)
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cli, ["demo", "--crm", "salesforce", "--keep", "kept"], catch_exceptions=False)
    assert (result.exit_code, "second run: 0 changes" in result.stdout) == (0, True)
    with open_sandbox("salesforce", database=tmp_path / "kept" / "sandbox.db") as sandbox:
        assert sandbox.kept
        figures = sandbox.database.rows('SELECT COUNT(*) FROM User WHERE "SalesOps_Attainment__c" IS NOT NULL')
    assert figures[0][0] > 10
