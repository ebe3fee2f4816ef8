"""The same facts in Salesforce and in HubSpot give the same metrics and the same pay, to the cent.

HubSpot keeps no managers, so the test makes a property for them, as an admin would, and fills it from Salesforce's
export. What the two folders still tell differently is the managers' own team: the Salesforce export leaves it empty,
HubSpot's says "Management". Managers own no opportunity, so no figure may hang on it.
"""

from __future__ import annotations

from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from integration_harness import CREDENTIALS, CRMS, Bare, figure
from maven_by_hand import Company, earnings, read_salesforce

from config.loader import load_project
from config.template import write_template
from connectors.sandbox.behaviour import CALM
from connectors.sandbox.dialect import Settings
from connectors.sandbox.run import open_sandbox
from sync.as_of import parse_as_of
from sync.connections import connect
from sync.progress import Silent
from sync.provision import build_steps
from sync.run import run
from sync.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from integration_harness import Crm

    from sync.run import Report

TARGET = Decimal(90_000)
MANAGEMENT = "Management"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one CRM's run left behind: the report, the stored results, and the figures that stand in the CRM."""

    report: Report
    rows: dict[str, list[tuple[Any, ...]]]
    written: dict[tuple[str, str], dict[str, str | None]]


RESULTS = {
    "metrics": "SELECT m.metric, m.grain, coalesce(u.email, m.key), m.period, m.value, m.numerator, m.denominator"
    " FROM metric_value m LEFT JOIN user u"
    " ON m.grain IN ('user', 'manager') AND (u.connection, u.id) = (m.connection, m.key)"
    " WHERE m.grain <> 'stage'",  # each CRM has its own names of stages
    "attainment": "SELECT a.quota, u.email, a.period, a.credited, a.target, a.attainment"
    " FROM attainment a JOIN user u ON (u.connection, u.id) = (a.connection, a.user_id)",
    "earnings": "SELECT e.comp_plan, e.component, u.email, e.period, o.name, e.status, e.credit, e.amount"
    " FROM earning e JOIN user u ON (u.connection, u.id) = (e.connection, e.payee_id)"
    " JOIN opportunity o ON (o.connection, o.id) = (e.connection, e.opportunity_id)",
    "territories": "SELECT a.name, t.territory FROM assigned_territory t"
    " JOIN account a ON (a.connection, a.id) = (t.connection, t.account_id)",
    "teams": "SELECT email, team FROM user",
    "managers": "SELECT u.email, m.email FROM user u"
    " JOIN user m ON (m.connection, m.id) = (u.connection, u.manager_id)",
    "opportunities": "SELECT o.name, u.email, a.name, o.is_won, o.is_closed, o.amount, o.close_date, o.created_at"
    " FROM opportunity o JOIN user u ON (u.connection, u.id) = (o.connection, o.owner_id)"
    " LEFT JOIN account a ON (a.connection, a.id) = (o.connection, o.account_id)",
}


@pytest.fixture(scope="module")
def company(maven_salesforce: Path) -> Company:
    return read_salesforce(maven_salesforce)


@pytest.fixture(scope="module")
def outcomes(
    maven_salesforce: Path, maven_hubspot: Path, company: Company, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[Crm, Outcome]]:
    folders: dict[Crm, Path] = {"salesforce": maven_salesforce, "hubspot": maven_hubspot}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in CREDENTIALS.items():
            patch.setenv(name, value)
        yield {crm: _run(crm, folders[crm], company, tmp_path_factory.mktemp(crm)) for crm in CRMS}


def _run(crm: Crm, data: Path, company: Company, folder: Path) -> Outcome:
    with ExitStack() as opened:
        sandbox = opened.enter_context(open_sandbox(crm, data=data, settings=Settings(behaviour=CALM)))
        bare = opened.enter_context(closing(Bare(crm, sandbox.url, sandbox.ca_file)))
        if crm == "hubspot":
            _tell_hubspot_who_manages_whom(bare, company)
        write_template(
            folder,
            crm=crm,
            url=sandbox.url,
            ca_file=sandbox.ca_file,
            first_day=date(2016, 1, 1),
            default_quota=TARGET,
            quotas_by_team={},
            made_up_company=crm == "hubspot",  # it maps the property that names managers
        )
        project = load_project(folder)
        with closing(connect(project, "crm")) as connector:
            list(connector.provision(build_steps(project, "crm", connector)))
        store = opened.enter_context(Store(project.root / project.settings.store))
        report = run(project, store, "crm", parse_as_of("2017-12-31", project.settings.time_zone), Silent())
        rows = {name: sorted((tuple(row) for row in store.rows(sql)), key=repr) for name, sql in RESULTS.items()}
        written = {
            (of_object, name): bare.values(of_object, figure(crm, name))
            for of_object, name in (
                ("user", "Won_Amount"),
                ("user", "Open_Pipeline"),
                ("user", "Calls"),
                ("user", "Commission"),
                ("account", "Territory"),
                ("opportunity", "Commission_Earned"),
                ("opportunity", "Commission_Estimate"),
            )
        }
        return Outcome(report, rows, written)


