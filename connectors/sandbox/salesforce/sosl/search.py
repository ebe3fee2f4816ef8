"""The search resources: SOSL, parameterized search, suggestions, and the order and layout of results."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.errors import ApiError, malformed_json
from connectors.sandbox.salesforce.soap.rest import ask
from connectors.sandbox.salesforce.sosl.match import find_ids, parse_words
from connectors.sandbox.salesforce.sosl.parse import MOST_RESULTS, SCOPES, Returning, Search, malformed, parse_search
from connectors.sandbox.salesforce.web import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.sandbox.salesforce.schema.spec import SObject
    from connectors.sandbox.salesforce.sosl.match import Node
    from connectors.sandbox.salesforce.web import Call, Routes

_log = logging.getLogger(__name__)
# What no search says which objects to look at: those of a sales app, in the order of its global search.
_COMMON = ("Account", "Contact", "Lead", "Opportunity", "Task", "Event", "Product2", "Quote", "Campaign", "User")
_FIRST_WRAPPED = 37  # before it the results are a bare list (REST API Developer Guide, Search)
_PARAMETERS = frozenset({
    "q", "fields", "sobject", "sobjects", "in", "overallLimit", "defaultLimit", "offset", "spellCorrection",
})  # fmt: skip
_OF_OBJECT = frozenset({"name", "fields", "where", "limit", "orderBy"})
_FEWEST_SUGGESTED = 3  # characters of the text (the same, Search Suggested Records)
_MOST_SUGGESTED = 5


def get_search(call: Call) -> Answer:
    """The records that the SOSL text of `?q=` finds, object by object."""
    text = call.query.get("q")
    if not text:
        raise malformed("No search term found. The search term must be enclosed in braces.")
    records = run_search(call, parse_search(text))
    whole = int(call.version.partition(".")[0])
    return Answer({"searchRecords": records} if whole >= _FIRST_WRAPPED else records)


def run_search(call: Call, search: Search) -> list[dict[str, Any]]:
    """The records of a search, with the fields that it asks for."""
    tree = parse_words(search.words)
    wanted = search.returning or tuple(Returning(found.name) for found in _searchable(call))
    chosen = [(_target(call, each.name), each) for each in wanted]
    records: list[dict[str, Any]] = []
    for found, each in chosen:
        left = search.limit - len(records)
        records += _records(call, found, each, tree, search.scope)[: max(left, 0)]
    return records


def _searchable(call: Call) -> list[SObject]:
    everything = [found for found in call.catalog.objects.values() if "s" in found.abilities]
    order = {name: place for place, name in enumerate(_COMMON)}
    return sorted(everything, key=lambda found: (order.get(found.name, len(order)), found.name))


def _target(call: Call, name: str) -> SObject:
    found = call.catalog.find(name)
    if found is None:
        raise ApiError("INVALID_TYPE", f"sObject type '{name}' is not supported.")
    if "s" not in found.abilities:
        raise ApiError("INVALID_TYPE", f"entity type {found.name} does not support search")
    return found


def _records(call: Call, found: SObject, wanted: Returning, tree: Node, scope: str) -> list[dict[str, Any]]:
    """The records that were found, filtered and ordered as SOQL does it: the index gives 2,000, the filter follows."""
    ids = find_ids(call.store, found, tree, scope, MOST_RESULTS)
    listed = ",".join(f"'{record_id}'" for record_id in ids) or "'000000000000000'"
    where = f"({wanted.where}) AND " if wanted.where else ""
    soql = f"SELECT {wanted.fields or 'Id'} FROM {found.name} WHERE {where}Id IN ({listed})"
    soql += f" ORDER BY {wanted.order}" if wanted.order else ""
    soql += f" LIMIT {wanted.limit}" if wanted.limit is not None else ""
    soql += f" OFFSET {wanted.offset}" if wanted.offset else ""
    try:
        page = ask(call, "GET", "/query", query={"q": soql})
    except ApiError as error:
        raise malformed(error.message) if error.code == "MALFORMED_QUERY" else error from None
    records: list[dict[str, Any]] = list(page["records"])
    while following := page.get("nextRecordsUrl"):
        page = ask(call, "GET", f"/query/{following.rpartition('/')[2]}")
        records += page["records"]
    return records


def get_parameterized(call: Call) -> Answer:
    """The same by parameters: `Account.fields`, `Account.where` and `Account.limit` are of that object alone."""
    objects: dict[str, dict[str, Any]] = {name: {"name": name} for name in _many(call, "sobject")}
    body: dict[str, Any] = {}
    for name in call.query:
        owner, dot, part = name.partition(".")
        if dot and owner in objects and part in {"fields", "where", "limit", "orderBy"}:
            objects[owner][part] = call.query[name]
        elif not dot and name in _PARAMETERS:
            body[name] = call.query[name]
        else:
            raise ApiError("INVALID_SEARCH", f"Unknown search parameter: {name}")
    return _parameterized(call, body | {"sobjects": list(objects.values())})


def post_parameterized(call: Call) -> Answer:
    return _parameterized(call, call.json_object(*_PARAMETERS))


def _many(call: Call, name: str) -> list[str]:
    """All values of a parameter that may come more than once."""
    getlist = getattr(call.query, "getlist", None)
    values = getlist(name) if getlist else [call.query.get(name, "")]
    return [part.strip() for value in values for part in str(value).split(",") if part.strip()]


def _parameterized(call: Call, body: dict[str, Any]) -> Answer:
    if str(body.get("spellCorrection", False)).lower() == "true":
        _log.warning("not emulated: spellCorrection")
    words, scope = body.get("q"), str(body.get("in", "ALL")).upper()
    if not isinstance(words, str) or not words.strip():
        raise ApiError("MALFORMED_SEARCH", "A search string must be specified")
    if scope not in SCOPES:
        raise ApiError("INVALID_SEARCH", f"Invalid search scope: {scope}")
    objects = body.get("sobjects", [])
    if not isinstance(objects, list) or not all(isinstance(each, dict) and "name" in each for each in objects):
        raise malformed_json("sobjects must be a list of objects with a name")
    each_limit = _number(body, "defaultLimit", MOST_RESULTS)
    returning = tuple(_returning(each, _names(body.get("fields")), each_limit) for each in objects)
    offset, limit = _number(body, "offset", 0), _number(body, "overallLimit", MOST_RESULTS)
    search = Search(words, scope, returning, min(limit + offset, MOST_RESULTS))
    return Answer({"searchRecords": run_search(call, search)[offset:]})


def _returning(each: dict[str, Any], fields: str, limit: int) -> Returning:
    if unknown := sorted(set(each) - _OF_OBJECT):
        raise malformed_json(f'Unrecognized field "{unknown[0]}"')
    order = each.get("orderBy") or ""
    if isinstance(order, list):
        order = ", ".join(map(str, order))
    texts = _names(each.get("fields")) or fields, str(each.get("where") or ""), str(order)
    return Returning(str(each["name"]), *texts, _number(each, "limit", limit))


def _names(value: Any) -> str:
    names = value if isinstance(value, list) else str(value or "").split(",")
    return ", ".join(str(name).strip() for name in names if str(name).strip())


def _number(body: Mapping[str, Any], name: str, default: int) -> int:
    value = str(body.get(name, default))
    if not (value.isascii() and value.isdigit() and len(value) < 10 and int(value) <= MOST_RESULTS):
        raise ApiError("INVALID_SEARCH", f"{name} must be a number between 0 and {MOST_RESULTS}")
    return int(value)


def get_scope_order(call: Call) -> Answer:
    """The objects in the order of the user's global search: that of the org, as an API user searched for nothing."""
    urls = [(found.name, f"{call.root}/sobjects/{found.name}/describe") for found in _searchable(call)]
    return Answer([{"type": name, "url": url} for name, url in urls])


