"""The fiscal calendar of a project: declared, or read from the CRM that keeps it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from examined import about, deals, examined, save_users
from synced import AS_OF, earning, keep, open_org, results, save_rows, settings_for, write_project

from config.loader import load_project
from config.problems import ConfigError
from sync.compute import compute_connection
from sync.connections import needed_fields
from sync.fiscal import calendar_of
from sync.plan.earned_results import commission_results
from sync.plan.kept import kept_periods
from sync.plan.results import Results
from sync.pull import describe, pull
from sync.store.runs import recorded
from sync.store.store import parse_instant

if TYPE_CHECKING:
    from pathlib import Path

    from config.loader import Project
    from sync.store.store import Store

SALESFORCE = """\
name: Test
time_zone: America/New_York
currency: USD
connections:
  crm:
    crm: salesforce
    url: https://example.my.salesforce.com
    sign_in: {kind: client_credentials, client_id: env:ID, client_secret: env:SECRET}
fiscal_year: {from: crm}
"""

RETAIL = SALESFORCE.replace(
    "{from: crm}", "{starts: february, named_by: start, pattern: 4-5-4, ends_on: saturday, year_end: nearest}"
)

RECORDS = """\
records:
  crm:
    - object: Statement__c
      label: Statement
      plural: Statements
      per: user
      period: quarter
      keep: 4
      key: Key__c
      fields:
        - {field: Pay__c, label: Y, value: {kind: commission}}
"""


def save_calendar(store: Store, *, months: int = 12) -> None:
    """The year from February 2026 on, in quarters of three of its months."""
    days = [date(2026 + (month > 12), (month - 1) % 12 + 1, 1) for month in range(2, 15)]
    rows = [period("year", "FY27", days[0], days[-1])]
    rows += [period("quarter", f"FY27 Q{n // 3 + 1}", days[n], days[n + 3]) for n in range(0, 12, 3)]
    rows += [period("month", f"FY27 M{n + 1}", days[n], days[n + 1]) for n in range(months)]
    save_rows(store, "fiscal_period", *rows, custom={})


def period(kind: str, name: str, start: date, after: date) -> dict[str, object]:
    last = date.fromordinal(after.toordinal() - 1)
    values = {"kind": kind, "name": name, "number": 1, "starts_on": str(start), "ends_on": str(last)}
    return {"id": f"{kind} {start}", **values}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return write_project(tmp_path / "project", settings=SALESFORCE)


def test_the_periods_of_the_crm_are_the_projects(project: Project, store: Store) -> None:
    save_calendar(store)
    calendar = calendar_of(project, store)
    assert calendar.period_of("quarter", date(2026, 5, 20)).name == "FY27 Q2"
    assert [month.name for month in calendar.months_in(calendar.period_of("quarter", date(2027, 1, 31)))] == [
        "FY27 M10",
        "FY27 M11",
        "FY27 M12",
    ]


def test_a_calendar_that_is_not_pulled_yet_is_asked_for(project: Project, store: Store) -> None:
    with pytest.raises(
        ConfigError, match=r"salesops.yaml:9: fiscal_year.from: the fiscal calendar of crm .* no months"
    ):
        calendar_of(project, store)


def test_a_calendar_with_a_month_missing_is_refused(project: Project, store: Store) -> None:
    save_calendar(store, months=11)
    with pytest.raises(ConfigError, match="its quarter FY27 Q4 does not hold whole months"):
        calendar_of(project, store)


def test_the_periods_of_the_crm_are_among_what_the_rules_read(project: Project, tmp_path: Path) -> None:
    assert "fiscal_period" in needed_fields(project)
    assert "fiscal_period" not in needed_fields(write_project(tmp_path / "other", settings=RETAIL))


def test_records_are_kept_of_the_periods_that_the_calendar_has(project: Project, store: Store) -> None:
    save_calendar(store)
    (project.root / "writeback.yaml").write_text(RECORDS, encoding="utf-8")
    loaded = load_project(project.root)
    (each,) = loaded.writeback.records["crm"]
    found = kept_periods(Results(store, loaded, "crm", date(2026, 11, 2)), each)
    assert [period.name for period in found] == ["FY27 Q4", "FY27 Q3", "FY27 Q2", "FY27 Q1"]
    found = kept_periods(Results(store, loaded, "crm", date(2026, 5, 2)), each)
    assert [period.name for period in found] == ["FY27 Q2", "FY27 Q1"]


def test_commission_of_a_year_of_weeks_is_that_of_the_periods_in_it(store: Store, tmp_path: Path) -> None:
    project = write_project(tmp_path / "project", settings=RETAIL)
    rows = [
        earning("u", quarter, amount)
        for quarter, amount in (("FY2023-Q1", "1"), ("FY2023-Q4", "2"), ("FY2024-Q1", "4"))
    ]
    keep(store, project, results(earnings=rows))
    found = Results(store, project, "crm", date(2024, 2, 3))
    assert commission_results(found, found.calendar.period_of("year", found.day))("u").value == 3


def test_the_doctor_says_that_the_present_period_is_unknown(project: Project, store: Store) -> None:
    save_rows(store, "opportunity", *deals(range(13)), custom={})
    save_users(store, {"id": "ann", "name": "Ann"})
    [found] = about(examined(project, store), "which fiscal period it is")
    assert found.where == "salesops.yaml:9: fiscal_year"
    assert "it has no months. Correct its fiscal years in the CRM" in found.now
    save_calendar(store)
    assert about(examined(project, store), "which fiscal period it is") == []


def test_figures_are_by_the_periods_that_salesforce_keeps(store: Store, tmp_path: Path) -> None:
    with open_org("salesforce", tmp_path) as org:
        settings = settings_for("salesforce", org.url, org.ca_file) + "fiscal_year: {from: crm}\n"
        project = write_project(org.project.root, settings=settings)
        describe(project, store, "crm", org.connector)
        list(pull(store, "crm", org.connector))
    with recorded(store, "compute", "crm") as run:
        compute_connection(project, store, "crm", parse_instant(AS_OF), run.id)
    sql = "SELECT period, value FROM metric_value WHERE metric = 'won_amount' AND grain = 'company'"
    found = {row["period"]: row["value"] for row in store.rows(sql)}
    assert found == dict.fromkeys(("May FY 2026", "Q2 FY 2026", "FY 2026", "all"), "1234.56")
