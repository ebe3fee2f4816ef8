"""Users: owners joined with the users object, managers found, nobody lost."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hubspot_stub import Portal, Request, page, record

from config.mapping import ObjectMapping

if TYPE_CHECKING:
    from connectors.base import Page

OWNERS = "/crm/v3/owners"
USERS = "/crm/v3/objects/users"


def owner(number: int, email: str, **more: Any) -> dict[str, Any]:
    first, last = email.split("@", maxsplit=1)[0].title().split(".")
    return {
        "id": str(number),
        "email": email,
        "firstName": first,
        "lastName": last,
        "userId": number + 1000,
        "archived": False,
        "updatedAt": "2026-01-01T00:00:00Z",
        **more,
    }


def read(portal: Portal, cursor: str | None = None) -> Page:
    connector = portal.connect({}, {"user": ("kpi",)})
    (only,) = list(connector.read("user", cursor))
    connector.close()
    return only


def rows(portal: Portal, mapping: ObjectMapping | None = None, written: tuple[str, ...] = ()) -> list[Any]:
    connector = portal.connect({"user": mapping} if mapping else {}, {"user": written} if written else {})
    pages = list(connector.read("user", None))
    connector.close()
    assert [each.complete for each in pages] == [True]
    return list(pages[0].rows)


def script(portal: Portal, active: list[dict[str, Any]], archived: list[dict[str, Any]], *users: Any) -> None:
    def listing(request: Request) -> Any:
        return page(*(archived if request.query["archived"] == "true" else active))

    portal.on("GET", OWNERS, listing)
    portal.on("GET", USERS, page(*users))


def test_an_owner_is_joined_with_the_record_that_carries_its_properties(portal: Portal) -> None:
    portal.describe("users", won_this_month="number")
    teams = [{"id": "1", "name": "West", "primary": False}, {"id": "2", "name": "East", "primary": True}]
    user = record(
        555, hs_internal_user_id="1070", hs_job_title="AE", hs_standard_time_zone="US/Eastern", won_this_month="10.0"
    )
    script(portal, [owner(70, "cara.losch@maven.example", teams=teams)], [], user)
    (row,) = rows(portal, written=("won_this_month",))
    assert dict(row.values) == {
        "id": "70",
        "record_id": "555",
        "name": "Cara Losch",
        "email": "cara.losch@maven.example",
        "active": 1,
        "team": "East",
        "role": "AE",
        "manager_id": None,
        "time_zone": "US/Eastern",
    }
    assert dict(row.custom) == {"won_this_month": "10"}
    assert row.modified_at == "2026-04-30T10:00:00.000Z"


def test_an_archived_owner_is_inactive_and_found_by_its_former_user_id(portal: Portal) -> None:
    gone = owner(71, "old.hand@maven.example", userId=None, userIdIncludingInactive=1071, archived=True)
    script(portal, [], [gone], record(556, hs_internal_user_id="1071"))
    (row,) = rows(portal)
    assert (row.values["active"], row.values["record_id"]) == (0, "556")


def test_an_owner_without_a_user_record_has_no_record_to_write_to(portal: Portal) -> None:
    script(portal, [owner(70, "cara.losch@maven.example")], [])
    (row,) = rows(portal)
    assert row.values["record_id"] is None


def test_a_manager_is_found_by_email_or_owner_id(portal: Portal) -> None:
    owners = [owner(number, f"rep.{name}@x.example") for number, name in ((70, "a"), (71, "b"), (72, "c"), (73, "d"))]
    users = [
        record(1, hs_internal_user_id="1070", boss="Rep.B@x.example"),
        record(2, hs_internal_user_id="1071", boss="72"),
        record(3, hs_internal_user_id="1072", boss="nobody@x.example"),
        record(4, hs_internal_user_id="1073", boss=None),
    ]
    script(portal, owners, [owner(60, "rep.b@x.example")], *users)
    found = {
        row.values["id"]: row.values["manager_id"] for row in rows(portal, ObjectMapping(fields={"manager_id": "boss"}))
    }
    assert {name: found[name] for name in ("70", "71", "72", "73")} == {"70": "71", "71": "72", "72": None, "73": None}


def test_a_mapped_property_replaces_what_the_owner_says(portal: Portal) -> None:
    teams = [{"id": "2", "name": "East", "primary": True}]
    script(
        portal,
        [owner(70, "cara.losch@maven.example", teams=teams)],
        [],
        record(1, hs_internal_user_id="1070", squad="Blue"),
    )
    (row,) = rows(portal, ObjectMapping(fields={"team": "squad"}))
    assert row.values["team"] == "Blue"


def test_owners_are_read_to_the_last_page(portal: Portal) -> None:
    def listing(request: Request) -> Any:
        if request.query["archived"] == "true":
            return page()
        if "after" not in request.query:
            return page(owner(70, "a.b@x.example"), after="next")
        assert request.query["after"] == "next"
        return page(owner(71, "c.d@x.example"))

    portal.on("GET", OWNERS, listing)
    assert [row.values["id"] for row in rows(portal)] == ["70", "71"]


def seen_at(page_: Page, moment: str) -> str:
    """The cursor of a page, as if its rows had been so since then."""
    data = json.loads(page_.cursor)
    return json.dumps({**data, "seen": {name: [digest, moment] for name, (digest, _) in data["seen"].items()}})


def test_a_login_that_is_read_again_as_it_was_keeps_its_stamp(portal: Portal) -> None:
    portal.describe("users", kpi="number")
    cara = owner(70, "cara.losch@maven.example")
    script(portal, [cara], [], record(1, hs_internal_user_id="1070", kpi="7"))
    cursor = seen_at(read(portal), "2020-01-01T00:00:00.000Z")
    again = record(1, hs_internal_user_id="1070", kpi="7.0")
    script(portal, [cara], [], {**again, "updatedAt": "2026-06-01T00:00:00Z"})
    after = read(portal, cursor)
    assert after.rows[0].modified_at == "2020-01-01T00:00:00.000Z"
    assert json.loads(after.cursor) == json.loads(cursor)


def test_a_login_that_went_is_newer_than_what_was_written_to_it(portal: Portal) -> None:
    cara = owner(70, "cara.losch@maven.example")
    written = {**record(1, hs_internal_user_id="1070", kpi="7"), "updatedAt": "2026-06-01T00:00:00Z"}
    script(portal, [cara], [], written)
    cursor = seen_at(read(portal), "2026-06-01T00:00:00.000Z")
    script(portal, [], [{**cara, "userId": None, "userIdIncludingInactive": 1070, "archived": True}])
    (row,) = read(portal, cursor).rows
    assert row.values["active"] == 0
    assert row.modified_at > "2026-06-01T00:00:00.000Z"


def test_a_clock_that_went_back_makes_no_row_older(portal: Portal) -> None:
    cara = owner(70, "cara.losch@maven.example")
    script(portal, [cara], [])
    cursor = seen_at(read(portal), "2100-01-01T00:00:00.000Z")
    script(portal, [{**cara, "lastName": "Lang"}], [])
    (row,) = read(portal, cursor).rows
    assert (row.values["name"], row.modified_at) == ("Cara Lang", "2100-01-01T00:00:00.000Z")


@pytest.mark.parametrize(
    "cursor", ["", "not json", "[]", "7", '{"v": 1, "at": "x"}', '{"v": 2}', '{"v": 2, "seen": {"70": 1}}']
)
def test_a_cursor_of_another_shape_remembers_nothing(portal: Portal, cursor: str) -> None:
    script(portal, [owner(70, "cara.losch@maven.example")], [])
    assert read(portal, cursor).rows[0].values["name"] == "Cara Losch"
