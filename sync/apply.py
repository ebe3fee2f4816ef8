"""Apply: do what a plan says, no more, and write down what became of each line."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from config.problems import ConfigError, Problem, Where
from connectors.base import RecordWrite, Status
from connectors.errors import ConnectorError
from sync import events
from sync.plan import same_value
from sync.store import records
from sync.store.store import now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from connectors.base import Connector, CrmField, Outcome
    from sync.plan import Change, Fields, Plan
    from sync.store.store import Store

BATCH_RECORDS = 1_000
"""Records that are re-read, written and written down together: what a crash may leave unsaid, never undone."""


class Result(StrEnum):
    """How a line of a plan ends."""

    WRITTEN = "written"
    UNCHANGED = "unchanged"  # it already stood there
    FAILED = "failed"  # the CRM refused it
    SKIPPED = "skipped"  # it moved in the CRM after the plan was made


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the plan with its end; `code` and `message` are the CRM's."""

    change: Change
    result: Result
    code: str = ""
    message: str = ""


def count_outcomes(lines: Iterable[Line]) -> dict[str, int]:
    """Lines by how they ended; every result is named, also where it is 0."""
    counts = Counter(line.result for line in lines)
    return {result.value: counts[result] for result in Result}


class StalePlan(Exception):
    """The CRM moved since the plan was made; nothing was written. Holds the changes that no longer fit."""

    def __init__(self, moved: Sequence[tuple[Change, str | None]]) -> None:
        shown = [
            f"{c.object} {c.record}, {c.field}: was {c.before or 'empty'}, is {now or 'empty'}" for c, now in moved
        ]
        more = f"\n  and {len(shown) - 10} more" if len(shown) > 10 else ""
        lines = "\n  ".join(shown[:10])
        super().__init__(f"the plan is stale, nothing was written. In the CRM since:\n  {lines}{more}\nPlan again.")
        self.moved = tuple(moved)


def apply_plan(
    store: Store,
    connector: Connector,
    plan: Plan,
    run_id: int,
    *,
    refuse_moved: bool,
    progress: Callable[[int], None] = lambda _: None,
) -> Iterator[Line]:
    """Each line of the plan with what became of it, as it is known.

    Each batch is re-read, written and written down before the next one starts. A field that no longer holds the
    plan's `before` has moved: its line is skipped, and the next run looks again. With `refuse_moved` all of the plan
    is re-read before anything is written, and refused as a whole (StalePlan) where a field has moved.
    """
    fields = records.read_fields(store, plan.connection)
    _check_fields(plan, fields)
    by_object = _by(plan.changes, "object")
    if refuse_moved:
        _refuse_moved(
            {name: (changes, _read_present(connector, name, changes)) for name, changes in by_object.items()}, fields
        )
    for name, changes in by_object.items():
        for batch in _batches(changes):
            lines, stopped = _apply_batch(store, connector, name, batch, fields)
            _save(store, plan.connection, run_id, name, lines)
            progress(len(lines))
            yield from lines
            if stopped is not None:
                raise stopped


def _check_fields(plan: Plan, fields: Fields) -> None:
    """ConfigError where the store knows nothing of a field of the plan: it is another store than the plan's."""
    unknown = sorted({(c.object, c.field) for c in plan.changes} - fields.keys())
    if unknown:
        named = ", ".join(f"{of_object}.{field}" for of_object, field in unknown)
        summary = f"the store knows no such field: {named}."
        raise ConfigError([Problem("error", summary, "Run `salesops pull`, then plan again.", Where(plan.connection))])


def _batches(changes: Iterable[Change]) -> Iterator[list[Change]]:
    """The changes of BATCH_RECORDS records at a time, all of a record's together."""
    by_record = _by(changes, "record_id")
    ids = list(by_record)
    for start in range(0, len(ids), BATCH_RECORDS):
        yield [change for record_id in ids[start : start + BATCH_RECORDS] for change in by_record[record_id]]


