"""Payees and transactions by number: what runs over millions of rows carries numbers, and names are joined to results.

    pay payees NAME          payee INTEGER, from 1 in the order of ids, of each payee_id
    pay order of T NAME      event INTEGER, from 1 in the order of (day, source, id), of each of a table's transactions,
                             and its opportunity_id
    pay places of T NAME     event of each row: by part, the place of its credit among those that are there, from 0,
                             and its `place`
    pay numbered T NAME      the rows of a table of credits, with the numbers of payee and event, the day, and the
                             place of the credit in the comp plan, from 0

T is `credits` or `possible`; `pay T NAME` shows the rows with their names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from salesops.incentives.frame.stretches import stretches_table
from salesops.sql import names, quoted, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from salesops.engine import Engine


def payees_table(name: str) -> str:
    """The name of the table of a comp plan's numbered payees."""
    return f"pay payees {name}"


def order_table(name: str, kind: str = "credits") -> str:
    """The name of the table of transactions in their order."""
    return f"pay order of {kind} {name}"


def places_table(name: str, kind: str = "credits") -> str:
    """The name of the table of where their rows stand."""
    return f"pay places of {kind} {name}"


def numbered_table(name: str, kind: str = "credits") -> str:
    """The name of the table of credits by number."""
    return f"pay numbered {kind} {name}"


def keep_payees(engine: Engine, name: str) -> None:
    """Number the payees of `pay stretches NAME`."""
    found = f"SELECT DISTINCT payee_id FROM {quoted(stretches_table(name))}"
    engine.keep_rows(payees_table(name), f"SELECT payee_id, {_number('payee_id')} AS payee FROM ({found})")


def keep_order(engine: Engine, name: str, kind: str, transactions: Sequence[str]) -> None:
    """Number the rows of these tables by day, source and id, each day by itself: days are sorted side by side."""
    rows = " UNION ALL ".join(
        f"SELECT {part} AS part, place, day, source, id, opportunity_id FROM {quoted(each)}"
        for part, each in enumerate(transactions)
    )
    query = f"""
        WITH numbered AS (
            SELECT *, dense_rank() OVER (PARTITION BY day ORDER BY source, id) AS nth FROM ({rows})
        ), days AS (
            SELECT day, sum(last) OVER (ORDER BY day) - last AS before
            FROM (SELECT day, max(nth) AS last FROM numbered GROUP BY day)
        )
        SELECT part, place, day, source, id, opportunity_id, CAST(before + nth AS INTEGER) AS event
        FROM numbered JOIN days USING (day)
    """
    placed = engine.keep_alike(places_table(name, kind), query)
    each = "SELECT event, min(day) AS day, min(source) AS source, min(id) AS id, min(opportunity_id) AS opportunity_id"
    engine.keep_alike(order_table(name, kind), f"{each} FROM {quoted(placed)} GROUP BY event")


def show_credits(engine: Engine, name: str, kind: str, credits_: Iterable[str], others: Iterable[str]) -> None:
    """Make the view `pay T NAME`, of the numbered credits and their other columns."""
    cases = " ".join(f"WHEN {place} THEN {text(each)}" for place, each in enumerate(credits_))
    credit = f"CASE c.credit {cases} END" if cases else "CAST(NULL AS VARCHAR)"
    listed = names(("amount", "level", *others))
    engine.view_rows(
        f"pay {kind} {name}",
        f"SELECT p.payee_id, c.day, o.source, o.id, o.opportunity_id, {credit} AS credit, {listed} "
        f"FROM {quoted(numbered_table(name, kind))} AS c JOIN {quoted(payees_table(name))} AS p USING (payee) "
        f"JOIN {quoted(order_table(name, kind))} AS o USING (event)",
    )


def in_cells(name: str, events: str) -> str:
    """The FROM of a query: rows with `payee` and `day`, as `events`, and the `cells` that they lie in.

    They are joined by payee and pay period; by days alone each would meet all cells of its payee.
    """
    return (
        f"{events} AS events JOIN {quoted(f'pay days {name}')} AS days ON days.day = events.day "
        f"JOIN {quoted(f'pay cells {name}')} AS cells ON cells.payee = events.payee "
        "AND cells.period_starts = days.period_starts AND events.day >= cell_starts AND events.day < cell_ends"
    )


def position(day: str, event: str) -> str:
    """The place in a payee's order of an event on a day, as SQL: one UBIGINT to sort by."""
    return f"CAST({day} - DATE '1900-01-01' AS UBIGINT) * 4294967296 + CAST({event} AS UBIGINT)"


def position_of_end(day: str) -> str:
    """That of what ends with a day: after all that happened on it."""
    return position(day, "4294967295")


def _number(by: str) -> str:
    return f"CAST(row_number() OVER (ORDER BY {by}) AS INTEGER)"
