"""What the figures leave out, in words: foreign amounts, missing dates, unreadable values, credits that pay nobody."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

import ibis
import pyarrow as pa

from config.comp_plans import MarginalTiers
from config.model import FieldType
from salesops.basis import dated_fields, day_of, foreign_rows
from salesops.calendar import EARLIEST
from salesops.conditions import ORDER, filled, is_number, meets_all
from salesops.incentives.credits import in_force
from salesops.people import eligible_people
from salesops.results import AMOUNT, Note
from salesops.rules import AS_OF, field_type

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import ibis.expr.types as ir

    from config.metrics import Condition
    from salesops.basis import Basis
    from salesops.incentives.credits import Credits
    from salesops.rules import Rules

_COLUMNS: dict[str, pa.DataType] = {
    "kind": pa.string(),
    "subject": pa.string(),
    "detail": pa.string(),
    "rows": pa.int64(),
    "credit": AMOUNT,
}
_FOUND = pa.schema(_COLUMNS)

_NAMED: pa.Schema = pa.schema({"subject": pa.string(), "column": pa.string(), "name": pa.string()})

_IN_CURRENCIES = {"opportunity": "opportunities", "quote": "quotes", "quota": "quotas"}

_TEXTS = {
    "currency": "{subject}: {rows}. Their amounts count as empty: no rate to {detail} is known.",
    "date": "{subject} with {detail} before 1900 or after 2199: {rows}. They count in no period.",
    "undated": "{subject} without {detail}: {rows} that a metric would count. They are in no period: fill it in.",
    "number": "{subject} whose {detail} is not a number: {rows}. It is read as empty.",
    "day": "{subject} whose {detail} is not a date: {rows}. It is read as empty.",
    "stranger": "{subject} names {detail}, which no user in the CRM has: nobody gets what it says there.",
    "nobody": "comp plan {subject}: nobody meets its `eligible`, so it pays nobody.",
    "no_target": "comp plan {subject}: {rows} credits, {credit:,.2f} in all, have an owner without a target of quota "
    "{detail} in their period, or none that is known. They earn nothing by tiers.",
}


def compute_notes(
    basis: Basis, people: ir.Table, attainment: ir.Table, credits_by_quota: Mapping[str, Credits]
) -> tuple[Note, ...]:
    """Everything left out of the figures, in a fixed order."""
    checks = [
        *_currencies(basis),
        *_dates(basis),
        *_undated(basis),
        *_texts(basis),
        *_strangers(basis, people),
        *_unpaid(basis, people, attainment, credits_by_quota),
    ]
    if not checks:
        return ()
    found = ibis.union(*checks) if len(checks) > 1 else checks[0]
    rows = basis.engine.read(found.filter(found["rows"] > 0), _FOUND).to_pylist()
    return tuple(Note("warning", _TEXTS[row["kind"]].format(**row)) for row in rows)


def _count(rows: ir.Table, kind: str, subject: str, detail: str, credit: ir.Value | None = None) -> ir.Table:
    none = ibis.null("decimal(38, 6)")
    counted = rows.agg(rows=rows.count(), credit=none if credit is None else credit.sum())
    return counted.select(
        "rows", "credit", kind=ibis.literal(kind), subject=ibis.literal(subject), detail=ibis.literal(detail)
    ).select(*_FOUND.names)


def _currencies(basis: Basis) -> Iterator[ir.Table]:
    currency = basis.rules.currency
    for object_, plural in _IN_CURRENCIES.items():
        table = basis.objects.get(object_)
        if table is None or "currency" not in table.columns:
            continue
        foreign = foreign_rows(table, currency)
        yield (
            foreign.group_by(subject=ibis.literal(f"{plural} in ") + foreign["currency"])
            .agg(rows=ibis._.count())
            .mutate(kind=ibis.literal("currency"), detail=ibis.literal(currency), credit=ibis.null("decimal(38, 6)"))
            .select(*_FOUND.names)
        )


def _dates(basis: Basis) -> Iterator[ir.Table]:
    for object_, field in sorted(dated_fields(basis.rules)):
        table = basis.objects[object_]
        day = day_of(table, object_, field)
        odd = (table[field].notnull() & day.isnull()) | (day < EARLIEST)
        yield _count(table.filter(odd), "date", object_, field)


def _undated(basis: Basis) -> Iterator[ir.Table]:
    """Rows that some metric would count, if the field that puts them into a period were filled."""
    rules = basis.rules
    by_time: dict[tuple[str, str], list[ir.BooleanValue]] = {}
    for _, metric in rules.simple_metrics():
        if metric.time != AS_OF:
            meets = meets_all(basis.objects[metric.source], metric.source, metric.where, rules.time_zone)
            by_time.setdefault((metric.source, metric.time), []).append(meets)
    for (object_, field), counts in sorted(by_time.items(), key=lambda each: each[0]):
        table = basis.objects[object_]
        yield _count(table.filter(table[field].isnull() & reduce(or_, counts)), "undated", object_, field)


def _texts(basis: Basis) -> Iterator[ir.Table]:
    """Fields of text that a rule reads as a number or a date."""
    for object_, field, kind in sorted(_typed_texts(basis)):
        table = basis.objects[object_]
        text = filled(table[field], FieldType.TEXT)
        read = text.try_cast("decimal(38, 6)" if kind == "number" else "date")
        yield _count(table.filter(text.notnull() & read.isnull()), kind, object_, field)


def _typed_texts(basis: Basis) -> set[tuple[str, str, str]]:
    rules = basis.rules
    metrics = [metric for _, metric in rules.simple_metrics()]
    wheres: list[tuple[str, Condition]] = [(metric.source, each) for metric in metrics for each in metric.where]
    if rules.territories:
        wheres += [("account", each) for territory in rules.territories.territories for each in territory.where]
    found = {(metric.source, metric.of, "number") for metric in metrics if metric.of}
    for object_, where in wheres:
        if where.operator in ORDER:
            found.add((object_, where.field, "number" if is_number(str(where.operand)) else "day"))
    return {each for each in found if field_type(each[0], each[1]) is FieldType.TEXT}


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
            credit=ibis.null("decimal(38, 6)"),
        ).select(*_FOUND.names)


def _named(rules: Rules) -> Iterator[tuple[str, str, str]]:
    """(which rule, column of people, name) of everybody that a quota or comp plan names."""
    for name, quota in rules.quotas.items():
        for targets in quota.targets:
            yield from ((f"quota {name}", "team", team) for team in targets.teams)
            yield from ((f"quota {name}", "email", email.lower()) for email in targets.users)
    for name, plan in rules.comp_plans.items():
        yield from ((f"comp plan {name}", "team", team) for team in plan.eligible.teams)
        yield from ((f"comp plan {name}", "role", role) for role in plan.eligible.roles)
        yield from ((f"comp plan {name}", "email", email.lower()) for email in plan.eligible.users)


def _unpaid(
    basis: Basis, people: ir.Table, attainment: ir.Table, credits_by_quota: Mapping[str, Credits]
) -> Iterator[ir.Table]:
    """Comp plans that nobody is on, and credits of people on a comp plan who have no target to measure them by."""
    targets = attainment.filter(attainment["target"] > 0)
    for name, plan in sorted(basis.rules.comp_plans.items()):
        on_plan = eligible_people(people, plan.eligible)
        everyone = on_plan.agg(people=on_plan.count())
        yield _count(everyone.filter(everyone["people"] == 0), "nobody", name, "")
        if not any(isinstance(component, MarginalTiers) for component in plan.components):
            continue
        credits_ = in_force(credits_by_quota[plan.quota].earned, plan)
        if plan.eligible != type(plan.eligible)():
            credits_ = credits_.semi_join(on_plan, credits_["owner"] == on_plan["payee_id"])
        held = targets.filter(targets["quota"] == plan.quota)
        same = [credits_["owner"] == held["user_id"], credits_["period"] == held["period"]]
        unpaid = credits_.anti_join(held, same)
        yield _count(unpaid, "no_target", name, plan.quota, unpaid["credit"])
