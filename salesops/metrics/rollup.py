"""Rows into cells: the totals of what metrics ask for, by place and period.

All that is asked of one table is taken in one pass: totalled by owner and bucket, wide; then by place; then by cell.
Of what is counted as different, the values are totalled by as well. What cannot be made of totals is taken of the rows
of each cell.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from config.metrics.kinds import COMPANY, PEOPLE
from salesops.metrics.columns import kept_in, named
from salesops.metrics.grains import keyed_rows
from salesops.metrics.periods import bucketed, build_map
from salesops.metrics.taken import merged, taken
from salesops.sql import columns as listed
from salesops.sql import names, quoted, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from salesops.basis import Basis
    from salesops.metrics.asked import Asked
    from salesops.metrics.columns import Column, Node
    from salesops.metrics.grains import Places
    from salesops.metrics.periods import Bucket, Periods
    from salesops.people import Hierarchy


_READ_ONCE = ("rows", "totals", "placed")
"""What is kept of each pass while its figures are made."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What every roll-up needs."""

    basis: Basis
    periods: Periods
    places: Places


@dataclass(frozen=True, slots=True)
class Taking:
    """Everything that is asked of one table in one pass.

    `numbers` are the numbers of a row, by column; `parts` what is taken of them, by column: (what, the number's).
    """

    name: str
    asked: tuple[Asked, ...]
    bucket: Bucket
    numbers: dict[str, str]
    parts: dict[str, tuple[str, str]]

    @property
    def of_rows(self) -> bool:
        """Whether something is taken that cannot be made of totals."""
        return any(how in {"middle", "ordered"} for how, _ in self.parts.values())

    @property
    def different(self) -> list[str]:
        """The number whose different values are counted, if any."""
        return sorted({number for how, number in self.parts.values() if how == "distinct"})

    @property
    def grains(self) -> list[str]:
        """The grains that are not of people."""
        return sorted({grain for each in self.asked for grain in each.grains} - {COMPANY, *PEOPLE})

    @property
    def people(self) -> list[str]:
        """The grains of people."""
        return sorted({grain for each in self.asked for grain in each.grains} & {*PEOPLE})

    @property
    def hierarchy(self) -> Hierarchy:
        return self.asked[0].hierarchy

    def columns_of(self, asked: Asked) -> dict[str, str]:
        """Part -> the column it is in."""
        by_part = {(how, self.numbers[number]): column for column, (how, number) in self.parts.items()}
        return {name: by_part[part.taken, part.of] for name, part in asked.parts.items()}

    @property
    def parts_of_totals(self) -> list[str]:
        """The columns of what can be made of totals."""
        return [column for column, (how, _) in self.parts.items() if how != "distinct"]

    def parts_in(self, grain: str) -> dict[str, tuple[str, str]]:
        """The parts of what is asked for in a grain."""
        mine = {column for each in self.asked if grain in each.grains for column in self.columns_of(each).values()}
        return {column: part for column, part in self.parts.items() if column in mine}


def roll_up(setting: Setting, asked: Iterable[Asked]) -> dict[Node, Column]:
    """The figures of each metric over each of its windows."""
    groups: dict[tuple[str, ...], list[Asked]] = defaultdict(list)
    for each in asked:
        people = each.hierarchy if {*PEOPLE} & each.grains else ""
        groups[each.table.get_name(), people, each.bucket, each.pass_].append(each)
    columns: dict[Node, Column] = {}
    for number, (_, group) in enumerate(sorted(groups.items())):
        columns |= _cells(setting, _taking(str(number), sorted(group, key=lambda each: each.name)))
        for what in _READ_ONCE:
            setting.basis.engine.drop(f"{what} {number}")
    return columns


def _taking(name: str, asked: Sequence[Asked]) -> Taking:
    numbers: dict[str, str] = {}
    parts: dict[tuple[str, str], str] = {}
    for each in (part for one in asked for part in one.parts.values()):
        column = numbers.setdefault(each.of, f"number {len(numbers)}")
        parts.setdefault((each.taken, column), f"part {len(parts)}")
    values = {column: number for number, column in numbers.items()}
    return Taking(name, tuple(asked), asked[0].bucket, values, {column: part for part, column in parts.items()})


def _cells(setting: Setting, taking: Taking) -> dict[Node, Column]:
    placed = _rows_placed(setting, taking) if taking.of_rows else _totals_placed(setting, taking)
    columns: dict[Node, Column] = {}
    for span in sorted({span for each in taking.asked for span in each.spans}, key=str):
        wanted = [each for each in taking.asked if span in each.spans]
        kinds = frozenset(kind for each in wanted for kind in each.kinds)
        days = build_map(setting.basis, setting.periods, taking.bucket, kinds, span).get_name()
        cell = f"place * {len(setting.periods)} + period AS cell"
        found = f"SELECT {cell}, * FROM {placed} JOIN {quoted(days)} USING (bucket)"
        figures = []
        for each in wanted:
            got = {part: quoted(column) for part, column in taking.columns_of(each).items()}
            figures.append(((each.name, span), each.finish(got)))
        values, of_table = named(figures)
        name = f"figures {taking.name} {span}"
        totals = _totals_of_cells(taking, found)
        setting.basis.engine.keep_rows(name, f"SELECT cell, {listed(values)} FROM ({totals})")
        columns |= kept_in(name, of_table)
    return columns


