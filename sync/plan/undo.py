"""Undo: a plan that takes back what a run wrote, as far as it still stands."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

from config.problems import ConfigError, Problem, Where
from connectors.errors import Rejected
from sync.plan.build import cost_of
from sync.plan.known_fields import KnownFields
from sync.plan.model import Action, Change, Plan, Skip, SkipKind, unreadable
from sync.plan.rows import change_of
from sync.store.records import read_org
from sync.store.results import read_computation
from sync.store.runs import read_run

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from connectors.base import Connector
    from connectors.writing import Standing, Target
    from sync.store.runs import RunRow
    from sync.store.store import Store

SINCE = "somebody changed it since; it is left as it stands"
READ_TOGETHER = 10_000


def build_undo(store: Store, connector: Connector, run_id: int, *, checked_first: bool = False) -> Plan:
    """The changes that take back what a run wrote: fields that still hold it get back what they held before, records
    that it made and that nobody changed since are removed, records that it removed are made again.

    What somebody, or a later run, changed since is left alone and said. An undo is a run too, and is undone alike.
    `checked_first` as for `cost_of`. ConfigError where there is no such run.
    """
    run = read_run(store, run_id)
    if run is None:
        raise ConfigError(
            [Problem("error", f"there is no run {run_id}.", "`salesops runs` lists them.", Where("salesops undo"))]
        )
    undoing = _Undoing(store, run)
    for target, records in undoing.records().items():
        for start in range(0, len(records), READ_TOGETHER):
            batch = records[start : start + READ_TOGETHER]
            fields = {field for lines in batch for field in undoing.fields(lines) if field}
            try:
                present = connector.standing(target, sorted(fields), sorted(lines[0].name for lines in batch))
            except Rejected as error:
                undoing.leave(batch, str(error))
                continue
            for lines in batch:
                undoing.take_back(lines, present.get(lines[0].name))
    changes = sorted(undoing.changes, key=lambda each: each.place)
    computation = read_computation(store, run.connection)
    cost = cost_of(connector, changes, checked_first=checked_first)
    return Plan(
        run.connection,
        read_org(store, run.connection) or "",
        computation.as_of if computation else run.started_at,
        computation.rules if computation else "",
        run_id,
        tuple(changes),
        tuple(sorted(undoing.skipped, key=lambda each: (each.object, each.record, each.name, each.field))),
        (),
        cost.read,
        cost.write,
    )


class _Undoing:
    """The run that is taken back, and what its undo comes to."""

    def __init__(self, store: Store, run: RunRow) -> None:
        self._store = store
        self._run = run
        self._reason = f"as it stood before run {run.id}"
        self._fields = KnownFields(store, run.connection)
        self._written = {
            (row["object"], row["name"], row["field"]): (row["value"], row["run_id"])
            for row in store.rows(
                "SELECT object, name, field, value, run_id FROM written WHERE connection = ?", (run.connection,)
            )
        }
        self._fields_of: dict[tuple[str, str], set[str]] = defaultdict(set)
        for of_object, name, field in self._written:
            self._fields_of[of_object, name].add(field)
        self._undone = {
            row["id"]: row["undoes"]
            for row in store.rows(
                "SELECT id, json_extract(detail, '$.undoes') AS undoes FROM run"
                " WHERE connection = ? AND undoes IS NOT NULL",
                (run.connection,),
            )
        }
        self.changes: list[Change] = []
        self.skipped: list[Skip] = []

    def records(self) -> dict[Target, list[list[Change]]]:
        """The lines that the run wrote, by target, those of a record together."""
        rows = self._store.rows(
            "SELECT * FROM change WHERE run_id = ? AND outcome = 'written' ORDER BY object, key, name, field",
            (self._run.id,),
        )
        grouped: dict[Target, list[list[Change]]] = defaultdict(list)
        for (target, _), lines in groupby(map(change_of, rows), key=lambda line: (line.target, line.name)):
            grouped[target].append(list(lines))
        return grouped

    def fields(self, lines: Sequence[Change]) -> set[str]:
        """The fields to read of one record: of one that the run made, all that we ever wrote, since the others tell
        whether it is still ours alone."""
        fields, first = {line.field for line in lines}, lines[0]
        made = any(line.action is Action.CREATE for line in lines)
        return fields | self._fields_of[first.object, first.name] if made else fields

    def leave(self, batch: Iterable[Sequence[Change]], why: str) -> None:
        """Add that records stay as they are, since the CRM does not say what stands there."""
        for lines in batch:
            self._skip(lines[0], "", why, SkipKind.UNREAD)

    def take_back(self, lines: Sequence[Change], standing: Standing | None) -> None:
        """Add what undoes the lines of one record."""
        first = lines[0]
        if first.action is Action.DELETE:
            self._make_again(first, standing)
        elif standing is None:
            self._skip(first, "", "the record is gone from the CRM")
        elif any(line.action is Action.CREATE for line in lines):
            self._remove(lines, standing)
        else:
            for line in lines:
                if line.field and line.field not in standing.values:
                    self._skip(line, line.field, unreadable(line.object, line.field), SkipKind.UNREAD)
                else:
                    self._restore(line, standing.values.get(line.field) or None)

    def _restore(self, line: Change, stands: str | None) -> None:
        if self._fields.same(line, stands, line.before):
            return
        if self._fields.same(line, stands, line.after):
            self._add(line, line.field, Action.UPDATE, stands, line.before)
        else:
            self._skip(line, line.field, self._why_changed(line, stands))

    def _why_changed(self, line: Change, stands: str | None) -> str:
        value, run_id = self._written.get(line.place, (None, self._run.id))
        if run_id == self._run.id or not self._fields.same(line, stands, value):
            return SINCE
        writer = self._writer(line, run_id, value)
        if writer > self._run.id or run_id not in self._undone:
            return f"run {writer} wrote it since; undo that one first"
        return f"run {run_id} took back run {self._undone[run_id]} since; it is left as it stood before that one"

    def _writer(self, line: Change, run_id: int, value: str | None) -> int:
        """The run whose value a run put there: its own or, of an undo, that of an earlier run; 0 if it is no run's."""
        while run_id in self._undone:
            rows = self._store.rows(
                "SELECT change.run_id, after FROM run CROSS JOIN change ON change.run_id = run.id"
                " WHERE run.connection = ? AND run.id < ? AND object = ? AND name = ? AND field = ?"
                " AND outcome = 'written' ORDER BY run.id DESC LIMIT 1",
                (self._run.connection, self._undone[run_id], *line.place),
            )
            if not rows or not self._fields.same(line, rows[0]["after"], value):
                return 0
            run_id = rows[0]["run_id"]
        return run_id

    def _remove(self, lines: Sequence[Change], standing: Standing) -> None:
        """A record that the run made, where it is still as it was made."""
        first = lines[0]
        for line in lines:
            if line.field and line.field not in standing.values:
                self._skip(first, "", unreadable(line.object, line.field), SkipKind.UNREAD)
                return
            stands = standing.values.get(line.field) or None
            if line.field and not self._fields.same(line, stands, line.after):
                self._skip(first, "", f"made by run {self._run.id}, but its {line.field} changed: it stays")
                return
        for field in sorted(self._fields_of[first.object, first.name] - {line.field for line in lines}):
            value, run_id = self._written[first.object, first.name, field]
            if value:
                later = self._writer(replace(first, field=field), run_id, value) or run_id
                self._skip(first, "", f"run {later} wrote its {field} since; undo that one first")
                return
        if standing.theirs:
            self._skip(first, "", f"made by run {self._run.id}, but somebody worked on it since: it stays")
            return
        basis = max(line.basis for line in lines)  # fields without a period stand beside those of the record's
        self._add(replace(first, basis=basis), "", Action.DELETE, None, None)

    def _make_again(self, line: Change, standing: Standing | None) -> None:
        if standing is not None:
            self._skip(line, "", "somebody made it again since; it is left as it stands")
            return
        lost: dict[str, str | None] = json.loads(line.before or "{}")
        stood = {field: value for field, value in lost.items() if value}
        for field, value in stood.items() or [("", None)]:  # an association has no fields
            self._add(line, field, Action.CREATE, None, value)

    def _add(self, line: Change, field: str, action: Action, before: str | None, after: str | None) -> None:
        place = (line.object, line.key, line.name, line.record, field)
        self.changes.append(Change(*place, action, before, after, self._reason, line.source, line.basis))

    def _skip(self, line: Change, field: str, reason: str, kind: SkipKind = SkipKind.ALONE) -> None:
        self.skipped.append(Skip(line.object, line.record, field, reason, kind, line.name))
