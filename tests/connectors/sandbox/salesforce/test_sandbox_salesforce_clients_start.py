"""What clients ask first, and what holds for every answer: REST API Developer Guide."""

from __future__ import annotations

import gzip
import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from connectors.sandbox.behaviour import CALM
from connectors.sandbox.database import Database
from connectors.sandbox.salesforce.errors import ApiError
from connectors.sandbox.salesforce.soap.envelope import parse_xml
from connectors.sandbox.salesforce.wire import UnderWay, takes_gzip


def test_versions_are_named_by_their_release(org):
    versions = org.http.get(f"{org.url}/services/data", timeout=10).json()
    labels = {each["version"]: each["label"] for each in versions}
    assert (labels["31.0"], labels["50.0"], labels["59.0"]) == ("Summer '14", "Winter '21", "Winter '24")


def test_a_retired_version_is_gone_and_one_to_come_is_not_found(org):
    """REST API End-of-Life Policy: 410 for versions that were retired."""
    assert [org.send("GET", f"/services/data/v{number}.0/limits").status_code for number in (30, 31, 66, 67)] == [
        410,
        200,
        200,
        404,
    ]


def test_every_resource_of_the_directory_answers(org):
    directory = org.send("GET", "").json()
    identity = directory.pop("identity")
    assert org.http.get(identity, headers=org.headers, timeout=10).json()["user_id"] == org.user_id()
    only_parts = {"tooling", "composite", "jobs", "process", "appMenu", "actions", "search", "parameterizedSearch"}
    for name in sorted(set(directory) - only_parts - {"query", "queryAll"}):
        assert org.send("GET", directory[name]).status_code == 200, name


def test_limits_hold_every_name_of_the_guide(org):
    limits = org.send("GET", "limits").json()
    assert len(limits) == 51
    assert all(set(each) >= {"Max", "Remaining"} for each in limits.values())


def test_record_counts_leave_the_deleted_out(org):
    first = org.create("Account", Name="A")
    org.create("Account", Name="B")
    org.send("DELETE", f"sobjects/Account/{first}")
    body = org.send("GET", "limits/recordCount", params={"sObjects": "Account,Nope"}).json()
    assert body == {"sObjects": [{"count": 1, "name": "Account"}]}


@pytest.mark.parametrize("path", ["recent", "tabs", "theme", "appMenu/AppSwitcher", "actions/standard", "quickActions"])
def test_what_a_user_interface_asks_at_start_up_answers(org, path):
    assert org.send("GET", path).status_code == 200


def test_no_approval_process_applies(org):
    assert org.send("GET", "process/approvals").json() == {"approvals": {}}
    answer = org.send("POST", "process/approvals", {"requests": [{"actionType": "Submit"}]})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "NO_APPLICABLE_PROCESS")


def test_a_class_of_apex_is_not_found(org):
    answer = org.send("GET", "/services/apexrest/Mine/1")
    assert answer.status_code == 404
    assert answer.json() == [{"message": "Could not find a match for URL", "errorCode": "NOT_FOUND"}]


def test_what_is_not_emulated_is_refused_and_logged(org, caplog):
    answer = org.send("GET", "chatter/users/me")
    assert answer.status_code == 404
    assert answer.json() == [{"message": "The requested resource does not exist", "errorCode": "NOT_FOUND"}]
    assert "not emulated: GET /services/data/v59.0/chatter/users/me" in caplog.text


def test_an_address_may_start_with_two_slashes(org):
    answer = org.http.get(f"{org.url}//services/data/v59.0/limits", headers=org.headers, timeout=10)
    assert answer.status_code == 200


def test_a_body_may_come_compressed(org):
    body = gzip.compress(b'{"Name": "Zipped"}')
    headers = {**org.headers, "Content-Type": "application/json", "Content-Encoding": "gzip"}
    answer = org.http.post(f"{org.url}/services/data/v59.0/sobjects/Account", data=body, headers=headers, timeout=10)
    assert answer.status_code == 201


