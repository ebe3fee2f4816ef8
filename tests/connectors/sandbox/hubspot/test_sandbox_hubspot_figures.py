"""The figures that HubSpot reckons of a deal, in the form and at the time that recorded answers have them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from hubspot_account import Client

DEALS = "/crm/v3/objects/deals"


@pytest.mark.parametrize(
    ("stage", "shown"),
    [
        ("appointmentscheduled", "0.200000000000000011102230246251565404236316680908203125"),
        ("presentationscheduled", "0.59999999999999997779553950749686919152736663818359375"),
        ("decisionmakerboughtin", "0.8000000000000000444089209850062616169452667236328125"),
        ("contractsent", "0.90000000000000002220446049250313080847263336181640625"),
        ("closedwon", "1"),
        ("closedlost", "0"),
    ],
)
def test_a_probability_is_written_with_every_digit_of_its_double(steady: Client, stage: str, shown: str) -> None:
    """Recorded of each of these stages."""
    number = steady.create("deals", {"dealname": "d", "dealstage": stage})
    names = "hs_deal_stage_probability,hs_deal_stage_probability_shadow"
    values = steady.get(f"{DEALS}/{number}?properties={names}")["properties"]
    assert [values[name] for name in names.split(",")] == [shown, shown]


def test_a_weighted_amount_has_all_the_digits_of_both_factors(steady: Client) -> None:
    """Recorded: 1000000.0 in the first stage of the sales pipeline."""
    number = steady.create("deals", {"dealname": "d", "dealstage": "appointmentscheduled", "amount": "1000000.0"})
    names = "hs_projected_amount,hs_projected_amount_in_home_currency"
    values = steady.get(f"{DEALS}/{number}?properties={names}")["properties"]
    shown = "200000.0000000000111022302462515654042363166809082031250000000"
    assert [values[name] for name in names.split(",")] == [shown, shown]


def test_the_answer_to_a_creation_comes_before_the_weighted_amount_is_reckoned(steady: Client) -> None:
    """Recorded: a new deal of 1500.00 has the probability's shadow and not yet what follows from it."""
    body = {"dealname": "d", "dealstage": "contractsent", "amount": "1500.00", "closedate": "2023-12-07T16:50:06.678Z"}
    values = steady.send("POST", DEALS, {"properties": body}).json()["properties"]
    assert "hs_deal_stage_probability" not in values
    shown = {name: values[name] for name in values if name in RECORDED}
    assert shown == RECORDED


RECORDED = {
    "amount_in_home_currency": "1500.00",
    "days_to_close": "0",
    "hs_closed_amount": "0",
    "hs_closed_amount_in_home_currency": "0",
    "hs_closed_deal_close_date": "0",
    "hs_closed_deal_create_date": "0",
    "hs_closed_won_count": "0",
    "hs_days_to_close_raw": "0",
    "hs_deal_stage_probability_shadow": "0.90000000000000002220446049250313080847263336181640625",
    "hs_forecast_amount": "1500.00",
    "hs_is_closed": "false",
    "hs_is_closed_count": "0",
    "hs_is_closed_lost": "false",
    "hs_is_closed_won": "false",
    "hs_is_deal_split": "false",
    "hs_is_open_count": "1",
    "hs_open_amount_in_home_currency": "1500.00",
    "hs_projected_amount": "0",
    "hs_projected_amount_in_home_currency": "0",
}


def test_a_deal_tells_since_when_it_is_in_its_stage(crm: Client) -> None:
    """Recorded: both properties hold the instant of the last move, be it the creation."""
    number = crm.create("deals", {"dealname": "d", "dealstage": "appointmentscheduled"})
    names = "hs_v2_date_entered_current_stage,hs_v2_time_in_current_stage,createdate,hs_lastmodifieddate"
    created = crm.get(f"{DEALS}/{number}?properties={names}")["properties"]
    crm.send("PATCH", f"{DEALS}/{number}", {"properties": {"amount": "5"}})
    same = crm.get(f"{DEALS}/{number}?properties={names}")["properties"]
    crm.send("PATCH", f"{DEALS}/{number}", {"properties": {"dealstage": "contractsent"}})
    moved = crm.get(f"{DEALS}/{number}?properties={names}")["properties"]
    entered, since, _, _ = names.split(",")
    assert created[entered] == created[since] == created["createdate"] == same[entered]
    assert moved[entered] == moved[since] == moved["hs_lastmodifieddate"] > created[entered]


def test_a_merge_reckons_in_the_account_currency_as_a_write_does(crm: Client) -> None:
    """The currencies guide: an amount in the company's currency is the amount at the rate in force."""
    rate = {"fromCurrencyCode": "EUR", "conversionRate": 1.25, "effectiveAt": "2024-01-01T00:00:00Z"}
    assert crm.send("POST", "/settings/v3/currencies/exchange-rates", rate).status_code == 200
    values = {"dealname": "d", "amount": "10.00", "deal_currency_code": "EUR", "dealstage": "closedwon"}
    one, two = crm.create("deals", values), crm.create("deals", {"dealname": "e"})
    names = "amount_in_home_currency,hs_closed_amount_in_home_currency,hs_exchange_rate,hs_projected_amount"
    before = crm.get(f"{DEALS}/{one}?properties={names}")["properties"]
    merged = crm.send("POST", f"{DEALS}/merge", {"primaryObjectId": one, "objectIdToMerge": two}).json()
    after = crm.get(f"{DEALS}/{merged['id']}?properties={names}")["properties"]
    assert [after[name] for name in names.split(",")] == [before[name] for name in names.split(",")]
    assert after["amount_in_home_currency"] == "12.5"
