"""`salesops statement`: what payees are told of a pay period."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sync.cli.options import json_option, load, one_connection, open_store, project_option, watched

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from salesops.statements.books import Books
    from sync.statements.formats import Format
    from sync.statements.writing import Writing

_FORMATS = ("text", "json", "csv", "html", "pdf")
_NARROWEST, _WIDEST = 60, 100


@click.command(short_help="A payee's statement of a pay period.")
@click.argument("payees", nargs=-1, metavar="[PAYEE]...")
@click.option("--period", metavar="NAME", required=True, help="The pay period: 2026-03, FY2026-Q1.")
@click.option("--all", "everybody", is_flag=True, help="Of everybody of whom there is something to say.")
@click.option(
    "--format", "format_", type=click.Choice(_FORMATS), help="What to make; by the ending of -o, or text, if missing."
)
@click.option("--language", type=click.Choice(["en", "fr"]), default="en", show_default=True, help="English or French.")
@click.option("--locale", metavar="NAME", help="How figures and days are written: en_GB, fr_CA, de_CH.")
@click.option("-o", "--output", metavar="PATH", type=click.Path(path_type=Path), help="A file, or a folder for many.")
@click.option("--connection", metavar="NAME", help="Of which connection, where there are several.")
@json_option
@project_option
@click.pass_context
def statement(
    context: click.Context,
    payees: tuple[str, ...],
    period: str,
    everybody: bool,
    format_: Format | None,
    language: str,
    locale: str | None,
    output: Path | None,
    connection: str | None,
    as_json: bool,
    project: str | None,
) -> None:
    """Write statements of a pay period: what was earned, adjusted, held, recovered and paid, and why.

    PAYEE is an e-mail address, an id or a name. A statement says what the ledger says, and is a draft until its period
    is closed; from then on it is always the same.

    \b
    Examples:
      salesops statement ann@acme.example --period 2026-03
      salesops statement ann@acme.example --period 2026-03 --language fr -o ann.pdf
      salesops statement --all --period 2026-03 --format html -o statements/
    """
    from sync.statements.kept import read_books

    if bool(payees) == everybody:
        raise click.UsageError("Name payees, or say --all for everybody.")
    made: Format = "json" if as_json else format_ or _by_ending(output)
    writing = _writing(language, locale)
    loaded = load(context, project)
    with open_store(loaded) as store:
        books = read_books(store, one_connection(loaded, connection), period)
    ids = books.payees if everybody else tuple(dict.fromkeys(_find(books, each) for each in payees))
    if output is None:
        _show(books, ids, made, writing)
    else:
        _write(books, ids, made, writing, output)


def _by_ending(output: Path | None) -> Format:
    ending = output.suffix.lstrip(".").lower() if output else ""
    return ending if ending in _FORMATS else "text"  # type: ignore[return-value]  # it is one of them


def _writing(language: str, locale: str | None) -> Writing:
    from babel import UnknownLocaleError

    from sync.statements.writing import Writing

    try:
        return Writing("fr" if language == "fr" else "en", locale)
    except (UnknownLocaleError, ValueError) as error:
        hint = "--locale"
        raise click.BadParameter(f"there is no locale {locale!r}. Write en_US, fr_CA.", param_hint=hint) from error


def _find(books: Books, asked: str) -> str:
    """The id of a payee, by e-mail address, id or name as they were at the calculation."""
    people = books.calculation.people
    known = {payee: people.get(payee) for payee in books.payees}
    if asked in known:
        return asked
    said = asked.casefold()
    for field in ("email", "name"):
        found = [payee for payee, who in known.items() if who and getattr(who, field).casefold() == said]
        if len(found) == 1:
            return found[0]
        if found:
            raise click.UsageError(f"{asked} is several payees: {', '.join(found)}. Say which id.")
    raise click.UsageError(f"{_nobody(books, asked)} {_close(said, books)}".rstrip())


def _nobody(books: Books, asked: str) -> str:
    period = books.calculation.period.name
    return (
        f"There is nothing to say of {asked} in {period}: nobody of that e-mail address, id or name has figures there."
    )


def _close(said: str, books: Books) -> str:
    """Who may have been meant."""
    from difflib import get_close_matches

    emails = [who.email for payee in books.payees if (who := books.calculation.people.get(payee)) and who.email]
    near = get_close_matches(said, emails, 3)
    return f"Did you mean {', '.join(near)}?" if near else ""


def _show(books: Books, ids: Sequence[str], made: Format, writing: Writing) -> None:
    """One or several on stdout: JSON of several as a list."""
    if made == "pdf" or (made in {"csv", "html"} and len(ids) != 1):
        many = "a folder" if len(ids) != 1 else "a file"
        raise click.UsageError(f"{made} of {len(ids)} goes into {many}: name it with -o.")
    rendered = [each for _, each in _rendered(books, ids, made, writing)]
    if made == "json" and len(ids) != 1:
        click.echo(json.dumps([json.loads(each) for each in rendered], ensure_ascii=False, indent=1))
        return
    for number, each in enumerate(rendered):
        click.echo(("\n\n" if number else "") + each.decode("utf-8-sig"), nl=False)


def _rendered(books: Books, ids: Sequence[str], made: Format, writing: Writing) -> Iterator[tuple[str, bytes]]:
    """The name of each file, and what is in it."""
    from salesops.statements.build import build_statement
    from sync.cli.words import columns
    from sync.statements.formats import Names
    from sync.statements.many import render_many

    names, shown = Names(made), columns(sys.stdout)
    width = min(max(shown, _NARROWEST), _WIDEST) if shown else None
    statements = (build_statement(books, payee) for payee in ids)
    for of, each in render_many(statements, made, writing, len(ids), width):
        yield names.of(of), each


def _write(books: Books, ids: Sequence[str], made: Format, writing: Writing, output: Path) -> None:
    from sync.cli.output import writable
    from sync.files import write_whole

    into_folder = len(ids) != 1 or output.is_dir() or str(output).endswith("/")
    with writable(output, "-o"), watched(quiet=len(ids) == 1) as progress:
        if into_folder:
            output.mkdir(parents=True, exist_ok=True)
        progress.writing(len(ids))
        for name, each in _rendered(books, ids, made, writing):
            write_whole(output / name if into_folder else output, each)
            progress.written(1)
    click.echo(f"Wrote {len(ids):,} statements into {output}." if into_folder else f"Wrote {output}.")
