"""SOAP's calls that read: queries, searches, records by id, changes since a time, and descriptions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from connectors.sandbox.salesforce.errors import ApiError
from connectors.sandbox.salesforce.soap.rest import ask
from connectors.sandbox.salesforce.soap.values import moment, query_result, render_record

if TYPE_CHECKING:
    from connectors.sandbox.salesforce.soap.envelope import Dialect, Element, Message
    from connectors.sandbox.salesforce.web import Call

_REST_ONLY = frozenset({"urls", "sobjectDescribeOption", "defaultImplementation", "extendedBy", "implementedBy"})
_PAGES = {"urlDetail": "uiDetailTemplate", "urlEdit": "uiEditTemplate", "urlNew": "uiNewRecord"}
_MOST_DESCRIBED = 100  # SOAP API Developer Guide, describeSObjects


def query(call: Call, dialect: Dialect, message: Message) -> dict[str, Any]:
    return _query(call, dialect, message, "/query")


def query_all(call: Call, dialect: Dialect, message: Message) -> dict[str, Any]:
    return _query(call, dialect, message, "/queryAll")


def _query(call: Call, dialect: Dialect, message: Message, path: str) -> dict[str, Any]:
    soql = {"q": message.body.value("queryString") or ""}
    body = ask(call, "GET", path, query=soql, headers=_options(message))
    return query_result(dialect, call.catalog, body)


def query_more(call: Call, dialect: Dialect, message: Message) -> dict[str, Any]:
    """The page that a locator of this session leads to."""
    locator = (message.body.value("queryLocator") or "").strip()
    if not locator or "/" in locator:
        raise ApiError("INVALID_QUERY_LOCATOR", "invalid query locator")
    body = ask(call, "GET", f"/query/{locator}", headers=_options(message))
    return query_result(dialect, call.catalog, body)


def _options(message: Message) -> dict[str, str]:
    """QueryOptions as the REST header that says the same."""
    options = message.headers.get("QueryOptions")
    size = options.value("batchSize") if options else None
    return {"sforce-query-options": f"batchSize={size}"} if size else {}


def search(call: Call, dialect: Dialect, message: Message) -> dict[str, Any]:
    body = ask(call, "GET", "/search", query={"q": message.body.value("searchString") or ""})
    found = [{"record": render_record(dialect, call.catalog, record)} for record in body["searchRecords"]]
    return {"queryId": call.store.now(), "searchRecords": found}


def retrieve(call: Call, dialect: Dialect, message: Message) -> list[Any]:
    """The records of the ids in their order, nil for one that is not there."""
    kind = _text(message.body, "sObjectType")
    names = [name.strip() for name in (message.body.value("fieldList") or "").split(",") if name.strip()]
    wanted = {"ids": message.body.values("ids"), "fields": names}
    records = ask(call, "POST", f"/composite/sobjects/{quote(kind, safe='')}", body=wanted)
    return [record and render_record(dialect, call.catalog, record) for record in records]


def get_updated(call: Call, _: Dialect, message: Message) -> dict[str, Any]:
    body = _changes(call, message, "updated")
    return {"ids": body["ids"], "latestDateCovered": moment(body["latestDateCovered"])}


def get_deleted(call: Call, _: Dialect, message: Message) -> dict[str, Any]:
    body = _changes(call, message, "deleted")
    deleted = [{"deletedDate": moment(each["deletedDate"]), "id": each["id"]} for each in body["deletedRecords"]]
    return {
        "deletedRecords": deleted,
        "earliestDateAvailable": moment(body["earliestDateAvailable"]),
        "latestDateCovered": moment(body["latestDateCovered"]),
    }


def _changes(call: Call, message: Message, which: str) -> Any:
    kind = _text(message.body, "sObjectType")
    window = {"start": _text(message.body, "startDate"), "end": _text(message.body, "endDate")}
    return ask(call, "GET", f"/sobjects/{quote(kind, safe='')}/{which}", query=window)


def describe_global(call: Call, _: Dialect, __: Message) -> Any:
    return _described(ask(call, "GET", "/sobjects"))


def describe_sobject(call: Call, _: Dialect, message: Message) -> Any:
    return _describe(call, _text(message.body, "sObjectType"))


def describe_sobjects(call: Call, _: Dialect, message: Message) -> list[Any]:
    names = message.body.values("sObjectType")
    if len(names) > _MOST_DESCRIBED:
        raise ApiError("EXCEEDED_ID_LIMIT", f"describe limit reached. cannot describe more than {_MOST_DESCRIBED}")
    return [_describe(call, name) for name in names]


def _describe(call: Call, name: str) -> Any:
    if call.catalog.find(name.strip()) is None:
        raise ApiError("INVALID_TYPE", f"sObject type '{name}' is not supported.")
    body = ask(call, "GET", f"/sobjects/{quote(name.strip(), safe='')}/describe")
    pages = {soap: body["urls"][rest] for soap, rest in _PAGES.items() if rest in body["urls"]}
    return {"keyPrefix": body.get("keyPrefix")} | _described(body) | pages


def _described(value: Any) -> Any:
    """A description without what only REST says; what is null there is left out here."""
    if isinstance(value, list):
        return [_described(item) for item in value]
    if isinstance(value, dict):
        return {key: _described(item) for key, item in value.items() if item is not None and key not in _REST_ONLY}
    return value


def _text(element: Element, name: str) -> str:
    """The text of a child that must be there."""
    value = element.value(name)
    if not value or not value.strip():
        raise ApiError("MISSING_ARGUMENT", f"{name} not specified")
    return value.strip()
