"""The as-of time that a command was given."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from salesops.calendar import EARLIEST, LATEST, day_start

MOMENT = timedelta(milliseconds=1)  # both CRMs keep milliseconds


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
        if "T" in text or " " in text:
            moment = datetime.fromisoformat(text)
            moment = (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
        else:
            moment = day_start(parse_day(text) + timedelta(days=1), zone) - MOMENT
        in_range = EARLIEST < moment.date() < LATEST
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{text!r} is no day: write one such as 2026-03-31.") from error
    if not in_range:
        raise ValueError(f"{text!r}: figures are of days from {EARLIEST} to {LATEST}.")
    return moment


def parse_day(text: str) -> date:
    """The day that "2026-03-31" names; ValueError for any other spelling."""
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
        raise ValueError(f"{text!r} is no day: write one such as 2026-03-31.")
    return date.fromisoformat(text)
