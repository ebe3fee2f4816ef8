"""Components: the parts of a payee's pay, each worth something to date that grows with credits and measures."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, Tag, field_validator, model_validator

from config.base import Day, Flag, Label, Model, Money, Name, Number, Whole
from config.comp_plans.base import Formula, Interval, by_key

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

Reading = Literal["marginal", "whole", "transaction", "step", "interpolated_rate", "interpolated_amount"]


class Gate(Model):
    """A condition on a measure."""

    measure: Annotated[Name, Field(description="The measure that is looked at.")]
    of: Annotated[
        Literal["attainment", "value"] | None,
        Field(description="Its attainment, or its value; attainment if missing and it has a target."),
    ] = None
    at_least: Annotated[Formula | None, Field(description="It is this or more.")] = None
    more_than: Annotated[Formula | None, Field(description="It is more than this.")] = None
    at_most: Annotated[Formula | None, Field(description="It is this or less.")] = None
    less_than: Annotated[Formula | None, Field(description="It is less than this.")] = None

    @model_validator(mode="after")
    def _some(self) -> Gate:
        if all(each is None for each in (self.at_least, self.more_than, self.at_most, self.less_than)):
            raise ValueError("has no bound. Write at_least, more_than, at_most or less_than.")
        return self


class AnyOf(Model):
    """Several gates of which one is enough."""

    any_of: Annotated[tuple[Gate, ...], Field(description="It is met while at least one of these is; two or more.")]

    @field_validator("any_of", mode="before")
    @classmethod
    def _several(cls, gates: object) -> object:
        if isinstance(gates, list):
            if any(isinstance(gate, dict) and "any_of" in gate for gate in gates):
                raise ValueError("holds another any_of. Write the gates of both in one list.")
            if len(gates) < 2:
                raise ValueError("needs two gates or more. Write a single gate in place of it.")
        return gates


Condition = Annotated[Annotated[Gate, Tag("measure")] | Annotated[AnyOf, Tag("any_of")], by_key("measure", "any_of")]
"""What stands in a list of gates."""


class Multipliers(Model):
    """Factors on what a component is worth."""

    combine: Annotated[
        Literal["product", "sum"],
        Field(description="product: each times the next. sum: 1 and what each has above or below 1."),
    ] = "product"
    factors: Annotated[
        tuple[Formula, ...], Field(min_length=1, description="Numbers, or formulas over measures, tables and values.")
    ]


class Bound(Model):
    """The most, or the least, that something is worth."""

    amount: Annotated[Formula, Field(description="An amount of money, or a formula as `2 * target_pay`.")]
    over: Annotated[
        Literal["transaction", "pay_period", "interval", "quarter", "half_year", "year", "all_time"],
        Field(description="Of each transaction, of each pay period, of the component's own interval, or of longer."),
    ] = "interval"


class _Component(Model):
    """What every component may have."""

    label: Annotated[Label | None, Field(description="What people call it; made of the name if missing.")] = None
    over: Annotated[
        Interval | None,
        Field(
            description="What it is reckoned over; if missing, what the measure that places it runs over, else the "
            "longest that its gates and formulas look at, else the pay period."
        ),
    ] = None
    from_: Annotated[Day | None, Field(alias="from", description="The first day whose credits count.")] = None
    until: Annotated[Day | None, Field(description="The day from which on credits no longer count.")] = None
    when: Annotated[
        tuple[Condition, ...], Field(description="Gates: it is only worth anything while all are met.")
    ] = ()
    opens: Annotated[
        Literal["all", "later"],
        Field(
            description="all: a gate that is met opens what came before it, too; later: only the credits from it on."
        ),
    ] = "all"
    otherwise: Annotated[Number | None, Field(description="The factor while a gate is not met; 0 if missing.")] = None
    multipliers: Annotated[Multipliers | None, Field(description="Factors on it.")] = None
    cap: Annotated[Bound | None, Field(description="The most it is worth.")] = None
    floor: Annotated[Bound | None, Field(description="The least it is worth.")] = None
    paid: Annotated[
        Flag | None, Field(description="false where it is only a step for others; so are those named by greater_of.")
    ] = None


class RatePay(_Component):
    """The credit times a rate."""

    kind: Literal["rate"]
    on: Annotated[Name, Field(description="The credit that is paid on.")]
    rate: Annotated[Formula, Field(description="A fraction of 1, a table, or a formula.")]


class Spif(_Component):
    """An amount of money for each unit or event."""

    kind: Literal["spif"]
    on: Annotated[Name, Field(description="The credit that is paid on: a count, or units.")]
    pays: Annotated[Formula, Field(description="Money for each unit of it.")]
    at_most: Annotated[Formula | None, Field(description="The most units that are paid in its interval.")] = None


class Tier(Model):
    """From a bound on, up to the next tier's."""

    from_: Annotated[Formula, Field(alias="from", description="The bound: of attainment, 1 is the target.")]
    rate: Annotated[Formula | None, Field(description="What each unit of credit earns.")] = None
    multiple: Annotated[Formula | None, Field(description="Instead: times the component's own `rate`.")] = None
    amount: Annotated[Formula | None, Field(description="Instead: an amount of money.")] = None
    reading: Annotated[Reading | None, Field(description="How this tier is read, where the tiers are mixed.")] = None

    @model_validator(mode="after")
    def _one(self) -> Tier:
        given = [name for name in ("rate", "multiple", "amount") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"needs one of rate, multiple and amount, has {' and '.join(given) or 'none'}.")
        return self


