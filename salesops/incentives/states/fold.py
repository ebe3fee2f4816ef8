"""The fold: columns of a payee's states, each made of the event and of the state before it, as one SQL query.

Three steps make a column: `number` of other columns of its row, `running` what sums up to and with it, `previous` what
a column was in the row before. The same steps serve rows that happened (windows over them) and rows that might: those
of one opportunity on top of the payee's latest state, which then is the row before the first of them. So whatever is
reckoned is written once.

Columns that need nothing of each other are made side by side, so windows over the same rows share one sort.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from salesops.exact import WHOLE
from salesops.incentives.numbers import materialized
from salesops.sql import cast, names, quoted, when

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from salesops.rational import Rational

ORDER = "position"
"""The order of a payee's events (`states.numbered`): by day, what ends with it last, source and id."""

_OF_ROW = re.compile(
    r"\b(day|ends|position|team|cell_starts|cell_ends|is_close|tenure_from|period_starts|period_ends)\b"
)
"""Columns that are written without quotes and may differ from row to row."""

_NAMES = re.compile(r"""'(?:[^']|'')*'|"((?:[^"]|"")*)\"""")
"""Quoted names; texts are passed over."""

Partition = tuple[str, ...]
"""The columns that rows must have in common to follow one another."""


@dataclass(frozen=True, slots=True)
class _Step:
    happened: str  # the column where it happened, as SQL
    supposed: str  # the same on top of the latest state, whose columns are `latest NAME`
    depth: int


