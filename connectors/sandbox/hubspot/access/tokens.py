"""The tokens of the sandbox's app: those that are good, what each allows, and new ones."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from connectors.sandbox.hubspot.access.scopes import ALL_SCOPES
from connectors.sandbox.hubspot.errors import ApiError
from connectors.sandbox.hubspot.values import stamp

if TYPE_CHECKING:
    from sqlite3 import Row

    from connectors.sandbox.database import Database
    from connectors.sandbox.dialect import Settings


@dataclass(frozen=True, slots=True)
class Grant:
    """What a good token allows. `kind` is private, access, refresh, client or code."""

    token: str
    kind: str
    scopes: frozenset[str]
    expires: datetime | None = None
    redirect_uri: str = ""
    challenge: str = ""

    @property
    def is_oauth(self) -> bool:
        return self.kind != "private"


class Tokens:
    """The tokens that are good: the private app's, the app's first refresh token, and those given out since."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings = settings
        self._database = database
        chosen = ALL_SCOPES if settings.scopes is None else settings.scopes
        self.scopes = frozenset(chosen)

    def check(self, header: str | None) -> Grant:
        """What the token of a request allows; ApiError 401 where the header holds no good one."""
        scheme, _, token = (header or "").partition(" ")
        grant = self.find(token.strip()) if scheme.lower() == "bearer" else None
        if grant is None or grant.kind not in {"private", "access", "client"}:
            raise ApiError(
                401,
                "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find "
                "more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview",
                "INVALID_AUTHENTICATION",
            )
        now = self._database.clock.now()
        if grant.expires is not None and grant.expires <= now:
            age = int((now - grant.expires).total_seconds())
            raise ApiError(
                401,
                f"The OAuth token used to make this call expired {age} second(s) ago.",
                "EXPIRED_AUTHENTICATION",
                context={"expire time": [stamp(grant.expires)]},
            )
        return grant

    def find(self, token: str) -> Grant | None:
        """What a token is, expired or not; None for one that was never given out or was revoked."""
        rows = self._database.rows("SELECT * FROM hs_grant WHERE token = ?", (token,))
        if rows:
            return _grant(rows[0])
        if secrets.compare_digest(token.encode(), self._settings.access_token.encode()):
            return Grant(token, "private", self.scopes)
        return Grant(token, "refresh", self.scopes) if token == self._settings.refresh_token else None

    def give(self, kind: str, scopes: frozenset[str], seconds: int | None, **more: str) -> Grant:
        """A new token, kept."""
        expires = None if seconds is None else self._database.clock.now() + timedelta(seconds=seconds)
        grant = Grant(secrets.token_urlsafe(32), kind, scopes, expires, **more)
        row = (
            grant.token,
            kind,
            " ".join(sorted(scopes)),
            expires and expires.isoformat(),
            grant.redirect_uri,
            grant.challenge,
        )
        self._database.write("INSERT INTO hs_grant VALUES (?, ?, ?, ?, ?, ?)", [row])
        return grant

    def revoke(self, token: str) -> None:
        """Nothing any more comes of this token; the app's first refresh token cannot be revoked."""
        self._database.write("DELETE FROM hs_grant WHERE token = ?", [(token,)])

    def check_client(self, form: dict[str, str]) -> None:
        """Nothing; a 400 where the form is not from the sandbox's app."""
        if form.get("client_id") != self._settings.client_id:
            raise refused("BAD_CLIENT_ID", "missing or unknown client id")
        if not secrets.compare_digest(form.get("client_secret", "").encode(), self._settings.client_secret.encode()):
            raise refused("BAD_CLIENT_SECRET", "missing or invalid client secret")

    def remaining(self, grant: Grant) -> int:
        """The seconds a grant has left, negative once it has expired."""
        left = (grant.expires or self._database.clock.now()) - self._database.clock.now()
        return int(left.total_seconds())


def _grant(row: Row) -> Grant:
    expires = row["expires"] and datetime.fromisoformat(row["expires"])
    scopes = frozenset(row["scopes"].split())
    return Grant(row["token"], row["kind"], scopes, expires, row["redirect_uri"], row["challenge"])


def refused(status: str, message: str) -> ApiError:
    """A 400 of the OAuth endpoints, whose status is their own word for it."""
    error = ApiError(400, message)
    error.body["status"] = status
    return error
