"""`writeback.yaml`: which result goes to which field of which object."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from config.base import ConnectionName, CrmField, Label, Model, Name

RelativePeriod = Literal["this_month", "last_month", "this_quarter", "last_quarter", "this_year", "last_year"]
"""The fiscal period that holds the as-of day, or the one before it."""


class MetricValue(Model):
    """A metric of the user, in a period."""

    kind: Literal["metric"]
    metric: Annotated[Name, Field(description="The metric that is shown.")]
    period: Annotated[RelativePeriod, Field(description="The fiscal period that is shown.")]


class QuotaValue(Model):
    """The target, the credited result, or the attainment of the user's quota, in the quota's own period."""

    kind: Literal["quota"]
    quota: Annotated[Name, Field(description="The quota that is shown.")]
    show: Annotated[Literal["target", "credited", "attainment"], Field(description="Which of its figures.")]
    period: Annotated[RelativePeriod, Field(description="A period of the quota's own length.")]


class CommissionValue(Model):
    """What the user's comp plans earned in a period, all components together."""

    kind: Literal["commission"]
    period: Annotated[RelativePeriod, Field(description="A period of the comp plans' own length.")]


class TerritoryValue(Model):
    """The account's territory."""

    kind: Literal["territory"]


class EarnedCommission(Model):
    """What the owner earned on this opportunity, once won."""

    kind: Literal["earned_commission"]


class EstimatedCommission(Model):
    """What the owner would earn on this open opportunity if it were won at the as-of time."""

    kind: Literal["estimated_commission"]


Value = Annotated[
    MetricValue | QuotaValue | CommissionValue | TerritoryValue | EarnedCommission | EstimatedCommission,
    Field(discriminator="kind"),
]


class FieldWrite(Model):
    """One field to keep current. `label` and `description` are what provisioning gives a field it creates."""

    object: Annotated[Literal["user", "account", "opportunity"], Field(description="What is written to.")]
    field: Annotated[CrmField, Field(description="The CRM field that is kept current.")]
    label: Annotated[Label, Field(description="The field's label in the CRM.")]
    description: Annotated[str, Field(description="The field's help text in the CRM.")] = ""
    value: Annotated[Value, Field(description="What is written.")]


class Writeback(Model):
    """The whole of `writeback.yaml`, by connection."""

    writeback: Annotated[
        dict[ConnectionName, tuple[FieldWrite, ...]], Field(description="The fields to keep current, by connection.")
    ] = {}
