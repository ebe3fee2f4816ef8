"""Pipelines and their stages: what a new account has, how they are kept, and the pipelines API."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from connectors.sandbox.hubspot.errors import json_response, missing
from connectors.sandbox.hubspot.types import ObjectType, find_object

if TYPE_CHECKING:
    from starlette.responses import Response

    from connectors.sandbox.database import Database
    from connectors.sandbox.hubspot.call import Call

# A new account's pipelines. Deal stages and probabilities are documented; the lead pipeline's odd ids are HubSpot's.
_DEALS = (
    ("appointmentscheduled", "Appointment Scheduled", "0.2"),
    ("qualifiedtobuy", "Qualified To Buy", "0.4"),
    ("presentationscheduled", "Presentation Scheduled", "0.6"),
    ("decisionmakerboughtin", "Decision Maker Bought-In", "0.8"),
    ("contractsent", "Contract Sent", "0.9"),
    ("closedwon", "Closed Won", "1.0"),
    ("closedlost", "Closed Lost", "0.0"),
)
_LEADS = (
    ("new-stage-id", "New", "NEW"),
    ("attempting-stage-id", "Attempting", "IN_PROGRESS"),
    ("connected-stage-id", "Connected", "IN_PROGRESS"),
    ("qualified-stage-id", "Qualified", "QUALIFIED"),
    ("unqualified-stage-id", "Disqualified", "UNQUALIFIED"),
)


@dataclass(frozen=True, slots=True)
class Stage:
    id: str
    label: str
    order: int
    metadata: dict[str, str] = field(default_factory=dict)

    @property
    def closed(self) -> bool:
        return self.metadata.get("isClosed") == "true"


@dataclass(frozen=True, slots=True)
class Pipeline:
    id: str
    label: str
    order: int
    stages: tuple[Stage, ...]

    def stage(self, stage_id: str | None) -> Stage | None:
        """The stage of that id; None where the pipeline has none."""
        return next((stage for stage in self.stages if stage.id == stage_id), None)


def default_pipelines() -> dict[str, Pipeline]:
    """The pipelines of a new account, by object."""
    deals = tuple(
        Stage(stage_id, label, order, {"isClosed": str(stage_id.startswith("closed")).lower(), "probability": chance})
        for order, (stage_id, label, chance) in enumerate(_DEALS)
    )
    leads = tuple(
        Stage(stage_id, label, order, {"leadState": state, "isClosed": str(state.endswith("QUALIFIED")).lower()})
        for order, (stage_id, label, state) in enumerate(_LEADS)
    )
    return {
        "deals": Pipeline("default", "Sales Pipeline", 0, deals),
        "leads": Pipeline("lead-pipeline-id", "Lead pipeline", 0, leads),
    }


def save_pipeline(database: Database, kind: str, pipeline: Pipeline) -> None:
    """Store a pipeline, new or changed."""
    row = (kind, pipeline.id, json.dumps(asdict(pipeline)))
    database.write("INSERT OR REPLACE INTO hs_pipeline (kind, id, body) VALUES (?, ?, ?)", [row])


def read_pipelines(database: Database, kind: str) -> dict[str, Pipeline]:
    """The pipelines of an object by id, in display order; empty for an object without."""
    rows = database.rows("SELECT body FROM hs_pipeline WHERE kind = ?", (kind,))
    found = []
    for row in rows:
        fields = json.loads(row["body"])
        found.append(Pipeline(**{**fields, "stages": tuple(Stage(**stage) for stage in fields["stages"])}))
    return {each.id: each for each in sorted(found, key=lambda each: each.order)}


def list_pipelines(call: Call) -> Response:
    """GET /crm/v3/pipelines/{kind}."""
    _, pipelines = _pipelines(call)
    return json_response({"results": [_body(call, each) for each in pipelines.values()]})


def read_pipeline(call: Call) -> Response:
    """GET /crm/v3/pipelines/{kind}/{pipeline}."""
    pipeline = _one(call)
    return json_response(_body(call, pipeline))


def list_stages(call: Call) -> Response:
    """GET /crm/v3/pipelines/{kind}/{pipeline}/stages."""
    pipeline = _one(call)
    return json_response({"results": _body(call, pipeline)["stages"]})


def read_stage(call: Call) -> Response:
    """GET /crm/v3/pipelines/{kind}/{pipeline}/stages/{stage}."""
    pipeline = _one(call)
    stages = {stage["id"]: stage for stage in _body(call, pipeline)["stages"]}
    if call.params["stage"] not in stages:
        raise missing(f"Stage '{call.params['stage']}' does not exist in pipeline '{pipeline.id}'")
    return json_response(stages[call.params["stage"]])


def _pipelines(call: Call) -> tuple[ObjectType, dict[str, Pipeline]]:
    kind = find_object(call.params["kind"])
    if kind.pipeline is None:
        raise missing(f"{kind.label} objects have no pipelines")
    return kind, read_pipelines(call.store.database, kind.name)


def _one(call: Call) -> Pipeline:
    kind, pipelines = _pipelines(call)
    pipeline = pipelines.get(call.params["pipeline"])
    if pipeline is None:
        raise missing(f"Pipeline '{call.params['pipeline']}' does not exist for {kind.label}")
    return pipeline


def _body(call: Call, pipeline: Pipeline) -> dict[str, Any]:
    born = call.store.born
    stamps = {"createdAt": born, "updatedAt": born, "archived": False}
    stages = [
        {
            "label": stage.label,
            "displayOrder": stage.order,
            "metadata": stage.metadata,
            "id": stage.id,
            **stamps,
            "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT",
        }
        for stage in pipeline.stages
    ]
    return {"label": pipeline.label, "displayOrder": pipeline.order, "id": pipeline.id, "stages": stages, **stamps}
