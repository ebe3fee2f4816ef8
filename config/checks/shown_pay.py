"""Checks of the pay that `writeback.yaml` shows: will the ledger ever say such a thing?"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from config.calendars import MONTHS_IN
from config.project_folder import COMP_PLANS, WRITEBACK
from config.values import PayOf, PayValue

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from config.comp_plans.base import PayPeriod
    from config.draft import Draft
    from config.problems import Problem
    from config.writeback import FieldWrite, TaskRule, Writeback
    from config.yaml_text import Path


def check_pay(draft: Draft, value: PayValue | PayOf, period: str, at: Path) -> Iterator[Problem]:
    """Pay by a comp plan that is not there, of pay periods that there are none of, or of one that is not over."""
    where = (*at, "period" if isinstance(value, PayValue) else "kind")
    kind = _kind(period)
    if period.startswith("this_") and value.show != "state":
        summary = f"a {kind} is closed once it is over, so there is no pay of {period}."
        yield draft.error(where, summary, f"Write last_{kind}, or show: state.")
    if draft.names.get(COMP_PLANS) != frozenset(draft.comp_plans) or COMP_PLANS in draft.unreadable:
        return
    paid_by = {plan.period for name, plan in draft.comp_plans.items() if value.comp_plan in {None, name}}
    if not draft.comp_plans:
        yield draft.error(at, "there is no comp plan, so no pay to write.", "Define one in comp_plans/, or remove it.")
    elif paid_by and kind not in paid_by:
        whose = f"comp plan {value.comp_plan} does not pay" if value.comp_plan else "no comp plan pays"
        instead = [each for each in MONTHS_IN if each in paid_by]
        detail = (
            f"Show it by {' or '.join(instead)}." if instead else "Only pay of months, quarters and years is shown."
        )
        yield draft.error(where, f"{whose} by {kind}, so the ledger has no {kind}.", detail)


def check_first_periods(draft: Draft, writeback: Writeback) -> Iterator[Problem]:
    """Pay of a kind of pay periods of which salesops.yaml names no first one; said once for each kind."""
    if draft.settings is None:
        return
    said = set(draft.settings.pay.first_period)
    used = {plan.period for plan in draft.comp_plans.values()}
    for kind, at in _shown(writeback):
        if kind in used and kind not in said:
            said.add(kind)
            summary = f"salesops.yaml does not say which {kind} is the first that is paid, so none is ever closed."
            yield draft.error(at, summary, f"Write `pay:` with a `first_period:` for {kind} there, or remove it.")


def _shown(writeback: Writeback) -> Iterator[tuple[PayPeriod, Path]]:
    """The kind of pay period of each value of pay, and where it stands."""
    of_users: dict[str, Mapping[str, Sequence[FieldWrite | TaskRule]]] = {
        WRITEBACK: writeback.writeback,
        "tasks": writeback.tasks,
    }
    for part, by_connection in of_users.items():
        for connection, writes in by_connection.items():
            for number, write in enumerate(writes):
                if isinstance(write.value, PayValue):
                    yield _kind(write.value.period), (part, connection, number, "value")
    for connection, sets in writeback.records.items():
        for number, each in enumerate(sets):
            for place, field in enumerate(each.fields):
                if isinstance(field.value, PayOf):
                    yield each.period, ("records", connection, number, "fields", place, "value")


def _kind(period: str) -> PayPeriod:
    return cast("PayPeriod", period.rpartition("_")[2])
