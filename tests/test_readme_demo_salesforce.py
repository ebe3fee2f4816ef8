"""The README's excerpt is what the Salesforce demo prints."""

from __future__ import annotations

import re

from readme import COMMANDS, README, ROOT, shell

EXCERPT = next(block for block in re.findall(r"```text\n(.*?)```", README, re.DOTALL) if "second run" in block)
DAY = "2026-10-31"


def test_the_excerpt_is_what_the_salesforce_demo_prints() -> None:
    assert COMMANDS[0][0] == "make demo"
    assert f"--as-of {DAY}" in README
    printed = [line.rstrip() for line in shell(f"make demo ARGS='--as-of {DAY}'", ROOT).splitlines()]
    missing = [line for line in EXCERPT.splitlines() if line.strip() and line.rstrip() not in printed]
    assert not missing
