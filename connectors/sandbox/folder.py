"""Reading an export folder: one CSV an object, named and headed with the CRM's API names.

A dialect lists the folder with `list_tables`, reads each file with `read_table` and a parser for every column it knows,
adds what it finds wrong itself (a reference to nothing, an id twice), and raises LoadError if there is any problem.
"""

from __future__ import annotations

import csv
import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from pathlib import Path

    Parser = Callable[[str], Any]

MAX_PROBLEMS = 100  # a file; past that the cause is one, and a longer list hides it

LONGEST_CELL = 131_072  # characters; a longer one is text that a quote never closed
_NOT_CLOSED = f"a quote opened in this row is not closed, or a cell is longer than {LONGEST_CELL:,} characters"

_LINE_BREAK = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class LoadProblem:
    """One thing wrong in an export folder. `line` counts lines of the file from 1; 0 means the file as a whole."""

    file: str
    line: int
    column: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.column}: {self.message}" if self.column else f"{place}: {self.message}"


class LoadError(Exception):
    """The folder cannot be loaded; nothing was. Holds every problem found, in file and line order."""

    def __init__(self, problems: Collection[LoadProblem]) -> None:
        self.problems = sorted(problems, key=lambda problem: (problem.file, problem.line))
        super().__init__("\n".join(map(str, self.problems)))


def list_tables(folder: Path) -> dict[str, Path]:
    """The CSV files of an export folder by object name, which is the file's name without `.csv`, in name order.

    Other files and hidden ones are no part of an export. Raises LoadError for a folder that is not there or has no CSV.
    """
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".csv" and path.name[0] != ".")
    except OSError as error:
        raise LoadError([LoadProblem(str(folder), 0, "", f"cannot be read as a folder: {error.strerror}")]) from error
    if not paths:
        message = "holds no CSV file. An export folder has one an object, named by the object: Account.csv, deals.csv."
        raise LoadError([LoadProblem(str(folder), 0, "", message)])
    tables = {path.stem: path for path in paths}
    if len(tables) < len(paths):
        twice = [path for path in paths if tables[path.stem] != path]
        raise LoadError(
            [LoadProblem(path.name, 0, "", f"{tables[path.stem].name} names the object too") for path in twice]
        )
    return tables


def read_table(
    path: Path, parsers: Mapping[str, Parser], problems: list[LoadProblem], *, required: Collection[str] = ()
) -> Iterator[tuple[int, dict[str, Any]]]:
    """(line number, row) of one CSV, each cell through the parser of its column; an empty cell is None.

    The line is where the row begins; a row is longer than a line where a cell holds line breaks. A parser raises
    ValueError with what is wrong and what to write instead. Problems (not UTF-8, a NUL, a quote never closed, a column
    nobody knows, without a name or twice, a `required` column or cell missing, too many or too few cells, a bad cell)
    are added to `problems` and the row is left out; the caller raises LoadError once all files are read.
    """
    report = _Report(path.name, problems)
    try:
        # A byte that is no UTF-8 becomes a lone surrogate, so that the line it stands on can be named.
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            yield from _read_rows(_records(file, report), parsers, report, frozenset(required))
    except OSError as error:
        problems.append(LoadProblem(path.name, 0, "", f"cannot be read: {error.strerror}"))


class _StopReading(Exception):
    """The rest of this file is not worth reading; why is already reported."""


class _Report:
    """Adds the problems of one file to the list that all files share, up to a limit."""

    def __init__(self, file: str, problems: list[LoadProblem]) -> None:
        self._file = file
        self._problems = problems
        self._left = MAX_PROBLEMS

    def add(self, line: int, column: str, message: str) -> None:
        self._problems.append(LoadProblem(self._file, line, column, message))
        self._left -= 1
        if self._left == 0:
            message = f"{MAX_PROBLEMS} problems in this file; the rest of it was not read"
            self._problems.append(LoadProblem(self._file, line, "", message))
            raise _StopReading


