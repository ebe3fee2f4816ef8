"""Exchange rates: an amount in one currency as an amount in another, as of a day. Exact; nothing is rounded here."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Context, Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_WIDE = Context(prec=60)
_ONE = Decimal(1)
_Dated = list[tuple[date, Decimal]]
_Step = tuple[Decimal, Decimal]
"""What an amount is multiplied by, and what it is divided by."""


class NoRate(Exception):
    """There is no rate between two currencies on a day; says which."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Rates between pairs of currencies, each from its day on until the next one of its pair.

    A CRM states them all against one currency of its own, from it or to it: any two others meet there.
    """

    _by_pair: dict[tuple[str, str], _Dated] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Iterable[tuple[str, str, Decimal, date]]) -> Rates:
        """From (currency, other currency, units of the other for one of the first, first day)."""
        dated: dict[tuple[str, str], _Dated] = defaultdict(list)
        for currency, to, rate, start in sorted(rows, key=lambda row: (row[3], row[2])):
            if rate > 0 and currency != to:
                dated[currency, to].append((start, rate))
        return cls(dict(dated))

    def convert(self, amount: Decimal, currency: str, to: str, day: date) -> Decimal:
        """The amount in the other currency, at the rates of the day; NoRate where there is none.

        >>> rates = Rates.of([("EUR", "USD", Decimal("1.25"), date(2026, 1, 1))])
        >>> rates.convert(Decimal(100), "EUR", "USD", date(2026, 5, 1)), rates.convert(Decimal(1), "X", "X", date.min)
        (Decimal('125.00'), Decimal('1'))
        """
        if currency == to:
            return amount
        times, over = self._step(currency, to, day) or self._by_way_of_another(currency, to, day)
        return _WIDE.divide(_WIDE.multiply(amount, times), over)

    def _by_way_of_another(self, currency: str, to: str, day: date) -> _Step:
        for between in sorted({name for pair in self._by_pair for name in pair}):
            first, second = self._step(currency, between, day), self._step(between, to, day)
            if first is not None and second is not None:
                return _WIDE.multiply(first[0], second[0]), _WIDE.multiply(first[1], second[1])
        raise NoRate(f"the CRM has no exchange rate between {currency} and {to} for {day}")

    def _step(self, currency: str, to: str, day: date) -> _Step | None:
        """From one currency to another that a rate of the day is stated between."""
        rate = self._rate(currency, to, day)
        if rate is not None:
            return rate, _ONE
        rate = self._rate(to, currency, day)
        return None if rate is None else (_ONE, rate)

    def _rate(self, currency: str, to: str, day: date) -> Decimal | None:
        dated = self._by_pair.get((currency, to), [])
        place = bisect_right(dated, day, key=lambda row: row[0])
        return dated[place - 1][1] if place else None
