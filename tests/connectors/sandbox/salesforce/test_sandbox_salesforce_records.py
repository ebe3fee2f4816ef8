from __future__ import annotations

from datetime import timedelta

import pytest


def update(org, *records, all_or_none=False, kind="Opportunity"):
    listed = [{"attributes": {"type": kind}, **record} for record in records]
    return org.send("PATCH", "composite/sobjects", {"allOrNone": all_or_none, "records": listed}).json()


def refusal(org, kind, **fields):
    answer = org.send("POST", f"sobjects/{kind}", fields)
    assert answer.status_code == 400, answer.text
    return answer.json()[0]


def test_a_created_record_reads_back(org):
    deal = org.deal(Amount=4514.37)
    record = org.read("Opportunity", deal)
    assert (record["Amount"], record["Probability"], record["ExpectedRevenue"]) == (4514.37, 10.0, 451.44)
    assert (record["FiscalYear"], record["FiscalQuarter"], record["Fiscal"]) == (2026, 2, "2026 2")
    assert record["attributes"]["url"] == f"/services/data/v59.0/sobjects/Opportunity/{deal}"


def test_only_the_asked_fields_come(org):
    account = org.create("Account", Name="Acme")
    record = org.send("GET", f"sobjects/Account/{account}?fields=Name,Owner.Username").json()
    assert set(record) == {"attributes", "Name", "Owner"}


def test_cents_are_summed_exactly(org):
    for _ in range(10):
        org.deal(Amount=0.1)
    assert org.values("SELECT SUM(Amount) FROM Opportunity") == [1.0]


def test_an_amount_of_fifteen_digits_and_cents_keeps_them(org):
    deal = org.deal(Amount=9999999999999.99)
    assert org.read("Opportunity", deal)["Amount"] == 9999999999999.99


def test_closing_a_deal_moves_what_follows_from_the_stage_and_appends_history(org):
    deal = org.deal(Amount=100)
    assert org.send("PATCH", f"sobjects/Opportunity/{deal}", {"StageName": "Closed Won"}).status_code == 204
    record = org.read("Opportunity", deal)
    assert (record["IsWon"], record["IsClosed"], record["Probability"]) == (True, True, 100.0)
    assert record["ForecastCategory"] == "Closed"
    history = "SELECT StageName FROM OpportunityHistory ORDER BY CreatedDate, Id"
    assert org.values(history) == ["Prospecting", "Closed Won"]


def test_a_change_of_something_else_appends_no_history(org):
    deal = org.deal()
    org.send("PATCH", f"sobjects/Opportunity/{deal}", {"NextStep": "call"})
    assert org.query("SELECT COUNT() FROM OpportunityHistory")["totalSize"] == 1


def test_the_history_keeps_the_amount_before(org):
    deal = org.deal(Amount=100)
    org.send("PATCH", f"sobjects/Opportunity/{deal}", {"Amount": 250.5})
    found = org.query("SELECT Amount, PrevAmount FROM OpportunityHistory WHERE PrevAmount != null")["records"]
    assert [(row["Amount"], row["PrevAmount"]) for row in found] == [(250.5, 100.0)]


def test_a_write_moves_the_modstamp(org):
    account = org.create("Account", Name="Acme")
    before = org.read("Account", account)
    org.database.clock.set(org.database.clock.now() + timedelta(minutes=5))
    org.send("PATCH", f"sobjects/Account/{account}", {"Site": "x"})
    after = org.read("Account", account)
    assert after["SystemModstamp"] > before["SystemModstamp"]
    assert after["CreatedDate"] == before["CreatedDate"]


def test_null_clears_a_field(org):
    account = org.create("Account", Name="Acme", Site="x")
    org.send("PATCH", f"sobjects/Account/{account}", {"Site": None})
    assert org.read("Account", account)["Site"] is None


def test_a_deleted_record_is_gone_with_its_children(org):
    account = org.create("Account", Name="Acme")
    deal = org.deal(AccountId=account)
    assert org.send("DELETE", f"sobjects/Account/{account}").status_code == 204
    for path in (f"sobjects/Account/{account}", f"sobjects/Opportunity/{deal}"):
        answer = org.send("GET", path)
        assert (answer.status_code, answer.json()[0]["errorCode"]) == (404, "ENTITY_IS_DELETED")


def test_line_items_set_the_amount_of_their_deal(org):
    product = org.create("Product2", Name="Widget", IsActive=True)
    book = org.values("SELECT Id FROM Pricebook2 WHERE IsStandard = true")[0]
    entry = org.create("PricebookEntry", Pricebook2Id=book, Product2Id=product, UnitPrice=10, IsActive=True)
    deal = org.deal(Amount=1)
    org.create("OpportunityLineItem", OpportunityId=deal, PricebookEntryId=entry, Quantity=3, UnitPrice=9.99)
    assert org.read("Opportunity", deal)["Amount"] == 29.97
    org.send("PATCH", f"sobjects/Opportunity/{deal}", {"Amount": 5, "NextStep": "kept"})
    record = org.read("Opportunity", deal)
    assert (record["Amount"], record["NextStep"], record["HasOpportunityLineItem"]) == (29.97, "kept", True)


