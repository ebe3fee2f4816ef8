"""What a request gives: its JSON objects and its query, each knowing which of its members were ever looked at.

HubSpot takes members and parameters that it does not name and ignores them: a batch whose `inputs` are misspelled is
accepted and does nothing, and a record whose values do not stand in `properties` is created empty (seen by clients).
So the sandbox refuses none either, and logs each, once a resource, that a request was accepted without reading.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any, overload

if TYPE_CHECKING:
    from _collections_abc import dict_items, dict_keys, dict_values
    from collections.abc import Iterable, Iterator, Mapping

    from starlette.datastructures import QueryParams

MOST_NOTED = 10_000  # kept in memory; a client that invents names without end is not logged for ever

_log = logging.getLogger(__name__)


class Given(dict[str, Any]):
    """A JSON object of a request. Whoever goes through all its members has read them all."""

    __slots__ = ("_read",)

    def __init__(self, members: Mapping[str, Any], read: set[str] | None = None) -> None:
        super().__init__(members)
        self._read: set[str] = set() if read is None else read

    def __getitem__(self, name: str) -> Any:
        self._read.add(name)
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        self._read.add(str(name))
        return super().__contains__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self._read.add(name)
        return super().get(name, default)

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def keys(self) -> dict_keys[str, Any]:
        self._read.update(super().keys())
        return super().keys()

    def values(self) -> dict_values[str, Any]:
        self._read.update(super().keys())
        return super().values()

    def items(self) -> dict_items[str, Any]:
        self._read.update(super().keys())
        return super().items()

    def plus(self, **members: Any) -> Given:
        """The object with these members besides or instead; what is read of it is read of this one."""
        return Given({**dict(super().items()), **members}, self._read)

    def unread(self) -> Iterator[str]:
        """The members that nobody looked at, those of objects inside by their paths."""
        for name, value in super().items():
            if name not in self._read:
                yield name
                continue
            for inner in unread(value):
                yield f"{name}.{inner}"


class Query:
    """The query of a request."""

    def __init__(self, parameters: QueryParams) -> None:
        self._parameters = parameters
        self._read: set[str] = set()

    def __contains__(self, name: str) -> bool:
        self._read.add(name)
        return name in self._parameters

    def __getitem__(self, name: str) -> str:
        self._read.add(name)
        return self._parameters[name]

    @overload
    def get(self, name: str) -> str | None: ...
    @overload
    def get(self, name: str, default: str) -> str: ...
    def get(self, name: str, default: str | None = None) -> str | None:
        """The last value of a parameter."""
        self._read.add(name)
        return self._parameters.get(name, default)

    def getlist(self, name: str) -> list[str]:
        """All values of a parameter, in their order."""
        self._read.add(name)
        return self._parameters.getlist(name)

    def unread(self) -> Iterator[str]:
        """The parameters that nobody looked at."""
        yield from (name for name in dict.fromkeys(self._parameters.keys()) if name not in self._read)


def unread(value: Any) -> Iterator[str]:
    """The members that nobody looked at, of an object or of the objects in a list."""
    if isinstance(value, Given):
        yield from value.unread()
    elif isinstance(value, list):
        for each in value:
            yield from unread(each)


class Notes:
    """The log of what is accepted and ignored: a line for each name, once a resource."""

    def __init__(self) -> None:
        self._noted: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    def add(self, resource: str, names: Iterable[str]) -> None:
        """Log the names that are new for this resource."""
        for name in dict.fromkeys(names):
            with self._lock:
                fresh = (resource, name) not in self._noted and len(self._noted) < MOST_NOTED
                if fresh:
                    self._noted.add((resource, name))
            if fresh:
                _log.info("not emulated: %s: %s is ignored", resource, name)
