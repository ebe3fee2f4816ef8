"""`salesops.yaml`: the whole of it; what it says of connections and of people is in modules of their own."""

from __future__ import annotations

import re
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from config.base import ConnectionName, Form, Label, Model, Money, Rate, Whole, quote
from config.connections import Connection, FilePath
from config.cron import parse_cron
from config.people import People


def _currency(text: str) -> str:
    if not re.fullmatch(r"[A-Z]{3}", text):
        raise ValueError(f"is not a currency code: {quote(text)}. Write three capital letters, as USD or EUR.")
    return text


Currency = Annotated[str, AfterValidator(_currency), Form("three capital letters, as USD")]


def _time_zone(text: str) -> str:
    from difflib import get_close_matches
    from zoneinfo import ZoneInfo, available_timezones

    try:
        ZoneInfo(text)
    except (KeyError, ValueError, OSError) as error:  # OSError: the name of a folder of zones, such as America
        close = get_close_matches(text, available_timezones(), n=1)
        hint = f"Did you mean {close[0]}?" if close else "Write a name of the IANA list, as America/New_York."
        raise ValueError(f"is not a time zone: {quote(text)}. {hint}") from error
    return text


TimeZone = Annotated[str, AfterValidator(_time_zone), Form("IANA name, as America/New_York")]


def _cron(text: str) -> str:
    parse_cron(text)
    return " ".join(text.split())


Cron = Annotated[str, AfterValidator(_cron), Form('five cron fields, as "*/30 * * * *"')]


class Month(StrEnum):
    JANUARY = "january"
    FEBRUARY = "february"
    MARCH = "march"
    APRIL = "april"
    MAY = "may"
    JUNE = "june"
    JULY = "july"
    AUGUST = "august"
    SEPTEMBER = "september"
    OCTOBER = "october"
    NOVEMBER = "november"
    DECEMBER = "december"

    @property
    def number(self) -> int:
        """1 for January to 12 for December."""
        return list(Month).index(self) + 1


class FiscalYear(Model):
    """Months grouped into quarters from `starts` on; a year is named by the calendar year it ends or starts in."""

    starts: Annotated[Month, Field(description="The first month of the fiscal year.")] = Month.JANUARY
    named_by: Annotated[
        Literal["end", "start"], Field(description="Whether FY2026 is the year that ends or that starts in 2026.")
    ] = "end"


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
    store: Annotated[FilePath, Field(description="The SQLite file that holds the pulled records and all results.")] = (
        ".salesops/store.db"
    )
    connections: Annotated[
        dict[ConnectionName, Connection],
        Field(min_length=1, description="The CRM accounts, each under a name of your choice."),
    ]
    people: Annotated[People, Field(description="Which logins of several connections are one person.")] = People()
    schedule: Annotated[Schedule | None, Field(description="When `salesops serve` runs.")] = None
    caps: Annotated[Caps, Field(description="Limits that protect the CRM from a mistake.")] = Caps()
