"""Property definitions read out of a JSON body, refused where HubSpot would not take them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from connectors.sandbox.hubspot.call import object_list, required, scalar
from connectors.sandbox.hubspot.definitions.bodies import flag, text, whole
from connectors.sandbox.hubspot.definitions.formula import RESULT_TYPES, FormulaError, parse_formula
from connectors.sandbox.hubspot.definitions.schema import (
    FIELD_TYPES,
    NAME,
    NUMBER_HINTS,
    SENSITIVITIES,
    Option,
    Property,
)
from connectors.sandbox.hubspot.errors import ApiError, validation

if TYPE_CHECKING:
    from collections.abc import Mapping

CALCULATED = "calculation_equation"
MAX_UNIQUE = 10  # unique-value properties of an object (properties guide)
MAX_OPTIONS = 5000


def read_new(
    body: Mapping[str, Any], known: Mapping[str, Property], groups: frozenset[str], *, dated: bool
) -> Property:
    """A new definition; `known` are the object's, and `dated` tells the paths whose body says how a number is shown."""
    required(body, "name", "label", "type", "fieldType", "groupName")
    name = _new_name(body, known)
    _check_type(body["type"], body["fieldType"])
    _check_group(text(body, "groupName"), groups)
    options = _options(body)
    chosen = body["type"] == "enumeration" and body["fieldType"] not in {"booleancheckbox", CALCULATED}
    if chosen and not options and not flag(body, "externalOptions"):
        raise validation(f"Enumeration property '{name}' must have at least one option.")
    made = Property(
        name=name,
        label=text(body, "label"),
        type=body["type"],
        field_type=body["fieldType"],
        group=text(body, "groupName"),
        description=scalar(body.get("description") or "", "description"),
        options=options or _yes_no(body),
        order=whole(body, "displayOrder", -1),
        unique=_unique(body, known),
        hidden=flag(body, "hidden"),
        form_field=flag(body, "formField"),
        sensitivity=_sensitivity(body),
        **_reference(body),
        **(_shown(body) if dated else {}),
    )
    return _with_formula(made, body, known)


def read_changed(
    current: Property, body: Mapping[str, Any], known: Mapping[str, Property], groups: frozenset[str]
) -> Property:
    """A definition with what the body changes of it; what is left out stays."""
    fixed = current.hubspot_defined and not current.open_definition
    if fixed and not (set(body) <= {"options"} and current.extensible):
        raise validation(f"The definition of property '{current.name}' is read-only.")
    _check_type(body.get("type", current.type), body.get("fieldType", current.field_type))
    if body.get("type", current.type) != current.type:
        raise validation(f"The type of property '{current.name}' cannot be changed.")
    changed = replace(
        current,
        label=text(body, "label", current.label),
        group=text(body, "groupName", current.group),
        description=text(body, "description", current.description),
        field_type=body.get("fieldType", current.field_type),
        hidden=flag(body, "hidden", default=current.hidden),
        form_field=flag(body, "formField", default=current.form_field),
        order=whole(body, "displayOrder", current.order),
        options=_options(body) if "options" in body else current.options,
        **_shown(body),
    )
    if changed.group != current.group:
        _check_group(changed.group, groups)
    return _with_formula(changed, body, known)


def _new_name(body: Mapping[str, Any], known: Mapping[str, Property]) -> str:
    name = text(body, "name")
    if not NAME.fullmatch(name):
        raise validation(
            f"Property name '{name}' is invalid: it must start with a letter, be in lower case, and hold only letters, "
            "digits and underscores, at most 100."
        )
    if name in known:
        raise ApiError(
            409,
            f"A property named '{name}' already exists.",
            "OBJECT_ALREADY_EXISTS",
            subCategory="PropertiesError.PROPERTY_EXISTS",
            context={"propertyName": [name]},
        )
    if name.startswith("hs_"):
        raise validation(f"Property name '{name}' is invalid: names that start with hs_ are reserved for HubSpot.")
    return name


def _check_type(kind: Any, field_type: Any) -> None:
    if not isinstance(kind, str) or kind not in FIELD_TYPES:
        raise validation(f"Invalid property type '{kind}': use one of {', '.join(FIELD_TYPES)}.")
    if field_type not in FIELD_TYPES[kind]:
        allowed = ", ".join(FIELD_TYPES[kind])
        raise validation(f"Invalid fieldType '{field_type}' for a property of type {kind}: use one of {allowed}.")


