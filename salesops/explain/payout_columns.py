"""The numbers that explain pay, as columns of the folds that reckon it: the engine's own expressions, read."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeAlias

from config.checks.comp_plans.closing import closing_worths
from config.checks.comp_plans.cycles import formulas_of
from config.comp_plans import Curve, GreaterOf, Guarantee, LesserOf, Pool, Prizes, RatePay, Spif, Tiers
from config.comp_plans.components import gates_of
from config.comp_plans.formula import Call, parse_pay_formula, walk
from config.comp_plans.formula import Name as Named
from config.comp_plans.intervals import measure_interval, sums_over
from config.comp_plans.measures import Last
from config.comp_plans.paid_on import has_rate_of_day
from salesops.incentives.components.gates import gate_met
from salesops.incentives.components.laid import laid_to_date, own_of
from salesops.incentives.components.lines import on_line
from salesops.incentives.components.rates import at_one_rate
from salesops.incentives.components.scale import Scale
from salesops.incentives.components.setting import TWELVE
from salesops.incentives.components.shared import guarantee_scope, guaranteed
from salesops.incentives.components.tiers import transaction_worth
from salesops.incentives.frame.prorated import share_of
from salesops.incentives.numbers import number, rounded_rational
from salesops.incentives.states.rounding import unit_of
from salesops.rational import Rational, minus, over, times
from salesops.rules import RuleError
from salesops.sql import quoted, when

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from config.comp_plans import Component
    from config.comp_plans.components import Bound
    from salesops.incentives.components.setting import Setting
    from salesops.incentives.states.fold import Fold
    from salesops.incentives.states.states import Program

PLACES = 12
_OF_OTHERS = frozenset({"previous", "total", "team_total"})
_BOUNDS = ("at_least", "more_than", "at_most", "less_than")

Key: TypeAlias = tuple[str | int, ...]
Row: TypeAlias = "Mapping[str, Any]"


@dataclass(slots=True)
class Columns:
    """The told columns of a program, by what they are; a number that is the same in each row is none."""

    program: Program
    found: dict[Key, tuple[str, Fraction] | Decimal] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(each[0] for each in self.found.values() if isinstance(each, tuple)))

    def read(self, row: Row, *key: str | int) -> Decimal | None:
        """A number of a state."""
        each = self.found.get(key)
        if not isinstance(each, tuple):
            return each
        value = row.get(each[0])
        return None if value is None else decimal(Fraction(int(value)) * each[1])

    def own_rate(self, name: str, row: Row) -> Decimal | None:
        """The rate that an event's row has of its own: of the component, or in the tier that it is paid by."""
        tier = self.read(row, name, "tier")
        component = self.program.plan.components.get(name)  # none of the comp plan's own cap and floor
        if not isinstance(component, Tiers) or tier is None:
            return self.read(row, name, "row rate")
        if int(tier) - 1 not in self.program.worths.setting(name).row_tiers:
            return self.read(row, name, "row rate")
        is_divided = "marginal" in {each.reading or component.reading for each in component.tiers}
        return None if is_divided else self.read(row, name, "number", int(tier) - 1)

    def put(self, fold: Fold, value: Rational, *key: str | int) -> None:
        if value.number is not None:
            self.found[key] = decimal(value.number)
            return
        name = "told " + " ".join(map(str, key))
        rounded = rounded_rational(value, PLACES)
        fold.number(name, rounded.above)
        self.found[key] = (name, rounded.scale)

    def flag(self, fold: Fold, condition: str, *key: str | int) -> None:
        """1 where the condition holds, else 0."""
        self.whole(fold, when(condition, "1", "0"), *key)

    def whole(self, fold: Fold, sql: str, *key: str | int) -> None:
        name = "told " + " ".join(map(str, key))
        fold.number(name, sql)
        self.found[key] = (name, Fraction(1))


def decimal(number: Fraction) -> Decimal:
    """To 12 places, which no product of a rate and an amount exceeds.

    >>> decimal(Fraction(5, 4))
    Decimal('1.25')
    """
    with localcontext(prec=80):
        found = Decimal(round(number * 10**PLACES)).scaleb(-PLACES).normalize()
        return found.quantize(Decimal(1)) if found == found.to_integral_value() else found


def told_columns(program: Program) -> Columns:
    """All that explains the components and measures of a comp plan, added to its folds."""
    columns = Columns(program)
    for name in program.plan.measures:
        _measure(columns, name)
    for name, component in program.plan.components.items():
        _component(columns, name, component)
    return columns


def standing_in(program: Program, name: str) -> Setting:
    """What a component is reckoned with, where its worth without factors and gates stands."""
    setting, measures = program.worths.setting(name), program.measures
    stands_at_events = name in program.closes and name not in closing_worths(program.plan)
    return replace(setting, fold=measures.fold) if stands_at_events or setting.is_each_alone else setting


