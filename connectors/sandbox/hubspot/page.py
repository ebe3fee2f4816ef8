"""The account's pages for people: its objects, their records in lists, and a record with what is associated to it.

The addresses are those that HubSpot's user interface has. Everybody sees every property here: HubSpot's rights by
property are not emulated.
"""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from connectors.sandbox.hubspot.associations.links import link_types, links_of
from connectors.sandbox.hubspot.call import MAX_ID, record_id
from connectors.sandbox.hubspot.definitions.types import find_object
from connectors.sandbox.hubspot.errors import ApiError
from connectors.sandbox.hubspot.store import Store
from connectors.sandbox.page.model import Item, Page, Section, Table, Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from connectors.sandbox.database import Database
    from connectors.sandbox.dialect import Settings
    from connectors.sandbox.hubspot.definitions.schema import Property
    from connectors.sandbox.hubspot.definitions.types import ObjectType
    from connectors.sandbox.hubspot.store import Record

_RECORD = re.compile(r"/contacts/(?P<portal>\d+)/record/(?P<kind>[\w-]+)/(?P<id>\d{1,19})/?\Z", re.ASCII)
_LIST = re.compile(r"/contacts/(?P<portal>\d+)/objects/(?P<kind>[\w-]+)/views/all/list/?\Z", re.ASCII)
# What a list shows beside the name: the first few of these that the object has.
_TELLING = ("dealstage", "hs_pipeline_stage", "amount", "price", "quantity", "closedate", "email", "hs_email",
            "domain", "hs_timestamp", "hubspot_owner_id", "lifecyclestage", "hs_lastmodifieddate",
            "lastmodifieddate")  # fmt: skip
_NAMES = ("dealname", "name", "hs_lead_name", "subject", "hs_title", "hs_goal_name", "hs_call_title",
          "hs_email_subject", "hs_meeting_title", "hs_task_subject", "hs_body_preview")  # fmt: skip
_PERSON = (("firstname", "lastname"), ("hs_given_name", "hs_family_name"))
_ROWS, _RELATED_ROWS, _COLUMNS = 50, 6, 3


def find_page(database: Database, settings: Settings, path: str, parameters: Mapping[str, str]) -> Page | None:
    """The page at a path; None where HubSpot has no page there. A record that is not there is a page of 404."""
    pages = _Pages(database, settings)
    if path == "/":
        return pages.home()
    found = _RECORD.match(path) or _LIST.match(path)
    if found is None:
        return None
    if int(found["portal"]) != database.number:
        return Page("account", "Another account", status=404, note=f"This is the account {database.number}.")
    try:
        kind = find_object(pages.store, found["kind"])
    except ApiError as error:
        return Page("object", "Nothing to see here", status=404, note=error.message)
    if "id" in found.groupdict():
        return pages.record(kind, int(found["id"]))
    return pages.listing(kind, parameters.get("after", ""), parameters.get("before", ""))


