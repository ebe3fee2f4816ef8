"""`comp_plans/*.yaml`: rules of pay."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, model_validator

from config.base import Label, Model, Money, Name, Rate


class Eligible(Model):
    """Who is on a comp plan: everyone who meets all that is given. Teams and roles by name, users by e-mail."""

    teams: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    users: tuple[str, ...] = ()


class Tier(Model):
    """From this attainment on (a fraction of quota), up to the next tier's, each unit of credit earns `rate`."""

    from_: Annotated[Money, Field(alias="from")]
    rate: Rate


class MarginalTiers(Model):
    """Each slice of credit earns the rate of the tier it falls into. A bound belongs to the tier above it."""

    kind: Literal["marginal_tiers"]
    name: Name
    tiers: Annotated[tuple[Tier, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _contiguous(self) -> MarginalTiers:
        bounds = [tier.from_ for tier in self.tiers]
        if bounds[0] != 0:
            raise ValueError(f"the first tier must start at 0, got {bounds[0]}: credit below it would have no rate")
        if any(a >= b for a, b in pairwise(bounds)):
            raise ValueError(f"tiers must rise: {', '.join(map(str, bounds))}")
        return self


class ManagerOverride(Model):
    """A manager earns `rate` on each credit of the people who report to them, `levels` deep."""

    kind: Literal["manager_override"]
    name: Name
    rate: Rate
    levels: Annotated[int, Field(ge=1, le=10)] = 1


Component = Annotated[MarginalTiers | ManagerOverride, Field(discriminator="kind")]


class Rounding(Model):
    """Where an earning is rounded: to `places` decimals of the currency, half up or half to even."""

    places: Annotated[int, Field(ge=0, le=4)] = 2
    mode: Literal["half_up", "half_even"] = "half_up"


class CompPlan(Model):
    """A comp plan. Credits are the rows of the quota's metric, each to its owner; a period is the quota's.

    It holds for the periods that start on or after `effective_from` and before `effective_until`.
    """

    label: Label
    effective_from: date
    effective_until: date | None = None
    eligible: Eligible = Eligible()
    quota: Name
    components: Annotated[tuple[Component, ...], Field(min_length=1)]
    rounding: Rounding = Rounding()


class CompPlanFile(Model):
    """The whole of a file in `comp_plans/`."""

    comp_plans: dict[Name, CompPlan]
