"""`salesops sandbox clock|behaviour|fault|reset`: driving a sandbox that is being served."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sync.cli.options import json_option, project_option

if TYPE_CHECKING:
    from collections.abc import Callable

    from connectors.sandbox.remote import Remote

DEFAULT_PORT = 8450
KINDS = ("latency", "status", "limit", "reset", "lost", "truncated", "duplicated", "repeated")


def port_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--port", default=DEFAULT_PORT, show_default=True, type=click.IntRange(1, 65535), help="Where it is served."
    )(command)


def tls_folder(context: click.Context, project: str | None) -> Path:
    """Where a served sandbox keeps its CA: in the project, or else under this folder."""
    from config.loader import find_project
    from config.problems import ConfigError

    named = project or (context.find_root().obj or {}).get("project")
    try:
        root = Path(named) if named else find_project(Path.cwd())
    except ConfigError:  # no project is needed to serve a CRM
        root = Path.cwd()
    return root / ".salesops" / "sandbox-tls"


def read_settings(settings: tuple[str, ...]) -> dict[str, str]:
    """NAME=VALUE pairs by name."""
    pairs = [setting.partition("=") for setting in settings]
    if wrong := [name for name, equals, _ in pairs if not equals]:
        raise click.UsageError(f"{', '.join(wrong)}: write NAME=VALUE, such as search_lag_seconds=5.")
    names = [name.strip() for name, _, _ in pairs]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise click.UsageError(f"{', '.join(twice)}: set once, not twice.")
    return dict(zip(names, (value for _, _, value in pairs), strict=True))


@click.command()
@click.argument("moment", required=False)
@click.option("--forward", metavar="SECONDS", type=float, help="Move it on by so many seconds instead.")
@port_option
@project_option
@json_option
@click.pass_context
def clock(
    context: click.Context, moment: str | None, forward: float | None, port: int, project: str | None, as_json: bool
) -> None:
    """Show the served sandbox's clock, or set it to MOMENT; time runs on from there.

    \b
    Examples:
      salesops sandbox clock
      salesops sandbox clock 2026-10-31T12:00:00Z
      salesops sandbox clock --forward 86400
    """
    if moment is not None and forward is not None:
        raise click.UsageError("name a MOMENT or --forward, not both.")
    remote = _remote(context, port, project)
    if moment is None and forward is None:
        answer = {"now": remote.send("GET", "/state")["now"]}
    else:
        answer = remote.send("PUT", "/clock", {"now": moment} if forward is None else {"forward": forward})
    _print(answer, as_json, lambda: [answer["now"]])


@click.command()
@click.argument("settings", nargs=-1, metavar="[NAME=VALUE]...")
@port_option
@project_option
@json_option
@click.pass_context
def behaviour(context: click.Context, settings: tuple[str, ...], port: int, project: str | None, as_json: bool) -> None:
    """Show how the served sandbox behaves, or change it: limits, lags, late rows, locks.

    \b
    Examples:
      salesops sandbox behaviour
      salesops sandbox behaviour search_lag_seconds=30 daily_limit=1000
    """
    from connectors.sandbox.behaviour import describe_settings

    remote = _remote(context, port, project)
    answer = remote.send("PATCH", "/behaviour", read_settings(settings)) if settings else remote.send("GET", "/state")
    held = answer["behaviour"]
    if as_json:
        _print({"behaviour": held}, as_json, list)
        return
    from sync.cli.output import add_row, new_table, print_table

    table = new_table("setting", ">value", "what it does")
    for name, text in describe_settings().items():
        add_row(table, name, str(held[name]).lower(), text)
    print_table(table)


@click.command()
@click.argument("kind", required=False, type=click.Choice(KINDS))
@click.option("--method", help="Only requests of this method; else of any.")
@click.option("--path", help="Only requests whose path fits this pattern: '/services/data/*/query*'.")
@click.option("--after", type=click.IntRange(0), help="Let so many such requests pass first.")
@click.option("--times", type=click.IntRange(1), help="Hit so many, then no more; else all.")
@click.option("--share", type=click.FloatRange(0, 1), help="Hit this share of them, drawn from the behaviour's seed.")
@click.option("--seconds", type=click.FloatRange(0, 600), help="How long `latency` waits; else 1.")
@click.option("--status", type=int, help="What `status` answers: 500, 502, 503 or 504; else 503.")
@click.option("--remove", metavar="NUMBER|all", help="Take this fault away, or all of them.")
@port_option
@project_option
@json_option
@click.pass_context
def fault(
    context: click.Context,
    /,
    kind: str | None,
    remove: str | None,
    port: int,
    project: str | None,
    as_json: bool,
    **settings: Any,
) -> None:
    """Show the faults of the served sandbox, or add one of this KIND.

    \b
    latency     the request waits before it is carried out
    status      answered with a 5xx, and not carried out
    limit       answered as over a rate limit, and not carried out
    reset       the connection is reset before the request is carried out
    lost        the request is carried out, and the connection is reset before its answer
    truncated   the request is carried out, and its answer breaks off half way
    duplicated  the request is carried out, and its answer comes twice on the connection
    repeated    answered once more with what the last such request got, and not carried out

    \b
    Examples:
      salesops sandbox fault status --status 502 --path '*/query*' --times 3
      salesops sandbox fault lost --method POST --share 0.1
      salesops sandbox fault --remove all
    """
    given = {name: value for name, value in settings.items() if value is not None}
    remote = _remote(context, port, project)
    if remove is not None:
        if kind or given:
            raise click.UsageError("--remove stands alone.")
        if remove != "all" and not remove.isdecimal():
            raise click.UsageError(f"--remove {remove}: name a fault's number, or all.")
        answer = remote.send("DELETE", "/faults" if remove == "all" else f"/faults/{int(remove)}")
    elif kind is not None:
        answer = remote.send("POST", "/faults", {"kind": kind, **given})
    elif given:
        raise click.UsageError("name the KIND of fault first, such as `status`.")
    else:
        answer = remote.send("GET", "/faults")
    _print(answer, as_json, lambda: _fault_lines(answer["faults"]))


@click.command()
@port_option
@project_option
@json_option
@click.pass_context
def reset(context: click.Context, port: int, project: str | None, as_json: bool) -> None:
    """Fill the served sandbox anew, as it was first: its rows, its clock, its behaviour, no faults.

    \b
    Examples:
      salesops sandbox reset
    """
    answer = _remote(context, port, project).send("POST", "/reset", {})
    _print(answer, as_json, lambda: [f"filled anew: {answer['source']}"])


def _remote(context: click.Context, port: int, project: str | None) -> Remote:
    from connectors.sandbox.remote import Remote

    return Remote(port, tls_folder(context, project) / "ca.pem")


def _fault_lines(faults: list[dict[str, Any]]) -> list[str]:
    """A line a fault: its number, what it does to which requests, and how often it did."""
    return [_fault_line(each) for each in faults] or ["no faults"]


def _fault_line(each: dict[str, Any]) -> str:
    detail = {"latency": f" of {each['seconds']:g} s", "status": f" {each['status']}"}.get(each["kind"], "")
    share = "" if each["share"] == 1 else f", {each['share']:.0%} of them"
    after = f", after {each['after']}" if each["after"] else ""
    times = f", {each['times']} times" if each["times"] else ""
    which = f"{each['method'] or 'any'} {each['path']}"
    return (
        f"{each['number']}  {each['kind']}{detail} on {which}{after}{times}{share}: hit {each['hit']} of {each['met']}"
    )


def _print(answer: dict[str, Any], as_json: bool, lines: Callable[[], list[str]]) -> None:
    if as_json:
        from sync.cli.output import print_json

        print_json(answer)
        return
    for line in lines():
        click.echo(line)
