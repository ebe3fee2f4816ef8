"""Each kind of component by hand: ann books 60,000 in January, 60,000.37 in February, and 10,000 are taken back in
March; her target is 100,000 a quarter. The arithmetic stands beside each case.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from pay_tables import Books

CREDITS = {
    "bookings": {"source": "opportunity", "time": "close_date"},
    "units": {"source": "opportunity", "time": "close_date"},
}
BOOKED = {"booked": {"credits": ["bookings"], "over": "quarter", "target": "100000"}}
SIZE = {"size": {"credits": ["bookings"], "over": "transaction"}}
ROWS = [
    ("ann", "2026-02-10", "b", "bookings", "60000.37"),
    ("ann", "2026-01-10", "a", "bookings", 60000),
    ("ann", "2026-03-31", "c", "bookings", -10000),
    ("ann", "2026-01-10", "a", "units", 3),
    ("bob", "2026-02-10", "b", "bookings", 50000),
]
RATES = [{"from": "0", "rate": "0.05"}, {"from": "1", "rate": "0.1"}]
AMOUNTS = [{"from": "0", "amount": "100"}, {"from": "0.5", "amount": "200"}, {"from": "1", "amount": "1000"}]


def tiers(reading: str | None, tiers_: list[dict[str, str]], **more: Any) -> dict[str, Any]:
    read = {} if reading is None else {"reading": reading}
    return {"kind": "tiers", "on": "bookings", "by": "booked", "bound": "lower", "tiers": tiers_, **read, **more}


def rate(number: str, **more: Any) -> dict[str, Any]:
    return {"kind": "rate", "on": "bookings", "rate": number, **more}


MIXED = [
    {"from": "0", "rate": "0.01", "reading": "whole"},
    {"from": "0.5", "rate": "0.05", "reading": "whole"},
    {"from": "1", "rate": "0.1", "reading": "marginal"},
]
MET = [{"measure": "booked", "at_least": "1"}]

CASES: dict[str, tuple[dict[str, Any], list[str]]] = {
    # 5 % of 60,000; 5 % of 40,000 + 10 % of 20,000.37; 10 % of -10,000
    "marginal": (tiers("marginal", RATES), ["3000", "4000.04", "-1000"]),
    # 5 % of 60,000; then 10 % of all 120,000.37 is 12,000.04
    "whole": (tiers("whole", RATES), ["3000", "9000.04", "-1000"]),
    "transaction": (tiers("transaction", RATES), ["3000", "6000.04", "-1000"]),
    "transaction, placed before": (tiers("transaction", RATES, placed="before"), ["3000", "3000.02", "-1000"]),
    "step": (tiers("step", AMOUNTS), ["200", "800", "0"]),
    "step, stacking": (tiers("step", AMOUNTS, stacking="true"), ["300", "1000", "0"]),
    # 0.05 + 0.05 x 0.6 is 8 % of 60,000
    "interpolated rate": (tiers("interpolated_rate", RATES), ["4800", "7200.04", "-1000"]),
    # 200 + 800 x 0.1 / 0.5
    "interpolated amount": (tiers("interpolated_amount", AMOUNTS), ["360", "640", "0"]),
    "mixed": (tiers(None, MIXED), ["3000", "4000.04", "-1000"]),
    "multiples of a rate": (
        tiers("marginal", [{"from": "0", "multiple": "1"}, {"from": "1", "multiple": "2.5"}], rate="0.02"),
        ["1200", "1800.02", "-500"],
    ),
    "only credits after the gate": (tiers("marginal", RATES, when=MET, opens="later"), ["0", "4000.04", "-1000"]),
    "only credits from a day on": (tiers("marginal", RATES, **{"from": "2026-02-01"}), ["0", "4000.04", "-1000"]),
    "half until the gate": (rate("0.1", when=MET, otherwise="0.5", over="quarter"), ["3000", "9000.04", "-1000"]),
    "bonus": ({"kind": "bonus", "pays": "500", "when": MET, "over": "quarter"}, ["0", "500", "0"]),
    "cap and floor of the interval": (
        tiers("marginal", RATES, cap={"amount": "3500"}, floor={"amount": "1000"}),
        ["3000", "500", "0"],
    ),
    "cap of each pay period": (
        tiers("marginal", RATES, cap={"amount": "2500", "over": "pay_period"}),
        ["2500", "2500", "-1000"],
    ),
    "cap of each transaction": (rate("0.1", cap={"amount": "5000", "over": "transaction"}), ["5000", "5000", "-1000"]),
    "multipliers by sum": (
        rate("0.1", multipliers={"combine": "sum", "factors": ["1.1", "1.2"]}),
        ["7800", "7800.05", "-1300"],
    ),
    "units, at most two": ({"kind": "spif", "on": "units", "pays": "50", "at_most": "2"}, ["100", "0", "0"]),
    "curve, on along the last line": (
        {
            "kind": "curve",
            "by": "booked",
            "pay": "3000",
            "points": [{"at": "0.5", "pays": "0.5"}, {"at": "1", "pays": "1"}, {"at": "1.1", "pays": "1.5"}],
            "beyond": "line",
        },
        ["1800", "4200.06", "-1500"],  # 0.6; 1 + 5 x 0.2000037; less 5 x 0.1, each x 3,000
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_each_transaction_earns_is_what_the_component_is_worth_more_after_it(case: str) -> None:
    component, expected = CASES[case]
    earned, _ = Books(
        {"credits": CREDITS, "measures": BOOKED, "components": {"c": component}}, ROWS, {"booked": 100_000}
    ).run()
    assert [earned.get(("ann", "c", id_), Decimal(0)) for id_ in "abc"] == [Decimal(each) for each in expected]


def two(components: dict[str, Any], measures: dict[str, Any] | None = None, **plan: Any) -> dict[tuple[str, ...], str]:
    given = {"credits": CREDITS, "measures": measures or BOOKED, "components": components, **plan}
    targets = {} if measures else {"booked": 100_000}
    earned, _ = Books(given, ROWS, targets, payees=("ann", "bob")).run()
    return {key: f"{amount:f}" for key, amount in earned.items() if amount}


def test_a_target_that_is_a_fraction_divides_credit_exactly() -> None:
    plan = {"credits": CREDITS, "measures": BOOKED, "components": {"c": tiers("marginal", RATES)}}
    earned, _ = Books(plan, ROWS, {"booked": (100_000, 3)}).run()
    # 5 % of 33,333.33… and 10 % of the rest
    assert earned["ann", "c", "a"] == Decimal("4333.33")


def test_shares_of_a_pool_add_up_to_it() -> None:
    found = two({"c": {"kind": "pool", "amount": "100.01"}}, {"m": {"credits": ["bookings"]}})
    assert (found["ann", "c", "month 1"], found["bob", "c", "month 1"]) == ("50.01", "50")


def test_a_pool_by_weight_gives_nothing_below_0() -> None:
    pool = {"kind": "pool", "amount": "0.01 * total(m)", "shared_by": "m"}
    found = two({"c": pool}, {"m": {"credits": ["bookings"], "over": "month"}})
    assert found == {
        ("ann", "c", "month 1"): "600",
        ("ann", "c", "month 2"): "600",
        ("bob", "c", "month 2"): "500",
    }


def test_a_guarantee_pays_what_is_missing_in_each_pay_period() -> None:
    found = two({"c": rate("0.1"), "g": {"kind": "guarantee", "amount": "5500"}})
    assert {key: amount for key, amount in found.items() if key[1] == "g"} == {
        ("ann", "g", "month 3"): "6500",
        ("bob", "g", "month 1"): "5500",
        ("bob", "g", "month 2"): "500",
        ("bob", "g", "month 3"): "5500",
    }


def test_the_first_by_rank_is_paid_at_the_end_of_the_pay_period() -> None:
    measures = {"m": {"credits": ["bookings"], "over": "month"}, "place": {"rank": "m"}}
    bonus = {"kind": "bonus", "pays": "1000", "when": [{"measure": "place", "at_most": "1"}], "over": "month"}
    found = two({"c": bonus}, measures)
    assert list(found) == [("ann", "c", "month 1"), ("ann", "c", "month 2"), ("bob", "c", "month 3")]


def test_the_cap_of_the_comp_plan_is_a_line_of_its_own() -> None:
    found = two({"c": rate("0.1"), "d": rate("0.05")}, cap={"amount": "8000"})
    assert {key[2]: amount for key, amount in found.items() if key[:2] == ("ann", "cap")} == {
        "a": "-1000",
        "b": "-1000.06",
    }


def test_where_totals_are_rounded_components_add_up_to_the_rounded_sum() -> None:
    found = two({"c": rate("0.0333333"), "d": rate("0.0122229")}, rounding={"at": "total"})
    # 110,000.37 earns 4,555.62… in all; ann's lines in February sum to what 60,000.37 x 0.0455562 rounds to
    assert Decimal(found["ann", "c", "b"]) + Decimal(found["ann", "d", "b"]) == Decimal("2733.39")


def test_what_is_above_the_target_is_carried_into_the_next_interval() -> None:
    carrying = {"credits": ["bookings"], "over": "month", "target": "50000", "carry": ["excess", "shortfall"]}
    plan = {"credits": CREDITS, "measures": {"m": carrying}, "components": {"c": rate("0")}}
    _, measures = Books(plan, ROWS, {"m": (100_000, 2)}).run()
    assert [row["value"] for row in measures] == [Decimal(60000), Decimal("70000.37"), Decimal("10000.37")]


def test_the_last_months_go_with_the_day_of_each_transaction() -> None:
    plan = {
        "credits": CREDITS,
        "measures": {"m": {"credits": ["bookings"], "over": {"last": "2"}}},
        "components": {"c": rate("0")},
    }
    _, measures = Books(plan, ROWS).run()
    assert [row["value"] for row in measures] == [Decimal(60000), Decimal("120000.37"), Decimal("50000.37")]


def test_each_transaction_is_placed_by_its_own_size() -> None:
    placed = {"kind": "tiers", "on": "bookings", "by": "size", "reading": "marginal"}
    found = two({"c": placed | {"tiers": [{"from": "0", "rate": "0.01"}, {"from": "50000", "rate": "0.02"}]}}, SIZE)
    assert [found["ann", "c", id_] for id_ in "abc"] == ["700", "700.01", "-100"]
