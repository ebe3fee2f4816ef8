"""Random histories of payment, each from its seed: what the engine posts in every period against the plain reference.

`python tests/salesops/payment_worlds.py FROM TO [PROCESSES]` tries the seeds from one to below another, says every
difference with its seed, period and entry, and how much was compared. It ends with 1 where anything differs.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from fractions import Fraction
from multiprocessing import Pool
from typing import TYPE_CHECKING, Any

import click
import pyarrow as pa
from random_payment import random_history
from reference_payment import reference_entries

from salesops.payment.entries import compute_entries
from salesops.payment.tables import ENTRIES, EVENTS, MANUAL, PRESENCE, STEPS, Payable
from salesops.results import EARNINGS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from random_payment import Closing

SHOWN = 6
SCHEMAS = {"earnings": EARNINGS, "steps": STEPS, "presence": PRESENCE, "events": EVENTS, "manual": MANUAL}
KEY = [name for name in ENTRIES.names if name not in {"posting", "amount"}]

Row = dict[str, Any]
Amounts = dict[tuple[Any, ...], Fraction]


@dataclass
class Compared:
    """What came of a history: what differs or does not hold, and how many entries there were of each cause."""

    seed: int
    differences: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


def payable_of(closing: Closing) -> Payable:
    """What is known at a closing, as tables."""
    tables = {name: pa.Table.from_pylist(closing.tables[name], schema=schema) for name, schema in SCHEMAS.items()}
    return Payable(**tables, rates=closing.rates)


def entries_of(closing: Closing, ledger: pa.Table) -> pa.Table:
    """What the engine posts at a closing."""
    return compute_entries(closing.rules, payable_of(closing), ledger, closing.period, closing.first)


def by_key(rows: Iterable[Row]) -> Amounts:
    """Amounts by all columns but posting, without those that are nothing."""
    found: Amounts = defaultdict(Fraction)
    for row in rows:
        found[tuple(row[name] for name in KEY)] += Fraction(row["amount"])
    return {key: amount for key, amount in found.items() if amount}


def compared(seed: int) -> Compared:
    """The engine and the reference on every closing of a seed, up to the first that differs."""
    found = Compared(seed)
    ledger, reference = ENTRIES.empty_table(), list[Row]()
    for closing in random_history(seed):
        made = entries_of(closing, ledger)
        said = reference_entries(*closing[:3], reference, *closing[3:])
        ours, theirs = by_key(made.to_pylist()), by_key(said)
        found.counts += Counter(key[KEY.index("cause")] for key in theirs) + Counter(closings=1)
        wrong = {key for key in ours.keys() | theirs.keys() if ours.get(key, 0) != theirs.get(key, 0)}
        for key in sorted(wrong, key=str)[:SHOWN]:
            entry = " ".join(str(each) for each in key if each not in {"", None})
            found.differences.append(f"{entry}: engine {_plain(ours, key)}, reference {_plain(theirs, key)}")
        ledger, reference = pa.concat_tables([ledger, made]), reference + said
        found.differences += broken(ledger.to_pylist(), closing.period.name)
        if found.differences:
            break
    return found


def broken(ledger: list[Row], period: str) -> list[str]:
    """What must hold of every ledger, and does not after a period."""
    postings, draws, paid, between, owed = (defaultdict[tuple[Any, ...], Fraction](Fraction) for _ in range(5))
    for row in ledger:
        amount, owner = Fraction(row["amount"]), (row["comp_plan"], row["payee_id"], row["unit"])
        postings[row["period"], row["posting"], row["unit"]] += amount
        if row["account"] in {"advance", "recovery"}:
            draws[*owner, row["part"]] -= amount
        if row["account"] == "paid" and row["period"] == period and row["cause"] == "paid":
            paid[owner] += amount
        if row["account"] == "transferred":
            between[row["period"], *owner[1:]] += amount
        if row["account"] == "owed":
            owed[owner] += amount
    found = [f"posting {key} is {float(amount)}" for key, amount in postings.items() if amount]
    found += [f"a draw is owed below nothing: {key} {float(amount)}" for key, amount in draws.items() if amount < 0]
    found += [f"transfers of {key} are {float(amount)}" for key, amount in between.items() if amount]
    found += [f"more is recovered than was owed: {key} {float(amount)}" for key, amount in owed.items() if amount > 0]
    return found + [f"less than nothing is paid: {key} {float(amount)}" for key, amount in paid.items() if amount < 0]


def _plain(amounts: Amounts, key: tuple[Any, ...]) -> float | None:
    return float(amounts[key]) if key in amounts else None


def _tried(seed: int) -> Compared:
    try:
        return compared(seed)
    except Exception:  # noqa: BLE001  a history that cannot be computed is a difference, too
        return Compared(seed, [f"stopped: {traceback.format_exc(limit=-3)}"])


def main(first: int, end: int, processes: int) -> int:
    """Says what differs, and how much was compared; 1 where anything differs."""
    counts, differing = Counter[str](), []
    with Pool(processes) as pool:
        for each in pool.imap_unordered(_tried, range(first, end), chunksize=8):
            counts += each.counts
            if each.differences:
                differing.append(each.seed)
            for difference in each.differences:
                click.echo(f"seed {each.seed}: {difference}")
    click.echo(f"{end - first:,} histories: {len(differing):,} differ {sorted(differing)}")
    click.echo(", ".join(f"{name} {number:,}" for name, number in sorted(counts.items())))
    return 1 if differing else 0


if __name__ == "__main__":
    first, end, *processes = map(int, sys.argv[1:])
    sys.exit(main(first, end, *processes or [os.cpu_count() or 1]))
