"""What a metric reads of the records of each object: its own fields, those over references, and what is worked out.

Not judged: conditions of `where_any`, of which one is enough; grains, since a record without one still counts for the
others; exchange rates, splits, and what a field of a made source holds beyond the facts that it is made of.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from config.comp_plans.formula import names, parse_pay_formula
from config.metrics import AS_OF, ORDERED, WORDED, Condition, ConversionMetric, Operator, SimpleMetric
from config.metrics.kinds import PERIOD
from config.metrics.parts import parts_of
from config.model import IMPORTED, OBJECTS
from config.sources import CUSTOM, NoField, default_owner, find_field
from salesops.fill import Ask
from salesops.reads import CREATED, owner_path
from salesops.rules import says_created

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from config.comp_plans import Credit
    from config.loader import Project
    from config.metrics import Event

_EMPTY_IS_AN_ANSWER = frozenset({Operator.EMPTY, Operator.IS_NOT, Operator.NOT_IN, Operator.MEANS_NOT})
"""Conditions that an empty field may meet: nobody is expected to fill it for their sake."""

_CONTRACTS = (("opportunity", "account_id"), ("opportunity", "amount"), ("opportunity", "close_date"))

MADE_OF: Mapping[str | tuple[str, str], tuple[tuple[str, str], ...]] = {
    "stage_visit": (("opportunity", "stage"),),
    "opportunity_move": (("opportunity_history", "at"),),
    "pipeline_snapshot": (("opportunity", "stage"),),
    "expected_period": (("opportunity", "stage"), ("opportunity", "close_date")),
    "customer_period": _CONTRACTS,
    "user_period": (("user", CREATED),),
    "data_entry": (("opportunity", "created_by_id"),),
    "quota_period": (),
    ("opportunity", "customer"): (("opportunity", "account_id"), ("opportunity", "close_date")),
    ("opportunity", "last_activity_at"): (("activity", "opportunity_id"), ("activity", "at")),
    ("opportunity", "next_activity_at"): (("activity", "opportunity_id"), ("activity", "at")),
    ("opportunity", "stage_entered_at"): (("opportunity", "stage"),),
    ("opportunity", "stage_age_days"): (("opportunity", "stage"),),
    ("opportunity", "stage_normal_days"): (("opportunity", "stage"),),
    ("opportunity", "stage_age_ratio"): (("opportunity", "stage"),),
    ("opportunity", "lead_created_at"): (("lead", "opportunity_id"), ("lead", CREATED)),
    ("opportunity", "owner_tenure_days"): (("opportunity", "close_date"), ("user", CREATED)),
    ("opportunity", "contract_starts_on"): _CONTRACTS,
    ("opportunity", "contract_ends_on"): _CONTRACTS,
    ("opportunity", "contract_days_ahead"): _CONTRACTS,
    ("opportunity", "families"): (("line_item", "product_id"), ("product", "family")),
    ("opportunity", "filled_fields"): (),
    ("opportunity", "required_fields"): (),
    ("opportunity", "look_alikes"): (("opportunity", "account_id"),),
    ("activity", "entry_seconds"): (("activity", "at"), ("activity", CREATED)),
    ("activity", "first_on_lead"): (("activity", "lead_id"), ("activity", "at")),
    ("lead", "first_response_at"): (("activity", "lead_id"), ("activity", "at")),
    ("lead", "response_seconds"): (("activity", "lead_id"), ("activity", "at")),
    ("lead", "response_working_seconds"): (("activity", "lead_id"), ("activity", "at")),
    ("lead", "look_alikes"): (("lead", "contact_id"),),
    ("account", "first_won_on"): (("opportunity", "account_id"), ("opportunity", "close_date")),
    ("account", "look_alikes"): (("account", "name"),),
    ("line_item", "list_amount"): (("line_item", "unit_price"), ("line_item", "quantity")),
    ("user", "tenure_days"): (("user", CREATED),),
}
"""The fields without which a made source has no rows, or a worked-out field no value."""


class Role(StrEnum):
    """What a definition does with a field."""

    TIME = "puts it into a period"
    VALUE = "is added up"
    START = "says where the time begins"
    END = "says where the time ends"
    OWNER = "says whose it is"
    MATCH = "says which record it happens to"
    CONDITION = "decides whether it counts"
    MADE = "is what a field of ours is worked out of"
    PEOPLE = "says who is meant"


_EXPECTED = frozenset({Role.TIME, Role.VALUE, Role.START, Role.END, Role.OWNER})


@dataclass(frozen=True, slots=True)
class Need:
    """A field that a definition reads, in which records, and what for. `orders` where it is compared by size or day."""

    ask: Ask
    role: Role
    orders: tuple[str, ...] = ()

    @property
    def expected(self) -> bool:
        """Whether each record should have a value; a condition may well be about few of them."""
        return self.role in _EXPECTED


def metric_needs(project: Project, name: str) -> tuple[Need, ...]:
    """Everything that a metric reads, and what it is made of, in their order, each once."""
    needs: dict[Need, None] = {}
    waiting, seen = [name], set()
    while waiting:
        here = waiting.pop(0)
        metric = project.metrics[here]
        seen.add(here)
        needs |= dict.fromkeys(_of_rows(metric) if isinstance(metric, SimpleMetric | ConversionMetric) else ())
        parts = [part for _, part in parts_of(metric, project.parameters)]
        if isinstance(metric, SimpleMetric) and metric.source == "quota_period":
            parts += [quota.metric for _, quota in sorted(project.quotas.items())]
        waiting += [part for part in parts if part not in seen and part not in waiting]
    return tuple(needs)


def _of_rows(metric: SimpleMetric | ConversionMetric) -> Iterator[Need]:
    if isinstance(metric, ConversionMetric):
        for event in (metric.from_, metric.to):
            yield from _of_event(event, metric.owner)
        return
    rows = _Rows.of(metric.source, metric.time, metric.owner, metric.where)
    yield from rows.time()
    for field, role, orders in (
        (metric.of, Role.VALUE, ("0",)),
        (metric.times, Role.VALUE, ("0",)),
        (metric.start, Role.START, ()),
        (metric.end if metric.end != AS_OF else None, Role.END, ()),
    ):
        if field is not None:
            yield from rows.need(field, role, orders)
    yield from rows.owned(metric.owner)
    yield from rows.conditions(metric.where)


def _of_event(event: Event, owner: str | None) -> Iterator[Need]:
    rows = _Rows.of(event.source, event.time, owner, event.where)
    yield from rows.time()
    yield from rows.need(event.match, Role.MATCH)
    yield from rows.owned(owner)
    yield from rows.conditions(event.where)


def condition_needs(source: str, where: tuple[Condition, ...]) -> Iterator[Need]:
    """What conditions read of a source, of whose rows all count that meet them."""
    yield from _Rows.of(source, AS_OF, None, where).conditions(where)


def credit_needs(credit: Credit) -> Iterator[Need]:
    """What a credit reads of its transactions, of whose rows all count that meet its conditions."""
    if credit.source is None:
        return
    days = [credit.time] if credit.time else [part.time for part in credit.parts]
    dates = [name for day in days for name in _fields(credit.source, day)]
    rows = _Rows.of(credit.source, dates[0] if dates else AS_OF, None, credit.where)
    yield from rows.time()
    for field in _fields(credit.source, credit.amount or "amount"):
        yield from rows.need(field, Role.VALUE, ("0",))
    if credit.to == "owner":
        yield from rows.owned(None)
    yield from rows.conditions(credit.where)


def _fields(source: str, formula: str) -> list[str]:
    """The names of a formula that are fields of the source, not of a table or a value."""
    found = []
    for name in names(parse_pay_formula(formula)):
        try:
            find_field(source, name.name)
        except NoField:
            continue
        found.append(name.name)
    return found


def _conditions_on(
    where: tuple[Condition, ...], known: tuple[Condition, ...]
) -> Iterator[tuple[str, tuple[Condition, ...], tuple[str, ...]]]:
    """Each field that decides whether a record counts, with the `known` conditions on other fields, which say where it
    is expected, and what it is compared with by size or day."""
    for field in dict.fromkeys(each.field for each in where if each.operator not in _EMPTY_IS_AN_ANSWER):
        ordered = (each for each in where if each.field == field and each.operator in ORDERED)
        compared = tuple("0" if each.parameter else str(each.operand) for each in ordered)
        yield field, tuple(each for each in known if each.field != field), compared


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of a source that a metric looks at.

    `where` are the conditions that can be asked of a row alone: on fields of its own that are facts. `dated` is the
    field that puts it into a period, `owner` the one that says whose it is; both empty where no field of its own does.
    """

    source: str
    where: tuple[Condition, ...]
    path: str  # that puts it into a period; empty for as_of and period
    dated: str
    owner: str

    @classmethod
    def of(cls, source: str, time: str, owner: str | None, where: tuple[Condition, ...]) -> _Rows:
        askable = tuple(each for each in where if _is_fact(source, each.field) and not _is_named(each))
        path = "" if time in {AS_OF, PERIOD} else time
        named = owner_path(source, owner) or ""
        return cls(
            source,
            askable,
            path,
            path if path and _is_fact(source, path) else "",
            named if named and _is_fact(source, named) else "",
        )

    @property
    def created(self) -> str:
        return CREATED if says_created(self.source) else ""

    def time(self) -> Iterator[Need]:
        """The need of what puts rows into periods, if that is a field; and of the facts that a made source has."""
        for object_, field in MADE_OF.get(self.source, ()):
            yield _elsewhere(object_, field, Role.MADE)
        if self.path:
            yield from self.need(self.path, Role.TIME)

    def owned(self, owner: str | None) -> Iterator[Need]:
        """The need of what says whose a row is."""
        if path := owner_path(self.source, owner):
            yield from self.need(path, Role.OWNER)

    def conditions(self, where: tuple[Condition, ...]) -> Iterator[Need]:
        """The needs of conditions."""
        for field, others, orders in _conditions_on(where, self.where):
            yield from self.need(field, Role.CONDITION, orders, others)

    def need(
        self, path: str, role: Role, orders: tuple[str, ...] = (), where: tuple[Condition, ...] | None = None
    ) -> Iterator[Need]:
        """The needs of a path: each reference that it goes over, and the field that it ends at."""
        found = find_field(self.source, path)
        for step in found.steps:
            # a record need not belong to another one: few may do so, but not none
            if step.source == self.source:
                yield from self._own(step.field, Role.CONDITION, (), self.where)
            elif step.source in OBJECTS and step.source not in IMPORTED:
                yield _elsewhere(step.source, step.field, Role.CONDITION)
        if made := MADE_OF.get((found.source, found.field)):
            yield from (_elsewhere(object_, field, Role.MADE) for object_, field in made)
        elif not _is_fact(found.source, found.field):
            return
        elif found.steps:
            yield _elsewhere(found.source, found.field, role if role in {Role.VALUE, Role.START} else Role.CONDITION)
        else:
            yield from self._own(found.field, role, orders, self.where if where is None else where)

    def _own(self, field: str, role: Role, orders: tuple[str, ...], where: tuple[Condition, ...]) -> Iterator[Need]:
        if not _is_fact(self.source, field):
            return
        # What dates the records cannot date those that lack it: these are looked for by the day they were entered.
        by = self.dated if self.dated and role is not Role.TIME else self.created
        whole = not self.dated or (role is Role.TIME and by in {field, ""})
        yield Need(Ask(self.source, field, where, by, self.owner, whole), role, orders)


def _elsewhere(object_: str, field: str, role: Role) -> Need:
    """A field of another object, of all of its records."""
    owner = default_owner(object_) or ""
    by = CREATED if says_created(object_) else ""
    return Need(Ask(object_, field, (), by, owner if "." not in owner else "", whole=True), role)


def _is_named(condition: Condition) -> bool:
    """Whether a condition compares with what the project says elsewhere: a meaning or a parameter."""
    return condition.operator in WORDED or condition.parameter is not None


def _is_fact(source: str, path: str) -> bool:
    """Whether a path is a field of the source itself that comes from the CRM."""
    known = source in OBJECTS and source not in IMPORTED
    return known and (path.startswith(CUSTOM) or path in OBJECTS[source].fields)
