"""What activities say of the opportunity or lead that they are on, and when they were entered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from config.model import FieldType
from salesops.conditions import filled, naive
from salesops.exact import in_millionths, whole_part
from salesops.working_time import calendar_of_team, with_working_seconds, working_days_by_utc_day

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


def responses(basis: Basis, fields: frozenset[str]) -> ir.Table:
    """When somebody first answered each lead, and the whole seconds from its creation to then: all, and those of the
    working hours of its owner's calendar."""
    found = _done_on_leads(basis)
    is_answer = found["kind"].isin(RESPONSES) & (found["direction"].fill_null("") != "inbound")
    first = found.filter(is_answer).group_by(id="lead_id")
    answered = first.agg(first_response_at=ibis._.at.min(), created_at=ibis._.created_at.min())
    seconds = _seconds(answered["created_at"], answered["first_response_at"])
    answered = answered.mutate(response_seconds=seconds)
    return _with_working_seconds(basis, answered) if "response_working_seconds" in fields else answered


def _with_working_seconds(basis: Basis, answered: ir.Table) -> ir.Table:
    leads = basis.objects["lead"].select(of_lead="id", of_user="owner_id")
    users = basis.users.select(user_id="id", team="team")
    owned = leads.left_join(users, leads["of_user"] == users["user_id"])
    team = filled(owned["team"], FieldType.TEXT)
    calendars = owned.select("of_lead", calendar=calendar_of_team(team, basis.rules.working_time))
    rows = answered.join(calendars, answered["id"] == calendars["of_lead"]).drop("of_lead")
    ends = ("created_at", "first_response_at", "calendar")
    worked = with_working_seconds(rows, working_days_by_utc_day(basis), *ends, "seconds")
    return worked.mutate(response_working_seconds=whole_part(in_millionths(worked["seconds"]), 1_000_000))


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
