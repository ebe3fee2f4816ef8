"""What a generated company links: deals, leads and activities with their companies, contacts, deals and leads."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from connectors.sandbox.hubspot.associations.links import STANDARD, LinkType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from connectors.sandbox.company.model import Company
    from connectors.sandbox.hubspot.store import Store

    Ids = Callable[[str, int], int]


def company_links(company: Company, ids: Ids) -> Iterable[tuple[LinkType, int, int]]:
    """Every link of the company; `ids` gives the HubSpot id of an object's record by its place."""
    yield from _deal_links(company, ids)
    yield from _lead_links(company, ids)
    yield from _activity_links(company, ids)


def load_links(store: Store, links: Iterable[tuple[LinkType, int, int]]) -> None:
    """Link records of an account that has no links yet, in both directions: SQLite sorts the millions, not Python."""
    with store.database.transaction() as connection:
        connection.execute(
            "CREATE TEMP TABLE hs_loading (type INTEGER, inverse INTEGER, from_id INTEGER, to_id INTEGER)"
        )
        rows = ((each.key, each.inverse, from_id, to_id) for each, from_id, to_id in links)
        connection.executemany("INSERT INTO temp.hs_loading VALUES (?, ?, ?, ?)", rows)
        connection.execute(
            "INSERT OR IGNORE INTO hs_link SELECT type, from_id, to_id FROM temp.hs_loading"
            " UNION ALL SELECT inverse, to_id, from_id FROM temp.hs_loading ORDER BY 1, 2, 3"
        )
        connection.execute("DROP TABLE temp.hs_loading")


def _deal_links(company: Company, ids: Ids) -> Iterable[tuple[LinkType, int, int]]:
    place = 0
    for deal in company.opportunities:
        number, account = ids("deals", deal.id), ids("companies", deal.account)
        yield STANDARD[341], number, account
        yield STANDARD[5], number, account
        for _ in deal.lines:
            yield STANDARD[19], number, ids("line_items", place)
            place += 1


def _lead_links(company: Company, ids: Ids) -> Iterable[tuple[LinkType, int, int]]:
    for lead in company.leads:
        number, contact = ids("leads", lead.id), ids("contacts", lead.id)
        ends = [(608, number, contact), (578, number, contact)]
        if lead.account is not None:
            account = ids("companies", lead.account)
            ends += [(610, number, account), (580, number, account), (279, contact, account), (1, contact, account)]
        if lead.opportunity is not None:
            deal = ids("deals", lead.opportunity)
            ends += [(1037, number, deal), (582, number, deal), (4, contact, deal)]
        for key, start, end in ends:
            yield STANDARD[key], start, end


# From each activity to a deal, a company, a contact and a lead.
_ACTIVITY_LINKS = {
    "call": (206, 182, 194, 597),
    "email": (210, 186, 198, 599),
    "meeting": (212, 188, 200, 601),
    "task": (216, 192, 204, 647),
}


def _activity_links(company: Company, ids: Ids) -> Iterable[tuple[LinkType, int, int]]:
    places: dict[str, int] = defaultdict(int)
    for activity in company.activities:
        kind = f"{activity.kind}s"
        number = ids(kind, places[kind])
        places[kind] += 1
        deal, account, contact, lead = _ACTIVITY_LINKS[activity.kind]
        if activity.opportunity is not None:
            yield STANDARD[deal], number, ids("deals", activity.opportunity)
        if activity.account is not None:
            yield STANDARD[account], number, ids("companies", activity.account)
        if activity.lead is not None:
            yield STANDARD[contact], number, ids("contacts", activity.lead)
            yield STANDARD[lead], number, ids("leads", activity.lead)
