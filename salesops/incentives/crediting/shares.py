"""The transactions of a credit: dated, in parts, repeated, the first of each only, with their exact amounts.

A kept table `pay transactions NAME CREDIT` (`pay open …` of open opportunities), of the columns of
`salesops.incentives.crediting.source_rows` and

    day                      DATE           the credit's
    place                    INTEGER        tells the rows from each other
    part_from, part_to       DECIMAL(38,6)  from where to where a part goes in the whole of its transaction
    "the amount", "the amount below"  DECIMAL(38,0)  of the whole transaction, exact; null where it is none
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from functools import reduce
from typing import TYPE_CHECKING

from salesops.calendar import EARLIEST
from salesops.exact import AMOUNT
from salesops.incentives.crediting.needs import amount_formulas
from salesops.incentives.crediting.own_numbers import is_of_payee
from salesops.incentives.crediting.row_fields import Row, day_of, with_rates
from salesops.incentives.crediting.source_rows import GIVEN
from salesops.incentives.frame.intervals import fiscal_spans
from salesops.incentives.numbers import materialized
from salesops.rational import times
from salesops.sql import cast, columns, quoted

if TYPE_CHECKING:
    from datetime import date

    from config.comp_plans import CompPlan, Credit
    from salesops.basis import Basis
    from salesops.rational import Rational

_MONTHS = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True, slots=True)
class Transactions:
    """A kept table of them, with what its rows are worth."""

    table: str
    amount: Rational | None  # what each is worth in all; None where that depends on who is credited
    row: Row


def transactions_table(name: str, credit: str) -> str:
    """The name of the table of a credit's transactions, those of open opportunities apart."""
    return f"pay transactions {name} {credit}"


def open_table(name: str, credit: str) -> str:
    """The name of the table of these."""
    return f"pay open {name} {credit}"


def keep_transactions(
    basis: Basis, name: str, credit_name: str, rows: str, money: frozenset[str], earned: Transactions | None = None
) -> Transactions:
    """The transactions that the rows of a query are; those that are `earned` already given, each of the others as if it
    were won today, all parts at once."""
    plan = basis.rules.comp_plans[name]
    credit = plan.credits[credit_name]
    won = earned is not None
    table = open_table(name, credit_name) if won else transactions_table(name, credit_name)
    row = Row(plan, money)
    query = _dated(basis, plan, credit, rows, won=won)
    if earned is not None:
        query = _not_yet(query, credit, earned.table)
    elif credit.once_per is not None:
        query = f"SELECT * FROM ({query}) QUALIFY once IS NOT NULL AND row_number() OVER ({_BY_VALUE}) = 1"
    query = _in_parts(basis, credit, query, won=won)
    query = _repeated(basis, plan, credit, query)
    made: dict[str, str] = {}
    amount = None
    if not any(is_of_payee(basis.rules, name, each) for each in amount_formulas(credit)):
        made, amount = materialized(whole_amount(row, credit), "the amount")
        amount = replace(amount, above=_taken(amount.above), below=amount.below and _taken(amount.below))
    rated = with_rates(basis, plan, query, money)
    made["place"] = "CAST(row_number() OVER () AS INTEGER)"
    with basis.engine.about(lambda: f"credit {credit_name} of comp plan {name}"):
        kept = basis.engine.keep_alike(table, f"SELECT *, {columns(made)} FROM ({rated})")
    return Transactions(kept, amount, row)


_BY_VALUE = "PARTITION BY once ORDER BY day, id"


def whole_amount(row: Row, credit: Credit) -> Rational:
    """What a transaction counts as in all, exact."""
    factors = [row.worth(each) for each in amount_formulas(credit)]
    return reduce(times, factors if credit.source is not None else [row.field(GIVEN), *factors])


def _taken(column: str) -> str:
    return f"as_whole({column})"


def _dated(basis: Basis, plan: CompPlan, credit: Credit, rows: str, *, won: bool) -> str:
    """The rows with the day of each, or the first of its parts, if that has come; earnings of the whole pay period."""
    if won:
        return f"SELECT *, {_date(basis.today)} AS day FROM ({rows})"
    if credit.parts:
        day = f"least({', '.join(quoted(f'day {part.time}') for part in credit.parts)})"
    else:
        day = quoted("the day") if credit.time is None else day_of(credit.time)
    has_come = _has_come(basis) if credit.earnings is None else f"day < {_present_end(basis, plan)}"
    return f"SELECT * FROM (SELECT *, {day} AS day FROM ({rows})) WHERE {has_come}"


def _has_come(basis: Basis) -> str:
    return f"day BETWEEN {_date(EARLIEST)} AND {_date(basis.today)}"


def _not_yet(query: str, credit: Credit, earned: str) -> str:
    """What is not credited already; of several rows of an opportunity with one value of `once_per` the first."""
    same = "e.id = o.id" if credit.once_per is None else "e.once = o.once"
    alone = f"SELECT * FROM ({query}) o WHERE NOT EXISTS (SELECT 1 FROM {quoted(earned)} e WHERE {same})"
    if credit.once_per is None:
        return alone
    first = "PARTITION BY opportunity_id, once ORDER BY id"
    return f"SELECT * FROM ({alone}) QUALIFY once IS NOT NULL AND row_number() OVER ({first}) = 1"


def _in_parts(basis: Basis, credit: Credit, query: str, *, won: bool) -> str:
    """Each part that has come on its own day, with its place in the whole."""
    if not credit.parts:
        return query
    if won:
        shares = sum((part.share for part in credit.parts), Decimal(0))
        return f"SELECT *, {_share(Decimal(0))} AS part_from, {_share(shares)} AS part_to FROM ({query})"
    parts, before = [], Decimal(0)
    for part in credit.parts:
        upto = before + part.share
        parts.append(
            f"SELECT * REPLACE ({quoted(f'day {part.time}')} AS day), {_share(before)} AS part_from,"
            f" {_share(upto)} AS part_to FROM dated"
        )
        before = upto
    return f"WITH dated AS ({query}) SELECT * FROM ({' UNION ALL '.join(parts)}) WHERE {_has_come(basis)}"


def _repeated(basis: Basis, plan: CompPlan, credit: Credit, query: str) -> str:
    """Each row on all of its days, up to the end of the present pay period."""
    repeat = credit.repeat
    if repeat is None:
        return query
    end = _present_end(basis, plan)
    step = _MONTHS[repeat.every]
    last = f"datediff('month', day, {end}) // {step}"
    last = last if repeat.times is None else f"least({last}, {repeat.times - 1})"
    each = f"SELECT *, unnest(generate_series(0, greatest({last}, 0))) AS time FROM ({query})"
    moved = f"SELECT * EXCLUDE (time) REPLACE (CAST(day + to_months(CAST(time * {step} AS INTEGER)) AS DATE) AS day)"
    over = "NULL" if repeat.until is None else quoted(f"day {repeat.until}")
    return f"SELECT * FROM ({moved} FROM ({each})) WHERE day < {end} AND coalesce(day < {over}, true)"


def _present_end(basis: Basis, plan: CompPlan) -> str:
    """The first day after the pay period that holds the as-of day."""
    present = fiscal_spans(basis.calendar, plan.period, basis.today, basis.today)
    return _date(present[-1].end if present else basis.today + timedelta(days=1))


def _date(day: date) -> str:
    return f"DATE '{day}'"


def _share(share: Decimal) -> str:
    return cast(f"{share:f}", AMOUNT)
