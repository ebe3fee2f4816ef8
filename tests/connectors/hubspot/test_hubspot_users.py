"""Users: owners joined with the users object, managers found, nobody lost."""

from __future__ import annotations

from typing import Any

import pytest
from hubspot_stub import Portal, Request, page, record, rows_of

from config.mapping import ObjectMapping
from connectors.base import Whole

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
        "createdAt": "2025-01-01T00:00:00Z",
        "updatedAt": "2026-01-01T00:00:00Z",
        **more,
    }


def rows(portal: Portal, mapping: ObjectMapping | None = None, written: tuple[str, ...] = ()) -> list[Any]:
    pages = portal.read("user", None, {"user": mapping} if mapping else {}, {"user": written} if written else {})
    assert [each.complete for each in pages] == [True]
    return rows_of(pages, "user")


def script(portal: Portal, active: list[dict[str, Any]], archived: list[dict[str, Any]], *users: Any) -> None:
    def listing(request: Request) -> Any:
        gone = request.query["archived"] == "true"
        return page(*({**each, "archived": gone} for each in (archived if gone else active)))

    portal.on("GET", OWNERS, listing)
    portal.on("GET", USERS, page(*users))


@pytest.mark.parametrize("bad", ["\0", "\ud800"])
def test_a_name_that_no_column_could_hold_is_shown_with_a_mark_in_it(portal: Portal, bad: str) -> None:
    teams = [{"id": "1", "name": f"We{bad}st", "primary": True}]
    cara = owner(70, "cara.losch@maven.example", teams=teams, createdAt="soon") | {"firstName": f"Ca{bad}ra"}
    script(portal, [cara], [], record(555, hs_internal_user_id="1070"))
    (row,) = rows(portal)
    named = (row.values["name"], row.values["team"], row.values["created_at"])
    assert named == ("Ca\ufffdra Losch", "We\ufffdst", None)
    stage = {"id": "s", "label": f"Wo{bad}n", "displayOrder": 2**70, "metadata": {"probability": "much"}}
    pipeline = {"id": "p", "label": f"Sa{bad}les", "stages": [stage]}
    portal.on("GET", "/crm/v3/pipelines/deals", (200, {"results": [pipeline]}))
    (row,) = rows_of(portal.read("stage"), "stage")
    named = (row.values["name"], row.values["pipeline"], row.values["position"])
    assert named == ("Wo\ufffdn", "Sa\ufffdles", None)


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
        "role_id": None,
        "manager_id": None,
        "time_zone": "US/Eastern",
        "currency": None,
        "created_at": "2025-01-01T00:00:00.000Z",
    }
    assert dict(row.custom) == {"won_this_month": "10"}


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
    portal.describe("users", boss="string")
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
    portal.describe("users", squad="string")
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


def test_a_login_that_is_read_again_gives_the_same_row(portal: Portal) -> None:
    portal.describe("users", kpi="number")
    cara = owner(70, "cara.losch@maven.example")
    script(portal, [cara], [], record(1, hs_internal_user_id="1070", kpi="7"))
    before = rows(portal, written=("kpi",))
    again = {**record(1, hs_internal_user_id="1070", kpi="7.0"), "updatedAt": "2026-06-01T00:00:00Z"}
    script(portal, [{**cara, "updatedAt": "2026-07-01T00:00:00Z"}], [], again)
    assert rows(portal, written=("kpi",)) == before


def test_a_login_that_went_is_no_older_than_what_was_written_to_it(portal: Portal) -> None:
    cara = owner(70, "cara.losch@maven.example")
    written = {**record(1, hs_internal_user_id="1070"), "updatedAt": "2026-06-01T00:00:00Z"}
    script(portal, [cara], [], written)
    (before,) = rows(portal)
    script(portal, [], [{**cara, "userId": None, "userIdIncludingInactive": 1070, "archived": True}])
    (after,) = rows(portal)
    assert (before.values["active"], after.values["active"]) == (1, 0)
    assert after.modified_at >= before.modified_at > "2026-06-01T00:00:00.000Z"


def test_archived_owners_are_asked_for_again_only_where_others_are_live(portal: Portal) -> None:
    cara, old = owner(70, "cara.losch@maven.example"), owner(71, "old.hand@maven.example")
    script(portal, [cara], [old])
    first = portal.read("user")
    portal.requests.clear()
    second = portal.read("user", first[-1].cursor)
    assert [request.query["archived"] for request in portal.asked(OWNERS, "GET")] == ["false"]
    assert [row.values["id"] for row in rows_of(second, "user")] == ["70"]
    script(portal, [], [cara, old])
    third = portal.read("user", second[-1].cursor)
    assert {row.values["id"]: row.values["active"] for row in rows_of(third, "user")} == {"70": 0, "71": 0}


def test_teams_and_their_members_come_with_the_users_and_end(portal: Portal) -> None:
    east, west = {"id": "2", "name": "East", "primary": True}, {"id": "3", "name": "West", "primary": False}
    script(portal, [owner(70, "cara.losch@maven.example", teams=[east, west])], [])
    first = portal.read("user")
    assert [dict(row.values) for row in rows_of(first, "team")] == [
        {"id": "2", "name": "East"},
        {"id": "3", "name": "West"},
    ]
    members = [dict(row.values) for row in rows_of(first, "team_member")]
    assert members == [
        {"id": "2:70", "team_id": "2", "user_id": "70", "main": 1},
        {"id": "3:70", "team_id": "3", "user_id": "70", "main": 0},
    ]
    script(portal, [owner(70, "cara.losch@maven.example", teams=[east])], [])
    second = portal.read("user", first[-1].cursor)
    assert [row.values["id"] for row in rows_of(second, "team")] == ["2"]
    assert [row.values["id"] for row in rows_of(second, "team_member")] == ["2:70"]
    assert second[-1].whole == (Whole("team", ""), Whole("team_member", "")), "what is not named has ended"


def test_an_owner_who_is_archived_among_the_live_ones_is_asked_about_again_and_inactive(portal: Portal) -> None:
    portal.on("GET", OWNERS, page(owner(70, "a.b@x.example", archived=True)))
    assert {row.values["active"] for row in rows(portal)} == {0}
    live = [request for request in portal.asked(OWNERS, "GET") if request.query["archived"] == "false"]
    assert len(live) == 2
