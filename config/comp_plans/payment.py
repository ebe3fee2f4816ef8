"""Payment: when what is earned is released, and what is held, advanced, taken back or limited before it is paid."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, model_validator

from config.base import Flag, Label, Model, Name, Share, Whole
from config.comp_plans.base import Formula
from config.currencies import Currency
from config.metrics.conditions import FieldName

_Amount = Annotated[
    Formula, Field(description="Money for each pay period: a number, or the name of a component with `paid: false`.")
]
_Names = Annotated[tuple[Name, ...], Field(max_length=100)]


class Span(Model):
    """A length of time."""

    months: Annotated[Whole | None, Field(ge=1, le=120, description="So many months.")] = None
    days: Annotated[Whole | None, Field(ge=1, le=3660, description="Instead: so many days.")] = None

    @model_validator(mode="after")
    def _one(self) -> Span:
        if (self.months is None) == (self.days is None):
            raise ValueError("must be one length. Write months: 6, or days: 90.")
        return self


class Release(Model):
    """A share of what is earned, and when it is released."""

    share: Annotated[Share, Field(gt=0, description="The share; all of them are 1.")]
    components: Annotated[
        _Names, Field(description="Components of whose earnings it is; those that no part names if missing.")
    ] = ()
    on: Annotated[
        Literal["earned", "invoice", "collection"] | None,
        Field(description="In the pay period of the earning, as its opportunity is invoiced, or as it is paid."),
    ] = None
    over: Annotated[
        Span | None,
        Field(description="Instead: in equal parts, one each month from the earning on, or with `after` from then on."),
    ] = None
    after: Annotated[Span | None, Field(description="Instead: so long after the day of the earning.")] = None
    at: Annotated[
        Literal["quarter_end", "half_year_end", "year_end"] | None,
        Field(description="Instead: with the fiscal quarter, half year or year of the earning."),
    ] = None
    if_left: Annotated[
        Literal["paid", "lost"],
        Field(description="What becomes of the part that is still held when the payee is on no comp plan any more."),
    ] = "paid"

    @model_validator(mode="after")
    def _once(self) -> Release:
        given = [name for name in ("on", "over", "after", "at") if getattr(self, name) is not None]
        if len(given) != 1 and given != ["over", "after"]:
            raise ValueError("must say when, once. Write one of on, over, after and at, or over and after.")
        if self.over is not None and self.over.days is not None:
            raise ValueError("has instalments by days. Write over: {months: 12}.")
        return self


class Recover(Model):
    """How what is owed is recovered."""

    after: Annotated[Span | None, Field(description="Not before so long after the first advance.")] = None
    at_most: Annotated[
        Share | None, Field(gt=0, description="No more than this share of what a pay period pays; all if missing.")
    ] = None


class Forgive(Model):
    """When what is owed is forgiven."""

    after: Annotated[Span | None, Field(description="What is left of an advance so long after it.")] = None
    on_leaving: Annotated[Flag, Field(description="All of it, when the payee is on no comp plan any more.")] = False

    @model_validator(mode="after")
    def _some(self) -> Forgive:
        if self.after is None and not self.on_leaving:
            raise ValueError("never forgives. Write after: {months: 12}, or on_leaving: true.")
        return self


class _Step(Model):
    """What every step may have."""

    label: Annotated[Label | None, Field(description="What people call it; made of the name if missing.")] = None


class Draw(_Step):
    """An advance on what is still to be earned, or a least that is kept."""

    kind: Literal["draw"]
    amount: _Amount
    recoverable: Annotated[Flag, Field(description="Whether it is owed, and recovered from later pay.")] = True
    on_top: Annotated[Flag, Field(description="Paid beside what is earned, not up to the amount.")] = False
    months: Annotated[
        Whole | None, Field(ge=1, le=60, description="In the first months since `started_on`; always if missing.")
    ] = None
    recover: Annotated[Recover, Field(description="How it is recovered.")] = Recover()
    forgiven: Annotated[Forgive | None, Field(description="When what is owed is forgiven; never if missing.")] = None


class Minimum(_Step):
    """The least that a pay period pays."""

    kind: Literal["minimum"]
    amount: _Amount
    below: Annotated[
        Literal["topped_up", "carried", "lost"],
        Field(
            description="What becomes of less: paid up to it, kept until there is more or the payee left, or not paid."
        ),
    ]


class Maximum(_Step):
    """The most that a pay period, or a longer interval, pays."""

    kind: Literal["maximum"]
    amount: _Amount
    over: Annotated[Literal["pay_period", "quarter", "year"], Field(description="Of which interval it is.")] = (
        "pay_period"
    )
    excess: Annotated[Literal["carried", "lost"], Field(description="What becomes of more.")]


class ClawbackStep(Model):
    """A share that is taken back of what is cancelled before the end of a month."""

    until_month: Annotated[Whole, Field(ge=1, le=120, description="Within so many months of the earning.")]
    share: Annotated[Share, Field(gt=0, description="The share that is taken back.")]


class Clawback(_Step):
    """What is taken back of the earnings of a transaction that is cancelled."""

    kind: Literal["clawback"]
    components: Annotated[
        _Names, Field(description="Components of whose earnings something is taken back; all of them if missing.")
    ] = ()
    when: Annotated[FieldName, Field(description="The day field of opportunity that says when it was cancelled.")]
    within: Annotated[Span | None, Field(description="Cancelled sooner after the earning than this.")] = None
    takes: Annotated[
        Literal["full", "prorated", "stepped"],
        Field(description="All of it, the part of `within` that is left, or by `steps`."),
    ] = "full"
    steps: Annotated[tuple[ClawbackStep, ...], Field(description="Of what is stepped, by rising months.")] = ()
    at_most: Annotated[
        Share | None, Field(gt=0, description="No more than this share of what a pay period pays; all if missing.")
    ] = None

    @model_validator(mode="after")
    def _coherent(self) -> Clawback:
        if (self.takes == "stepped") != bool(self.steps):
            raise ValueError("takes what `steps` say. Write takes: stepped and steps, or neither.")
        if (self.takes == "stepped") == (self.within is not None) and self.takes != "full":
            raise ValueError("needs its window once. Write within for what is prorated, or steps for what is stepped.")
        months = [step.until_month for step in self.steps]
        if months != sorted(set(months)):
            raise ValueError(
                f"steps: until_month must rise, got {', '.join(map(str, months))}. Write the shortest first."
            )
        return self


PaymentStep = Annotated[Draw | Minimum | Maximum | Clawback, Field(discriminator="kind")]


class Payment(Model):
    """How earnings become payouts. Without it all that is earned is paid in its pay period, and debts carry on."""

    currency: Annotated[Currency | None, Field(description="The currency of pay; the comp plan's if missing.")] = None
    rate_date: Annotated[
        Literal["period_start", "period_end", "plan_start"],
        Field(description="The day whose exchange rate converts what is paid."),
    ] = "period_end"
    release: Annotated[
        tuple[Release, ...], Field(description="When earnings are released; all in their pay period if missing.")
    ] = ()
    recover_at_most: Annotated[
        Share | None,
        Field(
            gt=0,
            description="The share of what a pay period pays that may go to what was paid too much before; all of it "
            "if missing.",
        ),
    ] = None
    steps: Annotated[
        dict[Name, PaymentStep], Field(max_length=20, description="What is done before it is paid, in this order.")
    ] = {}

    @model_validator(mode="after")
    def _whole(self) -> Payment:
        for name in dict.fromkeys(name for part in self.release for name in part.components or ("",)):
            total = sum((part.share for part in self.release_of(name)), Decimal(0))
            if total != 1:
                of = f" of {name}" if name else ""
                raise ValueError(f"release: the shares{of} add up to {total}. Let them be 1.")
        return self

    def release_of(self, component: str) -> tuple[Release, ...]:
        """How the earnings of a component are released: by the parts that name it, else by those that name none."""
        named = tuple(part for part in self.release if component in part.components)
        return named or tuple(part for part in self.release if not part.components)
