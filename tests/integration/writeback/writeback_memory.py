"""A CRM in memory behind the port's writing half, which others edit at any moment.

It does what both CRMs do: a record is written whole or not at all, one that is known by its key is made where there is
none, a deleted one comes back under another id. Everything that happens to it is written down in `log`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

from connectors.writing import Cause, Cost, Outcome, Standing, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from connectors.base import Sealed
    from connectors.writing import Jobs, RecordWrite, Target

KNOWN_BY_ID = frozenset({"user", "account", "opportunity"})
"""Objects whose records are named by their ids; all others have one that the CRM gives them."""

Values = dict[str, str | None]


class Died(BaseException):
    """The process is gone: as with a kill, nobody may handle it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A record before and after somebody did something to it; None where it was not there."""

    ours: bool
    object: str
    name: str
    before: Values | None
    after: Values | None


@dataclass
class Memory:
    """The CRM. Those in `refused`, by object and name, it refuses; with `bulk` a write is a job; `step` is called
    before and after everything that it does, and may raise."""

    stands: dict[str, dict[str, Values]] = field(default_factory=dict)
    refused: set[tuple[str, str]] = field(default_factory=set)
    bulk: bool = False
    step: Callable[[], None] = lambda: None
    log: list[Entry] = field(default_factory=list)
    jobs: dict[str, list[Outcome]] = field(default_factory=dict)
    _ids: dict[tuple[str, str], str] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=count)

    # What people do

    def edit(self, of_object: str, name: str, values: Mapping[str, str | None]) -> None:
        """Somebody changes a record that is there."""
        if name in self.stands.get(of_object, {}):
            self._set(of_object, name, {**self.stands[of_object][name], **values}, ours=False)

    def put(self, of_object: str, name: str, values: Mapping[str, str | None] | None) -> None:
        """Somebody makes or changes a record, or removes it."""
        self._set(of_object, name, None if values is None else dict(values), ours=False)

    def _set(self, of_object: str, name: str, values: Values | None, *, ours: bool) -> None:
        held = self.stands.setdefault(of_object, {})
        self.log.append(Entry(ours, of_object, name, held.get(name), values))
        if values is None:
            held.pop(name, None)
            self._ids.pop((of_object, name), None)
        else:
            held[name] = values

    def copy(self) -> dict[str, dict[str, Values]]:
        """All that stands there, without what is empty."""
        return {
            of_object: {name: {key: value for key, value in of.items() if value} for name, of in held.items()}
            for of_object, held in self.stands.items()
            if held
        }

    def id_of(self, of_object: str, name: str) -> str:
        if of_object in KNOWN_BY_ID:
            return name
        return self._ids.setdefault((of_object, name), f"id{next(self._numbers)}")

    # What the product asks (`connectors.base.Connector`)

    def sealed(self) -> dict[str, Sealed]:
        return {}

    def standing(self, target: Target, fields: Sequence[str], names: Sequence[str]) -> dict[str, Standing]:
        self.step()
        held = self.stands.get(target.object, {})
        return {
            name: Standing(self.id_of(target.object, name), {each: held[name].get(each) for each in fields})
            for name in names
            if name in held
        }

    def write(self, target: Target, writes: Sequence[RecordWrite], jobs: Jobs) -> Iterator[Outcome]:
        job = f"job{len(self.jobs)}"
        if self.bulk:
            self.step()
            self.jobs[job] = []
            jobs.begun(job, target, [write.name for write in writes])
        for start in range(0, len(writes), 2):
            self.step()
            outcomes = [self._write(target, write) for write in writes[start : start + 2]]
            if self.bulk:
                self.jobs[job] += outcomes
            self.step()
            yield from reversed(outcomes)
        if self.bulk:
            jobs.ended(job)

    def _write(self, target: Target, write: RecordWrite) -> Outcome:
        held = self.stands.get(target.object, {})
        if (target.object, write.name) in self.refused:
            return Outcome(write.name, Status.FAILED, "", "TOO_LONG", "too long", Cause.RULE)
        if write.name not in held and not target.creates:
            return Outcome(write.name, Status.FAILED, "", "ENTITY_IS_DELETED", "it is deleted", Cause.GONE)
        self._set(target.object, write.name, {**held.get(write.name, {}), **write.values}, ours=True)
        return Outcome(write.name, Status.WRITTEN, self.id_of(target.object, write.name))

    def delete(self, target: Target, ids: Sequence[str]) -> Iterator[Outcome]:
        for record_id in ids:
            self.step()
            names = [n for n in self.stands.get(target.object, {}) if self.id_of(target.object, n) == record_id]
            if names and (target.object, names[0]) in self.refused:
                yield Outcome(record_id, Status.FAILED, "", "LOCKED", "locked", Cause.RULE)
                continue
            for name in names:
                self._set(target.object, name, None, ours=True)
            self.step()
            yield Outcome(record_id, Status.WRITTEN, record_id)

    def finish(self, job: str, target: Target, names: Sequence[str]) -> Iterator[Outcome]:  # noqa: ARG002
        self.step()
        yield from (outcome for outcome in self.jobs[job] if outcome.name in names)

    def cost(self, target: Target, fields: Sequence[str], count: int) -> Cost:  # noqa: ARG002
        return Cost(1, count)