def _totals_of_cells(taking: Taking, found: str) -> str:
    """What is taken in each `cell`, of all that is found there."""
    if taking.of_rows:
        return f"SELECT cell, {_first(taking.parts)} FROM ({found}) GROUP BY cell"
    different = {column: number for column, (how, number) in taking.parts.items() if how == "distinct"}
    counted = listed({column: f"count(DISTINCT {quoted(number)})" for column, number in different.items()})
    return f"SELECT cell, {_merged(taking.parts)}{', ' if counted else ''}{counted} FROM ({found}) GROUP BY cell"


def _totals_placed(setting: Setting, taking: Taking) -> str:
    """What is taken of the rows of each `place` and `bucket`, and of each value whose different ones are counted."""
    owned_by = ["owner"] if taking.people else []
    by_day = ["day"] if taking.people and taking.hierarchy == "then" else []
    by = names(["bucket", *taking.different])
    base = _kept(
        setting,
        f"totals {taking.name}",
        f"SELECT {names([*owned_by, *by_day])}{', ' if owned_by else ''}{by}, {_first(taking.parts)}"
        f" FROM ({_bucketed(setting, taking)}) GROUP BY ALL",
    )
    # Values of several owners are seldom the same ones: they are taken together in the cell only.
    totals = names(taking.parts_of_totals) if taking.different else _merged(taking.parts)
    together = "" if taking.different else " GROUP BY ALL"
    found = [f"SELECT {setting.places.company} AS place, {by}, {totals} FROM {base}{together}"]
    if taking.people:
        found.append(f"SELECT place, {by}, {totals} FROM {_owned(setting, taking, base)}{together}")
    for grain in taking.grains:
        of_grain = f"SELECT key, {by}, {_first(taking.parts_in(grain))} FROM ({_bucketed(setting, taking, grain)})"
        found.append(f"SELECT * EXCLUDE (key) FROM {_in_places(setting, grain, f'{of_grain} GROUP BY ALL')}")
    placed = " UNION ALL BY NAME ".join(found)
    return f"({placed})" if taking.different else _kept(setting, f"placed {taking.name}", placed)


def _rows_placed(setting: Setting, taking: Taking) -> str:
    """The rows in each of their places: `place`, `bucket` and the numbers."""
    counts = " OR ".join(f"{quoted(number)} IS NOT NULL" for number in taking.numbers)
    rows = _kept(setting, f"rows {taking.name}", f"FROM ({_bucketed(setting, taking)}) WHERE {counts}")
    numbers = names(["bucket", *taking.numbers])
    found = [f"SELECT {setting.places.company} AS place, {numbers} FROM {rows}"]
    if taking.people:
        found.append(f"SELECT place, {numbers} FROM {_owned(setting, taking, rows)}")
    for grain in taking.grains:
        mine = sorted({number for _, number in taking.parts_in(grain).values()})
        of_grain = f"SELECT key, {names(['bucket', *mine])} FROM ({_bucketed(setting, taking, grain)})"
        found.append(f"SELECT * EXCLUDE (key) FROM {_in_places(setting, grain, of_grain)}")
    return f"({' UNION ALL BY NAME '.join(found)})"


def _kept(setting: Setting, name: str, query: str) -> str:
    """The rows of a query, kept: their quoted name."""
    setting.basis.engine.keep_rows(name, query)
    return quoted(name)


def _bucketed(setting: Setting, taking: Taking, grain: str = "") -> str:
    """The rows with their `owner`, `bucket`, the `day` of their places and the numbers; those of a grain with `key`."""
    first = taking.asked[0]
    rows = keyed_rows(setting.basis, first.table, first.source, grain) if grain else first.table
    columns = {"key": "key", **taking.numbers} if grain else {"owner": "owner", **taking.numbers}
    day = None if grain or not taking.people else quoted(first.placed_on)
    return bucketed(setting.basis, setting.periods, rows.get_name(), taking.bucket, columns, day)


def _owned(setting: Setting, taking: Taking, rows: str) -> str:
    """The rows in each place of their owner."""
    grains = ", ".join(map(text, taking.people))
    members = f"(FROM {quoted(setting.places.members[taking.hierarchy].get_name())} WHERE grain IN ({grains}))"
    then = " AND day >= from_day AND day < until_day" if taking.hierarchy == "then" else ""
    return f"{rows} JOIN {members} ON owner = member{then}"


def _in_places(setting: Setting, grain: str, rows: str) -> str:
    """The rows in the places of the keys of a grain."""
    places = quoted(setting.places.table.get_name())
    return f"({rows}) JOIN (SELECT place, key FROM {places} WHERE grain = {text(grain)}) USING (key)"


def _first(parts: dict[str, tuple[str, str]]) -> str:
    """What is taken of rows; of different ones nothing, they are totalled by."""
    return listed({column: taken(how, quoted(number)) for column, (how, number) in parts.items() if how != "distinct"})


def _merged(parts: dict[str, tuple[str, str]]) -> str:
    """The same of the whole, from its parts."""
    return listed({column: merged(how, quoted(column)) for column, (how, _) in parts.items() if how != "distinct"})
