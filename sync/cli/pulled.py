"""What a pull did, for people and for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sync.apply import count_outcomes
from sync.cli.line_report import lines_json, show_lines
from sync.cli.output import add_row, metrics_text, new_table, print_json, print_table, warn
from sync.cli.plan_report import show_plan
from sync.cli.words import say, several, span
from sync.problems import problems_in
from sync.store.pages import Counts, add_up

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connectors.base import Usage
    from sync.cli.plan_view import View
    from sync.pull import StreamPull
    from sync.run import Report
    from sync.store.gaps import Gap


class Failed(NamedTuple):
    """What stopped the work on a connection, and the exit code that it stands for."""

    error: Exception
    code: int


def failed_json(failed: Mapping[str, Failed]) -> dict[str, dict[str, Any]]:
    """What stopped each connection that was not brought to its end."""
    return {
        name: {"error": "\n".join(problems_in(each.error)), "exit_code": each.code} for name, each in failed.items()
    }


class Pulled(NamedTuple):
    """The streams that were read of one connection, what its API has cost, and how long it took."""

    streams: tuple[StreamPull, ...]
    usage: Usage
    seconds: float


def pulled_json(streams: Sequence[StreamPull]) -> dict[str, dict[str, int]]:
    """What was pulled, by object."""
    calls = _calls(streams)
    return {
        name: {"rows": c.rows, "changed": c.changed, "deleted": c.deleted, "calls": calls.get(name, 0)}
        for name, c in sorted(_by_object(streams).items())
    }


def streams_json(streams: Sequence[StreamPull]) -> dict[str, dict[str, Any]]:
    """What each stream's read did: to its own object, and to the objects that it brings along."""
    return {s.stream: _stream_json(s) for s in streams}


def _stream_json(stream: StreamPull) -> dict[str, Any]:
    own = stream.counts.get(stream.object, Counts())
    return {
        "object": stream.object,
        "sweep": stream.sweep.value,
        "complete": stream.complete,
        "since": stream.since,
        "until": stream.until,
        "lag_seconds": stream.lag_seconds,
        "pages": stream.pages,
        **own._asdict(),
        "along": {name: c._asdict() for name, c in sorted(stream.counts.items()) if name != stream.object},
        "calls": stream.calls,
        "problems": stream.problems,
        "crm_count": stream.live,
        "gap": stream.gap,
    }


def show_pulls(results: Mapping[str, Pulled], failed: Mapping[str, Failed], *, as_json: bool) -> None:
    """What came from each connection, by object; those of which nothing changed in one line. What failed is told to
    programs alone: people have read it on stderr."""
    if as_json:
        print_json(
            {
                name: {
                    "streams": streams_json(pulled.streams),
                    "calls": pulled.usage.calls,
                    "seconds": round(pulled.seconds, 3),
                    "quota": {"used": pulled.usage.day_used, "limit": pulled.usage.day_limit},
                }
                for name, pulled in results.items()
            }
            | failed_json(failed)
        )
        return
    for name, pulled in results.items():
        _show_objects(name, pulled.streams)
        for stream in pulled.streams:
            if stream.gap:
                say(f"gap: {stream.stream}: {stream.gap}")
        say(f"{name}: {_cost(pulled.usage, pulled.seconds)}")


def _show_objects(name: str, streams: Sequence[StreamPull]) -> None:
    counts, calls = _by_object(streams), _calls(streams)
    quiet = [each for each, c in sorted(counts.items()) if not c.changed]
    if len(quiet) < len(counts):
        table = new_table("object", ">rows read", ">rows changed", ">deleted", ">calls", title=f"pulled from {name}")
        for each, c in sorted(counts.items()):
            if c.changed:
                add_row(table, each, f"{c.rows:,}", f"{c.changed:,}", f"{c.deleted:,}", f"{calls.get(each, 0):,}")
        print_table(table)
    if len(quiet) == len(counts):
        say(f"{name}: nothing changed.")
    elif quiet:
        say(f"{name}: nothing changed in {', '.join(quiet)}.")


def _cost(usage: Usage, seconds: float | None = None) -> str:
    text = several(usage.calls, "API call") + ("" if seconds is None else f" in {span(seconds)}")
    if usage.day_limit is None or usage.day_used is None:
        return f"{text}."
    return f"{text}; {usage.day_limit - usage.day_used:,} of the day's {usage.day_limit:,} are left."


def _by_object(streams: Sequence[StreamPull]) -> dict[str, Counts]:
    total: dict[str, Counts] = {}
    for stream in streams:
        total = add_up(total, {stream.object: Counts(), **stream.counts})
    return total


def _calls(streams: Sequence[StreamPull]) -> dict[str, int]:
    """Calls by the object that the stream is of, whatever it brought along."""
    calls: dict[str, int] = {}
    for stream in streams:
        calls[stream.object] = calls.get(stream.object, 0) + stream.calls
    return calls


def show_reports(
    reports: Sequence[Report], failed: Mapping[str, Failed], views: Mapping[str, View], *, as_json: bool
) -> None:
    """What a run did, by connection, as `views` has them; and, to programs, what stopped the others."""
    if as_json:
        print_json({"runs": [report_json(report) for report in reports], "failed": failed_json(failed)})
        return
    for report in reports:
        _show_objects(report.connection, report.pulled)
        if report.metrics is not None:
            say(f"{report.connection}: {metrics_text(*report.metrics)}")
        show_plan(report.plan, views[report.connection], held=report.held_by is not None)
        if report.settled:
            settled = ", ".join(f"{count:,} {name}" for name, count in count_outcomes(report.settled).items() if count)
            say(f"{report.connection}: lines that an earlier run had left open: {settled}")
        if report.held_by is None:
            show_lines(report.lines, as_json=False)
        else:
            say(
                f"{report.connection}: nothing was written: run {report.held_by} took back what these rules bring."
                " Change the rules, or apply a plan by hand: salesops plan -o plan.json; salesops apply plan.json"
            )
        say(f"{report.connection}: run {report.run_id} made {_cost(report.usage)}")


def gaps_json(gaps: Sequence[Gap]) -> list[dict[str, str]]:
    """What may be missing or too much, as JSON values."""
    return [{"stream": gap.stream, "object": gap.object, "gap": gap.text} for gap in gaps]


def warn_of_gaps(gaps: Mapping[str, Sequence[Gap]]) -> None:
    """What may be missing or too much of each connection, on stderr."""
    warn(f"{name}: gap: {gap.stream}: {gap.text}." for name, of_connection in gaps.items() for gap in of_connection)


def report_json(report: Report) -> dict[str, Any]:
    """One run of one connection as JSON values."""
    return {
        "connection": report.connection,
        "run": report.run_id,
        "as_of": report.plan.as_of,
        "pulled": pulled_json(report.pulled),
        "gaps": gaps_json(report.gaps),
        "metrics": None if report.metrics is None else dict(zip(("computed", "kept"), report.metrics, strict=True)),
        "plan": {
            "changes": len(report.plan.changes),
            "skipped": len(report.plan.skipped),
            "drift": len(report.plan.drift),
            "flagged": len(report.plan.flagged),
            "unread": len(report.plan.unread),
        },
        "held_by": report.held_by,
        "settled": count_outcomes(report.settled),
        "outcomes": report.outcomes,
        "troubled": [line for line in lines_json(report.lines) if line["result"] in {"failed", "skipped"}],
        "calls": report.usage.calls,
    }
