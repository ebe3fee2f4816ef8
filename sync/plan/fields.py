"""The fields of `writeback:`: what should stand on users, accounts, opportunities, leads and contacts."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from config.metrics import Unit
from config.model import OBJECTS
from config.values import BELONGS_TO, REACHES
from connectors.writing import Standing, Target
from sync.plan.earned_results import commission_results, opportunity_results, unit_of_commission
from sync.plan.measure_results import measure_results, unit_of_measure
from sync.plan.metric_results import metric_of_user, unit_of_metric
from sync.plan.model import Policy, Skip
from sync.plan.pay_results import pay_results, unit_of_pay
from sync.plan.results import Wanted, quota_results, territory_results, unit_of_quota
from sync.plan.texts import in_words
from sync.plan.wishes import Group, Shown, Wish

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from config.loader import Project
    from config.values import Value
    from config.writeback import FieldWrite
    from connectors.base import Connector, CrmField, Sealed
    from sync.plan.results import Lookup, Results


class _Record(NamedTuple):
    """A record of the store that can be written to. `name` is the CRM's id, None where it has no record for a user;
    `active` is False for a user who may no longer sign in; `leads_to` are the ids behind its fields."""

    id: str
    name: str | None
    record: str
    active: bool
    custom: Mapping[str, str | None]
    leads_to: Mapping[str, str | None]
    currency: str


def field_groups(
    results: Results, fields: Mapping[tuple[str, str], CrmField], connector: Connector, as_of: datetime
) -> Iterator[Group]:
    """A group for each object that `writeback:` names, by name; what stands there is what was pulled last. Records that
    the CRM lets nobody change are left out, and counted."""
    sealed = connector.sealed()
    writes = results.project.writeback.writeback.get(results.connection, ())
    for of_object in sorted({write.object for write in writes}):
        of_fields = [(write, fields[of_object, write.field]) for write in writes if write.object == of_object]
        yield _group(results, of_object, of_fields, sealed.get(of_object), as_of)


def _group(
    results: Results, of_object: str, writes: list[tuple[FieldWrite, CrmField]], sealed: Sealed | None, as_of: datetime
) -> Group:
    shown = [
        (_shown(results.project, write, field), _look_up_once(results, write, as_of), _via(write))
        for write, field in writes
    ]
    names = [each.field.name for each, _, _ in shown]
    users = {of.id: of.record for of in _records(results, "user")} if any(write.text for write, _ in writes) else {}
    wishes: list[Wish] = []
    standing: dict[str, Standing] = {}
    skipped = _count_sealed(results, of_object, sealed)
    inactive: set[str] = set()
    for record in _records(results, of_object, sealed):
        if record.name is None:
            skipped.append(
                Skip(of_object, record.record, "", "the CRM has no record of this user that fields stand on")
            )
            continue
        values = {name: record.custom[name] for name in names if name in record.custom}
        standing[record.name] = Standing(record.name, values)
        if not record.active:
            inactive.add(record.name)
        for (each, look_up, via), (write, _) in zip(shown, writes, strict=True):
            key = record.id if via == "id" else record.leads_to[via]
            wanted = look_up(key) if key else Wanted(None, f"its {via.removesuffix('_id')} is empty")
            if write.text is not None:
                payee = key if via != "id" or of_object == "user" else record.leads_to.get("owner_id")
                wanted = in_words(write.text, wanted, unit_of(results.project, write.value), users.get(payee or "", ""))
            wishes.append(Wish(record.name, record.record, each, wanted, record.currency))
    return Group(Target(of_object), wishes, standing, skipped, inactive=frozenset(inactive))


def _shown(project: Project, write: FieldWrite, field: CrmField) -> Shown:
    unit = None if write.text is not None else unit_of(project, write.value)
    follows = write.value.kind == "updated"
    return Shown(field, unit, Policy(write.on_edit), write.empty == "leave", follows)


def unit_of(project: Project, value: Value) -> Unit | None:
    """The unit of the numbers that a value is; None where it is a text or a time."""
    match value.kind:
        case "metric":
            return unit_of_metric(project, value)
        case "quota":
            return unit_of_quota(project, value.quota, value.show)
        case "measure":
            return unit_of_measure(project, value)
        case "commission":
            return unit_of_commission(value)
        case "pay":
            return unit_of_pay(value)
        case "territory" | "updated":
            return None
        case _:
            return Unit.MONEY


def _via(write: FieldWrite) -> str:
    """The field of the record that leads to what the value is about."""
    about = BELONGS_TO.get(write.value.kind, write.object)
    return REACHES[write.object].get(about, "id")


def _look_up_once(results: Results, write: FieldWrite, as_of: datetime) -> Lookup:
    """The look-up of a value; where many records show one result, they share it."""
    look_up = _look_up(results, write, as_of)
    return look_up if _via(write) == "id" else cache(look_up)


def _look_up(results: Results, write: FieldWrite, as_of: datetime) -> Lookup:
    value = write.value
    if value.kind == "updated":
        updated = Wanted(as_of, "when we last changed the record", "updated")
        return lambda _: updated
    return value_results(results, value)


def value_results(results: Results, value: Value) -> Lookup:
    """A value's result by the id of what it is about."""
    match value.kind:
        case "metric":
            period = results.calendar.resolve(value.period, results.day)
            return metric_of_user(results, value.metric, period, value.grain, value.show)
        case "quota":
            return quota_results(results, value.quota, value.show, results.calendar.resolve(value.period, results.day))
        case "measure":
            return measure_results(results, value, results.calendar.resolve(value.period, results.day))
        case "commission":
            period = results.calendar.resolve(value.period, results.day)
            return commission_results(results, period, unit=value.unit, comp_plan=value.comp_plan)
        case "pay":
            return pay_results(results, value, results.calendar.resolve(value.period, results.day))
        case "territory":
            return territory_results(results)
        case "earned_commission":
            return opportunity_results(results, "earned", value.comp_plan)
        case "estimated_commission":
            return opportunity_results(results, "estimated", value.comp_plan)
    raise LookupError(value.kind)


