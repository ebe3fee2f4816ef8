"""Provision: what the project's `writeback.yaml` needs to be in the CRM, what of it is missing, and making that."""

from __future__ import annotations

import string
from typing import TYPE_CHECKING

from config.calendars import LONGEST_PERIOD_NAME
from config.comp_plans.base import shown_label
from config.metrics import Unit
from connectors.writing import TASK, FieldKind, FieldNeed, Needs, ObjectNeed
from sync.plan.earned_results import unit_of_commission
from sync.plan.fields import unit_of
from sync.plan.measure_results import unit_of_measure
from sync.plan.metric_results import unit_of_metric
from sync.plan.pay_results import unit_of_pay
from sync.plan.results import unit_of_quota
from sync.store.sweeps import forget_cursors

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from config.loader import Project
    from config.values import MetricOf, MetricValue, PayFigure, PayOf, PayValue, RecordValue, Value
    from config.writeback import FieldWrite, RecordField, RecordSet
    from connectors.base import Connector
    from connectors.writing import Outcome, Step
    from sync.store.store import Store

_KINDS = {
    Unit.MONEY: FieldKind.MONEY,
    Unit.COUNT: FieldKind.COUNT,
    Unit.PERCENT: FieldKind.PERCENT,
    Unit.DAYS: FieldKind.DAYS,
    Unit.HOURS: FieldKind.NUMBER,
    Unit.MINUTES: FieldKind.NUMBER,
    Unit.NUMBER: FieldKind.NUMBER,
    None: FieldKind.TEXT,
}

SHORT_TEXT = 255
"""The longest text that either CRM keeps in its short kind of text field (Salesforce's Text)."""

_LONGEST = 60
"""What a placeholder may become: long for a name, much too long for a number."""

_ID_AND_PERIOD = 18 + len("|") + LONGEST_PERIOD_NAME
"""How long a key may be that is made of an id (of 18 characters in Salesforce) and a fiscal period ("FY2026-Q4")."""

_KEY_LABEL = "Salesops key"
_KEY_TEXT = "How salesops-sync finds this record again. Do not change it."


def needs_of(project: Project, connection: str) -> Needs:
    """What `writeback.yaml` needs of a connection, in the file's order; a field that is named twice counts once."""
    records = project.writeback.records.get(connection, ())
    objects = tuple(ObjectNeed(each.object, each.label, each.plural, each.description) for each in records)
    fields: dict[tuple[str, str], FieldNeed] = {}
    for need in _fields(project, connection):
        fields.setdefault((need.object, need.name), need)
    types = (each.forecasting_type for each in project.writeback.forecasting_quotas.get(connection, ()))
    return Needs(objects, tuple(fields.values()), tuple(dict.fromkeys(types)), _territories(project, connection))


def build_steps(project: Project, connection: str, connector: Connector) -> list[Step]:
    """The steps that make what is missing, in their order, and those that cannot be made, with their problem."""
    return connector.missing(needs_of(project, connection))


def carry_out(store: Store, connection: str, connector: Connector, steps: Sequence[Step]) -> Iterator[Outcome]:
    """One outcome for each step without a problem, as each is made.

    What we knew of the values in a field that we did not see is void: its object is read again whole.
    """
    unseen = {missing.object for missing in connector.describe().missing if missing.purpose == "writeback"}
    try:
        yield from connector.provision(steps)
    finally:
        forget_cursors(store, connection, sorted(unseen))


def _territories(project: Project, connection: str) -> tuple[str, ...] | None:
    """The territories of our rules where accounts are put into the CRM's. Accounts that no rule takes may well be in
    none there."""
    if connection not in project.writeback.territory_associations:
        return None
    return tuple(each.name for each in project.territories.territories) if project.territories else ()


def _fields(project: Project, connection: str) -> Iterator[FieldNeed]:
    writeback = project.writeback
    writes = writeback.writeback.get(connection, ())
    stamps = {write.object: write.label for write in writes if write.value.kind == "updated"}
    for write in writes:
        text = write.description or _describe(project, write.value)
        described = _with_age(project, text, write, stamps.get(write.object, ""))
        kind = _kind(project, write)
        longest = _longest(project, write)
        yield FieldNeed(write.object, write.field, write.label, described, kind, longest)
    for each in writeback.records.get(connection, ()):
        yield FieldNeed(each.object, each.key, _KEY_LABEL, _KEY_TEXT, FieldKind.KEY, length=_ID_AND_PERIOD)
        yield from _record_fields(project, each)
    rules = writeback.tasks.get(connection, ())
    longest = max((len(rule.name) for rule in rules), default=0) + len("|") + _ID_AND_PERIOD
    for rule in rules:
        yield FieldNeed(TASK, rule.key, _KEY_LABEL, _KEY_TEXT, FieldKind.KEY, length=longest)


def _record_fields(project: Project, records: RecordSet) -> Iterator[FieldNeed]:
    stamp = next((field.label for field in records.fields if field.value.kind == "updated"), "")
    for field in records.fields:
        text = field.description or _describe(project, field.value)
        text = _with_age(project, text, field, stamp)
        kind = _kind_of_record(project, field, records.per)
        yield FieldNeed(records.object, field.field, field.label, text, kind, _longest(project, field))


