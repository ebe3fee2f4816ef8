"""Random refusals in every shape, and random faults of the network: each record has one outcome, and it is true."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest
from hubspot_stub import Portal, Request, record
from hubspot_world import World, open_world
from hubspot_written import COMPANIES, DEALS, STATEMENTS, NoJobs, add_statements, delete, stand, write, written

from connectors.errors import ConnectorError
from connectors.writing import Cause, RecordWrite, Status, Target

if TYPE_CHECKING:
    from pathlib import Path

UPDATE = "/crm/v3/objects/deals/batch/update"
FAILURE: dict[str, Any] = {"category": "VALIDATION_ERROR", "message": "Bad value."}
KINDS: dict[str, dict[str, Any]] = {
    "status": {"status": 503},
    **{kind: {} for kind in ("limit", "reset", "lost", "truncated", "duplicated", "repeated")},
}


def in_some_shape(rng: random.Random, bad: set[int], held: set[int]) -> Any:
    """An account that refuses some records, each time in another of the ways that HubSpot has; `held` are those that
    it wrote."""

    def answer(request: Request) -> Any:
        asked = [int(each["id"]) for each in request.json["inputs"]]
        wrong = [each for each in asked if each in bad]
        shape = rng.choice(("400", "409", "named", "unnamed"))
        if wrong and shape in {"400", "409"}:
            return int(shape), FAILURE
        good = [each for each in asked if each not in bad]
        held.update(good)
        results = [{**record(each), "objectWriteTraceId": str(each)} for each in rng.sample(good, len(good))]
        if not wrong:
            return rng.choice((200, 201)), {"results": results}
        if shape == "named":
            key = rng.choice(("ids", "id", "objectWriteTraceId"))
            errors = [{**FAILURE, "context": {key: [str(each)]}} for each in wrong]
        else:
            errors = [FAILURE] * rng.randrange(1, len(wrong) + 1)
        return 207, {"results": results, "errors": errors}

    return answer


@pytest.mark.parametrize("seed", range(60))
def test_in_whatever_shape_records_are_refused_the_others_are_written(portal: Portal, seed: int) -> None:
    rng = random.Random(seed)
    ids = list(range(1, rng.randrange(2, 230)))
    bad = set(rng.sample(ids, rng.randrange(min(len(ids), 12))))
    held: set[int] = set()
    portal.on("POST", UPDATE, in_some_shape(rng, bad, held))
    connector = portal.connect()
    outcomes = write(connector, DEALS, {str(each): {"amount": "1"} for each in ids})
    connector.close()
    assert written(outcomes) == {str(each) for each in ids if each not in bad} == set(map(str, held))
    assert {each.cause for each in outcomes.values() if each.status is Status.FAILED} <= {Cause.RULE}


@pytest.mark.parametrize("seed", range(8))
def test_whatever_the_network_does_what_is_called_written_stands(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    with open_world(tmp_path) as world:
        add_statements(world)
        companies = world.create_many("companies", rng.randrange(1, 250), name="A")
        keys = [f"k{number}" for number in range(rng.randrange(1, 250))]
        for kind in rng.sample(list(KINDS), rng.randrange(1, 4)):
            world.fault(kind=kind, path="*/batch/*", share=rng.choice((0.1, 0.3, 0.5)), **KINDS[kind])
        _repeat(world, COMPANIES, {each: {"city": f"C{each}"} for each in companies})
        _repeat(world, STATEMENTS, {each: {"paid": f"{len(each)}.5"} for each in keys})
        world.send("DELETE", "/sandbox/faults")
        with world.connected() as connector:
            assert stand(connector, COMPANIES, companies, "city") == {each: {"city": f"C{each}"} for each in companies}
            made = connector.standing(STATEMENTS, ["paid"], keys)
            assert {key: each.values["paid"] for key, each in made.items()} == {key: f"{len(key)}.5" for key in keys}
            assert len(_all_statements(world)) == len(keys)
            assert written(delete(connector, STATEMENTS, [each.record_id for each in made.values()]))
            assert _all_statements(world) == []


def _repeat(world: World, target: Target, values: dict[str, dict[str, str | None]]) -> None:
    """Write until a run gets to its end, as runs do after one another."""
    for _ in range(20):
        try:
            with world.connected() as connector:
                outcomes = list(connector.write(target, [RecordWrite(*each) for each in values.items()], NoJobs()))
        except ConnectorError:
            continue
        assert {each.name: each.status for each in outcomes} == dict.fromkeys(values, Status.WRITTEN)
        assert len(outcomes) == len(values)
        return
    pytest.fail("no run got to its end")


def _all_statements(world: World) -> list[str]:
    found: list[str] = []
    after = ""
    while True:
        page = world.send("GET", f"/crm/v3/objects/{STATEMENTS.object}?limit=100{after}")
        found += [each["id"] for each in page["results"]]
        token = page.get("paging", {}).get("next", {}).get("after")
        if not token:
            return found
        after = f"&after={token}"
