"""`salesops.yaml`: the whole of it; what it says of connections and of people is in modules of their own."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator

from config.base import ConnectionName, Form, Label, Model, Money, Share, Whole
from config.calendars import FiscalYear, TimeZone
from config.connections import Connection, FilePath
from config.cron import parse_cron
from config.currencies import Currency
from config.metrics.conditions import FieldName
from config.metrics.windows import WindowText, parse_window
from config.pay import PaySettings
from config.people import People
from config.working_time import WorkingTime


def _cron(text: str) -> str:
    parse_cron(text)
    return " ".join(text.split())


Cron = Annotated[str, AfterValidator(_cron), Form('five cron fields, as "*/30 * * * *"')]


class Customers(Model):
    """From when to when a sale lasts, for what is lost and kept of customers from one period to the next.

    A won opportunity is a contract of its account. It starts on its close date, or when the contract that it renews
    ends where its type means `renewal_types`, unless a field says otherwise.
    """

    term: Annotated[
        WindowText,
        Field(description="How long a contract lasts where no field says when it ends, in months or years."),
    ] = "12 months"
    starts: Annotated[
        FieldName | None,
        Field(description="The field of opportunity with the first day of its contract, as custom.Contract_Start__c."),
    ] = None
    ends: Annotated[
        FieldName | None,
        Field(
            description="The field of opportunity with the last day of its contract, on which it is still in force. "
            "One before the first is a contract of no day."
        ),
    ] = None
    grace: Annotated[
        WindowText | None,
        Field(
            description="How many whole days, or weeks, may lie between the last day of a contract and the first of "
            "the next without its customer having been away; none if missing."
        ),
    ] = None

    @field_validator("term")
    @classmethod
    def _in_months(cls, text: str) -> str:
        if parse_window(text).months is None or parse_window(text).length == "quarters":
            raise ValueError(f"is in {parse_window(text).length}. Write months or years: 12 months.")
        return text

    @field_validator("grace", mode="before")
    @classmethod
    def _some(cls, text: object) -> object:
        if isinstance(text, str) and re.fullmatch(r"0+( \w+)?", text.strip()):
            raise ValueError("is none. Leave it out: a customer is then away from the first day without a contract on.")
        return text

    @field_validator("grace")
    @classmethod
    def _in_days(cls, text: str | None) -> str | None:
        if text is not None and parse_window(text).days is None:
            raise ValueError(f"is in {parse_window(text).length}. Write days or weeks: 30 days.")
        return text

    @property
    def months(self) -> int:
        """The term in months."""
        return parse_window(self.term).months or 0

    @property
    def grace_days(self) -> int:
        """The grace in days."""
        return 0 if self.grace is None else parse_window(self.grace).days or 0

    @property
    def fields(self) -> frozenset[str]:
        """The fields of opportunity that say when contracts start and end."""
        return frozenset(field for field in (self.starts, self.ends) if field is not None)


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
        Share, Field(description="Of the records of an object that we wrote before, the share that may change.")
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
    customers: Annotated[Customers, Field(description="From when to when a sale lasts.")] = Customers()
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
    pay: Annotated[PaySettings, Field(description="How pay is settled.")] = PaySettings()
    caps: Annotated[Caps, Field(description="Limits that protect the CRM from a mistake.")] = Caps()
