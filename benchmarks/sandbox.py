"""The sandbox: rows a second that it serves and takes, what a larger company does to that, and its memory.

It runs in a process of its own, in memory, and is asked over HTTP(S). The floor of a read is a bare SELECT of the same
records and json.dumps of them, in this process. `SANDBOX_SIZE=9 make bench` measures with 108,000 opportunities and
2.25 million activities in place of the 36,000 and 750,000 of size 3.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from benchmarks import sandbox_hubspot, sandbox_salesforce
from benchmarks.counted import DAY
from benchmarks.sandbox_salesforce import ROUND, timed
from benchmarks.served import served

if TYPE_CHECKING:
    from benchmarks.sandbox_salesforce import Step
    from benchmarks.served import Client, Served

LARGE = int(os.environ.get("SANDBOX_SIZE", "3"))
SECONDS = 1.0  # of answers, for each figure
CLIENTS = 8
DIALECTS = {"salesforce": sandbox_salesforce, "hubspot": sandbox_hubspot}


def report(crm: Literal["salesforce", "hubspot"]) -> None:
    """Print what one CRM's sandbox serves at the usual size and at the large one, which take turns."""
    dialect = DIALECTS[crm]
    with served(crm, DAY) as usual, served(crm, DAY, "--size", str(LARGE)) as large:
        grown = (large.memory() - usual.memory()) / (large.rows - usual.rows) * 100_000
        print(
            f"sandbox, {crm}: {large.rows:,} rows ready in {large.ready:.0f} s, {large.memory():,.0f} MB of memory,"
            f" {grown:.0f} MB for each 100,000 rows more; {CLIENTS} clients get {_together(crm, usual):.2f} times the"
            " rows that one gets"
        )
        with closing(dialect.sign_in(usual)) as client, closing(dialect.sign_in(large)) as other:
            records = dialect.sample(client)
            for name, step in (dialect.READS | dialect.OTHERS).items():
                rate, at_large, floor = _take_turns(step, client, other, records)
                share = f", {rate / floor:.2f} of the floor" if name in dialect.READS else ""
                print(
                    f"sandbox, {crm}, {name}: {rate:,.0f} rows/s{share}; at {LARGE} times the size {at_large:.2f} of it"
                )


def _take_turns(step: Step, usual: Client, large: Client, records: list[dict[str, Any]]) -> tuple[float, float, float]:
    """Rows a second of the usual size, the large one's as a share of it, and the floor: in turns, under one load."""
    clients, sums = ((usual, 1), (large, LARGE)), [[0, 0.0], [0, 0.0], [0, 0.0]]
    while sums[0][1] < SECONDS:
        for found, measured in zip(
            sums, [*(timed(client, step, size) for client, size in clients), _floor(records)], strict=True
        ):
            found[0] += measured[0]
            found[1] += measured[1]
    rate, at_large, floor = (rows / seconds for rows, seconds in sums)
    return rate, at_large / rate, floor


def _floor(records: list[dict[str, Any]]) -> tuple[int, float]:
    """Rows and seconds of a SELECT of these records and json.dumps of them, again and again for a round."""
    flat = [{**record, **record.get("properties", {})} for record in records]
    names = [name for name, value in flat[0].items() if not isinstance(value, (dict, list))]
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(f"CREATE TABLE record ({', '.join(names)})")
        marks = ", ".join("?" * len(names))
        connection.executemany(f"INSERT INTO record VALUES ({marks})", ([row[name] for name in names] for row in flat))
        rows, start = 0, time.perf_counter()
        while time.perf_counter() - start < ROUND:
            found = connection.execute(f"SELECT {', '.join(names)} FROM record").fetchall()
            json.dumps([dict(zip(names, row, strict=True)) for row in found])
            rows += len(found)
        return rows, time.perf_counter() - start


def _together(crm: str, sandbox: Served) -> float:
    """How many times the rows of one client several get together in the same time, each in a process of its own."""
    with ProcessPoolExecutor(CLIENTS) as pool:
        ask = partial(_one_client, crm, sandbox)
        list(pool.map(ask, range(CLIENTS)))  # the processes are started and warm
        [alone] = pool.map(ask, range(1))
        return sum(pool.map(ask, range(CLIENTS))) / alone


def _one_client(crm: str, sandbox: Served, _: int) -> float:
    """Rows a second of one client among others."""
    dialect = DIALECTS[crm]
    with closing(dialect.sign_in(sandbox)) as client:
        rows, seconds = timed(client, dialect.SHARED, 1)
        return rows / seconds
