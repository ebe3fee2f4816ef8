"""The same facts in another order and in other batches, which must change nothing."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pyarrow as pa
from worked import facts

if TYPE_CHECKING:
    import random

    from reference_world import Facts


def mixed(rows: Facts, shuffler: random.Random) -> dict[str, pa.Table]:
    """The facts of these rows, mixed."""
    shuffled = {name: shuffler.sample(them, len(them)) for name, them in rows.items()}
    return {name: _in_pieces(table, shuffler) for name, table in facts(**shuffled).items()}


def _in_pieces(table: pa.Table, shuffler: random.Random) -> pa.Table:
    cuts = sorted({0, table.num_rows, *(shuffler.randint(0, table.num_rows) for _ in range(3))})
    pieces = [table.slice(start, end - start) for start, end in pairwise(cuts)]
    return pa.concat_tables(pieces) if pieces else table
