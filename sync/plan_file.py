"""A plan as a file: JSON that people can read, with a hash that says nobody edited it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from sync.plan import Change, Plan, Skip

if TYPE_CHECKING:
    from pathlib import Path

VERSION = 1


class PlanFileError(Exception):
    """The file is not a plan that can be applied; says why and what to do."""


def plan_json(plan: Plan) -> dict[str, Any]:
    """The plan as JSON values, its hash included."""
    body: dict[str, Any] = {"version": VERSION, **asdict(plan)}
    return {**body, "hash": _hash(body)}


def write_plan(plan: Plan, path: Path) -> None:
    """Write the plan to a file, readable by its owner only; a half-written file is never left behind."""
    text = json.dumps(plan_json(plan), indent=1, ensure_ascii=False) + "\n"
    part = path.with_name(path.name + ".part")
    try:
        part.touch(mode=0o600)
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise PlanFileError(f"{path}: the plan cannot be written: {error}. Choose another place with -o.") from error


def read_plan(path: Path) -> Plan:
    """The plan in a file; PlanFileError where it is missing, no plan, of another version, or was edited."""
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise PlanFileError(f"{path}: the plan cannot be read: {error}.") from error
    except (json.JSONDecodeError, RecursionError) as error:
        raise PlanFileError(f"{path}: this is not a plan: {error}. Make one with `salesops plan -o FILE`.") from error
    if not isinstance(body, dict) or "version" not in body:
        raise PlanFileError(f"{path}: this is not a plan. Make one with `salesops plan -o FILE`.")
    if body["version"] != VERSION:
        raise PlanFileError(f"{path}: a plan of version {body['version']}; this salesops applies version {VERSION}.")
    stated = body.pop("hash", None)
    if stated != _hash(body):
        raise PlanFileError(
            f"{path}: the plan was edited after it was made (its hash differs). Make a new one with `salesops plan`."
        )
    return Plan(
        body["connection"],
        body["as_of"],
        body["rules"],
        tuple(Change(**change) for change in body["changes"]),
        tuple(Skip(**skip) for skip in body["skipped"]),
    )


def _hash(body: dict[str, Any]) -> str:
    text = json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
