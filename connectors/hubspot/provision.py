"""Creating the properties that results are written to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from connectors.base import FieldKind, NewField, Outcome, Status
from connectors.errors import Rejected
from connectors.hubspot.listing import results_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from connectors.hubspot.account import Account, Property
    from connectors.hubspot.transport import Json

GROUP = "salesops"
GROUP_LABEL = "Sales operations"

# How HubSpot types and shows each kind. A percentage is kept as a fraction of 1 and shown times a hundred, as its own
# deal probability is (hs_deal_stage_probability).
_NUMBER: Json = {"type": "number", "fieldType": "number"}
_SHAPES: Mapping[FieldKind, Json] = {
    FieldKind.MONEY: _NUMBER,
    FieldKind.NUMBER: _NUMBER,
    FieldKind.COUNT: _NUMBER,
    FieldKind.PERCENT: _NUMBER,
    FieldKind.TEXT: {"type": "string", "fieldType": "text"},
}
# Only changing a property is documented to take these, and in the dated versions only (2026-03, "Update a property").
_HINTS: Mapping[FieldKind, Json] = {
    FieldKind.MONEY: {"numberDisplayHint": "currency", "showCurrencySymbol": True},
    FieldKind.NUMBER: {"numberDisplayHint": "formatted"},
    FieldKind.COUNT: {"numberDisplayHint": "formatted"},
    FieldKind.PERCENT: {"numberDisplayHint": "percentage"},
    FieldKind.TEXT: {},
}


def provision(account: Account, crm_types: Mapping[str, str], fields: Sequence[NewField]) -> Iterator[Outcome]:
    """One outcome for each field; `crm_types` are HubSpot's types by our object names."""
    grouped: set[str] = set()
    for field in fields:
        crm_type = crm_types.get(field.object)
        problem = _problem(field, crm_type)
        if crm_type is None or problem:
            yield _failed(field, "INVALID", problem)
            continue
        existing = account.properties(crm_type).get(field.name)
        if existing:
            yield _fits(field, crm_type, existing)
            continue
        try:
            if crm_type not in grouped:
                _ensure_group(account, crm_type)
                grouped.add(crm_type)
            created = account.session.post(account.paths.properties(crm_type), _definition(field))
        except Rejected as refusal:
            yield _failed(field, refusal.code, str(refusal))
            continue
        account.forget()
        yield Outcome(_name(field), Status.WRITTEN, message=_show(account, crm_type, field, created))


def _problem(field: NewField, crm_type: str | None) -> str:
    if crm_type is None:
        return f"HubSpot has no {field.object} whose records could carry fields."
    if not re.fullmatch(r"[a-z][a-z0-9_]*", field.name):
        return (
            f"HubSpot names properties with lower-case letters, digits and underscores; {field.name} cannot be "
            f"created. Write {field.name.lower()} in writeback.yaml."
        )
    return ""


def _fits(field: NewField, crm_type: str, existing: Property) -> Outcome:
    wanted = str(_SHAPES[field.kind]["type"])
    if existing.type != wanted:
        return _failed(
            field,
            "WRONG_TYPE",
            f"{crm_type} has a property {field.name} of type {existing.type}, and {field.kind} needs {wanted}. "
            "Choose another name in writeback.yaml, or archive the property in HubSpot.",
        )
    if existing.read_only:
        return _failed(
            field,
            "READ_ONLY",
            f"{crm_type} has a property {field.name} that HubSpot computes itself. Choose another name.",
        )
    return Outcome(_name(field), Status.WRITTEN)


def _ensure_group(account: Account, crm_type: str) -> None:
    path = account.paths.property_groups(crm_type)
    groups = account.checked(lambda: results_of(account.session.get(path), f"the property groups of {crm_type}"))
    if not any(group.get("name") == GROUP for group in groups):
        account.session.post(path, {"name": GROUP, "label": GROUP_LABEL, "displayOrder": -1})


def _show(account: Account, crm_type: str, field: NewField, created: Json) -> str:
    """Have a new property shown as its kind should be; a message where HubSpot does not take that, else nothing.

    A property that is only shown plainly is no failure: it holds its values all the same.
    """
    hints = _HINTS[field.kind]
    if _has(created, hints):
        return ""
    try:
        # Both types are required in a change too (properties API guide).
        changed = account.session.patch(
            account.paths.property_named(crm_type, field.name), {**_SHAPES[field.kind], **hints}
        )
    except Rejected as refusal:
        why = str(refusal)
    else:
        if _has(changed, hints):
            return ""
        why = "HubSpot's answer does not have it."
    return (
        f"{field.name} was created, but HubSpot did not take how to show it "
        f"({', '.join(f'{name} {value}' for name, value in hints.items())}): {why} Set its number format in HubSpot's "
        "property settings."
    )


def _has(definition: Json, hints: Json) -> bool:
    return all(definition.get(name) == value for name, value in hints.items())


def _definition(field: NewField) -> Json:
    return {
        "name": field.name,
        "label": field.label,
        "description": field.description,
        "groupName": GROUP,
        "formField": False,
        **_SHAPES[field.kind],
    }


def _failed(field: NewField, code: str, message: str) -> Outcome:
    return Outcome(_name(field), Status.FAILED, code, message)


def _name(field: NewField) -> str:
    return f"{field.object}.{field.name}"
