"""What a CSV file of invoices or payments holds, with everything that is wrong in it.

UTF-8, with or without a byte order mark; the cells are set apart by commas, or by semicolons where the header has
more of those. The header names our fields, or `mapped` says which of its columns fill them.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from config.base import parse_day, parse_number, quote
from config.currencies import parse_currency
from config.messages import did_you_mean
from config.model import OBJECTS, FieldType
from config.problems import Problem, Where
from config.scalars import decimal_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

REQUIRED = {"invoice": ("id", "amount", "issued_on"), "payment": ("id", "amount", "paid_on")}

BY_OTHER = {
    "account_name": ("account_id", "account", "name"),
    "opportunity_name": ("opportunity_id", "opportunity", "name"),
    "product_code": ("product_id", "product", "code"),
    "owner_email": ("owner_id", "user", "email"),
    "invoice_number": ("invoice_id", "invoice", "number"),
}
"""Columns that name a record in another way than by its id: the field that they fill, its object and what of it."""

_DECIMAL_COMMA = re.compile(r"[+-]?[0-9.]+,([0-9]{1,2}|[0-9]{4,6})")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_LONGEST = 1_000_000
"""So many characters one cell may have."""


@dataclass(frozen=True, slots=True)
class Record:
    """A row of the file: the cells that say something, checked and as the store writes them, by the columns' names of
    ours; and the columns that ride along."""

    line: int
    cells: Mapping[str, str]
    custom: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class FileRead:
    """What a file holds: its records, the columns that nothing was read of, and all that is wrong."""

    records: tuple[Record, ...]
    unread: tuple[str, ...]
    problems: tuple[Problem, ...]


def columns_of(of_object: str) -> tuple[str, ...]:
    """The names that columns may have for us."""
    fields = OBJECTS[of_object].fields
    return (*fields, *(name for name, (field, _, _) in BY_OTHER.items() if field in fields))


def read_file(path: Path, of_object: str, mapped: Mapping[str, str], custom: Sequence[str]) -> FileRead:
    """What a file holds; `mapped` says of our columns what they are called in it, `custom` which others ride along."""
    reading = _Reading(str(path), of_object)
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            first = lines.readline()
            lines.seek(0)
            delimiter = ";" if first.count(";") > first.count(",") else ","
            csv.field_size_limit(_LONGEST)
            rows = csv.reader(lines, delimiter=delimiter, strict=True)
            return reading.read(rows, mapped, custom)
    except UnicodeDecodeError as error:
        reading.tell(0, "", f"is not UTF-8: {error.reason}.", "Save it as CSV UTF-8.")
    except OSError as error:
        reading.tell(0, "", f"cannot be read: {error.strerror}.", "Name a file that is there and readable.")
    return FileRead((), (), tuple(reading.problems))


class _Reading:
    """One file being read; gathers problems."""

    def __init__(self, file: str, of_object: str) -> None:
        self.file, self.of_object = file, of_object
        self.problems: list[Problem] = []

    def tell(self, line: int, column: str, summary: str, detail: str) -> None:
        self.problems.append(Problem("error", summary, detail, Where(self.file, line, column)))

    def read(self, rows: _Rows, mapped: Mapping[str, str], custom: Sequence[str]) -> FileRead:
        records: list[Record] = []
        try:
            header = [name.strip() for name in next(rows, [])]
            places = self._places(header, mapped, custom)
            filled = (cells for cells in rows if any(map(str.strip, cells)))
            records.extend(self._record(rows.line_num, cells, header, places, custom) for cells in filled)
        except csv.Error as error:
            advice = "Put a cell with quotes, delimiters or line breaks into quotes, quotes inside doubled."
            self.tell(rows.line_num, "", f"is no CSV: {error}.", advice)
            return FileRead((), (), tuple(self.problems))
        self._twice(records)
        if not records and not self.problems:
            self.tell(0, "", "has no rows below its header.", "Name a file with records in it.")
        used = {*places.values(), *(header.index(name) for name in custom if name in header)}
        unread = tuple(name for place, name in enumerate(header) if place not in used)
        return FileRead(tuple(records), unread, tuple(self.problems))

    def _places(self, header: list[str], mapped: Mapping[str, str], custom: Sequence[str]) -> dict[str, int]:
        """Our columns, each with its place in the file."""
        if not any(header):
            self.tell(1, "", "has no header.", f"Begin with the names of the columns: {', '.join(self._required())}.")
            return {}
        self._check_names(header, mapped, custom)
        named = {ours: mapped.get(ours, ours) for ours in columns_of(self.of_object)}
        places = {ours: header.index(name) for ours, name in named.items() if name in header}
        for name in self._required():
            if name not in places:
                missing = f"has no column for {name}."
                self.tell(1, "", missing, f"Add one, or say which it is: --map {name}=COLUMN.")
        for ours, (field, _, _) in BY_OTHER.items():
            if ours in places and field in places:
                self.tell(1, named[ours], f"says the same as {named[field]}.", "Leave one of the two columns out.")
        return places

    def _check_names(self, header: list[str], mapped: Mapping[str, str], custom: Sequence[str]) -> None:
        """A problem for each column that is there twice, and each that was asked for and is not there."""
        for name, times in Counter(filter(None, header)).items():
            if times > 1:
                self.tell(1, name, f"stands in the header {times} times.", "Give each column a name of its own.")
        known = columns_of(self.of_object)
        for ours in mapped.keys() - set(known):
            self.tell(1, "", f"--map {ours}: there is no field {ours}.", did_you_mean(ours, known))
        for name in (*mapped.values(), *custom):
            if name not in header:
                self.tell(1, "", f"has no column {quote(name)}.", did_you_mean(name, filter(None, header)))

    def _required(self) -> tuple[str, ...]:
        return REQUIRED[self.of_object]

    def _record(
        self, line: int, cells: list[str], header: list[str], places: Mapping[str, int], custom: Sequence[str]
    ) -> Record:
        if len(cells) != len(header):
            self.tell(
                line,
                "",
                f"has {len(cells)} cells, the header {len(header)}.",
                "Put cells with the delimiter in them into quotes.",
            )
            cells = [*cells, *[""] * len(header)][: len(header)]
        found = {}
        for ours, place in places.items():
            text = cells[place].strip()
            if text:
                found[ours] = self._value(line, header[place], ours, text)
            elif ours in self._required():
                self.tell(line, header[place], "is empty.", "Every row needs one.")
        along = {name: cells[header.index(name)].strip() or None for name in custom if name in header}
        for name, held in along.items():
            self._has_unseen(line, name, held or "", is_id=False)
        return Record(line, found, along)

    def _value(self, line: int, column: str, ours: str, text: str) -> str:
        """The value of a cell as the store writes it."""
        type_ = OBJECTS[self.of_object].fields.get(ours)
        if self._has_unseen(line, column, text, is_id=type_ is FieldType.ID):
            return text
        try:
            return _parsed(type_, ours, text)
        except ValueError as error:
            summary, _, detail = str(error).partition(". ")
            self.tell(line, column, f"{summary.removesuffix('.')}.", detail)
            return text

    def _has_unseen(self, line: int, column: str, text: str, *, is_id: bool) -> bool:
        """Whether the text holds a control character, or an id anything else that nobody sees, with a problem."""
        if text.isprintable():
            return False
        unseen = [each for each in text if not each.isprintable() and (is_id or _CONTROL.match(each))]
        if unseen:
            self.tell(line, column, f"holds the character U+{ord(unseen[0]):04X}, which nobody sees.", "Remove it.")
        return bool(unseen)

    def _twice(self, records: Sequence[Record]) -> None:
        first: dict[str, int] = {}
        for record in records:
            key = record.cells.get("id")
            if key is not None and first.setdefault(key, record.line) != record.line:
                self.tell(record.line, "id", f"{key} stands in line {first[key]}, too.", "An id is one record's.")


def _parsed(type_: FieldType | None, ours: str, text: str) -> str:
    """The value that a text stands for, as the store writes it; ValueError says how to write it."""
    if type_ is FieldType.DECIMAL:
        if _DECIMAL_COMMA.fullmatch(text):
            raise ValueError(f"is not a number: {quote(text)}. Write {text.replace('.', '').replace(',', '.')}.")
        return decimal_text(parse_number(text))
    if type_ is FieldType.DATE:
        return parse_day(text).isoformat()
    return parse_currency(text.upper()) if ours == "currency" else text


class _Rows(Protocol):
    """What reads a file's rows; it counts the lines, of which a row may have several."""

    @property
    def line_num(self) -> int: ...

    def __iter__(self) -> Iterator[list[str]]: ...

    def __next__(self) -> list[str]: ...
