"""Every row is read: of many on one millisecond, on the vendors' page caps, and of a thousand mapped fields.

Caps: HubSpot's search gives 10,000 rows of a query (CRM API guide, Search the CRM), a SOQL page 2,000 (REST API
Developer Guide, Query Options Header).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pulled_seeds import accounts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from integration_harness import Crm
    from pulled_world import Ended, World

TIES = [
    ("salesforce", 2_000),
    ("salesforce", 25_000),
    ("hubspot", 10_000),
    ("hubspot", 25_000),
]
WIDE = {"hubspot": 1_000, "salesforce": 800}
"""Fields; an object of Salesforce has at most 800 of an admin's (Salesforce Features and Edition Allocations)."""


def change_all_at_once(world: World) -> None:
    """A mass edit: every account gets a new name, and all of them the same stamp, a minute ago."""
    world.forward(hours=3)
    now = world.drive("GET", "/state")["now"]
    world.forward(minutes=30)
    if world.crm == "salesforce":
        stamp = now.replace("Z", "+0000")
        world.database.write(
            "UPDATE Account SET Name = 'B' || substr(Name, 2), LastModifiedDate = ?, SystemModstamp = ?",
            [(stamp, stamp)],
        )
    else:
        world.database.write("UPDATE hs_companies SET name = 'B' || substr(name, 2), hs_lastmodifieddate = ?", [(now,)])


def stored_names(world: World) -> list[str]:
    return sorted(row[0] for row in world.select("SELECT name FROM account WHERE deleted = 0"))


@pytest.mark.parametrize(("crm", "number"), TIES)
def test_rows_that_share_a_millisecond_are_all_read_in_full_and_in_incremental_pulls(
    new_world: Callable[..., World], tmp_path: Path, crm: Crm, number: int
) -> None:
    world = new_world(crm, name=f"ties-{number}", fill=accounts(crm, tmp_path / "export", number), pulled=True)
    assert stored_names(world) == sorted(f"A{place}" for place in range(number))
    change_all_at_once(world)
    world.pull()
    assert stored_names(world) == sorted(f"B{place}" for place in range(number))
    again = world.pull()
    assert calls_for_accounts(again) <= 1, "they lie in the overlap now, and are not read once more"
    assert stored_names(world) == sorted(f"B{place}" for place in range(number))


@pytest.mark.parametrize(("crm", "number"), [("salesforce", 2_000), ("hubspot", 10_000)])
def test_many_rows_on_one_millisecond_cost_one_call_a_run_from_the_next_day_on(
    new_world: Callable[..., World], tmp_path: Path, crm: Crm, number: int
) -> None:
    world = new_world(crm, name=f"ties-{number}", fill=accounts(crm, tmp_path / "export", number), pulled=True)
    change_all_at_once(world)
    world.pull()
    world.forward(days=1)
    world.pull()
    assert calls_for_accounts(world.pull()) <= 1
    assert stored_names(world) == sorted(f"B{place}" for place in range(number))


def calls_for_accounts(ended: Ended) -> int:
    """Requests for accounts; pages after the first of a query name no object, so they count too."""
    return sum(
        number
        for kind, number in ended.reads().items()
        if kind in {"more", "bulk"} or kind.endswith((" Account", " companies"))
    )


@pytest.mark.parametrize("crm", WIDE)
def test_a_thousand_mapped_fields_are_all_read(new_world: Callable[..., World], tmp_path: Path, crm: Crm) -> None:
    tail = "__c" if crm == "salesforce" else ""
    fields = [f"salesops_field_number_{place:08}"[:30] + tail for place in range(WIDE[crm])]
    assert {len(name.removesuffix("__c")) for name in fields} == {30}
    world = new_world(crm, name="wide", fill=accounts(crm, tmp_path / "export", 30, custom=fields))
    world.new_project(mapping=f"{{account: {{custom: [{', '.join(fields)}]}}}}")
    world.pull()
    stored = world.select("SELECT name, custom FROM account WHERE deleted = 0")
    assert len(stored) == 30
    for name, custom in stored:
        assert custom == _as_json({field: f"v{place}.{name[1:]}" for place, field in enumerate(fields)})
    assert world.pull().kinds().get("describe all", 1) == 1


def _as_json(values: dict[str, str]) -> str:
    import json

    return json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


@pytest.mark.parametrize("crm", WIDE)
def test_an_edit_between_two_parts_of_a_wide_record_leaves_no_mixture(
    new_world: Callable[..., World], tmp_path: Path, crm: Crm
) -> None:
    """The first and the last field always hold one text, as the CRM holds it; parts read apart must show that too."""
    tail = "__c" if crm == "salesforce" else ""
    fields = [f"salesops_field_number_{place:08}"[:30] + tail for place in range(WIDE[crm])]
    world = new_world(crm, name="wide", fill=accounts(crm, tmp_path / "export", 30, custom=fields))
    world.new_project(mapping=f"{{account: {{custom: [{', '.join(fields)}]}}}}")
    records = sorted(world.held_ids("account"))
    edits = iter(range(1_000))

    def edit() -> None:
        text = f"edit {next(edits)}"
        world.edit("account", records[0], **{fields[0]: text, fields[-1]: text})

    edit()
    with world.when("(query|search|list|read) (Account|companies)|bulk", edit, nth=2):
        world.pull()
    query = f"SELECT custom ->> '$.{fields[0]}', custom ->> '$.{fields[-1]}' FROM account WHERE id = '{records[0]}'"
    [(first, last)] = world.select(query)
    assert first == last
    world.forward(minutes=10)
    world.pull()
    assert world.select(query) == [(f"edit {next(edits) - 1}",) * 2]


@pytest.mark.pulled
@pytest.mark.parametrize("api_version", ["2026-03", "2026-09"])
def test_hubspots_dated_paths_give_the_rows_that_its_numbered_ones_give(hubspot: World, api_version: str) -> None:
    """The numbered APIs end in 2027."""
    numbered = hubspot.contents()
    hubspot.new_project(api_version=api_version)
    ended = hubspot.pull()
    assert hubspot.contents() == numbered
    old = [call.path for call in ended.calls if "/v3" in call.path or "/v4" in call.path]
    assert old == []
