"""A cassette of Salesforce's adapter asking for describes, in which recorded ones stand in the place of a sandbox's."""

from __future__ import annotations

import json
import re
from contextlib import closing, contextmanager
from itertools import count
from typing import TYPE_CHECKING, Any

import yaml
from cassettes import SETTINGS, playing

from config.connections import ClientCredentials, SalesforceConnection
from connectors.retry import RetryPolicy
from connectors.salesforce import composite
from connectors.salesforce.client import connect
from connectors.sandbox.database import Database
from connectors.sandbox.salesforce import dialect
from connectors.sandbox.server import SandboxServer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import pytest
    from starlette.types import ASGIApp, Receive, Scope, Send

    from connectors.base import Connector, Description

    Json = dict[str, Any]

DESCRIBE = re.compile(r"/sobjects/(\w+)/describe$")


class _Plain:
    """The sandbox asked by a client that takes nothing compressed: vcrpy would keep such answers half unpacked."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope = {**scope, "headers": [each for each in scope["headers"] if each[0] != b"accept-encoding"]}
        await self._app(scope, receive, send)


def describe_recorded(folder: Path, recorded: Mapping[str, Json], patch: pytest.MonkeyPatch) -> Description:
    """What the adapter tells of an org whose sObjects are described as recorded, others as the sandbox has them."""
    cassette = folder / "salesforce.yaml"
    with (
        closing(Database()) as database,
        SandboxServer(_Plain(dialect.build_app(database, SETTINGS)), tls=True) as server,
    ):
        _describe(cassette, "all", server.url, str(server.ca_file), patch)
        cassette.write_text(_with_recorded(cassette.read_text(encoding="utf-8"), recorded), encoding="utf-8")
        url = server.url
    return _describe(cassette, "none", url, None, patch)  # nobody listens there any more


def _describe(cassette: Path, mode: str, url: str, ca_file: str | None, patch: pytest.MonkeyPatch) -> Description:
    # The adapter never uses a reference id twice: a cassette can be played only to the same ids.
    patch.setattr(composite, "_numbers", count())
    with playing(cassette, mode), _salesforce(url, ca_file) as connector:
        return connector.describe()


@contextmanager
def _salesforce(url: str, ca_file: str | None) -> Iterator[Connector]:
    secrets = {"env:ID": SETTINGS.client_id, "env:SECRET": SETTINGS.client_secret}
    sign_in = ClientCredentials(kind="client_credentials", client_id="env:ID", client_secret="env:SECRET")
    connection = SalesforceConnection(crm="salesforce", url=url, sign_in=sign_in, ca_file=ca_file)
    with closing(
        connect(
            connection,
            secrets=secrets.__getitem__,
            mapping={},
            written={},
            time_zone="UTC",
            needed={},
            retry=RetryPolicy(attempts=2, sleep=lambda _: None),
        )
    ) as connector:
        yield connector


def _with_recorded(cassette: str, recorded: Mapping[str, Json]) -> str:
    """The cassette with recorded describes in the place of the sandbox's, asked for alone or together with others."""
    content = yaml.load(cassette, Loader=yaml.CSafeLoader)
    for each in content["interactions"]:
        body, headers = each["response"]["body"], each["response"]["headers"]
        for name in [each for each in headers if each.lower() == "content-length"]:
            del headers[name]
        if found := DESCRIBE.search(each["request"]["uri"]):
            if found[1] in recorded:
                body["string"] = json.dumps(recorded[found[1]])
        elif each["request"]["uri"].endswith("/composite"):
            asked = json.loads(each["request"]["body"])["compositeRequest"]
            answer = json.loads(body["string"])
            names = {part["referenceId"]: DESCRIBE.search(part["url"]) for part in asked}
            for part in answer["compositeResponse"]:
                found = names[part["referenceId"]]
                if found and found[1] in recorded:
                    part |= {"body": recorded[found[1]], "httpStatusCode": 200}
            body["string"] = json.dumps(answer)
    return str(yaml.dump(content, Dumper=yaml.CSafeDumper))
