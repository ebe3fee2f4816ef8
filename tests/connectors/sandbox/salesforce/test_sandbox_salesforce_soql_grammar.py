"""What is SOQL and what is not, and where Salesforce says a text goes wrong."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
import soql_texts
from hypothesis import HealthCheck, Phase, given, settings

from connectors.sandbox.salesforce.errors import ApiError
from connectors.sandbox.salesforce.soql.parse import parse_query

FOREIGN = Path(__file__).parents[3] / "foreign"
_QUICK = settings(
    max_examples=200, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), phases=[Phase.generate]
)


def refusal(soql):
    with pytest.raises(ApiError) as caught:
        parse_query(soql)
    return caught.value


@_QUICK
@given(soql_texts.well_formed)
def test_every_text_made_by_the_rules_of_the_language_is_read(soql):
    assert parse_query(soql)


@_QUICK
@given(soql_texts.damaged())
def test_a_damaged_text_is_read_or_refused_at_a_place(soql):
    error = None
    try:
        parse_query(soql)
    except ApiError as refused:
        error = refused
    assert error is None or (error.code == "MALFORMED_QUERY" and "ERROR at Row:" in error.message)


# The form of the messages: answers of real orgs in public issue threads and forums.
@pytest.mark.parametrize(
    ("soql", "column", "message"),
    [
        ("SELECT Id, FROM Account", 12, "unexpected token: 'FROM'"),
        ("SELECT Id FROM", 15, "unexpected token: '<EOF>'"),
        ("SELECT Id FROM Account WHERE Name = 'a' AND Site = 'b' OR Site = 'c'", 56, "unexpected token: 'OR'"),
        ("SELECT Id FROM Account WHERE Name = 'a' AND NOT Site = 'b'", 45, "unexpected token: 'NOT'"),
        ("SELECT Id FROM Account WHERE (Name = 'a'", 41, "expecting a right parentheses, found '<EOF>'"),
        ("SELECT COUNT(Id FROM Account", 17, "expecting a right parentheses, found 'FROM'"),
        ("SELECT Id FROM Account WHERE Name = 'a", 37, "line 1:36 mismatched character '<EOF>' expecting '''"),
        ("SELECT Id FROM Account WHERE Name = %", 37, "line 1:36 no viable alternative at character '%'"),
        ("SELECT Id FROM Account WHERE Name = :a", 37, "Bind variables only allowed in Apex code"),
        ("SELECT Id FROM Account ALL ROWS", 24, "ALL ROWS not allowed in this context"),
        ("SELECT Id FROM Account LIMIT -1", 30, "unexpected token: '-1'"),
        ("SELECT Id FROM Account WHERE Name = foo", 37, "unexpected token: 'foo'"),
        ("SELECT Id FROM Account WHERE Name IN 'a'", 38, "unexpected token: ''a''"),
        ("SELECT NOSUCH(Id) FROM Account", 8, "unexpected token: 'NOSUCH'"),
        ("SELECT FIELDS(SOME) FROM Account", 15, "unexpected token: 'SOME'"),
        ("SELECT Id FROM Account group", 24, "unexpected token: '<EOF>'"),
    ],
)
def test_a_refusal_names_its_place_and_what_stood_there(soql, column, message):
    error = refusal(soql)
    assert error.code == "MALFORMED_QUERY"
    place = column if "<EOF>" not in message or "mismatched" in message else len(soql) + 1
    assert error.message.endswith(f"ERROR at Row:1:Column:{place}\n{message}")


def test_the_caret_stands_under_the_place_in_its_row():
    error = refusal("SELECT Id\nFROM Account\nWHERE Name = = 'a'")
    _, line, caret, place, _ = error.message.split("\n")
    assert (line, caret.index("^"), place) == ("WHERE Name = = 'a'", 13, "ERROR at Row:3:Column:14")


@pytest.mark.parametrize(
    "soql",
    [
        "SELECT TYPEOF What WHEN Account THEN Phone WHEN Opportunity THEN Amount ELSE Name END, Id FROM Event",
        "SELECT count() FROM Contact c, c.Account a WHERE a.name = 'x'",
        "SELECT a, GROUPING(a) FROM B GROUP BY CUBE(a, CALENDAR_YEAR(c)) HAVING COUNT(Id) > 1 ORDER BY GROUPING(a)",
        "SELECT Id FROM A WHERE DISTANCE(b, GEOLOCATION(37.775,-122.418), 'mi') < 20",
        "SELECT Id FROM A USING SCOPE mine WHERE b INCLUDES ('x;y', 'z') WITH SECURITY_ENFORCED LIMIT 1 OFFSET 2",
        "SELECT Title FROM Q WITH DATA CATEGORY G__c ABOVE_OR_BELOW (e__c, f__c) AND P__c AT All__c",
        "SELECT Id FROM A WHERE b > USD5000.50 AND c = LAST_N_DAYS : 5 AND d = 01:02:03.000Z",
        "SELECT Id FROM A FOR VIEW FOR REFERENCE UPDATE TRACKING, VIEWSTAT",
        "select Group, Order from Limit where View = 5 order by Limit",
    ],
)
def test_the_language_of_the_reference_is_read(soql):
    assert parse_query(soql)


# Where the public grammars differ from the SOQL and SOSL Reference, and the sandbox keeps to the reference.
REFERENCE_TAKES = ("OFFSET 2", "c.Account a", "01:02:03", "UPDATE", "WITH UserId")
REFERENCE_REFUSES = (
    "NOT NOT ", "AND NOT ", "ORDER ORDER", "GROUP GROUP", "OFFSET OFFSET", "OFFSET FOR", "LIMIT LIMIT",
)  # fmt: skip


@pytest.mark.skipif(
    not shutil.which("node") or not (FOREIGN / "node_modules" / "@jetstreamapp").exists(),
    reason="needs the npm packages of tests/foreign",
)
def test_texts_that_both_public_grammars_refuse_are_refused_and_those_that_both_take_are_read():
    texts: set[str] = set()

    @settings(_QUICK, max_examples=500)
    @given(soql_texts.well_formed | soql_texts.damaged())
    def gather(soql):
        texts.add(soql)

    gather()
    asked = sorted(texts)
    lines = "".join(json.dumps(soql) + "\n" for soql in asked)
    command = [shutil.which("node"), "soql.mjs"]
    done = subprocess.run(command, cwd=FOREIGN, input=lines, capture_output=True, text=True, timeout=300, check=True)
    for soql, line in zip(asked, done.stdout.splitlines(), strict=True):
        answer = json.loads(line)
        try:
            parse_query(soql)
        except ApiError:
            if all(answer.values()):
                assert any(known in soql for known in REFERENCE_REFUSES), soql
        else:
            if not any(answer.values()):
                assert any(known in soql for known in REFERENCE_TAKES), soql
