"""Quotas and territories of the CRM's own: what of ours should stand there, and what of theirs is left alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from planned import SALESFORCE, Asked, by_record, plan_of, remember, user, write
from synced import keep, results, save_rows

from config.problems import ConfigError
from connectors.writing import Target
from sync.plan import Action

if TYPE_CHECKING:
    from pathlib import Path

    from config.loader import Project
    from sync.store.store import Store

# Quotas in forecasts


FORECASTS = """\
forecasting_quotas:
  crm:
    - {quota: bookings, forecasting_type: OpportunityRevenue}
"""

QUOTAS = """\
quotas:
  bookings:
    label: Bookings
    metric: won_amount
    period: quarter
    targets:
      - {from: 2025-01-01, until: 2026-10-01, default: 10000, teams: {East: 20000}, users: {U3@x.example: 5}}
      - {from: 2026-10-01, default: 11000}
"""


@pytest.fixture
def forecasts(store: Store, tmp_path: Path) -> Project:
    rows = [user(1, team="East"), user(2, manager_id="u4"), user(3, manager_id="u4"), user(4), user(5, active=0)]
    save_rows(store, "user", *rows, custom={})
    project = write(tmp_path / "project", FORECASTS, settings=SALESFORCE, quotas=QUOTAS)
    keep(
        store,
        project,
        results(
            attainment=[
                ("bookings", "u1", "FY2026-Q1", "0", "20000", "0"),
                ("bookings", "u1", "FY2026-Q2", "0", "20000", "0"),
                ("bookings", "u1", "FY2025-Q4", "0", "1", "0"),
                ("bookings", "u4", "FY2026-Q1", "7", "10000", "0"),
                ("bookings", "u5", "FY2026-Q1", "7", "10000", "0"),
            ]
        ),
    )
    return project


def test_targets_are_those_computed_and_those_still_to_come_of_the_fiscal_year(
    store: Store, forecasts: Project
) -> None:
    plan = plan_of(store, forecasts)
    assert {name: values["amount"] for name, values in by_record(plan).items()} == {
        "u1|2026-01-01|OpportunityRevenue": "20000",
        "u1|2026-04-01|OpportunityRevenue": "20000",
        "u1|2026-07-01|OpportunityRevenue": "20000",
        "u1|2026-10-01|OpportunityRevenue": "11000",
        "u2|2026-07-01|OpportunityRevenue": "10000",
        "u2|2026-10-01|OpportunityRevenue": "11000",
        "u3|2026-07-01|OpportunityRevenue": "5",
        "u3|2026-10-01|OpportunityRevenue": "11000",
        "u4|2026-01-01|OpportunityRevenue": "10000",
    }
    assert {change.target for change in plan.changes} == {Target("forecasting_quota")}


def test_a_quota_of_ours_that_nobody_has_any_more_is_removed_and_one_of_others_is_not(
    store: Store, forecasts: Project
) -> None:
    stands = by_record(plan_of(store, forecasts))
    names = ["u2|2026-01-01|OpportunityRevenue", "u9|2026-04-01|OpportunityRevenue", "u9|2026-04-01|Other"]
    remember(store, *(("forecasting_quota", name, "amount", "1", "") for name in names[1:]), created=True)
    remember(store, ("forecasting_quota", "u9|2025-04-01|OpportunityRevenue", "amount", "1", ""), created=True)
    crm = Asked({"forecasting_quota": {**stands, **{name: {"amount": "1"} for name in names}}})
    changes = plan_of(store, forecasts, crm).changes
    assert [(c.name, c.action) for c in changes] == [("u9|2026-04-01|OpportunityRevenue", Action.DELETE)]


def test_who_left_keeps_the_quotas_of_periods_that_have_begun(store: Store, forecasts: Project) -> None:
    stands = by_record(plan_of(store, forecasts))
    begun, to_come = "u5|2026-04-01|OpportunityRevenue", "u5|2026-07-01|OpportunityRevenue"
    remember(store, *(("forecasting_quota", name, "amount", "1", "") for name in (begun, to_come)), created=True)
    crm = Asked({"forecasting_quota": {**stands, **{name: {"amount": "1"} for name in (begun, to_come)}}})
    assert [(c.name, c.action) for c in plan_of(store, forecasts, crm).changes] == [(to_come, Action.DELETE)]


@pytest.mark.parametrize(("policy", "removed"), [("overwrite", True), ("keep", False), ("flag", False)])
def test_a_quota_that_is_to_go_and_was_edited_goes_by_its_policy_and_is_told(
    store: Store, tmp_path: Path, policy: str, removed: bool
) -> None:
    edited = FORECASTS.replace("Revenue}", f"Revenue, on_edit: {policy}}}")
    project = write(tmp_path / "project", edited, settings=SALESFORCE, quotas=QUOTAS)
    keep(store, project, results())
    name = "u9|2026-04-01|OpportunityRevenue"
    remember(store, ("forecasting_quota", name, "amount", "1", ""), created=True)
    plan = plan_of(store, project, Asked({"forecasting_quota": {name: {"amount": "2"}}}))
    assert [change.action for change in plan.changes] == [Action.DELETE] * removed
    assert [(drift.name, drift.policy) for drift in plan.drift] == [(name, policy)]
    assert bool(plan.flagged) == (policy == "flag")


# Accounts in the CRM's territories


LINKS = """\
territory_associations:
  crm: {on_edit: POLICY}
