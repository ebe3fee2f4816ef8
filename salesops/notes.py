"""What the figures leave out, in words: foreign amounts, missing dates, unreadable values, unknown names."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

import ibis
import pyarrow as pa

from config.metrics import AS_OF, SimpleMetric
from config.metrics.kinds import NOBODY, PERIOD
from config.model import OBJECTS, FieldType
from config.sources import SOURCES, find_field
from salesops.calendar import EARLIEST, LATEST
from salesops.conditions import (
    ORDER,
    Meaning,
    day_in,
    day_or_moment,
    filled,
    is_number,
    meets_all,
    meets_any,
    number_in,
)
from salesops.currency import first_rates, has_rates
from salesops.metrics.frames import look_at
from salesops.metrics.measures import DAY
from salesops.paths import with_paths
from salesops.reads import currency_paths, is_dated, looks, paths_of, read_fields
from salesops.results import Note
from salesops.rules import custom_days, field_type

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import ibis.expr.types as ir

    from config.metrics import Condition
    from salesops.basis import Basis
    from salesops.reads import Look
    from salesops.rules import Rules

_COLUMNS: dict[str, pa.DataType] = {
    "kind": pa.string(),
    "subject": pa.string(),
    "detail": pa.string(),
    "rows": pa.int64(),
}
_FOUND = pa.schema(_COLUMNS)
_SINCE_COLUMNS: dict[str, pa.DataType] = {"currency": pa.string(), "from_day": pa.date32()}
_SINCE = pa.schema(_SINCE_COLUMNS)

_NAMED: pa.Schema = pa.schema({"subject": pa.string(), "column": pa.string(), "name": pa.string()})

_IN_CURRENCIES = {"account": "accounts", "opportunity": "opportunities", "quote": "quotes", "quota": "quotas"}

_TEXTS = {
    "currency": "{subject}: {rows}. Their amounts count as empty: no rate to {detail} is known.",
    "early": "{subject}: {rows}. Their amounts count as empty: there is no rate to {detail} yet.",
    "date": "{subject} with {detail} before 1900 or after 2199: {rows}. They count in no period.",
    "undated": "{subject} without {detail}: {rows} that a metric would count. They are in no period: fill it in.",
    "number": "{subject} whose {detail} is not a number: {rows}. It is read as empty.",
    "day": "{subject} whose {detail} is not a date: {rows}. It is read as empty.",
    "stranger": "{subject} names {detail}, which no user in the CRM has: nobody gets what it says there.",
}


def compute_notes(basis: Basis, people: ir.Table) -> tuple[Note, ...]:
    """Everything left out of the figures, in a fixed order."""
    checks = [
        *_currencies(basis),
        *_dates(basis),
        *_undated(basis),
        *_texts(basis),
        *_strangers(basis, people),
    ]
    if not checks:
        return ()
    found = ibis.union(*checks) if len(checks) > 1 else checks[0]
    rows = basis.engine.read(found.filter(found["rows"] > 0), _FOUND).to_pylist()
    return tuple(Note("warning", _TEXTS[row["kind"]].format(**row)) for row in rows)


def read_by_notes(basis: Basis) -> Mapping[str, frozenset[str]]:
    """Object or made source -> its fields that notes read of it, worked-out ones among them; plain facts are there."""
    if has_rates(basis) and _starts_late(basis, first_rates(basis)):
        return basis.reads
    found: dict[str, frozenset[str]] = {}
    for (object_, _), alike in _looks_without_days(basis):
        for source, fields in read_fields(object_, _conditions(alike)).items():
            found[source] = found.get(source, frozenset()) | fields
    return found


def _count(rows: ir.Table, kind: str, subject: str, detail: str) -> ir.Table:
    counted = rows.agg(rows=rows.count())
    return counted.select(
        "rows", kind=ibis.literal(kind), subject=ibis.literal(subject), detail=ibis.literal(detail)
    ).select(*_FOUND.names)


def _currencies(basis: Basis) -> Iterator[ir.Table]:
    """Amounts in a currency that no rate is known of, or none yet on the day that counts."""
    if not has_rates(basis):
        return
    rates = first_rates(basis)
    for object_, plural in _IN_CURRENCIES.items():
        if object_ not in basis.objects or "currency" not in basis.objects[object_].columns:
            continue
        foreign = _foreign(basis, basis.objects[object_], "currency")
        unknown = foreign.anti_join(rates, foreign["currency"] == rates["currency"])
        yield _by_currency(basis, unknown, "currency", ibis.literal(f"{plural} in ") + unknown["currency"])
    if _starts_late(basis, rates):
        yield from _before_rates(basis, rates)


def _starts_late(basis: Basis, rates: ir.Table) -> bool:
    first = min((period.start for period in basis.periods), default=basis.today)
    return any(row["from_day"] > first for row in basis.engine.read(rates, _SINCE).to_pylist())


def _before_rates(basis: Basis, rates: ir.Table) -> Iterator[ir.Table]:
    """Rows of metrics whose day lies before the first rate of their currency."""
    seen = set()
    for look, metric in looks(basis.rules.metrics):
        if not isinstance(metric, SimpleMetric) or metric.rates == "now":
            continue
        for path in sorted(currency_paths(metric)):
            if (look.source, look.time, path) in seen:
                continue
            seen.add((look.source, look.time, path))
            paths = paths_of(look, metric, basis.rules.dimensions)
            plain = replace(look, owner=NOBODY, zone="company")
            rows = _foreign(basis, look_at(basis, plain, paths), path)
            since = rates.rename(rated="currency")
            early = rows.join(since, rows[path] == since["rated"])
            early = early.filter(early[DAY] < early["from_day"])
            what = ibis.literal(f"{look.source} by {look.time}, in ") + early[path]
            yield _by_currency(basis, early, "early", what + " before " + early["from_day"].cast("string"))


def _foreign(basis: Basis, table: ir.Table, path: str) -> ir.Table:
    said = filled(table[path], FieldType.TEXT)
    return table.filter(said.notnull() & (said != basis.rules.currency))


def _by_currency(basis: Basis, rows: ir.Table, kind: str, subject: ir.Value) -> ir.Table:
    counted = rows.group_by(subject=subject).agg(rows=ibis._.count())
    return counted.mutate(kind=ibis.literal(kind), detail=ibis.literal(basis.rules.currency)).select(*_FOUND.names)


def _dates(basis: Basis) -> Iterator[ir.Table]:
    """Dates and moments of the facts that no calendar means."""
    for object_, field in sorted(_dated_fields(basis.rules)):
        table = basis.objects[object_]
        at = day_or_moment(table, object_, field)
        day = basis.local_day(at) if field_type(object_, field) is FieldType.INSTANT else at
        yield _count(table.filter((day < EARLIEST) | (day > LATEST)), "date", object_, field)


def _dated_fields(rules: Rules) -> set[tuple[str, str]]:
    """Every (object, field) of the facts that puts a row of some metric into a period, or measures from or to there."""
    found = set()
    for look, metric in looks(rules.metrics):
        paths = [look.time, *((metric.start, metric.end) if isinstance(metric, SimpleMetric) else ())]
        for path in paths:
            if path and path not in {AS_OF, PERIOD} and (fact := _fact(look.source, path)):
                found.add(fact)
    return found


def _fact(source: str, path: str) -> tuple[str, str] | None:
    """The (object, field) of the facts that a path ends at; None where that is worked out."""
    found = find_field(source, path)
    is_fact = found.source in OBJECTS and found.field not in SOURCES[found.source].worked_out
    return (found.source, found.field) if is_fact else None


def _undated(basis: Basis) -> Iterator[ir.Table]:
    """Records that some metric would count, if the field that puts them into a period were filled."""
    meaning = Meaning.of(basis.rules, basis.today)
    for (object_, field), alike in _looks_without_days(basis):
        table = basis.source(object_)
        paths = _conditions(alike)
        rows = with_paths(basis, object_, paths, table.filter(day_or_moment(table, object_, field).isnull()))
        would_count = (
            meets_all(rows, object_, look.where, meaning) & meets_any(rows, object_, look.where_any, meaning)
            for look in alike
        )
        yield _count(rows.filter(reduce(or_, would_count)), "undated", object_, field)


def _looks_without_days(basis: Basis) -> Iterator[tuple[tuple[str, str], list[Look]]]:
    """Each (object, field) that puts rows of metrics into periods and is empty somewhere, with the looks by it."""
    by_time: dict[tuple[str, str], list[Look]] = {}
    for look, _ in looks(basis.rules.metrics):
        if is_dated(look) and _fact(look.source, look.time) == (look.source, look.time):
            by_time.setdefault((look.source, look.time), []).append(look)
    for (object_, field), alike in sorted(by_time.items()):
        table = basis.objects[object_]
        if basis.engine.count(table.filter(day_or_moment(table, object_, field).isnull())):
            yield (object_, field), alike


def _conditions(alike: list[Look]) -> set[str]:
    return {condition.field for look in alike for condition in (*look.where, *look.where_any)}


def _texts(basis: Basis) -> Iterator[ir.Table]:
    """Fields of text that a rule reads as a number or a date."""
    for object_, field, kind in sorted(_typed_texts(basis.rules)):
        table = basis.objects[object_]
        text = filled(table[field], FieldType.TEXT)
        read = number_in(text, "decimal(38, 6)") if kind == "number" else day_in(text)
        yield _count(table.filter(text.notnull() & read.isnull()), kind, object_, field)


def _typed_texts(rules: Rules) -> set[tuple[str, str, str]]:
    found = set()
    for source, path, kind in _read_as(rules):
        if field_type(source, path) is FieldType.TEXT and (fact := _fact(source, path)):
            found.add((*fact, kind))
    return found


def _read_as(rules: Rules) -> Iterator[tuple[str, str, str]]:
    """(source, path, number or day) of everything that is compared by size or reckoned with."""
    yield from ((object_, field, "day") for object_, fields in custom_days(rules).items() for field in fields)
    wheres: list[tuple[str, Condition]] = []
    for look, metric in looks(rules.metrics):
        wheres += [(look.source, each) for each in (*look.where, *look.where_any)]
        if isinstance(metric, SimpleMetric) and metric.aggregate != "distinct":
            yield from ((look.source, path, "number") for path in (metric.of, metric.times) if path)
    if rules.territories:
        wheres += [("account", each) for territory in rules.territories.territories for each in territory.where]
    for source, where in wheres:
        if where.operator in ORDER:
            is_by_size = where.parameter is not None or is_number(str(where.operand))
            yield source, where.field, "number" if is_by_size else "day"
    for dimension in rules.dimensions.values():
        if dimension.bands:
            yield dimension.object, dimension.field, "number"


def _strangers(basis: Basis, people: ir.Table) -> Iterator[ir.Table]:
    """Teams, roles and e-mails that rules name and no user has: misspelt, renamed or gone."""
    rows = [dict(zip(_NAMED.names, named, strict=True)) for named in sorted(set(_named(basis.rules)))]
    if not rows:
        return
    names = basis.engine.load("named", pa.Table.from_pylist(rows, schema=_NAMED))
    for column in ("email", "role", "team"):
        of_column = names.filter(names["column"] == column)
        strangers = of_column.anti_join(people, of_column["name"] == people[column])
        yield strangers.mutate(
            kind=ibis.literal("stranger"),
            detail=ibis.literal(f"{column} ") + strangers["name"],
            rows=ibis.literal(1, type="int64"),
        ).select(*_FOUND.names)


def _named(rules: Rules) -> Iterator[tuple[str, str, str]]:
    """(which rule, column of people, name) of everybody that a quota, a comp plan or a calendar names."""
    for name, quota in rules.quotas.items():
        for targets in quota.targets:
            yield from ((f"quota {name}", "team", team) for team in targets.teams)
            yield from ((f"quota {name}", "email", email.lower()) for email in targets.users)
    for name, plan in rules.comp_plans.items():
        if (eligible := plan.eligible) is not None:
            yield from ((f"comp plan {name}", "team", team) for team in eligible.teams)
            yield from ((f"comp plan {name}", "role", role) for role in eligible.roles)
            yield from ((f"comp plan {name}", "email", email.lower()) for email in eligible.users)
    yield from (("payees", "email", email) for email in rules.payees)
    yield from (("team_zones", "team", team) for team in rules.team_zones)
    for name, calendar in rules.working_time.calendars.items():
        yield from ((f"working calendar {name}", "team", team) for team in calendar.teams)
