"""What activities say of the opportunity or lead that they are on, and when they were entered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from salesops.conditions import naive
from salesops.exact import whole_part

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from salesops.basis import Basis

RESPONSES = ("call", "email", "meeting")


def on_opportunity(basis: Basis, _fields: frozenset[str]) -> ir.Table:
    """When the latest done activity on each opportunity was by the as-of time, and the first planned one after is."""
    found, now = basis.objects["activity"], naive(basis.as_of)
    done = found["done"].fill_null(False)
    is_last, is_next = done & (found["at"] <= now), ~done & (found["at"] > now)
    on_any = found.filter((is_last | is_next) & found["opportunity_id"].notnull())
    return on_any.group_by(id="opportunity_id").agg(
        last_activity_at=on_any["at"].max(where=is_last), next_activity_at=on_any["at"].min(where=is_next)
    )


def entry_seconds(_basis: Basis, rows: ir.Table) -> ir.Value:
    """The whole seconds from when each activity took place to when it was entered; 0 where that was before."""
    is_dated = rows["at"].notnull() & rows["created_at"].notnull()
    passed = _seconds(rows["at"], ibis.greatest(rows["at"], rows["created_at"]))
    return ibis.ifelse(is_dated, passed, ibis.null(passed.type()))


def first_on_lead(basis: Basis, rows: ir.Table) -> ir.Value:
    """Whether each activity is the first done outbound one on its lead since the lead's creation."""
    return rows["id"].isin(basis.engine.once("first on leads", lambda: _first_on_leads(basis))["id"])


def _first_on_leads(basis: Basis) -> ir.Table:
    found = _done_on_leads(basis)
    sent = found.filter(found["direction"] == "outbound")
    by_lead = ibis.window(group_by="lead_id", order_by=["at", "id"])
    return sent.mutate(place=ibis.row_number().over(by_lead)).filter(ibis._.place == 0).select("id")


def responses(basis: Basis, _fields: frozenset[str]) -> ir.Table:
    """When somebody first answered each lead, and the whole seconds from its creation to then."""
    found = _done_on_leads(basis)
    is_answer = found["kind"].isin(RESPONSES) & (found["direction"].fill_null("") != "inbound")
    first = found.filter(is_answer).group_by(id="lead_id")
    answered = first.agg(first_response_at=ibis._.at.min(), created_at=ibis._.created_at.min())
    seconds = _seconds(answered["created_at"], answered["first_response_at"])
    return answered.select("id", "first_response_at", response_seconds=seconds)


def _done_on_leads(basis: Basis) -> ir.Table:
    """The done activities on leads from the lead's creation to the as-of time, with that (`created_at`)."""
    found, leads = basis.objects["activity"], basis.objects["lead"].select(on_lead="id", created_at="created_at")
    done = found.filter(found["done"].fill_null(False) & (found["at"] <= naive(basis.as_of)))
    done = done.select("id", "lead_id", "kind", "direction", "at")
    both = done.join(leads, done["lead_id"] == leads["on_lead"])
    return both.filter(both["at"] >= both["created_at"])


def _seconds(start: ir.Value, end: ir.Value) -> ir.Value:
    """Whole seconds that passed between two instants, the second not before the first."""
    return whole_part(end.delta(start, unit="millisecond"), 1000)
