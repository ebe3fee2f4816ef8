"""`salesops people`: who is who in the project's connections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from sync.cli.options import json_option, load, open_store, project_option
from sync.cli.words import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sync.people import Login, Person


@click.command()
@project_option
@json_option
@click.pass_context
def people(context: click.Context, project: str | None, as_json: bool) -> None:
    """Show which users of the project's connections are one person, and who could not be joined.

    Users with the same e-mail are one person; `people:` in salesops.yaml says otherwise where that is wrong. Users are
    those of the last pull.

    \b
    Examples:
      salesops people
      salesops people --json
    """
    from sync.cli.output import print_json, warn
    from sync.people import build_people, find_problems

    loaded = load(context, project)
    with open_store(loaded) as store:
        found, problems = build_people(loaded, store), find_problems(loaded, store)
    if as_json:
        print_json({"people": [_json(person) for person in found], "problems": [str(problem) for problem in problems]})
        return
    if found:
        _show(found, list(loaded.settings.connections))
    else:
        click.echo("No users yet. Start with `salesops pull`.")
    warn(str(problem) for problem in problems)


def _show(found: Sequence[Person], connections: Sequence[str]) -> None:
    from sync.cli.output import add_row, new_table, print_table

    table = new_table("person", "e-mail", *connections)
    for column in table.columns:
        column.no_wrap = True
    table.columns[1].no_wrap, table.columns[1].overflow = False, "ellipsis"  # what gives way on a narrow terminal
    for person in found:
        here = {login.connection: login for login in person.logins}
        cells = [_cell(here.get(connection)) for connection in connections]
        add_row(table, person.name or person.id, person.email or "—", *cells)
    print_table(table)
    if any(not login.active for person in found for login in person.logins):
        say("In brackets: not active.")
    for person in found:
        for text in person.unmatched:
            say(f"not joined: {text}")
    several = sum(len(person.logins) > 1 for person in found)
    joined = f", {several:,} of them in several connections" if len(connections) > 1 else ""
    say(f"{len(found):,} {'person' if len(found) == 1 else 'people'}{joined}.")


def _cell(login: Login | None) -> str:
    if login is None:
        return "—"
    return login.id if login.active else f"({login.id})"


def _json(person: Person) -> dict[str, Any]:
    return {
        "id": person.id,
        "name": person.name,
        "email": person.email,
        "active": person.active,
        "users": [
            {
                "connection": login.connection,
                "id": login.id,
                "name": login.name,
                "email": login.email,
                "active": login.active,
            }
            for login in person.logins
        ],
        "unmatched": list(person.unmatched),
    }
