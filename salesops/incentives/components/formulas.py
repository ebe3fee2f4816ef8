"""Bonuses, amounts, and the greater or lesser of others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.comp_plans import GreaterOf
from salesops.rational import NONE, Rational, chosen, greatest, least

if TYPE_CHECKING:
    from config.comp_plans import LesserOf
    from salesops.incentives.components.setting import Setting


def extreme_worth(setting: Setting, component: GreaterOf | LesserOf) -> Rational:
    """The greatest, or the least, of what it names; none where one of them is none."""
    parts = tuple(setting.column(f"part {k} of", setting.number(each)) for k, each in enumerate(component.of, 1))
    found = greatest(parts) if isinstance(component, GreaterOf) else least(parts)
    known = [f"NOT {each.is_none}" for each in parts if each.number is None]
    return chosen(" AND ".join(known), found, NONE) if known else found
