"""How HubSpot types and shows each kind of field, which properties can serve as one, and how one is defined."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from config.crm_names import HUBSPOT_RESERVED, hubspot_flaw, nearest_hubspot
from connectors.writing import FieldKind, FieldNeed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.hubspot.account import Property
    from connectors.hubspot.transport import Json

_NUMBER: Json = {"type": "number", "fieldType": "number"}
_TEXT: Json = {"type": "string", "fieldType": "text"}
_YES_OR_NO: Json = {
    "type": "bool",
    "fieldType": "booleancheckbox",
    "options": [
        {"label": label, "value": value, "displayOrder": place, "hidden": False}
        for place, (value, label) in enumerate({"true": "Yes", "false": "No"}.items())
    ],
}
_WORDS = frozenset({"string"})
_TEXTS = _WORDS | {"enumeration"}
_TIMES = frozenset({"date", "datetime", "string"})
_IN_WORDS = {
    "string": "text",
    "enumeration": "choices",
    "number": "numbers",
    "date": "days",
    "datetime": "days with a time",
    "bool": "yes or no",
}


@dataclass(frozen=True, slots=True)
class _Form:
    """What a new property of a kind is made of, how its number is to be shown, and the types that serve as well.

    What serves is what the plan can write there: an amount in a text, a text in a choice, a day in a date and time.
    """

    words: str
    shape: Json
    serves: frozenset[str]
    hints: Mapping[str, object]


def _form(words: str, shape: Json, serves: frozenset[str] = frozenset(), **hints: object) -> _Form:
    return _Form(words, shape, serves | {str(shape["type"])}, hints)


# Properties API guide, "Property type and fieldType values" and "Create unique identifier properties"; one that holds a
# user has the owners for options (changelog of 13 April 2021, the field type "HubSpot User"). A percentage is kept as a
# fraction of 1 and shown times a hundred, as HubSpot's own deal probability is (hs_deal_stage_probability).
_FORMS: Mapping[FieldKind, _Form] = {
    FieldKind.MONEY: _form("amount", _NUMBER, _WORDS, numberDisplayHint="currency", showCurrencySymbol=True),
    FieldKind.NUMBER: _form("number", _NUMBER, _WORDS, numberDisplayHint="formatted"),
    FieldKind.DAYS: _form("number", _NUMBER, _WORDS, numberDisplayHint="formatted"),
    FieldKind.COUNT: _form("number", _NUMBER, _WORDS, numberDisplayHint="formatted"),
    FieldKind.PERCENT: _form("percentage", _NUMBER, _WORDS, numberDisplayHint="percentage"),
    FieldKind.TEXT: _form("text", _TEXT, _TEXTS),
    FieldKind.LONG_TEXT: _form("text of several lines", {**_TEXT, "fieldType": "textarea"}),
    FieldKind.DAY: _form("day", {"type": "date", "fieldType": "date"}, _TIMES),
    FieldKind.MOMENT: _form("day and time", {"type": "datetime", "fieldType": "date"}, _TIMES),
    FieldKind.FLAG: _form("checkbox", _YES_OR_NO, _WORDS),
    FieldKind.USER: _form(
        "user",
        {"type": "enumeration", "fieldType": "select", "externalOptions": True, "referencedObjectType": "OWNER"},
        _TEXTS,
    ),
    FieldKind.KEY: _form("text that no two records share", {**_TEXT, "hasUniqueValue": True}),
}


def words_for(need: FieldNeed) -> str:
    """What is made, for people."""
    return f'{_FORMS[need.kind].words} "{need.label}"'


def definition(need: FieldNeed, *, group: str = "") -> Json:
    """A new property; without a group it goes to the group that HubSpot makes for a custom object."""
    body: Json = {"name": need.name, "label": need.label, "description": need.description, "formField": False}
    return body | _FORMS[need.kind].shape | ({"groupName": group} if group else {})


def hints(need: FieldNeed) -> Mapping[str, object]:
    """How its number is to be shown: members that a definition has in HubSpot's answers."""
    return _FORMS[need.kind].hints


def change_of_hints(need: FieldNeed) -> Json:
    """The change that shows it so. Both types are required in a change too (properties API guide)."""
    shape = _FORMS[need.kind].shape
    return {"type": shape["type"], "fieldType": shape["fieldType"], **hints(need)}


def name_problem(name: str) -> str:
    """Why no property can have this name, and what to write; empty where one can."""
    write = f"Write a name such as {nearest_hubspot(name)} in writeback.yaml."
    for reserved in HUBSPOT_RESERVED:
        if name.startswith(reserved):
            return f"{name} is not there, and HubSpot keeps names that begin with {reserved} for itself. {write}"
    if flaw := hubspot_flaw(name):
        return f"{name} {flaw}, as HubSpot's names are. {write}"
    return ""


def misfit(need: FieldNeed, existing: Property) -> str:
    """Why the property that stands under this name cannot serve, and what to do; empty where it can."""
    if existing.read_only:
        return "HubSpot computes the property of this name itself. Choose another name in writeback.yaml."
    form = _FORMS[need.kind]
    if existing.type not in form.serves or (need.kind is FieldKind.USER and not _names_users(existing)):
        article = "an" if form.words.startswith("a") else "a"
        held = f"{existing.type} ({_IN_WORDS.get(existing.type, 'special')})"
        return (
            f"There is a property of this name of type {held}, which cannot hold {article} {form.words}. "
            "Choose another name in writeback.yaml; the property will be created."
        )
    if need.kind is FieldKind.KEY and not existing.unique:
        return (
            "There is a property of this name, and its values need not be unique, which HubSpot cannot change of a "
            "property that is there (hasUniqueValue). Name another property as the key in writeback.yaml; it will be "
            "created."
        )
    return ""


def _names_users(existing: Property) -> bool:
    return existing.type == "string" or existing.external
