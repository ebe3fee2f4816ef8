"""Tooling API queries: real SOQL over the org's schema and metadata."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.errors import ApiError
from connectors.sandbox.salesforce.query.resources import answer_query
from connectors.sandbox.salesforce.schema.catalog import Catalog
from connectors.sandbox.salesforce.tooling.rows import refresh
from connectors.sandbox.salesforce.tooling.schema import SHARED, tooling_objects
from connectors.sandbox.salesforce.web import Answer, Call

if TYPE_CHECKING:
    from connectors.sandbox.salesforce.web import Routes

_ONE_AT_A_TIME = ("Metadata", "FullName")


@dataclass(frozen=True, slots=True)
class ToolingCall(Call):
    """A request to the Tooling API: the same call under another root, over other objects."""

    @property
    def root(self) -> str:
        return f"/services/data/v{self.version}/tooling"

    @property
    def catalog(self) -> Catalog:
        return tooling_catalog(self)


def as_tooling(call: Call, text: str = "") -> ToolingCall:
    """The call as one of the Tooling API; ApiError where the user may not use it.

    The tables of the objects that `text` names, a query or an object's name, are brought up to date.
    """
    if not call.store.access(call.user_id).may("ApiEnabled"):
        raise ApiError("API_DISABLED_FOR_ORG", "The REST API is not enabled for this user", 403)
    refresh(call.store, [name for name in tooling_objects() if name.lower() in text.lower()])
    return ToolingCall(**{name: getattr(call, name) for name in Call.__slots__})


def tooling_catalog(call: Call) -> Catalog:
    """The Tooling API's objects: its own for whoever may see Setup, and those of the data API that it has too."""
    data = call.store.catalog(call.user_id)
    shared = {name: found for name in SHARED if (found := data.find(name))}
    own = tooling_objects() if call.store.access(call.user_id).may("ViewSetup") else {}
    return Catalog({name.lower(): found for name, found in {**shared, **own}.items()})


def get_query(call: Call) -> Answer:
    """A query over what the Tooling API knows."""
    return checked(answer_query(as_tooling(call, call.query.get("q", "")), tooling_catalog(call), deleted_too=False))


def checked(answer: Answer) -> Answer:
    """The answer; ApiError where it holds the definitions of several components, which are read one by one."""
    body: Any = answer.body
    records = body.get("records") or []
    if body.get("totalSize", 0) > 1 and records and any(name in records[0] for name in _ONE_AT_A_TIME):
        message = (
            "When retrieving results with Metadata or FullName fields, the query qualifications must specify no more"
            f" than one row for retrieval. Result size: {body['totalSize']}"
        )
        raise ApiError("MALFORMED_QUERY", message)
    return answer


ROUTES: Routes = {
    "/tooling/query": {"GET": get_query},
}
