"""Pull: copy what changed in a CRM into the store, page by page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from config.problems import ConfigError, Problem, Where
from sync import events
from sync.store import records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from config.loader import Project
    from connectors.base import Connector, Description, MissingField
    from sync.store.store import Store


@dataclass(frozen=True, slots=True)
class ObjectPull:
    """What one object's sweep did: rows that came, rows of the store they changed, deletions among what came."""

    object: str
    pages: int
    rows: int
    changed: int
    deleted: int


def describe(project: Project, store: Store, connection: str, connector: Connector) -> tuple[str, ...]:
    """Ask the CRM which fields our login sees, and keep the answer; returns what it does not see and no rule needs.

    ConfigError where it does not see a field that the project needs: nothing is read then.
    """
    _check_org(store, connection, connector.org())
    description = connector.describe()
    problems = [_problem(project, connection, missing) for missing in description.missing]
    problems += _fed_back(project, connection, description)
    if problems:
        raise ConfigError(problems)
    records.save_fields(store, connection, description.fields)
    return tuple(
        f"{unseen.crm_object}.{unseen.field} is hidden from our login (connection {connection}): {unseen.object} is"
        " read without it. No rule needs it."
        for unseen in description.unseen
    )


def _fed_back(project: Project, connection: str, description: Description) -> Iterator[Problem]:
    """Fields that we would write and that our figures are made of: each run would feed on the one before."""
    for write in project.writeback.writeback.get(connection, ()):
        if write.field in description.sources.get(write.object, ()):
            where = project.where_field(connection, write.object, write.field, "writeback")
            summary = f"{write.field} is read as a field of {write.object}; a result must not be written over it."
            yield Problem("error", summary, "Name a field of its own for the result.", where)


def _check_org(store: Store, connection: str, org: str) -> None:
    """ConfigError where the connection's rows are from another CRM account: two must not mix in one store."""
    other = records.bind_org(store, connection, org)
    if other is not None:
        summary = f"reaches the CRM account {org} now; the store's records are from {other}."
        detail = f"Name this one otherwise than {connection}, or move {store.path} away and pull afresh."
        raise ConfigError([Problem("error", summary, detail, Where("salesops.yaml", path=f"connections.{connection}"))])


def pull(
    store: Store,
    connection: str,
    connector: Connector,
    progress: Callable[[str, int, int | None], None] = lambda *_: None,
) -> Iterator[ObjectPull]:
    """What became of each object, as its sweep ends. `describe` comes first.

    Every page is kept with its cursor, so a pull that stops goes on after its last page. `progress` is called after
    each with the object, the rows so far, and how many there are in all where that is known.
    """
    for name in connector.objects():
        yield _pull_object(store, connection, connector, name, progress)


def _pull_object(
    store: Store,
    connection: str,
    connector: Connector,
    name: str,
    progress: Callable[[str, int, int | None], None],
) -> ObjectPull:
    cursor = records.read_cursor(store, connection, name)
    total = connector.count(name) if cursor is None else None
    pages = rows = changed = deleted = 0
    for page in connector.read(name, cursor):
        changed += records.save_page(store, connection, page)
        pages += 1
        rows += len(page.rows)
        deleted += len(page.deleted)
        events.emit("rows_stored", connection=connection, object=name, rows=len(page.rows), deleted=len(page.deleted))
        progress(name, rows, total)
    return ObjectPull(name, pages, rows, changed, deleted)


def _problem(project: Project, connection: str, missing: MissingField) -> Problem:
    what = f"{missing.crm_object} has no field {missing.field} that our login can see"
    if missing.purpose == "writeback":
        remedy = "Create it with `salesops provision`, or give the login the right to read and edit it."
    else:
        remedy = "Correct the name in mapping.yaml, or give the login the right to read it."
    return Problem("error", f"{what} (connection {connection}).", remedy, _where(project, connection, missing))


def _where(project: Project, connection: str, missing: MissingField) -> Where:
    return project.where_field(connection, missing.object, missing.field, missing.purpose)
