"""What credits make: events of payees; and what was earned, that others are credited with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import date
    from fractions import Fraction


class Earned(NamedTuple):
    """What a component of a comp plan earned a payee, on a transaction or on none; a step is not paid itself."""

    plan: str
    component: str
    payee: str
    period: str
    day: date
    source: str | None
    id: str | None
    opportunity: str | None
    amount: Fraction
    is_step: bool = False


@dataclass
class Event:
    """A transaction that counts for a payee on a day: its credits, rates, groups and counted values."""

    payee: str
    day: date
    source: str
    id: str
    opportunity: str | None
    credits: dict[str, Fraction] = field(default_factory=dict)
    numbers: dict[str, Fraction | None] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)

    def place(self) -> tuple[date, str, str]:
        return self.day, self.source, self.id
