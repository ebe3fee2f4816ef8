"""What the credits of comp plans leave out, in words: money without a rate, and records that no row of a table fits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.comp_plans.formula import names, parse_pay_formula
from salesops.incentives.crediting.credits import credits_table
from salesops.incentives.crediting.needs import amount_formulas
from salesops.incentives.crediting.own_numbers import is_of_payee, row_numbers
from salesops.incentives.crediting.row_fields import Row
from salesops.incentives.crediting.shares import transactions_table
from salesops.results import Note
from salesops.sql import quoted, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from config.comp_plans import CompPlan
    from salesops.basis import Basis


def credit_notes(basis: Basis, name: str) -> Iterator[Note]:
    """The notes of a comp plan's credits, which have been built."""
    plan = basis.rules.comp_plans[name]
    for credit in plan.credits:
        yield from _without_rate(basis, name, credit)
        yield from _without_amount(basis, name, credit)
    for number in row_numbers(basis.rules, name):
        rows = f"{quoted(credits_table(name))} WHERE credit = {text(number.credit)}"
        found = _without(basis, rows, quoted(f"number {number.name}"))
        if found:
            tables = _open_tables(plan, number.formula)
            of = number.component if number.tier is None else f"{number.component}, tier {number.tier + 1}"
            fits = f", or no row of {' or '.join(f'table {each}' for each in tables)} fits" if tables else ""
            remedy = f"give {' and '.join(tables)} `otherwise`, or mend the records" if tables else "mend the records"
            yield Note(
                "warning",
                f"comp plan {name}, component {of}: {found} of credit {number.credit} without a rate: a field that it"
                f" looks at is empty{fits}. Nothing is paid on them there; {remedy}.",
            )


def _open_tables(plan: CompPlan, *formulas: str) -> list[str]:
    """The tables without `otherwise` that the formulas name."""
    named = {each.name for formula in formulas for each in names(parse_pay_formula(formula))}
    return sorted(each for each in named & plan.tables.keys() if plan.tables[each].otherwise is None)


def _without_rate(basis: Basis, name: str, credit: str) -> Iterator[Note]:
    """Transactions whose amount cannot be converted, by currency."""
    table = transactions_table(name, credit)
    money = [each.removeprefix(_RATE) for each in _columns(basis, table) if each.startswith(_RATE)]
    to = basis.rules.comp_plans[name].currency or basis.rules.currency
    for path in sorted(money):
        currency = quoted(f"currency {path}")
        found = basis.engine.fetch(
            f"SELECT {currency} AS currency, count(*) AS rows FROM {quoted(table)}"
            f" WHERE {quoted(f'number {path}')} IS NOT NULL AND {quoted(_RATE + path)} IS NULL GROUP BY 1 ORDER BY 1"
        )
        for row in found.to_pylist():
            of = row["currency"] or basis.rules.currency
            yield Note(
                "warning",
                f"comp plan {name}, credit {credit}: {_several(row['rows'])} in {of}, of which the CRM has"
                f" no exchange rate into {to} for its day. They are not credited.",
            )


def _without_amount(basis: Basis, name: str, credit: str) -> Iterator[Note]:
    """Transactions that no row of a table fits which their amount takes."""
    plan = basis.rules.comp_plans[name]
    table = transactions_table(name, credit)
    money = frozenset(each.removeprefix(_RATE) for each in _columns(basis, table) if each.startswith(_RATE))
    for looked_up in _open_tables(plan, *amount_formulas(plan.credits[credit])):
        if is_of_payee(basis.rules, name, looked_up):
            continue
        found = _without(basis, f"{quoted(table)} WHERE TRUE", Row(plan, money).worth(looked_up).above)
        if found:
            yield Note(
                "warning",
                f"comp plan {name}, credit {credit}: {found} that no row of table {looked_up} fits. They are"
                " not credited; add a row, or `otherwise`.",
            )


_RATE = "rate above "


def _columns(basis: Basis, table: str) -> list[str]:
    return basis.engine.fetch(f"SELECT * FROM {quoted(table)} LIMIT 0").column_names


def _without(basis: Basis, rows: str, value: str) -> str | None:
    """How many transactions of the rows have no value, with one of them; None where all have."""
    query = f"SELECT count(DISTINCT id) AS rows, min(id) AS first FROM {rows} AND {value} IS NULL"
    [found] = basis.engine.fetch(query).to_pylist()
    return f"{_several(found['rows'])} (such as {found['first']})" if found["rows"] else None


def _several(rows: int) -> str:
    return "1 transaction" if rows == 1 else f"{rows:,} transactions"
