"""Closing a month for 10,000 payees (`benchmarks.close_company`), ours against a plain loop over rows.

Both start from the earnings of the year to date and the ledger of eleven months, as Arrow tables, and end with the
entries of December. Each runs in a process of its own; making the tables, and imports, are not counted.
Each payee has ten earnings a month; `CLOSE_LINES=100` measures a hundred. `python -m benchmarks.close SIDE FILE LINES`
measures one side alone.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.feather as feather

from benchmarks import close_python
from benchmarks.close_company import MONTHS, PAYEES, build_ledger, build_payable, build_rules, month
from salesops.payment.entries import compute_entries

if TYPE_CHECKING:
    from salesops.payment.tables import Payable

LINES = int(os.environ.get("CLOSE_LINES", "10"))
FEW = 20
"""Payees of the small company."""
OURS, PYTHON = "ours", "python"
LAST = date(2026, 12, 31)


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds; how many entries came of it; the most memory in MB."""

    seconds: float
    entries: int
    peak: float


def report() -> None:
    """Print how long both take, and the memory of each."""
    agree()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger"
        ledger = build_ledger(LINES, PAYEES)
        print(f"close: a ledger of {len(ledger):,} entries")
        feather.write_feather(ledger, path, compression="uncompressed")
        del ledger
        ours = min((_in_process(OURS, path) for _ in range(2)), key=lambda took: took.seconds)
        python = _in_process(PYTHON, path)
    print(f"close: ours in {_said(ours)}")
    print(f"close: ours is {python.seconds / ours.seconds:.1f} times as fast as plain Python ({_said(python)})")


def agree() -> None:
    """Print how many entries are equal in a small company; AssertionError where one is missing or a cent off."""
    payable, ledger = build_payable(MONTHS, LINES, FEW), build_ledger(LINES, FEW)
    theirs = Counter(close_python.compute(payable, ledger, month(MONTHS).name, LAST))
    names = ("account", "cause", "amount", "payee_id", "part", "earned_in", "day", "source")
    table = _compute(payable, ledger)
    columns = [table[name].to_pylist() for name in (*names, "transaction_id", "opportunity_id")]
    ours = Counter(
        (account, cause, int(amount * 100), *line) for account, cause, amount, *line in zip(*columns, strict=True)
    )
    assert ours == theirs, f"entries differ, as {sorted(map(str, (ours - theirs) + (theirs - ours)))[:3]}"
    print(f"close: all {len(table):,} entries of a small company equal those of plain Python to the cent")


def _said(took: Took) -> str:
    return f"{took.seconds:.1f} s; {took.entries:,} entries; {took.peak:,.0f} MB"


def _in_process(side: str, path: Path) -> Took:
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.close", side, str(path), str(LINES)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return Took(**json.loads(done.stdout))


def _measure(side: str, path: str, lines: int) -> Took:
    payable, ledger = build_payable(MONTHS, lines, PAYEES), feather.read_table(path, memory_map=True)
    start = time.perf_counter()
    made: Any = (
        _compute(payable, ledger) if side == OURS else close_python.compute(payable, ledger, month(MONTHS).name, LAST)
    )
    return Took(time.perf_counter() - start, len(made), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def _compute(payable: Payable, ledger: pa.Table) -> pa.Table:
    return compute_entries(build_rules(), payable, ledger, month(MONTHS), first=False)


if __name__ == "__main__":
    if len(sys.argv) == 1:
        report()
    else:
        print(json.dumps(asdict(_measure(sys.argv[1], sys.argv[2], int(sys.argv[3])))))