"""

RULES = """\
territories:
  - name: North
    where: [{field: industry, is: technology}]
  - name: South
    where: [{field: industry, is: retail}]
  - name: Twice
    where: [{field: industry, is: food}]
otherwise: Rest
"""


def territories(store: Store, root: Path, policy: str, assigned: dict[str, str | None]) -> Project:
    project = write(root, LINKS.replace("POLICY", policy), settings=SALESFORCE, territories=RULES)
    save_rows(store, "account", *({"id": f"a{n}", "name": f"Account {n}"} for n in range(1, 7)), custom={})
    models = [("t1", "North", "Active"), ("t2", "South", "Active"), ("t3", "North", "Planning")]
    models += [("t4", "Twice", "Active"), ("t5", "Twice", "Active"), ("t6", "Theirs", "Active")]
    save_rows(store, "territory", *({"id": i, "name": name, "state": state} for i, name, state in models), custom={})
    keep(store, project, results(territories=assigned.items()))
    return project


def save_links(store: Store, *links: tuple[str, str, str]) -> Asked:
    """(account, territory, cause) as pulled; the CRM that holds just these."""
    rows = [
        {"id": f"l{account}{territory}", "account_id": account, "territory_id": territory, "cause": cause}
        for account, territory, cause in links
    ]
    save_rows(store, "territory_account", *rows, custom={})
    return Asked({"territory_account": {f"{account}|{territory}": {} for account, territory, _ in links}})


HAND, RULE = "Territory2Manual", "Territory2AssignmentRule"


@pytest.mark.parametrize(
    ("policy", "removed"),
    [("keep", ["a1|t2"]), ("overwrite", ["a1|t2", "a3|t2"]), ("flag", ["a1|t2"])],
)
def test_accounts_are_put_where_our_rules_say_and_only_what_may_be_is_removed(
    store: Store, tmp_path: Path, policy: str, removed: list[str]
) -> None:
    wanted = {"a1": "North", "a2": "North", "a3": "North", "a4": None, "a5": "Rest", "a6": "Twice"}
    project = territories(store, tmp_path / "project", policy, wanted)
    crm = save_links(
        store,
        ("a1", "t2", HAND),  # ours, of before
        ("a2", "t1", RULE),  # a rule of the CRM put it where we want it
        ("a3", "t1", HAND),
        ("a3", "t2", HAND),  # somebody's
        ("a4", "t2", RULE),  # a rule's: never ours to remove
        ("a4", "t6", HAND),  # a territory that our rules do not know
    )
    remember(store, ("territory_account", "a1|t2", "", None, ""), created=True)
    plan = plan_of(store, project, crm)
    by_action = {action: [c.name for c in plan.changes if c.action is action] for action in Action}
    assert by_action == {Action.CREATE: ["a1|t1"], Action.DELETE: removed, Action.UPDATE: []}
    assert [(skip.record, skip.reason) for skip in plan.skipped] == [
        ("Rest", "the active territory model has no territory of this name"),
        ("Twice", "the active territory model has 2 territories of this name"),
    ]
    assert [(drift.name, drift.policy) for drift in plan.drift] == [("a3|t2", policy)]
    assert {change.target for change in plan.changes} == {Target("territory_account")}


def test_what_we_made_since_the_last_pull_is_neither_made_again_nor_missed(store: Store, tmp_path: Path) -> None:
    project = territories(store, tmp_path / "project", "keep", {"a1": "North", "a2": "North"})
    save_links(store)
    remember(store, *(("territory_account", name, "", None, "") for name in ("a1|t1", "a2|t2")), created=True)
    crm = Asked({"territory_account": {"a1|t1": {}, "a2|t2": {}}})
    changes = plan_of(store, project, crm).changes
    assert [(c.name, c.action) for c in changes] == [("a2|t1", Action.CREATE), ("a2|t2", Action.DELETE)]


def test_where_all_is_as_it_should_be_the_crm_is_not_asked(store: Store, tmp_path: Path) -> None:
    project = territories(store, tmp_path / "project", "overwrite", {"a1": "North"})
    crm = save_links(store, ("a1", "t1", HAND))
    assert (plan_of(store, project, crm).changes, crm.asked) == ((), [])


def test_without_an_active_model_there_is_nothing_to_write_to(store: Store, tmp_path: Path) -> None:
    project = territories(store, tmp_path / "project", "keep", {})
    with store.transaction() as db:
        db.execute("UPDATE territory SET state = 'Archived'")
    with pytest.raises(ConfigError, match=r"no active territory model .* Activate one in Setup"):
        plan_of(store, project)
