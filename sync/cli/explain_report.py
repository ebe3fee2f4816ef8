"""Explanations for people: the number, the records that add up to it, and what was left out."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click

from config.metrics import AS_OF, ConversionMetric, SimpleMetric, Unit
from config.metrics.kinds import PERIOD
from config.scalars import decimal_text, instant_text
from salesops.calendar import ALL_TIME
from sync.cli.figure_text import NONE, exact_text, figure_text, with_unit
from sync.cli.output import add_linked_row, minute, new_table, plain, print_table
from sync.cli.words import columns, say, several

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

    from salesops.explain import Explanation, Figure, Part
    from sync.asked import Whose
    from sync.cli.explain_data import Records
    from sync.explain import Told

_WIDE = 160
"""Columns from which on a table also shows where each record's page is."""

_LONGEST_NAME = 48
_MARK = "◀"

Row = dict[str, Any]


def show_explanation(told: Told, whose: Whose, records: Records, limit: int) -> None:
    """The whole of an explanation; of the records of each part so many, all with a limit of 0."""
    explanation = told.explanation
    period = explanation.figure.period
    say(
        f"{explanation.definition.label} of {_said(whose)}, {'all time' if period == ALL_TIME else period}"
        f"{_days(explanation)}"
    )
    say(f"= {_value(explanation)}")
    click.echo()
    if explanation.definition.description:
        say(explanation.definition.description)
    _show_definition(explanation)
    say(f"version {explanation.definition.version}, as of {minute(instant_text(told.as_of), records.zone)}")
    if explanation.partial:
        complete = f"; the first complete one is {explanation.first_complete}" if explanation.first_complete else ""
        say(f"partial: what it counts began in the middle of {period}{complete}")
    _show_body(explanation, records, limit, {explanation.figure})
    if not explanation.adds_up():
        say("warning: this does not add up to the number, which is a defect of ours: please report it.", aside=True)
    if told.differs:
        stored = _number(told.stored, explanation)
        say(f"warning: the stored results have {stored}: {told.differs}.", aside=True)


def _said(whose: Whose) -> str:
    match whose.grain:
        case "company" | "user":
            return plain(whose.name)
        case "manager":
            return f"{plain(whose.name)} and all below"
    return plain(f"{whose.grain} {whose.name}")


def _days(explanation: Explanation) -> str:
    first, last = explanation.first, explanation.last
    if explanation.figure.period == ALL_TIME:
        return ""
    return f" ({first} to {last})" if first is not None and last is not None and first <= last else ""


def _number(value: Decimal | None, explanation: Explanation) -> str:
    unit = explanation.definition.unit
    return "no value" if value is None else with_unit(figure_text(value, unit, explanation.definition.decimals), unit)


def _value(explanation: Explanation) -> str:
    minimum, sample = explanation.minimum_sample, explanation.sample or Decimal(0)
    if explanation.value is None and explanation.is_there and sample < minimum:
        return f"no value: {exact_text(sample, Unit.COUNT)} counted, at least {minimum} are needed"
    return _number(explanation.value, explanation)


def _show_definition(explanation: Explanation) -> None:
    definition = explanation.definition
    say(f"{definition.name} = {definition.words}")
    for name, words in definition.meanings.items():
        say(f"  {name} means {', '.join(words) or 'nothing: it lists no words'}")
    for name, number in definition.parameters.items():
        say(f"  {name} is {decimal_text(number)}")


def _show_body(explanation: Explanation, records: Records, limit: int, seen: set[Figure]) -> None:
    """What makes the number. Of the figures that were `seen` already, parts say no more than that."""
    metric = records.project.metrics[explanation.figure.metric]
    if isinstance(metric, SimpleMetric):
        _show_records(explanation, metric, records, limit)
    elif isinstance(metric, ConversionMetric):
        _show_conversions(explanation, metric, records, limit)
    elif explanation.formula and not _is_place_alone(explanation):
        say(f"{explanation.formula} = {_value(explanation)}")
    elif metric.kind == "ratio":
        above, below = (
            exact_text(part.explanation.value, part.explanation.definition.unit) for part in explanation.parts
        )
        say(f"{above} / {below} = {_value(explanation)}")
    for place in explanation.places:
        rank = f"number {place.rank} of {place.among}" if place.rank is not None else f"not one of {place.among}"
        say(f"{place.role} = {exact_text(place.value, Unit.NUMBER)}: {rank}")
    for part in explanation.parts:
        _show_part(part, explanation, records, limit, seen)


def _is_place_alone(explanation: Explanation) -> bool:
    """Whether a formula says no more than the place that it is."""
    return len(explanation.places) == 1 and explanation.formula.startswith(f"{explanation.places[0].role} = ")


