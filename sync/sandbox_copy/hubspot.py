"""The store's rows as an export folder of HubSpot: the adapter's table of properties, read backwards."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, replace
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any

from config.model import OBJECTS as OURS
from config.model import FieldType
from connectors.hubspot.objects import OUR_NAMES, build_specs
from connectors.sandbox.export import Setup, write_setup, write_table
from connectors.sandbox.hubspot.definitions.types import OBJECTS
from connectors.sandbox.hubspot.loading.tables import ARCHIVED
from connectors.writing import TASK
from sync.connections import written_fields
from sync.sandbox_copy.forms import in_form
from sync.sandbox_copy.hubspot_currencies import NOON, company_currency, exchange_rates
from sync.sandbox_copy.hubspot_fields import made_property, usual
from sync.sandbox_copy.hubspot_ours import task_keys, write_kept
from sync.sandbox_copy.hubspot_rules import CREATED, DERIVED, LOGGED, names
from sync.sandbox_copy.hubspot_stages import build_stages, deal_stage, lead_stage, qualified_at
from sync.sandbox_copy.ours_rows import put_tasks
from sync.sandbox_copy.pulled import NOT_COPIED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from connectors.hubspot.objects import CrmType, ObjectSpec
    from connectors.sandbox.hubspot.definitions.schema import Property
    from sync.sandbox_copy.pulled import Pulled, Row

    Cell = Callable[[Row], Any]

_NEVER_PULLED = (
    "tickets, invoices, custom objects other than those whose records we keep, and every object that is not pulled",
    "names and addresses of contacts",
    "titles and texts of activities other than our tasks; every chat is one of WhatsApp",
    "the internal numbers of users and teams, their rights, and whether somebody is in several teams",
    "the history of properties other than a deal's stage, amount and close date, and who made a change",
    "splits and collaborators of deals",
)
_MOVING = ("stage", "amount", "close_date")  # what the rows of a deal's history tell
_SOURCE = "CRM_UI"
_SUBJECT = "hs_task_subject"


def write_export(pulled: Pulled, folder: Path) -> tuple[str, ...]:
    """What of the CRM is not in the folder, for people; its files are written."""
    specs = build_specs(pulled.mapping, written_fields(pulled.project, pulled.connection), None)
    return _Export(pulled, folder, specs).write()


class _Export:
    """One export. `_seen` are the values of enumerations that the account must know, by object and property."""

    def __init__(self, pulled: Pulled, folder: Path, specs: Mapping[str, ObjectSpec]) -> None:
        self._pulled, self._folder, self._specs = pulled, folder, specs
        self._left_out = list(_NEVER_PULLED)
        self._properties: dict[tuple[str, str], Property] = {}
        self._seen: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
        self._latest = pulled.latest()
        put_tasks(pulled, "task-", _SUBJECT, NOON)
        self._lost = {name: pulled.lost(name) for name in OURS}
        self._deals, self._leads = build_stages(pulled, "deals"), build_stages(pulled, "leads")
        self._links = self._further_links()
        self._emails = {row["id"]: row["email"] for row in pulled.rows("user") if row["email"] and row["active"]}

    def write(self) -> tuple[str, ...]:
        self._write_owners()
        for spec in self._specs.values():
            for crm_type in () if spec.has_history else spec.types:
                self._write_type(spec, crm_type)
        self._write_history(self._specs["opportunity_history"].types[0])
        if any(self._lost.values()):
            self._left_out.append("records that others refer to and that were not pulled: they are archived and empty")
        properties = [
            {"kind": kind, "name": name, "body": asdict(each.extended(self._seen[kind, name]))}
            for (kind, name), each in self._properties.items()
        ]
        pipelines = [
            {"kind": kind, "id": each.id, "body": asdict(each)}
            for kind, stages in (("deals", self._deals), ("leads", self._leads))
            for each in stages.pipelines
        ]
        kept = write_kept(self._pulled, self._folder)
        rates = {"exchange_rates": exchange_rates(self._pulled), "company_currency": company_currency(self._pulled)}
        listed = {"properties": [*properties, *kept.properties], "objects": kept.objects, "pipelines": pipelines}
        parts = {"all_users": True, **listed, **rates}
        write_setup(self._folder, Setup("hubspot", False, parts, tuple(self._left_out)))
        return tuple(self._left_out)

    # Owners

    def _write_owners(self) -> None:
        rows = []
        for row in self._pulled.rows("user"):
            archived = "false" if row["active"] else "true"
            named = (row["email"] or _address(row["id"]), *names(row), row["team"], archived, row["created_at"])
            rows.append([row["id"], *named])
        rows += [[lost, _address(lost), "", NOT_COPIED, None, "true", None] for lost in self._lost["user"]]
        columns = ["id", "email", "firstName", "lastName", "team", "archived", "createdAt"]
        if rows:
            write_table(self._folder, "owners", columns, rows)

    # Records

    def _write_type(self, spec: ObjectSpec, crm_type: CrmType) -> None:
        kind = OBJECTS[crm_type.name]
        columns = self._columns(spec, crm_type)
        for name in kind.required:
            if name not in columns:
                columns[name] = lambda _row: NOT_COPIED
                self._left_out.append(f"{kind.name}.{name}: every one is “{NOT_COPIED}”")
        if spec.name != "user":
            columns[kind.modified] = lambda row: row["modified_at"]
            columns.setdefault(kind.created, lambda row: row["modified_at"])
            columns[ARCHIVED] = lambda row: row["modified_at"] if row["deleted"] else None
        keys = [(place, (kind.name, name)) for place, name in enumerate(columns, start=1)]
        listed = [(place, self._seen[key]) for place, key in keys if self._lists(key)]

        def rows() -> Iterator[list[Any]]:
            for row in self._rows(spec.name, crm_type.prefix):
                number = row["record_id"] if spec.name == "user" else row["id"].removeprefix(crm_type.prefix)
                if number is not None:
                    cells = [number, *(cell(row) for cell in columns.values())]
                    for place, values in listed:
                        if cells[place] is not None:
                            values.update(dict.fromkeys(str(cells[place]).split(";")))
                    yield cells

        write_table(self._folder, kind.name, ["hs_object_id", *columns], rows())

    def _rows(self, name: str, prefix: str) -> Iterator[Row]:
        """The rows of an object, and archived ones for the ids that others refer to and nobody has."""
        yield from self._pulled.rows(name, prefix)
        for lost in () if name == "user" else self._lost[name]:
            if not lost.startswith(prefix):
                continue
            yield dict.fromkeys(OURS[name].fields) | {
                "id": lost, "name": NOT_COPIED, "custom": {}, "modified_at": self._latest, "deleted": 1,
            }  # fmt: skip

    def _columns(self, spec: ObjectSpec, crm_type: CrmType) -> dict[str, Cell]:
        """How each property of a record is filled from a row of ours."""
        columns: dict[str, Cell] = {}
        for ours, source in crm_type.fields.items():
            if source.derive is None and source.properties and ours in OURS[spec.name].fields and ours != "record_id":
                special = {("user", "manager_id"): self._manager, ("opportunity", "currency"): self._currency}
                cell: Cell = special.get((spec.name, ours), partial(_ours, spec.name, ours))
                self._add(columns, spec, crm_type.name, source.properties[0], cell)
        for name in spec.along:
            self._add(columns, spec, crm_type.name, name, partial(_custom, name))
        for name, (filled, derive) in self._derived(crm_type.name).items():
            if filled is None or not crm_type.fields[filled].mapped:
                self._add(columns, spec, crm_type.name, name, derive)
        fields = {link.to: link.field for link in crm_type.links}
        for to_type in dict.fromkeys(crm_type.linked()):
            further = self._links.get((spec.name, OUR_NAMES[to_type]), {})
            column = f"associated_{OBJECTS[to_type].singular}"
            columns[column] = partial(_linked, fields.get(to_type), further)
        for name in task_keys(self._pulled) if crm_type.name == "tasks" else ():
            columns[name], columns[_SUBJECT] = partial(_custom, name), partial(_custom, _SUBJECT)
            made = made_property(crm_type.name, name, self._pulled.fields[TASK, name])
            self._properties[crm_type.name, name] = replace(made, unique=True)
        return columns

    def _further_links(self) -> dict[tuple[str, str], dict[str, list[str]]]:
        """By the objects that it joins, what each record is linked to beyond the link that a field of its holds."""
        found: dict[tuple[str, str], dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        labels = False
        for row in self._pulled.rows("association"):
            if row["deleted"]:
                continue
            labels = labels or bool(row["label"])
            if not row["label"]:
                found[row["from_object"], row["to_object"]][row["from_id"]].append(row["to_id"])
        if labels:
            self._left_out.append("labels of associations")
        return found

    def _derived(self, kind: str) -> Mapping[str, tuple[str | None, Cell]]:
        """The properties that fields of ours are derived from, each with the field that a mapping may fill instead."""
        if kind == "deals":
            return CREATED | {
                "dealstage": ("is_closed", partial(deal_stage, self._deals)),
                "pipeline": ("pipeline", lambda row: self._deals.pipeline(row["pipeline"])),
            }
        if kind == "leads":
            return LOGGED | {
                "hs_pipeline_stage": ("status", partial(lead_stage, self._leads)),
                "hs_v2_date_entered_current_stage": ("converted_at", qualified_at),
            }
        return DERIVED.get(kind, {})

    def _add(self, columns: dict[str, Cell], spec: ObjectSpec, kind: str, name: str, cell: Cell) -> None:
        """Add the column of a property; the account gets it where HubSpot has none of that name."""
        made = usual(kind).get(name)
        if made is None:
            if any(name in usual(each.name) for each in spec.types):
                return  # a property of another of the object's types
            known = self._pulled.fields.get((spec.name, name))
            if known is None and name not in (*spec.along, *spec.mapped):
                return  # one that some accounts have, and this one has not
            made = self._properties[kind, name] = made_property(kind, name, known)
        elif made.type == "enumeration" and not made.external:
            self._properties[kind, name] = made
        columns.setdefault(name, partial(in_form, cell, NOON, made.type, self._pulled.zone))

    def _lists(self, key: tuple[str, str]) -> bool:
        made = self._properties.get(key)
        return made is not None and made.type == "enumeration" and not made.external

    def _currency(self, row: Row) -> Any:
        """A deal's currency; where HubSpot has one alone, a deal may name none, and it is the project's."""
        return row["currency"] or self._pulled.project.settings.currency

    def _manager(self, row: Row) -> Any:
        """A manager's e-mail; the id of one without, or who left and whose address may be another's now."""
        manager = row["manager_id"]
        return self._emails.get(manager, manager) if manager else None

    # History

    def _write_history(self, crm_type: CrmType) -> None:
        """A version of each of a deal's properties that a row of its history shows as changed."""
        names = {ours: source.properties[0] for ours, source in crm_type.fields.items() if ours in _MOVING}
        columns = ["object", "hs_object_id", "property", "at", "value", "source"]
        write_table(self._folder, "history", columns, self._versions(crm_type, names))

    def _versions(self, crm_type: CrmType, names: Mapping[str, str]) -> Iterator[list[Any]]:
        zone = self._pulled.zone
        kinds = {name: self._type_of(crm_type.name, name) for name in names.values()}
        for deal, steps in groupby(self._pulled.rows("opportunity_history"), lambda row: row["opportunity_id"]):
            before: dict[str, Any] = {}
            for row in sorted(steps, key=lambda row: row["at"]):
                now = {
                    name: deal_stage(self._deals, row | {"is_closed": None})
                    if name == "dealstage"
                    else in_form(partial(_ours, "opportunity_history", ours), NOON, kinds[name], zone, row)
                    for ours, name in names.items()
                }
                changed = [name for name, value in now.items() if value != before.get(name)]
                # A row without a change is one all the same: something was set to what it was.
                for name in changed or [next((n for n, value in now.items() if value is not None), "dealstage")]:
                    yield [crm_type.name, deal, name, row["at"], now.get(name), _SOURCE]
                before = now

    def _type_of(self, kind: str, name: str) -> str:
        return (self._properties.get((kind, name)) or usual(kind)[name]).type


def _address(owner: str) -> str:
    """An e-mail address for an owner without one, which HubSpot does not know."""
    return f"owner-{owner}@sandbox.example"


def _ours(name: str, field: str, row: Row) -> Any:
    value = row[field]
    if value is not None and OURS[name].fields[field] is FieldType.BOOLEAN:
        return "true" if value else "false"
    return value


def _custom(name: str, row: Row) -> Any:
    return row["custom"].get(name)


def _linked(field: str | None, further: Mapping[str, Sequence[str]], row: Row) -> Any:
    """The associated records, the one that counts first; an archived record has lost its associations."""
    if row["deleted"]:
        return None
    counts = [row[field]] if field is not None and row[field] is not None else []
    return ";".join(dict.fromkeys([*counts, *further.get(row["id"], ())])) or None
