"""Pipelines for a copy: those of the account, and the stages that only records still name."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from connectors.sandbox.hubspot.pipelines.pipelines import Pipeline, Stage, default_pipelines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sync.sandbox_copy.pulled import Pulled, Row

    Key = tuple[str | None, str, bool, bool]  # pipeline, stage, whether closed, whether won


class Stages:
    """The stages of one object type's pipelines, found by what our rows say of them."""

    def __init__(self, kind: str, pipelines: Iterable[Pipeline]) -> None:
        self.pipelines = tuple(pipelines)
        self._kind = kind
        self._listed = [(pipeline, stage) for pipeline in self.pipelines for stage in pipeline.stages]

    def find(self, key: Key) -> str | None:
        """The id of a stage: the one of that meaning and pipeline, else the first that is called so."""
        name, label, *meaning = key
        for pipeline, stage in self._listed:
            if stage.label == label and _meaning(self._kind, stage) == meaning and name in (None, pipeline.label):
                return stage.id
        return self.named(label)

    def has(self, key: Key) -> bool:
        """Whether there is a stage of that meaning and pipeline."""
        name, label, *meaning = key
        return any(
            stage.label == label and _meaning(self._kind, stage) == meaning and name in (None, pipeline.label)
            for pipeline, stage in self._listed
        )

    def named(self, label: str | None) -> str | None:
        """The id of the first stage that is called so."""
        return next((stage.id for _, stage in self._listed if stage.label == label), None)

    def pipeline(self, label: str | None) -> str | None:
        """The id of the pipeline that is called so."""
        return next((pipeline.id for pipeline in self.pipelines if pipeline.label == label), None)


def build_stages(pulled: Pulled, kind: str) -> Stages:
    """The account's pipelines of deals or leads, with the stages that records name and the account has no more."""
    pulled_ones = tuple(_pulled_pipelines(pulled, kind))
    stages = Stages(kind, pulled_ones or (default_pipelines()[kind],))
    wanted = _deal_keys(pulled, stages) if kind == "deals" else _lead_keys(pulled)
    missing = sorted({key for key in wanted if not stages.has(key)}, key=str)
    if not missing:
        return stages
    first, *others = stages.pipelines
    more = [_stage(kind, f"copied-{place}", len(first.stages) + place, key[1:]) for place, key in enumerate(missing)]
    return Stages(kind, (replace(first, stages=(*first.stages, *more)), *others))


def deal_stage(stages: Stages, row: Row) -> str | None:
    """The id of a deal's stage; of a moment in its history, where only the label is known, the first called so."""
    if row["stage"] is None or row.get("is_closed") is None:
        return stages.named(row["stage"])
    return stages.find((row["pipeline"], row["stage"], bool(row["is_closed"]), bool(row["is_won"])))


def lead_stage(stages: Stages, row: Row) -> str | None:
    """The id of a lead's stage: one that a deal converted may stand in any of its label."""
    if row["status"] is None or row["opportunity_id"] is not None:
        return stages.named(row["status"])
    return stages.find((None, row["status"], bool(row["converted"]), bool(row["converted"])))


def qualified_at(row: Row) -> Any:
    """When a lead that no deal converted was."""
    return row["converted_at"] if row["opportunity_id"] is None else None


def _pulled_pipelines(pulled: Pulled, kind: str) -> Iterator[Pipeline]:
    """The pipelines as the account's stages tell them: a stage's id is `object:pipeline:stage`."""
    name = {"deals": "opportunity", "leads": "lead"}[kind]
    found: dict[str, list[Row]] = {}
    for row in pulled.rows("stage", f"{name}:"):
        if not row["deleted"]:
            found.setdefault(row["id"].split(":")[1], []).append(row)
    for place, (pipeline_id, rows) in enumerate(found.items()):
        rows.sort(key=lambda row: (row["position"] or 0, row["id"]))
        stages = [
            _stage(
                kind,
                row["id"].split(":", 2)[2],
                row["position"] or 0,
                (row["name"], bool(row["is_closed"]), bool(row["is_won"])),
                row["probability"],
            )
            for row in rows
        ]
        yield Pipeline(pipeline_id, rows[0]["pipeline"] or pipeline_id, place, tuple(stages))


def _deal_keys(pulled: Pulled, stages: Stages) -> Iterator[Key]:
    columns = ("pipeline", "stage", "is_closed", "is_won")
    for pipeline, stage, closed, won in pulled.distinct("opportunity", *columns):
        if stage:
            yield pipeline if stages.pipeline(pipeline) else None, stage, bool(closed), bool(won)
    for (stage,) in pulled.distinct("opportunity_history", "stage"):
        if stage and stages.named(stage) is None:
            yield None, stage, False, False


def _lead_keys(pulled: Pulled) -> Iterator[Key]:
    for status, converted, alone in pulled.distinct("lead", "status", "converted", "opportunity_id IS NULL"):
        if status and (alone or not converted):
            yield None, status, bool(converted), bool(converted)


def _stage(kind: str, stage_id: str, order: int, key: tuple[str, bool, bool], chance: str | None = None) -> Stage:
    label, closed, won = key
    if kind == "leads":
        state = "QUALIFIED" if won else "UNQUALIFIED" if closed else "IN_PROGRESS"
        return Stage(stage_id, label, order, {"leadState": state, "isClosed": str(closed).lower()})
    probability = "1.0" if won else "0.0" if closed else chance or "0.5"
    return Stage(stage_id, label, order, {"isClosed": str(closed).lower(), "probability": probability})


def _meaning(kind: str, stage: Stage) -> list[bool]:
    """Whether the stage is closed, and whether it is won."""
    if kind == "leads":
        qualified = stage.metadata.get("leadState") == "QUALIFIED"
        return [qualified, qualified]
    return [stage.closed, stage.closed and stage.metadata.get("probability") == "1.0"]
