"""A company of a handful of rows, written as an export folder of either CRM, and what it amounts to by hand.

All of it happens in the year before this one, because a new project's quotas begin two years back.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from integration_harness import Crm

YEAR = datetime.now(UTC).year - 1
AS_OF = f"{YEAR}-12-31"

MIA, ANN, BO, CY = (f"{name}@tiny.example" for name in ("mia", "ann", "bo", "cy"))
"""The manager of all, two reps, and one who left."""


@dataclass(frozen=True, slots=True)
class Deal:
    """An opportunity; `stage` is won, lost or open."""

    name: str
    account: str
    owner: str
    stage: str
    amount: str
    closes: str
    created: str


PEOPLE = {
    MIA: ("Mia", "Moss", "East"),
    ANN: ("Ann", "Ames", "East"),
    BO: ("Bo", "Bell", "West"),
    CY: ("Cy", "Cole", "West"),
}
ACCOUNTS = {"Acme": ("United States", "Ohio"), "Globe": ("Canada", ""), "Initech": ("Germany", ""), "Nowhere": ("", "")}
TERRITORIES = {
    "Acme": "US Central",
    "Globe": "Canada",
    "Initech": "Germany, Austria and Switzerland",
    "Nowhere": "Unassigned",
}
DEALS = (
    Deal("Acme big", "Acme", ANN, "won", "200000", f"{YEAR}-10-10", f"{YEAR}-08-01"),
    Deal("Acme more", "Acme", ANN, "won", "100000.50", f"{YEAR}-11-20", f"{YEAR}-08-02"),
    Deal("Globe small", "Globe", BO, "won", "99999.99", f"{YEAR}-12-31", f"{YEAR}-08-03"),
    Deal("Globe early", "Globe", BO, "won", "50000", f"{YEAR}-09-30", f"{YEAR}-02-01"),
    Deal("Initech lost", "Initech", ANN, "lost", "70000", f"{YEAR}-12-01", f"{YEAR}-09-01"),
    Deal("Initech open", "Initech", ANN, "open", "10000", f"{YEAR + 1}-01-15", f"{YEAR}-12-01"),
    Deal("Acme next", "Acme", BO, "open", "20000.01", f"{YEAR + 1}-02-15", f"{YEAR}-12-02"),
)
CALLS = ((ANN, f"{YEAR}-12-03"), (ANN, f"{YEAR}-12-04"), (BO, f"{YEAR}-11-04"))

# Quota 250,000 a quarter; 8 % up to it, 12 % above; the manager's 1 % of all. Worked by hand.
EARNED = {
    "Acme big": Decimal("16000.00"),  # 8 % of 200,000
    "Acme more": Decimal("10000.06"),  # 8 % of 50,000 and 12 % of 50,000.50
    "Globe small": Decimal("8000.00"),  # 8 % of 99,999.99 is 7,999.9992
    "Globe early": Decimal("4000.00"),
}
ESTIMATED = {"Initech open": Decimal("1200.00"), "Acme next": Decimal("1600.00")}
COMMISSION = {MIA: Decimal("4000.00"), ANN: Decimal("26000.06"), BO: Decimal("8000.00")}
WON = {ANN: Decimal("300000.50"), BO: Decimal("99999.99")}
CALLS_MADE = {ANN: 2, BO: 0}


MANY = {"salesforce": 2_600, "hubspot": 1_300}
"""More opportunities than one page holds, and more commissions than apply writes down at once."""


def many_deals(count: int) -> tuple[Deal, ...]:
    """As many opportunities, three of five won, spread over owners and days of the last quarter."""
    owners = (ANN, BO)
    return tuple(
        Deal(
            f"Deal {number:05}",
            ("Acme", "Globe", "Initech")[number % 3],
            owners[number % 2],
            "won" if number % 5 < 3 else "lost" if number % 5 == 3 else "open",
            f"{100 + number}.{number % 100:02}",
            f"{YEAR}-{10 + number % 3}-{1 + number % 28:02}",
            f"{YEAR}-0{1 + number % 9}-15",
        )
        for number in range(count)
    )


def write_company(crm: Crm, folder: Path, deals: Sequence[Deal] = DEALS) -> Path:
    """The folder, filled as the CRM's own export would be."""
    folder.mkdir(parents=True)
    (_write_salesforce if crm == "salesforce" else _write_hubspot)(folder, deals)
    return folder


