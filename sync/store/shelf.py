"""The rows of one table as the mirror holds them: a base that is written once, and what became of it since.

A record that was touched is masked in the base, and stands in the tail as it is now, if it lives. A version tells for
each column when a value of it last changed: equal versions, equal values.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from sync.store.raw import BATCH_ROWS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

ALL, ENDED = "*", "deleted"
"""What versions are of besides columns: all that is not named, and which records ended."""

FEW = 256
"""A batch with fewer masked rows than one in so many is cut into slices, which copies nothing."""

TAIL_SHARE = 10
"""The base is made anew when what changed since is more than one row in so many."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """`masked` are the places of rows of the base that count no more, in order; `ended` the ids of ended records."""

    schema: pa.Schema
    base: tuple[pa.RecordBatch, ...]
    tail: pa.Table
    masked: Sequence[int] = ()
    ended: pa.Array[Any] = field(default_factory=lambda: pa.array([], pa.string()))
    versions: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_worn(self) -> bool:
        """Whether so much changed that the base should be made anew."""
        return (len(self.masked) + self.tail.num_rows) * TAIL_SHARE > sum(batch.num_rows for batch in self.base)

    def version(self, of: str) -> str:
        """The version of a column, or of ENDED; of a history also of a field that it tells of ("lead.status")."""
        return self.versions.get(of, self.versions[ALL])

    def rows(self, columns: Collection[str]) -> pa.Table:
        """The live rows with these columns, in the order of the schema; what is not masked is not copied."""
        names = [name for name in self.schema.names if name in columns]
        batches = [part.select(names) for part in _unmasked(self.base, self.masked)]
        tail = self.tail.select(names)
        return pa.concat_tables([pa.Table.from_batches(batches, tail.schema), tail])

    def updated(self, ids: pa.Array[Any], rows: pa.Table, ended: pa.Array[Any], token: str) -> Shelf:
        """The shelf after the records of these ids were touched; `rows` are those that live, `ended` that ended."""
        shelf = self._with_rows(ids, rows, token) if self.schema.names else self
        were_ended = pc.is_in(self.ended, value_set=ids)
        if set(self.ended.filter(were_ended).to_pylist()) == set(ended.to_pylist()):
            return shelf
        now_ended = pa.concat_arrays([self.ended.filter(pc.invert(were_ended)), ended])
        return replace(shelf, ended=now_ended, versions={**shelf.versions, ENDED: token})

    def _with_rows(self, ids: pa.Array[Any], rows: pa.Table, token: str) -> Shelf:
        places, old = _found(self.schema, self.base, self.masked, ids)
        in_tail = pc.is_in(self.tail["id"], value_set=ids)
        changed = _changed(pa.concat_tables([old, self.tail.filter(in_tail)]), rows)
        return replace(
            self,
            tail=pa.concat_tables([self.tail.filter(pc.invert(in_tail)), rows]).combine_chunks(),
            masked=sorted([*self.masked, *places]),
            versions={**self.versions, **dict.fromkeys(changed, token)},
        )

    def made_anew(self) -> Shelf:
        """The same rows, all of them in the base."""
        rows = self.rows(self.schema.names)
        base = (
            batch
            for start in range(0, rows.num_rows, BATCH_ROWS)
            for batch in rows.slice(start, BATCH_ROWS).combine_chunks().to_batches()
        )
        return replace(self, base=tuple(base), tail=self.schema.empty_table(), masked=())


def _is_in(ordered: Sequence[int], place: int) -> bool:
    at = bisect_left(ordered, place)
    return at < len(ordered) and ordered[at] == place


def _unmasked(base: Iterable[pa.RecordBatch], masked: Sequence[int]) -> Iterator[pa.RecordBatch]:
    start = 0
    for batch in base:
        after = start + batch.num_rows
        own = [place - start for place in _between(masked, start, after)]
        start = after
        if not own:
            yield batch
        elif len(own) * FEW > batch.num_rows:
            places = pa.array(range(batch.num_rows), pa.int64())
            yield batch.filter(pc.invert(pc.is_in(places, value_set=pa.array(own, pa.int64()))))
        else:
            bounds = [-1, *own, batch.num_rows]
            pieces = ((before + 1, until) for before, until in pairwise(bounds))
            yield from (batch.slice(first, until - first) for first, until in pieces if until > first)


def _found(
    schema: pa.Schema, base: Sequence[pa.RecordBatch], masked: Sequence[int], ids: pa.Array[Any]
) -> tuple[list[int], pa.Table]:
    """The places in the base that hold one of these ids and are not masked, with their rows."""
    held = pa.chunked_array([batch.column("id") for batch in base], pa.string())
    hits: list[int] = pc.indices_nonzero(pc.is_in(held, value_set=ids)).to_pylist()  # type: ignore[assignment]
    places = [place for place in hits if not _is_in(masked, place)]
    rows = []
    start = 0
    for batch in base:
        after = start + batch.num_rows
        own = [place - start for place in _between(places, start, after)]
        if own:
            rows.append(batch.take(pa.array(own, pa.int64())))
        start = after
    return places, pa.Table.from_batches(rows, schema)


def _between(ordered: Sequence[int], first: int, after: int) -> Sequence[int]:
    return ordered[bisect_left(ordered, first) : bisect_left(ordered, after)]


def _changed(old: pa.Table, new: pa.Table) -> set[str]:
    """What has another version now that the old rows are the new ones; both have the column `id`, once each."""
    old, new = (table.combine_chunks().sort_by("id") for table in (old, new))
    if not old["id"].equals(new["id"]):
        changed = set(old.schema.names)
    else:
        changed = {name for name in old.schema.names if not old[name].equals(new[name])}
    return changed | _told(old) | _told(new)


def _told(rows: pa.Table) -> set[str]:
    """The fields that rows of a history tell of; none of what is no history."""
    if not {"object", "field", "record_id"} <= set(rows.schema.names):
        return set()
    pairs = zip(rows["object"].to_pylist(), rows["field"].to_pylist(), strict=True)
    return {f"{object_}.{field_}" for object_, field_ in pairs}
