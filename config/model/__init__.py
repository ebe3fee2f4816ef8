"""The normalized model: which objects and fields there are, whichever CRM they came from.

One owner for the words: the store makes its tables from it, the adapters fill it, metrics and rules in YAML may name
nothing else (besides custom fields, as `custom.NAME`).
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from config.model.fields import BOOLEAN, DATE, DECIMAL, ID, INSTANT, INTEGER, TEXT, FieldType, ModelObject, Scalar
from config.model.imported import FROM_FILES
from config.model.people import PEOPLE
from config.model.selling import SELLING
from config.model.surroundings import SURROUNDINGS

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "BOOLEAN",
    "DATE",
    "DECIMAL",
    "ID",
    "IMPORTED",
    "INSTANT",
    "INTEGER",
    "OBJECTS",
    "TEXT",
    "FieldType",
    "ModelObject",
    "Scalar",
    "references",
]

OBJECTS: Mapping[str, ModelObject] = MappingProxyType(
    {each.name: each for each in (*PEOPLE, *SELLING, *SURROUNDINGS, *FROM_FILES)}
)

IMPORTED = frozenset(each.name for each in FROM_FILES)
"""The objects that no CRM has: they come from files, and no adapter reads or maps them."""

_LEADS_TO: Mapping[str, str] = MappingProxyType(
    {
        "owner_id": "user",
        "manager_id": "user",
        "user_id": "user",
        "created_by_id": "user",
        "role_id": "role",
        "team_id": "team",
        "account_id": "account",
        "contact_id": "contact",
        "lead_id": "lead",
        "opportunity_id": "opportunity",
        "product_id": "product",
        "invoice_id": "invoice",
        "territory_id": "territory",
    }
)


def references(name: str) -> dict[str, str]:
    """The fields of an object that hold the id of another record, each with the object of that record.

    >>> references("account")
    {'owner_id': 'user', 'parent_id': 'account', 'created_by_id': 'user'}
    """
    targets = {**_LEADS_TO, "parent_id": name}
    return {field: targets[field] for field in OBJECTS[name].fields if field in targets}
