"""Which record another one belongs to: associations read in batches, and the one that counts picked."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from connectors.batches import in_chunks
from connectors.errors import Rejected
from connectors.hubspot import paths
from connectors.hubspot.errors import parse_trouble
from connectors.hubspot.records import parse_record

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from connectors.hubspot.account import Account
    from connectors.hubspot.objects import CrmType
    from connectors.hubspot.records import Record
    from connectors.hubspot.transport import Json

BATCH = 1000  # ids a request (HubSpot's changelog, in force since 10 February 2025)
READ_BATCH = 100
PRIMARY_COMPANY = 5  # the type id of a deal's primary company (associations guide)
NONE_FOUND = "NO_ASSOCIATIONS_FOUND"


def add_links(account: Account, crm_type: CrmType, records: Sequence[Record]) -> list[Record]:
    """The records with the ids they are linked to. The stamp of a link's target is read along where it is asked for.

    A change of associations does not move a record's modification stamp, so an incremental sweep sees the present
    associations of the rows it reads, and nothing of a row that only its associations changed.
    """
    linked = list(records)
    for link in crm_type.links:
        if not linked or account.refusal(link.to):
            continue
        found = read_links(account, crm_type.name, link.to, [record.id for record in linked])
        created = _created(account, link.to, found.values()) if link.stamp else {}
        for index, record in enumerate(linked):
            target = found.get(record.id)
            if target:
                stamp = {link.stamp: created[target]} if target in created else {}
                linked[index] = replace(record, links={**record.links, link.field: target, **stamp})
    return linked


def read_links(account: Account, from_type: str, to_type: str, ids: Sequence[str]) -> dict[str, str]:
    """The associated record of each record that has any: the primary one, else the one with the smallest id."""
    best: dict[str, tuple[bool, int]] = {}
    waiting: list[Json] = [{"id": record_id} for record_id in ids]
    while waiting:
        answer = account.session.post(paths.associations(from_type, to_type), {"inputs": waiting[:BATCH]})
        waiting = waiting[BATCH:]
        _check(answer, from_type, to_type)
        for result in answer.get("results") or ():
            source = str(result["from"]["id"])
            for target in result.get("to") or ():
                # Ids came as integers where the specification says text.
                candidate = (not _is_primary(target), int(target["toObjectId"]))
                best[source] = min(best.get(source, candidate), candidate)
            after = ((result.get("paging") or {}).get("next") or {}).get("after")
            if after:
                waiting.append({"id": source, "after": str(after)})
    return {source: str(target) for source, (_, target) in best.items()}


def _is_primary(target: Json) -> bool:
    return any(
        kind.get("category", "HUBSPOT_DEFINED") == "HUBSPOT_DEFINED"
        and (kind.get("typeId") == PRIMARY_COMPANY or kind.get("label") == "Primary")
        for kind in target.get("associationTypes") or ()
    )


def _check(answer: Json, from_type: str, to_type: str) -> None:
    """A record without associations is an error of a 207 answer; any other error would lose a link silently."""
    for raw in answer.get("errors") or ():
        trouble = parse_trouble(raw)
        if NONE_FOUND not in trouble.code and cast("Json", raw).get("category") != "OBJECT_NOT_FOUND":
            raise Rejected(
                f"HubSpot did not tell which {to_type} the {from_type} belong to: {trouble.message}", code=trouble.code
            )


def _created(account: Account, crm_type: str, ids: Iterable[str]) -> dict[str, str]:
    """When each of the records was created; those gone meanwhile are left out."""
    created: dict[str, str] = {}
    for batch in in_chunks(dict.fromkeys(ids), READ_BATCH):
        for record in batch_read(account, crm_type, batch, ("createdate",)):
            if record.created_at:
                created[record.id] = record.created_at
    return created


def batch_read(
    account: Account, crm_type: str, ids: Sequence[str], properties: Sequence[str], history: Sequence[str] = ()
) -> list[Record]:
    """The records of these ids, at most 100 (50 with `history`); unknown ids are left out."""
    if not ids:
        return []
    body: Json = {"inputs": [{"id": record_id} for record_id in ids], "properties": list(properties)}
    if history:
        body["propertiesWithHistory"] = list(history)
    answer = account.session.post(paths.batch_read(crm_type), body)
    return [parse_record(raw) for raw in answer.get("results") or ()]
