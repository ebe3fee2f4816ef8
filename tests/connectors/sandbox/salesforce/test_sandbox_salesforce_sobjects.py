"""The resources of single records (REST API Developer Guide: sObject Rows, by External ID, Relationships, Get Updated,
Get Deleted, Conditional Request Headers)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

NOW = datetime(2026, 5, 1, 10, 0, 30, tzinfo=UTC)


def at(org, moment=NOW, **later):
    org.database.clock.set(moment + timedelta(**later))


def stamp(**later):
    return (NOW + timedelta(**later)).strftime("%Y-%m-%dT%H:%M:%S+00:00")


def span(org, what, start, end, kind="Account"):
    return org.send("GET", f"sobjects/{kind}/{what}", params={"start": start, "end": end})


# By id and external id


def test_the_id_stands_in_the_address_only(org):
    account = org.create("Account", Name="Acme")
    answer = org.send("PATCH", f"sobjects/Account/{account}", {"Id": account, "Name": "b"})
    assert (answer.status_code, answer.json()) == (400, [
        {"message": "The Id field should not be specified in the sobject data.", "errorCode": "INVALID_FIELD"}
    ])  # fmt: skip


def test_the_external_id_of_the_address_is_not_repeated(org):
    answer = org.send("PATCH", "sobjects/Product2/ExternalId/p-1", {"Name": "W", "ExternalId": "p-1"})
    assert answer.json()[0]["message"] == "The ExternalId field should not be specified in the sobject data."


def test_an_upsert_says_what_it_did(org):
    first = org.send("PATCH", "sobjects/Product2/ExternalId/p-1", {"Name": "W"})
    second = org.send("PATCH", "sobjects/Product2/ExternalId/p-1", {"Name": "V"})
    product = first.json()["id"]
    assert (first.status_code, first.json()) == (
        201, {"id": product, "success": True, "errors": [], "created": True})  # fmt: skip
    assert first.headers["Location"] == f"/services/data/v59.0/sobjects/Product2/{product}"
    assert (second.status_code, second.json()) == (
        200, {"id": product, "success": True, "errors": [], "created": False})  # fmt: skip


def test_an_older_version_answers_an_updating_upsert_with_nothing(org):
    path = "/services/data/v45.0/sobjects/Product2/ExternalId/p-1"
    assert "created" not in org.send("PATCH", path, {"Name": "W"}).json()
    assert org.send("PATCH", path, {"Name": "V"}).status_code == 204


def test_an_upsert_may_be_kept_from_creating(org):
    answer = org.send("PATCH", "sobjects/Product2/ExternalId/p-1?updateOnly=true", {"Name": "W"})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (404, "NOT_FOUND")


def test_a_post_to_id_creates_a_record(org):
    answer = org.send("POST", "sobjects/Account/Id", {"Name": "Acme"})
    assert (answer.status_code, answer.json()["created"]) == (201, True)


def test_several_records_of_one_key_are_listed(org):
    ids = [org.create("Contact", LastName=name, Email="same@x.example") for name in "ab"]
    for method, body in (("GET", None), ("PATCH", {"Title": "x"}), ("DELETE", None)):
        answer = org.send(method, "sobjects/Contact/Email/same@x.example", body)
        assert answer.status_code == 300
        assert answer.json() == [f"/services/data/v59.0/sobjects/Contact/{each}" for each in ids]


def test_a_post_stands_for_a_patch(org):
    account = org.create("Account", Name="Acme")
    assert org.send("POST", f"sobjects/Account/{account}?_HttpMethod=PATCH", {"Name": "New"}).status_code == 204
    assert org.read("Account", account)["Name"] == "New"
    assert org.send("POST", "sobjects/Product2/ExternalId/p-1?_HttpMethod=PATCH", {"Name": "W"}).status_code == 201
    assert org.send("POST", f"sobjects/Account/{account}", {"Name": "x"}).status_code == 405


def test_ids_of_both_lengths_and_names_of_any_case_are_known(org):
    account = org.create("account", NAME="Acme")
    record = org.send("GET", f"sobjects/ACCOUNT/{account[:15]}?fields=name").json()
    assert (record["Name"], record["attributes"]["type"]) == ("Acme", "Account")


def test_a_field_that_is_not_there_is_no_column(org):
    account = org.create("Account", Name="Acme")
    answer = org.send("GET", f"sobjects/Account/{account}?fields=Nope")
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_FIELD")


def test_a_parent_is_named_by_its_external_id_or_cleared(org):
    contact_account = org.create("Account", Name="Acme")
    boss = org.create("Contact", LastName="Boss", Email="boss@x.example", AccountId=contact_account)
    contact = org.create("Contact", LastName="A", ReportsTo={"Email": "boss@x.example"})
    assert org.read("Contact", contact)["ReportsToId"] == boss
    org.send("PATCH", f"sobjects/Contact/{contact}", {"ReportsTo": None})
    assert org.read("Contact", contact)["ReportsToId"] is None
    answer = org.send("PATCH", f"sobjects/Contact/{contact}", {"ReportsTo": {"Email": "nobody@x.example"}})
    assert answer.json()[0]["message"] == (
        "Foreign key external ID: nobody@x.example not found for field Email in entity Contact"
    )


@pytest.mark.parametrize(
    ("fields", "token"),
    [
        ({"Name": {"a": 1}}, "instance of string from START_OBJECT value {"),
        ({"Name": ["a"]}, "instance of string from START_ARRAY value ["),
        ({"Name": "a", "ParentId": ["x"]}, "instance of reference from START_ARRAY value ["),
    ],
)
def test_a_structure_is_no_value(org, fields, token):
    (error,) = org.send("POST", "sobjects/Account", fields).json()
    assert error["errorCode"] == "JSON_PARSER_ERROR"
    assert token in error["message"]


def test_an_owner_cannot_be_blank(org):
    account = org.create("Account", Name="Acme")
    (error,) = org.send("PATCH", f"sobjects/Account/{account}", {"OwnerId": None}).json()
    assert (error["message"], error["fields"]) == ("Owner ID: owner cannot be blank", ["OwnerId"])


def test_a_compound_field_cannot_be_written(org):
    (error,) = org.send("POST", "sobjects/Account", {"Name": "a", "BillingAddress": "x"}).json()
    assert (error["errorCode"], error["fields"]) == ("INVALID_FIELD_FOR_INSERT_UPDATE", ["BillingAddress"])


# Relationships


def test_a_parent_is_read_and_changed_through_its_child(org):
    account = org.create("Account", Name="Acme")
    deal = org.deal(AccountId=account)
    record = org.send("GET", f"sobjects/Opportunity/{deal}/Account?fields=Name").json()
    assert (record["Name"], record["attributes"]["type"]) == ("Acme", "Account")
    assert org.send("PATCH", f"sobjects/Opportunity/{deal}/Account", {"Site": "x"}).status_code == 204
    assert org.send("GET", f"sobjects/Opportunity/{deal}/Account/Owner").json()["Id"] == org.user_id()


def test_children_are_answered_as_a_query_is(org):
    account = org.create("Account", Name="Acme")
    for name in "ab":
        org.create("Contact", LastName=name, AccountId=account)
    body = org.send("GET", f"sobjects/Account/{account}/Contacts?fields=LastName").json()
    assert (body["done"], body["totalSize"]) == (True, 2)
    assert sorted(record["LastName"] for record in body["records"]) == ["a", "b"]


def test_a_parent_that_is_not_there_is_not_found(org):
    deal = org.deal()
    assert org.send("GET", f"sobjects/Opportunity/{deal}/Account").status_code == 404
    assert org.send("GET", f"sobjects/Opportunity/{deal}/Nope").status_code == 404


# Conditional requests


def test_a_record_that_did_not_change_is_not_sent_again(org):
    at(org)
    account = org.create("Account", Name="Acme")
    seen = {"If-Modified-Since": format_datetime(NOW, usegmt=True)}
    answer = org.send("GET", f"sobjects/Account/{account}", headers=seen)
    assert (answer.status_code, answer.content) == (304, b"")
    at(org, minutes=5)
    org.send("PATCH", f"sobjects/Account/{account}", {"Site": "x"})
    answer = org.send("GET", f"sobjects/Account/{account}", headers=seen)
    assert answer.status_code == 200
    assert answer.headers["Last-Modified"] == "Fri, 01 May 2026 10:05:30 GMT"


def test_a_change_of_what_somebody_else_changed_is_refused(org):
    at(org)
    account = org.create("Account", Name="Acme")
    at(org, minutes=5)
    org.send("PATCH", f"sobjects/Account/{account}", {"Site": "x"})
    seen = {"If-Unmodified-Since": format_datetime(NOW, usegmt=True)}
    assert org.send("PATCH", f"sobjects/Account/{account}", {"Site": "y"}, headers=seen).status_code == 412
    assert org.read("Account", account)["Site"] == "x"
    bad = {"If-Unmodified-Since": "yesterday"}
    assert org.send("PATCH", f"sobjects/Account/{account}", {"Site": "y"}, headers=bad).status_code == 400


def test_only_accounts_have_entity_tags(org):
    account, contact = org.create("Account", Name="Acme"), org.create("Contact", LastName="A")
    tag = org.send("GET", f"sobjects/Account/{account}").headers["ETag"]
    assert org.send("GET", f"sobjects/Account/{account}", headers={"If-None-Match": tag}).status_code == 304
    assert "ETag" not in org.send("GET", f"sobjects/Contact/{contact}").headers
    wrong = {"If-Match": '"other"'}
    assert org.send("PATCH", f"sobjects/Account/{account}", {"Site": "y"}, headers=wrong).status_code == 412


# Get Updated and Get Deleted


def test_updated_ids_lie_within_whole_minutes(org):
    at(org, minutes=-30)
    org.create("Account", Name="before")
    at(org)
    account = org.create("Account", Name="Acme")
    body = span(org, "updated", stamp(minutes=-1), stamp(minutes=1)).json()
    assert body == {"ids": [account], "latestDateCovered": "2026-05-01T10:00:00.000+0000"}
    assert span(org, "updated", stamp(minutes=-2), stamp(seconds=-40)).json()["ids"] == []


def test_deleted_records_are_told_with_their_moment(org):
    at(org)
    account = org.create("Account", Name="Acme")
    org.send("DELETE", f"sobjects/Account/{account}")
    body = span(org, "deleted/", stamp(days=-1), stamp(minutes=1)).json()
    assert body == {
        "deletedRecords": [{"id": account, "deletedDate": "2026-05-01T10:00:30.000+0000"}],
        "earliestDateAvailable": "2026-04-16T10:00:00.000+0000",
        "latestDateCovered": "2026-05-01T10:00:00.000+0000",
    }
    assert span(org, "updated", stamp(days=-1), stamp(minutes=1)).json()["ids"] == []


def test_deletions_of_more_than_fifteen_days_ago_are_forgotten(org):
    at(org, days=-16)
    account = org.create("Account", Name="Acme")
    org.send("DELETE", f"sobjects/Account/{account}")
    at(org)
    org.login()
    assert span(org, "deleted", stamp(days=-20), stamp()).json()["deletedRecords"] == []


@pytest.mark.parametrize(
    ("start", "end", "message"),
    [
        (stamp(days=-31), stamp(), "startDate cannot be more than 30 days ago"),
        (stamp(), stamp(), "startDate must be at least one minute before endDate"),
        ("yesterday", stamp(), "Invalid date: start=yesterday"),
    ],
)
def test_a_span_that_cannot_be_is_refused(org, start, end, message):
    at(org)
    answer = span(org, "updated", start, end)
    assert (answer.status_code, answer.json()) == (
        400, [{"message": message, "errorCode": "INVALID_REPLICATION_DATE"}])  # fmt: skip


# Collections


def test_a_collection_of_too_many_chunks_is_refused(org):
    kinds = [("Account", {"Name": "a"}), ("Contact", {"LastName": "b"})] * 6
    records = [{"attributes": {"type": kind}, **fields} for kind, fields in kinds]
    answer = org.send("POST", "composite/sobjects", {"records": records[:11]})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "LIMIT_EXCEEDED")
    assert all(result["success"] for result in org.send("POST", "composite/sobjects", {"records": records[:10]}).json())


def test_a_collection_upserts_by_id(org):
    account = org.create("Account", Name="a")
    records = [{"attributes": {"type": "Account"}, "Id": account, "Name": "b"},
               {"attributes": {"type": "Account"}, "Name": "c"}]  # fmt: skip
    results = org.send("PATCH", "composite/sobjects/Account/Id", {"records": records}).json()
    assert [result["created"] for result in results] == [False, True]
    assert sorted(org.values("SELECT Name FROM Account")) == ["b", "c"]


def test_what_left_the_recycle_bin_is_found_by_no_query(org):
    at(org, days=-16)
    account = org.create("Account", Name="Acme")
    org.send("DELETE", f"sobjects/Account/{account}")
    asked = {"q": "SELECT Id FROM Account"}
    assert org.send("GET", "queryAll", params=asked).json()["totalSize"] == 1
    at(org)
    org.login()
    assert org.send("GET", "queryAll", params=asked).json()["totalSize"] == 0


def test_a_collection_that_says_null_of_all_or_none_says_nothing(org):
    # django-salesforce sends null where its caller has no wish.
    record = {"attributes": {"type": "Account"}, "Name": "null"}
    answer = org.send("POST", "composite/sobjects", {"allOrNone": None, "records": [record]})
    assert [each["success"] for each in answer.json()] == [True]
