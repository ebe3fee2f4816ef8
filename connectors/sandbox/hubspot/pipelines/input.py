"""Pipelines and stages read out of a JSON body, refused where HubSpot would not take them (pipelines guide)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from connectors.sandbox.hubspot.call import object_list, required, scalar, text_map
from connectors.sandbox.hubspot.definitions.bodies import text, whole
from connectors.sandbox.hubspot.errors import ApiError, validation
from connectors.sandbox.hubspot.given import Given
from connectors.sandbox.hubspot.pipelines.pipelines import Pipeline, Stage
from connectors.sandbox.hubspot.values import decimal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from connectors.sandbox.hubspot.definitions.types import ObjectType

    NextId = Callable[[], str]

MAX_STAGES = 100
STATES = {
    "tickets": ("ticketState", ("OPEN", "CLOSED")),
    "leads": ("leadState", ("NEW", "IN_PROGRESS", "QUALIFIED", "UNQUALIFIED")),
}
_CLOSED = frozenset({"CLOSED", "QUALIFIED", "UNQUALIFIED"})


def read_pipeline(kind: ObjectType, body: Mapping[str, Any], others: Iterable[Pipeline], next_id: NextId) -> Pipeline:
    """A whole pipeline: its name, its place, and at least one stage."""
    required(body, "label", "displayOrder", "stages")
    given = object_list(body, "stages")
    if not 1 <= len(given) <= MAX_STAGES:
        raise validation(f"A pipeline has between 1 and {MAX_STAGES} stages, not {len(given)}.")
    stages: list[Stage] = []
    for each in given:
        stages.append(read_stage(kind, each, stages, next_id))
    made = Pipeline(
        text(body, "pipelineId") or next_id(), text(body, "label"), whole(body, "displayOrder", 0), tuple(stages)
    )
    if any(each.id == made.id for each in others):
        raise _taken("Pipeline id", made.id, "PIPELINE_ID_EXISTS")
    check_label("Pipeline", made.label, [each.label for each in others])
    return made


def read_stage(kind: ObjectType, body: Mapping[str, Any], others: Iterable[Stage], next_id: NextId) -> Stage:
    """A whole stage."""
    required(body, "label", "displayOrder")
    metadata = read_metadata(kind, text_map(body.get("metadata") or Given({}), "metadata"))
    made = Stage(text(body, "stageId") or next_id(), text(body, "label"), whole(body, "displayOrder", 0), metadata)
    if any(each.id == made.id for each in others):
        raise _taken("Stage id", made.id, "STAGE_ID_EXISTS")
    check_label("Stage", made.label, [each.label for each in others])
    return made


def change_stage(kind: ObjectType, stage: Stage, body: Mapping[str, Any], others: Iterable[Stage]) -> Stage:
    """The stage with what the body changes of it."""
    changed = replace(stage, label=text(body, "label", stage.label), order=whole(body, "displayOrder", stage.order))
    if body.get("metadata") is not None:
        given = text_map(body["metadata"], "metadata")
        changed = replace(changed, metadata=read_metadata(kind, {**_given(kind, stage), **given}))
    check_label("Stage", changed.label, [each.label for each in others if each.id != stage.id])
    return changed


def read_metadata(kind: ObjectType, given: Mapping[str, Any]) -> dict[str, str]:
    """What a stage means for its object: a deal's probability, or the state of a ticket or a lead."""
    values = {name: scalar(value, name) for name, value in given.items() if value is not None}
    if kind.name == "deals":
        _only(values, "probability", "isClosed")
        return _deal_metadata(values)
    if kind.name in STATES:
        name, states = STATES[kind.name]
        _only(values, name, "isClosed")
        state = values.get(name, states[0])
        if state not in states:
            raise validation(f"Invalid {name} '{state}': use one of {', '.join(states)}.")
        return {name: state, "isClosed": _flag(state in _CLOSED)}
    _only(values)
    return {}


def check_label(what: str, label: str, taken: Iterable[str]) -> None:
    """Nothing; a 400 where the name is empty, a 409 where another has it."""
    if not label.strip():
        raise validation(f"{what} label must not be empty.")
    if label.lower() in {each.lower() for each in taken}:
        raise _taken(f"{what} label", label, f"{what.upper()}_LABEL_EXISTS")


def _deal_metadata(values: Mapping[str, str]) -> dict[str, str]:
    """The probability in tenths, as HubSpot shows it; a deal is closed where it is certain, or hopeless."""
    if "probability" not in values:
        raise validation("Stage metadata of deals needs a probability between 0.0 and 1.0.")
    probability = decimal(values["probability"])
    if probability is None or not 0 <= probability <= 1:
        raise validation(f"Invalid probability '{values['probability']}': it must lie between 0.0 and 1.0.")
    closed = probability in {0, 1}
    if values.get("isClosed", _flag(closed)).lower() != _flag(closed) and probability == 1:
        raise validation("A stage of probability 1.0 is closed.")
    given = values.get("isClosed")
    shown = f"{probability.normalize():f}"
    return {
        "isClosed": given.lower() if given else _flag(closed),
        "probability": shown if "." in shown else f"{shown}.0",
    }


def _given(kind: ObjectType, stage: Stage) -> dict[str, str]:
    """A stage's metadata without what follows from the rest."""
    return {name: value for name, value in stage.metadata.items() if name != "isClosed"} if kind.pipeline else {}


def _only(values: Mapping[str, str], *names: str) -> None:
    unknown = sorted(set(values) - set(names))
    if unknown:
        raise validation(f"Invalid stage metadata: '{unknown[0]}' is not a key of this object's stages.")


def _taken(what: str, value: str, code: str) -> ApiError:
    return ApiError(409, f"{what} '{value}' already exists.", "CONFLICT", subCategory=f"PipelineError.{code}")


def _flag(value: bool) -> str:
    return "true" if value else "false"
