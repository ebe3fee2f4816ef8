"""Whatever stood there, whatever others did meanwhile, whatever the CRM refused and whenever we died: apply twice is
apply once, the plan after it is empty, and undo returns to the start.

The real plan, apply and undo on a CRM in memory. APPLY_STORM_EXAMPLES is how many lives each property is tried on.
"""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager, nullcontext, suppress
from copy import deepcopy
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from writeback_desk import ACCOUNTS, DEALS, PLACES, QUARTER, STATEMENT, USERS, Desk, Wants, new_store, project
from writeback_memory import Died, Memory

from connectors.writing import FORECASTING_QUOTA, TERRITORY_ACCOUNT
from sync.apply import INTERRUPTED, settle
from sync.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from writeback_memory import Entry, Values

    from sync.apply import Line
    from sync.plan import Plan

EXAMPLES = int(os.environ.get("APPLY_STORM_EXAMPLES", "60"))

trying = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="APPLY_STORM_EXAMPLES" not in os.environ,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

Key = tuple[str, str]
"""Object and name of a record."""

# What can be


AMOUNTS = st.sampled_from((None, "1", "2.5", "9"))
REGIONS = st.sampled_from((None, *PLACES.values()))
STATEMENTS = [f"{user}|{QUARTER}" for user in USERS]
PLACED = [f"{account}|{place}" for account in ACCOUNTS for place in PLACES]
QUOTAS = [f"{user}|2026-0{month}-01|Revenue" for user in USERS for month in (4, 7)]


@dataclass(frozen=True, slots=True)
class Act:
    """Somebody changes fields of a record, makes it where `makes`, or removes it where there are no values."""

    object: str
    name: str
    values: Mapping[str, str | None] | None
    makes: bool = False

    def do(self, crm: Memory) -> None:
        if self.values is None or self.makes:
            crm.put(self.object, self.name, self.values)
        else:
            crm.edit(self.object, self.name, self.values)


def _acts() -> st.SearchStrategy[Act]:
    def edits(
        of_object: str, names: object, name: str, values: st.SearchStrategy[str | None]
    ) -> st.SearchStrategy[Act]:
        return st.builds(Act, st.just(of_object), st.sampled_from(names), st.fixed_dictionaries({name: values}))

    def removals(of_object: str, names: object) -> st.SearchStrategy[Act]:
        return st.builds(Act, st.just(of_object), st.sampled_from(names), st.none())

    made = st.builds(Act, st.just(TERRITORY_ACCOUNT), st.sampled_from(PLACED), st.just({}), st.just(True))
    return st.one_of(
        edits("user", USERS, "won__c", AMOUNTS),
        edits("account", ACCOUNTS, "territory__c", st.sampled_from((None, "North", "Mine"))),
        edits("opportunity", DEALS, "earned__c", AMOUNTS),
        edits(STATEMENT, STATEMENTS, "total__c", AMOUNTS),
        edits(FORECASTING_QUOTA, QUOTAS, "amount", st.sampled_from(("5", "100"))),
        made,
        removals(TERRITORY_ACCOUNT, PLACED),
        removals(STATEMENT, STATEMENTS),
        removals(FORECASTING_QUOTA, QUOTAS),
        removals("opportunity", DEALS[-1:]),
    )


ACTS = _acts()
WANTS = st.builds(
    Wants,
    st.fixed_dictionaries(dict.fromkeys(USERS, AMOUNTS)),
    st.fixed_dictionaries(dict.fromkeys(ACCOUNTS, REGIONS)),
    st.fixed_dictionaries(dict.fromkeys(DEALS, AMOUNTS)),
    st.fixed_dictionaries(dict.fromkeys(USERS, st.sampled_from((None, "0.3", "0.8")))),
)
REFUSED = st.sampled_from(
    (
        *(("user", "u1"), ("account", "a1"), ("opportunity", "d1")),
        *((STATEMENT, STATEMENTS[0]), (TERRITORY_ACCOUNT, PLACED[0]), (FORECASTING_QUOTA, QUOTAS[0])),
    )
)


@dataclass(frozen=True, slots=True)
class Round:
    """One run: what it wants, what the CRM refuses meanwhile, what others do at which of its steps (0: before it
    writes), and at which of them it dies (0: never)."""

    wants: Wants
    refused: frozenset[tuple[str, str]] = frozenset()
    acts: tuple[tuple[int, Act], ...] = ()
    dies: int = 0
    bulk: bool = False