def _read_rows(
    records: Iterator[tuple[int, list[str]]], parsers: Mapping[str, Parser], report: _Report, required: frozenset[str]
) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        header = next(records, None)
        if header is None:
            report.add(0, "", "is empty; the first line must name the columns")
            return
        columns = _read_header(*header, parsers, report, required)
        for line, cells in records:
            row = _read_row(line, cells, columns, report, required)
            if row is not None:
                yield line, row
    except _StopReading:
        return


def _records(file: Iterator[str], report: _Report) -> Iterator[tuple[int, list[str]]]:
    """(line, cells) of every record that is not blank; what breaks the file as a CSV is reported and ends it."""
    reader = csv.reader(_checked_lines(file, report), strict=True)
    line = 1
    try:
        for cells in reader:
            if any(len(cell) > LONGEST_CELL for cell in cells):  # the module's own limit is one for the whole process
                report.add(line, "", f"{_NOT_CLOSED}. The rest of the file was not read.")
                return
            if cells:
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        if "field limit" in str(error) or "unexpected end" in str(error):
            message = _NOT_CLOSED
        else:
            message = f"is not CSV ({error}); write a quote inside a quoted cell as two"
        report.add(line, "", f"{message}. The rest of the file was not read.")


def _checked_lines(file: Iterator[str], report: _Report) -> Iterator[str]:
    for number, line in enumerate(file, start=1):
        if not line.isascii():
            try:
                line.encode()
            except UnicodeEncodeError:
                report.add(number, "", "is not UTF-8; save the file as UTF-8. The rest of the file was not read.")
                raise _StopReading from None
        yield line


def _read_header(
    line: int, names: list[str], parsers: Mapping[str, Parser], report: _Report, required: frozenset[str]
) -> list[tuple[str, Parser | None]]:
    """(name, parser) of each column in file order; the parser is None where the column must be left out."""
    if len(names) == 1 and ";" in names[0]:
        report.add(line, "", "its columns are separated by semicolons; save the file with commas")
        raise _StopReading
    columns: list[tuple[str, Parser | None]] = []
    seen: set[str] = set()
    for position, name in enumerate(names, start=1):
        parser = parsers.get(name)
        if not name:
            report.add(line, "", f"column {position} has no name")
        elif name in seen:
            report.add(line, name, "stands here twice; remove one of the columns")
            parser = None
        elif parser is None:
            close = difflib.get_close_matches(name.strip(), parsers, n=1, cutoff=0.75)
            advice = f"did you mean {close[0]}?" if close else f"known here: {', '.join(sorted(parsers))}"
            report.add(line, name, f"is a column nobody knows; {advice}")
        seen.add(name)
        columns.append((name, parser))
    for name in sorted(required - seen):
        report.add(line, name, "this column is missing")
    if required - seen:
        raise _StopReading  # no row can be made sense of
    return columns


def _read_row(
    line: int, cells: list[str], columns: list[tuple[str, Parser | None]], report: _Report, required: frozenset[str]
) -> dict[str, Any] | None:
    if len(cells) != len(columns):
        report.add(line, "", f"has {len(cells)} cells where the header names {len(columns)} columns")
        return None
    row: dict[str, Any] = {}
    whole = True
    for position, (cell, (name, parser)) in enumerate(zip(cells, columns, strict=True)):
        if parser is None:
            continue
        try:
            row[name] = _read_cell(cell, parser, required=name in required)
        except ValueError as error:
            above = sum(len(_LINE_BREAK.findall(earlier)) for earlier in cells[:position])
            report.add(line + above, name, str(error))
            whole = False
    return row if whole else None


def _read_cell(cell: str, parser: Parser, *, required: bool) -> object:
    if not cell:
        if required:
            raise ValueError("must not be empty")
        return None
    if "\0" in cell:
        raise ValueError("holds a NUL character; remove it")
    return parser(cell)
