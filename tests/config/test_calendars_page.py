"""The examples of docs/calendars.md are what the loader takes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from config_projects import BASE, problems_of, write_project

PAGE = (Path(__file__).parents[2] / "docs/calendars.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda text: text.partition(":")[0])
def test_an_example_of_the_page_has_no_problem(example: str, tmp_path: Path) -> None:
    written = {line.partition(":")[0] for line in example.splitlines() if line[:1].isalpha()}
    blocks = re.findall(r"^[a-z_]+:.*\n(?: .*\n)*", BASE["salesops.yaml"], re.MULTILINE)
    rest = "".join(block for block in blocks if block.partition(":")[0] not in written)
    assert problems_of(write_project(tmp_path, {"salesops.yaml": rest + example})) == []


def test_the_page_has_examples_of_every_block() -> None:
    assert {line for text in EXAMPLES for line in re.findall(r"^(\w+):", text, re.MULTILINE)} >= {
        "fiscal_year",
        "team_zones",
        "working_time",
        "customers",
    }
