"""Checks of the names that `writeback.yaml` gives to fields and objects, by what each CRM allows.

What may be there already, as a field of the CRM's own, is at most warned of: only what would have to be made is judged.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from config.base import quote
from config.crm_names import (
    CUSTOM,
    HUBSPOT_FIELDS,
    HUBSPOT_OBJECTS,
    HUBSPOT_RESERVED,
    SALESFORCE_FIELDS,
    SALESFORCE_LONGEST,
    SALESFORCE_RECORD_FIELDS,
    hubspot_flaw,
    nearest_hubspot,
    nearest_salesforce,
    salesforce_flaw,
    salesforce_namespace,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from config.draft import Draft
    from config.problems import Problem
    from config.yaml_text import Path


class Role(Enum):
    """What a name is of, and the key that it stands under."""

    FIELD = "field"  # of an object that the CRM has by itself
    RECORD_FIELD = "record field"  # of a custom object
    KEY = "key"
    OBJECT = "object"  # a custom one

    @property
    def under(self) -> str:
        return self.value.removeprefix("record ")


@dataclass(frozen=True, slots=True)
class Named:
    """A name in the CRM, and its label if it has one."""

    role: Role
    name: str
    label: str = ""


_OURS: Mapping[str, str] = {
    "account": "account",
    "company": "account",
    "companies": "account",
    "contact": "contact",
    "contacts": "contact",
    "deal": "opportunity",
    "deals": "opportunity",
    "lead": "lead",
    "leads": "lead",
    "opportunity": "opportunity",
    "user": "user",
    "users": "user",
    "owner": "user",
    "owners": "user",
}
"""What we call those of the CRMs' own objects that `writeback:` writes fields of."""

_SALESFORCE_OBJECTS = frozenset({"account", "contact", "lead", "opportunity", "user", "task", "event"})


def check_name(draft: Draft, connection: str, named: Named, at: Path) -> Iterator[Problem]:
    """What the connection's CRM would refuse when it is created."""
    crm = crm_of(draft, connection)
    place = (*at, named.role.under)
    if crm == "salesforce":
        if named.name.endswith(CUSTOM):
            yield from _check_custom(draft, named, place)
        else:
            yield from _check_without_ending(draft, named, place)
    if crm == "hubspot":
        yield from _check_hubspot(draft, named, place)


def crm_of(draft: Draft, connection: str) -> str | None:
    """Which CRM the connection talks to; None where it is not known."""
    settings = draft.settings.connections.get(connection) if draft.settings else None
    return settings.crm if settings else None


def _check_custom(draft: Draft, named: Named, place: Path) -> Iterator[Problem]:
    name = named.name
    if flaw := salesforce_flaw(name):
        yield draft.error(place, f"{name} {flaw}.", f"Salesforce takes no such name: write {nearest_salesforce(name)}.")
    elif salesforce_namespace(name):
        return  # what a package brought is there, with its own label
    elif (length := len(name.removesuffix(CUSTOM))) > SALESFORCE_LONGEST:
        yield draft.error(
            place,
            f"is too long for Salesforce: {length} characters before {CUSTOM}.",
            f"Shorten it to {SALESFORCE_LONGEST}.",
        )
    elif len(named.label) > SALESFORCE_LONGEST:
        yield draft.error(
            (*place[:-1], "label"),
            f"is too long for Salesforce: {len(named.label)} characters.",
            f"Shorten it to {SALESFORCE_LONGEST}.",
        )


def _check_without_ending(draft: Draft, named: Named, place: Path) -> Iterator[Problem]:
    """A name that Salesforce gives to nothing but what is its own."""
    name, instead = named.name, nearest_salesforce(named.name)
    match named.role:
        case Role.OBJECT if name.lower() in _SALESFORCE_OBJECTS:
            yield _not_our_object(draft, name, "Salesforce", "Commission_Statement__c", place)
        case Role.OBJECT:
            yield draft.error(
                place, f"{name} is no custom object: those of Salesforce end in {CUSTOM}.", _write(instead)
            )
        case Role.KEY:
            yield draft.error(
                place, f"{name} is no field of your own: those of Salesforce end in {CUSTOM}.", _write(instead)
            )
        case Role.RECORD_FIELD if name not in SALESFORCE_RECORD_FIELDS:
            own = ", ".join(sorted(SALESFORCE_RECORD_FIELDS))
            yield draft.error(
                place,
                f"{name} does not end in {CUSTOM}, and of its own a custom object of Salesforce has but {own}.",
                _write(instead),
            )
        # "__" stands in what other endings Salesforce has, of fields that are made elsewhere.
        case Role.FIELD if name not in SALESFORCE_FIELDS and "__" not in name:
            yield draft.warning(
                place,
                f"{name} does not end in {CUSTOM}, so it cannot be created.",
                f"For a field of your own write {instead}; only where it is one of Salesforce's own leave it.",
            )


def _check_hubspot(draft: Draft, named: Named, place: Path) -> Iterator[Problem]:
    name, instead = named.name, nearest_hubspot(named.name)
    reserved = next((prefix for prefix in HUBSPOT_RESERVED if name.startswith(prefix)), "")
    if hubspot_flaw(name):
        what = "an object" if named.role is Role.OBJECT else "a property"
        yield draft.error(
            place, f"is not {what} name of HubSpot: {quote(name)}.", f"They are lower case: {name.lower()}."
        )
    elif named.role is Role.OBJECT:
        if name in HUBSPOT_OBJECTS:
            yield _not_our_object(draft, name, "HubSpot", "commission_statement", place)
    elif reserved and named.role is Role.KEY:
        yield draft.error(
            place, f"{name} begins with {reserved}, as HubSpot's own properties alone do.", _write(instead)
        )
    elif reserved and name not in HUBSPOT_FIELDS:
        yield draft.warning(
            place,
            f"{name} begins with {reserved}, so it cannot be created.",
            f"For a property of your own write {instead}; only where it is one of HubSpot's own leave it.",
        )


def _not_our_object(draft: Draft, name: str, crm: str, such_as: str, place: Path) -> Problem:
    """Records that everybody works with are none that we keep."""
    remedy = f"Name one of your own, such as {such_as}."
    if ours := _OURS.get(name.lower()):
        remedy += f" Fields of {name} itself stand under writeback:, with object: {ours}."
    elif name.lower() in {"task", "tasks"}:
        remedy += " Tasks stand under tasks:."
    return draft.error(place, f"{name} is one of {crm}'s own objects, and we keep records of a custom object.", remedy)


def _write(name: str) -> str:
    return f"Write {name}."
