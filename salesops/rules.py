"""The rules of one project as the core takes them, and which facts they need."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from config.metrics import AS_OF, RatioMetric, SimpleMetric
from config.metrics.kinds import PERIOD, SPLITS, THEN
from config.model import OBJECTS, FieldType
from config.project import Customers
from config.sources import CUSTOM, SOURCES, NoField, find_field
from config.working_time import WorkingTime
from salesops.facts import CHANGE, HAPPENED_AT, KEPT
from salesops.fiscal import FiscalCalendar, build_calendar
from salesops.incentives.crediting.needs import read_by_credits
from salesops.payment.needs import read_by_payment
from salesops.reads import CREATED, currency_paths, looks, opportunity_path, paths_of, read_fields
from salesops.sources.needs import LEAVING, facts_needed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from config.calendars import FiscalYear
    from config.comp_plans import Assignment, CompPlan
    from config.expense import ExpenseRules
    from config.metrics import Dimension, Metric, Parameter
    from config.quotas import Quota
    from config.territories import TerritoryFile
    from salesops.fiscal import CrmPeriod
    from salesops.reads import Look

__all__ = ["AS_OF", "CREATED", "RuleError", "Rules", "field_type", "needed_columns", "says_created"]


class RuleError(ValueError):
    """A rule that cannot be computed; the loader refuses it first, with file and line."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything that decides a number besides the facts and the as-of time."""

    time_zone: str
    fiscal_year: FiscalYear
    currency: str
    metrics: Mapping[str, Metric]
    quotas: Mapping[str, Quota] = field(default_factory=dict)
    comp_plans: Mapping[str, CompPlan] = field(default_factory=dict)
    payees: Mapping[str, tuple[Assignment, ...]] = field(default_factory=dict)  # by e-mail in lower case
    territories: TerritoryFile | None = None
    dimensions: Mapping[str, Dimension] = field(default_factory=dict)
    meanings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    customers: Customers = field(default_factory=Customers)
    working_time: WorkingTime = field(default_factory=WorkingTime)
    team_zones: Mapping[str, str] = field(default_factory=dict)
    crm_periods: tuple[CrmPeriod, ...] = ()
    expense: ExpenseRules | None = None

    @property
    def calendar(self) -> FiscalCalendar:
        """The fiscal calendar."""
        return build_calendar(self.fiscal_year, self.crm_periods)

    def simple(self, name: str) -> SimpleMetric:
        """The simple metric of this name."""
        metric = self.metrics.get(name)
        if not isinstance(metric, SimpleMetric):
            what = f"a {metric.kind} metric" if metric else "no metric"
            raise RuleError(f"{name} is {what}; a simple metric is needed here")
        return metric

    def simple_metrics(self) -> Iterator[tuple[str, SimpleMetric]]:
        """Every simple metric with its name, by name."""
        yield from ((name, m) for name, m in sorted(self.metrics.items()) if isinstance(m, SimpleMetric))

    def ratio_metrics(self) -> Iterator[tuple[str, RatioMetric]]:
        """Every ratio with its name, by name."""
        yield from ((name, m) for name, m in sorted(self.metrics.items()) if isinstance(m, RatioMetric))


def field_type(source: str, path: str) -> FieldType:
    """The type of what a path from a source leads to; custom fields are text. RuleError where it leads nowhere."""
    if source not in SOURCES:
        raise RuleError(f"there is no source {source}; there are {', '.join(SOURCES)}")
    try:
        return find_field(source, path).type
    except NoField as error:
        has = ", ".join(error.known)
        raise RuleError(f"{error}; it has {has}, and custom.NAME for mapped ones") from error


def custom_days(rules: Rules) -> dict[str, frozenset[str]]:
    """Object -> its custom fields, whose values are texts, that metrics date rows by or measure from or to."""
    found: dict[str, frozenset[str]] = {}
    for look, metric in looks(rules.metrics):
        ends = (metric.start, metric.end) if isinstance(metric, SimpleMetric) else ()
        for path in (look.time, *ends):
            if path is None or path in {AS_OF, PERIOD} or CUSTOM not in path:
                continue
            held = find_field(look.source, path)
            found[held.source] = found.get(held.source, frozenset()) | {held.field}
    return found


def says_created(source: str) -> bool:
    """Whether the object has the field that says when a record of it came to be."""
    return CREATED in SOURCES[source].fields


_PEOPLE = ("email", "active", "team", "role", "manager_id")
_RATES = ("currency", "to_currency", "rate", "from_date")
_BACK = {
    "opportunity": ("stage", "pipeline", "amount", "close_date", "is_closed", "is_won", "probability"),
    "opportunity_history": ("opportunity_id", "stage", "amount", "close_date", "at"),
    "stage": ("object", "pipeline", "name", "is_closed", "is_won", "probability"),
    CHANGE: tuple(KEPT[CHANGE]),
}
"""What takes facts back to an earlier time, besides when history happened."""


