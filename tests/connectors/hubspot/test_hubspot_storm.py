"""Random faults of every kind, edits and merges, run after run: what was read equals what is there."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest
from hubspot_world import Copy, World, open_world

from connectors.errors import ConnectorError

if TYPE_CHECKING:
    from pathlib import Path

KINDS: dict[str, dict[str, Any]] = {
    "latency": {"seconds": 0.01},
    "status": {"status": 503},
    **{kind: {} for kind in ("limit", "reset", "lost", "truncated", "duplicated", "repeated")},
}
PATHS = ("/crm/*", "/crm/v3/objects/*", "*/search", "*/batch/read")
STREAMS = ("account", "contact", "opportunity", "user", "stage")
SWEEPS = (*STREAMS, "opportunity:associations", "account:deleted", "contact:deleted")


@pytest.mark.parametrize("seed", range(6))
def test_whatever_the_network_does_all_that_is_there_is_read(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    with open_world(tmp_path) as world:
        companies = world.create_many("companies", rng.randrange(2, 320), name="A")
        deals = world.create_many("deals", rng.randrange(1, 120), dealname="D", dealstage="closedwon", amount="1")
        contacts = world.create_many("contacts", rng.randrange(2, 120))
        for deal in deals[:20]:
            world.link("deals", deal, "companies", rng.choice(companies))
        copy = Copy()
        for turn in range(5):
            world.forward(minutes=rng.choice((1, 7, 25, 50, 200)))
            _lives(world, rng, companies, contacts)
            for kind in rng.sample(list(KINDS), rng.randrange(3)):
                world.fault(kind=kind, path=rng.choice(PATHS), share=rng.choice((0.1, 0.3, 0.5)), **KINDS[kind])
            for company in rng.sample(companies, rng.randrange(min(len(companies), 60))):
                world.rename(company, f"N{turn}")
            world.forward(seconds=rng.choice((0, 3, 30)))
            _pull(world, copy)
            world.send("DELETE", "/sandbox/faults")
        world.forward(minutes=10)
        whole = Copy()
        with world.connected() as connector:
            copy.pull(connector, *SWEEPS)
            whole.pull(connector, *SWEEPS)
        assert copy.state() == whole.state()


def _lives(world: World, rng: random.Random, companies: list[str], contacts: list[str]) -> None:
    """Two companies become one, and a contact is archived."""
    if len(companies) > 1 and rng.random() < 0.5:
        one, two = rng.sample(companies, 2)
        body = {"primaryObjectId": one, "objectIdToMerge": two}
        companies[:] = [each for each in companies if each not in (one, two)]
        companies.append(str(world.send("POST", "/crm/v3/objects/companies/merge", body)["id"]))
    if len(contacts) > 1:
        world.send("DELETE", f"/crm/v3/objects/contacts/{contacts.pop(rng.randrange(len(contacts)))}")


def _pull(world: World, copy: Copy) -> None:
    """A run, which the network may end before its time."""
    try:
        with world.connected() as connector:
            copy.pull(connector, *STREAMS)
    except ConnectorError:
        pass
