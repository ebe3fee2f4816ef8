"""Tables of an explanation for people: the records that count or convert, and what is left out."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click

from config.metrics import AS_OF, Unit
from config.metrics.kinds import PERIOD
from config.metrics.windows import parse_within
from config.scalars import decimal_text, instant_text
from salesops.explain.about import WHAT, about_of
from sync.cli.explain_subjects import left_pairs
from sync.cli.figure_text import NONE, exact_text, figure_text, with_unit
from sync.cli.output import add_linked_row, linked, minute, new_table, plain, print_table
from sync.cli.words import columns, say, several

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

    from config.metrics import ConversionMetric, SimpleMetric
    from salesops.explain import Explanation
    from sync.cli.explain_subjects import Records, Subject

Row = dict[str, Any]

_WIDE = 160
"""Columns from which on a table also shows where each record's page is."""

_LONGEST_NAME = 48
_MARK = "◀"
_SUCH = 2
"""So many of those that are left out for a reason are named."""


def value_text(explanation: Explanation) -> str:
    """The number of an explanation, or why there is none."""
    minimum, sample = explanation.minimum_sample, explanation.sample or Decimal(0)
    if explanation.value is None and explanation.is_there and sample < minimum:
        return f"no value: {exact_text(sample, Unit.COUNT)} counted, at least {minimum} are needed"
    return figure_of(explanation.value, explanation)


def figure_of(value: Decimal | None, explanation: Explanation) -> str:
    """A number in the unit of an explanation's."""
    unit = explanation.definition.unit
    return "no value" if value is None else with_unit(figure_text(value, unit, explanation.definition.decimals), unit)


def show_records(explanation: Explanation, metric: SimpleMetric, records: Records, limit: int) -> None:
    """The records of a simple metric, so many (0: all) of them; how they come to the number; and what is left out."""
    found = explanation.records
    if found is None or not len(found):
        click.echo()
        say("No record counts.")
    else:
        shown = _around(found, limit)
        _print_records(explanation, metric, records, shown.to_pylist())
        _say_more(len(found) - len(shown))
        _say_total(explanation, metric, found)
    _show_left_out(explanation, records)


def _around(found: pa.Table, limit: int) -> pa.Table:
    """The records that are shown: the first, or those around the ones that the value is made of."""
    if not limit or len(found) <= limit:
        return found
    makes = found["makes"].to_pylist()
    start = makes.index(True) - limit // 2 if True in makes else 0
    return found.slice(min(max(start, 0), len(found) - limit), limit)


def _say_more(more: int) -> None:
    if more > 0:
        say(f"… and {several(more, 'more record') if more == 1 else f'{more:,} more records'}; --limit 0 shows all.")


def _print_records(explanation: Explanation, metric: SimpleMetric, records: Records, rows: Sequence[Row]) -> None:
    subjects = records.subjects([records.pair(explanation, row) for row in rows])
    cells = _who(explanation, records, rows, subjects)
    if (about := about_of(metric.source)) and about.what:
        cells[about.what] = [plain(row[WHAT] or NONE) for row in rows]
    if metric.time not in {AS_OF, PERIOD}:
        cells[metric.time] = [_text(row["day"]) for row in rows]
    cells |= _made_of(rows, explanation, metric, records)
    if any(row["makes"] for row in rows):
        cells[""] = [_MARK if row["makes"] else "" for row in rows]
    _print(cells, subjects)


def _who(
    explanation: Explanation, records: Records, rows: Sequence[Row], subjects: Sequence[Subject]
) -> dict[str, list[str]]:
    """The columns of the records' names, and of their owners', where these are not all the same."""
    objects = {subject.object for subject in subjects}
    head = next(iter(objects)).replace("_", " ") if len(objects) == 1 else ""
    cells = {head or "record": [_name(subject, row["id"]) for subject, row in zip(subjects, rows, strict=True)]}
    owners = records.names("user", [row["owner"] for row in rows if row["owner"]])
    are_named = all(row["owner"] in {None, each.id} for each, row in zip(subjects, rows, strict=True))
    if explanation.figure.grain != "user" and not are_named:
        cells["owner"] = [plain(owners.get(row["owner"], row["owner"] or NONE)) for row in rows]
    return cells


def _name(subject: Subject, row_id: str) -> str:
    return plain(subject.name or subject.id or row_id, _LONGEST_NAME)


