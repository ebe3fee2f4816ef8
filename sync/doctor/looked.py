"""All that is known of the fields that rules read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date

    from salesops.fill import Ask
    from sync.doctor.fill import Filled
    from sync.doctor.needs import Need
    from sync.doctor.sources import Source


@dataclass(frozen=True, slots=True)
class Looked:
    """Where fields come from, and how they are filled over the months looked at. `unread` are those that no pull read
    yet, by object and field."""

    sources: Mapping[tuple[str, str], Source]
    fills: Mapping[Ask, Filled]
    months: Sequence[date]
    unread: Collection[tuple[str, str]] = ()

    def source(self, need: Need) -> Source:
        return self.sources[need.ask.object, need.ask.field]

    def weight(self, need: Need) -> tuple[int, bool, str]:
        """How much depends on a question: its records, then whether each of them should have the field."""
        return self.fills[need.ask].overall.total.rows, need.expected, str(need.ask)


def is_unseen(source: Source, fill: Filled) -> bool:
    """Whether a field is empty, or will be after the next pull, since the login does not see it. What links bring is
    there nevertheless."""
    return source.hidden and (source.told or source.shown_before or not fill.overall.total.filled)
