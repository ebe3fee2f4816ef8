"""An OpenAPI description of a sandbox's routes, made from its own tables, for a fuzzer to work from.

It says what a request may hold, not what a vendor promises: values that mean something to the dialect beside any other,
so that a fuzzer gets past the first check. Answers are not described; they are only watched for server errors.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Json = dict[str, Any]
Tables = "Iterable[tuple[str, Mapping[str, object]]]"

_TEXT: Json = {"type": "string", "maxLength": 40}
_VOCABULARY: dict[str, tuple[list[str], list[str]]] = {
    # dialect: names that bodies have, values that mean something
    "salesforce": (
        ["attributes", "type", "Id", "id", "Name", "records", "allOrNone", "compositeRequest", "method", "url", "body",
         "referenceId", "graphs", "graphId", "batchRequests", "richInput", "operation", "object", "query",
         "contentType", "lineEnding",
         "columnDelimiter", "externalIdFieldName", "state", "ids", "fields", "FullName", "Metadata",
         "label", "length", "precision", "scale", "StageName", "CloseDate", "Amount", "AccountId", "OwnerId", "q", "in",
         "sobjects", "overallLimit", "formula", "valueSet", "haltOnError", "httpHeaders"],
        ["Account", "Opportunity", "User", "Task", "001000000000001", "006000000000001AAA", "POST", "GET", "PATCH",
         "/services/data/v60.0/sobjects/Account", "/services/data/v60.0/query?q=SELECT+Id+FROM+Account", "@{a.id}", "a",
         "insert", "upsert", "query", "CSV", "LF", "UploadComplete", "Aborted", "SELECT Id FROM Account",
         "Account.X__c", "Text", "2026-01-31", "Closed Won", "Number", "Formula"],
    ),
    "hubspot": (
        ["inputs", "properties", "id", "idProperty", "propertiesWithHistory", "associations", "to", "from", "types",
         "associationCategory", "associationTypeId", "filterGroups", "filters", "propertyName", "operator", "value",
         "values", "highValue", "sorts", "query", "limit", "after", "name", "label", "labels", "type", "fieldType",
         "groupName", "options", "stages", "metadata", "displayOrder", "objectId", "primaryObjectId",
         "objectIdToMerge", "singular", "plural", "requiredProperties", "primaryDisplayProperty", "associatedObjects",
         "inverseLabel", "currencyCode", "conversionRate", "fromCurrencyCode", "effectiveAt", "archived"],
        ["1", "51854903510", "deals", "contacts", "dealname", "amount", "email", "EQ", "IN", "BETWEEN", "HAS_PROPERTY",
         "CONTAINS_TOKEN", "HUBSPOT_DEFINED", "number", "text", "string", "enumeration", "dealinformation", "USD",
         "2026-01-31T00:00:00Z", "-amount", "", "12.5"],
    ),
}  # fmt: skip
_PARAMETERS: dict[str, list[str]] = {
    "version": ["60.0", "66.0", "2026-03", "2026-09"],
    "object": ["Account", "Opportunity", "User", "CustomField", "ValidationRule", "Nothing__c"],
    "kind": ["deals", "contacts", "0-1", "line_items", "nothing"],
    "to": ["companies", "contacts", "0-3"],
    "id": ["001000000000001", "51854903510", "1", "0"],
    "q": ["SELECT Id FROM Account", "SELECT COUNT() FROM Opportunity", "FIND {a} RETURNING Account(Id)", "SELECT"],
}
_QUERY = {
    "salesforce": ["q", "fields", "ids", "start", "end", "sobjects", "allOrNone", "maxRecords", "locator", "explain"],
    "hubspot": ["limit", "after", "properties", "propertiesWithHistory", "associations", "archived", "idProperty",
                "email"],
}  # fmt: skip


def describe_routes(dialect: str, tables: Iterable[tuple[str, Mapping[str, object]]]) -> Json:
    """The OpenAPI document of these routes: (path, handlers by method)."""
    paths: Json = {}
    for path, handlers in tables:
        plain = re.sub(r":\w+}", "}", path)
        operations = {method.lower(): _operation(dialect, plain, method) for method in handlers}
        paths.setdefault(plain, {}).update(operations)
    components = {"schemas": {"Value": _value(dialect)}}
    return {"openapi": "3.0.3", "info": {"title": dialect, "version": "1"}, "paths": paths, "components": components}


def _operation(dialect: str, path: str, method: str) -> Json:
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": _likely(name)} for name in re.findall(r"{(\w+)}", path)
    ]
    parameters += [{"name": name, "in": "query", "schema": _likely(name)} for name in _QUERY[dialect]]
    operation: Json = {"parameters": parameters, "responses": {"default": {"description": "any"}}}
    if method in {"POST", "PUT", "PATCH"}:
        kinds = ["application/json"]
        kinds += ["text/csv"] if path.endswith("/batches") else []
        kinds += ["text/xml", "application/xml"] if "/Soap/" in path or "/async/" in path else []
        kinds += ["application/x-www-form-urlencoded"] if "oauth" in path else []
        operation["requestBody"] = {"content": {kind: {"schema": _body(kind)} for kind in kinds}}
    return operation


def _likely(name: str) -> Json:
    known = _PARAMETERS.get(name)
    likely: Json = {"type": "string", "enum": known}
    return {"anyOf": [likely, likely, likely, _TEXT]} if known else _TEXT


def _body(kind: str) -> Json:
    if kind == "application/json":
        return {"$ref": "#/components/schemas/Value"}
    if kind == "application/x-www-form-urlencoded":
        names = (
            "grant_type",
            "client_id",
            "client_secret",
            "refresh_token",
            "assertion",
            "username",
            "password",
            "code",
        )
        return {"type": "object", "properties": dict.fromkeys(names, _TEXT)}
    return {"type": "string"}


def _value(dialect: str) -> Json:
    """Any JSON, in which the names and values that the dialect knows are likely."""
    names, words = _VOCABULARY[dialect]
    again: Json = {"$ref": "#/components/schemas/Value"}
    return {
        "anyOf": [
            {"type": "object", "properties": dict.fromkeys(names, again), "maxProperties": 6},
            {"type": "array", "items": again, "maxItems": 4},
            {"type": "string", "enum": words},
            _TEXT,
            {"type": "number"},
            {"type": "boolean"},
            {"type": "integer", "minimum": -(2**70), "maximum": 2**70},
        ]
    }
