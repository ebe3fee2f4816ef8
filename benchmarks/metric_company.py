"""A store with a large company in it, written straight into the tables: what the metrics are measured on.

A million opportunities with three million steps of history and a million line items, five million activities, 300,000
leads, 200,000 accounts and half a million changes of fields over 24 months; 4,779 reps in 200 teams under 200 managers,
20 directors and one head. Made of arithmetic on row numbers, so it is the same on every machine. `scale` divides
everything but the months, products and stages. Nobody has left and no opportunity renews another: what follows of that
is not written by hand.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import duckdb

from benchmarks.metric_names import BY_HAND
from config.calendars import FiscalYear
from config.catalog_files import read_catalog
from config.comp_plans import CompPlan
from config.metrics.grains import grains_of_all
from config.quotas import Quota
from salesops.rules import Rules
from sync.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pyarrow as pa

    from config.metrics import Metric

CONNECTION = "crm"
FIRST_DAY, DAYS = date(2024, 1, 1), 731
AS_OF = datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC)
USERS, OPPORTUNITIES, ACTIVITIES, LEADS, ACCOUNTS = 5_000, 1_000_000, 5_000_000, 300_000, 200_000
TARGET = 150_000  # of each rep and month

GRAINS = ("user", "team")
"""The grains that are measured, besides the company."""

_MACROS = """
    -- A number below m out of a row number and a salt: multiplications by odd constants spread neighbours far apart.
    CREATE MACRO pick(n, salt, m) AS CAST((hash(n * 2654435761 + salt * 40503) >> 3) % m AS BIGINT);
    -- The moment so many seconds after the first day began, and the day so many days after it.
    CREATE MACRO moment(second) AS
        strftime(TIMESTAMP '{first}' + to_seconds(CAST(second AS BIGINT)), '%Y-%m-%dT%H:%M:%S.000Z');
    CREATE MACRO on_day(day) AS strftime(DATE '{first}' + CAST(day AS INTEGER), '%Y-%m-%d');
    CREATE MACRO rep(n, salt) AS 'u' || ({first_rep} + pick(n, salt, {reps}));
    CREATE MACRO amount(n, salt) AS
        CAST(100 + pick(n, salt, 90000) AS VARCHAR) || '.' || (10 + pick(n, salt + 1, 90));
    -- What several tables must agree on: when leads and opportunities were made, how far an opportunity came and when.
    CREATE MACRO lead_at(n) AS pick(n, 13, {days}) * 86400 + pick(n, 14, 86400);
    CREATE MACRO made(n) AS pick(n, 30, {days});
    CREATE MACRO made_at(n) AS made(n) * 86400 + pick(n, 27, 86400);
    CREATE MACRO step(n) AS CASE WHEN made(n) > {days} - 60 THEN pick(n, 31, 3) ELSE 2 + pick(n, 32, 3) END;
    CREATE MACRO stage_name(step) AS
        ['Prospecting', 'Proposal', 'Negotiation', 'Closed Won', 'Closed Lost'][1 + step];
    CREATE MACRO closes(n) AS CASE WHEN step(n) < 3 THEN made(n) + 20 + pick(n, 24, 90)
        ELSE least(made(n) + 1 + pick(n, 24, 110), {days} - 1) END;
    CREATE MACRO last_at(n) AS CASE WHEN step(n) >= 3 THEN greatest(closes(n) * 86400, made_at(n))
        ELSE least(made_at(n) + pick(n, 44, 3000000), {days} * 86400 - 2) END;