@pytest.mark.parametrize(
    ("coding", "body"),
    [("gzip", b"no"), ("gzip", gzip.compress(b"{}" * 99, mtime=0)[:20]), ("br", b"x")],
    ids=["other", "cut", "unknown"],
)
def test_a_body_that_is_not_compressed_as_it_says_is_refused(org, coding, body):
    headers = {**org.headers, "Content-Encoding": coding}
    answer = org.http.post(f"{org.url}/services/data/v59.0/sobjects/Account", data=body, headers=headers, timeout=10)
    assert answer.status_code in {400, 415}


def test_a_long_answer_is_compressed_for_who_asks(org):
    packed = org.send("GET", "sobjects/Account/describe", headers={"Accept-Encoding": "gzip"})
    plain = org.send("GET", "sobjects/Account/describe", headers={"Accept-Encoding": "identity"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert packed.json() == plain.json()


def test_gzip_may_be_declined():
    assert not takes_gzip({"accept-encoding": "gzip;q=0, identity"})
    assert takes_gzip({"accept-encoding": "deflate, gzip;q=1.0"})


def test_head_is_get_without_its_body(org):
    answer = org.send("HEAD", "limits")
    assert (answer.status_code, answer.content) == (200, b"")


def test_pretty_printing_is_asked_for(org):
    assert org.send("GET", "", headers={"X-PrettyPrint": "1"}).text.startswith('{\n  "tooling" : ')


def test_answers_speak_xml_where_it_is_asked_for(org):
    made = org.create("Account", Name="A & B")
    xml = {"Accept": "application/xml"}
    answer = org.ask("SELECT Id, Name, Site FROM Account", **xml)
    root = parse_xml(answer.content)
    assert answer.headers["Content-Type"] == "application/xml;charset=UTF-8"
    assert (root.name, root.value("totalSize"), root.find("records").attributes["type"]) == (
        "QueryResult",
        "1",
        "Account",
    )
    assert (root.find("records").value("Name"), root.find("records").find("Site").nil) == ("A & B", True)
    assert parse_xml(org.send("GET", f"sobjects/Account/{made}", headers=xml).content).name == "Account"
    error = parse_xml(org.send("GET", "nothing", headers=xml).content)
    assert (error.name, error.find("Error").value("errorCode")) == ("Errors", "NOT_FOUND")


def test_a_record_may_come_as_xml(org):
    headers = {**org.headers, "Content-Type": "application/xml"}
    body = b"<Account><Name>By XML</Name><NumberOfEmployees>7</NumberOfEmployees></Account>"
    answer = org.http.post(f"{org.url}/services/data/v59.0/sobjects/Account", data=body, headers=headers, timeout=10)
    record = org.read("Account", answer.json()["id"])
    assert (record["Name"], record["NumberOfEmployees"]) == ("By XML", 7)


def test_an_address_longer_than_16384_bytes_is_refused(org):
    answer = org.ask("SELECT Id FROM Account WHERE Name = '" + "x" * 16_400 + "'")
    assert (answer.status_code, answer.text) == (414, "<h1>Bad Message 414</h1><pre>reason: URI Too Long</pre>")


def test_an_address_and_headers_longer_than_16384_bytes_are_refused(org):
    assert org.send("GET", "limits", headers={"X-Long": "x" * 16_000, "X-More": "x" * 500}).status_code == 431


def test_long_requests_under_way_hold_up_another():
    """REST API Developer Guide, API request limits: 25 requests that last 20 seconds or longer."""
    database = Database()
    database.behaviour = replace(CALM, rate_limit=True, concurrent_limit=1)
    under_way = UnderWay()
    try:
        with under_way.one_more(database):
            with under_way.one_more(database):
                pass
            database.clock.set(database.clock.now() + timedelta(seconds=20))
            with pytest.raises(ApiError) as refused, under_way.one_more(database):
                pass
        assert refused.value.body()[0]["errorCode"] == "REQUEST_LIMIT_EXCEEDED"
        assert (refused.value.status, "ConcurrentRequests" in refused.value.message) == (403, True)
        with under_way.one_more(database):
            pass
    finally:
        database.close()


def test_requests_at_once_are_answered_one_by_one(org):
    statuses = []
    threads = [
        threading.Thread(target=lambda: statuses.append(org.send("GET", "limits").status_code)) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 4
