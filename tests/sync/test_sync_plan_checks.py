"""What a plan from a file must be to be applied, and how much any plan may change."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from planned import SALESFORCE, Asked, plan_of, remember, user, write
from synced import SETTINGS, keep, number, results, save_fields, save_rows, text, to_field, write_project

from config.problems import ConfigError
from config.project import Caps
from connectors.writing import OWNER
from sync.plan import Action, Change, OverCap, Plan, StaleRules, check_plan
from sync.plan.checks import check_org
from sync.store import records
from sync.store.runs import recorded

if TYPE_CHECKING:
    from pathlib import Path

    from config.loader import Project
    from sync.store.store import Store

TERRITORY = to_field("account", "territory", "{kind: territory}")
WON = to_field("user", "won", "{kind: metric, metric: won_amount, period: this_quarter}")

EVERYTHING = """\
writeback:
  crm:
    - {object: account, field: T__c, label: T, value: {kind: territory}}
records:
  crm:
    - object: S__c
      label: S
      plural: S
      per: user
      period: quarter
      key: K__c
      fields: [{field: P__c, label: P, value: {kind: commission}}]
forecasting_quotas:
  crm: [{quota: bookings, forecasting_type: Revenue}]
territory_associations:
  crm: {}
tasks:
  crm:
    - name: behind
      value: {kind: quota, quota: bookings, show: attainment, period: this_quarter}
      below: 0.5
      subject: s
      key: K__c
