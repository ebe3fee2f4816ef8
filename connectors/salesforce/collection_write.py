"""sObject collections: up to 200 records in a part, up to five parts in a call, one outcome for each record.

Setting a field to a value is the same done twice, as is an upsert by a key that no two records share, so that a write
whose answer was lost is simply sent again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from connectors.batches import in_chunks
from connectors.errors import AuthFailed, ConnectorError, Rejected, Retryable
from connectors.salesforce.causes import SHARED, TWIN, cause_of, refused_fields
from connectors.salesforce.composite import HEAVY, Part, Subrequest, send_together
from connectors.salesforce.errors import LOCKED, TOO_LONG, readable, translate
from connectors.salesforce.wide import SHORT
from connectors.writing import Cause, Outcome, Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from simple_salesforce.api import Salesforce

    from connectors.salesforce.session import Session

PART = 200
"""Records of one sObject Collections request (REST API Developer Guide)."""

MOST = HEAVY * PART
"""Records of a call: up to five subrequests of a composite request may be sObject Collections, and all of it is one
call (Send Multiple Requests Using Composite, REST API Developer Guide)."""

OK = 200

_LEAST = 25  # records that the calls after a slow one have at least: a single record may have made it slow

_REFERENCE = "@{"
"""What a composite request replaces by what an earlier part of it answered, wherever it stands."""

_BUSY_ROWS = "BUSY_ROWS"
"""Our own code of a batch that still has locked rows; it only ever goes from `attempt` to the end of the retries."""


@dataclass(frozen=True, slots=True)
class Item:
    """A record to send: as JSON text, and its id where it is known."""

    name: str
    body: str = ""
    record_id: str = ""

    def has(self, field: str) -> bool:
        """Whether it has a value for this field; in a text the second quote would stand behind a backslash."""
        return f'"{field}":' in self.body


@dataclass(frozen=True, slots=True)
class Operation:
    """What is done to the records. `key` is the field they are upserted by. `once`: nothing is sent again before the
    caller has looked at what became of it."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()
    key: str = ""
    once: bool = False

    def request(self, items: Sequence[Item]) -> Subrequest:
        """The request for these records."""
        if self.method == "DELETE":
            return Subrequest("DELETE", f"{self.path}?allOrNone=false&ids={','.join(item.record_id for item in items)}")
        records = ", ".join(item.body for item in items)
        return Subrequest(self.method, self.path, f'{{"allOrNone": false, "records": [{records}]}}', self.headers)