def tiers_told(columns: Columns, name: str) -> None:
    """What explains a component of tiers alone, added to the folds of its program."""
    program = columns.program
    setting, component = standing_in(program, name), program.plan.components[name]
    if not isinstance(component, Tiers):
        raise TypeError(f"{name} has no tiers")
    if setting.own is not None:
        columns.put(setting.fold, _credited(setting), name, "credited")
    columns.put(setting.fold, program.worths.bare(name), name, "bare")
    _tiers(columns, setting, component)


def _measure(columns: Columns, name: str) -> None:
    program = columns.program
    measures, plan = program.measures, program.plan
    fold, measure = measures.fold_of(name), plan.measures[name]
    value, interval = measures.value(name), measure_interval(plan, name)
    columns.put(fold, value, "measure", name, "value")
    if measure.credits and interval != "transaction" and not isinstance(interval, Last):
        own = measures.own(name)
        sum_ = Rational(own.scale, measures.fold.running(f"sum {name}", own.above, measures.partition(name)))
        columns.put(fold, minus(value, sum_), "measure", name, "start")
    if measure.each_at_most is not None:
        columns.put(measures.fold, measures.whole(name), "measure", name, "whole")
        columns.put(measures.fold, measures.own(name), "measure", name, "counts")
    if measures.has_target(name):
        share_is = share_of(name) if name in program.frame.seasonal else f"share {sums_over(plan, interval)}"
        columns.put(fold, measures.target(name), "measure", name, "target")
        share = Rational(Fraction(1), quoted(share_is), quoted(f"{share_is} below"))
        columns.put(fold, share, "measure", name, "share")
    if measures.has_target(name) or measure.weighted:
        columns.put(fold, measures.attainment(name), "measure", name, "attainment")


def _component(columns: Columns, name: str, component: Component) -> None:
    program = columns.program
    setting, worths = program.worths.setting(name), program.worths
    inner = standing_in(program, name)
    if setting.own is not None:
        columns.put(inner.fold, _credited(setting), name, "credited")
    columns.put(inner.fold, worths.bare(name), name, "bare")
    columns.put(setting.fold, worths.of(name), name, "worth")
    if setting.fold.has(f"rounded {name}"):
        columns.found[name, "rounded"] = (f"rounded {name}", unit_of(program.plan))
    if setting.has_numbers:
        row = f"CAST({quoted(f'number {name}')} * 1000000000000 AS DECIMAL(38, 0))"
        columns.put(program.measures.fold, Rational(TWELVE, row), name, "row rate")
    _formulas(columns, setting)
    _gates(columns, setting)
    for key in ("cap", "floor"):
        if (bound := getattr(component, key)) is not None:
            _bound(columns, setting, key, bound)
    _kind(columns, inner)


def _credited(setting: Setting) -> Rational:
    """All that it is paid on, to date; of all groups together."""
    if setting.group is None or setting.own is None:
        return setting.credited
    fold = setting.measures.fold
    return Rational(
        setting.own.scale, fold.running(f"credited of all in {setting.name}", setting.own.above, setting.partition)
    )


def _kind(columns: Columns, setting: Setting) -> None:
    name, component, fold = setting.name, setting.component, setting.fold
    match component:
        case Tiers():
            _tiers(columns, setting, component)
        case Curve():
            place = setting.measures.looked_at(component.by, component.of, paid=True)
            columns.put(fold, place, name, "place")
            if not setting.is_each_alone:
                columns.put(fold, over(columns.program.worths.bare(name), setting.number(component.pay)), name, "share")
        case RatePay() | Spif() if has_rate_of_day(setting.plan, component) and not setting.has_numbers:
            columns.put(fold, at_one_rate(setting, component), name, "at one rate")
        case GreaterOf() | LesserOf():
            for place_, text in enumerate(component.of):
                columns.put(fold, setting.number(text), name, "part", place_)
        case Guarantee():
            share, least = guaranteed(setting, component)
            columns.put(fold, share, name, "share")
            columns.put(fold, least, name, "guaranteed")
        case Pool() | Prizes():
            _of_all(columns, setting)


def _of_all(columns: Columns, setting: Setting) -> None:
    """What a pool, or prizes, look at of all payees."""
    name, fold = setting.name, setting.fold
    if isinstance(setting.component, Prizes):
        for part in ("place", "tied", "sharing"):
            if fold.has(f"{part} in {name}"):
                columns.found[name, part] = (f"{part} in {name}", Fraction(1))
        if setting.component.places == "teams":
            columns.found[name, "placing"] = (f"placing in {name}", TWELVE)
        return
    weight = next(each for each in (f"weight in {name} ", f"weight in {name}") if fold.has(each))
    columns.found[name, "weight"] = (weight, Fraction(1) if weight.endswith(" ") else TWELVE)
    columns.found[name, "weights"] = (f"all in {name}", columns.found[name, "weight"][1])  # type: ignore[index]


