"""What counted for whom on which day, on a comp plan and off it, and what that earned. Loads Ibis and DuckDB."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from config.comp_plans import Amount
from config.comp_plans.payment import Payment
from config.comp_plans.plan import Eligible
from config.used_metrics import metrics_of_measures
from salesops.basis import build_basis
from salesops.engine import Engine
from salesops.incentives.crediting.credits import pays_on
from salesops.incentives.pay import compute_pay
from salesops.incentives.states.events import credits_about
from salesops.metrics.compute import compute_metrics
from salesops.payment.settling import Settling
from salesops.results import METRICS
from salesops.whatif.standing import main_measure

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date, datetime
    from decimal import Decimal

    from config.comp_plans import CompPlan
    from salesops.facts import Facts
    from salesops.rules import Rules

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Counted:
    """A transaction that counts for a payee on a day."""

    payee_id: str
    day: date
    transaction: tuple[str, str]  # its source and id
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Results:
    """What is known of a comp plan and of everybody else.

    `everybody` are transactions as the comp plan counts them for anybody whom it could credit, were everybody on it.
    `stays` and `stays_of_all` are the days on which somebody is on the comp plan, or a user at all: first and last day.
    """

    everybody: tuple[Counted, ...]
    earned: tuple[tuple[str, date, Decimal], ...]  # payee, day, amount
    stays: Mapping[str, tuple[tuple[date, date], ...]]
    stays_of_all: Mapping[str, tuple[tuple[date, date], ...]]


def counted_credits(plan: CompPlan, component: str | None) -> tuple[str, ...]:
    """The credits whose amounts are the result: those that a component is about, or of a whole comp plan those of its
    main measure, else those of the first that it pays."""
    if component is not None:
        return credits_about(plan, plan.components[component])
    main = main_measure(plan)
    if main is not None:
        return plan.measures[main].credits
    paid = (credits_about(plan, part) for part in plan.components.values() if part.paid is not False)
    return next(filter(None, paid), ())


def read_results(
    facts: Facts, rules: Rules, as_of: datetime, name: str, component: str | None, first: date, end: date
) -> Results:
    """What the comp plan counts and earns of the facts, and what it would count for everybody from the first day on."""
    with Engine() as engine:
        basis = build_basis(engine, facts, rules, as_of)
        used = frozenset(metrics_of_measures(rules.comp_plans))
        metrics = compute_metrics(basis, used)[0] if used else METRICS.empty_table()
        pay = compute_pay(basis, metrics, settling=True, estimated=False)
    settling = pay.settling or Settling()
    other = next(each for each in rules.comp_plans if each.startswith(_everybody(name)))
    of_other = _rows_of(pay.credits, other)
    earned = [row for row in _rows_of(pay.earnings, name) if component in {None, row["component"]}]
    return Results(
        everybody=tuple(
            Counted(row["payee_id"], row["day"], (row["source"], row["transaction_id"]), row["amount"])
            for row in of_other
            if first <= row["day"] < end and row["amount"] is not None
        ),
        earned=tuple((row["payee_id"], row["day"], row["amount"]) for row in earned),
        stays=_stays(settling.presence, name),
        stays_of_all=_stays(settling.presence, other),
    )


def rules_with_everybody(rules: Rules, name: str, component: str | None, first: date, end: date) -> Rules:
    """The comp plan with all that it is paid on, beside one that counts the same credits for everybody."""
    plan = rules.comp_plans[name]
    wanted = counted_credits(plan, component)
    everybody = plan.model_copy(
        update={
            "effective_from": first,
            "effective_until": end,
            "eligible": Eligible(),
            "credits": {each: plan.credits[each] for each in wanted},
            "measures": {},
            "components": {"nothing": Amount(kind="amount", amount="0")},
            "payment": Payment(),
            "ramp": (),
            "cap": None,
            "floor": None,
            "named": (),
        }
    )
    needed = dict.fromkeys([name])
    for each in list(needed):
        _add_needed(rules, each, needed)
    plans = {each: rules.comp_plans[each] for each in needed}
    other = _everybody(name)
    while other in rules.comp_plans:
        other += "_"
    return replace(rules, comp_plans={**plans, other: everybody})


def _add_needed(rules: Rules, name: str, needed: dict[str, None]) -> None:
    for each in pays_on(rules, name):
        if each not in needed:
            needed[each] = None
            _add_needed(rules, each, needed)


def _everybody(name: str) -> str:
    return f"{name}_for_everybody"


def _rows_of(table: pa.Table, name: str) -> list[dict[str, Any]]:
    found = table.filter(pc.equal(table["comp_plan"].cast(pa.string()), pa.scalar(name)))
    rows: list[dict[str, Any]] = found.to_pylist()
    return rows


def _stays(presence: pa.Table, name: str) -> dict[str, tuple[tuple[date, date], ...]]:
    """Stretches of days without a gap, by payee."""
    found: dict[str, list[tuple[date, date]]] = defaultdict(list)
    rows = presence.filter(pc.equal(presence["comp_plan"].cast(pa.string()), pa.scalar(name))).to_pylist()
    for row in sorted(rows, key=lambda row: (row["payee_id"], row["first_day"])):
        stays = found[row["payee_id"]]
        if stays and row["first_day"] <= stays[-1][1] + _DAY:
            stays[-1] = (stays[-1][0], max(stays[-1][1], row["last_day"]))
        else:
            stays.append((row["first_day"], row["last_day"]))
    return {payee: tuple(stays) for payee, stays in found.items()}


def covers(stays: Iterable[tuple[date, date]], first: date, last: date) -> bool:
    """Whether one of these stays holds all days from the first to the last."""
    return any(start <= first and last <= end for start, end in stays)
