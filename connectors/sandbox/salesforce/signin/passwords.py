"""Users' passwords: whether one is expired, a new one, a reset (REST API Developer Guide, sObject User Password).

All users sign in with the sandbox's one password until theirs is changed here.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING

from connectors.sandbox.salesforce.describe.objects import target
from connectors.sandbox.salesforce.errors import ApiError, not_found
from connectors.sandbox.salesforce.ids import parse_id
from connectors.sandbox.salesforce.web import Answer

if TYPE_CHECKING:
    import sqlite3

    from connectors.sandbox.salesforce.org.storage import Store
    from connectors.sandbox.salesforce.web import Call, Routes

_TABLE = (
    "CREATE TABLE IF NOT EXISTS sf_password (user_id TEXT PRIMARY KEY, salt BLOB NOT NULL, hash BLOB NOT NULL) STRICT"
)
_SHORTEST = 8


def create_tables(connection: sqlite3.Connection) -> None:
    connection.execute(_TABLE)


def is_password(store: Store, user_id: str, given: str, common: str) -> bool:
    """Whether it is the user's password, or the one of all where the user has none of its own."""
    rows = store.database.rows("SELECT salt, hash FROM sf_password WHERE user_id = ?", (user_id,))
    if not rows:
        return hmac.compare_digest(given.encode(), common.encode())
    return hmac.compare_digest(_hash(given, rows[0]["salt"]), rows[0]["hash"])


def get_password(call: Call) -> Answer:
    _user(call)
    return Answer({"isExpired": False})


def post_password(call: Call) -> Answer:
    """Nothing: the user has the password of the body now."""
    user_id = _user(call)
    chosen = call.json_object("NewPassword").get("NewPassword")
    if not isinstance(chosen, str) or len(chosen) < _SHORTEST:
        message = f"Your password must be at least {_SHORTEST} characters long."
        raise ApiError("INVALID_NEW_PASSWORD", message)
    _set(call, user_id, chosen)
    return Answer(status=204)


def delete_password(call: Call) -> Answer:
    """A password that was made up for the user."""
    user_id = _user(call)
    made = base64.urlsafe_b64encode(secrets.token_bytes(9)).decode()
    _set(call, user_id, made)
    return Answer({"NewPassword": made})


def _user(call: Call) -> str:
    if target(call).name != "User":
        raise not_found()
    user_id = parse_id(str(call.path["id"])) or ""
    if not call.store.database.rows("SELECT 1 FROM User WHERE Id = ?", (user_id,)):
        raise not_found()
    return user_id


def _set(call: Call, user_id: str, chosen: str) -> None:
    salt = secrets.token_bytes(16)
    call.store.database.write(
        "INSERT OR REPLACE INTO sf_password VALUES (?, ?, ?)", [(user_id, salt, _hash(chosen, salt))]
    )


def _hash(text: str, salt: bytes) -> bytes:
    return hashlib.scrypt(text.encode(), salt=salt, n=2**10, r=8, p=1)


ROUTES: Routes = {
    "/sobjects/{object}/{id}/password": {"GET": get_password, "POST": post_password, "DELETE": delete_password},
}
