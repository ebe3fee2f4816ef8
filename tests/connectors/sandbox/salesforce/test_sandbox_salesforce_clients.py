"""The vendor's client against the sandbox over TLS, and a generated company inside."""

from __future__ import annotations

from datetime import date

import pytest
import requests
from made_up import made_up_company
from simple_salesforce import Salesforce

from connectors.sandbox.database import Database
from connectors.sandbox.dialect import Settings
from connectors.sandbox.salesforce import dialect
from connectors.sandbox.server import SandboxServer


@pytest.fixture(scope="module")
def company():
    """A company of the usual kind, no larger than it takes to be read in several pages."""
    day = date(2026, 6, 30)
    return made_up_company(7, day, accounts=1_000, opportunities=6_000, leads=5_000, activities=20_000)


@pytest.fixture(scope="module")
def database(company):
    database = Database()
    dialect.load_company(database, company)
    yield database
    database.close()


@pytest.fixture(scope="module")
def sf(database):
    app = dialect.build_app(database, Settings())
    with SandboxServer(app, tls=True) as server, requests.Session() as session:
        session.trust_env = False  # REQUESTS_CA_BUNDLE would win over the session's own authority
        session.verify = str(server.ca_file)
        form = {"grant_type": "client_credentials", "client_id": "sandbox-client", "client_secret": "sandbox-secret"}
        token = session.post(f"{server.url}/services/oauth2/token", data=form, timeout=10).json()
        host = token["instance_url"].removeprefix("https://")
        yield Salesforce(instance=host, session_id=token["access_token"], session=session, version="59.0")


def test_every_object_holds_the_company(sf, company):
    for name, count in (
        ("Account", len(company.accounts)),
        ("Lead", len(company.leads)),
        ("Opportunity", len(company.opportunities)),
        ("OpportunityHistory", sum(len(deal.history) for deal in company.opportunities)),
        ("OpportunityLineItem", sum(len(deal.lines) for deal in company.opportunities)),
        ("Event", sum(activity.kind == "meeting" for activity in company.activities)),
        ("Task", sum(activity.kind != "meeting" for activity in company.activities)),
    ):
        assert sf.query(f"SELECT COUNT() FROM {name}")["totalSize"] == count


def test_won_revenue_is_the_companys_to_the_cent(sf, company):
    won = [deal.history[-1].amount for deal in company.opportunities if deal.history[-1].stage == "won"]
    found = sf.query("SELECT COUNT(Id) n, SUM(Amount) total FROM Opportunity WHERE IsWon = true")["records"][0]
    assert (found["n"], round(found["total"] * 100)) == (len(won), sum(won))


def test_the_client_pages_through_a_query(sf, company):
    rows = list(sf.query_all_iter("SELECT Id, Owner.Name FROM Lead"))
    assert len({row["Id"] for row in rows}) == len(company.leads)


def test_the_client_reads_and_writes_one_record(sf):
    made = sf.Account.create({"Name": "By client"})
    sf.Account.update(made["id"], {"Site": "x"})
    assert sf.Account.get(made["id"])["Site"] == "x"
    assert sf.Account.delete(made["id"]) == 204


def test_the_client_describes(sf):
    assert {"Amount", "StageName"} <= {field["name"] for field in sf.Opportunity.describe()["fields"]}


def test_the_client_reads_in_bulk(sf, company):
    pages = sf.bulk2.Opportunity.query("SELECT Id, Amount FROM Opportunity", max_records=5000, wait=0)
    assert sum(page.count("\n") - 1 for page in pages) >= len(company.opportunities) - 3


def test_the_client_writes_in_bulk(sf):
    results = sf.bulk2.Account.insert(records=[{"Name": f"bulk {i}"} for i in range(5)], wait=0)
    assert results[0]["numberRecordsFailed"] == 0
    assert results[0]["numberRecordsProcessed"] == 5


def test_a_second_start_keeps_the_org(database):
    dialect.build_app(database, Settings())
    assert database.rows("SELECT COUNT(*) FROM Organization")[0][0] == 1
