"""`salesops.yaml`: the whole of it; what it says of connections and of people is in modules of their own."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator

from config.base import ConnectionName, Form, Label, Model, Money, Rate, Whole, quote
from config.calendars import FiscalYear, TimeZone
from config.connections import Connection, FilePath
from config.cron import parse_cron
from config.metrics.windows import WindowText, parse_window
from config.people import People
from config.working_time import WorkingTime


def _currency(text: str) -> str:
    if not re.fullmatch(r"[A-Z]{3}", text):
        raise ValueError(f"is not a currency code: {quote(text)}. Write three capital letters, as USD or EUR.")
    return text


Currency = Annotated[str, AfterValidator(_currency), Form("three capital letters, as USD")]


def _cron(text: str) -> str:
    parse_cron(text)
    return " ".join(text.split())


Cron = Annotated[str, AfterValidator(_cron), Form('five cron fields, as "*/30 * * * *"')]


class Customers(Model):
    """How long a sale lasts, for what is lost and kept of customers from one period to the next."""

    term: Annotated[
        WindowText,
        Field(description="How long an opportunity that was won makes its account a customer, in months or years."),
    ] = "12 months"

    @field_validator("term")
    @classmethod
    def _months(cls, text: str) -> str:
        if parse_window(text).length not in {"months", "years"}:
            raise ValueError(f"is in {parse_window(text).length}. Write months or years: 12 months.")
        return text

    @property
    def months(self) -> int:
        """The term in months."""
        term = parse_window(self.term)
        return term.number * (12 if term.length == "years" else 1)


class Schedule(Model):
    """When `salesops serve` runs: five cron fields, in the project's time zone."""

    cron: Annotated[Cron, Field(description="Minute, hour, day of month, month, day of week.")]


class Caps(Model):
    """How much one plan may change before it is refused as a runaway.

    The shares look only at values that we wrote before and whose period is still the same, and only where more than 20
    of them change: a new quarter changes everything, and of a few a share says nothing.
    """

    changes: Annotated[Whole, Field(ge=0, description="The most field changes one plan may hold.")] = 50_000
    records_share: Annotated[
        Rate, Field(description="Of the records of an object that we wrote before, the share that may change.")
    ] = Decimal(1)
    value_share: Annotated[
        Money | None,
        Field(
            description="How far the amounts in a field may move in all, as a share of the largest sum that ever stood "
            "there; no cap if missing."
        ),
    ] = None


class Settings(Model):
    """The whole of `salesops.yaml`."""

    name: Annotated[Label, Field(description="The company or project, for people.")]
    time_zone: Annotated[TimeZone, Field(description="Decides which day, and so which period, a moment falls in.")]
    currency: Annotated[Currency, Field(description="The currency of quotas and of pay.")]
    fiscal_year: Annotated[FiscalYear, Field(description="The fiscal calendar.")] = FiscalYear()
    working_time: Annotated[WorkingTime, Field(description="Working days and hours.")] = WorkingTime()
    team_zones: Annotated[
        dict[Label, TimeZone],
        Field(description="The time zones of teams, by name, for metrics with `zone: team` or `zone: user`."),
    ] = {}
    customers: Annotated[Customers, Field(description="How long a sale lasts.")] = Customers()
    store: Annotated[FilePath, Field(description="The SQLite file that holds the pulled records and all results.")] = (
        ".salesops/store.db"
    )
    connections: Annotated[
        dict[ConnectionName, Connection],
        Field(min_length=1, description="The CRM accounts, each under a name of your choice."),
    ]
    people: Annotated[People, Field(description="Which logins of several connections are one person.")] = People()
    built_in_metrics: Annotated[
        Literal["used", "all"],
        Field(
            description="The built-in metrics that every run computes: those that something in the project "
            "names, or all. `salesops show` and `explain` compute the others when they are asked for."
        ),
    ] = "used"
    schedule: Annotated[Schedule | None, Field(description="When `salesops serve` runs.")] = None
    caps: Annotated[Caps, Field(description="Limits that protect the CRM from a mistake.")] = Caps()
