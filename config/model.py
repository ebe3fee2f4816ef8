"""The normalized model: which objects and fields there are, whichever CRM they came from.

One owner for the words: the store makes its tables from it, the adapters fill it, metrics and rules in YAML may name
nothing else (besides custom fields, as `custom.NAME`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class FieldType(StrEnum):
    """How a value is written in the store, and so on every path between the rooms.

    ID, TEXT: text. DECIMAL: the shortest plain decimal text ("1054", "0.5", "-3.25"), never a float. INTEGER: int.
    BOOLEAN: 0 or 1. DATE: "2026-05-01", a day of the project's zone. INSTANT: "2026-05-01T07:25:37.000Z", UTC.
    """

    ID = "id"
    TEXT = "text"
    DECIMAL = "decimal"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    DATE = "date"
    INSTANT = "instant"


Scalar = str | int | None
"""A value of a field between the rooms: text, a whole number, or nothing. Never a float."""


@dataclass(frozen=True, slots=True)
class ModelObject:
    """An object of the model: its name, its fields in order, and what it is. Every object has `id` first."""

    name: str
    fields: Mapping[str, FieldType]
    description: str


def _object(name: str, description: str, /, **fields: FieldType) -> ModelObject:
    return ModelObject(name, MappingProxyType({"id": ID, **fields}), description)


ID, TEXT, DECIMAL, INTEGER = FieldType.ID, FieldType.TEXT, FieldType.DECIMAL, FieldType.INTEGER
BOOLEAN, DATE, INSTANT = FieldType.BOOLEAN, FieldType.DATE, FieldType.INSTANT

OBJECTS: Mapping[str, ModelObject] = MappingProxyType(
    {
        spec.name: spec
        for spec in (
            _object(
                "user",
                "a login that can own records; `record_id` is the CRM record that carries its fields",
                record_id=ID,
                name=TEXT,
                email=TEXT,
                active=BOOLEAN,
                team=TEXT,
                role=TEXT,
                role_id=ID,
                manager_id=ID,
                time_zone=TEXT,
                currency=TEXT,
                created_at=INSTANT,
            ),
            _object("role", "a place in the CRM's role hierarchy", name=TEXT, parent_id=ID),
            _object("team", "a team of users that the CRM keeps", name=TEXT),
            _object(
                "team_member",
                "a user in a team; `main` where it is the user's own team rather than a further one",
                team_id=ID,
                user_id=ID,
                main=BOOLEAN,
            ),
            _object(
                "account",
                "a company that is sold to",
                name=TEXT,
                owner_id=ID,
                parent_id=ID,
                industry=TEXT,
                country=TEXT,
                region=TEXT,
                employees=INTEGER,
                annual_revenue=DECIMAL,
                currency=TEXT,
                created_at=INSTANT,
                created_by_id=ID,
            ),
            _object(
                "contact",
                "a person at an account; no name is kept",
                account_id=ID,
                owner_id=ID,
                status=TEXT,
                source=TEXT,
                currency=TEXT,
                created_at=INSTANT,
                created_by_id=ID,
            ),
            _object(
                "lead",
                "somebody who may become a customer; no name is kept",
                owner_id=ID,
                status=TEXT,
                source=TEXT,
                currency=TEXT,
                created_at=INSTANT,
                converted=BOOLEAN,
                converted_at=INSTANT,
                opportunity_id=ID,
                account_id=ID,
                contact_id=ID,
                created_by_id=ID,
            ),
            _object(
                "opportunity",
                "a deal; `amount` in `currency`, or in the project's if empty; `probability` is a share of 1",
                name=TEXT,
                account_id=ID,
                owner_id=ID,
                pipeline=TEXT,
                stage=TEXT,
                is_closed=BOOLEAN,
                is_won=BOOLEAN,
                amount=DECIMAL,
                currency=TEXT,
                close_date=DATE,
                probability=DECIMAL,
                forecast_category=TEXT,
                next_step=TEXT,
                type=TEXT,
                source=TEXT,
                created_at=INSTANT,
                created_by_id=ID,
                lost_reason=TEXT,
            ),
            _object(
                "opportunity_history",
                "what stage, amount and expected close date an opportunity had from `at` on",
                opportunity_id=ID,
                stage=TEXT,
                amount=DECIMAL,
                close_date=DATE,
                at=INSTANT,
            ),
            _object(
                "field_history",
                "a change of a field that the CRM kept: our `object` and `field` (or `custom.NAME`), and who made it",
                object=TEXT,
                record_id=ID,
                field=TEXT,
                before=TEXT,
                after=TEXT,
                at=INSTANT,
                user_id=ID,
            ),
            _object(
                "opportunity_split",
                "a user's share of an opportunity; `percent` is a share of 1; revenue splits add up to it, overlay"
                " splits need not",
                opportunity_id=ID,
                user_id=ID,
                type=TEXT,
                percent=DECIMAL,
                amount=DECIMAL,
            ),
            _object(
                "opportunity_member",
                "a user who works on an opportunity beside its owner",
                opportunity_id=ID,
                user_id=ID,
                role=TEXT,
            ),
            _object(
                "activity",
                "a call, email, meeting, chat or task (`kind`); `at` is when it took place or, for a task, is due;"
                " `created_at` is when it was entered",
                kind=TEXT,
                owner_id=ID,
                opportunity_id=ID,
                account_id=ID,
                lead_id=ID,
                contact_id=ID,
                at=INSTANT,
                seconds=INTEGER,
                outcome=TEXT,
                direction=TEXT,
                done=BOOLEAN,
                created_at=INSTANT,
                created_by_id=ID,
            ),
            _object("product", "what is sold", name=TEXT, family=TEXT, code=TEXT, active=BOOLEAN),
            _object(
                "line_item",
                "a product on an opportunity; `amount` is the line's total, `discount` a share of 1",
                opportunity_id=ID,
                product_id=ID,
                quantity=DECIMAL,
                unit_price=DECIMAL,
                discount=DECIMAL,
                amount=DECIMAL,
            ),
            _object(
                "quote",
                "an offer made for an opportunity; `discount` is a share of 1",
                opportunity_id=ID,
                owner_id=ID,
                status=TEXT,
                amount=DECIMAL,
                discount=DECIMAL,
                currency=TEXT,
                expires_on=DATE,
                created_at=INSTANT,
                created_by_id=ID,
            ),
            _object(
                "association",
                "a link between two records beyond the one that a field of theirs holds; objects are ours",
                from_object=TEXT,
                from_id=ID,
                to_object=TEXT,
                to_id=ID,
                label=TEXT,
            ),
            _object(
                "stage",
                "a stage of the pipeline of opportunities or leads (`object`); `probability` is a share of 1",
                object=TEXT,
                pipeline=TEXT,
                name=TEXT,
                position=INTEGER,
                is_closed=BOOLEAN,
                is_won=BOOLEAN,
                probability=DECIMAL,
                forecast_category=TEXT,
                active=BOOLEAN,
            ),
            _object(
                "exchange_rate",
                "from `from_date` on, one unit of `currency` is `rate` units of `to_currency`",
                currency=TEXT,
                to_currency=TEXT,
                rate=DECIMAL,
                from_date=DATE,
            ),
            _object(
                "fiscal_period",
                "a year, quarter, month or week (`kind`) of the CRM's fiscal calendar, both days in it",
                kind=TEXT,
                name=TEXT,
                number=INTEGER,
                starts_on=DATE,
                ends_on=DATE,
            ),
            _object(
                "territory",
                "a territory of the CRM; `state` is that of the model it belongs to",
                name=TEXT,
                parent_id=ID,
                type=TEXT,
                model=TEXT,
                state=TEXT,
            ),
            _object("territory_member", "a user in a territory", territory_id=ID, user_id=ID, role=TEXT),
            _object(
                "territory_account",
                "an account in a territory, put there by a rule of the CRM or by hand (`cause`)",
                territory_id=ID,
                account_id=ID,
                cause=TEXT,
            ),
            _object(
                "quota",
                "a target that the CRM holds for a user, both days in it",
                user_id=ID,
                name=TEXT,
                starts_on=DATE,
                ends_on=DATE,
                amount=DECIMAL,
                quantity=DECIMAL,
                currency=TEXT,
            ),
            _object(
                "invoice",
                "what was billed, imported from a file; `amount` in `currency`, or in the project's if empty",
                account_id=ID,
                opportunity_id=ID,
                owner_id=ID,
                product_id=ID,
                number=TEXT,
                amount=DECIMAL,
                currency=TEXT,
                issued_on=DATE,
                due_on=DATE,
                status=TEXT,
            ),
            _object(
                "payment",
                "what a customer paid, imported from a file; `amount` in `currency`, or in the project's if empty",
                invoice_id=ID,
                account_id=ID,
                opportunity_id=ID,
                owner_id=ID,
                amount=DECIMAL,
                currency=TEXT,
                paid_on=DATE,
                method=TEXT,
            ),
        )
    }
)

IMPORTED = frozenset({"invoice", "payment"})
"""The objects that no CRM has: they come from files, and no adapter reads or maps them."""

_LEADS_TO: Mapping[str, str] = MappingProxyType(
    {
        "owner_id": "user",
        "manager_id": "user",
        "user_id": "user",
        "created_by_id": "user",
        "role_id": "role",
        "team_id": "team",
        "account_id": "account",
        "contact_id": "contact",
        "lead_id": "lead",
        "opportunity_id": "opportunity",
        "product_id": "product",
        "invoice_id": "invoice",
        "territory_id": "territory",
    }
)


def references(name: str) -> dict[str, str]:
    """The fields of an object that hold the id of another record, each with the object of that record.

    >>> references("account")
    {'owner_id': 'user', 'parent_id': 'account', 'created_by_id': 'user'}
    """
    targets = {**_LEADS_TO, "parent_id": name}
    return {field: targets[field] for field in OBJECTS[name].fields if field in targets}
