"""Owners as HubSpot lists them: whose ids records hold, and the teams they are in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from connectors.errors import Retryable
from connectors.hubspot.doubt import OTHER
from connectors.hubspot.values import instant, setting_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.hubspot.account import Account
    from connectors.hubspot.doubt import Doubt
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
    after, before = "", set[str]()
    while True:
        owners, token = account.believed(_page, account, archived, after, before)
        yield from owners
        if not token:
            return
        after, before = token, {owner.id for owner in owners}


def _page(
    account: Account, archived: bool, after: str, before: set[str]
) -> tuple[tuple[list[Owner], str], Doubt | None]:
    query = [("limit", str(OWNERS_PAGE)), ("archived", str(archived).lower())]
    answer = account.session.get(account.paths.owners, [*query, ("after", after)] if after else query)
    raws = list(answer.get("results") or ())
    token = str(((answer.get("paging") or {}).get("next") or {}).get("after") or "")
    if token and token == after:
        raise Retryable(f"HubSpot's list of owners does not go on behind {after}.", code="WRONG_ANSWER")
    of_another = any(bool(raw.get("archived", archived)) is not archived or str(raw["id"]) in before for raw in raws)
    return ([_parse_owner(raw, archived=archived) for raw in raws], token), OTHER if of_another else None


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
