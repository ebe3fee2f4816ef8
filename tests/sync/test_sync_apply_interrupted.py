"""Interrupted and started again is as if never interrupted; foreign edits are never lost and always heal."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from connectors.writing import RecordWrite
from sync.apply import apply_plan, engine, settle
from sync.plan import portions
from sync.plan.file import write_plan
from sync.store.runs import read_runs, recorded
from sync.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Mapping

    from synced import Org

    from sync.plan import Plan

REPOSITORY = Path(__file__).parents[2]

APPLY_AND_DIE = """
import os, signal, sys
from contextlib import closing
from pathlib import Path
from config.loader import load_project
from sync.apply import apply_plan
from sync.plan import portions
from sync.connections import connect
from sync.plan.file import read_plan
from sync.store.runs import recorded
from sync.store.store import Store

portions.BATCH_RECORDS = portions.MOST_RECORDS = 3
project = load_project(Path(sys.argv[1]))
with Store(Path(sys.argv[2])) as store, closing(connect(project, "crm")) as connector:
    with recorded(store, "apply", "crm") as run:
        plan = read_plan(Path(sys.argv[3]))
        progress = lambda _lines: os.kill(os.getpid(), signal.SIGKILL)
        list(apply_plan(store, connector, plan, run.id, refuse_moved=True, progress=progress))
