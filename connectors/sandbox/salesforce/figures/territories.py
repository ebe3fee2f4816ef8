"""Sales territories: models and their states, territories inside one model, who and what is assigned to them.

Object Reference, Territory2Model and its family. The API makes models in the state Planning and cannot change it:
they are activated and archived in Setup, which here is an export folder's `State`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.errors import RecordError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.sandbox.salesforce.records.writer import Writer

_MANUAL = "Territory2Manual"


def before_model(writer: Writer, values: dict[str, Any], merged: dict[str, Any], old: Mapping[str, Any] | None) -> None:
    if old is None:
        values["State"] = "Planning"
    _refuse_twin(writer, "Territory2Model", ("DeveloperName",), merged)


def before_type(writer: Writer, _: dict[str, Any], merged: dict[str, Any], __: Mapping[str, Any] | None) -> None:
    _refuse_twin(writer, "Territory2Type", ("DeveloperName",), merged)


def before_territory(writer: Writer, _: dict[str, Any], merged: dict[str, Any], __: Mapping[str, Any] | None) -> None:
    _refuse_archived(writer, merged.get("Territory2ModelId"))
    _refuse_twin(writer, "Territory2", ("Territory2ModelId", "DeveloperName"), merged)
    parent = writer.store.get(writer.everything.named("Territory2"), str(merged.get("ParentTerritory2Id")))
    if parent and parent["Territory2ModelId"] != merged.get("Territory2ModelId"):
        message = "Parent Territory ID: a territory and its parent must belong to the same territory model"
        raise RecordError("FIELD_INTEGRITY_EXCEPTION", message, ["ParentTerritory2Id"])


def before_object(writer: Writer, values: dict[str, Any], merged: dict[str, Any], _: Mapping[str, Any] | None) -> None:
    """ "Manual cause can be set only by a user or via the API. Rules cause is used by the rules engine"."""
    _refuse_archived(writer, _model_of(writer, merged))
    if merged.get("AssociationCause") not in {None, _MANUAL}:
        message = "Method: only manual associations can be created through the API"
        raise RecordError("FIELD_INTEGRITY_EXCEPTION", message, ["AssociationCause"])
    target = writer.everything.of_id(str(merged.get("ObjectId")))
    values["SobjectType"] = target.name if target else None
    _refuse_twin(writer, "ObjectTerritory2Association", ("ObjectId", "Territory2Id"), merged)


def before_user(writer: Writer, values: dict[str, Any], merged: dict[str, Any], _: Mapping[str, Any] | None) -> None:
    _refuse_archived(writer, _model_of(writer, merged))
    user = writer.store.get(writer.everything.named("User"), str(merged.get("UserId")))
    values["IsActive"] = int(bool(user and user["IsActive"]))
    _refuse_twin(writer, "UserTerritory2Association", ("UserId", "Territory2Id"), merged)


def before_delete_association(writer: Writer, old: Mapping[str, Any]) -> None:
    _refuse_archived(writer, _model_of(writer, old))


def before_delete_model(_: Writer, old: Mapping[str, Any]) -> None:
    if old["State"] == "Active":
        raise RecordError("DELETE_FAILED", "An active territory model can't be deleted. Archive it first.", [])


def _model_of(writer: Writer, row: Mapping[str, Any]) -> Any:
    territory = writer.store.get(writer.everything.named("Territory2"), str(row.get("Territory2Id")))
    return territory["Territory2ModelId"] if territory else None


def _refuse_archived(writer: Writer, model_id: Any) -> None:
    model = writer.store.get(writer.everything.named("Territory2Model"), str(model_id))
    if model and model["State"] not in {"Planning", "Active"}:
        message = f"The territory model is in the state {model['State']}: it can't be changed"
        raise RecordError("FIELD_INTEGRITY_EXCEPTION", message, [])


def _refuse_twin(writer: Writer, table: str, columns: tuple[str, ...], merged: Mapping[str, Any]) -> None:
    tests = " AND ".join(f'"{column}" = ?' for column in columns)
    alive = " AND IsDeleted = 0" if writer.everything.named(table).find("IsDeleted") else ""
    sql = f'SELECT "Id" FROM "{table}" WHERE {tests}{alive}'
    for twin in writer.connection.execute(sql, [merged.get(column) for column in columns]):
        if twin[0] != merged.get("Id"):
            shown = columns[-1] if len(columns) == 1 else "<unknown>"
            message = f"duplicate value found: {shown} duplicates value on record with id: {twin[0]}"
            raise RecordError("DUPLICATE_VALUE", message, [])


BEFORE = {
    "Territory2Model": before_model,
    "Territory2Type": before_type,
    "Territory2": before_territory,
    "ObjectTerritory2Association": before_object,
    "UserTerritory2Association": before_user,
}
BEFORE_DELETE = {
    "Territory2Model": before_delete_model,
    "ObjectTerritory2Association": before_delete_association,
    "UserTerritory2Association": before_delete_association,
}
