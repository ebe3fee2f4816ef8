"""What stands on the records that we made, and that no pull reads: asked of the CRM, or as we wrote it last.

Kept records, tasks, forecasting quotas and accounts in territories are known to a plan by their names.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from config.model import OBJECTS
from connectors.writing import FORECASTING_QUOTA, OWNER, TASK, TERRITORY_ACCOUNT, Standing, Target
from salesops.calendar import local_day
from sync.plan.kept import kept_periods
from sync.plan.results import Results
from sync.plan.tasks import TASK_FIELDS
from sync.store.results import read_computation
from sync.store.store import parse_instant

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from config.loader import Project
    from connectors.base import Connector
    from sync.store.store import Store


@dataclass(frozen=True, slots=True)
class Ours:
    """The records by target and name. `gone` are the ids of those that we wrote and the CRM has no more, by the
    target's object; `unplaced` is how many are left out, because nobody told us their ids."""

    standing: Mapping[Target, Mapping[str, Standing]]
    gone: Mapping[str, frozenset[str]] = field(default_factory=dict)
    unplaced: int = 0

    def of(self, of_object: str) -> Iterator[tuple[str, Standing]]:
        """The records of an object or a target, by name."""
        for target, found in self.standing.items():
            if target.object == of_object:
                yield from sorted(found.items())


def ask(project: Project, store: Store, connection: str, connector: Connector) -> Ours:
    """What stands there now, by the CRM itself; records with a name of ours that somebody else made among them."""
    written = _Written(project, store, connection)
    standing: dict[Target, Mapping[str, Standing]] = {}
    gone: dict[str, frozenset[str]] = defaultdict(frozenset)
    for target, fields in written.targets():
        names = sorted({*written.names(target), *_further(project, store, connection, target)})
        found = connector.standing(target, fields, names) if names else {}
        standing[target] = found
        there = {each.record_id for each in found.values()}
        gone[target.object] |= {written.record_id(target, name) for name in names if name not in found} - there - {""}
    return Ours(standing, gone)


def recall(project: Project, store: Store, connection: str) -> Ours:
    """What stands there as far as we wrote it: nobody is asked."""
    written = _Written(project, store, connection)
    standing: dict[Target, dict[str, Standing]] = {}
    unplaced = 0
    for target, fields in written.targets():
        placed = {name: written.record_id(target, name) for name in written.names(target)}
        unplaced += sum(not record for record in placed.values())
        standing[target] = {
            name: Standing(record, {field: written.value(target, name, field) for field in fields})
            for name, record in placed.items()
            if record
        }
    return Ours(standing, unplaced=unplaced)


class _Written:
    """What we wrote to records of our own, by object and name."""

    def __init__(self, project: Project, store: Store, connection: str) -> None:
        self._project, self._connection = project, connection
        self._rows: dict[str, dict[str, dict[str, Any]]] = defaultdict(lambda: defaultdict(dict))
        sql = "SELECT object, name, field, record_id, value FROM written WHERE connection = ?"
        for row in store.rows(sql, (connection,)):
            if row["object"] not in OBJECTS or row["object"] == TERRITORY_ACCOUNT:
                self._rows[row["object"]][row["name"]][row["field"]] = row

    def targets(self) -> Iterator[tuple[Target, list[str]]]:
        """Where the project keeps records of its own, with the fields that it writes there."""
        writeback, connection = self._project.writeback, self._connection
        for target in dict.fromkeys(Target(k.object, k.key) for k in writeback.records.get(connection, ())):
            sets = [k for k in writeback.records[connection] if (k.object, k.key) == (target.object, target.key)]
            yield target, [*dict.fromkeys(field.field for kept in sets for field in kept.fields), OWNER]
        for key in dict.fromkeys(rule.key for rule in writeback.tasks.get(connection, ())):
            yield Target(TASK, key), [field.name for field in TASK_FIELDS]
        if writeback.forecasting_quotas.get(connection):
            rows = self._rows[FORECASTING_QUOTA].values()
            yield Target(FORECASTING_QUOTA), sorted({field for fields in rows for field in fields} or {"amount"})
        if connection in writeback.territory_associations:
            yield Target(TERRITORY_ACCOUNT), []

    def names(self, target: Target) -> list[str]:
        """The names of the records of a target; tasks go by the rule that their names begin with."""
        found = sorted(self._rows[target.object])
        if target.object != TASK:
            return found
        rules = {r.name for r in self._project.writeback.tasks.get(self._connection, ()) if r.key == target.key}
        return [name for name in found if name.partition("|")[0] in rules]

    def record_id(self, target: Target, name: str) -> str:
        """The CRM's id of a record; empty where its answer did not tell."""
        rows = self._rows[target.object].get(name, {}).values()
        return next((row["record_id"] for row in rows if row["record_id"]), "")

    def value(self, target: Target, name: str, field: str) -> str | None:
        """What we wrote to a field last."""
        row = self._rows[target.object][name].get(field)
        return row["value"] if row is not None else None


def _further(project: Project, store: Store, connection: str, target: Target) -> Sequence[str]:
    """Names that a plan would look up although we never wrote them."""
    if target.object == FORECASTING_QUOTA:
        types = sorted({w.forecasting_type for w in project.writeback.forecasting_quotas[connection]})
        rows = store.rows(
            "SELECT DISTINCT user_id, starts_on FROM quota WHERE connection = ? AND deleted = 0"
            " AND user_id IS NOT NULL AND starts_on IS NOT NULL",
            (connection,),
        )
        return [f"{row['user_id']}|{row['starts_on']}|{kind}" for row in rows for kind in types]
    names: list[str] = []
    for results in _results(project, store, connection):
        for kept in project.writeback.records.get(connection, ()):
            if (kept.object, kept.key) == (target.object, target.key):
                users = [row[0] for row in results.rows("SELECT id FROM user WHERE connection = ? AND deleted = 0")]
                holders = users if kept.per == "user" else sorted(results.teams)
                names += [f"{holder}|{period.name}" for period in kept_periods(results, kept) for holder in holders]
    return names


def _results(project: Project, store: Store, connection: str) -> Iterator[Results]:
    """The results as of today, and as of the day of the last computation."""
    computation = read_computation(store, connection)
    moments = [datetime.now(UTC), *([parse_instant(computation.as_of)] if computation else [])]
    zone = ZoneInfo(project.settings.time_zone)
    for day in sorted({local_day(moment, zone) for moment in moments}):
        yield Results(store, project, connection, day)
