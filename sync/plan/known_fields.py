"""What the store knows of the fields that a plan writes: when two texts in one of them are the same value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.problems import ConfigError, Problem, Where
from connectors.writing import FORECASTING_QUOTA, TASK
from sync.plan.forecasting import AMOUNT, QUANTITY
from sync.plan.tasks import TASK_FIELDS
from sync.plan.values import same_value
from sync.store.records import read_fields

if TYPE_CHECKING:
    from collections.abc import Iterable

    from connectors.base import CrmField
    from sync.plan.model import Change
    from sync.store.store import Store

BUILT_IN = {
    **{(TASK, field.name): field for field in TASK_FIELDS},
    **{(FORECASTING_QUOTA, field.name): field for field in (AMOUNT, QUANTITY)},
}
"""Fields of targets that the CRM describes under other names (`connectors.writing.Target`)."""


class KnownFields:
    """The fields of a connection, as last described."""

    def __init__(self, store: Store, connection: str) -> None:
        self._connection = connection
        self._fields = read_fields(store, connection)

    def of(self, of_object: str, field: str) -> CrmField | None:
        """What is known of a field."""
        return BUILT_IN.get((of_object, field)) or self._fields.get((of_object, field))

    def check(self, changes: Iterable[Change]) -> None:
        """ConfigError where a field of the changes is not known: it is another store than the plan's."""
        places = {(change.object, change.field) for change in changes if change.field}
        unknown = sorted(place for place in places if self.of(*place) is None)
        if unknown:
            named = ", ".join(f"{of_object}.{field}" for of_object, field in unknown)
            raise ConfigError(
                [
                    Problem(
                        "error",
                        f"the store knows no such field: {named}.",
                        "Run `salesops pull`, then plan again.",
                        Where(self._connection),
                    )
                ]
            )

    def same(self, change: Change, one: str | None, other: str | None) -> bool:
        """Whether two texts are one value in the change's field; in a field that is gone since, only equal ones are."""
        field = self.of(change.object, change.field)
        return (one or None) == (other or None) if field is None else same_value(one, other, field)
