"""The Bulk API of old clients, under /services/async. Source: Bulk API Developer Guide, unless a test says so."""

from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from connectors.sandbox.salesforce.bulk1 import routes

NAMESPACE = "http://www.force.com/2009/06/asyncapi/dataload"
MEDIA = {"CSV": "text/csv", "XML": "application/xml", "JSON": "application/json"}


class Bulk:
    """The Bulk API as a client has it: its session in a header of its own."""

    def __init__(self, org, version="59.0"):
        self.org, self.root = org, f"{org.url}/services/async/{version}"
        self.session = org.headers["Authorization"].removeprefix("Bearer ")

    def send(self, method, path, data=None, kind=None, **headers):
        sent = {"X-SFDC-Session": self.session, **headers}
        if kind:
            sent["Content-Type"] = f"{kind}; charset=UTF-8"
        return self.org.http.request(method, f"{self.root}/{path}", data=data, headers=sent, timeout=30)

    def job(self, kind="CSV", headers=None, **info):
        body = json.dumps({"contentType": kind, "object": "Account", **info})
        made = self.send("POST", "job", body, "application/json", **(headers or {}))
        assert made.status_code == 201, made.text
        return made.json()["id"]

    def batch(self, job, data, kind="CSV"):
        made = self.send("POST", f"job/{job}/batch", data, MEDIA[kind])
        assert made.status_code == 201, made.text
        return fields(made)["id"]

    def state(self, job, batch):
        return fields(self.send("GET", f"job/{job}/batch/{batch}"))["state"]

    def result(self, job, batch, rest=""):
        while self.state(job, batch) in {"Queued", "InProgress"}:
            pass
        return self.send("GET", f"job/{job}/batch/{batch}/result{rest}")


def parsed(answer):
    return ET.fromstring(answer.content)  # noqa: S314  our own server's


def fields(answer):
    if answer.headers["Content-Type"] == "application/json":
        return answer.json()
    return {child.tag.removeprefix(f"{{{NAMESPACE}}}"): child.text for child in parsed(answer)}


@pytest.fixture
def bulk(org):
    return Bulk(org)


def test_a_job_in_xml_is_answered_in_xml(bulk):
    asked = "<operation>insert</operation><object>Account</object><contentType>CSV</contentType>"
    text = f'<jobInfo xmlns="{NAMESPACE}">{asked}</jobInfo>'
    made = bulk.send("POST", "job", text, "application/xml")
    assert (made.status_code, made.headers["Content-Type"]) == (201, "application/xml")
    info = fields(made)
    assert (info["state"], info["concurrencyMode"], info["contentType"]) == ("Open", "Parallel", "CSV")
    assert list(info)[:7] == [
        "id", "operation", "object", "createdById", "createdDate", "systemModstamp", "state",
    ]  # fmt: skip
    assert info["createdDate"].endswith("Z")
    assert (info["apiVersion"], info["numberBatchesTotal"], info["numberRetries"]) == ("59.0", "0", "0")


def test_written_rows_are_answered_in_csv(bulk):
    job = bulk.job(operation="insert")
    batch = bulk.batch(job, 'Name,Site\n"Acme\nInc",x\n,y\n')
    answer = bulk.result(job, batch)
    assert answer.headers["Content-Type"] == "text/csv"
    table = list(csv.reader(io.StringIO(answer.text, newline="")))
    assert table[0] == ["Id", "Success", "Created", "Error"]
    assert table[1][1:] == ["true", "true", ""]
    error = "REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --"
    assert table[2] == ["", "false", "false", error]
    assert bulk.org.values("SELECT Name FROM Account") == ["Acme\nInc"]


def test_written_rows_are_answered_in_json(bulk):
    job = bulk.job("JSON", operation="insert")
    rows = [{"Name": "Acme", "NumberOfEmployees": 5, "Site": None}, {"Site": "x"}]
    result = bulk.result(job, bulk.batch(job, json.dumps(rows), "JSON")).json()
    assert (result[0]["success"], result[0]["created"], result[0]["errors"]) == (True, True, [])
    assert (result[1]["success"], result[1]["id"]) == (False, None)
    assert result[1]["errors"] == [
        {
            "message": "Required fields are missing: [Name]",
            "fields": ["Name"],
            "statusCode": "REQUIRED_FIELD_MISSING",
            "extendedErrorDetails": None,
        }
    ]


def test_written_rows_are_answered_in_xml(bulk):
    account = bulk.org.create("Account", Name="Acme", Site="x")
    job = bulk.job("XML", operation="update")
    nil = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"'
    rows = (
        f'<sObjects xmlns="{NAMESPACE}"><sObject><Id>{account}</Id><Site {nil}/><Name></Name></sObject>'
        "<sObject><Id>001000000000000AAA</Id><Name>x</Name></sObject></sObjects>"
    )
    root = parsed(bulk.result(job, bulk.batch(job, rows, "XML")))
    assert [item.find(f"{{{NAMESPACE}}}success").text for item in root] == ["true", "false"]
    assert root[1].find(f"{{{NAMESPACE}}}errors/{{{NAMESPACE}}}statusCode").text == "INVALID_CROSS_REFERENCE_KEY"
    record = bulk.org.read("Account", account)
    assert (record["Site"], record["Name"]) == (None, "Acme")