"""


def stand_alone(org: Org, store: Store, values: Mapping[str, str | None]) -> None:
    """Make the accounts stand so in the CRM, and pull."""
    org.edit("account", *(RecordWrite(key, {org.territory: value}) for key, value in values.items()))
    org.pulled(store)


def applied(org: Org, store: Store, plan: Plan, *, refuse_moved: bool) -> dict[str, str]:
    with recorded(store, "apply", "crm") as running:
        lines = list(apply_plan(store, org.connector, plan, running.id, refuse_moved=refuse_moved))
        running.count(failed=sum(line.result == "failed" for line in lines))
    return {line.change.name: line.result.value for line in lines}


def check_rerun(org: Org, store: Store, plan: Plan, ids: list[str]) -> None:
    """Apply again after the interruption: the CRM is as after one clean apply, and every line has its end."""
    before = {row["name"] for row in store.rows("SELECT name FROM change WHERE outcome = 'written'")}
    assert len(before) == 3
    results = applied(org, store, plan, refuse_moved=True)
    assert results == {key: "unchanged" if key in before else "written" for key in ids}
    assert org.stands("account", org.territory, ids) == dict.fromkeys(ids, "North")
    accounted = {row["name"] for row in store.rows("SELECT name FROM change WHERE outcome = 'written'")}
    assert accounted == set(ids)
    remembered = {row["name"]: row["value"] for row in store.rows("SELECT * FROM written")}
    assert remembered == dict.fromkeys(ids, "North")
    again = org.plan(org.pulled(store), dict.fromkeys(ids, "North"))
    assert again.changes == ()


def test_an_apply_that_stops_after_its_first_batch_is_finished_by_the_next(
    org: Org, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = org.accounts(org.pulled(store))
    stand_alone(org, store, dict.fromkeys(ids))
    plan = org.plan(store, dict.fromkeys(ids, "North"))
    monkeypatch.setattr(portions, "BATCH_RECORDS", 3)
    monkeypatch.setattr(portions, "MOST_RECORDS", 3)

    def stop(_lines: int) -> None:
        raise RuntimeError("pulled the plug")

    with pytest.raises(RuntimeError), recorded(store, "apply", "crm") as running:
        list(apply_plan(store, org.connector, plan, running.id, refuse_moved=True, progress=stop))
    (last, *_) = read_runs(store)
    assert (last.status, last.message) == ("stopped", "pulled the plug")
    check_rerun(org, store, plan, ids)


def test_an_apply_that_is_killed_after_its_first_batch_is_finished_by_the_next(
    org: Org, store: Store, tmp_path: Path
) -> None:
    ids = org.accounts(org.pulled(store))
    stand_alone(org, store, dict.fromkeys(ids))
    plan = org.plan(store, dict.fromkeys(ids, "North"))
    write_plan(plan, tmp_path / "plan.json")
    arguments = [org.project.root, store.path, tmp_path / "plan.json"]
    ended = subprocess.run([sys.executable, "-c", APPLY_AND_DIE, *map(str, arguments)], cwd=REPOSITORY, timeout=60)
    assert ended.returncode == -signal.SIGKILL
    assert read_runs(store)[0].status == "running"
    check_rerun(org, store, plan, ids)
    killed = [row for row in read_runs(store) if row.command == "apply"][-1]
    assert (killed.status, killed.message) == ("stopped", "ended without a word (killed?)")


def test_outcomes_that_were_not_kept_are_looked_up_before_the_next_plan(
    org: Org, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = org.accounts(org.pulled(store))
    stand_alone(org, store, dict.fromkeys(ids))
    plan = org.plan(store, dict.fromkeys(ids, "North"))
    monkeypatch.setattr(portions, "BATCH_RECORDS", 3)
    monkeypatch.setattr(portions, "MOST_RECORDS", 3)

    def full_disk(*_: object) -> None:
        raise RuntimeError("no room to write it down")

    with monkeypatch.context() as broken:
        broken.setattr(engine, "end_lines", full_disk)
        with pytest.raises(RuntimeError), recorded(store, "apply", "crm") as running:
            list(apply_plan(store, org.connector, plan, running.id, refuse_moved=True))
    outcomes = {row["name"]: row["outcome"] for row in store.rows("SELECT name, outcome FROM change")}
    assert outcomes == dict.fromkeys(ids[:3], "sent")
    assert {line.change.name: line.result.value for line in settle(store, org.connector, "crm")} == dict.fromkeys(
        ids[:3], "written"
    )
    next_plan = org.plan(org.pulled(store), dict.fromkeys(ids, "North"))
    assert {change.name for change in next_plan.changes} == set(ids[3:])
    assert set(applied(org, store, next_plan, refuse_moved=True).values()) == {"written"}
    assert org.stands("account", org.territory, ids) == dict.fromkeys(ids, "North")
    assert org.plan(org.pulled(store), dict.fromkeys(ids, "North")).changes == ()


VALUES = (None, "North", "Rest", "Mine")


@pytest.mark.parametrize("seed", range(8))
def test_from_any_state_and_with_any_foreign_edits_two_rounds_bring_what_is_wanted(
    org: Org, tmp_path: Path, seed: int
) -> None:
    """An edit between plan and apply is respected once, and put right by the next round, which is quiet."""
    dice = random.Random(f"{org.crm} {seed}")
    with Store(tmp_path / "store.db") as store:
        ids = org.accounts(org.pulled(store))
        start = {key: dice.choice(VALUES) for key in ids}
        stand_alone(org, store, start)
        wanted = {key: dice.choice(VALUES[:3]) for key in ids}
        plan = org.plan(store, wanted)
        shuffled = dice.sample(plan.changes, len(plan.changes))
        edits = {key: dice.choice(VALUES) for key in dice.sample(ids, dice.randint(0, len(ids)))}
        if edits:
            org.edit("account", *(RecordWrite(key, {org.territory: value}) for key, value in edits.items()))
        stands = start | edits
        results = applied(org, store, replace(plan, changes=tuple(shuffled)), refuse_moved=False)
        assert results == {
            key: expected(start[key], wanted[key], stands[key]) for key in ids if start[key] != wanted[key]
        }
        after = {key: wanted[key] if results.get(key) == "written" else stands[key] for key in ids}
        assert org.stands("account", org.territory, ids) == after
        second = org.plan(org.pulled(store), wanted)
        assert {c.name: c.before for c in second.changes} == {
            key: after[key] for key in ids if after[key] != wanted[key]
        }
        assert set(applied(org, store, second, refuse_moved=True).values()) <= {"written"}
        assert org.stands("account", org.territory, ids) == wanted
        assert org.plan(org.pulled(store), wanted).changes == ()


def expected(planned_from: str | None, wanted: str | None, stands: str | None) -> str:
    """How a line must end, said plainly."""
    if stands == wanted:
        return "unchanged"
    return "written" if stands == planned_from else "skipped"
