"""Requests that no client sends by mistake are refused as malformed: never with a defect's 500."""

from __future__ import annotations

import base64
import json
import threading
from dataclasses import replace

import pytest
from salesforce_org import VERSION

from connectors.sandbox.database import Database
from connectors.sandbox.salesforce import dialect
from connectors.sandbox.salesforce.bulk2.uploads import BadUpload, read_json
from connectors.sandbox.salesforce.signin import sessions

HUGE = "1e9999999999999999999999"  # an exponent that no decimal number holds
DEEP = "[" * 900 + "]" * 900


def raw(org, method, path, text):
    headers = {**org.headers, "Content-Type": "application/json"}
    answer = org.http.request(method, f"{org.url}{VERSION}/{path}", data=text, headers=headers, timeout=30)
    return answer.status_code, answer.json() if answer.content else None


def subrequest(**more):
    return {"method": "POST", "url": f"{VERSION}/sobjects/Account", "referenceId": "a", **more}


def test_a_number_that_no_decimal_holds_is_not_json(org):
    status, body = raw(org, "PATCH", f"sobjects/Opportunity/{org.deal()}", f'{{"Amount": {HUGE}}}')
    assert (status, body[0]["errorCode"]) == (400, "JSON_PARSER_ERROR")


@pytest.mark.parametrize("number", [HUGE, "1e999999999999", "-1e999999999999", "1e-999999999999"])
def test_a_number_that_no_field_holds_is_refused_at_once(org, number):
    status, _ = raw(org, "PATCH", f"sobjects/Opportunity/{org.deal()}", f'{{"Amount": {number}}}')
    assert status in {204, 400}


@pytest.mark.parametrize("value", [HUGE, "NaN", "Infinity"])
def test_a_bulk_batch_with_a_number_that_is_none_fails(value):
    with pytest.raises(BadUpload, match="Failed to parse JSON"):
        read_json(f'[{{"Amount": {value}}}]'.encode())


def test_a_reference_far_beyond_a_list_has_no_value(org):
    org.create("Account", Name="Acme")
    requests = [
        {"method": "GET", "url": f"{VERSION}/sobjects/Account", "referenceId": "a"},
        subrequest(referenceId="b", body={"Name": "@{a.recentItems[" + "9" * 5000 + "].Id}"}),
    ]
    answer = org.send("POST", "composite", {"compositeRequest": requests})
    assert answer.status_code == 200
    assert answer.json()["compositeResponse"][1]["body"][0]["errorCode"] == "PROCESSING_HALTED"


@pytest.mark.parametrize("graph", [False, True])
def test_lists_nested_without_end_are_refused(org, graph):
    text = json.dumps({"compositeRequest": [subrequest(body={"Name": "@"})]}).replace('"@"', DEEP)
    if graph:
        text = f'{{"graphs": [{{"graphId": "g", {text[1:]}]}}'
    status, body = raw(org, "POST", "composite/graph" if graph else "composite", text)
    assert (status, body[0]["errorCode"]) == (400, "JSON_PARSER_ERROR")
    assert org.query("SELECT COUNT() FROM Account")["totalSize"] == 0


@pytest.mark.parametrize("version", ["\u0665\u0669", "\uff15\uff19"])
def test_versions_are_written_in_ascii_digits(org, version):
    request = subrequest(url=f"/services/data/v{version}.0/sobjects/Account", body={"Name": "Acme"})
    answer = org.send("POST", "composite", {"compositeRequest": [request]})
    assert answer.json()["compositeResponse"][0]["httpStatusCode"] == 404
    batch = {"batchRequests": [{"method": "GET", "url": f"v{version}.0/limits"}]}
    assert org.send("POST", "composite/batch", batch).status_code == 400


def test_a_session_that_ends_while_its_request_begins_is_over(org, monkeypatch):
    org.database.behaviour = replace(org.database.behaviour, session_requests=5)
    read = sessions.read_session

    def read_then_end(store, token):
        session = read(store, token)
        sessions.end_session(store, token)
        return session

    monkeypatch.setattr(sessions, "read_session", read_then_end)
    answer = org.ask("SELECT Id FROM Account")
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (401, "INVALID_SESSION_ID")


