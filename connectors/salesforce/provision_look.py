"""What the project needs of an org, and what of it stands there: objects and fields, seen by our login or hidden."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from config.crm_names import CUSTOM, nearest_salesforce, salesforce_flaw, salesforce_namespace
from connectors.batches import in_chunks
from connectors.errors import AuthFailed, Rejected
from connectors.salesforce.composite import MOST, OK, ask_together, query_path
from connectors.salesforce.describe import is_automatic, type_of
from connectors.salesforce.errors import translate
from connectors.salesforce.objects import SOURCES
from connectors.writing import TASK, FieldKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connectors.salesforce.session import Session
    from connectors.writing import FieldNeed, Needs, ObjectNeed

TASK_OBJECT = "Task"

_WORDS = frozenset({"string", "textarea"})
_NUMBERS = frozenset({"double", "currency"})
_FITTING: Mapping[FieldKind, frozenset[str]] = {
    FieldKind.MONEY: _NUMBERS | _WORDS,
    FieldKind.NUMBER: _NUMBERS | _WORDS,
    FieldKind.DAYS: _NUMBERS | _WORDS,
    FieldKind.COUNT: _NUMBERS | _WORDS | {"int"},
    FieldKind.PERCENT: _NUMBERS | _WORDS | {"percent"},
    FieldKind.TEXT: _WORDS | {"picklist", "combobox"},
    FieldKind.LONG_TEXT: _WORDS,
    FieldKind.DAY: frozenset({"date", "datetime", "string"}),
    FieldKind.MOMENT: frozenset({"date", "datetime", "string"}),
    FieldKind.FLAG: _WORDS | {"boolean"},
    FieldKind.USER: frozenset({"reference", "string"}),
    FieldKind.KEY: frozenset({"string"}),
}
"""The types of existing fields, as describe names them, that hold a kind."""

_FRACTION_DECIMALS = 2  # of a percentage that stands as a fraction of 1 in a field of plain numbers

_IN_WORDS: Mapping[FieldKind, str] = {
    FieldKind.MONEY: "amounts of money",
    FieldKind.NUMBER: "numbers",
    FieldKind.DAYS: "numbers of days",
    FieldKind.COUNT: "counts",
    FieldKind.PERCENT: "percentages",
    FieldKind.TEXT: "text",
    FieldKind.LONG_TEXT: "long text",
    FieldKind.DAY: "days",
    FieldKind.MOMENT: "points in time",
    FieldKind.FLAG: "yes or no",
    FieldKind.USER: "a user",
    FieldKind.KEY: "our keys",
}
_TYPE_IN_WORDS = {
    "double": "number",
    "int": "whole number",
    "string": "text",
    "datetime": "date/time",
    "boolean": "checkbox",
    "reference": "lookup",
    "html": "rich text",
    "id": "record id",
    "textarea": "long text",
    "multipicklist": "multi-select picklist",
    "encryptedstring": "encrypted text",
    "location": "geolocation",
}


@dataclass(frozen=True, slots=True)
class SeenField:
    """A field as it stands in the org. What our login does not see is never `updateable`."""

    type: str
    updateable: bool
    computed: bool
    key: bool  # an external id that no two records share
    users: bool  # leads to users
    decimals: int  # of a number
    length: int  # of a text


@dataclass(frozen=True, slots=True)
class SeenObject:
    """An object as our login sees it, with the fields that it sees."""

    updateable: bool
    fields: Mapping[str, SeenField]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A field that the project needs. `sobject` is what it is described and granted under; `seen` is None where our
    login does not see it; `problem` says why it cannot be had."""

    need: FieldNeed
    sobject: str
    seen: SeenField | None
    exists: bool
    problem: str = ""

    @property
    def name(self) -> str:
        """Its name with its object's."""
        return f"{self.sobject}.{self.need.name}"

    @property
    def ours(self) -> bool:
        """Whether rights to it and its place on pages are ours to give: Salesforce's own fields stay the admin's."""
        return self.need.name.endswith(CUSTOM) and not self.problem


