"""Field history: what Salesforce kept of changes, as changes of our fields.

"Each row holds the old and the new value; a lookup gets one row of names and one of ids" (Field History Tracking,
Salesforce Help). A lookup is named without its "Id" ("Owner"), any other field as the API names it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from config.model import OBJECTS, FieldType
from connectors.salesforce.objects import SHARES, Column
from connectors.salesforce.values import convert, custom_text, plain_text, share_text

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from config.model import Scalar
    from connectors.salesforce.activities import Compute

_NOT_NAMES = "DataType != 'Text' OR DataType = null"
_ID = re.compile(r"[a-zA-Z0-9]{15}(?:[a-zA-Z0-9]{3})?")


def kept_fields(name: str, columns: Mapping[str, Column], custom: Sequence[str]) -> dict[str, str]:
    """Our field by the name that the history knows its CRM field by, for one of our objects.

    >>> kept_fields("account", {"owner_id": Column(("OwnerId",)), "region": Column(("Region__c",))}, ("Tier__c",))
    {'Owner': 'owner_id', 'Region__c': 'region', 'Tier__c': 'custom.Tier__c'}
    """
    found = {_name(path): f"custom.{path}" for path in custom}
    single = ((our, column.paths[0]) for our, column in columns.items() if len(column.paths) == 1)
    found = {**{_name(path): our for our, path in single if our in OBJECTS[name].fields and our != "id"}, **found}
    return {path: our for path, our in found.items() if "." not in path}


def kept_types(types: Mapping[str, str]) -> dict[str, str]:
    """The CRM's type of each field, by the name that the history knows the field by."""
    return {_name(path): kind for path, kind in types.items()}


def find_lookups(name: str, kept: Mapping[str, str], types: Mapping[str, str]) -> frozenset[str]:
    """Those of the kept fields that lead to another record, and so have two rows for each change."""
    fields = OBJECTS[name].fields
    return frozenset(
        path for path, our in kept.items() if fields.get(our) is FieldType.ID or types.get(path) == "reference"
    )


def condition(kept: Mapping[str, str], lookups: Collection[str] = ()) -> str:
    """The SOQL condition on the changes of these fields; of lookups only the rows that are not known to be of names.

    Rows that are asked for and then left out would make the CRM's count differ from ours each time. `DataType` can be
    filtered by, and may be empty (Object Reference, OpportunityFieldHistory).
    """
    fields = f"Field IN ({_listed(kept)})"
    return f"{fields} AND ({_NOT_NAMES} OR Field NOT IN ({_listed(lookups)}))" if lookups else fields


def columns(name: str, kept: Mapping[str, str], types: Mapping[str, str]) -> dict[str, Column]:
    """Our `field`, `before` and `after` of a change; `types` are the CRM's types of the fields that are kept."""
    lookups = find_lookups(name, kept, types)

    def field(raw: tuple[Any, ...], _values: Mapping[str, Scalar], _zone: ZoneInfo) -> Scalar:
        return None if raw[0] in lookups and _is_of_names(raw) else kept.get(raw[0])

    def value(index: int) -> Compute:
        def read(raw: tuple[Any, ...], values: Mapping[str, Scalar], zone: ZoneInfo) -> Scalar:
            our, given = values["field"], raw[index]
            return None if our is None or given is None else _text(name, str(our), types.get(raw[0], ""), given, zone)

        return read

    paths = ("Field", "OldValue", "NewValue", "DataType")
    return {
        "field": Column(paths, compute=field),
        "before": Column(paths[:3], compute=value(1)),
        "after": Column(paths[:3], compute=value(2)),
    }


def _is_of_names(raw: tuple[Any, ...]) -> bool:
    """Whether a lookup's row tells names: beside it there is one of ids. A `DataType` that is neither is no proof."""
    if raw[3] in {"Text", "EntityId"}:
        return bool(raw[3] == "Text")
    return not all(_ID.fullmatch(str(each)) for each in raw[1:3] if each is not None)


def _text(name: str, our: str, crm_type: str, value: Any, zone: ZoneInfo) -> str | None:
    """A value as our field would hold it, as text; what does not fit is told as it came."""
    kind = OBJECTS[name].fields.get(our)
    if kind is None:
        return custom_text(value, crm_type)
    try:
        share = crm_type == "percent" and our in SHARES.get(name, ())
        text = share_text(value) if share else convert(value, kind, zone)
    except ValueError:
        return plain_text(value)
    return None if text is None else str(text)


def _listed(paths: Collection[str]) -> str:
    return ", ".join(repr(path) for path in sorted(paths))


def _name(path: str) -> str:
    return path.removesuffix("Id") if len(path) > len("Id") else path