ROUNDS = st.builds(
    Round,
    WANTS,
    st.frozensets(REFUSED, max_size=2),
    st.lists(st.tuples(st.one_of(st.just(0), st.integers(1, 25)), ACTS), max_size=5).map(tuple),
    st.one_of(st.just(0), st.integers(1, 60)),
    st.booleans(),
)
STARTS = st.builds(
    lambda won, territory, earned, others: ({**won}, {**territory}, {**earned}, others),
    st.fixed_dictionaries(dict.fromkeys(USERS, AMOUNTS)),
    st.fixed_dictionaries(dict.fromkeys(ACCOUNTS, st.sampled_from((None, "North", "Mine")))),
    st.fixed_dictionaries(dict.fromkeys(DEALS, AMOUNTS)),
    st.sets(
        st.sampled_from([(STATEMENT, STATEMENTS[0]), (TERRITORY_ACCOUNT, PLACED[1]), (FORECASTING_QUOTA, QUOTAS[0])])
    ),
)
MADE_BY_OTHERS: Mapping[str, Values] = {
    STATEMENT: {"total__c": "7", "quarter__c": "theirs"}, TERRITORY_ACCOUNT: {}, FORECASTING_QUOTA: {"amount": "50"},
}  # fmt: skip


@dataclass
class Life:
    """A CRM, a project with its store, and what happens to both. The last apply began when the log was as long as
    `began`."""

    desk: Desk
    plans: list[Plan] = field(default_factory=list)
    began: int = 0

    @property
    def crm(self) -> Memory:
        return self.desk.crm

    def live(self, each: Round) -> list[Line]:
        """A round; the lines of an apply that did not die."""
        self.crm.refused, self.crm.bulk = set(each.refused), each.bulk
        self.desk.pull()
        self.desk.compute(each.wants)
        plan = self.desk.plan()
        self.plans.append(plan)
        acts: dict[int, list[Act]] = {}
        for number, act in each.acts:
            acts.setdefault(number, []).append(act)
        self.act(acts.pop(0, []))
        self.began = len(self.crm.log)
        lines: list[Line] = []
        with suppress(Died), self.desk.meddled({n: lambda n=n: self.act(acts[n]) for n in acts}, each.dies):
            lines = self.desk.apply(plan)
            assert sorted(line.change.place for line in lines) == [change.place for change in plan.changes]
        self._check_writes(plan)
        return lines

    def act(self, acts: list[Act]) -> None:
        for act in acts:
            act.do(self.crm)

    def _check_writes(self, plan: Plan) -> None:
        """What was written is what the plan says, on what the plan says, but where somebody was quicker than we."""
        lines = {change.place: change for change in plan.changes}
        raced: set[Key] = set()
        for entry in self.crm.log[self.began :]:
            if not entry.ours:
                raced.add((entry.object, entry.name))
            elif (entry.object, entry.name) not in raced:
                for name, value in _changed(entry):
                    line = lines[entry.object, entry.name, name]
                    assert (line.before, line.after) == ((entry.before or {}).get(name), value)

    def take_back(self, run: int, dies: int = 0) -> None:
        """Undo a run; it may die once, and is begun again."""
        with suppress(Died), self.desk.meddled({}, dies):
            self.desk.apply(self.desk.undo(run))
        if dies:
            self.desk.apply(self.desk.undo(run))

    def lost(self) -> set[Key]:
        """The records that a run died over, and that were not written when they were looked up."""
        rows = self.desk.store.rows("SELECT object, name FROM change WHERE code = ?", (INTERRUPTED,))
        return {(row["object"], row["name"]) for row in rows}

    def parked(self) -> set[Key]:
        """The records that were refused too often."""
        rows = self.desk.store.rows("SELECT object, name FROM refusal WHERE parked = 1")
        return {(row["object"], row["name"]) for row in rows}

    def check_accounts(self) -> None:
        """Every line has its end."""
        assert not self.desk.store.rows("SELECT * FROM change WHERE outcome = 'sent'")
        assert not self.desk.store.rows("SELECT * FROM bulk_job WHERE ended_at IS NULL")


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store to begin with."""
    path = tmp_path_factory.mktemp("empty") / "store.db"
    new_store(path)
    return path


@pytest.fixture(autouse=True)
def _power_stays_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """To wait for the disk takes most of the time, and no power is cut here."""
    for module in ("engine", "settle"):
        monkeypatch.setattr(import_module(f"sync.apply.{module}"), "durable", lambda _: nullcontext())


@contextmanager
def begun(empty: Path, start: tuple, policy: str = "overwrite", clears: str = "clear") -> Iterator[Life]:
    """A life, from its first day."""
    won, territory, earned, others = start
    own = {"won__c": dict(won), "territory__c": dict(territory), "earned__c": dict(earned)}
    stands = {
        of_object: {key: {name: value} for key, value in own[name].items()}
        for of_object, name in (("user", "won__c"), ("account", "territory__c"), ("opportunity", "earned__c"))
    }
    for of_object, name in others:
        stands[of_object] = {name: dict(MADE_BY_OTHERS[of_object])}
    path = empty.with_name("life.db")
    shutil.copy(empty, path)
    try:
        with Store(path) as store:
            yield Life(Desk(Memory(stands), store, project(policy, clears)))
    finally:
        for each in path.parent.glob("life.db*"):
            each.unlink()


POLICIES = st.sampled_from(("overwrite", "keep", "flag"))
CLEARS = st.sampled_from(("clear", "leave"))


# Plan and apply


@trying
@given(STARTS, st.lists(ROUNDS, max_size=3), ROUNDS, POLICIES, CLEARS)
def test_after_an_apply_the_plan_is_empty_and_to_apply_it_again_changes_nothing(
    empty: Path, start: tuple, past: list[Round], last: Round, policy: str, clears: str
) -> None:
    with begun(empty, start, policy, clears) as life:
        for each in past:
            life.live(each)
        quiet = replace(last, acts=(), dies=0)
        lines = life.live(quiet)
        refused = {(line.change.object, line.change.name) for line in lines if line.result == "failed"}
        assert refused <= quiet.refused
        assert not [line for line in lines if line.result == "skipped" and line.change.field != "changed__c"]
        before, ids = life.crm.copy(), dict(life.crm._ids)
        life.desk.pull()
        after = life.desk.plan()
        assert {(change.object, change.name) for change in after.changes} <= refused
        again = life.desk.apply(life.plans[-1])
        assert {line.result.value for line in again} <= {"unchanged", *(["failed"] if refused else []), "skipped"}
        assert life.crm.copy() == before
        assert life.crm._ids == ids, "nothing is made twice"
        check_wanted(life, quiet, policy, clears)
        life.check_accounts()


def check_wanted(life: Life, last: Round, policy: str, clears: str) -> None:
    """Hold the fields against the results: each holds its result, or what its policy lets stand, or what stood there
    when it was refused."""
    wants, stands, refused = last.wants, life.crm.stands, last.refused | life.parked()
    sellers = {key for key in USERS if (any(wants.won.values()) and wants.won[key]) or wants.reached[key]}
    won = {key: wants.won[key] or ("0" if key in sellers else None) for key in USERS}
    for of_object, name, wanted in (
        ("user", "won__c", won),
        ("account", "territory__c", wants.territory),
        ("opportunity", "earned__c", wants.earned),
    ):
        for key, value in wanted.items():
            if key not in stands[of_object] or (of_object, key) in refused:
                continue
            there = stands[of_object][key].get(name)
            if there == value or (value is None and clears == "leave"):
                continue
            assert policy != "overwrite", f"{of_object} {key}.{name} holds {there}, not {value}"
            assert there, "an emptied field is ours again"
            assert not last_writer_is_us(life.crm.log, of_object, key, name), f"{of_object} {key}.{name} is ours"


def last_writer_is_us(log: list[Entry], of_object: str, key: str, name: str) -> bool:
    """Whether the value that stands in a field is the one that we put there."""
    for entry in reversed(log):
        if (entry.object, entry.name) == (of_object, key):
            before, after = (entry.before or {}).get(name), (entry.after or {}).get(name)
            if before != after:
                return entry.ours
    return False


# Undo


@trying
@given(STARTS, st.lists(ROUNDS, max_size=2), ROUNDS, POLICIES, st.integers(0, 30))
def test_undo_after_an_apply_returns_to_the_start(
    empty: Path, start: tuple, past: list[Round], last: Round, policy: str, dies: int
) -> None:
    with begun(empty, start, policy) as life:
        for each in past:
            life.live(each)
        settled(life)
        before = life.crm.copy()
        life.live(replace(last, acts=()))
        run = life.desk.last_run()
        life.crm.refused = set()
        life.take_back(run, dies)
        assert life.crm.copy() == before
        assert life.desk.undo(run).changes == ()
        life.check_accounts()


def settled(life: Life) -> None:
    """What the last round left open has its end."""
    settle(life.desk.store, life.desk.connector, "crm")


@trying
@given(STARTS, st.lists(ROUNDS, max_size=1), ROUNDS, POLICIES, st.lists(ACTS, max_size=4), st.integers(0, 30))
def test_undo_restores_what_is_still_ours_and_leaves_alone_what_others_changed(
    empty: Path, start: tuple, past: list[Round], last: Round, policy: str, later: list[Act], dies: int
) -> None:
    with begun(empty, start, policy) as life:
        for each in past:
            life.live(each)
        settled(life)
        life.live(last)
        run = life.desk.last_run()
        settled(life)
        lost = life.lost()
        life.act(later)
        log, now = life.crm.log[life.began :], deepcopy(life.crm.stands)
        life.crm.refused = set()
        life.take_back(run, dies)
        for (of_object, name), wanted in expected(log, now).items():
            if (of_object, name) in lost & {(act.object, act.name) for act in (*later, *(act for _, act in last.acts))}:
                continue  # nobody can tell an edit that brings the very value from a request that arrives late
            found = life.crm.stands.get(of_object, {}).get(name)
            assert said(found) == said(wanted), f"{of_object} {name}"
        life.check_accounts()


def expected(log: list[Entry], now: Mapping[str, Mapping[str, Values]]) -> dict[Key, Values | None]:
    """What should stand after an undo of all that is ours in the log, by record, where `now` stands before it.

    Of a record that somebody else changed in the very moment between our look at it and our write nobody can tell.
    """
    touched: set[Key] = set()
    ours: dict[Key, Entry] = {}
    for entry in log:
        key = entry.object, entry.name
        if entry.ours:
            assert key not in ours, f"{key} is written twice in one run"
            ours[key] = entry
        elif key not in ours:
            touched.add(key)
    wanted: dict[Key, Values | None] = {}
    for of_object, held in now.items():
        wanted |= {(of_object, name): values for name, values in held.items() if (of_object, name) not in ours}
    wanted |= {
        key: _undone(entry, now.get(key[0], {}).get(key[1])) for key, entry in ours.items() if key not in touched
    }
    return wanted


def _undone(entry: Entry, now: Values | None) -> Values | None:
    if entry.after is None:  # we removed it
        return entry.before if now is None else now
    if now is None:
        return None
    if entry.before is None:  # we made it
        return None if all(now.get(name) == value for name, value in entry.after.items()) else now
    return now | {name: entry.before.get(name) for name, value in _changed(entry) if now.get(name) == value}


def _changed(entry: Entry) -> list[tuple[str, str | None]]:
    """The fields that an entry changed, with their new values; one without a name is a record that came or went."""
    if entry.after is None or (entry.before is None and not entry.after):
        return [("", None)]
    return [(name, value) for name, value in entry.after.items() if value != (entry.before or {}).get(name)]


def said(values: Values | None) -> Values | None:
    """Without what is empty, which is not there."""
    return None if values is None else {name: value for name, value in values.items() if value}


@trying
@given(STARTS, st.lists(ROUNDS, max_size=1), ROUNDS, POLICIES)
def test_an_undo_that_is_undone_is_as_if_it_had_never_been(
    empty: Path, start: tuple, past: list[Round], last: Round, policy: str
) -> None:
    with begun(empty, start, policy) as life:
        for each in past:
            life.live(each)
        settled(life)
        life.live(replace(last, acts=(), dies=0))
        run, applied = life.desk.last_run(), life.crm.copy()
        life.crm.refused = set()
        life.take_back(run)
        undo = life.desk.last_run()
        if undo != run:
            life.take_back(undo)
        assert life.crm.copy() == applied
        life.check_accounts()
