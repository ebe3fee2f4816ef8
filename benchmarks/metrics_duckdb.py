"""The catalog in DuckDB SQL, as a good analyst would write it by hand: one pass for all metrics of a source.

Money is DECIMAL, so sums are exact; what is divided is a DOUBLE, rounded to 6 places at the end. Grains are numbers
until the end (0 company, 1 team, 2 user), periods are first days of months, ALL_TIME for over all time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from benchmarks.metric_company import AS_OF, CONNECTION, FIRST_DAY, TARGET
from benchmarks.metrics_formulas import AS_IT_STANDS, CONNECTED, NO_SHOW, OF_TEAMS, PROPOSAL, QUALIFIED, RATIOS
from sync.store.facts import read_facts
from sync.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

COLUMNS: Mapping[str, str] = {
    "user": "team active manager_id created_at",
    "account": "name owner_id created_by_id created_at",
    "lead": "owner_id status created_at converted converted_at opportunity_id contact_id created_by_id",
    "opportunity": (
        "account_id owner_id pipeline stage is_closed is_won amount close_date probability next_step source"
        " created_at created_by_id"
    ),
    "opportunity_history": "opportunity_id stage amount close_date at",
    "activity": ("kind owner_id opportunity_id lead_id at seconds outcome direction done created_at created_by_id"),
    "product": "family",
    "line_item": "opportunity_id product_id quantity unit_price amount",
    "field_history": "user_id at",
    "stage": "pipeline name position is_closed is_won",
}

NOW, TODAY = f"TIMESTAMP '{AS_OF:%Y-%m-%d %H:%M:%S}'", f"DATE '{AS_OF:%Y-%m-%d}'"
THIS_MONTH, ALL_TIME = f"DATE '{AS_OF:%Y-%m}-01'", "DATE '9999-01-01'"

_CELL = f"""
    CASE WHEN grouping(owner) = 0 THEN 2 WHEN grouping(team) = 0 THEN 1 ELSE 0 END AS g,
    CASE WHEN grouping(owner) = 0 THEN owner WHEN grouping(team) = 0 THEN team ELSE '' END AS k,
    CASE WHEN grouping(month) = 0 THEN month ELSE {ALL_TIME} END AS m"""
_SETS = "GROUPING SETS ((month), (month, owner), (month, team), (), (owner), (team))"
_MONTHLY = "GROUPING SETS ((month), (month, owner), (month, team))"


def _rolled(name: str, rows: str, measures: Mapping[str, str], sets: str = _SETS) -> str:
    """Sums and counts by owner and month first, then by cell; a count of 0 is no value. `rows` have owner and month."""
    first = ", ".join(f"{measure} AS {column}" for column, measure in measures.items())
    again = ", ".join(
        f"nullif(sum({column}), 0) AS {column}" if measure.startswith("count") else f"sum({column}) AS {column}"
        for column, measure in measures.items()
    )
    return f"""
        CREATE TEMP TABLE {name} AS
        WITH base AS (SELECT owner, month, {first} FROM ({rows}) GROUP BY owner, month)
        SELECT {_CELL}, {again} FROM base LEFT JOIN people ON people.id = base.owner GROUP BY {sets}
        HAVING k IS NOT NULL"""


def _taken(name: str, rows: str, measures: Mapping[str, str]) -> str:
    """What can only be taken of rows, by cell."""
    taken = ", ".join(f"{measure} AS {column}" for column, measure in measures.items())
    return f"""
        CREATE TEMP TABLE {name} AS
        SELECT {_CELL}, {taken} FROM ({rows}) AS r LEFT JOIN people ON people.id = r.owner GROUP BY {_SETS}
        HAVING k IS NOT NULL"""


def _if(measure: str, condition: str) -> str:
    return f"{measure} FILTER (WHERE {condition})"


_PEOPLE = """
    CREATE TEMP TABLE people AS
    SELECT id, team, active, created_at::DATE AS since,
           id IN (SELECT manager_id FROM "user" WHERE manager_id IS NOT NULL AND manager_id <> id) AS is_manager,
           id IN (SELECT manager_id FROM "user" WHERE active AND manager_id IS NOT NULL) AS manages
    FROM "user" """

_WORKING_DAYS = f"""
    CREATE TEMP TABLE working_day AS
    SELECT day, works, coalesce(sum(works * 28800) OVER (ORDER BY day ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
           0) AS before
    FROM (SELECT d::DATE AS day, (isodow(d) <= 5)::INT AS works
          FROM range(TIMESTAMP '2015-01-01', {TODAY} + INTERVAL 1 DAY, INTERVAL 1 DAY) AS r(d))"""

_MONTHS = f"""
    CREATE TEMP TABLE months AS
    SELECT m::DATE AS month, least(last_day(m), {TODAY}) AS closes_on, (m - INTERVAL 1 DAY)::DATE AS opens_on
    FROM range((SELECT date_trunc('month', least(min(close_date), {TODAY})) FROM opportunity),
               {TODAY} + INTERVAL 1 DAY, INTERVAL 1 MONTH) AS r(m)"""

_STATES = """
    CREATE TEMP TABLE state AS
    SELECT h.id, opportunity_id, h.stage, h.amount::DECIMAL(18, 2) AS amount, h.close_date, moment
    FROM opportunity_history AS h SEMI JOIN opportunity AS o ON o.id = h.opportunity_id
    QUALIFY coalesce(lead(moment) OVER (PARTITION BY opportunity_id ORDER BY moment, h.id) > moment, true)"""

_VISITS = """
    CREATE TEMP TABLE visit AS
    WITH before AS (
        SELECT *, lag(stage) OVER w AS was, lag(moment) OVER w AS since FROM state
        WINDOW w AS (PARTITION BY opportunity_id ORDER BY moment)
    ), entered AS (
        SELECT id, opportunity_id, stage, amount, moment AS entered_at, lead(moment) OVER w AS left_at,
               lead(stage) OVER w AS next_stage
        FROM before WHERE since IS NULL OR was IS DISTINCT FROM stage
        WINDOW w AS (PARTITION BY opportunity_id ORDER BY moment)
    ), stays AS (
        SELECT * FROM entered
        UNION ALL BY NAME
        SELECT id, id AS opportunity_id, stage, amount::DECIMAL(18, 2) AS amount, created_at AS entered_at,
               NULL AS left_at, NULL AS next_stage
        FROM opportunity ANTI JOIN state ON state.opportunity_id = opportunity.id
    )
    SELECT v.*, o.owner_id, o.pipeline, here.is_closed,
           next.is_won OR (next.position > here.position AND NOT next.is_closed) AS forward
    FROM stays AS v JOIN opportunity AS o ON o.id = v.opportunity_id
    LEFT JOIN stage AS here ON here.pipeline = o.pipeline AND here.name = v.stage
    LEFT JOIN stage AS next ON next.pipeline = o.pipeline AND next.name = v.next_stage"""

_NORMAL = """
    CREATE TEMP TABLE normal AS
    SELECT pipeline, stage, median(left_at::DATE - entered_at::DATE) AS days FROM visit
    WHERE left_at IS NOT NULL GROUP BY pipeline, stage"""

_RESPONSES = f"""
    CREATE TEMP TABLE response AS
    SELECT lead_id, min(moment) AS moment FROM activity JOIN lead ON lead.id = activity.lead_id
    WHERE done AND kind IN ('call', 'email', 'meeting') AND direction IS DISTINCT FROM 'inbound'
          AND moment >= lead.created_at AND moment <= {NOW}
    GROUP BY lead_id"""

_DEALS = f"""
    CREATE TEMP TABLE deal AS
    SELECT o.id, o.owner_id AS owner, o.is_closed, o.is_won, o.amount::DECIMAL(18, 2) AS amount, o.close_date,
           o.created_at, o.created_at::DATE AS created_on, o.probability::DECIMAL(9, 6) AS probability,
           o.account_id IS NOT NULL AND o.is_won AND row_number() OVER (
               PARTITION BY o.account_id, o.is_won ORDER BY o.close_date, o.id) = 1 AS is_first,
           count(*) OVER (PARTITION BY o.account_id, o.amount, o.close_date) - 1 AS look_alikes,
           (o.account_id IS NOT NULL)::INT + (o.amount IS NOT NULL)::INT + (o.close_date IS NOT NULL)::INT
               + (o.next_step IS NOT NULL)::INT + (o.source IS NOT NULL)::INT AS filled,
           o.next_step IS NULL AND a.next_at IS NULL AS has_no_next, a.last_at::DATE AS touched_on,
           l.created_at::DATE AS lead_on, i.families, o.close_date - p.since AS tenure,
           round(({TODAY} - v.entered_at::DATE) / nullif(n.days, 0), 6) >= 2 AS stalled
    FROM opportunity AS o
    LEFT JOIN (SELECT opportunity_id, max(moment) FILTER (WHERE done AND moment <= {NOW}) AS last_at,
                      min(moment) FILTER (WHERE NOT done AND moment > {NOW}) AS next_at
               FROM activity WHERE opportunity_id IS NOT NULL GROUP BY opportunity_id) AS a ON a.opportunity_id = o.id
    LEFT JOIN (SELECT opportunity_id, min(created_at) AS created_at FROM lead WHERE opportunity_id IS NOT NULL
               GROUP BY opportunity_id) AS l ON l.opportunity_id = o.id
    LEFT JOIN (SELECT opportunity_id, count(DISTINCT family) AS families
               FROM line_item JOIN product ON product.id = product_id GROUP BY opportunity_id) AS i
              ON i.opportunity_id = o.id
    LEFT JOIN people AS p ON p.id = o.owner_id
    LEFT JOIN visit AS v ON v.opportunity_id = o.id AND v.left_at IS NULL
    LEFT JOIN normal AS n ON n.pipeline = o.pipeline AND n.stage = o.stage"""

_CALL, _EMAIL = "kind = 'call' AND done", "kind = 'email' AND done"
_OUT = "direction IS DISTINCT FROM 'inbound'"
_CONNECTED = f"lower(outcome) IN {CONNECTED}"
_ACTIVITY = _rolled(
    "w_activity",
    f"SELECT *, owner_id AS owner, date_trunc('month', moment)::DATE AS month FROM activity WHERE moment <= {NOW}",
    {
        "activities": _if("count(*)", "done"),
        "calls": _if("count(*)", _CALL),
        "calls_made": _if("count(*)", f"{_CALL} AND {_OUT}"),
        "connected_calls": _if("count(*)", f"{_CALL} AND {_OUT} AND {_CONNECTED}"),
        "talk_seconds": _if("sum(seconds)", f"{_CALL} AND {_CONNECTED}"),
        "emails": _if("count(*)", _EMAIL),
        "emails_sent": _if("count(*)", f"{_EMAIL} AND {_OUT}"),
        "targeted_emails": _if(
            "count(*)", f"{_EMAIL} AND {_OUT} AND (opportunity_id IS NOT NULL OR lead_id IS NOT NULL)"
        ),
        "replies": _if("count(*)", f"{_EMAIL} AND direction = 'inbound'"),
        "meetings": _if("count(*)", "kind = 'meeting' AND done"),
        "no_shows": _if("count(*)", f"kind = 'meeting' AND lower(outcome) IN {NO_SHOW}"),
        "tasks": _if("count(*)", "kind = 'task' AND done"),
        "selling_seconds": _if("sum(seconds)", "kind IN ('call', 'meeting') AND done"),
        "opportunity_activities": _if("count(*)", "done AND opportunity_id IS NOT NULL"),
        "entered_activities": _if("count(*)", "done AND kind <> 'task' AND created_at IS NOT NULL"),
        "entered_on_time": _if("count(*)", "done AND kind <> 'task' AND created_at <= moment + INTERVAL 1 DAY"),
    },
)
_WORKED = _taken(
    "w_worked",
    f"""SELECT DISTINCT owner_id AS owner, date_trunc('month', moment)::DATE AS month, opportunity_id
        FROM activity WHERE done AND moment <= {NOW} AND opportunity_id IS NOT NULL""",
    {"worked_opportunities": "count(DISTINCT opportunity_id)"},
)
_WON_ACTIVITIES = _rolled(
    "w_won_activities",
    f"""SELECT o.owner_id AS owner, date_trunc('month', o.close_date)::DATE AS month
        FROM activity AS a JOIN opportunity AS o ON o.id = a.opportunity_id
        WHERE a.done AND o.is_won AND o.close_date <= {TODAY}""",
    {"won_opportunity_activities": "count(*)"},
)
_ENTRIES = _rolled(
    "w_entries",
    " UNION ALL ".join(
        f"SELECT {who} AS owner, date_trunc('month', {at})::DATE AS month FROM {table}"
        f" WHERE {who} IS NOT NULL AND {at} <= {NOW}"
        for table, who, at in (
            ("account", "created_by_id", "created_at"),
            ("lead", "created_by_id", "created_at"),
            ("opportunity", "created_by_id", "created_at"),
            ("activity", "created_by_id", "created_at"),
            ("field_history", "user_id", "moment"),
        )
    ),
    {"data_entries": "count(*)"},
)
_LEADS = f"""
    CREATE TEMP TABLE of_lead AS
    SELECT l.owner_id AS owner, date_trunc('month', l.created_at)::DATE AS month, l.converted, l.status, l.created_at,
           l.converted_at, r.moment AS answered_at,
           o.is_won AND o.close_date BETWEEN l.created_at::DATE AND {TODAY} AS won,
           round(epoch(r.moment - l.created_at) / 60, 6) AS minutes,
           round(greatest(d2.before + d2.works * greatest(least(epoch(r.moment - d2.day) - 32400, 28800), 0)
                          - d1.before - d1.works * greatest(least(epoch(l.created_at - d1.day) - 32400, 28800), 0),
                          0) / 60, 6)
               AS working_minutes
    FROM lead AS l LEFT JOIN response AS r ON r.lead_id = l.id LEFT JOIN opportunity AS o ON o.id = l.opportunity_id
    LEFT JOIN working_day AS d1 ON d1.day = l.created_at::DATE LEFT JOIN working_day AS d2 ON d2.day = r.moment::DATE
    WHERE l.created_at <= {NOW}"""
_LEAD = _rolled(
    "w_lead",
    "SELECT * FROM of_lead",
    {
        "leads_created": "count(*)",
        "leads_qualified": _if("count(*)", f"converted OR lower(status) IN {QUALIFIED}"),
        "leads_answered_in_time": _if("count(*)", "answered_at <= created_at + INTERVAL 1 HOUR"),
        "unanswered_leads": _if("count(*)", "answered_at IS NULL"),
        "_leads_converted_later": _if("count(*)", f"converted AND converted_at BETWEEN created_at AND {NOW}"),
        "_leads_won": _if("count(*)", "won"),
    },
)
_RESPONSE_TIMES = _taken(
    "w_response",
    "SELECT * FROM of_lead WHERE answered_at IS NOT NULL",
    {
        "lead_response_time": "median(minutes::DECIMAL(18, 7))",
        "lead_response_time_working": "median(working_minutes::DECIMAL(18, 7))",
    },
)
_CONVERTED = _rolled(
    "w_converted",
    f"""SELECT owner_id AS owner, date_trunc('month', converted_at)::DATE AS month FROM lead
        WHERE converted AND converted_at <= {NOW}""",
    {"leads_converted": "count(*)"},
)
_CREATED = _rolled(
    "w_created",
    f"""SELECT owner, date_trunc('month', created_on)::DATE AS month, is_won, amount,
               EXISTS (FROM visit AS v WHERE v.opportunity_id = deal.id AND lower(v.stage) IN {PROPOSAL}
                       AND v.entered_at >= deal.created_at AND v.entered_at <= {NOW}) AS proposed
        FROM deal WHERE created_at <= {NOW}""",
    {
        "opportunities_created": "count(*)",
        "won_of_created": _if("count(*)", "is_won"),
        "pipeline_created": "sum(amount)",
        "_proposed": _if("count(*)", "proposed"),
    },
)
_DUE = f"SELECT *, date_trunc('month', close_date)::DATE AS month FROM deal WHERE close_date <= {TODAY}"
_CLOSED = _rolled(
    "w_closed",
    _DUE,
    {
        "due_count": "count(*)",
        "closed_count": _if("count(*)", "is_closed"),
        "won_count": _if("count(*)", "is_won"),
        "won_amount": _if("sum(amount)", "is_won"),
        "lost_count": _if("count(*)", "is_closed AND NOT is_won"),
        "lost_by_reason": _if("count(*)", "is_closed AND NOT is_won"),
        "lost_amount": _if("sum(amount)", "is_closed AND NOT is_won"),
        "pipeline_expected": _if("sum(amount)", "NOT is_closed"),
        "new_customer_revenue": _if("sum(amount)", "is_won AND is_first"),
        "existing_customer_revenue": _if("sum(amount)", "is_won AND NOT is_first"),
        "won_with_products": _if("count(*)", "is_won AND families >= 1"),
        "cross_sold_count": _if("count(*)", "is_won AND families >= 2"),
        "ramped_revenue": _if("sum(amount)", "is_won AND tenure >= 180"),
        "_cycle_days": _if("sum(close_date - created_on)", "is_won"),
        "_lead_cycle_days": _if("sum(close_date - lead_on)", "is_won"),
        "_lead_cycles": _if("count(lead_on)", "is_won"),
    },
)
_WON = _taken(
    "w_won",
    f"{_DUE} AND is_won",
    {"median_deal": "median(amount::DECIMAL(18, 3))", "sales_cycle_median": "median(close_date - created_on)"},
)
_TO_DATE = """
    CREATE TEMP TABLE w_to_date AS
    SELECT g, k, month AS m, sum(won_amount) AS won_amount_to_date FROM w_closed JOIN months
    ON m BETWEEN date_trunc('year', month)::DATE AND month WHERE won_amount IS NOT NULL GROUP BY ALL"""
_YEAR = f"""
    CREATE TEMP TABLE w_year AS
    SELECT g, k, month AS m, sum(won_count) AS _won_12_months, sum(closed_count) AS _closed_12_months
    FROM w_closed JOIN months ON m BETWEEN (month - INTERVAL 11 MONTH)::DATE AND month
    WHERE m < {ALL_TIME} GROUP BY ALL"""
_OPEN = _rolled(
    "w_open",
    f"SELECT *, {THIS_MONTH} AS month FROM deal WHERE created_at <= {NOW}",
    {
        "open_pipeline": _if("sum(amount)", "NOT is_closed"),
        "ageing_pipeline": _if("sum(amount)", "NOT is_closed"),
        "open_count": _if("count(*)", "NOT is_closed"),
        "weighted_pipeline": _if("sum(amount * probability)", "NOT is_closed"),
        "stalled_count": _if("count(*)", "NOT is_closed AND stalled"),
        "stalled_amount": _if("sum(amount)", "NOT is_closed AND stalled"),
        "filled_fields": _if("sum(filled)", "NOT is_closed"),
        "required_fields": _if("sum(5)", "NOT is_closed"),
        "no_next_step": _if("count(*)", "NOT is_closed AND has_no_next"),
        "untouched_opportunities": _if("count(*)", "NOT is_closed AND touched_on IS NULL"),
        "duplicate_opportunities": _if("count(*)", "look_alikes >= 1"),
        "_pipeline_days": _if(f"sum({TODAY} - created_on)", "NOT is_closed"),
        "_untouched_days": _if(f"sum({TODAY} - touched_on)", "NOT is_closed"),
        "_touched": _if("count(touched_on)", "NOT is_closed"),
    },
)
_DUPLICATES = _rolled(
    "w_duplicates",
    f"""SELECT owner_id AS owner, {THIS_MONTH} AS month, 'account' AS what FROM account WHERE created_at <= {NOW}
        QUALIFY count(*) OVER (PARTITION BY lower(trim(name))) > 1
        UNION ALL
        SELECT owner_id, {THIS_MONTH}, 'lead' FROM lead WHERE contact_id IS NOT NULL AND created_at <= {NOW}
        QUALIFY count(*) OVER (PARTITION BY contact_id) > 1""",
    {
        "duplicate_accounts": _if("count(*)", "what = 'account'"),
        "duplicate_leads": _if("count(*)", "what = 'lead'"),
    },
)
_SOLD = _rolled(
    "w_sold",
    f"""SELECT o.owner_id AS owner, date_trunc('month', o.close_date)::DATE AS month,
               i.amount::DECIMAL(18, 2) AS amount, i.quantity::DECIMAL(18, 2) AS quantity,
               i.unit_price::DECIMAL(18, 2) * i.quantity::DECIMAL(18, 2) AS list_amount
        FROM line_item AS i JOIN opportunity AS o ON o.id = i.opportunity_id
        WHERE o.is_won AND o.close_date <= {TODAY}""",
    {
        "product_revenue": "sum(amount)",
        "units_sold": "sum(quantity)",
        "list_revenue": _if("sum(list_amount)", "amount IS NOT NULL"),
        "priced_revenue": _if("sum(amount)", "list_amount IS NOT NULL"),
    },
)
_LEFT = f"""
    SELECT owner_id AS owner, date_trunc('month', left_at)::DATE AS month, forward, amount,
           left_at::DATE - entered_at::DATE AS days
    FROM visit WHERE NOT is_closed AND left_at <= {NOW}"""
_VISIT = _rolled(
    "w_visit",
    _LEFT,
    {
        "stage_exits": "count(*)",
        "stage_advances": _if("count(*)", "forward"),
        "pipeline_moved": _if("sum(amount)", "forward"),
        "_days_in_stage": "sum(days)",
    },
)
_VISIT_MEDIAN = _taken("w_visit_median", _LEFT, {"time_in_stage_median": "median(days)"})
_PROPOSALS = _taken(
    "w_proposals",
    f"""SELECT owner_id AS owner, date_trunc('month', entered_at)::DATE AS month, opportunity_id FROM visit
        WHERE lower(stage) IN {PROPOSAL} AND entered_at <= {NOW}""",
    {"proposals": "count(DISTINCT opportunity_id)"},
)
_CLOSE_RATE = _rolled(
    "w_close_rate",
    f"""SELECT v.owner, date_trunc('month', v.entered_at)::DATE AS month,
               o.is_won AND o.close_date BETWEEN v.entered_at::DATE AND {TODAY} AS won
        FROM (SELECT opportunity_id, owner_id AS owner, entered_at FROM visit
              WHERE lower(stage) IN {PROPOSAL} AND entered_at <= {NOW}
              QUALIFY row_number() OVER (PARTITION BY opportunity_id ORDER BY entered_at, id) = 1) AS v
        JOIN opportunity AS o ON o.id = v.opportunity_id""",
    {"_first_proposals": "count(*)", "_proposals_won": _if("count(*)", "won")},
)
_MOVED = f"""
    CREATE TEMP TABLE move AS
    SELECT opportunity_id, o.owner_id AS owner, date_trunc('month', moment)::DATE AS month,
           s.amount, s.amount - s.amount_before AS amount_change,
           s.close_date - s.close_before AS days_pushed,
           date_trunc('quarter', s.close_date) > date_trunc('quarter', s.close_before) AS slipped
    FROM (SELECT *, lag(amount) OVER w AS amount_before, lag(close_date) OVER w AS close_before,
                 lag(moment) OVER w AS since
          FROM state WINDOW w AS (PARTITION BY opportunity_id ORDER BY moment)) AS s
    JOIN opportunity AS o ON o.id = s.opportunity_id WHERE since IS NOT NULL AND moment <= {NOW}"""
_MOVE = _rolled(
    "w_move",
    "SELECT * FROM move",
    {
        "pipeline_changed": _if("sum(amount_change)", "amount_change <> 0"),
        "slipped_amount": _if("sum(amount)", "slipped"),
        "pushes": _if("count(*)", "days_pushed > 0"),
        "_days_pushed": _if("sum(days_pushed)", "days_pushed > 0"),
    },
)
_SLIPPED = _taken("w_slipped", "SELECT * FROM move WHERE slipped", {"slipped_count": "count(DISTINCT opportunity_id)"})
_CUSTOMERS = _rolled(
    "w_customer",
    f"""SELECT a.owner_id AS owner, c.* FROM (
            SELECT account_id, month,
                   coalesce(sum(amount) FILTER (WHERE close_date <= opens_on AND opens_on < until), 0) AS opening,
                   coalesce(sum(amount) FILTER (WHERE close_date <= closes_on AND closes_on < until), 0) AS closing
            FROM (SELECT account_id, amount::DECIMAL(18, 2) AS amount, close_date,
                         (close_date + INTERVAL 12 MONTH)::DATE AS until
                  FROM opportunity WHERE is_won AND amount > 0 AND account_id IS NOT NULL AND close_date <= {TODAY})
            JOIN months ON close_date <= closes_on AND until > opens_on
            GROUP BY account_id, month HAVING opening > 0 OR closing > 0) AS c
        LEFT JOIN account AS a ON a.id = c.account_id""",
    {
        "customers_at_start": _if("count(*)", "opening > 0"),
        "customers_gained": _if("count(*)", "opening = 0"),
        "customers_lost": _if("count(*)", "closing = 0"),
        "revenue_at_start": _if("sum(opening)", "opening > 0"),
        "revenue_churned": _if("sum(greatest(opening - closing, 0))", "opening > 0"),
        "revenue_expanded": _if("sum(greatest(closing - opening, 0))", "opening > 0"),
    },
    _MONTHLY,
)
_USERS = _rolled(
    "w_user",
    f"""SELECT p.id AS owner, m::DATE AS month, date_diff('day', p.since, m::DATE) AS tenure, hours
        FROM people AS p, range(date_trunc('month', p.since), {TODAY} + INTERVAL 1 DAY, INTERVAL 1 MONTH) AS r(m)
        JOIN (SELECT date_trunc('month', day)::DATE AS month, sum(works) * 8 AS hours FROM working_day
              WHERE day <= {TODAY} GROUP BY 1) AS w ON w.month = m::DATE
        WHERE p.active AND NOT p.is_manager""",
    {
        "reps": "count(*)",
        "ramped_reps": _if("count(*)", "tenure >= 180"),
        "working_time": "sum(hours)",
    },
    _MONTHLY,
)
_QUOTA = f"""
    CREATE TEMP TABLE w_quota AS
    WITH won AS (SELECT k AS owner, m AS month, won_amount AS credited FROM w_closed
                 WHERE g = 2 AND m < {ALL_TIME} AND won_amount IS NOT NULL),
    held AS (SELECT id AS owner, month, true AS always FROM people CROSS JOIN months
             WHERE active AND NOT manages AND month >= DATE '{FIRST_DAY}'
             UNION SELECT owner, month, true FROM won),
    quota AS (SELECT owner, month, coalesce(credited, 0) AS credited, {TARGET}::DECIMAL(18, 2) AS target,
                     (date_diff('day', month, closes_on) + 1) / day(last_day(month)) AS passed
              FROM held LEFT JOIN won USING (owner, month) JOIN months USING (month))
    SELECT {_CELL}, sum(credited) AS quota_credited, sum(target) AS quota_target,
           sum(greatest(target - credited, 0)) AS quota_remaining, sum(target * 0.95) AS quota_with_allowance,
           round(sum(target * passed), 6) AS quota_expected,
           min(CASE WHEN credited < target THEN target - credited
                    WHEN credited < target * 1.5 THEN target * 1.5 - credited END) AS gap_to_next_tier
    FROM quota LEFT JOIN people ON people.id = quota.owner GROUP BY {_MONTHLY} HAVING k IS NOT NULL"""

SOURCES = [
    "activity",
    "worked",
    "won_activities",
    "entries",
    "lead",
    "response",
    "converted",
    "created",
    "closed",
    "won",
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
STEPS = (
    _PEOPLE,
    _WORKING_DAYS,
    _MONTHS,
    _STATES,
    _VISITS,
    _NORMAL,
    _RESPONSES,
    _DEALS,
    _LEADS,
    _MOVED,
    _ACTIVITY,
    _WORKED,
    _WON_ACTIVITIES,
    _ENTRIES,
    _LEAD,
    _RESPONSE_TIMES,
    _CONVERTED,
    _CREATED,
    _CLOSED,
    _WON,
    _TO_DATE,
    _YEAR,
    _OPEN,
    _DUPLICATES,
    _SOLD,
    _VISIT,
    _VISIT_MEDIAN,
    _PROPOSALS,
    _CLOSE_RATE,
    _MOVE,
    _SLIPPED,
    _CUSTOMERS,
    _USERS,
    _QUOTA,
)

_WIDE = "CREATE TEMP TABLE wide AS WITH cells AS ({cells}) SELECT * FROM cells {joins}".format(
    cells=" UNION ".join(f"SELECT g, k, m FROM w_{name}" for name in SOURCES),
    joins=" ".join(f"LEFT JOIN w_{name} USING (g, k, m)" for name in SOURCES),
)

_LASTING = "CASE WHEN m >= min(m) FILTER (WHERE {0} IS NOT NULL) OVER (PARTITION BY g, k) THEN coalesce({0}, 0) END"
"""Nothing is 0 from the first month with something on; everybody has a row in every month since they came."""
_FORMULAS = {
    "talk_time": f"{_LASTING.format('talk_seconds')} / 60",
    "no_show_rate": "coalesce(no_shows, 0) / nullif(coalesce(meetings, 0) + coalesce(no_shows, 0), 0)",
    "selling_time": f"{_LASTING.format('selling_seconds')} / 3600",
    "non_selling_time": (
        f"CASE WHEN m < {ALL_TIME} AND coalesce(working_time, selling_seconds) IS NOT NULL"
        " THEN greatest(coalesce(working_time, 0) - coalesce(selling_seconds, 0) / 3600, 0) END"
    ),
    "selling_share": "coalesce(selling_seconds, 0) / 3600 / nullif(working_time, 0)",
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
        " ELSE (rank() OVER (PARTITION BY g, m, team ORDER BY round(attainment, 6) NULLS LAST) - 1)"
        " / (count(attainment) OVER (PARTITION BY g, m, team) - 1) END"
    ),
}

_RATES = """
    CREATE TEMP TABLE rates AS
    SELECT w.*, people.team, {ratios} FROM wide AS w LEFT JOIN people ON w.k = people.id""".format(
    ratios=", ".join(
        f"coalesce({above}, 0)::DOUBLE / nullif({below}, 0) AS {name}" for name, (above, below) in RATIOS.items()
    )
)
_FIGURES = f"""
    CREATE TEMP TABLE figures AS
    SELECT * EXCLUDE (team) REPLACE ({", ".join(f"CASE WHEN g < 2 THEN {name} END AS {name}" for name in OF_TEAMS)},
           {", ".join(f"CASE WHEN m >= {THIS_MONTH} THEN {name} END AS {name}" for name in AS_IT_STANDS)},
           CASE WHEN g <> 1 THEN gap_to_next_tier END AS gap_to_next_tier),
           {", ".join(f"{formula} AS {name}" for name, formula in _FORMULAS.items())}
    FROM rates"""
_LONG = """
    WITH plain AS (SELECT g, k, m, round(COLUMNS('^[a-z]..'), 6)::DECIMAL(38, 6) FROM figures),
    long AS (UNPIVOT plain ON COLUMNS(* EXCLUDE (g, k, m)) INTO NAME metric VALUE value)
    SELECT metric, ['company', 'team', 'user'][g + 1] AS grain, k AS key,
           CASE WHEN year(m) = 9999 THEN 'all' ELSE strftime(m, '%Y-%m') END AS period, value
    FROM long"""


def read(path: Path) -> dict[str, pa.Table]:
    """The tables that the SQL looks at, read as ours are; moments on the clock of UTC."""
    with Store(path) as store:
        facts = read_facts(store, CONNECTION, {name: ("id", *fields.split()) for name, fields in COLUMNS.items()})
    schemas = {name: pa.schema([_plain(field) for field in table.schema]) for name, table in facts.items()}
    return {name: table.rename_columns(schemas[name].names).cast(schemas[name]) for name, table in facts.items()}


def compute(facts: Mapping[str, pa.Table]) -> pa.Table:
    """metric, grain, key, period, value."""
    with duckdb.connect(":memory:") as database:
        database.execute("SET enable_progress_bar = false")
        for name, table in facts.items():
            database.register(name, table)
        for step in (*STEPS, _WIDE, _RATES, _FIGURES):
            database.execute(step)
        long: pa.Table = database.sql(_LONG).to_arrow_table()
    return long


def _plain(field: pa.Field[pa.DataType]) -> pa.Field[pa.DataType]:
    """`at` is a word of DuckDB's own."""
    field = field.with_name("moment") if field.name == "at" else field
    return field.with_type(pa.timestamp("ms")) if pa.types.is_timestamp(field.type) else field
