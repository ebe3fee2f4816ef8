"""What the project wants of each object, what our login sees of it, and what is therefore asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from config.model import OBJECTS
from connectors.base import CrmField, MissingField
from connectors.salesforce import activities, history
from connectors.salesforce.activities import constant
from connectors.salesforce.describe import CURRENCIES, EMAILS
from connectors.salesforce.objects import ALWAYS_NEEDED, SOURCES, Column
from connectors.salesforce.rows import DELETED, ID, MASTER, Selection

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from zoneinfo import ZoneInfo

    from config.mapping import ObjectMapping
    from connectors.salesforce.describe import Catalog, SObject
    from connectors.salesforce.objects import Source


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


Wishes = dict[str, Wish]


def build_wishes(
    mapping: Mapping[str, ObjectMapping],
    written: Mapping[str, tuple[str, ...]],
    needed: Mapping[str, Collection[str]] | None = None,
) -> Wishes:
    """What the project wants, by our object: the defaults, with what `mapping.yaml` replaces.

    `needed` is what its rules read, None for everything that every org has.
    An activity's mapping is looked for on Task and on Event alike; on the one that has no such field it is null.
    """
    wishes = {}
    for name, sources in SOURCES.items():
        declared = mapping.get(name)
        fields = declared.fields if declared else {}
        custom = dict.fromkeys(declared.custom if declared else (), "custom")
        custom |= dict.fromkeys(written.get(name, ()), "writeback")
        mapped = tuple(_map(name, source, fields) for source in sources)
        wishes[name] = Wish(name, mapped, frozenset(fields), custom, _needed(name, sources, needed))
    return wishes


def sobjects(wishes: Wishes) -> Iterator[str]:
    """Every sObject that is read from."""
    for wish in wishes.values():
        for source in wish.sources:
            yield source.sobject
            if source.instead is not None:
                yield source.instead.sobject
    yield from (CURRENCIES, EMAILS)


def load(wishes: Wishes, catalog: Catalog, further: Iterable[str] = ()) -> None:
    """Look up all sObjects that are read from, and `further` ones, in as few calls as it takes, then the parents that
    are read through."""
    catalog.load((*sobjects(wishes), *further))
    parents = [
        parent
        for wish in wishes.values()
        for source in find_readable(wish, catalog)
        if (sobject := catalog.find(source.sobject)) is not None
        for path in (*_paths(source), *wish.custom)
        if "." in path
        for parent in catalog.parents(sobject, path.partition(".")[0])
    ]
    catalog.load(parents)


def find_readable(wish: Wish, catalog: Catalog) -> tuple[Source, ...]:
    """The sObjects to read: those that our login sees."""
    found = (_present(source, catalog) for source in wish.sources)
    return tuple(source for source in found if source is not None)


def find_hidden(wish: Wish, catalog: Catalog) -> Iterator[tuple[MissingField, bool]]:
    """What the project wants and our login does not see, each with whether it cannot do without.

    What the admin named may be on any of the object's sObjects; a default that not every org has may be nowhere.
    """
    seen: list[SObject] = []
    for declared in wish.sources:
        source = _present(declared, catalog) or declared
        sobject = catalog.find(source.sobject)
        if sobject is None:
            if wish.required or not declared.optional:
                yield MissingField(wish.object, source.sobject, ID, "mapping"), wish.required
            continue
        seen.append(sobject)
        for name, column in source.columns.items():
            expected = column.paths and not column.optional and name not in wish.mapped
            if expected and not any(catalog.find_field(sobject, path) for path in column.paths):
                yield MissingField(wish.object, source.sobject, column.paths[0], "mapping"), name in wish.needed
    for path, purpose in _named(wish):
        if seen and not any(catalog.find_field(sobject, path) for sobject in seen):
            yield MissingField(wish.object, wish.sources[0].sobject, path, purpose), True


def find_fields(wish: Wish, catalog: Catalog) -> dict[str, CrmField]:
    """Every field of the object's sObjects by its name, and the parents' fields that are asked for, by their paths."""
    fields: dict[str, CrmField] = {}
    for source in reversed(find_readable(wish, catalog)):
        sobject = catalog.find(source.sobject)
        if sobject is None:
            continue
        fields |= {name: field.crm for name, field in sobject.fields.items()}
        for path in (*_paths(source), *wish.custom):
            if "." in path and (field := catalog.find_field(sobject, path)) is not None:
                fields[path] = replace(field.crm, name=path, updateable=False)
    return fields


def find_paths(wish: Wish) -> dict[str, tuple[str, ...]]:
    """The Salesforce fields that fill each field of ours, on whichever of the object's sObjects."""
    paths: dict[str, tuple[str, ...]] = {}
    for source in wish.sources:
        for name, column in source.columns.items():
            paths[name] = tuple(dict.fromkeys((*paths.get(name, ()), *column.paths)))
    return paths


