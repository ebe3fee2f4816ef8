"""Write-back: plan and apply of 0, 100, 10,000 and all of 100,000 records with five fields each, beside plain loops.

`python -m benchmarks.writeback` runs this alone. Beside it write the same values to the same records: a loop with the
vendor's own client, one call a record, and one with `requests`, in the vendor's batches. Both know what to write, read
nothing first and keep nothing. The sandbox counts the calls; it runs without limits per second, and in a process of its
own, as does each plan with its apply. A CRM far away makes each call take longer, and so the share of the calls count
for more than here.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import projects
from benchmarks.book import AMOUNT, CONTACTS_OF_A_REP, opportunity_id, write_book, writeback_yaml
from benchmarks.counted import counted
from benchmarks.loops import HubSpotLoops, SalesforceLoops
from benchmarks.projects import AS_OF, CONNECTION, make_project
from sync.compute import compute_connection
from sync.plan.file import read_plan
from sync.store.runs import recorded
from sync.store.store import Store

if TYPE_CHECKING:
    from benchmarks.counted import Counted, Crm
    from benchmarks.loops import Loops
    from config.loader import Project

CRMS: tuple[Crm, ...] = ("salesforce", "hubspot")
FEW, MANY = 100, 10_000


@dataclass(frozen=True, slots=True)
class Written:
    """A plan and its apply: what they came to, the seconds, the calls that the plan said (to read, to write), those
    that they made, and the most memory of their process in MB, once the plan was made and at the end.

    `all_calls` are those of the whole process, which signs in and describes first. `bare_read` is how long plain
    sqlite3 takes to read the contacts that the plan compares.
    """

    records: int
    changes: int
    written: int
    bare_read: float
    plan_seconds: float
    plan_calls: int
    said: tuple[int, int]
    apply_seconds: float
    apply_calls: int
    all_calls: int
    plan_peak: float
    peak: float

    @property
    def seconds(self) -> float:
        return self.plan_seconds + self.apply_seconds


def report(crm: Crm) -> None:
    """Print the figures of one CRM."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_book(crm, folder / "book")
        with counted(crm, 1, folder / "book") as sandbox:
            project = make_project(sandbox, folder / "project", writeback_yaml(crm))
            loops = (SalesforceLoops if crm == "salesforce" else HubSpotLoops)(sandbox)
            with closing(loops):
                _report(crm, sandbox, project, loops, folder / "plan.json")


def _report(crm: Crm, sandbox: Counted, project: Project, loops: Loops, kept: Path) -> None:
    _figures(project)
    everything = _write(sandbox, project, kept)
    _say(crm, everything)
    batched = _batched(loops, kept)
    rate = everything.changes / everything.apply_seconds
    print(
        f"write-back, {crm}: apply {rate:,.0f} lines/s, {batched / everything.apply_seconds:.2f} of a bare loop of "
        f"batches, which reads and keeps nothing; memory {everything.plan_peak:.0f} MB with the plan, "
        f"{everything.peak:.0f} MB at the end"
    )
    _figures(project)
    nothing = _write(sandbox, project, kept)
    _say(crm, nothing)
    print(
        f"write-back, {crm}: a plan with nothing to change takes {nothing.plan_seconds / nothing.bare_read:.1f} times "
        f"as long as plain sqlite3 needs to read the contacts and to parse their custom fields"
    )
    for records in (FEW, MANY):
        loops.change_amounts(
            {opportunity_id(crm, rep): AMOUNT + records for rep in range(1, 1 + records // CONTACTS_OF_A_REP)}
        )
        _figures(project)
        some = _write(sandbox, project, kept)
        assert some.records == records
        batched, alone = _batched(loops, kept), _one_by_one(loops, kept)
        _say(
            crm,
            some,
            f"; one call a record: {records:,} calls, {alone / some.seconds:.1f} times as long as both; apply has "
            f"{batched / some.apply_seconds:.2f} of the speed of the bare loop of batches",
        )


def _say(crm: Crm, done: Written, beside: str = "") -> None:
    assert done.written == done.changes
    if sum(done.said) != done.apply_calls:
        assert crm == "salesforce", f"{sum(done.said)} calls were said, {done.apply_calls} were made"
        beside += "; how often a bulk job is asked whether it has ended is a guess"
    print(
        f"write-back, {crm}: {done.records:,} records ({done.changes:,} fields) change: plan {done.plan_calls} calls, "
        f"{done.plan_seconds:.2f} s; apply {done.apply_calls} calls, {sum(done.said)} were said ({done.said[0]} to "
        f"read, {done.said[1]} to write), {done.apply_seconds:.2f} s{beside}"
    )


def _figures(project: Project) -> None:
    """Pull what changed and compute anew; neither is the subject."""
    projects.pull(project)
    with Store(project.root / project.settings.store) as store, recorded(store, "compute", CONNECTION, AS_OF) as record:
        compute_connection(project, store, CONNECTION, AS_OF, record.id)


def _write(sandbox: Counted, project: Project, kept: Path) -> Written:
    """Plan and apply, in a process of its own; the sandbox must have counted the calls that it says it made."""
    sandbox.count()
    command = [sys.executable, "-m", "benchmarks.writing", str(project.root), str(kept)]
    told = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    done = Written(**told)
    requests, _ = sandbox.count()
    sign_ins = len(requests) - done.all_calls  # Salesforce does not count them as API calls
    assert sign_ins in {0, 1}, f"{len(requests)} calls were counted, {done.all_calls} told"
    return done


def _values(kept: Path) -> tuple[dict[str, dict[str, str | None]], dict[str, dict[str, str | None]]]:
    """What a plan changed, by record: the values before, and after."""
    before: dict[str, dict[str, str | None]] = {}
    after: dict[str, dict[str, str | None]] = {}
    for change in read_plan(kept).changes:
        before.setdefault(change.name, {})[change.field] = change.before
        after.setdefault(change.name, {})[change.field] = change.after
    return before, after


def _batched(loops: Loops, kept: Path) -> float:
    """The seconds of a bare loop of batches over what a plan changed; it takes back and writes again, so that each
    write changes something, and counts half."""
    before, after = _values(kept)
    start = time.perf_counter()
    loops.write_batches(before)
    loops.write_batches(after)
    return (time.perf_counter() - start) / 2


def _one_by_one(loops: Loops, kept: Path) -> float:
    """The seconds of the vendor's client for the same, one call a record."""
    before, after = _values(kept)
    loops.write_batches(before)
    start = time.perf_counter()
    loops.write_one_by_one(after)
    return time.perf_counter() - start


def main() -> None:
    """Every figure of the write-back."""
    for crm in CRMS:
        report(crm)


if __name__ == "__main__":
    main()