def sobject_of(of_object: str) -> str:
    """The sObject that carries the fields of one of our objects, of tasks, or of a custom object."""
    if of_object == TASK:
        return TASK_OBJECT
    return SOURCES[of_object][0].sobject if of_object in SOURCES else of_object


def look_up(session: Session, needs: Needs) -> tuple[dict[str, SeenObject], list[Wanted]]:
    """What our login sees of the objects that are needed, by name, and each field with what is known of it."""
    names = dict.fromkeys([each.name for each in needs.objects] + [sobject_of(each.object) for each in needs.fields])
    seen = _describe(session, list(names))
    hidden = _find_hidden(session, [each for each in needs.fields if not _is_seen(seen, each)])
    return seen, [_wanted(need, seen, hidden, needs.objects) for need in needs.fields]


def _describe(session: Session, names: Sequence[str]) -> dict[str, SeenObject]:
    """The objects that our login sees, by name."""
    seen: dict[str, SeenObject] = {}
    for part in in_chunks(names, MOST):
        for name, answer in zip(
            part, ask_together(session, [f"sobjects/{each}/describe" for each in part]), strict=True
        ):
            if answer.status == OK:
                seen[name] = _read_object(answer.body)
                continue
            error = translate(answer.body, answer.status, session.url)
            if not isinstance(error, Rejected | AuthFailed):
                raise error
    return seen


def _read_object(body: Mapping[str, Any]) -> SeenObject:
    fields = {
        str(field["name"]): SeenField(
            type=type_of(field),
            updateable=bool(field.get("updateable")),
            computed=is_automatic(field),
            key=bool(field.get("externalId") and field.get("unique")),
            users="User" in (field.get("referenceTo") or ()),
            decimals=int(field.get("scale") or 0),
            length=int(field.get("length") or 0),
        )
        for field in body["fields"]
    }
    return SeenObject(bool(body.get("updateable", True)), fields)


def _is_seen(seen: Mapping[str, SeenObject], need: FieldNeed) -> bool:
    of_object = seen.get(sobject_of(need.object))
    return of_object is not None and need.name in of_object.fields


def _find_hidden(session: Session, needs: Sequence[FieldNeed]) -> dict[tuple[str, str], SeenField]:
    """The fields among these that are there and that our login does not see; none where it may not look into Setup."""
    found: dict[tuple[str, str], SeenField] = {}
    for sobject in sorted({sobject_of(need.object) for need in needs}):
        names = sorted(
            {need.name for need in needs if sobject_of(need.object) == sobject and need.name.endswith(CUSTOM)}
        )
        rows = _setup_rows(
            session,
            "SELECT QualifiedApiName, DataType, IsCalculated, IsAutonumber, IsUnique, IsIdLookup, Scale, Length "
            f"FROM EntityParticle WHERE EntityDefinition.QualifiedApiName = '{sobject}'",
            names,
        )
        for row in rows:
            found[sobject, str(row["QualifiedApiName"])] = SeenField(
                type=str(row["DataType"]),
                updateable=False,
                computed=bool(row["IsCalculated"] or row["IsAutonumber"]),
                key=bool(row["IsUnique"] and row["IsIdLookup"]),
                users=True,  # where a lookup leads is told once our login sees it
                decimals=int(row["Scale"] or 0),
                length=int(row["Length"] or 0),
            )
    return found


def find_existing(session: Session, needs: Sequence[ObjectNeed]) -> set[str]:
    """The names without __c of the custom objects among these that are there and that our login does not see."""
    names = [need.name.removesuffix(CUSTOM) for need in needs]
    rows = _setup_rows(
        session, "SELECT DeveloperName FROM CustomObject WHERE NamespacePrefix = null", names, "DeveloperName"
    )
    return {str(row["DeveloperName"]) for row in rows}


def _setup_rows(
    session: Session, soql: str, names: Sequence[str], by: str = "QualifiedApiName"
) -> list[dict[str, Any]]:
    """The rows with these names of a query over the org's schema, which takes View Setup and Configuration; none
    without it: what is hidden is then found when it is made a second time."""
    if not names:
        return []
    listed = ", ".join(f"'{name}'" for name in names)
    path = query_path(f"{soql} AND {by} IN ({listed})").replace("queryAll?", "tooling/query?", 1)
    try:
        return list(session.get(path)["records"])
    except (Rejected, AuthFailed) as error:
        if isinstance(error, AuthFailed) and not is_right(error):
            raise
        return []


