"""Whether the store holds enough of what the project's figures are made of to write them without a person's look."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sync.connections import needed_fields
from sync.store.gaps import read_gaps
from sync.store.identity import PARTS_OF_OPPORTUNITY

if TYPE_CHECKING:
    from config.loader import Project
    from sync.store.gaps import Gap
    from sync.store.store import Store


class StoreIncomplete(Exception):
    """Much is missing of what the figures are made of, or held that the CRM may not hold any more."""


def check_complete(project: Project, store: Store, connection: str) -> tuple[Gap, ...]:
    """The gaps of the connection that stop nothing; StoreIncomplete where a large one is of an object that the
    project's rules need."""
    gaps = tuple(read_gaps(store, connection))
    needed = _needed(project, connection)
    large = [gap for gap in gaps if gap.is_large and gap.object in needed]
    if large:
        what = "; ".join(f"{gap.object}: {gap.text}" for gap in large)
        raise StoreIncomplete(
            f"{connection}: what was pulled is not what the CRM holds. {what}. Figures are made of these, so nothing"
            " was computed or written. The next run pulls and looks again; `salesops pull --sweep ids` compares all"
            " ids now, and `salesops status` shows what is missing. To go on with what there is, use `salesops"
            " compute`, `plan` and `apply`."
        )
    return gaps


def _needed(project: Project, connection: str) -> set[str]:
    """The objects that the project's rules read, and those that it writes to."""
    needed = {*needed_fields(project), *(write.object for write in project.writeback.writeback.get(connection, ()))}
    return needed | {"opportunity"} if needed.intersection(PARTS_OF_OPPORTUNITY) else needed
