"""Building a plan: what differs, sorted, with reasons; and everything that stops it, said at once."""

from __future__ import annotations

import dataclasses
import random
from typing import TYPE_CHECKING, Any

import pytest
from synced import SETTINGS, keep, number, results, save_fields, save_rows, text, to_field, write_project

from config.problems import ConfigError
from sync.plan import Change, Plan, Skip, StaleRules, build_plan, check_plan, is_outdated
from sync.store import records

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from config.loader import Project
    from sync.store.store import Store

TERRITORY = to_field("account", "territory", "{kind: territory}")
WON = to_field("user", "won", "{kind: metric, metric: won_amount, period: this_quarter}")
CALLS = to_field("user", "calls", "{kind: metric, metric: calls, period: this_month}")


def save_accounts(store: Store, stands: Mapping[str, str | None], field: str = "territory") -> None:
    rows = ({"id": key, "name": f"Account {key}"} for key in stands)
    save_rows(store, "account", *rows, custom={key: {field: value} for key, value in stands.items()})


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return write_project(tmp_path / "project", [TERRITORY])


def lines(plan: Plan) -> list[tuple[str, str | None, str | None]]:
    return [(change.record_id, change.before, change.after) for change in plan.changes]


def test_what_differs_is_a_change_and_what_stands_is_none(store: Store, project: Project) -> None:
    save_fields(store, account=[text("territory")])
    save_accounts(store, {"1": None, "2": "North", "3": "North", "4": "Old", "5": None, "6": ""})
    territories = [("1", "North"), ("2", "North"), ("3", "Rest"), ("4", None), ("5", None), ("6", None)]
    keep(store, project, results(territories=territories))
    plan = build_plan(project, store, "crm")
    assert lines(plan) == [("1", None, "North"), ("3", "North", "Rest"), ("4", "Old", None)]
    assert plan.changes[0] == Change("account", "1", "Account 1", "territory", None, "North", "territory rule North")
    assert plan.changes[2].reason == "no territory rule fits"
    assert (plan.connection, plan.rules, plan.skipped) == ("crm", project.digest, ())


def test_a_record_that_no_result_is_about_is_cleared(store: Store, project: Project) -> None:
    save_fields(store, account=[text("territory")])
    save_accounts(store, {"1": "Old"})
    keep(store, project, results())
    assert lines(build_plan(project, store, "crm")) == [("1", "Old", None)]


def test_deleted_records_and_inactive_users_are_left_alone(store: Store, tmp_path: Path) -> None:
    project = write_project(tmp_path / "project", [TERRITORY, WON])
    save_fields(store, account=[text("territory")], user=[number("won")])
    save_accounts(store, {"1": None, "2": None})
    with store.transaction() as db:
        db.execute("UPDATE account SET deleted = 1 WHERE id = '2'")
    save_rows(store, "user", *(user(n, active=n == 1) for n in (1, 2)), custom={f"u{n}": {"won": None} for n in (1, 2)})
    keep(
        store,
        project,
        results(
            territories=[("1", "North"), ("2", "North")],
            metrics=[("won_amount", "user", f"u{n}", "FY2026-Q2", "5", None, None) for n in (1, 2)],
        ),
    )
    plan = build_plan(project, store, "crm")
    assert [(c.object, c.record_id) for c in plan.changes] == [("account", "1"), ("user", "r1")]
    assert plan.skipped == (Skip("user", "User 2", "no longer active: 1 of its fields are left as they stand"),)


def test_a_field_that_was_never_read_is_not_taken_for_an_empty_one(store: Store, project: Project) -> None:
    save_fields(store, account=[text("territory")])
    save_rows(store, "account", {"id": "1", "name": "Acme"}, custom={})
    keep(store, project, results(territories=[("1", "North")]))
    with pytest.raises(ConfigError, match=r"account\.territory was never read\. Run `salesops pull`"):
        build_plan(project, store, "crm")


def test_results_older_than_the_records_are_known_to_be(store: Store, project: Project) -> None:
    save_fields(store, account=[text("territory")])
    save_accounts(store, {"1": None})
    keep(store, project, results(territories=[("1", "North")]))
    assert not is_outdated(store, "crm")
    with store.transaction() as db:
        db.execute("UPDATE connection SET changed_at = '2999-01-01T00:00:00.000Z'")
    assert is_outdated(store, "crm")


@pytest.mark.parametrize("type_", ["date", "boolean", "reference"])
def test_a_field_of_a_type_that_cannot_hold_the_result_is_refused(store: Store, project: Project, type_: str) -> None:
    save_fields(store, account=[dataclasses.replace(text("territory"), type=type_)])
    save_accounts(store, {"1": None})
    keep(store, project, results(territories=[("1", "North")]))
    with pytest.raises(ConfigError, match=f"is of type {type_} and cannot hold a text"):
        build_plan(project, store, "crm")


