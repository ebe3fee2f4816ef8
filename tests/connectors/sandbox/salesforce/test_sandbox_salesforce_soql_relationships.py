"""Relationships both ways, polymorphic ones, TYPEOF, semi-joins and scopes: the SOQL and SOSL Reference's chapters."""

from __future__ import annotations

import pytest


@pytest.fixture
def sales(org):
    """Two accounts, a contact, three opportunities, two tasks."""
    org.acme = org.create("Account", Name="Acme", BillingLatitude=52.5, BillingLongitude=13.4)
    org.create("Account", Name="Beta", ParentId=org.acme)
    org.contact = org.create("Contact", LastName="Lee", AccountId=org.acme)
    org.big = org.deal(Name="big", AccountId=org.acme, Amount=900)
    org.deal(Name="small", AccountId=org.acme, Amount=5)
    org.deal(Name="alone")
    task = {"Status": "Not Started", "Priority": "Normal"}
    org.create("Task", Subject="call", WhatId=org.acme, WhoId=org.contact, **task)
    org.create("Task", Subject="send", WhatId=org.big, **task)
    return org


def error(org, soql):
    answer = org.ask(soql)
    assert answer.status_code == 400, answer.text
    return answer.json()[0]


def test_a_relationship_to_several_objects_offers_what_a_name_has(sales):
    record = sales.query("SELECT What.Name, What.Type, Owner.Profile.Name FROM Task WHERE Subject = 'call'")["records"][
        0
    ]
    assert record["What"]["attributes"] == {
        "type": "Name", "url": f"/services/data/v59.0/sobjects/Account/{sales.acme}"
    }  # fmt: skip
    assert (record["What"]["Name"], record["What"]["Type"]) == ("Acme", "Account")
    assert record["Owner"]["Profile"]["Name"] == "System Administrator"
    assert sales.values("SELECT Subject FROM Task WHERE What.Type IN ('Opportunity')") == ["send"]
    assert "No such column 'Amount' on entity 'Name'" in error(sales, "SELECT What.Amount FROM Task")["message"]


def test_typeof_reads_what_the_kind_of_record_asks_for(sales):
    soql = (
        "SELECT Subject, TYPEOF What WHEN Opportunity THEN Amount, StageName ELSE Name END FROM Task ORDER BY Subject"
    )
    call, send = (record["What"] for record in sales.query(soql)["records"])
    assert (call["attributes"]["type"], call["Name"]) == ("Name", "Acme")
    assert (send["attributes"]["type"], send["Amount"], send["StageName"]) == ("Opportunity", 900.0, "Prospecting")


def test_child_records_nest_in_child_records_since_version_58(sales):
    soql = (
        "SELECT Name, (SELECT Name, (SELECT Subject FROM Tasks) FROM Opportunities ORDER BY Amount DESC) FROM Account"
    )
    acme = sales.query(soql)["records"][0]
    big, small = acme["Opportunities"]["records"]
    assert [task["Subject"] for task in big["Tasks"]["records"]] == ["send"]
    assert small["Tasks"] is None
    assert list(acme) == ["attributes", "Name", "Opportunities"]
    older = sales.send("GET", "/services/data/v57.0/query", params={"q": soql})
    assert older.status_code == 400


def test_child_records_have_a_limit_and_an_offset_a_parent(sales):
    inner = "SELECT Name FROM Opportunities ORDER BY Amount NULLS LAST LIMIT 1 OFFSET 1"
    soql = f"SELECT ({inner}) FROM Account WHERE Name = 'Acme'"
    children = sales.query(soql)["records"][0]["Opportunities"]
    assert [child["Name"] for child in children["records"]] == ["big"]


def test_aliases_name_the_object_and_its_parents(sales):
    assert sales.values("SELECT c.LastName FROM Contact c, c.Account a WHERE a.Name = 'ACME'") == ["Lee"]
    found = error(sales, "SELECT Id FROM Account, Contact")
    assert "A driving SObject type has already been set" in found["message"]


