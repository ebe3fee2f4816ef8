"""What to ask an sObject for, and how a record of it becomes a `Row`.

A record is read in two steps: to the values of the asked fields in their order (from JSON by `Shape`, from CSV by
`read_cells`), and from there to a row. All that can be settled once for a selection is settled when it is built: a pull
goes through here a million times.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from config.model import OBJECTS
from connectors.base import Row, RowProblem
from connectors.errors import Retryable
from connectors.salesforce.objects import SHARES, Column
from connectors.salesforce.values import STRUCTURED, cell_reader, converter, custom_converter, instant
from connectors.storable import are_storable, storable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from config.model import Scalar
    from connectors.salesforce.activities import Compute

ID, DELETED, MASTER = "Id", "IsDeleted", "MasterRecordId"

EPOCH = "1970-01-01T00:00:00.000Z"
"""The stamp of a record that has none."""

Values = tuple[Any, ...]
"""A record: the values of the asked fields, in their order, as JSON holds them; nothing is None."""


class Shape:
    """How the answer to a query for these fields must look, and a record's values out of it."""

    def __init__(self, sobject: str, fields: Sequence[str], stamp: str = "") -> None:
        self._sobject = sobject
        self._stamp_at = fields.index(stamp) if stamp else None
        self._paths = [path.split(".") for path in fields]
        self._names = {"attributes", *(path[0] for path in self._paths)}
        plain = all(len(path) == 1 for path in self._paths)
        self._get = itemgetter(*fields) if plain and len(fields) > 1 else self._dig

    def read(self, records: Sequence[Mapping[str, Any]], url: str) -> list[Values]:
        """The records' values; Retryable where they answer some other question."""
        try:
            if any(record["attributes"]["type"] != self._sobject for record in records) or (
                records and records[0].keys() != self._names
            ):
                raise Retryable(f"{url}: an answer about something else than {self._sobject}.", alone=True)
            found = [self._get(record) for record in records]
            if self._stamp_at is not None and not all(record[self._stamp_at] for record in found):
                raise Retryable(f"{url}: a {self._sobject} without a stamp.", alone=True)
        except (KeyError, TypeError, AttributeError):
            raise Retryable(f"{url}: an answer that is not Salesforce's.", alone=True) from None
        return found

    def _dig(self, record: Mapping[str, Any]) -> Values:
        return tuple(_dig(record, path) for path in self._paths)


def _dig(record: Mapping[str, Any], path: Sequence[str]) -> Any:
    value: Any = record[path[0]]
    for name in path[1:]:
        if value is None:  # behind no parent
            return None
        # A parent of several kinds (an owner: user or queue) has only the fields of the kind it is.
        value = value.get(name)
    return value


