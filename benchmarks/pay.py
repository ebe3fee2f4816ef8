"""What 10,000 payees earn on a million credits (`benchmarks.pay_company`), ours against two written by hand.

Every side starts from the same facts and ends with what each payee earns on each opportunity, to the cent, each in a
process of its own: DuckDB SQL, and plain Python with exact fractions, which takes minutes and is measured once. The
other sides take turns, twice; the faster turn counts. `PAY_SCALE=10` measures a tenth of the company.
`python -m benchmarks.pay SIDE SCALE` measures one side alone.
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
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.pay_company import build_facts

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

SCALE = int(os.environ.get("PAY_SCALE", "1"))
SMALL = 100
TURNS = 2
OURS, DUCKDB, PYTHON = "ours", "duckdb", "python"
BY_HAND = {DUCKDB: "DuckDB SQL by hand", PYTHON: "plain Python with exact fractions"}
LINE = ("payee", "component", "period", "id")
CHANGES = {"one deal": "deal", "one payee": "payee"}


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds of computing, and of all cores; how many lines came of it; the most memory in MB."""

    seconds: float
    cores: float
    lines: int
    peak: float


def report() -> None:
    """Print how long they take, ours and by hand, and the memory of each."""
    agree()
    turns = [{side: _in_process(side, SCALE) for side in (OURS, DUCKDB)} for _ in range(TURNS)]
    ours, theirs = (min((turn[side] for turn in turns), key=lambda one: one.seconds) for side in (OURS, DUCKDB))
    print(f"pay: ours in {_said(ours)}")
    print(f"pay: ours takes {ours.seconds / theirs.seconds:.2f} times as long as {BY_HAND[DUCKDB]} ({_said(theirs)})")
    python = _in_process(PYTHON, SCALE)
    print(f"pay: ours is {python.seconds / ours.seconds:.0f} times as fast as {BY_HAND[PYTHON]} ({_said(python)})")
    for label, change in CHANGES.items():
        again = _in_process(OURS, SCALE, change)
        print(
            f"pay, {label} changed: computed again in {again.seconds / ours.seconds:.2f} of the time ({_said(again)})"
        )


def agree() -> None:
    """Print how many lines are equal in a small company: who pays something else measures nothing.

    Raises AssertionError where one is missing or a cent off.
    """
    facts = build_facts(SMALL)
    ours = _lines(_compute(OURS, facts))
    for side, label in BY_HAND.items():
        theirs = _lines(_compute(side, facts))
        off = [line for line in ours.keys() | theirs.keys() if ours.get(line, 0) != theirs.get(line, 0)]
        assert not off, f"{label}: {len(off)} lines differ, as {sorted(off)[:3]}"
        print(f"pay: all {len(theirs):,} lines of {label} equal ours to the cent")


def _said(took: Took) -> str:
    return f"{took.seconds:.1f} s; {took.cores:.0f} s of all cores; {took.lines:,} lines; {took.peak:,.0f} MB"


def _in_process(side: str, scale: int, change: str = "") -> Took:
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.pay", side, str(scale), *([change] if change else [])]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return Took(**json.loads(done.stdout))


def _measure(side: str, scale: int, change: str) -> Took:
    facts = _changed(build_facts(scale), change)
    _compute(side, build_facts(1_000))  # for its imports
    start, cores = time.perf_counter(), time.process_time()
    table = _compute(side, facts)
    seconds, cores = time.perf_counter() - start, time.process_time() - cores
    return Took(seconds, cores, len(table), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def _compute(side: str, facts: Mapping[str, pa.Table]) -> pa.Table:
    table: pa.Table = import_module(f"benchmarks.pay_{side}").compute(facts)
    return table


def _changed(facts: Mapping[str, pa.Table], change: str) -> Mapping[str, pa.Table]:
    """The facts with another amount of the first deal, or another manager of the last payee."""
    if change == "deal":
        deals = facts["opportunity"]
        amount = pc.if_else(pc.equal(deals["id"], deals["id"][0]), pa.scalar(1, deals["amount"].type), deals["amount"])
        return {**facts, "opportunity": deals.set_column(deals.column_names.index("amount"), "amount", amount)}
    if change == "payee":
        users = facts["user"]
        first = pc.min(pc.drop_null(users["manager_id"]))
        manager = pc.if_else(pc.equal(users["id"], pc.max(users["id"])), first, users["manager_id"])
        return {**facts, "user": users.set_column(users.column_names.index("manager_id"), "manager_id", manager)}
    return facts


def _lines(table: pa.Table) -> Mapping[tuple[str, ...], Decimal]:
    """What is not 0, by line."""
    lines = zip(*(table[name].to_pylist() for name in LINE), strict=True)
    return {line: amount for line, amount in zip(lines, table["amount"].to_pylist(), strict=True) if amount}


if __name__ == "__main__":
    if len(sys.argv) == 1:
        report()
    else:
        took = _measure(sys.argv[1], int(sys.argv[2]), "".join(sys.argv[3:]))
        print(json.dumps(asdict(took)))
