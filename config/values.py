"""What of the results is shown: the closed set of values that `writeback.yaml` may name."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from config.base import Model, Name

if TYPE_CHECKING:
    from collections.abc import Mapping

RelativePeriod = Literal["this_month", "last_month", "this_quarter", "last_quarter", "this_year", "last_year"]
"""The fiscal period that holds the as-of day, or the one before it."""

MetricGrain = Literal["user", "team", "manager"]
"""Whose figure a user is shown: their own, their team's, or that of everybody below them and their own."""

MetricShow = Literal["value", "partial", "complete_from", "sample"]
_Show = Annotated[
    MetricShow,
    Field(
        description="`value`; `partial`, whether it is of a part of the period only because records began within it, "
        "for a checkbox; `complete_from`, the first complete period then; `sample`, how many rows or numbers it is "
        "made of."
    ),
]

QuotaFigure = Literal["target", "credited", "attainment", "remaining"]


MeasureFigure = Literal["value", "target", "attainment", "remaining"]
_CompPlan = Annotated[
    Name | None, Field(description="Only on this comp plan; on whichever one the user is on if missing.")
]

PayFigure = Literal["paid", "earned", "adjusted", "held", "owed", "carried", "state"]
_ShowPay = Annotated[
    PayFigure,
    Field(
        description="What was `paid`, in the currency of pay; what was `earned` in it; what was `adjusted` of earlier "
        "pay periods; what is `held`, `owed` or `carried` at its end; or its `state`, a text, which is there before it "
        "is closed, too."
    ),
]
_OfCompPlan = Annotated[Name | None, Field(description="Only by this comp plan; by all of them if missing.")]
_OfUnit = Annotated[Name | None, Field(description="What is earned in this unit, such as points; money if missing.")]


class MetricValue(Model):
    """A metric of the user, or of the user's team, in a period."""

    kind: Literal["metric"]
    metric: Annotated[Name, Field(description="The metric that is shown.")]
    period: Annotated[RelativePeriod, Field(description="The fiscal period that is shown.")]
    grain: Annotated[
        MetricGrain,
        Field(
            description="Whose figure: the user's own, their team's, or, of a manager, everybody's below them and "
            "their own."
        ),
    ] = "user"
    show: _Show = "value"


class QuotaValue(Model):
    """The target, the credited result, the attainment, or what remains of the user's quota, in the quota's own period.

    What remains is never below 0.
    """

    kind: Literal["quota"]
    quota: Annotated[Name, Field(description="The quota that is shown.")]
    show: Annotated[QuotaFigure, Field(description="Which of its figures.")]
    period: Annotated[RelativePeriod, Field(description="A period of the quota's own length.")]


class MeasureValue(Model):
    """Where the user stands in a measure of a comp plan: its value, the target, the attainment, or what remains of it.

    What remains is never below 0.
    """

    kind: Literal["measure"]
    measure: Annotated[Name, Field(description="The measure that is shown.")]
    comp_plan: _CompPlan = None
    show: Annotated[MeasureFigure, Field(description="Which of its figures.")]
    period: Annotated[
        RelativePeriod,
        Field(description="The period that the measure runs over; or a pay period, at the end of which it stands so."),
    ]


_EarnedIn = Annotated[
    Name | None, Field(description="What is earned in this unit of comp plans, such as points; money if missing.")
]


class CommissionValue(Model):
    """What the user's comp plans earned in a period, all components together."""

    kind: Literal["commission"]
    comp_plan: _OfCompPlan = None
    unit: _EarnedIn = None
    period: Annotated[RelativePeriod, Field(description="What was earned in the pay periods that lie in it.")]


class PayValue(Model):
    """What the ledger says of the user's pay in a pay period, once that is closed; there is none before."""

    kind: Literal["pay"]
    show: _ShowPay
    comp_plan: _OfCompPlan = None
    unit: _OfUnit = None
    period: Annotated[RelativePeriod, Field(description="The pay period: of a length that a comp plan pays by.")]