def _made_of(
    rows: Sequence[Row], explanation: Explanation, metric: SimpleMetric, records: Records
) -> Mapping[str, list[str]]:
    """The columns of a number and of what it is made of, where that says more than the number."""
    unit = explanation.definition.unit
    cells: dict[str, list[str]] = {}
    for field, path in (("of", metric.of), ("times", metric.times)):
        rates = {row.get(f"{field}_rate") for row in rows} - {None, Decimal(1)}
        if path and field in rows[0] and (rates or "times" in rows[0] or "share" in rows[0]):
            currencies = [row.get(f"{field}_currency") or "" for row in rows]
            numbers = [_plain_number(row[field]) for row in rows]
            with_currency = [
                f"{number} {currency}".strip() for number, currency in zip(numbers, currencies, strict=True)
            ]
            cells[f">{path}"] = with_currency if rates else numbers
        if rates:
            cells[">rate"] = [_plain_number(row[f"{field}_rate"]) for row in rows]
    if "share" in rows[0] and any(row["share"] != 1 for row in rows):
        cells[">share"] = [exact_text(row["share"], Unit.PERCENT) for row in rows]
    if "starts" in rows[0]:
        cells[f"{metric.start}"] = [_moment(row["starts"], records) for row in rows]
        cells[f"{metric.end or metric.time}".replace(AS_OF, "now")] = [_moment(row["ends"], records) for row in rows]
    if metric.aggregate == "distinct":
        cells[str(metric.of)] = [plain(_text(row["number"])) for row in rows]
    elif metric.aggregate != "count" or any(row["number"] != 1 for row in rows):
        cells[">number"] = [exact_text(row["number"], unit) for row in rows]
    return cells


def _print(cells: Mapping[str, list[str]], subjects: Sequence[Subject]) -> None:
    width = columns(sys.stdout)
    wide = any(subject.link for subject in subjects) and width is not None and width >= _WIDE
    table = new_table(*cells, *(["page"] if wide else []))
    for row, subject in zip(zip(*cells.values(), strict=True), subjects, strict=True):
        link = subject.link or ""
        add_linked_row(table, [*row, *([link] if wide else [])], link)
    print_table(table)


def _say_total(explanation: Explanation, metric: SimpleMetric, found: pa.Table) -> None:
    """The line that the records end with: how they come to the number."""
    unit, count = explanation.definition.unit, several(len(found), "record")
    total = exact_text(explanation.total, unit)
    match metric.measure:
        case "count" | "sum":
            text = f"{count}, together {total}" if metric.measure == "sum" else f"{count}, which make {total}"
        case "average":
            text = f"{count}: {exact_text(explanation.numerator, unit)} / {len(found):,} = {total}"
        case "distinct":
            text = f"{count} with {total} different values"
        case _:
            marked = found["makes"].to_pylist().count(True)
            between = "halfway between the two marked" if marked > 1 and metric.measure == "median" else "marked"
            between = "between the two marked" if marked > 1 and metric.measure == "quantile" else between
            text = f"{count} in order; the {metric.measure} is {total} ({between} {_MARK})"
    say(f"{text}.")


def show_conversions(explanation: Explanation, metric: ConversionMetric, records: Records, limit: int) -> None:
    """The records of a conversion, so many (0: all) of them, with when they came and converted, or why they did not."""
    found = explanation.records
    if found is None or not len(found):
        click.echo()
        say("No record counts.")
        return
    rows = (found.slice(0, limit) if limit else found).to_pylist()
    subjects = records.subjects([records.pair(explanation, row) for row in rows])
    cells = _who(explanation, records, rows, subjects)
    by_clock = _is_by_clock(metric)
    cells["came"] = [_moment(row["at"], records) if by_clock else _text(row["from_day"]) for row in rows]
    cells["converted"] = [_converted(row, metric, records) for row in rows]
    if metric.show in {"average", "median"}:
        cells[">took"] = [exact_text(row["took"], metric.unit) if row["converted"] else NONE for row in rows]
    _print(cells, subjects)
    _say_more(len(found) - len(rows))
    above, below = (exact_text(each, Unit.COUNT) for each in (explanation.numerator, explanation.denominator))
    say(f"{below} came, {above} converted: {value_text(explanation)}.")


def _converted(row: Row, metric: ConversionMetric, records: Records) -> str:
    """When a record came to the second event, to the minute where that decides, or why it does not count as come."""
    came = _moment(row["next_at"], records) if _is_by_clock(metric) else _text(row["next_day"])
    if row["converted"]:
        return came
    if row["next_day"] is None:
        return "no: it has not yet"
    return f"no: {came} is later than {metric.within}" if metric.counted == "cohort" else "not in this period"


def _is_by_clock(metric: ConversionMetric) -> bool:
    """Whether hours or minutes, and not days, decide what converts."""
    return metric.within is not None and parse_within(metric.within).seconds is not None


def _show_left_out(explanation: Explanation, records: Records) -> None:
    from rich.text import Text

    if not explanation.left_out:
        return
    table = new_table(">left out", "because", "such as")
    for each in explanation.left_out:
        such = records.subjects(left_pairs(each, explanation)[:_SUCH])
        named = Text(", ").join(linked(_name(subject, subject.id), subject.link or "") for subject in such)
        table.add_row(linked(f"{each.rows:,}"), linked(each.reason), named)
    print_table(table)


def _plain_number(value: object) -> str:
    return exact_text(value, Unit.NUMBER) if isinstance(value, Decimal) else _text(value)


def _text(value: object) -> str:
    match value:
        case None:
            return NONE
        case Decimal():
            return decimal_text(value)
        case bool():
            return "true" if value else "false"
        case date() if not isinstance(value, datetime):
            return value.isoformat()
    return str(value)


def _moment(value: date | datetime | None, records: Records) -> str:
    if isinstance(value, datetime):
        return minute(instant_text(value.replace(tzinfo=UTC)), records.zone)
    return _text(value)
