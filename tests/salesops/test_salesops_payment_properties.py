"""Payment: the engine against the plain reference on random histories, and what must hold whatever the rules say.

PAYMENT_EXAMPLES says how often it is tried (`make payment-properties`); without it a few times, for every run.
"""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from payment_worlds import SCHEMAS, compared, entries_of, payable_of
from random_payment import random_history
from reference_payment import reference_entries

from salesops.payment.entries import compute_entries
from salesops.payment.tables import ENTRIES

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

EXAMPLES = int(os.environ.get("PAYMENT_EXAMPLES", "100"))

Row = dict[str, Any]
seeds = st.integers(0, 2**32)


def some(share: float) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A part of the examples, at least one. A smaller seed is no smaller history, so none is looked for."""
    return settings(
        max_examples=max(1, round(EXAMPLES * share)),
        derandomize="PAYMENT_EXAMPLES" not in os.environ,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


def reference_ledger(seed: int) -> list[Row]:
    """All that the reference posts in a history."""
    ledger: list[Row] = []
    for closing in random_history(seed):
        ledger += reference_entries(*closing[:3], ledger, *closing[3:])
    return ledger


@given(seeds)
@some(0.03)
def test_the_engine_equals_the_plain_reference_and_entries_sum_to_nothing(seed: int) -> None:
    assert compared(seed).differences == []


@given(seeds, st.randoms(use_true_random=False))
@some(0.01)
def test_the_order_of_rows_changes_nothing(seed: int, shuffler: random.Random) -> None:
    ledger = ENTRIES.empty_table()
    for closing in random_history(seed)[:3]:
        payable = payable_of(closing)
        mixed = replace(payable, **{name: _mixed(getattr(payable, name), shuffler) for name in SCHEMAS})
        again = compute_entries(closing.rules, mixed, _mixed(ledger, shuffler), closing.period, closing.first)
        made = entries_of(closing, ledger)
        assert again == made
        ledger = pa.concat_tables([ledger, made])


def _mixed(table: pa.Table, shuffler: random.Random) -> pa.Table:
    return table.take(pa.array(shuffler.sample(range(table.num_rows), table.num_rows), pa.int64()))


@given(seeds)
@some(0.03)
def test_what_is_posted_is_not_posted_again(seed: int) -> None:
    """With nothing new, a second calculation of a period finds nothing that is earned, released or taken back."""
    closing = random_history(seed)[0]
    closing = closing._replace(tables=closing.tables | {"manual": []})
    made = entries_of(closing, ENTRIES.empty_table())
    causes = set(entries_of(closing._replace(first=False), made)["cause"].to_pylist())
    assert not causes & {"opening", "earned", "adjusted", "released", "clawed_back", "manual"}


@given(seeds)
@some(0.4)
def test_what_is_earned_is_held_payable_paid_lost_or_taken_back(seed: int) -> None:
    """Of each line: in the reference, of more histories than the engine is asked for."""
    balances: dict[tuple[Any, ...], Fraction] = defaultdict(Fraction)
    draws: dict[tuple[Any, ...], Fraction] = defaultdict(Fraction)
    transferred: dict[tuple[Any, ...], Fraction] = defaultdict(Fraction)
    for row in reference_ledger(seed):
        owner = (row["comp_plan"], row["payee_id"], row["unit"])
        balances[owner] += row["amount"]
        if row["account"] in {"advance", "recovery"}:
            draws[*owner, row["part"]] += row["amount"]
        if row["account"] == "transferred":
            transferred[row["period"], *owner[1:]] += row["amount"]
        assert row["account"] != "paid" or row["cause"] == "opening" or row["amount"] > 0
    assert not any(balances.values())
    assert not any(transferred.values())
    assert all(owed <= 0 for owed in draws.values())
