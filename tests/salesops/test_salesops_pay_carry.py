"""What a measure carries into a year since the payee's start, where `started_on` is another day from some day on."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from compared_pay import figures_by_reference, figures_of
from reference_pay import reference_pay
from worked import facts, parse, rules, user

from config.comp_plans import CompPlanFile
from salesops.compute import compute

PLAN = """
    label: Years since the start
    effective_from: 2023-01-01
    credits: {won: {source: opportunity, where: [{field: is_won, is: true}], time: close_date}}
    measures: {booked: {credits: [won], over: anniversary, target: 100, carry: [excess], starts_with: 7}}
    components: {reward: {kind: amount, amount: booked, over: anniversary}}
"""
JUNE = datetime(2025, 6, 30, 12, tzinfo=UTC)


def _deal(day: str, amount: int) -> dict[str, Any]:
    return {
        "id": day,
        "owner_id": "ann",
        "amount": Decimal(amount),
        "close_date": date.fromisoformat(day),
        "is_won": True,
    }


@pytest.mark.parametrize(
    ("since", "started_on", "expected"),
    [
        ("2025-01-01", "2024-03-01", 7 + 130 - 100 + 5),  # the same start: the year is over on 1 March
        ("2025-03-01", "2025-03-01", 7 + 130 - 100 + 5),  # one year begins as the other ends
        ("2025-01-01", "2025-01-01", 5),  # the year that began with March 2024 has not ended: nothing comes of it
        ("2025-02-01", "2024-01-01", 5),
    ],
)
def test_a_year_of_another_start_carries_only_where_it_begins_as_the_one_before_ends(
    since: str, started_on: str, expected: int
) -> None:
    payees = f"""{{ann@x.example: [
        {{comp_plan: ae, started_on: 2024-03-01, until: {since}}},
        {{comp_plan: ae, from: {since}, started_on: {started_on}}}]}}"""
    file = CompPlanFile.model_validate({"comp_plans": {"ae": parse(PLAN)}, "payees": parse(payees)})
    made = replace(rules(only=(), time_zone="UTC"), comp_plans=file.comp_plans, payees=file.payees)
    rows = {"user": [user("ann")], "opportunity": [_deal("2024-06-10", 130), _deal("2025-06-10", 5)]}
    results = compute(facts(**rows), made, JUNE)
    june = next(row for row in results.measures.to_pylist() if row["period"] == "2025-06")
    assert june["value"] == expected
    expected_figures = figures_by_reference(reference_pay(rows, made, JUNE), rows)
    assert not any(figures_of(results).differences(expected_figures).values())
