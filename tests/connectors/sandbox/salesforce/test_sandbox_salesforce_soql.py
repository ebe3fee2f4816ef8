from __future__ import annotations

import csv
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from connectors.sandbox.salesforce.errors import ApiError
from connectors.sandbox.salesforce.soql.literals import day_range
from connectors.sandbox.salesforce.soql.parse import parse_query


def rows(folder, name):
    with (folder / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def error(org, soql):
    answer = org.ask(soql)
    assert answer.status_code == 400, answer.text
    return answer.json()[0]


def test_counts_and_sums_equal_plain_arithmetic_over_the_files(maven, maven_salesforce):
    deals = rows(maven_salesforce, "Opportunity")
    found = maven.query("SELECT StageName, COUNT(Id) n, SUM(Amount) total FROM Opportunity GROUP BY StageName")
    by_stage = {record["StageName"]: (record["n"], record["total"]) for record in found["records"]}
    for stage in {deal["StageName"] for deal in deals}:
        amounts = [Decimal(deal["Amount"]) for deal in deals if deal["StageName"] == stage and deal["Amount"]]
        count = sum(deal["StageName"] == stage for deal in deals)
        assert by_stage[stage] == (count, float(sum(amounts)) if amounts else None)


def test_pages_hold_every_row_once_in_order(maven):
    body = maven.query("SELECT Id, Owner.Name FROM Opportunity ORDER BY CloseDate, Id")
    ids = [record["Id"] for record in body["records"]]
    assert (body["totalSize"], body["done"], len(ids)) == (8800, False, 2000)
    while not body["done"]:
        body = maven.send("GET", body["nextRecordsUrl"]).json()
        ids += [record["Id"] for record in body["records"]]
    assert len(ids) == len(set(ids)) == 8800
    assert "nextRecordsUrl" not in body


def test_a_page_may_be_asked_smaller_but_not_below_200_rows(maven):
    soql = "SELECT Id FROM Opportunity"
    assert len(maven.ask(soql, **{"Sforce-Query-Options": "batchSize=500"}).json()["records"]) == 500
    assert len(maven.ask(soql, **{"Sforce-Query-Options": "batchSize=1"}).json()["records"]) == 200


def test_parents_nest_with_their_attributes_and_a_missing_parent_is_null(maven):
    with_account = maven.query("SELECT Account.Name FROM Opportunity WHERE AccountId != null LIMIT 1")["records"][0]
    assert with_account["Account"]["attributes"]["type"] == "Account"
    without = maven.query("SELECT Account.Name FROM Opportunity WHERE AccountId = null LIMIT 1")["records"][0]
    assert without["Account"] is None


def test_parents_of_parents_are_reached(maven):
    found = maven.values("SELECT COUNT(Id) FROM Opportunity WHERE Owner.Manager.Name = 'dustin brinkmann'")
    assert found[0] > 0


def test_child_records_come_inside_their_parent(maven):
    soql = "SELECT Id, (SELECT Quantity, Product2.Name FROM OpportunityLineItems) FROM Opportunity LIMIT 3"
    for record in maven.query(soql)["records"]:
        inner = record["OpportunityLineItems"]
        assert (inner["totalSize"], inner["done"]) == (1, True)
        assert inner["records"][0]["Quantity"] == 1.0


def test_semi_joins_select_by_a_child(maven, maven_salesforce):
    wanted = sum(item["Product2Id"] == "01tMV0000000002" for item in rows(maven_salesforce, "OpportunityLineItem"))
    inner = "SELECT OpportunityId FROM OpportunityLineItem WHERE Product2Id = '01tMV0000000002'"
    assert maven.query(f"SELECT COUNT() FROM Opportunity WHERE Id IN ({inner})")["totalSize"] == wanted
    assert maven.query(f"SELECT COUNT() FROM Opportunity WHERE Id NOT IN ({inner})")["totalSize"] == 8800 - wanted


def test_date_functions_group_by_month(maven, maven_salesforce):
    month = "CALENDAR_MONTH(CloseDate)"
    soql = f"SELECT {month} m, COUNT(Id) n FROM Opportunity WHERE IsWon = true GROUP BY {month}"
    won = [deal for deal in rows(maven_salesforce, "Opportunity") if deal["StageName"] == "Closed Won"]
    months = {record["m"]: record["n"] for record in maven.query(soql)["records"]}
    assert months == {m: sum(int(deal["CloseDate"][5:7]) == m for deal in won) for m in months}


def test_date_literals_count_from_the_clock(org):
    org.database.clock.set(datetime(2026, 5, 15, 12, tzinfo=UTC))
    org.login()
    for day in ("2026-03-31", "2026-04-01", "2026-05-15", "2026-06-30", "2026-07-01"):
        org.deal(CloseDate=day, Name=day)
    names = org.values("SELECT Name FROM Opportunity WHERE CloseDate = THIS_QUARTER ORDER BY CloseDate")
    assert names == ["2026-04-01", "2026-05-15", "2026-06-30"]
    assert org.values("SELECT Name FROM Opportunity WHERE CloseDate < LAST_MONTH") == ["2026-03-31"]
    assert org.values("SELECT Name FROM Opportunity WHERE CloseDate > THIS_QUARTER") == ["2026-07-01"]
    assert org.query("SELECT COUNT() FROM Opportunity WHERE CreatedDate = TODAY")["totalSize"] == 5


@pytest.mark.parametrize(
    ("literal", "first", "after"),
    [
        ("TODAY", date(2026, 5, 15), date(2026, 5, 16)),
        ("LAST_N_DAYS:7", date(2026, 5, 8), date(2026, 5, 16)),
        ("NEXT_N_DAYS:7", date(2026, 5, 16), date(2026, 5, 23)),
        ("THIS_WEEK", date(2026, 5, 10), date(2026, 5, 17)),
        ("LAST_N_MONTHS:2", date(2026, 3, 1), date(2026, 5, 1)),
        ("LAST_QUARTER", date(2026, 1, 1), date(2026, 4, 1)),
        ("NEXT_FISCAL_YEAR", date(2027, 1, 1), date(2028, 1, 1)),
        ("N_QUARTERS_AGO:5", date(2025, 1, 1), date(2025, 4, 1)),
    ],
)
def test_date_literals_span_the_days_that_salesforce_says(literal, first, after):
    assert day_range(literal, date(2026, 5, 15)) == (first, after)


def test_text_compares_without_case_in_any_script(org):
    org.create("Account", Name="ÉCOLE Polytechnique")
    for name in ("école polytechnique", "ÉCOLE POLYTECHNIQUE"):
        assert org.query(f"SELECT COUNT() FROM Account WHERE Name = '{name}'")["totalSize"] == 1
    assert org.query("SELECT COUNT() FROM Account WHERE Name LIKE 'éc%'")["totalSize"] == 1


def test_escapes_in_text_are_taken_literally(org):
    for name in ("O'Brien", "50% off", "5000 off", "back\\slash"):
        org.create("Account", Name=name)
    assert org.values(r"SELECT Name FROM Account WHERE Name = 'O\'Brien'") == ["O'Brien"]
    assert org.values(r"SELECT Name FROM Account WHERE Name LIKE '50\% off'") == ["50% off"]
    assert org.values(r"SELECT Name FROM Account WHERE Name = 'back\\slash'") == ["back\\slash"]


def test_unequal_includes_records_without_a_value(org):
    org.create("Account", Name="a", Industry="Energy")
    org.create("Account", Name="b")
    assert org.values("SELECT Name FROM Account WHERE Industry != 'Energy'") == ["b"]
    assert org.values("SELECT Name FROM Account WHERE NOT (Industry = 'Energy')") == ["b"]


def test_nulls_come_first_unless_asked_last(org):
    org.create("Account", Name="a", NumberOfEmployees=5)
    org.create("Account", Name="b")
    assert org.values("SELECT Name FROM Account ORDER BY NumberOfEmployees") == ["b", "a"]
    assert org.values("SELECT Name FROM Account ORDER BY NumberOfEmployees DESC") == ["b", "a"]
    assert org.values("SELECT Name FROM Account ORDER BY NumberOfEmployees DESC NULLS LAST") == ["a", "b"]


def test_a_result_does_not_shift_between_its_pages(org):
    records = [{"attributes": {"type": "Account"}, "Name": f"a{i:03}"} for i in range(200)]
    for _ in range(2):
        org.send("POST", "composite/sobjects", {"records": records})
    body = org.ask("SELECT Id FROM Account", **{"Sforce-Query-Options": "batchSize=200"}).json()
    first = [record["Id"] for record in body["records"]]
    org.send("DELETE", f"sobjects/Account/{first[0]}")
    rest = org.send("GET", body["nextRecordsUrl"]).json()["records"]
    assert len({*first, *(record["Id"] for record in rest)}) == 400


def test_a_locator_dies_with_its_session(maven):
    locator = maven.query("SELECT Id FROM Opportunity")["nextRecordsUrl"]
    maven.login()
    answer = maven.send("GET", locator)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_QUERY_LOCATOR")


def test_deleted_records_are_found_by_query_all_only(org):
    account = org.create("Account", Name="gone")
    org.send("DELETE", f"sobjects/Account/{account}")
    soql = {"q": "SELECT IsDeleted FROM Account"}
    assert org.send("GET", "query", params=soql).json()["totalSize"] == 0
    assert org.send("GET", "queryAll", params=soql).json()["records"][0]["IsDeleted"] is True


def test_mixed_and_and_or_is_an_unexpected_token_with_its_place(org):
    found = error(org, "SELECT Id FROM Account WHERE Name = 'a' AND Site = 'b' OR Site = 'c'")
    assert found["errorCode"] == "MALFORMED_QUERY"
    assert "ERROR at Row:1:Column:56\nunexpected token: 'OR'" in found["message"]


def test_an_unknown_object_field_or_relationship_is_named(org):
    assert error(org, "SELECT Id FROM Bar")["errorCode"] == "INVALID_TYPE"
    assert "sObject type 'Bar' is not supported." in error(org, "SELECT Id FROM Bar")["message"]
    found = error(org, "SELECT Nope FROM Account")
    assert found["errorCode"] == "INVALID_FIELD"
    assert "No such column 'Nope' on entity 'Account'." in found["message"]
    assert "Didn't understand relationship 'Nope'" in error(org, "SELECT Nope.Name FROM Account")["message"]


@pytest.mark.parametrize(
    "soql",
    [
        "SELECT FIELDS(ALL) FROM Account",
        "SELECT Id FROM Account LIMIT -1",
        "SELECT Id FROM Account OFFSET 2001",
        "SELECT Name, COUNT(Id) FROM Account",
        "SELECT Amount FROM Opportunity GROUP BY Amount",
        "SELECT SUM(Name) FROM Account",
        "SELECT Id FROM Account WHERE Description = 'x'",
        "SELECT Id FROM Account WHERE Name = 5",
        "SELECT Id FROM Opportunity WHERE Amount = '5'",
        "SELECT Id FROM Opportunity WHERE CloseDate > 2020-01-01T00:00:00Z",
        "SELECT Id FROM Account WHERE Id = 'short'",
        "SELECT Id FROM Account WHERE Name = 'unclosed",
        "SELECT Id FROM Account WHERE Name = '\\q'",
        "SELECT Id, Id FROM Account",
        "DELETE FROM Account",
        "SELECT Id FROM Account; DROP TABLE Account",
        "SELECT Id FROM " + "(" * 500,
        "SELECT Id FROM Account WHERE " + "(" * 2000 + "Name = 'a'" + ")" * 2000,
    ],
)
def test_what_salesforce_refuses_is_refused_with_a_code(org, soql):
    assert error(org, soql)["errorCode"]


def test_parentheses_inside_text_are_no_nesting(org):
    assert org.query(f"SELECT Id FROM Account WHERE Name = '{'(' * 200}'")["totalSize"] == 0


def test_parsing_is_without_case_and_field_names_may_be_words_of_the_language():
    assert parse_query("select Group, Order from Limit where View = 5 order by Limit").source.parts == ("Limit",)


def test_an_empty_query_ends_too_early():
    with pytest.raises(ApiError, match="<EOF>"):
        parse_query("")
