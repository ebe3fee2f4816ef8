"""Provision: create the CRM fields that the project writes to and the CRM does not have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.metrics import Unit
from connectors.base import FieldKind, NewField
from sync.store.sweeps import forget_cursors
from sync.wanted import unit_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from config.loader import Project
    from connectors.base import Connector, Outcome
    from sync.store.store import Store

_KINDS = {
    Unit.MONEY: FieldKind.MONEY,
    Unit.COUNT: FieldKind.COUNT,
    Unit.PERCENT: FieldKind.PERCENT,
    Unit.DAYS: FieldKind.NUMBER,
    Unit.NUMBER: FieldKind.NUMBER,
    None: FieldKind.TEXT,
}


def missing_fields(project: Project, connection: str, connector: Connector) -> list[NewField]:
    """The fields of `writeback.yaml` that our login does not see in the CRM, in the file's order."""
    missing = {(m.object, m.field) for m in connector.describe().missing if m.purpose == "writeback"}
    return [
        NewField(write.object, write.field, write.label, write.description, _KINDS[unit_of(project, write)])
        for write in project.writeback.writeback.get(connection, ())
        if (write.object, write.field) in missing
    ]


def create_fields(store: Store, connection: str, connector: Connector, fields: Sequence[NewField]) -> list[Outcome]:
    """One outcome for each field. What we knew of the values in a new field is void: its object is read again whole."""
    outcomes = list(connector.provision(fields)) if fields else []
    forget_cursors(store, connection, sorted({field.object for field in fields}))
    return outcomes
