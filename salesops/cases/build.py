"""Cases as facts and rules: what one pass of the engine takes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pyarrow as pa

from config.comp_plans import Assignment
from config.metrics.parts import with_parts
from config.used_metrics import metrics_of_pay
from salesops.calendar import EARLIEST, day_start
from salesops.cases.conditions import Meaning
from salesops.cases.people import add_people
from salesops.cases.quotas import quotas_of
from salesops.cases.records import Records
from salesops.cases.transactions import add_transactions
from salesops.results import METRICS
from salesops.rules import needed_columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from config.comp_plans import CompPlan
    from config.comp_plans.cases import CasePayee
    from salesops.calendar import Kind
    from salesops.cases.model import Fault, Setup
    from salesops.facts import Facts
    from salesops.rules import Rules


@dataclass(frozen=True, slots=True)
class Given:
    """What a pass computes: facts and rules as of a time, and values of metrics (METRICS) that stand for computed ones.

    `prefixes`: what the ids and e-mails of each case begin with.
    """

    facts: Facts
    rules: Rules
    as_of: datetime
    metrics: pa.Table
    prefixes: tuple[str, ...]


def build_given(setups: Sequence[Setup]) -> Given:
    """What it takes to compute these cases in one pass (`salesops.cases.passes`)."""
    first = setups[0]
    prefixes = tuple(f"{number} " if len(setups) > 1 else "" for number in range(len(setups)))
    records, payees = Records(), dict[str, tuple[Assignment, ...]]()
    for prefix, setup in zip(prefixes, setups, strict=True):
        records.prefix = prefix
        payees |= add_people(records, setup)
        add_transactions(records, setup, meaning_of(setup))
    for rate in first.case.rates:
        records.add(
            "exchange_rate",
            currency=rate.currency,
            to_currency=currency_of(first),
            rate=rate.rate,
            from_date=rate.from_ or EARLIEST,
        )
    rules = _rules(setups, prefixes, payees)
    zone = ZoneInfo(rules.time_zone)
    as_of = day_start(max(setup.day for setup in setups) + timedelta(days=1), zone) - timedelta(milliseconds=1)
    return Given(_facts(records, rules, as_of), rules, as_of, _metrics(setups, prefixes), prefixes)


def faults_of(setup: Setup) -> list[Fault]:
    """What is wrong with the transactions of a case."""
    records = Records()
    add_people(records, setup)
    return add_transactions(records, setup, meaning_of(setup))


def meaning_of(setup: Setup) -> Meaning:
    """What conditions mean in the case."""
    rules = setup.around.rules
    parameters = {name: each.on(setup.day) for name, each in rules.parameters.items()}
    return Meaning(rules.time_zone, setup.day, rules.meanings, parameters)


def currency_of(setup: Setup) -> str:
    """The currency of amounts that say none: that of the comp plan."""
    return setup.main.currency or setup.around.rules.currency


def _rules(setups: Sequence[Setup], prefixes: tuple[str, ...], payees: Mapping[str, tuple[Assignment, ...]]) -> Rules:
    first = setups[0]
    around = first.around.rules
    plans = {name: plan for setup in setups for name, plan in setup.plans.items()}
    if first.named_only:
        plans = {
            name: plan.model_copy(update={"eligible": None}) if _is_assigned(name, plan, payees) else plan
            for name, plan in plans.items()
        }
    quotas = quotas_of(setups, prefixes)
    used = metrics_of_pay(plans) | {quota.metric for quota in quotas.values()}
    wanted = with_parts(used, around.metrics, around.parameters)
    return replace(
        around,
        currency=currency_of(first),
        metrics={name: metric for name, metric in around.metrics.items() if name in wanted},
        quotas=quotas,
        comp_plans=plans,
        payees=payees,
        territories=None,
    )


def _is_assigned(name: str, plan: CompPlan, payees: Mapping[str, tuple[Assignment, ...]]) -> bool:
    """Whether somebody is named for the comp plan."""
    known = {name, *plan.named}
    return any(each.comp_plan in known for assigned in payees.values() for each in assigned)


def _facts(records: Records, rules: Rules, as_of: datetime) -> Facts:
    needed = needed_columns(rules, as_of)
    custom = [(object_, name) for object_, fields in needed.items() for name in fields if name.startswith("custom.")]
    return records.facts(custom)


def _metrics(setups: Sequence[Setup], prefixes: tuple[str, ...]) -> pa.Table:
    """The values of metrics that cases give, in every period that a measure may take them in."""
    rows = []
    for prefix, setup in zip(prefixes, setups, strict=True):
        for email, payee in setup.case.payees.items():
            rows += list(_metric_rows(setup, f"{prefix}{email.lower()}", payee))
    return pa.Table.from_pylist(rows, schema=METRICS)


def _metric_rows(setup: Setup, user: str, payee: CasePayee) -> Iterator[dict[str, object]]:
    calendar = setup.around.rules.calendar
    kinds: tuple[Kind, ...] = ("week", "month", "quarter", "year")
    begin = setup.main.effective_from
    for name, figure in payee.metrics.items():
        every = {period.name: figure for kind in kinds for period in calendar.periods(kind, begin, setup.day)}
        values = figure if isinstance(figure, dict) else every
        for period, value in values.items():
            row = {"metric": name, "grain": "user", "key": user, "period": period, "value": value}
            yield row | {"numerator": None, "denominator": None, "sample": None, "partial": False}
