"""`writeback.yaml`: which result goes where in the CRM."""

from __future__ import annotations

import string
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Literal, get_args

from pydantic import AfterValidator, Field, model_validator

from config.base import (
    ConnectionName,
    CrmField,
    CrmObject,
    DeveloperName,
    Form,
    Label,
    Model,
    Name,
    Number,
    Whole,
    quote,
)
from config.values import QuotaFigure, RecordValue, UserValue, Value

if TYPE_CHECKING:
    from collections.abc import Mapping

OnEdit = Annotated[
    Literal["overwrite", "keep", "flag"],
    Field(
        description="What becomes of a value that somebody else wrote there: it is written over; it is kept; or it is "
        "kept and every run says so until it is settled."
    ),
]
WhenEmpty = Annotated[
    Literal["clear", "leave"],
    Field(description="Where there is no result: the field is emptied, or left as it stands."),
]

PLACEHOLDERS: Mapping[str, str] = MappingProxyType(
    {
        "value": "the value as people read it",
        "label": "what it is called: the label of the metric, quota or measure, else its kind in words",
        "period": "its fiscal period, such as FY2026-Q3",
        "payee": "the name of the user or team whose it is",
        "target": "the target of the quota, or of the measure",
        "credited": "what counts for the quota, or the measure's value",
        "attainment": "what counts as a share of the target, in percent",
        "remaining": "what is missing to the target, never below 0",
        "numerator": "what was divided",
        "denominator": "what it was divided by",
        "partial": "`partial, records begin 2026-06-15` where that holds, else nothing",
    }
)
"""What a text may name, and what stands there then."""

QUOTA_FIGURES = frozenset(get_args(QuotaFigure))
PARTS = frozenset({"numerator", "denominator"})
"""What a metric that is a ratio, an average or a duration has beside its value."""

SAID: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "metric": frozenset({"period", "payee", "partial"}) | PARTS,
        "quota": frozenset({"period", "payee"}) | QUOTA_FIGURES,
        "measure": frozenset({"period", "payee"}) | QUOTA_FIGURES,
        "commission": frozenset({"period", "payee"}),
        "pay": frozenset({"period", "payee"}),
        "earned_commission": frozenset({"payee"}),
        "estimated_commission": frozenset({"payee"}),
    }
)
"""What a text may name by the kind of its value; of every kind its `value` and `label`."""


