"""What a real account answered, read by the adapter."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from hubspot_stub import Portal, page, rows_of

from config.scalars import instant_text
from connectors.hubspot.errors import Forbidden, NotFound, translate
from connectors.hubspot.limits import learn_day
from connectors.hubspot.records import parse_record
from connectors.hubspot.transport import Answer
from connectors.hubspot.values import parse_instant
from connectors.limits import Again, Budget

Exchanges = list[dict[str, Any]]


def answer_of(exchange: dict[str, Any]) -> Answer:
    body = exchange["response"]
    headers = {name: values[0] for name, values in exchange["resp_headers"].items()}
    return Answer(exchange["status"], headers, body.encode() if isinstance(body, str) else json.dumps(body).encode())


def test_every_recorded_refusal_is_understood(exchanges: Exchanges) -> None:
    expected = {403: Forbidden, 404: NotFound}
    refusals = [each for each in exchanges if each["status"] >= 400]
    assert refusals
    for each in refusals:
        error = translate(answer_of(each), f"{each['method']} {each['path']}", None, datetime.now(UTC))
        assert type(error) is expected[each["status"]]
        assert error.code
        assert "<html" not in str(error)


def test_a_recorded_lack_of_scopes_names_the_ones_for_the_object(exchanges: Exchanges) -> None:
    lacking = [each for each in exchanges if "MISSING_SCOPES" in json.dumps(each["response"])]
    users = next(each for each in lacking if each["path"].startswith("/crm/v3/objects/users"))
    error = translate(answer_of(users), "GET /crm/v3/objects/users/1", None, datetime.now(UTC))
    assert error.code == "MISSING_SCOPES"
    assert "crm.objects.users.read" in str(error)
    assert "companies" not in str(error)


def test_every_recorded_record_is_parsed(exchanges: Exchanges) -> None:
    bodies = [each["response"] for each in exchanges if each["status"] in (200, 201)]
    raw = [item for body in bodies for item in [body, *body.get("results", [])] if "properties" in item]
    assert len(raw) > 20
    for each in raw:
        found = parse_record(each)
        assert found.id == each["id"]
        assert found.created_at == instant_text(parse_instant(each["createdAt"]))
        assert found.updated_at == instant_text(parse_instant(each["updatedAt"]))


def test_recorded_headers_are_learned(exchanges: Exchanges) -> None:
    budget = Budget("HubSpot", 100, lambda: Again("", None))
    for number, each in enumerate(exchanges, 1):
        learn_day(budget, number, _Headers(answer_of(each).headers))
    assert budget.limit == 250_000
    assert budget.used is not None


def test_recorded_properties_describe_the_object(portal: Portal, exchanges: Exchanges) -> None:
    recorded = next(
        each for each in exchanges if each["path"] == "/crm/v3/properties/contacts" and each["status"] == 200
    )
    portal.on("GET", "/crm/v3/properties/deals", (200, recorded["response"]))
    connector = portal.connect()
    fields = connector.describe().fields["opportunity"]
    connector.close()
    assert len(fields) == len(recorded["response"]["results"])
    numbers = [each for each in recorded["response"]["results"] if each["type"] == "number"]
    assert all(fields[each["name"]].decimals == 6 for each in numbers)
    frozen = [each for each in recorded["response"]["results"] if each["modificationMetadata"]["readOnlyValue"]]
    assert frozen
    assert not any(fields[each["name"]].updateable for each in frozen)


def test_a_recorded_company_becomes_an_account(portal: Portal, exchanges: Exchanges) -> None:
    company = next(each for each in exchanges if each["method"] == "PATCH" and "companies" in each["path"])["response"]
    portal.on("GET", "/crm/v3/objects/companies", page(company))
    (row,) = rows_of(portal.read("account"), "account")
    values = row.values
    assert (values["id"], values["name"]) == ("22816780518", "ACME Example updated")
    assert values["created_at"] == "2024-10-20T19:50:45.541Z"
    assert row.modified_at == "2024-10-20T19:50:46.059Z"


class _Headers(dict[str, str]):
    """Header names in any case, as the client's library has them."""

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name.lower(), default)
