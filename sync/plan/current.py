"""Whether a plan from a file still says what the results say: they may have been computed again since it was made."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from config.project import Caps
from sync.plan.build import build_plan
from sync.plan.pay_results import shows_pay
from sync.store.results import read_computation

if TYPE_CHECKING:
    from config.loader import Project
    from connectors.base import Connector
    from sync.plan.model import Change, Plan
    from sync.store.store import Store

_UNCAPPED = Caps(changes=10**9, records_share=Decimal(1), value_share=None)
_SHOWN = 10


class StaleResults(Exception):
    """The results changed after the plan was made, so that it would write what is no longer so."""

    def __init__(self, outdated: list[tuple[Change, Change | None]]) -> None:
        lines = [f"\n  {_said(old)}: the plan writes {_value(old)}, {_wanted(new)}" for old, new in outdated[:_SHOWN]]
        more = f"\n  and {len(outdated) - _SHOWN:,} more" if len(outdated) > _SHOWN else ""
        super().__init__(
            "the plan is stale, nothing was written: figures were computed again, or a pay period moved on, since it"
            " was made."
            f"{''.join(lines)}{more}\nRun `salesops plan -o FILE` again."
        )


def check_results(project: Project, store: Store, plan: Plan, connector: Connector) -> None:
    """StaleResults where the plan brings results and one of its lines is no longer what a new plan would have.

    Results that were computed again and are the same make no plan stale. Pay periods move on without any computation,
    so what is written of pay is always looked at again. When a record was changed last ("updated") is
    no result.
    """
    computation = read_computation(store, plan.connection)
    is_known = computation is not None and computation.computed_at == plan.computed_at
    if plan.undoes is not None or (is_known and not shows_pay(project, plan.connection)):
        return
    fresh = build_plan(project, store, plan.connection, connector, caps=_UNCAPPED, retry_parked=True)
    wanted = {change.place: change for change in fresh.changes}
    outdated = [
        (change, wanted.get(change.place))
        for change in plan.changes
        if change.source != "updated" and not _is_same(change, wanted.get(change.place))
    ]
    if outdated:
        raise StaleResults(outdated)


def _is_same(change: Change, fresh: Change | None) -> bool:
    return fresh is not None and (change.action, change.after) == (fresh.action, fresh.after)


def _said(change: Change) -> str:
    return f"{change.object} {change.record}{', ' * bool(change.field)}{change.field}"


def _value(change: Change) -> str:
    return change.after or ("nothing" if change.field else change.action.value)


def _wanted(fresh: Change | None) -> str:
    return "a plan made now leaves it" if fresh is None else f"now it is {_value(fresh)}"
