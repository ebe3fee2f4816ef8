"""Creating and updating records as HubSpot does it: every value checked, defaults and calculated values filled in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from connectors.sandbox.hubspot.account.currencies import current_rates
from connectors.sandbox.hubspot.account.owners import owner_ids
from connectors.sandbox.hubspot.call import record_id
from connectors.sandbox.hubspot.definitions.calculated import calculated_values, default_values
from connectors.sandbox.hubspot.definitions.types import OBJECTS, ObjectType
from connectors.sandbox.hubspot.definitions.validations import check_rules
from connectors.sandbox.hubspot.errors import ApiError, validation
from connectors.sandbox.hubspot.records.history import change
from connectors.sandbox.hubspot.search.index import delay
from connectors.sandbox.hubspot.values import ValueProblem, ValueRefusedError, parse_value, values_error

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from decimal import Decimal

    from connectors.sandbox.hubspot.definitions.schema import Property
    from connectors.sandbox.hubspot.pipelines.pipelines import Pipeline
    from connectors.sandbox.hubspot.store import Record, Store

APP_ID = "4169410"
SOURCE = "INTEGRATION"
LONGEST = 65_536  # characters of a value (documentation of the properties API)


@dataclass(frozen=True, slots=True)
class Checker:
    """What values of one object are checked against: read once for a batch."""

    kind: ObjectType
    definitions: Mapping[str, Property]
    pipelines: Mapping[str, Pipeline]
    owners: frozenset[str]
    rates: Mapping[str, Decimal] = field(default_factory=dict)
    portal: int = 0
    version: str = ""  # of the path that the write came by: the later ones hold it to the validation rules

    @classmethod
    def of(cls, store: Store, kind: ObjectType, version: str = "") -> Checker:
        """A checker with the account's definitions, pipelines and active owners as they stand."""
        owners = frozenset(owner_ids(store, active_only=True))
        rates = current_rates(store) if kind.name == "deals" else {}
        portal = store.database.number
        return cls(kind, store.catalog.of(kind.name), store.pipelines(kind), owners, rates, portal, version)

    def parse(self, given: Mapping[str, str], known: Mapping[str, str | None]) -> dict[str, str | None]:
        """The canonical values; an ApiError lists every refused one. `known` are the values the record holds."""
        values: dict[str, str | None] = {}
        problems = []
        for name, text in given.items():
            problem = self._parse(name, text, values)
            if problem:
                problems.append(problem)
        problem = None if problems else self._misplaced_stage({**known, **values}, values)
        if problem:
            problems.append(problem)
        if problems:
            raise values_error(problems, self.portal)
        return values

    def _parse(self, name: str, text: str, values: dict[str, str | None]) -> ValueProblem | None:
        definition = self.definitions.get(name)
        if definition is None:
            return ValueProblem(name, "PROPERTY_DOESNT_EXIST", f'Property "{name}" does not exist')
        if definition.read_only:
            message = f'"{name}" is a read only property; its value cannot be set.'
            return ValueProblem(name, "READ_ONLY_VALUE", message)
        if len(text) > LONGEST:
            return ValueProblem(name, "VALUE_TOO_LONG", f'"{name}" holds more than {LONGEST} characters.')
        if definition.type != "string" and text != text.strip():
            message = f'"{text}" includes leading or trailing whitespace.'
            return ValueProblem(name, "LEADING_TRAILING_WHITESPACE", message)
        try:
            values[name] = parse_value(definition, text)
        except ValueRefusedError as error:
            return ValueProblem(name, error.code, str(error))
        if definition.refers_to == "OWNER" and text and text not in self.owners:
            return ValueProblem(name, "INVALID_OWNER_ID", f"Owner {text} does not exist or is not active")
        return None

    def _misplaced_stage(self, values: Mapping[str, str | None], given: Mapping[str, Any]) -> ValueProblem | None:
        if self.kind.pipeline is None or not set(self.kind.pipeline) & set(given):
            return None
        return stage_problem(self.kind.pipeline, values, self.pipelines)


def stage_problem(
    names: tuple[str, str], values: Mapping[str, str | None], pipelines: Mapping[str, Pipeline]
) -> ValueProblem | None:
    """What is wrong with a record's pipeline and stage; None where the stage is one of the pipeline's."""
    if not pipelines:
        return None
    pipeline_name, stage_name = names
    pipeline = pipelines.get(values.get(pipeline_name) or next(iter(pipelines)))
    if pipeline is None:
        allowed = ", ".join(pipelines)
        message = f"{values[pipeline_name]} was not one of the allowed options: [{allowed}]"
        return ValueProblem(pipeline_name, "INVALID_OPTION", message)
    stage = values.get(stage_name)
    if stage is None or pipeline.stage(stage):
        return None
    allowed = ", ".join(each.id for each in pipeline.stages)
    message = f"{stage} was not one of the allowed options of pipeline {pipeline.id}: [{allowed}]"
    return ValueProblem(stage_name, "INVALID_OPTION", message)


def create_record(store: Store, checker: Checker, given: Mapping[str, str]) -> int:
    """The id of a new record."""
    kind = checker.kind
    if not kind.creatable:
        raise validation(f"{kind.label} records cannot be created through this API; they follow the account's users.")
    defaults = default_values(kind.name, given, checker.pipelines)
    values = {**defaults, **checker.parse(given, defaults)}
    absent = [name for name in kind.required if values.get(name) is None]
    if absent:
        message = f"Error creating {kind.label}. Some required properties were not set."
        raise validation(message, context={"properties": absent})
    new_id = store.next_id(kind)
    _refuse_taken(store, checker, values, new_id)
    now = store.now()
    values = filled(kind, new_id, values, checker.pipelines, now, checker.definitions, checker.rates)
    check_rules(store, kind, values, checker.version)
    values |= _became(checker, values, now)
    source = {"hs_object_source": SOURCE, "hs_object_source_id": APP_ID, "hs_object_source_label": SOURCE}
    values |= source
    store.insert(kind, list(values), [(new_id, now, *values.values())])
    delay(store, kind, {new_id: None})
    return new_id