_parse = json.JSONDecoder().raw_decode
"""Of a JSON text without blanks around it, as the store keeps it: `json.loads` looks for some first."""


def _count_sealed(results: Results, of_object: str, sealed: Sealed | None) -> list[Skip]:
    """What to say of the records that nobody may change: how many they are."""
    if sealed is None:
        return []
    [(count,)] = results.rows(
        f"SELECT count(*) FROM {of_object} WHERE connection = ? AND deleted = 0 AND {sealed.flag} = 1"
    )
    return [Skip(of_object, "", "", f"{int(count):,} {sealed.why}")] if int(count) else []


def _records(results: Results, of_object: str, sealed: Sealed | None = None) -> Iterator[_Record]:
    """The live records of an object, by id, without those that nobody may change."""
    known = OBJECTS[of_object].fields
    name = "coalesce(name, id)" if "name" in known else "id"
    record, active = ("record_id", "active = 1") if of_object == "user" else ("id", "1")
    links = [field for field in ("owner_id", "account_id") if field in known]
    currency = "coalesce(currency, '')" if "currency" in known else "''"
    columns = ", ".join([f"id, {record}, {name}, {active}, custom, {currency}", *links])
    free = f"AND {sealed.flag} IS NOT 1" if sealed else ""
    sql = f"SELECT {columns} FROM {of_object} WHERE connection = ? AND deleted = 0 {free} ORDER BY id"
    for row in results.store.connection.execute(sql, (results.connection,)):
        record_id, record, called, is_active, custom, in_currency, *leads = row
        leads_to = dict(zip(links, leads, strict=True))
        yield _Record(record_id, record, called, bool(is_active), _parse(custom)[0], leads_to, in_currency)
