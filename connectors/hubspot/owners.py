"""Owners as HubSpot lists them: whose ids records hold, and the teams they are in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from connectors.hubspot.listing import list_all
from connectors.hubspot.values import instant, setting_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.hubspot.account import Account
    from connectors.hubspot.transport import Json

OWNERS_PAGE = 500  # owners API guide


@dataclass(frozen=True, slots=True)
class Team:
    """A team; `main` where it is the owner's own rather than a further one."""

    id: str
    name: str
    main: bool


@dataclass(frozen=True, slots=True)
class Owner:
    """An owner: `id` is what records hold, `user_id` leads to the user's record."""

    id: str
    user_id: str
    name: str
    email: str
    teams: tuple[Team, ...]
    active: bool
    created_at: str | None

    @property
    def team(self) -> str | None:
        """The name of the owner's own team, or else of the first."""
        ordered = sorted(self.teams, key=lambda team: not team.main)
        return ordered[0].name if ordered else None


def list_owners(account: Account, *, archived: bool) -> Iterator[Owner]:
    """All owners, the archived ones apart."""
    query = [("limit", str(OWNERS_PAGE)), ("archived", str(archived).lower())]

    def fits(raw: Json) -> bool:
        return bool(raw.get("archived", archived)) is archived

    for raw in list_all(account, "owners", account.paths.owners, query, fits=fits):
        yield _parse_owner(raw, archived=archived)


def _parse_owner(raw: Json, *, archived: bool) -> Owner:
    """An owner; the user id of an archived one is kept in another place (owners API guide)."""
    name = setting_text(" ".join(part for part in (raw.get("firstName"), raw.get("lastName")) if part))
    email = setting_text(raw.get("email") or "")
    user_id = raw.get("userId") or raw.get("userIdIncludingInactive") or ""
    teams = (each for each in raw.get("teams") or () if each.get("name"))
    return Owner(
        id=str(raw["id"]),
        user_id=str(user_id),
        name=name or email or str(raw["id"]),
        email=email,
        teams=tuple(
            Team(setting_text(each.get("id") or each["name"]), setting_text(each["name"]), bool(each.get("primary")))
            for each in teams
        ),
        active=not (archived or raw.get("archived")),
        created_at=_moment(raw.get("createdAt")),
    )


def _moment(value: object) -> str | None:
    try:
        return instant(str(value)) if value else None
    except ValueError:
        return None