def filled(
    kind: ObjectType,
    record: int,
    values: Mapping[str, str | None],
    pipelines: Mapping[str, Pipeline],
    now: str,
    definitions: Mapping[str, Property] | None = None,
    rates: Mapping[str, Decimal] | None = None,
) -> dict[str, str | None]:
    """A new record's values with its stamps and calculated properties."""
    stamps = {kind.created: values.get(kind.created) or now, kind.modified: values.get(kind.modified) or now}
    complete = {**values, **stamps, **_stage_dates(kind, values, stamps[kind.created])}
    return complete | calculated_values(kind.name, record, complete, pipelines, definitions, rates)


def _became(checker: Checker, values: Mapping[str, str | None], now: str) -> dict[str, str | None]:
    """When a record came to its lifecycle stage, where HubSpot keeps that (its own stages of contacts)."""
    name = f"hs_lifecyclestage_{values.get('lifecyclestage')}_date"
    return {name: now} if name in checker.definitions else {}


def _stage_dates(kind: ObjectType, values: Mapping[str, str | None], now: str | None) -> dict[str, str | None]:
    """Since when a deal is in its stage; the time in it is kept as that instant too (recorded)."""
    if kind is not OBJECTS["deals"]:
        return {}
    known = values.get("hs_v2_date_entered_current_stage")
    entered = (known or now) if values.get("dealstage") else None
    return dict.fromkeys(("hs_v2_date_entered_current_stage", "hs_v2_time_in_current_stage"), entered)


def update_record(store: Store, checker: Checker, record: Record, given: Mapping[str, str]) -> list[str]:
    """The names of the properties that changed; a write of what stands there already changes nothing.

    `record` holds every property.
    """
    kind = checker.kind
    values = checker.parse(given, record.values)
    changes = {name: value for name, value in values.items() if value != record.values[name]}
    cleared = [name for name in kind.required if name in changes and changes[name] is None]
    if cleared:
        raise validation(f"Error updating {kind.label}. Some required properties were not set.")
    if not changes:
        return []
    _refuse_taken(store, checker, changes, record.id)
    with store.one_moment():
        return _change(store, checker, record, changes)


def _change(store: Store, checker: Checker, record: Record, changes: dict[str, str | None]) -> list[str]:
    kind = checker.kind
    if kind.pipeline and kind.pipeline[1] in changes:
        changes |= _stage_dates(kind, changes, store.now()) | _became(checker, changes, store.now())
    complete = {**record.values, **changes}
    derived = calculated_values(kind.name, record.id, complete, checker.pipelines, checker.definitions, checker.rates)
    check_rules(store, kind, {**complete, **derived}, checker.version)
    changes |= {name: value for name, value in derived.items() if value != record.values[name]}
    changes[kind.modified] = store.now()
    change(store, kind, record, changes, {name: _source(checker.definitions[name]) for name in changes})
    delay(store, kind, {record.id: record.values})
    return list(changes)


def find_record(
    store: Store, kind: ObjectType, names: Iterable[str], identity: object, key: str, *, archived: bool = False
) -> Record | None:
    """The live record that a path or a batch names; None where there is none."""
    identity = identity_property(store, kind, identity)
    if identity == "hs_object_id":
        number = record_id(key)
        if number is None:
            return None
        return store.by_identity(kind, names, identity, [number], archived=archived).get(str(number))
    key = key.lower() if identity == "email" else key
    return store.by_identity(kind, names, identity, [key], archived=archived).get(key)


def identity_property(store: Store, kind: ObjectType, name: object) -> str:
    """The property that identifies records, refused where its values need not be unique."""
    if name is None or name == "hs_object_id":
        return "hs_object_id"
    definition = store.catalog.of(kind.name).get(name) if isinstance(name, str) else None
    if definition is not None and (definition.name in kind.identity or definition.unique):
        return definition.name
    raise validation(f"Property '{name}' is not a unique identifier property of {kind.label}")


def all_properties(store: Store, kind: ObjectType) -> list[str]:
    """Every property of an object, for reading whole records."""
    return list(store.catalog.of(kind.name))


def _source(definition: Property) -> str:
    return "CALCULATED" if definition.calculated else SOURCE


def _refuse_taken(store: Store, checker: Checker, values: Mapping[str, str | None], own: int) -> None:
    kind = checker.kind
    email = values.get("email") if kind is OBJECTS["contacts"] else None
    if email and store.database.rows("SELECT 1 FROM hs_blocked_email WHERE email = ?", (email,)):
        message = f"Email address {email} was deleted for privacy reasons and cannot be used."
        raise values_error([ValueProblem("email", "INVALID_EMAIL", message)], checker.portal)
    for name, value in values.items():
        if value is None or not (name in kind.identity or checker.definitions[name].unique):
            continue
        taken = store.by_identity(kind, [], name, [value]).get(value)
        if taken is None or taken.id == own:
            continue
        if kind is OBJECTS["contacts"] and name == "email":
            raise ApiError(409, f"Contact already exists. Existing ID: {taken.id}", "CONFLICT")
        raise validation(
            f"Cannot set {name} to {value}. {taken.id} already has that value.",
            errors=[
                {
                    "message": f"{taken.id} already has that value.",
                    "code": "CONFLICTING_UNIQUE_VALUE",
                    "context": {"propertyName": [name]},
                }
            ],
        )
