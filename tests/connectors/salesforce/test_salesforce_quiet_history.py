"""A mass change of owners: each leaves two rows in Salesforce's history, and is quiet once it was read."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from connected_org import SandboxOrg, opened, write_export

from connectors.batches import in_chunks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OPPORTUNITIES = 1_200
USERS = ["005000000000001AAA", "005000000000002AAA"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    users = [
        {"Id": user, "Name": f"User {number}", "Username": f"u{number}@x.example", "UserType": "Standard"}
        for number, user in enumerate(USERS)
    ]
    opportunities = [
        {
            "Id": f"006XX{number:010}",
            "Name": f"Deal {number}",
            "StageName": "Prospecting",
            "CloseDate": "2026-12-31",
            "OwnerId": USERS[0],
        }
        for number in range(OPPORTUNITIES)
    ]
    return write_export(tmp_path_factory.mktemp("export"), {"User": users, "Opportunity": opportunities})


@pytest.fixture
def org(folder: Path) -> Iterator[SandboxOrg]:
    with opened(folder) as made:
        made.behave(late_share=0)
        yield made


def give_all_to(org: SandboxOrg, owner: str) -> None:
    for part in in_chunks(sorted(org.stamps("Opportunity")), 200):
        records = [{"attributes": {"type": "Opportunity"}, "id": each, "OwnerId": owner} for each in part]
        body = json.dumps({"allOrNone": True, "records": records})
        org.connector._session.send("PATCH", "composite/sobjects", body)


def test_after_a_mass_change_of_owners_a_quiet_run_reads_nothing_at_one_call(org: SandboxOrg) -> None:
    org.read("field_history")
    org.forward(timedelta(hours=3))
    give_all_to(org, USERS[1])
    org.forward(timedelta(minutes=1))
    changes = [row for page in org.read("field_history") for row in page.rows.get("field_history", ())]
    assert len({row.values["record_id"] for row in changes}) == len(changes) == OPPORTUNITIES
    assert {(row.values["field"], row.values["after"]) for row in changes} == {("owner_id", USERS[1])}
    for _ in range(3):
        org.forward(timedelta(minutes=5))
        assert not any(page.rows for page in org.read("field_history"))
        assert org.calls == 1
