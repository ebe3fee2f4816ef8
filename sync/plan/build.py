"""Plan: what should stand in the CRM against what stands there, as plain data."""

from __future__ import annotations

import gc
from collections import defaultdict
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from config.problems import ConfigError, Problem, Where
from connectors.errors import Rejected
from connectors.writing import Cost, Target
from salesops.calendar import local_day
from sync.plan import portions
from sync.plan.associations import association_groups
from sync.plan.caps import check_caps
from sync.plan.compare import Compared, Setting, compare, ordered
from sync.plan.fields import field_groups
from sync.plan.forecasting import forecasting_groups
from sync.plan.kept import record_groups
from sync.plan.memory import note_found, read_memory, read_rates
from sync.plan.model import Plan
from sync.plan.needs import money_fields, read_target_fields
from sync.plan.results import Results
from sync.plan.tasks import task_groups
from sync.store.records import read_changed_at, read_org
from sync.store.results import read_computation
from sync.store.store import parse_instant

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from config.loader import Project
    from config.project import Caps
    from connectors.base import Connector
    from sync.plan.memory import Memory
    from sync.plan.model import Change
    from sync.plan.needs import Fields
    from sync.plan.wishes import Group
    from sync.store.store import Store


def build_plan(
    project: Project,
    store: Store,
    connection: str,
    connector: Connector,
    *,
    caps: Caps | None = None,
    retry_parked: bool = False,
    checked_first: bool = False,
    run_id: int | None = None,
) -> Plan:
    """The changes that bring the CRM to the results as last computed; `checked_first` as for `cost_of`.

    As part of a run, what stands already as it should and is not remembered is noted as that run's.

    Fields of our records are compared as they were pulled last; the CRM is asked for what we keep besides, and what it
    does not tell is skipped. ConfigError where there is nothing computed, where the rules changed since, or where a
    field is missing, was never read or cannot hold the result; OverCap where the plan goes beyond `caps` (the project's
    if None).
    """
    computation = read_computation(store, connection)
    if computation is None:
        raise _problem(project, f"nothing is computed yet for connection {connection}.", "Run `salesops compute`.")
    if computation.rules != project.digest:
        raise _problem(project, "the rules changed since the last computation.", "Run `salesops compute` again.")
    as_of = parse_instant(computation.as_of)
    zone = ZoneInfo(project.settings.time_zone)
    fields = read_target_fields(project, store, connection)
    results = Results(store, project, connection, local_day(as_of, zone))
    setting = Setting(project.settings.currency, read_rates(store, connection), results.day, zone)
    found = Compared()
    with without_search_for_cycles():
        memory = read_memory(store, connection)
        for group in _groups(results, fields, connector, memory, as_of):
            compare(group, memory, setting, found, retry_parked=retry_parked)
    if run_id is not None:
        note_found(store, connection, run_id, found.found)
    if found.unread:
        named = ", ".join(f"{of_object}.{field}" for of_object, field in sorted(found.unread))
        raise _problem(project, f"{named} was never read.", "Run `salesops pull` and compute again.")
    found = ordered(found)
    cost = cost_of(connector, found.changes, checked_first=checked_first)
    plan = Plan(
        connection,
        read_org(store, connection) or "",
        computation.as_of,
        computation.rules,
        None,
        tuple(found.changes),
        tuple(found.skipped),
        tuple(found.drift),
        cost.read,
        cost.write,
        computation.computed_at,
    )
    check_caps(caps or project.settings.caps, plan, memory, money_fields(project, connection))
    return plan


def _groups(results: Results, fields: Fields, connector: Connector, memory: Memory, as_of: datetime) -> Iterator[Group]:
    """Everything that should stand in the CRM."""
    yield from field_groups(results, fields, connector, as_of)
    yield from record_groups(results, fields, connector, memory, as_of)
    yield from forecasting_groups(results, connector, memory)
    yield from association_groups(results, connector, memory)
    yield from task_groups(results, connector, memory)


def cost_of(connector: Connector, changes: Sequence[Change], *, checked_first: bool) -> Cost:
    """The requests that it takes to make these changes, if all goes well.

    `checked_first` where all of them are checked before the first is made, as from a file: what does not fit in a
    portion is then read twice.
    """
    names: dict[tuple[str, str], set[str]] = defaultdict(set)
    fields: dict[tuple[str, str], set[str]] = defaultdict(set)
    for change in changes:
        names[change.object, change.key].add(change.name)
        fields[change.object, change.key].add(change.field)
    cost = Cost()
    for place, of_target in names.items():
        with suppress(Rejected):  # where the CRM has no such place any more, apply says so of each line
            cost += portions.cost_in_portions(connector, Target(*place), sorted(fields[place] - {""}), len(of_target))
    twice = checked_first and sum(map(len, names.values())) > portions.BATCH_RECORDS
    return replace(cost, read=2 * cost.read) if twice else cost


@contextmanager
def without_search_for_cycles() -> Iterator[None]:
    """While a plan is built: it is of a great many parts without cycles, and to look for some among them, again and
    again, takes half of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def is_outdated(store: Store, connection: str) -> bool:
    """Whether a pull changed records after the results were computed: the plan is then of older figures."""
    computation, changed_at = read_computation(store, connection), read_changed_at(store, connection)
    return computation is not None and changed_at is not None and changed_at > computation.computed_at


def _problem(project: Project, summary: str, detail: str) -> ConfigError:
    return ConfigError([Problem("error", summary, detail, Where(str(project.root)))])
