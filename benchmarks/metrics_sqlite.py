"""The catalog in SQLite, as a good analyst would write it by hand, over the store's own file.

Money is whole cents until the end, so sums are exact; what is divided is a double, rounded to 6 places. Days are
whole numbers and periods text, as SQLite has no dates. It has no GROUPING SETS and no median either: each grouping is a
SELECT of its own over totals by owner and month, and medians are taken by row numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.metric_company import AS_OF, CONNECTION, FIRST_DAY, TARGET
from benchmarks.metrics_formulas import (
    AS_IT_STANDS,
    CONNECTED,
    IN_CENTS,
    NO_SHOW,
    OF_TEAMS,
    OF_USERS,
    PROPOSAL,
    QUALIFIED,
    RATIOS,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import pyarrow as pa

NOW, TODAY, THIS_MONTH = f"'{AS_OF:%Y-%m-%dT%H:%M:%S.000Z}'", f"'{AS_OF:%Y-%m-%d}'", f"'{AS_OF:%Y-%m}'"
TODAY_DAY = f"{AS_OF.date().toordinal() - FIRST_DAY.toordinal() + 19723}"  # days since 1970, as `_day` reckons them

_LIVE = f"connection = '{CONNECTION}' AND deleted = 0"
_GROUPINGS = (
    ("0", "''", "month", "", "month"),
    ("1", "team", "month", "JOIN people ON id = owner AND team IS NOT NULL", "team, month"),
    ("2", "owner", "month", "JOIN people ON id = owner", "owner, month"),
    ("0", "''", "'all'", "", "1"),
    ("1", "team", "'all'", "JOIN people ON id = owner AND team IS NOT NULL", "team"),
    ("2", "owner", "'all'", "JOIN people ON id = owner", "owner"),
)


def _day(text: str) -> str:
    return f"(unixepoch({text}) / 86400)"


def _cents(amount: str) -> str:
    return f"CAST(round({amount} * 100) AS INTEGER)"


def _count(condition: str = "1") -> str:
    return f"count(*) FILTER (WHERE {condition})"


def _sum(number: str, condition: str = "1") -> str:
    return f"sum({number}) FILTER (WHERE {condition})"


def _rolled(name: str, rows: str, measures: Mapping[str, str], *, all_time: bool = True) -> Iterator[str]:
    """Sums and counts by owner and month first, then by cell; a count of 0 is no value. `rows` have owner and month."""
    first = ", ".join(f"{measure} AS {column}" for column, measure in measures.items())
    again = ", ".join(
        f"nullif(sum({column}), 0) AS {column}" if measure.startswith("count") else f"sum({column}) AS {column}"
        for column, measure in measures.items()
    )
    yield f"CREATE TEMP TABLE base_{name} AS SELECT owner, month, {first} FROM ({rows}) GROUP BY owner, month"
    groupings = _GROUPINGS if all_time else _GROUPINGS[:3]
    cells = (
        f"SELECT {g} AS g, {k} AS k, {m} AS m, {again} FROM base_{name} {joined} GROUP BY {by}"
        for g, k, m, joined, by in groupings
    )
    yield f"CREATE TEMP TABLE w_{name} AS {' UNION ALL '.join(cells)}"
    yield f"CREATE UNIQUE INDEX temp.cell_{name} ON w_{name} (g, k, m)"


def _distinct(name: str, rows: str, column: str) -> Iterator[str]:
    """How many different `what` there are in each cell. `rows` have owner, month and `what`."""
    yield f"CREATE TEMP TABLE base_{name} AS SELECT DISTINCT owner, month, what FROM ({rows})"
    cells = (
        f"SELECT {g} AS g, {k} AS k, {m} AS m, count(DISTINCT what) AS {column} FROM base_{name} {joined} GROUP BY {by}"
        for g, k, m, joined, by in _GROUPINGS
    )
    yield f"CREATE TEMP TABLE w_{name} AS {' UNION ALL '.join(cells)}"
    yield f"CREATE UNIQUE INDEX temp.cell_{name} ON w_{name} (g, k, m)"


def _median(name: str, rows: str, column: str) -> Iterator[str]:
    """The median of `x` in each cell. `rows` have owner, month and `x`."""
    yield f"CREATE TEMP TABLE base_{name} AS {rows}"
    placed = " UNION ALL ".join(
        f"SELECT {g} AS g, {k} AS k, {m} AS m, x FROM base_{name} {joined}" for g, k, m, joined, _ in _GROUPINGS
    )
    yield f"""
        CREATE TEMP TABLE w_{name} AS
        SELECT g, k, m, avg(x) AS {column} FROM (
            SELECT g, k, m, x, row_number() OVER (PARTITION BY g, k, m ORDER BY x) AS place,
                   count(*) OVER (PARTITION BY g, k, m) AS n FROM ({placed}) WHERE x IS NOT NULL)
        WHERE place IN ((n + 1) / 2, (n + 2) / 2) GROUP BY g, k, m"""
    yield f"CREATE UNIQUE INDEX temp.cell_{name} ON w_{name} (g, k, m)"


def _tables() -> Iterator[str]:
    yield f"""
        CREATE TEMP TABLE people AS
        SELECT id, team, active, created_at, {_day("created_at")} AS since,
               id IN (SELECT manager_id FROM user WHERE {_LIVE} AND manager_id <> id) AS is_manager,
               id IN (SELECT manager_id FROM user WHERE {_LIVE} AND active AND manager_id IS NOT NULL) AS manages
        FROM user WHERE {_LIVE}"""
    yield "CREATE UNIQUE INDEX temp.person ON people (id)"
    yield f"""
        CREATE TEMP TABLE working_day AS
        WITH RECURSIVE days(day) AS (
            VALUES ({_day("'2015-01-01'")}) UNION ALL SELECT day + 1 FROM days WHERE day < {TODAY_DAY})
        SELECT day, works, coalesce(sum(works * 28800) OVER (
                   ORDER BY day ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before,
               strftime('%Y-%m', day * 86400, 'unixepoch') AS month
        FROM (SELECT day, (day + 3) % 7 < 5 AS works FROM days)"""
    yield "CREATE UNIQUE INDEX temp.worked ON working_day (day)"
    yield f"""
        CREATE TEMP TABLE months AS
        WITH RECURSIVE starts(day) AS (
            SELECT date(min(close_date), 'start of month') FROM opportunity WHERE {_LIVE}
            UNION ALL SELECT date(day, '+1 month') FROM starts WHERE date(day, '+1 month') <= {TODAY})
        SELECT substr(day, 1, 7) AS month, substr(day, 1, 4) AS year, date(day, '-11 months') AS year_before,
               date(day, '-1 day') AS opens_on, min(date(day, '+1 month', '-1 day'), {TODAY}) AS closes_on,
               {_day("day")} AS first, {_day("date(day, '+1 month')")} AS after
        FROM starts"""
    yield f"""
        CREATE TEMP TABLE state AS
        SELECT id, opportunity_id, stage, cents, close_date, at FROM (
            SELECT id, opportunity_id, stage, {_cents("amount")} AS cents, close_date, at,
                   lead(at) OVER (PARTITION BY opportunity_id ORDER BY at, id) AS until
            FROM opportunity_history AS h WHERE {_LIVE} AND EXISTS (
                SELECT 1 FROM opportunity AS o
                WHERE o.connection = h.connection AND o.id = h.opportunity_id AND o.deleted = 0))
        WHERE until IS NULL OR until > at"""
    yield "CREATE INDEX temp.state_of ON state (opportunity_id, at)"
    yield f"""
        CREATE TEMP TABLE visit AS
        WITH entered AS (
            SELECT id, opportunity_id, stage, cents, at AS entered_at,
                   lead(at) OVER w AS left_at, lead(stage) OVER w AS next_stage
            FROM (SELECT *, lag(stage) OVER v AS was, lag(at) OVER v AS since FROM state
                  WINDOW v AS (PARTITION BY opportunity_id ORDER BY at))
            WHERE since IS NULL OR was IS NOT stage
            WINDOW w AS (PARTITION BY opportunity_id ORDER BY at)
        ), stays AS (
            SELECT * FROM entered
            UNION ALL
            SELECT id, id, stage, {_cents("amount")}, created_at, NULL, NULL FROM opportunity AS o
            WHERE {_LIVE} AND NOT EXISTS (SELECT 1 FROM state WHERE opportunity_id = o.id)
        )
        SELECT v.*, o.owner_id AS owner, o.pipeline, here.is_closed, following.is_won
                   OR (following.position > here.position AND NOT following.is_closed) AS forward,
               {_day("v.left_at")} - {_day("v.entered_at")} AS days
        FROM stays AS v JOIN opportunity AS o ON o.connection = '{CONNECTION}' AND o.id = v.opportunity_id
        LEFT JOIN stage AS here
            ON here.connection = o.connection AND here.pipeline = o.pipeline AND here.name = v.stage
        LEFT JOIN stage AS following
            ON following.connection = o.connection AND following.pipeline = o.pipeline
               AND following.name = v.next_stage"""
    yield "CREATE INDEX temp.visit_of ON visit (opportunity_id)"
    yield """
        CREATE TEMP TABLE normal AS
        SELECT pipeline, stage, avg(days) AS days FROM (
            SELECT pipeline, stage, days, row_number() OVER (PARTITION BY pipeline, stage ORDER BY days) AS place,
                   count(*) OVER (PARTITION BY pipeline, stage) AS n
            FROM visit WHERE left_at IS NOT NULL)
        WHERE place IN ((n + 1) / 2, (n + 2) / 2) GROUP BY pipeline, stage"""
    yield f"""
        CREATE TEMP TABLE response AS
        SELECT lead_id, min(at) AS at
        FROM activity AS a JOIN lead AS l ON l.connection = a.connection AND l.id = a.lead_id
        WHERE a.connection = '{CONNECTION}' AND a.deleted = 0 AND l.deleted = 0 AND a.done
              AND a.kind IN ('call', 'email', 'meeting') AND a.direction IS NOT 'inbound' AND a.at >= l.created_at
              AND a.at <= {NOW}
        GROUP BY lead_id"""
    yield "CREATE UNIQUE INDEX temp.answered ON response (lead_id)"
    yield from _deals()


def _deals() -> Iterator[str]:
    yield f"""
        CREATE TEMP TABLE touched AS
        SELECT opportunity_id, max(at) FILTER (WHERE done AND at <= {NOW}) AS last_at,
               min(at) FILTER (WHERE NOT done AND at > {NOW}) AS next_at
        FROM activity WHERE {_LIVE} AND opportunity_id IS NOT NULL GROUP BY opportunity_id"""
    yield "CREATE UNIQUE INDEX temp.touched_of ON touched (opportunity_id)"
    yield f"""
        CREATE TEMP TABLE became AS
        SELECT opportunity_id, min(created_at) AS created_at FROM lead
        WHERE {_LIVE} AND opportunity_id IS NOT NULL GROUP BY opportunity_id"""
    yield "CREATE UNIQUE INDEX temp.became_of ON became (opportunity_id)"
    yield f"""
        CREATE TEMP TABLE sold AS
        SELECT opportunity_id, count(DISTINCT family) AS families
        FROM line_item AS i JOIN product AS p ON p.connection = i.connection AND p.id = i.product_id
        WHERE i.connection = '{CONNECTION}' AND i.deleted = 0 AND p.deleted = 0 GROUP BY opportunity_id"""
    yield "CREATE UNIQUE INDEX temp.sold_of ON sold (opportunity_id)"
    yield f"""
        CREATE TEMP TABLE deal AS
        SELECT o.id, o.owner_id AS owner, o.account_id, o.is_closed, o.is_won, {_cents("o.amount")} AS cents,
               o.close_date,
               substr(o.close_date, 1, 7) AS month, {_day("o.close_date")} AS close_day, o.created_at,
               substr(o.created_at, 1, 7) AS created_month, {_day("o.created_at")} AS created_day,
               CAST(o.probability AS REAL) AS probability,
               o.account_id IS NOT NULL AND o.is_won AND row_number() OVER (
                   PARTITION BY o.account_id, o.is_won ORDER BY o.close_date, o.id) = 1 AS is_first,
               count(*) OVER (PARTITION BY o.account_id, o.amount, o.close_date) - 1 AS look_alikes,
               (o.account_id IS NOT NULL) + (o.amount IS NOT NULL) + (o.close_date IS NOT NULL)
                   + (o.next_step IS NOT NULL) + (o.source IS NOT NULL) AS filled,
               o.next_step IS NULL AND a.next_at IS NULL AS has_no_next, {_day("a.last_at")} AS touched_day,
               {_day("l.created_at")} AS lead_day, i.families, {_day("o.close_date")} - p.since AS tenure,
               round(({TODAY_DAY} - {_day("v.entered_at")}) / nullif(n.days, 0), 6) >= 2 AS stalled
        FROM opportunity AS o
        LEFT JOIN touched AS a ON a.opportunity_id = o.id
        LEFT JOIN became AS l ON l.opportunity_id = o.id
        LEFT JOIN sold AS i ON i.opportunity_id = o.id
        LEFT JOIN people AS p ON p.id = o.owner_id
        LEFT JOIN visit AS v ON v.opportunity_id = o.id AND v.left_at IS NULL
        LEFT JOIN normal AS n ON n.pipeline = o.pipeline AND n.stage = o.stage
        WHERE o.connection = '{CONNECTION}' AND o.deleted = 0"""
    yield "CREATE UNIQUE INDEX temp.deal_id ON deal (id)"
    opens, answers = "(unixepoch(l.created_at) % 86400)", "(unixepoch(r.at) % 86400)"
    yield f"""
        CREATE TEMP TABLE of_lead AS
        SELECT l.owner_id AS owner, substr(l.created_at, 1, 7) AS month, l.converted, l.status, l.created_at,
               l.converted_at, r.at AS answered_at, unixepoch(r.at) - unixepoch(l.created_at) AS seconds,
               o.is_won AND o.close_day >= {_day("l.created_at")} AND o.close_date <= {TODAY} AS won,
               max(d2.before + d2.works * max(min({answers} - 32400, 28800), 0)
                   - d1.before - d1.works * max(min({opens} - 32400, 28800), 0), 0) AS working_seconds
        FROM lead AS l LEFT JOIN response AS r ON r.lead_id = l.id LEFT JOIN deal AS o ON o.id = l.opportunity_id
        LEFT JOIN working_day AS d1 ON d1.day = {_day("l.created_at")}
        LEFT JOIN working_day AS d2 ON d2.day = {_day("r.at")}
        WHERE l.connection = '{CONNECTION}' AND l.deleted = 0 AND l.created_at <= {NOW}"""
    yield """
        CREATE TEMP TABLE move AS
        SELECT opportunity_id, o.owner, substr(at, 1, 7) AS month, s.cents, s.cents - cents_before AS cents_change,
               unixepoch(s.close_date) / 86400 - unixepoch(close_before) / 86400 AS days_pushed,
               substr(s.close_date, 1, 4) * 4 + (substr(s.close_date, 6, 2) - 1) / 3
                   > substr(close_before, 1, 4) * 4 + (substr(close_before, 6, 2) - 1) / 3 AS slipped
        FROM (SELECT *, lag(cents) OVER w AS cents_before, lag(close_date) OVER w AS close_before,
                     lag(at) OVER w AS since
              FROM state WINDOW w AS (PARTITION BY opportunity_id ORDER BY at)) AS s
        JOIN deal AS o ON o.id = s.opportunity_id WHERE since IS NOT NULL"""


def _of_activities() -> Iterator[str]:
    call, email, out = "kind = 'call' AND done", "kind = 'email' AND done", "direction IS NOT 'inbound'"
    reached = f"lower(outcome) IN {CONNECTED}"
    yield from _rolled(
        "activity",
        f"SELECT *, owner_id AS owner, substr(at, 1, 7) AS month FROM activity WHERE {_LIVE} AND at <= {NOW}",
        {
            "activities": _count("done"),
            "calls": _count(call),
            "calls_made": _count(f"{call} AND {out}"),
            "connected_calls": _count(f"{call} AND {out} AND {reached}"),
            "talk_seconds": _sum("seconds", f"{call} AND {reached}"),
            "emails": _count(email),
            "emails_sent": _count(f"{email} AND {out}"),
            "targeted_emails": _count(f"{email} AND {out} AND (opportunity_id IS NOT NULL OR lead_id IS NOT NULL)"),
            "replies": _count(f"{email} AND direction = 'inbound'"),
            "meetings": _count("kind = 'meeting' AND done"),
            "no_shows": _count(f"kind = 'meeting' AND lower(outcome) IN {NO_SHOW}"),
            "tasks": _count("kind = 'task' AND done"),
            "selling_seconds": _sum("seconds", "kind IN ('call', 'meeting') AND done"),
            "opportunity_activities": _count("done AND opportunity_id IS NOT NULL"),
            "entered_activities": _count("done AND kind <> 'task' AND created_at IS NOT NULL"),
            "entered_on_time": _count("done AND kind <> 'task' AND unixepoch(created_at) - unixepoch(at) <= 86400"),
        },
    )
    yield from _distinct(
        "worked",
        f"""SELECT owner_id AS owner, substr(at, 1, 7) AS month, opportunity_id AS what FROM activity
            WHERE {_LIVE} AND done AND at <= {NOW} AND opportunity_id IS NOT NULL""",
        "worked_opportunities",
    )
    yield from _rolled(
        "won_activities",
        f"""SELECT o.owner, o.month FROM activity AS a JOIN deal AS o ON o.id = a.opportunity_id
            WHERE a.connection = '{CONNECTION}' AND a.deleted = 0 AND a.done AND o.is_won
                  AND o.close_date <= {TODAY}""",
        {"won_opportunity_activities": _count()},
    )
    entered = (
        f"SELECT {who} AS owner, substr({at}, 1, 7) AS month FROM {table}"
        f" WHERE {_LIVE} AND {who} IS NOT NULL AND {at} <= {NOW}"
        for table, who, at in (
            ("account", "created_by_id", "created_at"),
            ("lead", "created_by_id", "created_at"),
            ("opportunity", "created_by_id", "created_at"),
            ("activity", "created_by_id", "created_at"),
            ("field_history", "user_id", "at"),
        )
    )
    yield from _rolled("entries", " UNION ALL ".join(entered), {"data_entries": _count()})


def _of_leads() -> Iterator[str]:
    yield from _rolled(
        "lead",
        "SELECT * FROM of_lead",
        {
            "leads_created": _count(),
            "leads_qualified": _count(f"converted OR lower(status) IN {QUALIFIED}"),
            "leads_answered_in_time": _count("seconds <= 3600"),
            "unanswered_leads": _count("answered_at IS NULL"),
            "_leads_converted_later": _count(f"converted AND converted_at BETWEEN created_at AND {NOW}"),
            "_leads_won": _count("won"),
        },
    )
    yield from _median(
        "response", "SELECT owner, month, round(seconds / 60.0, 6) AS x FROM of_lead", "lead_response_time"
    )
    yield from _median(
        "response_working",
        "SELECT owner, month, round(working_seconds / 60.0, 6) AS x FROM of_lead",
        "lead_response_time_working",
    )
    yield from _rolled(
        "converted",
        f"""SELECT owner_id AS owner, substr(converted_at, 1, 7) AS month FROM lead
            WHERE {_LIVE} AND converted AND converted_at <= {NOW}""",
        {"leads_converted": _count()},
    )


def _of_opportunities() -> Iterator[str]:
    yield from _rolled(
        "created",
        f"""SELECT owner, created_month AS month, is_won, cents, EXISTS (
                SELECT 1 FROM visit AS v WHERE v.opportunity_id = deal.id AND lower(v.stage) IN {PROPOSAL}
                AND v.entered_at >= deal.created_at AND v.entered_at <= {NOW}) AS proposed
            FROM deal WHERE created_at <= {NOW}""",
        {
            "opportunities_created": _count(),
            "won_of_created": _count("is_won"),
            "pipeline_created": _sum("cents"),
            "_proposed": _count("proposed"),
        },
    )
    lost = "is_closed AND NOT is_won"
    yield from _rolled(
        "closed",
        f"SELECT * FROM deal WHERE close_date <= {TODAY}",
        {
            "due_count": _count(),
            "closed_count": _count("is_closed"),
            "won_count": _count("is_won"),
            "won_amount": _sum("cents", "is_won"),
            "lost_count": _count(lost),
            "lost_by_reason": _count(lost),
            "lost_amount": _sum("cents", lost),
            "pipeline_expected": _sum("cents", "NOT is_closed"),
            "new_customer_revenue": _sum("cents", "is_won AND is_first"),
            "existing_customer_revenue": _sum("cents", "is_won AND NOT is_first"),
            "won_with_products": _count("is_won AND families >= 1"),
            "cross_sold_count": _count("is_won AND families >= 2"),
            "ramped_revenue": _sum("cents", "is_won AND tenure >= 180"),
            "_cycle_days": _sum("close_day - created_day", "is_won"),
            "_lead_cycle_days": _sum("close_day - lead_day", "is_won"),
            "_lead_cycles": _count("is_won AND lead_day IS NOT NULL"),
        },
    )
    won = f"FROM deal WHERE is_won AND close_date <= {TODAY}"
    yield from _median("deal", f"SELECT owner, month, cents AS x {won}", "median_deal")
    yield from _median("cycle", f"SELECT owner, month, close_day - created_day AS x {won}", "sales_cycle_median")
    yield """
        CREATE TEMP TABLE w_to_date AS
        SELECT g, k, month AS m, sum(won_amount) AS won_amount_to_date FROM w_closed JOIN months
        ON m BETWEEN year || '-01' AND month WHERE won_amount IS NOT NULL AND m <> 'all' GROUP BY g, k, month"""
    yield "CREATE UNIQUE INDEX temp.cell_to_date ON w_to_date (g, k, m)"
    yield """
        CREATE TEMP TABLE w_year AS
        SELECT g, k, month AS m, sum(won_count) AS _won_12_months, sum(closed_count) AS _closed_12_months
        FROM w_closed JOIN months ON m BETWEEN substr(year_before, 1, 7) AND month
        WHERE m <> 'all' GROUP BY g, k, month"""
    yield "CREATE UNIQUE INDEX temp.cell_year ON w_year (g, k, m)"
    yield from _rolled(
        "open",
        f"""SELECT owner, {THIS_MONTH} AS month, is_closed, cents, probability, stalled, filled, has_no_next,
                   touched_day, look_alikes, created_day FROM deal WHERE created_at <= {NOW}""",
        {
            "open_pipeline": _sum("cents", "NOT is_closed"),
            "ageing_pipeline": _sum("cents", "NOT is_closed"),
            "open_count": _count("NOT is_closed"),
            "weighted_pipeline": _sum("cents * probability", "NOT is_closed"),
            "stalled_count": _count("NOT is_closed AND stalled"),
            "stalled_amount": _sum("cents", "NOT is_closed AND stalled"),
            "filled_fields": _sum("filled", "NOT is_closed"),
            "required_fields": _sum("5", "NOT is_closed"),
            "no_next_step": _count("NOT is_closed AND has_no_next"),
            "untouched_opportunities": _count("NOT is_closed AND touched_day IS NULL"),
            "duplicate_opportunities": _count("look_alikes >= 1"),
            "_pipeline_days": _sum(f"{TODAY_DAY} - created_day", "NOT is_closed"),
            "_untouched_days": _sum(f"{TODAY_DAY} - touched_day", "NOT is_closed"),
            "_touched": _count("NOT is_closed AND touched_day IS NOT NULL"),
        },
    )
    yield from _rolled(
        "duplicates",
        f"""SELECT owner, {THIS_MONTH} AS month, 'account' AS what FROM (
                SELECT owner_id AS owner, count(*) OVER (PARTITION BY lower(trim(name))) AS n FROM account
                WHERE {_LIVE} AND created_at <= {NOW}) WHERE n > 1
            UNION ALL
            SELECT owner, {THIS_MONTH}, 'lead' FROM (
                SELECT owner_id AS owner, count(*) OVER (PARTITION BY contact_id) AS n FROM lead
                WHERE {_LIVE} AND contact_id IS NOT NULL AND created_at <= {NOW}) WHERE n > 1""",
        {"duplicate_accounts": _count("what = 'account'"), "duplicate_leads": _count("what = 'lead'")},
    )
    yield from _rolled(
        "sold",
        f"""SELECT o.owner, o.month, {_cents("i.amount")} AS cents, {_cents("i.quantity")} AS quantity,
                   {_cents("i.unit_price * i.quantity")} AS list_cents
            FROM line_item AS i JOIN deal AS o ON o.id = i.opportunity_id
            WHERE i.connection = '{CONNECTION}' AND i.deleted = 0 AND o.is_won AND o.close_date <= {TODAY}""",
        {
            "product_revenue": _sum("cents"),
            "units_sold": _sum("quantity"),
            "list_revenue": _sum("list_cents", "cents IS NOT NULL"),
            "priced_revenue": _sum("cents", "list_cents IS NOT NULL"),
        },
    )


def _of_history() -> Iterator[str]:
    left = f"SELECT *, substr(left_at, 1, 7) AS month FROM visit WHERE NOT is_closed AND left_at <= {NOW}"
    yield from _rolled(
        "visit",
        left,
        {
            "stage_exits": _count(),
            "stage_advances": _count("forward"),
            "pipeline_moved": _sum("cents", "forward"),
            "_days_in_stage": _sum("days"),
        },
    )
    yield from _median("visit_median", f"SELECT owner, month, days AS x FROM ({left})", "time_in_stage_median")
    proposed = f"lower(stage) IN {PROPOSAL} AND entered_at <= {NOW}"
    yield from _distinct(
        "proposals",
        f"SELECT owner, substr(entered_at, 1, 7) AS month, opportunity_id AS what FROM visit WHERE {proposed}",
        "proposals",
    )
    yield from _rolled(
        "close_rate",
        f"""SELECT v.owner, substr(v.entered_at, 1, 7) AS month,
                   o.is_won AND o.close_date BETWEEN substr(v.entered_at, 1, 10) AND {TODAY} AS won
            FROM (SELECT opportunity_id, owner, entered_at, row_number() OVER (
                      PARTITION BY opportunity_id ORDER BY entered_at, id) AS place FROM visit WHERE {proposed}) AS v
            JOIN deal AS o ON o.id = v.opportunity_id WHERE place = 1""",
        {"_first_proposals": _count(), "_proposals_won": _count("won")},
    )
    yield from _rolled(
        "move",
        "SELECT * FROM move",
        {
            "pipeline_changed": _sum("cents_change", "cents_change <> 0"),
            "slipped_amount": _sum("cents", "slipped"),
            "pushes": _count("days_pushed > 0"),
            "_days_pushed": _sum("days_pushed", "days_pushed > 0"),
        },
    )
    yield from _distinct(
        "slipped", "SELECT owner, month, opportunity_id AS what FROM move WHERE slipped", "slipped_count"
    )


def _by_period() -> Iterator[str]:
    yield from _rolled(
        "customer",
        f"""SELECT a.owner_id AS owner, c.* FROM (
                SELECT account_id, month,
                       coalesce(sum(cents) FILTER (WHERE close_date <= opens_on AND opens_on < until), 0) AS opening,
                       coalesce(sum(cents) FILTER (WHERE close_date <= closes_on AND closes_on < until), 0) AS closing
                FROM (SELECT account_id, cents, close_date, min(date(close_date, '+12 months'),
                             date(close_date, 'start of month', '+13 months', '-1 day')) AS until FROM deal
                      WHERE is_won AND cents > 0 AND account_id IS NOT NULL AND close_date <= {TODAY})
                JOIN months ON close_date <= closes_on AND until > opens_on
                GROUP BY account_id, month HAVING opening > 0 OR closing > 0) AS c
            LEFT JOIN account AS a ON a.connection = '{CONNECTION}' AND a.id = c.account_id""",
        {
            "customers_at_start": _count("opening > 0"),
            "customers_gained": _count("opening = 0"),
            "customers_lost": _count("closing = 0"),
            "revenue_at_start": _sum("opening", "opening > 0"),
            "revenue_churned": _sum("max(opening - closing, 0)", "opening > 0"),
            "revenue_expanded": _sum("max(closing - opening, 0)", "opening > 0"),
        },
        all_time=False,
    )
    yield from _rolled(
        "user",
        f"""SELECT p.id AS owner, w.month, w.first - p.since AS tenure, w.hours FROM people AS p
            JOIN (SELECT month, min(day) AS first, max(day) AS last, sum(works) * 8 AS hours FROM working_day
                  WHERE day <= {TODAY_DAY} GROUP BY month) AS w ON w.last >= p.since
            WHERE p.active AND NOT p.is_manager""",
        {"reps": _count(), "ramped_reps": _count("tenure >= 180"), "working_time": _sum("hours")},
        all_time=False,
    )
    gap = f"""CASE WHEN credited < {TARGET * 100} THEN {TARGET * 100} - credited
                   WHEN credited < {TARGET * 150} THEN {TARGET * 150} - credited END"""
    yield f"""
        CREATE TEMP TABLE base_quota AS
        WITH won AS (SELECT k AS owner, m AS month, won_amount AS credited FROM w_closed
                     WHERE g = 2 AND m <> 'all' AND won_amount IS NOT NULL),
        held AS (SELECT id AS owner, month FROM people CROSS JOIN months
                 WHERE active AND NOT manages AND month >= '{FIRST_DAY:%Y-%m}' UNION SELECT owner, month FROM won)
        SELECT owner, month, coalesce(credited, 0) AS credited, {TARGET * 100} AS target,
               1.0 * min({TODAY_DAY} + 1 - first, after - first) / (after - first) AS passed
        FROM held LEFT JOIN won USING (owner, month) JOIN months USING (month)"""
    cells = (
        f"""SELECT {g} AS g, {k} AS k, {m} AS m, sum(credited) AS quota_credited, sum(target) AS quota_target,
                   sum(max(target - credited, 0)) AS quota_remaining, sum(target * 0.95) AS quota_with_allowance,
                   sum(target * passed) AS quota_expected, min({gap}) AS gap_to_next_tier
            FROM base_quota {joined} GROUP BY {by}"""
        for g, k, m, joined, by in _GROUPINGS[:3]
    )
    yield f"CREATE TEMP TABLE w_quota AS {' UNION ALL '.join(cells)}"
    yield "CREATE UNIQUE INDEX temp.cell_quota ON w_quota (g, k, m)"


_TABLES = [
    "activity",
    "worked",
    "won_activities",
    "entries",
    "lead",
    "response",
    "response_working",
    "converted",
    "created",
    "closed",
    "deal",
    "cycle",
    "to_date",
    "year",
    "open",
    "duplicates",
    "sold",
    "visit",
    "visit_median",
    "proposals",
    "close_rate",
    "move",
    "slipped",
    "customer",
    "user",
    "quota",
]
_LASTING = "CASE WHEN m >= min(m) FILTER (WHERE {0} IS NOT NULL) OVER (PARTITION BY g, k) THEN coalesce({0}, 0) END"
"""Nothing is 0 from the first month with something on; everybody has a row in every month since they came."""
_FORMULAS = {
    "talk_time": f"{_LASTING.format('talk_seconds')} / 60.0",
    "no_show_rate": "1.0 * coalesce(no_shows, 0) / nullif(coalesce(meetings, 0) + coalesce(no_shows, 0), 0)",
    "selling_time": f"{_LASTING.format('selling_seconds')} / 3600.0",
    "non_selling_time": (
        "CASE WHEN m <> 'all' AND coalesce(working_time, selling_seconds) IS NOT NULL"
        " THEN max(coalesce(working_time, 0) - coalesce(selling_seconds, 0) / 3600.0, 0) END"
    ),
    "selling_share": "coalesce(selling_seconds, 0) / 3600.0 / nullif(working_time, 0)",
    "net_revenue_churn": "(revenue_churned - revenue_expanded) / nullif(revenue_at_start, 0)",
    "churn_above_acceptable_month": "round(gross_revenue_churn, 6) - 0.01",
    "churn_above_acceptable_quarter": "round(gross_revenue_churn, 6) - 0.03",
    "churn_above_acceptable_year": "round(gross_revenue_churn, 6) - 0.1",
    "growth_to_offset_churn": "revenue_churned / nullif(revenue_at_start - revenue_churned, 0)",
    "discount": "1 - priced_revenue / nullif(list_revenue, 0)",
    "sales_velocity": "won_count * round(average_deal, 6) / nullif(round(sales_cycle, 6), 0)",
    "attainment_rank": (
        "CASE WHEN attainment IS NOT NULL AND g <> 1"
        " THEN rank() OVER (PARTITION BY g, m ORDER BY round(attainment, 6) DESC NULLS LAST) END"
    ),
    "attainment_rank_in_team": (
        "CASE WHEN attainment IS NOT NULL AND g = 2 AND team IS NOT NULL"
        " THEN rank() OVER (PARTITION BY g, m, team ORDER BY round(attainment, 6) DESC NULLS LAST) END"
    ),
    "attainment_percentile_in_team": (
        "CASE WHEN attainment IS NULL OR g <> 2 OR team IS NULL THEN NULL"
        " WHEN count(attainment) OVER (PARTITION BY g, m, team) = 1 THEN 1"
        " ELSE (rank() OVER (PARTITION BY g, m, team ORDER BY round(attainment, 6) NULLS LAST) - 1.0)"
        " / (count(attainment) OVER (PARTITION BY g, m, team) - 1) END"
    ),
}


def read(path: Path) -> Path:
    """Nothing is read beforehand: the SQL looks at the file."""
    return path


def compute(path: Path) -> pa.Table:
    """metric, grain, key, period, value."""
    import adbc_driver_sqlite.dbapi as adbc

    with adbc.connect(f"{path.resolve().as_uri()}?mode=ro") as database, database.cursor() as cursor:
        for setting in ("temp_store = MEMORY", "cache_size = -1000000", "mmap_size = 8000000000"):
            cursor.execute(f"PRAGMA {setting}")
        for step in _steps():
            cursor.execute(step)
        cursor.execute("SELECT * FROM figures LIMIT 0")
        columns = [name for name, *_ in cursor.description or ()]
        cursor.execute("CREATE TEMP TABLE result (metric TEXT, grain TEXT, key TEXT, period TEXT, value REAL)")
        for name in columns:
            if name not in {"g", "k", "m", "team"} and not name.startswith("_"):
                cursor.execute(f"""
                    INSERT INTO result
                    SELECT '{name}', iif(g = 0, 'company', iif(g = 1, 'team', 'user')), k, m, round({name}, 6)
                    FROM figures WHERE {name} IS NOT NULL {_only(name)}""")
        cursor.execute("SELECT * FROM result")
        return cursor.fetch_arrow_table()


def _only(name: str) -> str:
    if name in AS_IT_STANDS:
        return f"AND m >= '{AS_OF:%Y-%m}'"
    return "AND g < 2" if name in OF_TEAMS else "AND g <> 1" if name in OF_USERS else ""


def _steps() -> Iterator[str]:
    for part in (_tables, _of_activities, _of_leads, _of_opportunities, _of_history, _by_period):
        yield from part()
    cells = " UNION ".join(f"SELECT g, k, m FROM w_{name}" for name in _TABLES)
    joins = " ".join(f"LEFT JOIN w_{name} USING (g, k, m)" for name in _TABLES)
    yield f"CREATE TEMP TABLE wide AS SELECT * FROM ({cells}) {joins}"
    yield f"UPDATE wide SET {', '.join(f'{name} = {name} / 100.0' for name in IN_CENTS)}"
    ratios = ", ".join(
        f"1.0 * coalesce({above}, 0) / nullif({below}, 0) AS {name}" for name, (above, below) in RATIOS.items()
    )
    yield f"CREATE TEMP TABLE rates AS SELECT wide.*, people.team, {ratios} FROM wide LEFT JOIN people ON id = k"
    formulas = ", ".join(f"{formula} AS {name}" for name, formula in _FORMULAS.items())
    yield f"CREATE TEMP TABLE figures AS SELECT *, {formulas} FROM rates"
