"""Content that calculations of pay are made of, and what came of it: in compressed chunks, each kept once.

A chunk's key is the digest of what it holds, so what two calculations have in common takes room once: of a table the
rows that did not change, in the order of their keys.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sync.store.store import Store

CHUNK_ROWS = 50_000

_CODEC: Literal["zstd"] = "zstd"


class Damaged(Exception):
    """What the store holds of a calculation, as in "input files/quotas.yaml of calculation 3", is not what was kept."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is not what was kept. The store is damaged: restore a copy of it.")


def plain_table(table: pa.Table, keys: Sequence[str] = ()) -> pa.Table:
    """The table without dictionaries and metadata, its columns whole, its rows in the order of the keys, if any."""
    types = [(f.name, f.type.value_type if pa.types.is_dictionary(f.type) else f.type) for f in table.schema]
    plain = table.cast(pa.schema(types)).combine_chunks()
    if not keys:
        return plain
    return plain.take(pc.sort_indices(plain, sort_keys=[(key, "ascending") for key in keys]))


def digest_table(table: pa.Table) -> str:
    """SHA-256 of the names of the columns and of all values as text, in their order; none differs from "".

    >>> digest_table(pa.table({"a": [""]})) == digest_table(pa.table({"a": pa.array([None], pa.string())}))
    False
    """
    sink = pa.BufferOutputStream()
    texts = [c.cast(pa.string()) if pa.types.is_decimal(c.type) else c for c in plain_table(table).columns]
    pa.csv.write_csv(pa.table(texts, names=table.column_names), sink)
    return hashlib.sha256(sink.getvalue()).hexdigest()


def table_chunks(table: pa.Table) -> Iterator[bytes]:
    """A plain table in pieces, at least one, each a stream of its rows with the schema."""
    for start in range(0, max(table.num_rows, 1), CHUNK_ROWS):
        rows = pa.array(range(start, min(start + CHUNK_ROWS, table.num_rows)), pa.int64())
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table.take(rows).combine_chunks())  # new columns: nothing of others is left in them
        yield sink.getvalue().to_pybytes()


def digest_chunk(chunk: bytes) -> str:
    """SHA-256 of a chunk: its key."""
    return hashlib.sha256(chunk).hexdigest()


def digest_parts(parts: Mapping[str, Iterable[str]]) -> str:
    """SHA-256 of parts by name, each the digests of its chunks."""
    said = {name: digest_chunk("".join(digests).encode()) for name, digests in parts.items()}
    return digest_chunk(digest_chunk(json.dumps(said, sort_keys=True).encode()).encode())


def save_parts(db: sqlite3.Connection, calculation: int, role: str, parts: Mapping[str, Iterable[bytes]]) -> None:
    """Keep the inputs or outputs of a calculation by name. Inside a transaction."""
    for name, chunks in parts.items():
        for number, chunk in enumerate(chunks):
            key = digest_chunk(chunk)
            if db.execute("SELECT 1 FROM pay_chunk WHERE digest = ?", (key,)).fetchone() is None:
                packed = pa.compress(chunk, codec=_CODEC, asbytes=True)
                db.execute("INSERT INTO pay_chunk VALUES (?, ?, ?)", (key, len(chunk), packed))
            db.execute("INSERT INTO pay_part VALUES (?, ?, ?, ?, ?)", (calculation, role, name, number, key))


def read_names(store: Store, calculation: int, role: str) -> list[str]:
    """The names of the inputs or outputs that are kept of a calculation."""
    rows = store.rows(
        "SELECT DISTINCT name FROM pay_part WHERE calculation_id = ? AND role = ? ORDER BY name", (calculation, role)
    )
    return [row["name"] for row in rows]


def read_digests(store: Store, calculation: int, role: str) -> dict[str, list[str]]:
    """The digests of the chunks of all inputs or outputs that are kept of a calculation, by name."""
    found: dict[str, list[str]] = {}
    for row in store.rows(
        "SELECT name, digest FROM pay_part WHERE calculation_id = ? AND role = ? ORDER BY name, number",
        (calculation, role),
    ):
        found.setdefault(row["name"], []).append(row["digest"])
    return found


def read_chunks(store: Store, calculation: int, role: str, name: str) -> list[bytes]:
    """The chunks of an input or output in order; Damaged where there is none, or one is not what its digest says."""
    what = f"{role} {name} of calculation {calculation}"
    rows = store.rows(
        "SELECT digest, content FROM pay_part JOIN pay_chunk USING (digest)"
        " WHERE calculation_id = ? AND role = ? AND name = ? ORDER BY number",
        (calculation, role, name),
    )
    if not rows:
        raise Damaged(what)
    return [_unpacked(what, *row) for row in rows]


def read_table(store: Store, calculation: int, role: str, name: str) -> pa.Table:
    """A table as it was kept."""
    chunks = read_chunks(store, calculation, role, name)
    return pa.concat_tables([pa.ipc.open_stream(chunk).read_all() for chunk in chunks])


def forget_outputs(db: sqlite3.Connection, calculation: int) -> None:
    """Let go what came of a calculation that another took the place of. Inside a transaction."""
    mine = "SELECT digest FROM pay_part WHERE calculation_id = ? AND role = 'output'"
    digests = [row[0] for row in db.execute(mine, (calculation,))]
    db.execute("DELETE FROM pay_part WHERE calculation_id = ? AND role = 'output'", (calculation,))
    db.executemany(
        "DELETE FROM pay_chunk WHERE digest = ?1 AND NOT EXISTS (SELECT 1 FROM pay_part WHERE digest = ?1)",
        ((each,) for each in digests),
    )
    db.execute("DELETE FROM pay_entry WHERE calculation_id = ?", (calculation,))


def _unpacked(what: str, digest: str, content: bytes) -> bytes:
    try:
        with pa.CompressedInputStream(pa.BufferReader(content), _CODEC) as stream:
            chunk = stream.read()
    except OSError:
        chunk = b""
    if digest_chunk(chunk) != digest:
        raise Damaged(what)
    return chunk
