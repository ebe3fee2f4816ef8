"""The marks of partial data, and a team's figure, from nothing to what a rep reads in either CRM."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from integration_company import ANN, AS_OF, YEAR
from integration_harness import CRMS
from writeback_watched import Watched, watched

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CALLS = "kind: metric, metric: calls, period: this_quarter"
FIELDS = {
    "Calls": f"{{{CALLS}}}",
    "Calls_Partial": f"{{{CALLS}, show: partial}}",
    "Calls_Complete": f"{{{CALLS}, show: complete_from}}",
    "Won_Partial": "{kind: metric, metric: won_count, period: this_month, show: partial}",
    "Team_Calls": f"{{{CALLS}, grain: team}}",
    "Calls_Said": f'{{{CALLS}}}, text: "{{value}} calls {{partial}}"',
}
"""The first call was on 4 November, the next 29 days later: of a quarter that began 34 days before, something is
missing. Of the month nothing is: three deals were won in the quarter before it."""


_ALIKE = {"True": "true", "False": "false"}


@pytest.fixture(params=CRMS)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Watched]:
    with watched(request.param, tmp_path) as world:
        yield world


def own(world: Watched, name: str) -> str:
    return f"{name}__c" if world.crm == "salesforce" else name.lower()


def of_ann(world: Watched) -> dict[str, str | None]:
    """What Ann's fields hold, as text, by our names."""
    found = {name: world.bare.values("user", own(world, name))[ANN] for name in FIELDS}
    return {name: text and _ALIKE.get(text, text.removesuffix(".0")) for name, text in found.items()}


def test_a_rep_reads_that_a_figure_is_partial_and_from_when_it_is_not(world: Watched) -> None:
    lines = [f"{{object: user, label: L, field: {own(world, name)}, value: {value}}}" for name, value in FIELDS.items()]
    text = "\n".join(["writeback:", "  crm:", *(f"    - {line}" for line in lines)])
    (world.office.folder / "writeback.yaml").write_text(f"{text}\n", encoding="utf-8")
    world.do("provision", "--yes")
    world.do("run", "--as-of", AS_OF)
    assert of_ann(world) == {
        "Calls": "2",
        "Calls_Partial": "true",
        "Calls_Complete": f"FY{YEAR + 1}-Q1",
        "Won_Partial": "false" if world.crm == "salesforce" else None,  # an empty checkbox says no
        "Team_Calls": "2",
        "Calls_Said": f"2 calls partial, records begin {YEAR}-11-04",
    }
    with world.writes_nothing():
        world.do("run", "--as-of", AS_OF)
