"""The frame: a row for each payee and cell, with the intervals it lies in, and targets and pay of them.

`build_frame(basis, name)` keeps the table `pay frame NAME`. Cells are the payee's days on the comp plan, cut at the
boundaries of pay periods and of every interval kind in use (`config.comp_plans.intervals.kinds_in_use`), where numbers
under `values` change, and with `change: apart` where pay or targets do. They go from the later of the plan's first day
and the first fiscal year that the facts reach into, up to the pay period that holds the as-of day.

    payee_id                   VARCHAR
    team                       VARCHAR        at the end of the cell; null where there is none
    cell_starts, cell_ends     DATE           the end is the first day after it
    period                     VARCHAR        the pay period
    period_starts, period_ends DATE
    is_close                   BOOLEAN        whether it is the payee's last cell in the pay period
    tenure_from                DATE           `started_on`; null where nobody knows
    and for each interval kind K of `Frame.kinds`:
    "K"                        VARCHAR        what tells the interval from others of the payee, parts of it apart
    "K name"                   VARCHAR        as it is shown
    "K starts", "K ends"       DATE           of the part where there are parts
    "share K", "share K below"           DECIMAL(38,0)  the share of it on the comp plan, above / below
    "base_pay K", "base_pay K below"     DECIMAL(38,0)  millionths above / below; null for all_time
    "target_pay K", "target_pay K below" DECIMAL(38,0)
    for each measure M of `Frame.targets`:
    "target M", "target M below"         DECIMAL(38,0)  millionths above / below; null where there is none
    for each of these in `Frame.seasonal`:
    "share of M", "share of M below"     DECIMAL(38,0)  the share of the target, where months weigh differently
    for each number V of `Frame.values`:
    "value V"                  DECIMAL(38,6)
    and for each of `guarantee_fractions`:
    "base_pay in full", …, "guaranteed G", and "… below"  DECIMAL(38,0)  of the pay period, as guarantees are made of it

So a target is `Rational(MILLIONTH, '"target M"', '"target M below"')`. Fractions are in lowest terms, below at least 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from salesops.incentives.frame.guarantees import guarantee_fractions, guarantees_table, keep_guarantees
from salesops.incentives.frame.intervals import build_calendar_of
from salesops.incentives.frame.pieces import keep_days_in, keep_pieces, pieces_table
from salesops.incentives.frame.prorated import intervals_of, keep_intervals, lowest_terms, share_of
from salesops.incentives.frame.so_far import is_so_far, keep_so_far, so_far
from salesops.incentives.frame.stretches import stretches_table, value_names
from salesops.incentives.frame.targets import keep_numbers, numbers_in
from salesops.rational import MILLIONTH
from salesops.sql import names, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from config.comp_plans import CompPlan
    from config.comp_plans.base import Interval
    from salesops.basis import Basis
    from salesops.incentives.frame.intervals import PayCalendar
    from salesops.incentives.frame.targets import Targets

_PARTS = ("{} name", "{} starts", "{} ends", "share {}", "base_pay {}", "target_pay {}")
"""What the frame has of each interval, besides its key; the last three with `… below`."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The kept table of a comp plan's cells, and what it has columns of."""

    table: str
    kinds: tuple[Interval, ...]  # in use, the shortest first; never `transaction`
    targets: tuple[str, ...]  # measures with a target, in the plan's order
    values: tuple[str, ...]
    seasonal: tuple[str, ...] = ()  # of the targets, those that are spread by seasonality


def build_frame(basis: Basis, name: str) -> Frame:
    """The frame of a comp plan, kept, from its stretches (`build_stretches`)."""
    calendar = build_calendar_of(basis, name)
    keep_pieces(basis, name, calendar)
    for kind in calendar.kinds:
        keep_days_in(basis, name, kind)
    targets = keep_numbers(basis, name, calendar)
    basis.engine.keep_rows(f"pay changes {name}", _changes(targets, value_names(basis.rules, name), calendar))
    for kind in calendar.kinds:
        keep_intervals(basis, targets, kind)
    for measure in targets.full:
        if is_so_far(targets, measure):
            keep_so_far(basis, targets, measure)
    if guarantee_fractions(basis.rules.comp_plans[name]):
        keep_guarantees(basis, name)
    values = value_names(basis.rules, name)
    frame = Frame(f"pay frame {name}", calendar.kinds, tuple(targets.full), values, tuple(targets.seasons))
    basis.engine.keep_rows(frame.table, _frame(frame, targets))
    return frame


