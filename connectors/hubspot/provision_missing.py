"""Finding what the project writes to and the account does not have: custom objects, our group, properties."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from connectors.errors import Rejected
from connectors.hubspot.errors import Forbidden
from connectors.hubspot.provision_fields import misfit, name_problem, words_for
from connectors.hubspot.provision_look import (
    GROUP,
    GROUP_LABEL,
    archived_properties,
    find_type,
    has_group,
    is_deleted_object,
)
from connectors.writing import FieldKind, FieldNeed, ObjectNeed, Step, StepKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.hubspot.account import Account
    from connectors.writing import Needs

_ORDER = {kind: place for place, kind in enumerate(StepKind)}
_OBJECT_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")  # schemas guide, "name"
_GIVEN_NAME = re.compile(r"p\d+_|\d+-\d+$")  # a fully qualified name, an object type id


def missing(account: Account, needs: Needs) -> list[Step]:
    """The steps that make what is not there, in their order.

    A group is missing only where a property is to be made in it. The fields of an object that cannot be made are not
    told one by one.
    """
    account.forget()
    objects = {step.name: step for each in needs.objects for step in _missing_object(account, each, needs.fields)}
    steps = list(objects.values())
    for name in dict.fromkeys(need.object for need in needs.fields):
        fields = [need for need in needs.fields if need.object == name]
        if name not in objects:
            steps += _missing_fields(account, name, fields)
        elif not objects[name].problem:
            steps += _new_fields(name, [need for need in fields if need.name != objects[name].detail["key"]])
    return sorted(steps, key=lambda step: (_ORDER[step.kind], step.name))


def _missing_object(account: Account, need: ObjectNeed, fields: Sequence[FieldNeed]) -> list[Step]:
    """The step for a custom object, none where it is there. It is made with its key, by which its records go."""
    key = next((each for each in fields if each.object == need.name and each.kind is FieldKind.KEY), None)
    try:
        if account.custom_type(need.name):
            return []
        problem = _object_problem(account, need, key)
    except Forbidden as refusal:
        problem = f"{refusal} The scope is crm.schemas.custom.read."
    detail = {"label": need.label, "plural": need.plural, "description": need.description}
    if key:
        detail |= {"key": key.name, "key_label": key.label, "key_description": key.description}
    what = f'custom object "{need.label}"' + (f" with its key {key.name}" if key else "")
    return [Step(StepKind.OBJECT, need.name, what, problem, detail)]


def _object_problem(account: Account, need: ObjectNeed, key: FieldNeed | None) -> str:
    if key is None:
        return f"the records of {need.name} have no key to be known by. Name one in writeback.yaml."
    if _GIVEN_NAME.match(need.name):
        return (
            f"the account has no custom object {need.name}, and HubSpot itself gives such names. Write a name of your "
            "own in writeback.yaml; the object will be created."
        )
    if not _OBJECT_NAME.fullmatch(need.name):
        return (
            f"HubSpot names custom objects with letters, digits and underscores, a letter first; {need.name} cannot be "
            "created. Write another name in writeback.yaml."
        )
    if is_deleted_object(account, need.name):
        return (
            f"a custom object {need.name} was deleted, and its name stays taken. Restore it or delete it for good in "
            "HubSpot, or choose another name in writeback.yaml."
        )
    return name_problem(key.name)


def _missing_fields(account: Account, name: str, fields: Sequence[FieldNeed]) -> list[Step]:
    """The steps for fields of an object that should be there."""
    try:
        crm_type = find_type(account, name)
        there = account.properties(crm_type)
        absent = [need for need in fields if need.name not in there]
        archived = archived_properties(account, crm_type) if absent else frozenset()
        grouped = not absent or has_group(account, crm_type)
    except (Forbidden, Rejected) as refusal:
        return [_field_step(need, str(refusal)) for need in fields]
    misfits = [(need, misfit(need, there[need.name])) for need in fields if need.name in there]
    steps = [_field_step(need, problem) for need, problem in misfits if problem]
    return steps + _new_fields(name, absent, archived, grouped=grouped)


def _new_fields(
    name: str, fields: Sequence[FieldNeed], archived: frozenset[str] = frozenset(), *, grouped: bool = False
) -> list[Step]:
    steps = [_field_step(need, _creation_problem(need, archived)) for need in fields]
    if grouped or all(step.problem for step in steps):
        return steps
    group = Step(StepKind.GROUP, f"{name}.{GROUP}", f'property group "{GROUP_LABEL}"', detail={"object": name})
    return [group, *steps]


def _creation_problem(need: FieldNeed, archived: frozenset[str]) -> str:
    if need.name in archived:
        return (
            f"a property {need.name} was archived. Restore it in HubSpot (Settings, Properties, archived properties), "
            "or choose another name in writeback.yaml."
        )
    return name_problem(need.name)


def _field_step(need: FieldNeed, problem: str) -> Step:
    detail = {
        "object": need.object,
        "name": need.name,
        "label": need.label,
        "description": need.description,
        "kind": need.kind.value,
    }
    return Step(StepKind.FIELD, f"{need.object}.{need.name}", words_for(need), problem, detail)
