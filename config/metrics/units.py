"""Units as dimensions: what a formula's result is in, and whether that is what its metric declares.

Money, seconds, minutes, hours and days are dimensions; count, number and percent are plain numbers. Sums and
differences need the same on both sides; products add exponents and quotients subtract them. A constant (a number, a
parameter, arithmetic over these) fits whatever it is added to or compared with; as a factor it is a plain number that
may convert one length of time into another: hours / 24 may be declared days.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from config.metrics.formula import Binary, Call, Name, Negative, place
from config.metrics.kinds import SimpleMetric, Unit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from config.metrics.formula import Expression
    from config.metrics.kinds import Metric

_AMOUNTS = frozenset(
    {"amount", "list_amount", "amount_before", "amount_change", "unit_price", "annual_revenue"}
    | {"opening", "closing", "churned", "expanded"}
)
_TIMES = {
    "seconds": ("seconds", "entry_seconds", "response_seconds", "response_working_seconds"),
    "hours": ("working_hours",),
    "days": (
        "stage_age_days",
        "stage_normal_days",
        "owner_tenure_days",
        "contract_days_ahead",
        "days_pushed",
        "tenure_days",
        "working_days",
    ),
}


_PLAIN_FIELDS = frozenset(
    {"probability", "percent", "discount", "stage_age_ratio"}
    | {"families", "filled_fields", "required_fields", "employees", "look_alikes"}
)
"""Shares of 1 and numbers of things."""

_PLACES = frozenset({"rank", "rank_in_team", "percentile", "percentile_in_team", "share"})
"""The functions whose value is a place among others, in no unit."""

LENGTHS = ("seconds", "minutes", "hours", "days")
_NO_TIME = (0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Measure:
    """What a number is in: exponents of money and of each of LENGTHS. `converted` where a constant multiplied or
    divided it, so that it may be in another length of time than before."""

    money: int = 0
    times: tuple[int, ...] = _NO_TIME
    converted: bool = False

    def over(self, other: Measure) -> Measure:
        """This divided by the other."""
        times = tuple(mine - theirs for mine, theirs in zip(self.times, other.times, strict=True))
        return Measure(self.money - other.money, times, self.converted or other.converted)

    def product(self, other: Measure) -> Measure:
        """This times the other."""
        return self.over(PLAIN.over(other))

    def is_like(self, other: Measure) -> bool:
        """Whether the two may be added up."""
        if self.converted or other.converted:
            return (self.money, sum(self.times)) == (other.money, sum(other.times))
        return (self.money, self.times) == (other.money, other.times)

    def __str__(self) -> str:
        powers = list(zip(("money", *LENGTHS), (self.money, *self.times), strict=True))
        above = [name if power == 1 else f"{name} to the power of {power}" for name, power in powers if power > 0]
        below = [name if power == -1 else f"{name} to the power of {-power}" for name, power in powers if power < 0]
        words = " times ".join(above) or "a plain number"
        return f"{words} per {' and '.join(below)}" if below else words


def _length(name: str) -> Measure:
    return Measure(times=tuple(int(each == name) for each in LENGTHS))


PLAIN = Measure()
_CONSTANT = Measure(converted=True)
_UNITS = {
    Unit.MONEY: Measure(money=1),
    Unit.MINUTES: _length("minutes"),
    Unit.HOURS: _length("hours"),
    Unit.DAYS: _length("days"),
}


def unit_measure(unit: Unit) -> Measure:
    """What a metric of this unit is in."""
    return _UNITS.get(unit, PLAIN)


def field_measure(field: str) -> Measure | None:
    """What a field of ours holds, by its path; None where that is not known, as of a custom field."""
    name = field.rpartition(".")[2]
    if "custom." in field:
        return None
    if name in _AMOUNTS:
        return Measure(money=1)
    if name in _PLAIN_FIELDS:
        return PLAIN
    return next((_length(length) for length, known in _TIMES.items() if name in known), None)


def metric_measure(metric: Metric) -> Measure:
    """What a metric is in: its unit, and where that is a plain number but its field holds seconds, these."""
    measure = unit_measure(metric.unit)
    if measure == PLAIN and isinstance(metric, SimpleMetric) and metric.of and metric.aggregate != "distinct":
        held = field_measure(metric.of)
        if held == _length("seconds"):
            return held
    return measure


def fits(measure: Measure, unit: Unit) -> bool:
    """Whether what is in `measure` may be declared as `unit`.

    "This per that" may be declared as this: money per day as money, a plain number per day as number. There is no unit
    of seconds: they are declared as number.
    """
    if unit in {Unit.PERCENT, Unit.COUNT}:
        return measure.is_like(PLAIN)
    above = Measure(max(measure.money, 0), tuple(max(power, 0) for power in measure.times), measure.converted)
    seconds = _length("seconds")
    return any(
        each.is_like(unit_measure(unit)) or (unit is Unit.NUMBER and not any(each.times[1:]) and each.is_like(seconds))
        for each in (measure, above)
    )


class UnitClash(ValueError):
    """Numbers that cannot be added up or compared."""


def formula_measure(text: str, expression: Expression, held: Mapping[str, Measure]) -> Measure | None:
    """What the result of a formula is in, of what the metrics that it names are in (`held`).

    None where it fits anything: it is a constant. A name that is not in `held` is one. UnitClash where it adds up or
    compares what cannot be.
    """
    match expression:
        case Name(name=name):
            return held.get(name)
        case Negative(operand=operand):
            return formula_measure(text, operand, held)
        case Binary(operator="*" | "/" as operator):
            left, right = (formula_measure(text, side, held) for side in (expression.left, expression.right))
            if left is None and right is None:
                return None
            one, other = left or _CONSTANT, right or _CONSTANT
            return one.product(other) if operator == "*" else one.over(other)
        case Binary(operator=operator):
            sides = [formula_measure(text, side, held) for side in (expression.left, expression.right)]
            return _alike(text, expression.at, "adds" if operator == "+" else "subtracts", sides)
        case Call(function=function, arguments=arguments):
            measures = [formula_measure(text, argument, held) for argument in arguments]
            return PLAIN if function in _PLACES else _alike(text, expression.at, "compares", measures)
    return None


def _alike(text: str, at: int, does: str, measures: Sequence[Measure | None]) -> Measure | None:
    """What all of them are in, leaving out constants."""
    known = [each for each in measures if each is not None]
    for each in known[1:]:
        if not each.is_like(known[0]):
            raise UnitClash(f"{does} {known[0]} and {each}, {place(text, at)}")
    return next((each for each in known if not each.converted), known[0] if known else None)
