"""The five kinds of metrics: simple, ratio, derived, cumulative, conversion."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from config.base import Flag, Form, Label, Model, Name, Number, Whole, quote
from config.metrics.conditions import Condition, FieldName
from config.metrics.windows import WindowText, WithinText

if TYPE_CHECKING:
    from decimal import Decimal

AS_OF = "as_of"
"""`time: as_of`: a row counts as it stands at the as-of time, in the periods that hold it."""

PERIOD = "period"
"""`time: period`: a row of a source that has one for each period counts in that period."""

THEN, CREATOR, SPLITS, NOBODY = "then", "creator", "splits", "nobody"
"""Words of `owner` besides the fields that name a user."""

COMPANY = "company"

PEOPLE = ("user", "team", "manager")
"""The grains that a row has through its owner."""

PeriodKind = Literal["day", "week", "month", "quarter", "year"]


def _quantile(value: Decimal) -> Decimal:
    if not 0 <= value <= 1:
        percent = f" For what {value} in a hundred stay below write {value / 100}." if 1 < value <= 100 else ""
        raise ValueError(f"must be from 0 to 1, got {value}.{percent}")
    return value


Quantile = Annotated[Number, AfterValidator(_quantile), Form("number from 0 to 1: 0.9 is the ninetieth percentile")]


class Unit(StrEnum):
    MONEY = "money"
    COUNT = "count"
    DAYS = "days"
    HOURS = "hours"
    MINUTES = "minutes"
    PERCENT = "percent"  # a fraction of 1, shown as percent
    NUMBER = "number"


TIME_UNITS = frozenset({Unit.DAYS, Unit.HOURS, Unit.MINUTES})


class _Metric(Model):
    label: Annotated[Label, Field(description="What people call it.")]
    description: Annotated[str, Field(description="What exactly it counts, for people.")] = ""
    differs: Annotated[str, Field(description="Where others in the field define it otherwise, and how.")] = ""
    unit: Annotated[Unit, Field(description="How it is shown; percent is a fraction of 1.")]
    decimals: Annotated[
        Whole | None, Field(ge=0, le=6, description="How many decimals people see; as the unit has if missing.")
    ] = None
    by: Annotated[
        tuple[FieldName, ...] | None,
        Field(
            description="The grains besides the company: user, team, manager, territory, product, family, segment, "
            "customer, a name under `dimensions`, or any field of the source. User, team and manager if missing; of a "
            "ratio or formula, all that its parts have."
        ),
    ] = None
    periods: Annotated[
        tuple[PeriodKind, ...],
        Field(min_length=1, description="The periods it is computed for; over all time it always is."),
    ] = ("month", "quarter", "year")
    minimum_sample: Annotated[
        Whole, Field(description="With fewer rows than this there is no value (of a ratio: rows below the line).")
    ] = 0


class _OfRows(_Metric):
    """What every kind that looks at rows declares beside its source."""

    owner: Annotated[
        FieldName | None,
        Field(
            description="Whom a row counts for: a field that names a user; `then`, the owner at the row's time; "
            "`creator`; `splits`, each by their share of the opportunity; `nobody`, the company alone. The owner as of "
            "now if missing, of the opportunity where the source has none."
        ),
    ] = None
    hierarchy: Annotated[
        Literal["now", "then"],
        Field(description="Teams and managers as they stand at the as-of time, or as they stood on the row's day."),
    ] = "now"
    zone: Annotated[
        Literal["company", "team", "user"],
        Field(
            description="In whose time zone a moment falls on a day: the project's, the owner's team's, the owner's."
        ),
    ] = "company"


class SimpleMetric(_OfRows):
    """An aggregate over the rows of one source.

    `of` is the field that is aggregated, `times` another that multiplies it. `duration` is the time from `start` to
    `end` (to `time` if missing), of which `statistic` is taken. `time` says which period a row belongs to.
    """

    kind: Literal["simple"]
    source: Annotated[Name, Field(description="The object, or the source made of several, whose rows are counted.")]
    aggregate: Annotated[
        Literal["count", "sum", "average", "median", "quantile", "min", "max", "distinct", "duration"],
        Field(description="What is made of the rows; distinct counts the different values of `of`."),
    ]
    of: Annotated[FieldName | None, Field(description="What is aggregated; not for count, duration.")] = None
    times: Annotated[FieldName | None, Field(description="A number that each row's `of` is multiplied by.")] = None
    quantile: Annotated[Quantile | None, Field(description="What share of the rows stays below it.")] = None
    start: Annotated[FieldName | None, Field(description="Where a duration starts.")] = None
    end: Annotated[
        FieldName | None, Field(description="Where a duration ends, `as_of` for now; `time` if missing.")
    ] = None
    statistic: Annotated[
        Literal["average", "median", "quantile", "min", "max", "sum"],
        Field(description="What is taken of the durations."),
    ] = "average"
    clock: Annotated[
        Literal["calendar", "working"],
        Field(description="Whether a duration runs day and night, or only in working time."),
    ] = "calendar"
    where: Annotated[tuple[Condition, ...], Field(description="Only rows that meet every condition count.")] = ()
    where_any: Annotated[
        tuple[Condition, ...], Field(description="Of these conditions a row must meet at least one as well.")
    ] = ()
    time: Annotated[
        FieldName,
        Field(
            description="The day or moment that puts a row into a period; `as_of`: as it stands now, in this one; "
            "`period`: the period that the source has the row for."
        ),
    ]
    ahead: Annotated[
        Flag,
        Field(
            description="Whether days after the as-of day count too: each in the present periods that hold it, so that "
            "this quarter has all of the quarter; never over all time."
        ),
    ] = False
    attribution: Annotated[
        Literal["opportunity", "account"],
        Field(
            description="Which opportunity an activity belongs to: the one it names, or else also the one of its "
            "account that was open then and closed first."
        ),
    ] = "opportunity"
    rates: Annotated[
        Literal["then", "now"],
        Field(
            description="Which exchange rate holds for a foreign amount: that of the row's day, or of the as-of day."
        ),
    ] = "then"
    empty_values: Annotated[
        Literal["skip", "zero"], Field(description="What a row counts as whose `of` is empty: not at all, or as 0.")
    ] = "skip"
    no_rows: Annotated[
        Literal["zero", "none"] | None,
        Field(description="What the value is where no row counts: 0 for count, sum and distinct, else none."),
    ] = None

    @model_validator(mode="after")
    def _operands(self) -> SimpleMetric:
        needs_of = self.aggregate not in {"count", "duration"}
        if needs_of and self.of is None:
            raise ValueError(f"aggregate {self.aggregate} needs `of`. Name the field to aggregate.")
        if not needs_of and self.of is not None:
            raise ValueError(
                f"aggregate {self.aggregate} takes no `of`, got {quote(self.of)}. "
                "Remove it; to leave rows out, use where."
            )
        if self.times is not None and (self.of is None or self.aggregate == "distinct"):
            raise ValueError("`times` multiplies `of`. Write it with sum, average, median, quantile, min or max.")
        if (self.aggregate == "duration") != (self.start is not None):
            raise ValueError("`start` goes with aggregate duration. Write both or neither.")
        self._of_durations()
        return self

    def _of_durations(self) -> None:
        if self.aggregate != "duration":
            for key in ("end", "statistic", "clock"):
                if key in self.model_fields_set:
                    raise ValueError(f"`{key}` goes with aggregate duration. Remove it.")
        if (self.quantile is not None) != (self.measure == "quantile"):
            raise ValueError("`quantile` goes with aggregate or statistic quantile. Write both or neither.")

    @property
    def measure(self) -> str:
        """What is taken of the rows' numbers: count, sum, average, median, quantile, min, max or distinct."""
        return self.statistic if self.aggregate == "duration" else self.aggregate

    @property
    def adds_up(self) -> bool:
        """Whether the values of parts sum to that of the whole."""
        return self.measure in {"count", "sum"}

    @property
    def is_zero_over_none(self) -> bool:
        """Whether the value is 0, and not none, where no row counts."""
        return self.no_rows == "zero" if self.no_rows else self.measure in {"count", "sum", "distinct"}


