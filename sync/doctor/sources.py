"""Where a field of ours comes from in the CRM: which fields there, called what, seen or hidden, entered or computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from config.model import OBJECTS, FieldType
from connectors.base import ValueKind
from salesops.conditions import is_number

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from config.loader import Project
    from connectors.base import CrmField, Description

CUSTOM = "custom."

_NUMBERS = frozenset({ValueKind.NUMBER, ValueKind.PERCENT, ValueKind.MONEY})
_TIMES = frozenset({ValueKind.DAY, ValueKind.MOMENT})
_FITS = {
    FieldType.DECIMAL: (_NUMBERS, "a number"),
    FieldType.INTEGER: (_NUMBERS, "a number"),
    FieldType.DATE: (_TIMES, "a date"),
    FieldType.INSTANT: (_TIMES, "a date or time"),
}


@dataclass(frozen=True, slots=True)
class Source:
    """What fills a field of ours. `fields` are as the CRM shows them to our login, `paths` the names that we ask for;
    both are empty where the field is worked out of links and the like.

    `named` where mapping.yaml says so. `misfit` says what it should be, where it can hold no such value. `told` where
    the CRM's description names it as one that we do not see, `shown_before` where an earlier pull saw it.
    """

    object: str
    field: str
    paths: tuple[str, ...]
    fields: tuple[CrmField, ...]
    named: bool = False
    misfit: str = ""
    told: bool = False
    shown_before: bool = False

    @property
    def hidden(self) -> bool:
        """Whether the CRM shows us nothing of what should fill it."""
        return bool(self.paths) and not self.fields

    @property
    def origin(self) -> str:
        """Who fills it: "manual", "automatic", "both" where several fields do, or "" where nobody can tell."""
        kinds = {field.automatic for field in self.fields}
        return {frozenset({True}): "automatic", frozenset({False}): "manual"}.get(
            frozenset(kinds), "both" if kinds else ""
        )

    @property
    def title(self) -> str:
        """The field's name for people: its label in the CRM, and ours."""
        ours = f"{self.object}.{self.field}"
        label = self.fields[0].label if len(self.fields) == 1 else ""
        return f"{label} ({ours})" if label else ours


def find_source(
    project: Project,
    connection: str,
    shown: Description,
    name: str,
    field: str,
    compared: Iterable[str] = (),
    before: Collection[tuple[str, str]] = (),
) -> Source:
    """What fills a field of our object; `compared` are the values that rules compare it with by size or day, `before`
    the CRM fields that earlier pulls know, by our object."""
    known = shown.fields.get(name, {})
    lacking = {(each.object, each.field) for each in (*shown.missing, *shown.unseen)}

    def source(paths: tuple[str, ...], fields: tuple[CrmField, ...], misfit: str, *, named: bool) -> Source:
        places = {(name, path) for path in paths}
        told, seen = not places.isdisjoint(lacking), not places.isdisjoint(before)
        return Source(name, field, paths, fields, named, misfit, told, seen)

    if field.startswith(CUSTOM):
        path = field.removeprefix(CUSTOM)
        custom = tuple(known[each] for each in (path,) if each in known)
        return source((path,), custom, _custom_misfit(custom, compared), named=True)
    mapped = project.mapping.of(connection).get(name)
    named = mapped is not None and field in mapped.fields
    paths = shown.fills.get(name, {}).get(field, ())
    fields = tuple(known[path] for path in paths if path in known)
    # What the default mapping reads is as the vendor made it; what the admin chose may be anything.
    misfit = _misfit(fields[:1], *_FITS.get(OBJECTS[name].fields[field], (frozenset(), ""))) if named else ""
    return source(paths, fields, misfit, named=named)


def _custom_misfit(fields: tuple[CrmField, ...], compared: Iterable[str]) -> str:
    for value in compared:
        if misfit := _misfit(fields, *((_NUMBERS, "a number") if is_number(value) else (_TIMES, "a date"))):
            return misfit
    return ""


def _misfit(fields: tuple[CrmField, ...], kinds: frozenset[ValueKind], what: str) -> str:
    """What the field should hold, where it holds something else for certain. A text may well hold a number or a day,
    and a formula is of the type that it says."""
    if not kinds or not fields or fields[0].kind in {*kinds, ValueKind.TEXT, ValueKind.OTHER}:
        return ""
    return what