def _kind(project: Project, write: FieldWrite) -> FieldKind:
    if write.text is not None:
        return _text_kind(write.text)
    if write.value.kind == "metric":
        return _kind_of_metric(project, write.value)
    return FieldKind.MOMENT if write.value.kind == "updated" else _KINDS[unit_of(project, write.value)]


def _kind_of_metric(project: Project, value: MetricValue | MetricOf) -> FieldKind:
    return FieldKind.FLAG if value.show == "partial" else _KINDS[unit_of_metric(project, value)]


def _kind_of_record(project: Project, field: RecordField, per: str) -> FieldKind:
    value = field.value
    if field.text is not None:
        return _text_kind(field.text)
    match value.kind:
        case "metric":
            return _kind_of_metric(project, value)
        case "quota":
            return _KINDS[unit_of_quota(project, value.quota, value.show)]
        case "measure":
            return _KINDS[unit_of_measure(project, value)]
        case "commission":
            return _KINDS[unit_of_commission(value)]
        case "pay":
            return _KINDS[unit_of_pay(value)]
        case "period":
            return FieldKind.TEXT if value.show == "name" else FieldKind.DAY
        case "payee":
            return FieldKind.USER if per == "user" else FieldKind.TEXT  # a team is a name
        case "updated":
            return FieldKind.MOMENT


def _longest(project: Project, write: FieldWrite | RecordField) -> int:
    """How long the longest text is that is known to come: a territory's name, or the words around placeholders."""
    if write.text is not None:
        return sum(len(words) for words, *_ in string.Formatter().parse(write.text))
    if write.value.kind != "territory" or project.territories is None:
        return 0
    named = [territory.name for territory in project.territories.territories]
    return max(map(len, [*named, project.territories.otherwise or ""]))


def _text_kind(text: str) -> FieldKind:
    """Long where the words and what may come into them are more than a short text field keeps."""
    parts = list(string.Formatter().parse(text))
    length = sum(len(words) + (_LONGEST if name else 0) for words, name, _, _ in parts)
    return FieldKind.LONG_TEXT if length > SHORT_TEXT else FieldKind.TEXT


# What a rep reads beside the field


_DESCRIBED = {
    "commission": "What the comp plans earned.",
    "territory": "The territory that our rules put the account into.",
    "earned_commission": "What the owner earned on this opportunity.",
    "estimated_commission": "What the owner would earn if this opportunity were won now.",
    "updated": "When salesops-sync last changed this record.",
    "payee": "Whose figures these are.",
}

_PAY: Mapping[PayFigure, str] = {
    "paid": "What was paid",
    "earned": "What was earned in the pay period",
    "adjusted": "What was adjusted of earlier pay periods",
    "held": "What is held at the end",
    "owed": "What is owed at the end",
    "carried": "What is carried to the next pay period",
}


def _describe(project: Project, value: Value | RecordValue) -> str:
    """What the number is, where the admin did not say."""
    period = getattr(value, "period", "").replace("_", " ")
    match value.kind:
        case "metric":
            text = _describe_metric(project, value)
        case "quota":
            text = f"{value.show.capitalize()} of the quota {project.quotas[value.quota].label}."
        case "measure":
            text = f"{value.show.capitalize()} of {shown_label(value.measure, None)}, by the comp plan."
        case "pay":
            text = _describe_pay(value)
        case "period":
            text = {"name": "The period.", "first_day": "Its first day.", "last_day": "Its last day."}[value.show]
        case _:
            text = _DESCRIBED[value.kind]
    return text.removesuffix(".") + f", {period}." if period else text


def _describe_pay(value: PayValue | PayOf) -> str:
    if value.show == "state":
        return "How far the pay period is: open, calculated, reviewed, approved, closed or exported."
    by = f" by {shown_label(value.comp_plan, None)}" if value.comp_plan else ""
    return f"{_PAY[value.show]}{by}{f', in {value.unit}' if value.unit else ''}, once the pay period is closed."


def _describe_metric(project: Project, value: MetricValue | MetricOf) -> str:
    metric = project.metrics[value.metric]
    whose = {"team": " of the team", "manager": " of everybody below"}.get(value.grain or "", "")
    match value.show:
        case "partial":
            return f"Whether {metric.label}{whose} is of a part of its period only, since its records began within it."
        case "complete_from":
            return f"Where {metric.label}{whose} is of a part of its period only: the first complete one."
        case "sample":
            return f"How many {metric.label}{whose} is made of."
    text = metric.description.strip() or f"{metric.label}."
    return f"{text.removesuffix('.')},{whose}." if whose else text


def _with_age(project: Project, text: str, field: FieldWrite | RecordField, stamp: str) -> str:
    """The text, and how fresh the value is: who keeps it, how often, and which field beside it says when."""
    if field.value.kind in {"updated", "period", "payee"}:
        return text
    often = " at every scheduled run" if project.settings.schedule else ""
    see = f"; “{stamp}” says when it last changed" if stamp else ""
    return f"{text.rstrip()} Kept current by salesops-sync{often}{see}."
