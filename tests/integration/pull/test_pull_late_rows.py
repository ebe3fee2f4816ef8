"""Rows that show up late, rows that move while they are read, and the second run that has nothing to do.

HubSpot's search index lags the writes; a Salesforce row may become visible long after its stamp, when a long
transaction ends.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from pulled_seeds import accounts
from pulled_world import DESCRIBES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from integration_harness import Crm
    from pulled_world import Ended, World

LATE = 40 * 60


def names_in_crm(world: World) -> dict[str, str]:
    """The accounts' names by id, as the CRM holds them."""
    if world.crm == "salesforce":
        return dict(map(tuple, world.database.rows("SELECT Id, Name FROM Account WHERE NOT IsDeleted")))
    rows = world.database.rows('SELECT CAST("$id" AS TEXT), name FROM hs_companies WHERE "$archived" IS NULL')
    return dict(map(tuple, rows))


def names_in_store(world: World) -> dict[str, str]:
    return dict(world.select("SELECT id, name FROM account WHERE deleted = 0"))


def changed(answer: Any) -> int:
    """The sum of all that is called "changed" in the command's JSON."""
    if isinstance(answer, dict):
        own = answer.get("changed", 0)
        return (own if isinstance(own, int) else 0) + sum(changed(each) for each in answer.values())
    return sum(map(changed, answer)) if isinstance(answer, list) else 0


@pytest.mark.pulled
@pytest.mark.parametrize("pulls_between", [0, 3])
def test_a_row_that_becomes_visible_forty_minutes_after_its_stamp_is_there_after_the_next_run(
    salesforce: World, pulls_between: int
) -> None:
    """A dozen writes, whose stamps lie up to forty minutes before they can be seen."""
    for _ in range(pulls_between):
        salesforce.forward(minutes=11)
        salesforce.rename("account", min(salesforce.held_ids("account")), "On time")
        salesforce.pull()
    salesforce.behave(late_share=1, late_seconds=LATE)
    made = [salesforce.account(f"Late {number}") for number in range(12)]
    stamps = {
        row["SystemModstamp"] for row in salesforce.soql("SELECT SystemModstamp FROM Account WHERE Name LIKE 'Late%'")
    }
    assert min(stamps) < "2031-05-05T11:30" or pulls_between, "some lie well before the last window's end"
    salesforce.forward(minutes=5)
    salesforce.pull()
    assert salesforce.stored_ids("account") >= set(made)
    salesforce.agree()


@pytest.mark.pulled
@pytest.mark.parametrize("pulls_between", [0, 3])
def test_a_row_that_search_finds_forty_minutes_late_is_there_after_the_next_run(
    hubspot: World, pulls_between: int
) -> None:
    hubspot.forward(minutes=90)
    hubspot.pull()
    hubspot.behave(search_lag_seconds=LATE)
    made = [hubspot.deal(f"Late {number}") for number in range(12)]
    edited = sorted(hubspot.held_ids("account"))[:12]
    for record in edited:
        hubspot.rename("account", record, "Renamed late")
    for _ in range(pulls_between):
        hubspot.forward(minutes=12)
        hubspot.pull()  # sees some of them
    hubspot.forward(minutes=41 - 12 * pulls_between)
    hubspot.pull()
    assert hubspot.stored_ids("opportunity") >= set(made)
    assert {names_in_store(hubspot)[record] for record in edited} == {"Renamed late"}
    hubspot.agree()


