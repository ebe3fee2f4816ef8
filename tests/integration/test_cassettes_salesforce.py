"""What a real Salesforce org said of its sObjects, replayed through vcrpy to the adapter: every field as described."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from cassettes_salesforce import DESCRIBE, describe_recorded
from recordings import SALESFORCE, read_exchanges

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from connectors.base import CrmField, Description

    Json = dict[str, Any]

# Our object, of the sObjects that one of ours is read from alone.
OURS = {"Account": "account", "Contact": "contact", "Lead": "lead", "Opportunity": "opportunity", "User": "user"}
SHARED = {"Task": "activity", "Event": "activity"}  # our object has the fields of both
NUMBERS = {"currency", "double", "percent", "int", "long"}


@pytest.fixture(scope="module")
def recorded(recorded_salesforce: Path) -> dict[str, Json]:
    """Every recorded describe by its sObject's name, from files and from exchanges."""
    found = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(recorded_salesforce.rglob("*.json"))]
    exchanges = [each for each in read_exchanges(recorded_salesforce, SALESFORCE) if each.status == 200]
    found += [each.response for each in exchanges if DESCRIBE.search(each.path.split("?")[0])]
    return {str(each["name"]): each for each in found if isinstance(each, dict) and "fields" in each}


@pytest.fixture(scope="module")
def description(recorded: Mapping[str, Json], tmp_path_factory: pytest.TempPathFactory) -> Description:
    with pytest.MonkeyPatch.context() as patch:
        return describe_recorded(tmp_path_factory.mktemp("cassettes"), recorded, patch)


def wrong(ours: CrmField | None, field: Json) -> list[str]:
    """How our field differs from the described one."""
    if ours is None:
        return [f"{field['name']}: not there"]
    expected = {
        "label": field["label"] or field["name"],
        "type": field["type"],
        "updateable": field["updateable"],
        "decimals": (field["scale"] or 0) if field["type"] in NUMBERS else None,
        "length": field["length"] or None,
    }
    return [
        f"{field['name']}.{name}: {getattr(ours, name)!r} for {value!r}"
        for name, value in expected.items()
        if getattr(ours, name) != value
    ]


def test_every_described_field_of_an_object_that_we_read_is_told(
    recorded: Mapping[str, Json], description: Description
) -> None:
    found = {}
    for sobject, name in OURS.items():
        if sobject in recorded:
            told = description.fields[name]
            lines = [line for field in recorded[sobject]["fields"] for line in wrong(told.get(field["name"]), field)]
            lines += [f"{each}: too much" for each in told.keys() - {f["name"] for f in recorded[sobject]["fields"]}]
            found[sobject] = lines
    assert found
    assert {sobject: lines for sobject, lines in found.items() if lines} == {}


def test_every_described_field_of_an_activity_is_told(recorded: Mapping[str, Json], description: Description) -> None:
    described = [field["name"] for sobject in SHARED if sobject in recorded for field in recorded[sobject]["fields"]]
    assert described
    assert set(described) <= description.fields["activity"].keys()


def test_nothing_that_the_default_mapping_reads_is_missing_from_a_real_org(
    recorded: Mapping[str, Json], description: Description
) -> None:
    seen = {name: {field["name"] for field in each["fields"]} for name, each in recorded.items()}
    unseen = {(each.crm_object, each.field) for each in (*description.missing, *description.unseen)}
    # What an edition or a setting brings may be missing; what is there must not be said to be.
    assert {(sobject, field) for sobject, field in unseen if field in seen.get(sobject, ())} == set()
