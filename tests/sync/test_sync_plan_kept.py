"""Records that we keep and tasks: which there should be, and what should stand there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from planned import Asked, by_record, plan_of, refuse, remember, user, write
from synced import credit, earning, keep, number, results, save_fields, save_rows, text

from config.problems import ConfigError
from connectors.base import CrmField
from connectors.errors import Rejected
from connectors.writing import OWNER, Target
from sync.connections import written_fields
from sync.plan import Action, Skip
from sync.plan.model import SkipKind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from config.loader import Project
    from connectors.writing import Standing
    from sync.store.store import Store

STATEMENTS = """\
records:
  crm:
    - object: statement
      label: Statement
      plural: Statements
      per: user
      period: quarter
      key: statement_key
      fields:
        - {field: quarter, label: Q, value: {kind: period, show: name}}
        - {field: until, label: U, value: {kind: period, show: last_day}}
        - {field: payee, label: P, value: {kind: payee}}
        - {field: credited, label: C, value: {kind: quota, quota: bookings, show: credited}}
        - {field: pay, label: Y, value: {kind: commission}}
        - {field: extra, label: E, value: {kind: commission, component: override}}
        - {field: words, label: W, text: "{payee}: {value} in {period}", value: {kind: commission}}
        - {field: updated, label: T, value: {kind: updated}}
