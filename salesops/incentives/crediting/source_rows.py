"""The rows that a credit counts, with what its formulas name as typed columns.

id, source, opportunity_id  VARCHAR
user          VARCHAR        whom a row is of, null for nobody
account       VARCHAR        where territories decide
once          VARCHAR        the value of `once_per`
"the day"     DATE           of metrics and earnings: when a row counts
"number P"    DECIMAL(38,6)  of each path P that a formula takes as a number; P is GIVEN for a metric's or an earning's
"currency P"  VARCHAR        where that is an amount of money; empty is the project's
"day P"       DATE           of each path that is taken as a day, local
"text P"      VARCHAR        of each path that is taken as text
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from config.model import FieldType
from salesops.conditions import Meaning, as_text, day_in, filled, meets_all, meets_any, naive, number_in
from salesops.exact import AMOUNT
from salesops.incentives.crediting.needs import CLOSE_DATE, paths_in
from salesops.metrics.frames import dated_rows, look_at
from salesops.metrics.measures import DAY, with_number
from salesops.metrics.owners import OWNER, zones_of
from salesops.paths import with_paths
from salesops.reads import CREATED, currency_path, currency_paths, look_of, paths_of
from salesops.rules import RuleError, field_type

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from config.comp_plans import Credit
    from config.metrics import Condition
    from salesops.basis import Basis
    from salesops.incentives.crediting.needs import CreditReads

GIVEN = "the number"
"""The name of the number that a metric or an earning gives a row."""


def counted_rows(basis: Basis, credit: Credit, reads: CreditReads, *, won: bool) -> ir.Table:
    """The rows that meet the credit's conditions; with `won`, of open opportunities, each as if it were won today."""
    rows = _of_metric(basis, credit, reads, won=won) if reads.metric else _of_source(basis, credit, reads, won=won)
    if won:
        created = rows[reads.of_opportunity(CREATED)]
        still_open = ~rows[reads.of_opportunity("is_closed")].fill_null(True)
        rows = rows.filter(still_open & (created.isnull() | (created <= naive(basis.as_of))))
    return _typed(basis, credit, reads, rows, won=won)


def is_decided_by_winning(credit: Credit, reads: CreditReads) -> bool:
    """Whether what an open opportunity would count as depends on its being won."""
    if reads.opportunity is None:
        return False
    conditions = (*reads.where, *(reads.metric.where if reads.metric else ()))
    conditions += reads.metric.where_any if reads.metric else ()
    times = {reads.metric.time} if reads.metric else reads.fields.days
    by_date = credit.time is not None or bool(credit.parts) or reads.metric is not None
    looked_at = {condition.field for condition in conditions} & reads.closing
    return bool(looked_at) or (by_date and reads.of_opportunity(CLOSE_DATE) in times)


def _of_source(basis: Basis, credit: Credit, reads: CreditReads, *, won: bool) -> ir.Table:
    assert reads.source is not None  # noqa: S101  a credit without a metric or earnings names its source
    rows = with_paths(basis, reads.source, paths_in(reads))
    return _met(basis, rows, reads, credit.where, credit.where_any, won=won)


def _of_metric(basis: Basis, credit: Credit, reads: CreditReads, *, won: bool) -> ir.Table:
    metric, source = reads.metric, reads.source
    assert metric is not None  # noqa: S101  asked for metrics only
    assert source is not None  # noqa: S101  that of the metric
    look = look_of(metric)
    paths = paths_in(reads) | paths_of(look, metric, basis.rules.dimensions)
    rows = dated_rows(basis, look, paths, _won_today(basis, source)) if won else look_at(basis, look, paths)
    rows = _met(basis, rows, reads, metric.where, metric.where_any, won=won)
    rows = _met(basis, rows, reads, credit.where, credit.where_any, won=won)
    return with_number(basis, rows, metric, zones_of(basis, look.zone), GIVEN)


def _won_today(basis: Basis, source: str) -> ir.Table | None:
    """Opportunities with today as their close date; of other sources, the rows as they stand."""
    if source != "opportunity":
        return None
    return basis.source(source).mutate(**{CLOSE_DATE: ibis.literal(basis.today)})


