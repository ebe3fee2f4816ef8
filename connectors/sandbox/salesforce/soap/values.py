"""sObjects in XML: what the REST resources answer as elements, and elements as the bodies that they take."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.errors import ApiError
from connectors.sandbox.salesforce.soap.envelope import ENTERPRISE, Dialect, Element, Typed

if TYPE_CHECKING:
    from connectors.sandbox.salesforce.schema.catalog import Catalog

_TRUNCATED = frozenset({"string", "textarea", "phone", "email", "picklist", "multipicklist", "encryptedstring"})
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000\Z")


def moment(text: str) -> str:
    """REST's text of a moment as xsd:dateTime: its offset is written Z.

    >>> moment("2026-05-01T07:25:37.000+0000")
    '2026-05-01T07:25:37.000Z'
    """
    return text.removesuffix("+0000") + "Z" if _MOMENT.match(text) else text


def render_record(dialect: Dialect, catalog: Catalog, record: dict[str, Any]) -> Typed:
    """A record of a REST answer as an sObject element.

    The partner API's sObject starts with its type and id, selected or not, as its WSDL has it; the enterprise API's
    is of its object's type and holds what was selected.
    """
    kind = str(record.get("attributes", {}).get("type", ""))
    partner = dialect is not ENTERPRISE
    fields: list[tuple[str, Any]] = [("sf:type", kind), ("sf:Id", record.get("Id"))] if partner else []
    found = catalog.find(kind)
    for name, value in record.items():
        if name != "attributes":
            field = found.find(name) if found else None
            is_moment = field.type == "datetime" if field else not found
            aggregate = kind == "AggregateResult"
            rendered = _render(dialect, catalog, value, is_moment=is_moment, aggregate=aggregate)
            fields.append((f"sf:{name}", rendered))
    return Typed("sf:sObject" if partner else f"sf:{kind}", tuple(fields))


def _render(dialect: Dialect, catalog: Catalog, value: Any, *, is_moment: bool, aggregate: bool) -> Any:
    if isinstance(value, dict):
        if "records" in value:
            return Typed("QueryResult", query_result(dialect, catalog, value))
        if "attributes" in value:
            return render_record(dialect, catalog, value)
        return Typed("address" if "city" in value else "location", value)
    if isinstance(value, str) and is_moment:
        value = moment(value)
    return Typed(_xsd(value), value) if aggregate and value is not None else value


def _xsd(value: Any) -> str:
    kinds = {bool: "xsd:boolean", int: "xsd:int", float: "xsd:double"}
    return kinds.get(type(value), "xsd:string")


def query_result(dialect: Dialect, catalog: Catalog, body: dict[str, Any]) -> dict[str, Any]:
    """A page of a REST query as a QueryResult."""
    following = body.get("nextRecordsUrl")
    return {
        "done": body["done"],
        "queryLocator": following.rpartition("/")[2] if following else None,
        "records": [render_record(dialect, catalog, record) for record in body["records"]],
        "size": body["totalSize"],
    }


def read_record(catalog: Catalog, element: Element, *, truncate: bool = False) -> dict[str, Any]:
    """An sObject element as the record that REST takes; its type stands in `attributes`.

    An element that is nil says nothing: a field is emptied by naming it in `fieldsToNull` (SOAP API Developer Guide,
    sObject). With `truncate` what is too long is cut (AllowFieldTruncationHeader).
    """
    kind = element.value("type") or element.type
    if not kind:
        raise ApiError("INVALID_TYPE", "Must send a concrete entity type.")
    found = catalog.find(kind)
    record: dict[str, Any] = {"attributes": {"type": kind}}
    for name in element.values("fieldsToNull"):
        record[name] = None
    for child in element.children:
        if child.name in {"type", "fieldsToNull"} or child.nil:
            continue
        value: Any = child.text
        if child.children:
            value = read_record(catalog, child)
        elif truncate and found and (field := found.find(child.name)) and field.type in _TRUNCATED:
            value = value[: field.length]
        record[child.name] = value
    return record


def results(answers: list[dict[str, Any]], *, created: bool = False, with_id: bool = True) -> list[dict[str, Any]]:
    """The results of a collection as SaveResult, UpsertResult or DeleteResult, their parts in the WSDL's order."""
    rendered = []
    for answer in answers:
        result: dict[str, Any] = {"created": answer.get("created", False)} if created else {}
        result["errors"] = [error_element(error) for error in answer.get("errors") or []]
        if with_id:
            result["id"] = answer.get("id") if answer["success"] else None
        rendered.append(result | {"success": answer["success"]})
    return rendered


def error_element(error: dict[str, Any]) -> dict[str, Any]:
    """One error of a result: the fields it is about, its message and its code."""
    return {"fields": error.get("fields") or [], "message": error["message"], "statusCode": error["statusCode"]}
