"""`quotas/*.yaml`: targets by user, team or for everyone, effective-dated."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from config.base import Day, Email, Label, Model, Money, Name, Share


class Targets(Model):
    """The targets of each period that starts on or after `from` and before `until` (open where that is missing).

    The most particular one holds: `users` (by e-mail), then `teams`, then `default`; nobody else has a quota.
    Nor has who has no credit in a period that was over before they came, which is when the CRM's user was created, or
    in any period as of a day before that. Where all users were created after the as-of day, as an import into a new CRM
    creates them, those days say nothing.
    """

    from_: Annotated[Day, Field(alias="from", description="The first day on which a period may start.")]
    until: Annotated[Day | None, Field(description="The day from which on they no longer hold; open if missing.")] = (
        None
    )
    default: Annotated[
        Money | None,
        Field(description="For every other user who is active and manages nobody, or who has credit in the period."),
    ] = None
    teams: Annotated[
        dict[Label, Money],
        Field(
            description="For each member of a team who is active and manages nobody, or who has credit in the period, "
            "by the team's name."
        ),
    ] = {}
    users: Annotated[
        dict[Email, Money],
        Field(description="For one user, by the e-mail of the CRM login: also a manager, or somebody who left."),
    ] = {}

    @model_validator(mode="after")
    def _some(self) -> Targets:
        if self.until is not None and self.until <= self.from_:
            raise ValueError(f"until ({self.until}) must be after from ({self.from_}).")
        if self.default is None and not self.teams and not self.users:
            raise ValueError("has no target. Write at least one of default, teams, users.")
        seen: dict[str, str] = {}
        for email in self.users:
            if (other := seen.setdefault(email.lower(), email)) != email:
                raise ValueError(f"names a user twice: {other} and {email}. Case does not matter in e-mails.")
        return self


class Quota(Model):
    """What `metric` should reach in each fiscal month, quarter or year."""

    label: Annotated[Label, Field(description="What people call it.")]
    metric: Annotated[Name, Field(description="What counts: a sum or count over opportunities.")]
    period: Annotated[Literal["month", "quarter", "year"], Field(description="The fiscal period a target is for.")]
    targets: Annotated[tuple[Targets, ...], Field(min_length=1, description="Targets, by the days they hold.")]
    seasonality: Annotated[
        tuple[Money, ...],
        Field(
            description="How much each fiscal month weighs, in what is expected so far and for who is on a comp plan "
            "for a part of the period: 3 numbers for a quarter, 12 for a year. All weigh the same if missing."
        ),
    ] = ()
    allowance: Annotated[
        Share, Field(description="The share of a target that may be missed, for attainment with allowance.")
    ] = Decimal(0)

    @field_validator("seasonality")
    @classmethod
    def _weighs(cls, weights: tuple[Decimal, ...]) -> tuple[Decimal, ...]:
        if weights and not any(weights):
            raise ValueError("weighs nothing in all. Write a number above 0 for at least one month.")
        return weights


class QuotaFile(Model):
    """The whole of a file in `quotas/`."""

    quotas: Annotated[dict[Name, Quota], Field(description="Each under its name.")]
