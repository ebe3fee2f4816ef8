"""A metric's values for people, with bars or a plot, and for programs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from config.metrics import AS_OF, SimpleMetric, Unit
from sync.cli.figure_text import exact_text, figure_text, with_unit
from sync.cli.output import new_table, plain
from sync.cli.plot import print_plot
from sync.cli.show_output import LONGEST_NAME, add_bars, number_text, print_shown
from sync.cli.words import say

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from config.metrics import Metric
    from sync.cli.show_output import Output
    from sync.show import Value


@dataclass(frozen=True, slots=True)
class Known:
    """On which day values were known: as asked, and that of the snapshot that tells, both None of the last computation.
    `stands` is the day of what stands as of now."""

    as_of: date | None
    known_on: date | None
    stands: date


def show_values(
    name: str, metric: Metric, values: Sequence[Value], title: str, first: str, output: Output, known: Known
) -> None:
    """A metric's values, with bars: by key, or, where `first` is "period", over time."""
    rows = [
        {
            "key": each.key,
            "name": each.name,
            "period": each.period,
            "value": number_text(each.value),
            "numerator": number_text(each.numerator),
            "denominator": number_text(each.denominator),
            "sample": number_text(each.sample),
            "partial": each.partial,
        }
        for each in values
    ]
    days = {"as_of": known.as_of, "known_on": known.known_on}
    about = {"metric": name, "unit": str(metric.unit), **{key: day and day.isoformat() for key, day in days.items()}}
    if output.write(rows, "values", about):
        return
    say(f"{title}, as known on {known.as_of}" if known.as_of else title)
    if known.known_on != known.as_of:
        say(f"No snapshot is of {known.as_of}: this is that of {known.known_on}, the last one before.")
    if not values:
        click.echo("Nothing counts.")
        return
    over_time = first == "period"
    shown = output.last(values) if over_time else output.first(values)
    if len(shown) < len(values) and over_time:
        _print_plot(metric, values)
    _print_values(metric, shown, first, len(values) - len(shown))
    if over_time and isinstance(metric, SimpleMetric) and metric.time == AS_OF:
        say("It counts what stands as of now; what was known of another day is told with --as-of DAY.")
    if any(each.partial is None for each in shown):
        say("This snapshot was taken before it was kept which values are partial, and of how many records each is.")


def _print_plot(metric: Metric, values: Sequence[Value]) -> None:
    click.echo()
    names = [each.period for each in values]
    print_plot(names, [each.value for each in values], lambda each: figure_text(each, metric.unit, metric.decimals))


def _print_values(metric: Metric, shown: Sequence[Value], first: str, hidden: int) -> None:
    """The table of values; `hidden` more are not in it."""
    over_time = first == "period"
    parts = any(each.denominator is not None for each in shown)
    partial = any(each.partial for each in shown)
    label = with_unit(metric.label.lower(), metric.unit, "({})")
    table = new_table(first, f">{label}", "", *([">of"] if parts else []), *([""] if partial else []))
    rows = []
    for each in shown:
        cells = [each.period if over_time else plain(each.name, LONGEST_NAME)]
        cells += [figure_text(each.value, metric.unit, metric.decimals)]
        cells += [_of(each)] if parts else []
        rows.append([*cells, *(["partial" if each.partial else ""] if partial else [])])
    add_bars(table, rows, [each.value for each in shown])
    print_shown(table, hidden, before=over_time)


def _of(value: Value) -> str:
    if value.numerator is None or value.denominator is None:
        return ""
    above, below = (exact_text(each, Unit.NUMBER) for each in (value.numerator, value.denominator))
    return f"{above} / {below}"