def read_sources(rules: Rules) -> dict[str, set[str]]:
    """Object or made source -> its fields that the rules read, worked-out ones among them, always with `id`."""
    read = _Read()
    read.add("user", _PEOPLE)
    for look, metric in looks(rules.metrics):
        read.add_paths(look.source, _paths(rules, look, metric))
        _read_besides(read, look, metric)
        if "territory" in (metric.by or ()) and rules.territories is None:
            read.add("territory", ("name",))
            read.add("territory_account", ("territory_id", "account_id"))
    for name in rules.comp_plans:
        _read_of_pay(read, rules, name)
    for source, fields in read_by_payment(rules).items():
        if source == "opportunity":
            read.add_paths(source, fields)  # custom ones are checked
        read.add(source, fields)
    if rules.territories:
        conditions = (each for territory in rules.territories.territories for each in territory.where)
        read.add_paths("account", [each.field for each in conditions])
    return dict(read)


def needed_columns(rules: Rules, as_of: datetime | None = None) -> dict[str, set[str]]:
    """Fact table -> the fields that the rules read of it (custom ones as `custom.NAME`), so nothing else is loaded.

    With an as-of time, also what takes these facts back to it: without one, they are read as they stand.
    """
    needed = _Read()
    for source, fields in read_sources(rules).items():
        worked_out = SOURCES[source].worked_out.keys() if source in SOURCES else ()
        if source in OBJECTS or source not in SOURCES:
            needed.add(source, fields - set(worked_out))
        made: list[str | tuple[str, str]] = [(source, name) for name in sorted(fields & set(worked_out))]
        if source in SOURCES and source not in OBJECTS:
            made.append(source)
        for name in made:
            needed.add_all(facts_needed(rules, name))
    if rules.quotas:
        needed.add_all(facts_needed(rules, "quota_period"))
    return dict(needed if as_of is None else _with_history(needed))


class _Read(dict[str, set[str]]):
    """Object or made source -> its fields, gathered piece by piece."""

    def add(self, source: str, fields: Iterable[str]) -> None:
        self.setdefault(source, {"id"}).update(fields)

    def add_all(self, fields: Mapping[str, Iterable[str]]) -> None:
        for source, its in fields.items():
            self.add(source, its)

    def add_paths(self, source: str, paths: Iterable[str]) -> None:
        for path in paths:
            field_type(source, path)
        for name, fields in read_fields(source, paths).items():
            self.add(name, fields)


def _paths(rules: Rules, look: Look, metric: Metric) -> set[str]:
    if look.source not in SOURCES:
        raise RuleError(f"there is no source {look.source}; there are {', '.join(SOURCES)}")
    try:
        return paths_of(look, metric, rules.dimensions)
    except NoField as error:
        raise RuleError(str(error)) from error


def _read_besides(read: _Read, look: Look, metric: Metric) -> None:
    """What a look reads that no path of it says."""
    if look.time == AS_OF and says_created(look.source):
        read.add(look.source, (CREATED,))
    if THEN in {look.owner, look.hierarchy}:
        read.add(CHANGE, KEPT[CHANGE])
    if look.owner == SPLITS:
        read.add_paths(look.source, [opportunity_path(look.source) or "id"])
        read.add("opportunity_split", ("opportunity_id", "user_id", "type", "percent"))
    if look.attribution == "account" and look.source == "activity":
        read.add("opportunity", ("account_id", "is_closed", "close_date", CREATED))
        read.add("activity", ("opportunity_id", "account_id", "at"))
    if look.zone != "company":
        read.add("user", ("time_zone",))
    if isinstance(metric, SimpleMetric) and currency_paths(metric):
        read.add("exchange_rate", _RATES)


def _read_of_pay(read: _Read, rules: Rules, name: str) -> None:
    """What a comp plan reads: of its credits, of who is on it when, and of the quotas that it may name."""
    try:
        read.add_all(read_by_credits(rules, name))
    except NoField as error:
        raise RuleError(str(error)) from error
    read.add("user", (CREATED,))
    read.add(CHANGE, KEPT[CHANGE])
    eligible = rules.comp_plans[name].eligible
    if eligible is not None:
        read.add_all(LEAVING)  # nobody is eligible from the day on which they left
    if eligible is not None and eligible.territories:
        read.add("territory", ("name",))
        read.add("territory_member", ("territory_id", "user_id"))


def _with_history(needed: _Read) -> _Read:
    for object_ in needed.keys() & HAPPENED_AT.keys():
        needed.add(object_, (HAPPENED_AT[object_],))
    if "opportunity" in needed:
        for object_, fields in _BACK.items():
            needed.add(object_, fields)
    needed.add(CHANGE, _BACK[CHANGE])
    return needed
