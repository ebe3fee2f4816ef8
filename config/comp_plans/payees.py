"""Payees: who is on which comp plan by name, with what pay, targets and numbers of their own."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from config.base import Day, Money, Name, Number
from config.comp_plans.base import Dates


class Leave(Dates):
    """Days away from work."""

    counts: Annotated[
        Literal["lowers_target", "suspends"],
        Field(
            description="lowers_target: its days are taken out of target and pay, credits still count; suspends: the "
            "payee is not on the comp plan."
        ),
    ] = "lowers_target"


class Assignment(Dates):
    """A payee on a comp plan for some days. Several may follow each other, or name several comp plans."""

    comp_plan: Annotated[Name, Field(description="The comp plan; what extends it is meant, too.")]
    base_pay: Annotated[Money | None, Field(description="Instead of the comp plan's.")] = None
    target_pay: Annotated[Money | None, Field(description="Instead of the comp plan's.")] = None
    targets: Annotated[dict[Name, Money], Field(description="Targets of measures, instead of the comp plan's.")] = {}
    values: Annotated[dict[Name, Number], Field(description="Numbers, instead of the comp plan's.")] = {}
    started_on: Annotated[
        Day | None,
        Field(
            description="The first day of work: nobody is on a comp plan before it. Ramp and tenure go by the day on "
            "which the CRM's user was created if it is missing."
        ),
    ] = None
    leave: Annotated[tuple[Leave, ...], Field(description="Days away.")] = ()
