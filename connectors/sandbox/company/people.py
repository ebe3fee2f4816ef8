"""The sales organisation: a VP, eight teams with managers, sixty seats and the people who sit or sat in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from connectors.sandbox.company.dice import Dice, quantile
from connectors.sandbox.company.model import User
from connectors.sandbox.company.segments import SEGMENTS, Segment

if TYPE_CHECKING:
    from connectors.sandbox.company.names import PersonNames

DOMAIN = "tallgrass.example"
LEAVERS = 5
NEW_SEATS = 10

# How good reps are at winning, and how much they do: quantiles over the team.
SKILL = (0.7, 0.83, 0.91, 0.96, 1.0, 1.05, 1.1, 1.18, 1.3)
EFFORT = (0.8, 0.9, 0.96, 1.0, 1.05, 1.1, 1.2)


@dataclass(frozen=True, slots=True)
class Team:
    name: str
    segment: Segment | None  # None: Development, which finds leads and owns no deals
    side: str  # East, West, or "" for both
    seats: int

    @property
    def opens(self) -> int:
        """The hour, in UTC, at which the team starts to work."""
        return 15 if self.side == "West" else 13


TEAMS = (
    Team("SMB East", SEGMENTS["smb"], "East", 9),
    Team("SMB West", SEGMENTS["smb"], "West", 9),
    Team("Mid-Market East", SEGMENTS["mid_market"], "East", 7),
    Team("Mid-Market West", SEGMENTS["mid_market"], "West", 7),
    Team("Enterprise East", SEGMENTS["enterprise"], "East", 6),
    Team("Enterprise West", SEGMENTS["enterprise"], "West", 6),
    Team("Strategic", SEGMENTS["strategic"], "", 5),
    Team("Development", None, "", 11),
)
DEVELOPMENT_RAMP_DAYS = 75


@dataclass(frozen=True, slots=True)
class Holder:
    """A person in a seat, from `start` to `end` (the first day without them; None: still there)."""

    user: int
    start: date
    end: date | None
    skill: float
    effort: float
    ramp_days: int

    def ramp(self, day: date) -> float:
        """Their productivity on a day, as a share of what it will be: from a quarter, linearly, to all of it."""
        return min(1.0, 0.25 + 0.75 * (day - self.start).days / self.ramp_days)


@dataclass(frozen=True, slots=True)
class Seat:
    """A place in a team with its accounts; who leaves it hands them to the next."""

    team: Team
    holders: tuple[Holder, ...]  # oldest first

    def holder(self, day: date) -> Holder | None:
        """Who works in the seat on a day; None before the first and between two."""
        for holder in self.holders:
            if holder.start <= day and (holder.end is None or day < holder.end):
                return holder
        return None

    def owner(self, day: date) -> int:
        """The user who owns the seat's records on a day: between two holders still the one who left."""
        owner = self.holders[0]
        for holder in self.holders[1:]:
            if holder.start <= day:
                owner = holder
        return owner.user


@dataclass(frozen=True, slots=True)
class People:
    users: list[User]
    seats: list[Seat]


def build_people(dice: Dice, names: PersonNames, first: date, as_of: date) -> People:
    """Users and seats as of a day; `first` is the day before which most of them were hired."""
    users: list[User] = []

    def hire(team: str, title: str, manager: int | None, start: date, *, active: bool = True) -> int:
        given, family = names.unique()
        email = f"{given}.{family}@{DOMAIN}".lower()
        created = datetime.combine(start, time(8, dice.integer(0, 59), tzinfo=UTC))
        users.append(User(len(users), given, family, email, team, title, manager, active, created))
        return users[-1].id

    def long_ago() -> date:
        return first - timedelta(days=dice.integer(30, 1500))

    vice_president = hire("Sales", "VP Sales", None, long_ago())
    managers = [hire(team.name, "Sales Manager", vice_president, long_ago()) for team in TEAMS]
    changes = _draw_changes(dice, sum(team.seats for team in TEAMS))
    seats: list[Seat] = []
    for team, manager in zip(TEAMS, managers, strict=True):
        title = "Account Executive" if team.segment else "Sales Development Representative"
        ramp_days = team.segment.ramp_days if team.segment else DEVELOPMENT_RAMP_DAYS
        for talent in dice.spread(team.seats):  # every team has its stars and its weak reps
            holders: list[Holder] = []
            for start, end in _terms(dice, changes.get(len(seats), ""), long_ago(), first, as_of):
                user = hire(team.name, title, manager, start, active=end is None)
                skill = quantile(SKILL, dice.random() if holders else talent)
                holders.append(Holder(user, start, end, skill, dice.shaped(EFFORT), ramp_days))
            seats.append(Seat(team, tuple(holders)))
    return People(users, seats)


def _draw_changes(dice: Dice, seats: int) -> dict[int, str]:
    """What happened to some of the seats over the two years, all teams alike: somebody left, or the seat is new."""
    places = dice.spread(LEAVERS + NEW_SEATS)
    return {int(place * seats): "left" if number < LEAVERS else "new" for number, place in enumerate(places)}


def _terms(dice: Dice, change: str, hired: date, first: date, as_of: date) -> list[tuple[date, date | None]]:
    """(start, end) of each person who held a seat."""
    days = (as_of - first).days
    match change:
        case "left":
            end = first + timedelta(days=int(days * (0.25 + 0.5 * dice.random())))
            return [(hired, end), (end + timedelta(days=dice.integer(10, 50)), None)]
        case "new":
            return [(first + timedelta(days=int(days * (0.1 + 0.83 * dice.random()))), None)]
    return [(hired, None)]
