"""Records as rows of our model."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace
from typing import TYPE_CHECKING

from config.model import OBJECTS
from config.scalars import instant_text
from connectors.base import Row
from connectors.errors import Rejected
from connectors.hubspot.values import milliseconds, to_custom, to_scalar

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from config.model import Scalar
    from connectors.hubspot.account import Property
    from connectors.hubspot.derive import Lookups
    from connectors.hubspot.objects import CrmType, ObjectSpec
    from connectors.hubspot.records import Record


def build_row(
    spec: ObjectSpec, crm_type: CrmType, record: Record, lookups: Lookups, properties: Mapping[str, Property]
) -> Row:
    """The row of a record; fields that HubSpot has nothing for are empty."""
    values: dict[str, Scalar] = {}
    for name in OBJECTS[spec.name].fields:
        source = crm_type.fields.get(name)
        if source is None:
            values[name] = record.links.get(name)
        else:
            values[name] = _value(spec, crm_type, record, lookups, name) if source.is_seen(properties) else None
    values["id"] = f"{crm_type.prefix}{record.id}"
    custom = {name: _custom(crm_type, record, properties, name) for name in spec.along}
    return Row(values, custom, record.updated_at)


def build_history(
    spec: ObjectSpec, crm_type: CrmType, record: Record, lookups: Lookups, properties: Mapping[str, Property]
) -> Iterator[Row]:
    """A row for each moment at which one of the properties changed, oldest first, with all values from then on.

    The id is the record's and the moment, so that a row keeps it when HubSpot forgets older values (it keeps a limited
    number a property) or more are added.
    """
    tracks = {name: sorted(entries, key=lambda entry: entry[0]) for name, entries in record.history.items()}
    moments = sorted({moment for track in tracks.values() for moment, _ in track})
    for moment in moments:
        then = replace(
            record,
            id=f"{record.id}@{milliseconds(moment)}",
            properties={name: _value_at(track, moment) for name, track in tracks.items()},
            links={"opportunity_id": record.id, "at": instant_text(moment)},
        )
        yield build_row(spec, crm_type, then, lookups, properties)


def merged_ids(record: Record) -> tuple[str, ...]:
    """The records that a merge made into this one: gone, but never listed as archived."""
    text = record.get("hs_merged_object_ids") or ""
    return tuple(part for part in map(str.strip, text.split(";")) if part and part != record.id)


def _value_at(track: list[tuple[datetime, str | None]], moment: datetime) -> str | None:
    index = bisect_right(track, moment, key=lambda entry: entry[0])
    return track[index - 1][1] if index else None


def _value(spec: ObjectSpec, crm_type: CrmType, record: Record, lookups: Lookups, name: str) -> Scalar:
    source = crm_type.fields[name]
    try:
        if source.derive is not None:
            return source.derive(record, lookups)
        return to_scalar(record.get(source.properties[0]), OBJECTS[spec.name].fields[name], lookups.zone)
    except (ValueError, ArithmeticError) as error:
        raise Rejected(
            f"{crm_type.name} {record.id}: {', '.join(source.properties)} cannot fill {spec.name}.{name}: {error}. "
            f"Correct the record, or map {spec.name}.{name} to another property.",
            code="BAD_VALUE",
        ) from None


def _custom(crm_type: CrmType, record: Record, properties: Mapping[str, Property], name: str) -> str | None:
    known = properties.get(name)
    try:
        return to_custom(record.get(name), known.type if known else "string")
    except ValueError as error:
        raise Rejected(f"{crm_type.name} {record.id}: {name}: {error}.", code="BAD_VALUE") from None