def get_layouts(call: Call) -> Answer:
    """What the results of the objects of `?q=` show."""
    layouts = []
    for name in _many(call, "q"):
        found = _target(call, name)
        named = next((field for field in found.fields.values() if "N" in field.flags), None)
        columns = [named] if named else []
        shown = [
            {"field": f"{found.name}.{field.name}", "format": None, "label": field.label, "name": field.name}
            for field in columns
        ]
        layouts.append({"label": "Search Results", "limitRows": 25, "objectType": found.name, "searchColumns": shown})
    return Answer(layouts)


def get_suggestions(call: Call) -> Answer:
    """Records of the objects of `sobject` whose name holds the text of `q`."""
    text, names = call.query.get("q", "").strip(), _many(call, "sobject")
    if len(text) < _FEWEST_SUGGESTED:
        raise ApiError("INVALID_SEARCH", f"q must have at least {_FEWEST_SUGGESTED} characters")
    if not names:
        raise ApiError("MISSING_ARGUMENT", "sobject is required")
    limit = _number(call.query, "limit", _MOST_SUGGESTED)
    words = " ".join(word + "*" for word in text.replace("\\", "").replace('"', "").replace("*", "").split())
    found: list[dict[str, Any]] = []
    for name in names:
        field = next((f.name for f in _target(call, name).fields.values() if "N" in f.flags), "Id")
        fields = f"Id, {field}" if field != "Id" else "Id"
        found += run_search(call, Search(words, "NAME", (Returning(name, fields, limit=limit + 1),)))
    return Answer({"autoSuggestResults": found[:limit], "hasMoreResults": len(found) > limit})


ROUTES: Routes = {
    "/search": {"GET": get_search},
    "/search/scopeOrder": {"GET": get_scope_order},
    "/search/layout": {"GET": get_layouts},
    "/search/suggestions": {"GET": get_suggestions},
    "/parameterizedSearch": {"GET": get_parameterized, "POST": post_parameterized},
}
