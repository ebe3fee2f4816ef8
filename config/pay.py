"""How pay is settled: who moves pay periods, with which of them the ledger begins, and the payroll file."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from config.base import Email, Label, Model
from config.comp_plans.base import PayPeriod
from config.expense import ExpenseRules

PayrollField = Literal[
    "payee_id",
    "name",
    "email",
    "comp_plan",
    "label",
    "period",
    "first_day",
    "last_day",
    "currency",
    "amount",
    "reference",
]
"""What a column of the payroll file may show; `label` is the comp plan's, days are the pay period's; `reference` names
the row, and is the same at each export."""


class PayExport(Model):
    """The payroll file: a row for each payee, comp plan and currency."""

    columns: Annotated[
        dict[Label, PayrollField], Field(min_length=1, description="Its columns by header, in this order.")
    ] = {
        "Employee": "email",
        "Name": "name",
        "Period": "period",
        "Comp plan": "comp_plan",
        "Currency": "currency",
        "Amount": "amount",
    }


class PaySettings(Model):
    """How what is computed becomes what is paid. [pay.md](pay.md) tells the way from deal to payroll."""

    people: Annotated[
        tuple[Email, ...],
        Field(description="Who may calculate, review, approve and close pay periods, by e-mail; two or more."),
    ] = ()
    first_period: Annotated[
        dict[PayPeriod, Label],
        Field(
            description="By kind of pay period the name of the first that is paid here: month: 2026-01. What was "
            "earned before it counts as paid."
        ),
    ] = {}
    export: Annotated[PayExport, Field(description="The payroll file.")] = PayExport()
    expense: Annotated[
        ExpenseRules | None,
        Field(description="When what is earned becomes expense ([expense.md](expense.md)); no schedules if missing."),
    ] = None

    @field_validator("people")
    @classmethod
    def _several(cls, people: tuple[str, ...]) -> tuple[str, ...]:
        if len({each.casefold() for each in people}) == 1:
            raise ValueError("names one person, and nobody approves their own calculation. Name another one.")
        return people