def _tell_hubspot_who_manages_whom(bare: Bare, company: Company) -> None:
    definition = {"name": "manager_email", "label": "Manager", "type": "string", "fieldType": "text"}
    bare.send("POST", "/crm/v3/properties/users", {**definition, "groupName": "userinformation"})
    ids = bare.ids("user")
    inputs = [
        {"id": ids[person.email], "properties": {"manager_email": person.manager}}
        for person in company.people.values()
        if person.manager
    ]
    bare.send("POST", "/crm/v3/objects/users/batch/update", {"inputs": inputs})


def both(outcomes: dict[Crm, Outcome], name: str) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    left, right = (outcomes[crm].rows[name] for crm in CRMS)
    assert left, f"no {name} at all"
    return left, right


def test_both_runs_write_all_they_planned(outcomes: dict[Crm, Outcome]) -> None:
    for outcome in outcomes.values():
        assert outcome.report.outcomes["written"] == len(outcome.report.plan.changes) > 4_000
        assert outcome.report.outcomes["failed"] == outcome.report.outcomes["skipped"] == 0


def test_the_facts_are_the_same(outcomes: dict[Crm, Outcome]) -> None:
    left, right = both(outcomes, "opportunities")
    assert left == right
    assert len({row[0] for row in left}) == len(left) == 8_800, "names tell opportunities apart"
    left, right = both(outcomes, "managers")
    assert left == right
    assert len(left) == 35


def test_teams_differ_for_managers_only(outcomes: dict[Crm, Outcome], company: Company) -> None:
    left, right = (dict(rows) for rows in both(outcomes, "teams"))
    assert {email for email in left if left[email] != right[email]} == company.managers
    assert {(left[email], right[email]) for email in company.managers} == {(None, MANAGEMENT)}


def test_every_metric_is_the_same(outcomes: dict[Crm, Outcome]) -> None:
    left, right = both(outcomes, "metrics")
    # Nothing counts for managers, so their team's name, the one difference, has no row to stand in.
    assert not [row for row in right if row[2] == MANAGEMENT]
    assert left == right
    assert {row[1] for row in left} >= {"company", "user", "team", "manager", "territory", "segment", "customer"}
    assert {row[0] for row in left} >= {"won_amount", "won_count", "win_rate", "open_pipeline"}


def test_attainment_is_the_same(outcomes: dict[Crm, Outcome], company: Company) -> None:
    left, right = both(outcomes, "attainment")
    assert left == right
    assert {row[1] for row in left} == company.people.keys() - company.managers


def test_every_earning_is_the_same(outcomes: dict[Crm, Outcome]) -> None:
    left, right = both(outcomes, "earnings")
    assert left == right


def test_every_earning_is_what_exact_arithmetic_gives(outcomes: dict[Crm, Outcome], company: Company) -> None:
    stored = {
        (payee, component, period, name): Decimal(amount)
        for _, component, payee, period, name, status, _, amount in outcomes["salesforce"].rows["earnings"]
        if status == "earned"
    }
    assert stored == earnings(company, TARGET)


def test_territories_are_the_same(outcomes: dict[Crm, Outcome]) -> None:
    left, right = both(outcomes, "territories")
    assert left == right


def test_the_same_figures_stand_in_both_crms(outcomes: dict[Crm, Outcome]) -> None:
    left, right = (outcomes[crm].written for crm in CRMS)
    for key, of_salesforce in left.items():
        # The sandbox's own integration login is a Salesforce user, and none of the company's.
        mine = {name: value for name, value in of_salesforce.items() if name in right[key]}
        assert len(mine) == len(right[key])
        if key[1] == "Territory":
            assert mine == right[key]
        else:
            assert numbers(mine) == numbers(right[key]), key
    assert sum(value is not None for value in right["opportunity", "Commission_Earned"].values()) == 4_238


def numbers(values: dict[str, str | None]) -> dict[str, Decimal | None]:
    return {name: None if text is None else Decimal(text) for name, text in values.items()}
