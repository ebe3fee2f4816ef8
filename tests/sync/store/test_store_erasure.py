"""Erasing a record: nothing of it is left in the file, and nothing brings it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synced import changes, credit, earning, keep, results, write_project

from connectors.base import Gone, Links, Page, Row, RowProblem
from sync.store.erasure import erase
from sync.store.pages import save_page
from sync.store.store import Store

if TYPE_CHECKING:
    from pathlib import Path

MONDAY, TUESDAY = "2026-05-04T08:00:00.000Z", "2026-05-05T08:00:00.000Z"
SECRET = "PERSON-4711"


def save(store: Store, name: str, *rows: dict[str, str | int], at: str = MONDAY) -> None:
    made = tuple(Row(values, {}, at) for values in rows)
    save_page(store, "crm", changes(name), Page(name, "{}", complete=True, rows={name: made}))


def link(store: Store, *ids: str) -> None:
    """The contacts of an opportunity."""
    rows = tuple(
        Row(
            {"id": f"opportunity:o>contact:{each}:"}
            | {"from_object": "opportunity", "from_id": "o", "to_object": "contact", "to_id": each, "label": ""},
            {},
            MONDAY,
        )
        for each in ids
    )
    links = (Links("opportunity", "o", "contact", rows),)
    save_page(store, "crm", changes("opportunity"), Page("opportunity", "{}", complete=True, links=links))


def everything(store: Store) -> str:
    """All text of all tables."""
    tables = [row[0] for row in store.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return "\n".join(str(tuple(row)) for table in tables for row in store.rows(f"SELECT * FROM {table}"))


def history(record: str) -> dict[str, str | int]:
    return {"id": f"h{record}", "object": "contact", "record_id": record, "field": "status", "after": "New"}


def fill(store: Store) -> None:
    save(store, "contact", {"id": SECRET, "status": "New"}, {"id": "other", "status": "New"})
    save(store, "contact", {"id": SECRET, "status": "Old"}, at=TUESDAY)
    save(store, "activity", {"id": "a1", "contact_id": SECRET, "kind": "call"}, {"id": "a2", "contact_id": "other"})
    save(store, "field_history", history(SECRET))
    link(store, SECRET, "other")
    problem = RowProblem("contact", SECRET, "status", "odd")
    merged = Gone("loser", into=SECRET)  # the call on TUESDAY still names the loser
    save_page(store, "crm", changes("contact"), Page("contact", "{}", complete=True, gone=(merged,)))
    save(store, "activity", {"id": "a4", "contact_id": "loser"}, at=TUESDAY)
    page = Page("contact", "{}", complete=True, problems=(problem,))
    save_page(store, "crm", changes("contact"), page)


def test_nothing_of_an_erased_record_is_left_in_any_table_or_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with Store(path) as store:
        fill(store)
        assert SECRET in everything(store)
        assert erase(store, "crm", "contact", SECRET) >= 6
        assert SECRET not in everything(store)
        assert [row["id"] for row in store.rows("SELECT id FROM contact")] == ["other"]
        assert {row["id"] for row in store.rows("SELECT id FROM activity")} == {"a1", "a2", "a4"}
        assert "loser" not in everything(store)
        assert SECRET.encode() not in b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert SECRET.encode() not in path.read_bytes()


def test_no_later_pull_brings_it_or_a_mention_of_it_back(store: Store) -> None:
    fill(store)
    erase(store, "crm", "contact", SECRET)
    fill(store)
    save(store, "activity", {"id": "a3", "contact_id": SECRET})
    assert SECRET not in everything(store)
    assert store.rows("SELECT contact_id FROM activity WHERE id = 'a3'")[0][0] is None


def test_a_link_of_the_crms_own_to_an_erased_record_does_not_come_back(store: Store) -> None:
    fill(store)
    role: dict[str, str | int] = {"from_object": "opportunity", "from_id": "o", "to_object": "contact", "label": ""}
    save(store, "association", {**role, "id": "00K1", "to_id": SECRET}, {**role, "id": "00K2", "to_id": "other"})
    erase(store, "crm", "contact", SECRET)
    save(store, "association", {**role, "id": "00K1", "to_id": SECRET}, {**role, "id": "00K2", "to_id": "other"})
    assert SECRET not in everything(store)
    assert store.rows("SELECT 1 FROM association WHERE id = '00K2'")


def test_another_connections_record_of_the_same_id_stays(store: Store) -> None:
    page = Page("contact", "{}", complete=True, rows={"contact": (Row({"id": SECRET}, {}, MONDAY),)})
    save_page(store, "other", changes("contact"), page)
    erase(store, "crm", "contact", SECRET)
    assert len(store.rows("SELECT * FROM contact")) == 1


def test_who_was_merged_into_an_erased_person_is_the_same_person(store: Store) -> None:
    fill(store)
    save(store, "contact", {"id": "winner"})
    gone = (Gone(SECRET, into="winner"),)
    save_page(store, "crm", changes("contact"), Page("contact", "{}", complete=True, gone=gone))
    erase(store, "crm", "contact", "winner")
    assert SECRET not in everything(store)
    save(store, "contact", {"id": SECRET}, {"id": "winner"}, at=TUESDAY)
    assert [row["id"] for row in store.rows("SELECT id FROM contact")] == ["other"]


def test_who_turns_out_to_be_merged_into_an_erased_person_is_erased_too(store: Store) -> None:
    fill(store)
    save(store, "contact", {"id": "twin", "status": "New"})
    save(store, "activity", {"id": "a5", "contact_id": "twin"})
    erase(store, "crm", "contact", SECRET)
    gone = (Gone("twin", into=SECRET),)
    save_page(store, "crm", changes("contact"), Page("contact", "{}", complete=True, gone=gone))
    save(store, "contact", {"id": "twin", "status": "New"}, at=TUESDAY)
    assert "twin" not in everything(store)
    assert SECRET not in everything(store)


def test_an_opportunity_takes_what_belongs_to_it_along_and_its_results(store: Store, tmp_path: Path) -> None:
    parts = ("opportunity_history", "line_item", "opportunity_split", "opportunity_member", "quote")
    save(store, "opportunity", {"id": "o1", "stage": "Won"}, {"id": "o2"})
    for part in parts:
        save(store, part, {"id": "p1", "opportunity_id": "o1"}, {"id": "p2", "opportunity_id": "o2"})
    earned = [earning("u1", "FY2026-Q2", "1", opportunity=each) for each in ("o1", "o2")]
    paid_on = [credit("u1", each, "line_item", each.replace("o", "p")) for each in ("o1", "o2")]
    keep(store, write_project(tmp_path), results(earnings=earned, credits_=paid_on))
    erase(store, "crm", "opportunity", "o1")
    for part in parts:
        assert [row["id"] for row in store.rows(f"SELECT id FROM {part}")] == ["p2"]
        save(store, part, {"id": "p1", "opportunity_id": "o1"}, at=TUESDAY)
        assert [row["id"] for row in store.rows(f"SELECT id FROM {part}")] == ["p2"]
    for table in ("credit", "earning"):
        assert [row["opportunity_id"] for row in store.rows(f"SELECT * FROM {table}")] == ["o2"]


def test_a_user_goes_with_their_figures_and_the_changes_written_to_them(store: Store, tmp_path: Path) -> None:
    save(store, "user", {"id": "u1", "record_id": "r1"}, {"id": "u2", "record_id": "r2"})
    save(store, "account", {"id": "a", "owner_id": "u1"})
    save(store, "account", {"id": "a", "owner_id": "u2"}, at=TUESDAY)
    computed = results(
        attainment=[("q", each, "2026-Q2", "1", "1", "1") for each in ("u1", "u2")],
        metrics=[("m", "user", each, "2026-Q2", "1", None, None) for each in ("u1", "u2")],
        credits_=[credit(each, "o") for each in ("u1", "u2")],
        measures=[("ae", "sold", each, "2026-Q2", "2026-Q2", "1", "1", "1", None) for each in ("u1", "u2")],
        earnings=[earning(each, "2026-Q2", "1") for each in ("u1", "u2")],
    )
    run = keep(store, write_project(tmp_path), computed)
    with store.transaction() as db:
        for of_object, name in (("user", "r1"), ("Statement__c", "u1|2026-Q2"), ("task", "below|u1|2026-Q2")):
            place = f"'crm', '{of_object}', '{name}', 'f'"
            db.execute(f"INSERT INTO written VALUES ({place}, '', 0, 'v', '', ?, '')", (run,))
            db.execute(f"INSERT INTO refusal VALUES ({place}, 'v', 'rule', '', '', 1, 0, 0, '', '')")
            db.execute(
                "INSERT INTO change VALUES (?, 'crm', ?, '', ?, 'f', 'Ann', 'update', NULL, 'v', '',"
                " 'metric/m/user/u1/2026-Q2', '', 1, 'written', '', '', '', '', '', '')",
                (run, of_object, name),
            )
    assert store.rows("SELECT * FROM observed_change")
    for connection, user in (("crm", "u1"), ("other", "x"), ("third", "y")):
        store.connection.execute("INSERT INTO person VALUES (?, ?, 'crm:u1')", (connection, user))
    erase(store, "crm", "user", "u1")
    people = [tuple(row) for row in store.rows("SELECT * FROM person ORDER BY connection")]
    assert people == [("other", "x", "other:x"), ("third", "y", "other:x")]
    assert "'u1'" not in everything(store)
    assert "'r1'" not in everything(store)
    assert "u1|" not in everything(store)
    for table in ("attainment", "metric_value", "credit", "measure_value", "earning"):
        assert len(store.rows(f"SELECT * FROM {table}")) == 1
    assert store.rows("SELECT owner_id FROM account")[0][0] == "u2"


def test_an_unknown_record_may_be_erased_before_it_ever_comes(store: Store) -> None:
    assert erase(store, "crm", "contact", SECRET) == 0
    fill(store)
    assert SECRET not in everything(store)