def test_the_batch_can_be_had_as_it_was_sent(bulk):
    job = bulk.job("JSON", operation="insert")
    sent = '[{"Name":"Acme"}]'
    batch = bulk.batch(job, sent, "JSON")
    assert bulk.result(job, batch).status_code == 200
    assert bulk.send("GET", f"job/{job}/batch/{batch}/request").text == sent


def test_a_query_has_a_list_of_results(bulk):
    bulk.org.create("Account", Name='say "hi"', AnnualRevenue=5)
    job = bulk.job(operation="query")
    batch = bulk.batch(job, "SELECT Name, AnnualRevenue, Site FROM Account")
    listed = parsed(bulk.result(job, batch))
    assert listed.tag == f"{{{NAMESPACE}}}result-list"
    answer = bulk.result(job, batch, f"/{listed[0].text}")
    assert answer.text == '"Name","AnnualRevenue","Site"\n"say ""hi""","5.0",""\n'
    empty = bulk.batch(job, "SELECT Name FROM Account WHERE Name = 'none'")
    listed = parsed(bulk.result(job, empty))
    assert bulk.result(job, empty, f"/{listed[0].text}").text == "Records not found for this query"


def test_times_in_json_are_milliseconds(bulk):
    # simple-salesforce issue 290: "the number of milliseconds since January 1st 1970"
    bulk.org.deal(CloseDate="2026-05-01")
    job = bulk.job("JSON", operation="query", object="Opportunity")
    batch = bulk.batch(job, "SELECT CloseDate, CreatedDate, Owner.Name FROM Opportunity", "JSON")
    record = bulk.result(job, batch, f"/{bulk.result(job, batch).json()[0]}").json()[0]
    assert record["CloseDate"] == 1_777_593_600_000
    assert record["CreatedDate"] % 1000 == 0
    assert record["Owner"]["attributes"]["type"] == "User"


def test_a_query_in_xml_gives_the_id_twice(bulk):
    # Use Bulk Query, XML Responses for Queries that Include ID
    account = bulk.org.create("Account", Name="Acme")
    job = bulk.job("XML", operation="query")
    batch = bulk.batch(job, "SELECT Id, Name, Site FROM Account", "XML")
    found = parsed(bulk.result(job, batch))[0].text
    record = parsed(bulk.result(job, batch, f"/{found}"))[0]
    assert [child.text for child in record] == ["Account", account, account, "Acme", None]


def test_a_query_that_is_none_fails_its_batch(bulk):
    job = bulk.job(operation="query")
    batch = bulk.batch(job, "SELECT COUNT(Id) FROM Account")
    info = fields(bulk.send("GET", f"job/{job}/batch/{batch}"))
    assert info["state"] == "Failed"
    assert info["stateMessage"].startswith("InvalidBatch : Failed to process query: ")
    refused = fields(bulk.send("GET", f"job/{job}/batch/{batch}/result"))
    assert refused == {"exceptionCode": "InvalidBatch", "exceptionMessage": "Records not processed"}


def test_a_session_that_is_over_is_a_400_of_its_own_form(bulk):
    bulk.session = "gone"
    for kind in ("application/xml", "application/json"):
        refused = bulk.send("POST", "job", "{}", kind)
        assert refused.status_code == 400
        assert refused.headers["Content-Type"] == kind
        assert fields(refused) == {"exceptionCode": "InvalidSessionId", "exceptionMessage": "Invalid session id"}


@pytest.mark.parametrize(
    ("method", "path", "data", "code"),
    [
        ("POST", "job", {"operation": "insert", "object": "Nope"}, "InvalidJob"),
        ("POST", "job", {"operation": "insert", "object": "Account", "contentType": "ZIP_CSV"}, "InvalidJob"),
        ("POST", "job", {"operation": "insert", "object": "Account", "createdById": "x"}, "InvalidJob"),
        ("POST", "job", {"operation": "insert", "object": "TaskStatus"}, "InvalidEntity"),
        ("GET", "job/750000000000000AAA", None, "InvalidJob"),
        ("GET", "nothing", None, "InvalidUrl"),
    ],
)
def test_what_is_not_there_is_refused_with_its_code(bulk, method, path, data, code):
    refused = bulk.send(method, path, json.dumps(data) if data else None, "application/json")
    assert (refused.status_code >= 400, refused.json()["exceptionCode"]) == (True, code)


def test_an_unknown_version_is_an_invalid_url(org):
    refused = Bulk(org, "99.0").send("GET", "job/750000000000000AAA")
    assert fields(refused) == {"exceptionCode": "InvalidUrl", "exceptionMessage": "unknown version: 99.0"}


def test_a_closed_job_takes_no_batch(bulk):
    # the message as a client of 2026 quotes it
    job = bulk.job(operation="insert")
    closed = bulk.send("POST", f"job/{job}", '{"state":"Closed"}', "application/json").json()
    assert closed["state"] == "Closed"
    refused = fields(bulk.send("POST", f"job/{job}/batch", "Name\nA\n", "text/csv"))
    assert refused["exceptionMessage"] == (
        "Failed to create batch, since the Job is not Open. Current job state is 'Closed'"
    )


