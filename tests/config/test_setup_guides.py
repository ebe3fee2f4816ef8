"""The pages that an admin reads first: what they show to write can be written, and they name every object."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from config_projects import problems_of, write_project

from config.model import OBJECTS

DOCS = Path(__file__).parents[2] / "docs"
HEAD = "name: Test\ntime_zone: UTC\ncurrency: USD\n"
BEFORE_SIGN_IN = {
    "salesforce": "connections:\n  crm:\n    crm: salesforce\n    url: https://my-company.my.salesforce.com\n",
    "hubspot": "connections:\n  crm:\n    crm: hubspot\n",
}


def shown_sign_ins() -> list[tuple[str, str]]:
    """(CRM, YAML of a sign-in) of each that a guide shows."""
    return [
        (crm, block if block.startswith("connections:") else before + block)
        for crm, before in BEFORE_SIGN_IN.items()
        for block in re.findall(r"```yaml\n(.*?)```", (DOCS / f"{crm}.md").read_text(encoding="utf-8"), re.DOTALL)
        if "sign_in:" in block
    ]


@pytest.mark.parametrize(("crm", "text"), shown_sign_ins())
def test_a_sign_in_of_a_guide_can_be_written_as_it_stands(crm: str, text: str, tmp_path: Path) -> None:
    assert problems_of(write_project(tmp_path, {"salesops.yaml": HEAD + text})) == []
    assert f"crm: {crm}" in text


def test_the_guides_show_every_way_to_sign_in() -> None:
    shown = {(crm, kind) for crm, text in shown_sign_ins() for kind in re.findall(r"kind: (\w+)", text)}
    assert shown == {
        *(("salesforce", kind) for kind in ("client_credentials", "jwt_bearer", "refresh_token", "access_token")),
        *(("hubspot", kind) for kind in ("access_token", "refresh_token")),
    }


@pytest.mark.parametrize("name", OBJECTS)
def test_the_capability_table_names_the_object(name: str) -> None:
    first_column = re.findall(r"^\| ([^|]+) \|", (DOCS / "capabilities.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert any(re.search(rf"\b{name}\b", cell) for cell in first_column)
