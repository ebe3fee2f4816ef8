"""A team re-organised in mid-quarter, a rep who left, an opportunity that changed owner, a currency that moved.

What each declared basis makes of them, by numbers that a person can recompute, of the engine and the plain reference.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from reference_metrics import reference_metrics
from worked import facts, plain, rules, user

from salesops.compute import compute

AS_OF = datetime(2025, 3, 31, 20, tzinfo=UTC)
QUARTER = "FY2025-Q1"
BASES = {
    "now": "",
    "hierarchy_then": "hierarchy: then, ",
    "owner_then": "owner: then, ",
    "both_then": "owner: then, hierarchy: then, ",
    "creator": "owner: creator, ",
    "rates_now": "rates: now, ",
}
METRICS = "\n".join(
    f"""    {name}: {{label: Won, kind: simple, unit: money, source: opportunity, aggregate: sum, of: amount,
           {basis}time: close_date, where: [{{field: is_won, is: true}}]}}"""
    for name, basis in BASES.items()
)


def change(number: int, object_: str, id_: str, field: str, before: str | None, after: str | None, at: str) -> Any:
    moment = datetime.fromisoformat(at).replace(tzinfo=UTC)
    names = ("id", "object", "record_id", "field", "before", "after", "at")
    return dict(zip(names, (f"c{number}", object_, id_, field, before, after, moment), strict=True))


def won(id_: str, owner: str, amount: str, closed: date, **more: Any) -> dict[str, Any]:
    states = {"is_won": True, "is_closed": True, "created_at": datetime(2024, 12, 1, tzinfo=UTC)}
    return {"id": id_, "owner_id": owner, "amount": Decimal(amount), "close_date": closed, **states, **more}


# Ann moved on 15 February at noon in New York from the east, under max, to the west, under meg. Bob left on 1 February
# and is in no team since. Deal 5 was ann's when it closed and is cid's since March. Deal 6 is in euros.
ROWS: dict[str, list[dict[str, Any]]] = {
    "user": [
        user("ann", "west", "meg"),
        user("bob", None, None, active=False),
        user("cid", "west", "meg"),
        user("max", "east"),
        user("meg", "west", "max"),
    ],
    "opportunity": [
        won("1", "ann", "100", date(2025, 2, 14)),
        won("2", "ann", "200", date(2025, 2, 15)),  # the day of the move: at its end she was in the west
        won("3", "ann", "400", date(2025, 2, 16)),
        won("4", "bob", "50", date(2025, 1, 20)),
        won("5", "cid", "1000", date(2025, 2, 25), created_by_id="bob"),
        won("6", "max", "100", date(2025, 1, 10), currency="EUR"),
    ],
    "change": [
        change(1, "user", "ann", "team", "east", "west", "2025-02-15T17:00"),
        change(2, "user", "ann", "manager_id", "max", "meg", "2025-02-15T17:00"),
        change(3, "user", "bob", "team", "east", None, "2025-02-01T14:00"),
        change(4, "user", "bob", "manager_id", "max", None, "2025-02-01T14:00"),
        change(5, "opportunity", "5", "owner_id", "ann", "cid", "2025-03-01T14:00"),
        change(6, "user", "ann", "team", "west", "west", "2025-04-02T14:00"),  # not yet
    ],
    "exchange_rate": [
        {"id": "r1", "currency": "EUR", "to_currency": "USD", "rate": Decimal("1.05"), "from_date": date(2025, 1, 1)},
        {"id": "r2", "currency": "EUR", "to_currency": "USD", "rate": Decimal("1.2"), "from_date": date(2025, 3, 1)},
    ],
}


@dataclass(frozen=True)
class Case:
    metric: str
    grain: str
    key: str
    expected: str


CASES = [
    Case("now", "user", "ann", "700"),  # 100 + 200 + 400
    Case("now", "team", "west", "1700"),  # ann's 700 and cid's 1,000
    Case("now", "team", "east", "105"),  # max alone: 100 euros at 1.05
    Case("now", "manager", "meg", "1700"),
    Case("now", "manager", "max", "1805"),  # all below him, and his own
    Case("hierarchy_then", "team", "east", "255"),  # ann's 100, bob's 50, max's 105
    Case("hierarchy_then", "team", "west", "1600"),  # ann's 200 and 400, cid's 1,000
    Case("hierarchy_then", "manager", "meg", "1600"),
    Case("hierarchy_then", "manager", "max", "1855"),  # 1,600 under meg, ann's 100, bob's 50, his own 105
    Case("now", "user", "bob", "50"),  # who left keeps what was won
    Case("now", "user", "cid", "1000"),
    Case("owner_then", "user", "ann", "1700"),  # deal 5 was hers when it closed
    Case("owner_then", "user", "cid", "no row"),
    Case("owner_then", "team", "west", "1700"),  # she is in the west now
    Case("both_then", "team", "west", "1600"),  # and was when deal 5 closed
    Case("both_then", "team", "east", "255"),
    Case("creator", "user", "bob", "1000"),  # the others say nobody
    Case("creator", "company", "", "1855"),
    Case("now", "company", "", "1855"),  # 1,750 and 105
    Case("rates_now", "company", "", "1870"),  # 1,750 and 100 euros at 1.20
    Case("rates_now", "user", "max", "120"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.metric}-{case.grain}-{case.key or 'company'}")
def test_each_basis_gives_the_number_that_it_says(case: Case) -> None:
    assert engine().get((case.metric, case.grain, case.key, QUARTER), "no row") == case.expected


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.metric}-{case.grain}-{case.key or 'company'}")
def test_the_reference_gives_the_number_that_a_person_reckons(case: Case) -> None:
    results = reference_metrics(ROWS, rules(only=(), metrics=METRICS), AS_OF)
    result = results.get((case.metric, case.grain, case.key, QUARTER))
    assert (result.value if result else "no row") == (case.expected if result is None else Decimal(case.expected))


def test_before_the_change_of_owner_both_bases_agree() -> None:
    results = compute(facts(**ROWS), rules(only=(), metrics=METRICS), datetime(2025, 2, 28, 20, tzinfo=UTC))
    found = [row for row in results.metrics.to_pylist() if (row["key"], row["period"]) == ("ann", QUARTER)]
    values = {row["metric"]: plain(row["value"]) for row in found}
    assert values["now"] == values["owner_then"] == "1700"


@cache
def engine() -> dict[tuple[str, str, str, str], str | None]:
    results = compute(facts(**ROWS), rules(only=(), metrics=METRICS), AS_OF)
    return {
        (row["metric"], row["grain"], row["key"], row["period"]): plain(row["value"])
        for row in results.metrics.to_pylist()
    }
