"""Plain loops that write: the vendor's own client with one call a record, and `requests` with a batch a call.

One connection, one request after the other, no checks before, no retries, nothing stored; what one writes first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, cast

import requests
from hubspot import HubSpot
from hubspot.crm.contacts import SimplePublicObjectInput
from simple_salesforce.api import Salesforce

from benchmarks.counted import TIMEOUT
from benchmarks.projects import SETTINGS
from connectors.batches import in_chunks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simple_salesforce.api import SFType

    from benchmarks.counted import Counted

    Records = Mapping[str, Mapping[str, str | None]]

COLLECTION, BATCH = 200, 100  # records of Salesforce's sObject collections, of HubSpot's batches
OK = 200
DATA = "/services/data/v62.0"


class Loops(Protocol):
    """The loops of one CRM, over contacts."""

    def write_batches(self, records: Records) -> None:
        """The values written, by record, a batch a call."""

    def write_one_by_one(self, records: Records) -> None:
        """The same by the vendor's client, a call a record."""

    def change_amounts(self, amounts: Mapping[str, int]) -> None:
        """New amounts of opportunities, as somebody else would write them."""

    def close(self) -> None:
        """Give back the connections."""


class SalesforceLoops:
    """Loops over one signed-in session."""

    def __init__(self, sandbox: Counted) -> None:
        self._session = requests.Session()
        self._session.verify = str(sandbox.ca_file)
        self._session.trust_env = False  # else REQUESTS_CA_BUNDLE of the environment takes the place of our CA
        secrets = {"client_id": SETTINGS.client_id, "client_secret": SETTINGS.client_secret}
        form = {"grant_type": "client_credentials", **secrets}
        signed_in = self._session.post(f"{sandbox.url}/services/oauth2/token", data=form, timeout=TIMEOUT).json()
        self._address = f"{sandbox.url}{DATA}"
        self._session.headers["Authorization"] = f"Bearer {signed_in['access_token']}"
        self._client = Salesforce(
            session_id=signed_in["access_token"], instance_url=sandbox.url, version="62.0", session=self._session
        )

    def write_batches(self, records: Records) -> None:
        """The values written, by record, a batch a call."""
        self._update("Contact", [{"id": name, **_typed(values)} for name, values in records.items()])

    def write_one_by_one(self, records: Records) -> None:
        """The same by the vendor's client, a call a record."""
        contacts = cast("SFType", self._client.Contact)
        for name, values in records.items():
            contacts.update(name, _typed(values))

    def change_amounts(self, amounts: Mapping[str, int]) -> None:
        """New amounts of opportunities, as somebody else would write them."""
        self._update("Opportunity", [{"id": name, "Amount": amount} for name, amount in amounts.items()])

    def close(self) -> None:
        """Give back the connections."""
        self._session.close()

    def _update(self, sobject: str, rows: list[dict[str, Any]]) -> None:
        for batch in in_chunks(rows, COLLECTION):
            body = {"allOrNone": False, "records": [{"attributes": {"type": sobject}, **row} for row in batch]}
            answer = self._session.patch(f"{self._address}/composite/sobjects", json=body, timeout=TIMEOUT)
            assert answer.status_code == OK, answer.text[:300]
            assert all(each["success"] for each in answer.json()), answer.text[:300]


class HubSpotLoops:
    """Loops with one token."""

    def __init__(self, sandbox: Counted) -> None:
        self._url = sandbox.url
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["Authorization"] = f"Bearer {SETTINGS.access_token}"
        self._contacts = HubSpot(access_token=SETTINGS.access_token, host=sandbox.url).crm.contacts.basic_api

    def write_batches(self, records: Records) -> None:
        """The values written, by record, a batch a call."""
        self._update("contacts", [{"id": name, "properties": _cleared(values)} for name, values in records.items()])

    def write_one_by_one(self, records: Records) -> None:
        """The same by the vendor's client, a call a record."""
        for name, values in records.items():
            self._contacts.update(name, SimplePublicObjectInput(properties=_cleared(values)))

    def change_amounts(self, amounts: Mapping[str, int]) -> None:
        """New amounts of deals, as somebody else would write them."""
        self._update("deals", [{"id": name, "properties": {"amount": str(each)}} for name, each in amounts.items()])

    def close(self) -> None:
        """Give back the connections."""
        self._session.close()
        self._contacts.api_client.close()

    def _update(self, crm_type: str, rows: list[dict[str, Any]]) -> None:
        for batch in in_chunks(rows, BATCH):
            address = f"{self._url}/crm/v3/objects/{crm_type}/batch/update"
            answer = self._session.post(address, json={"inputs": batch}, timeout=TIMEOUT)
            assert answer.status_code == OK, answer.text[:300]
            answer.json()


def _typed(values: Mapping[str, str | None]) -> dict[str, str | float | None]:
    """Numbers as JSON has them; a day or a moment stays text."""
    return {name: float(value) if value and ":" not in value else value for name, value in values.items()}


def _cleared(values: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value or "" for name, value in values.items()}
