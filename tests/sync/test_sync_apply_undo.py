"""Undo gives back exactly what stood there, and leaves alone what others changed since; on any states and edits."""

from __future__ import annotations

import copy
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from applied import apply, change, connector, created, fill, last_run, placed, plan_of, remembered, told
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from writable import ACCOUNT, PLACED, STATEMENT, Writable, refusal

from config.problems import ConfigError
from sync.apply import StalePlan, read_hold
from sync.plan import Action, Change, Plan
from sync.plan.undo import build_undo
from sync.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.writing import Target


@pytest.fixture
def filled(store: Store) -> Store:
    return fill(store)


def undo(store: Store, crm: Writable, run: int | None = None) -> Plan:
    return build_undo(store, connector(crm), last_run(store) if run is None else run)


def skipped(plan: Plan) -> dict[str, str]:
    return {f"{skip.record}.{skip.field}" if skip.field else skip.record: skip.reason for skip in plan.skipped}


def territories(crm: Writable) -> dict[str, str | None]:
    return {name: values.get("territory") for name, values in crm.records["account"].items()}


def test_fields_get_back_what_they_held(filled: Store) -> None:
    crm = Writable({"account": {"0": {"territory": None}, "1": {"territory": "Old"}, "2": {"territory": "North"}}})
    apply(filled, crm, plan_of(change("0"), change("1", "Old"), change("2")))
    plan = undo(filled, crm)
    assert [(c.name, c.before, c.after, c.action) for c in plan.changes] == [
        ("0", "North", None, Action.UPDATE),
        ("1", "North", "Old", Action.UPDATE),
    ]
    assert plan.undoes == 1
    assert set(told(apply(filled, crm, plan, refuse_moved=True)).values()) == {"written"}
    assert territories(crm) == {"0": None, "1": "Old", "2": "North"}
    assert remembered(filled)["account", "1", "territory"] == "Old"


def test_what_others_changed_since_is_left_alone_and_said(filled: Store) -> None:
    crm = Writable({"account": {"0": {}, "1": {}, "2": {}, "3": {}}})
    apply(filled, crm, plan_of(*map(change, "0123")))
    crm.records["account"]["0"]["territory"] = "Mine"
    del crm.records["account"]["1"]
    crm.records["account"]["3"]["territory"] = None  # as it was before
    plan = undo(filled, crm)
    assert [c.name for c in plan.changes] == ["2"]
    assert skipped(plan) == {
        "Record 0.territory": "somebody changed it since; it is left as it stands",
        "Record 1": "the record is gone from the CRM",
    }


def test_what_a_later_run_wrote_is_left_to_the_undo_of_that_run(filled: Store) -> None:
    crm = Writable({"account": {"0": {}}})
    apply(filled, crm, plan_of(change("0")))
    apply(filled, crm, plan_of(change("0", "North", "South")))
    assert skipped(undo(filled, crm, 1)) == {"Record 0.territory": "run 2 wrote it since; undo that one first"}
    apply(filled, crm, undo(filled, crm, 2))
    apply(filled, crm, undo(filled, crm, 1))
    assert territories(crm) == {"0": None}


def test_the_run_is_named_whose_value_an_undo_put_back(filled: Store) -> None:
    crm = Writable({"account": {"0": {}}})
    for before, after in ((None, "North"), ("North", "South"), ("South", "West")):
        apply(filled, crm, plan_of(change("0", before, after)))
    apply(filled, crm, undo(filled, crm, 3))
    assert skipped(undo(filled, crm, 1)) == {"Record 0.territory": "run 2 wrote it since; undo that one first"}
    apply(filled, crm, undo(filled, crm, 4))
    apply(filled, crm, undo(filled, crm, 5))
    assert skipped(undo(filled, crm, 1)) == {"Record 0.territory": "run 2 wrote it since; undo that one first"}


