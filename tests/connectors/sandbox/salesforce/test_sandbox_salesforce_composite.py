"""Requests that hold requests: composite, batch, graph and tree. Source: REST API Developer Guide, Composite."""

from __future__ import annotations

import pytest

ROOT = "/services/data/v59.0"
ROLLED_BACK = "The transaction was rolled back since another operation in the same transaction failed."


def sub(reference, method="POST", path="sobjects/Account", body=None, **more):
    request = {"method": method, "url": f"{ROOT}/{path}", "referenceId": reference, **more}
    return request if body is None else {**request, "body": body}


def composite(org, *requests, version="v59.0", **more):
    return org.send("POST", f"/services/data/{version}/composite", {"compositeRequest": list(requests), **more})


def results(org, *requests, **more):
    answer = composite(org, *requests, **more)
    assert answer.status_code == 200, answer.text
    return answer.json()["compositeResponse"]


def accounts(org):
    return org.query("SELECT COUNT() FROM Account")["totalSize"]


def test_a_subrequest_answers_with_its_headers_status_and_body(org):
    made = results(org, sub("ref", body={"Name": "Acme"}))[0]
    assert set(made) == {"body", "httpHeaders", "httpStatusCode", "referenceId"}
    assert made["httpHeaders"]["Location"] == f"{ROOT}/sobjects/Account/{made['body']['id']}"
    assert (made["httpStatusCode"], made["referenceId"], made["body"]["errors"]) == (201, "ref", [])


def test_references_reach_into_lists_urls_and_other_types(org):
    org.create("Account", Name="Acme", NumberOfEmployees=7)
    found = results(
        org,
        sub("q", "GET", "query?q=SELECT+Id,Name,NumberOfEmployees+FROM+Account"),
        sub(
            "new", body={"Name": "Like @{q.records[0].Name}", "NumberOfEmployees": "@{q.records[0].NumberOfEmployees}"}
        ),
        sub("old", "GET", "sobjects/Account/@{q.records[0].Id}?fields=Name"),
        sub("copy", "GET", "sobjects/Account/@{new.id}"),
    )
    assert found[2]["body"]["Name"] == "Acme"
    assert (found[3]["body"]["Name"], found[3]["body"]["NumberOfEmployees"]) == ("Like Acme", 7)


def test_what_depends_on_a_failure_is_halted_and_the_rest_runs(org):
    found = results(
        org,
        sub("bad", body={"Site": "x"}),
        sub("contact", path="sobjects/Contact", body={"LastName": "L", "AccountId": "@{bad.id}"}),
        sub("good", body={"Name": "Acme"}),
    )
    assert [each["httpStatusCode"] for each in found] == [400, 400, 201]
    assert found[0]["body"][0]["errorCode"] == "REQUIRED_FIELD_MISSING"
    assert found[1]["body"][0]["errorCode"] == "PROCESSING_HALTED"
    assert found[1]["body"][0]["message"].startswith("Invalid reference specified. No value for bad.id found in bad.")


def test_all_or_none_undoes_everything_and_says_why(org):
    requests = [sub("one", body={"Name": "Acme"}), sub("two", body={"Site": "x"}), sub("three", body={"Name": "B"})]
    found = results(org, *requests, allOrNone=True)
    assert [each["httpStatusCode"] for each in found] == [400, 400, 400]
    assert found[0]["body"] == [{"errorCode": "PROCESSING_HALTED", "message": ROLLED_BACK}] == found[2]["body"]
    assert found[1]["body"][0]["errorCode"] == "REQUIRED_FIELD_MISSING"
    assert accounts(org) == 0


def test_a_strict_collection_undoes_a_strict_composite(org):
    # "allOrNone Parameters in Composite and Collections Requests"
    rows = [{"attributes": {"type": "Account"}, "Name": "A"}, {"attributes": {"type": "Account"}}]
    for strict, left in ((False, 2), (True, 0)):
        body = {"allOrNone": strict, "records": rows}
        requests = [sub("one", body={"Name": "Acme"}), sub("many", path="composite/sobjects", body=body)]
        results(org, *requests, allOrNone=True)
        assert accounts(org) == left
        for record in org.values("SELECT Id FROM Account"):
            org.send("DELETE", f"sobjects/Account/{record}")


def test_a_null_is_a_value_since_version_52(org):
    # "Behavior for References to Null Fields"
    account = org.create("Account", Name="Acme")
    requests = [
        sub("old", "GET", f"sobjects/Account/{account}?fields=Name,Site"),
        sub("new", body={"Name": "B", "Site": "@{old.Site}"}),
    ]
    assert results(org, *requests)[1]["httpStatusCode"] == 201
    assert results(org, *requests, version="v51.0")[1]["body"][0]["errorCode"] == "PROCESSING_HALTED"


