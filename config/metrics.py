"""`metrics/*.yaml`: one definition for every number."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, model_validator

from config.base import Label, Model, Name, Number


class Operator(StrEnum):
    """The closed set of conditions on a field."""

    IS = "is"
    IS_NOT = "is_not"
    IN = "in"
    NOT_IN = "not_in"
    AT_LEAST = "at_least"
    MORE_THAN = "more_than"
    AT_MOST = "at_most"
    LESS_THAN = "less_than"
    EMPTY = "empty"


class Condition(Model):
    """One condition: a field of the source (or `custom.NAME`) and exactly one operator. Text ignores no case.

    A row whose field is empty meets `empty: true` and `is_not`/`not_in`, and nothing else.
    """

    field: str
    is_: Annotated[str | None, Field(alias="is")] = None
    is_not: str | None = None
    in_: Annotated[tuple[str, ...] | None, Field(alias="in")] = None
    not_in: tuple[str, ...] | None = None
    at_least: str | None = None
    more_than: str | None = None
    at_most: str | None = None
    less_than: str | None = None
    empty: bool | None = None

    @model_validator(mode="after")
    def _one_operator(self) -> Condition:
        given = [op for op in Operator if self._value(op) is not None]
        if len(given) != 1:
            raise ValueError(f"needs exactly one of {', '.join(Operator)}; got {', '.join(given) or 'none'}")
        return self

    def _value(self, operator: Operator) -> str | tuple[str, ...] | bool | None:
        value: str | tuple[str, ...] | bool | None = getattr(
            self, {"is": "is_", "in": "in_"}.get(operator.value, operator.value)
        )
        return value

    @property
    def operator(self) -> Operator:
        return next(op for op in Operator if self._value(op) is not None)

    @property
    def operand(self) -> str | tuple[str, ...] | bool:
        """What the operator compares with, as text (typed by the field it is compared with) or texts."""
        value = self._value(self.operator)
        assert value is not None  # noqa: S101  the validator saw to it
        return value


class Unit(StrEnum):
    MONEY = "money"
    COUNT = "count"
    DAYS = "days"
    PERCENT = "percent"  # a fraction of 1, shown as percent
    NUMBER = "number"


class _Metric(Model):
    label: Label
    description: str = ""
    unit: Unit


class SimpleMetric(_Metric):
    """An aggregate over the rows of one object.

    `of` is the field that is aggregated (not for count). `duration` is the average of whole days from `start` to
    `time`, in the project's zone. `time` says which period a row belongs to; `as_of` counts rows as they stand at the
    as-of time, in the period that holds it. `owner` says which field names the user a row counts for.
    """

    kind: Literal["simple"]
    source: Name
    aggregate: Literal["count", "sum", "average", "min", "max", "duration"]
    of: str | None = None
    start: str | None = None
    where: tuple[Condition, ...] = ()
    time: str
    owner: str = "owner_id"

    @model_validator(mode="after")
    def _operands(self) -> SimpleMetric:
        if self.aggregate in {"sum", "average", "min", "max"} and self.of is None:
            raise ValueError(f"aggregate {self.aggregate} needs `of`, the field to aggregate")
        if self.aggregate == "count" and self.of is not None:
            raise ValueError("aggregate count takes no `of`: it counts rows. To leave out empty ones, use where")
        if (self.aggregate == "duration") != (self.start is not None):
            raise ValueError("`start` goes with aggregate duration, and duration needs it")
        return self


class RatioMetric(_Metric):
    """One simple metric over another, of the same grain and period; empty where the denominator is 0 or empty."""

    kind: Literal["ratio"]
    numerator: Name
    denominator: Name


Metric = Annotated[SimpleMetric | RatioMetric, Field(discriminator="kind")]


class MetricFile(Model):
    """The whole of a file in `metrics/`."""

    metrics: dict[Name, Metric]


__all__ = ["Condition", "Metric", "MetricFile", "Number", "Operator", "RatioMetric", "SimpleMetric", "Unit"]
