"""Figures made of figures: ratios, formulas, and windows with a minimum of their own, level by level.

What is made of the same tables is made in one pass. Ratios and windows have a row where one of their parts has one;
formulas have one in every period from the first of their metrics to the last, and on to the present one.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from config.metrics import AS_OF, CumulativeMetric, DerivedMetric, RatioMetric, SimpleMetric
from config.metrics.parts import is_zero_over_none
from salesops.calendar import ALL_TIME
from salesops.metrics.columns import ZERO, Figures, kept_in, named, with_minimum
from salesops.metrics.formulas import formula_figures, formula_looks
from salesops.metrics.levels import parts_over
from salesops.metrics.periods import span_of
from salesops.metrics.ratios import ratio_figures
from salesops.metrics.seen import BEFORE, COMPANY, HERE, YEAR_BEFORE, Seen
from salesops.sql import columns as listed
from salesops.sql import quoted, when

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from salesops.metrics.columns import Column, Node
    from salesops.metrics.rollup import Setting
    from salesops.metrics.seen import Look


def combine(setting: Setting, nodes: Sequence[Node], columns: Mapping[Node, Column], name: str) -> dict[Node, Column]:
    """The figures of ratios, formulas and windows of one level, all of whose parts have columns."""
    metrics = setting.basis.rules.metrics
    found: dict[Node, Column] = {}
    families: dict[tuple[str, ...], list[Node]] = defaultdict(list)
    formulas: dict[tuple[str, ...], list[Node]] = defaultdict(list)
    for node in nodes:
        metric = metrics[node[0]]
        parts = parts_over(setting.basis.rules, node)
        if isinstance(metric, DerivedMetric):
            formulas[tuple(sorted({columns[part].table for part in parts}))].append(node)
        elif isinstance(metric, CumulativeMetric) and not metric.minimum_sample:
            found[node] = columns[parts[0]]
        else:
            families[tuple(sorted({columns[part].table for part in parts}))].append(node)
    for number, (tables, family) in enumerate(sorted(families.items())):
        found |= _sparse(setting, family, tables, columns, f"combined {name} {number}")
    for number, (_, family) in enumerate(sorted(formulas.items())):
        found |= _dense(setting, family, columns, f"formulas {name} {number}")
    return found


def _sparse(
    setting: Setting, nodes: Sequence[Node], tables: Sequence[str], columns: Mapping[Node, Column], name: str
) -> dict[Node, Column]:
    """Ratios and windows whose parts are in these tables."""
    looks = {(HERE, part) for node in nodes for part in parts_over(setting.basis.rules, node)}
    numbered = {table: f"other_{number}" for number, table in enumerate(tables)}
    joined = " FULL JOIN ".join(
        f"{quoted(table)} AS {alias}{' USING (cell)' if number else ''}"
        for number, (table, alias) in enumerate(numbered.items())
    )
    values, seen = _seen(setting, looks, columns, lambda look: numbered[columns[look[1]].table], "cell")
    figures, of_table = named((node, _figures(setting, node, seen)) for node in nodes)
    rows = f"SELECT cell, {listed(values)} FROM {joined}"
    if divided := seen.in_millionths(setting.basis.rules, _divided(setting, nodes)):
        rows = f"SELECT *, {listed(divided)} FROM ({rows})"
    setting.basis.engine.keep_rows(name, f"SELECT cell, {listed(figures)} FROM ({rows})")
    return kept_in(name, of_table)


def _divided(setting: Setting, nodes: Iterable[Node]) -> list[Node]:
    """The parts of the ratios among these, each once."""
    rules = setting.basis.rules
    ratios = [node for node in nodes if isinstance(rules.metrics[node[0]], RatioMetric)]
    return list(dict.fromkeys(part for node in ratios for part in parts_over(rules, node)))


def _figures(setting: Setting, node: Node, seen: Seen) -> Figures:
    metric = setting.basis.rules.metrics[node[0]]
    if isinstance(metric, RatioMetric):
        return ratio_figures(setting.basis.rules, metric, node[1], seen)
    assert isinstance(metric, CumulativeMetric)  # noqa: S101  formulas are made elsewhere
    return with_minimum(seen.here((metric.metric, span_of(metric))), metric.minimum_sample)


def _dense(setting: Setting, nodes: Sequence[Node], columns: Mapping[Node, Column], name: str) -> dict[Node, Column]:
    """Formulas of metrics that are in the same tables, each in every period of its own."""
    rules = setting.basis.rules
    metrics = {node: metric for node in nodes if isinstance(metric := rules.metrics[node[0]], DerivedMetric)}
    looks = {look for metric in metrics.values() for look in formula_looks(rules, metric)}
    sources = sorted({(by, columns[node].table) for by, node in looks})
    alias = {source: f"other_{number}" for number, source in enumerate(sources)}
    rows = _filled(setting, metrics, columns)
    for (by, table), other in alias.items():
        rows += f" LEFT JOIN {quoted(table)} AS {other} ON around.{by} = {other}.cell"
    values, seen = _seen(setting, looks, columns, lambda look: alias[look[0], columns[look[1]].table], "around.cell")
    figures, of_table = named(
        (node, formula_figures(rules, metric, seen, quoted(f"row of {number}")))
        for number, (node, metric) in enumerate(metrics.items())
    )
    rows = f"SELECT around.*, {listed(values)} FROM {rows}"
    if wholes := seen.wholes(rules, sorted(looks, key=str)):
        rows = f"SELECT *, {listed(wholes)} FROM ({rows})"
    setting.basis.engine.keep_rows(name, f"SELECT cell, {listed(figures)} FROM ({rows})")
    return kept_in(name, of_table)


def _filled(setting: Setting, metrics: Mapping[Node, DerivedMetric], columns: Mapping[Node, Column]) -> str:
    """The cells that one of the formulas has a row in: each formula's own as `row of N`, by its place among them.

    With each the grain, the period with its first day, the present team of a user, and the other cells to look at.
    """
    per_place, periods = len(setting.periods), quoted(setting.periods.table.get_name())
    numbers = range(len(metrics))
    firsts, lasts = (", ".join(quoted(f"{end} {number}") for number in numbers) for end in ("first", "last"))
    is_row = {
        f"row of {number}": f"coalesce(nth BETWEEN {quoted(f'first {number}')} AND {quoted(f'last {number}')}, FALSE)"
        for number in numbers
    }
    parts = [parts_over(setting.basis.rules, node) for node in metrics]
    return f"""(
        SELECT stretches.place * {per_place} + period AS cell, period, grain, team, {listed(is_row)},
               coalesce(starts, DATE '{setting.basis.today}') AS starts,
               stretches.place * {per_place} + previous AS {BEFORE},
               stretches.place * {per_place} + year_before AS {YEAR_BEFORE},
               {setting.places.company * per_place} + period AS {COMPANY}
        FROM ({_stretches(setting, _cells_of(parts, columns), numbers)}) AS stretches
        JOIN (SELECT * RENAME (place AS nth) FROM {periods}) AS periods USING (kind)
        WHERE nth BETWEEN least({firsts}) AND greatest({lasts})
    ) AS around"""


def _cells_of(formulas: Sequence[Sequence[Node]], columns: Mapping[Node, Column]) -> str:
    """The cells in which the metrics have rows that formulas are made of, with whether one of each formula has: `in N`.

    A cell comes once for each table that has it.
    """
    by_table: dict[str, dict[str, str]] = defaultdict(dict)
    for number, parts in enumerate(formulas):
        there: dict[str, list[str]] = defaultdict(list)
        for part in parts:
            if part[1] is None:
                there[columns[part].table].append(quoted(columns[part].there))
        for table, its in there.items():
            by_table[table][f"in {number}"] = " OR ".join(its)
    return " UNION ALL BY NAME ".join(
        f"SELECT cell, {listed(values)} FROM {quoted(table)}" for table, values in sorted(by_table.items())
    )


def _stretches(setting: Setting, cells: str, formulas: Iterable[int]) -> str:
    """Of each place and kind of period the `first N` and the `last N` that formulas have a row in, by their places.

    The last is the present one, unless the place is that of a user who is not active.
    """
    per_place, periods = len(setting.periods), quoted(setting.periods.table.get_name())
    places, teams = (quoted(table.get_name()) for table in (setting.places.table, setting.places.teams))
    ends: dict[str, str] = {}
    lasting: dict[str, str] = {}
    for number in formulas:
        has_row, last = f"FILTER (WHERE {quoted(f'in {number}')})", f"last {number}"
        ends |= {f"first {number}": f"min(nth) {has_row}", last: f"max(nth) {has_row}"}
        lasting[last] = when(f"lasts AND {quoted(last)} IS NOT NULL", "nths", quoted(last))
    return f"""
        SELECT * REPLACE ({listed(lasting)})
        FROM (SELECT *, kind <> '{ALL_TIME}' AND (grain <> 'user' OR active) AS lasts
              FROM (SELECT cell // {per_place} AS place, kind, any_value(nths) AS nths, {listed(ends)}
                    FROM ({cells})
                    JOIN (SELECT period, kind, place AS nth, max(place) OVER (PARTITION BY kind) AS nths FROM {periods})
                    ON period = cell % {per_place}
                    GROUP BY ALL)
              JOIN {places} USING (place)
              LEFT JOIN {teams} ON grain = 'user' AND of_user = key)"""


def _seen(
    setting: Setting,
    looks: Iterable[Look],
    columns: Mapping[Node, Column],
    alias_of: Callable[[Look], str],
    cell: str,
) -> tuple[dict[str, str], Seen]:
    """The columns of all that is looked at, and where each is."""
    values: dict[str, str] = {}
    found: dict[Look, dict[str, str]] = {}
    for number, look in enumerate(sorted(looks, key=str)):
        alias = alias_of(look)
        of_other = {part: f"{alias}.{quoted(name)}" for part, name in columns[look[1]].parts.items()}
        parts = _worth(of_other, _over_nothing(setting, look, cell))
        found[look] = {part: f"{part} of {number}" for part in parts}
        values |= {f"{part} of {number}": value for part, value in parts.items()}
    return values, Seen(found)


def _over_nothing(setting: Setting, look: Look, cell: str) -> str | None:
    """What a metric is worth where it has no row: 0, or none; what stands as of now is not known of what is over."""
    by, (name, _) = look
    metrics = setting.basis.rules.metrics
    if not is_zero_over_none(name, metrics):
        return None
    metric = metrics[name]
    if not isinstance(metric, SimpleMetric) or metric.time != AS_OF:
        return ZERO
    if by in {BEFORE, YEAR_BEFORE}:
        return None
    present = ", ".join(map(str, setting.periods.present))
    return when(f"{cell} % {len(setting.periods)} IN ({present})", ZERO)


def _worth(parts: Mapping[str, str], worth: str | None) -> dict[str, str]:
    """The figures of a metric, and its value "or zero", with what it is worth where it has no row, or no value."""
    value = when(parts["there"], parts["value"], worth or "NULL")
    or_zero = value if worth is None else f"coalesce({value}, {worth})"
    return {**parts, "there": f"coalesce({parts['there']}, FALSE)", "value": value, "or zero": or_zero}
