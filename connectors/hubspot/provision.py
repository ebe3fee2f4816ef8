"""Making what is missing: custom objects, a group for our properties, and the properties.

HubSpot's API neither makes a property read-only for people (`modificationMetadata` is in its answers alone) nor puts
one on a record's page: docs/hubspot.md says what the admin does by hand.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from connectors.errors import Rejected
from connectors.hubspot.errors import Forbidden
from connectors.hubspot.objects import SPECS
from connectors.hubspot.provision_fields import change_of_hints, definition, hints, misfit
from connectors.hubspot.provision_look import GROUP, GROUP_LABEL, find_type, has_group
from connectors.hubspot.targets import TASKS
from connectors.writing import TASK, Cause, FieldKind, FieldNeed, Outcome, Status, Step, StepKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from connectors.hubspot.account import Account
    from connectors.hubspot.transport import Json

_ORDER = {kind: place for place, kind in enumerate(StepKind)}


def provision(account: Account, steps: Sequence[Step]) -> Iterator[Outcome]:
    """One outcome for each step without a problem, in their order.

    A step that is refused keeps no other from being made, but those that take a scope which our login has not: HubSpot
    counts refusals against the account ("API usage guidelines").
    """
    account.forget()
    refused: dict[str, Outcome] = {}
    try:
        for step in sorted((each for each in steps if not each.problem), key=lambda each: _ORDER[each.kind]):
            scope = _scope(step)
            same = refused.get(scope)
            outcome = replace(same, name=step.name) if same else _outcome(account, step)
            if outcome.cause is Cause.PERMISSION:
                refused[scope] = outcome
            yield outcome
    finally:
        account.forget()


def _outcome(account: Account, step: Step) -> Outcome:
    try:
        return _make(account, step)
    except Forbidden as refusal:
        message = f"{refusal} The scope is {_scope(step)}."
        return Outcome(step.name, Status.FAILED, "", refusal.code, message, Cause.PERMISSION)
    except Rejected as refusal:
        return Outcome(step.name, Status.FAILED, "", refusal.code, str(refusal), Cause.RULE)


def _scope(step: Step) -> str:
    """The scope that opens the definitions of an object (specification of the properties API: for users it is that of
    their records)."""
    name = step.detail.get("object", "")
    if name == "user":
        return "crm.objects.users.write"
    spec = SPECS.get(name)
    return f"crm.schemas.{TASKS if name == TASK else spec.types[0].name if spec else 'custom'}.write"


def _make(account: Account, step: Step) -> Outcome:
    if step.kind is StepKind.OBJECT:
        return _make_object(account, step)
    crm_type = find_type(account, step.detail["object"])
    return _make_group(account, crm_type, step) if step.kind is StepKind.GROUP else _make_field(account, crm_type, step)


def _make_once(account: Account, is_there: Callable[[], bool], make: Callable[[], object]) -> None:
    """Make what is not there. A request whose answer was lost is sent again, and refused because it was carried out."""
    if is_there():
        return
    try:
        make()
    except Rejected as refusal:
        account.forget()
        if is_there():
            return
        if "EXISTS" not in refusal.code:
            raise
        raise Rejected(
            f"{refusal} HubSpot keeps the name for itself, or hides what has it from our login (sensitive data takes "
            "scopes of its own). Choose another name in writeback.yaml.",
            code=refusal.code,
        ) from refusal


def _make_object(account: Account, step: Step) -> Outcome:
    _make_once(
        account,
        lambda: account.custom_type(step.name) is not None,
        lambda: account.session.post(account.paths.schemas, _schema(step)),
    )
    account.forget()
    return Outcome(step.name, Status.WRITTEN, account.custom_type(step.name) or "")


def _schema(step: Step) -> Json:
    """The object with its key alone: what its records are named, found and known by. Its other properties follow, each
    a step of its own.

    Every list must be there, also an empty one (specification of the schemas API, "ObjectSchemaEgg"). Its owner, and
    the links to calls, notes, tasks and their like come by themselves (schemas guide).
    """
    detail = step.detail
    key = FieldNeed(step.name, detail["key"], detail["key_label"], detail["key_description"], FieldKind.KEY)
    return {
        "name": step.name,
        "labels": {"singular": detail["label"], "plural": detail["plural"]},
        "description": detail["description"],
        "properties": [definition(key)],
        "primaryDisplayProperty": key.name,
        "requiredProperties": [key.name],
        "searchableProperties": [key.name],
        "secondaryDisplayProperties": [],
        "associatedObjects": [],
        "allowsSensitiveProperties": False,
    }


def _make_group(account: Account, crm_type: str, step: Step) -> Outcome:
    group = {"name": GROUP, "label": GROUP_LABEL, "displayOrder": -1}
    _make_once(
        account,
        lambda: has_group(account, crm_type),
        lambda: account.session.post(account.paths.property_groups(crm_type), group),
    )
    return Outcome(step.name, Status.WRITTEN)


def _make_field(account: Account, crm_type: str, step: Step) -> Outcome:
    detail, kind = step.detail, FieldKind(step.detail["kind"])
    need = FieldNeed(detail["object"], detail["name"], detail["label"], detail["description"], kind)
    answers: list[Json] = []

    def is_there() -> bool:
        existing = account.properties(crm_type).get(need.name)
        problem = misfit(need, existing) if existing else ""
        if problem:
            raise Rejected(problem, code="WRONG_TYPE")
        return existing is not None

    def make() -> None:
        answers.append({})
        answers.append(account.session.post(account.paths.properties(crm_type), definition(need, group=GROUP)))

    _make_once(account, is_there, make)
    return Outcome(step.name, Status.WRITTEN, message=_show(account, crm_type, need, answers[-1]) if answers else "")


def _show(account: Account, crm_type: str, need: FieldNeed, created: Json) -> str:
    """Have a new property shown as its kind should be; a message where HubSpot does not take that, else nothing.

    Only changing a property is documented to take it, and in the dated versions only (2026-03, "Update a property"). A
    property that is only shown plainly is no failure: it holds its values all the same.
    """
    wanted = hints(need)
    if _has(created, wanted):
        return ""
    try:
        changed = account.session.patch(account.paths.property_named(crm_type, need.name), change_of_hints(need))
    except (Rejected, Forbidden) as refusal:
        why = str(refusal)
    else:
        if _has(changed, wanted):
            return ""
        why = "HubSpot's answer does not have it."
    return (
        f"{need.name} was created, but HubSpot did not take how to show it "
        f"({', '.join(f'{name} {value}' for name, value in wanted.items())}): {why} Set its number format in HubSpot's "
        "property settings."
    )


def _has(answer: Json, members: Mapping[str, object]) -> bool:
    return all(answer.get(name) == value for name, value in members.items())
