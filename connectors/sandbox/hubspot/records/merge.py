"""Merging two records into a new one, to which both old ids lead from then on.

After the changelog's «Updated merge functionality for contacts and companies» and the help page on merging records.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.sandbox.hubspot.account.currencies import current_rates
from connectors.sandbox.hubspot.associations.links import move_links
from connectors.sandbox.hubspot.call import record_id, required, scalar
from connectors.sandbox.hubspot.definitions.calculated import calculated_values
from connectors.sandbox.hubspot.definitions.types import ObjectType, find_object
from connectors.sandbox.hubspot.errors import json_response, missing, validation
from connectors.sandbox.hubspot.pipelines.pipelines import LIFECYCLE_STAGES
from connectors.sandbox.hubspot.records.history import Version, read_versions
from connectors.sandbox.hubspot.records.render import whole_body
from connectors.sandbox.hubspot.records.writer import all_properties
from connectors.sandbox.hubspot.routes import under
from connectors.sandbox.hubspot.search.index import delay

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from starlette.responses import Response

    from connectors.sandbox.hubspot.call import Call
    from connectors.sandbox.hubspot.routes import Routes
    from connectors.sandbox.hubspot.store import Record, Store

MOST_MERGED = 250  # records in one (help page on merging records)
SOURCE = "MERGE_OBJECTS"
_STAGES = [value for value, _ in LIFECYCLE_STAGES]


def merge(call: Call) -> Response:
    """POST /{kind}/merge."""
    kind, body = find_object(call.store, call.params["kind"]), call.json()
    required(body, "primaryObjectId", "objectIdToMerge")
    if not kind.creatable:
        raise validation(f"{kind.label} records cannot be merged.")
    with call.store.database.transaction():
        primary, other = (_record(call.store, kind, body, name) for name in ("primaryObjectId", "objectIdToMerge"))
        if primary.id == other.id:
            raise validation(f"Cannot merge {kind.label} {primary.id} into itself.")
        merged = merge_records(call.store, kind, primary, other)
        names = all_properties(call.store, kind)
        record = call.store.by_identity(kind, names, "hs_object_id", [merged])[str(merged)]
        return json_response(whole_body(kind, record))


def merge_records(store: Store, kind: ObjectType, primary: Record, other: Record) -> int:
    """The id of the new record: the primary's values, the other's where it has none, both histories and links."""
    new_id, now = store.next_id(kind), store.now()
    merged = _merged_ids(primary, other)
    if len(merged) > MOST_MERGED:
        raise validation(f"A record can hold at most {MOST_MERGED} merged records.")
    values = _values(store, kind, primary, other, merged)
    rates = current_rates(store) if kind.name == "deals" else {}
    known = store.catalog.of(kind.name)
    values |= calculated_values(kind.name, new_id, values, store.pipelines(kind), known, rates)
    values[kind.modified] = now
    if "hs_all_contact_vids" in values:
        values["hs_all_contact_vids"] = ";".join(map(str, (new_id, *merged)))
    history = _history(store, kind, (primary, other), values, now)
    retire(store, kind, (primary.id, other.id), new_id)
    move_links(store, kind, (primary.id, other.id), new_id)
    store.insert(kind, list(values), [(new_id, now, *values.values())])
    store.add_versions((kind.name, new_id, name, each.at, each.value, each.source) for name, each in history)
    delay(store, kind, {primary.id: primary.values, other.id: other.values, new_id: None})
    return new_id


def retire(store: Store, kind: ObjectType, ids: Iterable[int], heir: int | None) -> None:
    """Take records away for good, with their history; their ids, and those that led to them, lead to the heir."""
    with store.database.transaction() as connection:
        for number in ids:
            connection.execute(f'DELETE FROM {kind.table} WHERE "$id" = ?', (number,))
            connection.execute("DELETE FROM hs_history WHERE kind = ? AND id = ?", (kind.name, number))
            follow = "UPDATE hs_retired SET heir = ? WHERE kind = ? AND heir = ?"
            connection.execute(follow, (heir, kind.name, number))
            connection.execute("INSERT INTO hs_retired VALUES (?, ?, ?)", (kind.name, number, heir))


def _record(store: Store, kind: ObjectType, body: Mapping[str, Any], name: str) -> Record:
    text = scalar(body[name], name)
    number = record_id(text)
    if number is None:
        raise validation(f"Invalid object id: {text}")
    found = store.by_identity(kind, all_properties(store, kind), "hs_object_id", [number]).get(text)
    if found is None:
        raise missing(f"{kind.label} with ID {text} does not exist")
    return found


def _merged_ids(*records: Record) -> list[str]:
    """The ids that the new record stands for: the two, and those they stood for already."""
    found: list[str] = []
    for record in records:
        found += [each for each in (record.values.get("hs_merged_object_ids") or "").split(";") if each]
        found.append(str(record.id))
    return list(dict.fromkeys(found))


def _values(store: Store, kind: ObjectType, primary: Record, other: Record, merged: list[str]) -> dict[str, str | None]:
    known = store.catalog.of(kind.name)
    values = {name: primary.values[name] or other.values[name] for name in known if name != "hs_object_id"}
    values[kind.created] = min(filter(None, (primary.values[kind.created], other.values[kind.created])))
    if "lifecyclestage" in known:
        values["lifecyclestage"] = _furthest(primary.values["lifecyclestage"], other.values["lifecyclestage"])
    if kind.beside:  # what joins instead of giving way: the other record's value is kept in the list
        single, listed = kind.beside
        values[listed] = _listed(single, listed, primary, other)
    values["hs_merged_object_ids"] = ";".join(merged)
    if "hs_calculated_merged_vids" in known:
        values["hs_calculated_merged_vids"] = _dated(store, primary, other)
    return values


def _furthest(one: str | None, two: str | None) -> str | None:
    """The lifecycle stage that lies further on; a custom one gives way only to none."""
    if one in _STAGES and two in _STAGES:
        return max(one, two, key=_STAGES.index)
    return one or two


def _listed(single: str, listed: str, primary: Record, other: Record) -> str | None:
    """The values that stay beside the primary's own."""
    found: list[str] = []
    for record in (primary, other):
        found += (record.values[listed] or "").split(";")
    found.append(other.values[single] or "")
    own = primary.values[single] or other.values[single]
    return ";".join(dict.fromkeys(each for each in found if each and each != own)) or None


def _dated(store: Store, primary: Record, other: Record) -> str:
    """The merged ids with the instant of their merge in milliseconds, as contacts have them."""
    moment = int(store.database.clock.now().timestamp() * 1000)
    earlier = [record.values["hs_calculated_merged_vids"] or "" for record in (primary, other)]
    fresh = [f"{record.id}:{moment}" for record in (primary, other)]
    return ";".join([*(each for text in earlier for each in text.split(";") if each), *fresh])


def _history(
    store: Store, kind: ObjectType, records: tuple[Record, Record], values: Mapping[str, str | None], now: str
) -> list[tuple[str, Version]]:
    """The versions of both records in the order of time, each property's last one being the value it now has."""
    versions = read_versions(store, kind, records, list(values))
    found: list[tuple[str, Version]] = []
    for name, value in values.items():
        both = [each for record in reversed(records) for each in reversed(versions[record.id].get(name, []))]
        both.sort(key=lambda each: each.at)
        if (both[-1].value if both else None) != value:
            both.append(Version(value, now, SOURCE))
        found += [(name, each) for each in both]
    return found


ROUTES: Routes = under("crm", "v3", "objects", {"/{kind}/merge": {"POST": merge}})
