"""The made-up company: whole, the same every time, and with the rates that a sales manager would expect."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from datetime import date, timedelta
from statistics import mean
from typing import TYPE_CHECKING

import pytest

from connectors.sandbox.company.generate import generate_company

if TYPE_CHECKING:
    from collections.abc import Iterable

    from connectors.sandbox.company.model import Company, Opportunity

AS_OF = date(2026, 3, 31)
FIRST = AS_OF - timedelta(days=729)
STAGES = ["prospecting", "qualification", "proposal", "negotiation", "won", "lost"]


@pytest.fixture(scope="module")
def company() -> Company:
    return generate_company(1, AS_OF)


def team(company: Company, deal: Opportunity) -> str:
    return company.users[deal.owner].team.removesuffix(" East").removesuffix(" West")


def closed(company: Company, stage: str, name: str = "") -> list[Opportunity]:
    return [d for d in company.opportunities if d.history[-1].stage == stage and name in ("", team(company, d))]


def share(values: Iterable[bool]) -> float:
    return mean(values)


# --- the same every time


def test_one_seed_and_day_make_one_company(company: Company) -> None:
    assert generate_company(1, AS_OF) == company


def test_the_company_is_the_same_on_every_python_and_platform(company: Company) -> None:
    sample = [company.users, company.opportunities[::40], company.leads[::100], company.activities[::1000]]
    digest = hashlib.sha256(repr(sample).encode()).hexdigest()
    assert digest == "a1dd744a522070b9fa413b12e90ce55ae56e347a9c7e47269867430cdcf0772b", (
        "if the generator was meant to change, put the new digest here"
    )


def test_another_seed_makes_another_company(company: Company) -> None:
    assert generate_company(2, AS_OF).users != company.users


@pytest.mark.parametrize("as_of", [date(2024, 2, 29), date(2025, 8, 17)])
def test_any_day_can_be_the_last(as_of: date) -> None:
    made = generate_company(3, as_of)
    assert as_of - timedelta(days=4) < max(activity.at for activity in made.activities).date() <= as_of


# --- whole


def test_it_has_the_size_of_a_company_of_sixty_reps(company: Company) -> None:
    sizes = {name: len(getattr(company, name)) for name in ("accounts", "opportunities", "activities", "leads")}
    assert sizes == {"accounts": 5_000, "opportunities": 12_000, "activities": 250_000, "leads": 20_000}
    titles = Counter(user.title for user in company.users if user.active)
    assert titles["Account Executive"] + titles["Sales Development Representative"] == 60
    assert (titles["Sales Manager"], titles["VP Sales"]) == (8, 1)
    assert len({user.team for user in company.users if user.title == "Account Executive"}) == 7


def test_every_id_is_its_position(company: Company) -> None:
    for name in company.__slots__:
        assert [item.id for item in getattr(company, name)] == list(range(len(getattr(company, name)))), name


def test_every_reference_leads_somewhere(company: Company) -> None:
    users, accounts, deals = range(len(company.users)), range(len(company.accounts)), range(len(company.opportunities))
    leads, products = range(len(company.leads)), range(len(company.products))
    assert all(user.manager is None or user.manager in users for user in company.users)
    assert all(account.owner in users for account in company.accounts)
    for deal in company.opportunities:
        assert deal.owner in users
        assert deal.account in accounts
        assert all(line.product in products for line in deal.lines)
    for activity in company.activities:
        assert activity.owner in users
        assert activity.opportunity is None or activity.opportunity in deals
        assert activity.account is None or activity.account in accounts
        assert activity.lead is None or activity.lead in leads


def test_an_activity_is_about_a_deal_a_lead_or_an_account(company: Company) -> None:
    for activity in company.activities:
        assert (activity.lead is None) != (activity.account is None)
        if activity.opportunity is not None:
            assert company.opportunities[activity.opportunity].account == activity.account


def test_everyone_but_the_vice_president_has_a_manager_who_manages(company: Company) -> None:
    for user in company.users:
        if user.title == "VP Sales":
            assert user.manager is None
        else:
            assert user.manager is not None
            assert company.users[user.manager].title == (
                "VP Sales" if user.title == "Sales Manager" else "Sales Manager"
            )


def test_names_and_addresses_are_unique_and_belong_to_nobody(company: Company) -> None:
    emails = [user.email for user in company.users] + [lead.email for lead in company.leads]
    assert len(set(emails)) == len(emails)
    assert all(re.fullmatch(r"[a-z0-9.]+@[a-z0-9-]+\.example", email) for email in emails)
    assert len({account.name for account in company.accounts}) == len(company.accounts)
    assert len({(user.first_name, user.last_name) for user in company.users}) == len(company.users)


def test_line_items_sum_to_the_last_amount(company: Company) -> None:
    for deal in company.opportunities:
        assert sum(line.total for line in deal.lines) == deal.history[-1].amount
        assert all(line.total == line.quantity * line.unit_price > 0 for line in deal.lines)


def test_a_history_moves_forward_through_each_stage_once(company: Company) -> None:
    for deal in company.opportunities:
        places = [STAGES.index(change.stage) for change in deal.history]
        moments = [change.at for change in deal.history]
        assert places == sorted(set(places))
        assert not {4, 5} <= set(places)
        assert places[0] < 4
        assert moments == sorted(set(moments))
        assert deal.created_at == moments[0]
        assert all(change.amount > 0 for change in deal.history)


def test_a_closed_deal_is_dated_by_its_closing_and_only_a_lost_one_has_a_reason(company: Company) -> None:
    for deal in company.opportunities:
        last = deal.history[-1]
        assert bool(deal.lost_reason) == (last.stage == "lost")
        if last.stage in ("won", "lost"):
            assert last.close_date == last.at.date()
            assert last.close_date >= FIRST


def test_a_deal_is_with_an_account_that_was_there(company: Company) -> None:
    assert all(company.accounts[deal.account].created_at <= deal.created_at for deal in company.opportunities)


def test_a_converted_lead_names_the_deal_it_became(company: Company) -> None:
    converted = [lead for lead in company.leads if lead.status == "converted"]
    for lead in converted:
        assert lead.opportunity is not None
        deal = company.opportunities[lead.opportunity]
        assert (lead.account, lead.converted_at, lead.source) == (deal.account, deal.created_at, deal.source)
        assert lead.created_at < deal.created_at
        assert deal.new_business
    assert len({lead.opportunity for lead in converted}) == len(converted)
    assert all(lead.opportunity is None for lead in company.leads if lead.status != "converted")


def test_nothing_happens_after_the_last_day(company: Company) -> None:
    moments = [change.at for deal in company.opportunities for change in deal.history]
    moments += [activity.at for activity in company.activities]
    moments += [user.created_at for user in company.users]
    moments += [account.created_at for account in company.accounts]
    moments += [lead.created_at for lead in company.leads]
    assert max(moments).date() <= AS_OF


def test_activities_happen_in_order_on_working_days_within_two_years(company: Company) -> None:
    moments = [activity.at for activity in company.activities]
    assert moments == sorted(moments)
    assert moments[0].date() >= FIRST
    assert all(at.weekday() < 5 and at.hour >= 13 for at in moments)


# --- believable


def test_about_a_quarter_of_closed_deals_is_won(company: Company) -> None:
    won, lost = len(closed(company, "won")), len(closed(company, "lost"))
    assert 0.18 <= won / (won + lost) <= 0.30


@pytest.mark.parametrize(
    ("name", "amount", "days"),
    [("SMB", 8_000, 30), ("Mid-Market", 30_000, 65), ("Enterprise", 110_000, 120), ("Strategic", 230_000, 140)],
)
def test_deals_have_the_size_and_length_of_their_segment(company: Company, name: str, amount: int, days: int) -> None:
    won = closed(company, "won", name)
    assert mean(deal.history[-1].amount for deal in won) == pytest.approx(amount * 100, rel=0.25)
    assert mean((deal.history[-1].at - deal.created_at).days for deal in won) == pytest.approx(days, rel=0.25)


def test_the_last_month_of_a_quarter_wins_most(company: Company) -> None:
    months = Counter((deal.history[-1].close_date.month - 1) % 3 for deal in closed(company, "won"))
    assert months[2] > 1.3 * months[0]
    assert months[2] > months[1]


def test_summer_and_december_start_less_business(company: Company) -> None:
    months = Counter(deal.created_at.month for deal in company.opportunities if deal.created_at.date() >= FIRST)
    assert max(months[7], months[8], months[12]) < min(months[3], months[9], months[10])


def test_there_are_good_and_weak_reps(company: Company) -> None:
    won: Counter[int] = Counter()
    for deal in closed(company, "won", "SMB"):
        won[deal.owner] += deal.history[-1].amount
    seasoned = [
        user.id
        for user in company.users
        if user.team.startswith("SMB")
        and user.title == "Account Executive"
        and user.active
        and user.created_at.date() < FIRST
    ]
    best, worst = max(won[user] for user in seasoned), min(won[user] for user in seasoned)
    assert 1.5 < best / worst < 6


def test_some_reps_left_and_some_are_new(company: Company) -> None:
    assert 2 <= sum(not user.active for user in company.users) <= 6
    assert 5 <= sum(user.created_at.date() > FIRST for user in company.users) <= 20
    inactive = {user.id for user in company.users if not user.active}
    assert not any(account.owner in inactive for account in company.accounts)
    assert any(deal.owner in inactive for deal in closed(company, "won"))
    still_open = [deal for deal in company.opportunities if deal.history[-1].stage not in ("won", "lost")]
    assert not any(deal.owner in inactive for deal in still_open)


def test_a_fifth_of_calls_connects_and_a_tenth_of_meetings_is_missed(company: Company) -> None:
    calls = [activity.outcome for activity in company.activities if activity.kind == "call"]
    meetings = [activity.outcome for activity in company.activities if activity.kind == "meeting"]
    assert 0.15 <= share(outcome == "connected" for outcome in calls) <= 0.25
    assert 0.07 <= share(outcome == "no_show" for outcome in meetings) <= 0.13


def test_a_tenth_of_leads_converts(company: Company) -> None:
    assert 0.08 <= share(lead.status == "converted" for lead in company.leads) <= 0.15


def test_the_open_pipeline_is_three_to_four_quarters_of_winning(company: Company) -> None:
    still_open = [deal.history[-1] for deal in company.opportunities if deal.history[-1].stage not in ("won", "lost")]
    won = sum(deal.history[-1].amount for deal in closed(company, "won"))
    assert 2.8 <= sum(change.amount for change in still_open) / (won / 8) <= 4.5


def test_some_open_deals_are_overdue_and_most_are_not(company: Company) -> None:
    still_open = [deal.history[-1] for deal in company.opportunities if deal.history[-1].stage not in ("won", "lost")]
    assert 0.05 <= share(change.close_date < AS_OF for change in still_open) <= 0.25


def test_amounts_change_on_the_way_for_some_deals(company: Company) -> None:
    changed = share(len({change.amount for change in deal.history}) > 1 for deal in company.opportunities)
    assert 0.3 <= changed <= 0.7


def test_won_deals_took_more_work_than_lost_ones(company: Company) -> None:
    touches = Counter(activity.opportunity for activity in company.activities)
    for name in ("SMB", "Enterprise"):
        won = mean(touches[deal.id] for deal in closed(company, "won", name))
        assert won > 1.3 * mean(touches[deal.id] for deal in closed(company, "lost", name))


def test_the_catalog_has_fifteen_products_in_five_families(company: Company) -> None:
    assert len({product.code for product in company.products}) == 15
    assert len({product.family for product in company.products}) == 5
