"""Leads: one for each deal that began as one, and the many that came to nothing or are still being worked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from connectors.sandbox.company.calendar import DAY_MINUTES, SEASON
from connectors.sandbox.company.dice import Weighted
from connectors.sandbox.company.model import Lead, LeadStatus
from connectors.sandbox.company.names import TRADES, web_domain
from connectors.sandbox.company.segments import SOURCES

if TYPE_CHECKING:
    from connectors.sandbox.company.calendar import WorkCalendar
    from connectors.sandbox.company.dice import Dice
    from connectors.sandbox.company.model import Account, Opportunity
    from connectors.sandbox.company.names import CompanyNames, PersonNames
    from connectors.sandbox.company.people import Seat

CONVERTED_SHARE = 0.115
SMB_SHARE = 0.25  # of leads go to the SMB teams, the rest to Development

_SOURCES = Weighted([(source, share) for source, (_, share, _) in SOURCES.items()])
_STATUS: tuple[tuple[int, Weighted[LeadStatus]], ...] = (  # of leads that did not convert, by age in days
    (10, Weighted([("new", 60), ("working", 37), ("unqualified", 3)])),
    (40, Weighted([("new", 9), ("working", 50), ("qualified", 11), ("unqualified", 30)])),
    (9999, Weighted([("new", 1), ("working", 4), ("qualified", 7), ("unqualified", 88)])),
)


@dataclass(frozen=True, slots=True)
class _Draft:
    """A lead before it has a number: who owns it depends on its seat and what became of it."""

    created_at: datetime
    company: str
    source: str
    seat: int
    opportunity: Opportunity | None


class LeadBuilder:
    """Makes the leads of one company."""

    def __init__(
        self, dice: Dice, people: PersonNames, companies: CompanyNames, seats: list[Seat], calendar: WorkCalendar
    ) -> None:
        self._dice = dice
        self._people = people
        self._companies = companies
        self._seats = seats
        self._calendar = calendar
        self._sdr = [number for number, seat in enumerate(seats) if seat.team.segment is None]
        self._smb = [number for number, seat in enumerate(seats) if seat.team.name.startswith("SMB")]
        self._emails: set[str] = set()

    def build(
        self, opportunities: list[Opportunity], accounts: list[Account], first: date, as_of: date, count: int
    ) -> tuple[list[Lead], list[int]]:
        """`count` leads in the order of creation, and the seat of each."""
        drafts = self._draft_converted(opportunities, accounts, first, int(count * CONVERTED_SHARE))
        drafts += self._draft_others(first, as_of, count - len(drafts))
        drafts.sort(key=lambda draft: draft.created_at)
        leads = [self._finish(number, draft, as_of) for number, draft in enumerate(drafts)]
        return leads, [draft.seat for draft in drafts]

    def _draft_converted(
        self, opportunities: list[Opportunity], accounts: list[Account], first: date, count: int
    ) -> list[_Draft]:
        """Leads that became one of the new-business deals, a few days to three weeks before it."""
        dice, calendar = self._dice, self._calendar
        begin = calendar.index(first)
        candidates = [
            deal
            for deal in opportunities
            if deal.new_business and calendar.index(deal.created_at.date()) > begin and deal.source != "Referral"
        ]
        share = min(1.0, count / max(1, len(candidates)))
        drafts = []
        for deal in candidates:
            if dice.chance(share):
                index = max(begin, calendar.index(deal.created_at.date()) - dice.integer(1, 15))
                seat = self._seat(calendar.days[index])
                created_at = self._moment(index, seat)
                drafts.append(_Draft(created_at, accounts[deal.account].name, deal.source, seat, deal))
        return drafts

    def _draft_others(self, first: date, as_of: date, count: int) -> list[_Draft]:
        dice, calendar = self._dice, self._calendar
        indexes = range(calendar.index(first), calendar.index(as_of + timedelta(days=1)))
        days = Weighted((index, SEASON[calendar.days[index].month - 1]) for index in indexes)
        industries = list(TRADES)
        companies = [self._companies.unique(dice.pick(industries)) for _ in range(count * 2 // 3)]
        drafts = []
        for _ in range(count):
            index = days.draw(dice)
            seat = self._seat(calendar.days[index])
            drafts.append(_Draft(self._moment(index, seat), dice.pick(companies), _SOURCES.draw(dice), seat, None))
        return drafts

    def _seat(self, day: date) -> int:
        """A seat that takes leads and has somebody in it on that day."""
        while True:
            number = self._dice.pick(self._smb if self._dice.chance(SMB_SHARE) else self._sdr)
            if self._seats[number].holder(day) is not None:
                return number

    def _moment(self, index: int, seat: int) -> datetime:
        minute, second = self._dice.integer(0, DAY_MINUTES - 1), self._dice.integer(0, 59)
        return self._calendar.moment(index, self._seats[seat].team.opens, minute, second)

    def _finish(self, number: int, draft: _Draft, as_of: date) -> Lead:
        day, deal = draft.created_at.date(), draft.opportunity
        status = "converted" if deal else self._status((as_of - day).days)
        first_name, last_name = self._people.any()
        worked_until = as_of if status in ("new", "working", "qualified") else day
        return Lead(
            id=number,
            first_name=first_name,
            last_name=last_name,
            company=draft.company,
            email=self._email(first_name, last_name, draft.company),
            owner=self._seats[draft.seat].owner(worked_until),
            source=draft.source,
            status=status,
            created_at=draft.created_at,
            converted_at=deal.created_at if deal else None,
            opportunity=deal.id if deal else None,
            account=deal.account if deal else None,
        )

    def _status(self, age: int) -> LeadStatus:
        return next(weights for limit, weights in _STATUS if age <= limit).draw(self._dice)

    def _email(self, first_name: str, last_name: str, company: str) -> str:
        name, domain = f"{first_name}.{last_name}".lower(), web_domain(company)
        email, number = f"{name}@{domain}", 2
        while email in self._emails:
            email, number = f"{name}{number}@{domain}", number + 1
        self._emails.add(email)
        return email
