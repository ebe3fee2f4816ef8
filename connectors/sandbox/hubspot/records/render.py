"""How records are answered: properties, versions and associations in HubSpot's JSON."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from connectors.sandbox.hubspot.associations.links import link_types, links_of
from connectors.sandbox.hubspot.definitions.calculated import NOT_YET
from connectors.sandbox.hubspot.definitions.types import find_object
from connectors.sandbox.hubspot.records.history import read_versions
from connectors.sandbox.hubspot.records.writer import APP_ID, SOURCE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from connectors.sandbox.hubspot.associations.link_types import LinkType
    from connectors.sandbox.hubspot.definitions.types import ObjectType
    from connectors.sandbox.hubspot.records.history import Version
    from connectors.sandbox.hubspot.store import Record, Store

# The newest versions of a property that a read shows (seen by clients of the API, undocumented).
MOST_VERSIONS, MOST_VERSIONS_ELSEWHERE = {"contacts": 45}, 20
ASSOCIATED = 100  # records that a read shows of each association (changelog on association data in version 3)


def record_body(kind: ObjectType, record: Record, names: Iterable[str]) -> dict[str, Any]:
    """A record with its stamps and those of `names` that exist, in the order of their names."""
    values = record.values
    properties = {name: values[name] for name in sorted({*kind.stamps, *names}) if name in values}
    body = {
        "id": str(record.id),
        "properties": properties,
        "createdAt": values[kind.created],
        "updatedAt": values[kind.modified],
        "archived": record.archived_at is not None,
    }
    return body if record.archived_at is None else {**body, "archivedAt": record.archived_at}


def written_body(kind: ObjectType, record: Record, changed: Iterable[str] | None) -> dict[str, Any]:
    """The answer to a write: what was given and what HubSpot set, without nulls (recorded).

    `changed` None is a new record, which shows everything it holds; an update shows what it was given and a few more.
    """
    if changed is None:
        return whole_body(kind, replace(record, values={**record.values, **NOT_YET.get(kind.name, {})}))
    given = set(changed)
    shown = [name for name in (*given, *kind.echoed) if record.values.get(name) is not None or name in given]
    return record_body(kind, record, shown)


def whole_body(kind: ObjectType, record: Record) -> dict[str, Any]:
    """A record with everything it holds, without nulls."""
    return record_body(kind, record, [name for name, value in record.values.items() if value is not None])


def add_versions(
    store: Store, kind: ObjectType, records: Sequence[Record], bodies: Sequence[Any], names: list[str]
) -> None:
    """Put `propertiesWithHistory` into the bodies of records."""
    if not names:
        return
    versions = read_versions(store, kind, records, names)
    for record, body in zip(records, bodies, strict=True):
        found = versions[record.id]
        most = MOST_VERSIONS.get(kind.name, MOST_VERSIONS_ELSEWHERE)
        body["propertiesWithHistory"] = {
            name: [_version(each) for each in found[name][:most]] for name in sorted(found)
        }


def add_associations(
    store: Store, kind: ObjectType, records: Sequence[Record], bodies: Sequence[Any], names: Sequence[str], origin: str
) -> None:
    """Put `associations` to the named objects into the bodies, the first page of them; a record without any has none.

    `origin` is the scheme and host in the addresses of further pages.
    """
    for name in names:
        other = find_object(store, name)
        types = link_types(store, kind, other)
        links = links_of(store, types, [record.id for record in records])
        for record, body in zip(records, bodies, strict=True):
            linked = links.get(record.id, {})
            ids = list(linked)
            found: dict[str, Any] = {
                "results": [
                    {"id": str(to_id), "type": type_name(kind, other, types[key], types)}
                    for to_id in ids[:ASSOCIATED]
                    for key in linked[to_id]
                ]
            }
            if len(ids) > ASSOCIATED:
                after = str(ids[ASSOCIATED])
                path = f"/crm/v3/objects/{kind.name}/{record.id}/associations/{other.name}"
                found["paging"] = {"next": {"after": after, "link": f"{origin}{path}?after={after}"}}
            if ids:
                # HubSpot writes line items with a space here.
                body.setdefault("associations", {})[other.name.replace("_", " ")] = found


def type_name(one: ObjectType, two: ObjectType, link: LinkType, types: dict[int, LinkType]) -> str:
    """The name of a type in object reads: where two objects have a primary label, that one is the plain name."""
    plain = f"{one.singular}_to_{two.singular}"
    has_primary = any(each.label == "Primary" for each in types.values())
    if link.name:
        return link.name
    if link.label == "Primary":
        return plain
    if link.label:
        return link.label.lower().replace(" ", "_")
    return f"{plain}_unlabeled" if has_primary else plain


def _version(version: Version) -> dict[str, Any]:
    body = {"value": version.value or "", "timestamp": version.at, "sourceType": version.source}
    return {**body, "sourceId": APP_ID} if version.source == SOURCE else body
