"""The small types that comp plans are made of."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, Discriminator, Field, model_validator

from config.base import Day, Form, Model, Whole

PayPeriod = Literal["week", "month", "quarter", "half_year", "year"]
"""How often earnings are reckoned, in periods of the fiscal calendar."""

Interval = Literal["transaction", "week", "month", "quarter", "half_year", "year", "anniversary", "all_time"]
"""What a measure runs over: one transaction alone, a fiscal period, a year from `started_on` on, or all time."""


TEXT = "text"
"""The tag of a form that is not a block."""


def by_key(*keys: str) -> Discriminator:
    """Which of several forms a value has: a block is the one of the first of these keys that it has, else it is text.

    Each form carries its key as a pydantic `Tag`.
    """

    def form(value: object) -> str | None:
        if isinstance(value, BaseModel):
            value = value.model_fields_set
        elif not isinstance(value, dict):
            return TEXT
        return next((key for key in keys if key in value), None)

    listed = f"{', '.join(keys[:-1])} or {keys[-1]}" if len(keys) > 1 else keys[0]
    message = f"needs the key {listed}. Write {{{keys[0]}: …}}."
    return Discriminator(form, custom_error_type="no_such_form", custom_error_message=message)


def shown_label(name: str, label: str | None) -> str:
    """What people call a part of a comp plan: its label, else its name in words.

    >>> shown_label("new_business", None)
    'New business'
    """
    return label if label is not None else name.replace("_", " ").capitalize()


def _formula(value: object) -> object:
    from config.comp_plans.formula import parse_pay_formula

    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        value = str(value)
    if isinstance(value, str):
        parse_pay_formula(value)
        return value
    raise ValueError("must be a number or a formula.")


Formula = Annotated[str, BeforeValidator(_formula), Form("number, or a formula such as `min(booked, 500000) * rate`")]
"""Arithmetic over names; `config.comp_plans.formula` parses it."""


def _path(text: str) -> str:
    if not text.strip() or len(text) > 200:
        raise ValueError("names no field. Write a field of the source, OTHER.field, or custom.NAME.")
    return text


Path = Annotated[str, AfterValidator(_path), Form("field of the source, OTHER.field, or custom.NAME")]


class Dates(Model):
    """From a day on and before another; open where one is missing."""

    from_: Annotated[Day | None, Field(alias="from", description="The first day; open if missing.")] = None
    until: Annotated[Day | None, Field(description="The day from which on no longer; open if missing.")] = None

    @model_validator(mode="after")
    def _in_order(self) -> Dates:
        if self.from_ is not None and self.until is not None and self.until <= self.from_:
            raise ValueError(f"until ({self.until}) must be after from ({self.from_}).")
        return self


class Rounding(Model):
    """Where and how an earning becomes an amount of money."""

    places: Annotated[Whole, Field(ge=0, le=4, description="Decimals that are kept, 0 to 4.")] = 2
    mode: Annotated[
        Literal["half_up", "half_even", "down", "up"],
        Field(
            description="half_up: an exact half goes away from zero; half_even: to the even digit; down: towards zero; "
            "up: away from zero."
        ),
    ] = "half_up"
    at: Annotated[
        Literal["component", "transaction", "total"],
        Field(
            description="component: each component's value to date is rounded, and what its transactions earn adds up "
            "to it; transaction: what each transaction earns is rounded by itself; total: only the sum of all "
            "components to date is."
        ),
    ] = "component"