def _met(
    basis: Basis,
    rows: ir.Table,
    reads: CreditReads,
    where: tuple[Condition, ...],
    where_any: tuple[Condition, ...],
    *,
    won: bool,
) -> ir.Table:
    """The rows that meet the conditions; with `won`, those on what winning changes count as met."""
    assert reads.source is not None  # noqa: S101  conditions are of rows
    if won:
        where = tuple(each for each in where if each.field not in reads.closing)
        where_any = () if any(each.field in reads.closing for each in where_any) else where_any
    meaning = Meaning.of(basis.rules, basis.today)
    return rows.filter(
        meets_all(rows, reads.source, where, meaning) & meets_any(rows, reads.source, where_any, meaning)
    )


def _typed(basis: Basis, credit: Credit, reads: CreditReads, rows: ir.Table, *, won: bool) -> ir.Table:
    source, metric = reads.source, reads.metric
    assert source is not None  # noqa: S101  earnings have no rows of a source
    today, nothing = ibis.literal(basis.today), ibis.null("string")
    rows, user = _with_user(basis, rows, reads)
    columns: dict[str, ir.Value] = {
        "id": rows["id"],
        "source": ibis.literal(source),
        "opportunity_id": _filled(rows, reads.opportunity),
        "user": rows[OWNER] if metric and credit.to == "owner" else user,
        "account": _filled(rows, reads.account),
        "once": _text(rows, source, credit.once_per) if credit.once_per else nothing,
    }
    if metric is not None:
        columns["the day"] = today if won else rows[DAY]
        columns[f"number {GIVEN}"] = rows[GIVEN].cast(AMOUNT)
        if currency_paths(metric):
            columns[f"currency {GIVEN}"] = ibis.literal(basis.rules.currency)
    for path in sorted(reads.fields.numbers):
        columns[f"number {path}"] = _number(rows, source, path)
        if (currency := currency_path(source, path)) is not None:
            columns[f"currency {path}"] = filled(rows[currency], FieldType.TEXT)
    for path in sorted(reads.fields.days):
        is_closing = won and path == reads.of_opportunity(CLOSE_DATE)
        columns[f"day {path}"] = today if is_closing else _day(basis, rows, source, path)
    for path in sorted(reads.fields.texts):
        columns[f"text {path}"] = _text(rows, source, path)
    return rows.select(**columns)


def _filled(rows: ir.Table, path: str | None) -> ir.Value:
    return ibis.null("string") if path is None else filled(rows[path], FieldType.ID)


def _with_user(basis: Basis, rows: ir.Table, reads: CreditReads) -> tuple[ir.Table, ir.Value]:
    """The rows, and the id of the user that the path leads to: a custom field may say it by e-mail, too."""
    if reads.user is None or reads.source is None:
        return rows, ibis.null("string")
    if field_type(reads.source, reads.user) is not FieldType.TEXT:
        return rows, filled(rows[reads.user], FieldType.ID)
    mails = basis.users.group_by(mail=basis.users["email"].lower()).agg(mailed=basis.users["id"].min())
    rows = rows.left_join(mails, rows[reads.user].strip().lower() == mails["mail"])
    return rows, ibis.coalesce(rows["mailed"], filled(rows[reads.user].strip(), FieldType.ID))


def _number(rows: ir.Table, source: str, path: str) -> ir.Value:
    match field_type(source, path):
        case FieldType.DECIMAL | FieldType.INTEGER:
            return rows[path].cast(AMOUNT)
        case FieldType.TEXT:
            return number_in(rows[path], AMOUNT)
        case other:
            raise RuleError(f"{source}.{path} is {other}; a credit is made of numbers")


def _day(basis: Basis, rows: ir.Table, source: str, path: str) -> ir.Value:
    match field_type(source, path):
        case FieldType.DATE:
            return rows[path]
        case FieldType.INSTANT:
            return basis.local_day(rows[path])
        case FieldType.TEXT:
            return day_in(rows[path])
        case other:
            raise RuleError(f"{source}.{path} is {other}; a credit counts on a day")


def _text(rows: ir.Table, source: str, path: str) -> ir.Value:
    type_ = field_type(source, path)
    return filled(as_text(rows[path], type_), FieldType.TEXT)
