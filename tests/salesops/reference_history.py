"""Facts taken back to the as-of time: what did not exist yet is gone, what changed since is as it was."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from config.model import OBJECTS, FieldType
from salesops.facts import KEPT

if TYPE_CHECKING:
    from reference_world import Facts, Row

HAPPENED_AT = {"opportunity_history": "at", "field_history": "at", "change": "at"}
"""Facts that are themselves history, with the field that says when."""

FROM_STAGE = ("is_closed", "is_won", "probability")


def as_they_stood(facts: Facts, as_of: datetime) -> Facts:
    """The facts that there were at the as-of time, their fields as they were."""
    facts = {name: [_whole(name, row) for row in rows] for name, rows in facts.items()}
    stood = {name: [dict(row) for row in rows if _was_there(name, row, as_of)] for name, rows in facts.items()}
    for name, rows in stood.items():
        if name in OBJECTS:
            for row in rows:
                row.update(_taken_back(facts, name, row, as_of))
    for row in stood.get("opportunity", []):
        _from_history(stood, facts, row)
    return stood


def _whole(name: str, row: Row) -> Row:
    """The row with every field that it can have; what it does not say is empty."""
    fields = OBJECTS[name].fields if name in OBJECTS else KEPT[name]
    return dict.fromkeys(fields) | row


def _was_there(name: str, row: Row, as_of: datetime) -> bool:
    """Whether history had come to this entry; records stay, whenever they were created: their dates decide."""
    at = row[HAPPENED_AT[name]] if name in HAPPENED_AT else None
    return at is None or at <= as_of


def _taken_back(facts: Facts, object_: str, row: Row, as_of: datetime) -> Row:
    """The fields of a record that changed after the as-of time, as they were before their first such change."""
    later = [
        change
        for change in facts.get("change", [])
        if change["object"] == object_ and change["record_id"] == row["id"] and change["at"] > as_of
    ]
    later.sort(key=lambda change: (change["at"], change["id"]), reverse=True)
    return {change["field"]: typed(object_, change["field"], change["before"]) for change in later}


def _from_history(stood: Facts, facts: Facts, row: Row) -> None:
    """Take back what an opportunity's history tells, and where its stage was another then, what follows from that."""
    present = next(each for each in facts["opportunity"] if each["id"] == row["id"])
    entries = [e for e in stood.get("opportunity_history", []) if e["opportunity_id"] == row["id"] and e["at"]]
    if entries:
        last = max(entries, key=lambda entry: (entry["at"], entry["id"]))
        row |= {name: last[name] for name in ("stage", "amount", "close_date")}
    stage = stage_of(stood, row)
    if stage is not None and row["stage"] != present["stage"]:
        row |= {name: stage[name] for name in FROM_STAGE}


def stage_of(facts: Facts, opportunity: Row, name: str | None = None) -> Row | None:
    """The stage of this name, or the present one, in an opportunity's pipeline, where the CRM says what it is."""
    wanted, pipeline = name or opportunity.get("stage"), opportunity.get("pipeline")
    for stage in sorted(facts.get("stage", []), key=lambda stage: str(stage["id"])):
        if stage["object"] == "opportunity" and stage["name"] == wanted and pipeline in (None, "", stage["pipeline"]):
            return stage
    return None


def typed(object_: str, field: str, text: str | None) -> Any:
    """The value that the text of a change stands for."""
    if text in (None, ""):
        return None
    assert text is not None
    match OBJECTS[object_].fields.get(field, FieldType.TEXT):
        case FieldType.DECIMAL:
            return Decimal(text)
        case FieldType.INTEGER:
            return int(text)
        case FieldType.BOOLEAN:
            return text in {"1", "true"}
        case FieldType.DATE:
            return date.fromisoformat(text)
        case FieldType.INSTANT:
            return datetime.fromisoformat(text)
    return text
