"""Pull: its time against a bare `requests` loop over the same records and fields, its calls, and a pull of nothing new.

The sandbox runs in a process of its own, without limits per second, and serves its made-up company; so does each pull.
The sandbox counts the calls, and tells what was asked for: the bare loop then asks for that (benchmarks/bare.py). Both
times cover the same records, so their ratio is that of rows a second.
"""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import projects, pull_limits, pull_memory
from benchmarks.bare import read_hubspot, read_salesforce
from benchmarks.counted import counted
from benchmarks.projects import SETTINGS, make_project

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.bare import Found
    from benchmarks.counted import Counted, Crm, Questions, Request
    from config.loader import Project

CRMS: tuple[Crm, ...] = ("salesforce", "hubspot")
ROUNDS = 2
PURPOSES = ("describe", "read", "search", "links")


@contextmanager
def sites() -> Iterator[dict[Crm, tuple[Counted, Project]]]:
    """A counting sandbox and a project against it, by CRM."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        opened = {crm: stack.enter_context(counted(crm, 1)) for crm in CRMS}
        yield {crm: (sandbox, make_project(sandbox, Path(folder) / crm)) for crm, sandbox in opened.items()}


def report(sandbox: Counted, project: Project) -> None:
    """Print the first pull's rate as a share of the bare loop's, and the calls of it and of one with nothing new."""
    first = projects.pull(project)
    full, asked = sandbox.count()
    again = projects.pull(project)
    empty, _ = sandbox.count()
    found, bare = _read_bare(sandbox, asked)
    ours = first.seconds
    for _ in range(ROUNDS - 1):  # in turns, so that what else the machine does hits both
        ours += _pull_afresh(sandbox)
        bare += _read_bare(sandbox, asked)[1]
    sandbox.count()
    records = sum(found.values())
    rate = ROUNDS * records / ours
    print(
        f"pull, {sandbox.crm}: {rate:,.0f} records/s, {bare / ours:.2f} of the bare loop's "
        f"{ROUNDS * records / bare:,.0f}; {records:,} records became {first.rows:,} rows in {first.seconds:.0f} s, "
        f"{len(full):,} calls, {first.peak:.0f} MB. With nothing new: {len(empty)} calls, {again.seconds:.1f} s, "
        f"{again.seconds / first.seconds:.3f} of the time"
    )
    _print_calls(full, empty, found)


def _pull_afresh(sandbox: Counted) -> float:
    """The seconds of a first pull into a store of its own."""
    with tempfile.TemporaryDirectory() as folder:
        return projects.pull(make_project(sandbox, Path(folder) / sandbox.crm)).seconds


def _read_bare(sandbox: Counted, asked: dict[str, Questions]) -> tuple[Found, float]:
    start = time.perf_counter()
    if sandbox.crm == "salesforce":
        found = read_salesforce(sandbox, SETTINGS.client_id, SETTINGS.client_secret, asked)
    else:
        found = read_hubspot(sandbox, SETTINGS.access_token, asked)
    return found, time.perf_counter() - start


def _print_calls(full: list[Request], empty: list[Request], found: Found) -> None:
    """The calls of the two pulls by the CRM's object, as the sandbox counted them."""
    pulls = {"full": full, "empty": empty}
    counts = {kind: Counter((each.object, each.purpose) for each in of) for kind, of in pulls.items()}
    names = sorted({name for of in counts.values() for name, _ in of}, key=lambda name: (-found.get(name, -1), name))
    columns = [(kind, purpose) for kind in counts for purpose in PURPOSES]
    columns = [(kind, each) for kind, each in columns if any(counts[kind][name, each] for name in names)]
    table = [["calls", "records", *(f"{kind}: {purpose}" for kind, purpose in columns)]]
    for name in names:
        cells = [str(counts[kind][name, purpose] or "-") for kind, purpose in columns]
        table.append([name or "(sign-in and account)", f"{found[name]:,}" if name in found else "-", *cells])
    sums = [str(sum(count for (_, of), count in counts[kind].items() if of == purpose)) for kind, purpose in columns]
    table.append(["together", f"{sum(found.values()):,}", *sums])
    widths = [max(len(row[place]) for row in table) for place in range(len(table[0]))]
    for row in table:
        print("  " + "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]))


def main() -> None:
    """Every figure of the pull."""
    with sites() as opened:
        for sandbox, project in opened.values():
            report(sandbox, project)
        pull_limits.report(*opened["hubspot"])
    for crm in CRMS:
        pull_memory.report(crm)


if __name__ == "__main__":
    main()
