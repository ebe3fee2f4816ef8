"""Events: a row for each payee and transaction that is credited to them, and one at the end of each of their cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from config.comp_plans import Curve, Prizes, Tiers
from config.comp_plans.intervals import looked_at
from config.comp_plans.paid_on import credits_of
from salesops.incentives.states.numbered import in_cells, numbered_table, position, position_of_end
from salesops.sql import columns, quoted, text, when

if TYPE_CHECKING:
    from config.comp_plans import Component, CompPlan

KEYS = ("payee_id", "day", "ends", "source", "id", "opportunity_id")
"""What every event has: `ends` is true of the end of a cell, which has no source and no id."""


@dataclass(frozen=True, slots=True)
class Events:
    """What a comp plan takes of its credits: their names, and components and measures with columns of their own."""

    credits: tuple[str, ...]
    places: tuple[int, ...]  # of these credits in the comp plan
    numbers: tuple[str, ...]  # components with a number for each row of their credit
    groups: tuple[str, ...]  # measures that tell transactions apart by a field

    @property
    def columns(self) -> tuple[str, ...]:
        """Besides KEYS: `credit C` and `group M`, and `number C` with 12 places."""
        return (
            *(f"credit {name}" for name in self.credits),
            *(f"number {name}" for name in self.numbers),
            *(f"group {name}" for name in self.groups),
        )

    def possible(self, plan: str) -> str:
        """Each payee and transaction of `pay possible PLAN` on one row, with KEYS and its columns.

        `credit C` is in whole millionths, null where it is not credited so.
        """
        listed = ", ".join(text(name) for name in self.credits)
        rows = f"SELECT * FROM {quoted(f'pay possible {plan}')} WHERE credit IN ({listed or 'NULL'})"
        each = {f"credit {name}": f"credit = {text(name)}" for name in self.credits}
        keys, taken = "payee_id, day, source, id", {"ends": "FALSE", "opportunity_id": "any_value(opportunity_id)"}
        return f"SELECT {keys}, {columns(taken | self._taken(each))} FROM ({rows}) GROUP BY {keys}"

    def with_cells(self, plan: str, of_cell: str) -> str:
        """The events of a comp plan, by number, in the cells that they lie in, and the end of each cell.

        `of_cell` lists what each has of its cell, `cells`; besides it has event, day, position, ends and its columns.
        """
        cells = f"{quoted(f'pay cells {plan}')} AS cells"
        own = columns({"position": position("day", "event"), "ends": "FALSE"})
        ends = columns(
            {"event": "NULL", "day": "CAST(cell_ends - 1 AS DATE)", "position": position_of_end("(cell_ends - 1)")}
            | {"ends": "TRUE"}
            | dict.fromkeys(self.columns, "NULL")
        )
        events = f"(SELECT *, {own} FROM ({self._numbered(plan)}))"
        return (
            f"SELECT events.* EXCLUDE (payee), {of_cell} FROM {in_cells(plan, events)} "
            f"UNION ALL BY NAME SELECT {ends}, {of_cell} FROM {cells}"
        )

    def _numbered(self, plan: str) -> str:
        """Each payee and transaction of the numbered credits on one row."""
        listed = ", ".join(map(str, self.places))
        rows = f"SELECT * FROM {quoted(numbered_table(plan))} WHERE credit IN ({listed or 'NULL'})"
        if len(self.credits) == 1:
            made = columns({f"credit {self.credits[0]}": "in_millionths(amount)"})
            kept = "".join(f", {quoted(name)}" for name in self.columns[1:])
            return f"SELECT payee, event, day, {made}{kept} FROM ({rows})"
        each = {f"credit {name}": f"credit = {place}" for name, place in zip(self.credits, self.places, strict=True)}
        made = columns({"day": "any_value(day)"} | self._taken(each))
        return f"SELECT payee, event, {made} FROM ({rows}) GROUP BY payee, event"

    def _taken(self, each: dict[str, str]) -> dict[str, str]:
        """The columns of several credits' rows as one; `each` says which rows are of one."""
        amounts = {name: f"in_millionths(any_value(amount) FILTER ({its}))" for name, its in each.items()}
        return amounts | {name: f"any_value({quoted(name)})" for name in self.columns[len(self.credits) :]}


def events_of(plan: CompPlan, numbers: tuple[str, ...]) -> Events:
    """What the comp plan takes of its credits; `numbers` are the components that have a number for each row."""
    used = {credit for measure in plan.measures.values() for credit in measure.credits}
    used |= {on for component in plan.components.values() for on in credits_of(plan, component)}
    groups = tuple(name for name, measure in plan.measures.items() if measure.told_apart_by is not None)
    places = {name: place for place, name in enumerate(plan.credits) if name in used}
    return Events(tuple(places), tuple(places.values()), numbers, groups)


def credits_about(plan: CompPlan, component: Component) -> tuple[str, ...]:
    """The credits of transactions that the component is about: what it is paid on, else those of what it looks at."""
    found = [*credits_of(plan, component)]
    if isinstance(component, Tiers | Curve | Prizes):
        found += plan.measures[component.by].credits
    if not found:
        for root in looked_at(plan, component):
            if root in plan.measures:
                found += plan.measures[root].credits
            elif plan.components[root] is not component:
                found += credits_about(plan, plan.components[root])
    return tuple(dict.fromkeys(found))


def sum_of(credits_: tuple[str, ...]) -> str:
    """The sum of an event's credits in millionths, null where it has none of them."""
    each = [quoted(f"credit {name}") for name in credits_]
    if len(each) == 1:
        return each[0]
    there = " OR ".join(f"{one} IS NOT NULL" for one in each)
    return when(there, " + ".join(f"coalesce({one}, 0)" for one in each))
