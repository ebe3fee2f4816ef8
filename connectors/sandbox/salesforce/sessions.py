"""Sessions: who a bearer token stands for, and until when."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from connectors.sandbox.salesforce.errors import ApiError
from connectors.sandbox.salesforce.values import format_datetime

if TYPE_CHECKING:
    from connectors.sandbox.salesforce.storage import Store


def start_session(store: Store, user_id: str, organization_id: str) -> str:
    """The token of a new session."""
    token = f"{organization_id[:15]}!{secrets.token_urlsafe(48)}"
    seconds = store.database.behaviour.session_seconds
    expires = format_datetime(store.database.clock.now() + timedelta(seconds=seconds))
    with store.database.transaction() as connection:
        connection.execute("DELETE FROM sf_session WHERE expires <= ?", (store.now(),))
        connection.execute("INSERT INTO sf_session VALUES (?, ?, ?)", (token, user_id, expires))
    return token


def find_session(store: Store, header: str) -> tuple[str, str]:
    """(user id, token) of an Authorization header; ApiError 401 where its session is unknown or over."""
    scheme, _, token = header.partition(" ")
    if scheme.lower() in {"bearer", "oauth"}:
        rows = store.database.rows(
            "SELECT user_id FROM sf_session WHERE token = ? AND expires > ?", (token.strip(), store.now())
        )
        if rows:
            return str(rows[0]["user_id"]), token.strip()
    raise ApiError("INVALID_SESSION_ID", "Session expired or invalid", 401)


def end_session(store: Store, token: str) -> bool:
    """Whether there was a session of that token; there is none now."""
    with store.database.transaction() as connection:
        return connection.execute("DELETE FROM sf_session WHERE token = ?", (token,)).rowcount > 0
