"""Standard fields as the Metadata API reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from connectors.sandbox.salesforce.schema.spec import Field, SObject

_KINDS = {
    "string": "Text", "textarea": "TextArea", "double": "Number", "int": "Number", "currency": "Currency",
    "percent": "Percent", "date": "Date", "datetime": "DateTime", "time": "Time", "boolean": "Checkbox",
    "email": "Email", "phone": "Phone", "url": "Url", "picklist": "Picklist", "combobox": "Picklist",
    "multipicklist": "MultiselectPicklist", "reference": "Lookup",
}  # fmt: skip
_SYSTEM = frozenset({"Id", "IsDeleted", "SystemModstamp", "LastViewedDate", "LastReferencedDate"})
_STAMPS = frozenset({"CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById"})


def standard_definition(owner: SObject, field: Field) -> dict[str, Any] | None:
    """What the Metadata API says of a standard field; None of one that it does not know."""
    kind = _KINDS.get(field.type)
    if field.name in _SYSTEM | _STAMPS or kind is None or field.custom:
        return None
    definition: dict[str, Any] = {"label": field.label, "type": kind}
    if field.type == "textarea" and field.length > 255:
        definition["type"] = "LongTextArea"
    if field.type in {"string", "textarea"}:
        definition["length"] = field.length
    if field.precision:
        definition |= {"precision": field.precision, "scale": field.scale}
    if field.refs and len(field.refs) == 1:
        definition["referenceTo"] = field.refs[0]
    if not field.nillable and field.createable and field.type != "boolean" and owner:
        definition["required"] = True
    return definition
