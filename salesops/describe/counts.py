"""What a letter says of credits: which transactions count, when, for whom, and as how much."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from config.base import parse_flag
from config.comp_plans import RatePay, Tiers
from config.comp_plans.base import shown_label
from config.comp_plans.credits import ByField, ByManagers, ByMembers, BySplits
from config.comp_plans.formula import Call, Name, names, parse_pay_formula
from config.comp_plans.table_rows import read_rows
from config.metrics import Operator
from config.sources import SOURCES
from salesops.describe.model import Grid, Part, Point

if TYPE_CHECKING:
    from collections.abc import Iterator

    from config.comp_plans import Credit, Table
    from config.comp_plans.credits import ManagersOf, Recipients
    from config.metrics import Condition
    from salesops.describe.formulas import Told


def credited(told: Told) -> Part:
    """The credits, each with what it says."""
    points = (Point(told.label(name), " ".join(_credit(told, credit))) for name, credit in told.plan.credits.items())
    return Part(told.words.say("heading_counts"), tuple(points))


def _credit(told: Told, credit: Credit) -> Iterator[str]:
    words = told.words
    if credit.earnings is not None:
        plans = words.one_of(words.quoted(shown_label(name, None)) for name in credit.earnings.comp_plans)
        parts = words.all_of(words.quoted(shown_label(name, None)) for name in credit.earnings.components)
        yield words.say("of_parts" if parts else "of_earnings", parts=parts, plans=plans)
    elif credit.metric is not None:
        yield words.say("of_metric", metric=words.quoted(credit.metric.replace("_", " ")))
    else:
        yield _which(told, credit, credit.source or "")
        yield from _when(told, credit)
    yield words.say("counts_for", who=_recipients(told, credit, credit.to), amount=_amount(told, credit))
    if isinstance(credit.to, ByManagers) and isinstance(credit.to.of, BySplits | ByMembers):
        yield words.say("above_splits" if isinstance(credit.to.of, BySplits) else "above_members")
    if credit.once_per is not None:
        yield words.say("once_per", field=words.field(credit.once_per))
    if credit.repeat is not None:
        each = words.each[credit.repeat.every]
        if credit.repeat.times is not None:
            yield words.say("repeats_times", each=each, times=str(credit.repeat.times))
        else:
            yield words.say("repeats", each=each)
        if credit.repeat.until is not None:
            yield words.say("repeats_until", field=words.field(credit.repeat.until))


def _which(told: Told, credit: Credit, source: str) -> str:
    words = told.words
    row = words.sources.get(source, source.replace("_", " ").capitalize())
    conditions = [condition(told, each) for each in credit.where]
    if credit.where_any:
        any_of = words.one_of(condition(told, each) for each in credit.where_any)
        conditions.append(words.say("either", conditions=any_of) if len(credit.where_any) > 1 else any_of)
    if not conditions:
        return words.say("all_count", row=row)
    return words.say("these_count", row=row, conditions=words.all_of(conditions))


def condition(told: Told, each: Condition) -> str:
    """A condition in words."""
    words = told.words
    field = words.its(each.field)
    operand = each.operand
    if isinstance(operand, bool):
        return words.say("empty" if operand else "filled", field=field)
    if each.operator is Operator.IS and operand in {"true", "false"}:
        key = f"{'is' if parse_flag(str(operand)) else 'not'}_{each.field}"
        return words.say(key) if key in words.sentences else words.say(f"flag_{operand}", field=field)
    texts = operand if isinstance(operand, tuple) else (operand,)
    shown = words.one_of(words.number(Decimal(text)) if _is_plain(text) else words.quoted(text) for text in texts)
    return words.say(f"where_{each.operator}", field=field, value=shown)


def _is_plain(text: str) -> bool:
    return re.fullmatch(r"-?(0|[1-9]\d*)(\.\d+)?", text) is not None


def _when(told: Told, credit: Credit) -> Iterator[str]:
    words = told.words
    if credit.parts:
        parts = [words.say("part", share=words.share(each.share), day=words.its(each.time)) for each in credit.parts]
        yield words.say("in_parts", parts=words.all_of(parts))
    elif credit.time is not None:
        yield words.say("on_day", day=_day(told, credit.time))


def _day(told: Told, time: str) -> str:
    """The day of a credit: a field, or the last or first of several."""
    expression = parse_pay_formula(time)
    if isinstance(expression, Call) and expression.function in {"max", "min"}:
        days = told.words.all_of(told.words.its(each.name) for each in names(expression))
        return told.words.say("latest" if expression.function == "max" else "earliest", all=days)
    return told.words.its(expression.name) if isinstance(expression, Name) else told.formula(time)


def _recipients(told: Told, credit: Credit, to: Recipients | ManagersOf) -> str:
    words = told.words
    if to == "owner" and credit.earnings is not None:
        return words.say("to_earner")
    match to:
        case ByField(field=field):
            return words.say("to_field", field=words.field(field))
        case ByMembers(members=roles):
            return words.say("to_members", roles=words.one_of(map(words.quoted, roles)))
        case BySplits(splits=types):
            return words.say("to_splits", types=words.one_of(map(words.quoted, types)))
        case ByManagers(managers=levels, of=of):
            named = words.all_of(words.say("level", level=str(level)) for level in levels)
            if levels == (1,):
                return words.say("to_direct_manager", of=_recipients(told, credit, of))
            return words.say("to_managers", levels=named, of=_recipients(told, credit, of))
    return words.say(f"to_{to}")


def _amount(told: Told, credit: Credit) -> str:
    """As how much a transaction counts."""
    words, text = told.words, credit.amount
    has_amount = credit.source is None or "amount" in SOURCES[credit.source].fields
    if text is None:
        said = words.say("its_amount") if has_amount else words.say("as_one")
    elif text.strip() == "1":
        said = words.say("as_one")
    else:
        named = parse_pay_formula(text)
        is_field = isinstance(named, Name) and told.is_of_transaction(text) and named.name not in told.plan.tables
        said = words.its(text.strip()) if is_field else told.formula(text)
    for factor in credit.multipliers:
        said = words.say("times", what=said, factor=told.formula(factor))
    if credit.share.strip() != "1":
        said = words.say("share_of", share=told.formula(credit.share, "share"), what=said)
    return said


def tables(told: Told) -> Part:
    """The tables that rates and amounts are looked up in."""
    points = (
        Point(told.words.quoted(shown_label(name, None)), _otherwise(told, name, table), (_table(told, name, table),))
        for name, table in told.plan.tables.items()
    )
    return Part(told.words.say("heading_tables"), tuple(points))


def _otherwise(told: Told, name: str, table: Table) -> str:
    words, number = told.words, table.otherwise
    if number is None:
        return words.say("otherwise_nothing")
    is_rate = _is_rate(told, name, [number, *(each for _, each in read_rows(table))])
    return words.say("otherwise", number=words.share(number) if is_rate else words.number(number))


def _table(told: Told, name: str, table: Table) -> Grid:
    """The table as it is written: the last of two axes across, else a line for each combination."""
    words = told.words
    rows = read_rows(table)
    axes = [words.heading(told.name(axis) if isinstance(axis, str) else told.formula(axis.of)) for axis in table.by]
    is_rate = _is_rate(told, name, [number for _, number in rows])
    shown = words.share if is_rate else words.number

    def key(place: int, text: str) -> str:
        axis = table.by[place]
        if isinstance(axis, str):
            return text
        of_share = axis.of.endswith(".attainment")
        bound = words.share(Decimal(text)) if of_share else words.number(Decimal(text))
        first = min(Decimal(keys[place]) for keys, _ in rows)
        return words.say("above" if axis.bound == "upper" and Decimal(text) > first else "from_on", number=bound)

    if len(axes) == 2:
        across = tuple(dict.fromkeys(keys[1] for keys, _ in rows))
        held = dict(rows)
        lines = tuple(
            (key(0, first), *(shown(held[first, other]) if (first, other) in held else "" for other in across))
            for first in dict.fromkeys(keys[0] for keys, _ in rows)
        )
        return Grid((f"{axes[0]} \\ {axes[1]}", *(f">{key(1, other)}" for other in across)), lines)
    lines = tuple((*(key(n, text) for n, text in enumerate(keys)), shown(number)) for keys, number in rows)
    return Grid((*axes, ">" + words.say("column_rate" if is_rate else "column_number")), lines)


def _is_rate(told: Told, table: str, numbers: list[Decimal]) -> bool:
    """Whether the numbers of a table are shares of a credit: a rate names it, and none is above 1."""
    rates = []
    for each in told.plan.components.values():
        if isinstance(each, RatePay | Tiers):
            rates.append(each.rate)
        if isinstance(each, Tiers):
            rates += [tier.rate for tier in each.tiers]
    named = {each.name for rate in rates if rate for each in names(parse_pay_formula(rate))}
    return table in named and all(abs(number) < 1 for number in numbers)
