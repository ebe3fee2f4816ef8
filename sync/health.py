"""How fresh everything is and how the last runs ended: for `salesops status`, and, in short, for /health."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from config.scalars import instant_text
from connectors.base import Sweep
from sync.people import build_people
from sync.plan.standing import read_flagged, read_held, read_refused
from sync.store.gaps import gap_texts, read_gaps
from sync.store.lease import is_held
from sync.store.problems import read_problems
from sync.store.pull_log import read_last_logs
from sync.store.records import count_records, read_crm_now, read_hidden
from sync.store.results import read_computation, read_notes
from sync.store.runs import read_last_runs
from sync.store.store import parse_instant
from sync.store.sweeps import read_brought, read_positions
from sync.store.whole_connection import count_rows, read_connections

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from starlette.applications import Starlette

    from config.loader import Project
    from sync.store.pull_log import LogRow
    from sync.store.runs import RunRow
    from sync.store.store import Store
    from sync.store.sweeps import Position


def read_status(project: Project, store: Store) -> dict[str, Any]:
    """By connection: the age of every object, the last computation and the last run, as JSON values.

    A connection is healthy while its last run ended well or is going on; the whole is while every connection is. Ages
    are told by the CRM's clock (`crm_now`), which may show another time than ours.
    """
    last_runs = read_last_runs(store)
    connections = {
        name: _read_connection(project, store, name, last_runs.get(name)) for name in project.settings.connections
    }
    return {
        "healthy": all(state["healthy"] for state in connections.values()),
        "refused_at": store.refused_at(),
        "connections": connections,
        "other_connections": {
            name: count_rows(store, name) for name in read_connections(store) if name not in connections
        },
        "people_not_joined": sum(bool(person.unmatched) for person in build_people(project, store)),
    }


def _read_connection(project: Project, store: Store, name: str, last: RunRow | None) -> dict[str, Any]:
    computation = read_computation(store, name)
    died = last is not None and last.status == "running" and not is_held(store)
    positions, logs = read_positions(store, name), read_last_logs(store, name)
    crm_now, refused = read_crm_now(store, name), read_refused(store, name)
    newest = max(logs, key=lambda log: log.finished_at, default=None)
    return {
        "healthy": last is None or last.status == "done" or (last.status == "running" and not died),
        "crm_now": instant_text(crm_now),
        "objects": _read_objects(store, name, positions, crm_now),
        "sweeps": _read_sweeps(positions, logs, crm_now),
        "gaps": [{"stream": stream, "gap": gap} for stream, gap in gap_texts(read_gaps(store, name)).items()],
        "problems": [problem._asdict() for problem in read_problems(store, name)],
        "hidden_fields": read_hidden(store, name),
        "quota": newest and {"used": newest.quota_after, "limit": newest.quota_limit, "at": newest.finished_at},
        "computed_at": computation.computed_at if computation else None,
        "as_of": computation.as_of if computation else None,
        "rules_current": bool(computation and computation.rules == project.digest),
        "notes": [{"severity": severity, "text": text} for severity, text in read_notes(store, name)],
        "waiting": [line for line in refused if not line["parked"]],
        "parked": [line for line in refused if line["parked"]],
        "flagged": read_flagged(project, store, name),
        "held_by": read_held(project, store, name),
        "last_run": last
        and {"id": last.id, "command": last.command, "status": "died" if died else last.status, "message": last.message}
        | {"started_at": last.started_at, "finished_at": last.finished_at, **last.detail},
    }


def _read_objects(
    store: Store, name: str, positions: Sequence[Position], crm_now: datetime
) -> dict[str, dict[str, Any]]:
    """How old every object is that was ever read: `until` is the CRM's time that all of it is complete to."""
    counts = count_records(store, name)
    changes = {p.stream.name: p for p in positions if p.stream.sweep is Sweep.CHANGES}
    sources = {
        of_object: [changes[stream] for stream in streams if stream in changes]
        for of_object, streams in read_brought(store, name).items()
    }
    for position in changes.values():
        own = [p for p in changes.values() if p.object == position.object]
        if any(p.read_at for p in own):
            sources[position.object] = own
    untils = {of_object: _earliest(p.until for p in read_from) for of_object, read_from in sources.items()}
    return {
        of_object: {
            "rows": counts[of_object],
            "complete": all(p.complete for p in read_from),
            "until": untils[of_object],
            "age_seconds": _seconds(untils[of_object], crm_now),
            "read_at": _earliest(p.read_at for p in read_from),
            "completed_at": _earliest(p.completed_at for p in read_from),
        }
        for of_object, read_from in sorted(sources.items())
        if read_from
    }


def _earliest(instants: Iterable[str | None]) -> str | None:
    """The earliest of them; None where one is missing."""
    found = list(instants)
    return None if None in found else min(filter(None, found), default=None)


def _seconds(since: str | None, until: datetime) -> int | None:
    return None if since is None else int((until - parse_instant(since)).total_seconds())


def _read_sweeps(positions: Sequence[Position], logs: Sequence[LogRow], crm_now: datetime) -> dict[str, dict[str, Any]]:
    """Where every stream stands, when what is on a schedule is due next, and what its last read did."""
    last = {log.stream: log for log in logs}
    return {p.stream.name: _sweep(p, crm_now) | _last_read(last.get(p.stream.name)) for p in positions}


def _sweep(position: Position, crm_now: datetime) -> dict[str, Any]:
    due = None if position.stream.sweep is Sweep.CHANGES else position.due_at()
    return {
        "object": position.object,
        "sweep": position.stream.sweep.value,
        "complete": position.completed_at is not None and not position.under_way,
        "until": position.until,
        "completed_at": position.completed_at,
        "due_at": due and instant_text(due),
        "due_in_seconds": due and int((due - crm_now).total_seconds()),
    }


def _last_read(log: LogRow | None) -> dict[str, Any]:
    if log is None:
        return {"last_read": None}
    columns = ("run_id", "finished_at", "since", "until", "lag_seconds", "pages", "rows", "changed", "deleted", "calls")
    more = ("quota_before", "quota_after", "quota_limit", "crm_count", "our_count", "problems", "gap", "message")
    return {"last_read": {column: getattr(log, column) for column in (*columns, *more)}}


def read_health(project: Project, store: Store, failed_start: str | None) -> dict[str, Any]:
    """States and times alone, for a page that anybody on the network may read: no messages, names or notes.

    `failed_start` is when a scheduled run last ended before it could write itself down, None since one went well.
    """
    status = read_status(project, store)
    return {
        "healthy": status["healthy"] and failed_start is None,
        "failed_start": failed_start,
        "connections": {
            name: {
                "healthy": state["healthy"],
                "computed_at": state["computed_at"],
                "last_run": state["last_run"]
                and {key: state["last_run"][key] for key in ("id", "status", "started_at", "finished_at")},
            }
            for name, state in status["connections"].items()
        },
    }


def build_health_app(read: Callable[[], dict[str, Any]]) -> Starlette:
    """An application with one page, /health: what `read` says; 200 when healthy, else 503."""
    from starlette.applications import Starlette
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    def health(_request: object) -> JSONResponse:
        answer = read()
        return JSONResponse(answer, status_code=200 if answer["healthy"] else 503)

    return Starlette(routes=[Route("/health", health)])
