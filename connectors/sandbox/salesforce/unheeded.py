"""What a request says and nothing here reads: it is answered as though unsaid, as there, and logged."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

from starlette.datastructures import QueryParams

if TYPE_CHECKING:
    from collections.abc import Iterator

_log = logging.getLogger(__name__)
_MOST_NOTED = 1000  # a client that makes names up must not fill the memory


class Asked(Mapping[str, str]):
    """The query parameters of a request, and which of them were read."""

    def __init__(self, params: QueryParams | str) -> None:
        self._params = QueryParams(params)
        self._read: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self._read.add(name)
        return self._params[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._params)

    def __len__(self) -> int:
        return len(self._params)

    def getlist(self, name: str) -> list[str]:
        """All values of a parameter that may come more than once."""
        self._read.add(name)
        return self._params.getlist(name)

    def unread(self) -> list[str]:
        """The names of those that nothing has read, in their order."""
        return [name for name in self._params if name not in self._read]


class Notes:
    """The log of what is accepted and ignored: a line for each name, once a resource."""

    def __init__(self) -> None:
        self._noted: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    def add(self, resource: str, asked: Asked) -> None:
        """Log the parameters that were not read and are new for this resource."""
        for name in asked.unread():
            with self._lock:
                fresh = (resource, name) not in self._noted and len(self._noted) < _MOST_NOTED
                if fresh:
                    self._noted.add((resource, name))
            if fresh:
                _log.warning("not emulated: %s: parameter %s is ignored", resource, name)
