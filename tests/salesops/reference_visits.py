"""The made sources that come from history: stage visits, moves of opportunities, what users entered, snapshots."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from reference_history import as_they_stood, stage_of
from reference_world import day_start

from config.model import OBJECTS

if TYPE_CHECKING:
    from datetime import date

    from reference_world import Row, World


def entries(world: World, opportunity: Row) -> list[Row]:
    """What an opportunity was from each moment on, in order; of several at one moment the last."""
    at_moment = {}
    for entry in sorted(world.rows("opportunity_history"), key=lambda entry: str(entry["id"])):
        if entry["opportunity_id"] == opportunity["id"] and entry["at"] is not None:
            at_moment[entry["at"]] = entry
    return [at_moment[at] for at in sorted(at_moment)]


def stage_visits(world: World) -> list[Row]:
    found = []
    for opportunity in world.rows("opportunity"):
        stays: list[Row] = []
        for entry in entries(world, opportunity):
            if not stays or stays[-1]["stage"] != entry["stage"]:
                stays.append(entry)
        if not stays:
            stays = [{**opportunity, "at": opportunity.get("created_at")}]
        found += [
            _visit(world, opportunity, stay, after) for stay, after in zip(stays, [*stays[1:], None], strict=True)
        ]
    return found


def _visit(world: World, opportunity: Row, stay: Row, after: Row | None) -> Row:
    stage = (stage_of(world.facts, opportunity, stay["stage"]) if stay["stage"] else None) or {}
    return {
        "id": stay["id"],
        "opportunity_id": opportunity["id"],
        "stage": stay["stage"],
        "position": stage.get("position"),
        "amount": stay["amount"],
        "currency": opportunity.get("currency"),
        "entered_at": stay["at"],
        "left_at": after["at"] if after else None,
        "next_stage": after["stage"] if after else None,
        "forward": _forward(world, opportunity, stage, after),
        "is_won": stage.get("is_won"),
        "is_closed": stage.get("is_closed"),
    }


def _forward(world: World, opportunity: Row, stage: Row, after: Row | None) -> bool | None:
    if after is None:
        return None
    following = (stage_of(world.facts, opportunity, after["stage"]) if after["stage"] else None) or {}
    here, there = stage.get("position"), following.get("position")
    higher = here is not None and there is not None and there > here
    return bool(following.get("is_won")) or (higher and not following.get("is_closed"))


def opportunity_moves(world: World) -> list[Row]:
    return [
        _move(world, opportunity, kind, before, after)
        for opportunity in world.rows("opportunity")
        for before, after in pairwise(entries(world, opportunity))
        for kind in ("stage", "amount", "close_date")
        if before[kind] != after[kind]
    ]


def _move(world: World, opportunity: Row, kind: str, before: Row, after: Row) -> Row:
    pushed = slipped = change = None
    if kind == "close_date" and before["close_date"] and after["close_date"]:
        pushed = (after["close_date"] - before["close_date"]).days
        slipped = _quarter(world, after["close_date"]) > _quarter(world, before["close_date"])
    if kind == "amount" and before["amount"] is not None and after["amount"] is not None:
        change = after["amount"] - before["amount"]
    return {
        "id": f"{after['id']} {kind}",
        "opportunity_id": opportunity["id"],
        "kind": kind,
        "at": after["at"],
        "stage_before": before["stage"],
        "stage_after": after["stage"],
        "amount_before": before["amount"],
        "amount": after["amount"],
        "amount_change": change,
        "currency": opportunity.get("currency"),
        "close_date_before": before["close_date"],
        "close_date": after["close_date"],
        "days_pushed": pushed,
        "slipped": slipped,
    }


def _quarter(world: World, day: date) -> date:
    """The first day of a day's fiscal quarter; of one that no quarter holds, the day."""
    return next((quarter.start for quarter in world.rules.calendar.periods("quarter", day, day)), day)


def data_entries(world: World) -> list[Row]:
    created = [
        {
            "id": f"{name} {row['id']}",
            "kind": "created",
            "object": name,
            "record_id": row["id"],
            "field": None,
            "user_id": row["created_by_id"],
            "at": row.get("created_at"),
        }
        for name, spec in OBJECTS.items()
        if "created_by_id" in spec.fields
        for row in world.rows(name)
        if row.get("created_by_id")
    ]
    return [*created, *({**change, "kind": "changed"} for change in world.rows("field_history"))]


def pipeline_snapshots(world: World) -> list[Row]:
    """Each open opportunity as we saw it, on these nights and the first days of fiscal months since.

    On those before the first night, as history tells how it stood.
    """
    seen = {night["day"] for night in world.facts.get("snapshot_day", []) if night["day"] <= world.today}
    months = {month.start for month in world.periods["month"] if month.start <= world.today}
    return [
        {**row, "id": f"{row['opportunity_id']} {day}", "day": day, "period_start": day in months}
        for day in sorted(seen | months)
        for row in (_kept if seen and min(seen) <= day else _told)(world, day)
    ]


def _kept(world: World, day: date) -> list[Row]:
    rows = world.facts.get("pipeline_snapshot", [])
    return [row for row in rows if row["from_day"] <= day and (row["until_day"] is None or day < row["until_day"])]


def _told(world: World, day: date) -> list[Row]:
    """What was open at the start of a day, by history."""
    names = ("owner_id", "stage", "amount", "currency", "close_date")
    start = day_start(day, world.zone)
    return [
        {"opportunity_id": row["id"], **{name: row[name] for name in names}}
        for row in as_they_stood(world.facts, start).get("opportunity", [])
        if row["is_closed"] is False and (row["created_at"] is None or row["created_at"] <= start)
    ]


def days_in_stage(world: World, visit: Row) -> int | None:
    if visit["entered_at"] is None or visit["left_at"] is None:
        return None
    return (world.day(visit["left_at"]) - world.day(visit["entered_at"])).days