def user(n: int, **more: Any) -> dict[str, Any]:
    return {"id": f"u{n}", "record_id": f"r{n}", "name": f"User {n}", "active": 1} | more


def test_changes_are_sorted_by_object_record_and_field_whatever_the_order_of_the_rows(
    store: Store, tmp_path: Path
) -> None:
    project = write_project(tmp_path / "project", [WON, TERRITORY, CALLS])
    save_fields(store, account=[text("territory")], user=[number("won"), number("calls", 0)])
    numbers = random.Random(7).sample(range(10, 40), 20)
    save_accounts(store, dict.fromkeys(map(str, numbers)))
    # Our ids of users sort one way, the CRM's record ids the other.
    save_rows(
        store,
        "user",
        *(user(n, record_id=f"r{99 - n}") for n in numbers),
        custom={f"u{n}": {"won": None, "calls": None} for n in numbers},
    )
    computed = results(
        territories=[(str(n), "North") for n in numbers],
        metrics=[("won_amount", "user", f"u{n}", "FY2026-Q2", "5", None, None) for n in numbers],
    )
    keep(store, project, computed)
    plan = build_plan(project, store, "crm")
    keys = [(change.object, change.record_id, change.field) for change in plan.changes]
    assert len(keys) == 60
    assert keys == sorted(keys)


def test_a_user_without_a_record_is_skipped_once_and_named(store: Store, tmp_path: Path) -> None:
    project = write_project(tmp_path / "project", [WON, CALLS])
    save_fields(store, user=[number("won"), number("calls", 0)])
    save_rows(store, "user", user(1, record_id=None), custom={})
    keep(store, project, results())
    plan = build_plan(project, store, "crm")
    assert plan.changes == ()
    assert plan.skipped == (Skip("user", "User 1", "the CRM has no record of this user that fields stand on"),)


def test_a_record_without_a_name_is_named_by_its_id(store: Store, project: Project) -> None:
    save_fields(store, account=[text("territory")])
    save_rows(store, "account", {"id": "1", "name": None}, custom={"1": {"territory": None}})
    keep(store, project, results(territories=[("1", "North")]))
    assert build_plan(project, store, "crm").changes[0].record == "1"


def test_a_number_is_compared_at_the_fields_precision(store: Store, tmp_path: Path) -> None:
    project = write_project(tmp_path / "project", [WON])
    save_fields(store, user=[number("won")])
    stands = {"u1": "1054", "u2": "1054.00", "u3": "1054.01", "u4": None}
    save_rows(
        store, "user", *(user(n) for n in range(1, 5)), custom={key: {"won": value} for key, value in stands.items()}
    )
    values = {"u1": "1054.000000", "u2": "1054.004", "u3": "1054.005", "u4": "0.001"}
    rows = [("won_amount", "user", key, "FY2026-Q2", value, None, None) for key, value in values.items()]
    keep(store, project, results(metrics=rows))
    assert lines(build_plan(project, store, "crm")) == [("r4", None, "0")]


def test_what_somebody_else_changed_since_we_wrote_is_said(store: Store, project: Project) -> None:
    save_fields(store, account=[text("territory")])
    save_accounts(store, {"1": "Mine", "2": None, "3": "North", "4": "Old"})
    run = keep(store, project, results(territories=[(str(n), "Rest") for n in range(1, 5)]))
    with store.transaction() as db:
        db.executemany(
            "INSERT INTO written VALUES ('crm', 'account', ?, 'territory', ?, ?, '')",
            [("1", "North", run), ("2", "North", run), ("3", "North", run), ("4", None, run)],
        )
    reasons = [change.reason for change in build_plan(project, store, "crm").changes]
    assert reasons == [
        "territory rule Rest; somebody else changed it, we wrote North",
        "territory rule Rest; somebody else changed it, we wrote North",
        "territory rule Rest",
        "territory rule Rest; somebody else changed it, we wrote nothing",
    ]


def test_what_another_connection_wrote_is_no_drift(store: Store, project: Project) -> None:
    save_fields(store, account=[text("territory")])
    save_accounts(store, {"1": "Mine"})
    run = keep(store, project, results(territories=[("1", "Rest")]))
    with store.transaction() as db:
        db.execute("INSERT INTO written VALUES ('other', 'account', '1', 'territory', 'North', ?, '')", (run,))
    assert build_plan(project, store, "crm").changes[0].reason == "territory rule Rest"


