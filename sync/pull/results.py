"""What the read of a stream did."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from connectors.errors import Failing, Rejected
from sync.problems import problems_in

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connectors.base import Sweep
    from sync.store.pages import Counts


class StreamsRefused(Rejected):
    """The CRM refused some streams; the others were read to their end. `problems` names each, with its reason."""

    def __init__(self, refused: Sequence[tuple[str, BaseException]]) -> None:
        self.problems = sorted(f"{stream}: {text}" for stream, error in refused for text in problems_in(error))
        super().__init__("\n".join(self.problems))


class StreamsFailing(StreamsRefused, Failing):
    """The CRM failed at some streams, and refused none; the others were read to their end."""


def streams_refused(refused: Sequence[tuple[str, BaseException]]) -> StreamsRefused:
    """The error that tells of streams that the CRM refused or failed at."""
    failing = all(isinstance(error, Failing) for _, error in refused)
    return (StreamsFailing if failing else StreamsRefused)(refused)


@dataclass(frozen=True, slots=True)
class StreamPull:
    """One read of one stream, and the API calls it took. `counts` are by the object of what it brought.

    `since` to `until` is the CRM's time that it made complete, `lag_seconds` how far that was behind the CRM's clock;
    `live` is the CRM's own count. `gap` says what may be missing, `message` what stopped it, `vanished` how
    many records at least an id list lacks that were kept, because they are too many.
    """

    stream: str
    object: str
    sweep: Sweep
    complete: bool = False
    pages: int = 0
    counts: Mapping[str, Counts] = field(default_factory=dict)
    calls: int = 0
    problems: int = 0
    since: str | None = None
    until: str | None = None
    lag_seconds: int | None = None
    live: int | None = None
    gap: str = ""
    vanished: int = 0
    message: str = ""

    @property
    def rows(self) -> int:
        """Rows that came."""
        return sum(counts.rows for counts in self.counts.values())

    @property
    def changed(self) -> int:
        """Rows of the store that changed."""
        return sum(counts.changed for counts in self.counts.values())

    @property
    def deleted(self) -> int:
        """Deletions that were new."""
        return sum(counts.deleted for counts in self.counts.values())