def build_selection(wishes: Wishes, name: str, source: Source, catalog: Catalog, zone: ZoneInfo) -> Selection:
    """What to ask a source for, whose sObject our login sees."""
    wish, sobject = wishes[name], catalog.find(source.sobject)
    assert sobject is not None  # noqa: S101  only what is readable is selected
    source, needs = _complete(wishes, source, sobject, catalog)
    custom = tuple(path for path in wish.custom if catalog.find_field(sobject, path) is not None)
    marks = [mark for mark in (ID, sobject.stamp, DELETED, MASTER) if mark in sobject.fields]
    found = {path: catalog.find_field(sobject, path) for path in dict.fromkeys((*marks, *_paths(source), *custom))}
    types = {path: field.crm.type for path, field in found.items() if field is not None}
    return Selection(
        wish.object,
        source.sobject,
        sobject.stamp,
        tuple(types),
        types,
        source.columns,
        custom,
        zone,
        source.only,
        needs,
        source.tag,
    )


def find_calculated(selection: Selection, wish: Wish, source: Source, catalog: Catalog) -> Selection | None:
    """What to ask for again of every record, being what changes without moving its stamp; None where nothing does.

    These are formulas and parents' fields that the admin named, and the few defaults that drift. What is worked out of
    several fields is worked out again where any of them is among these.
    """
    sobject = catalog.find(source.sobject)
    if sobject is None:
        return None

    def moves(path: str) -> bool:
        field = catalog.find_field(sobject, path)
        return field is not None and (field.calculated or "." in path)

    named = {
        our: column
        for our, column in selection.columns.items()
        if column.drifts or (our in wish.mapped and any(moves(path) for path in column.paths))
    }
    custom = tuple(path for path in selection.custom if moves(path))
    if not named and not custom:
        return None
    if named:
        named = {our: column for our, column in selection.columns.items() if our in named or column.compute is not None}
    return selection.narrowed(named, custom)


def _complete(wishes: Wishes, source: Source, sobject: SObject, catalog: Catalog) -> tuple[Source, str]:
    """The source with the columns that only the org can tell, and our field without which a record is none of ours."""
    columns, only, needs = dict(source.columns), source.only, ""
    if source.sobject == "OpportunityFieldHistory":
        wish, parent = wishes["opportunity"], catalog.find("Opportunity")
        kept = history.kept_fields("opportunity", wish.sources[0].columns, tuple(wish.custom))
        seen = {name: field.crm.type for name, field in parent.fields.items()} if parent else {}
        types = history.kept_types(seen)
        columns |= history.columns("opportunity", kept, types)
        kind = sobject.fields.get("DataType")
        lookups = history.find_lookups("opportunity", kept, types) if kind is not None and kind.orders else ()
        only, needs = history.condition(kept, lookups), "field"
    elif source.sobject in {CURRENCIES, "DatedConversionRate"}:
        columns["currency"] = Column((), compute=constant(catalog.corporate_currency() or None))
    return replace(source, columns=columns, only=only), needs


def _needed(name: str, sources: tuple[Source, ...], needed: Mapping[str, Collection[str]] | None) -> frozenset[str]:
    if needed is not None:
        return frozenset({*needed.get(name, ()), *ALWAYS_NEEDED.get(name, ())})
    return frozenset() if all(source.optional for source in sources) else frozenset(OBJECTS[name].fields)


def _present(source: Source, catalog: Catalog) -> Source | None:
    """The source, or the one that takes its place; None where our login sees neither."""
    if catalog.find(source.sobject) is not None:
        return source
    return _present(source.instead, catalog) if source.instead is not None else None


def _named(wish: Wish) -> Iterator[tuple[str, str]]:
    """(path, purpose) of each field that the admin named."""
    for name in sorted(wish.mapped):
        yield wish.sources[0].columns[name].paths[0], "mapping"
    yield from wish.custom.items()


def _paths(source: Source) -> Iterator[str]:
    for column in source.columns.values():
        yield from column.paths


def _map(name: str, source: Source, fields: Mapping[str, str]) -> Source:
    """The source with the admin's fields in place of the defaults."""
    columns = dict(source.columns)
    for our, path in fields.items():
        default = columns.get(our)
        compute = activities.map_compute(our, default.compute if default else None) if name == "activity" else None
        further = default.paths if default and our == "kind" and name == "activity" else ()
        columns[our] = Column((path, *further), compute=compute)
    instead = _map(name, source.instead, fields) if source.instead is not None else None
    return replace(source, columns=columns, instead=instead)
