"""Bodies longer than HubSpot takes: refused, and not read to their end."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from connectors.sandbox.dialect import Settings
from connectors.sandbox.hubspot import dialect

if TYPE_CHECKING:
    from hubspot_account import Client

    from connectors.sandbox.database import Database

DEALS = "/crm/v3/objects/deals"
PART = 1024 * 1024


def asked(database: Database, parts: int) -> tuple[int, int]:
    """The status for a body of so many megabytes, and how many of them were read."""
    settings, sent, read = Settings(), [], 0
    token = ("authorization", f"Bearer {settings.access_token}")
    scope = {
        "type": "http", "method": "POST", "path": DEALS, "raw_path": DEALS.encode(), "query_string": b"",
        "headers": [tuple(each.encode() for each in token)], "scheme": "http", "server": ("sandbox.example", 80),
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        nonlocal read
        read += 1
        return {"type": "http.request", "body": b" " * PART, "more_body": read < parts}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(dialect.build_app(database, settings)(scope, receive, send))
    return sent[0]["status"], read


def test_a_body_that_is_too_long_is_not_read_to_its_end(database: Database) -> None:
    assert asked(database, 1000) == (413, 11)


def test_a_body_of_the_greatest_length_is_read(database: Database) -> None:
    assert asked(database, 10) == (400, 10)  # it is blank: no JSON


def test_a_client_is_told_that_its_body_is_too_long(crm: Client) -> None:
    text = json.dumps({"properties": {"dealname": "x" * dialect.MAX_BODY}})
    answer = crm.session.post(crm.url + DEALS, data=text.encode(), timeout=10)
    assert (answer.status_code, "longer than" in answer.json()["message"]) == (413, True)
