"""An explanation, as plain data: a number, what it is by definition, and every record that makes it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date
    from decimal import Decimal

    import pyarrow as pa

    from config.metrics import Parameter, Unit

Cause = Literal["condition", "conditions", "undated", "unbelievable", "later", "empty", "rate", "unreadable"]
"""Why a record is left out: a condition is not met, or none of several is; it has no day, one before 1900 or after
2199, or one after the as-of time; its number is empty, has no exchange rate, or is no number."""


class NoFigure(ValueError):
    """A metric that has no number in such a grain or period; says which it has."""


@dataclass(frozen=True, slots=True)
class Figure:
    """Which number: of a metric, for a key of a grain, in a period by its name."""

    metric: str
    grain: str
    key: str
    period: str


@dataclass(frozen=True, slots=True)
class Definition:
    """What a metric is. `words` is the formula as people read it.

    `version` stands for everything that decides the number besides the facts: it is another one as soon as the metric,
    one of its parts, or a meaning, dimension, parameter or setting that they use is. `meanings` and `parameters` are
    those that the metric itself uses.
    """

    name: str
    label: str
    description: str
    kind: str
    unit: Unit
    decimals: int | None
    words: str
    version: str
    source: str = ""
    meanings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    parameters: Mapping[str, Parameter] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Records of this place and period that do not count, for one reason; `examples` are the first of their ids.

    `about` has, of rows that are about another record, (object, id) of each example's.
    """

    cause: Cause
    reason: str
    rows: int
    examples: tuple[str, ...]
    about: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """A metric that the number is made of. `role` says which part it is, as "numerator" or "previous(won_amount)"."""

    role: str
    explanation: Explanation


@dataclass(frozen=True, slots=True)
class Place:
    """A number's place among those of its grain, or of the user's team: `rank` of `among`."""

    role: str
    value: Decimal | None
    rank: int | None
    among: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a number is what it is.

    `value` is the number as it was computed, and `total` what the records and parts add up to: the same number, from
    the other end. `is_there` is whether the results have a row for it; without one the value is 0 or none, as its
    definition says. `first` and `last` are the days it takes records from, None over all time or as things stand now.
    Of a period that began before what it counts, `first_complete` is the first whole period of its kind.

    `records` has a row for each that counts, in the order that makes the number (see `records.py`), and for a
    conversion one for each record that came to its first event. `formula` is a formula with the values put in.
    """

    figure: Figure
    definition: Definition
    value: Decimal | None
    is_there: bool
    total: Decimal | None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    sample: Decimal | None = None
    first: date | None = None
    last: date | None = None
    partial: bool = False
    first_complete: str | None = None
    records: pa.Table | None = None
    left_out: tuple[LeftOut, ...] = ()
    parts: tuple[Part, ...] = ()
    places: tuple[Place, ...] = ()
    formula: str = ""
    minimum_sample: int = 0

    def adds_up(self) -> bool:
        """Whether its records and parts make the number, and those of every part make theirs."""
        return self.value == self.total and all(part.explanation.adds_up() for part in self.parts)

    def leaves(self) -> Iterator[Explanation]:
        """The explanations, of this and its parts, that are of records."""
        if self.records is not None:
            yield self
        for part in self.parts:
            yield from part.explanation.leaves()
