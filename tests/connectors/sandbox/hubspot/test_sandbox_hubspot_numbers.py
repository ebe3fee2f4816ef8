"""Numbers in requests: no digit of one is lost, and only JSON's numbers are numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from connectors.sandbox.dialect import Settings
from connectors.sandbox.hubspot import dialect

if TYPE_CHECKING:
    import requests
    from hubspot_account import Client

    from connectors.sandbox.database import Database
    from connectors.sandbox.hubspot.store import Store

DEALS = "/crm/v3/objects/deals"
JSON = {"Content-Type": "application/json"}


def arabic(text: str) -> str:
    """The number in Arabic-Indic digits, which Python reads as it reads ASCII's."""
    return text.translate({ord("0") + digit: 0x660 + digit for digit in range(10)})


def post(crm: Client, path: str, text: str) -> requests.Response:
    """The answer to a body that is sent as it is written here."""
    return crm.session.post(crm.url + path, data=text.encode(), headers=JSON, timeout=10)


def deal(crm: Client, *names: str, **properties: Any) -> Any:
    number = crm.create("deals", properties)
    return crm.get(f"{DEALS}/{number}?properties={','.join(names)}")["properties"]


@pytest.mark.parametrize("amount", ["123456789012345678.91", "5000.00", "0.1000000000000000055511151231257827"])
def test_a_json_number_is_kept_as_it_was_written(steady: Client, amount: str) -> None:
    """The sandbox's own choice, no recorded answer tells: a JSON number is kept like the same number in a string."""
    made = post(steady, DEALS, f'{{"properties": {{"amount": {amount}}}}}')
    assert (made.status_code, made.json()["properties"]["amount"]) == (201, amount)


def test_a_number_beyond_every_exponent_is_refused_as_a_value(steady: Client) -> None:
    made = post(steady, DEALS, '{"properties": {"amount": 1e9999999999999999999999}}')
    assert (made.status_code, made.json()["category"]) == (400, "VALIDATION_ERROR")


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
def test_what_json_has_no_number_for_is_refused(steady: Client, constant: str) -> None:
    """RFC 8259, 6: infinity and NaN are not permitted."""
    made = post(steady, "/crm/v3/objects/contacts", f'{{"properties": {{"firstname": {constant}}}}}')
    assert (made.status_code, "Invalid input JSON" in made.json()["message"]) == (400, True)


def test_a_fraction_is_no_whole_number(steady: Client) -> None:
    body = '{"name": "x", "label": "X", "groupName": "dealinformation", "type": "string", "fieldType": "text"'
    assert post(steady, "/crm/v3/properties/deals", f'{body}, "displayOrder": 1.5}}').status_code == 400


@pytest.mark.parametrize("amount", [arabic("56"), f"1{arabic('5')}", f"1e{arabic('5')}"])
def test_only_ascii_digits_are_a_number(steady: Client, amount: str) -> None:
    made = steady.send("POST", DEALS, {"properties": {"amount": amount}})
    assert (made.status_code, "INVALID_INTEGER" in made.text) == (400, True)


def test_only_ascii_digits_are_milliseconds(steady: Client) -> None:
    made = steady.send("POST", DEALS, {"properties": {"closedate": arabic("1700000000000")}})
    assert (made.status_code, "INVALID_LONG" in made.text) == (400, True)


@pytest.mark.parametrize("limit", ["1_0", arabic("5"), "+5", " 5"])
def test_a_limit_is_plain_digits(steady: Client, limit: str) -> None:
    assert steady.send("GET", DEALS, params={"limit": limit}).status_code == 400


def test_an_exchange_rate_is_plain_digits(steady: Client) -> None:
    body = {"fromCurrencyCode": "EUR", "conversionRate": arabic("1.2")}
    assert steady.send("POST", "/settings/v3/currencies/exchange-rates", body).status_code == 400


def test_an_amount_at_a_rate_keeps_every_digit(crm: Client) -> None:
    """No digit of money is rounded away, as it is none where the rate is one."""
    amount, doubled = "12345678901234567890123456789012345.67", "24691357802469135780246913578024691.34"
    rate = {"fromCurrencyCode": "EUR", "conversionRate": "2"}
    assert crm.send("POST", "/settings/v3/currencies/exchange-rates", rate).status_code < 300
    names = "amount_in_home_currency", "hs_closed_amount_in_home_currency"
    shown = deal(crm, *names, amount=amount, deal_currency_code="EUR", dealstage="closedwon")
    assert [shown[name] for name in names] == [doubled, doubled]


def test_a_line_items_amount_keeps_every_digit(crm: Client) -> None:
    """No digit of money is rounded away."""
    values = {"price": "12345678901234567890123456789012345.67", "quantity": "2", "discount": "0.01"}
    number = crm.create("line_items", values)
    shown = crm.get(f"/crm/v3/objects/line_items/{number}?properties=amount")["properties"]["amount"]
    assert shown == "24691357802469135780246913578024691.32"


def test_a_line_items_percentage_keeps_every_digit(crm: Client) -> None:
    values = {"price": "12345678901234567890123456789012345.67", "quantity": "1", "hs_discount_percentage": "50"}
    number = crm.create("line_items", values)
    shown = crm.get(f"/crm/v3/objects/line_items/{number}?properties=amount")["properties"]["amount"]
    assert shown == "6172839450617283945061728394506172.835"


@pytest.mark.parametrize(("written", "rate"), [("1.5E1", 15.0), ("5e-2", 0.05), ("2", 2.0)])
def test_an_exchange_rate_may_have_an_exponent(crm: Client, written: str, rate: float) -> None:
    """RFC 8259, 6: a number may have an exponent; clients in Python write 0.00005 as 5e-05."""
    body = f'{{"fromCurrencyCode": "EUR", "conversionRate": {written}}}'
    made = post(crm, "/settings/v3/currencies/exchange-rates", body)
    assert (made.ok, made.json()["conversionRate"]) == (True, rate)


def test_the_page_of_an_id_that_none_can_have_says_so(database: Database, store: Store) -> None:
    path = f"/contacts/{store.database.number}/record/0-3/{10**19 - 1}"
    found = dialect.find_page(database, Settings(), path, {})
    assert found is not None
    assert (found.status, str(10**19 - 1) in found.note) == (404, True)


def test_the_page_of_a_record_has_ascii_digits(database: Database, store: Store) -> None:
    path = f"/contacts/{store.database.number}/record/0-3/{arabic('5')}"
    assert dialect.find_page(database, Settings(), path, {}) is None


@pytest.mark.parametrize("side", ["before", "after"])
def test_a_list_page_from_an_id_that_none_can_have_is_shown(database: Database, store: Store, side: str) -> None:
    path = f"/contacts/{store.database.number}/objects/0-3/views/all/list"
    found = dialect.find_page(database, Settings(), path, {side: "9" * 30})
    assert found is not None
    assert found.status == 200
