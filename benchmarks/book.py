"""A company whose reps each hold a hundred contacts, as an export folder of either CRM; and the figures that stand on
each contact.

Every rep has won one opportunity this quarter. Another amount of one of them moves all figures of its rep, and so four
fields of a hundred contacts; the fifth, the as-of time, is the same day's.
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from benchmarks.counted import DAY

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from benchmarks.counted import Crm

REPS = 1000
CONTACTS_OF_A_REP = 100
AMOUNT = 20_000
WON, CREATED = DAY.replace(day=10), DAY.replace(month=8)
FIELDS = {
    "Won_Quarter": "metric, metric: won_amount, period: this_quarter",
    "Won_Year": "metric, metric: won_amount, period: this_year",
    "Attainment": "quota, quota: bookings, show: attainment, period: this_quarter",
    "Commission": "commission, period: this_quarter",
    "Updated": "updated",
}


def field_names(crm: Crm) -> list[str]:
    """The fields of a contact that are kept current, by the names that the CRM gives them."""
    return [f"SalesOps_{name}__c" if crm == "salesforce" else f"salesops_{name.lower()}" for name in FIELDS]


def writeback_yaml(crm: Crm) -> str:
    """The `writeback.yaml` that shows the owner's figures on each contact."""
    lines = [
        f"    - {{object: contact, field: {name}, label: {label}, value: {{kind: {value}}}}}"
        for name, (label, value) in zip(field_names(crm), FIELDS.items(), strict=True)
    ]
    return "\n".join(["writeback:", "  crm:", *lines]) + "\n"


def opportunity_id(crm: Crm, rep: int) -> str:
    """The CRM's id of a rep's opportunity; reps count from 1."""
    return f"006BM{rep:010}" if crm == "salesforce" else str(5_000_000 + rep)


def write_book(crm: Crm, folder: Path) -> None:
    """Fill the folder, which is made."""
    folder.mkdir()
    (_write_salesforce if crm == "salesforce" else _write_hubspot)(folder)


def _write_salesforce(folder: Path) -> None:
    reps = range(1, REPS + 1)
    users = {rep: f"005BM{rep:010}" for rep in reps}
    _write(
        folder / "User.csv",
        ("Id", "LastName", "Email", "Username", "IsActive", "TimeZoneSidKey"),
        ((users[rep], *(f"Rep {rep}", _email(rep), _email(rep)), "true", "America/New_York") for rep in reps),
    )
    _write(folder / "Account.csv", ("Id", "Name", "OwnerId"), [("001BM0000000001", "Acme", users[1])])
    _write(
        folder / "Contact.csv",
        ("Id", "LastName", "AccountId", "OwnerId"),
        ((f"003BM{number:010}", f"Contact {number}", "001BM0000000001", users[rep]) for number, rep in _contacts()),
    )
    _write(
        folder / "Opportunity.csv",
        ("Id", "Name", "AccountId", "OwnerId", "StageName", "Amount", "CloseDate", "CreatedDate"),
        (
            (
                *(opportunity_id("salesforce", rep), f"Deal {rep}", "001BM0000000001", users[rep]),
                *("Closed Won", AMOUNT, WON, f"{CREATED}T15:00:00.000Z"),
            )
            for rep in reps
        ),
    )


def _write_hubspot(folder: Path) -> None:
    reps = range(1, REPS + 1)
    _write(
        folder / "owners.csv",
        ("id", "userId", "email", "firstName", "lastName", "archived"),
        ((rep, 10_000 + rep, _email(rep), "Rep", rep, "false") for rep in reps),
    )
    _write(
        folder / "users.csv",
        ("hs_object_id", "hs_email", "hs_internal_user_id", "hubspot_owner_id", "manager_email"),
        ((20_000 + rep, _email(rep), 10_000 + rep, rep, "") for rep in reps),
    )
    _write(
        folder / "contacts.csv",
        ("hs_object_id", "lastname", "hubspot_owner_id"),
        ((1_000_000 + number, f"Contact {number}", rep) for number, rep in _contacts()),
    )
    _write(
        folder / "deals.csv",
        ("hs_object_id", "dealname", "pipeline", "dealstage", "amount", "closedate", "createdate", "hubspot_owner_id"),
        (
            (
                *(opportunity_id("hubspot", rep), f"Deal {rep}", "default", "closedwon", AMOUNT),
                *(f"{WON}T15:00:00.000Z", f"{CREATED}T15:00:00.000Z", rep),
            )
            for rep in reps
        ),
    )


def _contacts() -> Iterable[tuple[int, int]]:
    """(number, rep) of each contact."""
    return ((number, 1 + (number - 1) // CONTACTS_OF_A_REP) for number in range(1, REPS * CONTACTS_OF_A_REP + 1))


def _email(rep: int) -> str:
    return f"rep{rep}@book.example"


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
