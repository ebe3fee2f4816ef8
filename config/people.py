"""`people` of `salesops.yaml`: which logins of several connections are one person."""

from __future__ import annotations

from typing import Annotated, Literal
from unicodedata import normalize

from pydantic import AfterValidator, Field

from config.base import ConnectionName, Form, Model

_LONGEST = 254  # an e-mail address (RFC 5321: a path of 256 with its brackets)


def _login(text: str) -> str:
    text = text.strip()
    if not text:
        raise ValueError("must not be blank. Write the e-mail or the user id of the login.")
    if len(text) > _LONGEST:
        raise ValueError(f"must have at most {_LONGEST} characters, has {len(text)}.")
    return text


LoginName = Annotated[str, AfterValidator(_login), Form("e-mail or user id")]
SamePerson = dict[ConnectionName, LoginName]


def same_login(name: str) -> str:
    """The form in which two names of one login are equal: case does not matter in e-mails, in ids it does.

    >>> same_login("Ann@Example.com"), same_login("0055g00000AbCdE")
    ('ann@example.com', '0055g00000AbCdE')
    >>> same_login("rene\\u0301@example.com") == same_login("ren\\xe9@example.com")
    True
    """
    return normalize("NFC", name.strip().lower()) if "@" in name else name.strip()


class People(Model):
    """Which logins are one person: those of one entry of `same`, then those of one e-mail in different connections."""

    match: Annotated[
        Literal["email", "none"],
        Field(description="Whether the same e-mail in two connections is the same person; case does not matter."),
    ] = "email"
    same: Annotated[
        tuple[SamePerson, ...],
        Field(description="One entry a person, whatever the e-mails say; at least two connections in each."),
    ] = ()