def _by(changes: Iterable[Change], key: Literal["object", "record_id"]) -> dict[str, list[Change]]:
    grouped: dict[str, list[Change]] = defaultdict(list)
    for change in changes:
        grouped[getattr(change, key)].append(change)
    return grouped


Present = dict[str, dict[str, str | None]]
"""What stands in the CRM: values by field, by record id. A record that is gone is not in it."""


def _read_present(connector: Connector, name: str, changes: Sequence[Change]) -> Present:
    fields = sorted({change.field for change in changes})
    return connector.read_values(name, fields, sorted({change.record_id for change in changes}))


def _refuse_moved(stands: Mapping[str, tuple[Sequence[Change], Present]], fields: Fields) -> None:
    moved = []
    for changes, present in stands.values():
        for change in changes:
            values = present.get(change.record_id)
            if values is None or _has_moved(change, values[change.field], fields[change.object, change.field]):
                moved.append((change, values[change.field] if values is not None else "gone"))
    if moved:
        raise StalePlan(moved)


def _has_moved(change: Change, stands: str | None, field: CrmField) -> bool:
    return not same_value(stands, change.before, field) and not same_value(stands, change.after, field)


def _apply_batch(
    store: Store, connector: Connector, name: str, changes: Sequence[Change], fields: Fields
) -> tuple[list[Line], ConnectorError | None]:
    """The lines of one batch, and what stopped it if something did; lines whose end is unknown are then left out.

    What already stands there is not sent, and what moved is not touched.
    """
    present = _read_present(connector, name, changes)
    lines: list[Line] = []
    to_write: dict[str, list[Change]] = defaultdict(list)
    for change in changes:
        values = present.get(change.record_id)
        field = fields[name, change.field]
        if values is None:
            lines.append(Line(change, Result.SKIPPED, message="the record is gone from the CRM"))
        elif same_value(values[change.field], change.after, field):
            lines.append(Line(change, Result.UNCHANGED))
        elif _has_moved(change, values[change.field], field):
            lines.append(Line(change, Result.SKIPPED, message="somebody changed it after the plan was made"))
        else:
            to_write[change.record_id].append(change)
    writes = [RecordWrite(record, {c.field: c.after for c in of_record}) for record, of_record in to_write.items()]
    store.check_guard()
    try:
        for outcome in connector.write(name, writes) if writes else ():
            lines.extend(_line(change, outcome) for change in to_write.pop(outcome.record_id))
    except ConnectorError as error:
        return lines, error
    # The port promises an outcome for each write; one that is missing must not pass for written.
    lines.extend(
        Line(change, Result.FAILED, message="the CRM gave no answer for this record")
        for of_record in to_write.values()
        for change in of_record
    )
    return lines, None


def _line(change: Change, outcome: Outcome) -> Line:
    result = Result.WRITTEN if outcome.status is Status.WRITTEN else Result.FAILED
    return Line(change, result, outcome.code, outcome.message)


def _save(store: Store, connection: str, run_id: int, name: str, lines: Sequence[Line]) -> None:
    """Write the lines down, remember what we wrote, and take it over into our copy of the records."""
    at = now()
    standing = [line.change for line in lines if line.result in {Result.WRITTEN, Result.UNCHANGED}]
    with store.transaction() as db:
        db.executemany(
            "INSERT OR REPLACE INTO change VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (
                    *(run_id, connection, c.object, c.record_id, c.field, c.before, c.after, c.reason),
                    *(line.result.value, line.code, line.message, at),
                )
                for line in lines
                for c in (line.change,)
            ),
        )
        db.executemany(
            "INSERT OR REPLACE INTO written VALUES (?, ?, ?, ?, ?, ?, ?)",
            ((connection, c.object, c.record_id, c.field, c.after, run_id, at) for c in standing),
        )
        records.set_custom(db, connection, name, ((c.record_id, c.field, c.after) for c in standing))
    events.emit("change_outcomes", connection=connection, object=name, **count_outcomes(lines))
