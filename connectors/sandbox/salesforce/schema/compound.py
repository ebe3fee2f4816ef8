"""Compound fields as SQL: an address is one JSON object of its parts, worked out on every read.

Addresses are read only and answer null while every part is empty (Object Reference, Compound Fields).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.sandbox.salesforce.schema.spec import DECIMALS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from connectors.sandbox.salesforce.schema.spec import Field

# In the order in which Salesforce answers them.
_ADDRESS = ("City", "Country", "GeocodeAccuracy", "Latitude", "Longitude", "PostalCode", "State", "Street")


def compound_sql(field: Field, fields: Iterable[Field]) -> str:
    """The expression that makes an address, or a geolocation, of the columns of its parts."""
    known = {other.name: other for other in fields}
    if field.type == "location":
        stem = field.name.removesuffix("__c")
        names = {part.lower(): f"{stem}__{part}__s" for part in ("Latitude", "Longitude")}
    else:
        stem = field.name.removesuffix("Address")
        names = {part[0].lower() + part[1:]: stem + part for part in _ADDRESS}
    parts = {key: known[name] for key, name in names.items() if name in known}
    pairs = ", ".join(f"'{key}', {_value(part)}" for key, part in parts.items())
    some = ", ".join(f'"{part.name}"' for part in parts.values())
    return f"CASE WHEN COALESCE({some}) IS NOT NULL THEN json_object({pairs}) END"


def _value(part: Field) -> str:
    """A part as JSON writes it; decimals are stored in units of their scale."""
    return f'"{part.name}" / 1e{part.scale}' if part.type in DECIMALS else f'"{part.name}"'
