"""What requests say by headers and flags has its effect, or is noted as having none; and each API refuses in its own
form (REST API Developer Guide, Headers and Composite Request Body; SOAP API Developer Guide, SOAP Headers; Bulk API
Developer Guide, Headers)."""

from __future__ import annotations

import logging

import pytest

from connectors.sandbox.behaviour import changed
from connectors.sandbox.salesforce.bulk1 import routes as bulk1_routes
from connectors.sandbox.salesforce.soap import session_calls

SOAP = (
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:partner.soap.sforce.com">'
    "<soapenv:Header><SessionHeader><sessionId>{token}</sessionId></SessionHeader>{header}</soapenv:Header>"
    "<soapenv:Body>{body}</soapenv:Body></soapenv:Envelope>"
)
CREATE = (
    '<create><sObjects xmlns:sf="urn:sobject.partner.soap.sforce.com"><sf:type>Account</sf:type><sf:Name>A</sf:Name>'
    "</sObjects></create>"
)


def token(org):
    return org.headers["Authorization"].removeprefix("Bearer ")


def soap(org, body, header=""):
    text = SOAP.format(token=token(org), header=header, body=body)
    return org.http.post(f"{org.url}/services/Soap/u/59.0", text.encode(), headers={"SOAPAction": '""'}, timeout=10)


def bulk(org, method, path, body=None, kind="application/json", **headers):
    url = f"{org.url}/services/async/59.0/{path}"
    sent = {"X-SFDC-Session": token(org), "Content-Type": kind, **headers}
    return org.http.request(method, url, data=body, headers=sent, timeout=10)


def composite(org, *requests, version="59.0", **flags):
    made = [
        {"method": method, "url": f"/services/data/v59.0/{url}", "referenceId": f"r{i}", "body": body}
        for i, (method, url, body) in enumerate(requests)
    ]
    path = f"/services/data/v{version}/composite"
    return org.send("POST", path, {"compositeRequest": made, **flags}).json()["compositeResponse"]


def order_done(org, **flags):
    """In which order three subrequests were done that do not name each other: as ids were given out."""
    results = composite(
        org, ("POST", "sobjects/Account", {"Name": "first"}),
        ("PATCH", "sobjects/Product2/ExternalId/p", {"Name": "p"}),
        ("POST", "sobjects/Account", {"Name": "second"}), ("GET", "query?q=SELECT+Name+FROM+Account+ORDER+BY+Id", None),
        ("POST", "sobjects/Account", {"Name": "third"}), **flags,
    )  # fmt: skip
    assert [result["referenceId"] for result in results] == ["r0", "r1", "r2", "r3", "r4"]
    return [record["Name"] for record in results[3]["body"]["records"]]


# Collation


@pytest.fixture
def collating(org):
    org.database.behaviour = changed(org.database.behaviour, {"collate_subrequests": True})
    return org


def test_unrelated_subrequests_are_done_together_unless_their_order_is_asked_for(collating):
    assert order_done(collating, collateSubrequests=False) == ["first", "second"]
    assert order_done(collating)[3:] == ["first", "second", "third"]


def test_an_older_version_collates_only_where_it_is_asked_to(collating):
    assert order_done(collating, version="48.0") == ["first", "second"]


def test_a_subrequest_waits_for_what_it_refers_to(collating):
    results = composite(
        collating, ("POST", "sobjects/Account", {"Name": "A"}), ("GET", "sobjects/Account/@{r0.id}", None),
        ("POST", "sobjects/Contact", {"LastName": "B", "AccountId": "@{r1.Id}"}),
    )  # fmt: skip
    assert [result["httpStatusCode"] for result in results] == [201, 200, 201]


def test_a_failure_of_a_collated_request_stands_in_its_place(collating):
    results = composite(
        collating, ("POST", "sobjects/Account", {"Name": "A"}), ("PATCH", "sobjects/Account/001", {"Name": "x"}),
        ("POST", "sobjects/Account", {}), allOrNone=True,
    )  # fmt: skip
    codes = [result["body"][0]["errorCode"] for result in results]
    assert codes == ["PROCESSING_HALTED", "PROCESSING_HALTED", "REQUIRED_FIELD_MISSING"]


# Headers


def test_a_header_of_no_effect_is_noted(org, caplog):
    with caplog.at_level(logging.WARNING):
        org.ask("SELECT Id FROM Account", **{"Sforce-Call-Options": "client=x", "Sforce-Nope": "1"})
        soap(org, CREATE, "<EmailHeader><triggerUserEmail>true</triggerUserEmail></EmailHeader>")
    assert [record.message for record in caplog.records] == [
        "not emulated: header sforce-nope",
        "not emulated: header EmailHeader",
    ]


@pytest.mark.parametrize(
    ("method", "path", "headers", "noted"),
    [
        ("GET", "query?q=SELECT+Id+FROM+Account+FOR+UPDATE", {}, "FOR UPDATE"),
        ("GET", "parameterizedSearch?q=Acme&spellCorrection=true", {}, "spellCorrection"),
        ("POST", "sobjects/Account", {"Sforce-Duplicate-Rule-Header": "runAsCurrentUser=true"}, "runAsCurrentUser"),
    ],
)
def test_what_is_taken_without_effect_is_noted(org, caplog, method, path, headers, noted):
    with caplog.at_level(logging.WARNING):
        assert org.send(method, path, {"Name": "A"} if method == "POST" else None, headers=headers).ok
    assert noted in caplog.text


