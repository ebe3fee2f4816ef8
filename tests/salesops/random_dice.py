"""Dice: choices from one seed, among moments and days at which calendars and clocks do something odd."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

START, END = datetime(2023, 11, 20, tzinfo=UTC), datetime(2025, 2, 20, tzinfo=UTC)
MOMENTS = [
    datetime(2024, 3, 10, 6, 59, 59, tzinfo=UTC),  # New York skips an hour
    datetime(2024, 3, 10, 7, tzinfo=UTC),
    datetime(2024, 11, 3, 5, 30, tzinfo=UTC),  # and repeats one
    datetime(2024, 11, 3, 6, 30, tzinfo=UTC),
    datetime(2024, 3, 31, 1, tzinfo=UTC),
    datetime(2024, 12, 31, 23, 59, 59, tzinfo=UTC),
    datetime(2025, 1, 1, 5, tzinfo=UTC),
    datetime(2024, 2, 29, 12, tzinfo=UTC),
]
DAYS = [date(2024, 2, 29), date(2024, 12, 31), date(2025, 1, 1), date(2024, 12, 28), date(2025, 2, 1)]
AS_OFS = [
    datetime(2025, 2, 3, 15, tzinfo=UTC),
    datetime(2024, 12, 31, 23, tzinfo=UTC),
    datetime(2025, 1, 1, 4, 59, 59, tzinfo=UTC),
    datetime(2024, 11, 3, 6, tzinfo=UTC),
    datetime(2024, 6, 30, 12, tzinfo=UTC),
    datetime(2025, 6, 1, tzinfo=UTC),
]


class Dice:
    """Choices from one seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def of(self, *values: Any) -> Any:
        return self.random.choice(values)

    def some(self, *values: Any) -> Any:
        """One of the values, or now and then nothing."""
        return self.of(None, None, "") if self.chance(0.08) and isinstance(values[0], str) else self.maybe(*values)

    def maybe(self, *values: Any) -> Any:
        return None if self.chance(0.06) else self.random.choice(values)

    def number(self, below: int) -> int:
        return self.random.randrange(below)

    def moment(self) -> datetime:
        if self.chance(0.2):
            return self.random.choice(MOMENTS)
        seconds = self.number(int((END - START).total_seconds()))
        return START + timedelta(seconds=seconds, milliseconds=self.of(0, 0, 1, 999))

    def day(self) -> date:
        return self.random.choice(DAYS) if self.chance(0.25) else self.moment().date()

    def amount(self) -> Decimal:
        digits, places = self.of((10**5, 1), (10**8, 4), (10**12, 6), (30, 0))
        return Decimal(self.random.randrange(-digits // 20, digits)).scaleb(-places)
