"""What statements are made of, from a calculation as the store keeps it; nothing of today goes into one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from salesops.statements.books import open_books
from salesops.statements.model import Calculation, Person, Reason
from sync.pay.kept import read_calculation
from sync.store.ledger import read_ledger

if TYPE_CHECKING:
    from salesops.statements.books import Books
    from sync.store.store import Store


def read_books(store: Store, connection: str, period: str) -> Books:
    """The calculation that a pay period stands at, ready for statements; PayError where it is open.

    An export of a closed period changes nothing of what is stated.
    """
    kept = read_calculation(store, connection, period)
    names = kept.names.to_pylist()
    return open_books(
        Calculation(
            period=kept.calculation.period,
            state="closed" if kept.state == "exported" else kept.state,
            number=kept.calculation.number,
            entries=kept.entries,
            ledger=read_ledger(store, kept.calculation.before),
            earnings=kept.earnings,
            credits=kept.credits,
            measures=kept.measures,
            comp_plans=kept.rules.comp_plans,
            currency=kept.rules.currency,
            calendar=kept.rules.calendar,
            people={each["id"]: _person(each) for each in names if each["object"] == "user"},
            opportunities={each["id"]: each["name"] or "" for each in names if each["object"] == "opportunity"},
            reasons={each.id: Reason(each.reason, each.author) for each in kept.adjustments},
        )
    )


def _person(row: dict[str, str | None]) -> Person:
    return Person(row["name"] or row["email"] or row["id"] or "", row["email"] or "")
