"""A new project against a CRM, from `init` to a plan that is applied, as the README tells it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from integration_company import (
    AS_OF,
    CALLS_MADE,
    COMMISSION,
    DEALS,
    EARNED,
    ESTIMATED,
    PEOPLE,
    TERRITORIES,
    WON,
)
from integration_harness import figure, query, same_number

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Site
    from integration_harness import Crm


def numbers(site: Site, of_object: str, name: str) -> dict[str, Decimal]:
    """The figures that stand in the CRM, by record."""
    found = site.bare.values(of_object, figure(site.crm, name))
    return {record: Decimal(value) for record, value in found.items() if value is not None}


def test_the_project_of_init_is_fine_as_it_stands(site: Site) -> None:
    assert site.steps["check"].code == 0
    assert site.steps["check"].err == ""


def test_provision_makes_every_field_and_finds_none_missing_afterwards(site: Site) -> None:
    made = site.steps["provision"].json()["crm"]
    fields = sum(step["kind"] == "field" for step in made["missing"])
    # 7 of users, 1 of accounts, 3 of opportunities, 10 of statements and their key, which HubSpot makes with the object
    assert fields == (22 if site.crm == "salesforce" else 21)
    assert [step["name"] for step in made["missing"] if step["kind"] == "object"] == [
        "SalesOps_Statement__c" if site.crm == "salesforce" else "salesops_statement"
    ]
    assert {outcome["result"] for outcome in made["outcomes"]} == {"written"}
    again = site.office.call("provision", "--json")
    assert (again.code, again.json()["crm"]) == (0, {"missing": [], "outcomes": [], "left": []})


def test_a_run_pulls_every_row_and_writes_every_change(site: Site) -> None:
    ran = site.steps["run"]
    assert (ran.code, ran.err) == (0, "")
    [report] = ran.json()["runs"]
    rows = {name: of_object["rows"] for name, of_object in report["pulled"].items()}
    assert rows["user"] == len(PEOPLE)
    assert (rows["account"], rows["opportunity"], rows["activity"]) == (4, len(DEALS), 3)
    assert report["plan"]["changes"] == report["outcomes"]["written"] > 0
    assert (report["outcomes"]["failed"], report["outcomes"]["skipped"]) == (0, 0)


def test_the_figures_in_the_crm_are_those_worked_by_hand(site: Site) -> None:
    won, commission, calls = (numbers(site, "user", name) for name in ("Won_Amount", "Commission", "Calls"))
    assert {who: won[who] for who in WON} == WON
    assert {who: commission[who] for who in COMMISSION} == COMMISSION
    assert {who: calls[who] for who in CALLS_MADE} == CALLS_MADE
    assert numbers(site, "opportunity", "Commission_Earned") == EARNED
    assert numbers(site, "opportunity", "Commission_Estimate") == ESTIMATED
    assert site.bare.values("account", figure(site.crm, "Territory")) == TERRITORIES


def test_a_second_run_changes_nothing(site: Site) -> None:
    second = site.steps["second run"]
    assert second.code == 0
    [report] = second.json()["runs"]
    assert report["plan"]["changes"] == 0
    assert report["outcomes"] == {"written": 0, "unchanged": 0, "failed": 0, "skipped": 0}


def test_status_and_runs_tell_what_happened(site: Site) -> None:
    status = site.office.call("status", "--json")
    assert (status.code, status.err) == (0, "")
    answer = status.json()
    assert answer["healthy"]
    assert answer["connections"]["crm"]["objects"]["opportunity"]["rows"] == len(DEALS)
    assert all(at["complete"] for at in answer["connections"]["crm"]["objects"].values())
    assert answer["connections"]["crm"]["rules_current"]
    history = site.office.call("runs", "--json").json()["runs"]
    first = [run for run in history if run["command"] == "run"][-1]
    assert first["status"] == "done"
    assert first["detail"]["written"] > 0
    assert site.office.call("status").code == site.office.call("runs").code == 0


def test_a_plan_kept_in_a_file_is_applied_line_by_line(site: Site, tmp_path: Path) -> None:
    office = site.office.copy(tmp_path / "project")
    field = figure(site.crm, "Territory")
    site.bare.put("account", "Globe", **{field: "Mars"})
    office.look_again()
    planned = office.call("plan", "-o", tmp_path / "plan.json")
    assert planned.code == 0
    assert "Globe" in planned.out
    assert site.bare.values("account", field)["Globe"] == "Mars"
    applied = office.call("apply", tmp_path / "plan.json", "--json")
    assert applied.code == 0
    [line] = applied.json()["lines"]
    assert (line["record"], line["after"], line["result"]) == ("Globe", "Canada", "written")
    assert site.bare.values("account", field) == TERRITORIES


def test_applying_a_plan_twice_is_applying_it_once(sites: Callable[[Crm], Site], tmp_path: Path) -> None:
    site = sites("hubspot")
    office = site.office.copy(tmp_path / "project")
    site.bare.put("account", "Acme", **{figure(site.crm, "Territory"): "Mars"})
    office.look_again()
    assert office.call("plan", "-o", tmp_path / "plan.json").code == 0
    assert office.call("apply", tmp_path / "plan.json").code == 0
    again = office.call("apply", tmp_path / "plan.json", "--json")
    assert again.code == 0
    assert again.json()["outcomes"] == {"written": 0, "unchanged": 1, "failed": 0, "skipped": 0}


def test_secrets_are_nowhere_in_the_store(site: Site) -> None:
    held = site.office.store.read_bytes()
    assert b"sandbox-secret" not in held
    assert b"sandbox-token" not in held
    assert site.office.store.stat().st_mode & 0o077 == 0


def test_the_results_in_the_store_are_of_the_day_that_was_asked_for(site: Site) -> None:
    [(as_of,)] = query(site.office.store, "SELECT as_of FROM computation")
    assert as_of == f"{int(AS_OF[:4]) + 1}-01-01T04:59:59.999Z"
    attained = site.bare.values("user", figure(site.crm, "Attainment"))
    [(credited, attainment)] = query(
        site.office.store,
        "SELECT a.credited, a.attainment FROM attainment a JOIN user u ON u.id = a.user_id"
        f" WHERE u.email = 'bo@tiny.example' AND a.period = 'FY{AS_OF[:4]}-Q4'",
    )
    assert same_number(credited, "99999.99")
    shown = Decimal(attainment) * (100 if site.crm == "salesforce" else 1)
    places = Decimal("0.01") if site.crm == "salesforce" else Decimal("0.0001")
    assert same_number(attained["bo@tiny.example"], f"{shown.quantize(places):f}")