class RatioMetric(_Metric):
    """One metric over another, of the same grain and period; none where the denominator is 0 or has no value."""

    kind: Literal["ratio"]
    numerator: Annotated[Name, Field(description="The metric above the line.")]
    denominator: Annotated[Name, Field(description="The metric below the line.")]
    zero_denominator: Annotated[
        Literal["none", "zero"], Field(description="What the value is over a denominator of 0.")
    ] = "none"
    where: Annotated[
        tuple[Condition, ...],
        Field(description="Conditions that the rows of both parts must meet besides their own."),
    ] = ()


class DerivedMetric(_Metric):
    """Arithmetic over metrics of the same grain and period: + - * /, parentheses, numbers, `parameters` by name, and
    min(a, b, …), max(a, b, …), abs(a), if_none(a, b), previous(a), previous_to_date(a), year_before(a),
    year_before_to_date(a), rank(a), rank_in_team(a), percentile(a), percentile_in_team(a), share(a)."""

    kind: Literal["derived"]
    formula: Annotated[str, Field(description="The arithmetic, as (won_count * average_deal) / sales_cycle.")]


class CumulativeMetric(_Metric):
    """Another metric over a window that ends with the period, or from a period's start to its end.

    In the period of the as-of day the window ends with that day. A ratio is taken of both parts over the window.
    """

    kind: Literal["cumulative"]
    metric: Annotated[Name, Field(description="The metric that is computed over the window.")]
    window: Annotated[WindowText | None, Field(description="How long the window is.")] = None
    to_date: Annotated[
        Literal["month", "quarter", "year"] | None, Field(description="From the start of the period that holds it.")
    ] = None

    @model_validator(mode="after")
    def _one(self) -> CumulativeMetric:
        if (self.window is None) == (self.to_date is None):
            raise ValueError("needs either `window` or `to_date`. Write window: 3 months, or to_date: year.")
        return self


