"""Stays: days on a comp plan without a gap, leave of either meaning among them; and the days that the company works.

`keep_stays(basis, name)` makes the tables

    pay worked days      day               of the company's calendar, from the first fiscal year up to the as-of day
    pay leave NAME       payee_id, from_day, until_day (the first day after it)
    pay stays NAME       payee_id, stay (1, 2, …), from_day, until_day
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from config.working_time import COMPANY_CALENDAR
from salesops.calendar import days_from
from salesops.incentives.frame.named import leave_days
from salesops.incentives.frame.stretches import stretches_table
from salesops.sql import quoted
from salesops.working_time import build_calendars

if TYPE_CHECKING:
    from salesops.basis import Basis

WORKED = "pay worked days"

_LEAVE: dict[str, pa.DataType] = {"email": pa.string(), "from_day": pa.date32(), "until_day": pa.date32()}


def leave_table(name: str) -> str:
    """The name of the table of leave."""
    return f"pay leave {name}"


def stays_table(name: str) -> str:
    """The name of the table of stays."""
    return f"pay stays {name}"


def keep_stays(basis: Basis, name: str) -> None:
    """Make the tables, unless they are there."""
    engine = basis.engine
    if not engine.keeps(WORKED):
        first = min(each.start for each in basis.periods if each.kind == "year")
        company = build_calendars(basis.rules.working_time, basis.rules.time_zone, first, basis.today)[COMPANY_CALENDAR]
        worked = [day for day in days_from(first, basis.today) if company.works(day)]
        engine.load(WORKED, pa.table({"day": pa.array(worked, pa.date32())}))
    if engine.keeps(stays_table(name)):
        return
    rows = [dict(zip(_LEAVE, each, strict=True)) for each in leave_days(basis.rules, name)]
    engine.load(f"pay named leave {name}", pa.Table.from_pylist(rows, schema=pa.schema(_LEAVE)))
    named = f'{quoted(f"pay named leave {name}")} JOIN "pay users" USING (email)'
    engine.keep_rows(leave_table(name), f"SELECT user_id AS payee_id, from_day, until_day FROM {named}")
    engine.keep_rows(stays_table(name), _stays(name))


def _stays(name: str) -> str:
    return f"""
        WITH there AS (
            SELECT payee_id, from_day, until_day FROM {quoted(stretches_table(name))}
            UNION ALL FROM {quoted(leave_table(name))}
        ), found AS (
            SELECT *, coalesce(from_day > max(until_day) OVER before, true) AS comes FROM there
            WINDOW before AS (
                PARTITION BY payee_id ORDER BY from_day, until_day ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            )
        ), numbered AS (
            SELECT *, sum(CAST(comes AS BIGINT)) OVER (PARTITION BY payee_id ORDER BY from_day, until_day) AS stay
            FROM found
        )
        SELECT payee_id, CAST(stay AS BIGINT) AS stay, min(from_day) AS from_day, max(until_day) AS until_day
        FROM numbered GROUP BY payee_id, stay
    """
