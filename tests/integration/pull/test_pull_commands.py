"""The pull through a plain user's eyes: what `salesops pull` and `salesops status` say, to people and to programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pulled_world import World


def test_a_pull_tells_what_it_read_object_by_object(world: World) -> None:
    ended = world.salesops("pull")
    assert ended.code == 0, ended.err
    assert "crm" in ended.out
    for of_object in ("user", "account", "opportunity", "activity", "line_item"):
        assert of_object in ended.out
    assert f"{len(world.held_ids('opportunity')):,}" in ended.out


def test_a_pull_tells_programs_rows_and_changes_and_calls(world: World) -> None:
    answer = world.pull().json()
    opportunity = find(answer, "opportunity")
    assert opportunity["rows"] == opportunity["changed"] == len(world.held_ids("opportunity"))
    assert {"pages", "deleted", "calls"} <= opportunity.keys()
    world.forward(minutes=5)
    again = find(world.pull().json(), "opportunity")
    assert again["changed"] == again["deleted"] == 0
    # HubSpot's pipelines are read with the deals: they say which stages are won.
    assert again["calls"] <= (1 if world.crm == "salesforce" else 2)


def find(answer: Any, name: str) -> dict[str, Any]:
    """What is said of one stream, wherever it stands in the JSON."""
    if isinstance(answer, dict):
        if isinstance(answer.get(name), dict):
            found: dict[str, Any] = answer[name]
            return found
        if answer.get("stream", answer.get("object")) == name:
            return answer
        answer = list(answer.values())
    if isinstance(answer, list):
        for each in answer:
            try:
                return find(each, name)
            except LookupError:
                continue
    raise LookupError(name)


def test_the_calls_of_the_streams_add_up_to_what_the_crm_saw(world: World) -> None:
    """But for those that are nobody's: signing in, describing, the account."""
    ended = world.pull()
    counted = sum_of(ended.json(), "calls")
    assert sum(ended.reads().values()) <= counted <= len(ended.calls)


def sum_of(answer: Any, key: str) -> int:
    """All numbers under a key, except where a level above has the sum already."""
    if isinstance(answer, dict):
        below = sum(sum_of(each, key) for name, each in answer.items() if name != key)
        return below or (answer[key] if isinstance(answer.get(key), int) else 0)
    return sum(sum_of(each, key) for each in answer) if isinstance(answer, list) else 0


def test_before_the_first_pull_the_status_says_how_to_begin(world: World) -> None:
    ended = world.salesops("status")
    assert ended.code == 0, ended.err
    assert "never pulled" in ended.out


@pytest.mark.pulled
def test_the_status_shows_the_age_and_the_rows_of_every_object(world: World) -> None:
    ended = world.salesops("status")
    assert ended.code == 0, ended.err + ended.out
    for of_object in ("user", "account", "opportunity", "activity", "line_item", "stage"):
        assert of_object in ended.out
    assert "ago" in ended.out


@pytest.mark.pulled
def test_the_status_tells_programs_the_same_and_what_each_run_cost(world: World) -> None:
    answer = json.loads(world.salesops("status", "--json").out)
    assert answer["healthy"] is True
    text = json.dumps(answer["connections"]["crm"])
    for word in ("opportunity", "complete", "rows", "read_at", "calls"):
        assert f'"{word}' in text, word


@pytest.mark.pulled
def test_the_store_keeps_of_each_run_what_an_operator_asks_for(world: World) -> None:
    """Window, pages, rows, calls, quota before and after, lag and gaps, by object."""
    text = world.salesops("runs", "--json").out + world.salesops("status", "--json").out
    for word in ("pages", "rows", "calls", "quota", "lag", "gap", "until"):
        assert word in text, word


@pytest.mark.pulled
def test_a_pull_that_stopped_shows_in_the_status(world: World) -> None:
    world.behave(daily_limit=1)
    assert world.salesops("pull").code == 5
    ended = world.salesops("status")
    assert ended.code == 1
    assert "request" in ended.out
    world.behave(daily_limit=250_000)
    world.pull()
    assert world.salesops("status").code == 0


def test_a_sweep_that_does_not_exist_is_a_wrong_call(world: World) -> None:
    ended = world.salesops("pull", "--sweep", "everything")
    assert ended.code == 2
    assert "ids" in ended.err, "it names those there are"
    assert not world.watch.calls
