"""Leaderboards: the places of a comp plan's payees, or of their teams, by a measure, from the stored results."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Context, Decimal
from typing import TYPE_CHECKING, Literal

from config.comp_plans.components import Prizes
from salesops.calendar import EARLIEST
from salesops.incentives.frame.intervals import fiscal_spans
from salesops.money import PLACES, round_decimal
from sync.asked import NotKnown, near
from sync.explain import stored_as_of

if TYPE_CHECKING:
    from datetime import date

    from config.comp_plans import CompPlan
    from salesops.calendar import Period
    from salesops.fiscal import FiscalCalendar
    from sync.store.store import Store

By = Literal["attainment", "value"]

_WIDE = Context(prec=100)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a payee, or a team, stands: 1 is the first. Who stand the same share a place, and those behind them are
    left out; `place` is None of who has no number. `key` is the id of a user, or the name of a team."""

    place: int | None
    key: str
    name: str
    team: str
    value: Decimal | None
    target: Decimal | None
    attainment: Decimal | None  # half up to 6 places


def check_measure(name: str, plan: CompPlan, measure: str | None) -> str:
    """The measure of the comp plan; where none is named, that of its first prizes, or else its first one. NotKnown
    where it has none, or not this one, or one that stands apart by groups."""
    placing = [each.by for each in plan.components.values() if isinstance(each, Prizes)]
    found = measure or next(iter((*placing, *plan.measures)), None)
    if found is None:
        raise NotKnown(f"{name} has no measures, so nobody has a place by one.")
    if found not in plan.measures:
        raise NotKnown(f"{name} has no measure {found!r}.{near(found, plan.measures)} {_all(plan)}")
    if plan.measures[found].grouped_by:
        raise NotKnown(f"{found} is measured apart for each {plan.measures[found].grouped_by}. {_all(plan)}")
    return found


def _all(plan: CompPlan) -> str:
    return f"There are {', '.join(each for each, measure in plan.measures.items() if not measure.grouped_by)}."


@dataclass(frozen=True, slots=True)
class Leaderboard:
    """The payees of a comp plan in the order of their places, the first first, and by what these are given."""

    period: str
    by: By
    places: list[Place]


def read_leaderboard(
    store: Store,
    connection: str,
    calendar: FiscalCalendar,
    plan: tuple[str, CompPlan],
    measure: str,
    period: Period | None,
    as_of: date,
    by: By | None,
) -> Leaderboard:
    """The leaderboard of a period: of the measure as it stands at the end of that pay period, or, where the period is
    one that the measure runs over, of the last pay period in it; of none, of the last pay period in which anybody is
    measured, up to that of the as-of day.

    By attainment if nothing is said and anybody has one. NotKnown where nothing is computed.
    """
    stored_as_of(store, connection)
    name, comp_plan = plan
    spans = fiscal_spans(calendar, comp_plan.period, EARLIEST, as_of)
    order = {span.name: number for number, span in enumerate(spans)}
    of_measure = "m.connection = ? AND m.comp_plan = ? AND m.measure = ? AND m.\"group\" = ''"
    asked_for = (connection, name, measure)
    if period is None:
        measured = store.rows(f"SELECT DISTINCT period FROM measure_value AS m WHERE {of_measure}", asked_for)
        wanted = max(
            (row["period"] for row in measured if row["period"] in order), key=order.__getitem__, default=spans[-1].name
        )
    else:
        wanted = period.name
    rows = store.rows(
        "SELECT m.payee_id, m.period, m.value, m.target, m.attainment, u.name, u.email, u.team FROM measure_value AS m"
        " LEFT JOIN user AS u ON u.connection = m.connection AND u.id = m.payee_id"
        f" WHERE {of_measure} AND ? IN (m.period, m.interval)",
        (*asked_for, wanted),
    )
    last = {row["payee_id"]: row for row in sorted(rows, key=lambda row: order.get(row["period"], -1))}
    found = [
        Place(
            None,
            payee,
            row["name"] or row["email"] or payee,
            row["team"] or "",
            *(None if row[column] is None else Decimal(row[column]) for column in ("value", "target", "attainment")),
        )
        for payee, row in last.items()
    ]
    chosen: By = by or ("attainment" if any(each.attainment is not None for each in found) else "value")
    return Leaderboard(wanted, chosen, _placed(found, chosen))


def by_team(board: Leaderboard) -> Leaderboard:
    """The same of teams: the sum of their members' values, over that of their targets. Who has no team is in none."""
    members: dict[str, list[Place]] = {}
    for each in board.places:
        if each.team and each.value is not None:
            members.setdefault(each.team, []).append(each)
    return replace(board, places=_placed([_team(name, found) for name, found in members.items()], board.by))


def of_team(board: Leaderboard, team: str) -> Leaderboard:
    """The places within one team."""
    return replace(board, places=_placed([each for each in board.places if each.team == team], board.by))


def _team(name: str, members: list[Place]) -> Place:
    value = sum((each.value or Decimal(0) for each in members), Decimal(0))
    targets = [each.target for each in members if each.target is not None]
    target = sum(targets, Decimal(0)) if targets else None
    return Place(
        None, name, name, name, value, target, round_decimal(_WIDE.divide(value, target), PLACES) if target else None
    )


def _placed(found: list[Place], by: By) -> list[Place]:
    def number(each: Place) -> Decimal | None:
        return each.attainment if by == "attainment" else each.value

    ordered = sorted(found, key=lambda each: (number(each) is None, -(number(each) or 0), each.name, each.key))
    firsts: dict[Decimal | None, int] = {}
    for place, each in enumerate(ordered, start=1):
        firsts.setdefault(number(each), place)
    return [replace(each, place=None if number(each) is None else firsts[number(each)]) for each in ordered]
