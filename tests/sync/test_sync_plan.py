"""Building a plan: what differs, sorted, with reasons; and everything that stops it, said at once."""

from __future__ import annotations

import dataclasses
import random
from typing import TYPE_CHECKING, Any

import pytest
from planned import Asked, lines, plan_of, remember
from synced import keep, number, results, save_fields, save_rows, text, to_field, write_project

from config.problems import ConfigError
from connectors.base import Sealed
from connectors.writing import Target
from sync.plan import Action, Change, Drift, Policy, Skip, is_outdated
from sync.store import records

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from config.loader import Project
    from connectors.writing import Cost
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


def test_what_differs_is_a_change_and_what_stands_is_none(store: Store, project: Project) -> None:
    save_fields(store, account=[text("territory")])
    save_accounts(store, {"1": None, "2": "North", "3": "North", "4": "Old", "5": None, "6": ""})
    territories = [("1", "North"), ("2", "North"), ("3", "Rest"), ("4", None), ("5", None), ("6", None)]
    keep(store, project, results(territories=territories))
    plan = plan_of(store, project)
    assert lines(plan) == [("1", None, "North"), ("3", "North", "Rest"), ("4", "Old", None)]
    assert plan.changes[0] == Change(
        "account",
        "",
        "1",
        "Account 1",
        "territory",
        Action.UPDATE,
        None,
        "North",
        "territory rule North",
        "territory/account/1",
        "",
    )
    assert plan.changes[2].reason == "no territory rule fits"
    assert (plan.connection, plan.rules, plan.skipped) == ("crm", project.digest, ())


def test_a_record_that_no_result_is_about_is_cleared(store: Store, project: Project) -> None:
    save_fields(store, account=[text("territory")])
    save_accounts(store, {"1": "Old"})
    keep(store, project, results())
    assert lines(plan_of(store, project)) == [("1", "Old", None)]


def test_records_that_the_crm_lets_nobody_change_are_left_alone_and_counted(store: Store, tmp_path: Path) -> None:
    class Sealing(Asked):
        def sealed(self) -> dict[str, Sealed]:
            return {"lead": Sealed("converted", "converted: nobody can change them")}

    write = to_field("lead", "won", "{kind: metric, metric: won_amount, period: this_quarter}")
    project = write_project(tmp_path / "project", [write])
    save_fields(store, lead=[number("won")])
    save_rows(store, "user", user(1), custom={})
    leads = [{"id": f"l{n}", "owner_id": "u1", "converted": n % 2} for n in range(5)]
    save_rows(store, "lead", *leads, {"id": "l5", "owner_id": "u1"}, custom={f"l{n}": {"won": None} for n in range(6)})
    keep(store, project, results(metrics=[("won_amount", "user", "u1", "FY2026-Q2", "5", None, None)]))
    plan = plan_of(store, project, Sealing())
    assert [change.name for change in plan.changes] == ["l0", "l2", "l4", "l5"]
    assert plan.skipped == (Skip("lead", "", "", "2 converted: nobody can change them"),)
    assert len(plan_of(store, project).changes) == 6


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
    plan = plan_of(store, project)
    assert [(c.object, c.name) for c in plan.changes] == [("account", "1"), ("user", "r1")]
    assert plan.skipped == (Skip("user", "User 2", "", "no longer active, so it is left as it stands", name="r2"),)


def test_a_field_that_was_never_read_is_not_taken_for_an_empty_one(store: Store, project: Project) -> None:
    save_fields(store, account=[text("territory")])
    save_rows(store, "account", {"id": "1", "name": "Acme"}, custom={})
    keep(store, project, results(territories=[("1", "North")]))
    with pytest.raises(ConfigError, match=r"account\.territory was never read\. Run `salesops pull`"):
        plan_of(store, project)


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
        plan_of(store, project)


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
    plan = plan_of(store, project)
    keys = [(change.object, change.name, change.field) for change in plan.changes]
    assert len(keys) == 60
    assert keys == sorted(keys)


def test_a_user_without_a_record_is_skipped_once_and_named(store: Store, tmp_path: Path) -> None:
    project = write_project(tmp_path / "project", [WON, CALLS])
    save_fields(store, user=[number("won"), number("calls", 0)])
    save_rows(store, "user", user(1, record_id=None), custom={})
    keep(store, project, results())
    plan = plan_of(store, project)
    assert plan.changes == ()
    assert plan.skipped == (Skip("user", "User 1", "", "the CRM has no record of this user that fields stand on"),)