class Tiers(_Component):
    """What a credit earns depends on where a measure stands."""

    kind: Literal["tiers"]
    on: Annotated[Name | None, Field(description="The credit that is paid on; that of the measure if missing.")] = None
    by: Annotated[Name, Field(description="The measure that places the payee in a tier.")]
    of: Annotated[
        Literal["attainment", "value"] | None,
        Field(description="Bounds are of its attainment or its value; of attainment if missing and it has a target."),
    ] = None
    reading: Annotated[
        Reading | None,
        Field(
            description="marginal: each slice of credit at its own tier's rate. whole: everything at the rate of the "
            "tier reached. transaction: each transaction at the rate of the tier it reaches. step: the amount of the "
            "tier reached. interpolated_rate: everything at a rate on the line between two bounds. "
            "interpolated_amount: an amount on the line between two bounds."
        ),
    ] = None
    bound: Annotated[
        Literal["lower", "upper"] | None,
        Field(description="lower: exactly at a bound is the tier above it; upper: the tier below."),
    ] = None
    placed: Annotated[
        Literal["after", "before"],
        Field(description="Of reading transaction: by where the measure stands after the transaction, or before."),
    ] = "after"
    beyond: Annotated[
        Literal["flat", "line"],
        Field(description="Above the last bound of an interpolated reading: as at it, or on along the last line."),
    ] = "flat"
    stacking: Annotated[Flag | None, Field(description="true: amounts of all tiers reached add up (reading step).")] = (
        None
    )
    rate: Annotated[Formula | None, Field(description="The rate that `multiple` of tiers is of.")] = None
    tiers: Annotated[
        tuple[Tier, ...], Field(min_length=1, max_length=200, description="From the lowest bound on, rising.")
    ]

    @model_validator(mode="after")
    def _readable(self) -> Tiers:
        if self.reading is None and any(tier.reading is None for tier in self.tiers):
            raise ValueError("does not say how tiers are read. Write `reading: marginal`, or whole, step, …")
        return self


class Point(Model):
    """A point of a pay curve."""

    at: Annotated[Number, Field(description="Attainment (or the measure's value): 1 is the target.")]
    pays: Annotated[Number, Field(description="The share of `pay` that is paid there.")]


class Curve(_Component):
    """A share of pay that depends on attainment, on lines between points."""

    kind: Literal["curve"]
    by: Annotated[Name, Field(description="The measure whose attainment is looked up.")]
    of: Annotated[Literal["attainment", "value"] | None, Field(description="As of tiers.")] = None
    pay: Annotated[Formula, Field(description="What it is a share of.")] = "target_pay"
    points: Annotated[tuple[Point, ...], Field(min_length=1, max_length=200, description="Rising by `at`.")]
    below: Annotated[
        Literal["nothing", "flat", "line"],
        Field(description="Below the first point: nothing, as at it, or on the line from 0."),
    ] = "nothing"
    beyond: Annotated[
        Literal["flat", "line"], Field(description="Above the last point: as at it, or on along the last line.")
    ] = "flat"

    @model_validator(mode="after")
    def _rising(self) -> Curve:
        at: list[Decimal] = [point.at for point in self.points]
        if any(a >= b for a, b in pairwise(at)):
            raise ValueError(f"has points that do not rise: {', '.join(map(str, at))}. Order them by `at`, each once.")
        return self


