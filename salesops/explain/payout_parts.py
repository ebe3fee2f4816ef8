"""A component in each of its intervals: what its states say of measures, tiers, gates and the way to its worth."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.checks.comp_plans.cycles import formulas_of
from config.comp_plans import Curve, Tiers
from config.comp_plans.base import shown_label
from config.comp_plans.components import gates_of
from config.comp_plans.formula import Name as Named
from config.comp_plans.formula import parse_pay_formula, walk
from config.comp_plans.intervals import measure_interval, sums_over
from config.comp_plans.paid_on import credits_of
from salesops.explain.payout_columns import decimal
from salesops.explain.payout_model import ZERO, GateTold, HeldTold, Reckoned, Rung, Standing
from salesops.explain.payout_steps import steps_of
from salesops.incentives.components.modifiers import is_inner

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from decimal import Decimal

    from config.comp_plans import Component, CompPlan, Gate
    from config.yaml_text import Path
    from salesops.explain.payout_columns import Columns, Row
    from salesops.explain.payout_rows import Earned, ReadRows

_BOUNDS = ("at_least", "more_than", "at_most", "less_than")


def reckoned(columns: Columns, rows: ReadRows, name: str, periods: Collection[str]) -> Iterator[Reckoned]:
    """The component in each of its intervals with a cell in the pay periods, in their order."""
    kind: str = columns.program.worths.setting(name).partition[1]
    last: dict[str, int] = {}
    for place, row in enumerate(rows.states):
        if row["ends"] and row["period"] in periods and (name not in columns.program.closes or row["is_close"]):
            last[row[kind]] = place
    for key, place in last.items():
        row = rows.states[place]
        states = [each for each in rows.states[: place + 1] if each[kind] == key]
        known = {(each["day"], each["source"], each["id"]) for each in states}
        earned = [
            each
            for each in rows.earned.get(name, ())
            if (each.state["day"], each.state["source"], each.state["id"]) in known
        ]
        to_date = sum((each.amount for each in earned), ZERO)
        yield Reckoned(
            interval=row["period"] if kind == "period" else row[f"{kind} name"],
            last_day=row["day"],
            measures=tuple(_standings(columns, rows, row, name)),
            held=tuple(_held(columns, rows.states[: place + 1], row, name)),
            rungs=tuple(rungs_of(columns, row, name, states)),
            again=tuple(_again(columns, name, earned)),
            gates=tuple(_gates(columns, row, name)),
            steps=tuple(steps_of(columns, rows, row, name)),
            worth=columns.read(row, name, "worth"),
            rounded=columns.read(row, name, "rounded"),
            to_date=to_date,
            before=sum((each.amount for each in earned if each.period not in periods), ZERO),
            missing=tuple(_missing(columns, name)),
        )


def _again(columns: Columns, name: str, earned: Sequence[Earned]) -> Iterator[str]:
    """Which transactions bring another tier to what came before them in the interval."""
    component = columns.program.plan.components[name]
    if not isinstance(component, Tiers) or columns.program.worths.setting(name).group is not None:
        return
    readings = [each.reading or component.reading or "marginal" for each in component.tiers]
    of_transactions = [each for each in earned if each.source]
    if set(readings) == {"interpolated_rate"} and len(of_transactions) > 1:
        yield "Each transaction moves the rate: what came before is paid again at the new one; it earns the difference"
    held, had_credit = None, False
    for each in of_transactions:
        tier = columns.read(each.state, name, "tier")
        reached = max((k for k in range(int(tier or 0)) if readings[k] != "marginal"), default=None)
        if had_credit and reached != held and "whole" in {readings[k] for k in (held, reached) if k is not None}:
            event, bound = f"{each.source} {each.id}", component.tiers[reached or 0].from_
            yield (
                f"From {event} on the tier from {bound} holds: what came before in the interval is paid again at its "
                f"rate, and {event} earns the difference"
            )
        held, had_credit = reached, had_credit or bool(each.credit)


def _standings(columns: Columns, rows: ReadRows, row: Row, name: str) -> Iterator[Standing]:
    plan = columns.program.plan
    for measure in measures_of(plan, plan.components[name]):
        held, at = plan.measures[measure], ("measure", measure)
        if held.grouped_by is not None:
            continue  # it stands in each group, and is shown with the transactions
        kind: str = sums_over(plan, measure_interval(plan, measure))
        target = columns.read(row, *at, "target")
        has = columns.program.measures.has_target(measure)
        behind, value = rows.behind.get((measure, row[kind])), columns.read(row, *at, "value")
        streak = rows.streaks.get(measure)
        yield Standing(
            measure=measure,
            label=shown_label(measure, held.label),
            interval=row["period"] if kind == "period" else row[f"{kind} name"],
            start=columns.read(row, *at, "start"),
            value=value,
            target=target,
            attainment=columns.read(row, *at, "attainment"),
            target_is=(held.target or "individual") if has else "",
            full=behind.full(target) if behind is not None else None,
            share=columns.read(row, *at, "share") if has and "targets" in plan.proration.of else None,
            ramp=decimal(behind.ramp) if behind is not None and plan.ramp else None,
            path=("measures", measure),
            streak=streak.told(row[kind], row["day"], value) if streak is not None else None,
        )


def _held(columns: Columns, states: Sequence[Row], row: Row, name: str) -> Iterator[HeldTold]:
    """The transactions that a measure of the component does not count whole, in the interval that it is in."""
    plan = columns.program.plan
    for measure in measures_of(plan, plan.components[name]):
        held = plan.measures[measure]
        kind: str = sums_over(plan, measure_interval(plan, measure))
        for state in states if held.each_at_most is not None else ():
            whole, counts = (columns.read(state, "measure", measure, key) for key in ("whole", "counts"))
            if state[kind] == row[kind] and whole is not None and counts is not None and whole != counts:
                yield HeldTold(
                    measure=measure,
                    label=shown_label(measure, held.label),
                    day=state["day"],
                    source=state["source"],
                    id=state["id"],
                    whole=whole,
                    counts=counts,
                    written=held.each_at_most or "",
                    path=("measures", measure, "each_at_most"),
                )


def _gates(columns: Columns, row: Row, name: str) -> Iterator[tuple[GateTold, ...]]:
    component, setting = columns.program.plan.components[name], columns.program.worths.setting(name)
    told = [(path[1], _gate(columns, row, name, path, gate)) for path, gate in gates_of(component)]
    for place, condition in enumerate(component.when):
        if setting.group is None or not is_inner(setting, condition):  # else met in some groups, and not in others
            yield tuple(gate for of, gate in told if of == place)


def _gate(columns: Columns, row: Row, name: str, path: Path, gate: Gate) -> GateTold:
    is_share = gate.of != "value" and columns.program.measures.has_target(gate.measure)
    return GateTold(
        measure=gate.measure,
        looked_at=columns.read(row, name, *path),
        unit="share" if is_share else "number",
        bounds=tuple(
            (key, getattr(gate, key), columns.read(row, name, *path, key))
            for key in _BOUNDS
            if getattr(gate, key) is not None
        ),
        is_met=columns.read(row, name, *path, "met") == 1,
        path=("components", name, *path),
    )


def rungs_of(columns: Columns, row: Row, name: str, states: Sequence[Row]) -> Iterator[Rung]:
    """The tiers, or points of a curve, of a component at a state; `states` are those of its interval up to it."""
    component = columns.program.plan.components[name]
    if isinstance(component, Curve):
        yield from _points(columns, row, name, component)
    if not isinstance(component, Tiers):
        return
    tier = columns.read(row, name, "tier")
    reached = None if tier is None else int(tier) - 1
    readings = [each.reading or component.reading or "marginal" for each in component.tiers]
    up_to = None
    if reached is not None:
        up_to = max((k for k in range(reached + 1) if readings[k] != "marginal"), default=None)
    laid = [columns.read(row, name, "laid", k) for k in range(len(readings))]
    by_event = (name, "of event") in columns.found
    if by_event:
        laid = _by_event(columns, states, name, "own", len(readings))
        earns = _by_event(columns, states, name, "of event", len(readings))
    else:
        earns = _earned_in(columns, row, name, reached, up_to, readings)
        if reached is not None and earns[reached] is not None and "marginal" not in readings:
            laid[reached] = columns.read(row, name, "credited")
    for k, each in enumerate(component.tiers):
        yield Rung(
            written=each.from_,
            bound=columns.read(row, name, "bound", k),
            starts_at=columns.read(row, name, "starts", k),
            number=columns.read(row, name, "number", k),
            unit="money" if each.amount is not None else "share",
            reading=readings[k],
            is_reached=k == reached,
            laid=laid[k],
            earns=earns[k],
            path=("components", name, "tiers", k),
            is_own=k in columns.program.worths.setting(name).row_tiers,
        )


def _earned_in(
    columns: Columns, row: Row, name: str, reached: int | None, up_to: int | None, readings: Sequence[str]
) -> list[Decimal | None]:
    """What the credit in each tier comes to; all up to one that is not marginal (`up_to`) in the row of that one."""
    found: list[Decimal | None] = [None] * len(readings)
    bare = columns.read(row, name, "bare")
    if reached is None or bare is None or _is_inside(columns, name) or "transaction" in readings:
        return found
    first = 0 if up_to is None else up_to + 1
    for k in range(first, len(readings)):
        # Credit may lie above the tier that is reached: a return is divided over other tiers than its sale was.
        found[k] = ZERO if up_to == reached else columns.read(row, name, "earns", k)
    if up_to is not None:
        found[up_to] = bare - sum((each for each in found[first:] if each is not None), ZERO)
    return found


def _by_event(columns: Columns, states: Sequence[Row], name: str, what: str, tiers: int) -> list[Decimal | None]:
    """The sum of a number of transactions in the tier that each is paid by."""
    found: list[Decimal | None] = [ZERO] * tiers
    for state in states:
        tier, value = columns.read(state, name, "tier"), columns.read(state, name, what)
        if not state["ends"] and tier is not None and value is not None:
            found[int(tier) - 1] = (found[int(tier) - 1] or ZERO) + value
    return found


def _points(columns: Columns, row: Row, name: str, component: Curve) -> Iterator[Rung]:
    place = columns.read(row, name, "place")
    below = [k for k, point in enumerate(component.points) if place is not None and point.at <= place]
    for k, point in enumerate(component.points):
        yield Rung(
            written=str(point.at),
            bound=point.at,
            starts_at=None,
            number=point.pays,
            unit="share",
            reading="curve",
            is_reached=bool(below) and k == below[-1],
            laid=None,
            earns=None,
            path=("components", name, "points", k),
        )


def _is_inside(columns: Columns, name: str) -> bool:
    """Whether it is worth something for each transaction, or each group, and has no tier of its own."""
    setting = columns.program.worths.setting(name)
    return setting.is_each_alone or setting.group is not None


def _missing(columns: Columns, name: str) -> Iterator[str]:
    setting = columns.program.worths.setting(name)
    if setting.group is not None:
        field = columns.program.plan.measures[setting.grouped_by or ""].grouped_by
        yield f"each {field} is measured apart: where each of them stands is shown with its transactions"
    elif setting.is_each_alone:
        yield "each transaction is worth something by itself: what decides it is shown with the transactions"


def measures_of(plan: CompPlan, component: Component) -> tuple[str, ...]:
    """The measures that a component looks at: that which places it, those of its gates and of its formulas."""
    by: str | None = getattr(component, "by", None)
    found = [by] if by is not None else []
    found += [gate.measure for _, gate in gates_of(component)]
    for _, formula in formulas_of(component):
        parts = walk(parse_pay_formula(formula))
        found += [each.name.partition(".")[0] for each in parts if isinstance(each, Named)]
    return tuple(dict.fromkeys(name for name in found if name in plan.measures))


def lines_of(plan: CompPlan, component: Component) -> Iterator[tuple[str, Path]]:
    """What else of the comp plan decides what a component earns, with the lines that say it."""
    measures = measures_of(plan, component)
    credited = [
        *credits_of(plan, component),
        *(each for name in measures for each in plan.measures[name].named_credits),
    ]
    for name in dict.fromkeys(credited):
        yield f"credit {shown_label(name, plan.credits[name].label)}", ("credits", name)
    for name in measures:
        yield f"measure {shown_label(name, plan.measures[name].label)}", ("measures", name)
    named = {
        part.name
        for _, formula in formulas_of(component)
        for part in walk(parse_pay_formula(formula))
        if isinstance(part, Named)
    }
    for section in ("tables", "values", "components"):
        for name in getattr(plan, section):
            if name in named:
                yield f"{section[:-1]} {name}", (section, name)