def test_a_record_without_a_name_is_named_by_its_id(store: Store, project: Project) -> None:
    save_fields(store, account=[text("territory")])
    save_rows(store, "account", {"id": "1", "name": None}, custom={"1": {"territory": None}})
    keep(store, project, results(territories=[("1", "North")]))
    assert plan_of(store, project).changes[0].record == "1"


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
    assert lines(plan_of(store, project)) == [("r4", None, "0")]


def test_what_another_connection_wrote_is_no_drift(store: Store, project: Project) -> None:
    save_fields(store, account=[text("territory")])
    save_accounts(store, {"1": "Mine"})
    keep(store, project, results(territories=[("1", "Rest")]))
    remember(store, ("account", "1", "territory", "North", ""))
    with store.transaction() as db:
        db.execute("UPDATE written SET connection = 'other'")
    plan = plan_of(store, project)
    assert (plan.changes[0].reason, plan.drift) == ("territory rule Rest", ())


def test_what_drifted_is_told_with_what_we_wrote_what_stands_and_what_should(store: Store, project: Project) -> None:
    save_fields(store, account=[text("territory")])
    save_accounts(store, {"1": "Mine"})
    keep(store, project, results(territories=[("1", "Rest")]))
    remember(store, ("account", "1", "territory", "North", ""))
    plan = plan_of(store, project)
    assert plan.drift == (Drift("account", "1", "Account 1", "territory", "North", "Mine", "Rest", Policy.OVERWRITE),)
    assert plan.changes[0].reason == "territory rule Rest; somebody else changed it, we wrote North"


def test_what_a_run_finds_as_it_should_be_is_ours_from_then_on(store: Store, tmp_path: Path) -> None:
    """A new store, or a new name of the connection, knows nothing of what was written."""
    kept = to_field("account", "territory", "{kind: territory}") | {"on_edit": "keep"}
    made = write_project(tmp_path, [kept])
    save_fields(store, account=[text("territory")])
    save_accounts(store, {"1": "North", "2": "Mine"})
    keep(store, made, results(territories=[("1", "North"), ("2", "Rest")]))
    with store.transaction() as db:
        db.execute("INSERT INTO run VALUES (7, 'run', 'crm', '', NULL, NULL, 'running', '', '{}')")
    assert lines(plan_of(store, made, run_id=7)) == []
    keep(store, made, results(territories=[("1", "Rest"), ("2", "Rest")]))
    assert lines(plan_of(store, made)) == [("1", "North", "Rest")]
    assert [each.record for each in plan_of(store, made).drift] == ["Account 2"]


def test_without_a_computation_there_is_no_plan(store: Store, project: Project) -> None:
    with pytest.raises(ConfigError, match=r"nothing is computed yet for connection crm\. Run `salesops compute`"):
        plan_of(store, project)


def test_after_a_change_of_rules_there_is_no_plan_until_they_are_computed(store: Store, project: Project) -> None:
    keep(store, project, results())
    changed = dataclasses.replace(project, digest="other")
    with pytest.raises(ConfigError, match="the rules changed since the last computation"):
        plan_of(store, changed)


def test_all_fields_that_are_missing_or_cannot_be_written_are_named_with_their_lines(
    store: Store, tmp_path: Path
) -> None:
    project = write_project(tmp_path / "project", [TERRITORY, WON, CALLS])
    save_fields(store, account=[], user=[number("won", updateable=False), number("calls", 0)])
    keep(store, project, results())
    with pytest.raises(ConfigError) as raised:
        plan_of(store, project)
    missing, unwriteable = raised.value.problems
    assert str(missing.where).startswith("writeback.yaml:3: writeback.crm.0.field")
    assert "no field territory on account (connection crm)" in missing.summary
    assert "salesops provision" in missing.detail
    assert str(unwriteable.where).startswith("writeback.yaml:4: writeback.crm.1.field")
    assert "won on user cannot be written (type currency)" in unwriteable.summary


