"""Signing in: the access token of a private app, and the account that it opens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connectors.errors import AuthFailed
from connectors.hubspot import paths

if TYPE_CHECKING:
    from connectors.hubspot.session import Session


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The account that the token opens: its id, what to call it, and its zone where HubSpot names one that we know."""

    org: str
    name: str
    zone: ZoneInfo | None


def read_token(reference: str, secret: str) -> str:
    """The access token, fit to be sent; `reference` says where it came from, for the message."""
    token = secret.strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise AuthFailed(
            f"{reference} holds no HubSpot access token. Put the token of a private app there, in one line.",
            code="NO_TOKEN",
        )
    return token


def sign_in(session: Session) -> SignedIn:
    """The account behind the session's token; AuthFailed where the answer names none."""
    details = session.get(paths.ACCOUNT)
    if not details.get("portalId"):
        raise AuthFailed(
            f"the answer of {paths.ACCOUNT} names no HubSpot account. Check the connection's url.", code="NO_ACCOUNT"
        )
    zone = str(details.get("timeZone") or "")
    kind = details.get("accountType") or "STANDARD"
    org = str(details["portalId"])
    return SignedIn(org, f"HubSpot account {org} ({kind}, {zone or 'no zone'})", _zone(zone))


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError):
        return None
