"""Properties of HubSpot as they were described to us."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from connectors.sandbox.hubspot.definitions.schema import Option, Property
from connectors.sandbox.hubspot.definitions.standard import GROUPS, standard_properties

if TYPE_CHECKING:
    from connectors.base import CrmField

_FIELD_TYPES = {
    "string": "text", "number": "number", "date": "date", "datetime": "date", "enumeration": "select",
    "bool": "booleancheckbox", "phone_number": "phonenumber",
}  # fmt: skip
_YES_NO = (Option("true", "Yes", 0), Option("false", "No", 1))


@cache
def usual(kind: str) -> dict[str, Property]:
    """The properties that every account has, by name."""
    return {each.name: each for each in standard_properties(kind)}


def made_property(kind: str, name: str, known: CrmField | None, group: str = "") -> Property:
    """A property of the account's own, as it was described to us; a text where it never was.

    One that HubSpot calculates is a plain one with the values that it had; one that our login may not write is not to
    be written here either. Choices without a list are users.
    """
    value_type = known.type if known and known.type in _FIELD_TYPES else "string"
    label, listed = (known.label, known.options) if known else (name, None)
    group = group or GROUPS[kind][0][0]
    fixed = known is not None and not known.updateable and not known.automatic
    if value_type != "enumeration":
        options = _YES_NO if value_type == "bool" else ()
        return Property(name, label, value_type, _FIELD_TYPES[value_type], group, options=options, read_only=fixed)
    choices = tuple(Option(value, shown, place) for place, (value, shown) in enumerate((listed or {}).items()))
    users = listed is None
    refers_to = "OWNER" if users else None
    shape = Property(name, label, value_type, "select", group, options=choices, external=users, refers_to=refers_to)
    return replace(shape, read_only=fixed)
