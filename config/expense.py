"""Expense schedules: over how long what was earned for a contract is spread (ASC 340-40, IFRS 15)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, Tag

from config.base import Day, Model, Name, Whole
from config.comp_plans.base import TEXT, by_key
from config.metrics.conditions import FieldName


class Months(Model):
    """A length of time."""

    months: Annotated[Whole, Field(ge=1, le=240, description="So many fiscal months.")]


Over = Annotated[Annotated[Literal["contract"], Tag(TEXT)] | Annotated[Months, Tag("months")], by_key("months")]


class Revised(Model):
    """Another time over which earnings become expense, expected from a day on."""

    on: Annotated[Day, Field(description="What is left at the beginning of this day, or of its fiscal month.")]
    over: Annotated[Months, Field(description="How long all of it lasts now; what is left is spread over the rest.")]


class Spread(Model):
    """Earnings that are an asset first, and over how long they become expense, in equal parts."""

    comp_plans: Annotated[
        tuple[Name, ...], Field(min_length=1, description="Of these comp plans; of all if missing.")
    ] = ()
    components: Annotated[
        tuple[Name, ...], Field(min_length=1, description="Of these components; of all if missing.")
    ] = ()
    over: Annotated[Over, Field(description="How long: `contract`, as long as the opportunity's; or so many months.")]
    starts: Annotated[
        Literal["contract", "earned"],
        Field(description="With the contract's first day, or with the day of the first earning."),
    ] = "contract"
    by: Annotated[
        Literal["month", "day"],
        Field(description="The same for each fiscal month, of which the first is a whole one; or for each day."),
    ] = "month"
    revised: Annotated[
        tuple[Revised, ...],
        Field(min_length=1, description="Estimates that came later, in their order. What is expense already stays."),
    ] = ()


class ExpenseRules(Model):
    """How earnings become expense. What no rule names, and what is of no opportunity, is expense when it is earned."""

    spread: Annotated[tuple[Spread, ...], Field(min_length=1, description="The rules; the first that fits holds.")]
    at_once: Annotated[
        Months | None,
        Field(
            description="What would be spread over no more than this is expense when it is earned; nothing if missing."
        ),
    ] = None
    cancelled_on: Annotated[
        FieldName | None,
        Field(
            description="The field of opportunity with the day on which its contract was cancelled: what is left "
            "becomes expense then. Without it no contract is."
        ),
    ] = None
