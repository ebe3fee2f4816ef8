"""Who may sign in: any active user of the org, by name, by id, or with the sandbox's one password."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.sandbox.salesforce.signin.passwords import is_password
from connectors.sandbox.salesforce.web import Answer

if TYPE_CHECKING:
    import sqlite3

    from connectors.sandbox.salesforce.web import Call


class Refused(Exception):
    """A sign-in that Salesforce answers with an OAuth error."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(f"{error}: {description}")
        self.error, self.description = error, description

    def answer(self, status: int = 400) -> Answer:
        headers = {"Cache-Control": "no-cache, no-store", "Pragma": "no-cache"}
        return Answer({"error": self.error, "error_description": self.description}, status, headers)


def find_user(call: Call, username: str = "", *, user_id: str = "") -> sqlite3.Row:
    """The active user of that name or id; Refused where there is none."""
    column, value = ("Id", user_id) if user_id else ("Username", username)
    sql = f"SELECT * FROM User WHERE {column} = ? AND IsActive = 1"
    rows = call.store.database.rows(sql, (value,))
    if not rows:
        raise Refused("invalid_grant", "user hasn't approved this consumer")
    return rows[0]


def sign_in_with_password(call: Call, username: str, password: str) -> sqlite3.Row:
    """The active user of that name; Refused where the password is neither the user's own nor the sandbox's.

    The security token may follow the password or be left out: Salesforce asks for it outside trusted networks only
    (SOAP API Developer Guide, login), and a sandbox is reached from its own machine.
    """
    settings = call.settings
    try:
        user = find_user(call, username)
    except Refused:
        raise Refused("invalid_grant", "authentication failure") from None
    forms = {password, password.removesuffix(settings.security_token)}
    if not any(is_password(call.store, user["Id"], form, settings.password) for form in forms):
        raise Refused("invalid_grant", "authentication failure")
    return user
