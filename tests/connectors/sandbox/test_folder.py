"""Reading an export folder: whole rows come out, and every problem names its file, line and column."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

import pytest

from connectors.sandbox.folder import (
    MAX_PROBLEMS,
    LoadError,
    LoadProblem,
    list_tables,
    read_table,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def amount(cell: str) -> Decimal:
    try:
        return Decimal(cell)
    except InvalidOperation as error:
        raise ValueError(f"must be a number, got {cell!r}") from error


PARSERS: dict[str, Callable[[str], Any]] = {
    "Id": str,
    "Name": str,
    "Amount": amount,
    "CloseDate": date.fromisoformat,
}


def read(
    path: Path, content: str | bytes, *, required: tuple[str, ...] = ()
) -> tuple[list[tuple[int, dict[str, Any]]], list[str]]:
    file = path / "Deal.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    problems: list[LoadProblem] = []
    rows = list(read_table(file, PARSERS, problems, required=required))
    return rows, [str(problem) for problem in problems]


def test_a_row_comes_out_parsed_with_its_line(tmp_path: Path) -> None:
    rows, problems = read(tmp_path, "Id,Amount,CloseDate\nd1,10.50,2026-03-31\n")
    assert rows == [(2, {"Id": "d1", "Amount": Decimal("10.50"), "CloseDate": date(2026, 3, 31)})]
    assert problems == []


def test_a_byte_order_mark_is_not_part_of_the_first_column(tmp_path: Path) -> None:
    rows, problems = read(tmp_path, b"\xef\xbb\xbfId,Name\r\nd1,\xc3\xa9t\xc3\xa9\r\n")
    assert rows == [(2, {"Id": "d1", "Name": "été"})]
    assert problems == []


def test_an_empty_cell_is_none(tmp_path: Path) -> None:
    rows, _ = read(tmp_path, 'Id,Name,Amount\nd1,"",\n')
    assert rows == [(2, {"Id": "d1", "Name": None, "Amount": None})]


def test_a_cell_keeps_its_line_breaks_and_the_next_row_its_line(tmp_path: Path) -> None:
    rows, _ = read(tmp_path, 'Id,Name\nd1,"two\r\nlines"\nd2,x\n')
    assert rows == [(2, {"Id": "d1", "Name": "two\r\nlines"}), (4, {"Id": "d2", "Name": "x"})]


def test_a_bad_cell_after_a_cell_of_two_lines_is_named_by_its_own_line(tmp_path: Path) -> None:
    rows, problems = read(tmp_path, 'Id,Name,Amount\nd1,"two\nlines",ten\n')
    assert rows == []
    assert problems == ["Deal.csv:3: Amount: must be a number, got 'ten'"]


def test_every_bad_cell_is_reported_and_good_rows_still_come_out(tmp_path: Path) -> None:
    rows, problems = read(tmp_path, "Id,Amount,CloseDate\nd1,x,y\nd2,1,2026-01-01\nd3,1,2026-02-30\n")
    assert [line for line, _ in rows] == [3]
    assert [problem.split(": ")[:2] for problem in problems] == [
        ["Deal.csv:2", "Amount"],
        ["Deal.csv:2", "CloseDate"],
        ["Deal.csv:4", "CloseDate"],
    ]


def test_blank_lines_are_no_rows_but_count_as_lines(tmp_path: Path) -> None:
    rows, problems = read(tmp_path, "Id\n\nd1\n\n")
    assert (rows, problems) == ([(3, {"Id": "d1"})], [])


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "Deal.csv: is empty; the first line must name the columns"),
        ("Id,Amuont\n", "Deal.csv:1: Amuont: is a column nobody knows; did you mean Amount?"),
        ("Id,Zzz\n", "Deal.csv:1: Zzz: is a column nobody knows; known here: Amount, CloseDate, Id, Name"),
        ("Id,Id\n", "Deal.csv:1: Id: stands here twice; remove one of the columns"),
        ("Id,,Name\n", "Deal.csv:1: column 2 has no name"),
        ("Id,Name\nd1\n", "Deal.csv:2: has 1 cells where the header names 2 columns"),
        ("Id,Name\nd1,a,b\n", "Deal.csv:2: has 3 cells where the header names 2 columns"),
        ("Id,Name\nd1,a\0b\n", "Deal.csv:2: Name: holds a NUL character; remove it"),
        (b"Id,Name\nd1,a\nd2,\xe9t\xe9\n", "Deal.csv:3: is not UTF-8; save the file as UTF-8"),
        (b"\xff\xfeI\x00d\x00", "Deal.csv:1: is not UTF-8"),
        ('Id,Name\nd1,a\nd2,"b\nd3,c\n', "Deal.csv:3: a quote opened in this row is not closed"),
        ('Id,Name\nd1,"b" c\n', "Deal.csv:2: is not CSV (',' expected after '\"'); write a quote inside"),
        (f"Id,Name\nd1,{'x' * 200_000}\n", "Deal.csv:2: a quote opened in this row is not closed, or a cell is longer"),
    ],
)
def test_what_is_wrong_with_a_file_is_one_problem_with_its_place(
    tmp_path: Path, content: str | bytes, problem: str
) -> None:
    rows, problems = read(tmp_path, content)
    assert len(problems) == 1
    assert problems[0].startswith(problem)
    assert all(row == {"Id": "d1", "Name": "a"} for _, row in rows)


def test_a_required_column_must_be_there(tmp_path: Path) -> None:
    assert read(tmp_path, "Name\nx\n", required=("Id",))[1] == ["Deal.csv:1: Id: this column is missing"]


def test_a_required_cell_must_be_filled(tmp_path: Path) -> None:
    rows, problems = read(tmp_path, "Id,Name\n,x\n", required=("Id",))
    assert (rows, problems) == ([], ["Deal.csv:2: Id: must not be empty"])


def test_a_file_wrong_throughout_stops_at_the_limit(tmp_path: Path) -> None:
    _, problems = read(tmp_path, "Amount\n" + "x\n" * 1000)
    assert len(problems) == MAX_PROBLEMS + 1
    assert problems[-1] == "Deal.csv:101: 100 problems in this file; the rest of it was not read"


def test_a_file_that_cannot_be_read_is_a_problem(tmp_path: Path) -> None:
    problems: list[LoadProblem] = []
    assert list(read_table(tmp_path / "Gone.csv", PARSERS, problems)) == []
    assert [str(problem) for problem in problems] == ["Gone.csv: cannot be read: No such file or directory"]


def test_tables_are_listed_by_object_in_name_order(tmp_path: Path) -> None:
    for name in ("b.csv", "A.CSV", "notes.txt", "._b.csv"):
        (tmp_path / name).touch()
    assert list_tables(tmp_path) == {"A": tmp_path / "A.CSV", "b": tmp_path / "b.csv"}


def test_a_folder_that_is_not_there_cannot_be_loaded(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match="gone: cannot be read as a folder: No such file or directory"):
        list_tables(tmp_path / "gone")


def test_a_folder_without_csv_cannot_be_loaded(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match="holds no CSV file"):
        list_tables(tmp_path)


def test_two_files_for_one_object_cannot_be_loaded(tmp_path: Path) -> None:
    (tmp_path / "a.csv").touch()
    (tmp_path / "a.CSV").touch()
    with pytest.raises(LoadError, match="names the object too"):
        list_tables(tmp_path)


def test_a_load_error_tells_its_problems_in_file_and_line_order() -> None:
    later, first, other = LoadProblem("a", 9, "", "x"), LoadProblem("a", 1, "", "y"), LoadProblem("b", 1, "", "z")
    assert LoadError([other, later, first]).problems == [first, later, other]


def test_a_file_separated_by_semicolons_is_told_so_once(tmp_path: Path) -> None:
    path = tmp_path / "Account.csv"
    path.write_text("Id;Name\n001;Acme\n")
    problems: list[LoadProblem] = []
    assert list(read_table(path, {"Id": str, "Name": str}, problems, required=["Id"])) == []
    assert [str(each) for each in problems] == [
        "Account.csv:1: its columns are separated by semicolons; save the file with commas"
    ]


def test_without_a_required_column_no_row_is_read(tmp_path: Path) -> None:
    path = tmp_path / "Account.csv"
    path.write_text("Name\nAcme\n")
    problems: list[LoadProblem] = []
    assert list(read_table(path, {"Id": str, "Name": str}, problems, required=["Id"])) == []
    assert [str(each) for each in problems] == ["Account.csv:1: Id: this column is missing"]
