"""A generated company in Salesforce's shape: users under roles, leads, deals with their history."""

from __future__ import annotations

from datetime import timedelta
from itertools import repeat
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.figures import opportunities, products
from connectors.sandbox.salesforce.ids import make_id
from connectors.sandbox.salesforce.metadata.tables import load_field
from connectors.sandbox.salesforce.org.access import settle_profiles
from connectors.sandbox.salesforce.org.loaded import settle
from connectors.sandbox.salesforce.org.seed import INTEGRATION_USER, STANDARD_PRICEBOOK, STANDARD_PROFILE
from connectors.sandbox.salesforce.records.writer import Writer
from connectors.sandbox.salesforce.schema.spec import Field, standard_objects
from connectors.sandbox.salesforce.values import format_datetime, format_stamp

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from connectors.sandbox.company import model
    from connectors.sandbox.salesforce.org.storage import Store

_STAGES = {
    "prospecting": "Prospecting",
    "qualification": "Qualification",
    "proposal": "Proposal/Price Quote",
    "negotiation": "Negotiation/Review",
    "won": "Closed Won",
    "lost": "Closed Lost",
}
_LEAD_STATUSES = {
    "new": "Open - Not Contacted",
    "working": "Working - Contacted",
    "qualified": "Working - Contacted",
    "unqualified": "Closed - Not Converted",
    "converted": "Closed - Converted",
}
_SUBTYPES = {"call": "Call", "email": "Email", "task": "Task"}
# A custom field of activities stands on Task and on Event; Salesforce has no standard one for how a meeting went.
_OUTCOME = Field("Outcome__c", "string", "Outcome", 255, flags="cun", custom=True)
_LOST_REASON = Field("Loss_Reason__c", "string", "Loss Reason", 255, flags="cun", custom=True)


_LARGE = (
    "Account", "Lead", "Opportunity", "OpportunityHistory", "OpportunityLineItem", "OpportunitySplit", "Task", "Event",
)  # fmt: skip
_CHUNK = 1000  # deals whose states are in memory at once


def load_company(store: Store, company: model.Company) -> dict[str, int]:
    """Rows written by object."""
    with store.database.indexed_afterwards(_LARGE) as connection:
        writer = _CompanyWriter(store, connection, company)
        catalog = store.catalog()
        for owner, field in (("Task", _OUTCOME), ("Event", _OUTCOME), ("Opportunity", _LOST_REASON)):
            if not catalog.named(owner).find(field.name):
                load_field(store, connection, catalog.named(owner), field)
        for step in (writer.people, writer.products, writer.accounts, writer.deals, writer.leads, writer.activities):
            step()
        settle(Writer(store, connection, store.catalog(), INTEGRATION_USER), {"Opportunity"})
        settle_profiles(store, connection)
    return writer.counts


class _Ids:
    """The ids of one object's records, by their position in the company."""

    def __init__(self, ids: Iterable[str]) -> None:
        self._ids = list(ids)

    def __getitem__(self, position: int) -> str:
        return self._ids[position]

    def of(self, position: int | None) -> str | None:
        return None if position is None else self._ids[position]


