"""The changes of a plan in the portions in which they are carried out."""

from __future__ import annotations

from collections import defaultdict
from itertools import islice
from typing import TYPE_CHECKING

from connectors.writing import Cause, Status
from sync.apply.lines import Line, Result, said
from sync.plan.portions import portions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from connectors.base import Connector
    from connectors.writing import Outcome, Target
    from sync.plan.model import Change


def by_target(changes: Iterable[Change]) -> dict[Target, list[Change]]:
    """The changes by where their records are, in order."""
    grouped: dict[Target, list[Change]] = defaultdict(list)
    for change in changes:
        grouped[change.target].append(change)
    return grouped


def by_name(changes: Iterable[Change]) -> dict[str, list[Change]]:
    """The changes by the name of their record, in order."""
    grouped: dict[str, list[Change]] = defaultdict(list)
    for change in changes:
        grouped[change.name].append(change)
    return grouped


def in_batches(changes: Sequence[Change], connector: Connector) -> Iterator[list[Change]]:
    """The changes of one target in the portions that go together, all of a record's in one."""
    grouped = iter(by_name(changes).values())
    fields = sorted({change.field for change in changes if change.field})
    for size in portions(connector, changes[0].target, fields, len({change.name for change in changes})):
        yield [change for of_record in islice(grouped, size) for change in of_record]


class Waiting:
    """Changes of one target that are on their way, until the CRM answers them."""

    def __init__(self, changes: Iterable[Change]) -> None:
        self._by_name = by_name(changes)

    def answered(self, outcome: Outcome) -> list[Line]:
        """The lines that an outcome ends: of the fields that it names, or of all that wait of its record."""
        waiting = self._by_name.pop(outcome.name, [])
        ended = [change for change in waiting if not outcome.fields or change.field in outcome.fields]
        if left := [change for change in waiting if change not in ended]:
            self._by_name[outcome.name] = left
        return [_line_of(change, outcome) for change in ended]

    def unanswered(self) -> list[Change]:
        """Those that nothing was said of."""
        return [change for of_record in self._by_name.values() for change in of_record]


def _line_of(change: Change, outcome: Outcome) -> Line:
    """The line of a change that the CRM answered."""
    if outcome.status is Status.WRITTEN:
        return Line(change, Result.WRITTEN, record_id=outcome.record_id)
    code, message = said(outcome.code), said(outcome.message)
    return Line(change, Result.FAILED, code, message, outcome.cause or Cause.UNKNOWN, outcome.record_id)