class Bonus(_Component):
    """An amount once the gates are met."""

    kind: Literal["bonus"]
    pays: Annotated[Formula, Field(description="How much.")]

    @model_validator(mode="after")
    def _gated(self) -> Bonus:
        if not self.when:
            raise ValueError("is a bonus without `when`. Write what must be reached, or make it kind: amount.")
        return self


class Amount(_Component):
    """A formula over measures, other components, values and pay."""

    kind: Literal["amount"]
    amount: Annotated[Formula, Field(description="What it is worth to date.")]


class GreaterOf(_Component):
    """The greatest of components and amounts; the components it names are paid through it alone."""

    kind: Literal["greater_of"]
    of: Annotated[tuple[Formula, ...], Field(min_length=2, description="Names of components, amounts, formulas.")]


class LesserOf(_Component):
    """The least of components and amounts; the components it names are paid through it alone."""

    kind: Literal["lesser_of"]
    of: Annotated[tuple[Formula, ...], Field(min_length=2, description="Names of components, amounts, formulas.")]


class Guarantee(_Component):
    """What is missing to an amount in each pay period: a draw that is not recovered."""

    kind: Literal["guarantee"]
    amount: Annotated[Formula, Field(description="What is paid at least.")]
    of: Annotated[
        tuple[Name, ...],
        Field(min_length=1, description="The components that count towards it; all that are paid if missing."),
    ] = ()
    months: Annotated[
        Whole | None, Field(ge=1, le=120, description="Only in the first months after `started_on`; always if missing.")
    ] = None


class Pool(_Component):
    """An amount that is divided among the payees of the comp plan; their shares add up to it."""

    kind: Literal["pool"]
    amount: Annotated[
        Formula, Field(description="The whole: `0.02 * total(booked)`, where total is of all payees of the comp plan.")
    ]
    among: Annotated[Literal["plan", "team"], Field(description="Divided among all, or within each team.")] = "plan"
    shared_by: Annotated[
        Formula, Field(description="Each payee's weight; `1` is equal shares. Who misses a gate has none.")
    ] = "1"


class Prizes(_Component):
    """Prizes for the first places by a measure, at the end of its interval: a contest."""

    kind: Literal["prizes"]
    by: Annotated[Name, Field(description="The measure that places.")]
    of: Annotated[
        Literal["attainment", "value"] | None,
        Field(description="By its attainment, or its value; attainment if missing and it has a target."),
    ] = None
    among: Annotated[Literal["plan", "team"], Field(description="Places among all, or within each team.")] = "plan"
    places: Annotated[
        Literal["payees", "teams"],
        Field(description="Whose places: the payees', or their teams', by the sums of their members."),
    ] = "payees"
    team_prize: Annotated[
        Literal["each", "shared"] | None,
        Field(description="Of teams: each member has the prize of the team's place, or they share it equally."),
    ] = None
    prizes: Annotated[
        tuple[Money, ...], Field(min_length=1, max_length=200, description="Of the first place, the second and so on.")
    ]
    ties: Annotated[
        Literal["share", "each"],
        Field(
            description="Who stand the same: share the prizes of the places that they take, or have each that of their "
            "place; the places behind them are left out."
        ),
    ]

    @model_validator(mode="after")
    def _of_teams(self) -> Prizes:
        if (self.places == "teams") != (self.team_prize is not None):
            raise ValueError(
                "gives places to teams, and does not say who has their prizes. Write team_prize: each or shared."
                if self.team_prize is None
                else f"has team_prize: {self.team_prize}, and places are of payees. Write places: teams, or remove it."
            )
        if self.places == "teams" and self.among == "team":
            raise ValueError("gives places to teams within each team. Remove among, or write places: payees.")
        return self


Component = Annotated[
    RatePay | Spif | Tiers | Curve | Bonus | Amount | GreaterOf | LesserOf | Guarantee | Pool | Prizes,
    Field(discriminator="kind"),
]


def alternatives(condition: Gate | AnyOf) -> tuple[Gate, ...]:
    """The gates of which one is enough; a gate that stands alone is its only one."""
    return condition.any_of if isinstance(condition, AnyOf) else (condition,)


def gates_of(component: Component) -> Iterator[tuple[tuple[str | int, ...], Gate]]:
    """(path inside the component, gate) of each of its gates, in their order."""
    for place, condition in enumerate(component.when):
        for number, gate in enumerate(alternatives(condition)):
            yield ("when", place, *(("any_of", number) if isinstance(condition, AnyOf) else ())), gate
