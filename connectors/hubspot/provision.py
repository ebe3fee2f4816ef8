"""Creating the properties that results are written to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from connectors.base import FieldKind, NewField, Outcome, Status
from connectors.errors import Rejected

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from connectors.hubspot.account import Account, Property
    from connectors.hubspot.auth import Json

GROUP = "salesops"
GROUP_LABEL = "Sales operations"

# How HubSpot types and shows each kind. A percentage is kept as a fraction of 1 and shown times a hundred, as its own
# deal probability is (hs_deal_stage_probability).
_SHAPES: Mapping[FieldKind, Json] = {
    FieldKind.MONEY: {
        "type": "number",
        "fieldType": "number",
        "numberDisplayHint": "currency",
        "showCurrencySymbol": True,
    },
    FieldKind.NUMBER: {"type": "number", "fieldType": "number", "numberDisplayHint": "formatted"},
    FieldKind.COUNT: {"type": "number", "fieldType": "number", "numberDisplayHint": "formatted"},
    FieldKind.PERCENT: {"type": "number", "fieldType": "number", "numberDisplayHint": "percentage"},
    FieldKind.TEXT: {"type": "string", "fieldType": "text"},
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
            account.transport.post(account.paths.properties(crm_type), _definition(field))
        except Rejected as refusal:
            yield _failed(field, refusal.code, str(refusal))
            continue
        account.forget(crm_type)
        yield Outcome(_name(field), Status.WRITTEN)


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
    groups = account.transport.get(path).get("results") or ()
    if not any(group.get("name") == GROUP for group in groups):
        account.transport.post(path, {"name": GROUP, "label": GROUP_LABEL, "displayOrder": -1})


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
