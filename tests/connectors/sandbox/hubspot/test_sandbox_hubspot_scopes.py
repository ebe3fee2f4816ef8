"""What a token may do, and how HubSpot refuses one that may not (scope reference; recorded refusals)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hubspot_account import serve

from connectors.sandbox.behaviour import CALM
from connectors.sandbox.dialect import Settings

if TYPE_CHECKING:
    from connectors.sandbox.database import Database

CONTACTS = ("crm.objects.contacts.read", "crm.objects.contacts.write")


def scoped(*scopes: str) -> Settings:
    return Settings(behaviour=CALM, scopes=scopes)


def shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: shape(each) for key, each in value.items()}
    return "list" if isinstance(value, list) else type(value).__name__


def test_the_recorded_refusals_are_given_to_a_token_without_the_scopes(
    database: Database, exchanges: list[dict[str, Any]]
) -> None:
    refused = [each for each in exchanges if each["status"] == 403]
    assert len(refused) == 5
    for exchange in refused:
        # The recorded app had some scope of the definitions' API, and none of the records'.
        scopes = ["crm.schemas.deals.read"] if "/properties/" in exchange["path"] else ["oauth"]
        with serve(database, scoped(*scopes)) as crm:
            answer = crm.send(exchange["method"], exchange["path"])
        assert answer.status_code == 403, exchange["path"]
        recorded = exchange["response"]
        assert shape(answer.json()) == shape(recorded), exchange["path"]
        number = str(database.number)
        assert answer.json()["message"] == recorded["message"].replace("<HUBSPOT_PORTAL_ID>", number)
        limits = {name for name in exchange["resp_headers"] if name.startswith("x-hubspot-ratelimit")}
        assert limits == {name.lower() for name in answer.headers if name.lower().startswith("x-hubspot-ratelimit")}


def test_a_token_may_do_what_its_scopes_say_and_no_more(database: Database) -> None:
    with serve(database, scoped(*CONTACTS)) as crm:
        crm.create("contacts", {"email": "a@b.example"})
        assert crm.send("POST", "/crm/v3/objects/contacts/search", {}).status_code == 200
        refused = crm.send("GET", "/crm/v3/objects/deals")
        assert (refused.status_code, "requires one of [deals-read]" in refused.json()["message"]) == (403, True)
        assert crm.send("POST", "/crm/v3/objects/deals", {"properties": {}}).status_code == 403


@pytest.mark.parametrize(
    ("path", "scope"),
    [
        ("/crm/v3/owners", "crm.objects.owners.read"),
        ("/settings/v3/users", "settings.users.read"),
        ("/settings/v3/users/teams", "settings.users.teams.read"),
        ("/settings/v3/currencies/exchange-rates", "settings.currencies.read"),
    ],
)
def test_an_endpoint_names_the_scope_that_is_missing(database: Database, path: str, scope: str) -> None:
    with serve(database, scoped(*CONTACTS)) as crm:
        body = crm.send("GET", path).json()
    assert (body["category"], body["errors"][0]["context"]) == ("MISSING_SCOPES", {"requiredGranularScopes": [scope]})


def test_reading_scopes_do_not_open_a_write(database: Database) -> None:
    with serve(database, scoped("crm.objects.contacts.read", "crm.objects.deals.write")) as crm:
        assert crm.send("POST", "/crm/v3/objects/contacts", {"properties": {}}).status_code == 403
        assert crm.send("GET", "/crm/v3/properties/contacts").status_code == 200
        assert crm.send("POST", "/crm/v3/properties/contacts", {}).status_code == 403


def test_an_activity_is_open_to_who_may_see_contacts(database: Database) -> None:
    with serve(database, scoped(*CONTACTS)) as crm:
        assert crm.send("GET", "/crm/v3/objects/calls").status_code == 200


def test_a_private_app_tells_its_scopes(database: Database) -> None:
    with serve(database, scoped(*CONTACTS)) as crm:
        body = {"tokenKey": Settings().access_token}
        told = crm.send("POST", "/oauth/v2/private-apps/get/access-token-info", body).json()
    assert (told["hubId"], told["scopes"]) == (database.number, sorted(CONTACTS))


def test_custom_objects_are_listed_and_made_by_scopes_of_their_own(database: Database) -> None:
    with serve(database, scoped("crm.schemas.deals.read", "crm.schemas.deals.write")) as crm:
        for method, verb in (("GET", "read"), ("POST", "write")):
            answer = crm.send(method, "/crm-object-schemas/2026-09/schemas", {})
            assert answer.status_code == 403
            assert f"crm.schemas.custom.{verb}" in answer.json()["errors"][0]["context"]["requiredGranularScopes"]


def test_properties_of_users_are_made_by_the_scope_of_their_records(database: Database) -> None:
    with serve(database, scoped("crm.objects.users.write")) as crm:
        group = {"name": "ours", "label": "Ours"}
        assert crm.send("POST", "/crm/properties/2026-09/users/groups", group).status_code == 201
        assert crm.send("POST", "/crm/properties/2026-09/deals/groups", group).status_code == 403
