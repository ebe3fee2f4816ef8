"""Plan: what should stand in the CRM against what stands there, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from config.metrics import Unit
from config.problems import ConfigError, Problem
from config.scalars import decimal_text
from salesops.calendar import local_day
from salesops.money import round_decimal
from sync.store.records import read_changed_at, read_fields
from sync.store.results import read_computation
from sync.store.store import parse_instant
from sync.wanted import read_targets, read_wanted, unit_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from config.loader import Project
    from config.writeback import FieldWrite
    from connectors.base import CrmField
    from sync.store.store import Store
    from sync.wanted import Target, Wanted

Fields = dict[tuple[str, str], "CrmField"]
"""The CRM's description of a field, by our object and the field's name."""

LastWritten = dict[tuple[str, str, str], "str | None"]
"""What we wrote last, by object, record and field."""

DECIMALS = {Unit.MONEY: 2, Unit.COUNT: 0, Unit.DAYS: 1, Unit.PERCENT: 4, Unit.NUMBER: 4}
"""The decimals that a number of each unit needs."""

UNDECLARED = {"number"}
"""HubSpot's word for fields that hold a number of any scale."""

TEXT_TYPES = {"string", "textarea", "picklist", "combobox", "enumeration"}
"""Both vendors' words for fields that hold a text."""


@dataclass(frozen=True, slots=True)
class Change:
    """One line of a plan: a field of a record, what stands there, what should, and why. None is an empty field."""

    object: str
    record_id: str
    record: str  # its name, for people
    field: str
    before: str | None
    after: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Skip:
    """A record that a plan leaves alone, and why."""

    object: str
    record: str
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """A list of changes to one CRM, not yet made. Changes are sorted by object, record id and field."""

    connection: str
    as_of: str
    rules: str
    changes: tuple[Change, ...]
    skipped: tuple[Skip, ...]


def build_plan(project: Project, store: Store, connection: str) -> Plan:
    """The changes that bring the CRM, as last pulled, to the results as last computed.

    ConfigError where there is nothing computed, where the rules changed since, where a field is missing, was
    never read or cannot hold the result, or where the plan is larger than the project's cap allows.
    """
    computation = read_computation(store, connection)
    if computation is None:
        raise _problem(project, f"nothing is computed yet for connection {connection}.", "Run `salesops compute`.")
    if computation.rules != project.digest:
        raise _problem(project, "the rules changed since the last computation.", "Run `salesops compute` again.")
    day = local_day(parse_instant(computation.as_of), ZoneInfo(project.settings.time_zone))
    writes = project.writeback.writeback.get(connection, ())
    fields = _target_fields(project, store, connection)
    last = _last_written(store, connection)
    changes: list[Change] = []
    skipped: list[Skip] = []
    for of_object in sorted({write.object for write in writes}):
        of_fields = [write for write in writes if write.object == of_object]
        wanted = [(write, read_wanted(store, project, connection, write, day)) for write in of_fields]
        for target in read_targets(store, connection, of_object):
            if target.record_id is None:
                skipped.append(Skip(of_object, target.name, "the CRM has no record of this user that fields stand on"))
                continue
            found = [_compare(project, write, target, look_up(target.id), fields, last) for write, look_up in wanted]
            of_target = [change for change in found if change is not None]
            if target.active:
                changes += of_target
            elif of_target:
                reason = f"no longer active: {len(of_target)} of its fields are left as they stand"
                skipped.append(Skip(of_object, target.name, reason))
    changes.sort(key=lambda change: (change.object, change.record_id, change.field))
    _check_cap(project, len(changes))
    return Plan(connection, computation.as_of, computation.rules, tuple(changes), tuple(skipped))


def is_outdated(store: Store, connection: str) -> bool:
    """Whether a pull changed records after the results were computed: the plan is then of older figures."""
    computation, changed_at = read_computation(store, connection), read_changed_at(store, connection)
    return computation is not None and changed_at is not None and changed_at > computation.computed_at


def _compare(
    project: Project, write: FieldWrite, target: Target, wanted: Wanted, fields: Fields, last: LastWritten
) -> Change | None:
    field = fields[write.object, write.field]
    record_id = target.record_id or ""
    if write.field not in target.custom:
        raise _problem(
            project, f"{write.object}.{write.field} was never read.", "Run `salesops pull` and compute again."
        )
    before = target.custom[write.field]
    after = format_value(wanted.value, unit_of(project, write), field)
    if same_value(before, after, field):
        return None
    reason = wanted.reason + _drift(last, (write.object, record_id, write.field), before, field)
    return Change(write.object, record_id, target.name, write.field, before, after, reason)


