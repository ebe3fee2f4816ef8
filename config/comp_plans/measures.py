"""Measures: a number for each payee that runs up with their credits, perhaps against a target."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, Tag, model_validator

from config.base import Flag, Label, Model, Money, Name, Share, Whole
from config.comp_plans.base import TEXT, Formula, Interval, Path, by_key


class Allowance(Model):
    """How much of the target may be missed without harm, and what that means."""

    rate: Annotated[Share, Field(description="The share that may be missed: 0.05 is five percent.")]
    means: Annotated[
        Literal["lowers_target", "adds_to_attainment", "counts_as_met", "pays_as_met"],
        Field(
            description="lowers_target: the target is multiplied by 1 - rate. adds_to_attainment: rate is added to "
            "attainment. counts_as_met: from 1 - rate to 1 attainment is 1, everywhere. pays_as_met: it is 1 for pay, "
            "and shown, and looked at by gates, as it is."
        ),
    ]


class Weighted(Model):
    """One of several attainments that a score is made of."""

    measure: Annotated[Name, Field(description="A measure with a target.")]
    weight: Annotated[Share, Field(description="How much of the score it is.")]
    at_least: Annotated[Money | None, Field(description="Attainment below this counts as 0.")] = None
    at_most: Annotated[Money | None, Field(description="Attainment above this counts as this.")] = None


class Rounds(Model):
    """Attainment, rounded before anything is paid on it."""

    places: Annotated[Whole, Field(ge=0, le=6, description="Decimals of the fraction: 2 is whole percents.")]
    mode: Annotated[Literal["half_up", "half_even", "down", "up"], Field(description="How.")] = "half_up"


class Last(Model):
    """The months up to each credit's day."""

    last: Annotated[Whole, Field(ge=1, le=120, description="How many months back.")]


class Days(Model):
    """A row of so many days that count."""

    days: Annotated[Whole, Field(ge=1, le=1000, description="How many days that count, one after the other.")]


class Months(Model):
    """A row through so many months."""

    months: Annotated[
        Whole, Field(ge=1, le=120, description="How many months from its first day on; leave makes them longer.")
    ]


RowLength = Annotated[Annotated[Days, Tag("days")] | Annotated[Months, Tag("months")], by_key("months", "days")]

Over = Annotated[Annotated[Interval, Tag(TEXT)] | Annotated[Last, Tag("last")], by_key("last")]


KINDS = ("credits", "metric", "formula", "weighted", "rank", "streak")
"""The keys of which each measure has one."""

_OF_SUMS = ("take", "of", "each_at_most", "grouped_by", "starts_with", "carry")


