"""The companies that are sold to, and whose seat each belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from connectors.sandbox.company.calendar import DAY_MINUTES
from connectors.sandbox.company.dice import Dice, Weighted
from connectors.sandbox.company.model import Account
from connectors.sandbox.company.names import TRADES, CompanyNames
from connectors.sandbox.company.segments import SEGMENTS, Segment, SegmentName

if TYPE_CHECKING:
    from datetime import date

    from connectors.sandbox.company.calendar import WorkCalendar
    from connectors.sandbox.company.people import Seat

OLD_SHARE = 0.6  # of the accounts were there before the two years began

_PLACES = Weighted(  # (country, region, side of the organisation that covers it)
    [
        (("United States", "New York", "East"), 9),
        (("United States", "Massachusetts", "East"), 5),
        (("United States", "Pennsylvania", "East"), 4),
        (("United States", "New Jersey", "East"), 3),
        (("United States", "Virginia", "East"), 3),
        (("United States", "North Carolina", "East"), 3),
        (("United States", "Georgia", "East"), 3),
        (("United States", "Florida", "East"), 5),
        (("United States", "Ohio", "East"), 3),
        (("United States", "Illinois", "East"), 4),
        (("United States", "Texas", "West"), 9),
        (("United States", "Colorado", "West"), 4),
        (("United States", "Arizona", "West"), 3),
        (("United States", "Utah", "West"), 2),
        (("United States", "California", "West"), 15),
        (("United States", "Oregon", "West"), 3),
        (("United States", "Washington", "West"), 5),
        (("United States", "Minnesota", "West"), 3),
        (("Canada", "Ontario", "East"), 4),
        (("Canada", "Quebec", "East"), 2),
        (("Canada", "British Columbia", "West"), 3),
        (("Canada", "Alberta", "West"), 2),
        (("United Kingdom", "", "East"), 3),
        (("Ireland", "", "East"), 1),
        (("Germany", "", "East"), 1),
        (("Mexico", "", "West"), 2),
        (("Australia", "", "West"), 2),
    ]
)
_INDUSTRIES = Weighted(
    [(industry, weight) for industry, weight in zip(TRADES, (16, 14, 11, 11, 9, 8, 10, 5, 4, 5, 4, 5), strict=True)]
)
_SEGMENTS = Weighted([(segment, segment.account_share) for segment in SEGMENTS.values()])


@dataclass(frozen=True, slots=True)
class Accounts:
    """All accounts, oldest first, and by the position of the seat the book of its own, oldest first too."""

    accounts: list[Account]
    books: list[list[Account]]


def build_accounts(
    dice: Dice, names: CompanyNames, seats: list[Seat], calendar: WorkCalendar, first: date, as_of: date, count: int
) -> Accounts:
    """`count` accounts, oldest first, most of them there before the day `first`."""
    last = calendar.index(as_of + timedelta(days=1)) - 1
    begin = calendar.index(first)
    old = int(count * OLD_SHARE)
    indexes = [dice.integer(0, begin - 1) for _ in range(old)]
    indexes += [dice.integer(begin, last) for _ in range(count - old)]
    times = sorted((index, dice.integer(0, DAY_MINUTES - 1), dice.integer(0, 59)) for index in indexes)
    positions = _positions(seats)
    accounts: list[Account] = []
    books: list[list[Account]] = [[] for _ in seats]
    for index, minute, second in times:
        segment = _SEGMENTS.draw(dice)
        country, region, side = _PLACES.draw(dice)
        industry = _INDUSTRIES.draw(dice)
        number = dice.pick(positions[segment.name, side])
        seat = seats[number]
        employees = int(dice.shaped(segment.employees))
        account = Account(
            id=len(accounts),
            name=names.unique(industry),
            owner=seat.owner(as_of),
            industry=industry,
            country=country,
            region=region,
            employees=employees,
            annual_revenue=employees * dice.integer(90, 380) * 1_000_00,
            created_at=calendar.moment(index, seat.team.opens, minute, second),
        )
        accounts.append(account)
        books[number].append(account)
    return Accounts(accounts, books)


def _positions(seats: list[Seat]) -> dict[tuple[SegmentName, str], list[int]]:
    """The seats that take an account of a segment on a side; a team without a side takes both."""
    positions: dict[tuple[SegmentName, str], list[int]] = {}
    for number, seat in enumerate(seats):
        segment: Segment | None = seat.team.segment
        if segment is not None:
            for side in ("East", "West"):
                if seat.team.side in ("", side):
                    positions.setdefault((segment.name, side), []).append(number)
    return positions
