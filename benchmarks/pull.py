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
SMALL = 200  # records: an object with fewer is not a line of its own in the table of calls
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
    _print_calls(sandbox.crm, full, empty, found)


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


def _print_calls(crm: Crm, full: list[Request], empty: list[Request], found: Found) -> None:
    """The calls of the two pulls by the CRM's object, as the sandbox counted them, as a table for the README."""
    pulls = {"first pull": full, "nothing new": empty}
    small = {each.object for each in full + empty if each.object and found.get(each.object, 0) < SMALL}
    names = {name: f"{len(small)} smaller objects" for name in small} | {"": "sign-in and account"}
    counts = {
        kind: Counter((names.get(each.object, each.object), each.purpose) for each in of) for kind, of in pulls.items()
    }
    records = Counter[str]()
    for name, number in found.items():
        records[names.get(name, name)] += number
    rows = sorted({name for of in counts.values() for name, _ in of}, key=lambda name: (-records[name], name))
    columns = [(kind, each) for kind in counts for each in PURPOSES if any(counts[kind][name, each] for name in rows)]
    print(f"| {crm} | records | {' | '.join(': '.join(each) for each in columns)} |")
    print(f"| --- {'| ---: ' * (len(columns) + 1)}|")
    for name in rows:
        cells = [str(counts[kind][name, purpose] or "") for kind, purpose in columns]
        print(f"| {name} | {records[name]:,} | {' | '.join(cells)} |")
    sums = [str(sum(counts[kind][name, purpose] for name in rows)) for kind, purpose in columns]
    print(f"| together | {sum(found.values()):,} | {' | '.join(sums)} |")


def main() -> None:
    """Every figure of the pull."""
    with sites() as opened:
        for sandbox, project in opened.values():
            report(sandbox, project)
        pull_limits.report_hubspot(*opened["hubspot"])
        pull_limits.report_salesforce(opened["salesforce"][0])
    for crm in CRMS:
        pull_memory.report(crm)


if __name__ == "__main__":
    main()
