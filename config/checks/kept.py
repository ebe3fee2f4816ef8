"""Checks of what `writeback.yaml` keeps beside fields: records, forecasting quotas, territories and tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.checks.crm_names import Named, Role, check_name, crm_of
from config.checks.shown import check_record_value, check_text, check_value, is_as_of
from config.draft import CONNECTIONS
from config.project_folder import QUOTAS, TERRITORIES
from config.values import MetricOf, MetricValue, PayValue

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from config.draft import Draft
    from config.problems import Problem
    from config.writeback import ForecastingQuotaWrite, RecordField, RecordSet, TaskRule, Writeback
    from config.yaml_text import Path

RECORDS, TASKS = "records", "tasks"
FORECASTING_QUOTAS, ASSOCIATIONS = "forecasting_quotas", "territory_associations"


def check_kept(draft: Draft, writeback: Writeback) -> Iterator[Problem]:
    """Everything that is wrong in these parts of the file."""
    for part in (RECORDS, FORECASTING_QUOTAS, ASSOCIATIONS, TASKS):
        for connection in getattr(writeback, part):
            yield from draft.unknown(CONNECTIONS, connection, (part, connection))
    for connection, sets in writeback.records.items():
        yield from _twice(draft, [each.object for each in sets], (RECORDS, connection), "object")
        for number, each in enumerate(sets):
            yield from _check_set(draft, connection, each, (RECORDS, connection, number))
    for connection, quotas in writeback.forecasting_quotas.items():
        yield from _only_salesforce(draft, connection, (FORECASTING_QUOTAS, connection), "forecasting quotas")
        yield from _twice(
            draft, [each.forecasting_type for each in quotas], (FORECASTING_QUOTAS, connection), "forecasting_type"
        )
        for number, quota in enumerate(quotas):
            yield from _check_forecasting(draft, quota, (FORECASTING_QUOTAS, connection, number))
    for connection in writeback.territory_associations:
        yield from _check_associations(draft, connection)
    for connection, rules in writeback.tasks.items():
        yield from _twice(draft, [each.name for each in rules], (TASKS, connection), "name")
        for number, rule in enumerate(rules):
            yield from _check_task(draft, connection, rule, (TASKS, connection, number))


def _check_set(draft: Draft, connection: str, each: RecordSet, at: Path) -> Iterator[Problem]:
    yield from check_name(draft, connection, Named(Role.OBJECT, each.object, each.label), at)
    yield from check_name(draft, connection, Named(Role.KEY, each.key), at)
    names = [field.field for field in each.fields]
    yield from _twice(draft, names, (*at, "fields"), "field")
    for number, field in enumerate(each.fields):
        place = (*at, "fields", number)
        if field.field.casefold() == each.key.casefold():
            yield draft.error(
                (*place, "field"), f"{field.field} is the key of the records.", "Name another field for the result."
            )
        yield from check_name(draft, connection, Named(Role.RECORD_FIELD, field.field, field.label), place)
        yield from check_record_value(draft, field.value, each.per, each.period, (*place, "value"))
        yield from check_text(draft, field.text, field.value, (*place, "text"))
        yield from _check_past(draft, each, field, place)
    if all(field.value.kind in {"period", "payee", "updated"} for field in each.fields):
        yield draft.error(
            (*at, "fields"), "shows no result.", "Add a field with a metric, a quota's figure, a commission or pay."
        )


def _check_past(draft: Draft, each: RecordSet, field: RecordField, at: Path) -> Iterator[Problem]:
    """What stands as of now is known of the present period alone: in older records it must not be emptied."""
    value = field.value
    if isinstance(value, MetricOf) and is_as_of(draft, value.metric) and each.keep > 1 and field.empty == "clear":
        yield draft.error(
            (*at, "value", "metric"),
            f"{value.metric} stands as of now: when a period is over, its record would be emptied.",
            "Write `empty: leave`, so that the last value of each period stays, or keep: 1.",
        )


def _check_forecasting(draft: Draft, each: ForecastingQuotaWrite, at: Path) -> Iterator[Problem]:
    yield from draft.unknown(QUOTAS, each.quota, (*at, "quota"))
    quota = draft.quotas.get(each.quota)
    if quota is not None and quota.period == "year":
        yield draft.error(
            (*at, "quota"), f"quota {each.quota} is by year.", "Salesforce forecasts by month or quarter: name another."
        )


def _check_associations(draft: Draft, connection: str) -> Iterator[Problem]:
    at = (ASSOCIATIONS, connection)
    yield from _only_salesforce(draft, connection, at, "territories")
    if not draft.territories and TERRITORIES not in draft.unreadable | draft.names.keys():
        yield draft.error(at, "there are no territories to write.", "Define some in territories/, or remove it.")


def _check_task(draft: Draft, connection: str, rule: TaskRule, at: Path) -> Iterator[Problem]:
    yield from check_name(draft, connection, Named(Role.KEY, rule.key), at)
    yield from check_value(draft, rule.value, (*at, "value"))
    if isinstance(rule.value, MetricValue) and rule.value.show in {"partial", "complete_from"}:
        detail = "Write show: value or show: sample."
        yield draft.error((*at, "value", "show"), "is no number that could be below or above a bound.", detail)
    if isinstance(rule.value, PayValue) and rule.value.show == "state":
        yield draft.error(
            (*at, "value", "show"),
            "is no number that could be below or above a bound.",
            "Show an amount, such as paid.",
        )
    yield from check_text(draft, rule.subject, rule.value, (*at, "subject"))


def _only_salesforce(draft: Draft, connection: str, at: Path, what: str) -> Iterator[Problem]:
    if crm_of(draft, connection) == "hubspot":
        yield draft.error(at, f"HubSpot's API has no {what}.", "Only Salesforce has; remove it for this connection.")


def _twice(draft: Draft, names: Sequence[str], at: Path, key: str) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for number, name in enumerate(names):
        before = first.setdefault(name.casefold(), number)
        if before != number:
            line = draft.places[(*at, before, key)].line
            yield draft.error((*at, number, key), f"{name} stands here twice, first on line {line}.", "Keep one.")
