"""`quotas/*.yaml`: targets by user, team or for everyone, effective-dated."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, model_validator

from config.base import Label, Model, Money, Name


class Targets(Model):
    """The targets of each period that starts on or after `from` and before `until` (open where that is missing).

    The most particular one holds: `users` (by e-mail), then `teams`, then `default`; nobody else has a quota.
    """

    from_: Annotated[date, Field(alias="from")]
    until: date | None = None
    default: Money | None = None
    teams: dict[str, Money] = {}
    users: dict[str, Money] = {}

    @model_validator(mode="after")
    def _some(self) -> Targets:
        if self.until is not None and self.until <= self.from_:
            raise ValueError(f"until ({self.until}) must be after from ({self.from_})")
        if self.default is None and not self.teams and not self.users:
            raise ValueError("needs at least one of default, teams, users")
        return self


class Quota(Model):
    """What `metric` should reach in each fiscal month, quarter or year."""

    label: Label
    metric: Name
    period: Literal["month", "quarter", "year"]
    targets: Annotated[tuple[Targets, ...], Field(min_length=1)]


class QuotaFile(Model):
    """The whole of a file in `quotas/`."""

    quotas: dict[Name, Quota]
