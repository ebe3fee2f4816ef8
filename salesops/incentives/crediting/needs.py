"""What the credits of comp plans read of the facts. Pure. A path that leads nowhere raises NoField.

A name in a formula of a credit is a value or a table of the comp plan, `level`, or else a field of the transaction.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from config.comp_plans.credits import ByField, ByManagers, ByMembers, BySplits
from config.comp_plans.formula import OF_DAYS, Call, Name, parse_pay_formula, walk
from config.comp_plans.formula import names as names_in
from config.metrics.kinds import CREATOR, SPLITS
from config.sources import SOURCES
from salesops.facts import CHANGE, KEPT
from salesops.incentives.crediting.own_numbers import DAY, LEVEL, Names, grouped, metric_of, row_numbers, value_names
from salesops.reads import (
    CREATED,
    currency_path,
    look_of,
    opportunity_path,
    owner_path,
    paths_of,
    read_fields,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from config.comp_plans import Credit
    from config.metrics import Condition, SimpleMetric
    from salesops.rules import Rules

CLOSING_FIELDS = ("stage", "is_closed", "is_won")
"""Fields of an opportunity that winning it changes."""

CLOSE_DATE = "close_date"


@dataclass(slots=True)
class Fields:
    """The paths of a source that formulas name, by what they are read as."""

    numbers: set[str] = field(default_factory=set)
    days: set[str] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class CreditReads:
    """What a credit looks at: its source (none of earnings), and the paths that it reads there, by what as."""

    source: str | None
    metric: SimpleMetric | None
    fields: Fields
    where: tuple[Condition, ...]
    user: str | None  # the path to the user it counts for; of a metric it is the metric that says so
    account: str | None  # the path to the account, where its territories decide

    @property
    def opportunity(self) -> str | None:
        """The path to the id of the opportunity."""
        return None if self.source is None else opportunity_path(self.source)

    @property
    def closing(self) -> frozenset[str]:
        """The paths to what winning the opportunity changes."""
        if self.opportunity is None:
            return frozenset()
        return frozenset(self.of_opportunity(name) for name in CLOSING_FIELDS)

    def of_opportunity(self, name: str) -> str:
        """The path to a field of the opportunity."""
        return name if self.source == "opportunity" else f"opportunity.{name}"


def reads_of(rules: Rules, plan_name: str, name: str) -> CreditReads:
    """What a credit of a comp plan reads, for its own amount and for what else the comp plan looks up on its rows."""
    plan = rules.comp_plans[plan_name]
    credit = plan.credits[name]
    metric = metric_of(rules, credit)
    source = credit.source or (metric.source if metric else None)
    fields = Fields()
    if source is not None:
        names = Names(plan, value_names(rules, plan_name))
        _add_formulas(fields, names, source, _formulas(rules, plan_name, name))
        _add_times(fields, credit)
        fields.texts |= {credit.once_per} if credit.once_per else set()
        fields.texts |= {path for credits_, path in grouped(plan).values() if name in credits_}
    where = (*credit.where, *credit.where_any)
    return CreditReads(source, metric, fields, where, _user(credit, source), _account(credit, source))


def read_by_credits(rules: Rules, plan_name: str) -> dict[str, set[str]]:
    """Object or made source -> its fields that the credits of a comp plan read, worked-out ones among them."""
    found: dict[str, set[str]] = {}
    for name, credit in rules.comp_plans[plan_name].credits.items():
        reads = reads_of(rules, plan_name, name)
        for source, fields in [*_of_rows(rules, reads), *_of_recipients(credit)]:
            found.setdefault(source, {"id"}).update(fields)
    return found


def _formulas(rules: Rules, plan_name: str, name: str) -> Iterator[str]:
    """The formulas that look at the rows of a credit, those of components among them."""
    credit = rules.comp_plans[plan_name].credits[name]
    yield from amount_formulas(credit)
    yield credit.share
    yield from (each.formula for each in row_numbers(rules, plan_name) if each.credit == name)


def amount_formulas(credit: Credit) -> tuple[str, ...]:
    """What the whole of a transaction is the product of; of metrics and earnings, the factors on what they give."""
    if credit.source is None:
        return credit.multipliers
    default = "amount" if "amount" in SOURCES[credit.source].fields else "1"
    return (credit.amount or default, *credit.multipliers)


def _add_formulas(fields: Fields, names: Names, source: str, formulas: Iterable[str]) -> None:
    for formula in formulas:
        expression = parse_pay_formula(formula)
        of_days = {
            id(each)
            for part in walk(expression)
            if isinstance(part, Call) and part.function in OF_DAYS
            for each in part.arguments
        }
        for part in walk(expression):
            if not isinstance(part, Name) or part.name in {*names.values, LEVEL}:
                continue
            if part.name in names.plan.tables:
                _add_axes(fields, names, source, part.name)
            elif id(part) in of_days:
                fields.days |= {part.name} - {DAY}
            else:
                fields.numbers.add(part.name)


def _add_axes(fields: Fields, names: Names, source: str, table: str) -> None:
    for axis in names.plan.tables[table].by:
        if not isinstance(axis, str):
            _add_formulas(fields, names, source, [axis.of])
        elif axis != LEVEL:
            fields.texts.add(axis)


def _add_times(fields: Fields, credit: Credit) -> None:
    if credit.time is not None:
        fields.days |= {part.name for part in names_in(parse_pay_formula(credit.time))}
    fields.days |= {part.time for part in credit.parts}
    if credit.repeat is not None and credit.repeat.until is not None:
        fields.days.add(credit.repeat.until)


def _user(credit: Credit, source: str | None) -> str | None:
    to = credit.to.of if isinstance(credit.to, ByManagers) else credit.to
    if source is None:
        return None
    if isinstance(to, ByField):
        return to.field
    return owner_path(source, CREATOR if to == "creator" else None)


def _account(credit: Credit, source: str | None) -> str | None:
    if credit.to != "territory" or source is None:
        return None
    if source == "account":
        return "id"
    leads_to = SOURCES[source].leads_to
    if "account_id" in leads_to:
        return "account_id"
    return "opportunity.account_id" if "opportunity_id" in leads_to else None


def paths_in(reads: CreditReads) -> set[str]:
    """Every path of the source that a credit reads itself, currencies and what says that a deal is open among them."""
    fields, source = reads.fields, reads.source
    if source is None:
        return set()
    paths = {*fields.numbers, *fields.days, *fields.texts, *(condition.field for condition in reads.where)}
    paths |= {path for number in fields.numbers if (path := currency_path(source, number)) is not None}
    paths |= {path for path in (reads.user, reads.account, reads.opportunity) if path is not None}
    if reads.opportunity is not None:
        paths |= {reads.of_opportunity("is_closed"), reads.of_opportunity(CREATED)}
    return paths | {"id"}


def _of_rows(rules: Rules, reads: CreditReads) -> Iterator[tuple[str, Iterable[str]]]:
    yield "exchange_rate", ("currency", "to_currency", "rate", "from_date")
    if reads.source is None:
        return
    paths = paths_in(reads)
    if reads.metric is not None:
        paths |= paths_of(look_of(reads.metric), reads.metric, rules.dimensions)
    yield from read_fields(reads.source, paths).items()
    if reads.metric is not None and reads.metric.owner == SPLITS:
        yield "opportunity_split", _SPLIT


_SPLIT = ("opportunity_id", "user_id", "type", "percent")


def _of_recipients(credit: Credit) -> Iterator[tuple[str, Iterable[str]]]:
    to = credit.to
    yield "user", ("team", "email", "active", "manager_id")
    if isinstance(to, ByManagers):
        to = to.of
        yield CHANGE, KEPT[CHANGE]
    if isinstance(to, BySplits):
        yield "opportunity_split", _SPLIT
        yield "opportunity", ("owner_id",)
    elif isinstance(to, ByMembers):
        yield "opportunity_member", ("opportunity_id", "user_id", "role")
    elif to == "team":
        yield CHANGE, KEPT[CHANGE]
    elif to == "territory":
        yield "territory", ("name",)
        yield "territory_member", ("territory_id", "user_id")
        yield "territory_account", ("territory_id", "account_id")
