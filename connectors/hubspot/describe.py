"""What the account shows our login, against what the project needs of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.base import CrmField, Description, MissingField

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from connectors.hubspot.account import Account, Property
    from connectors.hubspot.objects import CrmType, ObjectSpec

# HubSpot states no scale and keeps a number as it was sent; six places are what our facts hold.
NUMBER_DECIMALS = 6
LONGEST_TEXT = 65_536  # properties API guide


def describe(account: Account, specs: Mapping[str, ObjectSpec]) -> Description:
    """Fields by our object, and what the mapping or the writeback names that is not there.

    An object that the account lacks altogether is left out; what the project asks of it is missing.
    """
    shown: dict[str, Mapping[str, Property]] = {}
    fields: dict[str, dict[str, CrmField]] = {}
    missing: list[MissingField] = []
    for name, spec in specs.items():
        for crm_type in spec.types:
            if crm_type.name not in shown:
                shown[crm_type.name] = _fresh(account, spec, crm_type)
        types = [(crm_type, shown[crm_type.name]) for crm_type in spec.types]
        if any(properties for _, properties in types):
            fields[name] = {prop.name: _field(prop) for _, properties in types for prop in properties.values()}
        missing.extend(_missing(spec, types))
    return Description(fields, tuple(dict.fromkeys(missing)))


def _fresh(account: Account, spec: ObjectSpec, crm_type: CrmType) -> Mapping[str, Property]:
    if not account.has(spec):
        return {}
    return account.properties(crm_type.name, fresh=True)


def _field(prop: Property) -> CrmField:
    return CrmField(
        name=prop.name,
        label=prop.label,
        type=prop.type,
        updateable=not prop.read_only,
        decimals=NUMBER_DECIMALS if prop.type == "number" else None,
        length=LONGEST_TEXT if prop.type == "string" else None,
    )


def _missing(spec: ObjectSpec, types: list[tuple[CrmType, Mapping[str, Property]]]) -> Iterator[MissingField]:
    """Of several types, a custom property need be in one only, and so may one that is mapped."""
    everywhere = {name for _, properties in types for name in properties}
    for crm_type, properties in types:
        for source in crm_type.fields.values():
            found = everywhere if source.mapped else properties
            wanted = source.mapped or (bool(properties) and not source.optional)
            for name in source.properties[:1]:
                if wanted and name not in found:
                    yield MissingField(spec.name, crm_type.name, name, "mapping")
    names = "/".join(crm_type.name for crm_type, _ in types)
    for purpose, asked in (("custom", spec.custom), ("writeback", spec.written)):
        for name in asked:
            if name not in everywhere:
                yield MissingField(spec.name, names, name, purpose)
