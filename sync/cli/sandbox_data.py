"""`salesops sandbox load|save|copy`: what a sandbox holds, to and from export folders."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sync.cli.options import json_option, project_option
from sync.cli.sandbox_control import tls_folder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connectors.sandbox.run import Crm

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
@click.option("--connection", required=True, help="The connection of the project whose records are copied.")
@click.option("--database", type=click.Path(path_type=Path), required=True, help="The new file to keep the copy in.")
@click.option("--folder", type=click.Path(path_type=Path), help="Keep the export folder that it is made through, too.")
@project_option
@json_option
@click.pass_context
def copy(
    context: click.Context, connection: str, database: Path, folder: Path | None, project: str | None, as_json: bool
) -> None:
    """Copy the pulled CRM into a sandbox of the same kind, to rehearse a change on.

    The copy is made from the project's store, so `salesops pull` comes first; the CRM itself is not asked. Records keep
    their ids, and the fields that the project writes back are there, so that a project pointed at the copy plans and
    applies as on the CRM. What the store does not hold (names of people, mail bodies, objects that are not pulled) is
    not in the copy; the command names it, and where the CRM requires a value, the stand-in.

    \b
    Examples:
      salesops sandbox copy --connection crm --database rehearsal.db
      salesops sandbox serve --crm salesforce --database rehearsal.db
    """
    from sync.cli.options import connections, open_store
    from sync.cli.options import load as load_project
    from sync.sandbox_copy.copy import copy_to_sandbox

    found = load_project(context, project)
    connections(found, connection)
    with open_store(found) as store:
        click.echo("copying …", err=True)
        copied = copy_to_sandbox(found, store, connection, database, folder)
    crm = found.settings.connections[connection].crm
    lines = [*(f"not in the copy: {text}" for text in copied.left_out), _serve_hint(crm, database)]
    held = {"copied": copied.rows, "database": str(database), "crm": crm, "left_out": list(copied.left_out)}
    _show(held, copied.rows, as_json, lines)


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
