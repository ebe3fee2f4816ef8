"""Durations and counts as people say them."""

from __future__ import annotations

_UNITS = (("day", 86_400), ("hour", 3600), ("minute", 60))


def span(seconds: float) -> str:
    """A duration as people say it: in the largest unit of which there are at least two, or exactly one.

    >>> [span(n) for n in (0.4, 1, 60, 100, 7000, 86_400, 130_000, 604_800)]
    ['less than a second', '1 second', '1 minute', '100 seconds', '117 minutes', '1 day', '36 hours', '7 days']
    """
    whole = round(seconds)
    if whole < 1:
        return "less than a second"
    for unit, size in _UNITS:
        if whole >= 2 * size or whole == size:
            return several(round(whole / size), unit)
    return several(whole, "second")


def several(count: int, thing: str) -> str:
    """So many of a thing.

    >>> several(1, "row"), several(0, "row"), several(1200, "row")
    ('1 row', '0 rows', '1,200 rows')
    """
    return f"{count:,} {thing}{'' if count == 1 else 's'}"
