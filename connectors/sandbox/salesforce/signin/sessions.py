"""Sessions: who a bearer token stands for, for which app and scopes, and until when."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from connectors.sandbox.salesforce.errors import ApiError
from connectors.sandbox.salesforce.query import cursors
from connectors.sandbox.salesforce.values import format_datetime, parse_datetime

if TYPE_CHECKING:
    import sqlite3

    from connectors.sandbox.salesforce.org.storage import Store

API_SCOPES = frozenset({"api", "full"})
_TABLES = (
    # `grant_id` is the refresh token that the session came with; revoking either ends it. `calls` counts its requests.
    """CREATE TABLE IF NOT EXISTS sf_sign_in (token TEXT PRIMARY KEY, user_id TEXT NOT NULL, client_id TEXT NOT NULL,
    scope TEXT NOT NULL, grant_id TEXT, issued TEXT NOT NULL, expires TEXT NOT NULL,
    calls INTEGER NOT NULL DEFAULT 0) STRICT""",
    "CREATE INDEX IF NOT EXISTS sf_sign_in_grant ON sf_sign_in (grant_id)",
    # What a token is to be had for: refresh tokens, authorization codes, device codes, one-time passwords.
    """CREATE TABLE IF NOT EXISTS sf_grant (token TEXT PRIMARY KEY, kind TEXT NOT NULL, user_id TEXT,
    client_id TEXT NOT NULL, scope TEXT NOT NULL, issued TEXT NOT NULL, expires TEXT NOT NULL,
    detail TEXT NOT NULL DEFAULT '{}') STRICT""",
)


@dataclass(frozen=True, slots=True)
class Session:
    """A living session."""

    token: str
    user_id: str
    client_id: str
    scope: str
    issued: str
    expires: str

    @property
    def scopes(self) -> frozenset[str]:
        return frozenset(self.scope.split())


def create_tables(connection: sqlite3.Connection) -> None:
    for statement in _TABLES:
        connection.execute(statement)


def organization_id(store: Store) -> str:
    return str(store.database.rows("SELECT Id FROM Organization")[0][0])


def start_session(
    store: Store, user_id: str, scope: str = "api", client_id: str = "", grant_id: str | None = None
) -> Session:
    """A new session of a user."""
    token = f"{organization_id(store)[:15]}!{secrets.token_urlsafe(72)}"
    now = store.now()
    session = Session(token, user_id, client_id, scope, now, _end(store))
    with store.database.transaction() as connection:
        connection.execute("DELETE FROM sf_sign_in WHERE expires <= ?", (now,))
        cursors.close_ended(connection, now)
        connection.execute(
            "INSERT INTO sf_sign_in VALUES (?, ?, ?, ?, ?, ?, ?, 0)",
            (token, user_id, client_id, scope, grant_id, now, session.expires),
        )
    return session


def find_session(store: Store, header: str) -> tuple[str, str]:
    """(user id, token) of an Authorization header; ApiError 401 where its session is over or not for the API."""
    scheme, _, token = header.partition(" ")
    session = use_session(store, token.strip()) if scheme.lower() in {"bearer", "oauth"} else None
    if session is None:
        raise ApiError("INVALID_SESSION_ID", "Session expired or invalid", 401)
    if not session.scopes & API_SCOPES:
        raise ApiError("INVALID_SESSION_ID", "This session is not valid for use with the REST API", 401)
    return session.user_id, session.token


def read_session(store: Store, token: str) -> Session | None:
    """The living session of a token; its user is still active, and the sandbox does not refuse every session."""
    if store.database.behaviour.refuse_sessions:
        return None
    rows = store.database.rows(
        "SELECT s.* FROM sf_sign_in s JOIN User u ON u.Id = s.user_id"
        " WHERE s.token = ? AND s.expires > ? AND u.IsActive = 1",
        (token, store.now()),
    )
    if not rows:
        return None
    row = rows[0]
    return Session(row["token"], row["user_id"], row["client_id"], row["scope"], row["issued"], row["expires"])


def use_session(store: Store, token: str) -> Session | None:
    """The living session of a token, used once more.

    A session lives on while it is used, but its last use is only noted once half of its life has passed
    (Salesforce Help, Modify Session Security Settings).
    """
    session = read_session(store, token)
    if session is None or _used_up(store, token):
        return None
    life = timedelta(seconds=store.database.behaviour.session_seconds)
    if parse_datetime(session.expires) - store.database.clock.now() < life / 2:
        with store.database.transaction() as connection:
            connection.execute("UPDATE sf_sign_in SET expires = ? WHERE token = ?", (_end(store), token))
    return session


def _used_up(store: Store, token: str) -> bool:
    """Whether the session had all the requests that this sandbox gives one."""
    most = store.database.behaviour.session_requests
    if not most:
        return False
    with store.database.transaction() as connection:
        sql = "UPDATE sf_sign_in SET calls = calls + 1 WHERE token = ? RETURNING calls"
        row = connection.execute(sql, (token,)).fetchone()
        over = row is None or row[0] > most  # none: another request's end of it came between
        if over:
            connection.execute("DELETE FROM sf_sign_in WHERE token = ?", (token,))
            cursors.close_ended(connection, store.now())
    return over


def end_session(store: Store, token: str) -> bool:
    """Whether there was a session or a refresh token of that text; it is over, with all that came of it."""
    with store.database.transaction() as connection:
        ended = connection.execute("DELETE FROM sf_sign_in WHERE token = ? OR grant_id = ?", (token, token)).rowcount
        ended += connection.execute("DELETE FROM sf_grant WHERE token = ? AND kind = 'refresh'", (token,)).rowcount
        cursors.close_ended(connection, store.now())
    return ended > 0


def _end(store: Store) -> str:
    seconds = store.database.behaviour.session_seconds
    return format_datetime(store.database.clock.now() + timedelta(seconds=seconds))
