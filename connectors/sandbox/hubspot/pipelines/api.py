"""The pipelines API: pipelines listed, read, created, replaced, changed and archived, and what was done to them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from connectors.sandbox.hubspot.definitions.bodies import flag, text, whole
from connectors.sandbox.hubspot.definitions.schema import Option
from connectors.sandbox.hubspot.definitions.types import LIFECYCLE, ObjectType, find_object
from connectors.sandbox.hubspot.errors import json_response, missing, validation
from connectors.sandbox.hubspot.pipelines.input import check_label, read_pipeline
from connectors.sandbox.hubspot.pipelines.pipelines import Pipeline, Stage, read_pipelines, save_pipeline
from connectors.sandbox.hubspot.routes import under

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from connectors.sandbox.hubspot.call import Call
    from connectors.sandbox.hubspot.routes import Routes
    from connectors.sandbox.hubspot.store import Store

FIRST_ID = 10_000_001
CUSTOM_NAMES = ("hs_pipeline", "hs_pipeline_stage")
SHOWN_REFERENCES = 10


def list_pipelines(call: Call) -> Response:
    """GET /crm/v3/pipelines/{kind}."""
    kind = kind_of(call)
    found = read_pipelines(call.store.database, kind.name, archived=call.flag("archived"))
    return json_response({"results": [body_of(call, each) for each in found.values()]})


def read_one(call: Call) -> Response:
    """GET /crm/v3/pipelines/{kind}/{pipeline}."""
    return json_response(body_of(call, pipeline_of(call, archived=call.flag("archived"))))


def create_pipeline(call: Call) -> Response:
    """POST /crm/v3/pipelines/{kind}."""
    kind, body = kind_of(call), call.json()
    with call.store.database.transaction():
        others = read_pipelines(call.store.database, kind.name)
        if kind.pipeline == LIFECYCLE:
            raise validation(f"{kind.label} objects have the pipeline of their lifecycle stages and no other.")
        made = read_pipeline(kind, body, others.values(), new_ids(call.store))
        made = _stamped(call, made, made)
        save_changed(call, kind, made, "CREATE", made.id)
        if kind.schema and kind.pipeline is None:
            call.store.catalog.save_objects([replace(kind, pipeline=CUSTOM_NAMES)])
    return json_response(body_of(call, made), 201)


def replace_pipeline(call: Call) -> Response:
    """PUT /crm/v3/pipelines/{kind}/{pipeline}: the stages are those of the body, and no others."""
    kind, body = kind_of(call), call.json()
    with call.store.database.transaction():
        current = pipeline_of(call)
        others = [each for each in read_pipelines(call.store.database, kind.name).values() if each.id != current.id]
        given = body.plus(pipelineId=current.id)
        made = _stamped(call, read_pipeline(kind, given, others, new_ids(call.store)), current)
        kept = {stage.id for stage in made.stages}
        check_references(call, kind, current, [stage for stage in current.stages if stage.id not in kept])
        save_changed(call, kind, replace(made, created=current.created), "UPDATE", made.id)
    return json_response(body_of(call, made))


def update_pipeline(call: Call) -> Response:
    """PATCH /crm/v3/pipelines/{kind}/{pipeline}; `archived` is only for bringing an archived one back."""
    kind, body = kind_of(call), call.json()
    with call.store.database.transaction():
        restored = restores(body)
        current = pipeline_of(call, archived=restored)
        others = read_pipelines(call.store.database, kind.name).values()
        made = replace(
            current,
            label=text(body, "label", current.label),
            order=whole(body, "displayOrder", current.order),
            updated=call.store.now(),
            archived_at=None,
        )
        check_label("Pipeline", made.label, [each.label for each in others if each.id != made.id])
        save_changed(call, kind, made, "UPDATE", made.id)
    return json_response(body_of(call, made))


def archive_pipeline(call: Call) -> Response:
    """DELETE /crm/v3/pipelines/{kind}/{pipeline}: not the last one."""
    kind = kind_of(call)
    with call.store.database.transaction():
        current = pipeline_of(call)
        if len(read_pipelines(call.store.database, kind.name)) == 1 and not kind.schema:
            raise validation(f"The last pipeline of {kind.label} cannot be deleted.")
        check_references(call, kind, current, current.stages)
        save_changed(call, kind, replace(current, archived_at=call.store.now()), "DELETE", current.id)
        if kind.schema and not read_pipelines(call.store.database, kind.name):
            call.store.catalog.save_objects([replace(kind, pipeline=None)])
    return Response(status_code=204)


def list_changes(call: Call) -> Response:
    """GET …/{pipeline}/audit and …/stages/{stage}/audit: every change, newest first."""
    kind = kind_of(call)
    pipelines = {**read_pipelines(call.store.database, kind.name, archived=True), **call.store.pipelines(kind)}
    if call.params["pipeline"] not in pipelines:
        raise missing(f"Pipeline '{call.params['pipeline']}' does not exist for {kind.label}")
    wanted = call.params.get("stage", call.params["pipeline"])
    rows = call.store.database.rows(
        "SELECT * FROM hs_pipeline_audit WHERE kind = ? AND identifier = ? ORDER BY rowid DESC", (kind.name, wanted)
    )
    return json_response(
        {
            "results": [
                {
                    "portalId": call.store.database.number,
                    "identifier": row["identifier"],
                    "action": row["action"],
                    "timestamp": row["at"],
                    "rawObject": json.loads(row["body"]),
                }
                for row in rows
            ]
        }
    )


def save_changed(call: Call, kind: ObjectType, pipeline: Pipeline, action: str, identifier: str) -> None:
    """Keep the pipeline, and that it or one of its stages was changed."""
    ordered = replace(pipeline, stages=tuple(sorted(pipeline.stages, key=lambda each: each.order)))
    save_pipeline(call.store.database, kind.name, ordered)
    if kind.pipeline == LIFECYCLE:  # whose stages are the options of the property
        options = tuple(Option(each.id, each.label, each.order) for each in ordered.stages)
        stages = call.store.catalog.of(kind.name)[LIFECYCLE[1]]
        call.store.catalog.save(kind.name, [stages.with_options(options)])
    body = json.dumps(body_of(call, ordered))
    row = (kind.name, identifier, action, call.store.now(), body)
    call.store.database.write("INSERT INTO hs_pipeline_audit VALUES (?, ?, ?, ?, ?)", [row])


def _stamped(call: Call, made: Pipeline, current: Pipeline) -> Pipeline:
    """The pipeline with its stamps; a stage that was there already keeps its creation."""
    now, created = call.store.now(), {stage.id: stage.created for stage in current.stages}
    stages = tuple(replace(stage, created=created.get(stage.id) or now, updated=now) for stage in made.stages)
    return replace(made, stages=stages, created=current.created or now, updated=now)


def check_references(
    call: Call, kind: ObjectType, pipeline: Pipeline, stages: Sequence[Stage], *, always: bool = False
) -> None:
    """Nothing; a 400 that names the records in these stages, where the request asks for the check."""
    names = ("validateReferencesBeforeDelete", "validateDealStageUsagesBeforeDelete")
    asked = [call.flag(name) for name in names]
    if not (always or any(asked)) or kind.pipeline is None:
        return
    in_pipeline, in_stage = kind.pipeline
    marks = ", ".join("?" * len(stages))
    rows = call.store.database.rows(
        f'SELECT "$id", "{in_stage}" FROM {kind.table} WHERE "{in_pipeline}" = ? AND "{in_stage}" IN ({marks})'
        f' AND "$archived" IS NULL ORDER BY "$id" LIMIT {SHOWN_REFERENCES}',
        (pipeline.id, *(stage.id for stage in stages)),
    )
    if rows:
        used, ids = sorted({row[1] for row in rows}), [str(row[0]) for row in rows]
        raise validation(
            f"Following stage IDs are being referenced by object IDs: {', '.join(used)}",
            subCategory="PipelineError.STAGE_ID_IN_USE",
            context={"stageId": used, "objectIds": ids},
        )


def restores(body: dict[str, Any]) -> bool:
    """Whether the body brings something back from the archive: the one thing that `archived` is for."""
    if "archived" not in body:
        return False
    if flag(body, "archived"):
        raise validation("archived can only be false, to restore what was archived; use DELETE to archive.")
    return True


def kind_of(call: Call) -> ObjectType:
    kind = find_object(call.store, call.params["kind"])
    if kind.pipeline is None and not kind.schema:
        raise missing(f"{kind.label} objects have no pipelines")
    return kind


def pipeline_of(call: Call, *, archived: bool = False) -> Pipeline:
    kind = kind_of(call)
    pipeline = read_pipelines(call.store.database, kind.name, archived=archived).get(call.params["pipeline"])
    if pipeline is None:
        raise missing(f"Pipeline '{call.params['pipeline']}' does not exist for {kind.label}")
    return pipeline


def new_ids(store: Store) -> Callable[[], str]:
    """Numbers for new pipelines and stages, above all that there are."""
    rows = store.database.rows(
        "SELECT max(CAST(number AS INTEGER)) FROM (SELECT id AS number FROM hs_pipeline UNION ALL"
        " SELECT json_extract(stage.value, '$.id') FROM hs_pipeline, json_each(body, '$.stages') AS stage UNION ALL"
        " SELECT json_extract(stage.value, '$.id') FROM hs_pipeline, json_each(body, '$.gone') AS stage)"
        " WHERE number NOT GLOB '*[^0-9]*' AND length(number) < 16"
    )
    highest = max(int(rows[0][0] or 0), FIRST_ID - 1)
    counter = iter(range(highest + 1, highest + 1_000_000))
    return lambda: str(next(counter))


def body_of(call: Call, pipeline: Pipeline) -> dict[str, Any]:
    archived = {"archivedAt": pipeline.archived_at} if pipeline.archived_at else {}
    return {
        "label": pipeline.label,
        "displayOrder": pipeline.order,
        "id": pipeline.id,
        "stages": [stage_body(call, stage) for stage in pipeline.stages],
        "createdAt": pipeline.created or call.store.born,
        "updatedAt": pipeline.updated or call.store.born,
        "archived": bool(archived),
        **archived,
    }


def stage_body(call: Call, stage: Stage) -> dict[str, Any]:
    return {
        "label": stage.label,
        "displayOrder": stage.order,
        "metadata": stage.metadata,
        "id": stage.id,
        "createdAt": stage.created or call.store.born,
        "updatedAt": stage.updated or call.store.born,
        "archived": False,
        "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT",
    }


ROUTES: Routes = under(
    "crm",
    "v3",
    "pipelines",
    {
        "/{kind}": {"GET": list_pipelines, "POST": create_pipeline},
        "/{kind}/{pipeline}": {
            "GET": read_one,
            "PUT": replace_pipeline,
            "PATCH": update_pipeline,
            "DELETE": archive_pipeline,
        },
        "/{kind}/{pipeline}/audit": {"GET": list_changes},
    },
)
