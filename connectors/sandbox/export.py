"""Writing an export folder, and `setup.json` beside its CSVs: the definitions that rows alone cannot say.

`setup.json` is optional. It names its CRM, brings definitions in the words of the CRM's own metadata API, and says with
`complete` whether the rows are all that the account holds, so that nothing is to be worked out when they are loaded.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from connectors.sandbox.folder import LoadError, LoadProblem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

SETUP = "setup.json"


class SaveError(Exception):
    """The folder cannot be written as asked; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What `setup.json` says. `parts` are the dialect's own; `left_out` names, for people, what the folder lacks."""

    crm: str
    complete: bool
    parts: dict[str, Any] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """A folder to write into, beside `folder`; it becomes `folder` when the block ends well, else it is gone.

    SaveError where `folder` holds something already or cannot be made. Only its owner can read it: it holds a CRM.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        what = "holds files already" if folder.is_dir() else "is a file"
        raise SaveError(f"{folder}: {what}; nothing was written. Name a new or empty folder.")
    target = folder.resolve()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        half = tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent)
    except PermissionError as error:
        raise SaveError(f"{folder}: {error.strerror}. Name a folder in a place that you may write to.") from error
    except (FileExistsError, NotADirectoryError) as error:
        raise SaveError(f"{folder}: {target.parent} is no folder. Name another place.") from error
    written = target.parent / os.path.basename(half)  # noqa: PTH119  mkdtemp answers with a text
    try:
        yield written
        if target.exists():
            target.rmdir()  # the empty one
        written.rename(target)
    finally:
        shutil.rmtree(written, ignore_errors=True)


def write_table(folder: Path, name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """How many rows the new file NAME.csv holds; None is an empty cell."""
    count = 0
    with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)  # its lines end with \r\n: only then is a cell that holds a lone \r put in quotes
        writer.writerow(columns)
        for row in rows:
            writer.writerow(row)
            count += 1
    return count


def write_setup(folder: Path, setup: Setup) -> None:
    """Nothing; writes `setup.json`."""
    text = {"crm": setup.crm, "complete": setup.complete, "left_out": list(setup.left_out), **setup.parts}
    (folder / SETUP).write_text(json.dumps(text, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def read_setup(folder: Path, crm: str, parts: Sequence[str]) -> Setup | None:
    """What the folder's `setup.json` says, None where there is none; LoadError where it cannot be made sense of.

    `parts` are the members that the dialect knows.
    """
    path = folder / SETUP
    if not path.exists():
        return None
    try:
        held = json.loads(path.read_text(encoding="utf-8-sig"))
    except json.JSONDecodeError as error:
        raise _problem(f"is not JSON: {error.msg} in column {error.colno}", error.lineno) from error
    except (OSError, UnicodeDecodeError, RecursionError) as error:
        raise _problem(f"cannot be read: {error}") from error
    if not isinstance(held, dict):
        raise _problem('must be a JSON object: {"crm": …, "complete": …}')
    if held.get("crm") != crm:
        raise _problem(f"is of the CRM {held.get('crm')!r}, not {crm}; load it with --crm {held.get('crm')}")
    known = {"crm", "complete", "left_out", *parts}
    if unknown := sorted(set(held) - known):
        raise _problem(f"{', '.join(unknown)}: unknown; there are {', '.join(sorted(known))}")
    if not isinstance(held.get("complete", False), bool):
        raise _problem("complete: must be true or false")
    left_out = tuple(map(str, held.get("left_out") or ()))
    return Setup(crm, held.get("complete", False), {name: held[name] for name in parts if name in held}, left_out)


def read_left_out(folder: Path) -> tuple[str, ...]:
    """What a folder that was just saved does not hold, for people."""
    return tuple(json.loads((folder / SETUP).read_text(encoding="utf-8"))["left_out"])


def setup_rows(setup: Setup, part: str, needed: Sequence[str]) -> list[dict[str, Any]]:
    """The objects listed under a part of `setup.json`; LoadError where one lacks what is `needed`."""
    found = setup.parts.get(part, [])
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise _problem(f"{part}: must be a list of objects")
    for place, row in enumerate(found):
        if missing := [name for name in needed if row.get(name) is None]:
            raise _problem(f"{part}.{place}: lacks {', '.join(missing)}")
    return found


def bad_setup(message: str) -> LoadProblem:
    """A problem of `setup.json` as a whole."""
    return LoadProblem(SETUP, 0, "", message)


def _problem(message: str, line: int = 0) -> LoadError:
    return LoadError([LoadProblem(SETUP, line, "", message)])
