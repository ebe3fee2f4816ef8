"""From when to when what accounts buy is in force: terms, own days, renewals and the grace."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from source_rows import UTC_RULES, day, rows_of
from worked import facts, rules

from salesops.explain.definition import version_of

if TYPE_CHECKING:
    from salesops.rules import Rules

NOW = "2026-03-15"


def ruled(customers: str = "", renewals: tuple[str, ...] = ("Renewal",)) -> Rules:
    return rules(only=(), time_zone="UTC", customers=customers, meanings={"renewal_types": renewals})


def won(id_: str, closed: str, amount: str = "1200", type_: str | None = None, **more: Any) -> dict[str, Any]:
    row = {"id": id_, "account_id": "acme", "is_won": True, "is_closed": True, "type": type_}
    return row | {"close_date": day(closed), "amount": Decimal(amount)} | more


def held(given: Rules, *deals: dict[str, Any]) -> dict[str, str]:
    """The first and the last day of each contract."""
    fields = ("contract_starts_on", "contract_ends_on")
    rows = rows_of("opportunity", facts(opportunity=list(deals)), NOW, *fields, given=given)
    return {row["id"]: f"{row.get(fields[0])} {row.get(fields[1])}" for row in rows}


def quarters(given: Rules, *deals: dict[str, Any]) -> dict[str, str]:
    """What the account pays a year at the end of each quarter since 2024 in which it paid anything."""
    objects = facts(opportunity=list(deals), account=[{"id": "acme"}])
    fields = ("period_kind", "starts_on", "closing")
    rows = rows_of("customer_period", objects, NOW, *fields, given=given, time="period")
    return {row["starts_on"]: row["closing"] for row in rows if row["period_kind"] == "quarter"}


def test_a_contract_runs_from_the_close_date_for_the_term() -> None:
    assert held(UTC_RULES, won("a", "2024-02-29")) == {"a": "2024-02-29 2025-02-27"}


def test_what_is_no_sale_is_no_contract() -> None:
    lost = won("a", "2024-02-29") | {"is_won": False}
    nothing = won("b", "2024-02-29", "0")
    nobodys = won("c", "2024-02-29", account_id="")
    assert set(held(UTC_RULES, lost, nothing, nobodys).values()) == {"None None"}


def test_an_early_renewal_starts_when_what_it_renews_ends() -> None:
    deals = [won("a", "2024-01-10"), won("b", "2024-12-20", "1500", "RENEWAL")]
    assert held(ruled(), *deals) == {"a": "2024-01-10 2025-01-09", "b": "2025-01-10 2026-01-09"}
    assert quarters(ruled(), *deals) == {
        "2024-01-01": "1200",
        "2024-04-01": "1200",
        "2024-07-01": "1200",
        "2024-10-01": "1200",  # b adds nothing yet
        "2025-01-01": "1500",
        "2025-04-01": "1500",
        "2025-07-01": "1500",
        "2025-10-01": "1500",
        "2026-01-01": "0",  # it was a customer when the quarter began
    }


def test_a_renewal_of_a_renewal_follows_it() -> None:
    deals = [won("a", "2024-01-10"), won("b", "2024-12-20", type_="Renewal"), won("c", "2025-11-01", type_="Renewal")]
    assert held(ruled(), *deals)["c"] == "2026-01-10 2027-01-09"


TWO = [won("a", "2024-01-10"), won("b", "2024-06-01")]
"""The contracts of an account to 9 January and to 31 May 2025."""


@pytest.mark.parametrize(
    ("renewals", "starts"),
    [
        ([won("c", "2024-12-20")], ["2025-01-10"]),  # the one that ends first
        ([won("c", "2024-12-20"), won("d", "2024-12-20")], ["2025-01-10", "2025-06-01"]),  # by id
        ([won("c", "2024-12-21"), won("d", "2024-12-20")], ["2025-06-01", "2025-01-10"]),  # but first by day
        ([won(id_, "2024-12-20") for id_ in "cde"], ["2025-01-10", "2025-06-01", "2025-06-01"]),  # all are followed
        ([won("c", "2024-05-01"), won("d", "2024-12-20")], ["2025-01-10", "2025-06-01"]),  # b was not there in May
        ([won("c", "2025-01-10")], ["2025-01-10"]),  # on the first day without a
        ([won("c", "2025-01-11")], ["2025-06-01"]),  # a is over
        ([won("c", "2025-06-02"), won("d", "2025-06-02")], ["2025-06-02", "2025-06-02"]),  # all are over
        ([won("c", "2024-12-20"), won("d", "2026-01-09")], ["2025-01-10", "2026-01-10"]),  # d follows c
    ],
)
def test_each_renewal_follows_the_contract_that_ends_first_and_is_not_followed_yet(
    renewals: list[dict[str, Any]], starts: list[str]
) -> None:
    found = held(ruled(), *TWO, *(each | {"type": "Renewal"} for each in renewals))
    assert [found[each["id"]].split()[0] for each in renewals] == starts


def test_a_renewal_that_says_its_own_start_leaves_all_contracts_to_the_others() -> None:
    given = ruled("{starts: custom.From__c}")
    own = won("c", "2024-12-19", type_="Renewal", **{"custom.From__c": "2025-03-01"})
    other = won("d", "2024-12-20", type_="Renewal")
    deals = [{"custom.From__c": None} | deal for deal in (*TWO, own, other)]
    assert held(given, *deals)["d"].split()[0] == "2025-01-10"


def test_who_renews_two_contracts_one_by_one_loses_nothing() -> None:
    first = [won("a", "2024-07-01"), won("b", "2024-10-01", "600")]  # to 30 June and 30 September 2025
    again = [won("c", "2025-05-15", type_="Renewal"), won("d", "2025-06-15", "600", "Renewal")]
    assert quarters(ruled(), *first, *again) == {
        "2024-07-01": "1200",
        "2024-10-01": "1800",
        "2025-01-01": "1800",
        "2025-04-01": "1800",
        "2025-07-01": "1800",  # c for a, and b
        "2025-10-01": "1800",  # c, and d for b
        "2026-01-01": "1800",
    }


def test_what_follows_a_contract_without_end_adds_nothing() -> None:
    given = ruled("{ends: custom.To__c}")
    endless = won("a", "2025-01-10", **{"custom.To__c": "9999-12-31"})
    again = won("b", "2025-11-01", type_="Renewal")
    assert quarters(given, endless, again) == quarters(given, endless)


def test_a_contract_that_ends_before_it_starts_is_never_in_force() -> None:
    given = ruled("{ends: custom.To__c}")
    assert quarters(given, won("a", "2025-01-10", **{"custom.To__c": "2025-01-09"})) == {}


@pytest.mark.parametrize(
    ("closed", "starts"),
    [
        ("2025-01-09", "2025-01-10"),  # on the last day
        ("2025-01-10", "2025-01-10"),  # on the first without
        ("2025-02-01", "2025-02-01"),  # too late
        ("2024-01-10", "2024-01-10"),  # on the day of the sale itself
    ],
)
def test_a_renewal_renews_what_was_in_force_the_day_before(closed: str, starts: str) -> None:
    deals = [won("a", "2024-01-10"), won("b", closed, type_="Renewal")]
    assert held(ruled(), *deals)["b"].split()[0] == starts


def test_what_is_no_renewal_adds_to_what_is_there() -> None:
    deals = [won("a", "2025-01-10"), won("b", "2025-12-20", "600", "Upgrade")]
    assert quarters(ruled(), *deals)["2025-10-01"] == "1800"


def test_nothing_renews_where_no_words_mean_it() -> None:
    deals = [won("a", "2024-01-10"), won("b", "2024-12-20", type_="Renewal")]
    assert held(ruled(renewals=()), *deals)["b"] == "2024-12-20 2025-12-19"


def test_fields_of_the_opportunity_say_when_its_contract_starts_and_ends() -> None:
    given = ruled("{starts: custom.From__c, ends: custom.To__c}")
    own = {"custom.From__c": "2025-01-01", "custom.To__c": "2026-12-31T00:00:00Z"}
    deals = [
        won("a", "2024-12-10", "2400", "Renewal", **own),
        won("b", "2024-12-10") | {"custom.From__c": "soon", "custom.To__c": None},
    ]
    assert held(given, *deals) == {"a": "2025-01-01 2026-12-31", "b": "2024-12-10 2025-12-09"}
    assert quarters(given, deals[0])["2025-01-01"] == "1200"  # 2400 over 24 months


@pytest.mark.parametrize(
    ("last_day", "yearly"),
    [
        ("2025-12-31", "1200"),
        ("2025-01-31", "14400"),  # a month
        ("2025-01-05", "14400"),  # never less than one
        ("2025-02-14", "14400"),  # 45 days are nearer to one month
        ("2025-02-15", "7200"),  # 46 to two
    ],
)
def test_the_months_of_a_contract_that_says_its_end_are_whole(last_day: str, yearly: str) -> None:
    given = ruled("{ends: custom.To__c}")
    deal = won("a", "2025-01-01", **{"custom.To__c": last_day})
    objects = facts(opportunity=[deal], account=[{"id": "acme"}])
    rows = rows_of("customer_period", objects, "2025-01-03", "closing", given=given, time="period")
    assert {row["closing"] for row in rows} == {yearly}


@pytest.mark.parametrize(("starts", "kept"), [("2025-02-09", "2400"), ("2025-02-10", None)])
@pytest.mark.parametrize("signed", ["2025-01-15", "2025-03-02"])
def test_whose_next_contract_starts_within_the_grace_was_never_away(starts: str, kept: str | None, signed: str) -> None:
    """The first day without a contract is 10 January; 30 days later is 9 February."""
    given = ruled("{grace: 30 days, starts: custom.From__c}")
    first = won("a", "2024-01-10", "2400", **{"custom.From__c": None})
    again = won("b", signed, "2400", **{"custom.From__c": starts})
    months = facts(opportunity=[first, again], account=[{"id": "acme"}])
    rows = rows_of("customer_period", months, NOW, "period_kind", "starts_on", "opening", given=given, time="period")
    february = [row["opening"] for row in rows if (row["period_kind"], row["starts_on"]) == ("month", "2025-02-01")]
    assert february == ([kept] if kept else ["0"])


@pytest.mark.parametrize("metric", ["early_renewals", "customers_lost"])
def test_other_settings_of_customers_are_another_definition(metric: str) -> None:
    others: list[dict[str, Any]] = [{"customers": "{grace: 1 day}"}, {"meanings": {"renewal_types": ("Again",)}}, {}]
    assert len({version_of(rules(only=(metric,), **more), metric) for more in others}) == 3
