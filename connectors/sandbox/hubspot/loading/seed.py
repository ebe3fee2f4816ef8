"""A generated company in HubSpot's shape: owners and users, companies, leads with their contacts, deals, activities."""

from __future__ import annotations

from collections import defaultdict
from itertools import islice
from typing import TYPE_CHECKING, Any

from connectors.sandbox.hubspot.account.owners import Owner, save_owners
from connectors.sandbox.hubspot.definitions.calculated import calculated_values, default_values
from connectors.sandbox.hubspot.definitions.schema import Property
from connectors.sandbox.hubspot.definitions.types import (
    COMPANIES,
    CONTACTS,
    DEALS,
    LEADS,
    LINE_ITEMS,
    OBJECTS,
    PRODUCTS,
    ObjectType,
)
from connectors.sandbox.hubspot.loading.activities import ACTIVITIES, activity_rows
from connectors.sandbox.hubspot.loading.links import company_links, load_links
from connectors.sandbox.hubspot.loading.load import insert_rows, save_users
from connectors.sandbox.hubspot.store import Store
from connectors.sandbox.hubspot.values import stamp

if TYPE_CHECKING:
    from collections.abc import Iterable

    from connectors.sandbox.company.model import Account, Company, Lead, Opportunity
    from connectors.sandbox.database import Database

    Values = dict[str, str | None]

OWNER_BASE, USER_BASE = 70_000_001, 9_000_001
STAGES = {
    "prospecting": "appointmentscheduled",
    "qualification": "qualifiedtobuy",
    "proposal": "presentationscheduled",
    "negotiation": "contractsent",
    "won": "closedwon",
    "lost": "closedlost",
}
LEAD_STAGES = {
    "new": "new-stage-id",
    "working": "attempting-stage-id",
    "qualified": "qualified-stage-id",
    "unqualified": "unqualified-stage-id",
    "converted": "qualified-stage-id",
}
SOURCE = {"hs_object_source": "CRM_UI", "hs_object_source_label": "CRM_UI"}
# What the company knows and HubSpot has no property for, as an admin would add it.
CUSTOM = (
    ("users", "manager_email", "Manager e-mail", "userinformation"),
    ("deals", "lead_source", "Lead source", "dealinformation"),
    ("leads", "lead_source", "Lead source", "leadinformation"),
)


LARGE = (COMPANIES, CONTACTS, LEADS, DEALS, LINE_ITEMS, *(OBJECTS[name] for name in ACTIVITIES))
CHUNK = 1000  # records whose values are in memory at once


def load_company(database: Database, company: Company) -> dict[str, int]:
    """Rows loaded by object from a generated company."""
    store = Store(database)
    seed = _Seed(store, company)
    with database.indexed_afterwards([*(kind.table.strip('"') for kind in LARGE), "hs_history"]):
        _add_custom(store)
        counts = {"owners": _load_owners(store, company), "users": len(company.users)}
        for kind, rows in (
            (COMPANIES, ((each.id, _account(each, seed)) for each in company.accounts)),
            (PRODUCTS, ((each.id, _product(each)) for each in company.products)),
            (CONTACTS, ((each.id, _contact(each, seed)) for each in company.leads)),
            (LEADS, ((each.id, _lead(each, seed)) for each in company.leads)),
            (DEALS, ((each.id, _deal(each, seed)) for each in company.opportunities)),
            (LINE_ITEMS, _line_items(company, seed)),
        ):
            counts[kind.name] = seed.insert(kind, rows)
        store.add_versions(_deal_versions(company, seed))
        store.add_versions(_lead_versions(company, seed))
        for kind_name, names, rows in activity_rows(company, seed.ids, _held):
            store.insert(OBJECTS[kind_name], names, rows)
            counts[kind_name] = database.rows(f"SELECT count(*) FROM {OBJECTS[kind_name].table}")[0][0]
        load_links(store, company_links(company, seed.ids))
    return counts


