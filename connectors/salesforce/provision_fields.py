"""Custom objects and fields: which of those that the project needs are missing, and making them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from config.crm_names import CUSTOM, SALESFORCE_LONGEST
from connectors.errors import Rejected
from connectors.salesforce.errors import DUPLICATE
from connectors.salesforce.metadata import create_component
from connectors.salesforce.provision_look import TASK_OBJECT, find_existing, misnamed
from connectors.writing import FieldKind, Step, StepKind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from connectors.salesforce.metadata import Values
    from connectors.salesforce.provision_look import SeenObject, Wanted
    from connectors.salesforce.session import Session
    from connectors.writing import FieldNeed, Needs, ObjectNeed

CUSTOM_OBJECT = "CustomObject"

NO_SETUP = "NOT_FOUND"
"""The Tooling API's answer about custom fields to a login that may not look into Setup: it has none of them."""

NOTHING_LEFT = "NOTHING_LEFT"
"""Our own code of a step whose fields all failed."""

_SETUP_RIGHTS = "Give our login Customize Application and View Setup and Configuration."

# A field of tasks and events is one of Activity, and described and granted as one of Task (Metadata API Developer
# Guide, CustomField; Object Reference, Task).
_ACTIVITY = "Activity"

_FEW = 3
"""So many fields are named one by one where they have been named before."""

_HELP_LENGTH, _DESCRIPTION_LENGTH = 510, 1000  # Salesforce Help, Custom Field Attributes

# CustomField, Metadata API: precision counts all digits, scale those after the point.
_SHAPES: Mapping[FieldKind, dict[str, Any]] = {
    FieldKind.MONEY: {"type": "Currency", "precision": 18, "scale": 2},
    FieldKind.NUMBER: {"type": "Number", "precision": 18, "scale": 4},
    FieldKind.DAYS: {"type": "Number", "precision": 18, "scale": 1},
    FieldKind.COUNT: {"type": "Number", "precision": 18, "scale": 0},
    FieldKind.PERCENT: {"type": "Percent", "precision": 16, "scale": 2},
    FieldKind.TEXT: {"type": "Text", "length": 255},
    FieldKind.LONG_TEXT: {"type": "LongTextArea", "length": 32_768, "visibleLines": 4},
    FieldKind.DAY: {"type": "Date"},
    FieldKind.MOMENT: {"type": "DateTime"},
    FieldKind.FLAG: {"type": "Checkbox", "defaultValue": "false"},
    FieldKind.USER: {"type": "Lookup", "referenceTo": "User", "deleteConstraint": "SetNull"},
    # Our keys tell "a" from "A": without that, two of them would be one record.
    FieldKind.KEY: {"type": "Text", "length": 255, "unique": True, "caseSensitive": True, "externalId": True},
}


def missing_objects(session: Session, needs: Needs, seen: Mapping[str, SeenObject]) -> Iterator[Step]:
    """A step for each custom object that is not there."""
    unseen = [need for need in needs.objects if need.name not in seen]
    there = find_existing(session, unseen)
    for need in unseen:
        if need.name.endswith(CUSTOM) and need.name.removesuffix(CUSTOM) in there:
            continue  # rights alone are missing
        what = f"custom object {need.label}, private to its owner and those above"
        yield Step(
            StepKind.OBJECT, need.name, what, misnamed(need.name, "an object"), {"need": json.dumps(_object(need))}
        )


def missing_fields(wanted: Iterable[Wanted]) -> Iterator[Step]:
    """A step for each field that is not there, or that is and cannot hold what it should."""
    for each in wanted:
        if each.exists and not each.problem:
            continue
        need = each.need
        owner = _ACTIVITY if each.sobject == TASK_OBJECT else each.sobject
        full_name = f"{owner}.{need.name}"
        detail = {"full_name": full_name, "metadata": json.dumps(_field(need, owner))}
        what = f"{_SHAPES[need.kind]['type']} field {need.label}"
        yield Step(StepKind.FIELD, each.name, what, each.problem, detail)


def make_object(session: Session, step: Step) -> None:
    """The custom object is there afterwards. Raises ConnectorError where it is refused."""
    definition: dict[str, Values] = json.loads(step.detail["need"])
    try:
        create_component(session, CUSTOM_OBJECT, step.name, definition)
    except Rejected as error:
        if error.code not in DUPLICATE:  # ours, whose answer was lost, or one that our login does not see
            raise


def make_field(session: Session, step: Step) -> None:
    """The field is there afterwards. Raises ConnectorError where it is refused."""
    body = f'{{"FullName": {json.dumps(step.detail["full_name"])}, "Metadata": {step.detail["metadata"]}}}'
    try:
        session.send("POST", "tooling/sobjects/CustomField", body)
    except Rejected as error:
        if error.code == NO_SETUP:
            raise Rejected(f"{error} {_SETUP_RIGHTS}", code=error.code) from error
        if error.code not in DUPLICATE:
            raise


def made_fields(step: Step, failed: Collection[str]) -> list[str]:
    """The names of the fields that a step is about, without those that could not be made. Rejected where it is about
    fields alone and none is left."""
    fields = step.detail["fields"].split()
    made = [name for name in fields if f"{step.detail['object']}.{name}" not in failed]
    if fields and not made and not step.detail.get("rights"):
        raise Rejected("None of its fields could be made.", code=NOTHING_LEFT)
    return made


def in_short(labels: Sequence[str]) -> str:
    """Fields by their labels, or how many they are."""
    return ", ".join(labels) if len(labels) <= _FEW else f"{len(labels)} fields"


def _object(need: ObjectNeed) -> dict[str, Values]:
    """CustomObject, Metadata API. Private: pay concerns the payee, who is the owner, and those above."""
    return {
        "deploymentStatus": "Deployed",
        "description": need.description[:_DESCRIPTION_LENGTH],
        "enableReports": True,
        "label": need.label,
        "nameField": {"displayFormat": "{00000}", "label": "Number", "type": "AutoNumber"},
        "pluralLabel": need.plural,
        "sharingModel": "Private",
    }


def _field(need: FieldNeed, owner: str) -> dict[str, Any]:
    described = {
        "label": need.label,
        "description": need.description[:_DESCRIPTION_LENGTH],
        "inlineHelpText": need.description[:_HELP_LENGTH],
        "required": False,
    }
    if need.kind in {FieldKind.LONG_TEXT, FieldKind.FLAG}:  # "required" is none of their attributes
        described.pop("required")
    if need.kind is FieldKind.USER:
        name = re.sub(r"\W|_+", "_", f"{owner}_{need.name}".replace(CUSTOM, ""))
        described["relationshipName"] = name[-SALESFORCE_LONGEST:].strip("_")
    return {**_SHAPES[need.kind], **described}
