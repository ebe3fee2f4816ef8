"""Measures: what each of a comp plan's measures comes to at every event, as columns of a fold."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from config.comp_plans.intervals import measure_interval, sums_over
from config.comp_plans.measures import Last
from salesops.exact import WHOLE
from salesops.incentives.measuring.each import held, most_of_each
from salesops.incentives.numbers import compare, number, rounded_rational, rounded_to
from salesops.incentives.scope import Scope
from salesops.incentives.states.events import sum_of
from salesops.rational import MILLIONTH, NONE, Rational, chosen, constant, over, plus, times
from salesops.sql import cast, names, quoted, when

if TYPE_CHECKING:
    from collections.abc import Mapping

    from config.comp_plans import CompPlan, Measure
    from config.comp_plans.measures import Weighted
    from salesops.incentives.states.fold import Fold, Partition

At = Literal["after", "before", "alone"]
"""Where a measure is looked at: with the event, without it, or as if the event were all there is."""

_ONE, _ZERO = constant(Fraction(1)), constant(Fraction(0))


@dataclass(slots=True)
class Measures:
    """The measures of a comp plan, each made where it is first asked for.

    `closing` is the fold of those that look at other payees too, which stand at the ends of pay periods only.
    """

    plan: CompPlan
    fold: Fold
    closing: Fold
    targets: frozenset[str]  # the measures with a column `target M`
    closes: frozenset[str]  # the measures that stand at the ends of pay periods only
    tables: Mapping[str, object] = field(default_factory=dict)
    shown_columns: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    _made: dict[tuple[str, str, str], Rational] = field(default_factory=dict)

    def fold_of(self, name: str) -> Fold:
        """The fold whose rows the measure stands in."""
        return self.closing if name in self.closes else self.fold

    def partition(self, name: str) -> Partition:
        """What events have in common over which the measure runs."""
        measure = self.plan.measures[name]
        kind = sums_over(self.plan, measure_interval(self.plan, name))
        return ("payee_id", kind) if measure.grouped_by is None else ("payee_id", kind, f"group {name}")

    def own(self, name: str) -> Rational:
        """What an event itself adds to a measure of credits; none where it has none of its credits."""
        measure = self.plan.measures[name]
        amount = self.whole(name)
        if measure.take == "count":
            return Rational(Fraction(1), cast(f"sign({amount.above})", WHOLE))
        if measure.take == "distinct":
            return Rational(Fraction(1), self._first_of_its_value(name, amount))
        if measure.each_at_most is not None:
            most = self.most_of_each(name)
            return Rational(most.scale, self.fold.number(held_column(name), held(amount.above, most)))
        return amount

    def most_of_each(self, name: str) -> Rational:
        """The most that one transaction counts in a measure that says one; none where it comes to nothing."""
        formula = self.plan.measures[name].each_at_most or "0"
        most = most_of_each(formula, self.target(name), self.scope(name, "after"))
        return Rational(most.scale, self.fold.number(f"most of {name}", most.above))

    def whole(self, name: str) -> Rational:
        """What an event comes to by all credits of the measure together, however much of it the measure takes."""
        return Rational(MILLIONTH, sum_of(self.plan.measures[name].credits))

    def _first_of_its_value(self, name: str, amount: Rational) -> str:
        """1 of the interval's first event above 0 with its value of the field, 0 of others."""
        kind, value = self.partition(name)[1], f"group {name}"
        counts = f"{amount.above} > 0 AND {quoted(value)} IS NOT NULL"
        so_far = self.fold.running(f"events of value of {name}", when(counts, "1"), ("payee_id", kind, value))
        is_first = f"{counts} AND {so_far} = 1"
        first = when(f"{amount.above} IS NOT NULL", when(is_first, "1", "0"))
        return self.fold.number(f"new in {name}", cast(first, WHOLE))

    def target(self, name: str) -> Rational:
        """The target in the measure's interval; none where there is none."""
        if name not in self.targets:
            return NONE
        return Rational(MILLIONTH, quoted(f"target {name}"), quoted(f"target {name} below"))

    def has_target(self, name: str) -> bool:
        """Whether the measure has an attainment."""
        return name in self.targets

    def value(self, name: str, at: At = "after") -> Rational:
        """The measure's value."""
        return self._once("measure", name, at, lambda: self._value(name, at))

    def attainment(self, name: str, at: At = "after", *, paid: bool = False) -> Rational:
        """Value over target, after allowance and rounding; `paid` as what is paid looks at it, else as gates do."""
        allowance = self.plan.measures[name].allowance
        if paid and allowance is not None and allowance.means == "pays_as_met":
            return self._once("paid attainment", name, at, lambda: self._attainment(name, at, paid=True))
        return self._once("attainment", name, at, lambda: self._attainment(name, at, paid=False))

    def looked_at(self, name: str, of: str | None, at: At = "after", *, paid: bool) -> Rational:
        """The attainment or the value, as `of` says: the attainment if it says nothing and there is one."""
        if of == "attainment" or (of is None and self.has_target(name)):
            return self.attainment(name, at, paid=paid)
        return self.value(name, at)

    def take_sum(self, name: str, column: str) -> None:
        """Take what a measure of credits added up to from a column, instead of adding it up."""
        sum_ = Rational(self.own(name).scale, quoted(column))
        is_single = measure_interval(self.plan, name) == "transaction"
        value = NONE if is_single else plus(self._start(name, self.plan.measures[name]), sum_)
        self._once("measure", name, "after", lambda: value)

    def show(self, name: str, closing: str = "is_close AND ends") -> None:
        """Make `shown_columns`: value, target and attainment to 6 places, null where it is not `closing`."""
        fold = self.fold_of(name)
        attainment = self.attainment(name) if self.has_target(name) or self.plan.measures[name].weighted else NONE
        each = {"value": self.value(name), "target": self.target(name), "attainment": attainment}
        found = [
            fold.number(f"shown {what} of {name}", when(closing, rounded_to(number_, 6)))
            for what, number_ in each.items()
        ]
        self.shown_columns[name] = (found[0], found[1], found[2])

    def _once(self, what: str, name: str, at: At, make: object) -> Rational:
        key = (what, name, at)
        if key not in self._made:
            column = f"{what} {name}" if at == "after" else f"{what} {name} {at}"
            self._made[key] = self.fold_of(name).rational(column, make())  # type: ignore[operator]
        return self._made[key]

    def _value(self, name: str, at: At) -> Rational:
        measure = self.plan.measures[name]
        if measure.credits:
            return self._of_credits(name, measure, at)
        if measure.metric is not None:
            return Rational(MILLIONTH, quoted(f"metric {name}"))
        if measure.streak:
            return Rational(Fraction(1), quoted(f"streak {name}"))
        if measure.formula is not None:
            return number(measure.formula, self.scope(name, at).resolve, self.fold_of(name).hold)
        if measure.weighted:
            parts = [times(self._counted(each, at), constant(Fraction(each.weight))) for each in measure.weighted]
            return _sum(parts)
        return self._rank(name, measure)

    def _of_credits(self, name: str, measure: Measure, at: At) -> Rational:
        own = self.own(name)
        interval = measure_interval(self.plan, name)
        if interval == "transaction":
            return _ZERO if at == "before" else own
        if at == "alone":
            return own
        if isinstance(interval, Last):
            sum_ = Rational(own.scale, self._last(name, own, interval.last))
        else:
            sum_ = Rational(own.scale, self.fold.running(f"sum {name}", own.above, self.partition(name)))
        if at == "before":
            sum_ = Rational(own.scale, cast(f"{sum_.above} - coalesce({own.above}, 0)", WHOLE))
        value = plus(self._start(name, measure), sum_)
        if measure.grouped_by is not None:
            return chosen(f"{quoted(f'group {name}')} IS NOT NULL", value, NONE)
        return value

    def _start(self, name: str, measure: Measure) -> Rational:
        if measure.carry:
            return Rational(MILLIONTH, quoted(f"start {name}"), quoted(f"start {name} below"))
        return number(measure.starts_with, self.scope(name, "after").resolve)

    def _last(self, name: str, own: Rational, months: int) -> str:
        """The sum over the last months: all so far, less what is as old as that by the event's day."""
        group = self.partition(name)[2:]
        payee: Partition = ("payee_id", *group)
        so_far = self.fold.running(f"sum {name}", own.above, payee)
        old = (
            f"sum({own.above}) OVER (PARTITION BY {names(payee)} ORDER BY day "
            f"RANGE BETWEEN UNBOUNDED PRECEDING AND INTERVAL '{months} months' PRECEDING)"
        )
        forgotten = self.fold.window(f"old {name}", cast(f"coalesce({old}, 0)", WHOLE), quoted(f"latest old {name}"))
        return cast(f"{so_far} - {forgotten}", WHOLE)

    def _counted(self, part: Weighted, at: At) -> Rational:
        attainment = self.attainment(part.measure, at)
        none = attainment.is_none
        if part.at_most is not None:
            most = constant(Fraction(part.at_most))
            attainment = chosen(compare(attainment, ">", most), most, attainment)
        if part.at_least is not None:
            least = constant(Fraction(part.at_least))
            attainment = chosen(compare(attainment, "<", least), _ZERO, attainment)
        return chosen(none, _ZERO, attainment)

    def _rank(self, name: str, measure: Measure) -> Rational:
        of = rounded_rational(self.value(measure.rank or ""), 12)
        column = self.closing.number(f"ranked {name}", of.above)
        among = "period, team" if measure.among == "team" else "period"
        placed = f"rank() OVER (PARTITION BY {among} ORDER BY {column} DESC NULLS LAST)"
        there = when(f"{column} IS NOT NULL", placed)
        return Rational(Fraction(1), self.closing.window(f"rank {name}", cast(there, WHOLE), cast("NULL", WHOLE)))

    def _attainment(self, name: str, at: At, *, paid: bool) -> Rational:
        measure = self.plan.measures[name]
        value, target = self.value(name, at), self.target(name)
        if not self.has_target(name):
            return value if measure.weighted else NONE
        reached = _allowed(over(value, target), measure, paid=paid)
        if measure.rounds is not None:
            reached = rounded_rational(reached, measure.rounds.places, measure.rounds.mode)
        without = NONE if measure.if_no_target is None else constant(Fraction(measure.if_no_target))
        return chosen(compare(target, ">", _ZERO), reached, without)

    def scope(self, name: str, at: At) -> Scope:
        """What formulas of the measure may name."""
        kind = sums_over(self.plan, measure_interval(self.plan, name))
        return Scope(plan=self.plan, measures=self, kind=kind, at=at, paid=False)

    def total(self, name: str, among: str) -> Rational:
        """The sum of a measure (or of its target or attainment) over all payees with a cell in the pay period."""
        measure, _, part = name.partition(".")
        each = {"": self.value, "target": self.target, "attainment": self.attainment}[part](measure)
        key = ("total", name, among)
        if key not in self._made:
            twelve = rounded_rational(each, 12)
            column = self.closing.number(f"{among} part of {name}", twelve.above)
            summed = cast(f"sum({column}) OVER (PARTITION BY {among})", WHOLE)
            made = self.closing.window(f"{among} total of {name}", summed, cast("NULL", WHOLE))
            self._made[key] = Rational(twelve.scale, made)
        return self._made[key]

    def previous(self, name: str) -> Rational:
        """What a measure (or its target or attainment) was at the end of the interval before; none if there is none."""
        measure, _, part = name.partition(".")
        key = ("previous", name, "after")
        if key not in self._made:
            each = {"": self.value, "target": self.target, "attainment": self.attainment}[part](measure)
            kind = sums_over(self.plan, measure_interval(self.plan, measure))
            self._made[key] = self._before(name, each, kind)
        return self._made[key]

    def _before(self, name: str, each: Rational, kind: str) -> Rational:
        fold = self.fold_of(name.partition(".")[0])
        ending = f"ends AND {quoted(f'{kind} closes')}"
        window = (
            f"(PARTITION BY payee_id ORDER BY {quoted(f'{kind} starts')} GROUPS BETWEEN 1 PRECEDING AND 1 PRECEDING)"
        )
        follows = f"max({quoted(f'{kind} ends')}) OVER {window} = {quoted(f'{kind} starts')}"
        if each.number is not None:
            each = Rational(each.scale, cast(each.above, WHOLE))
        columns = []
        for what, sql in (("", each.above), (" below", each.below)):
            column = f"previous {name}{what}"
            happened = None if sql is None else when(follows, f"max({when(ending, sql)}) OVER {window}")
            # An event that might happen lies in the interval of the latest state.
            columns.append(None if happened is None else fold.same(column, happened))
        return Rational(each.scale, columns[0] or "NULL", columns[1])


def held_column(name: str) -> str:
    """The column with what an event counts in a measure that says the most of each."""
    return f"held {name}"


def _allowed(reached: Rational, measure: Measure, *, paid: bool) -> Rational:
    if measure.allowance is None:
        return reached
    rate, means = Fraction(measure.allowance.rate), measure.allowance.means
    if means == "adds_to_attainment":
        return plus(reached, constant(rate))
    if means == "counts_as_met" or (means == "pays_as_met" and paid):
        near = f"{compare(reached, '>=', constant(1 - rate))} AND {compare(reached, '<', _ONE)}"
        return chosen(near, _ONE, reached)
    return reached


def _sum(numbers: list[Rational]) -> Rational:
    total = numbers[0]
    for each in numbers[1:]:
        total = plus(total, each)
    return total
