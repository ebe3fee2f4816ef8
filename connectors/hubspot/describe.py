"""What the account shows our login, against what the project needs of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from connectors.base import CrmField, Description, MissingField
from connectors.hubspot.errors import Forbidden
from connectors.hubspot.targets import OWNER_PROPERTY, crm_type_of
from connectors.writing import OWNER

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from connectors.hubspot.account import Account, Property
    from connectors.hubspot.objects import CrmType, ObjectSpec

    Shown = list[tuple[CrmType, Mapping[str, Property]]]

# HubSpot states no scale and keeps a number as it was sent; six places are what our facts hold.
NUMBER_DECIMALS = 6
LONGEST_TEXT = 65_536  # properties API guide
RECORD_ID = "hs_object_id"  # stands for its object type where our login sees nothing of it


@dataclass(frozen=True, slots=True)
class _Gap:
    """What our login does not see; `named` where the project names it for this very object."""

    field: MissingField
    needed: bool
    named: bool = False


def describe(
    account: Account, specs: Mapping[str, ObjectSpec], beside: Mapping[str, tuple[str, ...]], *, empty: bool
) -> Description:
    """Fields by our object, what the project needs and is not there, and what nobody needs and is not there.

    `beside` are the properties that the project writes to tasks and to custom objects, by our name for them.
    A property that fills two of our objects is one gap, told with the first. Where an object type is refused that the
    project needs, Forbidden is raised, which names the scopes; with `empty` (`pull.hidden_fields`) it is a gap too.
    """
    account.forget()
    fields: dict[str, dict[str, CrmField]] = {}
    gaps: list[_Gap] = []
    told: set[tuple[str, str, bool]] = set()
    for name, spec in specs.items():
        shown = [(each, account.properties(each.name)) for each in spec.types if not account.refusal(each.name)]
        if shown:
            fields[name] = {prop.name: _field(prop) for _, properties in shown for prop in properties.values()}
        for gap in (*_refused(account, spec, empty=empty), *_unseen(spec, shown), *_named(spec, shown)):
            key = (gap.field.crm_object, gap.field.field, gap.needed)
            if gap.named or key not in told:
                gaps.append(gap)
            told.add(key)
    for name, written in beside.items():
        shown_here = _beside(account, name, empty=empty)
        fields[name] = {prop.name: _field(prop) for prop in shown_here.values()}
        if owner := fields[name].get(OWNER_PROPERTY):
            fields[name][OWNER] = replace(owner, name=OWNER)
        absent = [each for each in written if each not in shown_here]
        gaps += [_Gap(MissingField(name, name, each, "writeback"), needed=True, named=True) for each in absent]
    missing = tuple(gap.field for gap in gaps if gap.needed)
    unseen = tuple(gap.field for gap in gaps if not gap.needed)
    return Description(fields, missing, unseen, {name: spec.fills for name, spec in specs.items()})


def _beside(account: Account, name: str, *, empty: bool) -> Mapping[str, Property]:
    """The properties of tasks or of a custom object; none where it is not there, or hidden and `empty`."""
    try:
        crm_type = crm_type_of(account, name)
    except Forbidden:
        if empty:
            return {}
        raise
    refusal = account.refusal(crm_type) if crm_type else None
    if isinstance(refusal, Forbidden) and not empty:
        raise refusal
    return account.properties(crm_type) if crm_type and not refusal else {}


def _refused(account: Account, spec: ObjectSpec, *, empty: bool) -> Iterator[_Gap]:
    """Object types that the account does not give us, and that this object is made of or has needed links to."""
    asked = dict.fromkeys(crm_type.name for crm_type in spec.types)
    links = (link for crm_type in spec.types for link in crm_type.links)
    asked |= dict.fromkeys(link.to for link in links if spec.wanted and spec.needs(link.field))
    for crm_type in asked:
        refusal = account.refusal(crm_type)
        if spec.wanted and not empty and isinstance(refusal, Forbidden):
            raise refusal
        if refusal:
            yield _Gap(MissingField(spec.name, crm_type, RECORD_ID, "mapping"), needed=spec.wanted)


def _unseen(spec: ObjectSpec, shown: Shown) -> Iterator[_Gap]:
    """Properties of the default mapping that our login does not see."""
    for crm_type, properties in shown:
        for name, source in crm_type.fields.items():
            if not source.mapped and not source.is_seen(properties):
                field = MissingField(spec.name, crm_type.name, source.properties[0], "mapping")
                yield _Gap(field, needed=spec.needs(name))


def _named(spec: ObjectSpec, shown: Shown) -> Iterator[_Gap]:
    """Properties that the project names and our login does not see; of several types, one must have it."""
    everywhere = {name for _, properties in shown for name in properties}
    types = "/".join(crm_type.name for crm_type, _ in shown)
    for purpose, asked in (("mapping", spec.mapped), ("custom", spec.custom), ("writeback", spec.written)):
        for name in asked:
            if shown and name not in everywhere:
                yield _Gap(MissingField(spec.name, types, name, purpose), needed=True, named=True)


def _field(prop: Property) -> CrmField:
    return CrmField(
        name=prop.name,
        label=prop.label,
        type=prop.type,
        updateable=not prop.read_only,
        decimals=NUMBER_DECIMALS if prop.type == "number" else None,
        length=LONGEST_TEXT if prop.type == "string" else None,
        options=prop.options if prop.type == "enumeration" and not prop.external else None,
        automatic=prop.read_only,
    )