def _changes(targets: Targets, values: tuple[str, ...], calendar: PayCalendar) -> str:
    """Which cells a stretch belongs to (`cells`), and which part of intervals (`change`, 0 where none is apart)."""
    alike = names(["team", "run", *(f"value {value}" for value in values)])
    begins = {"cells": f"row({alike}) IS DISTINCT FROM lag(row({alike})) OVER before"}
    if targets.plan.change == "apart":
        pay = "base_pay, target_pay"
        differs = f"(row({pay}) IS DISTINCT FROM lag(row({pay})) OVER before AND lag(stretch) OVER before IS NOT NULL)"
        others = " UNION ".join(_changed(targets, kind) for kind in calendar.kinds if _over(targets, kind))
        is_other = f"(payee_id, stretch) IN ({others})" if others else "false"
        begins["change"] = f"{differs} OR {is_other}"
    flags = ", ".join(f"CAST({sql} AS BIGINT) AS {column}" for column, sql in begins.items())
    counts = [f"CAST(sum({column}) OVER before AS BIGINT) AS {column}" for column in begins]
    counts += [] if "change" in begins else ["CAST(0 AS BIGINT) AS change"]
    window = "WINDOW before AS (PARTITION BY payee_id ORDER BY stretch)"
    return f"""
        SELECT payee_id, stretch, {", ".join(counts)}
        FROM (SELECT payee_id, stretch, {flags} FROM {quoted(stretches_table(targets.name))} {window}) {window}
    """


def _over(targets: Targets, kind: Interval) -> list[str]:
    """The measures with a target over a kind."""
    return [measure for measure in targets.full if targets.kind(measure) == kind]


def _changed(targets: Targets, kind: Interval) -> str:
    """The stretches in which a target over the kind is another than in the one before, in the same interval."""
    differs = " OR ".join(_differs(targets, measure) for measure in _over(targets, kind))
    return f"""
        SELECT payee_id, stretch FROM (
            SELECT payee_id, stretch, lag(stretch) OVER before IS NOT NULL AND ({differs}) AS differs
            FROM {quoted(numbers_in(kind, targets.name))}
            WINDOW before AS (PARTITION BY payee_id, number ORDER BY stretch)
        ) WHERE differs
    """


def _differs(targets: Targets, measure: str) -> str:
    full = targets.full[measure]
    if full.below is None:
        return f"{full.above} IS DISTINCT FROM lag({full.above}) OVER before"
    ours, theirs = (f"CAST({each} AS HUGEINT)" for each in (full.above, full.below))
    crossed = f"{ours} * lag({theirs}) OVER before IS DISTINCT FROM lag({ours}) OVER before * {theirs}"
    return f"(({ours} IS NULL) <> (lag({ours}) OVER before IS NULL) OR {crossed})"


