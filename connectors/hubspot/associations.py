"""What records are linked to: as a list shows it along, or read in batches; and the one link that counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from connectors.batches import in_chunks
from connectors.errors import Rejected, Retryable
from connectors.hubspot.ask import batch_read
from connectors.hubspot.errors import parse_trouble
from connectors.hubspot.listing import results_of, token_behind
from connectors.hubspot.records import linked_record
from connectors.hubspot.values import setting_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from connectors.hubspot.account import Account
    from connectors.hubspot.objects import CrmType
    from connectors.hubspot.records import Record
    from connectors.hubspot.transport import Json

BATCH = 1000  # ids a request (HubSpot's changelog, in force since 10 February 2025)
READ_BATCH = 100
NONE_FOUND = "NO_ASSOCIATIONS_FOUND"


@dataclass(frozen=True, slots=True)
class Target:
    """A record that another one is linked to. `label` is what an admin calls the link, empty for a plain one."""

    id: str
    primary: bool = False
    label: str = ""


def chosen(targets: Sequence[Target]) -> str | None:
    """The linked record that counts: the primary one, else the one with the smallest id."""
    if len(targets) < 2:
        return targets[0].id if targets else None
    best = min(targets, key=lambda each: (not each.primary, len(each.id), each.id), default=None)
    return best.id if best else None


def add_listed(account: Account, crm_type: CrmType, records: Sequence[Record], raws: Sequence[Json]) -> list[Record]:
    """The records of a list with what it says they are linked to.

    A list shows the first page of a record's links, and a label by an internal name: such a record's links are read
    from the associations themselves, so that every way of reading tells the same.
    """
    to_types = linked_types(account, crm_type)
    nothing: dict[str, tuple[Target, ...]] = dict.fromkeys(to_types, ())
    known: list[dict[str, tuple[Target, ...]]] = []
    unclear: dict[str, dict[str, int]] = {to_type: {} for to_type in to_types}
    for place, raw in enumerate(raws):
        shown: Json = raw.get("associations") or {}
        known.append(nothing.copy())
        for to_type in to_types if shown else ():
            found = _listed(crm_type, shown, to_type)
            if found is None:
                unclear[to_type][records[place].id] = place
            else:
                known[place][to_type] = found
    for to_type, places in unclear.items():
        for record_id, targets in read_targets(account, crm_type.name, to_type, list(places)).items():
            known[places[record_id]][to_type] = targets
    return _with_fields(account, crm_type, records, known)


def add_links(account: Account, crm_type: CrmType, records: Sequence[Record]) -> list[Record]:
    """The records with what they are linked to, read in batches: a call for each type and thousand records."""
    if not records:
        return []
    ids = [record.id for record in records]
    found = {to_type: read_targets(account, crm_type.name, to_type, ids) for to_type in linked_types(account, crm_type)}
    known = [{to_type: targets.get(each, ()) for to_type, targets in found.items()} for each in ids]
    return _with_fields(account, crm_type, records, known)


def linked_types(account: Account, crm_type: CrmType) -> list[str]:
    """The types that records are linked to, of those that our login sees."""
    return [to_type for to_type in crm_type.linked() if not account.refusal(to_type)]


def read_targets(account: Account, from_type: str, to_type: str, ids: Sequence[str]) -> dict[str, tuple[Target, ...]]:
    """What each record is linked to, of those that are linked to anything."""
    found: dict[str, list[Target]] = {}
    waiting: list[Json] = [{"id": record_id} for record_id in ids]
    while waiting:
        asked, waiting = waiting[:BATCH], waiting[BATCH:]
        for result in _results(account, from_type, to_type, asked):
            source = str(result["from"]["id"])
            found.setdefault(source, []).extend(_targets(result.get("to") or ()))
            after = token_behind(result, "links")
            if after:
                waiting.append({"id": source, "after": after})
    return {source: tuple(targets) for source, targets in found.items()}


def _results(account: Account, from_type: str, to_type: str, inputs: list[Json]) -> Iterator[Json]:
    """What HubSpot says of each of these records, of those that are linked to anything.

    It tells of every record, also that it is linked to nothing. Those that an answer passes over in silence are asked
    for again, together and then alone.
    """
    for _ in range(2):
        if inputs:
            results, inputs = account.checked(_ask, account, from_type, to_type, inputs)
            yield from results
    for each in inputs:
        results, _ = account.checked(_ask, account, from_type, to_type, [each])
        yield from results


def _ask(account: Account, from_type: str, to_type: str, inputs: list[Json]) -> tuple[list[Json], list[Json]]:
    """The results, and the records of which the answer says nothing; Retryable where that is all that was asked for.

    An answer that speaks of others too is none to this question.
    """
    answer = account.session.post(account.paths.associations(from_type, to_type), {"inputs": inputs})
    results = results_of(answer, f"the {to_type} of {from_type}", or_errors=True)
    asked = {str(each["id"]): str(each.get("after") or "") for each in inputs}
    told: set[str] = set()
    for result in results:
        source = str(result["from"]["id"])
        token_behind(result, f"links of {from_type} {source}", asked.get(source, ""))
        told.add(source)
    for raw in answer.get("errors") or ():
        told.update(_unlinked(raw, from_type, to_type) or (asked if len(asked) == 1 else ()))
    if not told <= asked.keys():
        results, told = [], set()
    if len(asked) == 1 and not told:
        raise Retryable(
            f"HubSpot does not tell which {to_type} belong to {from_type} {next(iter(asked))}, nor that none do. What "
            "we know of them stays. Something between here and HubSpot may cut its answers.",
            code="WRONG_ANSWER",
            alone=True,
        )
    return results, [each for each in inputs if each["id"] not in told]


def _unlinked(raw: Json, from_type: str, to_type: str) -> tuple[str, ...]:
    """The records that an error of a 207 answer calls linked to nothing, as far as it names them.

    Any other error would lose a link silently: Rejected.
    """
    trouble = parse_trouble(raw)
    if NONE_FOUND not in trouble.code and raw.get("category") != "OBJECT_NOT_FOUND":
        raise Rejected(
            f"HubSpot did not tell which {to_type} the {from_type} belong to: {trouble.message}", code=trouble.code
        )
    return trouble.named("fromObjectId")


def _targets(raws: Iterable[Json]) -> Iterable[Target]:
    """Ids came as integers where the specification says text."""
    for raw in raws:
        to_id, kinds = str(raw["toObjectId"]), raw.get("associationTypes") or ()
        primary = any(_is_primary(kind) for kind in kinds)
        labels = {setting_text(kind["label"]) for kind in kinds if kind.get("label") and not _is_primary(kind)}
        yield from (Target(to_id, primary, label) for label in sorted(labels) or ("",))


def _is_primary(kind: Json) -> bool:
    return bool(kind.get("category", "HUBSPOT_DEFINED") == "HUBSPOT_DEFINED" and kind.get("label") == "Primary")


def _listed(crm_type: CrmType, shown: Json, to_type: str) -> tuple[Target, ...] | None:
    """The links that a list shows; None where it shows only a part of them, or a label.

    Where a type has a primary link, the plain name is that one's, and the others are called unlabeled (associations
    guide; the line items' key has a space).
    """
    part = shown.get(to_type) or shown.get(to_type.replace("_", " "))
    if not part:
        return ()
    if (part.get("paging") or {}).get("next"):
        return None
    found: dict[str, bool] = {}
    for each in part.get("results") or ():
        name = str(each.get("type") or "")
        plain = any(name.startswith(f"{called}_to_") for called in crm_type.called)
        if not plain:
            return None
        to_id = str(each["id"])
        found[to_id] = found.get(to_id, False) or not name.endswith("_unlabeled")
    # Without an unlabeled one beside it, the plain name says nothing of which counts.
    return tuple(Target(to_id, primary) for to_id, primary in found.items())


def _with_fields(
    account: Account,
    crm_type: CrmType,
    records: Sequence[Record],
    known: Sequence[Mapping[str, tuple[Target, ...]]],
) -> list[Record]:
    """The records with the ids that fill fields of ours, and with the stamp of a link's target where it is asked."""
    links: list[dict[str, str]] = [{} for _ in records]
    for link in crm_type.links:
        held = [chosen(targets.get(link.to, ())) for targets in known]
        created = _created(account, link.to, filter(None, held)) if link.stamp else {}
        for fields, target in zip(links, held, strict=True):
            if target:
                fields[link.field] = target
                if target in created:
                    fields[link.stamp] = created[target]
    return [linked_record(*each) for each in zip(records, known, links, strict=True)]


def _created(account: Account, crm_type: str, ids: Iterable[str]) -> dict[str, str]:
    """When each of the records was created; those gone meanwhile are left out."""
    created: dict[str, str] = {}
    for batch in in_chunks(dict.fromkeys(ids), READ_BATCH):
        for record in batch_read(account, crm_type, batch, ("createdate",)):
            if record.created_at:
                created[record.id] = record.created_at
    return created
