"""The account's settings: users, roles, teams, currencies with their rates, and the paths of older clients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from hubspot_account import Client

USERS = "/settings/v3/users"
RATES = "/settings/v3/currencies/exchange-rates"


def test_a_new_user_is_an_owner_and_a_record(crm: Client) -> None:
    [east, west] = crm.get(f"{USERS}/teams")["results"]
    body = {"email": "new@sandbox.example", "firstName": "Nia", "primaryTeamId": east["id"], "roleId": "2"}
    made = crm.send("POST", USERS, {**body, "secondaryTeamIds": [west["id"]], "sendWelcomeEmail": True})
    assert made.status_code == 201, made.text
    user = made.json()
    assert (user["roleIds"], user["superAdmin"], user["sendWelcomeEmail"]) == (["2"], False, True)
    [owner] = crm.get("/crm/v3/owners?email=new@sandbox.example")["results"]
    assert (str(owner["userId"]), [each["primary"] for each in owner["teams"]]) == (user["id"], [True, False])
    assert crm.found("users", {"propertyName": "hs_email", "operator": "EQ", "value": "new@sandbox.example"})
    assert crm.create("deals", {"hubspot_owner_id": owner["id"]})
    teams = {each["name"]: each for each in crm.get(f"{USERS}/teams")["results"]}
    assert (user["id"] in teams["East"]["userIds"], teams["West"]["secondaryUserIds"]) == (True, [user["id"]])


def test_a_user_is_found_by_number_or_address_changed_and_removed(crm: Client) -> None:
    by_mail = f"{USERS}/ann@sandbox.example?idProperty=EMAIL"
    assert crm.get(by_mail)["id"] == "900"
    assert crm.send("PUT", f"{USERS}/900", {"roleId": "1"}).json()["superAdmin"] is True
    assert crm.send("DELETE", by_mail).status_code == 204
    assert crm.send("GET", f"{USERS}/900").status_code == 404
    assert crm.get("/crm/v3/owners/70?archived=true")["userId"] is None


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"email": "no address"}, 400),
        ({"email": "ANN@sandbox.example"}, 409),
        ({"email": None}, 400),
        ({"roleId": "99"}, 400),
        ({"primaryTeamId": "99"}, 400),
    ],
)
def test_a_wrong_user_is_refused(crm: Client, wrong: dict[str, Any], status: int) -> None:
    answer = crm.send("POST", USERS, {"email": "x@sandbox.example", **wrong})
    assert answer.status_code == status
    assert len(crm.get(USERS)["results"]) == 2


def test_the_roles_of_the_account_are_listed(steady: Client) -> None:
    assert {"id", "name", "requiresBillingWrite"} == set(steady.get(f"{USERS}/roles")["results"][0])


def test_a_rate_makes_a_currency_that_deals_can_have(crm: Client) -> None:
    deal = {"properties": {"deal_currency_code": "EUR"}}
    assert crm.send("POST", "/crm/v3/objects/deals", deal).status_code == 400
    made = crm.send("POST", RATES, {"fromCurrencyCode": "EUR", "conversionRate": 1.0812345})
    assert made.status_code == 200, made.text
    assert (made.json()["conversionRate"], made.json()["toCurrencyCode"]) == (1.081235, "USD")
    assert crm.send("POST", "/crm/v3/objects/deals", deal).status_code == 201
    assert crm.get("/account-info/v3/details")["additionalCurrencies"] == ["EUR"]


def test_the_rate_in_force_is_the_latest_that_has_begun(crm: Client) -> None:
    for rate, day in (("1.1", "2024-01-01"), ("1.2", "2024-06-01"), ("1.3", "2999-01-01")):
        body = {"fromCurrencyCode": "EUR", "conversionRate": rate, "effectiveAt": f"{day}T00:00:00Z"}
        assert crm.send("POST", RATES, body).status_code == 200
    assert [each["conversionRate"] for each in crm.get(f"{RATES}/current")["results"]] == [1.2]
    page = crm.get(f"{RATES}?limit=2")
    assert (len(page["results"]), page["paging"]["next"]["after"]) == (2, "3")
    first = page["results"][0]
    changed = crm.send("PATCH", f"/settings/currencies/2026-03/exchange-rates/{first['id']}", {"conversionRate": 1.15})
    assert changed.json()["conversionRate"] == 1.15
    assert crm.get(f"{RATES}/{first['id']}")["conversionRate"] == 1.15


@pytest.mark.parametrize(
    "wrong",
    [{"fromCurrencyCode": "XXX"}, {"fromCurrencyCode": "USD"}, {"conversionRate": 0}, {"conversionRate": "much"}],
)
def test_a_wrong_rate_is_refused(steady: Client, wrong: dict[str, Any]) -> None:
    answer = steady.send("POST", RATES, {"fromCurrencyCode": "EUR", "conversionRate": "1.1", **wrong})
    assert answer.status_code == 400


def test_the_company_currency_is_changed_while_it_is_the_only_one(crm: Client) -> None:
    path = "/settings/v3/currencies/company-currency"
    assert crm.get(path)["currencyCode"] == "USD"
    assert crm.send("PUT", path, {"currencyCode": "EUR"}).json()["currencyCode"] == "EUR"
    crm.send("POST", RATES, {"fromCurrencyCode": "GBP", "conversionRate": "1.2"})
    assert crm.send("PUT", path, {"currencyCode": "USD"}).status_code == 400


def test_older_clients_learn_of_the_account_under_their_own_paths(steady: Client) -> None:
    me = steady.get("/integrations/v1/me")
    assert (me["portalId"], me["currency"]) == (steady.database.number, "USD")
    [limit] = steady.get("/integrations/v1/limit/daily")
    assert (limit["name"], isinstance(limit["resetsAt"], int)) == ("api-calls-daily", True)


def test_a_deal_of_another_currency_is_worth_its_amount_at_the_rate(crm: Client) -> None:
    crm.send("POST", RATES, {"fromCurrencyCode": "EUR", "conversionRate": "1.1"})
    deal = {"amount": "10.00", "deal_currency_code": "EUR", "dealstage": "closedwon"}
    number = crm.create("deals", deal)
    names = "amount_in_home_currency,hs_closed_amount,hs_closed_amount_in_home_currency,hs_exchange_rate"
    values = crm.get(f"/crm/v3/objects/deals/{number}?properties={names}")["properties"]
    assert (values["amount_in_home_currency"], values["hs_closed_amount_in_home_currency"]) == ("11", "11")
    assert (values["hs_closed_amount"], values["hs_exchange_rate"]) == ("10.00", "1.1")
