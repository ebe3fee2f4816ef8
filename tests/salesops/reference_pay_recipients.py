"""Whom a transaction counts for on a day, and what share of it is theirs."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from reference_pay_people import on_day
from reference_people import _held, _owner

from config.comp_plans.credits import ByField, ByManagers, ByMembers, BySplits
from config.metrics.kinds import CREATOR

if TYPE_CHECKING:
    from datetime import date

    from reference_world import Row as Record
    from reference_world import World

    from config.comp_plans import Credit


class Recipient(NamedTuple):
    """A user, or nobody, with their share of the whole, from where to where, and how far above the owner they are."""

    user: str | None
    before: Fraction
    after: Fraction
    level: int | None = None


def recipients(world: World, name: str, rule: Credit, source: str, row: Record, day: date) -> list[Recipient]:
    """Whom a row counts for on a day, by the id of the user."""
    to = rule.to
    if isinstance(to, BySplits):
        return _of_splits(world, to, source, row)
    if isinstance(to, ByManagers):
        return _managers(world, to, source, row, day)
    if to == "team":
        owner = _owner_of(world, source, row)
        team = _team(world, owner, day)
        return [_whole(user) for user in _payees(world, name, day) if team and _team(world, user, day) == team]
    if to == "everyone":
        return [_whole(user) for user in _payees(world, name, day)]
    if to == "territory":
        there = _in_territories(world, source, row)
        return [_whole(user) for user in _payees(world, name, day) if user in there]
    return [_whole(user) for user in _plain(world, to, source, row)]


def _whole(user: str | None, level: int | None = None) -> Recipient:
    return Recipient(user, Fraction(0), Fraction(1), level)


def _plain(world: World, to: object, source: str, row: Record) -> list[str | None]:
    """The owner, the creator, the user of a field or those who work on the opportunity."""
    if isinstance(to, ByField):
        return [world.get(source, row, to.field)]
    if isinstance(to, ByMembers):
        deal = _opportunity_id(world, source, row)
        return sorted(
            {
                member["user_id"]
                for member in world.rows("opportunity_member")
                if deal is not None and member["opportunity_id"] == deal and _is_one_of(member["role"], to.members)
                if member["user_id"]
            }
        )
    if to == "creator":
        return [_owner(world, source, row, CREATOR, world.today)]
    return [_owner_of(world, source, row)]


def _owner_of(world: World, source: str, row: Record) -> str | None:
    owner: str | None = row["owner_id"] if source == "earning" else _owner(world, source, row, None, world.today)
    return owner


def _opportunity_id(world: World, source: str, row: Record) -> str | None:
    found: str | None = row["id"] if source == "opportunity" else world.field(source, row, "opportunity_id")
    return found


def _is_one_of(word: str | None, words: tuple[str, ...]) -> bool:
    return (word or "").lower() in {each.lower() for each in words}


def _of_splits(world: World, to: BySplits, source: str, row: Record) -> list[Recipient]:
    """The users of the splits of these types; without any, its owner where a type of them shares revenue."""
    deal = _opportunity_id(world, source, row)
    shares: dict[str, Fraction] = {}
    for split in world.rows("opportunity_split"):
        if deal is not None and split["opportunity_id"] == deal and _is_one_of(split["type"], to.splits):
            user = split["user_id"] or ""
            shares[user] = shares.get(user, Fraction(0)) + Fraction(split["percent"] or 0)
    revenue = world.rules.meanings.get("revenue_splits") or ("Revenue",)
    if not shares and any(_is_one_of(each, revenue) for each in to.splits):
        opportunity = world.record("opportunity", deal)
        return [] if opportunity is None else [_whole(_owner_of(world, "opportunity", opportunity))]
    found, before = [], Fraction(0)
    for user in sorted(shares):
        after = before + shares[user]
        found.append(Recipient(user or None, before, after))
        before = after
    return found


def _managers(world: World, to: ByManagers, source: str, row: Record, day: date) -> list[Recipient]:
    """Those above, at the levels that are asked for; each once, at the lowest at which they are reached.

    Above splits each has the shares of those below them; the lowest level comes last.
    """
    if isinstance(to.of, BySplits):
        return _above_splits(world, to, _of_splits(world, to.of, source, row), day)
    levels: dict[str, int] = {}
    for user in _plain(world, to.of, source, row):
        for manager, level in above(world, user, day).items():
            if level in to.managers:
                levels[manager] = min(level, levels.get(manager, level))
    return [_whole(manager, levels[manager]) for manager in sorted(levels)]


def _above_splits(world: World, to: ByManagers, splits: list[Recipient], day: date) -> list[Recipient]:
    """The managers, each with what those below them have, so that it is just the sum of that."""
    return [
        Recipient(manager, each.before, each.after, level)
        for level in sorted(to.managers, reverse=True)
        for each in splits
        for manager, its in above(world, each.user, day).items()
        if its == level
    ]


def above(world: World, user: str | None, day: date) -> dict[str, int]:
    """Everybody above a user on a day, each with how many levels; nobody is above themselves."""
    found: dict[str, int] = {}
    here, until = user, world.moment(day)
    while here is not None and world.user(here) is not None:
        here = _held(world, here, "manager_id", until)
        if here is None or here == user or here in found or world.user(here) is None:
            break
        found[here] = len(found) + 1
    return found


def _payees(world: World, name: str, day: date) -> list[str]:
    return sorted(user["id"] for user in world.rows("user") if on_day(world, name, user, day) is not None)


def _team(world: World, user: str | None, day: date) -> str | None:
    team: str | None = _held(world, user, "team", world.moment(day)) if user and world.user(user) else None
    return team


def _in_territories(world: World, source: str, row: Record) -> set[str]:
    path = "account_id" if source in {"opportunity", "activity"} else "opportunity.account_id"
    account = world.get(source, row, path)
    there = {
        each["territory_id"] for each in world.rows("territory_account") if account and each["account_id"] == account
    }
    return {each["user_id"] for each in world.rows("territory_member") if each["territory_id"] in there}
