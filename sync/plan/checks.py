"""Whether a plan from a file may be applied to this project and store at all."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

from config.problems import ConfigError, Problem, Where
from connectors.writing import FORECASTING_QUOTA, OWNER, TASK, TERRITORY_ACCOUNT, Target
from sync.plan.caps import check_caps
from sync.plan.forecasting import forecasting_field
from sync.plan.memory import read_memory
from sync.plan.model import Action
from sync.plan.needs import money_fields
from sync.plan.results import unit_of_quota
from sync.plan.tasks import TASK_FIELDS
from sync.store.records import read_org

if TYPE_CHECKING:
    from collections.abc import Iterator

    from config.loader import Project
    from config.project import Caps
    from connectors.base import Connector
    from sync.plan.model import Change, Plan
    from sync.store.store import Store

NEW_PLAN = "Make a new one with `salesops plan -o FILE`, or `salesops undo RUN -o FILE`."


class StaleRules(Exception):
    """The project's rules changed after the plan was made."""


def check_plan(project: Project, store: Store, plan: Plan, *, caps: Caps | None = None) -> None:
    """Raise what speaks against applying a plan, whoever wrote its file; nothing is asked of the CRM.

    ConfigError where it is for a connection or a CRM account that are not ours, or names what `writeback.yaml` does
    not; StaleRules where the rules changed since; OverCap where it goes beyond `caps` (the project's if None). A plan
    that takes a run back may touch what that run wrote, and nothing else, whatever the rules are now.
    """
    check_connection(project, plan.connection)
    org = read_org(store, plan.connection) or ""
    if plan.org != org:
        summary = (
            f"the plan is for the CRM account {plan.org or 'unknown'}, and {plan.connection} is {org or 'unknown'}."
        )
        raise _problem(summary, f"Apply it in the project it was made in. {NEW_PLAN}")
    if plan.undoes is None and plan.rules != project.digest:
        raise StaleRules("the rules changed after the plan was made, nothing was written. Compute and plan again.")
    strangers = list(_strangers(project, store, plan))
    if strangers:
        raise ConfigError([Problem("error", each, NEW_PLAN, Where("the plan")) for each in strangers])
    if plan.undoes is None or caps is not None:
        memory = read_memory(store, plan.connection)
        check_caps(caps or project.settings.caps, plan, memory, money_fields(project, plan.connection))


def check_connection(project: Project, connection: str) -> None:
    """ConfigError where the plan's connection is none of the project's."""
    if connection not in project.settings.connections:
        known = ", ".join(project.settings.connections)
        summary = f"the plan is for connection {connection}, which this project has not. It has {known}."
        raise _problem(summary, "Apply it in the project it was made in, or make a new one.")


def check_org(store: Store, connection: str, connector: Connector) -> None:
    """ConfigError where the connection now reaches another CRM account than the one that was pulled and planned."""
    known = read_org(store, connection)
    if known is not None and known != (reached := connector.org()):
        summary = f"{connection} reaches the CRM account {reached} now; its records and plans are of {known}."
        raise _problem(summary, "Nothing was written. Check the address and the credentials in salesops.yaml.")


def _strangers(project: Project, store: Store, plan: Plan) -> Iterator[str]:
    """What the plan would write and must not, in words, each once."""
    places = Counter(change.place for change in plan.changes)
    twice = {_said(change) for change in plan.changes if places[change.place] > 1}
    yield from (f"the plan writes {each} of one record twice." for each in sorted(twice))
    yield from (f"the plan writes {name!r}, which is no name of a {of_object}." for of_object, name in _misnamed(plan))
    if plan.undoes is None:
        allowed = allowed_fields(project, plan.connection)
        wrong = {_said(change) for change in plan.changes if not _is_allowed(change, allowed)}
        yield from (f"the plan writes {each}, which writeback.yaml does not name." for each in sorted(wrong))
        return
    wrong = {_said(change) for change in _not_taken_back(store, plan)}
    yield from (f"the plan takes back {each} otherwise than run {plan.undoes} wrote it." for each in sorted(wrong))


def _not_taken_back(store: Store, plan: Plan) -> Iterator[Change]:
    """The changes of an undo that are of something its run did not write, or that bring another value than stood there
    before."""
    rows = store.rows(
        "SELECT object, key, name, field, before FROM change WHERE connection = ? AND run_id = ?"
        " AND outcome <> 'failed'",
        (plan.connection, plan.undoes),
    )
    before: dict[tuple[str, ...], str | None] = {tuple(row)[:4]: row["before"] for row in rows}
    records = {place[:3] for place in before}
    for change in plan.changes:
        record = (change.object, change.key, change.name)
        if not change.field and record in records:
            continue
        if (*record, change.field) in before and change.after == before[*record, change.field]:
            continue
        lost = json.loads(before.get((*record, "")) or "{}") if change.action is Action.CREATE else {}
        if change.field not in lost or change.after != lost[change.field]:
            yield change


def _misnamed(plan: Plan) -> list[tuple[str, str]]:
    """The records whose names are not made of as many parts as their object's are (`connectors.writing.Target`)."""
    named = {(change.object, change.name) for change in plan.changes if change.object in _BARS}
    return sorted((of_object, name) for of_object, name in named if name.count("|") != _BARS[of_object])


_BARS = {FORECASTING_QUOTA: 2, TERRITORY_ACCOUNT: 1}


def allowed_fields(project: Project, connection: str) -> dict[Target, frozenset[str]]:
    """The fields that a plan may write, by target; none where records are made and removed as a whole."""
    writeback = project.writeback
    allowed: dict[Target, frozenset[str]] = {}
    for write in writeback.writeback.get(connection, ()):
        target = Target(write.object)
        allowed[target] = allowed.get(target, frozenset()) | {write.field}
    for kept in writeback.records.get(connection, ()):
        allowed[Target(kept.object, kept.key)] = frozenset({OWNER, *(field.field for field in kept.fields)})
    for quota in writeback.forecasting_quotas.get(connection, ()):
        field = forecasting_field(unit_of_quota(project, quota.quota, "target"))
        target = Target(FORECASTING_QUOTA)
        allowed[target] = allowed.get(target, frozenset()) | {field.name}
    if connection in writeback.territory_associations:
        allowed[Target(TERRITORY_ACCOUNT)] = frozenset()
    for rule in writeback.tasks.get(connection, ()):
        allowed[Target(TASK, rule.key)] = frozenset(field.name for field in TASK_FIELDS)
    return allowed


_REMOVED = frozenset({TERRITORY_ACCOUNT, FORECASTING_QUOTA})
"""What results may remove as well as make."""


def _is_allowed(change: Change, allowed: dict[Target, frozenset[str]]) -> bool:
    fields = allowed.get(change.target)
    if fields is None:
        return False
    if change.field:
        makes = change.action is Action.CREATE and change.target.creates
        return change.field in fields and (makes or change.action is Action.UPDATE)
    is_whole = change.action is Action.CREATE and change.object == TERRITORY_ACCOUNT
    return is_whole or (change.action is Action.DELETE and change.object in _REMOVED)


def _said(change: Change) -> str:
    if change.action is Action.DELETE:
        return f"{change.object} records away"
    return f"{change.object}.{change.field}" if change.field else f"{change.object} records"


def _problem(summary: str, detail: str) -> ConfigError:
    return ConfigError([Problem("error", summary, detail, Where("the plan"))])
