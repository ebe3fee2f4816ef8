"""Making what the project needs and the org does not have: objects, fields, rights to them, their place on pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.errors import AuthFailed, Rejected
from connectors.salesforce.metadata import RIGHT
from connectors.salesforce.provision_fields import NO_SETUP, make_field, make_object, missing_fields, missing_objects
from connectors.salesforce.provision_layouts import missing_places, place
from connectors.salesforce.provision_look import is_right, look_up
from connectors.salesforce.provision_rights import grant, make_set, missing_rights
from connectors.salesforce.provision_setup import missing_setup
from connectors.writing import Cause, Outcome, Status, StepKind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from connectors.salesforce.session import Session
    from connectors.writing import Needs, Step


def find_missing(session: Session, needs: Needs) -> list[Step]:
    """The steps that make what is needed and not there, in their order; none where nothing is missing."""
    seen, wanted = look_up(session, needs)
    steps = [
        *missing_objects(session, needs, seen),
        *missing_fields(wanted),
        *missing_rights(session, needs, seen, wanted),
    ]
    steps += missing_places(session, seen, wanted, required=bool(steps))
    steps += missing_setup(session, needs)
    order = list(StepKind)
    return sorted(steps, key=lambda step: order.index(step.kind))


def carry_out(session: Session, steps: Sequence[Step]) -> Iterator[Outcome]:
    """One outcome for each step that has no problem. Where one is refused the others go on without it."""
    failed: set[str] = set()
    for step in steps:
        if step.problem:
            continue
        outcome = _try(session, step, failed)
        if outcome.status is Status.FAILED:
            failed.add(step.name)
        yield outcome


def _try(session: Session, step: Step, failed: Collection[str]) -> Outcome:
    try:
        refused = _make(session, step, failed)
    except AuthFailed as error:
        if not is_right(error):
            raise
        right = f" The right is {RIGHT}." if step.kind in {StepKind.OBJECT, StepKind.LAYOUT} else ""
        return Outcome(step.name, Status.FAILED, "", error.code, f"{error}{right}", Cause.PERMISSION)
    except Rejected as error:
        cause = Cause.PERMISSION if error.code == NO_SETUP else Cause.RULE
        return Outcome(step.name, Status.FAILED, "", error.code, str(error), cause)
    if refused:
        return Outcome(step.name, Status.FAILED, "", "REFUSED", " ".join(refused), Cause.RULE)
    return Outcome(step.name, Status.WRITTEN)


def _make(session: Session, step: Step, failed: Collection[str]) -> Sequence[str]:
    """What of the step was refused, where it has parts; the fields that could not be made are left out."""
    match step.kind:
        case StepKind.OBJECT:
            make_object(session, step)
        case StepKind.FIELD:
            make_field(session, step)
        case StepKind.PERMISSION_SET:
            make_set(session, step)
        case StepKind.PERMISSION:
            return grant(session, step, failed)
        case StepKind.LAYOUT:
            place(session, step, failed)
        case StepKind.GROUP | StepKind.SETUP:
            raise Rejected(f"No program makes a {step.what} in Salesforce.", code="NOT_FOUND")
    return ()
