"""Tests in the plan: what payees are given, and what the comp plan is expected to make of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Discriminator, Field, Tag, model_validator

from config.base import Day, Email, Flag, Form, Label, Model, Money, Name, Number
from config.comp_plans.payees import Leave
from config.currencies import Currency


def _figure(value: object) -> object:
    """A number, or a block of numbers by period."""
    from config.base import parse_number

    if isinstance(value, dict):
        return {str(period): _one(number) for period, number in value.items()}
    return parse_number(value) if isinstance(value, str) and value != "none" else _one(value)


def _one(value: object) -> Decimal | None:
    from config.base import parse_number

    if value == "none" or value is None:
        return None
    if isinstance(value, Decimal):
        return value
    return parse_number(str(value))


Figure = Annotated[
    dict[str, Decimal | None] | Decimal | None,
    BeforeValidator(_figure),
    Form("number, `none`, or a block of numbers by period"),
]
"""A number over everything in the case, or numbers by period: `{2026-01: 100, 2026-02: 0}`."""

Value = Annotated[Any, Form("text, number, day, true or false, as the field's type")]


class Expected(Model):
    """What one payee comes to. Only what is written is compared, exactly.

    Periods are named as everywhere: `2026-01`, `FY2026-Q1`, `FY2026`. Measures, targets and attainments are as they
    stand at the end of the last pay period, or of the period that is named. Credits and earnings without a period are
    those from the first pay period with a transaction on (or with the first day on the comp plan, or a change).
    """

    credits: Annotated[dict[Name, Figure], Field(description="Credits, by name.")] = {}
    measures: Annotated[dict[Name, Figure], Field(description="Measures, by name.")] = {}
    attainment: Annotated[dict[Name, Figure], Field(description="Attainments, half up to 6 decimals, by measure.")] = {}
    targets: Annotated[dict[Name, Figure], Field(description="Targets, half up to 6 decimals, by measure.")] = {}
    earnings: Annotated[dict[Name, Figure], Field(description="Earnings, by component.")] = {}
    by_transaction: Annotated[
        dict[Label, Figure], Field(description="Earnings on each transaction, all components together, by its id.")
    ] = {}
    total: Annotated[Figure, Field(description="Earnings of all components.")] = None
    estimated: Annotated[
        dict[Label, Figure], Field(description="What each open opportunity would earn if it were won now, by its id.")
    ] = {}
    paid: Annotated[Figure, Field(description="Payouts, in the currency of pay.")] = None
    held: Annotated[Figure, Field(description="What is earned and not released yet, at the end.")] = None
    owed: Annotated[Figure, Field(description="Draws and clawbacks that are not recovered yet, at the end.")] = None
    carried: Annotated[
        Figure, Field(description="What is released and not paid, at the end; below 0 it is a debt.")
    ] = None
    to_next_tier: Annotated[
        dict[Name, Figure], Field(description="How much more of its measure a component needs for the next tier.")
    ] = {}
    to_earn: Annotated[
        dict[Name, dict[Label, Figure]],
        Field(description="By credit and amount: how much more of the credit earns at least so much more now."),
    ] = {}


def _of_whom(value: object) -> str:
    if isinstance(value, BaseModel):
        return "one"
    return "each" if isinstance(value, dict) and any("@" in str(key) for key in value) else "one"


Expectation = Annotated[
    Annotated[Expected, Tag("one")] | Annotated[dict[Email, Expected], Tag("each")], Discriminator(_of_whom)
]


class CaseChange(Model):
    """What is different from a day on: another comp plan, team, manager, pay, target or number."""

    from_: Annotated[Day, Field(alias="from", description="The day.")]
    comp_plan: Annotated[Name | None, Field(description="On this comp plan, and no longer on the one before.")] = None
    role: Annotated[Label | None, Field(description="Another role.")] = None
    team: Annotated[Label | None, Field(description="Another team.")] = None
    manager: Annotated[Email | None, Field(description="Another manager.")] = None
    base_pay: Annotated[Money | None, Field(description="Other base pay.")] = None
    target_pay: Annotated[Money | None, Field(description="Other target pay.")] = None
    targets: Annotated[dict[Name, Money], Field(description="Other targets of measures.")] = {}
    values: Annotated[dict[Name, Number], Field(description="Other numbers.")] = {}


class CasePayee(Model):
    """A payee of a case: what the CRM would say of them, and what `payees` would."""

    role: Annotated[Label | None, Field(description="Their role; one that is eligible if missing.")] = None
    team: Annotated[Label | None, Field(description="Their team; one that is eligible if missing.")] = None
    manager: Annotated[Email | None, Field(description="Their manager, another payee of the case.")] = None
    territories: Annotated[tuple[Label, ...], Field(description="Their territories.")] = ()
    comp_plan: Annotated[
        Name | None, Field(description="The comp plan they are named for, if it is not that of the case.")
    ] = None
    from_: Annotated[Day | None, Field(alias="from", description="The first day on the comp plan.")] = None
    until: Annotated[Day | None, Field(description="The day from which on they are no longer on it.")] = None
    base_pay: Annotated[Money | None, Field(description="As under `payees`.")] = None
    target_pay: Annotated[Money | None, Field(description="As under `payees`.")] = None
    quotas: Annotated[dict[Name, Money], Field(description="Targets of quotas in each of their periods.")] = {}
    targets: Annotated[dict[Name, Money], Field(description="Targets of measures, as under `payees`.")] = {}
    values: Annotated[dict[Name, Number], Field(description="Numbers, as under `payees`.")] = {}
    metrics: Annotated[dict[Name, Figure], Field(description="Values of metrics that measures take.")] = {}
    started_on: Annotated[Day | None, Field(description="As under `payees`.")] = None
    leave: Annotated[tuple[Leave, ...], Field(description="As under `payees`.")] = ()
    changes: Annotated[
        tuple[CaseChange, ...], Field(description="What is different from a day on, in their order.")
    ] = ()


class CaseQuota(Model):
    """A quota that comp plans of the file name, as a case has it."""

    period: Annotated[Literal["month", "quarter", "year"], Field(description="The fiscal period of its targets.")]
    seasonality: Annotated[tuple[Money, ...], Field(description="How much each fiscal month weighs.")] = ()


class CaseRate(Model):
    """An exchange rate of a case."""

    currency: Annotated[Currency, Field(description="One unit of this currency …")]
    rate: Annotated[Money, Field(description="… is so many of the comp plan's.")]
    from_: Annotated[Day | None, Field(alias="from", description="The first day on which it holds.")] = None


class CaseSplit(Model):
    """A share of a transaction."""

    user: Annotated[Email, Field(description="Whose.")]
    percent: Annotated[Money, Field(description="A fraction of 1; overlay splits may add up to more.")]
    type: Annotated[Label, Field(description="The type of split.")] = "Revenue"


class Revision(Model):
    """What is otherwise about a transaction from the day on that it is known."""

    known: Annotated[Day, Field(description="The day on which it comes to be known.")]
    gone: Annotated[Flag, Field(description="It is deleted, or was never won.")] = False
    on: Annotated[Day | None, Field(description="Another day.")] = None
    amount: Annotated[Number | None, Field(description="Another amount.")] = None
    owner: Annotated[Email | None, Field(description="Another owner.")] = None
    currency: Annotated[Currency | None, Field(description="Another currency.")] = None
    fields: Annotated[dict[str, Value], Field(description="Other fields.")] = {}


class Transaction(Model):
    """A record that may be credited. Beside these keys, `fields` gives it any field, and any of records it leads to.

    A field that is not given is filled as the conditions of credits ask, as far as what is given meets the others: an
    opportunity is won unless it is `open`. What is not said at all is empty.
    """

    id: Annotated[Label, Field(description="Its name in this case.")]
    source: Annotated[
        Name | None, Field(description="What it is; the source of the plan's first credit if missing.")
    ] = None
    on: Annotated[
        Day | None,
        Field(description="The day on which it counts: the field that `time` of the first credit of its source names."),
    ] = None
    amount: Annotated[Number | None, Field(description="Its `amount`.")] = None
    owner: Annotated[Email | None, Field(description="Whose it is; the case's only payee if missing.")] = None
    currency: Annotated[Currency | None, Field(description="The currency of its amounts.")] = None
    open: Annotated[Flag | None, Field(description="true: an open opportunity, for `estimated`.")] = None
    fields: Annotated[
        dict[str, Value], Field(description="Other fields: `quantity: 3`, `product.family: Hardware`, `custom.X: 1`.")
    ] = {}
    splits: Annotated[tuple[CaseSplit, ...], Field(description="Shares of it.")] = ()
    members: Annotated[dict[Email, Label], Field(description="Who works on it beside the owner, with their role.")] = {}
    territory: Annotated[Label | None, Field(description="The territory of its account.")] = None
    known: Annotated[
        Day | None,
        Field(description="The day on which it comes to be known: pay periods closed before know nothing of it."),
    ] = None
    revised: Annotated[
        tuple[Revision, ...], Field(description="What is otherwise later, by rising days on which that is known.")
    ] = ()

    @model_validator(mode="after")
    def _in_order(self) -> Transaction:
        days = [*([] if self.known is None else [self.known]), *(each.known for each in self.revised)]
        if days != sorted(set(days)):
            raise ValueError("revised: `known` must rise. Order them by it, each day once.")
        return self


class CaseAdjustment(Model):
    """A manual adjustment of a pay period."""

    payee: Annotated[Email | None, Field(description="Whose; the case's only payee if missing.")] = None
    comp_plan: Annotated[Name | None, Field(description="Of which comp plan; that of the case if missing.")] = None
    period: Annotated[Label, Field(description="The pay period.")]
    amount: Annotated[Number, Field(description="How much; below 0 it takes away.")]


class Case(Model):
    """Given these payees and transactions, expect these figures. No CRM and no project is needed."""

    name: Annotated[Label, Field(description="What is shown: a sentence.")]
    comp_plan: Annotated[Name | None, Field(description="The comp plan; the file's only one if missing.")] = None
    payee: Annotated[
        Email | None, Field(description="The only payee; anybody if neither this nor payees is there.")
    ] = None
    payees: Annotated[dict[Email, CasePayee], Field(description="The payees, with what is said of each.")] = {}
    quotas: Annotated[
        dict[Name, Money], Field(description="Targets of quotas, of every payee who says no other, in each period.")
    ] = {}
    quota_periods: Annotated[
        dict[Name, CaseQuota],
        Field(description="Of quotas that are not the project's; the measure's period if missing."),
    ] = {}
    as_of: Annotated[
        Day | None,
        Field(
            description="Reckoned as of the end of this day; of the last pay period with a transaction, or one that "
            "is expected something of, if missing."
        ),
    ] = None
    rates: Annotated[tuple[CaseRate, ...], Field(description="Exchange rates.")] = ()
    transactions: Annotated[tuple[Transaction, ...], Field(description="What happened, in any order.")] = ()
    adjustments: Annotated[tuple[CaseAdjustment, ...], Field(description="Manual adjustments of pay periods.")] = ()
    expect: Annotated[
        Expectation,
        Field(description="What comes of it: of the only payee, or of each by e-mail."),
    ]

    @model_validator(mode="after")
    def _whose(self) -> Case:
        if self.payee is not None and self.payees:
            raise ValueError("has both payee and payees. Write the payee's name under payees.")
        if isinstance(self.expect, Expected) and len(self.payees) > 1:
            raise ValueError("has several payees and expects figures of none of them. Write them by e-mail.")
        return self
