"""Accounts in territories, by account and territory (Object Reference, ObjectTerritory2Association)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from connectors.salesforce.ids import full_id
from connectors.salesforce.rows import DELETED, ID, Shape
from connectors.salesforce.standing import lists
from connectors.salesforce.wide import read_together
from connectors.writing import Standing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connectors.salesforce.session import Session
    from connectors.salesforce.targets import Place
    from connectors.writing import Outcome

BY_HAND = "Territory2Manual"
"""The cause that "can be set only by a user or via the API"; all others are the territory rules' own."""


@dataclass(frozen=True, slots=True)
class TerritoryAccounts:
    """Which accounts are in which territories, whatever put them there."""

    session: Session
    place: Place

    def find(self, fields: Sequence[str], names: Sequence[str]) -> dict[str, Standing]:  # noqa: ARG002  it has none
        """Those that are there, by name."""
        known = {tuple(map(full_id, name.split("|"))): name for name in names}
        marks = (DELETED,) if DELETED in self.place.sobject.fields else ()
        asked, sobject = (ID, "ObjectId", "Territory2Id", *marks), self.place.sobject.name
        accounts = sorted({account for account, _ in known})
        queries = [f"SELECT {', '.join(asked)} FROM {sobject} WHERE ObjectId IN ({each})" for each in lists(accounts)]
        found = {}
        for record_id, account, territory, *deleted in read_together(self.session, queries, Shape(sobject, asked)):
            name = known.get((full_id(account), full_id(territory)))
            if name is not None and True not in deleted:
                found[name] = Standing(record_id, {})
        return found

    def values(self, name: str) -> Mapping[str, str | None] | Outcome:
        """What makes a new association the one of that name."""
        account, territory = name.split("|")
        return {"ObjectId": account, "Territory2Id": territory, "AssociationCause": BY_HAND}
