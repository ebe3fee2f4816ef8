"""Contracts: what accounts buy with the opportunities that are won of them, from when to when.

A contract is in force from `starts_on` to before `until`. It starts on its opportunity's close date; one that renews
another starts when that ends, so that who renews early neither pays twice nor is away. `customers` in salesops.yaml
may name fields that say otherwise, and a grace.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from config.model import FieldType
from salesops.calendar import EARLIEST
from salesops.conditions import day_or_moment, filled
from salesops.currency import converted, with_rate
from salesops.exact import AMOUNT, ratio, whole_part
from salesops.sources.days import days_between, days_later, months_later
from salesops.sources.needs import RENEWAL_TYPES
from salesops.sources.renewals import renewal_starts

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from salesops.basis import Basis

_MONTHS, _DAYS = 4800, 146_097  # of four hundred years: what a mean month is
_COLUMNS = ("id", "account_id", "starts_on", "until")


def contracts(basis: Basis) -> ir.Table:
    """Every contract: `id` (its opportunity's), `account_id`, `close_date`, `starts_on`, `until`, `yearly` and
    `kept_until`.

    `yearly` is its amount in the project's currency, at the rate of the close date, times 12 over its months: those of
    the term, or where a field says when it ends its days over those of a mean month, rounded to a whole number, at
    least 1. `kept_until` is `until`, or the start of the account's next contract that comes within the grace.
    """
    return basis.engine.once("contracts", lambda: _contracts(basis))


def opportunity_contracts(basis: Basis, _fields: frozenset[str]) -> ir.Table:
    """From when to when the contract of each won opportunity is, and how many days after its close it starts."""
    found = contracts(basis)
    return found.select(
        "id",
        contract_starts_on="starts_on",
        contract_ends_on=days_later(found["until"], -1),
        contract_days_ahead=days_between(found["close_date"], found["starts_on"]),
    )


def _contracts(basis: Basis) -> ir.Table:
    sold = basis.engine.once("sold to customers", lambda: _sold(basis))
    placed = basis.engine.keep("placed contracts", _placed(basis, sold))
    sold = sold.rename(sold_id="id", sold_to="account_id")
    found = placed.join(sold, placed["id"] == sold["sold_id"])
    days = ibis.greatest(days_between(found["starts_on"], found["until"]), 1)
    in_days = ibis.greatest(whole_part(2 * _MONTHS * days + _DAYS, 2 * _DAYS), 1)
    months = ibis.ifelse(found["own_end"].isnull(), ibis.literal(basis.rules.customers.months, type="int64"), in_days)
    found = found.mutate(yearly=ratio(found["amount"] * 12, months.cast(AMOUNT)))
    found = found.select(*_COLUMNS, "close_date", "yearly")
    return _with_grace(found, basis.rules.customers.grace_days)


def _with_grace(found: ir.Table, days: int) -> ir.Table:
    if not days:
        return found.mutate(kept_until=found["until"])
    following = found.select(next_of="account_id", next_on="starts_on")
    gap = days_between(found["until"], following["next_on"])
    near = found.join(following, [found["account_id"] == following["next_of"], gap > 0, gap <= days])
    first = near.group_by(kept_id="id").agg(kept=near["next_on"].min())
    kept = found.left_join(first, found["id"] == first["kept_id"])
    return kept.mutate(kept_until=kept["kept"].coalesce(kept["until"])).drop("kept_id", "kept")


def _placed(basis: Basis, sold: ir.Table) -> ir.Table:
    """Every contract with its days (_COLUMNS): those that follow no other, and renewals after what they follow."""
    waits = sold["own_start"].isnull() & sold["renews"]
    settled = basis.engine.keep("settled contracts", _with_days(basis, sold.filter(~waits), "own_start"))
    waiting = sold.filter(waits)
    starts = renewal_starts(basis.engine, waiting, settled, basis.rules.customers.months)
    renewals = waiting.join(starts, waiting["id"] == starts["renewal_id"])
    return settled.union(_with_days(basis, renewals, "renews_on"))


def _with_days(basis: Basis, sold: ir.Table, start: str) -> ir.Table:
    """The contracts with their first day, in the column `start` or else the close date, and the first day after."""
    dated = sold.mutate(starts_on=sold[start].coalesce(sold["close_date"]))
    after_term = months_later(dated["starts_on"], basis.rules.customers.months)
    return dated.mutate(until=days_later(dated["own_end"], 1).coalesce(after_term)).select(*_COLUMNS)


def _sold(basis: Basis) -> ir.Table:
    """What was sold to accounts by the as-of day: `id`, `account_id`, `close_date`, a positive `amount` in the
    project's currency, whether it `renews`, and when its own fields say that it starts (`own_start`) and ends
    (`own_end`).
    """
    found, said = basis.objects["opportunity"], basis.rules.customers
    is_sold = found["is_won"].fill_null(False) & (found["amount"] > 0)
    is_past = (found["close_date"] >= EARLIEST) & (found["close_date"] <= basis.today)
    sold = found.filter(is_sold & is_past & filled(found["account_id"], FieldType.ID).notnull())
    rated = with_rate(basis, sold, "currency", "close_date", "rate")
    words = sorted({word.lower() for word in basis.rules.meanings.get(RENEWAL_TYPES, ()) if word})
    renews = rated["type"].lower().isin(words).fill_null(False) if words else ibis.literal(value=False)
    return rated.filter(rated["rate"].notnull()).select(
        "id",
        "account_id",
        "close_date",
        amount=converted(rated["amount"], rated["rate"]),
        renews=renews,
        own_start=_day(rated, said.starts),
        own_end=_day(rated, said.ends),
    )


def _day(rows: ir.Table, field: str | None) -> ir.Value:
    return ibis.null("date") if field is None else day_or_moment(rows, "opportunity", field)
