"""Facts and comp plans of a large sales force: what the incentive core is measured on.

Eight thousand sellers under five levels of managers, ten thousand payees in all; 800,000 won opportunities of 2025, a
quarter of them split 60 to 40, so a million credits, and each counts for five managers, too. Made of arithmetic on row
numbers, so it is the same on every machine. `scale` divides the people and the opportunities.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import duckdb

from config.calendars import FiscalYear
from config.comp_plans import CompPlan
from config.quotas import Quota
from salesops.rules import Rules

if TYPE_CHECKING:
    import pyarrow as pa

AS_OF = datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC)
OPPORTUNITIES = 800_000
LEVELS = (1, 4, 20, 175, 1_800)
"""Managers of each level, from the top."""
SELLERS = 8_000
TARGET = 300_000
TIERS = (("0", "0.08"), ("1", "0.12"), ("1.5", "0.15"))
OVERRIDES = {1: "0.01", 2: "0.005", 3: "0.003", 4: "0.002", 5: "0.001"}

_USERS = """
    WITH sizes AS (SELECT * FROM (VALUES {sizes}) v(level, first, many, above_first, above_many))
    SELECT 'u' || lpad(CAST(first + n AS VARCHAR), 6, '0') AS id, 'u' || (first + n) || '@x.example' AS email,
           TRUE AS active, CAST(NULL AS VARCHAR) AS team, TIMESTAMP '2020-01-01' AS created_at,
           CASE WHEN level = {depth} THEN 'Seller' ELSE 'Manager' END AS role,
           CASE WHEN above_many > 0
                THEN 'u' || lpad(CAST(above_first + n * above_many // many AS VARCHAR), 6, '0') END AS manager_id
    FROM sizes, range(many) r(n)
"""
_OPPORTUNITIES = """
    SELECT 'o' || lpad(CAST(n AS VARCHAR), 7, '0') AS id,
           'u' || lpad(CAST({first} + pick(n, 1, {sellers}) AS VARCHAR), 6, '0') AS owner_id, TRUE AS is_closed,
           TRUE AS is_won, 'Closed Won' AS stage, DATE '2025-01-01' + CAST(pick(n, 2, 365) AS INTEGER) AS close_date,
           CAST((10000 + pick(n, 3, 2000000)) * CAST(0.01 AS DECIMAL(3, 2)) AS DECIMAL(38, 6)) AS amount,
           CAST(NULL AS VARCHAR) AS currency,
           TIMESTAMP '2024-12-01' AS created_at
    FROM range({opportunities}) r(n)
"""
_SPLIT = "opportunity_split"
_SPLITS = """
    CREATE TABLE opportunity_split AS
    SELECT 's' || o.id || part AS id, o.id AS opportunity_id, 'Revenue' AS type,
           CASE WHEN part = 0 THEN o.owner_id
                ELSE 'u' || lpad(
                    CAST({first} + (CAST(o.owner_id[2:] AS BIGINT) - {first} + 1) % {sellers} AS VARCHAR), 6, '0')
           END AS user_id,
           CAST(CASE WHEN n % 4 > 0 THEN 1 WHEN part = 0 THEN 0.6 ELSE 0.4 END AS DECIMAL(38, 6)) AS percent
    FROM (SELECT *, CAST(id[2:] AS BIGINT) AS n FROM opportunity) o, range(2) r(part)
    WHERE part = 0 OR n % 4 = 0
"""


def build_rules() -> Rules:
    """The rules: a quarterly quota with tiers for sellers, and a rate of each level for managers."""
    quota = Quota.model_validate(
        {
            "label": "Bookings",
            "metric": "won_amount",
            "period": "quarter",
            "targets": [{"from": "2025-01-01", "default": str(TARGET)}],
        }
    )
    return Rules(
        time_zone="UTC",
        fiscal_year=FiscalYear(),
        currency="USD",
        metrics={},
        quotas={"bookings": quota},
        comp_plans={"sellers": _sellers(), "managers": _managers()},
    )


def _sellers() -> CompPlan:
    won = {"source": "opportunity", "where": [{"field": "is_won", "is": "true"}], "time": "close_date"}
    return CompPlan.model_validate(
        {
            "label": "Sellers",
            "effective_from": "2025-01-01",
            "eligible": {"roles": ["Seller"]},
            "credits": {"sales": {**won, "to": {"splits": ["Revenue"]}}},
            "measures": {"sold": {"credits": ["sales"], "over": "quarter", "target": "bookings"}},
            "components": {
                "commission": {
                    "kind": "tiers",
                    "by": "sold",
                    "reading": "marginal",
                    "tiers": [{"from": bound, "rate": rate} for bound, rate in TIERS],
                }
            },
        }
    )


def _managers() -> CompPlan:
    won = {"source": "opportunity", "where": [{"field": "is_won", "is": "true"}], "time": "close_date"}
    above = {"managers": [str(level) for level in OVERRIDES], "of": {"splits": ["Revenue"]}}
    return CompPlan.model_validate(
        {
            "label": "Managers",
            "effective_from": "2025-01-01",
            "eligible": {"managers": "true"},
            "credits": {"below": {**won, "to": above}},
            "tables": {"rate": {"by": ["level"], "rows": {str(level): rate for level, rate in OVERRIDES.items()}}},
            "components": {"override": {"kind": "rate", "on": "below", "rate": "rate"}},
        }
    )


def build_facts(scale: int = 1) -> dict[str, pa.Table]:
    """Users, opportunities and their splits, as the core takes them."""
    many = [max(1, size // scale) for size in LEVELS] + [SELLERS // scale]
    firsts = [sum(many[:level]) for level in range(len(many))]
    above = zip([0, *firsts], [0, *many], strict=False)
    sizes = ", ".join(
        f"({level}, {first}, {size}, {over[0]}, {over[1]})"
        for level, (first, size, over) in enumerate(zip(firsts, many, above, strict=False))
    )
    values = {
        "sizes": sizes,
        "depth": len(LEVELS),
        "first": firsts[-1],
        "sellers": many[-1],
        "opportunities": OPPORTUNITIES // scale,
    }
    with duckdb.connect(":memory:") as database:
        database.execute(
            "CREATE MACRO pick(n, salt, m) AS CAST((hash(n * 2654435761 + salt * 40503) >> 3) % m AS BIGINT)"
        )
        database.execute(f"CREATE TABLE opportunity AS {_OPPORTUNITIES.format(**values)}")
        database.execute(f'CREATE TABLE "user" AS {_USERS.format(**values)}')
        database.execute(_SPLITS.format(**values))
        return {name: database.sql(f'FROM "{name}"').to_arrow_table() for name in ("user", "opportunity", _SPLIT)}