"""

FIELDS = (
    *(text(name) for name in ("statement_key", "quarter", "payee", "words")),
    *(number(name) for name in ("credited", "pay", "extra")),
    CrmField("until", "until", "date", updateable=True),
    CrmField("updated", "updated", "datetime", updateable=True),
    CrmField(OWNER, "Owner", "reference", updateable=True),
)


# Records


@pytest.fixture
def statements(store: Store, tmp_path: Path) -> Project:
    save_fields(store, statement=FIELDS)
    save_rows(store, "user", user(1), user(2, active=0), user(3), custom={})
    project = write(tmp_path / "project", STATEMENTS)
    keep(
        store,
        project,
        results(
            attainment=[
                ("bookings", "u1", "FY2026-Q2", "2500", "10000", "0.25"),
                ("bookings", "u1", "FY2026-Q1", "9000", "10000", "0.9"),
                ("bookings", "u1", "FY2025-Q4", "1", "10000", "0"),
                ("bookings", "u2", "FY2026-Q1", "0", "10000", "0"),
            ],
            measures=[
                ("ae", "sold", payee, period, period, "0", "10000", "0", None)
                for payee, period in (("u1", "FY2026-Q2"), ("u1", "FY2026-Q1"))
            ],
            credits_=[credit("u2", "o", period="FY2026-Q1", amount="0")],  # who left has nothing else
            earnings=[earning("u1", "FY2026-Q2", "12.5"), earning("u1", "FY2026-Q2", "0.5", "override")],
        ),
    )
    return project


def test_there_is_a_record_for_each_user_and_period_with_a_result(store: Store, statements: Project) -> None:
    plan = plan_of(store, statements)
    assert by_record(plan) == {
        "u1|FY2026-Q2": {
            OWNER: "u1",
            "quarter": "FY2026-Q2",
            "until": "2026-06-30",
            "payee": "User 1",
            "credited": "2500",
            "pay": "13",
            "extra": "0.5",
            "words": "User 1: 13.00 in FY2026-Q2",
            "updated": "2026-05-20T12:00:00.000Z",
        },
        "u1|FY2026-Q1": {
            OWNER: "u1",
            "quarter": "FY2026-Q1",
            "until": "2026-03-31",
            "payee": "User 1",
            "credited": "9000",
            "pay": "0",
            "extra": "0",
            "words": "User 1: 0.00 in FY2026-Q1",
            "updated": "2026-05-20T12:00:00.000Z",
        },
        "u2|FY2026-Q1": {  # who left may not own records any more, and is paid all the same
            "quarter": "FY2026-Q1",
            "until": "2026-03-31",
            "payee": "User 2",
            "credited": "0",
            "pay": "0",
            "extra": "0",
            "words": "User 2: 0.00 in FY2026-Q1",
            "updated": "2026-05-20T12:00:00.000Z",
        },
    }
    assert {change.target for change in plan.changes} == {Target("statement", "statement_key")}
    assert {change.action for change in plan.changes} == {Action.CREATE}
    assert {change.record for change in plan.changes if change.name == "u1|FY2026-Q2"} == {"User 1 FY2026-Q2"}


def test_each_line_says_which_result_it_is(store: Store, statements: Project) -> None:
    said = {c.field: (c.source, c.basis) for c in plan_of(store, statements).changes if c.name == "u1|FY2026-Q2"}
    assert said["credited"] == ("quota/bookings/user/u1/FY2026-Q2", "FY2026-Q2")
    assert said["extra"] == ("component/override/user/u1/FY2026-Q2", "FY2026-Q2")
    assert said["updated"] == ("updated", "")


def test_its_fields_and_its_key_are_looked_for_in_the_crm_and_named_where_they_are_missing(statements: Project) -> None:
    asked = written_fields(statements, "crm")["statement"]
    assert set(asked) == {field.name for field in FIELDS} - {OWNER}
    where = [statements.where_field("crm", "statement", name, "writeback") for name in ("payee", "statement_key", "x")]
    assert [each.path for each in where] == [f"records.crm.0.{at}" for at in ("fields.2.field", "key", "object")]
    assert [each.line for each in where] == [12, 8, 3]


def test_what_stands_in_the_crm_is_not_written_again(store: Store, statements: Project) -> None:
    crm = Asked({"statement": by_record(plan_of(store, statements))})
    assert plan_of(store, statements, crm).changes == ()
    ((target, fields, names),) = crm.asked
    assert (target, names) == (Target("statement", "statement_key"), ("u1|FY2026-Q1", "u1|FY2026-Q2", "u2|FY2026-Q1"))
    assert set(fields) == {field.name for field in FIELDS} - {"statement_key"}


@pytest.mark.parametrize("owner", [[], [CrmField(OWNER, "Owner", "reference", updateable=False)]])
def test_records_of_an_object_without_an_owner_are_made_without_one_and_that_is_said(
    store: Store, statements: Project, owner: list[CrmField]
) -> None:
    save_fields(store, statement=[*(field for field in FIELDS if field.name != OWNER), *owner])
    plan = plan_of(store, statements)
    assert {change.field for change in plan.changes}.isdisjoint({OWNER})
    assert [(skip.object, skip.record, skip.kind) for skip in plan.skipped] == [("statement", "", "alone")]
    assert "no owner" in plan.skipped[0].reason


@pytest.mark.usefixtures("statements")
def test_what_the_crm_refuses_to_show_keeps_nothing_else_waiting(store: Store, tmp_path: Path) -> None:
    class Refusing(Asked):
        def standing(self, target: Target, fields: Sequence[str], names: Sequence[str]) -> dict[str, Standing]:
            if target.object == "statement":
                raise Rejected("statement is not there")
            return super().standing(target, fields, names)

    project = write(tmp_path / "both", STATEMENTS + TASKS)
    save_fields(store, statement=FIELDS, task=[text("task_key")])
    with store.transaction() as db:
        db.execute("UPDATE computation SET rules = ?", (project.digest,))
    plan = plan_of(store, project, Refusing())
    assert {change.object for change in plan.changes} == {"task"}
    assert plan.skipped == (Skip("statement", "", "", "statement is not there", SkipKind.UNREAD),)
    assert plan.unread == plan.skipped


def test_a_record_that_has_no_result_any_more_is_emptied_not_forgotten(store: Store, statements: Project) -> None:
    stands = by_record(plan_of(store, statements))
    remember(
        store,
        *(("statement", "u1|FY2026-Q2", name, value, "FY2026-Q2") for name, value in stands["u1|FY2026-Q2"].items()),
    )
    keep(store, statements, results())
    after = by_record(plan_of(store, statements, Asked({"statement": stands})))
    assert list(after) == ["u1|FY2026-Q2"]
    assert after["u1|FY2026-Q2"] | {"updated": ""} == {
        **dict.fromkeys(("credited", "pay", "extra", "words")),
        "updated": "",
    }


def test_a_payee_is_the_user_where_the_field_refers_to_users(store: Store, statements: Project) -> None:
    """HubSpot's properties of users, which are choices without a list, take nobody who left, as u2 did."""
    for type_, left in (("reference", "u2"), ("enumeration", None)):
        payee = CrmField("payee", "Payee", type_, updateable=True)
        save_fields(store, statement=[*(field for field in FIELDS if field.name != "payee"), payee])
        stands = by_record(plan_of(store, statements))
        assert (stands["u1|FY2026-Q2"]["payee"], stands["u2|FY2026-Q1"].get("payee")) == ("u1", left)


def test_a_missing_object_and_every_wrong_field_are_said_at_once_with_their_lines(store: Store, tmp_path: Path) -> None:
    more = STATEMENTS.replace("    - object: statement\n", "    - object: other\n", 1) + STATEMENTS.removeprefix(
        "records:\n  crm:\n"
    )
    project = write(tmp_path / "project", more)
    wrong = {
        "statement_key": number("statement_key"),
        "pay": text("pay"),
        "credited": number("credited", updateable=False),
        "until": number("until"),
        "extra": CrmField("extra", "extra", "boolean", updateable=True),
    }
    save_fields(store, statement=[wrong.get(f.name, f) for f in FIELDS if f.name != "quarter"])
    keep(store, project, results())
    with pytest.raises(ConfigError) as raised:
        plan_of(store, project)
    said = sorted((problem.where.line, problem.summary) for problem in raised.value.problems)
    assert [summary for _, summary in said] == [
        "the CRM shows no object other (connection crm).",
        "the field statement_key on statement is of type currency and cannot hold our key, which is a text.",
        "the CRM shows no field quarter on statement (connection crm).",
        "the field until on statement is of type currency and cannot hold a day or a moment.",
        "the field credited on statement cannot be written (type currency).",
        "the field extra on statement is of type boolean and cannot hold a number.",
    ]
    assert [line for line, _ in said] == [3, 23, 25, 26, 28, 30]
    assert "salesops provision" in raised.value.problems[0].detail


