"""Custom fields of Salesforce as they were described to us, as definitions of the Metadata API (CustomField)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.base import CrmField

_PLAIN = {"date": "Date", "datetime": "DateTime", "email": "Email", "phone": "Phone", "url": "Url", "time": "Time"}
_NUMBERS = {"double": "Number", "currency": "Currency", "percent": "Percent", "int": "Number", "long": "Number"}
_SHORT = 255  # characters; a longer text is a long text area (Metadata API, Metadata Field Types)
_TEXTS = frozenset({"string", "textarea", "picklist", "reference", "combobox", "id"})
_KEY = {"unique": True, "caseSensitive": True, "externalId": True}

Definition = dict[str, Any]


def define(
    sobject: str,
    name: str,
    known: CrmField | None,
    values: Sequence[str] = (),
    *,
    is_key: bool = False,
    refers_to: str = "",
) -> Definition:
    """A field as `setup.json` has it; a text where it was never described. `values` are those that records hold, of a
    picklist; `refers_to` is the sObject of a reference."""
    definition: Definition = {"label": (known.label if known else name)[:40]} | _shape(known, values)
    if refers_to and known is not None and known.type == "reference":
        definition |= {"type": "Lookup", "referenceTo": refers_to, "deleteConstraint": "SetNull"}
        definition.pop("length", None)
        definition["relationshipName"] = f"{sobject}_{name}".replace("__c", "").replace("__", "_")[-40:].strip("_")
    if is_key:
        definition |= _KEY
    editable = known is None or known.updateable or known.automatic  # a formula is a plain field here, with its values
    return {"object": sobject, "name": name, "definition": definition} | ({} if editable else {"read_only": True})


def _shape(known: CrmField | None, values: Sequence[str]) -> Definition:
    kind = known.type if known else "string"
    if known and kind in _NUMBERS:
        return {"type": _NUMBERS[kind], "precision": 18, "scale": known.decimals or 0}
    if kind in _PLAIN:
        return {"type": _PLAIN[kind]}
    if kind == "boolean":
        return {"type": "Checkbox", "defaultValue": "false"}
    options = (known.options if known else None) or {}
    if listed := {value: value for value in values} | dict(options):
        chosen = [{"fullName": value, "label": label, "default": False} for value, label in listed.items()]
        value_set = {"restricted": bool(options), "valueSetDefinition": {"sorted": False, "value": chosen}}
        if kind == "multipicklist":
            return {"type": "MultiselectPicklist", "valueSet": value_set, "visibleLines": 4}
        return {"type": "Picklist", "valueSet": value_set}
    length = (known.length if known else None) or _SHORT
    if length > _SHORT or kind not in _TEXTS:
        return {"type": "LongTextArea", "length": min(max(length, 32_768), 131_072), "visibleLines": 3}
    return {"type": "TextArea"} if kind == "textarea" else {"type": "Text", "length": length}
