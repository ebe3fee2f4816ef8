"""Fields of parents that a mapping reads through a reference: put on the parent, or on one made for each value."""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING, Any

from config.model import references
from connectors.salesforce.objects import SOURCES
from connectors.sandbox.salesforce.ids import make_id
from connectors.sandbox.salesforce.org.load import required_columns
from connectors.sandbox.salesforce.schema.spec import standard_objects
from sync.sandbox_copy.pulled import NOT_COPIED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from connectors.salesforce.objects import Source
    from connectors.salesforce.wishes import Wish
    from sync.sandbox_copy.pulled import Pulled, Row

    Cell = Callable[[Row], Any]

FIRST_MADE = 1000  # what made-up ids are numbered from: past those of a new org


class Parents:
    """Fields of parents that the mapping reads through a reference: put on the parent, or on one made for the value."""

    def __init__(self, pulled: Pulled) -> None:
        self._pulled = pulled
        self._held: dict[str, dict[str, dict[str, Any]]] = defaultdict(lambda: defaultdict(dict))
        self._made: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)

    def collect(self, wish: Wish, source: Source) -> None:
        """Read the values of fields of parents that are rows of ours themselves."""
        dotted = [(ours, c.paths[0]) for ours, c in source.columns.items() if c.paths and "." in c.paths[0]]
        found: list[tuple[str, str, str, Cell]] = []
        for ours, path in [*dotted, *((path, path) for path in wish.custom if "." in path)]:
            if (held := _own_parent(wish.object, source, path)) is not None:
                cell: Cell = partial(custom, path) if ours == path else partial(_field, ours)
                found.append((*held, path.split(".")[1], cell))
        for row in self._pulled.rows(wish.object) if found else ():
            for reference, parent, field, cell in found:
                if row[reference] is not None and (value := cell(row)) is not None:
                    self._held[parent][field][row[reference]] = value

    def collected(self, sobject: str) -> list[str]:
        """The fields of an sObject whose values were collected."""
        return list(self._held.get(sobject, ()))

    def value(self, sobject: str, field: str, row: Row) -> Any:
        return self._held[sobject][field].get(row["id"])

    def holds(self, sobject: str, path: str) -> bool:
        found = ((name, each) for name, sources in SOURCES.items() for each in sources if each.sobject == sobject)
        return _own_parent(*next(found), path) is not None

    def reference(self, sobject: str, path: str) -> str | None:
        """The reference field through which a parent that is no row of ours is made; None where it is one, or many."""
        relationship, _, field = path.partition(".")
        parent = standard_objects()[sobject].parent(relationship)
        if parent is None or "." in field or len(parent.refs) != 1 or self.holds(sobject, path):
            return None
        return parent.name if standard_objects()[parent.refs[0]].find(field) else None

    def made_id(self, sobject: str, path: str, cell: Cell, row: Row) -> str | None:
        """The id of the parent that has the row's value."""
        if (value := cell(row)) is None:
            return None
        relationship, _, field = path.partition(".")
        parent = standard_objects()[sobject].parent(relationship)
        ids = self._made[parent.refs[0] if parent else "", field]
        prefix = standard_objects()[parent.refs[0]].prefix if parent else ""
        return ids.setdefault(str(value), make_id(prefix, FIRST_MADE + len(ids)))

    def tables(self, stamp: str) -> Iterator[tuple[str, list[str], list[list[Any]]]]:
        """(sObject, columns, rows) of the made parents."""
        for (name, field), ids in self._made.items():
            target = standard_objects()[name]
            needed = [each for each in required_columns(target) if each not in {"Id", field}]
            stands = [stamp[:10] if target.fields[each.lower()].type == "date" else NOT_COPIED for each in needed]
            yield name, ["Id", field, *needed], [[made, value, *stands] for value, made in ids.items()]


def _own_parent(name: str, source: Source, path: str) -> tuple[str, str] | None:
    """(our reference field, the parent's sObject) where a field of a parent belongs to a row of ours."""
    relationship, _, field = path.partition(".")
    reference = standard_objects()[source.sobject].parent(relationship)
    if reference is None or "." in field:
        return None
    targets = references(name)
    for ours, column in source.columns.items():
        target = targets.get(ours)
        if target and target in SOURCES and column.compute is None and column.paths == (reference.name,):
            return ours, SOURCES[target][0].sobject
    return None


def custom(path: str, row: Row) -> Any:
    """The value of a field that rides along."""
    return row["custom"].get(path)


def _field(ours: str, row: Row) -> Any:
    return row[ours]
