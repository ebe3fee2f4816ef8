"""The same pay in plain Python with exact fractions: sorted lists, dictionaries and loops."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from typing import TYPE_CHECKING

import pyarrow as pa

from benchmarks.pay_company import OVERRIDES, TARGET, TIERS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

_BOUNDS = [Fraction(bound) * TARGET for bound, _ in TIERS]
_RATES = [Fraction(rate) for _, rate in TIERS]
_OVERRIDES = {level: Fraction(rate) for level, rate in OVERRIDES.items()}
_SCHEMA = pa.schema(
    [
        ("payee", pa.string()),
        ("component", pa.string()),
        ("period", pa.string()),
        ("id", pa.string()),
        ("amount", pa.decimal128(38, 6)),
    ]
)


def compute(facts: Mapping[str, pa.Table]) -> pa.Table:
    """What each payee earns on each opportunity."""
    credits_ = _credits(facts)
    managers = dict(zip(facts["user"]["id"].to_pylist(), facts["user"]["manager_id"].to_pylist(), strict=True))
    rows = [*_commissions(credits_), *_overrides(credits_, managers)]
    columns = list(zip(*sorted(rows), strict=True))
    amounts = pa.array([_decimal(cents) for cents in columns.pop()], _SCHEMA.field("amount").type)
    return pa.Table.from_arrays([*map(pa.array, columns), amounts], schema=_SCHEMA)


def _credits(facts: Mapping[str, pa.Table]) -> list[tuple[str, date, str, Fraction]]:
    """(payee, day, id, credit)."""
    deals = facts["opportunity"]
    held = {
        id_: (day, Fraction(amount))
        for id_, day, amount in zip(*(deals[name].to_pylist() for name in ("id", "close_date", "amount")), strict=True)
    }
    splits = facts["opportunity_split"]
    shares = zip(*(splits[name].to_pylist() for name in ("opportunity_id", "user_id", "percent")), strict=True)
    return [(user, held[deal][0], deal, held[deal][1] * Fraction(share)) for deal, user, share in shares]


def _commissions(credits_: list[tuple[str, date, str, Fraction]]) -> list[tuple[str, str, str, str, int]]:
    totals: dict[tuple[str, int], Fraction] = defaultdict(Fraction)
    rows = []
    for payee, day, id_, credit in sorted(credits_):
        key = payee, (day.month - 1) // 3
        before = _cents(_scale(totals[key]))
        totals[key] += credit
        rows.append((payee, "commission", f"{day:%Y-%m}", id_, _cents(_scale(totals[key])) - before))
    return rows


def _scale(total: Fraction) -> Fraction:
    pay = Fraction(0)
    for number, (bound, rate) in enumerate(zip(_BOUNDS, _RATES, strict=True)):
        until = _BOUNDS[number + 1] if number + 1 < len(_BOUNDS) else total
        pay += max(Fraction(0), min(total, until) - bound) * rate
    return pay


def _overrides(
    credits_: list[tuple[str, date, str, Fraction]], managers: Mapping[str, str | None]
) -> list[tuple[str, str, str, str, int]]:
    earned: dict[tuple[str, date, str], Fraction] = defaultdict(Fraction)
    for payee, day, id_, credit in credits_:
        manager = managers[payee]
        for rate in _OVERRIDES.values():
            if manager is None:
                break
            earned[manager, day, id_] += credit * rate
            manager = managers[manager]
    totals: dict[tuple[str, int], Fraction] = defaultdict(Fraction)
    rows = []
    for (manager, day, id_), amount in sorted(earned.items()):
        key = manager, day.month
        before = _cents(totals[key])
        totals[key] += amount
        rows.append((manager, "override", f"{day:%Y-%m}", id_, _cents(totals[key]) - before))
    return rows


def _cents(amount: Fraction) -> int:
    """Half up."""
    return int(amount * 100 + Fraction(1, 2))


def _decimal(cents: int) -> object:
    from decimal import Decimal

    return Decimal(cents).scaleb(-2)
