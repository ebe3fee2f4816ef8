"""What our login sees: sObjects and their fields, looked up together and kept until forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from threading import RLock
from typing import TYPE_CHECKING, Any

from connectors.base import CrmField
from connectors.batches import in_chunks
from connectors.errors import Rejected, Retryable, Unreachable
from connectors.salesforce.composite import MOST, OK, Part, ask_together, query_path
from connectors.salesforce.errors import translate
from connectors.salesforce.values import NUMBERS
from connectors.storable import are_storable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from connectors.salesforce.session import Session

_STAMPS = ("SystemModstamp", "CreatedDate")
_NOT_THERE = frozenset(
    {
        "NOT_FOUND",
        "INVALID_TYPE",
        "INSUFFICIENT_ACCESS",
        "INSUFFICIENT_ACCESS_OR_READONLY",
        "FUNCTIONALITY_NOT_ENABLED",
    }
)

_MARKS = frozenset({"IsConverted"})
"""Fields that Salesforce sets as something happens, although a program may give them to a new record (Object Reference,
Lead: "Create, Defaulted on create")."""

_WHOLE = {"fields", "records"}  # one of which is in every answer to what we ask

CURRENCIES, EMAILS = "CurrencyType", "EmailMessage"
_FIRST_RECORDS = {
    CURRENCIES: f"SELECT IsoCode FROM {CURRENCIES} WHERE IsCorporate = true",
    EMAILS: f"SELECT Id FROM {EMAILS} WHERE ActivityId != null LIMIT 1",
}
"""What is asked along with an sObject's description, at no call more."""


@dataclass(frozen=True, slots=True)
class SField:
    """A field as Salesforce describes it; `relationship` names the parent it leads to, one of `parents`."""

    crm: CrmField
    relationship: str | None
    parents: tuple[str, ...]
    orders: bool  # can be filtered and sorted by
    calculated: bool  # a formula or a roll-up
    identifies: bool = False  # records can be upserted by it, and no two share a value
    defaulted: bool = False  # a new record may have a value there that nobody entered


@dataclass(frozen=True, slots=True)
class SObject:
    """An sObject with the fields that our login sees, what its ids begin with, and whether records can be edited."""

    name: str
    fields: Mapping[str, SField]
    updateable: bool = True
    prefix: str = ""

    @property
    def stamp(self) -> str:
        """The field that says when a record last changed: SystemModstamp, or CreatedDate of what never changes; or
        nothing."""
        usable = (name for name in _STAMPS if name in self.fields and self.fields[name].orders)
        return next(usable, "")


class Catalog:
    """The sObjects of an org, as our login sees them. Several threads may ask."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: dict[str, SObject | None] = {}
        self._first: dict[str, list[Any]] = {}
        self._lock = RLock()

    def find(self, name: str) -> SObject | None:
        """The sObject, or None where there is none of that name or our login does not see it."""
        with self._lock:
            self.load([name])
            return self._known[name]

    def load(self, names: Iterable[str]) -> None:
        """Look up at once what is not known yet, several sObjects a call.

        "All sObject resources" may go into a composite request (Composite, REST API Developer Guide).
        """
        with self._lock:
            wanted = [name for name in dict.fromkeys(names) if name not in self._known]
            for part in in_chunks(wanted, MOST - len(_FIRST_RECORDS)):
                asked = [name for name in _FIRST_RECORDS if name in part]
                paths = [f"sobjects/{name}/describe" for name in part]
                paths += [query_path(_FIRST_RECORDS[name]) for name in asked]
                answers = self._ask(paths)
                self._known |= {name: self._read(name, answer) for name, answer in zip(part, answers, strict=False)}
                for name, answer in zip(asked, answers[len(part) :], strict=True):
                    self._first[name] = answer.body["records"] if answer.status == OK else []  # there is none

    def corporate_currency(self) -> str:
        """The org's own currency, which its exchange rates are told against; empty in an org with one currency."""
        with self._lock:
            self.load([CURRENCIES])
            return str(self._first[CURRENCIES][0]["IsoCode"]) if self._first[CURRENCIES] else ""

    def has_emails(self) -> bool:
        """Whether the org keeps emails with its Tasks at all."""
        with self._lock:
            self.load([EMAILS])
            return bool(self._first[EMAILS])

    def forget(self) -> None:
        """The next look-up asks again: fields may have come, or rights have changed."""
        with self._lock:
            self._known.clear()

    def find_field(self, sobject: SObject, path: str) -> SField | None:
        """The field at a path ("Amount", "Owner.Name"), or None where our login sees no such field."""
        first, _, rest = path.partition(".")
        if not rest:
            return sobject.fields.get(first)
        # An owner may be a user or a queue: what either has can be asked for.
        for name in self.parents(sobject, first):
            parent = self.find(name)
            if parent is not None and (found := self.find_field(parent, rest)) is not None:
                return found
        return None

    def parents(self, sobject: SObject, relationship: str) -> tuple[str, ...]:
        """The sObjects that a relationship leads to."""
        return next((field.parents for field in sobject.fields.values() if field.relationship == relationship), ())

    def _ask(self, paths: list[str]) -> list[Part]:
        """The answers to descriptions and queries. Unreachable where one of them fails however often it is asked: what
        an sObject has cannot be done without, and to take it for one that is not there would empty our rows."""
        try:
            return self._session.retry.call(lambda: self._checked(ask_together(self._session, paths)))
        except Rejected as error:
            if not isinstance(error.__cause__, Retryable):
                raise
            raise Unreachable(f"{error} Nothing was read; run again later.", code=error.code) from error

    def _checked(self, answers: list[Part]) -> list[Part]:
        for answer in answers:
            if answer.status == OK and not (isinstance(answer.body, dict) and _WHOLE & answer.body.keys()):
                raise Retryable(f"{self._session.url}: a description that is not Salesforce's.")
        return answers

    def _read(self, name: str, answer: Part) -> SObject | None:
        if answer.status != OK:
            error = translate(answer.body, answer.status, self._session.url)
            if error.code in _NOT_THERE:
                return None
            raise error
        fields = {field["name"]: _read_field(field) for field in answer.body["fields"]}
        return SObject(name, fields, bool(answer.body.get("updateable", True)), str(answer.body.get("keyPrefix") or ""))


