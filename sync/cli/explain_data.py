"""Explanations as data: one JSON object, rows of a CSV file."""

from __future__ import annotations

import csv
import errno
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from config.scalars import decimal_text, instant_text
from sync.cli.explain_subjects import left_pairs
from sync.csv_text import cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from salesops.explain import Explanation, LeftOut
    from sync.asked import Whose
    from sync.cli.explain_subjects import Records
    from sync.explain import Told

Row = dict[str, Any]


def explanation_json(told: Told, whose: Whose, records: Records, limit: int | None) -> Row:
    """The explanation as JSON values: numbers are decimal text, days and moments ISO 8601 text; of each part's records
    only so many where a limit is given."""
    return {
        "connection": records.connection,
        "as_of": instant_text(told.as_of),
        "whose": {"grain": whose.grain, "key": whose.key, "name": whose.name},
        "stored": {"held": told.is_stored, "value": _json(told.stored), "differs": told.differs or None},
        **_explained(told.explanation, records, limit),
    }


def _explained(explanation: Explanation, records: Records, limit: int | None) -> Row:
    definition = explanation.definition
    rows = list(record_rows(explanation, records, limit)) if explanation.records is not None else None
    return {
        "metric": definition.name,
        "label": definition.label,
        "unit": str(definition.unit),
        "formula": definition.words,
        "version": definition.version,
        "meanings": {name: list(words) for name, words in definition.meanings.items()},
        "parameters": {name: str(number) for name, number in definition.parameters.items()},
        "grain": explanation.figure.grain,
        "key": explanation.figure.key,
        "period": explanation.figure.period,
        "first_day": _json(explanation.first),
        "last_day": _json(explanation.last),
        "value": _json(explanation.value),
        "counted": explanation.is_there,
        "numerator": _json(explanation.numerator),
        "denominator": _json(explanation.denominator),
        "sample": _json(explanation.sample),
        "adds_up": explanation.adds_up(),
        "partial": explanation.partial,
        "first_complete": explanation.first_complete,
        "values_put_in": explanation.formula or None,
        "places": [
            {"role": place.role, "value": _json(place.value), "rank": place.rank, "among": place.among}
            for place in explanation.places
        ],
        "count": None if explanation.records is None else len(explanation.records),
        "records": rows,
        "left_out": [_left_out(each, explanation, records) for each in explanation.left_out],
        "parts": [{"role": part.role, **_explained(part.explanation, records, limit)} for part in explanation.parts],
    }


def _left_out(left: LeftOut, explanation: Explanation, records: Records) -> Row:
    subjects = records.subjects(left_pairs(left, explanation))
    about = [{"object": each.object, "id": each.id, "name": each.name, "link": each.link} for each in subjects]
    return {
        "cause": left.cause,
        "reason": left.reason,
        "count": left.rows,
        "examples": list(left.examples),
        "about": about,
    }


def record_rows(explanation: Explanation, records: Records, limit: int | None = None) -> Iterator[Row]:
    """The records of an explanation as JSON values, each with its name, its owner's, and its page in the CRM."""
    assert explanation.records is not None  # noqa: S101  only those of records are asked for
    shown = explanation.records.slice(0, limit) if limit else explanation.records
    rows = shown.to_pylist()
    subjects = records.subjects([records.pair(explanation, row) for row in rows])
    owners = records.names("user", [row["owner"] for row in rows if row["owner"]])
    for row, subject in zip(rows, subjects, strict=True):
        yield {
            **{name: _json(value) for name, value in row.items()},
            "name": subject.name,
            "owner_name": owners.get(row["owner"]),
            "link": subject.link,
        }


def write_csv(file: str, told: Told, records: Records) -> int:
    """How many records the file has now: every one that counts, of every part, with the part's role."""
    rows = [
        {"part": role, "metric": leaf.figure.metric, "period": leaf.figure.period, **row}
        for role, leaf in _leaves(told.explanation, "")
        for row in record_rows(leaf, records)
    ]
    names = dict.fromkeys(name for row in rows for name in row) or dict.fromkeys(("part", "metric", "period", "id"))
    write_rows(file, list(names), rows)
    return len(rows)


def write_rows(file: str, names: Sequence[str], rows: Iterable[Row]) -> None:
    """Write rows to a CSV file, none of whose texts is a formula to a spreadsheet; a usage error where it cannot be."""
    try:
        with Path(file).open("w", newline="", encoding="utf-8") as out:
            writer = csv.DictWriter(out, fieldnames=names)
            writer.writeheader()
            writer.writerows({name: cell(value) for name, value in row.items()} for row in rows)
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EPIPE}:
            raise
        raise click.UsageError(
            f"--csv {file}: {error.strerror or error}. Name a file in a folder that is there and that you may write to."
        ) from error


def _leaves(explanation: Explanation, role: str) -> Iterator[tuple[str, Explanation]]:
    if explanation.records is not None:
        yield role, explanation
    for part in explanation.parts:
        yield from _leaves(part.explanation, f"{role}/{part.role}" if role else part.role)


def _json(value: object) -> str | bool | int | None:
    match value:
        case None | bool() | int() | str():
            return value
        case Decimal():
            return decimal_text(value)
        case datetime():
            return f"{value.isoformat(timespec='milliseconds')}Z"
        case date():
            return value.isoformat()
    return str(value)
