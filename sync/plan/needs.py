"""The CRM fields that a project's `writeback.yaml` writes to: are they there, and can they hold what is written?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from config.metrics import Unit
from config.problems import ConfigError, Problem
from connectors.base import CrmField, ValueKind
from connectors.writing import FORECASTING_QUOTA, TASK
from sync.plan.fields import unit_of
from sync.plan.forecasting import AMOUNT
from sync.plan.kept import record_unit
from sync.plan.results import unit_of_quota
from sync.plan.values import NUMBERS, can_hold
from sync.store.records import read_fields

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from config.loader import Project
    from config.problems import Where
    from config.values import RecordValue, Value
    from config.writeback import ForecastingQuotaWrite
    from sync.store.store import Store

Fields = dict[tuple[str, str], CrmField]
"""The CRM's description of a field, by our object (or a custom object's API name, or "task") and the field's name."""

PROVISION = "Create it with `salesops provision`, then `salesops pull`."


@dataclass(frozen=True, slots=True)
class _Needed:
    """A field that is written: the unit of its numbers, None for a text, a day, a moment or a user."""

    object: str
    name: str
    where: Where
    unit: Unit | None
    is_time: bool = False
    is_flag: bool = False
    is_key: bool = False
    is_payee: bool = False


def read_target_fields(project: Project, store: Store, connection: str) -> Fields:
    """The CRM's description of each field as last pulled; ConfigError with all problems of those that are written."""
    known = read_fields(store, connection)
    objects = {of_object for of_object, _ in known}
    needed = [*_of_fields(project, connection), *_of_records(project, connection), *_of_tasks(project, connection)]
    problems = list(_missing_objects(project, connection, objects))
    for each in needed:
        is_kept = each.is_key or _is_kept(project, connection, each.object)
        if not is_kept or each.object in objects:
            problems += _problems(connection, each, known.get((each.object, each.name)))
    if problems:
        raise ConfigError(problems)
    return known


def money_fields(project: Project, connection: str) -> frozenset[tuple[str, str]]:
    """The fields that hold amounts of money, by object and field."""
    needed = (*_of_fields(project, connection), *_of_records(project, connection))
    fields = {(each.object, each.name) for each in needed if each.unit is Unit.MONEY}
    units = {unit_of_quota(project, each.quota, "target") for each in _forecast(project, connection)}
    return frozenset(fields | ({(FORECASTING_QUOTA, AMOUNT.name)} if Unit.MONEY in units else set()))


def _forecast(project: Project, connection: str) -> Sequence[ForecastingQuotaWrite]:
    return project.writeback.forecasting_quotas.get(connection, ())


def _of_fields(project: Project, connection: str) -> Iterator[_Needed]:
    for number, write in enumerate(project.writeback.writeback.get(connection, ())):
        where = project.where("writeback", connection, number, "field")
        unit = None if write.text is not None else unit_of(project, write.value)
        is_time, is_flag = _is_time(write.value, write.text), _is_flag(write.value, write.text)
        yield _Needed(write.object, write.field, where, unit, is_time=is_time, is_flag=is_flag)


def _of_records(project: Project, connection: str) -> Iterator[_Needed]:
    for number, kept in enumerate(project.writeback.records.get(connection, ())):
        at = ("records", connection, number)
        yield _Needed(kept.object, kept.key, project.where(*at, "key"), None, is_key=True)
        for place, write in enumerate(kept.fields):
            yield _Needed(
                kept.object,
                write.field,
                project.where(*at, "fields", place, "field"),
                None if write.text is not None else record_unit(project, write.value),
                is_time=_is_time(write.value, write.text),
                is_flag=_is_flag(write.value, write.text),
                is_payee=write.value.kind == "payee" and write.text is None,
            )


def _of_tasks(project: Project, connection: str) -> Iterator[_Needed]:
    for number, rule in enumerate(project.writeback.tasks.get(connection, ())):
        yield _Needed(TASK, rule.key, project.where("tasks", connection, number, "key"), None, is_key=True)


def _is_time(value: Value | RecordValue, text: str | None) -> bool:
    is_day = value.kind == "period" and value.show != "name"
    return text is None and (value.kind == "updated" or is_day)


def _is_flag(value: Value | RecordValue, text: str | None) -> bool:
    return text is None and value.kind == "metric" and value.show == "partial"


def _is_kept(project: Project, connection: str, name: str) -> bool:
    return any(kept.object == name for kept in project.writeback.records.get(connection, ()))


def _missing_objects(project: Project, connection: str, known: set[str]) -> Iterator[Problem]:
    for number, kept in enumerate(project.writeback.records.get(connection, ())):
        if kept.object not in known:
            summary = f"the CRM shows no object {kept.object} (connection {connection})."
            yield Problem("error", summary, PROVISION, project.where("records", connection, number, "object"))


def _problems(connection: str, needed: _Needed, field: CrmField | None) -> Iterator[Problem]:
    name = f"{needed.name} on {needed.object}"
    if field is None:
        summary = f"the CRM shows no field {name} (connection {connection})."
        yield Problem("error", summary, PROVISION, needed.where)
    elif not field.updateable:
        summary = f"the field {name} cannot be written (type {field.type})."
        yield Problem("error", summary, "Choose another field, or give the login the right to edit it.", needed.where)
    elif not _fits(needed, field):
        summary = f"the field {name} is of type {field.type} and cannot hold {_what(needed, field)}."
        yield Problem("error", summary, "Choose another field.", needed.where)


def _fits(needed: _Needed, field: CrmField) -> bool:
    if needed.is_key:
        return field.kind is ValueKind.TEXT
    if needed.is_payee and field.kind is ValueKind.REFERENCE:
        return True
    return can_hold(field, needed.unit, is_time=needed.is_time, is_flag=needed.is_flag)


def _what(needed: _Needed, field: CrmField) -> str:
    """What a field must hold, in words."""
    if needed.is_key:
        return "our key, which is a text"
    if needed.is_time:
        return "a day or a moment"
    if needed.is_flag:
        return "yes or no"
    if needed.unit is None:
        return "plain text" if field.type == "html" else "a text"
    if field.kind is ValueKind.PERCENT:
        return "a number that is no percentage"
    is_share = needed.unit is Unit.PERCENT and field.kind in NUMBERS
    return "a share of 1, since it keeps too few decimals" if is_share else "a number"