def _write_salesforce(folder: Path, deals: Sequence[Deal]) -> None:
    users = {email: f"005TN{number:010}" for number, email in enumerate(PEOPLE, start=1)}
    accounts = {name: f"001TN{number:010}" for number, name in enumerate(ACCOUNTS, start=1)}
    stages = {"won": "Closed Won", "lost": "Closed Lost", "open": "Prospecting"}
    _write(
        folder / "User.csv",
        ("Id", "FirstName", "LastName", "Email", "Username", "IsActive", "ManagerId", "Division", "TimeZoneSidKey"),
        (
            (
                users[e],
                first,
                last,
                e,
                e,
                str(e != CY).lower(),
                "" if e == MIA else users[MIA],
                team,
                "America/New_York",
            )
            for e, (first, last, team) in PEOPLE.items()
        ),
    )
    _write(
        folder / "Account.csv",
        ("Id", "Name", "BillingCountry", "BillingState", "OwnerId"),
        ((accounts[name], name, country, state, users[MIA]) for name, (country, state) in ACCOUNTS.items()),
    )
    _write(
        folder / "Opportunity.csv",
        ("Id", "Name", "AccountId", "OwnerId", "StageName", "Amount", "CloseDate", "CreatedDate"),
        (
            (
                *(f"006TN{n:010}", d.name, accounts[d.account], users[d.owner], stages[d.stage], d.amount, d.closes),
                f"{d.created}T15:00:00.000Z",
            )
            for n, d in enumerate(deals, start=1)
        ),
    )
    _write(
        folder / "Task.csv",
        ("Id", "OwnerId", "Subject", "Status", "Priority", "TaskSubtype", "ActivityDate", "CompletedDateTime"),
        (
            (f"00TTN{n:010}", users[owner], "Call", "Completed", "Normal", "Call", day, f"{day}T15:00:00.000Z")
            for n, (owner, day) in enumerate(CALLS, start=1)
        ),
    )


def _write_hubspot(folder: Path, deals: Sequence[Deal]) -> None:
    owners = {email: 7001 + number for number, email in enumerate(PEOPLE)}
    accounts = {name: 9001 + number for number, name in enumerate(ACCOUNTS)}
    stages = {"won": "closedwon", "lost": "closedlost", "open": "qualifiedtobuy"}
    _write(
        folder / "owners.csv",
        ("id", "userId", "email", "firstName", "lastName", "archived", "team"),
        ((o, o + 1000, e, *PEOPLE[e][:2], str(e == CY).lower(), PEOPLE[e][2]) for e, o in owners.items()),
    )
    _write(
        folder / "users.csv",
        ("hs_object_id", "hs_email", "hs_internal_user_id", "hubspot_owner_id", "manager_email"),
        ((o + 2000, e, o + 1000, o, "" if e == MIA else MIA) for e, o in owners.items()),
    )
    _write(
        folder / "companies.csv",
        ("hs_object_id", "name", "country", "state"),
        ((accounts[name], name, country, state) for name, (country, state) in ACCOUNTS.items()),
    )
    _write(
        folder / "deals.csv",
        (
            *("hs_object_id", "dealname", "pipeline", "dealstage", "amount", "closedate", "createdate"),
            *("hubspot_owner_id", "associated_company"),
        ),
        (
            (
                *(5_000_000 + n, d.name, "default", stages[d.stage], d.amount, f"{d.closes}T15:00:00.000Z"),
                *(f"{d.created}T15:00:00.000Z", owners[d.owner], accounts[d.account]),
            )
            for n, d in enumerate(deals, start=1)
        ),
    )
    _write(
        folder / "calls.csv",
        ("hs_object_id", "hs_timestamp", "hs_call_status", "hs_call_direction", "hubspot_owner_id"),
        (
            (8_000_000 + n, f"{day}T15:00:00.000Z", "COMPLETED", "OUTBOUND", owners[owner])
            for n, (owner, day) in enumerate(CALLS, start=1)
        ),
    )


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