@dataclass(slots=True)
class Fold:
    """Columns built one upon another, each named once; every method gives the quoted name of its column."""

    _steps: dict[str, _Step] = field(default_factory=dict)
    _made: dict[str, str] = field(default_factory=dict)
    _running: dict[str, tuple[Partition, str]] = field(default_factory=dict)
    steady: Mapping[str, str] = field(default_factory=dict)
    """Columns that are the same in all rows of a payee with the same value of a column, which is given here."""
    groups: dict[str, Partition | None] = field(default_factory=dict)
    """What rows that might happen need of the latest state, each with what is the same there if it is of a group."""

    def number(self, name: str, value: str) -> str:
        """A column made of columns of the same row."""
        return self.window(name, value, value)

    def rational(self, name: str, value: Rational) -> Rational:
        """The fraction in columns of its own, so that what is made of it repeats no more than their names."""
        columns, read = materialized(value, name)
        for column, sql in columns.items():
            if value.number is None:
                self.number(column, sql)
        return value if value.number is not None else read

    def hold(self, value: Rational) -> Rational:
        """A step of a long formula in columns of its own; the same step is held once."""
        key = f"{value.scale} {value.above} / {value.below}"
        name = self._made.setdefault(key, f"step {len(self._made)}")
        return self.rational(name, value)

    def running(self, name: str, value: str, partition: Partition) -> str:
        """The sum of whole numbers over the rows of the partition up to and with this one; made once."""
        added = f"coalesce({value}, 0)"
        happened = cast(f"sum({added}) OVER {_so_far(partition)}", WHOLE)
        if happened not in self._made:
            supposed = f"coalesce({quoted(f'latest {name}')}, 0) + sum({added}) OVER {_so_far_together(partition)}"
            self._made[happened] = self.window(name, happened, cast(supposed, WHOLE))
            self._look_back(name, partition)
            self._running[name] = partition, added
        return self._made[happened]

    def previous(self, of: str, partition: Partition) -> str:
        """What a column was in the row before, of the same partition; null in its first row."""
        happened = f"lag({of}) OVER {_in_order(partition)}"
        if happened not in self._made:
            bare = _unquoted(of)
            found = self._without_event(bare, partition) or happened
            before = f"OVER {_in_order_together(partition)}"
            supposed = when(f"lag(TRUE) {before}", f"lag({of}) {before}", quoted(f"latest {bare}"))
            self._made[happened] = self.window(f"{bare} previous", found, supposed)
            self._look_back(bare, partition)
        return self._made[happened]

    def _without_event(self, name: str, partition: Partition) -> str | None:
        """The previous column, made of sums without the event instead of another look at the row before, which takes
        another sort; None where it is not made of sums over the partition and of what is the same in all of it."""
        sums: set[str] = set()
        before = self._before(name, partition, sums)
        if before is None or not sums:
            return None
        depth = max(self._steps[each].depth for each in sums)
        is_later = f"row_number() OVER {_in_order(partition)} > 1"
        there = self._add(f"any before {depth} {names(partition)}", is_later, depth)
        return when(there, before)

    def _before(self, name: str, partition: Partition, sums: set[str]) -> str | None:
        """The column as it is without the row's event; `sums` gets the sums that it is made of."""
        if name not in self._steps:
            return quoted(name) if self.steady.get(name) == partition[-1] else None
        step = self._steps[name]
        if name in self._running:
            over, added = self._running[name]
            sums.add(name)
            without = cast(f"{quoted(name)} - {added}", WHOLE)
            return self._add(f"{name} without event", without, step.depth + 1) if over == partition else None
        if " OVER " in step.happened or _OF_ROW.search(_NAMES.sub("", step.happened)):
            return None
        found = {each: self._before(each, partition, sums) or "" for each in _named(step.happened)}
        if not all(found.values()):
            return None
        made = _NAMES.sub(lambda each: found[_unquoted(each[0])] if each[0][0] == '"' else each[0], step.happened)
        return self._add(f"{name} without event", made, step.depth + 1)

    def _add(self, name: str, happened: str, depth: int) -> str:
        """A column of rows that happened, which nothing that might happen needs."""
        self._steps.setdefault(name, _Step(happened, happened, depth))
        return quoted(name)

    def _look_back(self, name: str, partition: Partition) -> None:
        self.groups[name] = partition if any(each.startswith("group ") for each in partition) else None

    def window(self, name: str, happened: str, supposed: str) -> str:
        """A column that is made in another way of rows that happened than of one that might."""
        if name in self._steps:
            if self._steps[name].happened != happened:
                raise ValueError(f"the column {name} is made twice, of different things")
            return quoted(name)
        needed = (self._steps[each] for each in _named(happened) if each in self._steps)
        depth = max((step.depth + 1 for step in needed), default=0)
        self._steps[name] = _Step(happened, supposed, depth)
        return quoted(name)

    def same(self, name: str, happened: str) -> str:
        """A column that is what it was in the latest state, in a row that might happen."""
        self.groups[name] = None
        return self.window(name, happened, quoted(f"latest {name}"))

    @property
    def looked_back_at(self) -> frozenset[str]:
        """The columns of the latest state that rows that might happen need."""
        return frozenset(self.groups)

    @property
    def needs(self) -> frozenset[str]:
        """The columns that must be there already."""
        return frozenset(name for step in self._steps.values() for name in _named(step.happened)) - self._steps.keys()

    def mentions(self, word: str) -> bool:
        """Whether a column is made of one that is written without quotes."""
        return any(re.search(rf"\b{word}\b", _NAMES.sub("", step.happened)) for step in self._steps.values())

    def has(self, name: str) -> bool:
        """Whether the column is one of its own."""
        return name in self._steps

    def query(self, rows: str, kept: Iterable[str], *, supposed: bool = False) -> str:
        """The rows of a query with the columns made; only those that are kept."""
        kept = tuple(kept)
        wanted = self._wanted(kept, supposed=supposed)
        for depth in sorted({step.depth for step in wanted.values()}):
            made = {name: step for name, step in wanted.items() if step.depth == depth}
            listed = [
                f"{step.supposed if supposed else step.happened} AS {quoted(name)}" for name, step in made.items()
            ]
            rows = f"SELECT *, {', '.join(listed)} FROM ({rows})"
        return f"SELECT {names(kept)} FROM ({rows})"

    def _wanted(self, kept: Iterable[str], *, supposed: bool) -> dict[str, _Step]:
        """The steps that the kept columns are made of."""
        found: set[str] = set()
        waiting = [name for name in kept if name in self._steps]
        while waiting:
            if (name := waiting.pop()) not in found:
                found.add(name)
                step = self._steps[name]
                waiting += [
                    each for each in _named(step.supposed if supposed else step.happened) if each in self._steps
                ]
        return {name: step for name, step in self._steps.items() if name in found}


def _so_far(partition: Partition) -> str:
    return f"{_in_order(partition)[:-1]} ROWS UNBOUNDED PRECEDING)"


def _in_order(partition: Partition) -> str:
    return f"(PARTITION BY {names(partition)} ORDER BY {ORDER})"


def _so_far_together(partition: Partition) -> str:
    """The window of rows that might happen `together`, one in each `turn`."""
    return f"{_in_order_together(partition)[:-1]} ROWS UNBOUNDED PRECEDING)"


def _in_order_together(partition: Partition) -> str:
    return f"(PARTITION BY together, {names(partition)} ORDER BY turn)"


def _named(sql: str) -> set[str]:
    return {found.replace('""', '"') for found in _NAMES.findall(sql) if found}


def _unquoted(name: str) -> str:
    return name[1:-1].replace('""', '"')
