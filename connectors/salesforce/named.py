"""Records that have no key of ours and are known by what they are about: forecasting quotas and the accounts of
territories. What is there is looked up first, and again before anything is sent once more, so that none is made twice.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from connectors.batches import in_chunks
from connectors.errors import ConnectorError, Retryable
from connectors.salesforce.causes import TWIN
from connectors.salesforce.collection_write import MOST, Collections, Item, Operation
from connectors.salesforce.errors import LOCKED
from connectors.writing import Outcome, Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from connectors.salesforce.session import Session
    from connectors.salesforce.targets import Place, Record
    from connectors.writing import RecordWrite, Standing

    Headers = tuple[tuple[str, str], ...]

_AGAIN = LOCKED | {TWIN}
"""What somebody else's work at the same moment refuses: they locked the row, or made the record after we looked."""

_BUSY = "BUSY_RECORDS"
"""Our own code of such records, which only ever goes from `attempt` to the end of the retries."""


class Kind(Protocol):
    """What such records are."""

    @property
    def place(self) -> Place:
        """Where they are."""

    def find(self, fields: Sequence[str], names: Sequence[str]) -> dict[str, Standing]:
        """Those that are there, by name."""

    def values(self, name: str) -> Mapping[str, str | None] | Outcome:
        """What makes a new record the one of that name, or the outcome of one that cannot be made."""


@dataclass(frozen=True, slots=True)
class Named:
    """Writes records of one kind."""

    session: Session
    kind: Kind
    headers: Headers

    def write(self, writes: Sequence[RecordWrite]) -> Iterator[Outcome]:
        """The outcomes of the writes. Each has one field of ours at most, so that a refusal is always of all of it."""
        records: list[Record] = []
        for write in writes:
            record, refused = self.kind.place.read(write)
            yield from refused
            if record is not None:
                records.append(record)
        for batch in in_chunks(records, MOST):
            for outcome in self._write(batch):
                yield replace(outcome, fields=frozenset())

    def _write(self, batch: list[Record]) -> Iterator[Outcome]:
        operation = Operation("POST", "composite/sobjects", self.headers, once=True)
        new = Collections(self.session, operation)
        waiting = {record.name: record for record in batch}
        settled: list[Outcome] = []
        refused: dict[str, Outcome] = {}

        def settle(outcome: Outcome) -> None:
            settled.append(outcome)
            del waiting[outcome.name]

        def attempt() -> None:
            found = self.kind.find((), list(waiting))
            for outcome in self._change(found, waiting):
                settle(outcome)
            refused.clear()
            for outcome in self._make(list(waiting.values()), new):
                if outcome.code in _AGAIN:
                    refused[outcome.name] = outcome
                else:
                    settle(outcome)
            if refused:
                raise Retryable("somebody else changes the same records", code=_BUSY)

        try:
            self.session.retry.call(attempt)
        except ConnectorError as error:
            yield from settled  # what is known to be written is told, whatever stopped the rest
            if error.code != _BUSY:
                raise
            yield from refused.values()
        else:
            yield from settled

    def _change(self, found: Mapping[str, Standing], records: Mapping[str, Record]) -> list[Outcome]:
        """The outcomes of the records that are there: those without values are as they should be."""
        place, items, outcomes = self.kind.place, [], []
        for name, standing in found.items():
            if records[name].values:
                values = {"id": standing.record_id, **place.given, **records[name].values}
                items.append(Item(name, place.encode(values), standing.record_id))
            else:
                outcomes.append(Outcome(name, Status.WRITTEN, standing.record_id))
        operation = Operation("PATCH", "composite/sobjects", self.headers)
        return [*outcomes, *Collections(self.session, operation).send(items)]

    def _make(self, records: Sequence[Record], new: Collections) -> Iterator[Outcome]:
        place, items = self.kind.place, []
        for record in records:
            values = self.kind.values(record.name)
            if isinstance(values, Outcome):
                yield values
            else:
                items.append(Item(record.name, place.encode({**place.given, **values, **record.values})))
        yield from new.send(items)