def _frame(frame: Frame, targets: Targets) -> str:
    """The rows of `pay frame NAME`: the pieces of a cell as one, with what its intervals have."""
    name, plan = targets.name, targets.plan
    numbers = [f"{kind} #" for kind in frame.kinds]
    period = quoted(f"{plan.period} #")
    joins = [
        f"JOIN {quoted(intervals_of(kind, name))} AS {quoted(f'in {kind}')} ON {_same(f'in {kind}', kind, plan)}"
        for kind in frame.kinds
    ]
    joins += [join for measure in frame.targets for join in _joins(targets, measure)]
    selected = [_of(kind, each) for kind in frame.kinds for each in _of_kind(kind)]
    selected += [each for measure in frame.targets for each in _target(targets, measure)]
    for measure in frame.seasonal:
        selected += [_of(targets.kind(measure), each) for each in (share_of(measure), f"{share_of(measure)} below")]
    selected += [f"s.{quoted(f'value {value}')}" for value in frame.values]
    if fractions := guarantee_fractions(plan):
        selected += [f"g.{quoted(each)}, g.{quoted(f'{each} below')}" for each in fractions]
        joins.append(
            f"JOIN {quoted(guarantees_table(name))} g ON g.payee_id = cells.payee_id AND g.number = cells.{period}"
        )
    return f"""
        WITH cells AS (
            SELECT p.payee_id, {names(numbers)}, c.change, c.cells,
                min(p.from_day) AS cell_starts, max(p.until_day) AS cell_ends, max(p.stretch) AS stretch
            FROM {quoted(pieces_table(name))} p JOIN {quoted(f"pay changes {name}")} c USING (payee_id, stretch)
            WHERE p.in_frame GROUP BY ALL
        )
        SELECT cells.payee_id, s.team, cell_starts, cell_ends,
            f.name AS period, f.starts AS period_starts, f.ends AS period_ends,
            cell_ends = max(cell_ends) OVER (PARTITION BY cells.payee_id, f.number) AS is_close,
            s.started_on AS tenure_from, {", ".join(selected)}
        FROM cells
        JOIN {quoted(stretches_table(name))} s ON s.payee_id = cells.payee_id AND s.stretch = cells.stretch
        JOIN {quoted(f"pay {plan.period} in {name}")} f ON f.number = cells.{period}
        {" ".join(joins)}
    """


def _of(kind: Interval, column: str) -> str:
    """A column of the cell's interval."""
    return f"{quoted(f'in {kind}')}.{quoted(column)}"


def _of_kind(kind: Interval) -> Iterator[str]:
    yield kind
    for part in _PARTS:
        yield part.format(kind)
        if part.startswith(("share", "base_pay", "target_pay")):
            yield f"{part.format(kind)} below"


def _same(of: str, kind: Interval, plan: CompPlan, *, period: bool = False) -> str:
    """Whether a row of a table of intervals (and pay periods) is the cell's."""
    same = f"{quoted(of)}.payee_id = cells.payee_id AND {quoted(of)}.number = cells.{quoted(f'{kind} #')}"
    same += f" AND {quoted(of)}.change = cells.change"
    return same + (f" AND {quoted(of)}.period = cells.{quoted(f'{plan.period} #')}" if period else "")


def _joins(targets: Targets, measure: str) -> Iterator[str]:
    """The tables that a measure's target is in, besides those of its interval."""
    kind = targets.kind(measure)
    if is_so_far(targets, measure):
        same = _same(f"{measure} so far", kind, targets.plan, period=True)
        yield f"JOIN {quoted(so_far(measure, targets.name))} AS {quoted(f'{measure} so far')} ON {same}"
    elif not targets.is_shared(measure):
        full = quoted(f"{measure} in full")
        yield (
            f"JOIN {quoted(numbers_in(kind, targets.name))} AS {full} ON {full}.payee_id = cells.payee_id "
            f"AND {full}.stretch = cells.stretch AND {full}.number = cells.{quoted(f'{kind} #')}"
        )


def _target(targets: Targets, measure: str) -> Iterator[str]:
    """The columns of a measure's target."""
    column = f"target {measure}"
    shared = [_of(targets.kind(measure), each) for each in (column, f"{column} below")]
    if is_so_far(targets, measure):
        of = quoted(f"{measure} so far")
        above, below = (f"CAST({each} AS HUGEINT)" for each in shared)
        yield lowest_terms(column, f"{above} * {of}.part", f"{below} * {of}.whole")
    elif targets.is_shared(measure):
        yield from shared
    else:
        full, scale = targets.full[measure], targets.full[measure].scale / MILLIONTH
        table = quoted(f"{measure} in full")
        above = f"CAST({table}.{full.above} AS HUGEINT) * {scale.numerator}"
        below = "CAST(1 AS HUGEINT)" if full.below is None else f"CAST({table}.{full.below} AS HUGEINT)"
        yield lowest_terms(column, above, f"{below} * {scale.denominator}")
