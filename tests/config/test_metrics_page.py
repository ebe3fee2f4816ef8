"""What docs/metrics.md shows is read as it stands there."""

from __future__ import annotations

import re
from pathlib import Path

from config_projects import BASE, problems_of, write_project

PAGE = Path(__file__).parents[2] / "docs" / "metrics.md"


def test_all_examples_of_the_page_together_make_a_project_without_a_problem(tmp_path: Path) -> None:
    sections: dict[str, str] = {}
    for block in re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL):
        head, body = ("metrics:", block) if block.startswith(" ") else block.split("\n", 1)
        sections[head] = sections.get(head, "") + body
    text = "".join(f"{head}\n{body}" for head, body in sections.items())
    project = write_project(tmp_path, {"salesops.yaml": BASE["salesops.yaml"], "metrics/page.yaml": text})
    meant = re.compile("replaces the built-in metric sales_cycle|parameters.* says nothing: no formula or condition")
    assert [problem for problem in problems_of(project) if not meant.search(problem)] == []


def test_every_anchor_that_the_page_names_is_there() -> None:
    for page, anchor in re.findall(r"\(([\w.]*)#([\w-]+)\)", PAGE.read_text(encoding="utf-8")):
        text = (PAGE.parent / (page or PAGE.name)).read_text(encoding="utf-8")
        headings = {
            re.sub(r"[^\w -]", "", each).strip().lower().replace(" ", "-")
            for each in re.findall(r"^#+ (.*)", text, re.MULTILINE)
        }
        assert anchor in headings
