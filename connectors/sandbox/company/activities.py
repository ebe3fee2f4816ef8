"""Calls, e-mails, meetings and tasks: on deals, on leads, and the prospecting that fills a rep's day."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from connectors.sandbox.company.calendar import DAY_MINUTES, SEASON
from connectors.sandbox.company.dice import Weighted
from connectors.sandbox.company.model import Activity, ActivityKind

if TYPE_CHECKING:
    from connectors.sandbox.company.accounts import Accounts
    from connectors.sandbox.company.calendar import WorkCalendar
    from connectors.sandbox.company.courses import Course
    from connectors.sandbox.company.dice import Dice
    from connectors.sandbox.company.model import Lead, Opportunity
    from connectors.sandbox.company.people import Seat

_TOUCHES = (0.3, 0.6, 0.8, 1.0, 1.15, 1.4, 2.0)  # quantiles of a deal's activities over the usual
_LEAD_TOUCHES = Weighted([(1, 10), (2, 15), (3, 18), (4, 18), (6, 19), (8, 12), (10, 8)])

_DEAL_KINDS: Weighted[ActivityKind] = Weighted([("call", 27), ("email", 46), ("meeting", 15), ("task", 12)])
_LEAD_KINDS: Weighted[ActivityKind] = Weighted([("call", 48), ("email", 42), ("meeting", 2), ("task", 8)])
_PROSPECTING_KINDS: Weighted[ActivityKind] = Weighted([("call", 55), ("email", 41), ("meeting", 1), ("task", 3)])

_KNOWN_CALLS = Weighted([("connected", 33), ("no_answer", 36), ("left_voicemail", 25), ("busy", 6)])
_COLD_CALLS = Weighted([("connected", 14), ("no_answer", 46), ("left_voicemail", 32), ("busy", 8)])
_MEETINGS = Weighted([("held", 82), ("no_show", 10), ("cancelled", 8)])
_TALK = (1.0, 2.0, 4.0, 7.0, 12.0, 20.0, 45.0)  # quantiles of a connected call's minutes

_SUBJECTS: dict[ActivityKind, tuple[str, ...]] = {
    "call": ("Intro call", "Follow-up call", "Check-in", "Pricing question", "Next steps", "Call back"),
    "email": ("Introduction", "Following up", "Proposal attached", "Case study", "Meeting notes", "Quick question"),
    "meeting": ("Discovery", "Product demo", "Technical review", "Proposal review", "Contract review", "Business case"),
    "task": ("Send proposal", "Prepare demo", "Update close plan", "Research account", "Send contract", "Add contacts"),
}


# (at, owner, kind, whether the two have spoken before, opportunity, account, lead)
_Draft = tuple[datetime, int, ActivityKind, bool, int | None, int | None, int | None]


class ActivityBuilder:
    """Collects the activities of one company and returns them in the order in which they happened."""

    def __init__(self, dice: Dice, seats: list[Seat], calendar: WorkCalendar, first: date, as_of: date) -> None:
        self._dice = dice
        self._seats = seats
        self._calendar = calendar
        self._first = calendar.index(first)
        self._last = calendar.index(as_of + timedelta(days=1)) - 1
        self._month_ago = calendar.moment(calendar.index(as_of - timedelta(days=30)), 0, 0)
        self._drafts: list[_Draft] = []

    def add_deals(self, courses: list[Course], opportunities: list[Opportunity]) -> None:
        """What was done for each deal while it was open: more for those that were won, and by those who do more."""
        dice = self._dice
        for course, deal in zip(courses, opportunities, strict=True):
            segment = course.segment
            usual = segment.touches_won if course.won else segment.touches_lost
            begin, end = max(course.created, self._first), min(course.closed, self._last)
            seen = (end - begin + 1) / (course.closed - course.created + 1)  # the share of its life that has passed
            for _ in range(int(usual * dice.shaped(_TOUCHES) * seen + dice.random())):
                index = dice.integer(begin, end)
                kind = _DEAL_KINDS.draw(dice)
                self._add(course.seat, index, deal.created_at, kind, opportunity=deal.id, account=deal.account)

    def add_leads(self, leads: list[Lead], seats: list[int]) -> None:
        """The touches of a lead's first weeks, which end when it converts."""
        dice, calendar = self._dice, self._calendar
        for lead, seat in zip(leads, seats, strict=True):
            begin = calendar.index(lead.created_at.date())
            end = min(begin + 18, self._last)
            if lead.converted_at is not None:
                end = min(end, calendar.index(lead.converted_at.date()) - 1)
            for _ in range(0 if lead.status == "new" else _LEAD_TOUCHES.draw(dice)):
                index = dice.integer(begin, max(begin, end))
                self._add(seat, index, lead.created_at, _LEAD_KINDS.draw(dice), lead=lead.id)

    def add_prospecting(self, accounts: Accounts, count: int) -> None:
        """Cold calls and mails to accounts of a rep's own until there are `count` activities in all."""
        dice, calendar = self._dice, self._calendar
        books = [number for number, book in enumerate(accounts.books) if book]
        while len(self._drafts) < count:
            number, index = dice.pick(books), dice.integer(self._first, self._last)
            day = calendar.days[index]
            holder = self._seats[number].holder(day)
            if holder is not None and dice.chance(0.6 * holder.effort * SEASON[day.month - 1]):
                account = dice.pick(accounts.books[number])
                if account.created_at.date() < day:
                    self._add(number, index, account.created_at, _PROSPECTING_KINDS.draw(dice), account=account.id)

    def finish(self) -> list[Activity]:
        """All activities in the order in which they happened."""
        drafts: list[Any] = self._drafts
        drafts.sort(key=itemgetter(0))
        for number, draft in enumerate(drafts):
            drafts[number] = self._finish_one(number, draft)  # in its place: two lists of millions are one too many
        return drafts

    def _add(
        self,
        seat: int,
        index: int,
        not_before: datetime,
        kind: ActivityKind,
        *,
        opportunity: int | None = None,
        account: int | None = None,
        lead: int | None = None,
    ) -> None:
        """One activity by whoever sits there on that day, if somebody does."""
        dice = self._dice
        holder = self._seats[seat].holder(self._calendar.days[index])
        if holder is None:
            return
        opens = self._seats[seat].team.opens
        at = self._calendar.moment(index, opens, dice.integer(0, DAY_MINUTES - 1), dice.integer(0, 59))
        if at <= not_before:
            at = not_before + timedelta(minutes=dice.integer(1, 45))
        self._drafts.append((at, holder.user, kind, opportunity is not None, opportunity, account, lead))

    def _finish_one(self, number: int, draft: _Draft) -> Activity:
        at, owner, kind, known, opportunity, account, lead = draft
        outcome, minutes, outbound, done = "", None, True, True
        dice = self._dice
        if kind == "call":
            outcome = (_KNOWN_CALLS if known else _COLD_CALLS).draw(dice)
            minutes = int(dice.shaped(_TALK)) if outcome == "connected" else int(outcome == "left_voicemail")
            outbound = dice.chance(0.82 if outcome == "connected" else 1.0)
        elif kind == "email":
            outbound = dice.chance(0.72 if known else 0.88)
        elif kind == "meeting":
            outcome, minutes = _MEETINGS.draw(dice), dice.pick((30, 30, 30, 45, 60))
        else:
            done = dice.chance(0.95 if at < self._month_ago else 0.65)
        subject = dice.pick(_SUBJECTS[kind])
        return Activity(number, kind, owner, at, subject, opportunity, account, lead, minutes, outcome, outbound, done)
