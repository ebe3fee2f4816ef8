"""Reading an export folder: one CSV an object, named and headed with the CRM's API names."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

Parser = "Callable[[str], Any]"


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

    def __init__(self, problems: list[LoadProblem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


def read_table(
    path: Path, parsers: Mapping[str, Callable[[str], Any]], problems: list[LoadProblem]
) -> Iterator[tuple[int, dict[str, Any]]]:
    """(line number, row) of one CSV, each cell through the parser of its column; an empty cell is None.

    A parser raises ValueError with what is wrong and what to write instead. Problems (not UTF-8, a NUL, a column
    nobody knows, a column twice, too many or too few cells, a bad cell) are added to `problems` and the row is left
    out; the caller raises LoadError once all files are read.
    """
    raise LoadError([LoadProblem(path.name, 0, "", f"reading is being built {parsers} {problems} {csv}")])
    yield
