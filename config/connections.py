"""The connections of `salesops.yaml`: where a CRM is, how to sign in, and how to pull from it."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from config.base import Flag, Form, Label, Model, ObjectName, Whole, quote


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


_OLDEST_API = 47
"""The first version whose Bulk API 2.0 has queries (Bulk API 2.0 guide, "Query Jobs")."""


def _api_version(text: str) -> str:
    if not re.fullmatch(r"[0-9]{2}\.0", text):
        raise ValueError(f"is not an API version: {quote(text)}. Write it as 62.0.")
    if int(text.partition(".")[0]) < _OLDEST_API:
        raise ValueError(f"is too old, got {quote(text)}. Bulk queries need {_OLDEST_API}.0 or later.")
    return text


ApiVersion = Annotated[str, AfterValidator(_api_version), Form("as 62.0")]


def _path(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be blank. Write a path, from the project folder on.")
    return text


FilePath = Annotated[str, AfterValidator(_path), Form("path, from the project folder on")]


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
    """A token that is there already: of a HubSpot service key or private app, or of a Salesforce session, which ends
    after hours."""

    kind: Literal["access_token"]
    token: Annotated[Secret, Field(description="The access token.")]


class RefreshToken(Model):
    """OAuth with a refresh token, which an app was given when somebody approved it (Salesforce: web server flow)."""

    kind: Literal["refresh_token"]
    client_id: Annotated[Secret, Field(description="The app's client id (Salesforce: consumer key).")]
    client_secret: Annotated[
        Secret | None,
        Field(description="The app's secret; not needed where a Salesforce app does not require it to refresh."),
    ] = None
    refresh_token: Annotated[Secret, Field(description="The refresh token.")]


class HubSpotRefreshToken(RefreshToken):
    """OAuth with the refresh token of a HubSpot app that somebody installed in the account."""

    client_secret: Annotated[Secret, Field(description="The app's client secret.")]


class Window(Model):
    """How an object's window of changes is cut."""

    lag_seconds: Annotated[
        Whole | None,
        Field(
            ge=0,
            le=86_400,
            description="How long before now the window ends; what is newer comes with the next. 0 if missing.",
        ),
    ] = None
    overlap_minutes: Annotated[
        Whole | None,
        Field(
            ge=0,
            le=1440,
            description="How far the next window reaches back, for records that show up late. If missing, 60 for "
            "Salesforce and 90 for HubSpot; for Salesforce's activity 120, territory_account 240.",
        ),
    ] = None


Hours = Annotated[Whole, Field(ge=0, le=8760)]


class Pull(Model):
    """How to read from the CRM. Every default is safe for an account of any size; hours of 0 mean: with every pull."""

    windows: Annotated[
        dict[ObjectName, Window],
        Field(description="How much of the past is read again, by object, where the defaults do not suit."),
    ] = {}
    associations_hours: Annotated[
        Hours, Field(description="How often all links between records are read again: a new link marks no record.")
    ] = 6
    calculated_hours: Annotated[
        Hours,
        Field(description="How often formulas and other calculated fields are read again: they move unmarked as well."),
    ] = 24
    deleted_hours: Annotated[
        Hours, Field(description="How often HubSpot's archived records are listed, beside whenever the counts differ.")
    ] = 24
    ids_hours: Annotated[
        Hours, Field(description="How often all ids are compared with the store, to find what vanished or was missed.")
    ] = 168
    hidden_fields: Annotated[
        Literal["stop", "empty"],
        Field(
            description="Where a field that the project needs is gone or hidden from our login: stop and say so, or "
            "read it as empty and warn."
        ),
    ] = "stop"
    daily_share: Annotated[
        Whole,
        Field(
            ge=1,
            le=100,
            description="Percent of the account's API requests of a day that may be used up, by all its programs "
            "together, before a run stops; the rest stays for others.",
        ),
    ] = 80
    concurrency: Annotated[
        Whole,
        Field(ge=1, le=25, description="The most requests at the same time; fewer by itself where the CRM objects."),
    ] = 6


_CA_FILE = "PEM certificates to trust instead of the system's, for a server with a CA of its own."
_TIMEOUT = "How long one request may wait for an answer, 1 to 600."

Timeout = Annotated[Whole, Field(ge=1, le=600, description=_TIMEOUT)]


class SalesforceConnection(Model):
    """A Salesforce org."""

    crm: Literal["salesforce"]
    url: Annotated[SecureUrl, Field(description="The org's My Domain address.")]
    api_version: Annotated[ApiVersion, Field(description="The REST API version to speak.")] = "62.0"
    sign_in: Annotated[
        ClientCredentials | JwtBearer | RefreshToken | AccessToken,
        Field(discriminator="kind", description="How to get an access token."),
    ]
    ca_file: Annotated[FilePath | None, Field(description=_CA_FILE)] = None
    timeout_seconds: Timeout = 60
    pull: Annotated[Pull, Field(description="How to read from it.")] = Pull()
    auto_assign: Annotated[
        Flag,
        Field(
            description="Whether what is written runs the org's assignment rules of accounts and leads. They may give "
            "an account another territory than the one that was just written."
        ),
    ] = False


class HubSpotConnection(Model):
    """A HubSpot account."""

    crm: Literal["hubspot"]
    url: Annotated[Url, Field(description="The API's address.")] = "https://api.hubapi.com"
    api_version: Annotated[
        Literal["v3", "2026-03", "2026-09"],
        Field(description="The API to speak: the numbered one (v3 with v4, which end in 2027) or a dated one."),
    ] = "v3"
    sign_in: Annotated[AccessToken | HubSpotRefreshToken, Field(discriminator="kind", description="How to sign in.")]
    ca_file: Annotated[FilePath | None, Field(description=_CA_FILE)] = None
    timeout_seconds: Timeout = 60
    pull: Annotated[Pull, Field(description="How to read from it.")] = Pull()


Connection = Annotated[SalesforceConnection | HubSpotConnection, Field(discriminator="crm")]
