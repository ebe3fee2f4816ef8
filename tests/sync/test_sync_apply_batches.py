"""What apply makes of a connector's answers: a line for each change, whatever the CRM leaves unsaid."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from applied import apply, change, connector, created, fill, kept, last_run, placed, plan_of, remembered, told
from synced import number, save_fields, save_rows
from writable import PLACED, STATEMENT, Writable, refusal

from config.project import Caps
from connectors.errors import LimitReached, Rejected
from connectors.writing import Cause, RecordWrite, Target
from sync.apply import Result, StalePlan, apply_plan
from sync.plan import Action, portions
from sync.plan.caps import check_caps
from sync.plan.memory import read_memory
from sync.plan.undo import build_undo
from sync.store.runs import read_runs, recorded
from sync.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from connectors.writing import Jobs, Outcome, Standing


@pytest.fixture
def filled(store: Store) -> Store:
    return fill(store)


def accounts(**values: str | None) -> Writable:
    """A CRM whose accounts hold these territories, by number."""
    return Writable({"account": {name.removeprefix("n"): {"territory": value} for name, value in values.items()}})


def empty(names: str) -> Writable:
    return Writable({"account": {name: {"territory": None} for name in names}})


def territories(crm: Writable) -> dict[str, str | None]:
    return {name: values.get("territory") for name, values in crm.records["account"].items()}


def copy(store: Store) -> dict[str, str | None]:
    """What our copy of the records says."""
    return {row["id"]: json.loads(row["custom"])["territory"] for row in store.rows("SELECT id, custom FROM account")}


def test_an_answer_that_does_not_come_is_looked_up(filled: Store) -> None:
    crm = empty("012")
    crm.silent = {"1"}
    assert told(apply(filled, crm, plan_of(*map(change, "012")))) == dict.fromkeys("012", "written")
    assert copy(filled)["1"] == "North"


def test_what_was_not_answered_and_does_not_stand_there_failed(filled: Store) -> None:
    crm = empty("01")
    crm.refused, crm.silent = {"1": refusal("1")}, {"1"}
    lines = apply(filled, crm, plan_of(*map(change, "01")))
    (silent,) = [line for line in lines if line.result is Result.FAILED]
    assert (silent.change.name, silent.message) == ("1", "the CRM gave no answer for this record")
    assert kept(filled) == told(lines) == {"0": "written", "1": "failed"}
    assert copy(filled)["1"] is None


def test_a_line_that_failed_keeps_the_crms_code_message_and_cause(filled: Store) -> None:
    crm = empty("01")
    crm.refused = {"0": refusal("0")}
    lines = apply(filled, crm, plan_of(*map(change, "01")))
    assert [(line.code, line.message, line.cause) for line in lines if line.result is Result.FAILED] == [
        ("TOO_LONG", "too long", "rule")
    ]
    (row,) = filled.rows("SELECT code, message, cause FROM change WHERE outcome = 'failed'")
    assert tuple(row) == ("TOO_LONG", "too long", "rule")
    assert remembered(filled) == {("account", "1", "territory"): "North"}


def test_whatever_a_crm_says_of_a_refusal_can_be_kept(filled: Store) -> None:
    crm = empty("0")
    crm.refused = {"0": refusal("0", message="\ud800" + "x" * 1_000_000)}
    (line,) = apply(filled, crm, plan_of(change("0")))
    assert (line.result, line.message[:3], len(line.message)) == (Result.FAILED, "?xx", 2000)


NASTY = (
    "1e400",
    "1E999999999",
    "NaN",
    "sNaN",
    "-Infinity",
    "0000-00-00T00:00:00Z",
    "\0",
    "\U0001f600",
    "x" * 1_000_000,
)


@pytest.mark.parametrize("stands", NASTY, ids=lambda text: repr(text[:12]))
def test_whatever_stands_in_a_field_is_told_from_what_we_wrote_and_can_be_restored(filled: Store, stands: str) -> None:
    crm = Writable({"account": {"0": {"won": stands}, "1": {"won": stands}}})
    lines = apply(filled, crm, plan_of(change("0", stands, "5", field="won"), change("1", "4", "5", field="won")))
    assert told(lines) == {"0": "written", "1": "skipped"}
    undoing = build_undo(filled, connector(crm), last_run(filled))
    assert [(line.before, line.after) for line in undoing.changes] == [("5", stands)]
    assert [line.result.value for line in apply(filled, crm, undoing)] == ["written"]
    assert crm.records["account"]["0"]["won"] == stands
    check_caps(
        Caps(changes=1000, records_share=Decimal(1), value_share=Decimal(0)),
        undoing,
        read_memory(filled, "crm"),
        [("account", "won")],
    )


def test_only_what_differs_is_sent(filled: Store) -> None:
    crm = accounts(n0=None, n1="North", n2="Mine")
    lines = apply(filled, crm, plan_of(*map(change, "0123")))
    assert told(lines) == {"0": "written", "1": "unchanged", "2": "skipped", "3": "skipped"}
    assert crm.writes == [[RecordWrite("0", {"territory": "North"})]]
    assert copy(filled) == {str(n): "North" if n < 2 else None for n in range(10)}


def test_where_nothing_differs_nothing_is_sent(filled: Store) -> None:
    crm = accounts(n1="North")
    apply(filled, crm, plan_of(change("1")))
    assert crm.writes == []


def test_what_already_stood_there_counts_as_what_we_wrote_last(filled: Store) -> None:
    apply(filled, accounts(n1="North"), plan_of(change("1")))
    assert remembered(filled) == {("account", "1", "territory"): "North"}


def test_batches_are_of_whole_records_and_each_is_kept_before_the_next_is_sent(
    filled: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portions, "BATCH_RECORDS", 4)
    crm = empty("0123456789")
    seen: list[int] = []
    done: list[int] = []

    def progress(lines: int) -> None:
        done.append(lines)
        with Store(filled.path) as another:  # what another process would see
            seen.append(len(kept(another)))

    apply(filled, crm, plan_of(*map(change, "0123456789")), refuse_moved=True, progress=progress)
    assert [len(batch) for batch in crm.writes] == [4, 4, 2]
    assert done == [4, 4, 2]
    assert seen == [4, 8, 10]


def test_each_line_is_kept_as_sent_before_it_is_sent(filled: Store) -> None:
    class Watched(Writable):
        def write(self, target: Target, writes: Sequence[RecordWrite], jobs: Jobs) -> Iterator[Outcome]:
            with Store(filled.path) as another:
                assert kept(another) == {"0": "sent", "1": "unchanged"}
                (row,) = another.rows("SELECT before, after, action FROM change WHERE outcome = 'sent'")
                assert tuple(row) == (None, "North", "update")
            return super().write(target, writes, jobs)

    crm = Watched({"account": {"0": {"territory": None}, "1": {"territory": "North"}}})
    assert told(apply(filled, crm, plan_of(change("0"), change("1")))) == {"0": "written", "1": "unchanged"}


def test_a_stop_in_a_later_batch_keeps_what_was_told_and_the_next_apply_settles_the_rest(
    filled: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portions, "BATCH_RECORDS", 4)
    crm = empty("0123456789")
    requests = 0

    def step() -> None:
        nonlocal requests
        requests += 1
        if requests == 9:  # two batches are looked at; of the second, two records are written and two not yet
            raise LimitReached("the day's requests are used up")

    crm.step = step
    plan = plan_of(*map(change, "0123456789"))
    with pytest.raises(LimitReached):
        apply(filled, crm, plan)
    assert kept(filled) == dict.fromkeys("012345", "written") | dict.fromkeys("67", "sent")
    assert read_runs(filled)[0].message == "the day's requests are used up"
    lines = apply(filled, crm, plan)
    assert told(lines) == dict.fromkeys("012345", "unchanged") | dict.fromkeys("6789", "written")
    assert filled.rows("SELECT * FROM change WHERE outcome = 'sent'") == []
    assert copy(filled) == dict.fromkeys("0123456789", "North")
    assert len(remembered(filled)) == 10


def test_an_edit_made_while_earlier_batches_are_written_is_respected(
    filled: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portions, "BATCH_RECORDS", 1)
    crm = empty("01")

    def edit(_lines: int) -> None:
        crm.records["account"]["1"]["territory"] = "Mine"

    for refuse_moved in (False, True):
        crm.records["account"]["0"]["territory"] = crm.records["account"]["1"]["territory"] = None
        lines = apply(filled, crm, plan_of(*map(change, "01")), refuse_moved=refuse_moved, progress=edit)
        assert told(lines) == {"0": "written", "1": "skipped"}
    assert copy(filled)["1"] is None


def test_a_plan_that_fits_in_a_batch_is_read_once(filled: Store) -> None:
    crm = empty("01")
    apply(filled, crm, plan_of(change("0"), *created("s", paid="5")), refuse_moved=True)
    assert [(target.object, names) for target, _, names in crm.asked] == [
        ("Statement__c", ("s",)),
        ("account", ("0",)),
    ]


def test_a_plan_for_fields_that_the_store_knows_nothing_of_is_told_not_stumbled_over(store: Store) -> None:
    """The store was removed, or is another one, since the plan was made."""
    with pytest.raises(Exception, match="territory") as raised:
        apply(store, accounts(n1=None), plan_of(change("1")), refuse_moved=True)
    assert not isinstance(raised.value, (KeyError, StalePlan))


def test_our_copy_of_a_user_is_found_by_the_record_that_was_written(store: Store) -> None:
    save_fields(store, user=[number("won")])
    save_rows(store, "user", {"id": "u1", "record_id": "r", "active": 1}, custom={"u1": {"won": None}})
    crm = Writable({"user": {"r": {"won": None}}})
    lines = apply(store, crm, plan_of(change("r", None, "5", field="won", target=Target("user"))))
    assert [line.result for line in lines] == [Result.WRITTEN]
    (row,) = store.rows("SELECT custom FROM user")
    assert json.loads(row["custom"]) == {"won": "5"}  # found by the CRM's record id, not by ours


def test_an_interrupt_after_a_batch_keeps_the_batch(filled: Store) -> None:
    def die(_lines: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        apply(filled, empty("01"), plan_of(*map(change, "01")), refuse_moved=True, progress=die)
    assert kept(filled) == {"0": "written", "1": "written"}
    assert read_runs(filled)[0].status == "stopped"


def test_a_target_that_is_refused_as_a_whole_fails_alone(filled: Store) -> None:
    class Wrong(Writable):
        def write(self, target: Target, writes: Sequence[RecordWrite], jobs: Jobs) -> Iterator[Outcome]:
            if target == STATEMENT:
                raise Rejected("the key is not unique", code="KEY")
            return super().write(target, writes, jobs)

    lines = apply(filled, Wrong({"account": {"0": {}}}), plan_of(change("0"), *created("s", paid="5")))
    assert {line.change.name: (line.result, line.code, line.message) for line in lines} == {
        "0": (Result.WRITTEN, "", ""),
        "s": (Result.FAILED, "KEY", "the key is not unique"),
    }


@pytest.mark.parametrize("rest", [frozenset(), frozenset({"won"})])
def test_fields_that_are_refused_alone_fail_and_the_rest_of_their_record_is_written(
    filled: Store, rest: frozenset[str]
) -> None:
    class Parting(Writable):
        def write(self, target: Target, writes: Sequence[RecordWrite], jobs: Jobs) -> Iterator[Outcome]:
            for write in writes:
                refused = refusal(write.name, Cause.PERMISSION)
                yield replace(refused, fields=frozenset({"territory"}))
                (outcome,) = super().write(target, [RecordWrite(write.name, {"won": write.values["won"]})], jobs)
                yield replace(outcome, fields=rest)

    crm = Parting({"account": {"0": {}}})
    lines = apply(filled, crm, plan_of(change("0"), change("0", None, "5", field="won")))
    assert told(lines) == {"0.territory": "failed", "0.won": "written"}
    assert crm.records["account"]["0"] == {"won": "5"}
    assert remembered(filled) == {("account", "0", "won"): "5"}
    assert [row["field"] for row in filled.rows("SELECT field FROM refusal")] == ["territory"]


class Unreadable(Writable):
    """It refuses to tell of statements: the object is gone, or hidden from our login."""

    def standing(self, target: Target, fields: Sequence[str], names: Sequence[str]) -> dict[str, Standing]:
        if target == STATEMENT:
            raise Rejected("Statement__c is not there", code="NOT_FOUND")
        return super().standing(target, fields, names)


@pytest.mark.parametrize("refuse_moved", [False, True])
def test_a_target_that_cannot_be_read_fails_alone(filled: Store, refuse_moved: bool) -> None:
    crm = Unreadable({"account": {"0": {"territory": None}}})
    lines = apply(filled, crm, plan_of(change("0"), *created("s", paid="5")), refuse_moved=refuse_moved)
    assert {line.change.name: (line.result, line.code, line.message, line.cause) for line in lines} == {
        "0": (Result.WRITTEN, "", "", None),
        "s": (Result.FAILED, "NOT_FOUND", "Statement__c is not there", Cause.PERMISSION),
    }
    assert kept(filled) == told(lines)
    assert [row["name"] for row in filled.rows("SELECT name FROM refusal")] == ["s"]


def test_where_what_was_sent_and_not_answered_cannot_be_read_its_lines_say_so(filled: Store) -> None:
    crm = Writable({"account": {"0": {"territory": None}, "1": {"territory": None}}})
    crm.silent = {"1"}
    looks = 0

    def standing(target: Target, fields: Sequence[str], names: Sequence[str]) -> dict[str, Standing]:
        nonlocal looks
        looks += 1
        if looks > 1:
            raise Rejected("hidden since")
        return Writable.standing(crm, target, fields, names)

    crm.standing = standing  # type: ignore[method-assign]
    lines = apply(filled, crm, plan_of(change("0"), change("1")))
    assert told(lines) == {"0": "written", "1": "failed"}
    assert [line.message for line in lines if line.result is Result.FAILED] == ["hidden since"]


class Hiding(Writable):
    """It does not show `territory`."""

    def standing(self, target: Target, fields: Sequence[str], names: Sequence[str]) -> dict[str, Standing]:
        shown = [field for field in fields if field != "territory"]
        return super().standing(target, shown, names)


@pytest.mark.parametrize("refuse_moved", [False, True])
def test_a_field_that_is_hidden_fails_by_name_and_the_rest_of_its_record_is_written(
    filled: Store, refuse_moved: bool
) -> None:
    crm = Hiding({"account": {"0": {"territory": "Mine", "won": None}}})
    plan = plan_of(change("0"), change("0", None, "5", field="won"))
    for parked in (False, False, True):
        crm.records["account"]["0"]["won"] = None
        lines = apply(filled, crm, plan, refuse_moved=refuse_moved)
        assert told(lines) == {"0.territory": "failed", "0.won": "written"}
        (hidden,) = [line for line in lines if line.result is Result.FAILED]
        assert (hidden.code, hidden.cause, hidden.parked) == ("HIDDEN_FIELD", Cause.PERMISSION, parked)
        assert "territory of account" in hidden.message
    assert crm.records["account"]["0"] == {"territory": "Mine", "won": "5"}
    assert crm.writes[0] == [RecordWrite("0", {"won": "5"})]
    (stored,) = filled.rows("SELECT code, cause FROM change WHERE outcome = 'failed' ORDER BY run_id LIMIT 1")
    assert tuple(stored) == ("HIDDEN_FIELD", "permission")


# Records that we keep


def test_a_record_is_made_with_all_its_fields_in_one_write_and_remembered_as_ours(filled: Store) -> None:
    crm = Writable()
    lines = apply(filled, crm, plan_of(*created("s1", note="hello", paid="5")), refuse_moved=True)
    assert told(lines) == {"s1.note": "written", "s1.paid": "written"}
    assert crm.writes == [[RecordWrite("s1", {"note": "hello", "paid": "5"})]]
    rows = filled.rows("SELECT record_id, created FROM written")
    assert [tuple(row) for row in rows] == [("id:s1", 1), ("id:s1", 1)]


def test_a_record_that_somebody_made_meanwhile_is_compared_field_by_field(filled: Store) -> None:
    crm = Writable({STATEMENT.object: {"s1": {"note": "hello", "paid": "7"}}})
    lines = apply(filled, crm, plan_of(*created("s1", note="hello", paid="5")))
    assert told(lines) == {"s1.note": "unchanged", "s1.paid": "skipped"}
    assert crm.writes == []
    crm.records[STATEMENT.object]["s1"]["paid"] = None
    lines = apply(filled, crm, plan_of(*created("s1", note="hello", paid="5.00")))
    assert told(lines) == {"s1.note": "unchanged", "s1.paid": "written"}
    assert [line.change.action for line in lines if line.result is Result.WRITTEN] == [Action.UPDATE]
    assert {row["created"] for row in filled.rows("SELECT created FROM written")} == {0}
    with pytest.raises(StalePlan, match=r"Statement__c Record s1, paid: was empty, is 5\.00"):
        apply(filled, crm, plan_of(*created("s1", paid="6")), refuse_moved=True)


def test_a_record_without_fields_is_made_and_removed(filled: Store) -> None:
    crm = Writable()
    assert told(apply(filled, crm, plan_of(placed("a|t")))) == {"a|t": "written"}
    assert crm.records == {PLACED.object: {"a|t": {}}}
    assert told(apply(filled, crm, plan_of(placed("a|t")))) == {"a|t": "unchanged"}
    assert told(apply(filled, crm, plan_of(placed("a|t", Action.DELETE)))) == {"a|t": "written"}
    assert crm.records == {PLACED.object: {}}
    assert remembered(filled) == {}
    assert told(apply(filled, crm, plan_of(placed("a|t", Action.DELETE)))) == {"a|t": "unchanged"}


def test_the_time_of_the_last_change_is_not_written_alone(filled: Store) -> None:
    save_fields(filled, account=[number("won"), number("stamp")])
    plan = plan_of(
        *(change(name, None, "5", field="won") for name in "012"),
        *(change(name, None, "9", field="stamp", source="updated") for name in "012"),
    )
    crm = Writable({"account": {"0": {}, "1": {"won": "5"}, "2": {"won": "7"}}})
    assert told(apply(filled, crm, plan)) == {
        "0.won": "written",
        "0.stamp": "written",
        "1.won": "unchanged",
        "1.stamp": "skipped",
        "2.won": "skipped",
        "2.stamp": "skipped",
    }
    assert crm.records["account"] == {"0": {"won": "5", "stamp": "9"}, "1": {"won": "5"}, "2": {"won": "7"}}


# Peaks


def test_the_largest_sum_that_stood_there_is_kept(filled: Store) -> None:
    crm = Writable({"account": {"0": {}, "1": {}}})

    def peak() -> str:
        return str(filled.rows("SELECT total FROM peak WHERE field = 'won'")[0][0])

    apply(filled, crm, plan_of(change("0", None, "-5.5", field="won"), change("1", None, "10", field="won")))
    assert peak() == "15.5"
    apply(filled, crm, plan_of(change("1", "10", "1", field="won")))
    assert peak() == "15.5"
    apply(filled, crm, plan_of(change("1", "1", "1000000000000000.01", field="won")))
    assert peak() == "1000000000000005.51"
    assert filled.rows("SELECT * FROM peak WHERE field = 'territory'") == []


def test_progress_counts_every_line(filled: Store) -> None:
    done: list[int] = []
    with recorded(filled, "apply", "crm") as running:
        plan = plan_of(*map(change, "0123"))
        crm = accounts(n0=None, n1="North", n2=None)
        list(apply_plan(filled, connector(crm), plan, running.id, refuse_moved=False, progress=done.append))
    assert sum(done) == 4


def test_the_time_of_our_last_change_goes_along_and_is_taken_back_by_itself(filled: Store) -> None:
    crm = empty("0")
    stamp = change("0", None, "5", field="won", source="updated")
    apply(filled, crm, plan_of(change("0"), stamp))
    assert crm.writes == [[RecordWrite("0", {"territory": "North", "won": "5"}, frozenset({"won"}))]]
    apply(filled, crm, build_undo(filled, connector(crm), last_run(filled)))
    assert crm.writes[-1] == [RecordWrite("0", {"territory": None, "won": None})]


def test_a_stale_undo_is_to_be_made_again_as_an_undo(filled: Store) -> None:
    crm = empty("0")
    apply(filled, crm, plan_of(change("0")))
    taking_back = build_undo(filled, connector(crm), last_run(filled))
    crm.records["account"]["0"]["territory"] = "Mine"
    with pytest.raises(StalePlan, match=f"salesops undo {taking_back.undoes} -o FILE"):
        apply(filled, crm, taking_back, refuse_moved=True)