def test_what_an_undo_took_back_beyond_a_run_is_nobodys_to_undo_first(filled: Store) -> None:
    crm = Writable({"account": {"0": {}}})
    apply(filled, crm, plan_of(change("0")))
    apply(filled, crm, plan_of(change("0", "North", "South")))
    apply(filled, crm, undo(filled, crm, 2))
    apply(filled, crm, undo(filled, crm, 1))
    why = "run 4 took back run 1 since; it is left as it stood before that one"
    assert skipped(undo(filled, crm, 2)) == {"Record 0.territory": why}


def test_only_what_was_written_is_taken_back(filled: Store) -> None:
    crm = Writable({"account": {"0": {}, "1": {}}}, refused={"0": refusal("0")})
    apply(filled, crm, plan_of(*map(change, "01")))
    assert [c.name for c in undo(filled, crm).changes] == ["1"]


def test_records_that_a_run_made_are_removed_and_made_again(filled: Store) -> None:
    crm = Writable()
    apply(filled, crm, plan_of(*created("s1", note="hello", paid="5"), placed("a|t")))
    made = crm.stands()
    taken_back = undo(filled, crm)
    assert {(c.name, c.field, c.action) for c in taken_back.changes} == {
        ("s1", "", Action.DELETE),
        ("a|t", "", Action.DELETE),
    }
    apply(filled, crm, taken_back, refuse_moved=True)
    assert crm.stands() == {}
    assert remembered(filled) == {}
    apply(filled, crm, undo(filled, crm), refuse_moved=True)
    assert crm.stands() == made
    assert {row["created"] for row in filled.rows("SELECT created FROM written")} == {1}
    apply(filled, crm, undo(filled, crm), refuse_moved=True)
    assert crm.stands() == {}


def test_a_record_that_somebody_edited_stays(filled: Store) -> None:
    crm = Writable()
    apply(filled, crm, plan_of(*created("s1", note="hello", paid="5"), *created("s2", note="hello")))
    plan = undo(filled, crm)
    crm.records[STATEMENT.object]["s1"]["note"] = "Mine"
    assert skipped(undo(filled, crm)) == {"Record s1": "made by run 1, but its note changed: it stays"}
    with pytest.raises(StalePlan, match="Statement__c Record s1"):
        apply(filled, crm, plan, refuse_moved=True)
    assert told(apply(filled, crm, plan)) == {"s1": "skipped", "s2": "written"}
    assert list(crm.records[STATEMENT.object]) == ["s1"]


def test_a_record_of_which_a_later_run_wrote_more_stays(filled: Store) -> None:
    crm = Writable()
    apply(filled, crm, plan_of(*created("s1", note="hello")))
    apply(filled, crm, plan_of(change("s1", None, "5", field="paid", target=STATEMENT)))
    plan = undo(filled, crm, 1)
    assert plan.changes == ()
    assert skipped(plan) == {"Record s1": "run 2 wrote its paid since; undo that one first"}
    apply(filled, crm, undo(filled, crm, 2))
    apply(filled, crm, undo(filled, crm, 1))
    assert crm.stands() == {}


def test_a_record_that_somebody_worked_on_stays_though_our_values_do(filled: Store) -> None:
    crm = Writable()
    apply(filled, crm, plan_of(*created("s1", note="hello"), *created("s2", note="hello")))
    plan = undo(filled, crm)
    crm.theirs.add("s1")
    assert skipped(undo(filled, crm)) == {"Record s1": "made by run 1, but somebody worked on it since: it stays"}
    lines = apply(filled, crm, plan, refuse_moved=True)
    assert told(lines) == {"s1": "skipped", "s2": "written"}
    assert [line.message for line in lines if line.message] == ["somebody worked on it since we made it: it stays"]
    assert list(crm.records[STATEMENT.object]) == ["s1"]


def test_of_a_record_that_a_run_made_all_is_read_that_we_ever_wrote_there(filled: Store) -> None:
    crm = Writable()
    apply(filled, crm, plan_of(*created("s1", note="hello")))
    apply(filled, crm, plan_of(change("s1", None, "5", field="paid", target=STATEMENT)))
    undo(filled, crm, 1)
    assert crm.asked[-1] == (STATEMENT, ("note", "paid"), ("s1",))


