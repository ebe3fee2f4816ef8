"""What each line moves: an earning since it was last posted, its release, and what is lost of it. All lines at once.

A line stands under `line` with what is earned of it now, and what the ledger holds of it, each to date:

    earned   all that was posted;  opening   what was paid before the ledger began
    released  what became payable;  lost, clawed   what was forfeited, and taken back
    clawed_owed   the part of `clawed` that came out of pay; the rest came out of what was held
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from salesops.payment.movements import LINE
from salesops.payment.release import WAY
from salesops.sql import columns, names, text

if TYPE_CHECKING:
    from salesops.engine import Engine

OWNER = ("comp_plan", "payee_id", "unit")
_KEYS = (*OWNER, *LINE)
_CAUSES = ("opening", "earned", "adjusted", "released", "lost", "clawed_back")
_TO_DATE = {
    "earned": "account = 'earned'",
    "opening": "account = 'paid'",
    "released": "account = 'payable'",
    "lost": "account = 'lost'",
    "clawed": "account = 'clawback'",
    "clawed_owed": "account = 'owed'",
}
_SOURCES = {"earned", "clawed_owed"}
"""Accounts that go below 0 by what is meant."""

_ZERO = "CAST(0 AS DECIMAL(38, 6))"


def keep_stood(engine: Engine, period: str, *, first: bool) -> None:
    """Make `stood` of the tables `earnings`, `ledger` and `counted`: each line as it stands, and `d`, what it earns
    anew. `counted` has a row for each comp plan and pay period that counts."""
    engine.keep_rows("gathered", _gathered())
    opens = f"{str(first).lower()} AND coalesce(is_earlier, false)"
    stood = columns(
        {
            "d": "now - earned",
            "opens": opens,
            "x": f"now - opening - CASE WHEN {opens} THEN now - earned ELSE 0 END",
            "is_now": f"earned_in = {text(period)}",
            "clawed_held": "clawed - clawed_owed",
            "is_less": "sign(x) * sign(opening) < 0",  # than what was paid before the ledger began
        }
    )
    engine.view_rows(
        "stood", f"SELECT g.*, {stood}, last_day FROM gathered g LEFT JOIN counted USING (comp_plan, unit, earned_in)"
    )


def keep_lines(engine: Engine) -> None:
    """Make `line` of `stood_due` and `way` (`salesops.payment.release`).

    It has the lines that move, or that may be taken back. `to_release` and `to_lose` leave what is held, which is then
    `held`.
    """
    room = "x - clawed_held"
    same = " AND ".join(f"w.{name} IS NOT DISTINCT FROM s.{name}" for name in WAY)
    cancelled = "SELECT (comp_plan, opportunity_id) FROM events WHERE kind NOT IN ('invoice', 'collection')"
    engine.keep_rows(
        "line",
        "SELECT *, released_now - released AS to_release, lost_now - lost AS to_lose,"
        f" {room} - released_now - lost_now AS held FROM ("
        f"SELECT *, CASE WHEN has_left AND abs({_clip('losing', f'{room} - released_now')}) > abs(lost_yet)"
        f" THEN {_clip('losing', f'{room} - released_now')} ELSE lost_yet END AS lost_now FROM ("
        f"SELECT *, {_clip('due_now', f'{room} - lost_yet')} AS released_now FROM ("
        f"SELECT s.*, {_clip('lost', room)} AS lost_yet,"
        f" CASE WHEN released_n IS NULL OR is_less THEN x ELSE {_part('released')} END AS due_now,"
        f" CASE WHEN losing_n IS NULL OR is_less THEN 0 ELSE {_part('losing')} END AS losing"
        " FROM (SELECT s.*, released_n, released_d, losing_n, losing_d, w.unit AS last_place FROM stood_due s"
        " LEFT JOIN (SELECT *, true AS is_due FROM way) w"
        f" ON w.is_due = s.is_due AND {same}) s)))"
        " WHERE d <> 0 OR released_now <> released OR lost_now <> lost OR clawed <> 0"
        f" OR (comp_plan, opportunity_id) IN ({cancelled})",
    )


def _clip(value: str, bound: str) -> str:
    """The one nearer to 0, and 0 where they are on two sides of it."""
    return (
        f"CASE WHEN sign({value}) * sign({bound}) <= 0 THEN 0 WHEN abs({value}) < abs({bound})"
        f" THEN {value} ELSE {bound} END"
    )


def _part(of: str) -> str:
    """So much of x, half up to the comp plan's places; exactly x where it is all of it."""
    above, below = f"millionths(x) * CAST({of}_n AS HUGEINT)", f"CAST({of}_d AS HUGEINT) * last_place"
    millionths = f"CAST(whole_quotient({above}, {below}) * last_place AS DECIMAL(38, 0))"
    rounded = f"{millionths} * CAST(0.000001 AS DECIMAL(7, 6))"
    return f"CASE WHEN {of}_n = 0 THEN 0 WHEN {of}_n = {of}_d THEN x ELSE {rounded} END"


def _gathered() -> str:
    zeros = ", ".join(f"{_ZERO} AS {name}" for name in _TO_DATE)
    earning = columns(
        {
            "comp_plan": "e.comp_plan",
            "payee_id": "e.payee_id",
            "unit": "c.unit",
            "part": "e.component",
            "earned_in": "c.earned_in",
            "day": "e.day",
            "source": "coalesce(e.source, '')",
            "transaction_id": "coalesce(e.transaction_id, '')",
            "opportunity_id": "coalesce(e.opportunity_id, '')",
        }
    )
    to_date = ", ".join(
        f"CASE WHEN {account} THEN {'-' if name in _SOURCES else ''}amount ELSE 0 END AS {name}"
        for name, account in _TO_DATE.items()
    )
    sums = ", ".join(f"sum({name}) AS {name}" for name in ("now", *_TO_DATE))
    causes = ", ".join(map(text, _CAUSES))
    return (
        f"SELECT {names(_KEYS)}, {sums} FROM ("
        f"SELECT {earning}, e.amount AS now, {zeros} FROM earnings e"
        " JOIN counted c ON e.comp_plan = c.comp_plan AND e.period = c.earned_in"
        f" UNION ALL SELECT {names(_KEYS)}, {_ZERO} AS now, {to_date} FROM ledger"
        f" WHERE earned_in <> '' AND cause IN ({causes}) AND account <> 'held'"
        ") GROUP BY ALL"
    )


_MOVES = (
    ("earned", "CASE WHEN opens THEN 'paid' ELSE 'held' END", "d"),
    ("held", "'payable'", "to_release"),
    ("held", "'lost'", "to_lose"),
)
_CAUSE = (
    "CASE WHEN opens THEN 'opening' WHEN is_now THEN 'earned' ELSE 'adjusted' END",
    "'released'",
    "'lost'",
)


def line_movements() -> str:
    """The query of what lines move, in MOVEMENTS with a phase before `place`."""
    return " UNION ALL ".join(
        f'SELECT comp_plan, payee_id, unit AS owner_unit, {phase} AS phase, 0 AS place, unit, {text(from_)} AS "from",'
        f' {to} AS "to", {cause} AS cause, {amount} AS amount, {names(LINE)} FROM line WHERE {amount} <> 0'
        for phase, ((from_, to, amount), cause) in enumerate(zip(_MOVES, _CAUSE, strict=True), 1)
    )
