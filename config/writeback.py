"""`writeback.yaml`: which result goes to which field of which object."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from config.base import Label, Model, Name

RelativePeriod = Literal["this_month", "last_month", "this_quarter", "last_quarter", "this_year", "last_year"]
"""The fiscal period that holds the as-of day, or the one before it."""


class MetricValue(Model):
    """A metric of the user, in a period."""

    kind: Literal["metric"]
    metric: Name
    period: RelativePeriod


class QuotaValue(Model):
    """The target, the credited result, or the attainment of the user's quota, in the quota's own period."""

    kind: Literal["quota"]
    quota: Name
    show: Literal["target", "credited", "attainment"]
    period: RelativePeriod


class CommissionValue(Model):
    """What the user's comp plans earned in a period, all components together."""

    kind: Literal["commission"]
    period: RelativePeriod


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

    object: Literal["user", "account", "opportunity"]
    field: Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]
    label: Label
    description: str = ""
    value: Value


class Writeback(Model):
    """The whole of `writeback.yaml`, by connection."""

    writeback: dict[Name, tuple[FieldWrite, ...]] = {}
