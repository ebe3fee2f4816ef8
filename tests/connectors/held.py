"""What a store would hold, for tests of adapters alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from connectors.base import Page


@dataclass
class FakeHeld:
    """The stamp of each record by its id, as a store that saved every page would know it."""

    rows: dict[str, str] = field(default_factory=dict)

    def between(self, since: str, until: str, without: Collection[str] = ()) -> int:
        return self.stamps(since, until, without).total()

    def stamps(self, since: str, until: str, without: Collection[str] = ()) -> Counter[str]:
        return Counter(at for record, at in self.rows.items() if since <= at <= until and record not in without)

    def ids(self, after: str = "") -> Iterator[str]:
        return iter(sorted(each for each in self.rows if each > after))

    def save(self, pages: Iterable[Page]) -> list[Page]:
        """The pages, whose rows are held from now on."""
        read = list(pages)
        for page in read:
            for rows in page.rows.values():
                self.rows |= {str(row.values["id"]): row.modified_at for row in rows}
        return read