def test_a_plan_says_which_requests_it_takes(store: Store, tmp_path: Path) -> None:
    project = write_project(tmp_path / "project", [TERRITORY, WON, CALLS])
    save_fields(store, account=[text("territory")], user=[number("won"), number("calls", 0)])
    save_accounts(store, {"1": None, "2": None})
    save_rows(store, "user", user(1), custom={"u1": {"won": None, "calls": None}})
    metrics = [("won_amount", "user", "u1", "FY2026-Q2", "5", None, None)]
    keep(store, project, results(territories=[("1", "North"), ("2", "North")], metrics=metrics))
    priced: list[tuple[Target, tuple[str, ...], int]] = []

    class Priced(Asked):
        def cost(self, target: Target, fields: Sequence[str], count: int) -> Cost:
            priced.append((target, tuple(fields), count))
            return super().cost(target, fields, count)

    crm = Priced()
    plan = plan_of(store, project, crm)
    assert sorted(priced, key=str) == [
        (Target("account"), ("territory",), 2),
        (Target("user"), ("calls", "won"), 1),
    ]
    assert (plan.read_calls, plan.write_calls) == (2, 3)
    assert crm.asked == [], "our records are compared as they were pulled"


def test_a_project_that_writes_nothing_has_an_empty_plan(store: Store, tmp_path: Path) -> None:
    project = write_project(tmp_path / "project")
    keep(store, project, results(territories=[("1", "North")]))
    assert plan_of(store, project).changes == ()


def test_the_period_is_that_of_the_as_of_day_in_the_projects_zone(store: Store, tmp_path: Path) -> None:
    project = write_project(tmp_path / "project", [WON])
    save_fields(store, user=[number("won")])
    save_rows(store, "user", user(1), custom={"u1": {"won": None}})
    rows = [("won_amount", "user", "u1", f"FY2026-Q{n}", str(n), None, None) for n in (1, 2)]
    keep(store, project, results(metrics=rows), as_of="2026-04-01T03:59:59.999Z")  # still March in New York
    assert lines(plan_of(store, project)) == [("r1", None, "1")]
    keep(store, project, results(metrics=rows), as_of="2026-04-01T04:00:00.000Z")
    assert lines(plan_of(store, project)) == [("r1", None, "2")]


def test_once_our_copy_holds_what_the_plan_says_the_next_plan_is_empty(store: Store, project: Project) -> None:
    save_fields(store, account=[text("territory")])
    save_accounts(store, {str(n): random.Random(n).choice([None, "North", "Rest", "x"]) for n in range(30)})
    keep(store, project, results(territories=[(str(n), ("North", None)[n % 2]) for n in range(30)]))
    plan = plan_of(store, project)
    assert plan.changes
    with store.transaction() as db:
        records.set_custom(db, "crm", "account", [(c.name, c.field, c.after) for c in plan.changes])
    assert plan_of(store, project).changes == ()


@pytest.mark.parametrize(
    ("type_", "said"), [("picklist", "a number"), ("enumeration", "a number"), ("percent", "a number that is no per")]
)
def test_an_amount_is_neither_a_choice_nor_a_percentage(store: Store, tmp_path: Path, type_: str, said: str) -> None:
    """In a percent field 5,000 would stand a hundred times as large."""
    value = "{kind: metric, metric: won_amount, period: this_quarter}"
    project = write_project(tmp_path / "project", [to_field("user", "won", value)])
    save_fields(store, user=[dataclasses.replace(text("won"), type=type_, options={"5000": "Much"})])
    keep(store, project, results())
    with pytest.raises(ConfigError, match=f"is of type {type_} and cannot hold {said}"):
        plan_of(store, project)


@pytest.mark.parametrize(
    ("type_", "decimals", "refused"), [("double", 0, True), ("double", 2, False), ("int", 0, True)]
)
def test_a_percentage_is_not_rounded_to_0_or_1(
    store: Store, tmp_path: Path, type_: str, decimals: int, refused: bool
) -> None:
    value = "{kind: quota, quota: bookings, show: attainment, period: this_quarter}"
    project = write_project(tmp_path / "project", [to_field("user", "share", value)])
    save_fields(store, user=[number("share", decimals, type_)])
    keep(store, project, results())
    if refused:
        with pytest.raises(ConfigError, match=f"of type {type_} and cannot hold a share of 1, since it keeps too few"):
            plan_of(store, project)
    else:
        assert plan_of(store, project).changes == ()
