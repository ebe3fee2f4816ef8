"""What metrics can look at: the objects of the model with the fields that we work out for them, and the sources that
are made of several objects, and where a path from one of them leads.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from config.made_sources import MADE
from config.model import OBJECTS, TEXT, references
from config.worked_out_fields import WORKED_OUT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from config.model import FieldType

CUSTOM = "custom."


@dataclass(frozen=True, slots=True)
class Source:
    """What metrics can count the rows of.

    `fields` are its own, `worked_out` those that we work out (each with what it is), `leads_to` the fields that hold
    the id of another record, with its object. `by_period` where it has a row for each period.
    """

    name: str
    description: str
    fields: Mapping[str, FieldType]
    worked_out: Mapping[str, str]
    leads_to: Mapping[str, str]
    by_period: bool = False


def _of_object(name: str) -> Source:
    made = WORKED_OUT.get(name, {})
    fields = {**OBJECTS[name].fields, **{field: type_ for field, (type_, _) in made.items()}}
    worked_out = {field: words for field, (_, words) in made.items()}
    return Source(name, OBJECTS[name].description, MappingProxyType(fields), worked_out, references(name))


SOURCES: Mapping[str, Source] = MappingProxyType(
    {name: _of_object(name) for name in OBJECTS}
    | {
        name: Source(name, words, MappingProxyType(dict(fields)), {}, leads_to, by_period)
        for name, (words, by_period, fields, leads_to) in MADE.items()
    }
)


class NoField(ValueError):
    """A path that leads nowhere: `source` has no `step`; `known` are the names it has."""

    def __init__(self, source: str, step: str, known: tuple[str, ...]) -> None:
        super().__init__(f"{source} has no field {step}")
        self.source, self.step, self.known = source, step, known


@dataclass(frozen=True, slots=True)
class Step:
    """One record further along a path: `field` of `source` holds the id of a record of `target`."""

    source: str
    field: str
    target: str


@dataclass(frozen=True, slots=True)
class FoundField:
    """Where a path leads: over `steps` to `field` of `source`, of a type."""

    steps: tuple[Step, ...]
    source: str
    field: str
    type: FieldType


def find_field(source: str, path: str) -> FoundField:
    """Where a path from a source leads. NoField says at which step it fails.

    A step is a reference without its `_id`. What a custom field holds is known to us as text only.

    >>> found = find_field("activity", "opportunity.account.industry")
    >>> [step.field for step in found.steps], found.source, found.field
    (['opportunity_id', 'account_id'], 'account', 'industry')
    >>> find_field("opportunity", "custom.Tier__c").type
    <FieldType.TEXT: 'text'>
    """
    steps: list[Step] = []
    here, rest = source, path
    while not rest.startswith(CUSTOM) and "." in rest:
        step, _, rest = rest.partition(".")
        leads_to = SOURCES[here].leads_to
        field = f"{step}_id"
        if field not in leads_to:
            raise NoField(here, step, tuple(name.removesuffix("_id") for name in leads_to))
        steps.append(Step(here, field, leads_to[field]))
        here = leads_to[field]
    if rest.startswith(CUSTOM) and here in OBJECTS:
        return FoundField(tuple(steps), here, rest, TEXT)
    fields = SOURCES[here].fields
    if rest not in fields:
        raise NoField(here, rest, tuple(fields))
    return FoundField(tuple(steps), here, rest, fields[rest])


def default_owner(source: str) -> str | None:
    """The path to the user whom a row of the source counts for where a metric does not say; None for nobody.

    >>> default_owner("activity"), default_owner("quota_period"), default_owner("stage_visit"), default_owner("product")
    ('owner_id', 'user_id', 'opportunity.owner_id', None)
    """
    if source == "user":
        return "id"
    fields = SOURCES[source].fields
    for field in ("owner_id", "user_id"):
        if field in fields:
            return field
    return "opportunity.owner_id" if "opportunity_id" in fields else None
