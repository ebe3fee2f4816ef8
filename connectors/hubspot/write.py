"""Writing values to records in batches, with what became of every one.

A batch is answered with 200; with 207, where each error may name its record or not; or it is refused whole, with 400 or
409, for one record of it. What no answer accounts for is looked up in the records.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from connectors.errors import Rejected, Unreachable
from connectors.hubspot.ask import LIST_PAGE
from connectors.hubspot.causes import Fault, fault_from, fault_of
from connectors.hubspot.errors import Forbidden, parse_trouble
from connectors.hubspot.standing import find_records
from connectors.writing import Cause, Outcome, RecordWrite, Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from connectors.hubspot.account import Account
    from connectors.hubspot.targets import Place
    from connectors.hubspot.transport import Json

BATCH = LIST_PAGE
TRACE = "objectWriteTraceId"
NAMED_BY = (TRACE, "id", "ids", "objectId")  # where an error of a 207 names its record
# What HubSpot answers where it stumbles over something: over a record, perhaps, since it does answer.
STUMBLES = frozenset({"HTTP_500", "INTERNAL_ERROR"})
STUMBLES_IN_A_ROW = 3
_SILENT = Fault("NO_ANSWER", "HubSpot's answer does not mention this record, and it is not written.", Cause.UNKNOWN)


def write_records(account: Account, place: Place, writes: Sequence[RecordWrite]) -> Iterator[Outcome]:
    """The outcomes of the writes. A batch that is refused whole is split until the bad record stands alone."""
    writer = _Writer(account, place)
    for batch in batches(writes):
        yield from writer.settle(batch)


def batches(writes: Sequence[RecordWrite]) -> Iterator[list[RecordWrite]]:
    """Writes in batches, never an empty one; HubSpot refuses a batch that names a record twice."""
    batch: dict[str, RecordWrite] = {}
    for write in writes:
        if len(batch) == BATCH or write.name in batch:
            yield list(batch.values())
            batch = {}
        batch[write.name] = write
    if batch:
        yield list(batch.values())


class _Writer:
    """Writes to one place. What HubSpot says once of the place or of a property is not asked for each record."""

    def __init__(self, account: Account, place: Place) -> None:
        self._account = account
        self._place = place
        paths = account.paths
        self._path = paths.batch_upsert(place.crm_type) if place.key else paths.batch_update(place.crm_type)
        self._forbidden: Forbidden | None = None
        self._refusals: dict[tuple[str, str | None], Fault] = {}  # by property, and value: None is any
        self._stumbles = 0

    def settle(self, batch: list[RecordWrite]) -> Iterator[Outcome]:
        """The outcomes of a batch. Where some properties of a record are ones that nobody, or not our login, can write,
        the others are written without them."""
        fields = {write.name: frozenset(write.values) for write in batch}
        parted = set()
        for outcome in self.write(batch):
            if outcome.fields:
                parted.add(outcome.name)
                fields[outcome.name] -= outcome.fields
                yield outcome
            else:
                yield replace(outcome, fields=fields[outcome.name]) if outcome.name in parted else outcome

    def write(self, batch: list[RecordWrite]) -> Iterator[Outcome]:
        """The outcomes of a batch, with fields only where they are of a part of them."""
        going: list[RecordWrite] = []
        inputs: list[Json] = []
        for whole in batch:
            write, refused = self._part(whole)
            yield from refused
            properties = self._place.properties(write)
            fault = self._known_fault(properties)
            if fault:
                yield failure(write.name, fault)
            else:
                going.append(write)
                inputs.append(self._input(write, properties))
        if not going:
            return
        try:
            answer = self._account.session.post(self._path, {"inputs": inputs})
        except Forbidden as refusal:
            self._forbidden = refusal
            yield from self.write(going)
        except Rejected as refusal:
            self._stumbles = 0
            yield from self._refused(going, fault_from(refusal))
        except Unreachable as error:
            yield from self._stumbled(going, error)
        else:
            yield from self._answered(going, answer)

    def _part(self, write: RecordWrite) -> tuple[RecordWrite, list[Outcome]]:
        """The write without the properties that are known to be refused, and their outcomes; whole where nothing else
        remains that may be written alone."""
        named = ((field, self._refusals.get((self._place.property_of(field), None))) for field in write.values)
        faults = {field: fault for field, fault in named if fault}
        if self._forbidden or write.values.keys() - faults.keys() <= write.follows:
            return write, []
        rest = {field: value for field, value in write.values.items() if field not in faults}
        refused = [replace(failure(write.name, fault), fields=frozenset({field})) for field, fault in faults.items()]
        return replace(write, values=rest), refused

    def _known_fault(self, properties: Mapping[str, str]) -> Fault | None:
        """Why these values need not be sent: HubSpot takes none of the kind, whichever record it is for."""
        if self._forbidden:
            return fault_from(self._forbidden)
        places = ((name, any_or_this) for name, text in properties.items() for any_or_this in (None, text))
        return next((self._refusals[place] for place in places if place in self._refusals), None)

    def _learn(self, fault: Fault, write: RecordWrite | None) -> bool:
        """Whether a refusal, of one write where that is known, tells something new of others."""
        told: dict[tuple[str, str | None], Fault] = {(name, None): each for name, each in fault.properties.items()}
        if write:
            sent = self._place.properties(write)
            told |= {(name, sent[name]): fault for name in fault.values if name in sent}
        new = told.keys() - self._refusals.keys()
        self._refusals |= told
        return bool(new)

    def _input(self, write: RecordWrite, properties: Json) -> Json:
        made: Json = {"id": write.name, "properties": properties, TRACE: write.name}
        return {**made, "idProperty": self._place.key} if self._place.key else made

    def _refused(self, batch: list[RecordWrite], fault: Fault) -> Iterator[Outcome]:
        """The outcomes of a batch of which nothing was written."""
        alone = len(batch) == 1
        if self._learn(fault, batch[0] if alone else None) and (fault.properties or not alone):
            yield from self.write(batch)
            return
        if alone:
            yield failure(batch[0].name, fault)
            return
        middle = len(batch) // 2
        yield from self.write(batch[:middle])
        yield from self.write(batch[middle:])

    def _stumbled(self, batch: list[RecordWrite], error: Unreachable) -> Iterator[Outcome]:
        """The outcomes of a batch that HubSpot fails at, again and again: one of its records may be why.

        Where it fails at one after the other, it is not for the records, and there is no use in going on.
        """
        if error.code not in STUMBLES:
            raise error
        if len(batch) == 1:
            self._stumbles += 1
            if self._stumbles == STUMBLES_IN_A_ROW:
                raise error
        yield from self._refused(batch, Fault(error.code, str(error), Cause.BUSY))

    def _answered(self, batch: list[RecordWrite], answer: Json) -> Iterator[Outcome]:
        """The outcomes that an answer tells, and then those of the records that it passes over."""
        self._stumbles = 0
        names = {write.name for write in batch}
        ids = self._written(answer, names)
        failed, unnamed = _faults(answer, names)
        silent: list[RecordWrite] = []
        again: list[RecordWrite] = []
        for write in batch:
            if write.name in failed:
                self._learn(failed[write.name], write)
                if failed[write.name].properties.keys() & self._place.properties(write).keys():
                    again.append(write)
                else:
                    yield failure(write.name, failed[write.name])
            elif write.name in ids:
                yield Outcome(write.name, Status.WRITTEN, ids[write.name])
            else:
                silent.append(write)
        if again:
            yield from self.write(again)
        if len(silent) == 1 and unnamed:
            yield failure(silent[0].name, unnamed[0])
        elif silent and unnamed:
            for write in silent:
                yield from self.write([write])
        elif silent:
            yield from self._look(silent, again=len(batch) > 1)

    def _written(self, answer: Json, names: set[str]) -> Mapping[str, str]:
        """The ids of the records that the answer shows, by name: in any order, and not always with our trace."""
        found: dict[str, str] = {}
        for raw in answer.get("results") or ():
            record_id = str(raw.get("id"))
            own = (raw.get("properties") or {}).get(self._place.key) if self._place.key else record_id
            for name in (raw.get(TRACE), own):
                if name in names:
                    found[str(name)] = record_id
                    break
        return found

    def _look(self, silent: list[RecordWrite], *, again: bool) -> Iterator[Outcome]:
        """The outcomes of records that a success does not mention: written where they hold what was sent, else sent
        once more, each alone."""
        sent = {write.name: self._place.properties(write) for write in silent}
        asked = list(dict.fromkeys(name for properties in sent.values() for name in properties))
        records = find_records(self._account, self._place, asked, sent)
        for write in silent:
            record = records.get(write.name)
            if record and all(self._place.stands(name, text, record) for name, text in sent[write.name].items()):
                yield Outcome(write.name, Status.WRITTEN, record.id)
            elif again:
                yield from self.write([write])
            else:
                yield failure(write.name, _SILENT)


def failure(name: str, fault: Fault) -> Outcome:
    """The outcome of what was not done."""
    return Outcome(name, Status.FAILED, code=fault.code, message=fault.message, cause=fault.cause)


def _faults(answer: Json, names: set[str]) -> tuple[dict[str, Fault], list[Fault]]:
    """The errors of a 207 answer by name, and those that say of no record which it is."""
    failed: dict[str, Fault] = {}
    unnamed: list[Fault] = []
    for raw in answer.get("errors") or ():
        trouble = parse_trouble(raw)
        fault = fault_of(trouble)
        named = {part for text in trouble.named(*NAMED_BY) for part in _names_in(text, names)} & names
        if not named:
            unnamed.append(fault)
        for name in named:
            failed.setdefault(name, fault)
    return failed, unnamed


def _names_in(text: str, names: set[str]) -> list[str]:
    """The names in a context value, which is one of them, or several as JSON or with commas."""
    if text in names:
        return [text]
    try:
        data = json.loads(text)
    except ValueError:
        data = text.split(",")
    items = data if isinstance(data, list) else [data]
    return [str(item).strip() for item in items]
