"""What a page shows, in neutral words: both dialects fill these, one set of templates draws them."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as default


@dataclass(frozen=True, slots=True)
class Value:
    """One value as people read it; `href` leads to the record that it names, `number` is right-aligned in lists."""

    text: str
    href: str = ""
    number: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """One field of a record. `custom` marks a field of the org's own, as the figures that are written back are."""

    label: str
    name: str
    value: Value
    custom: bool = False
    help: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    items: list[Item]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of records. `total` counts all there are, of which `rows` may be the first."""

    title: str
    columns: list[str]
    rows: list[list[Value]]
    total: int
    previous: str = ""
    next: str = ""


@dataclass(frozen=True, slots=True)
class Viewer:
    """A user whose eyes the page can be seen with; `href` is the same page seen by them."""

    name: str
    href: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Page:
    """A whole page: a record (sections), a list or the home (one table), beside what is related to it."""

    kind: str
    title: str
    sections: list[Section] = default(default_factory=list)
    tables: list[Table] = default(default_factory=list)
    viewers: list[Viewer] = default(default_factory=list)
    status: int = 200
    note: str = ""
