"""`salesops.yaml`: connections, store, time zone, fiscal calendar, currency, schedule."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from config.base import ConnectionName, Form, Label, Model, Whole, quote
from config.cron import parse_cron


def _secret(text: str) -> str:
    # The message must never repeat what was written: it may be the secret itself.
    if not re.fullmatch(r"env:[A-Za-z_][A-Za-z0-9_]*|file:.+", text):
        raise ValueError(
            "must say where the secret is, not be the secret. "
            "Write env:NAME for an environment variable or file:PATH for a file that holds it."
        )
    return text


Secret = Annotated[str, AfterValidator(_secret), Form("env:NAME or file:PATH")]
"""Where a secret is, never the secret itself: `env:NAME` or `file:PATH`."""


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

_LOOPBACK = re.compile(r"http://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]+)?")


def _https(text: str) -> str:
    if re.fullmatch(r"https://[^/\s?#]+/+", text):
        raise ValueError(f"must end after the host, got {quote(text)}. Write {text.rstrip('/')}.")
    if re.fullmatch(r"http://[^/\s?#]+/*", text):
        raise ValueError(f"must begin with https://, got {quote(text)}. http would show the credentials on the way.")
    if not re.fullmatch(r"https://[^/\s?#@]+", text):
        raise ValueError(
            f"is not an address: {quote(text)}. Write https:// and the host, as https://my.salesforce.com."
        )
    return text


SecureUrl = Annotated[str, AfterValidator(_https), Form("https:// and the host")]


def _https_or_loopback(text: str) -> str:
    return text if _LOOPBACK.fullmatch(text) else _https(text)


Url = Annotated[str, AfterValidator(_https_or_loopback), Form("https:// and the host; http:// on this machine")]


def _api_version(text: str) -> str:
    if not re.fullmatch(r"[0-9]{2}\.0", text):
        raise ValueError(f"is not an API version: {quote(text)}. Write it as 62.0.")
    return text


ApiVersion = Annotated[str, AfterValidator(_api_version), Form("as 62.0")]


def _path(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be blank. Write a path, from the project folder on.")
    return text


FilePath = Annotated[str, AfterValidator(_path), Form("path, from the project folder on")]


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


class ClientCredentials(Model):
    """Salesforce OAuth client-credentials flow: an External Client App with a run-as user."""

    kind: Literal["client_credentials"]
    client_id: Annotated[Secret, Field(description="The app's consumer key.")]
    client_secret: Annotated[Secret, Field(description="The app's consumer secret.")]


class JwtBearer(Model):
    """Salesforce OAuth JWT bearer flow: an External Client App that trusts a certificate."""

    kind: Literal["jwt_bearer"]
    client_id: Annotated[Secret, Field(description="The app's consumer key.")]
    username: Annotated[Label, Field(description="The Salesforce login that is signed in.")]
    private_key: Annotated[Secret, Field(description="The PEM key of the certificate that the app trusts.")]
    audience: Annotated[
        SecureUrl, Field(description="Who the token is for; https://test.salesforce.com for a Salesforce sandbox.")
    ] = "https://login.salesforce.com"


class AccessToken(Model):
    """A HubSpot private-app token."""

    kind: Literal["access_token"]
    token: Annotated[Secret, Field(description="The private app's access token.")]


_CA_FILE = "PEM certificates to trust instead of the system's, for a server with a CA of its own."
_TIMEOUT = "How long one request may wait for an answer, 1 to 600."
_OVERLAP = "How far an incremental pull reaches back, for rows that show up late, 0 to 1440."

Timeout = Annotated[Whole, Field(ge=1, le=600, description=_TIMEOUT)]
Overlap = Annotated[Whole, Field(ge=0, le=1440, description=_OVERLAP)]


class SalesforceConnection(Model):
    """A Salesforce org."""

    crm: Literal["salesforce"]
    url: Annotated[SecureUrl, Field(description="The org's My Domain address.")]
    api_version: Annotated[ApiVersion, Field(description="The REST API version to speak.")] = "62.0"
    sign_in: Annotated[
        ClientCredentials | JwtBearer, Field(discriminator="kind", description="How to get an access token.")
    ]
    ca_file: Annotated[FilePath | None, Field(description=_CA_FILE)] = None
    timeout_seconds: Timeout = 60
    overlap_minutes: Overlap = 10


class HubSpotConnection(Model):
    """A HubSpot account."""

    crm: Literal["hubspot"]
    url: Annotated[Url, Field(description="The API's address.")] = "https://api.hubapi.com"
    sign_in: Annotated[AccessToken, Field(description="How to sign in.")]
    ca_file: Annotated[FilePath | None, Field(description=_CA_FILE)] = None
    timeout_seconds: Timeout = 60
    overlap_minutes: Overlap = 10


Connection = Annotated[SalesforceConnection | HubSpotConnection, Field(discriminator="crm")]


class Schedule(Model):
    """When `salesops serve` runs: five cron fields, in the project's time zone."""

    cron: Annotated[Cron, Field(description="Minute, hour, day of month, month, day of week.")]


class Caps(Model):
    """How much one plan may change before apply refuses it."""

    changes: Annotated[Whole, Field(ge=0, description="The most field changes one plan may hold.")] = 50_000


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
    schedule: Annotated[Schedule | None, Field(description="When `salesops serve` runs.")] = None
    caps: Annotated[Caps, Field(description="Limits that protect the CRM from a mistake.")] = Caps()
