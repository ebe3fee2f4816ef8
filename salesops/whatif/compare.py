"""Pay by two sets of rules, side by side: what it costs, and who gains and loses."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from salesops.results import Pay

ZERO = Decimal(0)
_PLACE = ("comp_plan", "component", "payee_id", "period")
_QUARTERS = 4


@dataclass(frozen=True, slots=True)
class Line:
    """What something costs by the rules as they stand and by the changed ones, in a currency."""

    key: tuple[str, ...]
    currency: str
    now: Decimal
    then: Decimal

    @property
    def difference(self) -> Decimal:
        return self.then - self.now


@dataclass(frozen=True, slots=True)
class Spread:
    """How many gain, lose and stay, and the differences at the quarters of the population, from the lowest to the
    highest: each is that of a payee, the first below or at which at least so many quarters of all are."""

    currency: str
    gain: int
    lose: int
    stay: int
    quartiles: tuple[Decimal, Decimal, Decimal, Decimal, Decimal]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What pay comes to by two sets of rules. Every table of lines has the same sum."""

    comp_plans: tuple[Line, ...]
    components: tuple[Line, ...]  # comp plan, component
    periods: tuple[Line, ...]
    payees: tuple[Line, ...]  # the payee's id; the most gained first, everybody who is on a comp plan
    totals: tuple[Line, ...]  # one for each currency
    spreads: tuple[Spread, ...]


def compare(
    now: Pay, then: Pay, periods: Collection[str], currencies: tuple[Mapping[str, str], Mapping[str, str]]
) -> Comparison:
    """The earnings of the two in these pay periods; `currencies` of the comp plans of each, by name.

    Amounts of two currencies are never added. Exact; whatever the order of rows.
    """
    lines: dict[tuple[tuple[str, ...], str], list[Decimal]] = {}
    for side, pay in enumerate((now, then)):
        for place, amount in earned(pay, periods).items():
            lines.setdefault((place, currencies[side][place[0]]), [ZERO, ZERO])[side] += amount
        for plan, payee in _population(pay, periods):  # who earns nothing counts among those who stay
            lines.setdefault(((plan, "", payee, ""), currencies[side][plan]), [ZERO, ZERO])
    each = [Line(place, currency, *both) for (place, currency), both in lines.items()]
    payees = sorted(_summed(each, 2), key=lambda line: (line.currency, -line.difference, line.key))
    paid = [line for line in each if line.key[1]]
    return Comparison(
        comp_plans=_summed(paid, 0),
        components=_summed(paid, 0, 1),
        periods=_summed(paid, 3),
        payees=tuple(payees),
        totals=_summed(each),
        spreads=tuple(
            spread(currency, [line.difference for line in payees if line.currency == currency])
            for currency in sorted({line.currency for line in payees})
        ),
    )


def earned(pay: Pay, periods: Collection[str]) -> dict[tuple[str, ...], Decimal]:
    """What is earned in these pay periods, by comp plan, component, payee and pay period."""
    rows = pay.earnings.filter(
        pc.and_(
            pc.equal(pay.earnings["status"].cast(pa.string()), pa.scalar("earned")),
            pc.is_in(pay.earnings["period"].cast(pa.string()), pa.array(sorted(periods), pa.string())),
        )
    )
    plain = pa.table({**{name: rows[name].cast(pa.string()) for name in _PLACE}, "amount": rows["amount"]})
    summed = plain.group_by(list(_PLACE)).aggregate([("amount", "sum")])
    return {tuple(row[name] for name in _PLACE): row["amount_sum"] for row in summed.to_pylist()}


def spread(currency: str, differences: Sequence[Decimal]) -> Spread:
    """How differences of at least one payee are spread.

    >>> found = spread("EUR", [Decimal(each) for each in (-5, 0, 1, 2, 10)])
    >>> (found.gain, found.lose, found.stay), [int(each) for each in found.quartiles]
    ((3, 1, 1), [-5, 0, 1, 2, 10])
    """
    ranked = sorted(differences)
    low, first, middle, third, high = (
        ranked[max(-(-len(ranked) * quarter // _QUARTERS), 1) - 1] for quarter in range(_QUARTERS + 1)
    )
    gain, lose = sum(each > 0 for each in ranked), sum(each < 0 for each in ranked)
    return Spread(currency, gain, lose, len(ranked) - gain - lose, (low, first, middle, third, high))


def _population(pay: Pay, periods: Collection[str]) -> set[tuple[str, str]]:
    """Who is credited or measured by which comp plan in these pay periods."""
    found: set[tuple[str, str]] = set()
    for table in (pay.credits, pay.measures):
        rows = table.filter(pc.is_in(table["period"].cast(pa.string()), pa.array(sorted(periods), pa.string())))
        pairs = pa.table({name: rows[name].cast(pa.string()) for name in ("comp_plan", "payee_id")})
        found |= {
            (row["comp_plan"], row["payee_id"])
            for row in pairs.group_by(["comp_plan", "payee_id"]).aggregate([]).to_pylist()
        }
    return found


def _summed(lines: Iterable[Line], *parts: int) -> tuple[Line, ...]:
    """The lines added up by these parts of their key and by currency, in that order."""
    found: dict[tuple[tuple[str, ...], str], tuple[Decimal, Decimal]] = {}
    for line in lines:
        place = (tuple(line.key[part] for part in parts), line.currency)
        now, then = found.get(place, (ZERO, ZERO))
        found[place] = (now + line.now, then + line.then)
    return tuple(Line(key, currency, *both) for (key, currency), both in sorted(found.items()))
