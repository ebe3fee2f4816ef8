"""What two sets of rules pay, side by side, on tables made by hand."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import pyarrow as pa

from salesops.results import EARNINGS, MEASURES, Pay
from salesops.whatif.compare import compare

CURRENCIES = {"ae": "USD", "manager": "EUR"}


def earning(plan: str, payee: str, amount: int, period: str = "2026-01", status: str = "earned") -> dict[str, Any]:
    row = dict.fromkeys(EARNINGS.names) | {"comp_plan": plan, "component": "commission", "payee_id": payee}
    return row | {"period": period, "status": status, "credit": Decimal(0), "amount": Decimal(amount)}


def pay(*rows: dict[str, Any], measured: tuple[str, ...] = ()) -> Pay:
    empty = dict.fromkeys(MEASURES.names)
    measures = [empty | {"comp_plan": "ae", "payee_id": each, "period": "2026-01"} for each in measured]
    return Pay(
        earnings=pa.Table.from_pylist(list(rows), schema=EARNINGS),
        measures=pa.Table.from_pylist(measures, schema=MEASURES),
    )


NOW = (earning("ae", "a", 10), earning("ae", "a", 5), earning("ae", "b", 20), earning("manager", "m", 7))
THEN = (earning("ae", "a", 30), earning("ae", "b", 18), earning("manager", "m", 7))


def test_each_currency_adds_up_by_itself_and_who_earns_nothing_stays() -> None:
    found = compare(pay(*NOW, measured=("c",)), pay(*THEN), {"2026-01"}, (CURRENCIES, CURRENCIES))
    assert [(each.currency, int(each.now), int(each.then)) for each in found.totals] == [("EUR", 7, 7), ("USD", 35, 48)]
    assert [(each.key[0], int(each.difference)) for each in found.payees] == [("m", 0), ("a", 15), ("c", 0), ("b", -2)]
    assert [(each.gain, each.lose, each.stay) for each in found.spreads] == [(0, 0, 1), (1, 1, 1)]
    assert [int(each) for each in found.spreads[1].quartiles] == [-2, -2, 0, 15, 15]


def test_other_periods_and_what_is_only_estimated_are_left_out() -> None:
    rows = (*NOW, earning("ae", "a", 99, "2026-02"), earning("ae", "b", 99, status="estimated"))
    both = (CURRENCIES, CURRENCIES)
    assert compare(pay(*rows), pay(*THEN), {"2026-01"}, both) == compare(pay(*NOW), pay(*THEN), {"2026-01"}, both)


def test_a_plan_that_changes_its_currency_costs_both() -> None:
    found = compare(pay(*NOW), pay(*NOW), {"2026-01"}, (CURRENCIES, CURRENCIES | {"manager": "USD"}))
    lines = [(each.key[0], each.currency, int(each.now), int(each.then)) for each in found.comp_plans]
    assert lines == [("ae", "USD", 35, 35), ("manager", "EUR", 7, 0), ("manager", "USD", 0, 7)]


def test_the_order_of_rows_does_not_matter() -> None:
    mixed = list(NOW)
    random.Random(1).shuffle(mixed)
    both = (CURRENCIES, CURRENCIES)
    assert compare(pay(*mixed), pay(*THEN[::-1]), {"2026-01"}, both) == compare(
        pay(*NOW), pay(*THEN), {"2026-01"}, both
    )
