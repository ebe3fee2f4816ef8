"""Explanations as data: what the store knows of their records, one JSON object, rows of a CSV file."""

from __future__ import annotations

import csv
import errno
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from config.metrics import ConversionMetric
from config.model import OBJECTS
from config.scalars import decimal_text, instant_text
from config.sources import SOURCES
from sync.crm_links import record_links, record_names

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from config.loader import Project
    from salesops.explain import Explanation
    from sync.asked import Whose
    from sync.explain import Told
    from sync.store.store import Store

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Records:
    """What the store knows of a connection's records: their names, and their pages in the CRM."""

    project: Project
    store: Store
    connection: str
    _names: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.project.settings.time_zone)

    def names(self, of_object: str, ids: Collection[str]) -> Mapping[str, str]:
        """The names of records, by id; those without one are missing."""
        known = self._names.setdefault(of_object, {})
        missing = set(ids) - known.keys()
        if missing:
            found = record_names(self.store, self.connection, of_object, missing)
            known.update({id_: found.get(id_, "") for id_ in missing})
        return {id_: known[id_] for id_ in ids if known[id_]}

    def links(self, of_object: str, ids: Collection[str]) -> Mapping[str, str]:
        """The addresses of their pages in the CRM, by id; those without one are missing."""
        return record_links(self.project, self.store, self.connection, of_object, ids)

    def about(self, explanation: Explanation) -> tuple[str, str]:
        """(the object, the column of the ids) of the records that the rows of an explanation are about."""
        metric = self.project.metrics[explanation.figure.metric]
        records = explanation.records
        if isinstance(metric, ConversionMetric):
            source, match = metric.from_.source, metric.from_.match
            return (source if match == "id" else SOURCES[source].leads_to.get(match, "")), "match"
        source = explanation.definition.source
        if source in OBJECTS or records is None or "about" not in records.column_names:
            return source, "id"
        fields = [name for name in ("opportunity_id", "account_id", "user_id") if name in SOURCES[source].leads_to]
        return (SOURCES[source].leads_to[fields[0]] if fields else ""), "about"


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
        "parameters": {name: decimal_text(number) for name, number in definition.parameters.items()},
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
        "left_out": [
            {"cause": each.cause, "reason": each.reason, "count": each.rows, "examples": list(each.examples)}
            for each in explanation.left_out
        ],
        "parts": [{"role": part.role, **_explained(part.explanation, records, limit)} for part in explanation.parts],
    }


def record_rows(explanation: Explanation, records: Records, limit: int | None = None) -> Iterator[Row]:
    """The records of an explanation as JSON values, each with its name, its owner's, and its page in the CRM."""
    assert explanation.records is not None  # noqa: S101  only those of records are asked for
    shown = explanation.records.slice(0, limit) if limit else explanation.records
    of_object, column = records.about(explanation)
    ids = [id_ for id_ in shown[column].to_pylist() if id_]
    names, links = records.names(of_object, ids), records.links(of_object, ids)
    owners = records.names("user", [id_ for id_ in shown["owner"].to_pylist() if id_])
    for row in shown.to_pylist():
        about = row[column]
        yield {
            **{name: _json(value) for name, value in row.items()},
            "name": names.get(about),
            "owner_name": owners.get(row["owner"]),
            "link": links.get(about),
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
    """Write rows to a CSV file; a usage error where there can be no such file."""
    try:
        with Path(file).open("w", newline="", encoding="utf-8") as out:
            writer = csv.DictWriter(out, fieldnames=names)
            writer.writeheader()
            writer.writerows(rows)
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