def format_value(value: Decimal | str | None, unit: Unit | None, field: CrmField) -> str | None:
    """A result as the text that stands in the CRM's field: rounded half up to the decimals that the field declares, or
    to those that its unit needs where it declares none.

    A percent field holds 12.5 for a fraction of 0.125; any other field holds the fraction. A text that is too long for
    its field is the CRM's to refuse, by name.
    """
    if value is None or isinstance(value, str):
        return value or None
    number = value * 100 if field.type == "percent" else value
    declared = None if field.type in UNDECLARED else field.decimals
    decimals = DECIMALS[unit or Unit.NUMBER] if declared is None else declared
    return decimal_text(round_decimal(number, decimals))


def same_value(before: str | None, after: str | None, field: CrmField) -> bool:
    """Whether two texts are one value: in a field of numbers at its precision, so that "1054.00" is "1054"; in any
    other to the letter. An empty text is nothing."""
    if (before or None) == (after or None):
        return True
    if not before or not after or field.decimals is None:
        return False
    try:
        return round_decimal(Decimal(before), field.decimals) == round_decimal(Decimal(after), field.decimals)
    except ArithmeticError:  # one of them is no number
        return False


def _target_fields(project: Project, store: Store, connection: str) -> Fields:
    """The CRM's description of each field that is written, or all problems with them at once."""
    known = read_fields(store, connection)
    problems = list(_field_problems(project, connection, known))
    if problems:
        raise ConfigError(problems)
    return known


def _field_problems(project: Project, connection: str, known: Fields) -> Iterator[Problem]:
    for write in project.writeback.writeback.get(connection, ()):
        field = known.get((write.object, write.field))
        where = project.where_field(connection, write.object, write.field, "writeback")
        if field is None:
            summary = f"the CRM shows no field {write.field} on {write.object} (connection {connection})."
            yield Problem("error", summary, "Create it with `salesops provision`, then `salesops pull`.", where)
        elif not field.updateable:
            summary = f"the field {write.field} on {write.object} cannot be written (type {field.type})."
            yield Problem("error", summary, "Choose another field, or give the login the right to edit it.", where)
        elif not _can_hold(field, unit_of(project, write)):
            what = "a text" if unit_of(project, write) is None else "a number"
            summary = f"the field {write.field} on {write.object} is of type {field.type} and cannot hold {what}."
            yield Problem("error", summary, "Choose another field.", where)


def _can_hold(field: CrmField, unit: Unit | None) -> bool:
    return field.type in TEXT_TYPES or (unit is not None and field.decimals is not None)


def _last_written(store: Store, connection: str) -> LastWritten:
    rows = store.rows("SELECT object, record_id, field, value FROM written WHERE connection = ?", (connection,))
    return {(row["object"], row["record_id"], row["field"]): row["value"] for row in rows}


def _drift(last: LastWritten, key: tuple[str, str, str], before: str | None, field: CrmField) -> str:
    """A note where the field no longer holds what we wrote last: somebody else changed it."""
    if key not in last or same_value(before, last[key], field):
        return ""
    return f"; somebody else changed it, we wrote {last[key] or 'nothing'}"


class StaleRules(Exception):
    """The plan was made by rules that have changed since; nothing was written."""


def check_plan(project: Project, plan: Plan) -> None:
    """Refuse a plan of another connection (ConfigError), of other rules (StaleRules), or over the cap."""
    if plan.connection not in project.settings.connections:
        names = ", ".join(project.settings.connections)
        raise _problem(
            project, f"the plan is for connection {plan.connection}, which this project has not.", f"It has {names}."
        )
    if plan.rules != project.digest:
        raise StaleRules("the plan was made by other rules than the project's present ones. Compute and plan again.")
    allowed = {(write.object, write.field) for write in project.writeback.writeback.get(plan.connection, ())}
    foreign = sorted({(change.object, change.field) for change in plan.changes} - allowed)
    if foreign:
        named = ", ".join(f"{of_object}.{field}" for of_object, field in foreign)
        raise _problem(project, f"the plan would write what writeback.yaml does not name: {named}.", "Plan again.")
    _check_cap(project, len(plan.changes))


def _check_cap(project: Project, count: int) -> None:
    cap = project.settings.caps.changes
    if count > cap:
        raise _problem(
            project,
            f"the plan has {count:,} changes; caps.changes allows {cap:,}.",
            "If so many are meant, raise caps.changes in salesops.yaml; if not, look at what changed in the rules.",
        )


def _problem(project: Project, summary: str, detail: str) -> ConfigError:
    from config.problems import Where

    return ConfigError([Problem("error", summary, detail, Where(str(project.root)))])