"""

_ROWS = {
    "user": """
        SELECT 'u' || n AS id, 'User ' || n AS name, 'u' || n || '@x.example' AS email,
               1 AS active,
               CASE WHEN n >= {first_rep} THEN 'Team ' || (1 + n % {managers}) END AS team,
               CASE WHEN n >= {first_rep} THEN 'Rep' ELSE 'Manager' END AS role,
               CASE WHEN n >= {first_rep} THEN 'u' || (2 + {directors} + n % {managers})
                    WHEN n > 1 + {directors} THEN 'u' || (2 + n % {directors})
                    WHEN n > 1 THEN 'u1' END AS manager_id,
               moment(pick(n, 1, 900) * -86400) AS created_at
        FROM range(1, {users} + 1) r(n)""",
    "account": """
        SELECT 'a' || n AS id, 'Account ' || (n - CAST(n % 50 = 1 AS INTEGER)) AS name, rep(n, 2) AS owner_id,
               ['Retail', 'Energy', 'Finance', 'Health', 'Media', 'Public'][1 + pick(n, 3, 6)] AS industry,
               ['US', 'DE', 'FR', 'JP'][1 + pick(n, 4, 4)] AS country, 1 + pick(n, 5, 30000) AS employees,
               moment(pick(n, 6, 900) * -86400 + pick(n, 7, 86400)) AS created_at, rep(n, 8) AS created_by_id
        FROM range({accounts}) r(n)""",
    "lead": """
        SELECT 'l' || n AS id, rep(n, 10) AS owner_id,
               ['New', 'Working', 'Qualified', 'Unqualified'][1 + pick(n, 11, 4)] AS status,
               ['Web', 'Event', 'Partner'][1 + pick(n, 12, 3)] AS source, moment(lead_at(n)) AS created_at,
               CAST(n % 4 = 0 AS INTEGER) AS converted,
               CASE WHEN n % 4 = 0
                    THEN moment(least(lead_at(n) + pick(n, 15, 1000000), {days} * 86400 - 2)) END AS converted_at,
               CASE WHEN n % 4 = 0 THEN 'o' || n END AS opportunity_id, 'c' || (n - n % 30 // 29) AS contact_id,
               rep(n, 16) AS created_by_id
        FROM range({leads}) r(n)""",
    "opportunity": """
        SELECT 'o' || n AS id, 'Deal ' || n AS name, 'a' || pick(twin, 20, {accounts}) AS account_id,
               rep(n, 21) AS owner_id, 'Sales' AS pipeline, stage_name(step(n)) AS stage,
               CAST(step(n) >= 3 AS INTEGER) AS is_closed, CAST(step(n) = 3 AS INTEGER) AS is_won,
               amount(twin, 22) AS amount, on_day(closes(twin)) AS close_date,
               ['0.1', '0.4', '0.7', '1', '0'][1 + step(n)] AS probability,
               CASE WHEN n % 3 = 0 THEN 'Call' END AS next_step,
               ['New Business', 'Add-On'][1 + pick(n, 25, 2)] AS type, ['Web', 'Event'][1 + pick(n, 26, 2)] AS source,
               moment(made_at(n)) AS created_at, rep(n, 28) AS created_by_id,
               CASE WHEN step(n) = 4 THEN ['Price', 'Timing', 'Rival'][1 + pick(n, 29, 3)] END AS lost_reason
        FROM (SELECT n, CASE WHEN n % 100 = 1 AND step(n) = step(n - 1) AND closes(n - 1) > made(n) THEN n - 1 ELSE n
                     END AS twin
              FROM range({opportunities}) r(n))""",
    "opportunity_history": """
        SELECT 'h' || n AS id, 'o' || deal AS opportunity_id,
               stage_name(CASE n % 3 WHEN 0 THEN 0 WHEN 1 THEN least(pick(deal, 40, 3), step(deal)) ELSE step(deal) END)
                   AS stage,
               amount(deal, CASE WHEN n % 3 = 0 THEN 41 ELSE 22 END) AS amount,
               on_day(CASE WHEN n % 3 = 2 THEN closes(deal) ELSE made(deal) + 10 + pick(n, 43, 90) END) AS close_date,
               moment(made_at(deal) + (last_at(deal) - made_at(deal)) * (n % 3) // 2) AS "at"
        FROM (SELECT n, n // 3 AS deal FROM range({opportunities} * 3) r(n))
        WHERE deal % 50 > 0""",
    "activity": """
        SELECT 't' || n AS id, ['call', 'email', 'meeting', 'task'][1 + kind] AS kind, rep(n, 50) AS owner_id,
               CASE WHEN n % 2 = 0 THEN 'o' || pick(n, 51, {opportunities}) END AS opportunity_id,
               CASE WHEN n % 10 = 1 THEN 'l' || about END AS lead_id, moment(second) AS "at",
               CASE WHEN kind IN (0, 2) THEN 30 + pick(n, 53, 3600) END AS seconds,
               CASE kind WHEN 0 THEN ['Connected', 'No answer', 'Busy'][1 + pick(n, 54, 3)]
                         WHEN 2 THEN ['COMPLETED', 'NO_SHOW'][1 + pick(n, 55, 2)] END AS outcome,
               CASE WHEN pick(n, 56, 3) = 0 THEN 'inbound' ELSE 'outbound' END AS direction,
               CAST(second < {days} * 86400 AND pick(n, 57, 10) > 0 AS INTEGER) AS done,
               moment(least(second + pick(n, 58, 120000), {days} * 86400 - 2)) AS created_at,
               rep(n, 59) AS created_by_id
        FROM (SELECT n, kind, about, CASE
                     WHEN n % 40 = 0 THEN {days} * 86400 + pick(n, 63, 4000000)
                     WHEN n % 10 = 1
                     THEN least(lead_at(about) + pick(n, 64, 1 + pick(n, 65, 400000)), {days} * 86400 - 2)
                     ELSE pick(n, 61, {days}) * 86400 + pick(n, 62, 86398) END AS second
              FROM (SELECT n, pick(n, 60, 4) AS kind, pick(n, 52, {leads}) AS about FROM range({activities}) r(n)))""",
    "product": """
        SELECT 'p' || n AS id, 'Product ' || n AS name, 'Family ' || (n % 5) AS family, 1 AS active
        FROM range(40) r(n)""",
    "line_item": """
        SELECT 'i' || n AS id, 'o' || pick(n, 70, {opportunities}) AS opportunity_id,
               'p' || pick(n, 71, 40) AS product_id,
               CAST(1 + pick(n, 72, 9) AS VARCHAR) AS quantity, CAST(10 + pick(n, 73, 900) AS VARCHAR) AS unit_price,
               '0.1' AS discount, CAST((1 + pick(n, 72, 9)) * (10 + pick(n, 73, 900)) * 9 // 10 AS VARCHAR) AS amount
        FROM range({opportunities}) r(n)""",
    "field_history": """
        SELECT 'f' || n AS id, 'opportunity' AS object, 'o' || pick(n, 80, {opportunities}) AS record_id,
               'next_step' AS field, 'Mail' AS "before", 'Call' AS after,
               moment(pick(n, 81, {days}) * 86400 + pick(n, 82, 86398)) AS "at", rep(n, 83) AS user_id
        FROM range({opportunities} // 2) r(n)""",
    "stage": """
        SELECT 's' || n AS id, 'opportunity' AS object, 'Sales' AS pipeline, stage_name(n) AS name, n AS position,
               CAST(n >= 3 AS INTEGER) AS is_closed, CAST(n = 3 AS INTEGER) AS is_won, 1 AS active
        FROM range(5) r(n)""",
}


def build_store(path: Path, scale: int = 1) -> None:
    """Write the company into a new store at the path; `scale` divides the numbers of rows."""
    with Store(path):
        pass
    sizes = _sizes(scale)
    fill_store(path, _MACROS.format(**sizes), {name: sql.format(**sizes) for name, sql in _ROWS.items()})


def fill_store(path: Path, macros: str, rows: Mapping[str, str]) -> None:
    """Add what each query makes to the table of its name, in the store at the path."""
    import adbc_driver_sqlite.dbapi as adbc

    with duckdb.connect(":memory:") as database:
        database.execute("SET enable_progress_bar = false")
        database.execute(macros)
        for name, sql in rows.items():
            made = _rows(database, sql)
            with adbc.connect(path.resolve().as_uri()) as target, target.cursor() as cursor:
                cursor.adbc_ingest(name, made, mode="append")
                target.commit()


def build_rules() -> Rules:
    """The metrics of `benchmarks.metric_names` by user, team and month: what of the catalog the sides written by hand
    know. A quota a month, with allowance and tiers.
    """
    catalog = read_catalog().model
    grains = grains_of_all(catalog.metrics, catalog.parameters)
    quota = {
        "label": "Bookings",
        "metric": "won_amount",
        "period": "month",
        "allowance": "0.05",
        "targets": [{"from": str(FIRST_DAY), "default": str(TARGET)}],
    }
    tiers = [{"from": "0", "rate": "0.05"}, {"from": "1", "rate": "0.08"}, {"from": "1.5", "rate": "0.1"}]
    plan = {
        "label": "Reps",
        "effective_from": str(FIRST_DAY),
        "eligible": {},
        "credits": {
            "sales": {"source": "opportunity", "where": [{"field": "is_won", "is": "true"}], "time": "close_date"}
        },
        "measures": {"sold": {"credits": ["sales"], "target": "bookings"}},
        "components": {"base": {"kind": "tiers", "by": "sold", "reading": "marginal", "tiers": tiers}},
    }
    return Rules(
        time_zone="UTC",
        fiscal_year=FiscalYear(),
        currency="USD",
        metrics={name: _by_month(catalog.metrics[name], grains[name]) for name in sorted(BY_HAND)},
        quotas={"bookings": Quota.model_validate(quota)},
        comp_plans={"reps": CompPlan.model_validate(plan)},
        dimensions=catalog.dimensions,
        meanings=catalog.meanings,
        parameters=catalog.parameters,
    )


def _by_month(metric: Metric, grains: tuple[str, ...]) -> Metric:
    kept = tuple(grain for grain in grains if grain in GRAINS)
    return metric.model_copy(update={"by": kept, "periods": ("month",)})


def _sizes(scale: int) -> dict[str, int | date]:
    users = USERS // scale
    managers, directors = max(users // 25, 2), max(users // 250, 1)
    return {
        "first": FIRST_DAY,
        "days": DAYS,
        "users": users,
        "managers": managers,
        "directors": directors,
        "first_rep": 2 + directors + managers,
        "reps": users - 1 - directors - managers,
        "accounts": ACCOUNTS // scale,
        "leads": LEADS // scale,
        "opportunities": OPPORTUNITIES // scale,
        "activities": ACTIVITIES // scale,
    }


def _rows(database: duckdb.DuckDBPyConnection, sql: str) -> pa.Table:
    kept = f"'{CONNECTION}' AS connection, '' AS modified_at, 0 AS deleted"
    custom = "" if " AS custom" in sql else ", '{}' AS custom"
    table: pa.Table = database.sql(f"SELECT *, {kept}{custom} FROM ({sql})").to_arrow_table()
    return table
