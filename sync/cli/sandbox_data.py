"""`salesops sandbox load|save|copy`: what a sandbox holds, to and from export folders, and out of a project."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sync.cli.options import connection_option, json_option, project_option
from sync.cli.sandbox_control import DEFAULT_PORT, tls_folder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connectors.sandbox.run import Crm
    from sync.sandbox_copy.copy import Copied

CRMS = ("salesforce", "hubspot")


@click.command()
@click.option("--crm", type=click.Choice(CRMS), required=True, help="Whose API it speaks.")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--database", type=click.Path(path_type=Path), required=True, help="The file to keep the CRM in.")
@json_option
def load(crm: Crm, folder: Path, database: Path, as_json: bool) -> None:
    """Load an export FOLDER, one CSV an object, into a sandbox database; serve it later with `sandbox serve`.

    A bad file names its line and column, and nothing is loaded. A folder of `sandbox save` gives the very CRM that was
    saved.

    \b
    Examples:
      salesops sandbox load exports/salesforce --crm salesforce --database crm.db
    """
    from connectors.sandbox.run import load_sandbox

    click.echo("loading …", err=True)
    loaded = load_sandbox(crm, folder, database)
    _show({"loaded": loaded, "database": str(database)}, loaded, as_json, [_serve_hint(crm, database)])


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--database", type=click.Path(path_type=Path), help="The file that keeps the CRM.")
@click.option("--crm", type=click.Choice(CRMS), help="Refuse a --database of another CRM than this.")
@click.option("--port", type=click.IntRange(1, 65535), help="Save the sandbox that is being served there instead.")
@project_option
@json_option
@click.pass_context
def save(
    context: click.Context,
    folder: Path,
    database: Path | None,
    crm: Crm | None,
    port: int | None,
    project: str | None,
    as_json: bool,
) -> None:
    """Save a sandbox as an export FOLDER: one CSV an object, and `setup.json` for what no row says.

    `sandbox load` of the folder gives the same CRM: the same ids, values, deleted and archived records, fields and
    settings. What a folder cannot hold (sessions, jobs under way) is named. A folder that holds files already is
    refused, and one that could not be written whole is not left behind.

    \b
    Examples:
      salesops sandbox save exports/today --database crm.db
      salesops sandbox save exports/today --port 8450
    """
    if (database is None) == (port is None):
        raise click.UsageError("name either --database or the --port of a sandbox that is being served.")
    click.echo("saving …", err=True)
    if database is None:
        if crm is not None:
            raise click.UsageError("--crm goes with --database.")
        from connectors.sandbox.remote import Remote

        remote = Remote(port or 0, tls_folder(context, project) / "ca.pem")
        answer = remote.send("POST", "/save", {"folder": str(folder.absolute())})
        saved, left_out = answer["saved"], answer["left_out"]
    else:
        from connectors.sandbox.export import read_left_out
        from connectors.sandbox.run import save_sandbox

        saved = save_sandbox(folder, database, crm)
        left_out = read_left_out(folder)
    lines = [f"left out: {text}" for text in left_out]
    _show({"saved": saved, "folder": str(folder), "left_out": list(left_out)}, saved, as_json, lines)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@connection_option
@click.option(
    "--port",
    default=DEFAULT_PORT,
    show_default=True,
    type=click.IntRange(1, 65_000),
    help="Where the copy will be served; of several connections the first.",
)
@click.option("--offline", is_flag=True, help="Ask the CRM nothing, not even what stands on records that we keep.")
@project_option
@json_option
@click.pass_context
def copy(
    context: click.Context,
    folder: Path,
    connection: str | None,
    port: int,
    offline: bool,
    project: str | None,
    as_json: bool,
) -> None:
    """Make a rehearsal in FOLDER: a project of the same rules on a copy of the CRM.

    The copy is made of what the project has pulled, so `salesops pull` comes first. Records keep their ids, and what
    was written, refused and held is known there too, so that the same rules plan the same changes as on the CRM. Only
    what stands on the records that we keep besides is asked of the CRM itself; where that cannot be, they are as we
    wrote them. From then on nothing of the rehearsal reaches the CRM: its project has neither address nor credentials
    of it, and its store takes no other account than the copy.

    What the store does not hold (names of people, mail bodies, objects that are not pulled) is not in the copy; the
    command names it, and where the CRM requires a value, the stand-in.

    \b
    Examples:
      salesops pull
      salesops sandbox copy rehearsal
      salesops --project rehearsal run
    """
    from sync.cli.options import connections, open_store
    from sync.cli.options import load as load_project
    from sync.sandbox_copy.copy import copy_project

    found = load_project(context, project)
    names = connections(found, connection)
    with open_store(found) as store:
        click.echo("copying …", err=True)
        copied = copy_project(found, store, names, folder, first_port=port, offline=offline)
    if as_json:
        from sync.cli.output import print_json

        print_json({"project": str(folder), "connections": [_copied_json(folder, each) for each in copied]})
        return
    for each in copied:
        _show_copied(folder, each)
    click.echo(f"Then rehearse in {folder}: salesops --project {folder} run")


def _copied_json(folder: Path, copied: Copied) -> dict[str, Any]:
    return {
        "connection": copied.connection,
        "crm": copied.crm,
        "database": str(folder / copied.database),
        "copied": copied.rows,
        "left_out": list(copied.left_out),
        "asked": not copied.unasked,
        "unasked": copied.unasked,
        "serve": _serve_command(folder, copied),
    }


def _show_copied(folder: Path, copied: Copied) -> None:
    click.echo(f"{copied.connection} ({copied.crm}):")
    for name, count in copied.rows.items():
        click.echo(f"{count:>10,} {name}")
    for text in copied.left_out:
        click.echo(f"not in the copy: {text}")
    if copied.unasked:
        click.echo(f"Records that we keep are as we wrote them; the CRM was not asked: {copied.unasked}")
    click.echo(f"Serve it in another terminal: {_serve_command(folder, copied)}")


def _serve_command(folder: Path, copied: Copied) -> str:
    """The command line that serves the copy where the rehearsal looks for it."""
    words = ["salesops", "--project", str(folder), "sandbox", "serve", "--crm", copied.crm, "--calm"]
    return shlex.join([*words, "--database", str(folder / copied.database), "--port", str(copied.port)])


def _serve_hint(crm: str, database: Path) -> str:
    return f"Serve it with: salesops sandbox serve --crm {crm} --database {database}"


def _show(answer: dict[str, Any], counts: Mapping[str, int], as_json: bool, lines: Sequence[str]) -> None:
    from sync.cli.output import print_json

    if as_json:
        print_json(answer)
        return
    for name, count in counts.items():
        click.echo(f"{count:>10,} {name}")
    for line in lines:
        click.echo(line)
