"""The stages of a pipeline: listed, read, created, replaced, changed and archived."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from starlette.responses import Response

from connectors.sandbox.hubspot.errors import json_response, missing, validation
from connectors.sandbox.hubspot.pipelines.api import (
    body_of,
    check_references,
    kind_of,
    list_changes,
    new_ids,
    pipeline_of,
    restores,
    save_changed,
    stage_body,
)
from connectors.sandbox.hubspot.pipelines.input import change_stage, read_stage
from connectors.sandbox.hubspot.routes import under

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.sandbox.hubspot.call import Call
    from connectors.sandbox.hubspot.pipelines.pipelines import Stage
    from connectors.sandbox.hubspot.routes import Routes


def list_stages(call: Call) -> Response:
    """GET /crm/v3/pipelines/{kind}/{pipeline}/stages."""
    return json_response({"results": body_of(call, pipeline_of(call))["stages"]})


def read_one_stage(call: Call) -> Response:
    """GET /crm/v3/pipelines/{kind}/{pipeline}/stages/{stage}."""
    return json_response(stage_body(call, _stage(call, pipeline_of(call).stages)))


def create_stage(call: Call) -> Response:
    """POST /crm/v3/pipelines/{kind}/{pipeline}/stages."""
    kind, body = kind_of(call), call.json()
    with call.store.database.transaction():
        current, now = pipeline_of(call), call.store.now()
        made = read_stage(kind, body, current.stages, new_ids(call.store))
        made = replace(made, created=now, updated=now)
        save_changed(call, kind, replace(current, stages=(*current.stages, made)), "CREATE", made.id)
    return json_response(stage_body(call, made), 201)


def replace_stage(call: Call) -> Response:
    """PUT /crm/v3/pipelines/{kind}/{pipeline}/stages/{stage}."""
    kind, body = kind_of(call), call.json()
    with call.store.database.transaction():
        current = pipeline_of(call)
        old = _stage(call, current.stages)
        others = [stage for stage in current.stages if stage.id != old.id]
        made = read_stage(kind, body.plus(stageId=old.id), others, new_ids(call.store))
        made = replace(made, created=old.created, updated=call.store.now())
        save_changed(call, kind, replace(current, stages=(*others, made)), "UPDATE", made.id)
    return json_response(stage_body(call, made))


def update_stage(call: Call) -> Response:
    """PATCH /crm/v3/pipelines/{kind}/{pipeline}/stages/{stage}; `archived` brings an archived one back."""
    kind, body = kind_of(call), call.json()
    with call.store.database.transaction():
        current = pipeline_of(call)
        old = _stage(call, current.gone if restores(body) else current.stages)
        others = [stage for stage in current.stages if stage.id != old.id]
        made = replace(change_stage(kind, old, body, others), updated=call.store.now())
        gone = tuple(stage for stage in current.gone if stage.id != old.id)
        save_changed(call, kind, replace(current, stages=(*others, made), gone=gone), "UPDATE", made.id)
    return json_response(stage_body(call, made))


def archive_stage(call: Call) -> Response:
    """DELETE /crm/v3/pipelines/{kind}/{pipeline}/stages/{stage}: not the last one, and none that records are in."""
    kind = kind_of(call)
    with call.store.database.transaction():
        current = pipeline_of(call)
        old = _stage(call, current.stages)
        if len(current.stages) == 1:
            raise validation(f"The last stage of pipeline '{current.id}' cannot be deleted.")
        check_references(call, kind, current, [old], always=True)
        rest = tuple(stage for stage in current.stages if stage.id != old.id)
        save_changed(call, kind, replace(current, stages=rest, gone=(*current.gone, old)), "DELETE", old.id)
    return Response(status_code=204)


def _stage(call: Call, stages: Sequence[Stage]) -> Stage:
    for stage in stages:
        if stage.id == call.params["stage"]:
            return stage
    raise missing(f"Stage '{call.params['stage']}' does not exist in pipeline '{call.params['pipeline']}'")


ROUTES: Routes = under(
    "crm",
    "v3",
    "pipelines",
    {
        "/{kind}/{pipeline}/stages": {"GET": list_stages, "POST": create_stage},
        "/{kind}/{pipeline}/stages/{stage}": {
            "GET": read_one_stage,
            "PUT": replace_stage,
            "PATCH": update_stage,
            "DELETE": archive_stage,
        },
        "/{kind}/{pipeline}/stages/{stage}/audit": {"GET": list_changes},
    },
)
