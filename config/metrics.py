"""`metrics/*.yaml`: one definition for every number."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from config.base import Flag, Form, Label, Model, Name, Number, quote


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


ORDERED = frozenset({Operator.AT_LEAST, Operator.MORE_THAN, Operator.AT_MOST, Operator.LESS_THAN})
"""The operators that need a field whose values have an order."""


def _operand(text: str) -> str:
    if not text.strip():
        raise ValueError("compares with nothing. For rows whose field is empty write `empty: true`.")
    return text


Operand = Annotated[str, AfterValidator(_operand), Form("text, number, day or true/false, as the field's type")]
Operands = Annotated[tuple[Operand, ...], Field(min_length=1)]


def _field(text: str) -> str:
    if not text.strip():
        raise ValueError("names no field. Write a field of the object, or `custom.NAME`.")
    if len(text) > 200:
        raise ValueError(f"is too long for the name of a field: {quote(text)}.")
    return text


FieldName = Annotated[str, AfterValidator(_field), Form("field of the object, or custom.NAME")]


class Condition(Model):
    """One condition: a field of the source (or `custom.NAME`) and exactly one operator. Case matters in text.

    A row whose field is empty meets `empty: true` and `is_not`/`not_in`, and nothing else.
    """

    field: Annotated[FieldName, Field(description="What is looked at.")]
    is_: Annotated[Operand | None, Field(alias="is", description="Equal to this.")] = None
    is_not: Annotated[Operand | None, Field(description="Not equal to this, or empty.")] = None
    in_: Annotated[Operands | None, Field(alias="in", description="Equal to one of these.")] = None
    not_in: Annotated[Operands | None, Field(description="Equal to none of these, or empty.")] = None
    at_least: Annotated[Operand | None, Field(description="This or more (numbers), or later (days).")] = None
    more_than: Annotated[Operand | None, Field(description="More, or later, than this.")] = None
    at_most: Annotated[Operand | None, Field(description="This or less, or earlier.")] = None
    less_than: Annotated[Operand | None, Field(description="Less, or earlier, than this.")] = None
    empty: Annotated[Flag | None, Field(description="true: the field is empty; false: it is not.")] = None

    @model_validator(mode="after")
    def _one_operator(self) -> Condition:
        written = [op for op in Operator if _attribute(op) in self.model_fields_set]
        for operator in written:
            if self._value(operator) is None:
                raise ValueError(f"`{operator}` has no value. For rows whose field is empty write `empty: true`.")
        if len(written) != 1:
            raise ValueError(
                f"needs exactly one operator, has {' and '.join(written) or 'none'}. "
                f"Write one of {', '.join(Operator)}; for two conditions on a field write two entries."
            )
        return self

    def _value(self, operator: Operator) -> str | tuple[str, ...] | bool | None:
        value: str | tuple[str, ...] | bool | None = getattr(self, _attribute(operator))
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


def _attribute(operator: Operator) -> str:
    return {"is": "is_", "in": "in_"}.get(operator.value, operator.value)


class Unit(StrEnum):
    MONEY = "money"
    COUNT = "count"
    DAYS = "days"
    PERCENT = "percent"  # a fraction of 1, shown as percent
    NUMBER = "number"


class _Metric(Model):
    label: Annotated[Label, Field(description="What people call it.")]
    description: Annotated[str, Field(description="What exactly it counts, for people.")] = ""
    unit: Annotated[Unit, Field(description="How it is shown; percent is a fraction of 1.")]


class SimpleMetric(_Metric):
    """An aggregate over the rows of one object.

    `of` is the field that is aggregated (not for count). `duration` is the average of whole days from `start` to
    `time`, in the project's zone. `time` says which period a row belongs to; `as_of` counts rows as they stand at the
    as-of time, in the period that holds it. `owner` says which field names the user a row counts for.
    """

    kind: Literal["simple"]
    source: Annotated[Name, Field(description="The object whose rows are counted.")]
    aggregate: Annotated[
        Literal["count", "sum", "average", "min", "max", "duration"],
        Field(description="What is made of the rows; duration is the average of days from `start` to `time`."),
    ]
    of: Annotated[FieldName | None, Field(description="The number that is aggregated; not for count, duration.")] = None
    start: Annotated[FieldName | None, Field(description="Where a duration starts.")] = None
    where: Annotated[tuple[Condition, ...], Field(description="Only rows that meet every condition count.")] = ()
    time: Annotated[
        FieldName,
        Field(description="The day or moment that puts a row into a period; `as_of`: as it stands now, in this one."),
    ]
    owner: Annotated[FieldName, Field(description="The field that names the user a row counts for.")] = "owner_id"

    @model_validator(mode="after")
    def _operands(self) -> SimpleMetric:
        if self.aggregate in {"sum", "average", "min", "max"} and self.of is None:
            raise ValueError(f"aggregate {self.aggregate} needs `of`. Name the field to aggregate.")
        if self.aggregate in {"count", "duration"} and self.of is not None:
            raise ValueError(
                f"aggregate {self.aggregate} takes no `of`, got {quote(self.of)}. "
                "Remove it; to leave rows out, use where."
            )
        if (self.aggregate == "duration") != (self.start is not None):
            raise ValueError("`start` goes with aggregate duration. Write both or neither.")
        return self


class RatioMetric(_Metric):
    """One simple metric over another, of the same grain and period; empty where the denominator is 0 or empty."""

    kind: Literal["ratio"]
    numerator: Annotated[Name, Field(description="The simple metric above the line.")]
    denominator: Annotated[Name, Field(description="The simple metric below the line.")]


Metric = Annotated[SimpleMetric | RatioMetric, Field(discriminator="kind")]


class MetricFile(Model):
    """The whole of a file in `metrics/`."""

    metrics: Annotated[dict[Name, Metric], Field(description="Each under its name.")]


__all__ = ["Condition", "Metric", "MetricFile", "Number", "Operator", "RatioMetric", "SimpleMetric", "Unit"]
