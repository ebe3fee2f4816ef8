"""Where the rows of users count: for themselves, their team, everybody above them; now, and as it stood then."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest
from source_rows import UTC_RULES, at, given_with
from worked import facts, user

from salesops.basis import build_basis
from salesops.engine import Engine
from salesops.people import Hierarchy, build_places

_COLUMNS: dict[str, pa.DataType] = {
    "member": pa.string(),
    "grain": pa.string(),
    "key": pa.string(),
    "from_day": pa.date32(),
    "until_day": pa.date32(),
}
SCHEMA = pa.schema(_COLUMNS)
AS_OF = "2026-03-31 12:00"


def change(id_: str, user_id: str, field: str, when: str, before: str | None) -> dict[str, Any]:
    return {"id": id_, "object": "user", "record_id": user_id, "field": field, "at": at(when), "before": before}


def places(
    grain: str,
    *users: dict[str, Any],
    changes: tuple[dict[str, Any], ...] = (),
    hierarchy: Hierarchy = "then",
    as_of: str = AS_OF,
    time_zone: str = "UTC",
) -> list[str]:
    """The places of one grain: "member key", with "from..until" where it is not for all time."""
    looking = given_with(replace(UTC_RULES, time_zone=time_zone), "opportunity", ("owner_id",), hierarchy="then")
    with Engine() as engine:
        basis = build_basis(engine, facts(user=list(users), change=list(changes)), looking, at(as_of))
        rows = engine.read(build_places(basis, hierarchy), SCHEMA).to_pylist()
    return [_shown(row) for row in rows if row["grain"] == grain]


def _shown(row: dict[str, Any]) -> str:
    since = "" if row["from_day"].year == 1900 else str(row["from_day"])
    until = "" if row["until_day"].year == 2200 else str(row["until_day"])
    return f"{row['member']} {row['key']}" + (f" {since}..{until}" if since or until else "")


HEAD = (user("boss"), user("lead", "East", "boss"), user("rep", "East", "lead"), user("solo", ""))


@pytest.mark.parametrize("hierarchy", ["now", "then"])
def test_a_row_counts_for_its_owner_their_team_and_everybody_above(hierarchy: Hierarchy) -> None:
    assert places("user", *HEAD, hierarchy=hierarchy) == ["boss boss", "lead lead", "rep rep", "solo solo"]
    assert places("team", *HEAD, hierarchy=hierarchy) == ["lead East", "rep East"]
    assert places("manager", *HEAD, hierarchy=hierarchy) == [
        "boss boss",
        "lead boss",
        "lead lead",
        "rep boss",
        "rep lead",
    ]


@pytest.mark.parametrize("hierarchy", ["now", "then"])
def test_a_manager_who_is_no_user_or_oneself_is_none(hierarchy: Hierarchy) -> None:
    users = (user("a", manager="gone"), user("b", manager="b"), user("c", manager=""))
    assert places("manager", *users, hierarchy=hierarchy) == []


@pytest.mark.parametrize("hierarchy", ["now", "then"])
def test_managers_in_a_circle_count_everybody_once(hierarchy: Hierarchy) -> None:
    users = (user("a", manager="b"), user("b", manager="c"), user("c", manager="b"))
    assert places("manager", *users, hierarchy=hierarchy) == ["a b", "a c", "b b", "b c", "c b", "c c"]


def test_those_who_left_still_count_for_their_manager() -> None:
    users = (user("boss"), user("rep", manager="boss", active=False))
    assert places("manager", *users, hierarchy="now") == ["boss boss", "rep boss"]


def test_a_team_that_was_left_keeps_the_days_before() -> None:
    moved = (change("x", "rep", "team", "2026-02-10 15:00", "West"),)
    assert places("team", *HEAD, changes=moved) == ["lead East", "rep East 2026-02-10..", "rep West ..2026-02-10"]
    assert places("team", *HEAD, changes=moved, hierarchy="now") == ["lead East", "rep East"]


def test_who_had_no_team_then_is_in_none() -> None:
    assert places("team", user("rep", "East"), changes=(change("x", "rep", "team", "2026-02-10", None),)) == [
        "rep East 2026-02-10.."
    ]


def test_of_several_changes_on_a_day_the_last_holds_all_of_it() -> None:
    moved = (
        change("x1", "rep", "team", "2026-02-10 09:00", "West"),
        change("x2", "rep", "team", "2026-02-10 10:00", "North"),
    )
    assert places("team", user("rep", "East"), changes=moved) == ["rep East 2026-02-10..", "rep West ..2026-02-10"]


def test_days_are_those_of_the_projects_zone() -> None:
    moved = (change("x1", "rep", "team", "2026-03-08 04:30", "West"),)  # 23:30 of the day before in New York
    assert places("team", user("rep", "East"), changes=moved, time_zone="America/New_York") == [
        "rep East 2026-03-07..",
        "rep West ..2026-03-07",
    ]


def test_the_days_of_a_chain_are_those_that_all_of_it_stood() -> None:
    changes = (
        change("x1", "rep", "manager_id", "2026-02-01", "other"),  # since then: lead
        change("x2", "lead", "manager_id", "2026-01-01", None),  # boss from then on
        change("x3", "lead", "manager_id", "2026-03-01", "boss"),  # and now: none
    )
    users = (user("boss"), user("lead"), user("other"), user("rep", manager="lead"))
    assert places("manager", *users, changes=changes) == [
        "boss boss 2026-01-01..2026-03-01",
        "lead boss 2026-01-01..2026-03-01",
        "lead lead 2026-02-01..",
        "other other ..2026-02-01",
        "rep boss 2026-02-01..2026-03-01",
        "rep lead 2026-02-01..",
        "rep other ..2026-02-01",
    ]


def test_a_manager_stays_above_through_a_change_of_the_one_between() -> None:
    changes = (change("x1", "rep", "manager_id", "2026-02-01", "one"),)
    users = (user("boss"), user("one", manager="boss"), user("two", manager="boss"), user("rep", manager="two"))
    found = places("manager", *users, changes=changes)
    assert [each for each in found if each.startswith("rep")] == [
        "rep boss",
        "rep one ..2026-02-01",
        "rep two 2026-02-01..",
    ]


def test_what_changed_after_the_as_of_time_has_not_happened() -> None:
    moved = (change("x", "rep", "team", "2026-02-10", "West"),)
    assert places("team", user("rep", "East"), changes=moved, as_of="2026-02-09") == ["rep West"]
    assert places("team", user("rep", "East"), changes=moved, as_of="2026-02-09", hierarchy="now") == ["rep West"]


def test_nobody_has_no_places() -> None:
    assert places("user") == []
