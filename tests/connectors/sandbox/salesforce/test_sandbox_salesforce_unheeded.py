"""Nothing is accepted and ignored in silence: what has no effect here is logged as not emulated."""

from __future__ import annotations

import pytest
from salesforce_org import VERSION


@pytest.fixture
def said(caplog):
    """What was logged as not emulated so far."""
    caplog.set_level("INFO", logger="connectors.sandbox")
    return lambda: [text for text in caplog.messages if text.startswith("not emulated: ")]


def composite(org, **request):
    full = {"method": "GET", "referenceId": "a", **request}
    return org.send("POST", "composite", {"compositeRequest": [full]}).json()["compositeResponse"][0]


def test_a_query_parameter_that_nothing_reads_is_logged_once(org, said):
    for _ in range(2):
        answer = org.send("GET", "query", params={"q": "SELECT Id FROM Account", "foo": "1"})
        assert answer.status_code == 200
    assert said() == ["not emulated: GET /query: parameter foo is ignored"]


def test_query_parameters_that_are_read_are_not_logged(org, said):
    org.send("GET", "query", params={"q": "SELECT Id FROM Account", "columns": "false"})
    org.send("GET", "parameterizedSearch", params={"q": "Acme", "sobject": "Account", "Account.fields": "Id"})
    org.send("GET", "recent", params={"limit": "2"})
    org.send("GET", "jobs/ingest", params={"jobType": "V2Ingest"})
    path = f"sobjects/Account/Id/{org.create('Account', Name='Acme')}?updateOnly=true"
    assert org.send("PATCH", path, {"Name": "Ajax"}).status_code == 200
    assert said() == []


def test_a_query_parameter_of_a_subrequest_is_logged_too(org, said):
    assert composite(org, url=f"{VERSION}/sobjects/Account?foo=1")["httpStatusCode"] == 200
    assert said() == ["not emulated: GET /sobjects/{object}: parameter foo is ignored"]


def test_a_header_of_a_subrequest_is_logged_as_that_of_a_request_is(org, said):
    composite(org, url=f"{VERSION}/sobjects", httpHeaders={"Sforce-Nonsense": "1", "Sforce-Mru": "x"})
    assert said() == ["not emulated: header sforce-nonsense"]


def test_an_unknown_resource_of_a_subrequest_is_logged(org, said):
    assert composite(org, url=f"{VERSION}/nonsense")["httpStatusCode"] == 404
    assert said() == [f"not emulated: GET {VERSION}/nonsense"]
