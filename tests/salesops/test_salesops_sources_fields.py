"""The fields that are worked out of other records."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from source_rows import UTC_RULES, at, day, values_of
from worked import facts, rules, user


def won(id_: str, account: str, closed: str | None, **more: Any) -> dict[str, Any]:
    date = day(closed) if closed else None
    return {"id": id_, "account_id": account, "close_date": date, "is_closed": True, "is_won": True} | more


def customers(*deals: dict[str, Any]) -> dict[str, Any]:
    return values_of("opportunity", "customer", facts(opportunity=list(deals)), "2026-06-30 12:00")


def test_the_first_that_an_account_wins_is_new_and_the_others_are_existing() -> None:
    deals = [won("o1", "a", "2026-03-01"), won("o2", "a", "2026-02-01"), won("o3", "b", "2026-03-01")]
    assert customers(*deals) == {"o1": "existing", "o2": "new", "o3": "new"}


def test_of_two_won_on_one_day_the_one_of_the_lower_id_is_first() -> None:
    assert customers(won("o2", "a", "2026-03-01"), won("o1", "a", "2026-03-01")) == {"o1": "new", "o2": "existing"}


def test_a_lost_one_is_existing_only_where_something_was_won_on_an_earlier_day() -> None:
    lost = [won(f"o{n}", "a", closed, is_won=False) for n, closed in enumerate(("2026-03-01", "2026-03-02"))]
    assert customers(won("x", "a", "2026-03-01"), *lost) == {"x": "new", "o0": "new", "o1": "existing"}


def test_an_open_one_is_existing_where_something_was_won_by_today() -> None:
    deals = [{"id": "o1", "account_id": "a"}, {"id": "o2", "account_id": "b"}, {"id": "o3", "account_id": ""}]
    others = [won("x", "a", "2026-06-30"), won("y", "b", "2026-07-01")]
    assert customers(*deals, *others) == {"o1": "existing", "o2": "new", "o3": None, "x": "new", "y": "new"}


def test_an_account_was_first_won_on_its_earliest_close_date() -> None:
    deals = [won("o1", "a", "2026-03-01"), won("o2", "a", "2026-02-01"), won("o3", "b", "2026-01-01", is_won=False)]
    found = facts(account=[{"id": "a"}, {"id": "b"}], opportunity=deals)
    assert values_of("account", "first_won_on", found, "2026-06-30") == {"a": "2026-02-01", "b": None}


def test_the_last_and_the_next_activity_lie_on_either_side_of_the_as_of_time() -> None:
    told = [
        ("v1", "2026-01-01", True),
        ("v2", "2026-01-10 09:00", True),
        ("v3", "2026-01-10 09:01", True),
        ("v4", "2026-01-10 09:00", False),
        ("v5", "2026-01-11", False),
        ("v6", "2026-01-12", None),
    ]
    activities = [{"id": id_, "opportunity_id": "o1", "at": at(when), "done": done} for id_, when, done in told]
    found = facts(opportunity=[{"id": "o1"}, {"id": "o2"}], activity=activities)
    as_of = "2026-01-10 09:00"
    assert values_of("opportunity", "last_activity_at", found, as_of) == {"o1": "2026-01-10 09:00", "o2": None}
    assert values_of("opportunity", "next_activity_at", found, as_of) == {"o1": "2026-01-11 00:00", "o2": None}


def test_the_lead_of_an_opportunity_is_the_earliest_that_became_it() -> None:
    leads: list[dict[str, Any]] = [
        {"id": "l1", "opportunity_id": "o1", "created_at": at("2026-01-02")},
        {"id": "l2", "opportunity_id": "o1", "created_at": at("2026-01-01")},
        {"id": "l3", "opportunity_id": "o1"},
    ]
    found = facts(opportunity=[{"id": "o1"}, {"id": "o2"}], lead=leads)
    created = values_of("opportunity", "lead_created_at", found, "2026-02-01")
    assert created == {"o1": "2026-01-01 00:00", "o2": None}


def test_tenure_is_counted_in_whole_days_of_the_calendar() -> None:
    found = facts(
        user=[user("u1", created_at=at("2024-02-28 23:59")), user("u2")],
        opportunity=[
            {"id": "o1", "owner_id": "u1", "close_date": day("2024-03-01")},
            {"id": "o2", "owner_id": "u2", "close_date": day("2024-03-01")},
            {"id": "o3", "owner_id": "gone", "close_date": day("2024-03-01")},
        ],
    )
    assert values_of("user", "tenure_days", found, "2024-03-02 01:00") == {"u1": 3, "u2": None}
    owner = values_of("opportunity", "owner_tenure_days", found, "2024-03-02")
    assert owner == {"o1": 2, "o2": None, "o3": None}


def test_families_are_counted_once_and_only_where_a_product_has_one() -> None:
    products = [{"id": "p1", "family": "Core"}, {"id": "p2", "family": "Core"}, {"id": "p3", "family": ""}]
    items = [
        {"id": f"i{number}", "opportunity_id": "o1", "product_id": product}
        for number, product in enumerate(("p1", "p2", "p3", "gone", None))
    ]
    found = facts(opportunity=[{"id": "o1"}, {"id": "o2"}], product=products, line_item=items)
    assert values_of("opportunity", "families", found, "2026-01-01") == {"o1": 1, "o2": 0}


def test_filled_fields_are_counted_of_those_that_should_be() -> None:
    given = replace(UTC_RULES, meanings={"required_fields": ("amount", "next_step", "custom.Tier__c", "no such")})
    deals: list[dict[str, Any]] = [
        {"id": "o1", "amount": Decimal(0), "next_step": "", "custom.Tier__c": "A"},
        {"id": "o2", "next_step": "Call", "custom.Tier__c": None},
    ]
    found = facts(opportunity=deals)
    assert values_of("opportunity", "filled_fields", found, "2026-01-01", given=given) == {"o1": 2, "o2": 1}
    assert values_of("opportunity", "required_fields", found, "2026-01-01", given=given) == {"o1": 4, "o2": 4}
    unsaid = replace(UTC_RULES, meanings={})
    assert values_of("opportunity", "filled_fields", found, "2026-01-01", given=unsaid) == {"o1": 0, "o2": 0}
    assert values_of("opportunity", "required_fields", found, "2026-01-01", given=unsaid) == {"o1": 0, "o2": 0}


def test_opportunities_look_alike_by_account_amount_and_close_date() -> None:
    same = {"account_id": "a", "amount": Decimal(5), "close_date": day("2026-01-01")}
    deals = [same | {"id": "o1"}, same | {"id": "o2"}, same | {"id": "o3", "amount": Decimal(6)}]
    deals += [same | {"id": "o4", "account_id": ""}, same | {"id": "o5", "account_id": ""}]
    alike = values_of("opportunity", "look_alikes", facts(opportunity=deals), "2026-01-01")
    assert alike == {"o1": 1, "o2": 1, "o3": 0, "o4": 0, "o5": 0}


def test_accounts_look_alike_by_name_whatever_the_case_and_the_spaces_around_it() -> None:
    names = ["Acme", " ACME ", "acme", "Bolt", "", "  ", None]
    found = facts(account=[{"id": f"a{number}", "name": name} for number, name in enumerate(names)])
    assert list(values_of("account", "look_alikes", found, "2026-01-01").values()) == [2, 2, 2, 0, 0, 0, 0]


def test_leads_look_alike_by_the_contact_that_they_led_to() -> None:
    found = facts(lead=[{"id": "l1", "contact_id": "c"}, {"id": "l2", "contact_id": "c"}, {"id": "l3"}, {"id": "l4"}])
    assert values_of("lead", "look_alikes", found, "2026-01-01") == {"l1": 1, "l2": 1, "l3": 0, "l4": 0}


@pytest.mark.parametrize(
    ("took_place", "entered", "seconds"),
    [
        ("2026-01-01 09:00", "2026-01-01 09:02", 120),
        ("2026-01-01 09:00", "2026-01-01 08:00", 0),
        ("2026-03-29 00:30", "2026-03-29 01:30", 3600),  # clocks changed in between
        (None, "2026-01-01 08:00", None),
        ("2026-01-01 08:00", None, None),
    ],
)
def test_an_activity_was_entered_so_many_seconds_after_it_took_place(
    took_place: str | None, entered: str | None, seconds: int | None
) -> None:
    row = {
        "id": "v",
        "at": at(took_place) if took_place else None,
        "created_at": at(entered) if entered else None,
    }
    assert values_of("activity", "entry_seconds", facts(activity=[row]), "2026-04-01") == {"v": seconds}


def _on_lead(
    id_: str, when: str, kind: str = "call", direction: str | None = "outbound", **more: Any
) -> dict[str, Any]:
    return {"id": id_, "lead_id": "l", "at": at(when), "kind": kind, "direction": direction, "done": True} | more


LEAD = {"id": "l", "created_at": at("2026-01-01 09:00")}


def test_the_first_on_a_lead_is_the_first_done_outbound_activity_since_its_creation() -> None:
    activities = [
        _on_lead("v1", "2026-01-01 08:59"),
        _on_lead("v2", "2026-01-01 10:00", direction="inbound"),
        _on_lead("v3", "2026-01-01 10:00", done=False),
        _on_lead("v5", "2026-01-01 11:00"),
        _on_lead("v4", "2026-01-01 11:00"),
        _on_lead("v6", "2026-01-01 10:00", lead_id=None),
    ]
    first = values_of("activity", "first_on_lead", facts(lead=[LEAD], activity=activities), "2026-01-02")
    assert [id_ for id_, is_first in first.items() if is_first] == ["v4"]
    assert set(first.values()) == {True, False}


def test_a_lead_is_answered_by_the_first_call_mail_or_meeting_that_is_not_inbound() -> None:
    activities = [
        _on_lead("v1", "2026-01-01 09:05", kind="task"),
        _on_lead("v2", "2026-01-01 09:10", direction="inbound"),
        _on_lead("v3", "2026-01-01 09:30", kind="meeting", direction=None),
        _on_lead("v4", "2026-01-01 09:20", kind="email", done=None),
    ]
    found = facts(lead=[LEAD, {"id": "m"}], activity=activities)
    assert values_of("lead", "first_response_at", found, "2026-01-02") == {"l": "2026-01-01 09:30", "m": None}
    assert values_of("lead", "response_seconds", found, "2026-01-02") == {"l": 1800, "m": None}
    assert values_of("lead", "response_seconds", found, "2026-01-01 09:29") == {"l": None, "m": None}


def test_an_answer_takes_the_working_seconds_of_the_owners_calendar() -> None:
    """From Friday, 16:30, to Monday, 9:10: half an hour and ten minutes of the company, an hour of the West."""
    weekend = '{calendars: {weekend: {teams: [west], hours: "09:00-10:00", days: [saturday]}}}'
    given = rules(only=(), time_zone="UTC", working_time=weekend)
    users = [{"id": "ann", "team": "west"}, {"id": "bob"}]
    leads = [
        {"id": id_, "created_at": at("2026-01-02 16:30"), "owner_id": owner}
        for id_, owner in (("a", "ann"), ("b", "bob"), ("c", None))
    ]
    answers = [_on_lead(f"v{lead['id']}", "2026-01-05 09:10:00.900", lead_id=lead["id"]) for lead in leads]
    found = facts(lead=leads, user=users, activity=answers)
    assert values_of("lead", "response_working_seconds", found, "2026-01-06", given=given) == {
        "a": 3600,
        "b": 2400,
        "c": 2400,
    }


@pytest.mark.parametrize(
    ("price", "quantity", "amount"),
    [("9.5", "3", "28.5"), ("0.000001", "0.5", "0.000001"), ("-0.000001", "0.5", "-0.000001"), (None, "3", None)],
)
def test_the_list_amount_is_price_times_quantity(price: str | None, quantity: str, amount: str | None) -> None:
    item = {"id": "i", "unit_price": Decimal(price) if price else None, "quantity": Decimal(quantity)}
    assert values_of("line_item", "list_amount", facts(line_item=[item]), "2026-01-01") == {"i": amount}
