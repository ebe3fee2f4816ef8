"""The store's rows as an export folder of Salesforce: the adapter's table of fields, read backwards."""

from __future__ import annotations

from collections import defaultdict
from datetime import time
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from config.model import OBJECTS, FieldType
from config.scalars import decimal_text
from connectors.salesforce.objects import SHARES
from connectors.salesforce.wishes import build_wishes
from connectors.sandbox.export import Setup, write_setup, write_table
from connectors.sandbox.salesforce.org.load import required_columns
from connectors.sandbox.salesforce.org.seed import INTEGRATION_USER
from connectors.sandbox.salesforce.schema.spec import SObject, standard_objects
from sync.connections import written_fields
from sync.sandbox_copy.forms import in_form
from sync.sandbox_copy.ours_rows import put_accounts, put_quotas, put_tasks
from sync.sandbox_copy.pulled import NOT_COPIED
from sync.sandbox_copy.salesforce_activities import COMPUTED
from sync.sandbox_copy.salesforce_fields import define
from sync.sandbox_copy.salesforce_ours import define_task_keys, task_keys, write_kept
from sync.sandbox_copy.salesforce_parents import Parents, custom
from sync.sandbox_copy.salesforce_setup import SetUp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from connectors.base import CrmField
    from connectors.salesforce.objects import Source
    from connectors.salesforce.wishes import Wish
    from sync.sandbox_copy.pulled import Pulled, Row

    Cell = Callable[[Row], Any]

_MIDNIGHT = time()
_MACHINE = "CloudIntegrationUser"  # a type of user that no rep has, and that is not pulled
_NEVER_PULLED = (
    "the names of contacts and of leads' people and companies; campaigns; the lines of quotes",
    "price books and list prices",
    "custom objects other than those whose records we keep",
    "subjects and texts of activities other than our tasks, and the messages of e-mails",
    "the history of fields other than an opportunity's stage, amount and close date",
    "validation rules, duplicate rules, page layouts, and what other users may see",
)
_ELSEWHERE = frozenset({"stage", "exchange_rate", "field_history"})  # in Setup, or not in a folder


def write_export(pulled: Pulled, folder: Path) -> tuple[str, ...]:
    """What of the CRM is not in the folder, for people; its files are written."""
    written = written_fields(pulled.project, pulled.connection)
    return _Export(pulled, folder, build_wishes(pulled.mapping, written)).write()


