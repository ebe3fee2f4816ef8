"""The whole of a file in `comp_plans/`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from config.base import Email, Model, Name
from config.comp_plans.cases import Case
from config.comp_plans.payees import Assignment
from config.comp_plans.plan import CompPlan


class CompPlanFile(Model):
    """The whole of a file in `comp_plans/`: comp plans, who is on them by name, and tests of them; any may be missing.

    A comp plan may have `extends: NAME`, the name of another one: it has all keys of that one, with its own in their
    place. Inside `credits`, `measures`, `components`, `values` and `tables` its own parts take the place of those of
    the same name, and the others stay. [comp-plans.md](comp-plans.md) explains the language.
    """

    comp_plans: Annotated[dict[Name, CompPlan], Field(description="Each under its name.")] = {}
    payees: Annotated[
        dict[Email, Annotated[tuple[Assignment, ...], Field(min_length=1)]],
        Field(description="Who is on which comp plan by name, by e-mail."),
    ] = {}
    tests: Annotated[tuple[Case, ...], Field(description="Cases that `salesops test` checks.")] = ()
