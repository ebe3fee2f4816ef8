"""The whole examination of one connection: ask the CRM, measure the store, judge."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from config.problems import ConfigError
from config.project_folder import SETTINGS
from salesops.calendar import local_day
from salesops.fill import measure_fill, needed_fields
from salesops.fiscal import FISCAL_KINDS, NoPeriod
from sync.doctor.connection import judge_account, judge_hidden, judge_steps, written_objects
from sync.doctor.definitions import find_definitions
from sync.doctor.fill import State, judge_fill
from sync.doctor.looked import Looked
from sync.doctor.model import Area, Examination, Finding, Level
from sync.doctor.needs import Role
from sync.doctor.people import judge_people, read_users
from sync.doctor.sources import CUSTOM, find_source
from sync.doctor.stored import find_age, find_before, find_unread, is_pulled, judge_account_of, judge_store
from sync.doctor.verdicts import judge_definition, judge_fields
from sync.fiscal import calendar_of
from sync.problems import problems_in
from sync.provision import build_steps
from sync.store.facts import read_facts
from sync.used_metrics import used_metrics

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from config.loader import Project
    from connectors.base import Connector, Description
    from salesops.fill import Ask, Cell
    from sync.doctor.definitions import Definition
    from sync.doctor.fill import Filled
    from sync.doctor.sources import Source
    from sync.store.store import Store

    Cells = Mapping[Ask, tuple[Cell, ...]]

WINDOW = 13
"""Months that are looked at: this one and the twelve before it, which hold every fiscal year to date."""

_PEOPLE = {"id", "name", "email", "team", "active"}


def examine(
    project: Project, store: Store, connection: str, connector: Connector, as_of: datetime, only: Collection[str] = ()
) -> Examination:
    """What is wrong and what can be computed, of everything or of these metrics `only`.

    Raises what the connector raises where the CRM cannot be asked.
    """
    today = local_day(as_of, ZoneInfo(project.settings.time_zone))
    starts, unclear = _present_periods(project, store, today)
    definitions = find_definitions(project, used_metrics(project), starts)
    if only:
        definitions = [each for each in definitions if each.kind == "metric" and each.name in only]
    relevant = [each for each in definitions if each.used or only]
    shown, read = connector.describe(), _readers(relevant)
    written = {name for name in written_objects(project, connection) if name not in shown.fields or shown.fields[name]}
    health = connector.health(sorted({*read, *written}))
    findings = [
        *judge_account_of(store, connection, health.org),
        *judge_account(health, read, written),
        *judge_hidden(project, connection, shown, relevant),
        *judge_steps(build_steps(project, connection, connector)),
    ]
    if not is_pulled(store, connection):
        return Examination(health, _ordered([*findings, _never_pulled(connection)]))
    findings += unclear
    months = _window(today)
    facts = read_facts(store, connection, _columns(definitions))
    asks = [need.ask for definition in definitions for need in definition.needs]
    cells = measure_fill(facts, asks, months, as_of, project.settings.time_zone)
    users = read_users(facts["user"])
    teams = {user.id: user.team for user in users.values()}
    fills = {ask: judge_fill(ask, of_ask, WINDOW, teams) for ask, of_ask in cells.items()}
    before = find_before(store, connection)
    sources = _sources(project, connection, shown, definitions, before)
    looked = Looked(sources, fills, months, _unread(store, connection, fills))
    findings += judge_store(project, store, connection, read.keys())
    findings += judge_fields(relevant, looked)
    if starts and not only:
        findings += judge_people(project, connection, users, _sellers(relevant, cells), starts)
    return Examination(
        health,
        _ordered(findings),
        months,
        tuple(judge_definition(each, looked) for each in definitions),
        fills,
        looked.sources,
        find_age(store, connection, read.keys()),
    )


def _present_periods(project: Project, store: Store, today: date) -> tuple[dict[str, date], list[Finding]]:
    """The first days of the present fiscal periods, by kind; none, and a finding, where they cannot be told."""
    try:
        calendar = calendar_of(project, store)
        return {kind: calendar.period_of(kind, today).start for kind in FISCAL_KINDS}, []
    except (ConfigError, NoPeriod) as error:
        finding = Finding(
            Level.REQUIRED,
            Area.FIGURES,
            "It cannot be told which fiscal period it is.",
            str(project.where(SETTINGS, "fiscal_year")),
            "Nothing can be computed by month, quarter or year.",
            " ".join(problems_in(error)),
        )
        return {}, [finding]


def _window(today: date) -> tuple[date, ...]:
    """The first days of the months that are looked at, rising."""
    last = today.year * 12 + today.month - 1
    return tuple(date(month // 12, month % 12 + 1, 1) for month in range(last - WINDOW + 1, last + 1))


def _readers(definitions: Iterable[Definition]) -> dict[str, list[str]]:
    """The titles of the definitions that read each object."""
    readers: dict[str, list[str]] = {}
    for definition in definitions:
        for name in dict.fromkeys(need.ask.object for need in definition.needs):
            readers.setdefault(name, []).append(definition.title)
    return readers


def _columns(definitions: Iterable[Definition]) -> dict[str, set[str]]:
    columns = needed_fields(need.ask for definition in definitions for need in definition.needs)
    columns["user"] = columns.get("user", set()) | _PEOPLE
    return columns


def _sources(
    project: Project,
    connection: str,
    shown: Description,
    definitions: Iterable[Definition],
    before: Collection[tuple[str, str]],
) -> dict[tuple[str, str], Source]:
    compared: dict[tuple[str, str], list[str]] = {}
    for definition in definitions:
        for need in definition.needs:
            compared.setdefault((need.ask.object, need.ask.field), []).extend(need.orders)
    return {key: find_source(project, connection, shown, *key, orders, before) for key, orders in compared.items()}


def _unread(store: Store, connection: str, fills: Mapping[Ask, Filled]) -> set[tuple[str, str]]:
    """The fields without a value that no pull asked for yet."""
    empty = {
        (ask.object, ask.field.removeprefix(CUSTOM))
        for ask, fill in fills.items()
        if ask.field.startswith(CUSTOM) and fill.overall.state is State.NEVER
    }
    return {(name, f"{CUSTOM}{field}") for name, field in find_unread(store, connection, sorted(empty))}


def _sellers(definitions: Iterable[Definition], cells: Cells) -> dict[str, Collection[str]]:
    """The owners of the records that count for each metric."""
    return {
        definition.name: {
            cell.owner for need in definition.needs if need.role is Role.OWNER for cell in cells[need.ask]
        }
        for definition in definitions
        if definition.kind == "metric"
    }


def _never_pulled(connection: str) -> Finding:
    return Finding(
        Level.ADVICE,
        Area.PULL,
        "Nothing is pulled yet.",
        connection,
        "How fields are filled, and so what can be computed, is seen in pulled records only.",
        "Run `salesops pull`, then `salesops doctor` again.",
    )


def _ordered(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """What is required first, then by area."""
    areas, levels = list(Area), list(Level)
    order = sorted(findings, key=lambda each: (levels.index(each.level), areas.index(each.area)))
    return tuple(dict.fromkeys(order))