TEAMS = """\
records:
  crm:
    - object: kpi
      label: KPI
      plural: KPIs
      per: team
      period: month
      keep: 3
      key: kpi_key
      fields:
        - {field: won, label: W, value: {kind: metric, metric: won_amount}}
        - {field: open, label: O, value: {kind: metric, metric: open_pipeline}, empty: leave}
        - {field: team, label: T, value: {kind: payee}}
"""


def test_teams_have_records_too_without_an_owner(store: Store, tmp_path: Path) -> None:
    save_fields(store, kpi=[text("kpi_key"), number("won"), number("open"), text("team")])
    project = write(tmp_path / "project", TEAMS)
    rows = [
        ("won_amount", "team", "East", "2026-05", "5", None, None),
        ("won_amount", "team", "East", "2026-03", "3", None, None),
        ("won_amount", "team", "East", "2026-02", "2", None, None),
        ("open_pipeline", "team", "East", "2026-05", "70", None, None),
        ("won_amount", "team", "", "2026-05", "1", None, None),
        ("won_amount", "user", "u", "2026-05", "1", None, None),
    ]
    keep(store, project, results(metrics=rows))
    assert by_record(plan_of(store, project)) == {
        "East|2026-05": {"won": "5", "open": "70", "team": "East"},
        "East|2026-03": {"won": "3", "team": "East"},  # what stands as of now is nothing in a period that is over
    }


# Tasks


TASKS = """\
tasks:
  crm:
    - name: behind
      value: {kind: quota, quota: bookings, show: attainment, period: this_quarter}
      below: 0.5
      subject: "{payee}: {attainment} of {target} in {period}"
      due_in_days: 3
      key: task_key
"""


@pytest.fixture
def tasks(store: Store, tmp_path: Path) -> Project:
    save_fields(store, task=[text("task_key")])
    save_rows(store, "user", user(1), user(2), user(3, active=0), user(4), custom={})
    project = write(tmp_path / "project", TASKS)
    reached = {"u1": "0.25", "u2": "0.5", "u3": "0.1"}
    rows = [("bookings", key, "FY2026-Q2", "2500", "10000", share) for key, share in reached.items()]
    keep(store, project, results(attainment=rows))
    return project


def test_there_is_a_task_for_each_active_user_beyond_the_bound(store: Store, tasks: Project) -> None:
    plan = plan_of(store, tasks)
    assert by_record(plan) == {
        "behind|u1|FY2026-Q2": {
            OWNER: "u1",
            "subject": "User 1: 25 % of 10,000.00 in FY2026-Q2",
            "due_on": "2026-05-23",
        }
    }
    assert plan.changes[0].target == Target("task", "task_key")
    assert plan.changes[0].reason == "Bookings FY2026-Q2: 2,500.00 of 10,000.00: below 0.5"


def test_the_key_of_tasks_is_looked_for_in_the_crm(tasks: Project) -> None:
    assert written_fields(tasks, "crm") == {"task": ("task_key",)}
    assert tasks.where_field("crm", "task", "task_key", "writeback").line == 8


def test_a_task_that_was_made_is_never_asked_about_again(store: Store, tasks: Project) -> None:
    remember(store, ("task", "behind|u1|FY2026-Q2", "subject", "x", "FY2026-Q2"), created=True)
    crm = Asked()
    assert (plan_of(store, tasks, crm).changes, crm.asked) == ((), [])


def test_a_task_that_stands_in_the_crm_is_not_made_a_second_time(store: Store, tasks: Project) -> None:
    assert plan_of(store, tasks, Asked({"task": {"behind|u1|FY2026-Q2": {"subject": "Done"}}})).changes == ()


def test_a_task_that_was_refused_too_often_is_parked_whatever_day_it_is(store: Store, tasks: Project) -> None:
    name = "behind|u1|FY2026-Q2"
    refuse(store, "task", name, "subject", value="User 1: 25 % of 10,000.00 in FY2026-Q2")
    refuse(store, "task", name, "due_on", value="2026-05-22")
    refuse(store, "task", name, OWNER, value="u1")
    plan = plan_of(store, tasks)
    assert (plan.changes, [skip.record for skip in plan.skipped]) == ((), ["behind for User 1 FY2026-Q2"])
