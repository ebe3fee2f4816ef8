"""A CRM in memory behind the writing half of the port: refuses, keeps silent, carries jobs and dies on cue."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from connectors.writing import Cause, Cost, Outcome, Standing, Status, Target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from connectors.base import Sealed
    from connectors.writing import Jobs, RecordWrite
    from sync.store.store import Store

ACCOUNT = Target("account")
STATEMENT = Target("Statement__c", "Key__c")
PLACED = Target("territory_account")


class Died(BaseException):
    """The process is gone: as with a kill, nobody may handle it."""


@dataclass
class Writable:
    """The CRM. `records` are values by object and name; a created one has its name as its id behind "id:".

    `refused` are refusals by name, `silent` names that get no answer, `theirs` those that others worked on. With `bulk`
    a write is a job of its own. `step` is called before and after everything that the CRM does, and may raise.
    """

    records: dict[str, dict[str, dict[str, str | None]]] = field(default_factory=dict)
    refused: dict[str, Outcome] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)
    theirs: set[str] = field(default_factory=set)
    bulk: bool = False
    together: int = 2
    step: Callable[[], None] = lambda: None
    writes: list[list[RecordWrite]] = field(default_factory=list)
    asked: list[tuple[Target, tuple[str, ...], tuple[str, ...]]] = field(default_factory=list)
    made: Counter[str] = field(default_factory=Counter)
    jobs: dict[str, list[Outcome]] = field(default_factory=dict)

    def standing(self, target: Target, fields: Sequence[str], names: Sequence[str]) -> dict[str, Standing]:
        self.step()
        self.asked.append((target, tuple(fields), tuple(names)))
        found = self.records.get(target.object, {})
        return {
            name: Standing(_id(target, name), {each: found[name].get(each) for each in fields}, name in self.theirs)
            for name in names
            if name in found
        }

    def write(self, target: Target, writes: Sequence[RecordWrite], jobs: Jobs) -> Iterator[Outcome]:
        self.writes.append(list(writes))
        job = f"job{len(self.jobs)}"
        if self.bulk:
            self.step()
            self.jobs[job] = []
            jobs.begun(job, target, [write.name for write in writes])
        for start in range(0, len(writes), self.together):
            self.step()
            outcomes = [self._set(target, write) for write in writes[start : start + self.together]]
            if self.bulk:
                self.jobs[job] += outcomes
            self.step()
            yield from (outcome for outcome in reversed(outcomes) if outcome.name not in self.silent)
        if self.bulk:
            jobs.ended(job)
            self.step()

    def _set(self, target: Target, write: RecordWrite) -> Outcome:
        if write.name in self.refused:
            return self.refused[write.name]
        of_object = self.records.setdefault(target.object, {})
        if write.name not in of_object:
            if not target.creates:
                return refusal(write.name, Cause.GONE, "ENTITY_IS_DELETED")
            self.made[write.name] += 1
            of_object[write.name] = {}
        of_object[write.name].update(write.values)
        return Outcome(write.name, Status.WRITTEN, _id(target, write.name))

    def delete(self, target: Target, ids: Sequence[str]) -> Iterator[Outcome]:
        for record_id in ids:
            self.step()
            name = record_id.removeprefix("id:")
            if name in self.refused:
                yield replace(self.refused[name], name=record_id)
                continue
            self.records.get(target.object, {}).pop(name, None)
            self.step()
            yield Outcome(record_id, Status.WRITTEN, record_id)

    def finish(self, job: str, target: Target, names: Sequence[str]) -> Iterator[Outcome]:  # noqa: ARG002
        self.step()
        yield from (outcome for outcome in self.jobs[job] if outcome.name in names)

    def cost(self, target: Target, fields: Sequence[str], count: int) -> Cost:  # noqa: ARG002
        return Cost(1, count)

    def sealed(self) -> dict[str, Sealed]:
        return {}

    def stands(self) -> dict[str, dict[str, dict[str, str | None]]]:
        """Everything that stands there, without what is empty."""
        return {
            of_object: {
                name: {each: value for each, value in values.items() if value} for name, values in by_name.items()
            }
            for of_object, by_name in self.records.items()
            if by_name
        }


def _id(target: Target, name: str) -> str:
    return f"id:{name}" if target.creates else name


def refusal(name: str, cause: Cause = Cause.RULE, code: str = "TOO_LONG", message: str = "too long") -> Outcome:
    """What a CRM says of a record that it refuses."""
    return Outcome(name, Status.FAILED, "", code, message, cause)


def die_at(number: int, crm: Writable, store: Store) -> Callable[[], int]:
    """Let everything end at so many steps from now: requests of the CRM, and transactions of the store. Nothing is
    kept after that, however the program ends. Returns how many steps there were."""
    steps = 0

    def step(*_: object) -> None:
        nonlocal steps
        steps += 1
        if steps >= number:
            raise Died

    crm.step = step
    store.guard = step
    return lambda: steps


def revive(crm: Writable, store: Store) -> None:
    """A new process: nothing dies any more."""
    crm.step = lambda: None
    store.guard = None