def test_what_soap_writes_is_among_the_recent_where_it_says_so(org):
    soap(org, CREATE, "<MruHeader><updateMru>true</updateMru></MruHeader>")
    soap(org, CREATE)
    seen = org.values("SELECT LastViewedDate FROM Account ORDER BY Id")
    assert seen[0] is not None
    assert seen[0].endswith(".000+0000")
    assert seen[1] is None


@pytest.mark.parametrize(("said", "kept"), [("LF", "a\nb"), ("CRLF", "a\r\nb"), (None, "a\r\nb")])
def test_a_bulk_job_may_say_how_the_lines_of_its_texts_end(org, said, kept):
    """Bulk API, Line Ending Header: for fields of the type Text Area."""
    job = '{"operation": "insert", "object": "Account", "contentType": "CSV"}'
    made = bulk(org, "POST", "job", job, **({"Sforce-Line-Ending": said} if said else {})).json()["id"]
    bulk(org, "POST", f"job/{made}/batch", 'Name,Description\nA,"a\r\nb"\n', "text/csv")
    bulk(org, "GET", f"job/{made}/batch")
    assert org.values("SELECT Description FROM Account") == [kept]


# Each API's own form of what goes wrong


def test_a_defect_is_a_fault_in_soap(org, monkeypatch):
    monkeypatch.setattr(session_calls, "user_info", lambda *_: 1 / 0)
    answer = soap(org, "<getUserInfo/>")
    assert (answer.status_code, answer.headers["content-type"]) == (500, "text/xml;charset=UTF-8")
    assert "<faultcode>sf:UNKNOWN_EXCEPTION</faultcode>" in answer.text


@pytest.mark.parametrize("kind", ["application/json", "application/xml"])
def test_a_defect_is_an_error_of_the_bulk_api(org, monkeypatch, kind):
    monkeypatch.setattr(bulk1_routes.formats, "job_info", lambda *_, **__: 1 / 0)
    job = '{"operation": "insert", "object": "Account", "contentType": "CSV"}'
    xml = '<jobInfo xmlns="http://www.force.com/2009/06/asyncapi/dataload"><operation>insert</operation>'
    xml += "<object>Account</object><contentType>CSV</contentType></jobInfo>"
    answer = bulk(org, "POST", "job", job if kind.endswith("json") else xml, kind)
    assert (answer.status_code, answer.headers["content-type"]) == (500, kind)
    assert "UnknownException" in answer.text


def test_a_message_that_cannot_be_unpacked_is_refused_in_the_form_of_its_api(org):
    headers = {"Content-Encoding": "gzip"}
    assert b"<soapenv:Fault>" in org.http.post(f"{org.url}/services/Soap/u/59.0", b"x", headers=headers).content
    assert bulk(org, "POST", "job", b"x", **headers).json()["exceptionCode"] == "INVALID_INPUT"


def test_batches_are_shown_in_the_form_of_their_jobs_data(org):
    """Recorded by a public client (tap-salesforce), which sends JSON and reads the batches of its CSV job as XML."""
    job = '{"operation": "queryAll", "object": "Account", "contentType": "CSV"}'
    made = bulk(org, "POST", "job", job)
    assert made.headers["content-type"] == "application/json"
    batch = bulk(org, "POST", f"job/{made.json()['id']}/batch", "SELECT Id FROM Account", "text/csv")
    assert batch.text.startswith("<?xml")
    assert bulk(org, "GET", f"job/{made.json()['id']}/batch").text.startswith("<?xml")


def test_histories_are_chunked_by_their_parents(org):
    """Bulk API, PK Chunking Header: `parent` names the object whose records the chunks are made of."""
    deals = [org.deal(Name=str(i)) for i in range(5)]
    header = {"Sforce-Enable-PKChunking": "true; chunkSize=2; parent=Opportunity"}
    job = '{"operation": "query", "object": "OpportunityHistory", "contentType": "JSON"}'
    made = bulk(org, "POST", "job", job, **header).json()["id"]
    bulk(org, "POST", f"job/{made}/batch", "SELECT OpportunityId FROM OpportunityHistory")
    bulk(org, "GET", f"job/{made}/batch")
    batches = bulk(org, "GET", f"job/{made}/batch").json()["batchInfo"]
    assert [batch["state"] for batch in batches] == ["NotProcessed", "Completed", "Completed", "Completed"]
    found = []
    for batch in batches[1:]:
        (result,) = bulk(org, "GET", f"job/{made}/batch/{batch['id']}/result").json()
        found += bulk(org, "GET", f"job/{made}/batch/{batch['id']}/result/{result}").json()
    assert [record["OpportunityId"] for record in found] == deals
    wrong = bulk(org, "POST", "job", job, **{"Sforce-Enable-PKChunking": "true; parent=Lead"})
    assert wrong.json()["exceptionCode"] == "InvalidJob"
