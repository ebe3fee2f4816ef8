"""The README's other demo ends as the first."""

from __future__ import annotations

from readme import COMMANDS, ROOT, shell


def test_the_hubspot_demo_ends_with_nothing_left_to_change() -> None:
    assert COMMANDS[0][1] == "make demo CRM=hubspot"
    printed = shell("make demo CRM=hubspot", ROOT)
    assert "second run: 0 changes" in printed
    assert "0 failed" in printed
