"""Explanations add up to the number: every metric of the catalog on the made-up company, as each CRM tells of it."""

from __future__ import annotations

import random
from collections import defaultdict
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest
from integration_harness import CREDENTIALS, CRMS

from config.catalog_files import read_catalog
from config.loader import load_project
from config.template import SANDBOX_QUOTA, SANDBOX_QUOTAS, write_template
from connectors.sandbox.behaviour import CALM
from connectors.sandbox.company import generate
from connectors.sandbox.dialect import Settings
from connectors.sandbox.run import open_sandbox
from salesops.explain import explaining
from salesops.rules import needed_columns
from sync.connections import connect
from sync.pull import describe, pull
from sync.rules import build_rules
from sync.store.facts import read_facts
from sync.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from integration_harness import Crm

    from salesops.explain import Explanation
    from salesops.explain.explainer import Explainer

DAY = date(2026, 5, 20)
AS_OF = datetime(2026, 5, 20, 16, tzinfo=UTC)
SIZES = {"ACCOUNTS": 300, "OPPORTUNITIES": 900, "LEADS": 900, "ACTIVITIES": 5_000}
GRAINS = 1
"""So many figures of each metric are explained, each of another grain, besides the company's; others of each CRM."""


@pytest.fixture(scope="module", params=CRMS)
def explainer(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Explainer]:
    """All metrics of the catalog on the company's records, pulled by the real connector and computed once."""
    crm: Crm = request.param
    folder = tmp_path_factory.mktemp(crm)
    settings = Settings(behaviour=CALM)
    with pytest.MonkeyPatch.context() as patch, closing(Store(folder / "store.db")) as store:
        for name, value in CREDENTIALS.items():
            patch.setenv(name, value)
        for name, count in SIZES.items():
            patch.setattr(generate, name, count)
        with open_sandbox(crm, as_of=DAY, settings=settings) as sandbox:
            write_template(
                folder / "project",
                crm=crm,
                url=sandbox.url,
                ca_file=sandbox.ca_file,
                first_day=date(DAY.year - 2, 1, 1),
                default_quota=SANDBOX_QUOTA,
                quotas_by_team=SANDBOX_QUOTAS,
                made_up_company=True,
            )
            (folder / "project" / "writeback.yaml").unlink()  # the fields that it names are not made here
            project = load_project(folder / "project")
            with closing(connect(project, "crm")) as connector:
                describe(project, store, "crm", connector)
                list(pull(store, "crm", connector))
        rules = replace(build_rules(project), metrics=read_catalog().model.metrics)
        facts = read_facts(store, "crm", needed_columns(rules, AS_OF))
    with explaining(facts, rules, AS_OF) as explainer:
        yield explainer


def test_every_metric_is_explained_to_the_number(explainer: Explainer) -> None:
    dice = random.Random(explainer.results.table.num_rows)
    periods = {period.name: period for period in explainer.periods} | {"all": None}
    figures: dict[str, dict[str, list[tuple[str, str]]]] = defaultdict(lambda: defaultdict(list))
    columns = [explainer.results.table[name].to_pylist() for name in ("metric", "grain", "key", "period")]
    for metric, grain, key, period in zip(*columns, strict=True):
        figures[metric][grain].append((key, period))
    wrong: list[str] = []
    for metric in explainer.rules.metrics:
        by_grain = figures[metric]
        others = sorted(by_grain.keys() - {"company"})
        for grain in ["company", *dice.sample(others, min(GRAINS, len(others)))]:
            key, period = dice.choice(by_grain[grain]) if by_grain[grain] else ("", "FY2026-Q2")
            wrong += differences(explainer.explain(metric, grain, key, periods[period]))
    assert wrong == []
    nothing = {metric for metric in explainer.rules.metrics if not figures[metric]}
    assert len(nothing) < len(explainer.rules.metrics) / 10, nothing


def differences(explanation: Explanation) -> list[str]:
    """A line for each number, of the explanation and its parts, that its records do not make."""
    wrong = [] if explanation.value == explanation.total else [f"{explanation.figure}: {explanation.total} found"]
    for part in explanation.parts:
        wrong += differences(part.explanation)
    return wrong
