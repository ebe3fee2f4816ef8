"""One tiny broken file a mistake, with the exact message that an admin gets, in the comment that starts the file.

`mistakes/KIND/MISTAKE.yaml` takes the place of the base project's file of that kind; the base's files of the kinds
before it stay. What messages say is a public API: a change here is a change that people see.
"""

from __future__ import annotations

from itertools import takewhile
from pathlib import Path

import pytest
from config_projects import BASE, problems_of, write_project

FOLDER = Path(__file__).parent / "mistakes"
MISTAKES = sorted(FOLDER.glob("*/*.yaml"))


def _file_of(kind: str) -> str:
    return next(name for name in BASE if name.removesuffix(".yaml") in {kind, f"{kind}/{kind}"})


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_mistake_gets_exactly_the_message_it_says(mistake: Path, tmp_path: Path) -> None:
    text = mistake.read_text(encoding="utf-8")
    file = _file_of(mistake.parent.name)
    earlier = dict(takewhile(lambda item: item[0] != file, BASE.items()))
    expected = [line.removeprefix("# ") for line in takewhile(lambda line: line.startswith("# "), text.splitlines())]
    assert expected, "the file starts with the messages that are expected, as comments"
    assert problems_of(write_project(tmp_path, {**earlier, file: text})) == expected


def test_the_base_project_has_no_problem(tmp_path: Path) -> None:
    assert problems_of(write_project(tmp_path, BASE)) == []


def test_every_kind_of_file_has_mistakes() -> None:
    assert {path.parent.name for path in MISTAKES} == {Path(name).stem for name in BASE}