class _Seed:
    """Where the company's numbers land: HubSpot ids by object, and the account's pipelines."""

    def __init__(self, store: Store, company: Company) -> None:
        self.store = store
        self.first = {kind.name: store.next_id(kind) for kind in OBJECTS.values()}
        self.pipelines = {kind.name: store.pipelines(kind) for kind in (DEALS, LEADS)}
        self.products = company.products

    def ids(self, kind: str, place: int) -> int:
        return self.first[kind] + place

    def insert(self, kind: ObjectType, rows: Iterable[tuple[int, Values]]) -> int:
        """How many records were added, whose values were complete but for defaults and calculated properties."""
        added, remaining = 0, iter(rows)
        while chunk := list(islice(remaining, CHUNK)):
            self._insert(kind, chunk)
            added += len(chunk)
        return added

    def _insert(self, kind: ObjectType, rows: list[tuple[int, Values]]) -> None:
        pipelines = self.pipelines.get(kind.name, {})
        complete = []
        for place, given in rows:
            number = self.ids(kind.name, place)
            values = {**SOURCE, **default_values(kind.name, given, pipelines), **given}
            values |= {
                name: value
                for name, value in calculated_values(kind.name, number, values, pipelines).items()
                if name not in given
            }
            complete.append((number, str(values[kind.created]), values))
        insert_rows(self.store, kind, complete)


def _add_custom(store: Store) -> None:
    now = store.now()
    for kind, name, label, group in CUSTOM:
        if name not in store.catalog.of(kind):
            definition = Property(name, label, "string", "text", group, created_at=now, updated_at=now)
            store.add_properties(OBJECTS[kind], [definition])


def _load_owners(store: Store, company: Company) -> int:
    owners, more = [], {}
    for user in company.users:
        made = stamp(user.created_at)
        names = (user.email, user.first_name, user.last_name, user.team)
        owners.append(Owner(OWNER_BASE + user.id, USER_BASE + user.id, *names, made, made, not user.active))
        manager = None if user.manager is None else company.users[user.manager].email
        more[OWNER_BASE + user.id] = {"hs_job_title": user.title, "manager_email": manager}
    save_owners(store, owners)
    save_users(store, owners, more)
    return len(owners)


def _account(account: Account, seed: _Seed) -> Values:
    made = stamp(account.created_at)
    return {
        "name": account.name,
        "industry": _industry(account.industry, seed.store),
        "country": account.country,
        "state": account.region or None,
        "numberofemployees": str(account.employees),
        "annualrevenue": money(account.annual_revenue),
        **_held(account.owner),
        "createdate": made,
        "hs_lastmodifieddate": made,
    }


def _industry(name: str, store: Store) -> str:
    """The option of an industry: HubSpot's own where it has one, else a new one."""
    definition = store.catalog.of("companies")["industry"]
    value = "_".join("".join(c if c.isalnum() else " " for c in name).upper().split())
    if value not in {option.value for option in definition.options}:
        store.catalog.save("companies", [definition.extended([value])])
    return value


def _product(product: Any) -> Values:
    return {
        "name": product.name,
        "hs_sku": product.code,
        "hs_folder": product.family,
        "price": money(product.price),
        "createdate": "2020-01-01T00:00:00.000Z",
        "hs_lastmodifieddate": "2020-01-01T00:00:00.000Z",
    }


def _contact(lead: Lead, _: _Seed) -> Values:
    made = stamp(lead.created_at)
    return {
        "email": lead.email,
        "firstname": lead.first_name,
        "lastname": lead.last_name,
        "company": lead.company,
        **_held(lead.owner),
        "createdate": made,
        "lastmodifieddate": made,
        "hs_lifecyclestage_lead_date": made,
    }


def _lead(lead: Lead, _: _Seed) -> Values:
    return {
        "hs_lead_name": f"{lead.first_name} {lead.last_name}",
        "hs_pipeline_stage": LEAD_STAGES[lead.status],
        "lead_source": lead.source,
        **_held(lead.owner),
        "hs_createdate": stamp(lead.created_at),
        "hs_lastmodifieddate": stamp(lead.converted_at or lead.created_at),
    }


