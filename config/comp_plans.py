"""`comp_plans/*.yaml`: rules of pay."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, model_validator

from config.base import Day, Email, Label, Model, Money, Name, Rate, Whole


class Eligible(Model):
    """Who is on a comp plan: everyone who meets all that is given. Teams and roles by name, users by e-mail."""

    teams: Annotated[tuple[Label, ...], Field(description="Members of one of these teams.")] = ()
    roles: Annotated[tuple[Label, ...], Field(description="Holders of one of these roles.")] = ()
    users: Annotated[tuple[Email, ...], Field(description="These users, by the e-mail of the CRM login.")] = ()


class Tier(Model):
    """From this attainment on (a fraction of quota), up to the next tier's, each unit of credit earns `rate`."""

    from_: Annotated[Money, Field(alias="from", description="Attainment, as a fraction of quota: 1 is quota reached.")]
    rate: Annotated[Rate, Field(description="What each unit of credit in this tier earns.")]


class MarginalTiers(Model):
    """Each slice of credit earns the rate of the tier it falls into. A bound belongs to the tier above it."""

    kind: Literal["marginal_tiers"]
    name: Annotated[Name, Field(description="Names this part of the pay on statements.")]
    tiers: Annotated[tuple[Tier, ...], Field(min_length=1, description="From 0 on, rising.")]

    @model_validator(mode="after")
    def _contiguous(self) -> MarginalTiers:
        bounds = [tier.from_ for tier in self.tiers]
        if bounds[0] != 0:
            raise ValueError(f"the first tier must start at 0, got {bounds[0]}. Credit below it would have no rate.")
        if any(a >= b for a, b in pairwise(bounds)):
            raise ValueError(f"tiers must rise, got {', '.join(map(str, bounds))}. Order them by `from`, each once.")
        return self


class ManagerOverride(Model):
    """A manager earns `rate` on each credit of the people who report to them, `levels` deep."""

    kind: Literal["manager_override"]
    name: Annotated[Name, Field(description="Names this part of the pay on statements.")]
    rate: Annotated[
        Rate, Field(description="What each unit of their people's credit earns; the manager must be eligible, too.")
    ]
    levels: Annotated[Whole, Field(ge=1, le=10, description="How deep the reports go: 1 is direct ones, to 10.")] = 1


Component = Annotated[MarginalTiers | ManagerOverride, Field(discriminator="kind")]


class Rounding(Model):
    """Where an earning is rounded: to `places` decimals of the currency, half up or half to even."""

    places: Annotated[Whole, Field(ge=0, le=4, description="Decimals that are kept, 0 to 4.")] = 2
    mode: Annotated[Literal["half_up", "half_even"], Field(description="What becomes of an exact half.")] = "half_up"


class CompPlan(Model):
    """A comp plan. Credits are the rows of the quota's metric, each to its owner; a period is the quota's.

    It holds for the periods that start on or after `effective_from` and before `effective_until`.
    """

    label: Annotated[Label, Field(description="What people call it.")]
    effective_from: Annotated[Day, Field(description="The first day on which a paid period may start.")]
    effective_until: Annotated[
        Day | None, Field(description="The day from which on no paid period starts; open if missing.")
    ] = None
    eligible: Annotated[Eligible, Field(description="Who is on it; everyone if missing.")] = Eligible()
    quota: Annotated[Name, Field(description="The quota whose credit and attainment are paid on.")]
    components: Annotated[tuple[Component, ...], Field(min_length=1, description="The parts of the pay, added up.")]
    rounding: Annotated[Rounding, Field(description="How an earning becomes an amount.")] = Rounding()

    @model_validator(mode="after")
    def _coherent(self) -> CompPlan:
        if self.effective_until is not None and self.effective_until <= self.effective_from:
            raise ValueError(
                f"effective_until ({self.effective_until}) must be after effective_from ({self.effective_from})."
            )
        names = [component.name for component in self.components]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(f"has two components named {twice}. A statement could not tell them apart; rename one.")
        return self


class CompPlanFile(Model):
    """The whole of a file in `comp_plans/`."""

    comp_plans: Annotated[dict[Name, CompPlan], Field(description="Each under its name.")]
