"""The months of a year closed one after the other through the store, and the year replayed: what an operator waits for.

Ten thousand payees with three deals a month each (`MONTH_END_PAYEES=1000`: so many payees) in one store, half of each
earning paid at once and half in three instalments, with a draw and clawbacks; between two months one deal in 101 of
those before is corrected. Beside it stands what computes the same pay and keeps nothing: reading the records and
computing them, once. Each part runs in a process of its own. `python -m benchmarks.month_end PART FOLDER` runs one.
"""

from __future__ import annotations

import json
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.metric_company import CONNECTION, fill_store
from config.loader import load_project
from connectors.base import Page, Stream, Sweep
from salesops.compute import compute
from salesops.rules import needed_columns
from sync.pay.calculate import calculate
from sync.pay.export import export
from sync.pay.move import move_on
from sync.pay.reckon import pay_rules
from sync.pay.replay import replay
from sync.rules import build_rules
from sync.store.facts import read_facts
from sync.store.lease import hold_lease
from sync.store.pages import save_page
from sync.store.runs import present
from sync.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from config.loader import Project

PAYEES = int(os.environ.get("MONTH_END_PAYEES", "10000"))
DEALS = 3
"""Of each payee and month."""

MONTHS = tuple(f"2025-{month:02}" for month in range(1, 13))
STORE = ".salesops/store.db"
PEOPLE = ("cal@x.example", "app@x.example")

_FILES = {
    "salesops.yaml": f"""\
name: Field
time_zone: UTC
currency: USD
connections:
  {CONNECTION}: {{crm: hubspot, sign_in: {{kind: access_token, token: env:SALESOPS_TEST_TOKEN}}}}
pay:
  first_period: {{month: {MONTHS[0]}}}
  people: [{", ".join(PEOPLE)}]
""",
    "mapping.yaml": f"{CONNECTION}: {{opportunity: {{custom: [cancelled_on]}}}}\n",
    "comp_plans/field.yaml": """\
comp_plans:
  field:
    label: Field
    effective_from: 2025-01-01
    eligible: {}
    credits:
      won: {source: opportunity, where: [{field: is_won, is: true}], time: close_date}
    measures:
      sold: {credits: [won], over: quarter, target: 100000}
    components:
      commission:
        {kind: tiers, by: sold, reading: marginal, tiers: [{from: 0, rate: 0.05}, {from: 1, rate: 0.08}]}
    payment:
      release: [{share: 0.5, on: earned}, {share: 0.5, over: {months: 3}}]
      steps:
        churn: {kind: clawback, when: custom.cancelled_on, within: {months: 6}}
        draw: {kind: draw, amount: 1000}
""",
}

_ROWS = {
    "user": """
        SELECT 'u' || n AS id, 'User ' || n AS name, 'u' || n || '@x.example' AS email, 1 AS active
        FROM range({payees}) r(n)""",
    "opportunity": """
        SELECT 'o' || n AS id, 'Deal ' || n AS name, 'u' || n % {payees} AS owner_id, 'Closed Won' AS stage,
               1 AS is_closed, 1 AS is_won, CAST(1000 + n * 7919 % 50003 AS VARCHAR) || '.37' AS amount,
               strftime(day, '%Y-%m-%d') AS close_date, '2024-12-01T10:00:00.000Z' AS created_at,
               CASE WHEN n % 97 = 0 THEN '{{"cancelled_on": "' || strftime(day + 40, '%Y-%m-%d') || '"}}' ELSE '{{}}'
               END AS custom
        FROM (SELECT n, make_date(2025, CAST(1 + n // {payees} % 12 AS INTEGER), CAST(1 + n * 31 % 28 AS INTEGER))
                     AS day FROM range({payees} * 12 * {deals}) r(n))""",
}


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds of each step, and the most memory in MB."""

    seconds: dict[str, float]
    peak: float


def report() -> None:
    """Print how long the months of a year take, beside computing their pay alone, and replaying them."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        _build(root)
        alone = _in_process("alone", root)
        closed = _in_process("close", root)
        replayed = _in_process("replay", root)
        size = (root / STORE).stat().st_size / 1e6
    once = alone.seconds["read"] + alone.seconds["compute"]
    deals = PAYEES * DEALS * len(MONTHS)
    print(f"month end: {PAYEES:,} payees, {deals:,} deals; reading them and computing their pay takes {once:.1f} s")
    year = sum(closed.seconds.values())
    last = sum(seconds for step, seconds in closed.seconds.items() if step.startswith(MONTHS[-1]))
    print(f"month end: the last month in {last:.1f} s, {last / once:.1f} times that; {closed.peak:,.0f} MB")
    for step in ("calculate", "close", "export"):
        print(f"month end: of it {step} {closed.seconds[f'{MONTHS[-1]} {step}']:.1f} s")
    print(f"month end: all twelve in {year:.1f} s; the store is {size:,.0f} MB then")
    again = replayed.seconds["replay"]
    print(f"month end: replaying the year in {again:.1f} s, {again / year:.2f} of that; {replayed.peak:,.0f} MB")


