"""Payment: the engine against the plain reference on random histories, and what must hold whatever the rules say.

PAYMENT_EXAMPLES says how often it is tried (`make payment-properties`); without it a few times, for every run.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from payment_conserved import broken, later, reference_of, still_held, unlike_in_one_go
from payment_worlds import compared, entries_of, in_other_order
from random_payment import random_history

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


@given(seeds)
@example(16)  # what an undone clawback gives back, where nothing else moved and debts take a tenth at most
@some(0.03)
def test_the_engine_equals_the_plain_reference_and_entries_sum_to_nothing(seed: int) -> None:
    assert compared(seed).differences == []


@given(seeds, st.randoms(use_true_random=False))
@some(0.01)
def test_the_order_of_rows_changes_nothing(seed: int, shuffler: random.Random) -> None:
    ledger = ENTRIES.empty_table()
    for closing in random_history(seed)[:3]:
        made = entries_of(closing, ledger)
        assert in_other_order(closing, ledger, shuffler) == made
        ledger = pa.concat_tables([ledger, made])


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
    """In the reference, of more histories than the engine is asked for."""
    ledger: list[Row] = []
    history = random_history(seed)
    for closing in history:
        ledger += reference_of(closing, ledger)
        assert broken(ledger, closing) == []
    assert still_held(later(closing, ledger), closing) == []
    assert unlike_in_one_go(ledger, reference_of(closing._replace(first=False), [])) == []
