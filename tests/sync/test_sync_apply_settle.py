"""A process that dies anywhere between the first request and the last outcome: whoever comes next ends every line."""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from applied import apply, change, connector, created, fill, kept, last_run, placed, plan_of, remembered, told
from writable import PLACED, STATEMENT, Died, Writable, die_at, refusal, revive

from config.problems import ConfigError
from connectors.errors import Rejected
from connectors.writing import Cause, RecordWrite
from sync.apply import INTERRUPTED, Result, apply_plan, engine, settle
from sync.plan import Action, portions
from sync.store.records import bind_org
from sync.store.runs import read_run, recorded
from sync.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from connectors.writing import Jobs, Outcome, Standing, Target
    from sync.plan import Plan


def org(*, bulk: bool = False) -> Writable:
    """Accounts without territories, one statement, one account that is placed."""
    crm = Writable({"account": {name: {"territory": None} for name in "01234"}}, bulk=bulk)
    crm.records[STATEMENT.object] = {"s0": {"note": "old", "paid": "1"}}
    crm.records[PLACED.object] = {"0|t": {}}
    crm.refused = {"3": refusal("3")}
    return crm


PLAN = plan_of(
    *map(change, "01234"),
    change("s0", "1", "2", field="paid", target=STATEMENT),
    *(line for name in ("s1", "s2", "s3") for line in created(name, note=f"of {name}", paid="5")),
    placed("1|t"),
    placed("0|t", Action.DELETE),
)

AFTER = {
    "account": {name: {"territory": "North"} if name != "3" else {} for name in "01234"},
    STATEMENT.object: {"s0": {"note": "old", "paid": "2"}}
    | {name: {"note": f"of {name}", "paid": "5"} for name in ("s1", "s2", "s3")},
    PLACED.object: {"1|t": {}},
}


def check_all_is_done(store: Store, crm: Writable, plan: Plan) -> None:
    """The CRM is as after one clean apply, nothing is there twice, and every line of every run has its end."""
    assert crm.stands() == AFTER
    assert set(crm.made.values()) <= {1}
    outcomes = Counter(row["outcome"] for row in store.rows("SELECT outcome FROM change"))
    assert outcomes["sent"] == 0
    assert store.rows("SELECT * FROM bulk_job WHERE ended_at IS NULL") == []
    expected = {
        line.place: line.after for line in plan.changes if line.action is not Action.DELETE and line.name != "3"
    }
    assert remembered(store) == expected
    made = {row["name"] for row in store.rows("SELECT name FROM written WHERE created = 1")}
    assert made == {"s1", "s2", "s3", "1|t"}