class Event(Model):
    """Something that happens to a record: a row of a source, at its time."""

    source: Annotated[Name, Field(description="The object, or the source made of several.")]
    where: Annotated[tuple[Condition, ...], Field(description="Only rows that meet every condition.")] = ()
    time: Annotated[FieldName, Field(description="When it happens.")]
    match: Annotated[FieldName, Field(description="The id that says what it happens to, the same on both events.")]


class ConversionMetric(_OfRows):
    """From one event to another of the same record: of those that met the first, how many met the second after it.

    A record counts once, from its first `from` event, for the owner of that; its `to` event is the first at or after.
    """

    kind: Literal["conversion"]
    from_: Annotated[Event, Field(alias="from", description="The event that a record starts with.")]
    to: Annotated[Event, Field(description="The event that it converts with.")]
    where: Annotated[
        tuple[Condition, ...],
        Field(description="Further conditions: on the rows of both events, or of the one that has the field."),
    ] = ()
    within: Annotated[
        WithinText | None,
        Field(description="How long after: calendar days, or hours and minutes as they pass; however long if missing."),
    ] = None
    counted: Annotated[
        Literal["cohort", "period"],
        Field(
            description="`cohort`: by the period of the `from` event. `period`: conversions of a period over the "
            "records that started in it."
        ),
    ] = "cohort"
    show: Annotated[
        Literal["rate", "count", "average", "median"],
        Field(description="The share that converted, how many, or the average or median time that it took."),
    ] = "rate"


Metric = Annotated[
    SimpleMetric | RatioMetric | DerivedMetric | CumulativeMetric | ConversionMetric, Field(discriminator="kind")
]
