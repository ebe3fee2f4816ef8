"""What stands in records now, straight from the records: by id, or by the property that holds our key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.batches import in_chunks
from connectors.hubspot.ask import LIST_PAGE, batch_read, read_by_key
from connectors.writing import Standing

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from connectors.hubspot.account import Account
    from connectors.hubspot.records import Record
    from connectors.hubspot.targets import Place


def read_standing(account: Account, place: Place, fields: Sequence[str], names: Iterable[str]) -> dict[str, Standing]:
    """The present values by name; names that HubSpot does not know are left out, and so are hidden properties."""
    described = [field for field in fields if place.property_of(field) in place.types]
    signs = place.signs(fields)
    records = find_records(account, place, [*map(place.property_of, described), *signs], names)
    seen = _still_there(account, place, described, records.values())
    return {
        name: Standing(record.id, {field: place.shown(field, record) for field in seen}, place.is_theirs(signs, record))
        for name, record in records.items()
    }


def _still_there(account: Account, place: Place, fields: Sequence[str], records: Collection[Record]) -> Sequence[str]:
    """Those fields that our login still sees. HubSpot passes over what it does not know in silence, and may leave out
    what is empty: where no record has a property, its definition is asked for again."""
    told = {name for record in records for name in record.properties}
    if not records or all(place.property_of(field) in told for field in fields):
        return fields
    account.forget_properties(place.crm_type)
    there = account.properties(place.crm_type)
    return [field for field in fields if place.property_of(field) in there]


def find_records(account: Account, place: Place, properties: Sequence[str], names: Iterable[str]) -> dict[str, Record]:
    """The live records by name, with these properties."""
    found: dict[str, Record] = {}
    for batch in in_chunks(dict.fromkeys(names), LIST_PAGE):
        if place.key:
            found |= read_by_key(account, place.crm_type, place.key, batch, properties)
            continue
        wanted = set(batch)
        # The record that one asked for was merged into comes as well, and is another.
        records = batch_read(account, place.crm_type, batch, properties)
        found |= {record.id: record for record in records if record.id in wanted}
    return found
