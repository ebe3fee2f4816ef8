"""Applying a plan to a real CRM in the sandbox, over HTTP, through the real adapters."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from synced import keep, results

from connectors.writing import RecordWrite
from sync.apply import Line, Result, StalePlan, apply_plan, count_outcomes
from sync.as_of import parse_as_of
from sync.connections import written_fields
from sync.plan import Action, Change, Plan, build_plan
from sync.plan.rows import change_of
from sync.progress import Silent
from sync.run import run
from sync.store.runs import read_runs, recorded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from synced import Org

    from sync.store.store import Store


@pytest.fixture
def pulled(org: Org, store: Store) -> Store:
    """A store that holds the CRM, in which all our fields are empty."""
    org.pulled(store)
    for name, fields in written_fields(org.project, "crm").items():
        key = "record_id" if name == "user" else "id"
        ids = [row[0] for row in store.rows(f"SELECT {key} FROM {name} WHERE deleted = 0 AND {key} IS NOT NULL")]
        org.edit(name, *(RecordWrite(record_id, dict.fromkeys(fields)) for record_id in ids))
    return org.pulled(store)


def applied(org: Org, store: Store, plan: Plan, *, refuse_moved: bool = False) -> dict[tuple[str, str], Line]:
    """The lines by record and field, after checking that every change has exactly one."""
    with recorded(store, "apply", "crm") as running:
        lines = list(apply_plan(store, org.connector, plan, running.id, refuse_moved=refuse_moved))
    assert sorted(map(key_of, (line.change for line in lines))) == sorted(map(key_of, plan.changes))
    rows = store.rows("SELECT * FROM change WHERE run_id = ? AND connection = 'crm'", (running.id,))
    kept = {change_of(row): (row["outcome"], row["code"], row["message"]) for row in rows}
    assert kept == {line.change: (line.result.value, line.code, line.message) for line in lines}
    return {(line.change.name, line.change.field): line for line in lines}


def key_of(change: Change) -> tuple[str, str, str]:
    return change.place


def outcomes(lines: dict[tuple[str, str], Line]) -> list[str]:
    return [line.result.value for _, line in sorted(lines.items())]


def written(store: Store) -> dict[str, str | None]:
    return {row["name"]: row["value"] for row in store.rows("SELECT name, value FROM written")}


def by_hand(org: Org, *changes: Change) -> Plan:
    return Plan("crm", "", "", org.project.digest, None, changes, (), (), 0, 0)


def line(of_object: str, name: str, field: str, before: str | None, after: str | None) -> Change:
    return Change(of_object, "", name, f"A {of_object}", field, Action.UPDATE, before, after, "why", "", "")


def to_north(org: Org, record_id: str, before: str | None = None, after: str | None = "North") -> Change:
    return line("account", record_id, org.territory, before, after)


def test_a_plan_is_written_remembered_and_followed_by_an_empty_one(org: Org, pulled: Store) -> None:
    ids = org.accounts(pulled)
    wanted = {record_id: ("North", "Rest")[n % 2] for n, record_id in enumerate(ids)}
    plan = org.plan(pulled, wanted)
    assert len(plan.changes) == len(ids) > 5
    lines = applied(org, pulled, plan, refuse_moved=True)
    assert set(outcomes(lines)) == {"written"}
    assert org.stands("account", org.territory, ids) == wanted
    assert written(pulled) == wanted
    assert org.plan(pulled, wanted).changes == ()
    org.pulled(pulled)
    assert org.plan(pulled, wanted).changes == ()


def test_applying_twice_is_applying_once(org: Org, pulled: Store) -> None:
    ids = org.accounts(pulled)
    plan = org.plan(pulled, dict.fromkeys(ids, "North"))
    applied(org, pulled, plan, refuse_moved=True)
    calls = org.connector.usage().calls
    lines = applied(org, pulled, plan, refuse_moved=True)
    assert set(outcomes(lines)) == {"unchanged"}
    assert org.connector.usage().calls - calls <= 2  # looked at all, then at the batch, and sent nothing
    assert org.stands("account", org.territory, ids) == dict.fromkeys(ids, "North")
    assert written(pulled) == dict.fromkeys(ids, "North")


def test_a_field_is_cleared_and_stays_so(org: Org, pulled: Store) -> None:
    ids = org.accounts(pulled)[:2]
    applied(org, pulled, org.plan(pulled, dict.fromkeys(ids, "North")))
    plan = org.plan(pulled, {})
    assert {(c.name, c.before, c.after) for c in plan.changes} == {(key, "North", None) for key in ids}
    assert set(outcomes(applied(org, pulled, plan))) == {"written"}
    assert org.stands("account", org.territory, ids) == dict.fromkeys(ids)
    assert written(pulled) == dict.fromkeys(ids)
    assert org.plan(org.pulled(pulled), {}).changes == ()


def test_what_moved_in_between_is_skipped_and_the_rest_written(org: Org, pulled: Store) -> None:
    moved, same, other = org.accounts(pulled)[:3]
    plan = org.plan(pulled, dict.fromkeys((moved, same, other), "North"))
    org.edit("account", RecordWrite(moved, {org.territory: "Mine"}), RecordWrite(same, {org.territory: "North"}))
    lines = applied(org, pulled, plan)
    found = {key[0]: line for key, line in lines.items()}
    assert (found[moved].result, found[moved].message) == (
        Result.SKIPPED,
        "somebody changed it after the plan was made",
    )
    assert found[same].result is Result.UNCHANGED
    assert found[other].result is Result.WRITTEN
    assert org.stands("account", org.territory, [moved, same, other]) == {moved: "Mine", same: "North", other: "North"}
    assert written(pulled) == {same: "North", other: "North"}


def test_a_plan_that_must_fit_is_refused_whole_where_one_field_moved(org: Org, pulled: Store) -> None:
    moved, *others = org.accounts(pulled)
    plan = org.plan(pulled, dict.fromkeys([moved, *others], "North"))
    org.edit("account", RecordWrite(moved, {org.territory: "Mine"}))
    with (
        pytest.raises(StalePlan, match=rf"account Account 1, {org.territory}: was empty, is Mine") as raised,
        recorded(pulled, "apply", "crm") as running,
    ):
        list(apply_plan(pulled, org.connector, plan, running.id, refuse_moved=True))
    assert [(change.name, now) for change, now in raised.value.moved] == [(moved, "Mine")]
    assert org.stands("account", org.territory, others) == dict.fromkeys(others)
    assert written(pulled) == {}
    assert pulled.rows("SELECT * FROM change") == []
    (stopped, *_) = read_runs(pulled)
    assert stopped.status == "stopped"
    assert "nothing was written" in stopped.message


def test_a_field_that_already_holds_what_the_plan_says_does_not_make_it_stale(org: Org, pulled: Store) -> None:
    first, second = org.accounts(pulled)[:2]
    plan = org.plan(pulled, dict.fromkeys((first, second), "North"))
    org.edit("account", RecordWrite(first, {org.territory: "North"}))
    assert outcomes(applied(org, pulled, plan, refuse_moved=True)) == ["unchanged", "written"]


def test_a_value_that_the_crm_refuses_fails_alone_and_is_not_remembered(org: Org, pulled: Store) -> None:
    deal = pulled.rows("SELECT id FROM opportunity ORDER BY id")[0]["id"]
    first = org.accounts(pulled)[0]
    refused = "9" * 17 if org.crm == "salesforce" else "a lot"
    changes = (
        to_north(org, first),
        line("opportunity", deal, org.earned, None, refused),
    )
    lines = applied(org, pulled, by_hand(org, *changes))
    failed = lines[deal, org.earned]
    assert failed.result is Result.FAILED
    assert failed.code
    assert failed.message
    assert lines[first, org.territory].result is Result.WRITTEN
    assert written(pulled) == {first: "North"}
    assert org.stands("opportunity", org.earned, [deal]) == {deal: None}
    (row,) = pulled.rows("SELECT custom FROM opportunity WHERE id = ?", (deal,))
    assert json.loads(row["custom"])[org.earned] is None  # so the next plan holds the line again


def test_a_record_that_is_gone_is_skipped_or_makes_the_plan_stale(org: Org, pulled: Store) -> None:
    gone, left = org.accounts(pulled)[-1], org.accounts(pulled)[0]
    plan = org.plan(pulled, dict.fromkeys((gone, left), "North"))
    never = "001AA0000009999AAA" if org.crm == "salesforce" else "999999"
    plan = replace(plan, changes=(*plan.changes, to_north(org, never)))
    other = org.accounts(pulled)[1]
    org.delete_account(gone)
    with (
        pytest.raises(StalePlan, match="was empty, is gone"),
        recorded(pulled, "apply", "crm") as running,
    ):
        list(apply_plan(pulled, org.connector, plan, running.id, refuse_moved=True))
    lines = applied(org, pulled, plan)
    for record_id in (gone, never):
        line = lines[record_id, org.territory]
        assert (line.result, line.message) == (Result.SKIPPED, "the record is gone from the CRM")
    assert lines[left, org.territory].result is Result.WRITTEN
    assert org.stands("account", org.territory, [left, other]) == {left: "North", other: None}
    assert {c.name for c in org.plan(org.pulled(pulled), dict.fromkeys((gone, left), "North")).changes} == set()


def test_several_fields_of_a_record_go_in_one_write_and_have_a_line_each(org: Org, pulled: Store) -> None:
    deal = pulled.rows("SELECT id FROM opportunity ORDER BY id")[0]["id"]
    estimate = org.earned.replace("Earned", "Estimate").replace("earned", "estimate")
    changes = tuple(
        line("opportunity", deal, field, None, value) for field, value in ((org.earned, "12.5"), (estimate, "0"))
    )
    calls = org.connector.usage().calls
    assert set(outcomes(applied(org, pulled, by_hand(org, *changes)))) == {"written"}
    assert org.connector.usage().calls - calls <= 3  # looks, and one write
    assert org.stands("opportunity", org.earned, [deal]) == {deal: "12.5"}
    assert org.stands("opportunity", estimate, [deal]) == {deal: "0"}


def test_an_amount_of_any_size_comes_back_as_it_was_written(org: Org, pulled: Store) -> None:
    """Salesforce answers in doubles, HubSpot in the text it was sent: neither may look like a change."""
    deal = pulled.rows("SELECT id FROM opportunity ORDER BY id")[0]["id"]
    before = None
    for value in ("0.01", "0", "-5.5", "4503599627370.49", "1054", "0.1", "999999999999.99", "33.33"):
        change = line("opportunity", deal, org.earned, before, value)
        assert outcomes(applied(org, pulled, by_hand(org, change), refuse_moved=True)) == ["written"]
        org.pulled(pulled)
        (row,) = pulled.rows("SELECT custom FROM opportunity WHERE id = ?", (deal,))
        assert json.loads(row["custom"])[org.earned] == value
        before = value


def test_an_empty_plan_asks_the_crm_nothing(org: Org, pulled: Store) -> None:
    calls = org.connector.usage().calls
    assert applied(org, pulled, by_hand(org), refuse_moved=True) == {}
    assert org.connector.usage().calls == calls


def test_two_runs_in_a_row_write_everything_and_then_nothing(org: Org, pulled: Store) -> None:
    moment = parse_as_of("2026-05-20", "America/New_York")
    first = run(org.project, pulled, "crm", moment, Silent())
    assert first.outcomes["failed"] == first.outcomes["skipped"] == 0
    assert first.outcomes["written"] == len(first.plan.changes) > 10
    second = run(org.project, pulled, "crm", moment, Silent())
    assert (second.plan.changes, second.outcomes) == ((), count_outcomes([]))
    assert [row.status for row in read_runs(pulled)[:2]] == ["done", "done"]
    stands = {(row["object"], row["name"], row["field"]): row["value"] for row in pulled.rows("SELECT * FROM written")}
    users = [
        row["record_id"] for row in pulled.rows("SELECT record_id FROM user WHERE active = 1 AND name = 'Ann Lee'")
    ]
    won = org.territory.replace("Territory", "Won").replace("territory", "won")
    share = org.territory.replace("Territory", "Share").replace("territory", "share")
    assert stands["user", users[0], won] == "1234.56"
    assert stands["user", users[0], share] == ("12.35" if org.crm == "salesforce" else "0.1235")
    deals = pulled.rows("SELECT id, is_won FROM opportunity ORDER BY id")
    earned = {row["is_won"]: stands.get(("opportunity", row["id"], org.earned)) for row in deals}
    assert earned == {1: "98.76", 0: None}


def test_rules_that_changed_since_leave_a_store_that_still_plans(org: Org, pulled: Store) -> None:
    keep(pulled, org.project, results())
    assert all(change.after in {None, "0"} for change in build_plan(org.project, pulled, "crm", org.connector).changes)


def test_counts_name_every_result() -> None:
    lines: Sequence[Line] = [Line(line("a", "1", "f", None, "x"), Result.FAILED)]
    assert count_outcomes(lines) == {"written": 0, "unchanged": 0, "failed": 1, "skipped": 0}
    assert count_outcomes([]) == {"written": 0, "unchanged": 0, "failed": 0, "skipped": 0}


def test_a_stale_plan_shows_ten_lines_and_counts_the_rest() -> None:
    moved = [(line("a", str(n), "f", "b", "x"), None) for n in range(13)]
    text = str(StalePlan(moved))
    assert text.count("was b, is empty") == 10
    assert "and 3 more" in text