def _text(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be blank. Write a few words with placeholders, such as {value}.")
    try:
        parts = list(string.Formatter().parse(text))
    except ValueError as error:
        raise ValueError(
            f"is not a text with placeholders ({error}). Write {{value}}, and {{{{ for a brace."
        ) from error
    for _, name, form, conversion in parts:
        if name is None:
            continue
        if name not in PLACEHOLDERS:
            raise ValueError(f"names {quote(name)}. Placeholders are {', '.join(sorted(PLACEHOLDERS))}.")
        if form or conversion:
            raise ValueError(f"gives {{{name}}} a form of its own. Write {{{name}}} alone.")
    return text


Text = Annotated[str, AfterValidator(_text), Form("text with {placeholders}")]


class FieldWrite(Model):
    """One field to keep current. `label` and `description` are what provisioning gives a field it creates.

    A result of a user stands on the user, or on an account, opportunity, lead or contact through its owner; a result of
    an account on the account, or on an opportunity or contact through its account.
    """

    object: Annotated[
        Literal["user", "account", "opportunity", "lead", "contact"], Field(description="What is written to.")
    ]
    field: Annotated[CrmField, Field(description="The CRM field that is kept current.")]
    label: Annotated[Label, Field(description="The field's label in the CRM.")]
    description: Annotated[str, Field(description="The field's help text in the CRM.")] = ""
    value: Annotated[Value, Field(description="What is written.")]
    text: Annotated[
        Text | None,
        Field(description="The value in words, for a text field: `{value} of {target} in {period}`."),
    ] = None
    on_edit: OnEdit = "overwrite"
    empty: WhenEmpty = "clear"


class RecordField(Model):
    """A field of a kept record."""

    field: Annotated[CrmField, Field(description="The CRM field.")]
    label: Annotated[Label, Field(description="The field's label in the CRM.")]
    description: Annotated[str, Field(description="The field's help text in the CRM.")] = ""
    value: Annotated[RecordValue, Field(description="What is written.")]
    text: Annotated[Text | None, Field(description="The value in words, for a text field.")] = None
    on_edit: OnEdit = "overwrite"
    empty: WhenEmpty = "clear"


class RecordSet(Model):
    """Records of a custom object that we keep: one a user or team and fiscal period, such as a commission statement.

    A record is known by its key, so it is never created twice; it belongs to the user. Records of periods that are no
    longer kept current stay as they are.
    """

    object: Annotated[CrmObject, Field(description="The custom object's API name.")]
    label: Annotated[Label, Field(description="What one record is called in the CRM.")]
    plural: Annotated[Label, Field(description="What several are called.")]
    description: Annotated[str, Field(description="The object's description in the CRM.")] = ""
    per: Annotated[Literal["user", "team"], Field(description="Whose results a record holds.")]
    period: Annotated[Literal["month", "quarter", "year"], Field(description="The fiscal period of a record.")]
    keep: Annotated[
        Whole, Field(ge=1, le=120, description="How many periods are kept current: this one and those before it.")
    ] = 2
    key: Annotated[CrmField, Field(description="The text field, unique in the CRM, by which we know our records.")]
    fields: Annotated[tuple[RecordField, ...], Field(min_length=1, description="What stands on a record.")]


class ForecastingQuotaWrite(Model):
    """A quota's targets as ForecastingQuota records, so that Salesforce forecasts show them (Salesforce alone).

    The targets of the fiscal year that holds the as-of day are kept current.
    """

    quota: Annotated[Name, Field(description="The quota; by month or quarter, as the forecasting type is.")]
    forecasting_type: Annotated[DeveloperName, Field(description="The DeveloperName of the ForecastingType.")]
    on_edit: OnEdit = "overwrite"


class TerritoryAssociations(Model):
    """Accounts put into the CRM's territories as our rules assign them (Salesforce alone).

    Ours and theirs are matched by name: the label of a Territory2 of the active model. What a rule of the CRM put there
    stays; what somebody put there by hand follows `on_edit`.
    """

    on_edit: OnEdit = "keep"


class TaskRule(Model):
    """A task for the user where a value of theirs is below or above a bound: once a user and period."""

    name: Annotated[Name, Field(description="Names the task; part of the key by which it is created once.")]
    value: Annotated[UserValue, Field(description="The value that is looked at.")]
    below: Annotated[Number | None, Field(description="A task where the value is less than this.")] = None
    above: Annotated[Number | None, Field(description="A task where the value is more than this.")] = None
    subject: Annotated[
        Text,
        Field(description="What the task says: `{attainment} of {target} in {period}`."),
    ]
    due_in_days: Annotated[Whole, Field(le=365, description="When it is due, counted from the as-of day.")] = 0
    key: Annotated[CrmField, Field(description="The text field of tasks, unique in the CRM, that holds our key.")]

    @model_validator(mode="after")
    def _one_bound(self) -> TaskRule:
        if (self.below is None) == (self.above is None):
            raise ValueError("needs exactly one of below and above. Write the bound that calls for a task.")
        return self


class Writeback(Model):
    """The whole of `writeback.yaml`, by connection."""

    writeback: Annotated[
        dict[ConnectionName, tuple[FieldWrite, ...]], Field(description="The fields to keep current, by connection.")
    ] = {}
    records: Annotated[
        dict[ConnectionName, tuple[RecordSet, ...]], Field(description="The records to keep, by connection.")
    ] = {}
    forecasting_quotas: Annotated[
        dict[ConnectionName, tuple[ForecastingQuotaWrite, ...]],
        Field(description="Quotas to show in Salesforce forecasts, by connection."),
    ] = {}
    territory_associations: Annotated[
        dict[ConnectionName, TerritoryAssociations],
        Field(description="Whether accounts are put into Salesforce's territories, by connection."),
    ] = {}
    tasks: Annotated[
        dict[ConnectionName, tuple[TaskRule, ...]], Field(description="Tasks for users, by connection.")
    ] = {}
