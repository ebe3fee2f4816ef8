"""How fresh everything is and how the last runs ended: for `salesops status`, and, in short, for /health."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sync.store.lease import is_held
from sync.store.records import count_records, read_positions
from sync.store.results import read_computation, read_notes
from sync.store.runs import read_last_runs

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.applications import Starlette

    from config.loader import Project
    from sync.store.runs import RunRow
    from sync.store.store import Store


def read_status(project: Project, store: Store) -> dict[str, Any]:
    """By connection: the age of every object, the last computation and the last run, as JSON values.

    A connection is healthy while its last run ended well or is going on; the whole is while every connection is.
    """
    last_runs = read_last_runs(store)
    connections = {
        name: _read_connection(project, store, name, last_runs.get(name)) for name in project.settings.connections
    }
    return {"healthy": all(state["healthy"] for state in connections.values()), "connections": connections}


def _read_connection(project: Project, store: Store, name: str, last: RunRow | None) -> dict[str, Any]:
    counts = count_records(store, name)
    computation = read_computation(store, name)
    died = last is not None and last.status == "running" and not is_held(store)
    return {
        "healthy": last is None or last.status == "done" or (last.status == "running" and not died),
        "objects": {
            p.object: {
                "rows": counts[p.object],
                "complete": p.complete,
                "read_at": p.read_at,
                "completed_at": p.completed_at,
            }
            for p in read_positions(store, name)
        },
        "computed_at": computation.computed_at if computation else None,
        "as_of": computation.as_of if computation else None,
        "rules_current": bool(computation and computation.rules == project.digest),
        "notes": [{"severity": severity, "text": text} for severity, text in read_notes(store, name)],
        "last_run": last
        and {"id": last.id, "command": last.command, "status": "died" if died else last.status, "message": last.message}
        | {"started_at": last.started_at, "finished_at": last.finished_at, **last.detail},
    }


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