def test_null_parents_are_null_fields(sales):
    # "null Values in Lookup Relationships and Outer Joins"
    assert sales.values("SELECT Name FROM Opportunity WHERE Account.Name = null") == ["alone"]
    assert sales.values("SELECT Name FROM Opportunity WHERE Account.Name != 'Acme'") == ["alone"]
    names = sales.values("SELECT Name FROM Account ORDER BY Parent.Name DESC NULLS LAST")
    assert names == ["Beta", "Acme"]


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ("Name = 'x' OR Id IN (SELECT AccountId FROM Contact)", "not allowed with the 'OR' operator"),
        ("Name = 'x' AND (Site = 'x' AND Id IN (SELECT AccountId FROM Contact))", "only allowed at the top level"),
        ("Id IN (SELECT Id FROM Account)", "should not be on the same object type"),
        ("Id IN (SELECT LastName FROM Contact)", "should be an id field"),
        ("Id IN (SELECT OwnerId FROM Contact)", "should point to the same object type"),
        ("Name IN (SELECT AccountId FROM Contact)", "should be an id field, cannot use: 'Name'"),
        ("Id IN (SELECT AccountId FROM Contact LIMIT 1)", "LIMIT is not allowed"),
        (
            "Id IN (SELECT AccountId FROM Contact WHERE Id IN (SELECT ContactId FROM CampaignMember))",
            "Nesting of semi join sub-selects is not supported",
        ),
        (" AND ".join(["Id IN (SELECT AccountId FROM Contact)"] * 3), "Maximum 2 semi join sub-selects are allowed."),
    ],
)
def test_semi_joins_keep_to_their_restrictions(org, where, message):
    # "Comparison Operators", and the messages as answered by orgs in public issue threads.
    assert message in error(org, f"SELECT Id FROM Account WHERE {where}")["message"]


def test_scopes_select_what_is_mine(sales):
    other = sales.create(
        "User", Username="o@x.example", LastName="O", Email="o@x.example", Alias="o", TimeZoneSidKey="UTC",
        LocaleSidKey="en_US", EmailEncodingKey="UTF-8", LanguageLocaleKey="en_US", IsActive=True,
        ProfileId=sales.values("SELECT Id FROM Profile WHERE Name = 'Standard User'")[0],
    )  # fmt: skip
    sales.create("Account", Name="theirs", OwnerId=other)
    assert sales.values("SELECT Name FROM Account USING SCOPE mine ORDER BY Name") == ["Acme", "Beta"]
    assert len(sales.values("SELECT Name FROM Account USING SCOPE everything")) == 3
    assert error(sales, "SELECT Id FROM Account USING SCOPE delegated")["errorCode"] == "MALFORMED_QUERY"


def test_distances_select_and_sort_places(sales):
    # "Location-Based SOQL Queries": from Berlin to Munich it is some 505 km, 314 miles.
    munich = "DISTANCE(BillingAddress, GEOLOCATION(48.1, 11.6), '{}')"
    km = munich.format("km")
    found = sales.query(f"SELECT Name, {km} FROM Account WHERE {km} < 600 ORDER BY {km}")["records"]
    assert [(record["Name"], round(record["expr0"])) for record in found] == [("Acme", 506)]
    assert sales.values(f"SELECT Name FROM Account WHERE {munich.format('mi')} > 315") == []


@pytest.mark.parametrize(
    ("soql", "code"),
    [
        ("SELECT Id FROM Account WHERE Id LIKE '001%'", "INVALID_QUERY_FILTER_OPERATOR"),
        ("SELECT Id FROM Account WHERE IsDeleted > true", "INVALID_QUERY_FILTER_OPERATOR"),
        ("SELECT Id FROM Account WHERE Id = 'short'", "INVALID_QUERY_FILTER_OPERATOR"),
        ("SELECT Id FROM Account WHERE Name INCLUDES ('a')", "INVALID_QUERY_FILTER_OPERATOR"),
        ("SELECT Id FROM Account WHERE BillingAddress = 'a'", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE CreatedDate > 2020-01-01", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE AnnualRevenue > EUR5", "INVALID_FIELD"),
        (f"SELECT Id FROM Account WHERE Name = '{'x' * 4001}'", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account ORDER BY Description", "MALFORMED_QUERY"),
        ("SELECT Name n FROM Account", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WITH DATA CATEGORY Geo__c AT all__c", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account UPDATE TRACKING", "MALFORMED_QUERY"),
        ("SELECT Owner.Profile.UserLicense.A.B.C.D FROM Account", "MALFORMED_QUERY"),
    ],
)
def test_what_cannot_be_asked_is_refused_at_its_place(org, soql, code):
    found = error(org, soql)
    assert found["errorCode"] == code
    assert "ERROR at Row:1:Column:" in found["message"]
