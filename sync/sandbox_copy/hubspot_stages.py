"""Pipelines for a copy: the store holds the labels of stages and what they mean, not the stages."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from connectors.sandbox.hubspot.pipelines.pipelines import Pipeline, Stage, default_pipelines

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sync.sandbox_copy.pulled import Pulled, Row

    Stages = Mapping[tuple[Any, ...], Stage]


def deal_stages(pulled: Pulled) -> dict[tuple[Any, ...], Stage]:
    """The stage of each label and meaning that deals show; a label of their history alone is an open one."""
    usual = {(s.label, s.closed, s.metadata["probability"] == "1.0"): s for s in default_pipelines()["deals"].stages}
    shown = pulled.distinct("opportunity", "stage", "is_closed", "is_won")
    keys = {(label, bool(closed), bool(won)): None for label, closed, won in shown if label}
    labels = {key[0] for key in keys}
    for (label,) in pulled.distinct("opportunity_history", "stage"):
        if label and label not in labels:
            keys[next((key for key in usual if key[0] == label), (label, False, False))] = None
    found: dict[tuple[Any, ...], Stage] = {}
    for place, key in enumerate(sorted(keys, key=lambda key: (usual[key].order if key in usual else len(usual), key))):
        chance = "1.0" if key[2] else "0.0" if key[1] else "0.5"
        metadata = {"isClosed": str(key[1]).lower(), "probability": chance}
        found[key] = (
            replace(usual[key], order=place) if key in usual else Stage(f"copied-{place}", key[0], place, metadata)
        )
    return found


def deal_stage(stages: Stages, row: Row) -> Any:
    """The id of a deal's stage; where only the label is known, of the first that is called so."""
    label = row["stage"]
    if row["is_closed"] is not None:
        known = stages.get((label, bool(row["is_closed"]), bool(row["is_won"])))
        return known.id if known else None
    return next((stage.id for key, stage in stages.items() if key[0] == label), None)


def lead_stages(pulled: Pulled) -> dict[tuple[Any, ...], Stage]:
    """The stage of each status that leads show, by whether it means that a lead is qualified."""
    usual = {(s.label, s.metadata["leadState"] == "QUALIFIED"): s for s in default_pipelines()["leads"].stages}
    shown = pulled.distinct("lead", "status", "converted", "opportunity_id IS NULL")
    keys = {(status, bool(converted)) for status, converted, alone in shown if status and (alone or not converted)}
    labels = {key[0] for key in keys}
    rest = {status for status, _, _ in shown if status and status not in labels}  # converted by a deal, all of them
    keys |= {next((key for key in usual if key[0] == status), (status, False)) for status in rest}
    found: dict[tuple[Any, ...], Stage] = {}
    for place, key in enumerate(sorted(keys, key=lambda key: (usual[key].order if key in usual else len(usual), key))):
        state = "QUALIFIED" if key[1] else "IN_PROGRESS"
        metadata = {"leadState": state, "isClosed": str(key[1]).lower()}
        found[key] = (
            replace(usual[key], order=place) if key in usual else Stage(f"copied-{place}", key[0], place, metadata)
        )
    return found


def lead_stage(stages: Stages, row: Row) -> Any:
    """The id of a lead's stage: one that a deal converted may stand in any of its label."""
    if row["opportunity_id"] is None:
        known = stages.get((row["status"], bool(row["converted"])))
        return known.id if known else None
    return next((stage.id for key, stage in stages.items() if key[0] == row["status"]), None)


def qualified_at(row: Row) -> Any:
    """When a lead that no deal converted was."""
    return row["converted_at"] if row["opportunity_id"] is None else None


def build_pipeline(kind: str, stages: Stages) -> Pipeline | None:
    """The account's pipeline with these stages in place of its own; None where the store shows none."""
    usual = default_pipelines()[kind]
    return replace(usual, stages=tuple(stages.values())) if stages else None
