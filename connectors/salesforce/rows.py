"""What to ask an sObject for, and how a record of it becomes a `Row`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from config.model import OBJECTS
from connectors.base import CrmField, MissingField, Row
from connectors.errors import Rejected
from connectors.salesforce import activities
from connectors.salesforce.activities import Raw
from connectors.salesforce.objects import ALWAYS_NEEDED, SOURCES, Column
from connectors.salesforce.values import convert, custom_text, instant

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from zoneinfo import ZoneInfo

    from config.mapping import ObjectMapping
    from config.model import Scalar
    from connectors.salesforce.describe import Catalog, SObject
    from connectors.salesforce.objects import Source

DELETED = "IsDeleted"


@dataclass(frozen=True, slots=True)
class Wish:
    """All that the project wants of one object of ours: columns by sObject, and custom fields with their purposes."""

    object: str
    sources: tuple[Source, ...]
    mapped: frozenset[str]  # our fields whose CRM field the admin chose
    custom: Mapping[str, str]  # CRM field -> "custom" or "writeback"
    needed: frozenset[str]  # our fields that the project's rules read

    @property
    def required(self) -> bool:
        """Whether the project cannot do without this object."""
        return bool(self.needed or self.mapped or self.custom)


@dataclass(frozen=True, slots=True)
class Selection:
    """What to ask one sObject for, being what our login sees of it, and how to read the answer."""

    object: str
    sobject: str
    stamp: str
    has_deleted: bool
    fields: tuple[str, ...]  # every path to ask for
    columns: Mapping[str, Column]
    custom: Mapping[str, str]  # CRM field -> its type
    zone: ZoneInfo
    only: str = ""  # a condition on the records, empty for all

    def row(self, record: Mapping[str, Any]) -> Row:
        """The record as a row. Rejected where a field holds what ours cannot."""
        raw = Raw(record, self.zone)
        values: dict[str, Scalar] = {}
        for name in OBJECTS[self.object].fields:
            column = self.columns.get(name)
            try:
                values[name] = self._value(name, column, raw, values) if column else None
            except ValueError as error:
                raise self._misfit(name, column, record, error) from error
        custom = {name: custom_text(raw.get(name), kind) for name, kind in self.custom.items()}
        return Row(values, custom, instant(record[self.stamp]))

    def is_deleted(self, record: Mapping[str, Any]) -> bool:
        return self.has_deleted and record[DELETED] is True

    def _value(self, name: str, column: Column, raw: Raw, values: Mapping[str, Scalar]) -> Scalar:
        if column.compute is not None:
            return column.compute(raw, values)
        kind = OBJECTS[self.object].fields[name]
        for path in column.paths:
            if (value := convert(raw.get(path), kind, self.zone)) is not None:
                return value
        return None

    def _misfit(self, name: str, column: Column | None, record: Mapping[str, Any], error: ValueError) -> Rejected:
        paths = " or ".join(column.paths) if column else name
        kind = OBJECTS[self.object].fields[name]
        return Rejected(
            f"{self.sobject} {record.get('Id')}: {paths} holds {error}, but {self.object}.{name} takes {kind}. "
            f"Map {self.object}.{name} to another field in mapping.yaml."
        )


def build_wishes(
    mapping: Mapping[str, ObjectMapping],
    written: Mapping[str, tuple[str, ...]],
    needed: Mapping[str, Collection[str]] | None = None,
) -> dict[str, Wish]:
    """What the project wants, by our object: the defaults, with what `mapping.yaml` replaces.

    `needed` is what its rules read, None for everything.
    An activity's mapping is looked for on Task and on Event alike; on the one that has no such field it is null.
    """
    wishes = {}
    for name, sources in SOURCES.items():
        declared = mapping.get(name)
        fields = declared.fields if declared else {}
        custom = dict.fromkeys(declared.custom if declared else (), "custom")
        custom |= dict.fromkeys(written.get(name, ()), "writeback")
        read = OBJECTS[name].fields if needed is None else {*needed.get(name, ()), *ALWAYS_NEEDED.get(name, ())}
        mapped = tuple(_map(name, source, fields) for source in sources)
        wishes[name] = Wish(name, mapped, frozenset(fields), custom, frozenset(read))
    return wishes


def build_selections(wish: Wish, catalog: Catalog, zone: ZoneInfo) -> tuple[Selection, ...]:
    """What to ask for, one sObject after the other. Rejected where our login does not see one that it must."""
    sources = find_readable(wish, catalog) or wish.sources
    return tuple(_build_selection(wish, source, catalog, zone) for source in sources)


def find_readable(wish: Wish, catalog: Catalog) -> tuple[Source, ...]:
    """The sObjects to read: those that our login sees; all of them where the project cannot do without."""
    return tuple(source for source in wish.sources if wish.required or catalog.find(source.sobject) is not None)


def find_hidden(wish: Wish, catalog: Catalog) -> Iterator[tuple[MissingField, bool]]:
    """What the project wants and our login does not see, each with whether it cannot do without.

    What the admin named may be on any of the object's sObjects; a default that not every org has may be nowhere.
    """
    seen = {source: sobject for source in wish.sources if (sobject := catalog.find(source.sobject)) is not None}
    for source in wish.sources:
        if source not in seen:
            yield MissingField(wish.object, source.sobject, "Id", "mapping"), wish.required
            continue
        for name, column in source.columns.items():
            expected = column.paths and not column.optional and name not in wish.mapped
            if expected and not any(catalog.find_field(seen[source], path) for path in column.paths):
                yield MissingField(wish.object, source.sobject, column.paths[0], "mapping"), name in wish.needed
    for path, purpose in _named(wish):
        if seen and not any(catalog.find_field(sobject, path) for sobject in seen.values()):
            yield MissingField(wish.object, wish.sources[0].sobject, path, purpose), True


def _named(wish: Wish) -> Iterator[tuple[str, str]]:
    """(path, purpose) of each field that the admin named."""
    for name in sorted(wish.mapped):
        yield wish.sources[0].columns[name].paths[0], "mapping"
    yield from wish.custom.items()


def find_fields(wish: Wish, catalog: Catalog) -> dict[str, CrmField]:
    """Every field of the object's sObjects by its name, and the parents' fields that are asked for, by their paths."""
    fields: dict[str, CrmField] = {}
    for source in reversed(wish.sources):
        sobject = catalog.find(source.sobject)
        if sobject is None:
            continue
        fields |= {name: field.crm for name, field in sobject.fields.items()}
        dotted = (path for column in source.columns.values() for path in column.paths if "." in path)
        for path in (*dotted, *(path for path in wish.custom if "." in path)):
            if (field := catalog.find_field(sobject, path)) is not None:
                fields[path] = replace(field.crm, name=path, updateable=False)
    return fields


def _build_selection(wish: Wish, source: Source, catalog: Catalog, zone: ZoneInfo) -> Selection:
    sobject = _see(source.sobject, catalog)
    custom = {path: field.crm.type for path in wish.custom if (field := catalog.find_field(sobject, path)) is not None}
    wanted = [path for column in source.columns.values() for path in column.paths]
    visible = [path for path in (*wanted, *custom) if catalog.find_field(sobject, path) is not None]
    has_deleted = DELETED in sobject.fields
    fields = dict.fromkeys(("Id", sobject.stamp, *((DELETED,) if has_deleted else ()), *visible))
    return Selection(
        wish.object,
        source.sobject,
        sobject.stamp,
        has_deleted,
        tuple(fields),
        source.columns,
        custom,
        zone,
        source.only,
    )


def _see(name: str, catalog: Catalog) -> SObject:
    sobject = catalog.find(name)
    if sobject is None:
        raise Rejected(f"{name} is not there, or our login may not read it. Give the login the right to read {name}.")
    return sobject


def _map(name: str, source: Source, fields: Mapping[str, str]) -> Source:
    """The source with the admin's fields in place of the defaults."""
    columns = dict(source.columns)
    for our, path in fields.items():
        default = columns.get(our)
        compute = (
            activities.map_compute(our, path, default.compute if default else None) if name == "activity" else None
        )
        columns[our] = Column((path,), compute=compute)
    return replace(source, columns=columns)
