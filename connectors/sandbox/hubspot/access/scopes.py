"""What a token may do: the scopes that a request needs, and HubSpot's two refusals of one that lacks them.

An endpoint asks for any one of the scopes it serves, and refuses before anything is counted; behind it the object that
the request names asks for its own. Both bodies are recorded. Which scope goes with what is the scope reference's.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from connectors.sandbox.hubspot.definitions.types import OBJECTS, find_object
from connectors.sandbox.hubspot.errors import ApiError

if TYPE_CHECKING:
    from connectors.sandbox.hubspot.access.tokens import Grant
    from connectors.sandbox.hubspot.store import Store

SCOPES_PAGE = "https://developers.hubspot.com/scopes"

# The word for an object in scopes, where it is not the object's own name.
_WORDS = {"goal_targets": "goals", "discounts": "line_items", "fees": "line_items", "taxes": "line_items"}
_ACTIVITIES = frozenset({"calls", "emails", "meetings", "tasks", "notes", "communications", "postal_mail"})
# Scopes of an older kind that open an object too, for reading and writing alike.
_COMMERCE = ("products", "line_items", "quotes", "discounts", "fees", "taxes")
_BROAD = {"tickets": frozenset({"tickets"}), **{name: frozenset({"e-commerce"}) for name in _COMMERCE}}
_OTHER = (
    "crm.objects.custom.read",
    "crm.objects.custom.write",
    "crm.schemas.custom.read",
    "crm.schemas.custom.write",
    "crm.objects.owners.read",
    "crm.pipelines.orders.read",
    "crm.pipelines.orders.write",
    "settings.users.read",
    "settings.users.write",
    "settings.users.teams.read",
    "settings.users.teams.write",
    "settings.currencies.read",
    "settings.currencies.write",
    "sales-email-read",
    "e-commerce",
    "tickets",
    "oauth",
)
_NOT_GRANULAR = frozenset({"e-commerce", "tickets", "sales-email-read", "oauth"})
_VERSION = re.compile(r"v\d|\d{4}-\d{2}")
_READING = ("/search", "/batch/read")
_BY_OBJECT = {"objects": "objects", "associations": "objects"} | dict.fromkeys(
    ("properties", "property-validations", "pipelines", "schemas"), "schemas"
)
# Of these the scope of the records opens the definitions too (specification of the properties API, 2026-09).
_BY_RECORDS = frozenset({"users", "orders"})
_LEGACY = frozenset({"contacts", "companies", "deals", "tickets"})  # shown by name, the others by type id


def _word(name: str) -> str:
    return _WORDS.get(name, name)


ALL_SCOPES: tuple[str, ...] = tuple(
    dict.fromkeys(
        [
            *(
                f"crm.{part}.{_word(name)}.{verb}"
                for name in OBJECTS
                for part in ("objects", "schemas")
                for verb in ("read", "write")
            ),
            *_OTHER,
        ]
    )
)


_EVERY = frozenset(ALL_SCOPES)


def check_endpoint(grant: Grant, method: str, path: str) -> None:
    """Nothing; a 403 where the token has none of the scopes that the endpoint serves."""
    accepted = _served(_api(path), _verb(method, path))
    if not accepted or grant.scopes & accepted:
        return
    lists: dict[str, list[str]] = {}
    for name in sorted(accepted):
        lists.setdefault("requiredScopes" if name in _NOT_GRANULAR else "requiredGranularScopes", []).append(name)
    raise ApiError(
        403,
        "This app hasn't been granted all required scopes to make this call. Read more about required scopes here: "
        f"{SCOPES_PAGE}.",
        "MISSING_SCOPES",
        errors=[{"message": "One or more of the following scopes are required.", "context": lists}],
        links={"scopes": SCOPES_PAGE},
    )


def check_object(grant: Grant, store: Store, method: str, path: str, name: str | None) -> None:
    """Nothing; a 403 where the token has no scope for the object of that name."""
    part = _BY_OBJECT.get(_api(path))
    if name is None or part is None or grant.scopes >= _EVERY:
        return  # who may do everything need not be asked about an object, which may be one that is no more
    kind, verb = find_object(store, name), _verb(method, path)
    word = "custom" if kind.schema else _word(kind.name)
    if grant.scopes & _opening(part, kind.name, word, verb):
        return
    shown = f"legacyObjectType={kind.label}" if kind.name in _LEGACY else kind.type_id
    raise ApiError(
        403,
        f"You do not have permissions to {'view' if verb == 'read' else 'edit'} object type ObjectTypeId{{{shown}}} "
        f"in portal {store.database.number} (requires one of [{word}-{verb}])",
    )


def _api(path: str) -> str:
    """Which API a path belongs to, whatever its version; empty for one that asks for no scope."""
    words = [word for word in path.split("/") if word and not _VERSION.fullmatch(word)]
    match words:
        case ["crm-object-schemas" | "crm", "schemas"]:
            return "custom objects"
        case ["crm-object-schemas", *_]:
            return "schemas"
        case ["settings", "users", "teams", *_]:
            return "teams"
        case ["crm" | "settings", api, *_]:
            return api
    return ""


def _verb(method: str, path: str) -> str:
    return "read" if method in {"GET", "HEAD"} or path.rstrip("/").endswith(_READING) else "write"


def _served(api: str, verb: str) -> frozenset[str]:
    """The scopes any one of which opens an API: those of the objects that it serves, or its own."""
    if api == "owners":
        return frozenset({"crm.objects.owners.read"})
    if api in {"users", "teams", "currencies"}:
        return frozenset({f"settings.{'users.teams' if api == 'teams' else api}.{verb}"})
    if api == "custom objects":  # specification of the schemas API, 2026-09
        return _opening("schemas", "", "custom", verb)
    part = _BY_OBJECT.get(api)
    if part is None:
        return frozenset()
    verbs = ("read", "write") if verb == "read" else ("write",)
    words = [(name, _word(name)) for name in OBJECTS] + [("", "custom")]
    return frozenset().union(*(_opening(part, name, word, each) for name, word in words for each in verbs))


def _opening(part: str, name: str, word: str, verb: str) -> frozenset[str]:
    """The scopes that open one object to an API of its records or of its definitions; reading either shows both."""
    parts = {"objects", "schemas"} if part == "schemas" and verb == "read" else {part}
    words = {word, "contacts"} if name in _ACTIVITIES else {word}
    found = {f"crm.{each}.{one}.{verb}" for each in parts for one in words}
    if part == "schemas" and name == "orders":
        found.add(f"crm.pipelines.orders.{verb}")
    if part == "schemas" and name in _BY_RECORDS:
        found.add(f"crm.objects.{name}.{verb}")
    return frozenset(found | _BROAD.get(name, frozenset()))
