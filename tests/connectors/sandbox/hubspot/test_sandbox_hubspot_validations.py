"""Validation rules: set for a property, and enforced under the paths from 2026-09 on (guide; changelog)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from connectors.sandbox.hubspot.definitions.rules import KINDS

if TYPE_CHECKING:
    from hubspot_account import Client

RULES = "/crm/v3/property-validations/0-3"


def rule(crm: Client, name: str, kind: str, *arguments: str) -> None:
    path = f"{RULES}/{name}/rule-type/{kind}"
    answer = crm.send("PUT", path, {"ruleArguments": list(arguments)})
    assert answer.status_code == 204, answer.text


def test_a_rule_is_set_read_and_replaced(crm: Client) -> None:
    rule(crm, "amount", "MIN_NUMBER", "0")
    rule(crm, "amount", "MIN_NUMBER", "10")
    rule(crm, "dealname", "MAX_LENGTH", "20")
    found = crm.get(RULES)["results"]
    assert [each["propertyName"] for each in found] == ["amount", "dealname"]
    [own] = crm.get("/crm/property-validations/2026-03/deals/amount")["results"]
    assert (own["ruleType"], own["ruleArguments"], own["shouldApplyNormalization"]) == ("MIN_NUMBER", ["10"], False)
    assert crm.get(f"{RULES}/amount/rule-type/MIN_NUMBER") == own
    assert crm.send("GET", f"{RULES}/amount/rule-type/MAX_NUMBER").status_code == 404


@pytest.mark.parametrize(
    ("name", "kind", "arguments"),
    [
        ("amount", "MIN_LENGTH", ["1"]),
        ("dealname", "MIN_NUMBER", ["1"]),
        ("amount", "MIN_NUMBER", ["much"]),
        ("amount", "MIN_NUMBER", []),
        ("amount", "DECIMAL", ["21"]),
        ("dealname", "REGEX", ["(", "x"]),
        ("dealname", "EVERYTHING", []),
        ("nothing", "MIN_NUMBER", ["1"]),
    ],
)
def test_a_rule_that_does_not_fit_is_refused(steady: Client, name: str, kind: str, arguments: list[str]) -> None:
    answer = steady.send("PUT", f"{RULES}/{name}/rule-type/{kind}", {"ruleArguments": arguments})
    assert answer.status_code in {400, 404}


def test_a_write_under_the_later_path_is_held_to_the_rules(crm: Client) -> None:
    rule(crm, "amount", "MIN_NUMBER", "10")
    body = {"properties": {"dealname": "A", "amount": "5"}}
    late = crm.send("POST", "/crm/objects/2026-09/deals", body)
    assert (late.status_code, late.json()["category"]) == (400, "VALIDATION_ERROR")
    assert crm.send("POST", "/crm/v3/objects/deals", body).status_code == 201
    assert crm.send("POST", "/crm/objects/2026-03/deals", body).status_code == 201


def test_a_record_that_breaks_a_rule_is_refused_a_change_of_another_field(crm: Client) -> None:
    number = crm.create("deals", {"dealname": "A", "amount": "5"})
    rule(crm, "amount", "MIN_NUMBER", "10")
    change = {"properties": {"dealname": "B"}}
    assert crm.send("PATCH", f"/crm/objects/2026-09/deals/{number}", change).status_code == 400
    assert crm.send("PATCH", f"/crm/v3/objects/deals/{number}", change).status_code == 200
    whole = {"properties": {"dealname": "C", "amount": "12"}}
    assert crm.send("PATCH", f"/crm/objects/2026-09/deals/{number}", whole).status_code == 200


NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "arguments", "good", "bad"),
    [
        ("AFTER_DURATION", ["P1M"], "2026-02-28", "2026-02-27"),
        ("AFTER_DATETIME_DURATION", ["P1D"], "2026-02-01T12:00:00.000Z", "2026-02-01T11:59:59.000Z"),
        ("ALPHANUMERIC", ["NUMERIC_ONLY"], "123", "12a"),
        ("ALPHANUMERIC", ["ALPHA_ONLY"], "abc", "a1"),
        ("BEFORE_DURATION", ["P30D"], "2026-01-01", "2026-01-02"),
        ("DAYS_OF_WEEK", ["MONDAY"], "2026-02-02", "2026-02-03"),
        ("DECIMAL", ["2"], "1.250", "1.255"),
        ("DOMAIN", [], "a.example.com", "a example"),
        ("EMAIL", [], "a@b.com", "a@b"),
        ("EMAIL_ALLOWED_DOMAINS", ["b.com"], "a@b.com", "a@c.com"),
        ("EMAIL_BLOCKED_DOMAINS", ["b.com"], "a@c.com", "a@b.com"),
        ("END_DATE", ["1640995200000"], "2022-01-01", "2022-01-02"),
        ("START_DATE", ["1640995200000"], "2022-01-01", "2021-12-31"),
        ("FORMAT", ["UPPER"], "ABC", "Abc"),
        ("FORMAT", ["CAPITALIZATION"], "Big Deal", "big Deal"),
        ("MAX_LENGTH", ["3"], "abc", "abcd"),
        ("MIN_LENGTH", ["3"], "abc", "ab"),
        ("MAX_NUMBER", ["99.99"], "99.990", "99.991"),
        ("MIN_NUMBER", ["-10.5"], "-10.5", "-10.51"),
        ("PHONE_NUMBER_WITH_EXPLICIT_COUNTRY_CODE", ["us"], "+1 415 555 0100", "+49 30 555 0100"),
        ("REGEX", ["^[A-Z]+$", "Must be uppercase"], "ABC", "abc"),
        ("SPECIAL_CHARACTERS", ["NOT_ALLOWED"], "plain 1", "a+b"),
        ("URL", [], "https://example.com/x", "not a url"),
        ("URL_ALLOWED_DOMAINS", ["hubspot.com"], "https://app.hubspot.com", "https://hubspot.com.evil.com"),
        ("WHITESPACE", [], "ab", "a b"),
        ("WHITESPACE", ["TRIM"], "a b", " a"),
    ],
)
def test_each_kind_of_rule_tells_good_values_from_bad(kind: str, arguments: list[str], good: str, bad: str) -> None:
    rule_kind: Any = KINDS[kind]
    assert rule_kind.takes(arguments)
    assert [rule_kind.accepts(value, arguments, NOW) for value in (good, bad)] == [True, False]
