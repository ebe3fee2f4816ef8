"""Small projects for tests: a base that is right, and files put over it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.loader import load_project
from config.problems import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

BASE = {
    "salesops.yaml": """\
name: Test
time_zone: Europe/Berlin
currency: EUR
connections:
  crm:
    crm: hubspot
    sign_in: {kind: access_token, token: env:TOKEN}
""",
    "mapping.yaml": """\
crm:
  opportunity:
    custom: [margin]
""",
    "metrics/metrics.yaml": """\
metrics:
  big_wins:
    label: Big wins
    kind: simple
    unit: count
    source: opportunity
    aggregate: count
    where:
      - {field: is_won, is: true}
      - {field: amount, at_least: 50000}
      - {field: custom.margin, more_than: 0.2}
      - {field: created_at, at_least: 2024-01-01}
    time: close_date
""",
    "quotas/quotas.yaml": """\
quotas:
  bookings:
    label: Bookings
    metric: won_amount
    period: quarter
    targets:
      - {from: 2026-01-01, default: 250000}
""",
    "territories/territories.yaml": """\
territories:
  - name: West
    where:
      - {field: region, in: [California, Oregon]}
otherwise: Rest
""",
    "comp_plans/comp_plans.yaml": """\
comp_plans:
  ae:
    label: AE
    effective_from: 2026-01-01
    period: quarter
    eligible: {}
    credits:
      won: {source: opportunity, where: [{field: is_won, is: true}], time: close_date}
    measures:
      booked: {credits: [won], target: bookings}
    components:
      commission:
        kind: tiers
        by: booked
        reading: marginal
        tiers: [{from: 0, rate: 0.08}, {from: 1, rate: 0.12}]
payees:
  ann@example.com: [{comp_plan: ae, from: 2026-01-01}]
tests:
  - name: Eight percent up to the quota
    quotas: {bookings: 100000}
    transactions: [{id: a, on: 2026-01-15, amount: 50000}]
    expect: {total: 4000}
""",
    "writeback.yaml": """\
writeback:
  crm:
    - object: user
      field: salesops_won
      label: Won
      value: {kind: metric, metric: won_amount, period: this_quarter}
""",
}
"""In the order in which files refer to each other: none needs a later one."""


def write_project(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """The folder with these files in it."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def problems_of(root: Path) -> list[str]:
    """What `check` says of the project, warnings with their word in front."""
    try:
        found = list(load_project(root).warnings)
    except ConfigError as error:
        found = error.problems
    return [str(problem) if problem.severity == "error" else f"warning: {problem}" for problem in found]
