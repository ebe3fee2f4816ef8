"""A plan in short: how many changes of a kind by field, and how much money they move."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from sync.apply import UPDATED
from sync.cli.output import add_row, amount_text, new_table, print_table
from sync.cli.words import say, several
from sync.plan.model import Action
from sync.plan.values import amount_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sync.cli.plan_view import View
    from sync.plan import Change, Plan

_KINDS = ("new", "changed", "emptied", "removed")


@dataclass(slots=True)
class _Sum:
    before: Decimal = Decimal(0)
    after: Decimal = Decimal(0)
    moves: Decimal = Decimal(0)
    lines: int = 0


def headline(plan: Plan) -> str:
    """How many changes of how many records; the times of a last change, which go with others, by themselves.

    A plan of those alone is one that takes others back.
    """
    dates = sum(change.source == UPDATED for change in plan.changes)
    counted = len(plan.changes) - dates
    records = several(len({(change.object, change.name) for change in plan.changes}), "record")
    if not counted:
        return f"{several(dates, 'time')} of the last change, of {records}"
    beside = f", and {several(dates, 'time')} of the last change" if dates else ""
    return f"{several(counted, 'change')} of {records}{beside}"


def show_counts(plan: Plan) -> None:
    """How many changes of each kind there are, by field under its object."""
    by_object: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for change in plan.changes:
        by_object[change.object][change.field][_kind(change)] += 1
    kinds = [kind for kind in _KINDS if any(c[kind] for of_object in by_object.values() for c in of_object.values())]
    table = new_table("object, field", *(f">{kind}" for kind in kinds), title=f"{plan.connection}: {headline(plan)}")
    for of_object, by_field in sorted(by_object.items()):
        whole = by_field.pop("", Counter())
        add_row(table, of_object, *_numbers(whole, kinds))
        for field, counts in sorted(by_field.items()):
            add_row(table, f"  {field}", *_numbers(counts, kinds))
    print_table(table)


def _numbers(counts: Counter[str], kinds: Sequence[str]) -> list[str]:
    return [f"{counts[kind]:,}" if counts[kind] else "" for kind in kinds]


def _kind(change: Change) -> str:
    if change.action is Action.DELETE:
        return "removed"
    if change.action is Action.CREATE:
        return "new"
    return "emptied" if change.after is None else "changed"


def show_amounts(plan: Plan, view: View) -> None:
    """What the amounts of each field come to before and after, and how much of them moves up or down; where a plan has
    but one of each, its line says it all."""
    sums: dict[tuple[str, str], _Sum] = defaultdict(_Sum)
    for change in plan.changes:
        if (change.object, change.field) in view.amounts:
            before, after = amount_in(change.before), amount_in(change.after)
            each = sums[change.object, change.field]
            each.before += before
            each.after += after
            each.moves += abs(after - before)
            each.lines += 1
    if all(each.lines == 1 for each in sums.values()):
        return
    title = f"{plan.connection}: amounts, added up"
    table = new_table("object, field", ">before", ">after", ">moves", title=title)
    last = None
    for (of_object, field), each in sorted(sums.items()):
        if of_object != last:
            add_row(table, of_object, "", "", "")
            last = of_object
        before_text, after_text, moves = map(amount_text, (each.before, each.after, each.moves))
        add_row(table, f"  {field}", before_text, after_text, moves)
    print_table(table)
    if view.several_currencies:
        say("Amounts are added up as they stand, each in the currency of its record.")
