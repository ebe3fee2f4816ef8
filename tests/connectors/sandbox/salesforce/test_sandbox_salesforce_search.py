"""SOSL and the search resources: SOQL and SOSL Reference, REST API Developer Guide (Search)."""

from __future__ import annotations

import pytest

from connectors.sandbox.salesforce.sosl.parse import parse_search


@pytest.fixture
def found(org):
    """What a SOSL text finds, as the values of the first field of each record."""
    for name, phone in (("Acme West", "555-0100"), ("Acme East", None), ("Macme", None), ("Über GmbH", None)):
        org.create("Account", Name=name, **({"Phone": phone} if phone else {}))
    org.create("Contact", LastName="Smith", FirstName="Ann", Email="ann@acme.example")

    def search(text):
        answer = org.send("GET", "search", params={"q": text})
        assert answer.status_code == 200, answer.text
        records = answer.json()["searchRecords"]
        return [next(value for key, value in record.items() if key != "attributes") for record in records]

    return search


def error(org, text, path="search"):
    answer = org.send("GET", path, params={"q": text})
    assert answer.status_code == 400, answer.text
    return answer.json()[0]["errorCode"], answer.json()[0]["message"]


def test_a_word_is_found_as_a_word(found):
    assert found("FIND {acme} RETURNING Account(Name)") == ["Acme West", "Acme East"]


def test_words_beside_each_other_must_all_be_found(found):
    assert found("FIND {east acme} RETURNING Account(Name)") == ["Acme East"]


def test_a_phrase_keeps_its_order(found):
    assert found('FIND {"acme east"} RETURNING Account(Name)') == ["Acme East"]
    assert found('FIND {"east acme"} RETURNING Account(Name)') == []


def test_wildcards_stand_for_letters(found):
    assert found("FIND {ac*e} RETURNING Account(Name)") == ["Acme West", "Acme East"]
    assert found("FIND {m?cme} RETURNING Account(Name)") == ["Macme"]
    assert found("FIND {mac*} RETURNING Account(Name)") == ["Macme"]


def test_operators_join_words(found):
    assert found("FIND {west OR macme} RETURNING Account(Name)") == ["Acme West", "Macme"]
    assert found("FIND {acme AND NOT west} RETURNING Account(Name)") == ["Acme East"]
    assert found("FIND {acme AND (west OR east)} RETURNING Account(Name ORDER BY Name)") == ["Acme East", "Acme West"]


def test_capitals_beyond_ascii_are_found_too(found):
    assert found("FIND {über} RETURNING Account(Name)") == ["Über GmbH"]


def test_a_scope_limits_the_fields(found):
    assert found("FIND {0100} IN NAME FIELDS RETURNING Account(Name)") == []
    assert found("FIND {0100} IN PHONE FIELDS RETURNING Account(Name)") == ["Acme West"]
    assert found("FIND {acme} IN EMAIL FIELDS RETURNING Contact(LastName)") == ["Smith"]


def test_an_objects_records_are_filtered_ordered_and_cut_as_in_soql(found):
    text = "FIND {acme} RETURNING Account(Name WHERE Name != 'x)y' ORDER BY Name ASC LIMIT 1 OFFSET 1)"
    assert found(text) == ["Acme West"]


def test_objects_come_in_their_order_and_the_limit_is_of_all(found):
    text = "FIND {acme} RETURNING Contact(LastName), Account(Name) LIMIT 2"
    assert found(text) == ["Smith", "Acme West"]


def test_without_returning_every_object_tells_ids(found):
    assert [record_id[:3] for record_id in found("FIND {acme}")] == ["001", "001", "003"]