def test_what_was_made_again_by_somebody_is_not_made_twice(filled: Store) -> None:
    crm = Writable({PLACED.object: {"a|t": {}}})
    apply(filled, crm, plan_of(placed("a|t", Action.DELETE)))
    crm.records[PLACED.object]["a|t"] = {}
    plan = undo(filled, crm)
    assert plan.changes == ()
    assert skipped(plan) == {"Record a|t": "somebody made it again since; it is left as it stands"}


def test_a_run_that_is_not_there_is_named(filled: Store) -> None:
    with pytest.raises(ConfigError, match="there is no run 7"):
        undo(filled, Writable(), 7)


def test_an_undo_holds_the_runs_by_the_same_rules_until_a_plan_is_applied_by_hand(filled: Store) -> None:
    crm = Writable({"account": {"0": {}}})
    apply(filled, crm, plan_of(change("0"), rules="one"))
    assert read_hold(filled, "crm", "one") is None
    taken_back = replace(undo(filled, crm), rules="one")
    apply(filled, crm, taken_back)
    assert read_hold(filled, "crm", "one") == 2
    assert read_hold(filled, "crm", "other") is None
    assert read_hold(filled, "another", "one") is None
    apply(filled, crm, plan_of(change("0"), rules="one"))
    assert read_hold(filled, "crm", "one") is None


def test_taking_back_the_undo_ends_its_hold(filled: Store) -> None:
    crm = Writable({"account": {"0": {}}})
    apply(filled, crm, plan_of(change("0")))
    apply(filled, crm, undo(filled, crm))
    assert read_hold(filled, "crm", "") == 2
    apply(filled, crm, undo(filled, crm))
    assert territories(crm) == {"0": "North"}
    assert read_hold(filled, "crm", "") is None


def test_an_undo_of_nothing_holds_and_lets_go_of_nothing(filled: Store) -> None:
    crm = Writable({"account": {"0": {}}})
    apply(filled, crm, plan_of())
    apply(filled, crm, undo(filled, crm))
    assert read_hold(filled, "crm", "") is None
    apply(filled, crm, plan_of(change("0")))
    apply(filled, crm, undo(filled, crm))
    apply(filled, crm, undo(filled, crm, 1))
    assert read_hold(filled, "crm", "") == 4


# On random states

FIELDS: dict[Target, dict[str, tuple[str | None, ...]]] = {
    ACCOUNT: {"territory": ("North", "South", None), "won": ("0", "12.5", "-3", None)},
    STATEMENT: {"note": ("a", "b", None), "paid": ("1", "2", None)},
    PLACED: {},
}
NAMES = {ACCOUNT: ("0", "1", "2"), STATEMENT: ("s1", "s2"), PLACED: ("0|t", "1|t")}

Values = dict[str, str | None]
World = dict[str, dict[str, Values]]


def values_of(target: Target) -> st.SearchStrategy[Values]:
    return st.fixed_dictionaries({name: st.sampled_from(values) for name, values in FIELDS[target].items()})


def worlds() -> st.SearchStrategy[World]:
    """What may stand in the CRM; accounts are always there."""
    by_object = {}
    for target, names in NAMES.items():
        records = {name: values_of(target) for name in names}
        some = st.fixed_dictionaries(records) if target == ACCOUNT else st.fixed_dictionaries({}, optional=records)
        by_object[target.object] = some
    return st.fixed_dictionaries(by_object)


def planned(wanted: World, stands: World) -> Plan:
    """The changes that bring what is wanted, said plainly. Statements are never removed, associations are."""
    changes: list[Change] = []
    for target in NAMES:
        have = stands.get(target.object, {})
        for name, values in wanted[target.object].items():
            action = Action.UPDATE if name in have else Action.CREATE
            if target == PLACED:
                changes += [placed(name)] if name not in have else []
                continue
            for field, after in values.items():
                before = have.get(name, {}).get(field)
                if before != after:
                    changes.append(change(name, before, after, field=field, target=target, action=action))
        if target == PLACED:
            changes += [placed(name, Action.DELETE) for name in have if name not in wanted[target.object]]
    return plan_of(*changes)


