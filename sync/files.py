"""Files that commands are asked for: there as a whole, or not at all."""

from __future__ import annotations

import errno
import os
import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""What an OSError says of a disk that is full: the command ends as stopped, and can be run again."""


def write_whole(path: Path, content: bytes, *, synced: bool = False) -> None:
    """Put the content there, whole or not at all, readable by its owner only: it may say what somebody is paid.

    FileExistsError where something else than a file has that name; what a link leads to is written. Several may write
    the same file at once: one of them stays. `synced` waits until the disk has it.
    """
    path = path.resolve()
    if path.exists() and not path.is_file():  # a device or pipe stays what it is
        raise FileExistsError(errno.EEXIST, "It is no ordinary file", str(path))
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as opened:
            opened.write(content)
            opened.flush()
            if synced:
                os.fsync(opened.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
