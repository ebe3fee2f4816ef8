"""Records as rows of our model: how each value is made is settled once for a type, then done for every record."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from config.model import OBJECTS, FieldType
from connectors.base import Row, RowProblem
from connectors.hubspot.records import Record
from connectors.hubspot.values import converter, decimal_text
from connectors.storable import are_storable, storable, storable_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from config.model import Scalar
    from connectors.hubspot.account import Account, Property
    from connectors.hubspot.derive import Lookups
    from connectors.hubspot.objects import CrmType, ObjectSpec, Source

    Make = Callable[[Record], Scalar]
    Text = Callable[[str], str]

KEPT = 4096  # texts of a property whose values are kept
# The stamp of rows that HubSpot dates by nothing (logins, teams, stages): later than any other, and always the same. A
# user's record moves with each figure we write and goes with the record, and an owner's stamp does not move when its
# user changes (owners API guide), so that by them a deactivated login could look older than what is known of it. All of
# these are read whole each time, and so are exchange rates: whatever differs from what is known is newer.
NEWEST = "9999-12-31T23:59:59.999Z"


def plain_row(name: str, row_id: str, modified_at: str, values: Mapping[str, Scalar], *, deleted: bool = False) -> Row:
    """A row of an object that is filled field by field; what `values` does not name is empty."""
    return Row({**dict.fromkeys(OBJECTS[name].fields), "id": row_id, **values}, {}, modified_at, deleted)


class Converter:
    """Makes the rows of one type's records. A value that fills no field is left out and told as a problem."""

    def __init__(self, account: Account, spec: ObjectSpec, crm_type: CrmType) -> None:
        seen = account.properties(crm_type.name)
        lookups = account.lookups(crm_type)
        kinds = OBJECTS[spec.name].fields
        self._object = spec.name
        self._crm_type = crm_type
        self._empty: dict[str, Scalar] = dict.fromkeys(kinds)
        self.fields: dict[str, Make] = {
            name: _maker(source, kinds[name], lookups)
            for name, source in crm_type.fields.items()
            if name in kinds and source.is_seen(seen)
        }
        self._linked = tuple(link.field for link in crm_type.links)
        self._along = {name: _custom(seen.get(name)) for name in spec.along}

    def row(self, record: Record, problems: list[RowProblem]) -> Row:
        """The row of a record; fields that HubSpot has nothing for are empty."""
        row_id = f"{self._crm_type.prefix}{record.id}"
        values = self._empty.copy()
        values["id"] = row_id
        for name in self._linked:
            values[name] = record.links.get(name)
        for name, make in self.fields.items():
            try:
                values[name] = make(record)
            except (ValueError, ArithmeticError) as error:
                problems.append(self._problem(row_id, name, error))
        if not are_storable(values.values()):
            self._empty_unstorable(row_id, values, problems)
        return Row(values, self.custom(record, self._along, problems), record.updated_at, record.archived)

    def value(self, record: Record, name: str, problems: list[RowProblem]) -> Scalar:
        """One field of a record."""
        try:
            return storable(self.fields[name](record))
        except (ValueError, ArithmeticError) as error:
            problems.append(self._problem(f"{self._crm_type.prefix}{record.id}", name, error))
            return None

    def of_text(self, name: str) -> Callable[[Record, list[RowProblem]], Scalar]:
        """What gives one field of a record where a single property makes it: each text is converted once."""
        make, (prop, *_) = self.fields[name], self._crm_type.fields[name].properties
        convert = lru_cache(KEPT)(lambda text: storable(make(Record("", {prop: text}, "", ""))))

        def of(record: Record, problems: list[RowProblem]) -> Scalar:
            try:
                return convert(record.properties.get(prop))
            except (ValueError, ArithmeticError) as error:
                problems.append(self._problem(f"{self._crm_type.prefix}{record.id}", name, error))
                return None

        return of

    def custom(
        self, record: Record, names: Mapping[str, Text] | None, problems: list[RowProblem]
    ) -> dict[str, str | None]:
        """The custom properties of a record."""
        custom: dict[str, str | None] = {}
        for name, make in (self._along if names is None else names).items():
            text = record.properties.get(name)
            try:
                custom[name] = make(text) if text else None
            except ValueError as error:
                custom[name] = None
                problems.append(self._problem(f"{self._crm_type.prefix}{record.id}", name, error))
        return custom

    def along(self, names: frozenset[str]) -> dict[str, Text]:
        """How some of the custom properties are made."""
        return {name: make for name, make in self._along.items() if name in names}

    def _empty_unstorable(self, row_id: str, values: dict[str, Scalar], problems: list[RowProblem]) -> None:
        for name, value in values.items():
            try:
                storable(value)
            except ValueError as error:
                values[name] = None
                problems.append(self._problem(row_id, name, error))

    def _problem(self, row_id: str, name: str, error: Exception) -> RowProblem:
        source = self._crm_type.fields.get(name)
        properties = ", ".join(source.properties) if source else name
        return RowProblem(
            self._object,
            row_id,
            name,
            f"{self._crm_type.name} {row_id.removeprefix(self._crm_type.prefix)}: {properties} cannot fill "
            f"{self._object}.{name}: {error}. Correct the record, or map {self._object}.{name} to another property.",
        )


def _maker(source: Source, kind: FieldType, lookups: Lookups) -> Make:
    derive = source.derive
    if derive is not None:
        return lambda record: derive(record, lookups)
    name, convert = source.properties[0], converter(kind, lookups.zone)

    def make(record: Record) -> Scalar:
        text = record.properties.get(name)
        return convert(text) if text and not text.isspace() else None

    return make


def _custom(known: Property | None) -> Text:
    kind = known.type if known else "string"
    if kind == "number":
        return decimal_text
    return _lower if kind == "bool" else storable_text


def _lower(text: str) -> str:
    return storable_text(text).lower()
