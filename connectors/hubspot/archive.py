"""Archiving records, in batches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.batches import in_chunks
from connectors.errors import Rejected
from connectors.hubspot.ask import LIST_PAGE, batch_read
from connectors.hubspot.causes import Fault, fault_from
from connectors.hubspot.errors import Forbidden
from connectors.hubspot.write import failure
from connectors.writing import Cause, Outcome, Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from connectors.hubspot.account import Account
    from connectors.hubspot.targets import Place

_STILL_THERE = Fault("STILL_THERE", "HubSpot took the request to archive this record and kept it.", Cause.UNKNOWN)


def archive_records(account: Account, place: Place, ids: Sequence[str]) -> Iterator[Outcome]:
    """One outcome for each id. HubSpot answers 204 whatever the ids are, so what is left is looked at."""
    for batch in in_chunks(dict.fromkeys(ids), LIST_PAGE):
        yield from _archive(account, place, batch)


def _archive(account: Account, place: Place, batch: list[str]) -> Iterator[Outcome]:
    try:
        account.session.post(
            account.paths.batch_archive(place.crm_type), {"inputs": [{"id": record_id} for record_id in batch]}
        )
    except (Forbidden, Rejected) as refusal:
        if isinstance(refusal, Forbidden) or len(batch) == 1:
            yield from (failure(record_id, fault_from(refusal)) for record_id in batch)
            return
        middle = len(batch) // 2
        for part in (batch[:middle], batch[middle:]):
            yield from _archive(account, place, part)
        return
    left = {record.id for record in batch_read(account, place.crm_type, batch, ())}
    for record_id in batch:
        if record_id in left:
            yield failure(record_id, _STILL_THERE)
        else:
            yield Outcome(record_id, Status.WRITTEN, record_id)