class _CompanyWriter:
    def __init__(self, store: Store, connection: sqlite3.Connection, company: model.Company) -> None:
        self._store, self._connection, self._company = store, connection, company
        self.counts: dict[str, int] = {}
        self._users = self._ids("User", len(company.users))
        self._accounts = self._ids("Account", len(company.accounts))
        self._leads = self._ids("Lead", len(company.leads))
        self._products = self._ids("Product2", len(company.products))
        self._entries = self._ids("PricebookEntry", len(company.products))
        self._opportunities = self._ids("Opportunity", len(company.opportunities))
        self._accounts_of_deals = [self._accounts[deal.account] for deal in company.opportunities]

    def _ids(self, name: str, count: int) -> _Ids:
        return _Ids(self._numbered(name, count))

    def _numbered(self, name: str, count: int) -> Iterator[str]:
        """New ids of an object, one after the other: of millions, none is kept."""
        prefix = standard_objects()[name].prefix
        first = self._store.reserve(self._connection, prefix, count) if count else 0
        return map(make_id, repeat(prefix), range(first, first + count))

    def _insert(self, name: str, columns: str, rows: Iterable[Sequence[Any]]) -> None:
        before = self._connection.total_changes
        target = self._store.catalog().named(name)
        self._store.insert(self._connection, target, columns.split(), rows)
        self.counts[name] = self.counts.get(name, 0) + self._connection.total_changes - before

    def people(self) -> None:
        """Users, and a role a team."""
        users = self._company.users
        teams = list(dict.fromkeys(user.team for user in users))
        roles = self._ids("UserRole", len(teams))
        now = format_stamp(self._store.database.clock.now())
        self._insert(
            "UserRole",
            "Id Name DeveloperName OpportunityAccessForAccountOwner LastModifiedDate LastModifiedById SystemModstamp",
            [
                (roles[i], team, team.replace(" ", "_"), "Edit", now, INTEGRATION_USER, now)
                for i, team in enumerate(teams)
            ],
        )
        place = {team: i for i, team in enumerate(teams)}
        columns = (
            "Id FirstName LastName Name Email Username Alias CommunityNickname Division Title ManagerId UserRoleId"
            " IsActive TimeZoneSidKey LocaleSidKey EmailEncodingKey LanguageLocaleKey UserType ProfileId "
        )
        rows = []
        for user in users:
            name = f"{user.first_name} {user.last_name}"
            rows.append((
                self._users[user.id], user.first_name, user.last_name, name, user.email, user.email,
                user.last_name[:8].lower(), user.email[:40], user.team, user.title, self._users.of(user.manager),
                roles[place[user.team]], int(user.active), "UTC", "en_US", "UTF-8", "en_US", "Standard",
                STANDARD_PROFILE, *_stamps(user.created_at),
            ))  # fmt: skip
        self._insert("User", columns + _STAMPS, rows)

    def products(self) -> None:
        """Products, each with its entry in the standard price book."""
        products = self._company.products
        created = min((user.created_at for user in self._company.users), default=self._store.database.clock.now())
        stamps = _stamps(created)
        self._insert(
            "Product2",
            "Id Name Family ProductCode IsActive " + _STAMPS,
            [(self._products[p.id], p.name, p.family, p.code, 1, *stamps) for p in products],
        )
        self._insert(
            "PricebookEntry",
            "Id Name Pricebook2Id Product2Id UnitPrice ProductCode IsActive " + _STAMPS,
            [
                (self._entries[p.id], p.name, STANDARD_PRICEBOOK, self._products[p.id], p.price, p.code, 1, *stamps)
                for p in products
            ],
        )

    def accounts(self) -> None:
        rows = []
        for a in self._company.accounts:
            revenue = products.divide(a.annual_revenue, 100)  # AnnualRevenue is in whole units
            rows.append((
                self._accounts[a.id], a.name, self._users[a.owner], a.industry, a.country, a.region or None,
                a.employees, revenue, *_stamps(a.created_at, by=self._users[a.owner]),
            ))  # fmt: skip
        columns = "Id Name OwnerId Industry BillingCountry BillingState NumberOfEmployees AnnualRevenue "
        self._insert("Account", columns + _STAMPS, rows)

    def deals(self) -> None:
        """Opportunities as they stand, the history behind them, and their line items."""
        stages = {row["MasterLabel"]: row for row in self._store.database.rows("SELECT * FROM OpportunityStage")}
        derived = {key: opportunities.stage_values(stages.get(label)) for key, label in _STAGES.items()}
        deals = self._company.opportunities
        history_ids = self._numbered("OpportunityHistory", sum(len(deal.history) for deal in deals))
        for start in range(0, len(deals), _CHUNK):
            history: list[dict[str, Any]] = []
            rows: list[dict[str, Any]] = []
            for deal in deals[start : start + _CHUNK]:
                states = [self._state(deal, change, derived[change.stage]) for change in deal.history]
                history += _with_previous(states)
                rows.append(self._deal(deal, states))
            self._insert("Opportunity", " ".join(rows[0]), [list(row.values()) for row in rows])
            self._write_history(history, history_ids)
        self._line_items()

    def _state(self, deal: model.Opportunity, change: model.StageChange, stage: dict[str, Any]) -> dict[str, Any]:
        at = format_datetime(change.at)
        row = {
            "Id": self._opportunities[deal.id],
            "StageName": _STAGES[change.stage],
            "Amount": change.amount,
            "CloseDate": change.close_date.isoformat(),
            **stage,
        }
        return row | opportunities.derive_opportunity(row) | {"at": at, "by": self._users[deal.owner]}

    def _deal(self, deal: model.Opportunity, states: list[dict[str, Any]]) -> dict[str, Any]:
        present = {name: value for name, value in states[-1].items() if name not in {"at", "by"}}
        moves = [
            s["at"]
            for before, s in zip([None, *states], states, strict=False)
            if not before or before["StageName"] != s["StageName"]
        ]
        created, modified, owner = format_datetime(deal.created_at), states[-1]["at"], self._users[deal.owner]
        quantity = sum(line.quantity for line in deal.lines)
        return present | {
            "Name": deal.name,
            "AccountId": self._accounts[deal.account],
            "OwnerId": owner,
            "Type": "New Customer" if deal.new_business else "Existing Customer - Upgrade",
            "LeadSource": deal.source or None,
            "Loss_Reason__c": deal.lost_reason or None,
            "HasOpportunityLineItem": int(bool(deal.lines)),
            "TotalOpportunityQuantity": quantity * 100 if deal.lines else None,
            "Pricebook2Id": STANDARD_PRICEBOOK if deal.lines else None,
            "LastStageChangeDate": moves[-1],
            "CreatedDate": created,
            "CreatedById": owner,
            "LastModifiedDate": max(created, modified),
            "LastModifiedById": owner,
            "SystemModstamp": max(created, modified),
        }

    def _write_history(self, history: list[dict[str, Any]], ids: Iterator[str]) -> None:
        columns = (
            "Id OpportunityId StageName Amount ExpectedRevenue CloseDate Probability ForecastCategory PrevAmount"
            " PrevCloseDate CreatedDate CreatedById SystemModstamp"
        )
        rows = [
            (
                next(ids), h["Id"], h["StageName"], h["Amount"], h["ExpectedRevenue"], h["CloseDate"], h["Probability"],
                h["ForecastCategory"], h["previous_amount"], h["previous_close"], h["at"], h["by"], h["at"],
            )
            for h in history
        ]  # fmt: skip
        self._insert("OpportunityHistory", columns, rows)

    def _line_items(self) -> None:
        deals = self._company.opportunities
        ids = self._numbered("OpportunityLineItem", sum(len(deal.lines) for deal in deals))
        columns = (
            "Id OpportunityId PricebookEntryId Product2Id ProductCode Name Quantity UnitPrice TotalPrice ListPrice "
        )
        rows = (self._line_item(next(ids), deal, line) for deal in deals for line in deal.lines)
        self._insert("OpportunityLineItem", columns + _STAMPS, rows)

    def _line_item(self, record_id: str, deal: model.Opportunity, line: model.LineItem) -> tuple[Any, ...]:
        product = self._company.products[line.product]
        return (
            record_id, self._opportunities[deal.id], self._entries[product.id], self._products[product.id],
            product.code, f"{deal.name} {product.name}"[:376], line.quantity * 100, line.unit_price, line.total,
            product.price, *_stamps(deal.created_at),
        )  # fmt: skip

    def leads(self) -> None:
        rows = []
        for lead in self._company.leads:
            changed = max(lead.converted_at or lead.created_at, lead.created_at)
            rows.append((
                self._leads[lead.id], lead.first_name, lead.last_name, f"{lead.first_name} {lead.last_name}",
                lead.company, lead.email, self._users[lead.owner], lead.source or None, _LEAD_STATUSES[lead.status],
                int(lead.converted_at is not None), lead.converted_at.date().isoformat() if lead.converted_at else None,
                self._opportunities.of(lead.opportunity), self._accounts.of(lead.account),
                *_stamps(lead.created_at, changed, self._users[lead.owner]),
            ))  # fmt: skip
        columns = (
            "Id FirstName LastName Name Company Email OwnerId LeadSource Status IsConverted ConvertedDate"
            " ConvertedOpportunityId ConvertedAccountId "
        )
        self._insert("Lead", columns + _STAMPS, rows)

    def activities(self) -> None:
        """Calls, e-mails and tasks as Task; meetings as Event."""
        activities = self._company.activities
        meetings = sum(a.kind == "meeting" for a in activities)
        task_ids, event_ids = self._numbered("Task", len(activities) - meetings), self._numbered("Event", meetings)
        columns = (
            "Id Subject OwnerId WhatId WhoId AccountId ActivityDate Status Priority IsClosed CompletedDateTime"
            " TaskSubtype CallType CallDisposition Outcome__c CallDurationInSeconds "
        )
        self._insert(
            "Task", columns + _STAMPS, (self._task(next(task_ids), a) for a in activities if a.kind != "meeting")
        )
        columns = (
            "Id Subject OwnerId WhatId WhoId AccountId StartDateTime ActivityDateTime ActivityDate DurationInMinutes"
            " EndDateTime EndDate ShowAs EventSubtype GroupEventType Outcome__c "
        )
        rows = (self._meeting(next(event_ids), a) for a in activities if a.kind == "meeting")
        self._insert("Event", columns + _STAMPS, rows)

    def _links(self, a: model.Activity) -> tuple[str | None, str | None, str | None]:
        """WhatId, WhoId and AccountId."""
        account = self._accounts.of(a.account)
        if a.opportunity is not None:
            return self._opportunities[a.opportunity], self._leads.of(a.lead), self._accounts_of_deals[a.opportunity]
        return account, self._leads.of(a.lead), account

    def _task(self, record_id: str, a: model.Activity) -> tuple[Any, ...]:
        stamps = _stamps(a.at, by=self._users[a.owner])
        call = a.kind == "call"
        return (
            record_id, a.subject, self._users[a.owner], *self._links(a), stamps[0][:10],
            "Completed" if a.done else "Not Started", "Normal", int(a.done), stamps[0] if a.done else None,
            _SUBTYPES[a.kind], ("Outbound" if a.outbound else "Inbound") if call else None,
            *(a.outcome or None if call else None,) * 2, (a.minutes or 0) * 60 if call else None, *stamps,
        )  # fmt: skip

    def _meeting(self, record_id: str, a: model.Activity) -> tuple[Any, ...]:
        stamps, minutes = _stamps(a.at, by=self._users[a.owner]), a.minutes or 0
        end = format_datetime(a.at + timedelta(minutes=minutes))
        return (
            record_id, a.subject, self._users[a.owner], *self._links(a), stamps[0], stamps[0], stamps[0][:10],
            minutes, end, end[:10], "Busy", "Event", "0", a.outcome or None, *stamps,
        )  # fmt: skip


_STAMPS = "CreatedDate CreatedById LastModifiedDate LastModifiedById SystemModstamp"


def _stamps(
    created: datetime, modified: datetime | None = None, by: str = INTEGRATION_USER
) -> tuple[str, str, str, str, str]:
    first = format_datetime(created)
    last = format_datetime(modified) if modified else first
    return first, by, last, by, last


def _with_previous(states: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each state with the amount and the close date before it."""
    before: dict[str, Any] = {"Amount": None, "CloseDate": None}
    complete = []
    for state in states:
        complete.append(state | {"previous_amount": before["Amount"], "previous_close": before["CloseDate"]})
        before = state
    return complete