def test_an_illegal_reference_id_fails_the_request_since_version_52(org):
    # "Illegal Characters in Reference IDs"
    request = sub("ref[1]", body={"Name": "Acme"})
    refused = composite(org, request)
    assert (refused.status_code, refused.json()[0]["errorCode"]) == (400, "JSON_PARSER_ERROR")
    assert refused.json()[0]["message"].startswith("Provided referenceId ('ref[1]') must start with a letter")
    assert results(org, request, version="v51.0")[0]["httpStatusCode"] == 201


@pytest.mark.parametrize(
    "request_",
    [
        sub("a", "post"),
        sub("a", httpHeaders={"Authorization": "x"}),
        sub("a", httpHeaders={"accept": "x"}),
        sub("a", unknown=1),
        {"method": "GET", "url": f"{ROOT}/limits"},
    ],
)
def test_a_subrequest_of_another_form_is_refused(org, request_):
    assert composite(org, request_).status_code == 400


def test_a_composite_has_25_subrequests_of_which_5_query(org):
    many = [sub(f"r{number}", "GET", "sobjects/Account/describe") for number in range(26)]
    assert composite(org, *many).status_code == 400
    queries = [sub(f"r{number}", "GET", "query?q=SELECT+Id+FROM+Account") for number in range(6)]
    assert composite(org, *queries).status_code == 400
    assert [each["httpStatusCode"] for each in results(org, *queries[:5])] == [200] * 5


def test_a_composite_in_a_composite_is_not_there(org):
    found = results(org, sub("in", path="composite", body={"compositeRequest": []}), sub("l", "GET", "limits"))
    assert [(each["httpStatusCode"], each["body"][0]["errorCode"]) for each in found] == [(404, "NOT_FOUND")] * 2


def test_the_composite_resources_are_listed(org):
    # Get a List of Composite Resources
    listed = org.send("GET", "composite").json()
    assert listed == {name: f"{ROOT}/composite/{name}" for name in ("tree", "batch", "sobjects", "graph")}


@pytest.mark.parametrize("url", ["http://[", "", "/services/data/v59.0", "/services/data/vXX/query", "//", "%00"])
def test_a_url_that_is_none_leads_to_nothing(org, url):
    found = results(org, {"method": "GET", "url": url, "referenceId": "a"})
    assert found[0]["httpStatusCode"] == 404
    assert graph(org, nodes("1", {"method": "GET", "url": url, "referenceId": "a"})).status_code == 400


# Batch


def batch(org, *requests, **more):
    return org.send("POST", "composite/batch", {"batchRequests": list(requests), **more})


def test_a_batch_answers_each_by_itself(org):
    account = org.create("Account", Name="Acme")
    url = f"v59.0/sobjects/Account/{account}"
    body = batch(
        org,
        {"method": "PATCH", "url": url, "richInput": {"Name": "New"}},
        {"method": "GET", "url": f"{url}?fields=Name"},
        {"method": "GET", "url": "v59.0/limits"},
        {"method": "POST", "url": "v58.0/sobjects/Account", "richInput": {}},
        {"method": "GET", "url": "v59.0/composite"},
    ).json()
    assert body["hasErrors"] is True
    assert [each["statusCode"] for each in body["results"]] == [204, 200, 200, 400, 404]
    assert (body["results"][0]["result"], body["results"][1]["result"]["Name"]) == (None, "New")


def test_a_batch_halts_on_an_error_where_asked_to(org):
    bad = {"method": "POST", "url": "v59.0/sobjects/Account", "richInput": {"Site": "x"}}
    good = {"method": "POST", "url": "v59.0/sobjects/Account", "richInput": {"Name": "x"}}
    body = batch(org, good, bad, good, haltOnError=True).json()
    assert [each["statusCode"] for each in body["results"]] == [201, 400, 412]
    assert body["results"][2]["result"][0]["errorCode"] == "BATCH_PROCESSING_HALTED"
    assert accounts(org) == 1
    assert batch(org, bad, good).json()["results"][1]["statusCode"] == 201


def test_a_batch_of_a_later_version_or_of_26_is_refused_whole(org):
    good = {"method": "POST", "url": "v59.0/sobjects/Account", "richInput": {"Name": "x"}}
    assert batch(org, good, {**good, "url": "v60.0/sobjects/Account"}).status_code == 400
    assert batch(org, good, {**good, "method": "FETCH"}).status_code == 400
    assert batch(org, *[good] * 26).status_code == 400
    assert accounts(org) == 0


def test_each_subrequest_of_a_batch_counts_and_a_composite_counts_once(org):
    def used():
        answer = org.send("GET", "sobjects/Account/describe").headers["Sforce-Limit-Info"]
        return int(answer.removeprefix("api-usage=").partition("/")[0])

    before = used()
    batch(org, *[{"method": "GET", "url": "v59.0/limits"}] * 4)
    between = used()
    results(org, *[sub(f"r{number}", "GET", "sobjects/Account/describe") for number in range(4)])
    assert (between - before - 1, used() - between - 1) == (4, 1)


# Graph


def graph(org, *graphs):
    return org.send("POST", "composite/graph", {"graphs": list(graphs)})