def _deal(deal: Opportunity, _: _Seed) -> Values:
    last = deal.history[-1]
    return {
        "dealname": deal.name,
        "dealtype": "newbusiness" if deal.new_business else "existingbusiness",
        "closed_lost_reason": deal.lost_reason or None,
        "lead_source": deal.source,
        **_held(deal.owner),
        "createdate": stamp(deal.created_at),
        "hs_lastmodifieddate": stamp(last.at),
        **dict.fromkeys(("hs_v2_date_entered_current_stage", "hs_v2_time_in_current_stage"), _entered(deal)),
        **_moving(last),
    }


def _entered(deal: Opportunity) -> str:
    """Since when a deal is in its last stage."""
    since = deal.history[-1]
    for change in reversed(deal.history):
        if change.stage != since.stage:
            break
        since = change
    return stamp(since.at)


def _moving(change: Any) -> Values:
    """What a stage change sets. A close date is a day, so its instant is noon: the same day in every time zone."""
    return {
        "dealstage": STAGES[change.stage],
        "amount": money(change.amount),
        "closedate": f"{change.close_date}T12:00:00.000Z",
    }


def _deal_versions(company: Company, seed: _Seed) -> Iterable[tuple[Any, ...]]:
    """The versions of every property that a stage change moved, the calculated ones too."""
    for deal in company.opportunities:
        number, created = seed.ids("deals", deal.id), stamp(deal.created_at)
        fixed: Values = {"pipeline": "default", "createdate": created}
        steps: list[tuple[str, Values]] = []
        for change in deal.history:
            values = {**fixed, **_moving(change)}
            steps.append(
                (stamp(change.at), {**values, **calculated_values("deals", number, values, seed.pipelines["deals"])})
            )
        yield from _versions("deals", number, steps, created)


def _lead_versions(company: Company, seed: _Seed) -> Iterable[tuple[Any, ...]]:
    """A converted lead was new until its conversion."""
    for lead in company.leads:
        if lead.converted_at is not None:
            created = stamp(lead.created_at)
            new: Values = {"hs_pipeline_stage": LEAD_STAGES["new"], "hs_lead_is_open": "true"}
            qualified: Values = {"hs_pipeline_stage": LEAD_STAGES["converted"], "hs_lead_is_open": "false"}
            steps = [(created, new), (stamp(lead.converted_at), qualified)]
            yield from _versions("leads", seed.ids("leads", lead.id), steps, created)


def _versions(kind: str, number: int, steps: list[tuple[str, Values]], created: str) -> Iterable[tuple[Any, ...]]:
    """The stored versions of a record: of each property that changed, or was not set at the record's creation."""
    by_name: dict[str, list[tuple[str, str | None]]] = defaultdict(list)
    for at, values in steps:
        for name, value in values.items():
            versions = by_name[name]
            if (versions[-1][1] if versions else None) != value:
                versions.append((at, value))
    for name, versions in by_name.items():
        if len(versions) > 1 or (versions and versions[0][0] != created):
            for at, value in versions:
                yield kind, number, name, at, value, "CRM_UI"


def _line_items(company: Company, seed: _Seed) -> Iterable[tuple[int, Values]]:
    place = 0
    for deal in company.opportunities:
        made = stamp(deal.created_at)
        for line in deal.lines:
            values: Values = {
                "name": company.products[line.product].name,
                "hs_product_id": str(seed.ids("products", line.product)),
                "quantity": str(line.quantity),
                "price": money(line.unit_price),
                "amount": money(line.total),
                "createdate": made,
                "hs_lastmodifieddate": made,
            }
            yield place, values
            place += 1


def _held(user: int) -> Values:
    """Whose a record is, who also entered it."""
    return {"hubspot_owner_id": str(OWNER_BASE + user), "hs_created_by_user_id": str(USER_BASE + user)}


def money(cents: int) -> str:
    """Whole cents as HubSpot writes an amount."""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02d}"