def test_a_call_and_a_meeting_know_their_account_and_their_end(org):
    account = org.create("Account", Name="Acme")
    deal = org.deal(AccountId=account)
    call = org.create("Task", Subject="Call", TaskSubtype="Call", WhatId=deal, Status="Completed")
    task = org.read("Task", call)
    assert (task["AccountId"], task["IsClosed"]) == (account, True)
    assert task["CompletedDateTime"] is not None
    event = org.create("Event", WhatId=deal, StartDateTime="2026-05-01T10:00:00Z", DurationInMinutes=45)
    assert org.read("Event", event)["EndDateTime"] == "2026-05-01T10:45:00.000+0000"


@pytest.mark.parametrize(
    ("kind", "fields", "code", "text"),
    [
        ("Account", {}, "REQUIRED_FIELD_MISSING", "Required fields are missing: [Name]"),
        ("Account", {"Nope": 1}, "INVALID_FIELD", "No such column 'Nope' on sobject of type Account"),
        ("Account", {"Name": "x" * 256}, "STRING_TOO_LONG", "(max length=255)"),
        ("Account", {"Name": "a", "NumberOfEmployees": "many"}, "JSON_PARSER_ERROR", "VALUE_STRING value many"),
        ("Account", {"Name": "a", "NumberOfEmployees": 10**9}, "NUMBER_OUTSIDE_VALID_RANGE", "outside of valid"),
        ("Account", {"Name": "a", "OwnerId": "x"}, "MALFORMED_ID", "id value of incorrect type: x"),
        ("Account", {"Name": "a", "ParentId": "001SB0000000zzz"}, "INVALID_CROSS_REFERENCE_KEY", "invalid cross"),
        ("Account", {"Name": "a", "CreatedDate": "2020-01-01"}, "INVALID_FIELD_FOR_INSERT_UPDATE", "CreatedDate"),
        ("Task", {"CallType": "Shouted"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "bad value"),
        ("Event", {"Subject": "no time"}, "REQUIRED_FIELD_MISSING", "StartDateTime"),
        ("OpportunityHistory", {}, "INVALID_TYPE_FOR_OPERATION", "does not support create"),
        ("Contact", {"LastName": "a", "Email": "nonsense"}, "INVALID_EMAIL_ADDRESS", "nonsense"),
    ],
)
def test_a_wrong_record_is_refused_in_salesforces_words(org, kind, fields, code, text):
    found = refusal(org, kind, **fields)
    assert found["errorCode"] == code
    assert text in found["message"]


def test_an_inactive_owner_is_refused(org):
    user = {"Username": "gone@x.example", "LastName": "Gone", "Email": "gone@x.example", "Alias": "gone"}
    profile = org.values("SELECT Id FROM Profile WHERE Name = 'Standard User'")[0]
    keys = {"TimeZoneSidKey": "UTC", "LocaleSidKey": "en_US", "EmailEncodingKey": "UTF-8", "LanguageLocaleKey": "en_US"}
    gone = org.create("User", **user, **keys, ProfileId=profile, IsActive=False)
    assert refusal(org, "Account", Name="a", OwnerId=gone)["errorCode"] == "INACTIVE_OWNER_OR_USER"


def test_one_bad_record_of_a_collection_fails_alone_and_order_is_kept(org):
    deals = [org.deal(Name=name) for name in "abc"]
    results = update(org, {"id": deals[0], "Amount": 1}, {"id": deals[1], "No__c": 1}, {"id": deals[2], "Amount": 3})
    assert [result["success"] for result in results] == [True, False, True]
    assert results[0] == {"id": deals[0], "success": True, "errors": []}
    assert results[1]["errors"][0]["statusCode"] == "INVALID_FIELD"
    assert org.values("SELECT Amount FROM Opportunity ORDER BY Name") == [1.0, None, 3.0]


def test_all_or_none_undoes_the_good_ones(org):
    deals = [org.deal(Name=name) for name in "ab"]
    results = update(org, {"id": deals[0], "Amount": 1}, {"id": deals[1], "Amount": "x"}, all_or_none=True)
    assert results[0]["errors"][0]["statusCode"] == "ALL_OR_NONE_OPERATION_ROLLED_BACK"
    assert org.values("SELECT Amount FROM Opportunity") == [None, None]


def test_more_than_200_records_are_refused(org):
    records = [{"attributes": {"type": "Account"}, "Name": "a"}] * 201
    answer = org.send("POST", "composite/sobjects", {"records": records})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "EXCEEDED_ID_LIMIT")
    assert org.query("SELECT COUNT() FROM Account")["totalSize"] == 0