"""


NAMES = {"forecasting_quota": "005|2026-04-01|Revenue", "territory_account": "001|0MI"}


def line(of_object: str, key: str, field: str, action: Action = Action.UPDATE, name: str = "") -> Change:
    return Change(of_object, key, name or NAMES.get(of_object, "1"), "Acme", field, action, None, "x", "why", "", "")


def plan(project: Project, *changes: Change, undoes: int | None = None) -> Plan:
    return Plan("crm", "", "2026-05-20T12:00:00.000Z", project.digest, undoes, changes, (), (), 0, 0)


@pytest.fixture
def everything(tmp_path: Path) -> Project:
    return write(tmp_path / "project", EVERYTHING, settings=SALESFORCE)


UPDATE, CREATE, DELETE = Action.UPDATE, Action.CREATE, Action.DELETE


@pytest.mark.parametrize(
    ("of_object", "key", "field", "action"),
    [
        ("account", "", "T__c", UPDATE),
        ("S__c", "K__c", "P__c", CREATE),
        ("S__c", "K__c", "P__c", UPDATE),
        ("S__c", "K__c", OWNER, CREATE),
        ("forecasting_quota", "", "amount", CREATE),
        ("forecasting_quota", "", "amount", UPDATE),
        ("forecasting_quota", "", "", DELETE),
        ("territory_account", "", "", CREATE),
        ("territory_account", "", "", DELETE),
        ("task", "K__c", "subject", CREATE),
        ("task", "K__c", OWNER, CREATE),
    ],
)
def test_what_writeback_names_may_be_written(
    store: Store, everything: Project, of_object: str, key: str, field: str, action: Action
) -> None:
    check_plan(everything, store, plan(everything, line(of_object, key, field, action)))


@pytest.mark.parametrize(
    ("of_object", "key", "field", "action", "said"),
    [
        ("account", "", "OwnerId", UPDATE, "account.OwnerId"),
        ("account", "", OWNER, UPDATE, "account.@owner"),
        ("account", "", "T__c", CREATE, "account.T__c"),
        ("account", "", "", DELETE, "account records away"),
        ("account", "Name", "T__c", UPDATE, "account.T__c"),
        ("user", "", "T__c", UPDATE, "user.T__c"),
        ("S__c", "K__c", "Q__c", CREATE, "S__c.Q__c"),
        ("S__c", "Other__c", "P__c", CREATE, "S__c.P__c"),
        ("S__c", "", "P__c", UPDATE, "S__c.P__c"),
        ("S__c", "K__c", "", DELETE, "S__c records away"),
        ("S__c", "K__c", "", CREATE, "S__c records"),
        ("forecasting_quota", "", "quantity", CREATE, "forecasting_quota.quantity"),
        ("task", "K__c", "", DELETE, "task records away"),
        ("task", "K__c", "Status", UPDATE, "task.Status"),
    ],
)
def test_what_writeback_does_not_name_is_refused(
    store: Store, everything: Project, of_object: str, key: str, field: str, action: Action, said: str
) -> None:
    """The hash is no secret: whoever can write a plan file must not thereby write whatever they like."""
    made = plan(everything, line("account", "", "T__c", name="2"), line(of_object, key, field, action))
    with pytest.raises(ConfigError) as raised:
        check_plan(everything, store, made)
    (problem,) = raised.value.problems
    assert problem.summary == f"the plan writes {said}, which writeback.yaml does not name."
    assert "salesops plan -o FILE" in problem.detail


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            [line("account", "", "T__c"), line("account", "", "T__c")],
            "the plan writes account.T__c of one record twice",
        ),
        ([line("forecasting_quota", "", "amount", CREATE, "005")], "the plan writes '005', which is no name"),
        ([line("territory_account", "", "", DELETE, "1|2|3")], "the plan writes '1|2|3', which is no name"),
    ],
)
def test_a_plan_that_cannot_be_carried_out_line_by_line_is_refused(
    store: Store, everything: Project, changes: list[Change], said: str
) -> None:
    with pytest.raises(ConfigError) as raised:
        check_plan(everything, store, plan(everything, *changes))
    assert [problem.summary.startswith(said) for problem in raised.value.problems] == [True]


def test_a_plan_of_other_rules_is_stale_and_one_of_another_connection_or_account_is_refused(
    store: Store, everything: Project
) -> None:
    made = plan(everything)
    check_plan(everything, store, made)
    with pytest.raises(StaleRules, match="Compute and plan again"):
        check_plan(everything, store, dataclasses.replace(made, rules="other"))
    with pytest.raises(ConfigError, match=r"for connection east, which this project has not\. It has crm"):
        check_plan(everything, store, dataclasses.replace(made, connection="east"))
    records.bind_org(store, "crm", "00D1")
    check_plan(everything, store, dataclasses.replace(made, org="00D1"))
    with pytest.raises(ConfigError, match=r"for the CRM account 00D2, and crm is 00D1"):
        check_plan(everything, store, dataclasses.replace(made, org="00D2"))


def test_a_connection_that_reaches_another_account_than_before_is_refused(store: Store) -> None:
    class Reached(Asked):
        def org(self) -> str:
            return "00D2"

    check_org(store, "crm", Reached().connector)
    records.bind_org(store, "crm", "00D1")
    with pytest.raises(ConfigError, match=r"crm reaches the CRM account 00D2 now; its records and plans are of 00D1"):
        check_org(store, "crm", Reached().connector)


# Undo


def wrote(store: Store, *lines: tuple[str, str, str, str, str]) -> int:
    """A run that wrote (object, key, name, field, outcome)."""
    with recorded(store, "run", "crm") as run:
        pass
    with store.transaction() as db:
        db.executemany(
            "INSERT INTO change VALUES"
            " (?, 'crm', ?, ?, ?, ?, 'Acme', 'update', 'x', 'y', '', '', '', 1, ?, '', '', '', '', '', '')",
            [(run.id, *each) for each in lines],
        )
    return run.id


def test_an_undo_may_touch_what_its_run_wrote_whatever_the_rules_are_now(store: Store, everything: Project) -> None:
    run = wrote(store, ("lead", "", "1", "Old__c", "written"), ("S__c", "K__c", "k", "P__c", "written"))
    changes = line("lead", "", "Old__c"), line("S__c", "K__c", "", DELETE, "k")
    made = plan(everything, *changes, undoes=run)
    check_plan(everything, store, dataclasses.replace(made, rules="older"))


@pytest.mark.parametrize(
    "change",
    [
        line("lead", "", "Old__c", name="2"),
        line("lead", "", "Other__c"),
        line("lead", "", "Refused__c"),
        line("account", "", "T__c"),
        line("S__c", "K__c", "", DELETE, "other"),
        dataclasses.replace(line("lead", "", "Old__c"), after="99999"),
    ],
)
def test_an_undo_may_touch_nothing_else(store: Store, everything: Project, change: Change) -> None:
    run = wrote(store, ("lead", "", "1", "Old__c", "written"), ("lead", "", "1", "Refused__c", "failed"))
    with pytest.raises(ConfigError, match=f"otherwise than run {run} wrote it"):
        check_plan(everything, store, plan(everything, change, undoes=run))


# Caps


def accounts(store: Store, root: Path, count: int, caps: str, **more: str) -> Project:
    """So many accounts that each are to get another territory than we wrote."""
    project = write_project(root, [TERRITORY], settings=SETTINGS + f"caps: {{{caps}}}\n", **more)
    save_fields(store, account=[text("territory")])
    keys = [str(n) for n in range(100, 100 + count)]
    rows = ({"id": key, "name": key} for key in keys)
    save_rows(store, "account", *rows, custom={key: {"territory": "Old"} for key in keys})
    remember(store, *(("account", key, "territory", "Old", "") for key in keys))
    return project


def test_a_plan_larger_than_the_cap_is_refused_and_one_as_large_is_not(store: Store, tmp_path: Path) -> None:
    project = accounts(store, tmp_path / "project", 3, "changes: 2")
    keep(store, project, results(territories=[("100", "North"), ("101", "North"), ("102", "Old")]))
    made = plan_of(store, project)
    assert len(made.changes) == 2
    check_plan(project, store, made)
    keep(store, project, results(territories=[(key, "North") for key in ("100", "101", "102")]))
    with pytest.raises(OverCap, match=r"3 changes; caps\.changes is 2\.(.|\n)*--cap NAME=VALUE") as raised:
        plan_of(store, project)
    assert len(raised.value.plan.changes) == 3, "so that it can be looked at"
    check_plan(project, store, raised.value.plan, caps=Caps(changes=3))
    with pytest.raises(OverCap, match=r"caps\.changes is 2"):
        check_plan(project, store, raised.value.plan)
    with pytest.raises(OverCap, match=r"caps\.changes is 1"):
        check_plan(project, store, made, caps=Caps(changes=1))


def test_a_share_of_records_is_of_those_that_we_wrote_before(store: Store, tmp_path: Path) -> None:
    project = accounts(store, tmp_path / "project", 60, "records_share: 0.5")
    keep(store, project, results(territories=[(str(n), "North" if n < 130 else "Old") for n in range(100, 160)]))
    assert len(plan_of(store, project).changes) == 30
    keep(store, project, results(territories=[(str(n), "North" if n < 131 else "Old") for n in range(100, 160)]))
    with pytest.raises(
        OverCap, match=r"31 of 60 account records change \(0\.5167 of them\); caps\.records_share is 0\.5"
    ):
        plan_of(store, project)
    assert len(plan_of(store, project, caps=Caps(records_share=Decimal(1))).changes) == 31


def test_of_a_few_records_any_share_may_change(store: Store, tmp_path: Path) -> None:
    project = accounts(store, tmp_path / "project", 20, "records_share: 0.01")
    keep(store, project, results(territories=[(str(n), "North") for n in range(100, 120)]))
    assert len(plan_of(store, project).changes) == 20


def test_records_that_we_never_wrote_are_no_runaway(store: Store, tmp_path: Path) -> None:
    project = accounts(store, tmp_path / "project", 30, "records_share: 0.01")
    with store.transaction() as db:
        db.execute("DELETE FROM written")
    keep(store, project, results(territories=[(str(n), "North") for n in range(100, 130)]))
    assert len(plan_of(store, project).changes) == 30


@pytest.mark.parametrize(
    ("basis", "peak", "refused"),
    [("FY2026-Q2", "2500", True), ("FY2026-Q1", "2500", False), ("FY2026-Q2", "30000", False)],
)
def test_amounts_may_move_so_far_within_a_period(
    store: Store, tmp_path: Path, basis: str, peak: str, refused: bool
) -> None:
    project = write_project(tmp_path / "project", [WON], settings=SETTINGS + "caps: {value_share: 0.2}\n")
    save_fields(store, user=[number("won")])
    people = range(100, 125)
    save_rows(store, "user", *map(user, people), custom={f"u{n}": {"won": "100"} for n in people})
    remember(store, *(("user", f"u{n}", "won", "100", basis) for n in people))
    with store.transaction() as db:
        db.execute("INSERT INTO peak VALUES ('crm', 'user', 'won', ?)", (peak,))
    rows = [("won_amount", "user", f"u{n}", "FY2026-Q2", "200", None, None) for n in people]
    keep(store, project, results(metrics=rows))
    if refused:
        said = r"user\.won moves by 2,500\.00 \(1 of the 2,500\.00 that stood there at most\)"
        with pytest.raises(OverCap, match=said):
            plan_of(store, project)
    else:
        assert len(plan_of(store, project).changes) == 25


@pytest.mark.parametrize(
    ("caps", "said"),
    [
        ("records_share: 0.5", r"30 of 40 forecasting_quota records change \(0\.75 of them\)"),
        ("value_share: 0.5", r"forecasting_quota\.amount moves by 3,000\.00 \(0\.75 of the 4,000\.00 that stood there"),
    ],
)
def test_quotas_that_are_removed_count_for_the_caps(store: Store, tmp_path: Path, caps: str, said: str) -> None:
    settings = SALESFORCE + f"caps: {{{caps}}}\n"
    project = write(tmp_path / "project", EVERYTHING, settings=settings)
    names = [f"005{n}|2026-04-01|Revenue" for n in range(40)]
    remember(store, *(("forecasting_quota", name, "amount", "100", "FY2026-Q2") for name in names), created=True)
    with store.transaction() as db:
        db.execute("INSERT INTO peak VALUES ('crm', 'forecasting_quota', 'amount', '4000')")
    removed = [line("forecasting_quota", "", "", DELETE, name) for name in names[:30]]
    with pytest.raises(OverCap, match=said):
        check_plan(project, store, plan(project, *removed))


def test_over_a_cap_it_is_said_what_raising_it_for_good_takes() -> None:
    message = str(OverCap(["3 changes"], Plan("", "", "", "", None, (), (), (), 0, 0)))
    assert "--cap NAME=VALUE" in message
    assert "raise the cap in salesops.yaml and run `salesops compute` again" in message
