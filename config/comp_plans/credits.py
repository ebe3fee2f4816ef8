"""Credits: what counts for whom, from a transaction, on which day, and how much."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, Tag, model_validator

from config.base import Form, Label, Model, Name, Share, Whole
from config.comp_plans.base import TEXT, Formula, Path, by_key
from config.metrics.conditions import Condition


class ByField(Model):
    """The user that a field of the transaction leads to."""

    field: Annotated[Path, Field(description="A field that holds a user, as `account.owner_id` or `created_by_id`.")]


class ByMembers(Model):
    """The users who work on the opportunity beside its owner, by their role on it."""

    members: Annotated[tuple[Label, ...], Field(min_length=1, description="Roles on the opportunity's team.")]


class BySplits(Model):
    """The users of the opportunity's splits, each by their share."""

    splits: Annotated[tuple[Label, ...], Field(min_length=1, description="Types of splits, as the CRM calls them.")]


ManagersOf = Annotated[
    Annotated[Literal["owner", "creator"], Tag(TEXT)]
    | Annotated[ByField, Tag("field")]
    | Annotated[ByMembers, Tag("members")]
    | Annotated[BySplits, Tag("splits")],
    by_key("field", "members", "splits"),
]


class ByManagers(Model):
    """Those above whoever is credited otherwise, in the hierarchy on the credit's day."""

    managers: Annotated[
        tuple[Whole, ...],
        Field(min_length=1, description="Which levels: 1 is the direct manager, 2 the one above; 1 to 20."),
    ]
    of: Annotated[ManagersOf, Field(description="Above whom.")] = "owner"

    @model_validator(mode="after")
    def _levels(self) -> ByManagers:
        if any(not 1 <= level <= 20 for level in self.managers) or len(set(self.managers)) < len(self.managers):
            raise ValueError("names levels that are not 1 to 20, each once. The direct manager is level 1.")
        return self


Recipients = Annotated[
    Annotated[Literal["owner", "creator", "team", "territory", "everyone"], Tag(TEXT)]
    | Annotated[ByField, Tag("field")]
    | Annotated[ByMembers, Tag("members")]
    | Annotated[BySplits, Tag("splits")]
    | Annotated[ByManagers, Tag("managers")],
    by_key("managers", "field", "members", "splits"),
]
"""owner, creator: of the record. team: everybody on the comp plan in the owner's team that day. territory: everybody on
it in a territory of the account. everyone: each payee of the comp plan."""


class Part(Model):
    """A share of each transaction that counts on a day of its own: at booking, closing, billing, collection."""

    time: Annotated[Path, Field(description="The field with the day; where it is empty the part does not count yet.")]
    share: Annotated[Share, Field(description="Its share of the amount.")]


class Repeat(Model):
    """The amount again and again: recurring for some times, or residual for as long as it lasts."""

    every: Annotated[Literal["month", "quarter", "year"], Field(description="How far the days lie apart.")]
    times: Annotated[Whole | None, Field(ge=1, le=600, description="How often in all; without end if missing.")] = None
    until: Annotated[
        Path | None, Field(description="The field with the day from which on it is over; none where that is empty.")
    ] = None


class OfEarnings(Model):
    """What payees earn, as transactions that credit others: for overrides on earnings."""

    comp_plans: Annotated[tuple[Name, ...], Field(min_length=1, description="Of these comp plans.")]
    components: Annotated[
        tuple[Name, ...],
        Field(
            min_length=1, description="Of these components of theirs, also if not paid; all that are paid if missing."
        ),
    ] = ()


class Credit(Model):
    """Which transactions count, when, for whom, and as how much.

    Amounts of money are converted to the comp plan's currency; a credit has 6 decimals, and the shares of one
    transaction add up to the whole. Who is not on the comp plan on the credit's day gets none.
    """

    label: Annotated[Label | None, Field(description="What people call it; made of the name if missing.")] = None
    source: Annotated[
        Name | None,
        Field(description="The transactions: opportunity, line_item, quote, activity, or another source."),
    ] = None
    metric: Annotated[Name | None, Field(description="Or the rows of a metric, each for its owner on its day.")] = None
    earnings: Annotated[OfEarnings | None, Field(description="Or what is earned under other comp plans.")] = None
    where: Annotated[tuple[Condition, ...], Field(description="Conditions that must all hold.")] = ()
    where_any: Annotated[tuple[Condition, ...], Field(description="Conditions of which one must hold.")] = ()
    time: Annotated[
        Formula | None,
        Form("field with a day, or `max`, `min`, `if_none` of several"),
        Field(description="The day on which it counts."),
    ] = None
    amount: Annotated[
        Formula | None,
        Field(description="How much each transaction counts: fields, values and tables; `1` counts transactions."),
    ] = None
    multipliers: Annotated[tuple[Formula, ...], Field(description="Factors on the amount, by product.")] = ()
    to: Annotated[Recipients, Field(description="Whom it counts for.")] = "owner"
    share: Annotated[Formula, Field(description="The share of it that counts for them.")] = "1"
    once_per: Annotated[
        Path | None,
        Field(description="Only the first transaction ever, by day and id, for each value of this field counts."),
    ] = None
    parts: Annotated[tuple[Part, ...], Field(description="Shares that count on days of their own.")] = ()
    repeat: Annotated[Repeat | None, Field(description="Counts again and again.")] = None

    @model_validator(mode="after")
    def _coherent(self) -> Credit:
        given = [name for name in ("source", "metric", "earnings") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(
                f"needs one of source, metric and earnings, has {' and '.join(given) or 'none'}. "
                "Write `source: opportunity` to credit opportunities."
            )
        if self.source is not None and self.time is None and not self.parts:
            raise ValueError("does not say when it counts. Write `time: close_date`, or another field with a day.")
        if self.source is None and (self.time or self.parts or self.amount or self.repeat or self.once_per):
            raise ValueError("takes day and amount from what it credits. Remove time, amount, parts, repeat, once_per.")
        if self.earnings is not None and (self.where or self.where_any):
            raise ValueError(
                "has conditions on earnings. What is earned is no record; remove `where`, or name `components`."
            )
        if self.parts and self.time is not None:
            raise ValueError("has both time and parts. Each part has a time of its own; remove `time`.")
        if self.parts and sum((part.share for part in self.parts), Decimal(0)) > 1:
            raise ValueError(
                f"has parts of {sum((part.share for part in self.parts), Decimal(0))} in all. "
                "Shares of one amount are 1 at most."
            )
        return self