def _check_group(group: str, groups: frozenset[str]) -> None:
    if group not in groups:
        raise validation(f"Property group '{group}' does not exist for this object.")


def _unique(body: Mapping[str, Any], known: Mapping[str, Property]) -> bool:
    wanted = flag(body, "hasUniqueValue")
    if not wanted:
        return False
    if body["type"] not in {"string", "number"} or body["fieldType"] not in {"text", "number"}:
        raise validation("Only single-line text and number properties can have unique values.")
    if sum(1 for each in known.values() if each.unique and not each.hubspot_defined) >= MAX_UNIQUE:
        raise validation(f"An object can have at most {MAX_UNIQUE} properties with unique values.")
    return True


def _sensitivity(body: Mapping[str, Any]) -> str:
    value = text(body, "dataSensitivity", "non_sensitive")
    if value not in SENSITIVITIES:
        raise validation(f"Invalid dataSensitivity '{value}': use one of {', '.join(SENSITIVITIES)}.")
    return value


def _reference(body: Mapping[str, Any]) -> dict[str, Any]:
    """Options kept elsewhere: the account's owners, which a property of users points to (properties guide)."""
    external, refers_to = flag(body, "externalOptions"), body.get("referencedObjectType")
    if not external and refers_to is None:
        return {}
    if not external or refers_to != "OWNER" or body["type"] != "enumeration":
        raise validation("externalOptions need type enumeration and referencedObjectType OWNER.")
    return {"external": True, "refers_to": "OWNER"}


def _with_formula(made: Property, body: Mapping[str, Any], known: Mapping[str, Property]) -> Property:
    """The definition with its formula, read and checked against the object's properties."""
    given = body.get("calculationFormula")
    if made.field_type != CALCULATED:
        if given is not None:
            raise validation(f"calculationFormula needs fieldType {CALCULATED}.")
        return made
    formula = made.formula if given is None else text(body, "calculationFormula")
    if not formula:
        raise validation(f"Property '{made.name}' is calculated: calculationFormula is required.")
    if made.type not in RESULT_TYPES or made.unique:
        raise validation(f"A calculated property cannot be of type {made.type} or have unique values.")
    try:
        unknown = sorted(parse_formula(formula).names - set(known))
    except FormulaError as error:
        raise validation(f"Invalid calculationFormula: {error}") from None
    if unknown:
        raise validation(f"Invalid calculationFormula: property '{unknown[0]}' does not exist.")
    if any(known[name].formula for name in parse_formula(formula).names):
        raise validation("Invalid calculationFormula: it cannot use a property that has a formula of its own.")
    return replace(made, formula=formula, calculated=True, read_only=True)


def _shown(body: Mapping[str, Any]) -> dict[str, Any]:
    """What a body says about how a number is shown."""
    fields: dict[str, Any] = {}
    if "showCurrencySymbol" in body:
        fields["currency"] = flag(body, "showCurrencySymbol")
    if body.get("numberDisplayHint") is not None:
        hint = fields["number_hint"] = body["numberDisplayHint"]
        if hint not in NUMBER_HINTS:
            raise validation(f"Invalid numberDisplayHint '{hint}': use one of {', '.join(NUMBER_HINTS)}.")
    if body.get("currencyPropertyName") is not None:
        fields["currency_property"] = text(body, "currencyPropertyName")
    return fields


def _options(body: Mapping[str, Any]) -> tuple[Option, ...]:
    given = object_list(body, "options")
    if len(given) > MAX_OPTIONS:
        raise validation(f"A property can have at most {MAX_OPTIONS} options.")
    found: dict[str, Option] = {}
    labels: set[str] = set()
    for order, each in enumerate(given):
        required(each, "label", "value")
        value, label = text(each, "value"), text(each, "label")
        if value in found or label in labels:
            raise validation(f"Option '{label}' is there twice; the values and labels of options must be unique.")
        labels.add(label)
        description = None if each.get("description") is None else scalar(each["description"], "description")
        found[value] = Option(value, label, whole(each, "displayOrder", order), flag(each, "hidden"), description)
    return tuple(found.values())


def _yes_no(body: Mapping[str, Any]) -> tuple[Option, ...]:
    boolean = body["type"] == "bool" or body["fieldType"] == "booleancheckbox"
    return (Option("true", "Yes", 0), Option("false", "No", 1)) if boolean else ()
