"""One company, loaded into both dialects, gives the same normalized rows: compared on natural keys, ids mapped.

What cannot agree, because one of the CRMs has no place for it, is named in `APART`, field by field with its reason;
everything else is compared, and a field that is in `APART` without need is an error too.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from integration_harness import CREDENTIALS, CRMS
from pulled_world import open_world

from config.model import OBJECTS, references

if TYPE_CHECKING:
    from collections.abc import Callable

    from integration_harness import Crm
    from pulled_world import Doors, World

Table = list[dict[str, Any]]

BOTH = ("user", "account", "lead", "opportunity", "product", "line_item", "activity", "opportunity_history")

MAPPING = {
    "salesforce": ("{activity: {fields: {outcome: Outcome__c}}, opportunity: {fields: {lost_reason: Loss_Reason__c}}}"),
    "hubspot": (
        "{user: {fields: {manager_id: manager_email}}, opportunity: {fields: {source: lead_source}},"
        " lead: {fields: {source: lead_source}}}"
    ),
}
"""What the made-up company keeps in fields of its own."""

APART: dict[str, dict[str, str]] = {
    "user": {
        "record_id": "an id of the CRM's own",
        "time_zone": "HubSpot's users have none in their record",
        "role_id": "HubSpot has no role hierarchy; `role` holds the job title in both",
    },
    "lead": {
        "contact_id": "every lead of HubSpot hangs on a contact; Salesforce makes one at conversion alone",
        "status": "Salesforce's standard statuses are coarser: two of the company's are one there",
        "converted": "HubSpot calls a qualified lead of a deal converted while the deal has it; Salesforce has a flag",
        "converted_at": "Salesforce keeps the day of conversion, HubSpot the moment",
    },
    "opportunity": {
        "pipeline": "Salesforce has one, without a name",
        "currency": "Salesforce names one in an org with several only; HubSpot on every deal",
        "next_step": "the company has none",
        "probability": "each CRM has its own for a stage",
        "forecast_category": "HubSpot's deals have none unless its forecast tool is used",
    },
    "product": {"family": "HubSpot's products have no family"},
    "activity": {
        "contact_id": "a lead's activities hang on its contact in HubSpot; Salesforce has the lead alone",
        "direction": "Salesforce's logged e-mails tell none",
    },
}
"""Fields that cannot agree, each with its reason."""

STAGES = {
    "Appointment Scheduled": "Prospecting",
    "Qualified To Buy": "Qualification",
    "Presentation Scheduled": "Proposal/Price Quote",
    "Contract Sent": "Negotiation/Review",
}
KINDS_OF_DEAL = {"newbusiness": "New Customer", "existingbusiness": "Existing Customer - Upgrade"}

SPELLED: dict[tuple[str, str], Callable[[str], str]] = {
    ("account", "industry"): lambda text: text.upper().replace(" ", "_"),
    ("opportunity", "stage"): lambda text: STAGES.get(text, text),
    ("opportunity", "type"): lambda text: KINDS_OF_DEAL.get(text, text),
    ("opportunity_history", "stage"): lambda text: STAGES.get(text, text),
    ("activity", "outcome"): lambda text: (
        text.lower().replace(" ", "_").replace("completed", "held").replace("canceled", "cancelled")
    ),
    # What stands in a picklist of one CRM under another name, in a spelling for both.
}


@pytest.fixture(scope="module")
def tables(doors: Doors, tmp_path_factory: pytest.TempPathFactory) -> dict[Crm, dict[str, Table]]:
    """What was pulled of each CRM, by object, with the ids of records in natural keys."""
    found: dict[Crm, dict[str, Table]] = {}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in CREDENTIALS.items():
            patch.setenv(name, value)
        for crm in CRMS:
            with open_world(doors, crm, tmp_path_factory.mktemp(f"agree-{crm}")) as world:
                world.new_project(mapping=MAPPING[crm])
                world.pull()
                found[crm] = named(world)
    return found


def named(world: World) -> dict[str, Table]:
    """The live rows by object; a reference is the natural key of the record that it leads to."""
    rows = {name: rows_of(world, name) for name in OBJECTS}
    keys: dict[str, dict[str, object]] = {name: {} for name in OBJECTS}
    for name in ("user", "account", "product", "opportunity", "lead"):
        keys[name] = {row["id"]: KEY[name](row) for row in rows[name]}
    for name, table in rows.items():
        for row in table:
            for field, target in references(name).items():
                if row[field] is not None and keys[target]:
                    row[field] = keys[target].get(row[field], f"unknown {target}")
    return rows


def rows_of(world: World, name: str) -> Table:
    fields = list(OBJECTS[name].fields)
    return [
        dict(zip(fields, row, strict=True))
        for row in world.select(f"SELECT {', '.join(fields)} FROM {name} WHERE deleted = 0")
    ]


KEY: dict[str, Callable[[dict[str, Any]], object]] = {
    "user": lambda row: row["email"],
    "account": lambda row: row["name"],
    "product": lambda row: row["code"],
    "opportunity": lambda row: f"{row['name']} {row['created_at']}",
    "lead": lambda row: row["created_at"],
}


def comparable(name: str, table: Table) -> Counter[tuple[tuple[str, object], ...]]:
    """The rows without ids, and without what cannot agree, however often each is there."""
    counted: Counter[tuple[tuple[str, object], ...]] = Counter()
    for row in table:
        if name == "user" and row["email"].endswith("@sandbox.example"):
            continue  # the integration login of the sandbox, which is nobody in the company
        kept = {}
        for field in OBJECTS[name].fields:
            if field == "id" or field in APART.get(name, {}):
                continue
            spell = SPELLED.get((name, field))
            kept[field] = spell(row[field]) if spell and row[field] is not None else row[field]
        if name == "activity" and row["kind"] in PLAIN_TASKS:
            kept |= {"at": str(row["at"])[:10], "outcome": None}
        counted[tuple(kept.items())] += 1
    return counted


PLAIN_TASKS = ("email", "task")
"""What Salesforce holds as a task has a day, and no hour; an outcome it has where the company's own field says one,
and that is of calls and meetings. HubSpot tells how far an e-mail or a task came."""


@pytest.mark.parametrize("name", BOTH)
def test_the_rows_of_both_crms_are_equal(tables: dict[Crm, dict[str, Table]], name: str) -> None:
    left, right = (comparable(name, tables[crm][name]) for crm in CRMS)
    assert left, f"no {name} at all"
    assert left == right, f"{list((left - right).items())[:2]} and {list((right - left).items())[:2]}"


@pytest.mark.parametrize(("name", "field"), [(name, field) for name, fields in APART.items() for field in fields])
def test_only_what_differs_is_set_apart(tables: dict[Crm, dict[str, Table]], name: str, field: str) -> None:
    left, right = (Counter(repr(row[field]) for row in tables[crm][name]) for crm in CRMS)
    assert left != right or set(left) == {"None"}, "it agrees: compare it"


def test_every_reference_leads_to_a_record_that_is_there(tables: dict[Crm, dict[str, Table]]) -> None:
    for crm in CRMS:
        for name, table in tables[crm].items():
            for row in table:
                assert not any(str(value).startswith("unknown ") for value in row.values()), (crm, name, row)


@pytest.mark.parametrize("crm", CRMS)
def test_everybody_entered_their_own_records_and_some_were_lost_for_a_reason(
    tables: dict[Crm, dict[str, Table]], crm: Crm
) -> None:
    for name in ("account", "lead", "opportunity", "activity"):
        rows = tables[crm][name]
        assert rows
        assert all(row["created_by_id"] == row["owner_id"] is not None for row in rows), name
    assert {bool(row["lost_reason"]) for row in tables[crm]["opportunity"] if row["stage"] == "Closed Lost"} == {True}
    assert not any(row["lost_reason"] for row in tables[crm]["opportunity"] if row["stage"] != "Closed Lost")
