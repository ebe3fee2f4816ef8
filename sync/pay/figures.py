"""What the ledger says of a pay period, by payee: what statements say, as figures."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

import pyarrow.compute as pc

from salesops.statements.books import PAYS, STANDS
from sync.store.chunks import read_table
from sync.store.ledger import read_ledger
from sync.store.pay_states import SETTLED, read_last

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sync.store.pay_states import State
    from sync.store.store import Store

_RESULTS = ("earnings", "credits", "measures")


@dataclass(frozen=True, slots=True)
class PeriodFigures:
    """A pay period; `state` None where nothing was done to it yet.

    `payees` are those who have a statement of it by comp plan, and `amounts`, by figure and payee, are sums by comp
    plan and unit without those of 0; `units` are those of all that a comp plan ever posted. They are empty until it is
    closed. What is paid is in the currency of pay.
    """

    state: State | None
    payees: Mapping[str, frozenset[str]] = field(default_factory=dict)
    amounts: Mapping[tuple[str, str], Mapping[tuple[str, str], Decimal]] = field(default_factory=dict)
    units: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def is_closed(self) -> bool:
        """Whether it never changes any more."""
        return self.state in SETTLED


def read_figures(store: Store, connection: str, period: str) -> PeriodFigures:
    """What the ledger says of a pay period by name: entries of it, and what all up to it leave."""
    last = read_last(store, connection, period)
    if last is None or last.state not in SETTLED:
        return PeriodFigures(last.state if last else None)
    amounts: dict[tuple[str, str], dict[tuple[str, str], Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    payees: dict[str, set[str]] = defaultdict(set)
    units: dict[str, set[str]] = defaultdict(set)
    ledger = read_ledger(store, last.calculation)
    keys = ["payee_id", "comp_plan", "unit", "account", "cause", "period"]
    for row in ledger.group_by(keys).aggregate([("amount", "sum")]).to_pylist():
        of = row["comp_plan"], row["unit"]
        units[row["comp_plan"]].add(row["unit"])
        is_now = row["period"] == period
        if is_now:
            payees[row["comp_plan"]].add(row["payee_id"])
        for figure, sign in _figures(row["account"], row["cause"], is_now=is_now):
            amounts[figure, row["payee_id"]][of] += sign * row["amount_sum"]
    found = {key: {of: amount for of, amount in sums.items() if amount} for key, sums in amounts.items()}
    for (_, payee), sums in found.items():
        for comp_plan, _ in sums:
            payees[comp_plan].add(payee)
    for name in _RESULTS:
        table = read_table(store, last.calculation, "output", name).filter(pc.field("period") == period)
        for row in table.group_by(["comp_plan", "payee_id"]).aggregate([]).to_pylist():
            payees[row["comp_plan"]].add(row["payee_id"])
    return PeriodFigures(last.state, _frozen(payees), found, _frozen(units))


def _frozen(sets: Mapping[str, set[str]]) -> dict[str, frozenset[str]]:
    return {name: frozenset(its) for name, its in sets.items()}


def _figures(account: str, cause: str, *, is_now: bool) -> Iterator[tuple[str, int]]:
    """The figures that an entry counts for, and its sign in each."""
    if account in STANDS:
        yield STANDS[account]
    if is_now and account == "earned" and cause in {"earned", "adjusted"}:
        yield cause, -1
    if is_now and account == "paid" and cause in PAYS:
        yield "paid", 1
