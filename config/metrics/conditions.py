"""Conditions: which rows a rule looks at. A closed set of operators over our fields."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from config.base import Flag, Form, Model, Name, quote
from config.metrics.windows import parse_relative_day


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
    CONTAINS = "contains"
    STARTS_WITH = "starts_with"
    MEANS = "means"
    MEANS_NOT = "means_not"
    EMPTY = "empty"


ORDERED = frozenset({Operator.AT_LEAST, Operator.MORE_THAN, Operator.AT_MOST, Operator.LESS_THAN})
"""The operators that need a field whose values have an order. Beside a number or a day they take a parameter's name."""

DATED = ORDERED | {Operator.IS, Operator.IS_NOT, Operator.IN, Operator.NOT_IN}
"""The operators that compare with a day, where the field is one; it may be one that depends on today."""

WORDED = frozenset({Operator.MEANS, Operator.MEANS_NOT})
"""The operators whose operand is a name under `meanings`."""


def _operand(text: str) -> str:
    if not text.strip():
        raise ValueError("compares with nothing. For rows whose field is empty write `empty: true`.")
    return text


Operand = Annotated[str, AfterValidator(_operand), Form("text, number, day or true/false, as the field's type")]
Operands = Annotated[tuple[Operand, ...], Field(min_length=1)]
Ordered = Annotated[str, AfterValidator(_operand), Form("number, day, or the name of one of `parameters`")]


def _field(text: str) -> str:
    if not text.strip():
        raise ValueError("names no field. Write a field of the object, or `custom.NAME`.")
    if len(text) > 200:
        raise ValueError(f"is too long for the name of a field: {quote(text)}.")
    return text


FieldName = Annotated[str, AfterValidator(_field), Form("field of the source, OTHER.field, or custom.NAME")]
"""A field of the source (`amount`), one of a record that it leads to (`opportunity.stage`, `owner.team`,
`opportunity.account.industry`), or a CRM field of the admin's own (`custom.NAME`, `opportunity.custom.NAME`)."""


_ATTRIBUTES = {operator: {"is": "is_", "in": "in_"}.get(operator.value, operator.value) for operator in Operator}


class Condition(Model):
    """One condition: a field of the source (or `custom.NAME`) and exactly one operator. Case matters in text.

    A row whose field is empty meets `empty: true` and `is_not`/`not_in`/`means_not`, and nothing else. A day may depend
    on the as-of day: `today`, `30 days ago`, `in 2 weeks`, `1 month ago`.
    """

    field: Annotated[FieldName, Field(description="What is looked at.")]
    is_: Annotated[Operand | None, Field(alias="is", description="Equal to this.")] = None
    is_not: Annotated[Operand | None, Field(description="Not equal to this, or empty.")] = None
    in_: Annotated[Operands | None, Field(alias="in", description="Equal to one of these.")] = None
    not_in: Annotated[Operands | None, Field(description="Equal to none of these, or empty.")] = None
    at_least: Annotated[Ordered | None, Field(description="This or more (numbers), or later (days).")] = None
    more_than: Annotated[Ordered | None, Field(description="More, or later, than this.")] = None
    at_most: Annotated[Ordered | None, Field(description="This or less, or earlier.")] = None
    less_than: Annotated[Ordered | None, Field(description="Less, or earlier, than this.")] = None
    contains: Annotated[Operand | None, Field(description="Text with this in it, whatever the case.")] = None
    starts_with: Annotated[Operand | None, Field(description="Text that begins with this, whatever the case.")] = None
    means: Annotated[Name | None, Field(description="Equal to one of the words that `meanings` lists here.")] = None
    means_not: Annotated[
        Name | None, Field(description="Equal to none of the words that `meanings` lists here, or empty.")
    ] = None
    empty: Annotated[Flag | None, Field(description="true: the field is empty; false: it is not.")] = None

    @model_validator(mode="after")
    def _one_operator(self) -> Condition:
        written = [op for op in Operator if _ATTRIBUTES[op] in self.model_fields_set]
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
        value: str | tuple[str, ...] | bool | None = getattr(self, _ATTRIBUTES[operator])
        return value

    @property
    def operator(self) -> Operator:
        return next(op for op, attribute in _ATTRIBUTES.items() if getattr(self, attribute) is not None)

    @property
    def operand(self) -> str | tuple[str, ...] | bool:
        """What the operator compares with, as text (typed by the field it is compared with) or texts."""
        value = self._value(self.operator)
        assert value is not None  # noqa: S101  the validator saw to it
        return value

    @property
    def parameter(self) -> str | None:
        """The parameter whose number the field is compared with, None where the operand says itself what with.

        >>> Condition(field="tenure_days", at_least="ramp_days").parameter
        'ramp_days'
        >>> Condition(field="tenure_days", at_least="180").parameter is None
        True
        """
        operand = self.operand
        if self.operator not in ORDERED or not isinstance(operand, str) or parse_relative_day(operand):
            return None
        return operand if re.fullmatch(r"[a-z][a-z0-9_]*", operand) else None