class _Export:
    """One export. `_definitions` are the custom fields that the columns call for, by sObject and name."""

    def __init__(self, pulled: Pulled, folder: Path, wishes: Mapping[str, Wish]) -> None:
        self._pulled, self._folder, self._wishes = pulled, folder, wishes
        self._left_out = list(_NEVER_PULLED)
        self._definitions: dict[tuple[str, str], CrmField | None] = {}
        self._picks: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
        self._parents = Parents(pulled)
        self._latest = pulled.latest()
        put_tasks(pulled, "", "Subject", _MIDNIGHT)
        put_quotas(pulled)
        put_accounts(pulled)
        self._setup = SetUp(pulled)

    def write(self) -> tuple[str, ...]:
        for wish in self._wishes.values():
            for source in wish.sources:
                self._parents.collect(wish, source)
        for wish in self._wishes.values():
            for source in wish.sources if wish.object not in _ELSEWHERE else ():
                self._write_source(wish, source)
        for name, columns, rows in (*self._parents.tables(self._latest), *self._setup.tables()):
            write_table(self._folder, name, columns, rows)
        self._left_out += self._setup.left_out
        fields = [
            define(name, field, known, tuple(self._picks.get((name, field), ())))
            for (name, field), known in self._definitions.items()
        ]
        objects = write_kept(self._pulled, self._folder, fields)
        parts = {"objects": objects, "fields": [*fields, *define_task_keys(self._pulled)]}
        write_setup(self._folder, Setup("salesforce", False, parts, tuple(self._left_out)))
        return tuple(self._left_out)

    # Rows

    def _write_source(self, wish: Wish, source: Source) -> None:
        target = standard_objects()[source.sobject]
        columns = self._columns(wish, source, target)
        self._add_stamps(target, columns)
        self._add_stand_ins(target, columns)
        lists = {path: self._picks[source.sobject, path] for path in columns if self._is_picklist(source.sobject, path)}

        needed = [place for place, path in enumerate(columns, start=1) if self._is_parent(target, path)]

        def rows() -> Iterator[list[Any]]:
            for row in self._pulled.rows(wish.object, target.prefix):
                cells = [row["id"], *(cell(row) for cell in columns.values())]
                if all(cells[place] is not None for place in needed):
                    yield cells
                else:
                    self._leave_out(f"{target.name}: rows of which the store does not know whose they are")
            for lost in self._pulled.lost(wish.object):
                if lost.startswith(target.prefix) and lost != INTEGRATION_USER:  # who is in every sandbox
                    yield self._stand_in(wish.object, lost, columns)

        def watched() -> Iterator[list[Any]]:
            places = [(1 + place, lists[path]) for place, path in enumerate(columns) if path in lists]
            for row in rows():
                for place, values in places:
                    if row[place] is not None:
                        values.update(dict.fromkeys(str(row[place]).split(";")))
                yield row

        write_table(self._folder, target.name, ["Id", *columns], watched())

    def _stand_in(self, name: str, record_id: str, columns: Mapping[str, Cell]) -> list[Any]:
        """The row of a record that others refer to and the store does not hold: deleted, or a login of a machine."""
        row = dict.fromkeys(OBJECTS[name].fields) | {
            "id": record_id, "name": NOT_COPIED, "custom": {}, "modified_at": self._latest, "deleted": 1, "active": 1,
        }  # fmt: skip
        cells = {path: cell(row) for path, cell in columns.items()}
        if "UserType" in cells:
            cells["UserType"] = _MACHINE
        return [record_id, *cells.values()]

    def _columns(self, wish: Wish, source: Source, target: SObject) -> dict[str, Cell]:
        """How each column of an sObject is filled from a row of ours, by the API name."""
        columns: dict[str, Cell] = dict(self._setup.references(target.name))
        computed = COMPUTED.get(source.sobject, {})
        for ours, column in source.columns.items():
            if ours in {"id", "record_id"}:
                continue
            if column.compute is None or ours in wish.mapped:
                cell = partial(self._ours, wish.object, ours)
                path = column.paths[0]
                self._add(columns, target, wish.object, path, self._in_percent(wish, ours, path, cell))
        for path in wish.custom:
            self._add(columns, target, wish.object, path, partial(custom, path))
        for path, compute in computed.items():
            columns.setdefault(path, partial(compute, self._pulled.zone))
        for path in self._parents.collected(target.name):
            self._add(columns, target, wish.object, path, partial(self._parents.value, target.name, path))
        if target.name == "User":
            columns["UserType"] = lambda _row: "Standard"
        if target.name == "Task":
            columns |= {name: partial(custom, name) for name in ("Subject", *task_keys(self._pulled))}
        return columns

    def _add(self, columns: dict[str, Cell], target: SObject, name: str, path: str, cell: Cell) -> None:
        """Add the column of a field; one of a parent is the parent's own, and here the reference to it."""
        if "." in path:
            reference = self._parents.reference(target.name, path)
            if reference is not None:
                columns.setdefault(reference, partial(self._parents.made_id, target.name, path, cell))
            elif not self._parents.holds(target.name, path):
                self._leave_out(f"{target.name}: {path}, a field of a record that is not pulled")
            return
        found = target.find(path)
        if found is not None and "M" in found.flags and not self._setup.currencies:
            return  # a field that only an org with several currencies has
        if found is not None and not found.compound:
            kind = found.type
        elif found is None and path.endswith("__c"):
            known = self._pulled.fields.get((name, path))
            self._definitions.setdefault((target.name, path), known)
            kind = known.type if known else "string"
        else:
            self._leave_out(f"{target.name}.{path}, which the sandbox does not have")
            return
        columns.setdefault(found.name if found else path, partial(in_form, cell, _MIDNIGHT, kind, self._pulled.zone))

    def _ours(self, name: str, field: str, row: Row) -> Any:
        """The value of a field of ours as text."""
        value = row[field]
        if value is None:
            return None
        if OBJECTS[name].fields[field] is FieldType.BOOLEAN:
            return "true" if value else "false"
        return value.capitalize() if (name, field) == ("activity", "kind") else value

    def _in_percent(self, wish: Wish, ours: str, path: str, cell: Cell) -> Cell:
        """The cell in the form of a percent field where the CRM's is one and ours a share of 1."""
        known = self._pulled.fields.get((wish.object, path))
        is_percent = known.type == "percent" if known else ours not in wish.mapped
        return partial(_percent, cell) if is_percent and ours in SHARES.get(wish.object, ()) else cell

    def _add_stamps(self, target: SObject, columns: dict[str, Cell]) -> None:
        if target.find("IsDeleted"):
            columns["IsDeleted"] = lambda row: "true" if row["deleted"] else "false"
        for name in ("CreatedDate", "LastModifiedDate", "SystemModstamp"):
            if target.find(name):
                columns[name] = partial(_first, columns.get(name, _nothing), _modified)

    def _add_stand_ins(self, target: SObject, columns: dict[str, Cell]) -> None:
        """A value in every column that the CRM requires, where the store has none."""
        for name in required_columns(target):
            if name == "Id" or self._is_parent(target, name):
                continue
            stand_in: Cell = _modified_day if target.fields[name.lower()].type == "date" else _not_copied
            if name == "DeveloperName":  # one for each
                stand_in = _developer_name
            elif name not in columns:
                self._left_out.append(f"{target.name}.{name}: every one is “{NOT_COPIED}”")
            columns[name] = partial(_first, columns.get(name, _nothing), stand_in)

    def _is_parent(self, target: SObject, path: str) -> bool:
        """Whether a record cannot be without this reference."""
        found = target.find(path)
        return found is not None and found.type == "reference" and found.name in required_columns(target)

    def _is_picklist(self, sobject: str, path: str) -> bool:
        known = self._definitions.get((sobject, path))
        return known is not None and known.type in {"picklist", "multipicklist"}

    def _leave_out(self, text: str) -> None:
        if text not in self._left_out:
            self._left_out.append(text)


def _first(cell: Cell, otherwise: Cell, row: Row) -> Any:
    value = cell(row)
    return otherwise(row) if value is None else value


def _nothing(_row: Row) -> None:
    return None


def _modified(row: Row) -> Any:
    return row["modified_at"]


def _modified_day(row: Row) -> Any:
    return row["modified_at"][:10]


def _percent(cell: Cell, row: Row) -> Any:
    value = cell(row)
    return None if value is None else decimal_text(Decimal(value) * 100)


def _developer_name(row: Row) -> str:
    return f"Copied_{row['id']}"


def _not_copied(_row: Row) -> str:
    return NOT_COPIED