def test_collections_read_and_delete_by_id(org):
    ids = [org.create("Account", Name=name) for name in "ab"]
    missing = "001SB0000000zzz"
    read = org.send("POST", "composite/sobjects/Account", {"ids": [ids[1], missing, ids[0]], "fields": ["Name"]}).json()
    assert [record and record["Name"] for record in read] == ["b", None, "a"]
    results = org.send("DELETE", "composite/sobjects", params={"ids": ",".join(ids)}).json()
    assert [result["success"] for result in results] == [True, True]


def test_an_upsert_creates_then_changes(org):
    first = org.send("PATCH", "sobjects/Product2/ExternalId/p-1", {"Name": "Widget"})
    second = org.send("PATCH", "sobjects/Product2/ExternalId/p-1", {"Name": "Widget 2"})
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["id"] == second.json()["id"]
    assert org.values("SELECT Name FROM Product2") == ["Widget 2"]


def test_a_collection_upserts_by_external_id(org):
    records = [{"attributes": {"type": "Product2"}, "ExternalId": key, "Name": key} for key in ("p-1", "p-2", "p-1")]
    results = org.send("PATCH", "composite/sobjects/Product2/ExternalId", {"records": records}).json()
    assert [result["created"] for result in results] == [True, True, False]


def test_a_composite_uses_what_came_before(org):
    requests = [
        {"method": "POST", "url": "/services/data/v59.0/sobjects/Account", "referenceId": "a", "body": {"Name": "A"}},
        {"method": "GET", "url": "/services/data/v59.0/sobjects/Account/@{a.id}", "referenceId": "b"},
        {"method": "GET", "url": "/services/data/v59.0/query?q=SELECT+Nope+FROM+Account", "referenceId": "c"},
    ]
    answers = org.send("POST", "composite", {"compositeRequest": requests}).json()["compositeResponse"]
    assert [answer["httpStatusCode"] for answer in answers] == [201, 200, 400]
    assert answers[1]["body"]["Name"] == "A"


def test_a_composite_of_all_or_none_leaves_nothing_behind(org):
    url = "/services/data/v59.0/sobjects/Account"
    requests = [
        {"method": "POST", "url": url, "referenceId": "a", "body": {"Name": "A"}},
        {"method": "POST", "url": url, "referenceId": "b", "body": {}},
    ]
    answer = org.send("POST", "composite", {"compositeRequest": requests, "allOrNone": True}).json()
    assert answer["compositeResponse"][0]["body"][0]["errorCode"] == "PROCESSING_HALTED"
    assert org.query("SELECT COUNT() FROM Account")["totalSize"] == 0


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 50_000, b'{"Name": NaN}', b'{"Name": "\\ud800"}', b"[]"])
def test_odd_bodies_are_refused_as_json(org, body):
    headers = {**org.headers, "Content-Type": "application/json"}
    url = f"{org.url}/services/data/v59.0/sobjects/Account"
    answer = org.http.post(url, data=body, headers=headers, timeout=10)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "JSON_PARSER_ERROR")


def test_another_content_type_is_refused(org):
    headers = {**org.headers, "Content-Type": "text/csv"}
    answer = org.http.post(f"{org.url}/services/data/v59.0/sobjects/Account", data=b"Name", headers=headers, timeout=10)
    assert answer.status_code == 415


@pytest.mark.parametrize("path", ["nothing", "sobjects/Nope", "sobjects/Account/001SB0000000zzz", "analytics/reports"])
def test_what_is_not_there_is_not_found(org, path):
    answer = org.send("GET", path)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (404, "NOT_FOUND")


def test_a_deleted_record_is_retrieved_as_null(org):
    kept, gone = (org.create("Account", Name=name) for name in "ab")
    org.send("DELETE", f"sobjects/Account/{gone}")
    read = org.send("POST", "composite/sobjects/Account", {"ids": [gone, kept], "fields": ["Name", "IsDeleted"]}).json()
    assert [record and record["Name"] for record in read] == [None, "a"]


def test_a_user_is_of_the_type_of_its_profile(org):
    profile = org.values("SELECT Id FROM Profile WHERE Name = 'Standard User'")[0]
    keys = {"TimeZoneSidKey": "UTC", "LocaleSidKey": "en_US", "EmailEncodingKey": "UTF-8", "LanguageLocaleKey": "en_US"}
    new = org.create(
        "User", Username="new@x.example", LastName="New", Email="new@x.example", Alias="new", ProfileId=profile, **keys
    )
    assert org.read("User", new)["UserType"] == "Standard"