@pytest.mark.parametrize("first", [True, False], ids=["full", "incremental"])
@pytest.mark.parametrize("crm", ["salesforce", "hubspot"])
def test_rows_edited_while_they_are_read_are_not_lost(
    new_world: Callable[..., World], tmp_path: Path, crm: Crm, first: bool
) -> None:
    """Before every page some account read already, and some account still to be read, gets a new name."""
    number = 4_500
    fill = accounts(crm, tmp_path / "export", number, spread=True)
    world = new_world(crm, name="many", fill=fill, pulled=not first)
    if not first:
        world.forward(hours=2)
        _touch_all(world)
        world.forward(minutes=10)
    records = sorted(world.held_ids("account"))
    numbers = count()

    def edit(_: object) -> None:
        step = next(numbers)
        for place in (step * 97, number - 1 - step * 31):
            world.rename("account", records[place % number], f"Edited {step}")

    world.watch.before = edit
    world.pull()
    world.watch.before = None
    assert next(numbers) > 5
    world.forward(minutes=10)
    world.pull()
    assert names_in_store(world) == names_in_crm(world)


def test_a_late_edit_among_thousands_of_rows_is_there_after_the_next_run(
    new_world: Callable[..., World], tmp_path: Path
) -> None:
    """More rows than a page lie in the overlap, and their number stays the same: only stamps tell the edit."""
    fill = accounts("salesforce", tmp_path / "export", 4_500, spread=True)
    world = new_world("salesforce", name="many", fill=fill, pulled=True)
    world.forward(hours=2)
    _touch_all(world)
    for minutes in (10, 30):
        world.forward(minutes=minutes)
        world.pull()
    world.forward(minutes=1)
    world.behave(late_share=1, late_seconds=LATE)
    edited = sorted(world.held_ids("account"))[::500]
    for record in edited:
        world.rename("account", record, "Edited late")
    world.forward(minutes=5)
    world.pull()
    assert {names_in_store(world)[record] for record in edited} == {"Edited late"}


def _touch_all(world: World) -> None:
    """Every account has changed, each at a moment of its own."""
    now = world.database.clock.now().strftime("%Y-%m-%dT%H:%M")
    if world.crm == "salesforce":
        stamp = f"'{now}:' || printf('%02d.%03d+0000', rowid % 60, rowid % 1000)"
        world.database.write(f"UPDATE Account SET SystemModstamp = {stamp}, LastModifiedDate = {stamp}", [()])
    else:
        stamp = f"'{now}:' || printf('%02d.%03dZ', \"$id\" % 60, \"$id\" % 1000)"
        world.database.write(f"UPDATE hs_companies SET hs_lastmodifieddate = {stamp}", [()])


def test_a_row_created_and_one_deleted_while_others_are_read_end_right(world: World) -> None:
    victim, made = sorted(world.held_ids("account"))[5], []

    def act() -> None:
        made.append(world.account("Newcomer"))
        world.delete("account", victim)

    with world.when("(query|list|search) (Opportunity|deals)", act):
        world.pull()
    assert made
    world.forward(minutes=10)
    world.pull()
    assert made[0] in world.stored_ids("account")
    assert victim not in world.stored_ids("account")
    world.agree()


@pytest.mark.pulled
def test_a_second_identical_run_changes_nothing_and_asks_once_for_an_object(world: World) -> None:
    """At most one call an object of the CRM; `DESCRIBES` lists what counts as a describe."""
    before = world.contents()
    for minutes in (0, 5, 30):
        world.forward(minutes=minutes)
        again = world.pull()
        assert changed(again.json()) == 0
        assert world.contents() == before
        assert asked_more_than_once(again) == {}, f"after {minutes} minutes"


def asked_more_than_once(ended: Ended) -> dict[str, int]:
    return {kind: number for kind, number in ended.kinds().items() if number > 1 and not _describe(kind)}


def _describe(kind: str) -> bool:
    return DESCRIBES.fullmatch(kind) is not None


@pytest.mark.pulled
def test_quiet_hours_cost_little_more_than_a_call_an_object_for_each_run(world: World) -> None:
    runs, calls, objects = 5, 0, 0
    for _ in range(runs):
        world.forward(minutes=30)
        reads = world.pull().reads()
        calls += sum(reads.values())
        objects = max(objects, len(reads))
    world.agree()
    assert calls <= 2 * runs * objects
