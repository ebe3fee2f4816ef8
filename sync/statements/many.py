"""Many statements; PDFs, which take longest, on all the processors that there are."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import islice
from multiprocessing import get_context
from typing import TYPE_CHECKING

from sync.statements.formats import render

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from salesops.statements.model import Statement
    from sync.statements.formats import Format
    from sync.statements.writing import Writing

FEW = 200
"""So many PDFs are made sooner by one process than others are started."""

_AT_ONCE = 50
_BATCHES = 4
"""Each process gets so many statements at once, so many times before the next are built: memory does not grow."""


def render_many(
    statements: Iterable[Statement], format_: Format, writing: Writing, count: int, width: int | None = None
) -> Iterator[tuple[Statement, bytes]]:
    """Each statement in a format, in their order; the same bytes as one by one. `count` is how many they are."""
    made = partial(render, format_=format_, writing=writing, width=width)
    workers = min(os.cpu_count() or 1, 8)
    if format_ != "pdf" or count < FEW or workers == 1:
        yield from ((each, made(each)) for each in statements)
        return
    rest = iter(statements)
    # A stop of the whole group reaches us, and we end the others.
    quiet = partial(signal.signal, signal.SIGINT, signal.SIG_IGN)
    with ProcessPoolExecutor(workers, get_context("spawn"), quiet) as pool:
        while batch := list(islice(rest, _AT_ONCE * _BATCHES * workers)):
            yield from zip(batch, pool.map(made, batch, chunksize=_AT_ONCE), strict=True)