def test_an_escaped_character_is_itself(org, found):
    org.create("Account", Name="What? Ever")
    assert found(r"FIND {Wha\?} RETURNING Account(Name)") == []
    assert found(r"FIND {What\? ever} RETURNING Account(Name)") == ["What? Ever"]
    assert found(r'FIND {"What ever"} RETURNING Account(Name)') == ["What? Ever"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SELECT Id", "unexpected token: 'SELECT'"),
        ("FIND acme", "No search term found. The search term must be enclosed in braces."),
        ("FIND {acme", "No search term found. The search term must be enclosed in braces."),
        ("FIND {a}", "search term must be longer than one character: a"),
        ("FIND {acme} IN SOME FIELDS", "unexpected token: 'SOME'"),
        ("FIND {acme} RETURNING", "unexpected token: '<EOF>'"),
        ("FIND {acme} RETURNING Account()", "unexpected token: ')'"),
        ("FIND {acme} RETURNING Account(Name", "unexpected token: '<EOF>'"),
        ("FIND {acme} WITH NETWORK = '1'", "unexpected token: 'WITH'"),
        ("FIND {acme AND}", "unexpected token: '<EOF>'"),
        ("FIND {(acme}", "unexpected token: '<EOF>'"),
        ("FIND {acme} LIMIT x", "unexpected token: 'x'"),
    ],
)
def test_what_is_no_sosl_is_a_malformed_search(org, text, message):
    assert error(org, text) == ("MALFORMED_SEARCH", message)


def test_a_condition_that_is_no_soql_is_a_malformed_search(org):
    assert error(org, "FIND {acme} RETURNING Account(Name WHERE Name =)")[0] == "MALFORMED_SEARCH"


def test_an_object_that_cannot_be_searched_is_an_invalid_type(org):
    code, message = error(org, "FIND {acme} RETURNING OpportunityHistory(Id)")
    assert (code, message) == ("INVALID_TYPE", "entity type OpportunityHistory does not support search")


def test_before_version_37_the_results_are_a_bare_list(org):
    answer = org.send("GET", "/services/data/v36.0/search", params={"q": "FIND {acme}"})
    assert answer.json() == []


def test_parameters_say_the_same(org, found):
    query = {"q": "acme", "sobject": "Account", "Account.fields": "Name", "Account.where": "Name LIKE '%East'"}
    answer = org.send("GET", "parameterizedSearch", params=query)
    assert answer.status_code == 200, answer.text
    assert [record["Name"] for record in answer.json()["searchRecords"]] == found(
        "FIND {acme east} RETURNING Account(Name)"
    )
    body = {"q": "acme", "fields": ["Name"], "sobjects": [{"name": "Account", "limit": 1}], "in": "NAME"}
    assert len(org.send("POST", "parameterizedSearch", body).json()["searchRecords"]) == 1


def test_a_parameter_that_there_is_not_is_refused(org):
    answer = org.send("GET", "parameterizedSearch", params={"q": "acme", "snippet": "1"})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_SEARCH")


def test_suggestions_are_records_whose_name_starts_so(org, found):
    assert found("FIND {acme} RETURNING Account(Name LIMIT 1)")
    body = org.send("GET", "search/suggestions", params={"q": "Acm", "sobject": "Account", "limit": "1"}).json()
    assert ([each["Name"] for each in body["autoSuggestResults"]], body["hasMoreResults"]) == (["Acme West"], True)


def test_the_order_and_the_layout_of_results_are_told(org):
    assert org.send("GET", "search/scopeOrder").json()[0]["type"] == "Account"
    layout = org.send("GET", "search/layout", params={"q": "Account,Contact"}).json()[0]
    assert layout["searchColumns"][0]["name"] == "Name"


def test_the_parts_of_a_text():
    search = parse_search(
        "find {a\\}b} in Phone fields returning Task (Id, Subject order by Id desc limit 3), X limit 7"
    )
    first, second = search.returning
    assert (search.words, search.scope, search.limit) == ("a\\}b", "PHONE", 7)
    assert (first.name, first.fields, first.order, first.limit) == ("Task", "Id, Subject", "Id desc", 3)
    assert (second.name, second.fields) == ("X", "")
