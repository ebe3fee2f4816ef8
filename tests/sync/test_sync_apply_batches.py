"""What apply makes of a connector's answers: a line for each change, whatever the CRM leaves unsaid."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from synced import number, save_fields, save_rows, text

from connectors.base import Outcome, RecordWrite, Status
from connectors.errors import LimitReached
from sync import apply
from sync.apply import Line, Result, StalePlan, apply_plan
from sync.plan import Change, Plan
from sync.store.runs import read_runs, recorded
from sync.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class Crm:
    """A CRM in memory that answers as it is told to; the two questions that apply asks of a connector."""

    def __init__(self, stands: dict[str, str | None]) -> None:
        self.stands = dict(stands)
        self.silent: set[str] = set()
        self.refused: set[str] = set()
        self.stop_at: str | None = None
        self.writes: list[list[RecordWrite]] = []

    def read_values(self, name: str, fields: Sequence[str], ids: Sequence[str]) -> dict[str, dict[str, str | None]]:
        assert (name, list(fields)) == ("account", ["territory"])
        return {key: {"territory": self.stands[key]} for key in ids if key in self.stands}

    def write(self, name: str, writes: Sequence[RecordWrite]) -> Iterator[Outcome]:
        assert name == "account"
        self.writes.append(list(writes))
        for write in reversed(writes):  # outcomes may come in any order
            if write.record_id == self.stop_at:
                raise LimitReached("the day's requests are used up")
            if write.record_id in self.refused:
                yield Outcome(write.record_id, Status.FAILED, "TOO_LONG", "too long")
                continue
            self.stands[write.record_id] = write.values["territory"]
            if write.record_id not in self.silent:
                yield Outcome(write.record_id, Status.WRITTEN)


def change(record_id: str, before: str | None = None, after: str | None = "North") -> Change:
    return Change("account", record_id, f"Account {record_id}", "territory", before, after, "why")


def plan_of(*changes: Change) -> Plan:
    return Plan("crm", "", "", changes, ())


@pytest.fixture
def filled(store: Store) -> Store:
    save_fields(store, account=[text("territory"), number("won")])
    ids = [str(n) for n in range(10)]
    save_rows(store, "account", *({"id": key} for key in ids), custom={key: {"territory": None} for key in ids})
    return store


def applied(store: Store, crm: Crm, plan: Plan, *, refuse_moved: bool = False) -> list[Line]:
    with recorded(store, "apply", "crm") as running:
        return list(apply_plan(store, crm, plan, running.id, refuse_moved=refuse_moved))  # type: ignore[arg-type]


def told(lines: Sequence[Line]) -> dict[str, str]:
    return {line.change.record_id: line.result.value for line in lines}


def copy(store: Store) -> dict[str, str | None]:
    """What our copy of the records says."""
    return {row["id"]: json.loads(row["custom"])["territory"] for row in store.rows("SELECT id, custom FROM account")}


def changes_kept(store: Store) -> dict[str, str]:
    return {row["record_id"]: row["outcome"] for row in store.rows("SELECT record_id, outcome FROM change")}


def test_an_outcome_that_does_not_come_counts_as_failed(filled: Store) -> None:
    crm = Crm(dict.fromkeys("012"))
    crm.silent = {"1"}
    lines = applied(filled, crm, plan_of(*map(change, "012")))
    assert told(lines) == {"0": "written", "1": "failed", "2": "written"}
    (silent,) = [line for line in lines if line.result is Result.FAILED]
    assert silent.message == "the CRM gave no answer for this record"
    assert copy(filled)["1"] is None
    assert changes_kept(filled) == told(lines)


def test_a_line_that_failed_keeps_the_crms_code_and_message(filled: Store) -> None:
    crm = Crm(dict.fromkeys("01"))
    crm.refused = {"0"}
    lines = applied(filled, crm, plan_of(*map(change, "01")))
    assert [(line.code, line.message) for line in lines if line.result is Result.FAILED] == [("TOO_LONG", "too long")]
    (row,) = filled.rows("SELECT code, message FROM change WHERE outcome = 'failed'")
    assert tuple(row) == ("TOO_LONG", "too long")
    assert {row["record_id"] for row in filled.rows("SELECT record_id FROM written")} == {"1"}


def test_only_what_differs_is_sent(filled: Store) -> None:
    crm = Crm({"0": None, "1": "North", "2": "Mine"})
    lines = applied(filled, crm, plan_of(*map(change, "0123")))
    assert told(lines) == {"0": "written", "1": "unchanged", "2": "skipped", "3": "skipped"}
    assert crm.writes == [[RecordWrite("0", {"territory": "North"})]]
    assert copy(filled) == {str(n): "North" if n < 2 else None for n in range(10)}


def test_where_nothing_differs_nothing_is_sent(filled: Store) -> None:
    crm = Crm({"1": "North"})
    applied(filled, crm, plan_of(change("1")))
    assert crm.writes == []


def test_what_already_stood_there_counts_as_what_we_wrote_last(filled: Store) -> None:
    applied(filled, Crm({"1": "North"}), plan_of(change("1")))
    assert [tuple(row) for row in filled.rows("SELECT record_id, value FROM written")] == [("1", "North")]


def test_batches_are_of_whole_records_and_each_is_kept_before_the_next_is_sent(
    filled: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apply, "BATCH_RECORDS", 4)
    crm = Crm(dict.fromkeys("0123456789"))
    kept: list[int] = []
    done: list[int] = []

    def progress(lines: int) -> None:
        done.append(lines)
        with Store(filled.path) as another:  # what another process would see
            kept.append(len(changes_kept(another)))

    with recorded(filled, "apply", "crm") as running:
        plan = plan_of(*map(change, "0123456789"))
        list(apply_plan(filled, crm, plan, running.id, refuse_moved=True, progress=progress))  # type: ignore[arg-type]
    assert [len(batch) for batch in crm.writes] == [4, 4, 2]
    assert done == [4, 4, 2]
    assert kept == [4, 8, 10]


def test_a_stop_in_a_later_batch_keeps_the_ones_before_and_marks_the_run(
    filled: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apply, "BATCH_RECORDS", 4)
    crm = Crm(dict.fromkeys("0123456789"))
    crm.stop_at = "5"
    plan = plan_of(*map(change, "0123456789"))
    with pytest.raises(LimitReached):
        applied(filled, crm, plan)
    assert changes_kept(filled) == dict.fromkeys("012367", "written")  # those of the batch that were told, too
    assert read_runs(filled)[0].message == "the day's requests are used up"
    assert {key for key, value in crm.stands.items() if value} == set("012367")  # two were written and not yet told
    crm.stop_at = None
    lines = applied(filled, crm, plan)
    assert told(lines) == dict.fromkeys("012367", "unchanged") | dict.fromkeys("4589", "written")
    assert copy(filled) == dict.fromkeys("0123456789", "North")
    assert len(filled.rows("SELECT * FROM written")) == 10


def test_an_edit_made_while_earlier_batches_are_written_is_respected(
    filled: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apply, "BATCH_RECORDS", 1)
    crm = Crm(dict.fromkeys("01"))

    def edit(_lines: int) -> None:
        crm.stands["1"] = "Mine"

    with recorded(filled, "apply", "crm") as running:
        plan = plan_of(*map(change, "01"))
        lines = list(apply_plan(filled, crm, plan, running.id, refuse_moved=False, progress=edit))  # type: ignore[arg-type]
    assert told(lines) == {"0": "written", "1": "skipped"}
    assert copy(filled)["1"] is None


def test_a_plan_for_fields_that_the_store_knows_nothing_of_is_told_not_stumbled_over(store: Store) -> None:
    """The store was removed, or is another one, since the plan was made."""
    with pytest.raises(Exception, match="territory") as raised:
        applied(store, Crm({"1": None}), plan_of(change("1")), refuse_moved=True)
    assert not isinstance(raised.value, (KeyError, StalePlan))


def test_our_copy_of_a_user_is_found_by_the_record_that_was_written(store: Store) -> None:
    save_fields(store, user=[number("won")])
    save_rows(store, "user", {"id": "u1", "record_id": "r", "active": 1}, custom={"u1": {"won": None}})

    class Users(Crm):
        def read_values(self, name: str, fields: Sequence[str], ids: Sequence[str]) -> dict[str, dict[str, str | None]]:
            assert (name, list(fields)) == ("user", ["won"])
            return {key: {"won": None} for key in ids}

        def write(self, name: str, writes: Sequence[RecordWrite]) -> Iterator[Outcome]:
            assert name == "user"
            yield from (Outcome(write.record_id, Status.WRITTEN) for write in writes)

    lines = applied(store, Users({}), plan_of(Change("user", "r", "Ann", "won", None, "5", "why")))
    assert [line.result for line in lines] == [Result.WRITTEN]
    (row,) = store.rows("SELECT custom FROM user")
    assert json.loads(row["custom"]) == {"won": "5"}  # found by the CRM's record id, not by ours


def test_an_interrupt_after_a_batch_keeps_the_batch(filled: Store) -> None:
    crm = Crm(dict.fromkeys("01"))

    def die(_lines: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), recorded(filled, "apply", "crm") as running:
        list(
            apply_plan(filled, crm, plan_of(*map(change, "01")), running.id, refuse_moved=True, progress=die)  # type: ignore[arg-type]
        )
    assert changes_kept(filled) == {"0": "written", "1": "written"}
    assert read_runs(filled)[0].status == "stopped"
