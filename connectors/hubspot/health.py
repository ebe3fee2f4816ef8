"""How an account stands for us: the scopes of our token, HubSpot's clock, and what is left of the day's requests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

from connectors.errors import Rejected
from connectors.health import Access, Headroom, Health
from connectors.hubspot.errors import Forbidden
from connectors.hubspot.objects import SPECS
from connectors.hubspot.targets import TASKS, crm_type_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from connectors.hubspot.account import Account

READ, WRITE = "read", "write"
OWNERS, CURRENCIES = "owners", "currencies"

_WORDS: Mapping[str, str] = MappingProxyType({"goal_targets": "goals"})
"""What scopes call an object type, where it is not its name (scopes reference)."""

_ACTIVITIES = frozenset({"calls", "emails", "meetings", TASKS, "communications"})
_COMMERCE = frozenset({"products", "line_items", "quotes"})

_MADE_OF: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "user": ("users", OWNERS),
        "team": (OWNERS,),
        "team_member": (OWNERS,),
        "stage": ("deals",),
        "exchange_rate": (CURRENCIES,),
        "field_history": ("deals",),
        "opportunity_member": ("deals",),
        "opportunity_split": ("deals",),
    }
)
"""What fills our objects, where it is not the records of their types alone."""

_DAY = "every request of ours and of the account's other private apps, since its midnight"


@dataclass(frozen=True, slots=True)
class _Token:
    """What the token may do; `scopes` is None where HubSpot does not say it."""

    scopes: frozenset[str] | None

    def lacks(self, crm_type: str, verb: str) -> str:
        """The scope that is missing, nothing where none is or where that is not known."""
        wanted = _scopes(crm_type, verb)
        return "" if self.scopes is None or self.scopes & set(wanted) else wanted[0]


def read_health(account: Account, objects: Collection[str], written: Collection[str]) -> Health:
    """How the account stands for us, asked anew. `written` are the objects that the project writes to."""
    account.forget()
    signed_in = account.sign_in()
    now, here = account.now(), datetime.now(UTC)
    token = _Token(account.session.scopes())
    places = [(each, crm_type) for each in objects for crm_type in _types(account, each)]
    access = tuple(_access(account, token, each, crm_type) for each, crm_type in places)
    rights = tuple(_lacking(token, {crm_type for each in written for crm_type in _types(account, each)}))
    return Health(signed_in.name, signed_in.org, now, here, access, tuple(_headroom(account)), rights)


def _types(account: Account, of_object: str) -> tuple[str, ...]:
    """What fills an object, by HubSpot's names; a custom object that is not there, by the project's."""
    if of_object in _MADE_OF:
        return _MADE_OF[of_object]
    if of_object in SPECS:
        return tuple(crm_type.name for crm_type in SPECS[of_object].types)
    try:
        return (crm_type_of(account, of_object) or of_object,)
    except Forbidden:
        return (of_object,)


def _access(account: Account, token: _Token, of_object: str, crm_type: str) -> Access:
    """A token that may read an object reads all its records, whatever the user may who made it (OAuth guide)."""
    hidden = _refusal(account, of_object, crm_type)
    to_read = _advice(token.lacks(crm_type, READ)) or hidden
    to_write = _advice(token.lacks(crm_type, WRITE)) if _is_written(of_object) else ""
    reads = not to_read
    writes = reads and _is_written(of_object) and not to_write
    known = token.scopes is not None or bool(hidden)
    return Access(of_object, crm_type, reads, writes, reads or None, known, writes or None, to_read, to_write)


def _refusal(account: Account, of_object: str, crm_type: str) -> str:
    """Why the account shows us nothing of this type, nothing where it does."""
    if crm_type in (OWNERS, CURRENCIES):
        return ""
    try:
        if of_object not in SPECS and crm_type_of(account, of_object) is None:
            return f"HubSpot shows the token no object {of_object}. `salesops provision` makes what is ours."
        return str(account.refusal(crm_type) or "")
    except (Forbidden, Rejected) as error:
        return str(error)


def _advice(scope: str) -> str:
    return f"Give the access token the scope {scope}." if scope else ""


def _is_written(of_object: str) -> bool:
    return SPECS[of_object].writable if of_object in SPECS else True


def _scopes(crm_type: str, verb: str) -> tuple[str, ...]:
    """The scopes any of which lets a token read or write the records of a type, the one to ask for first (scopes
    reference)."""
    if crm_type == OWNERS:
        return ("crm.objects.owners.read",)
    if crm_type == CURRENCIES:
        return (f"settings.currencies.{verb}",)
    own = f"crm.objects.{_word(crm_type)}.{verb}"
    if crm_type in _ACTIVITIES:
        return (f"crm.objects.contacts.{verb}", own)
    return (own, "e-commerce") if crm_type in _COMMERCE else (own,)


def _word(crm_type: str) -> str:
    types = {each.name for spec in SPECS.values() for each in spec.types}
    return _WORDS.get(crm_type, crm_type) if crm_type in types else "custom"


def _lacking(token: _Token, written: Collection[str]) -> Iterator[str]:
    """Scopes to make properties and custom objects with."""
    for crm_type in sorted(set(written) - {OWNERS}):
        words = ("contacts", crm_type) if crm_type in _ACTIVITIES else (_word(crm_type),)
        wanted = [f"crm.schemas.{word}.{WRITE}" for word in words]
        if "users" in words:
            wanted.append("crm.objects.users.write")  # opens its definitions too (properties API, 2026-09)
        if token.scopes is not None and not token.scopes & set(wanted):
            yield f"{wanted[0]}: `salesops provision` needs it to make properties. Give the access token this scope."


def _headroom(account: Account) -> Iterator[Headroom]:
    """What is left of the day's requests: by the account's own count, or as the last answer's headers told."""
    path = account.paths.daily_usage
    try:
        answer = account.checked(account.session.get, path)
    except (Forbidden, Rejected):
        answer = {}
    told = [raw for raw in answer.get("results") or () if raw.get("usageLimit") is not None]
    for raw in told:
        used = raw.get("currentUsage")
        yield Headroom(
            str(raw.get("name") or "daily"), None if used is None else int(used), int(raw["usageLimit"]), _DAY
        )
    usage = account.session.usage()
    if not told and usage.day_limit is not None:
        yield Headroom("daily", usage.day_used, usage.day_limit, _DAY)
