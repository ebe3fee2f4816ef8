"""Users: owners joined with the users object, managers found, nobody lost."""

from __future__ import annotations

from typing import Any

from hubspot_stub import Portal, Request, page, record

from config.mapping import ObjectMapping

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
