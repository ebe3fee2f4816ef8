"""A comp plan: who is on it, what they are credited with, what is measured, and what that pays."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from config.base import Day, Email, Flag, Label, Model, Money, Name, Number, Share, Whole
from config.comp_plans.base import PayPeriod, Rounding
from config.comp_plans.components import Bound, Component
from config.comp_plans.credits import Credit
from config.comp_plans.measures import Measure
from config.comp_plans.payment import Payment
from config.comp_plans.tables import Table
from config.currencies import Currency

_MOST = 200
"""So many parts of a kind one comp plan may have; what they come to is reckoned in one query."""


class Eligible(Model):
    """Who is on a comp plan: everyone who meets all that is given, on the days on which they do."""

    roles: Annotated[tuple[Label, ...], Field(min_length=1, description="Holders of one of these roles.")] = ()
    teams: Annotated[tuple[Label, ...], Field(min_length=1, description="Members of one of these teams.")] = ()
    users: Annotated[
        tuple[Email, ...], Field(min_length=1, description="These users, by the e-mail of the CRM login.")
    ] = ()
    territories: Annotated[
        tuple[Label, ...], Field(min_length=1, description="Members of one of these territories of the CRM.")
    ] = ()
    managers: Annotated[Flag | None, Field(description="true: who manages somebody; false: who does not.")] = None


class Pay(Model):
    """What a payee is meant to earn; `payees` may say otherwise for each."""

    base: Annotated[Money, Field(description="Fixed pay.")] = Decimal(0)
    target: Annotated[Money, Field(description="Variable pay when every target is met.")] = Decimal(0)
    on_target: Annotated[
        Money | None, Field(description="Instead of both: what they are together (on-target earnings).")
    ] = None
    mix: Annotated[Share | None, Field(description="The share of `on_target` that is base pay: 0.6 is 60/40.")] = None
    per: Annotated[Literal["month", "quarter", "year"], Field(description="The period that both are for.")] = "year"

    @model_validator(mode="after")
    def _in_two(self) -> Pay:
        """The same with `base` (half even to 6 places) and `target` as `on_target` and `mix` say."""
        if self.on_target is None and self.mix is None:
            return self
        if self.on_target is None or self.mix is None:
            has, lacks = ("mix", "on_target") if self.on_target is None else ("on_target", "mix")
            raise ValueError(f"has {has} without {lacks}. Write both, as `{{on_target: 120000, mix: 0.6}}`.")
        if self.base or self.target:
            raise ValueError("has on_target and its two parts. Write on_target with mix, or base and target.")
        base = round(self.on_target * self.mix, 6)
        return self.model_copy(update={"base": base, "target": self.on_target - base})


class Proration(Model):
    """What is left of targets and pay where a payee is on the comp plan for a part of a period only."""

    of: Annotated[
        tuple[Literal["targets", "pay"], ...], Field(description="What is prorated; empty where nothing is.")
    ] = ("targets", "pay")
    by: Annotated[
        Literal["days", "working_days", "months"],
        Field(description="days, working_days: those on it over all. months: each fiscal month weighs the same."),
    ] = "days"
    ends: Annotated[
        Literal["inclusive", "exclusive"],
        Field(description="inclusive: the first and the last day on it both count; exclusive: the last one does not."),
    ] = "inclusive"


class RampStep(Model):
    """What holds up to a month, or a day, after `started_on`."""

    until_month: Annotated[
        Whole | None, Field(ge=1, le=60, description="The last month: 3 is the first three months.")
    ] = None
    until_day: Annotated[
        Whole | None, Field(ge=1, le=1830, description="The last day: 90 is the first 90 days, `started_on` the first.")
    ] = None
    share: Annotated[Share, Field(description="The share of the target up to then.")]

    @model_validator(mode="after")
    def _counts_one_way(self) -> RampStep:
        if (self.until_month is None) == (self.until_day is None):
            raise ValueError("must have one end. Write until_month: 3 for the first three months, or until_day: 90.")
        return self


class CompPlan(Model):
    """Rules of pay that hold from a day on. Earnings are reckoned in each pay period, to date."""

    label: Annotated[Label, Field(description="What people call it.")]
    description: Annotated[str | None, Field(max_length=2000, description="What it is for, in a sentence or two.")] = (
        None
    )
    effective_from: Annotated[Day, Field(description="The first day on which it holds.")]
    effective_until: Annotated[Day | None, Field(description="The day from which on it no longer does.")] = None
    period: Annotated[PayPeriod, Field(description="The pay period.")] = "month"
    currency: Annotated[Currency | None, Field(description="The currency of pay; the project's if missing.")] = None
    unit: Annotated[
        Name | None,
        Field(
            description="What it pays in place of money: points, badges, bicycles. They are rounded to whole ones if "
            "`rounding` does not say how many places."
        ),
    ] = None
    rate_date: Annotated[
        Literal["credit", "period_start", "period_end", "plan_start"],
        Field(description="The day whose exchange rate converts a credit."),
    ] = "credit"
    eligible: Annotated[
        Eligible | None,
        Field(description="Who is on it besides those named under `payees`; nobody if missing, everybody if empty."),
    ] = None
    pay: Annotated[Pay, Field(description="Base and target pay.")] = Pay()
    values: Annotated[dict[Name, Number], Field(description="Numbers that formulas may name.")] = {}
    tables: Annotated[dict[Name, Table], Field(description="Rates and factors that depend on something.")] = {}
    proration: Annotated[Proration, Field(description="How parts of periods count.")] = Proration()
    ramp: Annotated[
        tuple[RampStep, ...],
        Field(description="Lower targets for who is new, by months or by days since they started."),
    ] = ()
    change: Annotated[
        Literal["together", "apart"],
        Field(
            description="Where targets change within an interval: together, the sum of the parts is the target; apart, "
            "each part is measured by itself."
        ),
    ] = "together"
    credits: Annotated[dict[Name, Credit], Field(max_length=_MOST, description="What counts, for whom.")] = {}
    measures: Annotated[dict[Name, Measure], Field(max_length=_MOST, description="What is measured.")] = {}
    components: Annotated[
        dict[Name, Component], Field(min_length=1, max_length=_MOST, description="What it pays, in this order.")
    ]
    cap: Annotated[Bound | None, Field(description="The most that all components pay together.")] = None
    floor: Annotated[Bound | None, Field(description="The least that all components pay together.")] = None
    rounding: Annotated[Rounding, Field(description="How an earning becomes an amount.")] = Rounding()
    payment: Annotated[Payment, Field(description="How earnings become payouts.")] = Payment()
    named: Annotated[tuple[str, ...], Field(exclude=True)] = ()
    """Its name, then those of all that it extends, the nearest first. No key of the file: the loader says it."""

    @model_validator(mode="after")
    def _whole_units(self) -> CompPlan:
        if self.unit is None or "places" in self.rounding.model_fields_set:
            return self
        return self.model_copy(update={"rounding": self.rounding.model_copy(update={"places": 0})})

    def pays_in(self, currency: str) -> str:
        """The unit of what it earns: its own, or else its currency, or that of the project."""
        return self.unit or self.currency or currency

    @field_validator("named", mode="before")
    @classmethod
    def _no_key(cls, _: object) -> object:
        raise ValueError("is not a key that can stand here.")

    @model_validator(mode="after")
    def _coherent(self) -> CompPlan:
        if self.effective_until is not None and self.effective_until <= self.effective_from:
            raise ValueError(
                f"effective_until ({self.effective_until}) must be after effective_from ({self.effective_from})."
            )
        months = [step.until_month for step in self.ramp if step.until_month is not None]
        days = [step.until_day for step in self.ramp if step.until_day is not None]
        if months and days:
            raise ValueError("ramp: counts months and days. Write until_month, or until_day, in every step.")
        key, ends = ("until_day", days) if days else ("until_month", months)
        if ends != sorted(set(ends)):
            raise ValueError(f"ramp: {key} must rise, got {', '.join(map(str, ends))}.")
        return self
