"""What a request gives and nobody reads is accepted, as HubSpot accepts it, and logged: nothing is a silent yes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from connectors.sandbox.hubspot.given import Given, unread

if TYPE_CHECKING:
    from hubspot_account import Client

LOGGER = "connectors.sandbox.hubspot.given"


@pytest.mark.parametrize(
    ("method", "path", "body", "lines"),
    [
        (
            "POST",
            "/crm/v3/objects/contacts/batch/read",
            {"inptus": [{"id": "1"}]},
            ["POST /crm/v3/objects/{kind}/batch/read: body member inptus is ignored"],
        ),
        (
            "POST",
            "/crm/v3/objects/contacts",
            {"email": "ann@sandbox.example"},
            ["POST /crm/v3/objects/{kind}: body member email is ignored"],
        ),
        (
            "POST",
            "/crm/v3/objects/contacts/search",
            {"filterGroups": [{"filters": [{"propertyName": "email", "operator": "HAS_PROPERTY", "not": True}]}]},
            ["POST /crm/v3/objects/{kind}/search: body member filterGroups.filters.not is ignored"],
        ),
        (
            "GET",
            "/crm/v3/owners?emial=ann@sandbox.example",
            None,
            ["GET /crm/v3/owners: query parameter emial is ignored"],
        ),
        (
            "GET",
            "/crm/objects/2026-09/deals?sort=amount&properties=amount",
            None,
            ["GET /crm/objects/{version:dated}/{kind}: query parameter sort is ignored"],
        ),
        (
            "POST",
            "/settings/v3/currencies/exchange-rates",
            {"fromCurrencyCode": "EUR", "conversionRate": 1.1, "toCurrencyCode": "USD"},
            ["POST /settings/v3/currencies/exchange-rates: body member toCurrencyCode is ignored"],
        ),
    ],
)
def test_a_name_that_nobody_reads_is_ignored_and_logged(
    crm: Client, caplog: pytest.LogCaptureFixture, method: str, path: str, body: Any, lines: list[str]
) -> None:
    """As clients saw of HubSpot: a batch without `inputs` does nothing, values outside `properties` are lost."""
    with caplog.at_level("INFO", LOGGER):
        answer = crm.send(method, path, body)
        again = crm.send(method, path, body)
    assert answer.status_code in {200, 201}
    assert again.status_code in {200, 201}
    assert caplog.messages == [f"not emulated: {line}" for line in lines]  # once


def test_a_request_that_is_read_whole_logs_nothing(crm: Client, caplog: pytest.LogCaptureFixture) -> None:
    """What the objects API documents is read."""
    with caplog.at_level("INFO", LOGGER):
        number = crm.create("contacts", {"email": "ann@sandbox.example"}, associations=[])
        crm.get(f"/crm/v3/objects/contacts/{number}?properties=email&archived=false")
        inputs = [{"id": number, "properties": {"firstname": "Ann"}, "objectWriteTraceId": "one"}]
        assert crm.send("POST", "/crm/v3/objects/contacts/batch/update", {"inputs": inputs}).status_code == 200
    assert caplog.messages == []


def test_a_copy_of_a_body_is_read_for_its_original() -> None:
    """What is looked at after a member was put in counts."""
    body = Given({"label": "A", "colour": "red", "stages": [Given({"label": "B", "size": 1})]})
    copy = body.plus(pipelineId="1")
    assert (copy["pipelineId"], copy["label"], copy["stages"][0]["label"]) == ("1", "A", "B")
    assert list(unread(body)) == ["colour", "stages.size"]
