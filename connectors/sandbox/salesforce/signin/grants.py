"""What a session is to be had for: authorization codes, refresh tokens, device codes and one-time passwords."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from connectors.sandbox.salesforce.values import format_datetime

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.sandbox.salesforce.org.storage import Store

_PREFIXES = {"code": "aPrx", "refresh": "5Aep861", "device": "M1Ao", "otp": "0cG"}
_LIVES = {  # a refresh token is valid until it is revoked; a code for 15 minutes, a device's for 10 (Salesforce Help)
    "code": timedelta(minutes=15),
    "refresh": timedelta(days=36500),
    "device": timedelta(minutes=10),
    "otp": timedelta(minutes=1),
}


@dataclass(frozen=True, slots=True)
class Grant:
    """One of them. `user_id` is empty while nobody has approved a device; `detail` is its kind's own."""

    token: str
    kind: str
    user_id: str
    client_id: str
    scope: str
    expired: bool = False
    detail: Mapping[str, str] = field(default_factory=dict)


def make_grant(
    store: Store, kind: str, user_id: str, client_id: str, scope: str, detail: Mapping[str, str] | None = None
) -> Grant:
    """A new grant, kept until it is taken or over."""
    grant = Grant(_PREFIXES[kind] + secrets.token_urlsafe(48), kind, user_id, client_id, scope, detail=detail or {})
    now = store.database.clock.now()
    with store.database.transaction() as connection:
        connection.execute("DELETE FROM sf_grant WHERE expires <= ?", (format_datetime(now - timedelta(days=1)),))
        values = (format_datetime(now), format_datetime(now + _LIVES[kind]), json.dumps(dict(grant.detail)))
        row = (grant.token, kind, user_id, client_id, scope, *values)
        connection.execute("INSERT INTO sf_grant VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
    return grant


def keep_refresh_token(store: Store, token: str, user_id: str, client_id: str, scope: str) -> None:
    """A refresh token of that name is good from now on, for clients that know no other way in."""
    row = (token, "refresh", user_id, client_id, scope, store.now(), "9999-12-31T23:59:59.000+0000", "{}")
    with store.database.transaction() as connection:
        connection.execute("INSERT OR IGNORE INTO sf_grant VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)


def find_grant(store: Store, kind: str, token: str) -> Grant | None:
    """The grant of that kind and token, over or not."""
    rows = store.database.rows("SELECT * FROM sf_grant WHERE token = ? AND kind = ?", (token, kind))
    if not rows:
        return None
    row, over = rows[0], rows[0]["expires"] <= store.now()
    return Grant(row["token"], kind, row["user_id"], row["client_id"], row["scope"], over, json.loads(row["detail"]))


def take_grant(store: Store, kind: str, token: str) -> Grant | None:
    """The grant of that kind and token, which is used up by this."""
    with store.database.transaction() as connection:
        found = find_grant(store, kind, token)
        connection.execute("DELETE FROM sf_grant WHERE token = ? AND kind = ?", (token, kind))
    return found


def approve_device(store: Store, user_code: str, user_id: str) -> bool:
    """Whether a device waits under that user code; it may sign in as the user now."""
    with store.database.transaction() as connection:
        sql = (
            "UPDATE sf_grant SET user_id = ? WHERE kind = 'device' AND expires > ?"
            " AND json_extract(detail, '$.user_code') = ?"
        )
        return connection.execute(sql, (user_id, store.now(), user_code.strip().upper())).rowcount > 0
