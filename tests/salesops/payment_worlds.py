"""Random histories of payment, each from its seed: what the engine posts in every period against the plain reference.

`python tests/salesops/payment_worlds.py FROM TO [PROCESSES]` tries the seeds from one to below another, says every
difference with its seed, period and entry, and how much was compared. It ends with 1 where anything differs.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from fractions import Fraction
from multiprocessing import Pool
from random import Random
from typing import TYPE_CHECKING, Any

import click
import pyarrow as pa
import pyarrow.compute as pc
from payment_conserved import broken, later, reference_of, still_held, unlike_in_one_go
from random_payment import random_history

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
    """What came of a history: what differs or does not hold, and how many entries there were of each cause, and in how
    many of its closings what happened."""

    seed: int
    differences: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    happened: Counter[str] = field(default_factory=Counter)


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
    """The engine and the reference on every closing of a seed, up to the first that differs; then what must hold of the
    whole."""
    found = Compared(seed)
    ledger, reference, history = ENTRIES.empty_table(), list[Row](), random_history(seed)
    for closing in history:
        made, said = entries_of(closing, ledger), reference_of(closing, reference)
        ours, theirs = by_key(made.to_pylist()), by_key(said)
        found.counts += Counter(key[KEY.index("cause")] for key in theirs) + Counter(closings=1)
        found.happened.update(closing.what.keys())
        wrong = {key for key in ours.keys() | theirs.keys() if ours.get(key, 0) != theirs.get(key, 0)}
        for key in sorted(wrong, key=str)[:SHOWN]:
            entry = " ".join(str(each) for each in key if each not in {"", None})
            found.differences.append(f"{entry}: engine {_plain(ours, key)}, reference {_plain(theirs, key)}")
        ledger, reference = pa.concat_tables([ledger, made]), reference + said
        found.differences += [f"{closing.period.name}: {each}" for each in broken(ledger.to_pylist(), closing)]
        if found.differences:
            return found
    before = ledger.filter(pc.not_equal(ledger["period"], history[-1].period.name))
    if in_other_order(history[-1], before, Random(seed)) != made:
        found.differences.append("another order of rows posts something else")
    found.differences += in_the_end(history[-1], ledger, reference)
    return found


def in_other_order(closing: Closing, ledger: pa.Table, random: Random) -> pa.Table:
    """What the engine posts at a closing where all rows come in another order."""

    def mixed(table: pa.Table) -> pa.Table:
        return table.take(pa.array(random.sample(range(table.num_rows), table.num_rows), pa.int64()))

    payable = payable_of(closing)
    payable = replace(payable, **{name: mixed(getattr(payable, name)) for name in SCHEMAS})
    return compute_entries(closing.rules, payable, mixed(ledger), closing.period, closing.first)


def in_the_end(last: Closing, ledger: pa.Table, reference: list[Row]) -> list[str]:
    """What does not hold of a history: that all comes due, that it stands as if all had been known at once."""
    at_once = entries_of(last._replace(first=False), ENTRIES.empty_table()).to_pylist()
    due = later(last, reference)
    return [*unlike_in_one_go(ledger.to_pylist(), at_once), *still_held(due, last)]


def _plain(amounts: Amounts, key: tuple[Any, ...]) -> float | None:
    return float(amounts[key]) if key in amounts else None


def _tried(seed: int) -> Compared:
    try:
        return compared(seed)
    except Exception:  # noqa: BLE001  a history that cannot be computed is a difference, too
        return Compared(seed, [f"stopped: {traceback.format_exc(limit=-3)}"])


def main(first: int, end: int, processes: int) -> int:
    """Says what differs, and how much was compared; 1 where anything differs."""
    counts, happened, histories, differing = Counter[str](), Counter[str](), Counter[str](), []
    with Pool(processes) as pool:
        for each in pool.imap_unordered(_tried, range(first, end), chunksize=8):
            counts += each.counts
            happened += each.happened
            histories.update(each.happened.keys())
            if each.differences:
                differing.append(each.seed)
            for difference in each.differences:
                click.echo(f"seed {each.seed}: {difference}")
    click.echo(f"{end - first:,} histories: {len(differing):,} differ {sorted(differing)}")
    click.echo(", ".join(f"{name} {number:,}" for name, number in sorted(counts.items())))
    for name, number in sorted(happened.items()):
        click.echo(f"{name}: in {number:,} closings of {histories[name]:,} histories")
    return 1 if differing else 0


if __name__ == "__main__":
    first, end, *processes = map(int, sys.argv[1:])
    sys.exit(main(first, end, *processes or [os.cpu_count() or 1]))
