"""The same pay as `pay_company` says, as a good analyst would write it by hand in DuckDB SQL: exact, in decimals.

Every credit in the order of day and id; what it earns is the rounded scale at the running total with it less that
without it. Ends with a row for each payee, component, month and opportunity.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from benchmarks.pay_company import OVERRIDES, TARGET, TIERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

_STEPS = [(bound, rate) for bound, rate in TIERS]
_SCALE = " + ".join(
    f"greatest({{total}} - CAST({bound} AS DECIMAL(4, 1)) * {TARGET}, 0) * (CAST({rate} AS DECIMAL(4, 3)) - {before})"
    for (bound, rate), before in zip(
        _STEPS, ["0", *(f"CAST({rate} AS DECIMAL(4, 3))" for _, rate in _STEPS)], strict=False
    )
)

_CREDITS = """
    CREATE TABLE credit AS
    SELECT s.user_id AS payee, o.close_date AS day, o.id,
           CAST(o.amount * s.percent AS DECIMAL(18, 6)) AS credit
    FROM opportunity o JOIN opportunity_split s ON s.opportunity_id = o.id
    WHERE o.is_won
"""
_SELLERS = f"""
    SELECT payee, 'commission' AS component, strftime(day, '%Y-%m') AS period, id,
           CAST(round({_SCALE.format(total="total")}, 2) - round({_SCALE.format(total="(total - credit)")}, 2)
                AS DECIMAL(38, 6)) AS amount
    FROM (SELECT payee, day, id, credit, sum(credit) OVER (
              PARTITION BY payee, quarter(day) ORDER BY day, id ROWS UNBOUNDED PRECEDING) AS total
          FROM credit)
"""
_MANAGERS = """
    SELECT manager, 'override' AS component, period, id,
           CAST(round(total, 2) - round(total - earned, 2) AS DECIMAL(38, 6)) AS amount
    FROM (SELECT manager, strftime(day, '%Y-%m') AS period, id, earned, sum(earned) OVER (
              PARTITION BY manager, month(day) ORDER BY day, id ROWS UNBOUNDED PRECEDING) AS total
          FROM (SELECT manager, day, id, sum(credit * rate) AS earned
                FROM credit JOIN above ON above.seller = credit.payee
                GROUP BY manager, day, id))
"""


def compute(facts: Mapping[str, pa.Table]) -> pa.Table:
    """What each payee earns on each opportunity."""
    with duckdb.connect(":memory:") as database:
        for name, table in facts.items():
            database.register(name, table)
        database.execute(_CREDITS)
        database.execute(_above())
        return database.sql(f"{_SELLERS} UNION ALL {_MANAGERS} ORDER BY ALL").to_arrow_table()


def _above() -> str:
    rates = " ".join(f"WHEN {level} THEN CAST({rate} AS DECIMAL(4, 3))" for level, rate in OVERRIDES.items())
    return f"""
        CREATE TABLE above AS
        WITH RECURSIVE chain(seller, manager, level) AS (
            SELECT id, manager_id, 1 FROM "user" WHERE manager_id IS NOT NULL
            UNION ALL
            SELECT chain.seller, u.manager_id, level + 1 FROM chain JOIN "user" u ON u.id = chain.manager
            WHERE u.manager_id IS NOT NULL)
        SELECT seller, manager, CASE level {rates} END AS rate FROM chain WHERE level <= {len(OVERRIDES)}
    """
