"""Users who left: up to which day each of them was active.

A CRM shows that a user is inactive, not since when. Where a change of it was seen, that says so; else what they last
did.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from salesops.calendar import EARLIEST
from salesops.conditions import naive
from salesops.people import user_days
from salesops.sources.days import days_later

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from salesops.basis import Basis


def active_days(basis: Basis) -> ir.Table:
    """When each user was active at the end of local days: `user_id`, `from_day` to before `until_day`.

    A user whose leaving nobody saw was active up to the last day on which an opportunity of theirs closed or an
    activity of theirs was done, or else that of their creation. Before they were created nobody looks at them here.
    """
    return basis.engine.once("active days", lambda: _active_days(basis))


def _active_days(basis: Basis) -> ir.Table:
    held = user_days(basis, "active", "then")
    seen = held.filter(held["value"].fill_null(False)).drop("value")
    unseen = _unseen(basis)
    did = _last_dones(basis, unseen)
    known = unseen.left_join(did, unseen["user_id"] == did["done_by"])
    last = known["done_on"].coalesce(known["created_on"])
    known = known.filter(last.notnull()).select(
        "user_id", from_day=ibis.literal(EARLIEST), until_day=days_later(last, 1)
    )
    return seen.select("user_id", "from_day", "until_day").union(known)


def _unseen(basis: Basis) -> ir.Table:
    """Inactive users of whom no change of that is known: `user_id`, and the day of their creation (`created_on`)."""
    users, changes = basis.users, basis.objects["change"]
    about = (changes["object"] == "user") & (changes["field"] == "active") & changes["at"].notnull()
    left = users.filter(~users["active"].fill_null(False))
    seen = changes.filter(about)
    unseen = left.anti_join(seen, left["id"] == seen["record_id"])
    return unseen.select(user_id="id", created_on=basis.local_day(unseen["created_at"]))


def _last_dones(basis: Basis, users: ir.Table) -> ir.Table:
    """The last day, by the as-of day, on which each of the users (`done_by`) closed an opportunity or did an activity,
    if they ever did.
    """
    deals, activities = basis.objects["opportunity"], basis.objects["activity"]
    closed = deals.filter(deals["is_closed"].fill_null(False) & (deals["close_date"] <= basis.today))
    closed = closed.select(done_by="owner_id", done_on="close_date")
    done = activities.filter(activities["done"].fill_null(False) & (activities["at"] <= naive(basis.as_of)))
    done = done.semi_join(users, done["owner_id"] == users["user_id"])
    latest = done.group_by(done_by="owner_id").agg(at=done["at"].max())
    both = closed.union(latest.select("done_by", done_on=basis.local_day(latest["at"])))
    both = both.filter(both["done_on"] >= EARLIEST)
    return both.group_by("done_by").agg(done_on=both["done_on"].max())
