"""A rep who changes team in the CRM between two runs: figures by the teams of then and of now, as both stand there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from integration_company import ANN, BO, MIA
from integration_harness import CRMS, same_number
from writeback_watched import Watched, watched

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

METRICS = "metrics:\n" + "".join(
    f"  won_{each}: {{extends: won_amount, label: Won {each}, hierarchy: {each}}}\n" for each in ("then", "now")
)
FIELDS = ("Team_Then", "Team_Now")


@pytest.fixture(params=CRMS)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Watched]:
    with watched(request.param, tmp_path) as world:
        yield world


def own(world: Watched, name: str) -> str:
    return f"{name}__c" if world.crm == "salesforce" else name.lower()


def of_team(world: Watched, user: str) -> list[str | None]:
    """What a user's record says that their team won last year: by the teams of then, and of now."""
    return [world.bare.values("user", own(world, name))[user] for name in FIELDS]


def move(world: Watched, user: str, team: str) -> None:
    """Put a user into another team, as an admin of the CRM does."""
    if world.crm == "salesforce":
        world.bare.put("user", user, Division=team)
        return
    with world.database.transaction() as db:  # its public API lists teams and changes none
        db.execute(
            "UPDATE hs_owner SET team = (SELECT id FROM hs_team WHERE name = ?) WHERE email = ?",
            (team, user),
        )


def test_a_team_change_in_the_crm_moves_what_counts_by_the_teams_of_now_alone(world: Watched) -> None:
    values = {
        name: f"{{kind: metric, metric: won_{name[5:].lower()}, period: last_year, grain: team}}" for name in FIELDS
    }
    lines = [f"{{object: user, label: L, field: {own(world, name)}, value: {value}}}" for name, value in values.items()]
    text = "\n".join(["writeback:", "  crm:", *(f"    - {line}" for line in lines)])
    (world.office.folder / "writeback.yaml").write_text(f"{text}\n", encoding="utf-8")
    (world.office.folder / "metrics" / "teams.yaml").write_text(METRICS, encoding="utf-8")
    world.do("provision", "--yes")
    world.do("run")
    for user, won in ((ANN, "300000.50"), (MIA, "300000.50"), (BO, "149999.99")):
        assert all(same_number(value, won) for value in of_team(world, user)), user
    move(world, ANN, "West")
    world.do("run")
    for user in (ANN, BO):
        then, now = of_team(world, user)
        assert same_number(then, "149999.99")
        assert same_number(now, "450000.49")
    then, now = of_team(world, MIA)
    assert same_number(then, "300000.50")
    assert same_number(now, "0")
