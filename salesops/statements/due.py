"""When what is held of an earning is released."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from salesops.calendar import months_after
from salesops.incentives.frame.intervals import fiscal_spans
from salesops.payment.spans import later, whole_months
from salesops.statements.model import Due

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from decimal import Decimal

    from config.comp_plans.payment import Release
    from salesops.fiscal import FiscalCalendar
    from salesops.incentives.frame.intervals import FiscalKind

_DAY = timedelta(days=1)
_INTERVALS: dict[str, FiscalKind] = {"quarter_end": "quarter", "half_year_end": "half_year", "year_end": "year"}


def dues(
    release: tuple[Release, ...], day: date, last: date, held_share: Decimal, calendar: FiscalCalendar
) -> tuple[Due, ...]:
    """When the rest of an earning of `day` is released, as it stands at the end of the day `last`.

    `held_share` of the earning is held. What no day releases is said to wait for an invoice or a payment, the first of
    the two that the comp plan names.
    """
    by_days = list(_by_days(release, day, last, calendar))
    waiting = [part.on for part in release if part.on in {"invoice", "collection"}]
    left = held_share - sum((share for share, _ in by_days), start=held_share * 0)
    found = [due for _, due in by_days]
    if waiting and left > 0:
        found += [Due("invoice" if on == "invoice" else "collection") for on in dict.fromkeys(waiting)]
    return tuple(found)


def _by_days(
    release: tuple[Release, ...], day: date, last: date, calendar: FiscalCalendar
) -> Iterator[tuple[Decimal, Due]]:
    """The shares that days release after `last`, and when."""
    for part in release:
        begins = day if part.after is None else later(day, part.after)
        if part.over is not None:
            parts = part.over.months or 1
            done = 0 if last < begins else min(whole_months(begins, last) + 1, parts)
            if done < parts:
                following, end = months_after(begins, done), months_after(begins, parts - 1)
                share = part.share * (parts - done) / parts
                yield share, Due("monthly", following, end) if following < end else Due("day", following)
            continue
        at = None
        if part.after is not None:
            at = begins
        elif part.at is not None:
            at = next((span.end - _DAY for span in fiscal_spans(calendar, _INTERVALS[part.at], day, day)), None)
        if at is not None and at > last:
            yield part.share, Due("day", at)