def test_a_catalog_is_of_one_moment_whatever_is_deleted_meanwhile(monkeypatch):
    database = Database()
    store = dialect.open_store(database)
    stamps = "'2026-01-01', 'u', '2026-01-01', 'u'"
    definition = json.dumps({"type": "Text", "label": "Score", "length": 10})
    kind = {"label": "Goal", "pluralLabel": "Goals", "nameField": {"label": "Name", "type": "Text"}}
    made = f"INSERT INTO sf_custom_object VALUES ('Goal__c', 'a00', 'o', ?, {stamps})"
    given = f"INSERT INTO sf_custom_field VALUES ('f', 'Goal__c', 'Score__c', ?, {stamps})"
    with database.transaction() as connection:
        connection.execute(made, [json.dumps(kind)])
        connection.execute(given, [definition])
        store.schema_changed(connection)

    def delete():
        with database.transaction() as connection:
            connection.execute("DELETE FROM sf_custom_field")
            connection.execute("DELETE FROM sf_custom_object")
            store.schema_changed(connection)

    writer, rows = threading.Thread(target=delete), database.rows

    def interrupted(sql, parameters=()):
        if "FROM sf_custom_object" in sql and not writer.ident:
            writer.start()
            writer.join(0.3)  # it waits for the reader; the reader must not wait for it
        return rows(sql, parameters)

    monkeypatch.setattr(database, "rows", interrupted)
    found = store.catalog().find("Goal__c")
    writer.join()
    assert found is not None
    assert found.find("Score__c") is not None
    assert store.catalog().find("Goal__c") is None
    database.close()


@pytest.mark.parametrize("limit", ["9" * 5000, "\u0665"])
def test_a_limit_of_suggestions_that_is_no_number_is_refused(org, limit):
    answer = org.send("GET", "search/suggestions", params={"q": "Acme", "sobject": "Account", "limit": limit})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_SEARCH")


def test_a_locator_of_digits_that_are_none_is_refused(org):
    job = org.send("POST", "jobs/query", {"operation": "query", "query": "SELECT Id FROM Account"}).json()
    path = f"jobs/query/{job['id']}"
    while org.send("GET", path).json()["state"] != "JobComplete":
        pass
    locator = base64.urlsafe_b64encode("\u00b2".encode()).decode().rstrip("=")
    answer = org.send("GET", f"{path}/results", params={"locator": locator})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_QUERY_LOCATOR")


@pytest.mark.parametrize("number", ["1e999999999", "1e999999999999", "-1e999999999"])
def test_an_integer_that_no_field_holds_is_refused_at_once(org, number):
    path = f"sobjects/Account/{org.create('Account', Name='Acme')}"
    assert raw(org, "PATCH", path, f'{{"NumberOfEmployees": {number}}}')[0] == 400


@pytest.mark.parametrize("precision", ["1e999999999", '"--5"'])
def test_a_precision_that_is_no_number_is_refused_at_once(org, precision):
    text = f'{{"FullName": "Account.X__c", "Metadata": {{"label": "X", "type": "Number", "precision": {precision}}}}}'
    assert raw(org, "POST", "tooling/sobjects/CustomField", text)[0] == 400


@pytest.mark.parametrize("text", ["1_000", "\u0665\u0666"])
@pytest.mark.parametrize("field", ["NumberOfEmployees", "AnnualRevenue"])
def test_what_only_python_reads_as_a_number_is_none(org, field, text):
    path = f"sobjects/Account/{org.create('Account', Name='Acme')}"
    assert org.send("PATCH", path, {field: text}).status_code == 400


@pytest.mark.parametrize("number", ["1e999999999", "1e999999999999"])
def test_a_query_for_a_number_that_no_field_holds_is_no_defect(org, number):
    assert org.ask(f"SELECT Id FROM Opportunity WHERE Amount > {number}").status_code in {200, 400}
