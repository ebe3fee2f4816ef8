"""SQL functions that SOQL needs and SQLite has not."""

from __future__ import annotations

import math
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from connectors.sandbox.salesforce.values import parse_datetime

if TYPE_CHECKING:
    from datetime import datetime

    from connectors.sandbox.database import Database

_EARTH_KILOMETRES = 6371.0088


def register_functions(database: Database, time_zone: str) -> None:
    """`sf_fold(text)`, text without case in any script; `sf_local(time, zone)`, a stored time in a zone;
    `sf_format(value, type, scale, zone)`, a value as a reader sees it; `sf_distance(…)` in kilometres.
    """
    with database.transaction() as connection:
        connection.create_function("sf_fold", 1, _fold, deterministic=True)
        connection.create_function("sf_local", 2, _local, deterministic=True)
        connection.create_function("sf_local", 1, lambda text: _local(text, time_zone), deterministic=True)
        connection.create_function("sf_format", 4, _format, deterministic=True)
        connection.create_function("sf_distance", 4, distance, deterministic=True)


def _fold(text: str | None) -> str | None:
    return text.casefold() if text is not None else None


@lru_cache(maxsize=65_536)
def _hour(hour: str, zone: str) -> datetime:
    return parse_datetime(f"{hour}:00:00.000Z").astimezone(ZoneInfo(zone))


def _local(text: str | None, zone: str) -> str | None:
    """The stored text by the zone's clock. What zones are off by parts of an hour is reckoned to the second."""
    if text is None:
        return None
    here = _hour(text[:13], zone)
    if here.minute or here.second:
        here = parse_datetime(text).astimezone(ZoneInfo(zone))
        return f"{here:%Y-%m-%dT%H:%M:%S}{text[19:]}"
    return f"{here:%Y-%m-%dT%H}{text[13:]}"


def _format(value: object, kind: str, scale: int, zone: str) -> str | None:
    """A number, date or time as the locale en_US writes it."""
    if value is None:
        return None
    if kind == "date":
        year, month, day = str(value).split("-")
        return f"{int(month)}/{int(day)}/{year}"
    if kind == "datetime":
        here = parse_datetime(str(value)).astimezone(ZoneInfo(zone))
        return f"{here.month}/{here.day}/{here.year}, {(here.hour + 11) % 12 + 1}:{here:%M} {here:%p}"
    number = Decimal(str(value)).scaleb(-scale)
    shown = f"{abs(number):,.{scale}f}"
    sign = "-" if number < 0 else ""
    if kind == "amount":
        return f"{sign}{shown}"
    if kind == "currency":
        return f"{sign}${shown}"
    trimmed = shown.rstrip("0").rstrip(".") if "." in shown else shown
    return f"{sign}{trimmed}%" if kind == "percent" else f"{sign}{trimmed}"


def distance(lat1: float | None, lon1: float | None, lat2: float | None, lon2: float | None) -> float | None:
    """The great-circle distance by the haversine formula, which "Location-Based SOQL Queries" names."""
    if lat1 is None or lon1 is None or lat2 is None or lon2 is None:
        return None
    first, second = math.radians(lat1), math.radians(lat2)
    half = math.sin((second - first) / 2) ** 2
    half += math.cos(first) * math.cos(second) * math.sin(math.radians(lon2 - lon1) / 2) ** 2
    return 2 * _EARTH_KILOMETRES * math.asin(math.sqrt(min(half, 1.0)))
