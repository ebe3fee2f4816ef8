"""A plan as a file: JSON that people can read, with a hash that says nobody edited it."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sync.files import NO_ROOM
from sync.plan.model import Plan
from sync.store.store import parse_instant

VERSION = 2


class PlanFileError(Exception):
    """The file is not a plan that can be applied; says why and what to do."""


def plan_json(plan: Plan) -> dict[str, Any]:
    """The plan as JSON values, its hash included."""
    body: dict[str, Any] = {"version": VERSION, **asdict(plan)}
    return {**body, "hash": _hash(body)}


def write_plan(plan: Plan, path: Path) -> None:
    """Write the plan to a file, readable by its owner only; a half-written file is never left behind."""
    text = json.dumps(plan_json(plan), indent=1, ensure_ascii=False) + "\n"
    try:
        path = path.resolve()
        if path.exists() and not path.is_file():
            raise PlanFileError(
                f"{path}: this is no ordinary file. Choose another place with -o; programs take --json."
            )
        handle, part = tempfile.mkstemp(prefix=".plan-", dir=path.parent)  # made for its owner's eyes only
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            Path(part).replace(path)
        except BaseException:
            Path(part).unlink(missing_ok=True)
            raise
    except OSError as error:
        if error.errno in NO_ROOM:
            raise
        raise PlanFileError(f"{path}: the plan cannot be written: {error}. Choose another place with -o.") from error


def read_plan(path: Path) -> Plan:
    """The plan in a file; PlanFileError where it is missing, no plan, of another version, or was edited."""
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise PlanFileError(f"{path}: the plan cannot be read: {error}. {REMEDY}") from error
    except (ValueError, RecursionError) as error:
        raise PlanFileError(f"{path}: {NO_PLAN} ({error}). {REMEDY}") from error
    if not isinstance(body, dict) or "version" not in body:
        raise PlanFileError(f"{path}: {NO_PLAN}. {REMEDY}")
    if body["version"] != VERSION:
        raise PlanFileError(
            f"{path}: a plan of version {body['version']!r}; this salesops applies version {VERSION}. {REMEDY}"
        )
    stated = body.pop("hash", None)
    if stated != _hash(body):
        raise PlanFileError(f"{path}: the plan was edited after it was made (its hash differs). {REMEDY}")
    return _parse(path, body)


_LARGEST = 2**31
"""Beyond every number in a plan, and no burden to the store."""

NO_PLAN = "this is not a plan"
REMEDY = "Make a new one with `salesops plan -o FILE`, or `salesops undo RUN -o FILE`."


def _parse(path: Path, body: dict[str, Any]) -> Plan:
    """The plan of a body whose hash is right; every part must have its shape all the same."""
    from pydantic import TypeAdapter, ValidationError

    try:
        plan = TypeAdapter(Plan).validate_python({key: value for key, value in body.items() if key != "version"})
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise PlanFileError(f"{path}: {NO_PLAN} ({place}: {first['msg']}). {REMEDY}") from error
    if nonsense := _nonsense(plan):
        raise PlanFileError(f"{path}: {NO_PLAN} ({nonsense}). {REMEDY}")
    if _hash({"version": VERSION, **asdict(plan)}) != _hash(body):
        raise PlanFileError(f"{path}: {NO_PLAN} (it says more than a plan does). {REMEDY}")
    return plan


def _nonsense(plan: Plan) -> str:
    """What no plan of ours says, though it has the shape of one; empty where there is nothing like it."""
    numbers = (plan.undoes or 0, plan.read_calls, plan.write_calls, *(change.attempt for change in plan.changes))
    if not all(0 <= number <= _LARGEST for number in numbers):
        return "a number is too large or negative"
    try:
        parse_instant(plan.as_of)
    except ValueError:
        return "as_of is no moment"
    places = Counter(change.place for change in plan.changes)
    if twice := next((place for place, count in places.items() if count > 1), None):
        return f"it says twice what becomes of {' '.join(filter(None, twice))}"
    try:
        json.dumps(asdict(plan), ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return "it holds half a character"
    return ""


def _hash(body: dict[str, Any]) -> str:
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()