class Measure(Model):
    """A number for each payee: the sum of credits, a metric, a formula over measures, a score, a rank, or a streak."""

    label: Annotated[Label | None, Field(description="What people call it; made of the name if missing.")] = None
    credits: Annotated[tuple[Name, ...], Field(description="The credits it adds up.")] = ()
    take: Annotated[
        Literal["amount", "count", "distinct"],
        Field(
            description="Their amounts, how many they are, or how many different values of the field `of` they have."
        ),
    ] = "amount"
    of: Annotated[
        Path | None, Field(description="Of distinct: the field whose values are counted; empty ones are not.")
    ] = None
    each_at_most: Annotated[
        Formula | None,
        Field(
            description="The most that one transaction counts in it, and that one with a negative amount takes away: a "
            "formula of numbers, values and `target`, the measure's own."
        ),
    ] = None
    metric: Annotated[Name | None, Field(description="Or the payee's value of a metric in the period.")] = None
    formula: Annotated[
        Formula | None, Field(description="Or a formula over measures, values and pay; previous(m) is m a period ago.")
    ] = None
    weighted: Annotated[tuple[Weighted, ...], Field(description="Or the weighted sum of attainments.")] = ()
    rank: Annotated[
        Name | None, Field(description="Or the place among the payees by this measure: 1 is the most, ties share it.")
    ] = None
    among: Annotated[Literal["plan", "team"], Field(description="Of a rank: among whom.")] = "plan"
    streak: Annotated[
        tuple[Name, ...],
        Field(
            description="Or days in a row on which these credits come to `at_least`. Days off, holidays and leave "
            "neither lengthen nor break the row."
        ),
    ] = ()
    at_least: Annotated[Money | None, Field(description="Of a streak: what each day needs, above 0.")] = None
    counts: Annotated[
        Literal["current", "longest", "completed"] | None,
        Field(
            description="Of a streak: the days of the row that goes on at the end, the days of the longest row, or how "
            "often a row has been as long as `for` says."
        ),
    ] = None
    for_: Annotated[
        RowLength | None, Field(alias="for", description="Of a streak that counts `completed`: how long.")
    ] = None
    over: Annotated[
        Over | None,
        Field(
            description="What it runs over; the pay period if missing, or, of a formula or score, the longest of what "
            "it is made of; of a streak all time."
        ),
    ] = None
    grouped_by: Annotated[
        Path | None, Field(description="Measured apart for each value of this field of the transactions.")
    ] = None
    starts_with: Annotated[Formula, Field(description="What is there before the first credit of each period.")] = "0"
    carry: Annotated[
        tuple[Literal["excess", "shortfall"], ...],
        Field(description="What goes over into the next period: what is above the target, what is missing, or both."),
    ] = ()
    target: Annotated[
        Formula | None,
        Field(
            description="What it is held against: a quota's name, a number, or a formula over quotas, values and pay; "
            "`individual` where each payee must have one under `payees`. One under `payees` always goes before."
        ),
    ] = None
    so_far: Annotated[
        Flag, Field(description="Whether the target is what is expected up to the end of the pay period, as `true`.")
    ] = False
    if_no_target: Annotated[
        Money | None, Field(description="The attainment of who has no target, or one of 0; none if missing.")
    ] = None
    allowance: Annotated[Allowance | None, Field(description="How much of the target may be missed.")] = None
    rounds: Annotated[Rounds | None, Field(description="Attainment, rounded before it is paid on.")] = None

    @model_validator(mode="after")
    def _one_kind(self) -> Measure:
        given = [name for name in KINDS if getattr(self, name)]
        if len(given) != 1:
            raise ValueError(
                f"needs one of {', '.join(KINDS)}, has {' and '.join(given) or 'none'}. "
                "Write `credits: [NAME]` to add up credits."
            )
        if (self.take == "distinct") != (self.of is not None):
            raise ValueError(
                "counts different values, and does not say of which field. Write `of: FIELD`."
                if self.of is None
                else f"has `of: {self.of}`, which only `take: distinct` looks at. Write that, or remove `of`."
            )
        return self

    @model_validator(mode="after")
    def _whole_streak(self) -> Measure:
        own = {"at_least": self.at_least, "counts": self.counts, "for": self.for_}
        if not self.streak:
            for key in (key for key, value in own.items() if value is not None):
                raise ValueError(
                    f"has `{key}`, which only a streak has. Remove it, or write `streak: [NAME]` for days in a row."
                )
            return self
        if self.at_least is None:
            raise ValueError("does not say what a day of the streak needs. Write `at_least: 20`, or another number.")
        if self.at_least == 0:
            raise ValueError("has `at_least: 0`, which every day has. Write what a day needs: `at_least: 20`.")
        if self.counts is None:
            raise ValueError(
                "does not say what of the streak counts. Write `counts: current`, `longest`, or `completed` with "
                "`for: {months: 3}`."
            )
        if (self.counts == "completed") != (self.for_ is not None):
            raise ValueError(
                "counts streaks that are completed, and does not say how long one is. Write `for: {months: 3}`, or "
                "`for: {days: 20}`."
                if self.for_ is None
                else f"counts the {self.counts} streak, and `for` is of `counts: completed`. Write that, or remove it."
            )
        alien = [key for key in _OF_SUMS if getattr(self, key) != type(self).model_fields[key].default]
        if alien:
            raise ValueError(
                f"is a streak, which counts days, and {', '.join(f'`{key}`' for key in alien)} "
                f"{'are' if len(alien) > 1 else 'is'} for what adds up credits. Remove {', '.join(alien)}."
            )
        if isinstance(self.over, Last) or self.over == "transaction":
            raise ValueError(
                "is a streak, and days in a row need an interval that begins and ends. Write `over: year`, or another; "
                "without `over` it is all time."
            )
        return self

    @property
    def named_credits(self) -> tuple[str, ...]:
        """The credits that it adds up, or that make the days of its streak."""
        return self.credits or self.streak

    @property
    def told_apart_by(self) -> str | None:
        """The field that says which transactions belong together: in a group, or as one of what is counted."""
        return self.of if self.take == "distinct" else self.grouped_by

    @property
    def kind(self) -> str:
        """One of KINDS."""
        return next(name for name in KINDS if getattr(self, name))