def plain(world: Mapping[str, Mapping[str, Mapping[str, str | None]]]) -> World:
    """Without what is empty."""
    return {
        of_object: {name: {f: v for f, v in values.items() if v} for name, values in by_name.items()}
        for of_object, by_name in world.items()
        if by_name
    }


class Fresh:
    """A new filled store for each example."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with Store(folder / "filled.db") as store:
            fill(store, "012")

    def store(self) -> Store:
        return Store(Path(shutil.copy(self.folder / "filled.db", self.folder / "store.db")))


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Fresh:
    return Fresh(tmp_path_factory.mktemp("stores"))


EXAMPLES = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@EXAMPLES
@given(start=worlds(), wanted=worlds())
def test_apply_twice_is_apply_once_and_the_plan_after_it_is_empty(fresh: Fresh, start: World, wanted: World) -> None:
    crm = Writable(copy.deepcopy(start))
    plan = planned(wanted, start)
    with fresh.store() as store:
        assert {line.result.value for line in apply(store, crm, plan, refuse_moved=True)} <= {"written"}
        after, writes = crm.stands(), len(crm.writes)
        assert planned(wanted, crm.records).changes == ()
        assert {line.result.value for line in apply(store, crm, plan, refuse_moved=True)} <= {"unchanged"}
        assert (crm.stands(), len(crm.writes)) == (after, writes)


@EXAMPLES
@given(start=worlds(), wanted=worlds())
def test_undo_after_apply_is_the_start_and_its_undo_the_end(fresh: Fresh, start: World, wanted: World) -> None:
    crm = Writable(copy.deepcopy(start))
    with fresh.store() as store:
        apply(store, crm, planned(wanted, start))
        end = crm.stands()
        for expected in (plain(start), end, plain(start)):
            plan = undo(store, crm)
            assert plan.skipped == ()
            assert {line.result.value for line in apply(store, crm, plan, refuse_moved=True)} <= {"written"}
            assert crm.stands() == expected
            assert undo(store, crm, 1).changes == () or expected == end


def edits() -> st.SearchStrategy[dict[str, Values]]:
    """What somebody else does to some fields of some accounts."""
    some = {name: st.sampled_from((*values, "9")) for name, values in FIELDS[ACCOUNT].items()}
    fields = st.fixed_dictionaries({}, optional=some)
    return st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES[ACCOUNT], fields))


def edit(crm: Writable, edited: dict[str, Values]) -> World:
    """What stands in the accounts after the edits."""
    for name, values in edited.items():
        crm.records["account"][name].update(values)
    return {"account": copy.deepcopy(crm.records["account"])}


@EXAMPLES
@given(start=worlds(), wanted=worlds(), earlier=edits(), later=edits())
def test_edits_of_others_are_never_lost(
    fresh: Fresh, start: World, wanted: World, earlier: dict[str, Values], later: dict[str, Values]
) -> None:
    """Between plan and apply, and between apply and undo: a field is ours only where it holds what the plan, or the run
    that is taken back, knows of it."""
    crm = Writable(copy.deepcopy(start))
    with fresh.store() as store:
        plan = planned(wanted, start)
        found = edit(crm, earlier)["account"]
        lines = {line.change.place: line for line in apply(store, crm, plan)}
        for name, values in found.items():
            for field, value in values.items():
                ours = value == start["account"][name][field]
                expected = wanted["account"][name][field] if ours else value
                assert crm.records["account"][name][field] == expected
        found = edit(crm, later)["account"]
        apply(store, crm, undo(store, crm))
        for name, values in found.items():
            for field, value in values.items():
                line = lines.get(("account", name, field))
                ours = line is not None and line.result == "written" and value == line.change.after
                expected = start["account"][name][field] if ours else value
                assert crm.records["account"][name][field] == expected
