"""English."""

from __future__ import annotations

from typing import TYPE_CHECKING

from salesops.describe.sentences import SENTENCES
from salesops.describe.words import Words

if TYPE_CHECKING:
    from datetime import date

_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def _day(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


ENGLISH = Words(
    language="en",
    sentences={name: said[0] for name, said in SENTENCES.items()},
    fields={
        "at": "day",
        "close_date": "close date",
        "contract_ends_on": "end of the contract",
        "contract_starts_on": "start of the contract",
        "created_at": "day of creation",
        "created_by_id": "whoever entered it",
        "day": "day",
        "due_on": "due date",
        "issued_on": "day of issue",
        "on": "day",
        "owner_id": "owner",
        "paid_on": "day of payment",
    },
    sources={
        "opportunity": "An opportunity",
        "line_item": "A line item",
        "quote": "A quote",
        "activity": "An activity",
        "invoice": "An invoice",
        "payment": "A payment",
        "account": "An account",
        "contact": "A contact",
        "lead": "A lead",
        "user": "A user",
    },
    objects={
        step: f"of the {step.replace('_', ' ')}"
        for step in ("account", "invoice", "line_item", "opportunity", "owner", "product", "quote", "territory")
    }
    | {"created_by": "of whoever entered it", "next": "of the next one"},
    each={
        "transaction": "for each transaction",
        "week": "each week",
        "month": "each month",
        "quarter": "each quarter",
        "half_year": "each half year",
        "year": "each year",
        "anniversary": "each year from the day you started",
        "all_time": "from the beginning on",
    },
    a={"month": "month", "quarter": "quarter", "half_year": "half year", "year": "year"},
    own="its {field}",
    others="the {field}",
    articles=(),
    thousands=",",
    point=".",
    percent="%",
    quotes=("“", "”"),
    contracted=(),
    money_form="{currency} {amount}",
    day_form=_day,
)
