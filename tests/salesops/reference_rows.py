"""The rows of a simple metric: which count, for whom, on which day, and with which number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from reference_conditions import as_number, meets, meets_all
from reference_grains import keys
from reference_people import part, shares, zone_of
from reference_working import working_days, working_seconds
from reference_world import EARLIEST, LATEST, nearest

from config.metrics import AS_OF
from config.metrics.kinds import PERIOD
from config.sources import SOURCES, find_field

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from reference_world import Row, World

    from config.metrics import SimpleMetric

MONEY = {"amount", "unit_price", "annual_revenue", "list_amount", "amount_before", "amount_change"}
"""Fields that are in the currency of their record, else of its opportunity."""

SECONDS = {"hours": 3600, "minutes": 60}


@dataclass(frozen=True)
class Counted:
    """A row, or a user's share of one. `number` is None where it is empty, a text or number for distinct."""

    row: Row
    owner: str | None
    day: date
    number: Any
    places: tuple[tuple[str, str], ...]
    in_period: tuple[str, date] | None = None


def counted(world: World, metric: SimpleMetric, rows: list[Row] | None = None) -> list[Counted]:
    """Every row of the source, or of those given, that counts, once for each user that it counts for."""
    rows = world.rows(metric.source) if rows is None else rows
    if metric.attribution == "account":
        rows = [_attributed(world, row) for row in rows]
    found = []
    for row in rows:
        if not meets_all(world, metric.source, row, metric.where):
            continue
        if metric.where_any and not any(meets(world, metric.source, row, each) for each in metric.where_any):
            continue
        found += _counted(world, metric, row)
    return found


def _counted(world: World, metric: SimpleMetric, row: Row) -> list[Counted]:
    moment = when(world, metric.source, row, metric.time, ahead=metric.ahead)
    if moment is None:
        return []
    found = []
    for owner, share in shares(world, metric.source, row, metric.owner, moment):
        zone = zone_of(world, metric.zone, owner)
        day = world.today if metric.time == AS_OF else world.day(moment, zone)
        if not EARLIEST <= day <= LATEST:
            continue
        number = _number(world, metric, row, owner, day)
        if number is not None and metric.aggregate != "distinct":
            number = part(number, share)
        in_period, stands = None, day
        if metric.time == PERIOD:
            in_period, stands = (row["period_kind"], row["starts_on"]), min(row["ends_on"], world.today)
        places = tuple(keys(world, metric, metric.source, row, owner, stands))
        found.append(Counted(row, owner, day, number, places, in_period))
    return found


def when(world: World, source: str, row: Row, time: str, *, ahead: bool = False) -> date | datetime | None:
    """When a row counts; None where that is not known, or not yet and what is ahead does not count."""
    if time == AS_OF:
        created = row.get("created_at")
        return world.as_of if created is None or created <= world.as_of else None
    moment: Any = row["starts_on"] if time == PERIOD else world.time(source, row, time)
    return moment if moment is not None and (ahead or world.is_past(moment)) else None


def _attributed(world: World, activity: Row) -> Row:
    """The activity on the opportunity of its account that was open then and closed first, where it names none."""
    if activity.get("opportunity_id") or not activity.get("account_id") or activity.get("at") is None:
        return activity
    at = activity["at"]
    was_open = [
        deal
        for deal in world.rows("opportunity")
        if deal.get("account_id") == activity["account_id"]
        if deal.get("created_at") is None or deal["created_at"] <= at
        if not deal.get("is_closed") or (deal.get("close_date") is not None and deal["close_date"] >= world.day(at))
    ]
    first = min(was_open, key=lambda deal: (deal.get("close_date") or date.max, str(deal["id"])), default=None)
    return activity if first is None else {**activity, "opportunity_id": first["id"]}


def _number(world: World, metric: SimpleMetric, row: Row, owner: str | None, day: date) -> Any:
    if metric.aggregate == "count":
        return Fraction(1)
    if metric.aggregate == "distinct":
        return world.get(metric.source, row, str(metric.of))
    if metric.aggregate == "duration":
        return _duration(world, metric, row, owner)
    number = _of(world, metric, row, str(metric.of), day)
    if number is not None and metric.times is not None:
        times = _of(world, metric, row, metric.times, day)
        number = None if times is None else nearest(number * times)
    return Fraction(0) if number is None and metric.empty_values == "zero" else number


def _of(world: World, metric: SimpleMetric, row: Row, path: str, day: date) -> Fraction | None:
    value, source, record = world.walk(metric.source, row, path)
    number = as_number(value)
    if number is None or record is None or find_field(metric.source, path).field not in MONEY:
        return number
    rate_day = day if metric.rates == "then" else world.today
    return world.in_project_currency(number, _currency(world, source, record), rate_day)


def _currency(world: World, source: str, record: Row) -> str | None:
    if "currency" in SOURCES[source].fields:
        return record.get("currency")
    opportunity = world.record("opportunity", record.get("opportunity_id")) or {}
    return opportunity.get("currency")


def _duration(world: World, metric: SimpleMetric, row: Row, owner: str | None) -> Fraction | None:
    start = world.time(metric.source, row, str(metric.start))
    end_path = metric.end or metric.time
    end = world.as_of if end_path == AS_OF else world.time(metric.source, row, end_path)
    if start is None or end is None or not all(EARLIEST <= world.day(each) <= LATEST for each in (start, end)):
        return None
    if metric.clock == "working":
        return _worked(world, start, end, metric, owner)
    return length(world, start, end, metric.unit.value, zone_of(world, metric.zone, owner))


def length(world: World, start: Any, end: Any, unit: str, zone: ZoneInfo) -> Fraction:
    """The time between two moments in a unit, by the calendar."""
    if unit not in SECONDS:
        return Fraction((world.day(end, zone) - world.day(start, zone)).days)
    milliseconds = round((end - start).total_seconds() * 1000)
    return nearest(Fraction(milliseconds, 1000 * SECONDS[unit]))


def _worked(world: World, start: Any, end: Any, metric: SimpleMetric, owner: str | None) -> Fraction:
    if metric.unit.value in SECONDS:
        return nearest(Fraction(working_seconds(world, owner, start, end), SECONDS[metric.unit.value]))
    zone = zone_of(world, metric.zone, owner)
    return Fraction(working_days(world, owner, world.day(start, zone), world.day(end, zone)))
