"""Random worlds of pay, each from its seed: all that the engine makes of them against the plain reference.

`python tests/salesops/pay_worlds.py FROM TO [PROCESSES]` tries the seeds from one to below another, says every
difference with its seed and keys, and how much was compared. It ends with 1 where anything differs.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from multiprocessing import Pool
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

import click
from compared_inverse import inverse_differences
from compared_pay import TABLES, figures_by_reference, figures_of
from random_pay_company import AS_OFS, PayDice, random_pay_company
from random_pay_rules import refusals, rules_of, written
from reference_pay import reference_pay
from worked import facts

from salesops.compute import compute

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from compared_pay import Figures
    from random_pay_company import Facts
    from random_pay_rules import Written

    from salesops.rules import Rules

SHOWN = 5
"""So many differences of a table are said of a world."""

ASKED = 5
"""In every world of so many it is also asked how much more is needed, which takes as long as all else."""


class World(NamedTuple):
    """A company, rules as an admin would write them, and when they are looked at."""

    rows: Facts
    said: Written
    as_of: datetime


def pay_world(seed: int) -> World:
    """The world of a seed."""
    return World(random_pay_company(seed), written(seed), AS_OFS[seed % len(AS_OFS)])


@dataclass
class Compared:
    """What came of a world: why the loader refuses it, else what differs, and how many figures of a kind there were."""

    seed: int
    refused: str | None = None
    differences: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


def compared(seed: int, of: Callable[[int], World] = pay_world) -> Compared:
    """The engine and the reference on the world of a seed."""
    found, (rows, said, as_of) = Compared(seed), of(seed)
    with TemporaryDirectory() as folder:
        if refused := refusals(said, Path(folder)):
            found.refused = refused[0]
            return found
    rules = rules_of(said, PayDice(seed))
    results, paid = compute(facts(**rows), rules, as_of), reference_pay(rows, rules, as_of)
    expected = figures_by_reference(paid, rows)
    for table, differing in figures_of(results).differences(expected).items():
        for key, (engine, reference) in sorted(differing.items(), key=str)[:SHOWN]:
            place = "/".join(map(str, key))
            found.differences.append(f"{table} {place}: engine {_plain(engine)}, reference {_plain(reference)}")
        if len(differing) > SHOWN:
            found.differences.append(f"{table}: and {len(differing) - SHOWN} more")
    found.counts = _counts(expected, rules)
    if seed % ASKED == 0:
        wrong, counts = inverse_differences(facts(**rows), rules, as_of, results.metrics, paid.books, PayDice(seed))
        found.differences += wrong
        found.counts += counts
    return found


def _counts(figures: Figures, rules: Rules) -> Counter[str]:
    """How many figures were compared: of each table, and what is earned and estimated of each kind of component."""
    found = Counter({table: len(getattr(figures, table)) for table in TABLES})
    for plan, component, *_ in (*figures.earned, *figures.estimated):
        rule = rules.comp_plans[plan].components.get(component)
        found[f"of kind {rule.kind}" if rule else f"{component} of the comp plan"] += 1
    return found


def _plain(found: object) -> object:
    """A figure as a person reads it."""
    if isinstance(found, tuple):
        return tuple(map(_plain, found))
    return float(found) if isinstance(found, Fraction) else found


def _tried(seed: int, of: Callable[[int], World]) -> Compared:
    try:
        return compared(seed, of)
    except Exception:  # noqa: BLE001  a world that cannot be computed is a difference, too
        return Compared(seed, differences=[f"stopped: {traceback.format_exc(limit=-3)}"])


def main(arguments: list[str], of: Callable[[int], World] = pay_world) -> int:
    """Says what differs, and how much was compared; 1 where anything differs."""
    first, end, processes = (*map(int, arguments), os.cpu_count() or 1)[:3]
    counts, refused, differing = Counter[str](), Counter[str](), []
    with Pool(processes) as pool:
        for each in pool.imap_unordered(partial(_tried, of=of), range(first, end)):
            counts += each.counts
            if each.refused:
                refused[each.refused.partition(": ")[2]] += 1
            if each.differences:
                differing.append(each.seed)
            for difference in each.differences:
                click.echo(f"seed {each.seed}: {difference}")
    click.echo(f"{end - first:,} worlds: {refused.total():,} refused, {len(differing):,} differ {sorted(differing)}")
    click.echo(", ".join(f"{name} {number:,}" for name, number in sorted(counts.items())))
    for reason, number in refused.most_common(5):
        click.echo(f"{number} refused: {reason}")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
