"""Customers: who was one when, what they pay a year, and which opportunities were won of somebody new."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import ibis
import pyarrow as pa

from config.model import FieldType
from salesops.conditions import filled
from salesops.exact import AMOUNT, amount
from salesops.sources.contracts import contracts

if TYPE_CHECKING:
    from datetime import date

    import ibis.expr.types as ir

    from salesops.basis import Basis
    from salesops.calendar import Period

_KINDS = ("month", "quarter", "year")
_SPANS_COLUMNS: dict[str, pa.DataType] = {
    "period_kind": pa.string(),
    "starts_on": pa.date32(),
    "ends_on": pa.date32(),
    "opens_on": pa.date32(),  # the day before it
    "closes_on": pa.date32(),  # its last day, or the as-of day
}
_SPANS = pa.schema(_SPANS_COLUMNS)
_DAYS_COLUMNS: dict[str, pa.DataType] = {"day": pa.date32()}
_DAYS = pa.schema(_DAYS_COLUMNS)


def new_or_existing(basis: Basis, _fields: frozenset[str]) -> ir.Table:
    """`new` or `existing` for each opportunity with an account: whether that had won anything else before it."""
    opportunities = basis.objects["opportunity"]
    found = opportunities.select(
        "id",
        account=filled(opportunities["account_id"], FieldType.ID),
        is_closed=opportunities["is_closed"].fill_null(False),
        is_won=opportunities["is_won"].fill_null(False),
        closed_on=opportunities["close_date"],
    )
    earliest = basis.engine.once("first wins", lambda: _first_wins(found))
    both = found.filter(found["account"].notnull()).left_join(earliest, "account")
    is_itself = (both["first_id"] == both["id"]).fill_null(False)
    won_on = ibis.ifelse(is_itself, both["second_on"], both["first_on"])
    won_id = ibis.ifelse(is_itself, both["second_id"], both["first_id"])
    today = ibis.literal(basis.today)
    day = ibis.ifelse(both["is_closed"], both["closed_on"], ibis.null("date")).fill_null(today)
    same_day = ~both["is_closed"] | (both["is_won"] & (won_id < both["id"]))
    is_existing = ((won_on < day) | ((won_on == day) & same_day)).fill_null(False)
    return both.select("id", customer=ibis.ifelse(is_existing, "existing", "new"))


def _first_wins(opportunities: ir.Table) -> ir.Table:
    """The first two that each account won: `first_on`, `first_id`, `second_on`, `second_id`, by day, then id."""
    won = opportunities.filter(opportunities["is_won"], ibis._.closed_on.notnull(), ibis._.account.notnull())
    in_order = ibis.window(group_by="account", order_by=["closed_on", "id"])
    placed = won.mutate(place=ibis.row_number().over(in_order)).filter(ibis._.place < 2)
    return placed.group_by("account").agg(
        first_on=placed["closed_on"].max(where=placed["place"] == 0),
        first_id=placed["id"].max(where=placed["place"] == 0),
        second_on=placed["closed_on"].max(where=placed["place"] == 1),
        second_id=placed["id"].max(where=placed["place"] == 1),
    )


def first_won_on(basis: Basis, _fields: frozenset[str]) -> ir.Table:
    """The earliest close date of the won opportunities of each account."""
    found = basis.objects["opportunity"]
    won = found.filter(found["is_won"].fill_null(False) & found["close_date"].notnull())
    return won.group_by(id="account_id").agg(first_won_on=won["close_date"].min()).filter(ibis._.id.notnull())


def build_customer_periods(basis: Basis, _fields: frozenset[str]) -> ir.Table:
    """The source `customer_period`; its amounts are in the project's currency, at the rates of the close dates."""
    held = basis.engine.once("paying customers", lambda: _paying(basis))
    nothing = amount(0)
    less = held["opening"] - held["closing"]
    was = held["opening"] > 0
    return held.mutate(
        id=held["account_id"] + " " + held["period_kind"] + " " + held["starts_on"].cast("string"),
        opened=was,
        gained=~was,
        lost=held["closing"] == 0,
        churned=ibis.ifelse(was & (less > 0), less, nothing).cast(AMOUNT),
        expanded=ibis.ifelse(was & (less < 0), -less, nothing).cast(AMOUNT),
    )


def _paying(basis: Basis) -> ir.Table:
    """Whoever pays at the start or the end of each period, with their owner and what they pay a year."""
    spans = _spans(basis)
    in_force = basis.engine.once("customers in force", lambda: _in_force(basis, spans))
    periods = basis.engine.load("customer periods", spans)
    nothing = amount(0)
    opened = in_force.join(periods, in_force["day"] == periods["opens_on"])
    closed = in_force.join(periods, in_force["day"] == periods["closes_on"])
    columns = ["account_id", "period_kind", "starts_on", "ends_on"]
    both = opened.select(*columns, opening="yearly", closing=nothing).union(
        closed.select(*columns, opening=nothing, closing="yearly")
    )
    summed = both.group_by(columns).agg(opening=both["opening"].sum(), closing=both["closing"].sum()).cast(_AMOUNTS)
    paying = summed.filter((summed["opening"] > 0) | (summed["closing"] > 0))
    accounts = basis.objects["account"].select(held_id="id", owner_id="owner_id")
    held = paying.left_join(accounts, paying["account_id"] == accounts["held_id"])
    return held.select(*columns, "owner_id", "opening", "closing")


_AMOUNTS = {"opening": AMOUNT, "closing": AMOUNT}


def _spans(basis: Basis) -> pa.Table:
    """Every month, quarter and year, with the days at whose end a customer is looked at."""
    rows = [_span(period, basis.today) for period in basis.periods if period.kind in _KINDS]
    return pa.Table.from_pylist(rows, schema=_SPANS)


def _span(period: Period, today: date) -> dict[str, object]:
    last = period.end - timedelta(days=1)
    return {
        "period_kind": period.kind,
        "starts_on": period.start,
        "ends_on": last,
        "opens_on": period.start - timedelta(days=1),
        "closes_on": min(last, today),
    }


def _in_force(basis: Basis, spans: pa.Table) -> ir.Table:
    """What each account pays a year at the end of each day that matters: `account_id`, `day`, `yearly`."""
    days = pa.chunked_array([*spans["opens_on"].chunks, *spans["closes_on"].chunks], pa.date32()).unique()
    looked_at = basis.engine.load("customer days", pa.table([days], schema=_DAYS))
    bought = contracts(basis)
    on = [bought["starts_on"] <= looked_at["day"], looked_at["day"] < bought["kept_until"]]
    found = bought.join(looked_at, on)
    return found.group_by("account_id", "day").agg(yearly=found["yearly"].sum().cast(AMOUNT))
