"""`salesops.yaml`: connections, store, time zone, fiscal calendar, currency, schedule."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from config.base import Label, Model, Name

Secret = Annotated[str, StringConstraints(pattern=r"^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$")]
"""Where a secret is, never the secret itself: `env:NAME` or `file:PATH`."""

Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]


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

    starts: Month = Month.JANUARY
    named_by: Literal["end", "start"] = "end"


class ClientCredentials(Model):
    """Salesforce OAuth client-credentials flow: an External Client App with a run-as user."""

    kind: Literal["client_credentials"]
    client_id: Secret
    client_secret: Secret


class JwtBearer(Model):
    """Salesforce OAuth JWT bearer flow: an External Client App that trusts a certificate."""

    kind: Literal["jwt_bearer"]
    client_id: Secret
    username: Label
    private_key: Secret
    audience: str = "https://login.salesforce.com"


class AccessToken(Model):
    """A HubSpot private-app token."""

    kind: Literal["access_token"]
    token: Secret


class SalesforceConnection(Model):
    crm: Literal["salesforce"]
    url: Annotated[str, StringConstraints(pattern=r"^https://[^/\s]+$")]
    api_version: Annotated[str, StringConstraints(pattern=r"^[0-9]{2}\.0$")] = "62.0"
    sign_in: Annotated[ClientCredentials | JwtBearer, Field(discriminator="kind")]
    ca_file: str | None = None
    timeout_seconds: Annotated[int, Field(ge=1, le=600)] = 60
    overlap_minutes: Annotated[int, Field(ge=0, le=1440)] = 10


class HubSpotConnection(Model):
    crm: Literal["hubspot"]
    url: Annotated[str, StringConstraints(pattern=r"^https?://[^/\s]+$")] = "https://api.hubapi.com"
    sign_in: AccessToken
    ca_file: str | None = None
    timeout_seconds: Annotated[int, Field(ge=1, le=600)] = 60
    overlap_minutes: Annotated[int, Field(ge=0, le=1440)] = 10


Connection = Annotated[SalesforceConnection | HubSpotConnection, Field(discriminator="crm")]


class Schedule(Model):
    """When `salesops serve` runs: five cron fields, in the project's time zone."""

    cron: Label


class Caps(Model):
    """How much one plan may change before apply refuses it."""

    changes: Annotated[int, Field(ge=0)] = 50_000


class Settings(Model):
    """The whole of `salesops.yaml`."""

    name: Label
    time_zone: Label
    currency: Currency
    fiscal_year: FiscalYear = FiscalYear()
    store: str = ".salesops/store.db"
    connections: Annotated[dict[Name, Connection], Field(min_length=1)]
    schedule: Schedule | None = None
    caps: Caps = Caps()
