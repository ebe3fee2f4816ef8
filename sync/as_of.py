"""The as-of time that a command was given."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

DAY = len("2026-03-31")


def parse_as_of(text: str | None, time_zone: str) -> datetime:
    """An aware UTC time: the last instant of a day in the zone, a full time as given, or now where text is None.

    >>> parse_as_of("2026-03-31", "America/New_York").isoformat()
    '2026-04-01T03:59:59.999000+00:00'

    ValueError says what to write instead.
    """
    if text is None:
        return datetime.now(UTC)
    zone = ZoneInfo(time_zone)
    try:
        if len(text) == DAY:
            return datetime.combine(date.fromisoformat(text), time(23, 59, 59, 999_000), zone).astimezone(UTC)
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{text!r} is no day: write one such as 2026-03-31.") from error
