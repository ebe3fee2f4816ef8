"""Caps: how much one plan may change before it is taken for a runaway."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING

from config.metrics import Unit
from config.scalars import decimal_text
from salesops.money import round_decimal
from sync.plan.model import Action
from sync.plan.values import amount_in, shown

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from config.project import Caps
    from sync.plan.memory import Memory, Written
    from sync.plan.model import Change, Plan

_FEW = 20
"""So many records, or values, of one object or field may change in any case: shares of a few say nothing."""


class OverCap(Exception):
    """The `plan` changes more than the project allows; says what and how to allow it. Nothing was written."""

    def __init__(self, over: Sequence[str], plan: Plan) -> None:
        self.over = tuple(over)
        self.plan = plan
        lines = "\n  ".join(over)
        super().__init__(
            f"the plan changes more than caps allows, nothing was written:\n  {lines}\nIf that is meant, allow it "
            "once with --cap NAME=VALUE, or raise the cap in salesops.yaml and run `salesops compute` again, since its "
            "rules changed then. If not, look at what changed in the rules or in the CRM."
        )


def check_caps(caps: Caps, plan: Plan, memory: Memory, money: Collection[tuple[str, str]]) -> None:
    """OverCap where the changes go beyond a cap; all of them at once. `money` are the fields that hold amounts."""
    changes = plan.changes
    over = [
        *_check_changes(caps, changes),
        *_check_records(caps, changes, memory),
        *_check_values(caps, changes, memory, money),
    ]
    if over:
        raise OverCap(over, plan)


def _check_changes(caps: Caps, changes: Sequence[Change]) -> Iterator[str]:
    if len(changes) > caps.changes:
        yield f"{len(changes):,} changes; caps.changes is {caps.changes:,}."


def _check_records(caps: Caps, changes: Sequence[Change], memory: Memory) -> Iterator[str]:
    """Of the records that we wrote before, how many are removed, or change without their period being another one."""
    ours = {of_object: memory.names(of_object) for of_object in {change.object for change in changes}}
    changed: dict[str, set[str]] = defaultdict(set)
    for change in changes:
        removed = change.action is Action.DELETE and change.name in ours[change.object]
        if removed or _last_of_period(change, memory):
            changed[change.object].add(change.name)
    for of_object, names in sorted(changed.items()):
        share = Decimal(len(names)) / len(ours[of_object])
        if len(names) > _FEW and share > caps.records_share:
            yield (
                f"{len(names):,} of {len(ours[of_object]):,} {of_object} records change ({_share(share)} of them); "
                f"caps.records_share is {caps.records_share}."
            )


def _check_values(
    caps: Caps, changes: Sequence[Change], memory: Memory, money: Collection[tuple[str, str]]
) -> Iterator[str]:
    """How much the amounts in a field move, those that are removed included, against the largest sum that ever stood
    there."""
    if caps.value_share is None:
        return
    moved: dict[tuple[str, str], list[Decimal]] = defaultdict(list)
    for change in changes:
        is_amount = (change.object, change.field) in money and change.action is Action.UPDATE
        if is_amount and (last := _last_of_period(change, memory)):
            moved[change.object, change.field].append(abs(amount_in(change.after) - amount_in(last.value)))
        for of_object, field in money if change.action is Action.DELETE else ():
            if of_object == change.object and (last := memory.written.get((of_object, change.name, field))):
                moved[of_object, field].append(abs(amount_in(last.value)))
    for place, amounts in sorted(moved.items()):
        peak = memory.peaks.get(place, Decimal(0))
        total = sum(amounts, Decimal(0))
        if len(amounts) > _FEW and peak and total / peak > caps.value_share:
            yield (
                f"{'.'.join(place)} moves by {_money(total)} ({_share(total / peak)} of the {_money(peak)} that stood "
                f"there at most); caps.value_share is {caps.value_share}."
            )


def _money(amount: Decimal) -> str:
    return shown(amount, Unit.MONEY)


def _share(share: Decimal) -> str:
    """A share with the digits that tell it from a cap: "0.0541", "0.5"."""
    return decimal_text(round_decimal(share, 4))


def _last_of_period(change: Change, memory: Memory) -> Written | None:
    """The value that we wrote before and that it changes, if it is of the same period: a new one moves everything."""
    last = memory.written.get(change.place)
    return last if last is not None and last.basis == change.basis else None