def _build(root: Path) -> None:
    for name, text in _FILES.items():
        path = root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    with Store(root / STORE) as store:
        for name in _ROWS:
            save_page(store, CONNECTION, Stream(name, name, Sweep.CHANGES), Page(name, "{}", complete=True, rows={}))
    fill_store(root / STORE, "", {name: sql.format(payees=PAYEES, deals=DEALS) for name, sql in _ROWS.items()})


def _in_process(part: str, root: Path) -> Took:
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.month_end", part, str(root)]
    return Took(**json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout))


class Clock:
    """Seconds by step."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, step: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.seconds[step] = time.perf_counter() - start


def _measure(part: str, root: Path) -> Took:
    project, clock = load_project(root), Clock()
    with Store(root / project.settings.store) as store, hold_lease(store, "benchmark"):
        {"alone": _alone, "close": _close, "replay": _replay}[part](project, store, clock)
    return Took(clock.seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def _alone(project: Project, store: Store, clock: Clock) -> None:
    rules, as_of = pay_rules(build_rules(project, ())), present()
    with clock("read"):
        facts = read_facts(store, CONNECTION, needed_columns(rules, as_of))
    with clock("compute"):
        compute(facts, rules, as_of)


def _close(project: Project, store: Store, clock: Clock) -> None:
    for number, month in enumerate(MONTHS):
        _correct(project.root / project.settings.store, number)
        with clock(f"{month} calculate"):
            calculate(project, store, CONNECTION, month, PEOPLE[0])
        with clock(f"{month} close"):
            move_on(project, store, CONNECTION, month, "reviewed", PEOPLE[0])
            move_on(project, store, CONNECTION, month, "approved", PEOPLE[1])
            move_on(project, store, CONNECTION, month, "closed", PEOPLE[0])
        with clock(f"{month} export"):
            export(project, store, CONNECTION, month, project.root / f"{month}.csv", PEOPLE[0])


def _correct(path: Path, months: int) -> None:
    """Correct one deal in 101 of the months before."""
    before = "CAST(substr(id, 2) AS INTEGER)"
    with sqlite3.connect(path) as db:
        db.execute(
            f"UPDATE opportunity SET amount = '2000.41' WHERE {before} % 101 = ? AND {before} / ? % 12 = ?",
            (months, PAYEES, months - 1),
        )


def _replay(_project: Project, store: Store, clock: Clock) -> None:
    with clock("replay"):
        differs = [each.calculation.period.name for each in replay(store, CONNECTION, None) if not each.is_same]
    assert not differs, f"{differs} do not replay"


if __name__ == "__main__":
    if len(sys.argv) == 1:
        report()
    else:
        print(json.dumps(asdict(_measure(sys.argv[1], Path(sys.argv[2])))))
