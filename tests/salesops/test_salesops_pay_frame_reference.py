"""The frame equals what plain loops over days and exact fractions make of the same people and plans."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
from random_dice import Dice
from random_pay_frames import random_frame_rules, random_people
from reference_metrics import build_world
from reference_pay_cells import cells
from reference_pay_shares import Where, pay, share, weights
from reference_pay_targets import target
from worked import facts

from salesops.basis import build_basis
from salesops.engine import Engine
from salesops.incentives.frame.frame import Frame, build_frame
from salesops.incentives.frame.stretches import build_stretches

if TYPE_CHECKING:
    from reference_world import World

    from salesops.rules import Rules

AS_OF = datetime(2025, 1, 10, 12, tzinfo=UTC)
Cells: TypeAlias = dict[tuple[Any, ...], dict[str, Any]]


@pytest.mark.parametrize("seed", range(2))
def test_the_frame_is_that_of_the_reference(seed: int) -> None:
    dice = Dice(seed)
    rules, people = random_frame_rules(dice), random_people(dice)
    world = build_world(people, rules, AS_OF)
    with Engine() as engine:
        basis = build_basis(engine, facts(**people), rules, AS_OF)
        for name in rules.comp_plans:
            build_stretches(basis, name)
            frame = build_frame(basis, name)
            rows = engine.fetch(f'SELECT * FROM "{frame.table}"').to_pylist()
            expected = _expected(world, rules, name, frame)
            assert _compared(_found(rows, frame), expected) == expected


def _found(rows: list[dict[str, Any]], frame: Frame) -> Cells:
    """What the frame says, by payee and first day of the cell."""
    found = {}
    for row in rows:
        cell = {each: row[each] for each in ("cell_ends", "team", "period", "is_close", "tenure_from")}
        cell |= {f"value {each}": row[f"value {each}"] for each in frame.values}
        for kind in frame.kinds:
            cell |= {f"{kind} starts": row[f"{kind} starts"], f"{kind} ends": row[f"{kind} ends"]}
            cell[f"share {kind}"] = _fraction(row, f"share {kind}", 1)
            cell |= {f"{each} {kind}": _fraction(row, f"{each} {kind}") for each in ("base_pay", "target_pay")}
        cell |= {f"target {each}": _fraction(row, f"target {each}") for each in frame.targets}
        found[row["payee_id"], row["cell_starts"]] = cell
    assert len(found) == len(rows)
    return found


def _compared(found: Cells, expected: Cells) -> Cells:
    """What is expected of each cell, as it was found: nothing is where no day of an interval counts."""
    return {key: {each: cell[each] for each in expected.get(key, cell)} for key, cell in found.items()}


def _fraction(row: dict[str, Any], name: str, unit: int = 10**6) -> Fraction | None:
    above, below = row[name], row[f"{name} below"]
    assert (above is None) == (below is None)
    return None if above is None else Fraction(int(above), int(below) * unit)


def _expected(world: World, rules: Rules, name: str, frame: Frame) -> Cells:
    last = max(each.end for each in _pay_periods(rules, name))
    found = {}
    for user in world.rows("user"):
        for cell in cells(world, name, user, last):
            expected: dict[str, Any] = {
                "cell_ends": cell.ends,
                "team": cell.on.team,
                "period": cell.period.name,
                "is_close": cell.is_close,
                "tenure_from": cell.on.started_on,
            }
            expected |= {f"value {each}": number for each, number in cell.on.values}
            where = {kind: Where(name, user["id"], cell.spans[kind], cell.parts[kind]) for kind in frame.kinds}
            for kind, its in where.items():
                expected[f"{kind} starts"], expected[f"{kind} ends"] = its.part or (its.span.start, its.span.end)
                expected[f"share {kind}"] = share(world, its)
                if weights(world, its):
                    expected |= {f"{each} {kind}": pay(world, its, each) for each in ("base_pay", "target_pay")}
            for measure in frame.targets:
                kind = _kind(rules, name, measure)
                if weights(world, where[kind]):
                    expected[f"target {measure}"] = target(world, where[kind], measure, cell.on, cell.period)
            found[user["id"], cell.starts] = expected
    return found


def _pay_periods(rules: Rules, name: str) -> Any:
    from salesops.incentives.frame.intervals import fiscal_spans

    return fiscal_spans(rules.calendar, rules.comp_plans[name].period, AS_OF.date(), AS_OF.date())


def _kind(rules: Rules, name: str, measure: str) -> Any:
    from config.comp_plans.intervals import measure_interval, sums_over

    plan = rules.comp_plans[name]
    return sums_over(plan, measure_interval(plan, measure))