@pytest.mark.parametrize("bulk", [False, True], ids=["requests", "bulk"])
def test_it_may_die_at_any_step_and_the_next_apply_ends_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, bulk: bool
) -> None:
    """Two applies die, so that settling is interrupted, too."""
    monkeypatch.setattr(portions, "BATCH_RECORDS", 3)
    monkeypatch.setattr(engine, "KEPT_TOGETHER", 1)
    with Store(tmp_path / "filled.db") as store:
        fill(store)
    for number in range(1, 200):
        crm = org(bulk=bulk)
        with Store(Path(shutil.copy(tmp_path / "filled.db", tmp_path / "store.db"))) as store:
            died = [start_and_die(store, crm, PLAN, at) for at in (number, 3 + number // 2)]
            apply(store, crm, PLAN)
            check_all_is_done(store, crm, PLAN)
        if not any(died):
            break
    assert number > 30


def start_and_die(store: Store, crm: Writable, plan: Plan, at: int) -> bool:
    """Whether an apply died at that step, or ended before it."""
    try:
        with recorded(store, "apply", "crm") as running:
            die_at(at, crm, store)
            list(apply_plan(store, connector(crm), plan, running.id, refuse_moved=False))
            revive(crm, store)
    except Died:
        return True
    finally:
        revive(crm, store)
    return False


def interrupted(store: Store, crm: Writable, plan: Plan, at: int) -> int:
    """An apply that dies at a step; its run."""
    assert start_and_die(store, crm, plan, at)
    return last_run(store)


BEFORE_WRITING, AFTER_WRITING = 5, 6
"""Steps of a small plan: hold, look, keep as sent, check the lease, write, answer."""


@pytest.fixture
def filled(store: Store) -> Store:
    return fill(store)


def small() -> Writable:
    return Writable({"account": {"0": {"territory": None}}})


def test_what_was_sent_and_arrived_is_written(filled: Store) -> None:
    crm = small()
    run = interrupted(filled, crm, plan_of(change("0")), AFTER_WRITING)
    assert kept(filled) == {"0": "sent"}
    (line,) = settle(filled, connector(crm), "crm")
    assert line.result is Result.WRITTEN
    assert kept(filled) == {"0": "written"}
    assert remembered(filled) == {("account", "0", "territory"): "North"}
    settled = read_run(filled, run)
    assert settled is not None
    assert settled.detail["written"] == 1


def test_what_was_sent_and_did_not_arrive_failed_without_counting_as_an_attempt(filled: Store) -> None:
    crm = small()
    interrupted(filled, crm, plan_of(change("0")), BEFORE_WRITING)
    (line,) = settle(filled, connector(crm), "crm")
    assert (line.result, line.code, line.cause) == (Result.FAILED, INTERRUPTED, Cause.BUSY)
    assert filled.rows("SELECT * FROM refusal") == []
    assert remembered(filled) == {}


def test_what_somebody_changed_since_is_skipped(filled: Store) -> None:
    crm = small()
    interrupted(filled, crm, plan_of(change("0")), AFTER_WRITING)
    crm.records["account"]["0"]["territory"] = "Mine"
    (line,) = settle(filled, connector(crm), "crm")
    assert line.result is Result.SKIPPED
    assert remembered(filled) == {}


def test_what_is_gone_since_is_skipped(filled: Store) -> None:
    crm = small()
    interrupted(filled, crm, plan_of(change("0")), AFTER_WRITING)
    crm.records["account"].clear()
    (line,) = settle(filled, connector(crm), "crm")
    assert (line.result, line.message) == (Result.SKIPPED, "the record is gone from the CRM")


def test_a_bulk_job_tells_what_became_of_its_records(filled: Store) -> None:
    """A record that was refused is known by its code, not taken for one that did not arrive."""
    crm = Writable({"account": {name: {"territory": None} for name in "0123"}}, bulk=True)
    crm.refused = {"1": refusal("1")}
    plan = plan_of(*map(change, "0123"))
    interrupted(filled, crm, plan, 9)  # two records into the job
    lines = settle(filled, connector(crm), "crm")
    assert {line.change.name: (line.result.value, line.code) for line in lines} == {
        "0": ("written", ""),
        "1": ("failed", "TOO_LONG"),
        "2": ("failed", INTERRUPTED),
        "3": ("failed", INTERRUPTED),
    }
    (job,) = filled.rows("SELECT ended_at, names FROM bulk_job")
    assert job["ended_at"]
    assert job["names"] == "[]"
    assert [row["name"] for row in filled.rows("SELECT name FROM refusal")] == ["1"]


def test_a_job_whose_results_are_gone_is_settled_by_what_stands_there(filled: Store) -> None:
    class Forgetful(Writable):
        def finish(self, *_: object) -> list[object]:  # type: ignore[override]
            raise Rejected("no such job")

    crm = Forgetful({"account": {name: {"territory": None} for name in "0123"}}, bulk=True)
    interrupted(filled, crm, plan_of(*map(change, "0123")), 9)
    lines = settle(filled, connector(crm), "crm")
    assert {line.change.name: line.result.value for line in lines} == {
        **dict.fromkeys("01", "written"),
        **dict.fromkeys("23", "failed"),
    }


def test_lines_that_can_no_longer_be_looked_up_stop_no_run(filled: Store) -> None:
    class Hidden(Writable):
        hidden = False

        def standing(self, target: Target, fields: Sequence[str], names: Sequence[str]) -> dict[str, Standing]:
            if self.hidden:
                raise Rejected("no such field")
            return super().standing(target, fields, names)

    crm = Hidden({"account": {"0": {"territory": None}}})
    interrupted(filled, crm, plan_of(change("0")), AFTER_WRITING)
    crm.hidden = True
    (line,) = settle(filled, connector(crm), "crm")
    assert (line.result, line.cause) == (Result.FAILED, Cause.UNKNOWN)
    assert "no such field" in line.message
    assert settle(filled, connector(crm), "crm") == []


def test_where_nothing_is_open_the_crm_is_not_asked(filled: Store) -> None:
    crm = small()
    apply(filled, crm, plan_of(change("0")))
    crm.asked.clear()
    assert settle(filled, connector(crm), "crm") == []
    assert crm.asked == []


def test_another_connections_lines_are_left_alone(filled: Store) -> None:
    crm = small()
    interrupted(filled, crm, plan_of(change("0")), AFTER_WRITING)
    assert settle(filled, connector(crm), "other") == []
    assert kept(filled) == {"0": "sent"}


@pytest.mark.parametrize(("at", "result"), [(BEFORE_WRITING, Result.FAILED), (AFTER_WRITING, Result.WRITTEN)])
def test_a_deletion_that_was_interrupted_is_settled_by_whether_it_is_there(
    filled: Store, at: int, result: Result
) -> None:
    crm = Writable({PLACED.object: {"a|t": {}}})
    interrupted(filled, crm, plan_of(placed("a|t", Action.DELETE)), at)
    (line,) = settle(filled, connector(crm), "crm")
    assert line.result is result


def test_what_arrives_after_it_was_taken_for_lost_is_ours_all_the_same(filled: Store) -> None:
    """The process died, and the CRM went on with its request."""
    crm = small()
    run = interrupted(filled, crm, plan_of(change("0")), BEFORE_WRITING)
    settle(filled, connector(crm), "crm")
    assert settle(filled, connector(crm), "crm") == []
    crm.records["account"]["0"]["territory"] = "North"
    (line,) = settle(filled, connector(crm), "crm")
    assert line.result is Result.WRITTEN
    assert remembered(filled) == {("account", "0", "territory"): "North"}
    settled = read_run(filled, run)
    assert settled is not None
    assert (settled.detail["written"], settled.detail.get("failed", 0)) == (1, 0)
    assert settle(filled, connector(crm), "crm") == []


def test_what_a_later_run_took_up_again_is_not_looked_up_any_more(filled: Store) -> None:
    crm = small()
    interrupted(filled, crm, plan_of(change("0")), BEFORE_WRITING)
    assert told(apply(filled, crm, plan_of(change("0", None, "South")))) == {"0": "written"}
    crm.asked.clear()
    assert settle(filled, connector(crm), "crm") == []
    assert crm.asked == []


def test_a_field_that_was_refused_before_its_record_went_into_a_job_stays_refused(filled: Store) -> None:
    """The job tells of the record; what was said of the field before is not lost with the process."""

    class Parting(Writable):
        def write(self, target: Target, writes: Sequence[RecordWrite], jobs: Jobs) -> Iterator[Outcome]:
            for write in writes:
                yield replace(refusal(write.name, Cause.PERMISSION), fields=frozenset({"territory"}))
            yield from super().write(target, [RecordWrite(each.name, {"won": "5"}) for each in writes], jobs)

    crm = Parting({"account": {"0": {"territory": None, "won": None}}}, bulk=True)
    plan = plan_of(change("0"), change("0", None, "5", field="won"))
    at = next(at for at in range(1, 30) if start_and_die(filled, crm, plan, at) and any(crm.jobs.values()))
    assert at
    assert {line.change.field: line.result for line in settle(filled, connector(crm), "crm")} == {"won": Result.WRITTEN}
    assert remembered(filled) == {("account", "0", "won"): "5"}
    assert [row["field"] for row in filled.rows("SELECT field FROM refusal")] == ["territory"]


def test_nothing_is_settled_by_what_stands_in_another_account(filled: Store) -> None:
    class Elsewhere(Writable):
        def org(self) -> str:
            return "00D2"

    interrupted(filled, small(), plan_of(change("0")), AFTER_WRITING)
    bind_org(filled, "crm", "00D1")
    with pytest.raises(ConfigError, match="reaches the CRM account 00D2 now"):
        settle(filled, connector(Elsewhere()), "crm")
    assert kept(filled) == {"0": "sent"}


def test_the_work_of_another_connection_takes_up_nothing_of_ours(filled: Store) -> None:
    crm = small()
    interrupted(filled, crm, plan_of(change("0")), BEFORE_WRITING)
    settle(filled, connector(crm), "crm")
    with recorded(filled, "apply", "east") as other:
        pass
    with filled.transaction() as db:
        db.execute("UPDATE run SET connection = 'east' WHERE id = ?", (other.id,))
        columns = "connection, object, key, name, field, record, action, before, after, reason, source, basis, attempt"
        rest = "outcome, record_id, cause, code, message, job, at"
        db.execute(
            f"INSERT INTO change (run_id, {columns}, {rest}) SELECT ?, 'east', {columns.partition(', ')[2]}, {rest}"
            " FROM change WHERE connection = 'crm'",
            (other.id,),
        )
    crm.records["account"]["0"]["territory"] = "North"  # the CRM carried it out late
    settle(filled, connector(crm), "crm")
    assert filled.rows("SELECT outcome FROM change WHERE connection = 'crm'")[0][0] == "written"
