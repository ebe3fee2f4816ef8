"""A made-up company in neutral words; each dialect of the sandbox writes it in its own CRM's shape.

Ids are small integers, unique within a list, and stand at their own position: `users[u.id] is u`.
Times are aware UTC, days are dates, money is whole cents in an int.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import date, datetime

Stage = Literal["prospecting", "qualification", "proposal", "negotiation", "won", "lost"]
ActivityKind = Literal["call", "email", "meeting", "task"]
LeadStatus = Literal["new", "working", "qualified", "unqualified", "converted"]


@dataclass(frozen=True, slots=True)
class User:
    id: int
    first_name: str
    last_name: str
    email: str
    team: str
    title: str  # "Account Executive", "Sales Development Representative", "Sales Manager", "VP Sales"
    manager: int | None
    active: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Account:
    id: int
    name: str
    owner: int
    industry: str
    country: str
    region: str  # a state or province for the United States and Canada, else ""
    employees: int
    annual_revenue: int  # cents
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Lead:
    id: int
    first_name: str
    last_name: str
    company: str
    email: str
    owner: int
    source: str
    status: LeadStatus
    created_at: datetime
    converted_at: datetime | None
    opportunity: int | None  # the opportunity that a converted lead became
    account: int | None


@dataclass(frozen=True, slots=True)
class Product:
    id: int
    name: str
    family: str
    code: str
    price: int  # cents


@dataclass(frozen=True, slots=True)
class StageChange:
    stage: Stage
    at: datetime
    amount: int  # cents, as it stood from then on
    close_date: date  # as expected from then on


@dataclass(frozen=True, slots=True)
class LineItem:
    product: int
    quantity: int
    unit_price: int  # cents, after discount
    total: int  # cents


@dataclass(frozen=True, slots=True)
class Opportunity:
    id: int
    name: str
    account: int
    owner: int
    new_business: bool
    source: str
    lost_reason: str  # "" unless lost
    created_at: datetime
    history: tuple[StageChange, ...]  # oldest first; the last one is the present
    lines: tuple[LineItem, ...]  # their totals sum to the last amount


@dataclass(frozen=True, slots=True)
class Activity:
    id: int
    kind: ActivityKind
    owner: int
    at: datetime
    subject: str
    opportunity: int | None
    account: int | None
    lead: int | None
    minutes: int | None  # calls and meetings
    outcome: str  # calls: connected, no_answer, left_voicemail, busy; meetings: held, no_show, cancelled; else ""
    outbound: bool
    done: bool  # tasks: completed; everything else True


@dataclass(frozen=True, slots=True)
class Company:
    users: list[User]
    accounts: list[Account]
    leads: list[Lead]
    products: list[Product]
    opportunities: list[Opportunity]
    activities: list[Activity]
