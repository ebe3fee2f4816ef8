"""A field as `describe` tells of it, with every property that Salesforce has."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.schema.spec import DECIMALS, NAME_PARTS

if TYPE_CHECKING:
    from connectors.sandbox.salesforce.schema.spec import Field, SObject

_SOAP_TYPES = {
    "id": "tns:ID",
    "reference": "tns:ID",
    "boolean": "xsd:boolean",
    "int": "xsd:int",
    "date": "xsd:date",
    "datetime": "xsd:dateTime",
    "time": "xsd:time",
    "base64": "xsd:base64Binary",
    "anyType": "xsd:anyType",
    "address": "urn:address",
    "location": "urn:location",
}
_ADDRESS_PART = re.compile(r"(.*?)(?:Street|City|State|PostalCode|Country|Latitude|Longitude|GeocodeAccuracy)\Z")
_PEOPLE = frozenset({"Contact", "Lead", "User", "Individual"})
_PICTURES = re.compile(r"\w*PhotoUrl\Z")
_ALWAYS_FALSE = (
    "aiPredictionField", "dependentPicklist", "deprecatedAndHidden", "displayLocationInDecimal", "encrypted",
    "highScaleNumber",
)  # fmt: skip
_ALWAYS_NULL = ("controllerName", "filteredLookupInfo", "mask", "maskType", "referenceTargetField")
# References that no search narrows by, though they may be empty (as recorded describes say).
_NEVER_PREFILTERED = frozenset({"MasterRecordId", "RecordTypeId"})


def describe_field(found: SObject, field: Field) -> dict[str, Any]:
    """The properties of one field of an object, sorted by name as Salesforce sorts them."""
    kind = field.type
    body: dict[str, Any] = {
        "name": field.name,
        "label": field.label,
        "type": kind,
        "soapType": "xsd:double" if kind in DECIMALS else _SOAP_TYPES.get(kind, "xsd:string"),
        "length": field.length,
        "byteLength": _byte_length(field),
        "precision": field.precision,
        "scale": field.scale,
        "digits": field.digits,
        "custom": field.custom,
        "nameField": "N" in field.flags,
        "idLookup": field.id_lookup,
        "externalId": field.external_id,
        "unique": "q" in field.flags and field.custom,
        "caseSensitive": field.case_sensitive,
        "autoNumber": bool(field.auto_number),
        "htmlFormatted": field.rich_text or bool(field.formula and kind == "string" and "HYPERLINK(" in field.formula),
        "inlineHelpText": field.help or None,
        "compoundFieldName": _compound(found, field),
        "extraTypeInfo": _extra(found, field),
        "queryByDistance": field.compound,
    }
    body |= _abilities(field) | _reference(field) | _defaults(field) | _calculation(field)
    body |= dict.fromkeys(_ALWAYS_FALSE, False) | dict.fromkeys(_ALWAYS_NULL)
    return {name: body[name] for name in sorted(body)}


def _abilities(field: Field) -> dict[str, Any]:
    return {
        "createable": field.createable,
        "updateable": field.updateable,
        "nillable": field.nillable,
        "permissionable": field.permissionable,
        "filterable": field.filterable,
        "sortable": field.sortable,
        "groupable": field.groupable,
        "aggregatable": field.aggregatable,
    }


def _reference(field: Field) -> dict[str, Any]:
    master = field.master_order is not None
    return {
        "referenceTo": list(field.refs),
        "relationshipName": field.relationship or None,
        "relationshipOrder": field.master_order,
        "namePointing": len(field.refs) > 1,
        "polymorphicForeignKey": len(field.refs) > 1,
        "cascadeDelete": master or field.delete_constraint == "Cascade",
        "restrictedDelete": field.delete_constraint == "Restrict",
        "writeRequiresMasterRead": False,
        "searchPrefilterable": bool(
            field.type == "reference" and field.nillable and field.relationship and field.name not in _NEVER_PREFILTERED
        ),
    }


def _defaults(field: Field) -> dict[str, Any]:
    boolean = field.type == "boolean" and not field.formula
    return {
        "defaultValue": field.default == "true" if boolean else field.default,
        "defaultValueFormula": field.default_formula or None,
        "defaultedOnCreate": "d" in field.flags,
        "restrictedPicklist": "r" in field.flags,
        "picklistValues": [_picklist_value(field, value) for value in field.picklist],
    }


def _picklist_value(field: Field, value: str) -> dict[str, Any]:
    label = field.label_of(value)
    return {"active": True, "defaultValue": value == field.default, "label": label, "validFor": None, "value": value}


def _calculation(field: Field) -> dict[str, Any]:
    return {
        "calculated": field.calculated,
        "calculatedFormula": field.formula or None,
        "formulaTreatNullNumberAsZero": field.blank_as_zero,
    }


def _byte_length(field: Field) -> int:
    """Text takes three bytes a character; ids and a few codes take one."""
    narrow = field.type in {"id", "reference"} or "B" in field.flags
    return field.length if narrow else field.length * 3


def _compound(found: SObject, field: Field) -> str | None:
    if (found.name in _PEOPLE and field.name in NAME_PARTS) or (found.name, field.name) == ("Account", "Name"):
        return "Name"
    if field.name in {"FiscalYear", "FiscalQuarter"}:
        return "Fiscal"
    if field.name.endswith("__s"):
        return f"{field.name[:-3].rpartition('__')[0]}__c"
    match = _ADDRESS_PART.match(field.name)
    return f"{match[1]}Address" if match and found.find(f"{match[1]}Address") else None


def _extra(found: SObject, field: Field) -> str | None:
    if field.type == "textarea":
        return "richtextarea" if field.rich_text else "plaintextarea"
    if (found.name, field.name) == ("Account", "Name"):
        return "switchablepersonname"
    if found.name in _PEOPLE and field.name in {*NAME_PARTS, "Name"}:
        return "personname"
    return "imageurl" if field.type == "url" and _PICTURES.match(field.name) else None
