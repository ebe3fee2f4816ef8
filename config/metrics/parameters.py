"""Numbers that formulas and conditions name: always the same one, or one from a day on."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Annotated

from pydantic import BeforeValidator, Field, model_validator

from config.base import Day, Form, Model, Number, parse_number
from config.metrics.kinds import Unit
from config.scalars import decimal_text

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal


class DatedNumber(Model):
    """A number that is in force from a day on, up to the next one's."""

    from_: Annotated[Day, Field(alias="from", description="The first day on which it is in force.")]
    value: Annotated[Number, Field(description="The number.")]


class Parameter(Model):
    """A number: written alone, or as a block that says its unit, or from which days on which number is in force.

    With a unit, it is added to, and compared with, what is in this unit only. A formula takes the number that is in
    force on the first day of its period (over all time that of the as-of day), a condition that of the as-of day;
    before the first day there is none.
    """

    value: Annotated[Number | None, Field(description="The number, where it is always the same.")] = None
    unit: Annotated[Unit | None, Field(description="What it is in; a plain number that fits anything if missing.")] = (
        None
    )
    values: Annotated[tuple[DatedNumber, ...], Field(description="The numbers by day, in rising order.")] = ()

    @model_validator(mode="after")
    def _one(self) -> Parameter:
        if (self.value is None) == (not self.values):
            raise ValueError("needs either `value` or `values`. Write value: 5000, or a list of numbers from a day on.")
        for before, after in pairwise(self.values):
            if after.from_ <= before.from_:
                raise ValueError(f"the days of `values` must rise: {after.from_} stands after {before.from_}.")
        return self

    def on(self, day: date) -> Decimal | None:
        """The number that is in force on a day, None before the first.

        >>> from datetime import date
        >>> dated = Parameter.model_validate({"values": [{"from": "2026-01-01", "value": "5000"}]})
        >>> dated.on(date(2026, 1, 1)), dated.on(date(2025, 12, 31))
        (Decimal('5000'), None)
        """
        in_force = [each.value for each in self.values if each.from_ <= day]
        return in_force[-1] if in_force else self.value

    def __str__(self) -> str:
        """As people read it.

        >>> str(Parameter(value="0.50")), str(Parameter(values=[{"from": "2026-01-01", "value": "5000"}]))
        ('0.5', '5000 from 2026-01-01')
        """
        if self.value is not None:
            return decimal_text(self.value)
        return ", ".join(f"{decimal_text(each.value)} from {each.from_}" for each in self.values)


def _parameter(value: object) -> object:
    """A number as the parameter that it stands for; a block as it is."""
    if isinstance(value, str):
        return {"value": parse_number(value)}
    return value if value is None or isinstance(value, dict | Parameter) else {"value": value}


ParameterValue = Annotated[Parameter, BeforeValidator(_parameter), Form("number, or a block")]
