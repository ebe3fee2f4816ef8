"""Checks of `pay:` in `salesops.yaml`: are the first pay periods called as the fiscal calendar calls them?"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING

from config.calendars import listed_periods
from config.messages import did_you_mean
from config.project_folder import SETTINGS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from config.draft import Draft
    from config.problems import Problem

_BY_MONTHS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "week": ("2026-W01", r"\d{4}-W(0[1-9]|[1-4]\d|5[0-3])"),
        "month": ("2026-01", r"\d{4}-(0[1-9]|1[0-2])"),
        "quarter": ("FY2026-Q1", r"FY\d{4}-Q[1-4]"),
        "half_year": ("FY2026-H1", r"FY\d{4}-H[12]"),
        "year": ("FY2026", r"FY\d{4}"),
    }
)
"""An example of how pay periods of a kind are called, and what their names look like."""

_BY_WEEKS = MappingProxyType(
    {
        **_BY_MONTHS,
        "week": ("FY2026-W01", r"FY\d{4}-W(0[1-9]|[1-4]\d|5[0-3])"),
        "month": ("FY2026-P01", r"FY\d{4}-P(0[1-9]|1[0-2])"),
    }
)


def check_first_names(draft: Draft) -> Iterator[Problem]:
    """First pay periods that the declared fiscal calendar has none of. Those of a CRM's calendar are known there.

    Files that a calculation was kept with are not asked: it was made, whatever the calendar was changed to before.
    """
    if draft.settings is None or draft.root is None or draft.settings.fiscal_year.from_ is not None:
        return
    fiscal_year = draft.settings.fiscal_year
    for kind, name in draft.settings.pay.first_period.items():
        at = (SETTINGS, "pay", "first_period", kind)
        summary = f"there is no {kind.replace('_', ' ')} {name}."
        if fiscal_year.periods and kind in {"month", "quarter", "year"}:
            known = {each for each, _, _ in listed_periods(fiscal_year.periods, kind)}
            if name not in known:
                yield draft.error(at, summary, did_you_mean(name, known))
            continue
        example, pattern = (_BY_WEEKS if fiscal_year.has_weeks else _BY_MONTHS)[kind]
        is_own_half = fiscal_year.periods and kind == "half_year"
        if not is_own_half and re.fullmatch(pattern, name, re.ASCII) is None:
            yield draft.error(at, summary, f"Write a name as {example}.")
