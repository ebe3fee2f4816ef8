"""The files of the mirror: batches of rows in Arrow's format, read in place."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from sync.store.mirror import may_hold
from sync.store.raw import schema_of
from sync.store.shelf import Shelf

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from sync.store.mirror import Files

_NAME = b"name"
_MARKED: dict[str, pa.DataType] = {"masked": pa.list_(pa.int64()), "ended": pa.list_(pa.string())}
_MARKS = pa.schema(_MARKED)


def open_shelf(folder: Path, name: str, files: Files) -> Shelf | None:
    """The rows that these files hold; None where they are not what the store says."""
    schema = schema_of(name, files.columns) if files.columns else pa.schema([])
    if not may_hold(folder):
        return None
    try:
        base = _open(folder, files.base, schema)
        tail = _open(folder, files.tail, schema)
        marks = _open(folder, files.marks, _MARKS)
        if base is None or tail is None or marks is None:
            return None
        masked, ended = (marks[0].column(each)[0].values for each in _MARKS.names)
    except (OSError, ValueError, IndexError):  # gone, cut off, or no such file: pyarrow's errors are of these
        return None
    return Shelf(schema, tuple(base), pa.Table.from_batches(tail, schema), masked.to_pylist(), ended, files.versions)


def write_base(
    folder: Path, name: str, token: str, schema: pa.Schema, batches: Iterable[pa.RecordBatch]
) -> tuple[str, int]:
    """The file that holds these rows: its name, with a token that nothing had before, and its length."""
    return _write(folder / f"{name}.{token}.base", schema, batches)


def write_rest(folder: Path, name: str, token: str, shelf: Shelf) -> tuple[tuple[str, int], tuple[str, int]]:
    """The files of what changed since the base was written: the tail, and the marks."""
    marks = pa.record_batch(
        [pa.array([list(shelf.masked)], _MARKS.field(0).type), pa.array([shelf.ended], _MARKS.field(1).type)],
        schema=_MARKS,
    )
    tail = _write(folder / f"{name}.{token}.tail", shelf.schema, shelf.tail.to_batches())
    return tail, _write(folder / f"{name}.{token}.marks", _MARKS, [marks])


def _open(folder: Path, file: tuple[str, int], schema: pa.Schema) -> Sequence[pa.RecordBatch] | None:
    """The batches of a file, in place; None where it is not as long as it should be, or not of its name.

    ValueError where a batch does not hang together.
    """
    name, length = file
    path = folder / name
    if path.stat().st_size != length:
        return None
    reader = pa.ipc.open_file(pa.memory_map(str(path)))
    said = (reader.schema.metadata or {}).get(_NAME, b"").decode()
    if said != name or not reader.schema.equals(schema):
        return None
    batches = [reader.get_batch(number).replace_schema_metadata(None) for number in range(reader.num_record_batches)]
    for batch in batches:
        _check(batch)
    return batches


def _check(batch: pa.RecordBatch) -> None:
    """ValueError where a value would be read from outside of the batch, which may end the process. The values are not
    looked at: that would read all of the file."""
    batch.validate(full=batch.schema.equals(_MARKS))
    for column in batch.columns:
        if pa.types.is_string(column.type) and len(column):
            ends = pa.Array.from_buffers(pa.int32(), len(column) + 1, [None, column.buffers()[1]], offset=column.offset)
            if not pc.all(pc.greater_equal(ends[1:], ends[:-1])).as_py():
                raise ValueError


def _write(path: Path, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> tuple[str, int]:
    """A new file with these batches, that its owner alone may read, on the disk before it has its name."""
    folder = path.parent
    if not may_hold(folder):
        raise NotADirectoryError(f"{folder} is no folder, or a link leads there")
    folder.parent.mkdir(mode=0o700, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    unnamed = path.with_name(f"{path.name}.new")
    try:
        with open(unnamed, "xb", opener=_private) as file:
            with pa.ipc.new_file(file, schema.with_metadata({_NAME: path.name})) as writer:
                for batch in batches:
                    writer.write_batch(batch)
            file.flush()
            os.fsync(file.fileno())
            length = file.tell()
        unnamed.rename(path)
    except BaseException:
        unnamed.unlink(missing_ok=True)
        raise
    return path.name, length


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
