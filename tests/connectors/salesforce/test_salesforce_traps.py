"""What Salesforce does that loses rows elsewhere, on a sandbox that behaves as usual: nothing is lost here."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from connected_org import SandboxOrg, opened, write_export

from config.mapping import ObjectMapping
from connectors.errors import LimitReached
from connectors.salesforce import sweep

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CROWD = 25_000
SEVERAL = 7_000
"""Accounts on three full pages and a further one."""

FAULTS = ["status", "limit", "reset", "lost", "truncated", "duplicated", "repeated"]


def export_of(number: int, folder: Path) -> Path:
    return write_export(
        folder, {"Account": [{"Id": f"001XX{place:010}", "Name": f"Company {place}"} for place in range(number)]}
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export_of(300, tmp_path_factory.mktemp("few"))


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export whose accounts all have one stamp."""
    return export_of(CROWD, tmp_path_factory.mktemp("crowd"))


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fewer of the same."""
    return export_of(SEVERAL, tmp_path_factory.mktemp("several"))


@pytest.fixture
def org(folder: Path) -> Iterator[SandboxOrg]:
    with opened(folder) as made:
        yield made


@pytest.mark.parametrize("by_job", [True, False])
def test_25000_records_on_one_millisecond_are_all_read_and_a_second_run_costs_one_call(
    crowd: Path, monkeypatch: pytest.MonkeyPatch, *, by_job: bool
) -> None:
    if not by_job:
        monkeypatch.setattr(sweep, "is_cheaper", lambda _rest, _page: False)
    with opened(crowd) as org:
        org.forward(timedelta(minutes=1))
        org.read("account")
        assert org.jobs() == by_job
        assert len(set(org.stamps("Account").values())) == 1
        assert org.held.rows == org.stamps("Account")
        pages = org.read("account")
        assert org.calls == 1
        assert not any(page.rows for page in pages)


def test_a_run_that_is_cut_after_every_page_reads_what_an_uncut_one_does(
    several: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "is_cheaper", lambda _rest, _page: False)
    with opened(several) as org:
        for _ in range(-(-SEVERAL // 2_000)):
            page = next(iter(org.connector.read("account", org.cursor, org.held)))
            org.held.save([page])
            org.cursor = page.cursor
        assert org.held.rows == org.stamps("Account")


def test_rows_that_show_up_forty_minutes_late_are_there_after_the_next_run(org: SandboxOrg) -> None:
    org.read("account")
    org.forward(timedelta(hours=2))
    org.behave(late_share=0)
    org.create("Account", Name="On time")
    org.read("account")
    org.behave(late_share=1, late_seconds=2_400)
    for number in range(20):
        org.create("Account", Name=f"Late {number}")
    org.read("account")
    assert org.held.rows == org.stamps("Account")


def test_a_late_row_behind_more_than_a_page_of_others_is_there_after_the_next_run(
    several: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "is_cheaper", lambda _rest, _page: False)
    with opened(several) as org:
        org.read("account")
        org.forward(timedelta(minutes=1))
        org.behave(late_share=1, late_seconds=2_400)
        late = [org.create("Account", Name=f"Late {number}") for number in range(3)]
        org.read("account")
        assert set(late) <= org.held.rows.keys()
        assert org.held.rows == org.stamps("Account")


def test_edits_and_deletions_while_pages_are_read_are_there_after_the_next_run(
    several: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "is_cheaper", lambda _rest, _page: False)
    with opened(several) as org:
        records = sorted(org.stamps("Account"))
        for number, page in enumerate(org.connector.read("account", None, org.held)):
            org.held.save([page])
            org.cursor = page.cursor
            org.update("Account", records[number], Name="Edited")
            org.update("Account", records[-1 - number], Name="Edited")
            org.delete("Account", records[100 + number])
        org.read("account")
        assert org.held.rows == org.stamps("Account")


def test_a_record_edited_twice_in_a_second_is_read_as_it_is_after_the_second_time(org: SandboxOrg) -> None:
    org.read("account")
    record = min(org.stamps("Account"))
    org.update("Account", record, Name="First")
    org.read("account")
    org.update("Account", record, Name="Second")
    pages = org.read("account")
    assert [row.values["name"] for page in pages for row in page.rows["account"] if row.values["id"] == record] == [
        "Second"
    ]


@pytest.mark.parametrize("kind", FAULTS)
def test_faults_on_the_way_lose_nothing(org: SandboxOrg, kind: str) -> None:
    org.fault(kind, share=0.4, times=20)
    for _ in range(4):
        org.create("Account", Name="Another")
        org.read("account")
        org.forward(timedelta(minutes=17))
    org.read("account")
    assert org.held.rows.keys() >= org.stamps("Account").keys()


def test_a_repeated_answer_is_never_taken_for_an_empty_one(org: SandboxOrg) -> None:
    assert not any(page.rows for page in org.connector.read("quote", None, org.held))
    org.fault("repeated", path="*", share=1, times=1)
    org.read("account")
    assert org.held.rows == org.stamps("Account")


def test_a_session_that_ends_within_a_query_costs_nothing(several: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "is_cheaper", lambda _rest, _page: False)
    with opened(several) as org:
        seen = []
        for page in org.connector.read("account", None, org.held):
            seen += [row.values["id"] for row in page.rows.get("account", ())]
            org.end_session()
        assert len(seen) == len(set(seen)) == SEVERAL


def test_deleted_and_restored_and_merged_records_end_right(org: SandboxOrg) -> None:
    org.read("account")
    kept, gone = (org.create("Account", Name=name) for name in ("Kept", "Gone"))
    org.delete("Account", gone)
    pages = org.read("account")
    rows = {row.values["id"]: row.deleted for page in pages for row in page.rows["account"]}
    assert (rows[kept], rows[gone]) == (False, True)
    [fetched] = org.connector.fetch("account", [kept, gone, "001000000000009AAA"])
    assert {row.values["id"]: row.deleted for row in fetched.rows["account"]} == {kept: False, gone: True}
    assert gone not in {seen for page in org.connector.read("account:ids", None, org.held) for seen, _ in page.seen}


def test_a_field_hidden_overnight_is_told_and_its_stream_starts_anew_without_it(folder: Path) -> None:
    with opened(folder, mapping={"account": ObjectMapping(fields={"region": "Industry"})}) as org:
        record = org.create("Account", Name="Known", Industry="Banking")
        org.read("account")
        profile = org.connector._session.query(
            f"SELECT ProfileId FROM User WHERE Id = '{org.connector._session.user_id}'"
        )["records"][0]["ProfileId"]
        found = org.connector._session.query(
            "SELECT Id, Field, SobjectType FROM FieldPermissions WHERE Field = 'Account.Industry'"
            f" AND Parent.ProfileId = '{profile}'"
        )["records"]
        for each in found:
            org.delete("FieldPermissions", each["Id"])
        assert [missing.field for missing in org.connector.describe().missing] == ["Industry", "Industry"]
        rows = {row.values["id"]: row for page in org.read("account") for row in page.rows["account"]}
        assert rows[record].values["region"] is None
        assert rows.keys() == org.stamps("Account").keys()


def test_the_days_limit_stops_a_read_which_goes_on_later(several: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "is_cheaper", lambda _rest, _page: False)
    with opened(several) as org:
        org.connector.describe()
        pages = org.connector.read("account", None, org.held)
        org.held.save([page := next(pages)])
        org.behave(daily_limit=1)
        with pytest.raises(LimitReached):
            next(pages)
        org.behave(daily_limit=250_000)
        org.cursor = page.cursor
        org.read("account")
        assert org.held.rows == org.stamps("Account")
