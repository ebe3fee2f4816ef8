"""What the doctor finds in a CRM account and in the records that were pulled of it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from examined import Crm, about, deals, examined, save_users, step
from synced import QUOTAS, SETTINGS, save_rows, to_field, write_project

from connectors.base import CrmField, MissingField
from connectors.health import Access, Headroom
from connectors.writing import Step, StepKind
from sync.doctor import Area, Computable, Level
from sync.store.records import save_fields
from sync.store.runs import recorded

if TYPE_CHECKING:
    from pathlib import Path

    from config.loader import Project
    from sync.doctor import Examination, Verdict
    from sync.store.store import Store

METRICS = """\
metrics:
  lost_to_price:
    label: Lost to price
    kind: simple
    unit: count
    source: opportunity
    aggregate: count
    where:
      - {field: is_won, is: true}
      - {field: custom.Reason, is: price}
    time: close_date
  margin:
    label: Margin
    kind: simple
    unit: money
    source: opportunity
    aggregate: sum
    of: custom.Margin
    time: close_date
"""
MAPPING = "crm:\n  opportunity:\n    custom: [Reason, Margin]\n"
REASON = CrmField("Reason", "Close reason", "enumeration", updateable=True)
MARGIN = CrmField("Margin", "Margin", "number", updateable=True)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return write_project(tmp_path / "project")


def with_metrics(tmp_path: Path) -> Project:
    root = tmp_path / "project"
    (root / "metrics").mkdir(parents=True)
    (root / "metrics" / "m.yaml").write_text(METRICS, encoding="utf-8")
    (root / "mapping.yaml").write_text(MAPPING, encoding="utf-8")
    return write_project(root)


def verdict(found: Examination, name: str) -> Verdict:
    [only] = [each for each in found.verdicts if each.definition.name == name]
    return only


def required(found: Examination) -> list[str]:
    return [each.what for each in found.required]


# ---- the store ----


def test_before_the_first_pull_only_the_connection_is_looked_at(project: Project, store: Store) -> None:
    found = examined(project, store)
    assert found.verdicts == ()
    [said] = found.findings
    assert (said.level, said.what) == (Level.ADVICE, "Nothing is pulled yet.")


def test_filled_records_leave_nothing_to_say(project: Project, store: Store) -> None:
    save_users(store, {"id": "ann", "manager_id": "bo"}, {"id": "bo", "manager_id": "ann"}, {"id": "cy"})
    save_rows(store, "opportunity", *deals(), custom={})
    found = examined(project, store)
    assert [each.what for each in found.findings if each.area is not Area.PULL] == []
    assert verdict(found, "won_amount").computable is Computable.TODAY
    assert verdict(found, "bookings").computable is Computable.TODAY
    assert verdict(found, "calls").computable is Computable.NOTHING


def test_an_amount_that_is_filled_since_march_is_told_with_all_that_it_hurts(project: Project, store: Store) -> None:
    rows = [*deals(range(10), amount=None), *deals(range(10, 13))]
    save_rows(store, "opportunity", *rows, custom={})
    found = examined(project, store)
    assert (verdict(found, "won_amount").computable, verdict(found, "won_amount").since) == (
        Computable.SINCE,
        date(2026, 3, 1),
    )
    assert verdict(found, "ae").since == verdict(found, "bookings").since == date(2026, 3, 1)
    assert verdict(found, "won_count").computable is Computable.TODAY
    [said] = about(found, "is filled since March 2026 (100 % of 15 records), not before")
    assert said.level is Level.ADVICE
    assert said.what.startswith("The amount (opportunity.amount)")
    assert said.where == "opportunity where is_won is true"
    assert {"metric won_amount", "quota bookings", "comp plan ae"} <= set(said.concerns)
    assert not found.required


def test_an_amount_that_is_no_longer_filled_is_required(project: Project, store: Store) -> None:
    save_rows(store, "opportunity", *deals(range(11)), *deals(range(11, 13), amount=None), custom={})
    found = examined(project, store)
    assert verdict(found, "won_amount").computable is Computable.NOT
    [said] = found.required
    assert "hardly filled any more since April 2026: in 0 of 10 records. The last value is of 2026-03-05." in said.what
    assert "validation rule" in said.now


def test_a_field_that_is_never_filled_is_required_of_used_metrics_alone(tmp_path: Path, store: Store) -> None:
    project = with_metrics(tmp_path)
    rows = deals(range(9, 13))
    save_rows(store, "opportunity", *rows, custom={each["id"]: {"Reason": None, "Margin": "3"} for each in rows})
    save_rows(store, "lead", {"id": "1", "created_at": "2026-05-01T00:00:00.000Z", "owner_id": None}, custom={})
    found = examined(project, store, Crm(custom=(REASON, MARGIN)))
    [said] = found.required
    assert said.what == "Close reason (opportunity.custom.Reason) is filled in none of 20 records."
    assert said.where == "opportunity where is_won is true"
    assert said.concerns == ("metric lost_to_price",)
    assert verdict(found, "lost_to_price").because == ("Close reason (opportunity.custom.Reason) is never filled",)


def test_a_custom_field_of_choices_is_no_number(tmp_path: Path, store: Store) -> None:
    save_rows(store, "opportunity", *deals(), custom={})
    wrong = CrmField("Margin", "Margin", "enumeration", updateable=True)
    found = examined(with_metrics(tmp_path), store, Crm(custom=(REASON, wrong)))
    [said] = about(found, "Margin (opportunity.custom.Margin) is of the type enumeration in the CRM")
    assert said.level is Level.REQUIRED
    assert verdict(found, "margin").computable is Computable.NOT


def test_a_team_that_leaves_a_field_out_is_named(project: Project, store: Store) -> None:
    save_users(store, {"id": "ann", "team": "East"}, {"id": "bo", "team": "West"})
    rows = [*deals(), *deals(owner="bo", each=2, amount=None)]
    save_rows(store, "opportunity", *rows, custom={})
    [said] = about(examined(project, store), "is hardly filled by West (0 %)")
    assert said.level is Level.ADVICE


def test_a_team_that_stops_in_the_middle_of_the_year_is_required_by_name(project: Project, store: Store) -> None:
    save_users(store, {"id": "ann", "team": "East"}, {"id": "bo", "team": "West"})
    rows = [*deals(each=20), *deals(range(10), owner="bo"), *deals(range(10, 13), owner="bo", amount=None)]
    save_rows(store, "opportunity", *rows, custom={})
    found = examined(project, store)
    [said] = about(found, "West: no The amount (opportunity.amount) since March 2026 (0 of 15 records; over all teams")
    assert said.level is Level.REQUIRED
    assert {"metric won_amount", "quota bookings", "comp plan ae"} <= set(said.concerns)
    assert "Ask West what changed in March 2026" in said.now
    assert verdict(found, "bookings").not_for == (("West", date(2026, 3, 1)),)
    assert verdict(found, "won_count").not_for == ()


def test_a_team_with_few_records_since_it_stopped_is_advice(project: Project, store: Store) -> None:
    save_users(store, {"id": "ann", "team": "East"}, {"id": "bo", "team": "West"})
    rows = [*deals(each=20), *deals(range(12), owner="bo"), *deals(range(12, 13), owner="bo", amount=None)]
    save_rows(store, "opportunity", *rows, custom={})
    [said] = about(examined(project, store), "West: no The amount (opportunity.amount) since May 2026 (0 of 5 records")
    assert said.level is Level.ADVICE


def test_a_team_that_did_without_for_some_months_is_advice(project: Project, store: Store) -> None:
    save_users(store, {"id": "ann", "team": "East"}, {"id": "bo", "team": "West"})
    without = deals(range(4, 6), owner="bo", amount=None)
    rows = [*deals(each=20), *deals([*range(4), *range(6, 13)], owner="bo"), *without]
    save_rows(store, "opportunity", *rows, custom={})
    [said] = about(
        examined(project, store), "hardly filled for some time by West in September 2025, October 2025 (0 of"
    )
    assert said.level is Level.ADVICE


def test_records_that_lack_an_amount_are_counted(project: Project, store: Store) -> None:
    save_rows(store, "opportunity", *deals(), *deals(range(13), each=1, owner="bo", amount=None), custom={})
    [said] = about(examined(project, store), "13 records of 78 lack The amount (opportunity.amount)")
    assert said.why == "Records without it count as nothing."


def test_managers_that_nobody_keeps_are_advice_since_only_overrides_need_them(project: Project, store: Store) -> None:
    save_users(store, *({"id": name} for name in ("ann", "bo", "cy", "di")))
    save_rows(store, "opportunity", *deals(), custom={})
    found = examined(project, store)
    [said] = about(found, "The manager_id (user.manager_id) is filled in none of 4 records")
    assert (said.level, said.concerns) == (Level.ADVICE, ("comp plan ae",))
    assert verdict(found, "ae").computable is Computable.TODAY


def test_one_metric_is_looked_at_alone(project: Project, store: Store) -> None:
    save_rows(store, "opportunity", *deals(amount=None), custom={})
    found = examined(project, store, Crm(), "average_deal")
    assert [each.definition.name for each in found.verdicts] == ["average_deal"]
    [said] = found.required
    assert said.concerns == ("metric average_deal",)


def test_a_field_that_the_crm_fills_itself_is_no_work_for_reps(project: Project, store: Store) -> None:
    save_rows(store, "opportunity", *deals(amount=None), custom={})
    [said] = examined(project, store, Crm(automatic={"amount"})).required
    assert "The CRM fills The amount by itself" in said.now


# ---- people ----


def test_sellers_without_a_target_are_named(tmp_path: Path, store: Store) -> None:
    quotas = QUOTAS.replace("default: 10000", "teams: {East: 10000}, users: {cy@x.example: 5}")
    project = write_project(tmp_path / "project", quotas=quotas)
    save_users(store, {"id": "ann", "team": "East"}, {"id": "bo", "team": "West"}, {"id": "cy"})
    for owner in ("ann", "bo", "cy"):
        save_rows(store, "opportunity", *deals(owner=owner), custom={})
    found = examined(project, store)
    [said] = about(found, "Quota bookings: 1 of 3 people with records that count have no target")
    assert "Bo" in said.why
    [teamless] = about(found, "1 of 3 people who own records are in no team")
    assert teamless.where == "Cy"


def test_a_quota_whose_targets_are_over_is_told(tmp_path: Path, store: Store) -> None:
    quotas = QUOTAS.replace("from: 2025-01-01", "from: 2025-01-01, until: 2026-01-01")
    save_rows(store, "opportunity", *deals(), custom={})
    found = examined(write_project(tmp_path / "project", quotas=quotas), store)
    assert about(found, "Quota bookings: nobody has a target in this period")


# ---- the account ----


def test_what_the_writeback_needs_and_the_crm_lacks_points_to_provision(project: Project, store: Store) -> None:
    found = examined(
        project, store, Crm(steps=[step("User.Won__c"), step("User.X__c", "It is a text. Choose another.")])
    )
    assert required(found) == [
        "1 thing that writeback.yaml needs is not in the CRM.",
        "`salesops provision` cannot make User.X__c.",
    ]
    assert "salesops provision" in found.required[0].now
    assert found.required[1].now == "It is a text. Choose another."


def test_a_field_that_the_login_does_not_see_is_told_with_what_is_made_of_it(project: Project, store: Store) -> None:
    save_rows(store, "opportunity", *deals(amount=None), custom={})
    missing = MissingField("opportunity", "Opportunity", "Amount", "mapping")
    found = examined(project, store, Crm(hidden={"Amount"}, missing_fields=(missing,)))
    [said] = found.required
    assert said.what == "Opportunity.Amount is not there, or hidden from the login."
    assert {"metric won_amount", "quota bookings"} <= set(said.concerns)
    assert verdict(found, "won_amount").because == ("opportunity.amount is hidden from the login",)


def test_what_is_hidden_after_a_pull_saw_it_cannot_be_computed_any_more(project: Project, store: Store) -> None:
    save_rows(store, "opportunity", *deals(), custom={})
    missing = MissingField("opportunity", "Opportunity", "Amount", "mapping")
    found = examined(project, store, Crm(hidden={"Amount"}, missing_fields=(missing,)))
    assert verdict(found, "won_amount").because == ("opportunity.amount is hidden from the login",)
    [said] = about(found, "Opportunity.Amount is not there")
    assert said.where.startswith("opportunity.amount by default, read in ")


def test_a_hidden_field_that_not_every_account_has_is_required_where_a_rule_reads_it(
    project: Project, store: Store
) -> None:
    save_rows(store, "opportunity", *deals(), custom={})
    save_fields(store, "crm", {"opportunity": {"Amount": CrmField("Amount", "Amount", "currency", updateable=True)}})
    found = examined(project, store, Crm(hidden={"Amount"}))
    [said] = about(found, "Amount of opportunity is not there, or hidden from the login")
    assert said.level is Level.REQUIRED
    assert "It was shown to us before" in said.why
    assert verdict(found, "bookings").computable is Computable.NOT


def test_a_field_that_no_pull_asked_for_yet_is_to_be_pulled(tmp_path: Path, store: Store) -> None:
    rows = deals(range(9, 13))
    save_rows(store, "opportunity", *rows, custom={each["id"]: {"Margin": "3"} for each in rows})
    found = examined(with_metrics(tmp_path), store, Crm(custom=(REASON, MARGIN)))
    [said] = about(found, "Close reason (opportunity.custom.Reason) is not pulled yet")
    assert (said.level, said.concerns) == (Level.ADVICE, ("metric lost_to_price",))
    assert "salesops pull" in said.now
    assert not found.required


def test_pages_that_nobody_can_change_are_one_piece_of_advice(project: Project, store: Store) -> None:
    steps = [Step(StepKind.LAYOUT, f"{name} layouts", "", "The right is X.") for name in ("User", "Account")]
    [said] = about(examined(project, store, Crm(steps=steps)), "cannot make User layouts, Account layouts.")
    assert (said.level, said.now) == (Level.ADVICE, "The right is X.")


def test_a_right_is_named_in_what_is_said_of_it(project: Project, store: Store) -> None:
    right = "Customize Application: `salesops provision` needs it. Give it."
    [said] = about(examined(project, store, Crm(rights=(right,))), "lacks the right Customize Application.")
    assert said.now == "`salesops provision` needs it. Give it."


def test_an_undo_that_holds_runs_is_named(project: Project, store: Store) -> None:
    save_rows(store, "opportunity", *deals(), custom={})
    with recorded(store, "undo", "crm") as record, store.transaction() as db:
        db.execute("INSERT INTO hold VALUES ('crm', ?, ?, '2026-05-19T08:00:00.000Z')", (project.digest, record.id))
    [said] = about(examined(project, store), f"Runs write nothing: run {record.id} took back")
    assert (said.level, said.area) == (Level.ADVICE, Area.WRITEBACK)


def test_rights_are_required_where_the_project_needs_them(tmp_path: Path, store: Store) -> None:
    project = write_project(tmp_path / "project", [to_field("account", "t", "{kind: territory}")])
    access = (
        Access("opportunity", "Opportunity", reads=False, writes=False, to_read="Give it Read."),
        Access("account", "Account", reads=True, writes=False, sees_all=False),
        Access("user", "User", reads=True, writes=False),
    )
    crm = Crm(access=access)
    found = examined(project, store, crm)
    assert required(found) == ["The login cannot read Opportunity.", "The login cannot edit Account."]
    assert found.required[0].now == "Give it Read."
    assert about(found, "does not see all records of Account")
    assert {"account", "opportunity", "user"} <= set(crm.asked)


def test_what_the_crm_does_not_say_for_certain_is_advice(tmp_path: Path, store: Store) -> None:
    access = (Access("opportunity", "deals", reads=False, writes=False, known=False),)
    assert not examined(write_project(tmp_path / "project"), store, Crm(access=access)).required


@pytest.mark.parametrize(("used", "level"), [(74, None), (75, Level.ADVICE), (100, Level.REQUIRED)])
def test_a_limit_is_told_before_it_is_reached(project: Project, store: Store, used: int, level: Level | None) -> None:
    found = examined(project, store, Crm(headroom=(Headroom("Calls", used, 100, "every request"),)))
    assert [each.level for each in about(found, "Calls are used")] == ([level] if level else [])


@pytest.mark.parametrize(("minutes", "said"), [(1, 0), (-5, 1), (5, 1)])
def test_a_clock_that_is_off_is_told(project: Project, store: Store, minutes: int, said: int) -> None:
    found = examined(project, store, Crm(skew=timedelta(minutes=minutes)))
    assert len(about(found, "clock is 5 minutes")) == said
    assert not found.required


def test_hidden_fields_that_the_project_goes_on_without_are_advice(tmp_path: Path, store: Store) -> None:
    settings = SETTINGS + "    pull: {hidden_fields: empty}\n"
    project = write_project(tmp_path / "project", settings=settings)
    missing = MissingField("contact", "contacts", "x", "custom")
    assert not examined(project, store, Crm(missing_fields=(missing,))).required
    assert examined(write_project(tmp_path / "other"), store, Crm(missing_fields=(missing,))).required
