"""Pipelines and their stages: what a new account has, and how they are kept."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connectors.sandbox.database import Database

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
_TICKETS = (("1", "New"), ("2", "Waiting on contact"), ("3", "Waiting on us"), ("4", "Closed"))
LIFECYCLE_STAGES = (
    ("subscriber", "Subscriber"),
    ("lead", "Lead"),
    ("marketingqualifiedlead", "Marketing Qualified Lead"),
    ("salesqualifiedlead", "Sales Qualified Lead"),
    ("opportunity", "Opportunity"),
    ("customer", "Customer"),
    ("evangelist", "Evangelist"),
    ("other", "Other"),
)
# The ids of the order pipeline are the same in every account (orders guide).
_ORDERS = (
    ("4b27b500-f031-4927-9811-68a0b525cbae", "Open"),
    ("937ea84d-0a4f-4dcf-9028-3f9c2aafbf03", "Processed"),
    ("aa99e8d0-c1d5-4071-b915-d240bbb1aed9", "Shipped"),
    ("3725360f-519b-4b18-a593-494d60a29c9f", "Delivered"),
    ("3c85a297-e9ce-400b-b42e-9f16853d69d6", "Cancelled"),
)


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage; its stamps are empty where it came with the account."""

    id: str
    label: str
    order: int
    metadata: dict[str, str] = field(default_factory=dict)
    created: str = ""
    updated: str = ""

    @property
    def closed(self) -> bool:
        return self.metadata.get("isClosed") == "true"


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A pipeline with its stages in display order; `gone` are those that were archived."""

    id: str
    label: str
    order: int
    stages: tuple[Stage, ...]
    gone: tuple[Stage, ...] = ()
    created: str = ""
    updated: str = ""
    archived_at: str | None = None

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
    tickets = tuple(
        Stage(stage_id, label, order, _ticket_metadata(closed=stage_id == "4"))
        for order, (stage_id, label) in enumerate(_TICKETS)
    )
    orders = tuple(Stage(stage_id, label, order, {}) for order, (stage_id, label) in enumerate(_ORDERS))
    stages = tuple(Stage(stage_id, label, order, {}) for order, (stage_id, label) in enumerate(LIFECYCLE_STAGES))
    lifecycles = {
        name: Pipeline(f"{name}-lifecycle-pipeline", "Lifecycle Stage Pipeline", 0, stages)
        for name in ("contacts", "companies")
    }
    return {
        **lifecycles,
        "deals": Pipeline("default", "Sales Pipeline", 0, deals),
        "leads": Pipeline("lead-pipeline-id", "Lead pipeline", 0, leads),
        "tickets": Pipeline("0", "Support Pipeline", 0, tickets),
        "orders": Pipeline("14a2e10e-5471-408a-906e-c51f3b04369e", "Order Pipeline", 0, orders),
    }


def _ticket_metadata(*, closed: bool) -> dict[str, str]:
    return {"ticketState": "CLOSED" if closed else "OPEN", "isClosed": str(closed).lower()}


def save_pipeline(database: Database, kind: str, pipeline: Pipeline) -> None:
    """Store a pipeline, new or changed."""
    row = (kind, pipeline.id, json.dumps(asdict(pipeline)))
    database.write("INSERT OR REPLACE INTO hs_pipeline (kind, id, body) VALUES (?, ?, ?)", [row])


def read_pipelines(database: Database, kind: str, *, archived: bool = False) -> dict[str, Pipeline]:
    """The pipelines of an object by id, in display order; empty for an object without."""
    rows = database.rows("SELECT body FROM hs_pipeline WHERE kind = ?", (kind,))
    found = (pipeline_from_json(row["body"]) for row in rows)
    chosen = sorted((each for each in found if bool(each.archived_at) == archived), key=lambda each: each.order)
    return {each.id: each for each in chosen}


def pipeline_from_json(text: str) -> Pipeline:
    """A pipeline as it was kept: its fields as JSON; those that have a default may be left out."""
    fields = json.loads(text)
    for name in ("stages", "gone"):
        stages = (Stage(**stage) for stage in fields.get(name, ()))
        fields[name] = tuple(sorted(stages, key=lambda each: each.order))
    return Pipeline(**fields)