def is_right(error: AuthFailed) -> bool:
    """Whether a right is missing for what was asked, not the sign-in refused."""
    return error.code in {"INSUFFICIENT_ACCESS", "INSUFFICIENT_ACCESS_OR_READONLY"}


def _wanted(
    need: FieldNeed,
    seen: Mapping[str, SeenObject],
    hidden: Mapping[tuple[str, str], SeenField],
    new: Sequence[ObjectNeed],
) -> Wanted:
    sobject = sobject_of(need.object)
    found = seen[sobject].fields.get(need.name) if sobject in seen else None
    known = found or hidden.get((sobject, need.name))
    wanted = Wanted(need, sobject, found, known is not None)
    if known is not None:
        problem = _misfit(wanted, known)
    elif sobject not in seen and sobject not in {each.name for each in new}:
        problem = f"{sobject} is not there, or our login may not read it. Give the login the right to read it."
    else:
        problem = misnamed(need.name, "a field")
    return Wanted(need, sobject, found, known is not None, problem)


def _misfit(wanted: Wanted, found: SeenField) -> str:
    """Why an existing field cannot hold ours, or nothing."""
    kind = wanted.need.kind
    a_type = _TYPE_IN_WORDS.get(found.type, found.type)
    other = "Choose another field name in writeback.yaml."
    if found.type not in _FITTING[kind] or (kind is FieldKind.USER and found.type == "reference" and not found.users):
        return f"There is {_article(a_type)} {a_type} field of this name, which cannot hold {_IN_WORDS[kind]}. {other}"
    if problem := _too_small(wanted, found):
        return f"There is a field of this name, but {problem} in Setup, or choose another field name in writeback.yaml."
    if found.computed:
        return f"Salesforce fills the field of this name itself, so that nobody can write to it. {other}"
    if kind is FieldKind.KEY and not found.key:
        return (
            "There is a field of this name, but records cannot be found by it. Make it an external ID and unique in "
            "Setup, or choose another field name in writeback.yaml."
        )
    if not found.updateable and not wanted.need.name.endswith(CUSTOM):
        return "It is one of Salesforce's own fields, and our login may not edit it. Give it the right to."
    return ""


def _article(word: str) -> str:
    return "an" if word[0] in "aeio" else "a"


def _too_small(wanted: Wanted, found: SeenField) -> str:
    """What a field of the right type has too little of, and what to give it; or nothing.

    A number is otherwise rounded to what its field keeps, as whoever made the field wanted it. But a fraction of 1 in
    whole numbers says nothing.
    """
    need = wanted.need
    if found.type in _NUMBERS and need.kind is FieldKind.PERCENT and found.decimals < _FRACTION_DECIMALS:
        return (
            f"it keeps {found.decimals or 'no'} decimal{'s' * (found.decimals != 1)}, and percentages have "
            f"{_FRACTION_DECIMALS}. Give it {_FRACTION_DECIMALS}"
        )
    if found.type in _WORDS and found.length < need.length:
        return f"it keeps {found.length} characters, and {need.length} are to come. Make it longer"
    return ""


def misnamed(name: str, what: str) -> str:
    """Why nothing of this name can be made, and what to write; empty where it can."""
    instead = f"write {nearest_salesforce(name)} in writeback.yaml"
    if not name.endswith(CUSTOM):
        return (
            f"{name} is not there, or our login does not see it. {what[0].upper()}{what[1:]} of your own ends in "
            f"{CUSTOM}: {instead}; if it is one of Salesforce's own, give our login the right to it."
        )
    if flaw := salesforce_flaw(name):
        return f"{name} {flaw}, and Salesforce takes no such name: {instead}."
    if namespace := salesforce_namespace(name):
        return (
            f"{name} is not there, and only an installed package makes {what} whose name begins with {namespace}__. "
            f"Install the package, give our login the right to it, or {instead}."
        )
    return ""
