"""What stands in the ledger: postings, and what they add up to for each payee and account."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from salesops.payment.balances import balances, standing
from salesops.payment.tables import ENTRIES
from sync.store.ledger import read_entries, read_ledger
from sync.store.pay_states import read_closed, read_last

if TYPE_CHECKING:
    from decimal import Decimal

    from config.loader import Project
    from sync.store.calculations import Calculation
    from sync.store.store import Store

BALANCE_KEYS = ("payee_id", "comp_plan", "unit", "account")


def read_postings(store: Store, connection: str, kind: str, due: str) -> tuple[pa.Table, pa.Table]:
    """The entries of all closed pay periods of a kind, and those of the one that is `due` as far as it is calculated:
    ENTRIES."""
    closed = read_closed(store, connection, kind)
    last = read_last(store, connection, due)
    is_calculated = last is not None and last.state != "open"
    open_ = read_entries(store, last.calculation) if last is not None and is_calculated else ENTRIES.empty_table()
    return read_ledger(store, closed[-1] if closed else None), open_


def select(entries: pa.Table, payee: str | None, period: str | None) -> pa.Table:
    """The entries of a payee, or of a pay period, or all."""
    for column, wanted in (("payee_id", payee), ("period", period)):
        if wanted is not None:
            entries = entries.filter(pc.equal(entries[column], pa.scalar(wanted)))
    return entries


def sum_balances(entries: pa.Table) -> pa.Table:
    """BALANCE_KEYS with `amount`, which is not 0, in the order of the keys."""
    sums = entries.group_by(list(BALANCE_KEYS)).aggregate([("amount", "sum")])
    sums = sums.rename_columns([*BALANCE_KEYS, "amount"])
    return sums.filter(pc.not_equal(sums["amount"], pa.scalar(0, sums["amount"].type))).sort_by(
        [(key, "ascending") for key in BALANCE_KEYS]
    )


def read_stranded(project: Project, store: Store, kept: Calculation) -> dict[tuple[str, str], dict[str, Decimal]]:
    """Debts that only other comp plans can settle, above 0 by payee, under comp plan and currency: the comp plan is
    none of these pay periods any more, or what the payee earns of it is in another currency now."""
    entries = pa.concat_tables([read_ledger(store, kept.before), read_entries(store, kept.id)])
    owner = ("payee_id", "comp_plan", "unit")
    earned: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in balances(entries.filter(pc.field("account") == "earned"), owner).to_pylist():
        earned[row["payee_id"], row["comp_plan"]].add(row["unit"])
    counted = {
        name: plan.pays_in(project.settings.currency)
        for name, plan in project.comp_plans.items()
        if plan.period == kept.period.kind
    }
    found: dict[tuple[str, str], dict[str, Decimal]] = defaultdict(dict)
    for row in standing(entries).to_pylist():
        payee, comp_plan, unit = (row[name] for name in owner)
        debt = row["owed"] - row["carried"]
        if debt > 0 and (comp_plan not in counted or unit not in (earned[payee, comp_plan] or {counted[comp_plan]})):
            found[comp_plan, unit][payee] = debt
    return found
