"""How long users have been there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from salesops.sources.days import days_between

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from salesops.basis import Basis


def tenure_days(basis: Basis, _fields: frozenset[str]) -> ir.Table:
    """The whole days from each user's creation to the as-of day."""
    users = _since(basis)
    return users.select("id", tenure_days=days_between(users["since"], ibis.literal(basis.today)))


def owner_tenure_days(basis: Basis, _fields: frozenset[str]) -> ir.Table:
    """The whole days from the creation of each opportunity's owner to its close date."""
    opportunities, users = basis.objects["opportunity"].select("id", "owner_id", "close_date"), _since(basis)
    users = users.rename(user_id="id")
    owned = opportunities.join(users, opportunities["owner_id"] == users["user_id"])
    dated = owned.filter(owned["close_date"].notnull())
    return dated.select("id", owner_tenure_days=days_between(dated["since"], dated["close_date"]))


def _since(basis: Basis) -> ir.Table:
    users = basis.users.filter(basis.users["created_at"].notnull())
    return users.select("id", since=basis.local_day(users["created_at"]))
