"""The tasks that we made come back with a pull as activities: nobody's work, and no reason to compute anything anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from applied import apply, change, connector, last_run, plan_of
from synced import changes, keep, results, save_rows, write_project
from writable import Writable

from connectors.base import Gone, Page, Row
from connectors.writing import TASK, Target
from sync.plan import Action, is_outdated
from sync.plan.undo import build_undo
from sync.store.facts import read_facts
from sync.store.pages import save_page

if TYPE_CHECKING:
    from pathlib import Path

    from sync.store.store import Store

TASKS = Target(TASK, "Key__c")


def make_task(store: Store, crm: Writable) -> None:
    """We made the task that the CRM knows as "id:behind"."""
    apply(store, crm, plan_of(change("behind", None, "Call", field="subject", target=TASKS, action=Action.CREATE)))


def pull(store: Store, *ids: str, at: str = "2026-05-02T00:00:00.000Z", gone: tuple[str, ...] = ()) -> bool:
    """Whether figures are outdated after a pull brought these tasks as activities."""
    rows = tuple(Row({"id": each, "kind": "task", "owner_id": "u1"}, {}, at) for each in ids)
    page = Page("activity", "{}", complete=True, rows={"activity": rows}, gone=tuple(Gone(each) for each in gone))
    save_page(store, "crm", changes("activity"), page)
    return is_outdated(store, "crm")


def counted(store: Store) -> set[str]:
    return {str(each) for each in read_facts(store, "crm", {"activity": ["id"]})["activity"]["id"].to_pylist()}


@pytest.fixture
def computed(store: Store, tmp_path: Path) -> Store:
    """A store with figures that are up to date."""
    save_rows(store, "account", {"id": "a"}, custom={})
    keep(store, write_project(tmp_path / "project"), results())
    return store


@pytest.mark.parametrize("record_id", ["id:behind", "task-id:behind"])
def test_a_task_of_ours_counts_for_nothing_and_outdates_no_figure(computed: Store, record_id: str) -> None:
    make_task(computed, Writable())
    assert not pull(computed, record_id)
    assert counted(computed) == set()
    assert not pull(computed, record_id, at="2026-05-03T00:00:00.000Z")  # the rep completed it
    assert not pull(computed, gone=(record_id,))


def test_a_task_of_somebody_else_that_comes_with_it_counts(computed: Store) -> None:
    make_task(computed, Writable())
    assert pull(computed, "id:behind", "task-7")
    assert counted(computed) == {"task-7"}
    assert pull(computed, gone=("task-7", "id:behind"))


def test_a_task_that_was_taken_back_is_still_nobodys_work(computed: Store) -> None:
    crm = Writable()
    make_task(computed, crm)
    assert not pull(computed, "id:behind")
    undoing = build_undo(computed, connector(crm), last_run(computed))
    assert [line.result.value for line in apply(computed, crm, undoing)] == ["written"]
    assert counted(computed) == set()
    assert not pull(computed, gone=("id:behind",))
