"""The territory of every account: the first whose conditions it meets, else the rule's `otherwise`, else none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from salesops.conditions import Meaning, meets_all
from salesops.paths import with_paths
from salesops.results import TERRITORIES

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from salesops.basis import Basis


def compute_territories(basis: Basis) -> ir.Table:
    """A row for each account, its territory null where none fits; no rows where the project has no territories."""
    rules = basis.rules.territories
    if rules is None:
        return basis.engine.load("no territories", TERRITORIES.empty_table())
    paths = {condition.field for territory in rules.territories for condition in territory.where}
    accounts, meaning = with_paths(basis, "account", paths), Meaning.of(basis.rules, basis.today)
    fits = (
        (meets_all(accounts, "account", territory.where, meaning), ibis.literal(territory.name))
        for territory in rules.territories
    )
    otherwise = ibis.literal(rules.otherwise, type="string")
    return accounts.select(account_id=accounts["id"], territory=ibis.cases(*fits, else_=otherwise))
