"""The files of a project as a calculation keeps them, and the project that they make, wherever it is read again."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from config.loader import load_project
from config.project_folder import FILES, FOLDERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from config.loader import Project


def read_texts(project: Project) -> dict[str, bytes]:
    """The bytes of every file that the project's rules are made of, by its name in the folder.

    None holds a secret: files name only where one is found (`env:` or `file:`). Certificates that connections trust
    are in them, since a project without its files is refused.
    """
    root = project.root
    paths = [root / name for name in FILES.values()]
    paths += [path for folder in FOLDERS for path in sorted((root / folder).glob("*.yaml"))]
    paths += [root / each.ca_file for each in project.settings.connections.values() if each.ca_file is not None]
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths if path.is_file()}


def load_texts(texts: Mapping[str, bytes]) -> Project:
    """The project that these files make. ConfigError where they make none, to this version of the program."""
    with tempfile.TemporaryDirectory(prefix="salesops-") as folder:
        for name, text in texts.items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text)
        return load_project(Path(folder))
