"""Comp plans: the engine against the plain reference on random worlds, and what must hold whatever the plans say.

PAY_EXAMPLES says how often what must hold is tried (`make pay-properties`); without it a few times, for every run.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pyarrow as pa
import pytest
from compared_pay import case_differences
from contest_worlds import contest_world
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from mixed import mixed
from pay_worlds import compared
from random_pay_company import AS_OFS, PayDice, random_pay_company
from random_pay_rules import random_pay_rules, refusals, rules_of, written
from reference_pay_formulas import rounded
from worked import facts

import salesops.compute
from salesops.cases.closing import as_known
from salesops.cases.periods import SETTLED
from salesops.compute import compute
from salesops.engine import Engine
from sync.cases import find_cases

if TYPE_CHECKING:
    import random
    from collections.abc import Callable
    from datetime import datetime

    from random_pay_company import Facts

    from salesops.results import Results
    from sync.cases import Found

    Test = Callable[..., None]

EXAMPLES = int(os.environ.get("PAY_EXAMPLES", "16"))
CASES = find_cases([Path(__file__).parents[1] / "plans"], None).found

seeds = st.integers(0, 2**32)
as_ofs = st.sampled_from(AS_OFS)


def some(share: float) -> Callable[[Test], Test]:
    """A part of the examples, at least one. A smaller seed is no smaller world, so none is looked for."""
    return settings(
        max_examples=max(1, round(EXAMPLES * share)),
        derandomize="PAY_EXAMPLES" not in os.environ,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


@pytest.mark.parametrize("found", CASES, ids=lambda found: found.placed.case.name)
def test_the_reference_comes_to_what_the_worked_examples_say(found: Found) -> None:
    assert found.setup is not None
    setup = as_known(found.setup, found.setup.day)
    # What is paid of it is compared by payment_worlds.py.
    assert not [each for each in case_differences(setup) if each.what.partition(".")[0] not in SETTLED]


def test_the_loader_takes_nearly_all_random_comp_plans(tmp_path: Path) -> None:
    refused = [found[0] for seed in range(60) if (found := refusals(written(seed), tmp_path))]
    assert len(refused) <= 6, refused


@pytest.mark.parametrize("seed", range(16))
def test_the_engine_equals_the_plain_reference(seed: int) -> None:
    assert compared(seed).differences == []


@pytest.mark.parametrize("seed", range(6))
def test_the_engine_equals_the_plain_reference_of_contests(seed: int) -> None:
    found = compared(seed, contest_world)
    assert (found.refused, found.differences) == (None, [])


@given(seeds, seeds, as_ofs, st.randoms(use_true_random=False))
@some(0.2)
def test_order_and_batches_change_nothing(company: int, ruled: int, as_of: datetime, shuffler: random.Random) -> None:
    rows, rules = random_pay_company(company), random_pay_rules(ruled)
    again, once = compute(mixed(rows, shuffler), rules, as_of), compute(facts(**rows), rules, as_of)
    assert (again.credits, again.measures, again.earnings) == (once.credits, once.measures, once.earnings)


PARTS: dict[str, Any] = {
    "label": "P",
    "effective_from": "2024-01-01",
    "eligible": {},
    "credits": {
        name: {
            "source": "opportunity",
            "where": [{"field": "is_won", "is": "true"}],
            "time": "close_date",
            "amount": "amount / 7",
            **to,
        }
        for name, to in {"whole": {}, "split": {"to": {"splits": ["Revenue"]}}}.items()
    },
    "measures": {"sold": {"credits": ["whole"], "over": "quarter", "target": "quota"}},
}
TIERS = [{"from": "0", "rate": "0.033333"}, {"from": "0.5", "rate": "0.0871"}, {"from": "1.1", "rate": "0.151"}]
READINGS = {
    name: {"kind": "tiers", "by": "sold", "reading": name, "bound": "lower", "tiers": TIERS}
    for name in ("marginal", "whole", "transaction", "interpolated_rate")
}
POOL = {"kind": "pool", "amount": "0.01 * total(sold) / 3", "shared_by": "sold"}


def paid(rows: Facts, plan: dict[str, Any], seed: int, as_of: datetime) -> Results:
    """What a comp plan alone makes of facts, with the quotas of a seed."""
    said = written(seed) | {"comp_plans": {"p": plan}, "payees": {}}
    return compute(facts(**rows), rules_of(said, PayDice(seed)), as_of)


@given(seeds, seeds, as_ofs)
@some(0.2)
def test_the_parts_of_a_split_sum_to_the_whole(company: int, ruled: int, as_of: datetime) -> None:
    rows = random_pay_company(company)
    shares: dict[str, Decimal] = defaultdict(Decimal)
    for split in rows["opportunity_split"]:
        split |= {"type": "Revenue", "user_id": "u0" if split["user_id"] == "gone" else split["user_id"]}
        shares[split["opportunity_id"]] += split["percent"]
    rows["opportunity_split"] = [each for each in rows["opportunity_split"] if shares[each["opportunity_id"]] == 1]
    owners = {each["opportunity_id"] for each in rows["opportunity_split"]}
    rows = always_there(rows)
    rows["opportunity"] = [deal | {"owner_id": "u0"} for deal in rows["opportunity"] if deal["id"] in owners]
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    plan = PARTS | {"components": {"c": {"kind": "rate", "on": "split", "rate": "0.1"}}}
    for row in paid(rows, plan, ruled, as_of).credits.to_pylist():
        sums[row["credit"], row["transaction_id"]] += row["amount"]
    for (credit, deal), amount in sums.items():
        assert amount == sums["whole" if credit == "split" else "split", deal]


@given(seeds, seeds, as_ofs, st.sampled_from(["half_up", "half_even", "down", "up"]))
@some(0.2)
def test_the_shares_of_a_pool_sum_to_it(company: int, ruled: int, as_of: datetime, mode: str) -> None:
    rows = always_there(random_pay_company(company))
    plan = PARTS | {"components": {"pool": POOL}, "rounding": {"mode": mode}, "period": "quarter"}
    results = paid(rows, plan, ruled, as_of)
    sold: dict[str, list[Fraction]] = defaultdict(list)
    for row in results.measures.to_pylist():
        sold[row["period"]].append(Fraction(row["value"]))
    shares: dict[str, Fraction] = defaultdict(Fraction)
    for row in results.earnings.to_pylist():
        shares[row["period"]] += Fraction(row["amount"])
    for period, values in sold.items():
        whole = rounded(sum(values, Fraction(0)) / 300, 2, mode) if any(value > 0 for value in values) else 0
        assert shares[period] == whole


def always_there(rows: Facts) -> Facts:
    """The facts, nobody ever having joined, moved or left."""
    return rows | {"user": [user | {"active": True} for user in rows["user"]], "change": []}


@given(seeds, seeds, as_ofs)
@some(0.2)
def test_months_add_up_to_the_quarter(company: int, ruled: int, as_of: datetime) -> None:
    rows = random_pay_company(company)
    by_period = {}
    for period in ("month", "quarter"):
        plan = PARTS | {"components": READINGS, "period": period}
        sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for row in paid(rows, plan, ruled, as_of).earnings.to_pylist():
            if row["status"] == "earned":
                sums[row["component"], row["payee_id"]] += row["amount"]
        by_period[period] = {key: amount for key, amount in sums.items() if amount}
    assert by_period["month"] == by_period["quarter"]


class Watched(Engine):
    """An engine that remembers the types of what it kept for comp plans."""

    types: ClassVar[set[str]] = set()

    def keep_rows(self, name: str, query: str) -> None:
        super().keep_rows(name, query)
        if name.startswith("pay "):
            columns = self.fetch(f'DESCRIBE "{name}"')["column_type"].to_pylist()
            self.types.update(re.sub(r"\(.*?\)", "", str(column)) for column in columns)


@given(seeds, seeds, as_ofs)
@some(0.2)
def test_no_number_of_pay_is_ever_a_binary_float(company: int, ruled: int, as_of: datetime) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(salesops.compute, "Engine", Watched)
        results = compute(facts(**random_pay_company(company)), random_pay_rules(ruled), as_of)
    for table in (results.credits, results.measures, results.earnings):
        assert not [field for field in table.schema if pa.types.is_floating(field.type)]
    whole = {"VARCHAR", "BOOLEAN", "DATE", "TIMESTAMP", "TIMESTAMP_MS", "INTEGER", "BIGINT", "UBIGINT", "HUGEINT"}
    assert Watched.types
    assert Watched.types <= {"DECIMAL", "DECIMAL[]", *whole}
