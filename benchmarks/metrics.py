"""142 metrics of the catalog (`benchmarks.metric_names`) of a large company by user, team and month, ours against three
written by hand.

Every side starts from the same store file and ends with the same values, each in a process of its own: DuckDB SQL over
the tables that our reader gives, pandas, and sqlite3 over the file. Sides take turns, twice; the faster turn counts.
`METRICS_SCALE=10` measures a tenth of the company. `python -m benchmarks.metrics SIDE PATH` measures one side alone, on
a store that `benchmarks.metric_company` built.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.metric_company import build_store

if TYPE_CHECKING:
    from collections.abc import Mapping

SCALE = int(os.environ.get("METRICS_SCALE", "1"))
SMALL = 50
TURNS = 2
OURS = "ours"
BY_HAND = {"duckdb": "DuckDB SQL by hand", "pandas": "pandas by hand", "sqlite": "sqlite3 by hand"}
CELL = ("metric", "grain", "key", "period")
A_MILLIONTH = 1.1e-6  # values have 6 places; a double may be on the other side of a tie


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds of reading the store, of all, and of all cores; how many values came of it; the most memory in MB."""

    reading: float
    seconds: float
    cores: float
    values: int
    peak: float


def report() -> None:
    """Print how long they take, ours and by hand, and the memory of each."""
    with TemporaryDirectory() as folder:
        agree(Path(folder) / "small.db")
        path = Path(folder) / "store.db"
        build_store(path, SCALE)
        turns = [{side: _in_process(side, path) for side in (OURS, *BY_HAND)} for _ in range(TURNS)]
        took = {side: min((turn[side] for turn in turns), key=lambda one: one.seconds) for side in turns[0]}
        size = path.stat().st_size / 1e6
    ours = took[OURS]
    print(f"metrics, from a store of {size:,.0f} MB: ours in {_said(ours)}")
    for side, label in BY_HAND.items():
        theirs = took[side]
        ratio = theirs.seconds / ours.seconds
        said = f"takes {1 / ratio:.2f} times as long" if side == "duckdb" else f"is {ratio:.1f} times as fast"
        print(f"metrics: ours {said} as {label} ({_said(theirs)})")


def agree(path: Path) -> None:
    """Print how many of the values are equal, in a small company: who counts something else measures nothing.

    Raises AssertionError where a value is missing or off by more than a millionth.
    """
    build_store(path, SMALL)
    ours = _values(_run(OURS, path)[0])
    for side, label in BY_HAND.items():
        theirs = _values(_run(side, path)[0])
        assert ours.keys() == theirs.keys(), f"{label}: {sorted(ours.keys() ^ theirs.keys())[:5]}"
        off = {cell: abs(value - theirs[cell]) for cell, value in ours.items()}
        worst = max(off, key=lambda cell: off[cell])
        assert off[worst] <= A_MILLIONTH * max(1, abs(ours[worst]) / 1e9), f"{label}: {worst} is off by {off[worst]}"
        equal = sum(value < A_MILLIONTH / 2 for value in off.values())
        print(f"metrics: {equal:,} of {len(ours):,} values of {label} equal ours, the others to a millionth")


def _said(took: Took) -> str:
    reading = f", {took.reading:.1f} of them reading" if took.reading else ""
    return (
        f"{took.seconds:.1f} s{reading}; {took.cores:.0f} s of all cores; {took.values:,} values; {took.peak:,.0f} MB"
    )


def _in_process(side: str, path: Path) -> Took:
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.metrics", side, str(path)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return Took(**json.loads(done.stdout))


def _measure(side: str, path: Path) -> Took:
    cores = time.process_time()
    table, reading, seconds = _run(side, path)
    cores = time.process_time() - cores
    return Took(reading, seconds, cores, len(table), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def _run(side: str, path: Path) -> tuple[pa.Table, float, float]:
    """What a side computes, and the seconds of reading and of all. Its imports are not the subject."""
    module = import_module(f"benchmarks.metrics_{side}")
    start = time.perf_counter()
    read = module.read(path)
    reading = time.perf_counter() - start
    result: pa.Table = module.compute(read)
    return result, reading, time.perf_counter() - start


def _values(table: pa.Table) -> Mapping[tuple[str, ...], float]:
    """The values that there are, by cell."""
    table = table.filter(pc.is_valid(table["value"]))
    cells = zip(*(table[name].to_pylist() for name in CELL), strict=True)
    return dict(zip(cells, table["value"].cast(pa.float64()).to_pylist(), strict=True))


if __name__ == "__main__":
    if len(sys.argv) == 1:
        report()
    else:
        print(json.dumps(asdict(_measure(sys.argv[1], Path(sys.argv[2])))))
