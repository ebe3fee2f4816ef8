"""The Tooling API's part that makes custom fields, and says which there are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.errors import ApiError, not_found
from connectors.sandbox.salesforce.ids import parse_id
from connectors.sandbox.salesforce.schema.spec import Field
from connectors.sandbox.salesforce.storage import CUSTOM_NAME
from connectors.sandbox.salesforce.web import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.sandbox.salesforce.web import Call, Routes

_TYPES = {
    "Number": "double",
    "Currency": "currency",
    "Percent": "percent",
    "Text": "string",
    "TextArea": "textarea",
    "LongTextArea": "textarea",
    "Checkbox": "boolean",
    "Date": "date",
    "DateTime": "datetime",
}
_KNOWN = frozenset({
    "type", "label", "length", "precision", "scale", "required", "unique", "externalId", "defaultValue",
    "description", "inlineHelpText", "visibleLines", "trackHistory", "trackFeedHistory", "trackTrending",
})  # fmt: skip
_NAME_LENGTH = 40


def post_custom_field(call: Call) -> Answer:
    """Make a custom field. Nobody sees it until a permission set lets them, as in an org."""
    body = call.json_object()
    full_name, metadata = body.get("FullName"), body.get("Metadata")
    if not isinstance(full_name, str) or not isinstance(metadata, dict):
        raise ApiError("REQUIRED_FIELD_MISSING", "Required fields are missing: [FullName, Metadata]", fields=[])
    if unknown := sorted(set(body) - {"FullName", "Metadata", "attributes"}):
        raise ApiError("INVALID_FIELD", f"No such column '{unknown[0]}' on sobject of type CustomField")
    owner_name, _, name = full_name.partition(".")
    everything = call.store.catalog()
    owner = everything.find(owner_name)
    if owner is None:
        raise ApiError("INVALID_CROSS_REFERENCE_KEY", f"Entity of type {owner_name} not found", fields=[])
    if not CUSTOM_NAME.match(name) or len(name) > _NAME_LENGTH + 3:
        raise ApiError(
            "INVALID_FULLNAME",
            f"The fullName {full_name} is not valid: write it as Object.Name__c",
            fields=["FullName"],
        )
    field = _field(name, metadata)
    with call.store.database.transaction() as connection:
        current = call.store.catalog().named(owner.name)
        if current.find(name):
            developer_name = name.removesuffix("__c")
            message = f"There is already a field named {developer_name} on {owner.label}."
            raise ApiError("DUPLICATE_DEVELOPER_NAME", message, fields=["DeveloperName"])
        field_id = call.store.add_field(connection, current, field, _dump(metadata), secured=True)
    return Answer({"id": field_id, "success": True, "errors": [], "warnings": [], "infos": []}, 201)


def _dump(metadata: Mapping[str, Any]) -> str:
    return json.dumps(metadata, default=str)


def _field(name: str, metadata: Mapping[str, Any]) -> Field:
    """The field that the metadata describes; ApiError where Salesforce would not have it."""
    kind, label = metadata.get("type"), metadata.get("label")
    if unknown := sorted(set(metadata) - _KNOWN):
        raise _bad(f"Metadata field {unknown[0]} is not supported for this field type")
    if not isinstance(kind, str) or kind not in _TYPES:
        raise _bad(f"Field type {kind} is not one of {', '.join(_TYPES)}")
    if not isinstance(label, str) or not label.strip() or len(label) > _NAME_LENGTH:
        raise _bad(f"Field label must have 1 to {_NAME_LENGTH} characters")
    if metadata.get("required"):
        raise _bad("Required custom fields are not offered by this sandbox")
    flags = "cu" if kind == "Checkbox" else "cun"
    flags += "d" if kind == "Checkbox" else ""
    flags += "E" if metadata.get("externalId") else ""
    flags += "q" if metadata.get("unique") else ""
    if kind == "Checkbox" and metadata.get("defaultValue") not in (False, "false"):
        raise _bad("Checkbox fields need defaultValue false in this sandbox")
    if ("E" in flags or "q" in flags) and kind not in {"Text", "Number"}:
        raise _bad(f"{kind} fields cannot be external ids or unique")
    precision = scale = length = 0
    if kind in {"Number", "Currency", "Percent"}:
        precision, scale = _number_size(metadata)
    elif kind in {"Text", "TextArea", "LongTextArea"}:
        length = _text_size(kind, metadata)
    return Field(name, _TYPES[kind], label.strip(), length, precision, scale, 0, flags, custom=True)


def _number_size(metadata: Mapping[str, Any]) -> tuple[int, int]:
    precision, scale = metadata.get("precision"), metadata.get("scale")
    if not _whole(precision) or not _whole(scale):
        raise _bad("Number fields need precision and scale")
    assert isinstance(precision, int)  # noqa: S101  said above
    assert isinstance(scale, int)  # noqa: S101
    if not 1 <= precision <= 18 or not 0 <= scale <= min(precision, 17):
        raise _bad("Precision must be 1 to 18, and scale 0 to the precision")
    return precision, scale


def _text_size(kind: str, metadata: Mapping[str, Any]) -> int:
    length = metadata.get("length", 255 if kind == "TextArea" else None)
    least, most = {"Text": (1, 255), "TextArea": (255, 255), "LongTextArea": (256, 131072)}[kind]
    if not _whole(length) or not least <= length <= most:
        raise _bad(f"Can not specify length {length} for a CustomField of type {kind}: {least} to {most}")
    return int(length)


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _bad(message: str) -> ApiError:
    return ApiError("FIELD_INTEGRITY_EXCEPTION", message, fields=["Metadata"])


def get_custom_field(call: Call) -> Answer:
    """A custom field by its id, with its metadata."""
    rows = call.store.database.rows("SELECT * FROM sf_custom_field WHERE id = ?", (parse_id(str(call.path["id"])),))
    if not rows:
        raise not_found()
    row = rows[0]
    url = f"{call.root}/tooling/sobjects/CustomField/{row['id']}"
    return Answer(
        {
            "attributes": {"type": "CustomField", "url": url},
            "Id": row["id"],
            "TableEnumOrId": row["object"],
            "DeveloperName": row["name"].removesuffix("__c"),
            "FullName": f"{row['object']}.{row['name']}",
            "CreatedDate": row["created"],
            "Metadata": json.loads(row["metadata"]),
        }
    )


ROUTES: Routes = {
    "/tooling/sobjects/CustomField": {"POST": post_custom_field},
    "/tooling/sobjects/CustomField/{id}": {"GET": get_custom_field},
}