def _show_part(part: Part, whole: Explanation, records: Records, limit: int, seen: set[Figure]) -> None:
    inner = part.explanation
    click.echo()
    period = f", {inner.figure.period}" if inner.figure.period != whole.figure.period else ""
    label = inner.definition.label
    days = _days(inner) if part.role == "window" or period else ""
    say(f"{part.role}: {label}{period}{days} = {_value(inner)}")
    if inner.figure in seen and part.role != "window":
        say("as above")
        return
    seen.add(inner.figure)
    _show_definition(inner)
    _show_body(inner, records, limit, seen)


def _show_records(explanation: Explanation, metric: SimpleMetric, records: Records, limit: int) -> None:
    found = explanation.records
    if found is None or not len(found):
        click.echo()
        say("No record counts.")
    else:
        shown = _around(found, limit)
        _print_records(explanation, metric, records, shown)
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


def _print_records(explanation: Explanation, metric: SimpleMetric, records: Records, shown: pa.Table) -> None:
    of_object, column = records.about(explanation)
    rows = shown.to_pylist()
    ids = [row[column] for row in rows if row[column]]
    names, links = records.names(of_object, ids), records.links(of_object, ids)
    owners = records.names("user", [row["owner"] for row in rows if row["owner"]])
    cells: dict[str, list[str]] = {
        of_object.replace("_", " ") or "record": [
            plain(names.get(row[column], row[column] or row["id"]), _LONGEST_NAME) for row in rows
        ]
    }
    if explanation.figure.grain != "user" and any(row["owner"] for row in rows):
        cells["owner"] = [plain(owners.get(row["owner"], row["owner"] or NONE)) for row in rows]
    if metric.time not in {AS_OF, PERIOD}:
        cells[metric.time] = [_text(row["day"]) for row in rows]
    cells |= _made_of(rows, explanation, metric, records)
    if any(row["makes"] for row in rows):
        cells[""] = [_MARK if row["makes"] else "" for row in rows]
    _print(cells, [links.get(row[column], "") for row in rows])


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


def _print(cells: Mapping[str, list[str]], links: Sequence[str]) -> None:
    width = columns(sys.stdout)
    wide = any(links) and width is not None and width >= _WIDE
    table = new_table(*cells, *(["page"] if wide else []))
    for row, link in zip(zip(*cells.values(), strict=True), links, strict=True):
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


def _show_conversions(explanation: Explanation, metric: ConversionMetric, records: Records, limit: int) -> None:
    found = explanation.records
    if found is None or not len(found):
        click.echo()
        say("No record counts.")
        return
    shown = found.slice(0, limit) if limit else found
    rows = shown.to_pylist()
    of_object, column = records.about(explanation)
    ids = [row[column] for row in rows]
    names, links = records.names(of_object, ids), records.links(of_object, ids)
    owners = records.names("user", [row["owner"] for row in rows if row["owner"]])
    cells = {of_object or "record": [plain(names.get(row[column], row[column]), _LONGEST_NAME) for row in rows]}
    if explanation.figure.grain != "user" and any(row["owner"] for row in rows):
        cells["owner"] = [plain(owners.get(row["owner"], row["owner"] or NONE)) for row in rows]
    cells["came"] = [_text(row["from_day"]) for row in rows]
    cells["converted"] = [_converted(row, metric) for row in rows]
    if metric.show in {"average", "median"}:
        cells[">took"] = [exact_text(row["took"], metric.unit) if row["converted"] else NONE for row in rows]
    _print(cells, [links.get(row[column], "") for row in rows])
    _say_more(len(found) - len(shown))
    above, below = (exact_text(each, Unit.COUNT) for each in (explanation.numerator, explanation.denominator))
    say(f"{below} came, {above} converted: {_value(explanation)}.")


def _converted(row: Row, metric: ConversionMetric) -> str:
    if row["converted"]:
        return _text(row["next_day"])
    if row["next_day"] is None:
        return "no: it has not yet"
    return (
        f"no: {row['next_day']} is later than {metric.within}" if metric.counted == "cohort" else "not in this period"
    )


def _show_left_out(explanation: Explanation, records: Records) -> None:
    if not explanation.left_out:
        return
    of_object, column = records.about(explanation)
    examples = [id_ for each in explanation.left_out for id_ in each.examples]
    names = records.names(of_object, examples) if column == "id" else {}
    table = new_table(">left out", "because", "such as")
    for each in explanation.left_out:
        such = ", ".join(plain(names.get(id_, id_), _LONGEST_NAME) for id_ in each.examples[:_SUCH])
        add_linked_row(table, [f"{each.rows:,}", plain(each.reason), such], "")
    print_table(table)


_SUCH = 2


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
