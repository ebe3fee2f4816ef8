"""HubSpot accounts in which more changes within the overlap than one search shows: busy ones, and after an import.

PULL_BUSY_HOURS is how long a busy one is watched, PULL_STORM_SEED the seed.
"""

from __future__ import annotations

import os
from random import Random
from typing import TYPE_CHECKING

import pytest
from test_pull_lives import live

if TYPE_CHECKING:
    from collections.abc import Callable

    from pulled_world import Ended, World

SEED = int(os.environ.get("PULL_STORM_SEED", "1"))
HOURS = float(os.environ.get("PULL_BUSY_HOURS", "2"))
CROWD = 260
OBJECTS = ("account", "contact", "opportunity")


def import_many(world: World, kind: str, count: int) -> list[str]:
    """The ids of many new records."""
    made: list[str] = []
    for start in range(0, count, 100):
        inputs = [{"properties": {}}] * min(100, count - start)
        answer = world.send("POST", f"/crm/v3/objects/{kind}/batch/create", {"inputs": inputs})
        made += [each["id"] for each in answer["results"]]
    return made


def searches(ended: Ended, kind: str) -> int:
    return sum(f"objects/{kind}/search" in call.path for call in ended.calls)


@pytest.fixture
def crowded(new_world: Callable[..., World]) -> World:
    """A world in which more companies were imported half an hour ago than one search shows, and pulled."""
    world = new_world("hubspot")
    world.pull()
    import_many(world, "companies", CROWD)
    world.forward(minutes=30)
    world.pull()
    return world


@pytest.mark.parametrize("of", ["the import", "those before"])
def test_in_a_crowded_and_quiet_account_a_deletion_is_seen_with_the_second_pull_at_the_latest(
    crowded: World, of: str
) -> None:
    ids = sorted(crowded.held_ids("account"), key=int)
    for record in ids[-2:] if of == "the import" else ids[:2]:
        crowded.delete("account", record)
        crowded.forward(minutes=5)
        crowded.pull()
        crowded.pull()
        crowded.agree("account")
    assert [searches(crowded.pull(), "companies") for _ in range(4)] == [1, 1, 1, 1]


def test_in_a_crowded_account_an_edit_that_is_found_late_comes_with_the_second_pull_at_the_latest(
    crowded: World,
) -> None:
    old = min(crowded.held_ids("account"), key=int)
    crowded.behave(search_lag_seconds=2400)
    crowded.rename("account", old, "Late")
    crowded.behave(search_lag_seconds=0)
    import_many(crowded, "companies", CROWD)
    crowded.pull()
    assert crowded.row("account", old, "name") != "Late"
    crowded.forward(minutes=40)
    crowded.pull()
    crowded.pull()
    assert crowded.row("account", old, "name") == "Late"


def test_what_is_edited_again_and_again_in_a_crowded_account_does_not_make_the_overlap_be_read(crowded: World) -> None:
    ids = sorted(crowded.held_ids("account"), key=int)
    for turn in range(4):
        crowded.rename("account", ids[-5], f"Name {turn}")
        crowded.forward(minutes=2)
        assert searches(crowded.pull(), "companies") == 2
        assert crowded.row("account", ids[-5], "name") == f"Name {turn}"


class Office:
    """People at work in a busy account, and what they deleted with how many pulls have seen nothing of it."""

    def __init__(self, world: World, dice: Random) -> None:
        self.world, self.dice = world, dice
        self.unseen: dict[tuple[str, str], int] = {}
        self.shelf: list[tuple[str, str]] = []
        self._acts: list[tuple[Callable[[], object], int]] = [
            (lambda: world.account(f"New {dice.random()}"), 3),
            (lambda: world.deal(f"New {dice.random()}"), 3),
            (lambda: world.create("contact", email=f"c{dice.random()}@x.example"), 3),
            (lambda: self._rename("account"), 5),
            (lambda: self._rename("opportunity"), 5),
            (lambda: self._archive(dice.choice(OBJECTS)), 2),
            (self._restore, 1),
            (lambda: self._merge(dice.choice(OBJECTS)), 1),
        ]

    def act(self) -> None:
        acts, weights = zip(*self._acts, strict=True)
        self.dice.choices(acts, weights)[0]()

    def erase(self) -> None:
        contact = self._any("contact")
        self.world.purge("contact", contact)

    def look(self) -> None:
        """Hold that what was deleted is seen with the second pull at the latest."""
        for (name, record), pulls in list(self.unseen.items()):
            if self.world.row(name, record, "deleted") in (1, None):
                del self.unseen[name, record]
                continue
            assert pulls < 1, f"{name} {record} lives after {pulls + 1} pulls"
            self.unseen[name, record] = pulls + 1

    def _any(self, name: str) -> str:
        return self.dice.choice(sorted(self.world.held_ids(name)))

    def _rename(self, name: str) -> None:
        self.world.rename(name, self._any(name), f"Name {self.dice.random()}")

    def _archive(self, name: str) -> None:
        record = self._any(name)
        self.world.delete(name, record)
        self.shelf.append((name, record))
        self.unseen[name, record] = 0

    def _restore(self) -> None:
        """By hand, in HubSpot's own pages, and then edited: a restored record alone could make up for a deletion."""
        if not self.shelf:
            return
        name, record = self.shelf.pop()
        kinds = {"account": "companies", "contact": "contacts", "opportunity": "deals"}
        self.world.database.write(f'UPDATE hs_{kinds[name]} SET "$archived" = NULL WHERE "$id" = ?', [(int(record),)])
        self.unseen.pop((name, record), None)
        if name == "contact":
            self.world.edit(name, record, email=f"r{self.dice.random()}@x.example")
        else:
            self.world.rename(name, record, f"Name {self.dice.random()}")

    def _merge(self, name: str) -> None:
        one, two = self.dice.sample(sorted(self.world.held_ids(name)), 2)
        self.world.merge(name, one, two)
        self.unseen |= {(name, one): 0, (name, two): 0}


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("late", [2, 1200])
def test_a_busy_account_is_followed_and_its_deletions_are_seen_with_the_second_pull(
    new_world: Callable[..., World], late: int
) -> None:
    dice = Random(f"busy {SEED} {late}")
    world = new_world("hubspot", search_lag_seconds=late)
    world.behave(seed=SEED)
    world.pull()
    office = Office(world, dice)
    for kind in ("companies", "contacts", "deals"):
        import_many(world, kind, CROWD)
    for turn in range(int(HOURS * 12)):
        for _ in range(dice.randint(0, 8)):
            office.act()
            world.forward(seconds=dice.choice((0, 1, 20)))
        if turn % 12 == 5:
            office.erase()
        world.forward(seconds=dice.choice((60, 240, 300)))
        world.pull()
        if late < 60:
            office.look()
    world.forward(days=8)  # every sweep is due
    world.pull()
    world.forward(hours=2)
    world.pull()
    kept = live(world)
    world.agree()
    world.new_project()
    world.pull()
    fresh = live(world)
    assert {name for name, rows in fresh.items() if rows != kept[name]} == set()
