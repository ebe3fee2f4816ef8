"""Fuzzes a sandbox for a while: `python tests/fuzz/fuzz_run.py salesforce 600` ends with 1 where an answer is a 5xx.

The sandbox is served with a few records in it. schemathesis makes the requests, from our own description of the routes;
its command line analyses such a description for ever, so its library is driven here.
"""

from __future__ import annotations

import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests
import schemathesis
from fuzz_description import describe_routes
from hypothesis import HealthCheck, Phase, given, seed, settings

from connectors.sandbox.behaviour import CALM
from connectors.sandbox.dialect import Settings
from connectors.sandbox.run import Crm, Sandbox, open_sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PATIENT = Settings(behaviour=replace(CALM, daily_limit=2**31, session_seconds=10**6))


class ServerError(AssertionError):
    """An answer that no request may get."""


def routes_of(crm: Crm) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every route of a dialect, with its whole path."""
    if crm == "salesforce":
        from connectors.sandbox.salesforce import dialect as salesforce

        for module in salesforce._MODULES:
            for path, handlers in module.ROUTES.items():
                yield f"/services/data/v{{version}}{path}", handlers
        for opened, _ in salesforce._OPEN_MODULES:
            yield from opened.OPEN.items()
        return
    from connectors.sandbox.hubspot import dialect as hubspot

    for each in hubspot._MODULES:
        yield from each.ROUTES.items()
    for table in hubspot._OPEN:
        yield from table.items()


@contextmanager
def target(crm: Crm, folder: Path) -> Iterator[tuple[Sandbox, requests.Session]]:
    """A sandbox with a few records, and a session that is signed in."""
    if crm == "salesforce":
        (folder / "Account.csv").write_text("Id,Name\n001000000000001,Acme\n")
        (folder / "Opportunity.csv").write_text(
            "Id,Name,StageName,CloseDate,AccountId\n006000000000001,Deal,Prospecting,2026-01-31,001000000000001\n"
        )
    else:
        (folder / "contacts.csv").write_text("hs_object_id,email\n51854903510,a@example.com\n")
        (folder / "deals.csv").write_text("hs_object_id,dealname\n1,Deal\n")
    with open_sandbox(crm, data=folder, settings=PATIENT) as sandbox, requests.Session() as http:
        http.trust_env = False
        http.verify = str(sandbox.ca_file) if sandbox.ca_file else True
        http.headers["Authorization"] = f"Bearer {_token(sandbox, http)}"
        yield sandbox, http


def _token(sandbox: Sandbox, http: requests.Session) -> str:
    known = sandbox.settings
    if sandbox.crm == "hubspot":
        return known.access_token
    form = {"grant_type": "client_credentials", "client_id": known.client_id, "client_secret": known.client_secret}
    return str(http.post(f"{sandbox.url}/services/oauth2/token", form, timeout=10).json()["access_token"])


def operations(crm: Crm) -> list[Any]:
    """The operations that schemathesis finds in our description, in the order of the routes."""
    schema = schemathesis.openapi.from_dict(describe_routes(crm, routes_of(crm)))
    return [found.ok() for found in schema.get_all_operations()]


def try_operation(operation: Any, sandbox: Sandbox, http: requests.Session, examples: int, number: int) -> int:
    """How many requests of one operation were answered; ServerError with the smallest one that got a 5xx."""
    answered = 0

    @seed(number)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def attempt(case: Any) -> None:
        nonlocal answered
        try:
            answer = case.call(
                base_url=sandbox.url, session=http, verify=http.verify, allow_redirects=False, timeout=30
            )
        except (requests.exceptions.InvalidURL, requests.exceptions.InvalidHeader, UnicodeError):
            return  # no request was made of it
        answered += 1
        if answer.status_code >= 500 and not _soap_fault(answer):
            raise ServerError(f"{answer.status_code} to {case.as_curl_command()}")

    attempt()
    return answered


def _soap_fault(answer: Any) -> bool:
    """Whether a 500 is the refusal of a SOAP call, which has that status by its standard; a defect is named one."""
    return b":Fault>" in answer.content and b"UNKNOWN_EXCEPTION" not in answer.content


def main(crm: Crm, seconds: int, first: int = 1) -> int:
    """1 where a request got a 5xx, else 0."""
    found: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as scratch, target(crm, Path(scratch)) as (sandbox, http):
        end, number, answered = time.monotonic() + seconds, first, 0
        while time.monotonic() < end:
            for operation in operations(crm):
                if operation.label in found or time.monotonic() >= end:
                    continue
                try:
                    answered += try_operation(operation, sandbox, http, 25, number)
                except ServerError as error:
                    found[operation.label] = str(error)
                    sys.stdout.write(f"{operation.label}\n  {error}\n")
            number += 1
    sys.stdout.write(f"{crm}: {answered:,} requests, seeds {first} to {number - 1}, {len(found)} server errors\n")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1], int(sys.argv[2]), *map(int, sys.argv[3:])))  # type: ignore[arg-type]