@dataclass(frozen=True, eq=False)
class Selection:
    """What to ask one sObject for, being what our login sees of it, and how to read the answer."""

    object: str
    sobject: str
    stamp: str  # the field that says when a record last changed; empty where it has none
    fields: tuple[str, ...]  # every path to ask for
    types: Mapping[str, str]  # the type of each, as describe names it
    columns: Mapping[str, Column]
    custom: tuple[str, ...]  # paths that ride along
    zone: ZoneInfo
    only: str = ""  # a condition on the records, empty for all
    needs: str = ""  # our field without which a record is none of ours
    tag: str = ""  # what goes before Salesforce's ids

    def row(self, record: Values, problems: list[RowProblem]) -> Row | None:
        """The record as a row; what does not fit is empty, and told. None where it is none of ours."""
        held = (*record, None)
        if "" in held:
            held = tuple(None if value == "" else value for value in held)
        values: dict[str, Scalar] = dict(zip(self._names, self._pick(held), strict=True))
        known = len(problems)
        for name, column in self._made:
            try:
                values[name] = column(held, values)
            except ValueError as error:
                values[name] = None
                problems.append(self._misfit(name, record, error))
        if self.needs and values[self.needs] is None:
            del problems[known:]
            return None
        if self.tag:
            values["id"] = self.id_of(record)
        custom: dict[str, str | None] = {}
        for path, index, convert in self._custom:
            value = held[index]
            try:
                custom[path] = convert(value) if convert and value is not None else value
            except ValueError as error:
                custom[path] = None
                problems.append(self._custom_misfit(path, record, error))
        if not are_storable([*values.values(), *custom.values()]):
            self._empty_unstorable(values, custom, record, problems)
        return Row(values, custom, self.stamp_of(record), self.is_deleted(record))

    def _empty_unstorable(
        self,
        values: dict[str, Scalar],
        custom: dict[str, str | None],
        record: Values,
        problems: list[RowProblem],
    ) -> None:
        """Leave out, and tell, what no table keeps."""
        for name, value in values.items():
            try:
                storable(value)
            except ValueError as error:
                values[name] = None
                problems.append(self._misfit(name, record, error))
        for path, text in custom.items():
            try:
                storable(text)
            except ValueError as error:
                custom[path] = None
                problems.append(self._custom_misfit(path, record, error))

    def stamp_of(self, record: Values) -> str:
        """When it last changed, as an INSTANT."""
        return instant(record[self._stamp_at]) if self.stamp else EPOCH

    def id_of(self, record: Values) -> str:
        """Its id among ours."""
        return f"{self.tag}{record[0]}"

    def is_deleted(self, record: Values) -> bool:
        return self._deleted_at is not None and record[self._deleted_at] is True

    def merged_into(self, record: Values) -> str:
        """The id of the record that a deleted one was merged into, or empty."""
        return (record[self._master_at] or "") if self._master_at is not None and self.is_deleted(record) else ""

    def narrowed(self, columns: Mapping[str, Column], custom: Sequence[str], *further: str) -> Selection:
        """What fills these columns and custom fields, of every live record, to be read by id."""
        paths = {ID, *further, *custom, *(path for column in columns.values() for path in column.paths)}
        types = {path: kind for path, kind in self.types.items() if path in paths}
        live = [self.only] if self.only else []
        live += [f"{DELETED} = false"] if DELETED in self.types else []
        return replace(
            self,
            stamp="",
            fields=tuple(types),
            types=types,
            columns=columns,
            custom=tuple(custom),
            only=" AND ".join(live),
            needs="",
        )

    @property
    def in_bulk(self) -> bool:
        """Whether the Bulk API gives the same values."""
        return not any(kind in STRUCTURED for kind in self.types.values())

    def read_cells(self, cells: Sequence[str]) -> Values:
        """A line of CSV as a record. Empty is null."""
        values: list[Any] = [cell or None for cell in cells]
        for index, read in self._cells:
            if (value := values[index]) is not None:
                values[index] = read(value)
        return tuple(values)

    @cached_property
    def _cells(self) -> list[tuple[int, Callable[[str], Any]]]:
        found = ((index, cell_reader(self.types[path])) for index, path in enumerate(self.fields))
        return [(index, read) for index, read in found if read is not None]

    @cached_property
    def _stamp_at(self) -> int:
        return self.fields.index(self.stamp)

    @cached_property
    def _deleted_at(self) -> int | None:
        return self.fields.index(DELETED) if DELETED in self.fields else None

    @cached_property
    def _master_at(self) -> int | None:
        return self.fields.index(MASTER) if MASTER in self.fields else None

    @cached_property
    def _names(self) -> tuple[str, ...]:
        return tuple(OBJECTS[self.object].fields)

    @cached_property
    def _pick(self) -> Callable[[Values], Values]:
        """Our fields in their order: what is taken as it is, None for what is not, or is still to be made."""
        return itemgetter(*(self._index_of(self._plain(name)) for name in self._names))

    @cached_property
    def _made(self) -> list[tuple[str, Callable[[Values, Mapping[str, Scalar]], Scalar]]]:
        """How to make what cannot be taken as it is, in the model's order."""
        names = (name for name in self._names if name in self.columns and self._plain(name) is None)
        return [(name, self._maker(name, self.columns[name])) for name in names]

    @cached_property
    def _custom(self) -> list[tuple[str, int, Callable[[Any], str | None] | None]]:
        return [(path, self.fields.index(path), custom_converter(self.types[path])) for path in self.custom]

    def _plain(self, name: str) -> str | None:
        """The path whose value is taken as it is, as nearly all are."""
        column = self.columns.get(name)
        if column is None or column.compute is not None or len(column.paths) != 1:
            return None
        path = column.paths[0]
        return path if path in self.types and self._convert(name, path) is None else None

    def _index_of(self, path: str | None) -> int:
        """Where a path's value stands; behind the last, where a None stands, for what is not asked for."""
        return self.fields.index(path) if path in self.types and path is not None else len(self.fields)

    def _convert(self, name: str, path: str) -> Callable[[Any], Scalar] | None:
        kind, share = OBJECTS[self.object].fields[name], name in SHARES.get(self.object, ())
        return converter(kind, self.types.get(path, ""), self.zone, share=share)

    def _maker(self, name: str, column: Column) -> Callable[[Values, Mapping[str, Scalar]], Scalar]:
        indexes = [self._index_of(path) for path in column.paths]
        if column.compute is not None:
            return _compute(column.compute, indexes, self.zone)
        return _first([(index, self._convert(name, path)) for index, path in zip(indexes, column.paths, strict=True)])

    def _misfit(self, name: str, record: Values, error: ValueError) -> RowProblem:
        paths = " or ".join(self.columns[name].paths) or name
        kind = OBJECTS[self.object].fields[name]
        text = (
            f"{self.sobject} {record[0]}: {paths} holds {error}, but {self.object}.{name} takes {kind}. It is left "
            f"empty. Map {self.object}.{name} to another field in mapping.yaml."
        )
        return RowProblem(self.object, self.id_of(record), name, text)

    def _custom_misfit(self, path: str, record: Values, error: ValueError) -> RowProblem:
        text = f"{self.sobject} {record[0]}: {path} holds {error}. It is left empty."
        return RowProblem(self.object, self.id_of(record), path, text)


def _compute(
    compute: Compute, indexes: Sequence[int], zone: ZoneInfo
) -> Callable[[Values, Mapping[str, Scalar]], Scalar]:
    if len(indexes) == 1:
        [at] = indexes
        return lambda held, values: compute((held[at],), values, zone)
    if not indexes:
        return lambda _held, values: compute((), values, zone)
    pick = itemgetter(*indexes)
    return lambda held, values: compute(pick(held), values, zone)


def _first(
    ways: Sequence[tuple[int, Callable[[Any], Scalar] | None]],
) -> Callable[[Values, Mapping[str, Scalar]], Scalar]:
    """The first value that is there."""
    if len(ways) == 1:
        [(at, how)] = ways

        def only(held: Values, _values: Mapping[str, Scalar]) -> Scalar:
            value: Any = held[at]
            return how(value) if how and value is not None else value

        return only

    def first(held: Values, _values: Mapping[str, Scalar]) -> Scalar:
        for index, convert in ways:
            value: Any = held[index]
            if value is not None:
                return convert(value) if convert else value
        return None

    return first