class TerritoryValue(Model):
    """The account's territory."""

    kind: Literal["territory"]


class EarnedCommission(Model):
    """What the owner earned on this opportunity, once won; flat amounts are no deal's."""

    kind: Literal["earned_commission"]
    comp_plan: _OfCompPlan = None


class EstimatedCommission(Model):
    """What the owner would earn on this open opportunity if it were won at the as-of time."""

    kind: Literal["estimated_commission"]
    comp_plan: _OfCompPlan = None


class Updated(Model):
    """When we last changed the record: the as-of time of that run, in a field of a day or a moment.

    It is written together with another field of the record and never alone.
    """

    kind: Literal["updated"]


Value = Annotated[
    MetricValue
    | QuotaValue
    | MeasureValue
    | CommissionValue
    | PayValue
    | TerritoryValue
    | EarnedCommission
    | EstimatedCommission
    | Updated,
    Field(discriminator="kind"),
]

UserValue = Annotated[MetricValue | QuotaValue | MeasureValue | CommissionValue | PayValue, Field(discriminator="kind")]
"""What is about a user, as tasks are."""

BELONGS_TO: Mapping[str, str] = MappingProxyType(
    {
        "metric": "user",
        "quota": "user",
        "measure": "user",
        "commission": "user",
        "pay": "payee",
        "territory": "account",
        "earned_commission": "opportunity",
        "estimated_commission": "opportunity",
    }
)
"""The object whose records each kind of result is about. `updated` is about any."""

REACHES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "user": {"user": "id", "payee": "id"},
        "account": {"account": "id", "user": "owner_id"},
        "opportunity": {"opportunity": "id", "account": "account_id", "user": "owner_id"},
        "lead": {"user": "owner_id"},
        "contact": {"account": "account_id", "user": "owner_id"},
    }
)
"""By the object that is written to: the objects whose results its records can show, and the field that leads there."""


class MetricOf(Model):
    """A metric of the user or team, in the record's period."""

    kind: Literal["metric"]
    metric: Annotated[Name, Field(description="The metric that is shown.")]
    grain: Annotated[
        MetricGrain | None,
        Field(
            description="Whose figure: of the record's user or team if missing; a user's record may show the team's, "
            "or, of a manager, everybody's below them and their own."
        ),
    ] = None
    show: _Show = "value"


class QuotaOf(Model):
    """A figure of the user's quota; the quota must be by the record's period."""

    kind: Literal["quota"]
    quota: Annotated[Name, Field(description="The quota that is shown.")]
    show: Annotated[QuotaFigure, Field(description="Which of its figures.")]


class MeasureOf(Model):
    """A figure of a measure of the user's comp plan in the record's period, or at the end of that pay period."""

    kind: Literal["measure"]
    measure: Annotated[Name, Field(description="The measure that is shown.")]
    comp_plan: _CompPlan = None
    show: Annotated[MeasureFigure, Field(description="Which of its figures.")]


class CommissionOf(Model):
    """What the user's comp plans earned in the record's period: all of it, or one component."""

    kind: Literal["commission"]
    component: Annotated[Name | None, Field(description="Only this component of the comp plans; all if missing.")] = (
        None
    )
    comp_plan: _OfCompPlan = None
    unit: _EarnedIn = None


class PayOf(Model):
    """What the ledger says of the user's pay in the record's period, once that is closed; there is none before."""

    kind: Literal["pay"]
    show: _ShowPay
    comp_plan: _OfCompPlan = None
    unit: _OfUnit = None


class PeriodOf(Model):
    """The record's period: its name, its first day or its last."""

    kind: Literal["period"]
    show: Annotated[Literal["name", "first_day", "last_day"], Field(description="What of it.")]


class PayeeOf(Model):
    """Whose record it is: the name as text, or the user where the field is a reference to users."""

    kind: Literal["payee"]


RecordValue = Annotated[
    MetricOf | QuotaOf | MeasureOf | CommissionOf | PayOf | PeriodOf | PayeeOf | Updated,
    Field(discriminator="kind"),
]
