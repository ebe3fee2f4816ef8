"""Tables: numbers looked up by what a transaction, or a payee's measure, says."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, Tag, model_validator

from config.base import Form, Model, Number
from config.comp_plans.base import TEXT, Formula, Path, by_key


class Steps(Model):
    """An axis of numbers: each name of it is the bound of a step, `from` there on."""

    of: Annotated[Formula, Field(description="A field with a number, a formula, a measure or MEASURE.attainment.")]
    bound: Annotated[
        Literal["lower", "upper"],
        Field(description="lower: a number at the bound belongs to the step above it; upper: to the one below."),
    ] = "lower"


Axis = Annotated[Annotated[Path, Tag(TEXT)] | Annotated[Steps, Tag("of")], by_key("of")]


class Table(Model):
    """A number for each combination of values: rates by product and customer kind, factors by margin and discount.

    `by` names the axes from the outside in; `rows` nests as deep. A formula takes a table by its name.
    """

    by: Annotated[
        tuple[Axis, ...],
        Field(min_length=1, max_length=4, description="Fields of the transaction (as text), or axes of numbers."),
    ]
    rows: Annotated[
        dict[str, Any],
        Form("numbers by value, nested as deep as `by` has axes"),
        Field(min_length=1, description="The numbers: a field's value, or a bound, and what holds there."),
    ]
    otherwise: Annotated[
        Number | None, Field(description="The number where no row fits; without it, such a transaction earns nothing.")
    ] = None

    @model_validator(mode="after")
    def _nested(self) -> Table:
        from config.comp_plans.table_rows import read_rows

        read_rows(self)
        return self
