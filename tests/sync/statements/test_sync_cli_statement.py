"""`salesops statement`: whose, in which format, into which file."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from click.testing import CliRunner
from stated import KIM, calculation
from synced import SETTINGS, write_project

from salesops.payment.tables import ENTRIES
from salesops.statements.books import open_books
from salesops.statements.model import Person
from sync.cli.main import cli

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

LEE, OTHER_LEE = "005LEE", "005lee"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project in which March is calculated for Kim and two people called Lee, whose ids differ in capitals only."""
    whole = calculation()
    theirs = [[row | {"payee_id": lee} for row in whole.entries.to_pylist()] for lee in (LEE, OTHER_LEE)]
    entries = [whole.entries, *(pa.Table.from_pylist(rows, ENTRIES) for rows in theirs)]
    people = {**whole.people, LEE: Person("Lee", "lee@x.example"), OTHER_LEE: Person("Lee", "lee@x.example")}
    books = open_books(replace(whole, entries=pa.concat_tables(entries), ledger=whole.ledger, people=people))
    monkeypatch.setattr("sync.statements.kept.read_books", lambda *_: books)
    return write_project(tmp_path / "project").root


def call(project: Path, *arguments: str, code: int = 0) -> Result:
    result = CliRunner().invoke(cli, ["statement", *arguments, "--period", "2026-03", "--project", str(project)])
    assert result.exit_code == code, (result.output, result.exception)
    return result


@pytest.mark.parametrize("asked", [KIM, "kim@example.com", "KIM@EXAMPLE.COM", "Kim Ruiz"])
def test_a_payee_is_found_by_id_address_and_name(project: Path, asked: str) -> None:
    assert "PAID  €2,500.00" in call(project, asked).stdout


def test_a_name_of_two_people_asks_for_the_id(project: Path) -> None:
    assert "Lee is several payees: 005LEE, 005lee. Say which id." in call(project, "Lee", code=2).stderr.replace(
        "\n", " "
    )


def test_nobody_is_told_with_who_may_be_meant(project: Path) -> None:
    said = " ".join(call(project, "kin@example.com", code=2).stderr.split())
    assert "nothing to say of kin@example.com in 2026-03" in said
    assert "Did you mean kim@example.com?" in said


def test_without_payees_and_with_both_it_says_what_to_name(project: Path) -> None:
    for arguments in ((), (KIM, "--all")):
        assert "Name payees, or say --all" in call(project, *arguments, code=2).stderr


def test_of_several_connections_one_is_named(project: Path) -> None:
    hub = SETTINGS.partition("  crm:\n")[2]
    write_project(project, settings=f"{SETTINGS}  hub:\n{hub}")
    assert "name one with --connection: crm, hub" in call(project, "--all", code=2).stderr
    assert "PAID  €2,500.00" in call(project, KIM, "--connection", "hub").stdout


def test_json_of_one_is_an_object_and_of_several_a_list(project: Path) -> None:
    assert json.loads(call(project, KIM, "--json").stdout)["payee_id"] == KIM
    listed = json.loads(call(project, KIM, LEE, "--format", "json").stdout)
    assert [each["payee_id"] for each in listed] == [KIM, LEE]


@pytest.mark.parametrize(
    ("ending", "begins"),
    [("pdf", b"%PDF"), ("html", b"<!DOCTYPE html>"), ("csv", b"\xef\xbb\xbfpayee_id"), ("txt", b"COMM")],
)
def test_a_file_says_by_its_ending_what_it_is(project: Path, tmp_path: Path, ending: str, begins: bytes) -> None:
    file = tmp_path / f"kim.{ending}"
    call(project, KIM, "-o", str(file))
    assert file.read_bytes().startswith(begins)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_everybody_has_a_file_of_their_own_even_where_capitals_do_not_count(project: Path, tmp_path: Path) -> None:
    folder = tmp_path / "made" / "here"
    assert "Wrote 3 statements into" in call(project, "--all", "--format", "html", "-o", str(folder)).stdout
    assert sorted(path.name for path in folder.iterdir()) == [
        "2026-03_kim@example.com_005KIM.html",
        "2026-03_lee@x.example_005LEE.html",
        "2026-03_lee@x.example_005lee_2.html",
    ]
    before = {path: path.read_bytes() for path in folder.iterdir()}
    call(project, "--all", "--format", "html", "-o", str(folder))
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_what_cannot_be_shown_on_a_terminal_asks_for_a_file(project: Path) -> None:
    assert "name it with -o" in call(project, KIM, "--format", "pdf", code=2).stderr
    assert "name it with -o" in call(project, "--all", "--format", "csv", code=2).stderr


def test_a_folder_that_cannot_be_written_to_is_named(project: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file" / "in", tmp_path / "none" / "kim.pdf"):
        said = " ".join(call(project, KIM, "-o", str(path), code=2).stderr.split())
        assert "cannot be written" in said


def test_a_locale_that_there_is_not_is_refused(project: Path) -> None:
    for name in ("xx_YY", "!", "en_US_POSIX_x_y"):
        assert "there is no locale" in call(project, KIM, "--locale", name, code=2).stderr


def test_language_and_locale_are_apart(project: Path) -> None:
    said = call(project, KIM, "--language", "fr", "--locale", "fr_CA").stdout
    assert "RELEVÉ DE COMMISSIONS" in said
    assert "2\xa0500,00\xa0€" in said
