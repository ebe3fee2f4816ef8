"""Cutting long work into the sizes that a CRM takes."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Item = TypeVar("Item")


def in_chunks(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """The items in their order, in lists of at most `size`."""
    rest = iter(items)
    while part := list(islice(rest, size)):
        yield part
