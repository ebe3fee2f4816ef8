"""The tiers of components as a payee stands in them, from what a calculation keeps of them."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from config.comp_plans import Tiers
from salesops.statements.model import Ladder, Tier

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from salesops.statements.books import Row
    from salesops.statements.by_plan import Named


def ladders(of: Named, rows: Sequence[Row]) -> Iterator[Ladder]:
    """Each component's tiers by interval, in the order of the comp plan; `rows` are TIERS of one of its payees."""
    known = list(of.plan.components) if of.plan else []

    def place(row: Row) -> tuple[int, str, str]:
        name = row["component"]
        return known.index(name) if name in known else len(known), name, row["interval"]

    ordered = sorted(rows, key=lambda row: (*place(row), row["tier"]))
    for (_, name, interval), its in groupby(ordered, key=place):
        yield _ladder(of, name, interval, list(its))


def _ladder(of: Named, name: str, interval: str, rows: Sequence[Row]) -> Ladder:
    tiers = tuple(_tier(row) for row in rows)
    needed = next((row["next"] for row in rows if row["next"] is not None), None)
    here = next((place for place, each in enumerate(tiers) if each.is_reached), None)
    higher = tiers[here + 1 :] if here is not None else ()
    component = of.plan.components.get(name) if of.plan else None
    measure: str = getattr(component, "by", "")
    first = rows[0]
    return Ladder(
        component=name,
        label=of.component(name),
        measure=measure,
        measure_label=of.measure(measure),
        interval=interval,
        tiers=tiers,
        worth=first["worth"],
        to_date=first["to_date"],
        before=first["before"],
        following=(needed, higher[0]) if needed is not None and higher else None,
        is_above=isinstance(component, Tiers) and component.bound == "upper",
    )


def _tier(row: Row) -> Tier:
    is_value = row["starts_at"] is not None and row["starts_at"] == row["bound"]
    return Tier(
        at=row["bound"],
        is_value=is_value and bool(row["bound"]),
        number=row["number"],
        unit=row["unit"],
        is_reached=row["reached"],
        credit=row["credit"],
        amount=row["amount"],
    )
