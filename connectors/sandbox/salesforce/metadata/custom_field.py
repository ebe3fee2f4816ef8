"""What a custom field's definition says: the field that it describes, and what Salesforce refuses in it.

The rules are those of the Metadata API Developer Guide (CustomField, Metadata Field Types) and of Salesforce Help
("Custom Field Attributes", "Roll-Up Summary Field"); the messages are those that orgs answer with.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.errors import RecordError
from connectors.sandbox.salesforce.schema.spec import DECIMALS, Field

if TYPE_CHECKING:
    from collections.abc import Mapping

    Definition = Mapping[str, Any]

NAME_LENGTH = 40
_NAME = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*\Z")
_NAME_RULE = (
    "The {0} field can only contain underscores and alphanumeric characters. It must be unique, begin with a letter,"
    " not include spaces, not end with an underscore, and not contain two consecutive underscores."
)
_SEQUENCE = re.compile(r"\{(0+)\}")
_FORMAT = re.compile(r"\{(?:0+|YYYY|YY|MM|DD)\}")
_FORMULA_TEXT = 1300
_PICKLIST_LENGTHS = {"Picklist": 255, "MultiselectPicklist": 4099}
_MOST_VALUES = 1000
_EVERY = frozenset({
    "fullName", "type", "label", "description", "inlineHelpText", "trackHistory", "trackFeedHistory", "trackTrending",
    "businessStatus", "securityClassification",
})  # fmt: skip
_FLAGS = ("required", "unique", "externalId", "caseSensitive")  # false says nothing, whatever the type


@dataclass(frozen=True, slots=True)
class Kind:
    """A field type: its type in a describe, the elements that it must have, and those that it may have."""

    type: str
    needs: tuple[str, ...] = ()
    takes: frozenset[str] = frozenset()


def _kind(kind: str, needs: str = "", takes: str = "") -> Kind:
    return Kind(kind, tuple(needs.split()), frozenset(takes.split()))


KINDS = {
    "Text": _kind("string", "length", "required unique caseSensitive externalId defaultValue"),
    "TextArea": _kind("textarea", takes="required defaultValue"),
    "LongTextArea": _kind("textarea", "length visibleLines", "defaultValue"),
    "Html": _kind("textarea", "length visibleLines"),
    "Number": _kind("double", "precision scale", "required unique externalId defaultValue"),
    "Currency": _kind("currency", "precision scale", "required defaultValue"),
    "Percent": _kind("percent", "precision scale", "required defaultValue"),
    "Date": _kind("date", takes="required"),
    "DateTime": _kind("datetime", takes="required"),
    "Time": _kind("time", takes="required"),
    "Checkbox": _kind("boolean", "defaultValue"),
    "Email": _kind("email", takes="required unique caseSensitive externalId defaultValue"),
    "Phone": _kind("phone", takes="required defaultValue"),
    "Url": _kind("url", takes="required defaultValue"),
    "Picklist": _kind("picklist", "valueSet", "required"),
    "MultiselectPicklist": _kind("multipicklist", "valueSet visibleLines", "required"),
    "Lookup": _kind("reference", "referenceTo", "required relationshipName relationshipLabel deleteConstraint"),
    "MasterDetail": _kind(
        "reference",
        "referenceTo relationshipName",
        "relationshipLabel relationshipOrder reparentableMasterDetail writeRequiresMasterRead required",
    ),
    "AutoNumber": _kind("string", "displayFormat", "startingNumber externalId populateExistingRows"),
    "Summary": _kind("double", "summaryForeignKey summaryOperation", "summarizedField summaryFilterItems"),
}
_FORMULA_KINDS = {
    "Text": _kind("string", "formula", "formulaTreatBlanksAs escapeMarkup"),
    "Number": _kind("double", "formula precision scale", "formulaTreatBlanksAs"),
    "Currency": _kind("currency", "formula precision scale", "formulaTreatBlanksAs"),
    "Percent": _kind("percent", "formula precision scale", "formulaTreatBlanksAs"),
    "Date": _kind("date", "formula", "formulaTreatBlanksAs"),
    "DateTime": _kind("datetime", "formula", "formulaTreatBlanksAs"),
    "Time": _kind("time", "formula", "formulaTreatBlanksAs"),
    "Checkbox": _kind("boolean", "formula", "formulaTreatBlanksAs"),
}
_LENGTHS = {"Text": (1, 255), "LongTextArea": (256, 131_072), "Html": (256, 131_072)}
_FIXED = {"TextArea": 255, "Email": 80, "Phone": 40, "Url": 255, "AutoNumber": 30, "Lookup": 18, "MasterDetail": 18}
_CONSTRAINTS = ("SetNull", "Restrict", "Cascade")


def refused(message: str, field: str = "Metadata") -> RecordError:
    return RecordError("FIELD_INTEGRITY_EXCEPTION", message, [field])


def check_name(name: str, what: str) -> str:
    """The developer name of a custom API name; RecordError where it breaks the rules of names."""
    developer_name = name.removesuffix("__c")
    if not name.endswith("__c"):
        raise refused("fullName must end with: __c", "FullName")
    if not _NAME.match(developer_name):
        raise refused(_NAME_RULE.format(what), "DeveloperName")
    if len(developer_name) > NAME_LENGTH:
        message = f"{what}: data value too large: {developer_name} (max length={NAME_LENGTH})"
        raise RecordError("STRING_TOO_LONG", message, ["DeveloperName"])
    return developer_name


def check_definition(definition: Definition) -> None:
    """RecordError where the definition is none of its type, whatever the object."""
    name = definition.get("type")
    known = _FORMULA_KINDS if definition.get("formula") is not None else KINDS
    if not name:
        raise refused("Must specify a non-empty type for the CustomField")
    kind = known.get(str(name))
    if kind is None:
        made = "Formula" if known is _FORMULA_KINDS else "CustomField"
        raise refused(f"'{name}' is not a valid value for the enum 'FieldType' of a {made}")
    _check_label(definition)
    _check_elements(str(name), kind, definition)
    _check_sizes(str(name), definition)
    if known is KINDS:
        _check_parts(str(name), definition)
    if definition.get("formulaTreatBlanksAs") not in {None, "BlankAsBlank", "BlankAsZero"}:
        raise refused(f"'{definition['formulaTreatBlanksAs']}' is not a valid value for the enum 'TreatBlanksAs'")


def _check_label(definition: Definition) -> None:
    label = str(definition.get("label") or "").strip()
    if not label:
        raise refused("Must specify a non-empty label for the CustomField")
    if len(label) > NAME_LENGTH:
        raise RecordError("STRING_TOO_LONG", f"Field Label: data value too large: {label} (max length=40)", ["Label"])
    for name, most in (("inlineHelpText", 510), ("description", 1000)):
        if len(str(definition.get(name) or "")) > most:
            raise RecordError("STRING_TOO_LONG", f"{name}: data value too large (max length={most})", [name])


def _check_elements(name: str, kind: Kind, definition: Definition) -> None:
    for needed in kind.needs:
        if definition.get(needed) is None:
            raise refused(f"Must specify '{needed}' for a CustomField of type {name}")
    allowed = _EVERY | kind.takes | set(kind.needs)
    if not definition.get("unique"):
        allowed -= {"caseSensitive"}
    for given, value in definition.items():
        if given not in allowed and not (given in _FLAGS and value is False):
            raise refused(f"Can not specify '{given}' for a CustomField of type {name}")


def _check_sizes(name: str, definition: Definition) -> None:
    if name in _LENGTHS and "formula" not in definition:
        least, most = _LENGTHS[name]
        if not least <= definition["length"] <= most:
            raise refused(f"The length for the {name} field is wrong: it must be between {least} and {most}", "Length")
    if "precision" in definition:
        precision, scale = definition["precision"], definition["scale"]
        if not 1 <= precision <= 18 or not 0 <= scale <= 17 or scale > precision:
            message = "The sum of the Length and Decimal Places must be an integer less than or equal to 18."
            raise refused(message, "Precision")
    lines = definition.get("visibleLines")
    if lines is not None and not 2 <= lines <= 50:
        raise refused("The number of visible lines must be between 2 and 50", "VisibleLines")


def _check_parts(name: str, definition: Definition) -> None:
    if name in _PICKLIST_LENGTHS:
        _check_values(definition["valueSet"])
    elif name == "Lookup":
        _check_lookup(definition)
    elif name == "AutoNumber":
        check_display_format(str(definition["displayFormat"]))
    elif name == "Checkbox" and str(definition["defaultValue"]).lower() not in {"true", "false"}:
        raise refused("The default value of a Checkbox must be true or false", "DefaultValue")
    elif definition.get("defaultValue") is not None and name != "Checkbox":
        _default(name, str(definition["defaultValue"]), definition)
    if name == "Summary":
        _check_summary(definition)


def _check_values(value_set: Definition) -> None:
    if value_set.get("valueSetName"):
        name = value_set["valueSetName"]
        raise RecordError(
            "INVALID_CROSS_REFERENCE_KEY", f"In field: valueSetName - no GlobalValueSet named {name} found", []
        )
    if value_set.get("controllingField") or value_set.get("valueSettings"):
        raise refused("Dependent picklists are not enabled for this organization", "ValueSet")
    values = (value_set.get("valueSetDefinition") or {}).get("value") or []
    if not values:
        raise refused("Picklist values are required: valueSetDefinition must have at least one value", "ValueSet")
    if len(values) > _MOST_VALUES:
        raise refused(f"A picklist holds at most {_MOST_VALUES} values", "ValueSet")
    seen: set[str] = set()
    for value in values:
        name = str(value.get("fullName") or "").strip()
        if not name or len(name) > 255:
            raise refused("Picklist value: fullName must have 1 to 255 characters", "ValueSet")
        if name.lower() in seen:
            raise RecordError("DUPLICATE_VALUE", f"Duplicate custom picklist value: {name}", ["ValueSet"])
        seen.add(name.lower())
    if sum(bool(value.get("default")) for value in values) > 1:
        raise refused("Only one picklist value can be the default", "ValueSet")


def _check_lookup(definition: Definition) -> None:
    constraint = definition.get("deleteConstraint")
    if constraint is not None and constraint not in _CONSTRAINTS:
        raise refused(f"'{constraint}' is not a valid value for the enum 'DeleteConstraint'", "DeleteConstraint")
    if definition.get("required") and constraint not in {"Restrict", "Cascade"}:
        message = "Must specify either cascade delete or restrict delete for required lookup foreign key."
        raise refused(message, "DeleteConstraint")


def check_display_format(text: str) -> None:
    """RecordError where a text is no display format of an auto number: `INV-{YYYY}-{00000}`."""
    rest = _FORMAT.sub("", text)
    if len(_SEQUENCE.findall(text)) != 1 or "{" in rest or "}" in rest or len(text) > 30:
        raise refused(f"Display Format: {text} is not valid: it needs one sequence such as {{0000}}", "DisplayFormat")


def _check_summary(definition: Definition) -> None:
    operation = definition["summaryOperation"]
    if operation not in {"count", "sum", "min", "max"}:
        raise refused(f"'{operation}' is not a valid value for the enum 'SummaryOperations'", "SummaryOperation")
    if (operation == "count") == bool(definition.get("summarizedField")):
        verb = "Can not specify" if operation == "count" else "Must specify"
        raise refused(f"{verb} 'summarizedField' for a CustomField of type Summary", "SummarizedField")


# The field that it makes


def build_field(name: str, definition: Definition, summarized: Field | None = None) -> Field:
    """The field of a checked definition. `summarized` is what a roll-up sums up."""
    kind = str(definition["type"])
    label = str(definition["label"]).strip()
    help_text = str(definition.get("inlineHelpText") or "")
    if definition.get("formula") is not None:
        return _formula(name, kind, label, help_text, definition)
    if kind == "Summary":
        return _summary(name, label, help_text, summarized)
    values = _values(definition) if kind in _PICKLIST_LENGTHS else []
    described = KINDS[kind].type
    sized = described in DECIMALS
    reference = described == "reference"
    default, default_formula = _defaults(kind, definition)
    chosen = next((str(value["fullName"]) for value in values if value.get("default")), None)
    return Field(
        name,
        described,
        label,
        length=_PICKLIST_LENGTHS.get(kind, definition.get("length") or _FIXED.get(kind, 0)),
        precision=definition["precision"] if sized else 0,
        scale=definition["scale"] if sized else 0,
        flags=_flags(kind, definition),
        refs=(str(definition["referenceTo"]),) if reference else (),
        relationship=f"{name.removesuffix('__c')}__r" if reference else "",
        children=f"{definition['relationshipName']}__r" if reference and definition.get("relationshipName") else "",
        picklist=tuple(str(value["fullName"]) for value in values),
        labels=tuple(str(value.get("label") or value["fullName"]) for value in values),
        default=chosen if values else default,
        default_formula=default_formula,
        custom=True,
        auto_number=str(definition.get("displayFormat") or ""),
        help=help_text,
        case_sensitive=bool(definition.get("unique") and definition.get("caseSensitive")),
        delete_constraint=str(definition.get("deleteConstraint") or "SetNull") if kind == "Lookup" else "",
        master_order=definition.get("relationshipOrder", 0) if kind == "MasterDetail" else None,
        rich_text=kind == "Html",
    )


def _formula(name: str, kind: str, label: str, help_text: str, definition: Definition) -> Field:
    described = _FORMULA_KINDS[kind].type
    return Field(
        name,
        described,
        label,
        length=_FORMULA_TEXT if described == "string" else 0,
        precision=definition.get("precision", 0),
        scale=definition.get("scale", 0),
        flags="" if described == "boolean" else "n",
        custom=True,
        formula=str(definition["formula"]),
        blank_as_zero=definition.get("formulaTreatBlanksAs", "BlankAsZero") == "BlankAsZero",
        help=help_text,
    )


def _summary(name: str, label: str, help_text: str, summarized: Field | None) -> Field:
    """A roll-up is of the type of what it sums up; a count is a whole number."""
    kind = summarized.type if summarized else "double"
    precision, scale = (18, summarized.scale if summarized else 0) if kind in DECIMALS else (0, 0)
    return Field(
        name, kind, label, precision=precision, scale=scale, flags="n", custom=True, summary=True, help=help_text
    )


def _flags(kind: str, definition: Definition) -> str:
    if kind == "AutoNumber":
        return "d" + ("E" if definition.get("externalId") else "")
    flags = "cu"
    if kind == "MasterDetail":
        return ("cu" if definition.get("reparentableMasterDetail") else "c") + "x-"
    if kind == "Checkbox":
        return "cud"
    flags += "-" if definition.get("required") else "n"
    flags += "E" if definition.get("externalId") else ""
    flags += "q" if definition.get("unique") else ""
    flags += "x" if definition.get("deleteConstraint") == "Cascade" else ""
    flags += "r" if (definition.get("valueSet") or {}).get("restricted") else ""
    return flags


def _values(definition: Definition) -> list[Definition]:
    """The active values, in the order that the field shows them."""
    found = (definition["valueSet"].get("valueSetDefinition") or {}).get("value") or []
    active = [value for value in found if value.get("isActive", True)]
    if definition["valueSet"]["valueSetDefinition"].get("sorted"):
        active.sort(key=lambda value: str(value.get("label") or value["fullName"]).lower())
    return active


def _defaults(kind: str, definition: Definition) -> tuple[str | None, str]:
    """(the stored default, the formula that describes it)."""
    given = definition.get("defaultValue")
    if given is None:
        return None, ""
    if kind == "Checkbox":
        return str(given).lower(), ""
    return _default(kind, str(given), definition), str(given)


def _default(kind: str, text: str, definition: Definition) -> str:
    """The stored form of a default: a formula that is a number or a quoted text."""
    if KINDS[kind].type in DECIMALS:
        if not re.fullmatch(r"-?\d+(?:\.\d+)?", text.strip(), re.ASCII):
            raise refused("Only a literal number can be the default value of this field here", "DefaultValue")
        value = Decimal(text.strip())
        if value.adjusted() >= definition["precision"] - definition["scale"]:
            raise refused("The default value is larger than the field can hold", "DefaultValue")
        return str(int(value.scaleb(definition["scale"]).to_integral_value()))
    if not re.fullmatch(r'"[^"]*"', text.strip()):
        raise refused("Only a quoted text can be the default value of this field here", "DefaultValue")
    return text.strip()[1:-1]


def definition_of(field: Field) -> dict[str, Any]:
    """The definition of a field that data brought along: a number, or a text long enough."""
    definition: dict[str, Any] = {"label": field.label}
    if field.type in DECIMALS:
        kind = {"double": "Number", "currency": "Currency", "percent": "Percent"}[field.type]
        return definition | {"type": kind, "precision": field.precision, "scale": field.scale}
    if field.type == "string":
        return definition | {"type": "Text", "length": field.length}
    return definition | {"type": "LongTextArea", "length": field.length, "visibleLines": 3}