def _read_label(field: Mapping[str, Any]) -> str:
    label = str(field.get("label") or "")
    return label if label and are_storable([label]) else str(field["name"])


def type_of(field: Mapping[str, Any]) -> str:
    """The type of a described field; of a rich text area the Metadata API's word for it, Html, since its text is marked
    up: plain signs come back coded, an apostrophe as &#39; (Salesforce Help, Rich Text Area Considerations)."""
    is_rich = field["type"] == "textarea" and field.get("htmlFormatted")
    return "html" if is_rich else str(field["type"])


def _read_field(field: Mapping[str, Any]) -> SField:
    kind = type_of(field)
    decimals = int(field.get("scale") or 0) if kind in NUMBERS else None
    crm = CrmField(
        name=field["name"],
        label=_read_label(field),
        type=kind,
        updateable=bool(field.get("updateable")),
        decimals=decimals,
        length=field.get("length") or None,
        options=_read_options(field),
        automatic=is_automatic(field),
    )
    orders = bool(field.get("filterable", True) and field.get("sortable", True))
    parents = tuple(field.get("referenceTo") or ())
    # An External ID that is not unique would let two upserts at the same moment make two records.
    calculated, identifies = bool(field.get("calculated")), bool(field.get("idLookup") and field.get("unique"))
    return SField(crm, field.get("relationshipName"), parents, orders, calculated, identifies, _is_defaulted(field))


def _is_defaulted(field: Mapping[str, Any]) -> bool:
    """Whether a new record may have a value there by itself: DescribeSObjectResult has it in three places."""
    preset = any(each.get("defaultValue") for each in field.get("picklistValues") or ())
    return bool(preset or field.get("defaultedOnCreate") or field.get("defaultValueFormula"))


def is_automatic(field: Mapping[str, Any]) -> bool:
    """Whether Salesforce fills it: a formula, a roll-up, an auto-number, or a mark or stamp of its own.

    Nobody can write to such a stamp, nor be given the right to; what an admin closed to our login alone is
    "permissionable".
    """
    if field["name"] in _MARKS:
        return True
    closed = not (field.get("createable", True) or field.get("updateable", True) or field.get("permissionable", True))
    return bool(field.get("calculated") or field.get("autoNumber") or closed)


def _read_options(field: Mapping[str, Any]) -> dict[str, str] | None:
    """The values that a restricted picklist takes, with their labels; any other takes what it is given ("An
    unrestricted picklist … the API lets you save any value", Object Reference, Field Types)."""
    if not field.get("restrictedPicklist"):
        return None
    active = (each for each in field.get("picklistValues") or () if each.get("active", True))
    return {str(each["value"]): str(each.get("label") or each["value"]) for each in active} or None
