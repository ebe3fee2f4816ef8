"""The files of a project as a calculation keeps them, and the project that they make, wherever it is read again."""

from __future__ import annotations

import tempfile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from config.catalog_files import CATALOG, build_catalog, read_catalog
from config.loader import load_project
from config.project_folder import FILES, FOLDERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from config.loader import Project


def read_texts(project: Project) -> dict[str, bytes]:
    """The bytes of every file that the project's rules are made of, built-in metrics too, by its name in the folder.

    None holds a secret: files name only where one is found (`env:` or `file:`).
    """
    root = project.root
    paths = [root / name for name in FILES.values()]
    paths += [path for folder in FOLDERS for path in sorted((root / folder).glob("*.yaml"))]
    found = {path.relative_to(root).as_posix(): path.read_bytes() for path in paths if path.is_file()}
    return found | {document.file: document.content for document in read_catalog().documents}


def load_texts(texts: Mapping[str, bytes]) -> Project:
    """The project that these files make, with the built-in metrics among them, or those of this version where none is.

    ConfigError where they make no project to this version of the program.
    """
    built_in = tuple(
        (PurePosixPath(name).name, text) for name, text in sorted(texts.items()) if _folder(name) == CATALOG
    )
    with tempfile.TemporaryDirectory(prefix="salesops-") as folder:
        for name, text in texts.items():
            if name in FILES.values() or _folder(name) in FOLDERS:  # nothing is written beside the folder
                path = Path(folder) / name
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(text)
        return load_project(Path(folder), build_catalog(built_in) if built_in else read_catalog())


def _folder(name: str) -> str:
    return PurePosixPath(name).parent.as_posix()