def test_without_a_computation_there_is_no_plan(store: Store, project: Project) -> None:
    with pytest.raises(ConfigError, match=r"nothing is computed yet for connection crm\. Run `salesops compute`"):
        build_plan(project, store, "crm")


def test_after_a_change_of_rules_there_is_no_plan_until_they_are_computed(store: Store, project: Project) -> None:
    keep(store, project, results())
    changed = dataclasses.replace(project, digest="other")
    with pytest.raises(ConfigError, match="the rules changed since the last computation"):
        build_plan(changed, store, "crm")


def test_all_fields_that_are_missing_or_cannot_be_written_are_named_with_their_lines(
    store: Store, tmp_path: Path
) -> None:
    project = write_project(tmp_path / "project", [TERRITORY, WON, CALLS])
    save_fields(store, account=[], user=[number("won", updateable=False), number("calls", 0)])
    keep(store, project, results())
    with pytest.raises(ConfigError) as raised:
        build_plan(project, store, "crm")
    missing, unwriteable = raised.value.problems
    assert str(missing.where).startswith("writeback.yaml:3: writeback.crm.0.field")
    assert "no field territory on account (connection crm)" in missing.summary
    assert "salesops provision" in missing.detail
    assert str(unwriteable.where).startswith("writeback.yaml:4: writeback.crm.1.field")
    assert "won on user cannot be written (type currency)" in unwriteable.summary


def test_a_plan_larger_than_the_cap_is_refused_and_one_as_large_is_not(store: Store, tmp_path: Path) -> None:
    settings = SETTINGS + "caps: {changes: 2}\n"
    project = write_project(tmp_path / "project", [TERRITORY], settings=settings)
    save_fields(store, account=[text("territory")])
    save_accounts(store, {"1": None, "2": None})
    keep(store, project, results(territories=[(n, "North") for n in "12"]))
    plan = build_plan(project, store, "crm")
    assert len(plan.changes) == 2
    check_plan(project, plan)
    save_accounts(store, {"3": None})
    keep(store, project, results(territories=[(n, "North") for n in "123"]))
    with pytest.raises(ConfigError, match=r"the plan has 3 changes; caps\.changes allows 2"):
        build_plan(project, store, "crm")
    with pytest.raises(ConfigError, match=r"caps\.changes allows 2"):
        check_plan(project, dataclasses.replace(plan, changes=plan.changes * 2))


def test_a_plan_of_other_rules_is_stale_and_one_of_another_connection_is_refused(project: Project) -> None:
    plan = Plan("crm", "", project.digest, (), ())
    check_plan(project, plan)
    with pytest.raises(StaleRules, match="Compute and plan again"):
        check_plan(project, dataclasses.replace(plan, rules="other"))
    with pytest.raises(ConfigError, match=r"for connection east, which this project has not\. It has crm"):
        check_plan(project, dataclasses.replace(plan, connection="east"))


def test_a_project_that_writes_nothing_has_an_empty_plan(store: Store, tmp_path: Path) -> None:
    project = write_project(tmp_path / "project")
    keep(store, project, results(territories=[("1", "North")]))
    assert build_plan(project, store, "crm").changes == ()


def test_the_period_is_that_of_the_as_of_day_in_the_projects_zone(store: Store, tmp_path: Path) -> None:
    project = write_project(tmp_path / "project", [WON])
    save_fields(store, user=[number("won")])
    save_rows(store, "user", user(1), custom={"u1": {"won": None}})
    rows = [("won_amount", "user", "u1", f"FY2026-Q{n}", str(n), None, None) for n in (1, 2)]
    keep(store, project, results(metrics=rows), as_of="2026-04-01T03:59:59.999Z")  # still March in New York
    assert lines(build_plan(project, store, "crm")) == [("r1", None, "1")]
    keep(store, project, results(metrics=rows), as_of="2026-04-01T04:00:00.000Z")
    assert lines(build_plan(project, store, "crm")) == [("r1", None, "2")]


def test_once_our_copy_holds_what_the_plan_says_the_next_plan_is_empty(store: Store, project: Project) -> None:
    save_fields(store, account=[text("territory")])
    save_accounts(store, {str(n): random.Random(n).choice([None, "North", "Rest", "x"]) for n in range(30)})
    keep(store, project, results(territories=[(str(n), ("North", None)[n % 2]) for n in range(30)]))
    plan = build_plan(project, store, "crm")
    assert plan.changes
    with store.transaction() as db:
        records.set_custom(db, "crm", "account", [(c.record_id, c.field, c.after) for c in plan.changes])
    assert build_plan(project, store, "crm").changes == ()
