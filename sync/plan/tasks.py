"""The tasks of `tasks:`: one for a user whose value is below or above a bound, once for each period."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from connectors.base import CrmField
from connectors.writing import OWNER, TASK, Target
from sync.plan.fields import unit_of, value_results
from sync.plan.model import Policy
from sync.plan.texts import in_words
from sync.plan.users import read_users
from sync.plan.wishes import Shown, Wish, ask_group

if TYPE_CHECKING:
    from collections.abc import Iterator

    from config.writeback import TaskRule
    from connectors.base import Connector
    from sync.plan.memory import Memory
    from sync.plan.results import Results, Wanted
    from sync.plan.values import Result
    from sync.plan.wishes import Group

SUBJECT = CrmField("subject", "Subject", "string", updateable=True)
DUE_ON = CrmField("due_on", "Due", "date", updateable=True)
ASSIGNEE = CrmField(OWNER, "Assigned to", "reference", updateable=True)
TASK_FIELDS = (SUBJECT, DUE_ON, ASSIGNEE)


def task_groups(results: Results, connector: Connector, memory: Memory) -> Iterator[Group]:
    """A group for each rule, of tasks that are still to be made.

    One that was made once is never looked at again, whatever became of it: the rep may have completed or deleted it.
    """
    made = memory.names(TASK)
    for rule in results.project.writeback.tasks.get(results.connection, ()):
        target = Target(TASK, rule.key)
        wishes = [wish for wish in _wishes(results, rule) if wish.name not in made]
        names, fields = {wish.name for wish in wishes}, [field.name for field in TASK_FIELDS]
        yield ask_group(connector, target, fields, names, wishes, once=True)


def _wishes(results: Results, rule: TaskRule) -> Iterator[Wish]:
    look_up, unit = value_results(results, rule.value), unit_of(results.project, rule.value)
    due = results.day + timedelta(days=rule.due_in_days)
    for user in read_users(results).values():
        wanted = look_up(user.id)
        if not user.active or not _calls_for_a_task(rule, wanted):
            continue
        name, record = f"{rule.name}|{user.id}|{wanted.basis}", f"{rule.name} for {user.name} {wanted.basis}"
        values: tuple[Result | None, ...] = (in_words(rule.subject, wanted, unit, user.name).value, due, user.id)
        for field, value in zip(TASK_FIELDS, values, strict=True):
            shown = Shown(field, None, Policy.KEEP, leave_empty=True, follows=field is DUE_ON)
            yield Wish(name, record, shown, _because(rule, wanted, value))


def _calls_for_a_task(rule: TaskRule, wanted: Wanted) -> bool:
    value = wanted.value
    if not isinstance(value, Decimal):
        return False
    return value < rule.below if rule.below is not None else rule.above is not None and value > rule.above


def _because(rule: TaskRule, wanted: Wanted, value: Result | None) -> Wanted:
    bound = f"below {rule.below:f}" if rule.below is not None else f"above {rule.above:f}"
    return replace(wanted, value=value, reason=f"{wanted.reason}: {bound}")
