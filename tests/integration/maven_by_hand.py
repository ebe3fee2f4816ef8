"""What the Maven folders amount to, by plain loops over their CSV and exact fractions: nothing of the product's.

Quotas and pay are the template's: a quarterly target for whoever manages nobody, 8 % of what is won up to it, 12 % up
to one and a half times, 15 % above, and for a manager 1 % of what their people win. A quarter's pay is rounded to the
cent, half up; an opportunity is paid what it adds to the rounded sum, in order of close date and then of id.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TIERS = ((Fraction(0), Fraction("0.08")), (Fraction(1), Fraction("0.12")), (Fraction("1.5"), Fraction("0.15")))
OVERRIDE = Fraction("0.01")


@dataclass(frozen=True, slots=True)
class Person:
    email: str
    name: str
    manager: str | None


@dataclass(frozen=True, slots=True)
class Won:
    """A won opportunity."""

    id: str
    name: str
    owner: str  # e-mail
    amount: Decimal
    day: str

    @property
    def quarter(self) -> str:
        return f"FY{self.day[:4]}-Q{(int(self.day[5:7]) + 2) // 3}"


@dataclass(frozen=True, slots=True)
class Company:
    people: dict[str, Person]
    won: list[Won]
    rows: dict[str, int]  # of each file, by its name

    @property
    def managers(self) -> set[str]:
        return {person.manager for person in self.people.values() if person.manager}


def table(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def read_salesforce(folder: Path) -> Company:
    users = {row["Id"]: row for row in table(folder, "User")}
    people = {
        row["Email"]: Person(row["Email"], row["Name"], users[row["ManagerId"]]["Email"] if row["ManagerId"] else None)
        for row in users.values()
    }
    won = [
        Won(row["Id"], row["Name"], users[row["OwnerId"]]["Email"], Decimal(row["Amount"]), row["CloseDate"])
        for row in table(folder, "Opportunity")
        if row["StageName"] == "Closed Won"
    ]
    return Company(people, won, _rows(folder))


def read_hubspot(folder: Path) -> Company:
    """The same; HubSpot knows no managers."""
    owners = {row["id"]: row for row in table(folder, "owners")}
    people = {
        row["email"]: Person(row["email"], f"{row['firstName']} {row['lastName']}", None) for row in owners.values()
    }
    won = [
        Won(
            row["hs_object_id"],
            row["dealname"],
            owners[row["hubspot_owner_id"]]["email"],
            Decimal(row["amount"]),
            row["closedate"][:10],
        )
        for row in table(folder, "deals")
        if row["dealstage"] == "closedwon"
    ]
    return Company(people, won, _rows(folder))


def _rows(folder: Path) -> dict[str, int]:
    return {path.stem: len(table(folder, path.stem)) for path in folder.glob("*.csv")}


def cents(amount: Fraction) -> Decimal:
    """Rounded to the cent, half up; amounts here are never negative."""
    return Decimal((200 * amount.numerator + amount.denominator) // (2 * amount.denominator)).scaleb(-2)


def tiered(total: Fraction, target: Fraction) -> Fraction:
    """What a total earns: each slice at the rate of its tier."""
    earned = Fraction(0)
    bounds = [share * target for share, _ in TIERS]
    for place, (_, rate) in enumerate(TIERS):
        upper = bounds[place + 1] if place + 1 < len(bounds) else total
        earned += max(Fraction(0), min(total, upper) - bounds[place]) * rate
    return earned


def credited(company: Company) -> dict[tuple[str, str], list[Won]]:
    """Won opportunities by owner and quarter, in order of close date and id."""
    by: dict[tuple[str, str], list[Won]] = defaultdict(list)
    for won in sorted(company.won, key=lambda won: (won.day, won.id)):
        by[won.owner, won.quarter].append(won)
    return by


def earnings(company: Company, target: Decimal) -> dict[tuple[str, str, str, str], Decimal]:
    """What is paid, by (payee's e-mail, component, quarter, opportunity's name)."""
    paid: dict[tuple[str, str, str, str], Decimal] = {}
    by_manager: dict[tuple[str, str], list[Won]] = defaultdict(list)
    for (owner, quarter), wins in credited(company).items():
        manager = company.people[owner].manager
        if manager:
            by_manager[manager, quarter] += wins
        if owner not in company.managers:
            _pay(paid, (owner, "commission", quarter), wins, lambda total: tiered(total, Fraction(target)))
    for (manager, quarter), wins in by_manager.items():
        ordered = sorted(wins, key=lambda won: (won.day, won.id))
        _pay(paid, (manager, "override", quarter), ordered, lambda total: total * OVERRIDE)
    return paid


def _pay(
    paid: dict[tuple[str, str, str, str], Decimal],
    key: tuple[str, str, str],
    wins: list[Won],
    scale: Callable[[Fraction], Fraction],
) -> None:
    total, before = Fraction(0), Decimal(0)
    for won in wins:
        total += Fraction(won.amount)
        after = cents(scale(total))
        paid[(*key, won.name)] = after - before
        before = after
