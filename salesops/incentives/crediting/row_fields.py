"""What the names in a credit's formulas are worth on a row of the credit's source, as exact numbers.

Amounts of money are in the comp plan's currency: `with_rates` joins what it takes. A foreign one at the rate of its day
is a fraction, and none where there is no rate.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

import pyarrow as pa

from config.comp_plans.formula import Call, Name, parse_pay_formula, walk
from salesops.calendar import EARLIEST
from salesops.currency import rates_to
from salesops.incentives.crediting.own_numbers import DAY, LEVEL
from salesops.incentives.frame.intervals import fiscal_spans
from salesops.incentives.frame.months import months_between
from salesops.incentives.numbers import column, number
from salesops.incentives.tables import looked_up
from salesops.rational import Rational, constant, times, whole
from salesops.rules import RuleError
from salesops.sql import quoted, text, when

if TYPE_CHECKING:
    from collections.abc import Iterable

    import ibis.expr.types as ir

    from config.comp_plans import CompPlan
    from salesops.basis import Basis

_RATE_COLUMNS: dict[str, pa.DataType] = {
    "currency": pa.string(),
    "from_day": pa.date32(),
    "until_day": pa.date32(),
    "above": pa.decimal128(38, 0),
    "below": pa.decimal128(38, 0),
}
_SPAN_COLUMNS: dict[str, pa.DataType] = {"starts": pa.date32(), "ends": pa.date32()}
_RATES, _SPANS = pa.schema(_RATE_COLUMNS), pa.schema(_SPAN_COLUMNS)


@dataclass(frozen=True, slots=True)
class Row:
    """The columns of a row that formulas may look at: `money` are the paths to amounts, `own` the values that are the
    payee's, in columns `value V`; without any they are the comp plan's."""

    plan: CompPlan
    money: frozenset[str]
    own: frozenset[str] = frozenset()

    def worth(self, formula: str) -> Rational:
        """What a formula comes to."""
        return number(formula, self._resolve)

    def _resolve(self, part: Name | Call) -> Rational:
        if isinstance(part, Call):
            return _of_days(part)
        name = part.name
        if name in self.plan.tables:
            return looked_up(self.plan.tables[name], self.worth, _text)
        if name in self.own:
            return column(quoted(f"value {name}"))
        if name in self.plan.values:
            return constant(Fraction(self.plan.values[name]))
        return column(LEVEL, 0) if name == LEVEL else self.field(name)

    def field(self, path: str) -> Rational:
        """The number that a path leads to."""
        of_row = quoted(f"number {path}")
        if path not in self.money:
            return column(of_row)
        rate = Rational(Fraction(1), quoted(f"rate above {path}"), quoted(f"rate below {path}"))
        return times(column(of_row), rate)


def with_rates(basis: Basis, plan: CompPlan, rows: str, money: Iterable[str]) -> str:
    """The rows with `rate above P` and `rate below P` of each amount of money, null where there is no rate."""
    paths = sorted(money)
    if not paths:
        return rows
    ours = plan.currency or basis.rules.currency
    rates = quoted(_keep_rates(basis, ours))
    on, periods = _rate_day(basis, plan)
    joins, columns = [periods], []
    for place, path in enumerate(paths):
        currency = f"coalesce(r.{quoted(f'currency {path}')}, {text(basis.rules.currency)})"
        joins.append(
            f"LEFT JOIN {rates} r{place} ON r{place}.currency = {currency}"
            f" AND {on} >= r{place}.from_day AND {on} < r{place}.until_day"
        )
        is_ours = f"{currency} = {text(ours)}"
        columns += [
            f"{when(is_ours, whole(1), f'as_whole(r{place}.{part})')} AS {quoted(f'rate {part} {path}')}"
            for part in ("above", "below")
        ]
    return f"SELECT r.*, {', '.join(columns)} FROM ({rows}) r {' '.join(joins)}"


def day_of(formula: str) -> str:
    """The day that a `time` formula comes to, over columns `day P`; null where it is not known.

    The later or the earlier of days is not known while one of them is not.
    """
    return _day(parse_pay_formula(formula))


def _day(part: object) -> str:
    match part:
        case Name(name=name):
            return quoted(f"day {name}")
        case Call(function="max" | "min" as function, arguments=arguments):
            days = [_day(each) for each in arguments]
            known = " AND ".join(f"{day} IS NOT NULL" for day in days)
            return when(known, f"{'greatest' if function == 'max' else 'least'}({', '.join(days)})")
        case Call(function="if_none", arguments=arguments):
            return f"coalesce({', '.join(map(_day, arguments))})"
    raise RuleError("`time` is a field with a day, or max, min or if_none of such fields")


def _of_days(call: Call) -> Rational:
    """months and days: whole ones from one day to another, below 0 where that is earlier."""
    if call.function not in {"months", "days"}:
        raise RuleError(f"{call.function} is of measures; a credit is made before they are")
    since, until = (DAY if each.name == DAY else quoted(f"day {each.name}") for each in _names(call))
    passed = months_between(since, until) if call.function == "months" else f"{until} - {since}"
    return Rational(Fraction(1), whole(passed))


def _names(call: Call) -> Iterable[Name]:
    return (part for each in call.arguments for part in walk(each) if isinstance(part, Name))


def _text(path: str) -> str:
    return f"CAST({LEVEL} AS VARCHAR)" if path == LEVEL else quoted(f"text {path}")


def _keep_rates(basis: Basis, to: str) -> str:
    def build() -> ir.Table:
        rows = []
        for currency, start, end, rate in rates_to(basis, to):
            exact = Fraction(rate)
            rows.append((currency, start, end, Decimal(exact.numerator), Decimal(exact.denominator)))
        table = pa.Table.from_pylist([dict(zip(_RATES.names, row, strict=True)) for row in rows], schema=_RATES)
        return basis.engine.load(f"rates to {to}", table)

    name = f"pay rates {to}"
    basis.engine.once(name, build)
    return name


def _rate_day(basis: Basis, plan: CompPlan) -> tuple[str, str]:
    """The day of the rate, as SQL, and the join that it takes."""
    match plan.rate_date:
        case "credit":
            return "r.day", ""
        case "plan_start":
            return f"DATE '{plan.effective_from}'", ""
    spans = fiscal_spans(basis.calendar, plan.period, max(plan.effective_from, EARLIEST), basis.horizon)
    rows = [{"starts": span.start, "ends": span.end} for span in spans]
    table = pa.Table.from_pylist(rows, schema=_SPANS)
    periods = f"pay periods of {plan.period} from {plan.effective_from}"
    basis.engine.once(periods, lambda: basis.engine.load(f"{periods}, listed", table))
    on = "p.starts" if plan.rate_date == "period_start" else "p.ends - 1"
    return on, f"LEFT JOIN {quoted(periods)} p ON r.day >= p.starts AND r.day < p.ends"
