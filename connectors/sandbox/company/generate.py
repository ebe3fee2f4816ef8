"""A believable company out of a seed and a day: the same one on every machine."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from connectors.sandbox.company.accounts import build_accounts
from connectors.sandbox.company.activities import ActivityBuilder
from connectors.sandbox.company.calendar import WorkCalendar
from connectors.sandbox.company.catalog import PRODUCTS
from connectors.sandbox.company.courses import draw_courses
from connectors.sandbox.company.deals import build_opportunities
from connectors.sandbox.company.dice import Dice
from connectors.sandbox.company.leads import LeadBuilder
from connectors.sandbox.company.model import Company
from connectors.sandbox.company.names import CompanyNames, PersonNames
from connectors.sandbox.company.people import build_people

if TYPE_CHECKING:
    from datetime import date

ACCOUNTS = 5_000
OPPORTUNITIES = 12_000
LEADS = 20_000
ACTIVITIES = 250_000
DAYS = 730


def generate_company(seed: int, as_of: date, size: int = 1) -> Company:
    """A company with two years of history that end with the day `as_of`, after which nothing has happened yet.

    Deals that were open on the first day were created before it, and so were most users and accounts. `size` multiplies
    the accounts, leads, deals and activities, not the people.
    """
    first = as_of - timedelta(days=DAYS - 1)
    calendar = WorkCalendar(first - timedelta(days=1500), as_of + timedelta(days=1000))
    begin, last = calendar.index(first), calendar.index(as_of + timedelta(days=1)) - 1
    people_names, company_names = PersonNames(Dice(seed, "people names")), CompanyNames(Dice(seed, "company names"))
    people = build_people(Dice(seed, "people"), people_names, first, as_of)
    seats = people.seats
    accounts = build_accounts(Dice(seed, "accounts"), company_names, seats, calendar, first, as_of, size * ACCOUNTS)
    courses = draw_courses(Dice(seed, "courses"), seats, accounts, calendar, begin, last, size * OPPORTUNITIES)
    opportunities = build_opportunities(Dice(seed, "deals"), courses, accounts.accounts, seats, calendar, first, as_of)
    lead_builder = LeadBuilder(Dice(seed, "leads"), people_names, company_names, seats, calendar)
    leads, lead_seats = lead_builder.build(opportunities, accounts.accounts, first, as_of, size * LEADS)
    activities = ActivityBuilder(Dice(seed, "activities"), seats, calendar, first, as_of)
    activities.add_deals(courses, opportunities)
    activities.add_leads(leads, lead_seats)
    activities.add_prospecting(accounts, size * ACTIVITIES)
    return Company(people.users, accounts.accounts, leads, list(PRODUCTS), opportunities, activities.finish())