def test_an_aborted_job_leaves_what_waits_unprocessed(bulk):
    bulk.org.database.behaviour = replace(bulk.org.database.behaviour, bulk_seconds=1000)
    job = bulk.job(operation="insert")
    batch = bulk.batch(job, "Name\nAcme\n")
    assert bulk.state(job, batch) == "Queued"
    bulk.send("POST", f"job/{job}", '{"state":"Aborted"}', "application/json")
    assert bulk.state(job, batch) == "NotProcessed"
    assert bulk.org.query("SELECT COUNT() FROM Account")["totalSize"] == 0


def test_batches_of_a_serial_job_run_one_after_another(bulk):
    job = bulk.job(operation="insert", concurrencyMode="Serial")
    batches = [bulk.batch(job, f"Name\nAcme {number}\n") for number in range(3)]
    for batch in reversed(batches):
        assert bulk.result(job, batch).status_code == 200
    assert bulk.org.values("SELECT Name FROM Account ORDER BY Id") == ["Acme 0", "Acme 1", "Acme 2"]
    listed = parsed(bulk.send("GET", f"job/{job}/batch"))
    assert [item.find(f"{{{NAMESPACE}}}id").text for item in listed] == batches
    info = bulk.send("GET", f"job/{job}", kind="application/json").json()
    assert (info["numberBatchesCompleted"], info["numberRecordsProcessed"]) == (3, 3)


def test_a_query_is_split_by_record_ids(bulk):
    # PK Chunking Header: the batch that asked is not processed, and a batch is added for each chunk
    for number in range(5):
        bulk.org.create("Account", Name=f"Acme {number}")
    job = bulk.job(operation="query", headers={"Sforce-Enable-PKChunking": "chunkSize=2"})
    batch = bulk.batch(job, "SELECT Name FROM Account WHERE Name != 'Acme 3'")
    while bulk.state(job, batch) != "NotProcessed":
        pass
    listed = parsed(bulk.send("GET", f"job/{job}/batch"))
    ids = [item.find(f"{{{NAMESPACE}}}id").text for item in listed]
    assert len(ids) == 4
    texts = []
    for chunk in ids[1:]:
        found = parsed(bulk.result(job, chunk))[0].text
        texts.append(bulk.result(job, chunk, f"/{found}").text)
    assert [text.count("Acme") for text in texts] == [2, 1, 1]
    request = bulk.send("GET", f"job/{job}/batch/{ids[1]}/request").text
    assert request.startswith("SELECT Name FROM Account WHERE Name != 'Acme 3' AND Id >= '001")
    assert [each["jobType"] for each in bulk.org.send("GET", "jobs/query").json()["records"]] == ["Classic"]
    chunked = bulk.org.send("GET", "jobs/ingest", params={"isPkChunkingEnabled": "true"}).json()
    assert [each["id"] for each in chunked["records"]] == [job]


def test_a_batch_holds_ten_thousand_records(bulk):
    job = bulk.job(operation="insert")
    batch = bulk.batch(job, "Name\n" + "A\n" * 10_001)
    assert bulk.result(job, batch).status_code == 400
    assert bulk.state(job, batch) == "Failed"


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("JSON", '{"Name":"A"}'),
        ("JSON", "[1]"),
        ("JSON", "["),
        ("XML", "<sObjects>"),
        ("XML", "<other/>"),
        ("XML", '<!DOCTYPE a [<!ENTITY b "c">]><sObjects/>'),
        ("CSV", "No__c\nA\n"),
    ],
)
def test_a_batch_that_cannot_be_read_fails(bulk, kind, data):
    job = bulk.job(kind, operation="insert")
    batch = bulk.batch(job, data, kind)
    assert bulk.result(job, batch).status_code == 400
    info = fields(bulk.send("GET", f"job/{job}/batch/{batch}"))
    assert (info["state"], info["stateMessage"].startswith("InvalidBatch : ")) == ("Failed", True)


def test_a_text_that_no_row_can_hold_fails_its_row(bulk):
    job = bulk.job("JSON", operation="insert")
    result = bulk.result(job, bulk.batch(job, '[{"Name":"\\ud800"},{"Name":"Acme"}]', "JSON")).json()
    assert [each["success"] for each in result] == [False, True]


def test_a_job_closed_while_a_batch_comes_takes_it_no_more(bulk, monkeypatch):
    job = bulk.job(operation="insert")
    find, meanwhile = routes.find_job, []

    def find_then_close(store, kind, job_id):
        found = find(store, kind, job_id)
        if not meanwhile:
            meanwhile.append(job_id)
            with store.database.transaction() as connection:
                routes.set_state(connection, store, found.id, "Closed")
        return found

    monkeypatch.setattr(routes, "find_job", find_then_close)
    answer = bulk.send("POST", f"job/{job}/batch", "Name\nA\n", MEDIA["CSV"])
    assert (answer.status_code, "InvalidJobState" in answer.text) == (400, True)
