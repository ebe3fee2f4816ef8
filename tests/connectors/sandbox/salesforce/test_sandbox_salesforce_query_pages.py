"""Pages of results: their size, their locators, the frozen result behind them, and what a query answers besides."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connectors.sandbox.salesforce.query import cursors


def fill(org, kind, count, **fields):
    """The ids of `count` new records."""
    ids = []
    for start in range(0, count, 200):
        records = [
            {"attributes": {"type": kind}, "Name": f"n{number:05}", **fields}
            for number in range(start, min(start + 200, count))
        ]
        ids += [one["id"] for one in org.send("POST", "composite/sobjects", {"records": records}).json()]
    return ids


def test_a_page_is_shorter_where_a_long_text_is_selected(org):
    # 2,086 accounts came as 2000+86, and as 1000+1000+86 with Description: recorded traffic of a real org.
    fill(org, "Account", 1086)
    assert len(org.query("SELECT Id FROM Account")["records"]) == 1086
    body = org.query("SELECT Id, Description FROM Account")
    assert (body["totalSize"], body["done"], len(body["records"])) == (1086, False, 1000)
    rest = org.send("GET", body["nextRecordsUrl"]).json()
    assert (rest["totalSize"], rest["done"], len(rest["records"])) == (1086, True, 86)


def test_child_records_have_pages_of_their_own(org):
    # REST API Developer Guide, Query: a subquery's result has its own nextRecordsUrl where it is long.
    parent = org.create("Account", Name="parent")
    made = fill(org, "Opportunity", 450, AccountId=parent, StageName="Prospecting", CloseDate="2026-05-01")
    soql = "SELECT Id, (SELECT Id, Account.Name FROM Opportunities) FROM Account"
    body = org.ask(soql, **{"Sforce-Query-Options": "batchSize=200"}).json()
    children = body["records"][0]["Opportunities"]
    assert (children["totalSize"], children["done"], len(children["records"])) == (450, False, 200)
    found = [child["Id"] for child in children["records"]]
    while not children["done"]:
        children = org.send("GET", children["nextRecordsUrl"]).json()
        assert children["records"][0]["Account"]["Name"] == "parent"
        found += [child["Id"] for child in children["records"]]
    assert sorted(found) == sorted(made)


def test_ten_cursors_stay_open_and_the_oldest_goes_first(org):
    # Salesforce limits: a user has up to ten query cursors open at a time.
    fill(org, "Account", 201)
    ask = {"Sforce-Query-Options": "batchSize=200"}
    urls = [org.ask("SELECT Id FROM Account", **ask).json()["nextRecordsUrl"] for _ in range(11)]
    assert org.send("GET", urls[0]).json()[0]["errorCode"] == "INVALID_QUERY_LOCATOR"
    assert all(org.send("GET", url).status_code == 200 for url in urls[1:])


@pytest.mark.parametrize("locator", ["nonsense", "01gSB0000000001YAA-5", "01gSB0000000001YAA-x", "-1"])
def test_an_unknown_locator_is_refused(org, locator):
    answer = org.send("GET", f"query/{locator}")
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_QUERY_LOCATOR")


def test_explain_names_the_cheapest_plan_first_and_runs_nothing(org):
    # REST API Developer Guide, Query Performance Feedback.
    fill(org, "Account", 20)
    wanted = org.create("Account", Name="wanted")
    soql = f"SELECT Id FROM Account WHERE Id = '{wanted}' AND Site = 'x' FOR VIEW"
    plans = org.send("GET", "query", params={"explain": soql}).json()["plans"]
    assert [plan["leadingOperationType"] for plan in plans] == ["Index", "TableScan"]
    assert (plans[0]["fields"], plans[0]["cardinality"], plans[0]["sobjectCardinality"]) == (["Id"], 1, 21)
    assert {field for note in plans[0]["notes"] for field in note["fields"]} == {"Site", "IsDeleted"}
    broken = org.send("GET", "query", params={"explain": "SELECT FROM"})
    assert broken.json()[0]["errorCode"] == "MALFORMED_QUERY"


def test_columns_are_described_instead_of_read(org):
    soql = "SELECT Id, Owner.Name, AnnualRevenue, Owner.Profile.Name, (SELECT Amount FROM Opportunities) FROM Account"
    body = org.send("GET", "query", params={"q": soql, "columns": "true"}).json()
    assert (body["entityName"], body["keyPrefix"], body["idSelected"], body["groupBy"]) == (
        "Account",
        "001",
        True,
        False,
    )

    def shape(columns):
        return [(c["columnName"], c["apexType"], shape(c["joinColumns"])) for c in columns]

    # The tree is what the vendor's own command line reads: a parent's columns, and a child's, are joined to it.
    assert shape(body["columnMetadata"]) == [
        ("Id", "Id", []),
        ("Owner", None, [("Name", "String", []), ("Profile", None, [("Name", "String", [])])]),
        ("AnnualRevenue", "Double", []),
        ("Opportunities", None, [("Amount", "Double", [])]),
    ]
    assert [c["aggregate"] for c in body["columnMetadata"]] == [False, False, False, True]


def test_for_view_stamps_what_was_looked_at_and_moves_no_other_stamp(org):
    # SOQL and SOSL Reference, FOR VIEW and FOR REFERENCE.
    account = org.create("Account", Name="seen")
    before = org.read("Account", account)
    org.database.clock.set(datetime(2030, 1, 1, tzinfo=UTC))
    org.login()
    org.query("SELECT Id FROM Account FOR REFERENCE")
    assert org.read("Account", account)["LastViewedDate"] is None
    org.query("SELECT Id FROM Account FOR VIEW")
    after = org.read("Account", account)
    assert after["LastViewedDate"][:10] == after["LastReferencedDate"][:10] == "2030-01-01"
    assert after["SystemModstamp"] == before["SystemModstamp"]


def open_cursors(org):
    return org.database.rows("SELECT COUNT(*) FROM temp.sf_cursor")[0][0]


def cursor_tables(org):
    return org.database.rows("SELECT COUNT(*) FROM sqlite_temp_schema WHERE name GLOB 'sf_cursor_01g*'")[0][0]


def test_the_cursors_of_a_session_that_is_over_are_gone(org):
    # Nobody else can read them: a revoked session leaves nothing open.
    fill(org, "Account", 201)
    assert not org.ask("SELECT Id FROM Account", **{"Sforce-Query-Options": "batchSize=200"}).json()["done"]
    assert (open_cursors(org), cursor_tables(org)) == (1, 1)
    token = org.headers["Authorization"].removeprefix("Bearer ")
    assert org.http.post(f"{org.url}/services/oauth2/revoke", data={"token": token}, timeout=10).status_code == 200
    assert (open_cursors(org), cursor_tables(org)) == (0, 0)


def test_the_cursors_of_an_expired_session_go_when_another_begins(org):
    fill(org, "Account", 201)
    org.ask("SELECT Id FROM Account", **{"Sforce-Query-Options": "batchSize=200"})
    seconds = org.database.behaviour.session_seconds + 60
    org.database.clock.set(org.database.clock.now() + timedelta(seconds=seconds))
    org.login()
    assert (open_cursors(org), cursor_tables(org)) == (0, 0)


def test_child_cursors_are_bounded_too(org, monkeypatch):
    monkeypatch.setattr(cursors, "_OPEN_CHILD_CURSORS", 3)
    account = fill(org, "Account", 1)[0]
    fill(org, "Opportunity", 201, AccountId=account, StageName="Prospecting", CloseDate="2026-05-01")
    for _ in range(5):
        org.ask("SELECT Id, (SELECT Id FROM Opportunities) FROM Account", **{"Sforce-Query-Options": "batchSize=200"})
    assert (open_cursors(org), cursor_tables(org)) == (3, 3)