@dataclass(slots=True)
class Collections:
    """One operation on many records. `size` is how many go into a call: fewer once so many took too long."""

    session: Session
    operation: Operation
    size: int = MOST

    def send(self, items: Sequence[Item]) -> Iterator[Outcome]:
        """One outcome for each, as they are answered."""
        sent = 0
        while batch := items[sent : sent + self.size]:
            sent += len(batch)
            if self.operation.once:
                yield from self._once(batch)
            else:
                yield from self._settle(batch)

    def _once(self, batch: Sequence[Item]) -> Iterator[Outcome]:
        """Outcomes of a batch; where it takes too long, those that the caller sends next are smaller."""
        try:
            yield from (outcome for _, outcome in self._send(list(in_chunks(batch, PART))))
        except Retryable as error:
            if error.code in TOO_LONG:
                self.size = max(len(batch) // 2, _LEAST)
            raise

    def _settle(self, batch: Sequence[Item]) -> Iterator[Outcome]:
        """Outcomes of a batch; rows that others hold locked are sent again, alone, as the retry policy says."""
        settled: list[Outcome] = []
        locked = [(item, Outcome(item.name, Status.FAILED)) for item in batch]

        def attempt() -> None:
            waiting = [item for item, _ in locked]
            locked.clear()
            for item, outcome in self._send(list(in_chunks(waiting, PART))):
                if outcome.cause is Cause.BUSY and outcome.code in LOCKED | {TWIN}:
                    locked.append((item, outcome))
                else:
                    settled.append(outcome)
            if locked:
                raise Retryable("records are locked by another change", code=_BUSY_ROWS)

        try:
            self.session.retry.call(attempt)
        except ConnectorError as error:
            yield from settled  # what is known to be written is told, whatever stopped the rest
            if error.code != _BUSY_ROWS:
                raise
            yield from (outcome for _, outcome in locked)
        else:
            yield from settled

    def _send(self, parts: list[list[Item]]) -> Iterator[tuple[Item, Outcome]]:
        """Each record with its outcome. What is refused as a whole is halved until the record that it is refused for
        stands alone.

        So is what takes too long, at once: sent whole again, it would take as long again, and again; unless it must be
        looked into first, since it may have been carried out. A record alone that takes too long waits with the locked
        ones; one without any answer is no record's own refusal, and is retried.
        """
        if not parts:
            return
        final = frozenset[str]() if self.operation.once else TOO_LONG
        if sum(map(len, parts)) == 1:
            final = TOO_LONG & LOCKED
        try:
            answers = self._exchange(parts, final)
        except Rejected as error:
            yield from self._send_apart(parts, error)
            return
        for part, answer in zip(parts, answers, strict=True):
            if answer.status == OK:
                yield from self._read(part, answer.body)
            else:
                yield from self._refused(part, translate(answer.body, answer.status, self.session.url))

    def _send_apart(self, parts: list[list[Item]], error: Rejected) -> Iterator[tuple[Item, Outcome]]:
        """A call that was refused, in two, or in smaller ones once its first half turns out to take too long, too."""
        items = [item for part in parts for item in part]
        if len(items) == 1:
            yield items[0], _failed(items[0], error.code, str(error))
            return
        half, sent = (len(items) + 1) // 2, 0
        if error.code in TOO_LONG:
            self.size = max(min(self.size, half), _LEAST)
        while some := items[sent : sent + min(self.size, half)]:
            sent += len(some)
            yield from self._send(list(in_chunks(some, PART)))

    def _refused(self, part: list[Item], error: ConnectorError) -> Iterator[tuple[Item, Outcome]]:
        """A part that was refused: once more without the records that have a field which it names, else in halves, in
        one call, unless it is our rights that are refused."""
        rights = isinstance(error, AuthFailed)
        if rights and cause_of(error.code) is not Cause.PERMISSION:
            raise error
        named = refused_fields(error.code, str(error), ())
        having = [item for item in part if any(item.has(field) for field in named)]
        alone = part if len(part) == 1 or rights else having
        yield from ((item, _failed(item, error.code, str(error))) for item in alone)
        if not alone:
            yield from self._send(_halves(part))
        elif len(alone) < len(part):
            yield from self._send([[item for item in part if item not in having]])

    def _read(self, part: list[Item], results: list[dict[str, Any]]) -> Iterator[tuple[Item, Outcome]]:
        together: list[Item] = []
        for item, result in zip(part, results, strict=True):
            outcome = self._outcome(item, result)
            if outcome.code in SHARED and len(part) > 1:
                together.append(item)
            else:
                yield item, outcome
        if together:
            yield from self._send(_halves(together))

    def _exchange(self, parts: list[list[Item]], final: frozenset[str]) -> list[Part]:
        """The answers to the parts: together, unless a value would be taken for a reference to another's answer."""
        once = self.operation.once
        if any(_REFERENCE in item.body for part in parts for item in part):
            return [self._ask_alone(part, final) for part in parts]
        requests = [self.operation.request(part) for part in parts]
        return send_together(self.session, requests, lambda answers: self._check(parts, answers), final, once=once)

    def _ask_alone(self, part: list[Item], final: frozenset[str]) -> Part:
        request = self.operation.request(part)

        def ask(client: Salesforce) -> Part:
            data, headers = request.body.encode(), dict(request.headers)
            answer = Part(OK, client.restful(request.path, method=request.method, data=data, headers=headers))
            self._check([part], [answer])
            return answer

        return self.session.ask_once(ask, final) if self.operation.once else self.session.ask(ask, final)

    def _check(self, parts: list[list[Item]], answers: list[Part]) -> None:
        """Retryable where an answer is not of these records, as that of the batch before is not."""
        for part, answer in zip(parts, answers, strict=True):
            if answer.status != OK:
                continue
            if not isinstance(answer.body, list) or len(answer.body) != len(part):
                what = f"the answer does not tell of each of {len(part)} records"
                raise Retryable(f"{self.session.url}: {what}.", alone=True)
            if not all(_is_of(item, result) for item, result in zip(part, answer.body, strict=True)):
                raise Retryable(f"{self.session.url}: the answer tells of other records than were sent.", alone=True)

    def _outcome(self, item: Item, result: Mapping[str, Any]) -> Outcome:
        if result["success"]:
            return Outcome(item.name, Status.WRITTEN, str(result["id"]))
        error = result["errors"][0] if result.get("errors") else {}
        code = str(error.get("statusCode") or error.get("errorCode") or "")
        fields = [str(each) for each in error.get("fields") or ()]
        outcome = _failed(item, code, str(error.get("message") or "refused without a reason"), fields)
        if code == TWIN and self.operation.key and fields == [self.operation.key]:
            # Somebody made the record with our key at the same moment: what is made once more finds it.
            return replace(outcome, cause=Cause.BUSY)
        return outcome


def failure(name: str, code: str, message: str, fields: Sequence[str] = ()) -> Outcome:
    """The outcome of a record that Salesforce refused; its fields are by Salesforce's names (`Place.settle`)."""
    shown = readable(message) + (f" (fields: {', '.join(fields)})" if fields else "")
    cause, alone = cause_of(code, fields), refused_fields(code, message, fields)
    return Outcome(name, Status.FAILED, code=code, message=shown, cause=cause, fields=alone)


def _failed(item: Item, code: str, message: str, fields: Sequence[str] = ()) -> Outcome:
    return failure(item.name, code, message, fields)


def _is_of(item: Item, result: Any) -> bool:
    if not isinstance(result, dict) or "success" not in result:
        return False
    return not (result["success"] and item.record_id) or str(result.get("id"))[:SHORT] == item.record_id[:SHORT]


def _halves(items: list[Item]) -> list[list[Item]]:
    middle = len(items) // 2
    return [half for half in (items[:middle], items[middle:]) if half]
