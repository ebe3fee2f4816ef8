"""Every row of a metric's source, judged: whether it counts, with which number, and if not, for which first reason.

The same expressions judge here as where the number is computed (`frames`, `conditions`, `measures`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis

from config.catalog_page import say_condition
from config.metrics import AS_OF
from config.metrics.kinds import PERIOD
from salesops.calendar import EARLIEST, LATEST
from salesops.conditions import Meaning, day_or_moment, filled, meets, meets_any
from salesops.explain.about import about_of
from salesops.metrics.frames import dated_rows, is_past
from salesops.metrics.measures import DAY, rate_column, with_number
from salesops.metrics.owners import OWNER, SHARE_FROM, SHARE_TO, zones_of
from salesops.reads import currency_path, is_dated, key_column, key_paths, look_of, paths_of
from salesops.rules import field_type

if TYPE_CHECKING:
    from collections.abc import Iterator

    import ibis.expr.types as ir

    from config.metrics import SimpleMetric
    from salesops.basis import Basis
    from salesops.explain.model import Cause
    from salesops.reads import Look

WHY, EMPTY = "why not", "why empty"
"""The place of a row's reason among those of `Judged`: why it does not count, or why it has no number; else null."""

_NUMBER = "the number"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why rows are left out."""

    cause: Cause
    text: str


@dataclass(frozen=True, slots=True)
class Judged:
    """The rows, kept: `id`, OWNER, DAY, `number`, WHY, EMPTY, what the number is made of, and the keys of grains."""

    table: ir.Table
    reasons: tuple[Reason, ...]
    shown: tuple[str, ...]


def judge(basis: Basis, name: str, metric: SimpleMetric) -> Judged:
    """The judged rows of a simple metric's source."""
    look, about = look_of(metric), about_of(metric.source)
    paths = paths_of(look, metric, basis.rules.dimensions) | (about.paths if about else set())
    rows = dated_rows(basis, look, paths)
    reasons: list[Reason] = []
    rows = rows.mutate(**{WHY: _first(reasons, [*_unmet(basis, rows, look), *_not_dated(basis, rows, look)])})
    rows = with_number(basis, rows, metric, zones_of(basis, look.zone), _NUMBER)
    made = _made_of(rows, metric)
    if about:
        made |= about.columns(rows)
    without = ibis.ifelse(rows[_NUMBER].isnull(), _first(reasons, list(_empty(rows, metric))), ibis.null("int16"))
    keys = {key_column(path): rows[path] for path in sorted(key_paths(metric, basis.rules.dimensions).values())}
    keys |= {path: rows[path] for path in ("period_kind", "starts_on") if metric.time == PERIOD}
    table = rows.select(
        **{"id": rows["id"], OWNER: rows[OWNER], DAY: rows[DAY], "number": rows[_NUMBER], WHY: rows[WHY]},
        **{EMPTY: without},
        **made,
        **keys,
    )
    return Judged(basis.engine.keep(f"judged {name}", table), tuple(reasons), tuple(made))


def _first(reasons: list[Reason], holds: list[tuple[Reason, ir.BooleanValue]]) -> ir.Value:
    """The place of the first reason that holds, null where none does; the reasons are added to the list."""
    start = len(reasons)
    reasons += [reason for reason, _ in holds]
    cases = [(held.fill_null(False), ibis.literal(start + n, type="int16")) for n, (_, held) in enumerate(holds)]
    return ibis.cases(*cases, else_=ibis.null("int16")) if cases else ibis.null("int16")


def _unmet(basis: Basis, rows: ir.Table, look: Look) -> Iterator[tuple[Reason, ir.BooleanValue]]:
    """The conditions, in their order, and where each is not met."""
    meaning = Meaning.of(basis.rules, basis.today)
    for condition in look.where:
        said = say_condition(condition).replace("`", "")
        yield Reason("condition", f"not met: {said}"), ~meets(rows, look.source, condition, meaning)
    if look.where_any:
        said = " or ".join(say_condition(condition).replace("`", "") for condition in look.where_any)
        yield Reason("conditions", f"none met: {said}"), ~meets_any(rows, look.source, look.where_any, meaning)


def _not_dated(basis: Basis, rows: ir.Table, look: Look) -> Iterator[tuple[Reason, ir.BooleanValue]]:
    is_out = ~is_past(basis, rows, look).fill_null(False)
    if look.time == AS_OF:
        yield Reason("later", "created after the as-of time"), is_out
        return
    if is_dated(look):
        day = rows[DAY]
        yield Reason("undated", f"{look.time} is empty"), day_or_moment(rows, look.source, look.time).isnull()
        strange = (day < EARLIEST) | (day > LATEST)
        yield Reason("unbelievable", f"{look.time} is before 1900 or after 2199"), strange
    yield Reason("later", "after the as-of time"), is_out


def _made_of(rows: ir.Table, metric: SimpleMetric) -> dict[str, ir.Value]:
    """What a number is made of, where that is more than itself: amount, currency and rate, the share, the two ends."""
    made: dict[str, ir.Value] = {}
    if metric.aggregate == "duration":
        made |= {"starts": rows[f"{_NUMBER} start"], "ends": rows[f"{_NUMBER} end"]}
    elif metric.of is not None and metric.aggregate != "distinct":
        for field, path in (("of", metric.of), ("times", metric.times)):
            currency = currency_path(metric.source, path) if path else None
            if path and (currency or metric.times or SHARE_TO in rows.columns):
                made[field] = rows[path]
            if path and currency:
                made |= {f"{field}_currency": rows[currency], f"{field}_rate": rows[rate_column(metric, currency)]}
    if SHARE_TO in rows.columns:
        made["share"] = rows[SHARE_TO] - rows[SHARE_FROM]
    return made


def _empty(rows: ir.Table, metric: SimpleMetric) -> Iterator[tuple[Reason, ir.BooleanValue]]:
    """Why a row has no number."""
    source = metric.source
    if metric.aggregate == "duration":
        for path in (metric.start, metric.end or metric.time):
            if path and path not in {AS_OF, PERIOD}:
                yield Reason("empty", f"{path} is empty"), day_or_moment(rows, source, path).isnull()
        yield Reason("unbelievable", "it begins or ends before 1900 or after 2199"), ibis.literal(value=True)
        return
    for path in (metric.of, metric.times):
        if path is None:
            continue
        yield Reason("empty", f"{path} is empty"), filled(rows[path], field_type(source, path)).isnull()
        currency = currency_path(source, path) if metric.aggregate != "distinct" else None
        if currency is not None:
            yield (
                Reason("rate", f"no exchange rate for the currency of {path}"),
                rows[rate_column(metric, currency)].isnull(),
            )
    yield Reason("unreadable", f"{metric.of} is no number"), ibis.literal(value=True)