class _Pages:
    """The pages of one request."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.store = Store(database)
        self._base = f"/contacts/{database.number}"
        self._zone = ZoneInfo(settings.time_zone)

    def home(self) -> Page:
        """The account's objects that hold records, with their counts."""
        rows = []
        for kind in self.store.catalog.objects().values():
            number = self._count(kind)
            if number:
                link = f"{self._base}/objects/{kind.type_id}/views/all/list"
                rows.append([Value(_plural(kind), link), Value(kind.name), Value(f"{number:,}", number=True)])
        return Page(
            "home",
            "What is in this account",
            tables=[Table("Objects", ["object", "API name", "records"], rows, len(rows))],
        )

    def listing(self, kind: ObjectType, after: str, before: str) -> Page:
        """An object's records, the youngest first, from the id `after` downwards or `before` upwards."""
        above = record_id(before)
        if above is not None:
            tail = f'ORDER BY "$id" LIMIT {_ROWS}'
            found = self._select(kind, '"$archived" IS NULL AND "$id" > ?', (above,), tail)
            found.reverse()
        else:
            start = record_id(after) or MAX_ID
            tail = f'ORDER BY "$id" DESC LIMIT {_ROWS}'
            found = self._select(kind, '"$archived" IS NULL AND "$id" < ?', (start,), tail)
        rows, columns = self._rows(kind, found)
        here, total = f"{self._base}/objects/{kind.type_id}/views/all/list", self._count(kind)
        table = Table(
            _plural(kind), columns, rows, total,
            previous=f"{here}?before={found[0].id}" if found and (after or before) else "",
            next=f"{here}?after={found[-1].id}" if len(found) == _ROWS else "",
        )  # fmt: skip
        return Page(kind.singular, _plural(kind), tables=[table])

    def record(self, kind: ObjectType, number: int) -> Page:
        """A record, by property groups, with what is associated to it."""
        found = self._select(kind, '"$id" = ?', (number,)) if number <= MAX_ID else []
        if not found:
            return Page(kind.singular, "No such record", status=404, note=f"No {kind.singular} has the id {number}.")
        record = found[0]
        return Page(
            kind.singular.replace("_", " "),
            _name(record),
            sections=list(self._sections(kind, record)),
            tables=self._related(kind, record),
            note=f"archived at {record.archived_at}" if record.archived_at else "",
        )

    def _sections(self, kind: ObjectType, record: Record) -> Iterable[Section]:
        """The properties that have a value, those of the account's own first and whole, then by group."""
        groups = self.store.database.rows("SELECT name, label FROM hs_group WHERE kind = ?", (kind.name,))
        labels = {row["name"]: row["label"] for row in groups}
        owners = self._owners()
        parts: dict[str, list[Item]] = {"Custom properties": []}
        for name, each in self.store.catalog.of(kind.name).items():
            value, custom = record.values.get(name), not each.hubspot_defined
            if value is None and not custom:
                continue
            part = "Custom properties" if custom else labels.get(each.group, each.group)
            shown = Value(self._text(kind, each, value, record, owners))
            parts.setdefault(part, []).append(Item(each.label, name, shown, custom, each.description))
        return (Section(title, items) for title, items in parts.items() if items)

    def _related(self, kind: ObjectType, record: Record) -> list[Table]:
        """The records associated to this one, by object."""
        tables = []
        for other in self.store.catalog.objects().values():
            types = link_types(self.store, kind, other)
            linked = list(links_of(self.store, types, [record.id]).get(record.id, {})) if types else []
            if linked:
                chosen = ", ".join(map(str, sorted(linked, reverse=True)[:_RELATED_ROWS]))
                rows, columns = self._rows(
                    other, self._select(other, f'"$id" IN ({chosen})', tail='ORDER BY "$id" DESC')
                )
                tables.append(Table(_plural(other), columns, rows, len(linked)))
        return tables

    def _rows(self, kind: ObjectType, found: list[Record]) -> tuple[list[list[Value]], list[str]]:
        known = self.store.catalog.of(kind.name)
        telling = [known[name] for name in _TELLING if name in known][:_COLUMNS]
        owners = self._owners()
        rows = []
        for record in found:
            first = Value(_name(record), f"{self._base}/record/{kind.type_id}/{record.id}")
            others = [
                Value(
                    self._text(kind, each, record.values.get(each.name), record, owners), number=each.type == "number"
                )
                for each in telling
            ]
            rows.append([first, *others])
        return rows, [kind.singular.replace("_", " "), *(each.label for each in telling)]

    def _select(self, kind: ObjectType, where: str, parameters: tuple[int, ...] = (), tail: str = "") -> list[Record]:
        names = [name for name in self.store.catalog.of(kind.name) if name != "hs_object_id"]
        return self.store.select(kind, names, where, parameters, tail)

    def _count(self, kind: ObjectType) -> int:
        return int(self.store.database.rows(f'SELECT COUNT(*) FROM {kind.table} WHERE "$archived" IS NULL')[0][0])

    def _owners(self) -> dict[str, str]:
        rows = self.store.database.rows("SELECT id, first_name, last_name, email FROM hs_owner")
        return {str(row[0]): f"{row[1]} {row[2]}".strip() or row[3] for row in rows}

    def _text(self, kind: ObjectType, each: Property, value: str | None, record: Record, owners: dict[str, str]) -> str:
        """A value as the user interface writes it; dates and numbers in a form that everybody reads."""
        if value is None or value == "":
            return ""
        if each.name == "hubspot_owner_id":
            return owners.get(value, value)
        if kind.pipeline and each.name in kind.pipeline:
            return self._stage(kind, each.name, value, record)
        if each.options:
            labels = {option.value: option.label for option in each.options}
            return ", ".join(labels.get(part, part) for part in value.split(";") if part)
        if each.type == "datetime":
            return f"{datetime.fromisoformat(value).astimezone(self._zone):%Y-%m-%d %H:%M}"
        if each.type == "number":
            return _number(each.name, value, each.number_hint)
        return {"true": "yes", "false": "no"}.get(value, value) if each.type == "bool" else value

    def _stage(self, kind: ObjectType, name: str, value: str, record: Record) -> str:
        assert kind.pipeline  # noqa: S101  the caller asked
        pipelines = self.store.pipelines(kind)
        if name == kind.pipeline[0]:
            return pipelines[value].label if value in pipelines else value
        pipeline = pipelines.get(record.values.get(kind.pipeline[0]) or "")
        stage = pipeline.stage(value) if pipeline else None
        return stage.label if stage else value


def _number(name: str, value: str, hint: str | None) -> str:
    try:
        number = Decimal(value)
    except InvalidOperation:
        return value
    if hint in {"percentage", "probability"}:
        return f"{(number * 100).normalize():f} %"
    return value if hint == "unformatted" or name.endswith("_id") else f"{number:,}"


def _name(record: Record) -> str:
    values = record.values
    for first, last in _PERSON:
        if person := f"{values.get(first) or ''} {values.get(last) or ''}".strip():
            return person
    return next((text for name in (*_NAMES, "email") if (text := values.get(name))), str(record.id))


def _plural(kind: ObjectType) -> str:
    return kind.name.replace("_", " ").capitalize()