def _tiers(columns: Columns, setting: Setting, component: Tiers) -> None:
    name, fold, scale = setting.name, setting.fold, Scale(setting, component)
    for place, (bound, number_) in enumerate(zip(scale.bounds, scale.numbers, strict=True)):
        columns.put(fold, bound, name, "bound", place)
        columns.put(fold, number_, name, "number", place)
        columns.put(fold, bound if scale.of_value else times(bound, scale.target), name, "starts", place)
    columns.put(fold, scale.place, name, "place")
    before = component.placed == "before" and set(scale.readings) == {"transaction"}
    columns.whole(fold, scale.started if before else scale.reached, name, "tier")
    if all(reading.startswith("interpolated") for reading in scale.readings):
        columns.put(
            fold, on_line(scale.bounds, scale.numbers, scale.place, beyond=component.beyond), name, "on the line"
        )
    if not setting.is_each_alone and setting.group is None and "transaction" not in scale.readings:
        laid = laid_to_date(scale)
        for place, part in enumerate([] if laid is None else laid.parts):
            columns.put(fold, part, name, "laid", place)
            columns.put(fold, laid.paid(place, place, place), name, "earns", place)  # type: ignore[union-attr]
    if set(scale.readings) == {"transaction"} and component.by not in columns.program.measures.closes:
        columns.put(fold, own_of(scale), name, "own")
        columns.put(fold, transaction_worth(scale), name, "of event")


def _formulas(columns: Columns, setting: Setting) -> None:
    """What the names in its formulas stand for, and what each formula comes to."""
    of_rows = {"rate", "pays"} if setting.has_numbers else set()
    for path, text in formulas_of(setting.component):
        if path[0] in of_rows or path[0] == "when":
            continue
        scope = setting.scope
        if path[0] in {"cap", "floor"}:
            scope = setting.scope_over(_kind_of(setting, getattr(setting.component, str(path[0]))))
        if isinstance(setting.component, Guarantee) and path == ("amount",):
            scope = guarantee_scope(setting)
        for part in named_in(text):
            try:
                columns.put(setting.fold, scope.resolve(part), setting.name, "name", path[0], written(part))
            except RuleError:  # a field of a transaction: its own number says it
                continue
        if path[0] in {"rate", "pays", "at_most", "pay", "amount", "shared_by", "multipliers"}:
            try:
                value = number(text, scope.resolve, setting.fold.hold)
            except RuleError:
                continue
            columns.put(setting.fold, value, setting.name, "formula", *path)


def named_in(text: str) -> Iterator[Named | Call]:
    """The names in a formula, and what it asks of other payees or periods, each once."""
    parts = list(walk(parse_pay_formula(text)))
    inside = {each.name for part in parts if _is_of_others(part) for each in part.arguments}  # type: ignore[union-attr]
    seen = set()
    for part in parts:
        meant = part if isinstance(part, Named | Call) else None
        if meant is None or not (_is_of_others(meant) or (isinstance(meant, Named) and meant.name not in inside)):
            continue
        if written(meant) not in seen:
            seen.add(written(meant))
            yield meant


def _is_of_others(part: object) -> bool:
    return isinstance(part, Call) and part.function in _OF_OTHERS


def written(part: Named | Call) -> str:
    """A name, or a call of one, as it stands in formulas."""
    return part.name if isinstance(part, Named) else f"{part.function}({part.arguments[0].name})"  # type: ignore[union-attr]


def _gates(columns: Columns, setting: Setting) -> None:
    fold, measures = setting.fold, setting.measures
    for path, gate in gates_of(setting.component):
        columns.put(fold, measures.looked_at(gate.measure, gate.of, paid=False), setting.name, *path)
        columns.flag(fold, gate_met(gate, measures, setting.scope), setting.name, *path, "met")
        for key in _BOUNDS:
            if (limit := getattr(gate, key)) is not None:
                columns.put(fold, number(limit, setting.scope.resolve), setting.name, *path, key)


def _bound(columns: Columns, setting: Setting, key: str, bound: Bound) -> None:
    scope = setting.scope_over(_kind_of(setting, bound))
    columns.put(setting.fold, number(bound.amount, scope.resolve), setting.name, key)


def _kind_of(setting: Setting, bound: Bound) -> str:
    """The interval that pay and share in a bound are of."""
    if bound.over in {"interval", "transaction"}:
        return setting.kind
    return setting.plan.period if bound.over == "pay_period" else sums_over(setting.plan, bound.over)  # type: ignore[arg-type]