def nodes(name, *requests):
    return {"graphId": name, "compositeRequest": list(requests)}


def test_a_graph_is_undone_alone(org):
    contact = {"LastName": "L", "AccountId": "@{a.id}"}
    answer = graph(
        org,
        nodes("1", sub("a", body={"Name": "A"}), sub("c", path="sobjects/Contact", body=contact)),
        nodes("2", sub("a", body={"Name": "B"}), sub("c", path="sobjects/Contact", body={"AccountId": "@{a.id}"})),
    )
    first, second = answer.json()["graphs"]
    assert (first["graphId"], first["isSuccessful"], second["isSuccessful"]) == ("1", True, False)
    assert [each["httpStatusCode"] for each in first["graphResponse"]["compositeResponse"]] == [201, 201]
    halted, failed = second["graphResponse"]["compositeResponse"]
    assert halted["body"] == [{"errorCode": "PROCESSING_HALTED", "message": ROLLED_BACK}]
    assert failed["body"][0]["errorCode"] == "REQUIRED_FIELD_MISSING"
    assert org.values("SELECT Name FROM Account") == ["A"]


def test_after_14_failed_graphs_the_rest_is_not_begun(org):
    graphs = [nodes(str(number), sub("a", body={})) for number in range(14)]
    answer = graph(org, *graphs, nodes("last", sub("a", body={"Name": "A"}))).json()
    assert answer["graphs"][-1]["isSuccessful"] is False
    assert accounts(org) == 0


def test_the_size_of_a_graph_request_is_limited(org):
    node = sub("a", body={"Name": "A"})
    many = [sub(f"r{number}", body={"Name": "A"}) for number in range(501)]
    chain = [sub("r0", body={"Name": "A"})] + [
        sub(f"r{number}", body={"Name": "A", "ParentId": f"@{{r{number - 1}.id}}"}) for number in range(1, 16)
    ]
    assert graph(org, *[nodes(str(number), node) for number in range(76)]).status_code == 400
    assert graph(org, nodes("1", *many)).status_code == 400
    assert graph(org, nodes("1", *chain)).status_code == 400
    assert graph(org, nodes("1", *chain[:15])).json()["graphs"][0]["isSuccessful"] is True
    assert graph(org, nodes("1", sub("q", "GET", "query?q=SELECT+Id+FROM+Account"))).status_code == 400
    assert graph(org, nodes("1", node), nodes("1", node)).status_code == 400


# Tree


def record(kind, reference, **fields):
    return {"attributes": {"type": kind, "referenceId": reference}, **fields}


def tree(org, *records, kind="Account"):
    return org.send("POST", f"composite/tree/{kind}", {"records": list(records)})


def test_a_tree_is_made_with_its_children_and_answers_roots_first(org):
    contacts = {"records": [record("Contact", "ref2", LastName="S"), record("Contact", "ref3", LastName="E")]}
    answer = tree(org, record("Account", "ref1", name="A", Contacts=contacts), record("Account", "ref4", name="B"))
    assert (answer.status_code, answer.json()["hasErrors"]) == (201, False)
    assert [each["referenceId"] for each in answer.json()["results"]] == ["ref1", "ref4", "ref2", "ref3"]
    owner = answer.json()["results"][0]["id"]
    assert org.values(f"SELECT LastName FROM Contact WHERE AccountId = '{owner}' ORDER BY LastName") == ["E", "S"]


def test_a_tree_is_made_whole_or_not_at_all_and_names_only_the_refused(org):
    bad = {"records": [record("Contact", "ref2", LastName="S", Email="123"), record("Contact", "ref3", LastName="E")]}
    answer = tree(org, record("Account", "ref1", Name="A", Contacts=bad))
    assert answer.status_code == 400
    error = {"statusCode": "INVALID_EMAIL_ADDRESS", "message": "Email: invalid email address: 123", "fields": ["Email"]}
    assert answer.json() == {"hasErrors": True, "results": [{"referenceId": "ref2", "errors": [error]}]}
    assert accounts(org) == 0


def test_a_tree_without_reference_ids_is_refused(org):
    answer = tree(org, {"attributes": {"type": "Account"}, "Name": "A"})
    assert answer.json() == [
        {"message": "Include a reference ID for each record in the request.", "errorCode": "INVALID_INPUT"}
    ]


def test_a_tree_has_200_records_on_5_levels(org):
    assert tree(org, *[record("Account", f"r{number}", Name="A") for number in range(201)]).status_code == 400
    deep = record("Account", "r0", Name="A")
    for number in range(1, 6):
        deep = record("Account", f"r{number}", Name="A", ChildAccounts={"records": [deep]})
    assert tree(org, deep).status_code == 400
    assert tree(org, deep["ChildAccounts"]["records"][0]).status_code == 201
    assert tree(org, record("Account", "same", Name="A"), record("Account", "same", Name="B")).status_code == 400
    assert tree(org, record("Contact", "r", LastName="A")).status_code == 400
