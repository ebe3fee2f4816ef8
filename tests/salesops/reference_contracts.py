"""Contracts: from when to when what an account bought is in force, one opportunity after the other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

from reference_world import day_in, months_later, nearest

if TYPE_CHECKING:
    from reference_world import Row, World

MEAN_MONTH = Fraction(146_097, 4800)
"""The days of four hundred years over their months."""


@dataclass(frozen=True)
class Contract:
    """In force from `starts` to before `until`, and with the grace to before `kept`; worth so much a year."""

    account: str
    starts: date
    until: date
    yearly: Fraction
    kept: date

    def is_in_force(self, day: date) -> bool:
        return self.starts <= day < self.kept


def contracts(world: World) -> dict[str, Contract]:
    """The contract of each won opportunity that is one, by its id."""
    if "contracts" not in world.remembered:
        by_account: dict[str, list[Row]] = {}
        for row in world.rows("opportunity"):
            if row.get("account_id") and _amount(world, row):
                by_account.setdefault(row["account_id"], []).append(row)
        world.remembered["contracts"] = {
            id_: contract for deals in by_account.values() for id_, contract in _of_account(world, deals).items()
        }
    found: dict[str, Contract] = world.remembered["contracts"]
    return found


def _amount(world: World, row: Row) -> Fraction | None:
    """What was sold, in the project's currency."""
    if not row.get("is_won") or not row.get("close_date") or (row.get("amount") or 0) <= 0:
        return None
    if not date(1900, 1, 1) <= row["close_date"] <= world.today:
        return None
    return world.in_project_currency(Fraction(row["amount"]), row.get("currency"), row["close_date"])


def _of_account(world: World, deals: list[Row]) -> dict[str, Contract]:
    found: dict[str, Contract] = {}
    followed: set[str] = set()
    for deal in sorted(deals, key=lambda deal: (_waits(world, deal), deal["close_date"], deal["id"])):
        starts = _own(world, deal, "starts") or deal["close_date"]
        if _waits(world, deal):
            the_day_before = deal["close_date"] - timedelta(days=1)
            ends = sorted((c.until, id_) for id_, c in found.items() if c.starts <= the_day_before < c.until)
            free = [end for end in ends if end[1] not in followed]
            if ends:
                starts, renewed = free[0] if free else ends[-1]
                followed.add(renewed)
        own_end = _own(world, deal, "ends")
        months = world.rules.customers.months
        until = months_later(starts, months)
        if own_end:
            until = own_end + timedelta(days=1)
            months = max(1, int(nearest((until - starts).days / MEAN_MONTH, 0)))
        yearly = nearest((_amount(world, deal) or 0) * Fraction(12, months))
        found[deal["id"]] = Contract(deal["account_id"], starts, until, yearly, until)
    grace = world.rules.customers.grace_days
    for id_, contract in found.items():
        gaps = [(other.starts - contract.until).days for other in found.values()]
        gap = min((gap for gap in gaps if 0 < gap <= grace), default=0)
        kept = contract.until + timedelta(days=gap)
        found[id_] = Contract(contract.account, contract.starts, contract.until, contract.yearly, kept)
    return found


def _waits(world: World, deal: Row) -> bool:
    """Whether it starts when what it renews ends."""
    words = {word.lower() for word in world.rules.meanings.get("renewal_types", ())}
    return (deal.get("type") or "").lower() in words and _own(world, deal, "starts") is None


def _own(world: World, deal: Row, key: str) -> date | None:
    """The day that the opportunity itself says."""
    field = getattr(world.rules.customers, key)
    value = deal.get(field) if field else None
    return day_in(value) if isinstance(value, str) else value
