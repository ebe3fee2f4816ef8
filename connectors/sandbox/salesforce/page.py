"""The org's pages for people: its objects, their records in lists, and a record as one of its users sees it.

They read through the API's own resources, with the viewer's rights: what a user may not see is not on the page. The
addresses are those that Salesforce's user interface has.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from connectors.sandbox.page.model import Item, Page, Section, Table, Value, Viewer
from connectors.sandbox.salesforce.describe import resources as describe
from connectors.sandbox.salesforce.errors import ApiError
from connectors.sandbox.salesforce.ids import parse_id
from connectors.sandbox.salesforce.org.seed import INTEGRATION_USER
from connectors.sandbox.salesforce.org.storage import Store
from connectors.sandbox.salesforce.query import resources as query
from connectors.sandbox.salesforce.records import sobjects
from connectors.sandbox.salesforce.values import parse_datetime
from connectors.sandbox.salesforce.web import LAST_VERSION, Call

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from connectors.sandbox.database import Database
    from connectors.sandbox.dialect import Settings

    Described = dict[str, Any]

_RECORD = re.compile(
    r"/lightning/r/(?:(?P<object>\w+)/)?(?P<id>[a-zA-Z0-9]{15,18})/view/?\Z|/(?P<bare>[a-zA-Z0-9]{15}|[a-zA-Z0-9]{18})\Z"
)
_LIST = re.compile(r"/lightning/o/(?P<object>\w+)/list/?\Z")
_SYSTEM = ("CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById", "SystemModstamp", "LastViewedDate",
           "LastReferencedDate", "IsDeleted", "Id")  # fmt: skip
# What a list shows beside the name: the first few of these that the object has.
_TELLING = ("StageName", "Status", "Subject", "Amount", "Quantity", "TotalPrice", "CloseDate", "ActivityDate", "Email",
            "IsActive", "Type", "Industry", "Family", "OwnerId", "CreatedDate")  # fmt: skip
_ROWS, _RELATED_ROWS, _COLUMNS, _OFFSET_CAP = 50, 6, 3, 2000


def find_page(database: Database, settings: Settings, path: str, parameters: Mapping[str, str]) -> Page | None:
    """The page at a path; None where Salesforce has no page there. A record that is not there is a page of 404."""
    pages = _Pages(database, settings, parameters)
    if pages.viewer_unknown:
        return Page("user", "No such user", status=404, note=f"No user of this org has the id {parameters['as']}.")
    if path == "/":
        return pages.home()
    if found := _LIST.match(path):
        return pages.listing(found["object"])
    if found := _RECORD.match(path):
        return pages.record(found["id"] or found["bare"])
    return None


class _Pages:
    """The pages of one request. `as` names the user that sees them; else a record's owner does."""

    def __init__(self, database: Database, settings: Settings, parameters: Mapping[str, str]) -> None:
        self._store = Store(database)
        self._settings = settings
        self._parameters = parameters
        self._viewer = parse_id(parameters.get("as", "")) or ""
        known = self._store.database.rows("SELECT 1 FROM User WHERE Id = ?", (self._viewer,))
        self.viewer_unknown = "as" in parameters and not known

    def home(self) -> Page:
        """The org's objects that hold records, with their counts."""
        summaries = describe.get_global(self._call()).body["sobjects"]
        counted = [
            (each, self._count(f"SELECT COUNT() FROM {each['name']}")) for each in summaries if each["queryable"]
        ]
        rows = [
            [Value(each["labelPlural"], f"/lightning/o/{each['name']}/list"), Value(each["name"]), _count(number)]
            for each, number in counted
            if number
        ]
        return Page(
            "home", "What is in this org", tables=[Table("Objects", ["object", "API name", "records"], rows, len(rows))]
        )

    def listing(self, name: str) -> Page:
        """An object's records, the last changed first."""
        try:
            described = self._describe(name)
        except ApiError as error:
            return _missing(error)
        offset = _whole(self._parameters.get("offset", ""), _OFFSET_CAP)
        total = self._count(f"SELECT COUNT() FROM {described['name']}")
        order = "SystemModstamp DESC, Id" if _field(described, "SystemModstamp") else "Id"
        rows, columns = self._rows(described, f"ORDER BY {order} LIMIT {_ROWS} OFFSET {offset}")
        here, after = f"/lightning/o/{described['name']}/list?offset=", offset + _ROWS
        table = Table(
            described["labelPlural"], columns, rows, total,
            previous=f"{here}{max(0, offset - _ROWS)}" if offset else "",
            next=f"{here}{after}" if after < total and after <= _OFFSET_CAP else "",
        )  # fmt: skip
        return Page(described["label"], described["labelPlural"], tables=[table])

    def record(self, record_id: str) -> Page:
        """A record, by sections, with what points at it."""
        found = self._store.catalog().of_id(record_id)
        if found is None:
            return Page("record", "No such record", status=404, note=f"No object of this org has ids like {record_id}.")
        try:
            owner = self._owner(found.name, record_id)
            self._viewer = self._viewer or owner
            described = self._describe(found.name)
            values = sobjects.get_record(self._call(object=found.name, id=record_id)).body
        except ApiError as error:
            return _missing(error)
        fields = [field for field in described["fields"] if field["name"] in values and not _part(field)]
        names = self._names(values[field["name"]] for field in fields if field["type"] == "reference")
        name = _name_field(described)
        return Page(
            described["label"],
            str(values.get(name) or record_id),
            sections=list(self._sections(fields, values, names)),
            tables=self._related(described, str(values["Id"])),
            viewers=self._viewers(owner, str(values["Id"]), f"/lightning/r/{found.name}/{record_id}/view"),
        )

    def _sections(self, fields: list[Described], values: dict[str, Any], names: dict[str, Value]) -> Iterable[Section]:
        """The fields that hold something, and all of the org's own, which come first."""
        zone = self._zone()
        parts: dict[str, list[Item]] = {"Custom fields": [], "Details": [], "System": []}
        for field in fields:
            part = "Custom fields" if field["custom"] else "System" if field["name"] in _SYSTEM else "Details"
            value = values[field["name"]]
            if value is None and not field["custom"]:
                continue
            shown = names.get(value) if field["type"] == "reference" and value else None
            shown = shown or Value(_text(field, value, zone))
            parts[part].append(
                Item(_label(field), field["name"], shown, field["custom"], field["inlineHelpText"] or "")
            )
        return (Section(title, items) for title, items in parts.items() if items)

    def _related(self, described: Described, record_id: str) -> list[Table]:
        """The lists of the records that point at this one, the longest last."""
        tables = []
        for child in described["childRelationships"]:
            if not child["relationshipName"]:
                continue
            try:
                where = f"WHERE {child['field']} = '{record_id}'"
                total = self._count(f"SELECT COUNT() FROM {child['childSObject']} {where}")
                if total:
                    other = self._describe(child["childSObject"])
                    rows, columns = self._rows(other, f"{where} ORDER BY Id DESC LIMIT {_RELATED_ROWS}")
                    tables.append(Table(other["labelPlural"], columns, rows, total))
            except ApiError:  # an object or a field that cannot be queried, or that this user does not see
                continue
        return sorted(tables, key=lambda table: (table.total > _RELATED_ROWS, table.title))

    def _rows(self, described: Described, rest: str) -> tuple[list[list[Value]], list[str]]:
        """The rows of a list, and the labels of its columns."""
        name = _name_field(described)
        telling = [found for each in _TELLING if each != name and (found := _field(described, each))][:_COLUMNS]
        fields = [found for found in (_field(described, name), *telling) if found]
        listed = ", ".join(dict.fromkeys(["Id", *(field["name"] for field in fields)]))
        records = self._query(f"SELECT {listed} FROM {described['name']} {rest}")["records"]
        names = self._names(
            record[field["name"]] for record in records for field in fields if field["type"] == "reference"
        )
        zone = self._zone()
        rows = []
        for record in records:
            link = f"/lightning/r/{described['name']}/{record['Id']}/view"
            first = Value(str(record.get(name) or record["Id"]), link)
            rows.append([first, *(_cell(field, record[field["name"]], names, zone) for field in telling)])
        return rows, [described["label"], *(_label(field) for field in telling)]

    def _viewers(self, owner: str, record_id: str, here: str) -> list[Viewer]:
        """Whose eyes the record can be seen with: its owner's, the integration user's, those of the user that it is."""
        itself = [record_id] if record_id.startswith("005") else []
        users = list(dict.fromkeys([owner, INTEGRATION_USER, *itself, self._viewer]))
        names = self._names(users)
        return [Viewer(names[user].text, f"{here}?as={user}", user == self._viewer) for user in users if user in names]

    def _owner(self, name: str, record_id: str) -> str:
        """The user who owns a record; the integration user where none does, or a queue."""
        if self._store.catalog().named(name).find("OwnerId") is None:
            return INTEGRATION_USER
        query_text = f"SELECT OwnerId FROM {name} WHERE Id = '{record_id}'"
        records = query.answer_query(
            self._call(q=query_text, user=INTEGRATION_USER), self._store.catalog(), deleted_too=True
        )
        owners = [str(record["OwnerId"]) for record in records.body["records"]]
        return owners[0] if owners and owners[0].startswith("005") else INTEGRATION_USER

    def _names(self, ids: Iterable[str | None]) -> dict[str, Value]:
        """The names of the records of these ids, with links to them; what this user cannot see is left out."""
        by_object: dict[str, list[str]] = {}
        for record_id in dict.fromkeys(each for each in ids if each):
            if found := self._store.catalog().of_id(record_id):
                by_object.setdefault(found.name, []).append(record_id)
        names: dict[str, Value] = {}
        for name, wanted in by_object.items():
            try:
                field = _name_field(self._describe(name))
                listed = ", ".join(f"'{each}'" for each in wanted)
                chosen = ", ".join(dict.fromkeys(["Id", field]))
                for record in self._query(f"SELECT {chosen} FROM {name} WHERE Id IN ({listed})")["records"]:
                    link = f"/lightning/r/{name}/{record['Id']}/view"
                    names[record["Id"]] = Value(str(record[field] or record["Id"]), link)
            except ApiError:
                continue
        return names

    def _zone(self) -> ZoneInfo:
        rows = self._store.database.rows("SELECT TimeZoneSidKey FROM User WHERE Id = ?", (self._viewer,))
        return ZoneInfo(rows[0][0] if rows and rows[0][0] else self._settings.time_zone)

    def _describe(self, name: str) -> Described:
        return dict(describe.get_describe(self._call(object=name)).body)

    def _count(self, text: str) -> int:
        return int(self._query(text)["totalSize"])

    def _query(self, text: str) -> dict[str, Any]:
        call = self._call(q=text)
        return dict(query.answer_query(call, call.catalog, deleted_too=False).body)

    def _call(self, *, q: str = "", user: str = "", **path: str) -> Call:
        """A request of the viewer's, as if it had come over the API."""
        whole = {"version": f"{LAST_VERSION}.0", **path}
        asked = {"q": q} if q else {}
        viewer = user or self._viewer or INTEGRATION_USER
        return Call(self._store, self._settings, "GET", whole, asked, {}, b"", "", viewer, "page")


def _missing(error: ApiError) -> Page:
    return Page("record", "Nothing to see here", status=404, note=f"{error.code}: {error.message}")


def _field(described: Described, name: str) -> Described | None:
    return next((field for field in described["fields"] if field["name"] == name), None)


def _name_field(described: Described) -> str:
    return next((str(field["name"]) for field in described["fields"] if field["nameField"]), "Id")


def _label(field: Described) -> str:
    """A field's label as the user interface shows it: a reference is called after its record, not after the id."""
    label = str(field["label"])
    return label.removesuffix(" ID") if field["type"] == "reference" else label


def _part(field: Described) -> bool:
    """Whether the field is a part of a compound one, which shows it."""
    return bool(field["compoundFieldName"]) and field["compoundFieldName"] != field["name"]


def _cell(field: Described, value: Any, names: dict[str, Value], zone: ZoneInfo) -> Value:
    if field["type"] == "reference" and value in names:
        return names[value]
    return Value(_text(field, value, zone), number=field["type"] in {"currency", "double", "percent", "int", "long"})


def _text(field: Described, value: Any, zone: ZoneInfo) -> str:
    """A value as the user interface writes it; dates and numbers in a form that everybody reads."""
    if value is None:
        return ""
    match field["type"]:
        case "boolean":
            return "yes" if value else "no"
        case "currency" | "double":
            return f"{Decimal(str(value)):,.{field['scale']}f}"
        case "percent":
            return f"{Decimal(str(value)):,.{field['scale']}f} %"
        case "int" | "long":
            return f"{value:,}"
        case "datetime":
            return f"{parse_datetime(str(value)).astimezone(zone):%Y-%m-%d %H:%M}"
        case "address" | "location":
            return "\n".join(str(part) for part in value.values() if part)
        case _:
            return str(value)


def _count(number: int) -> Value:
    return Value(f"{number:,}", number=True)


def _whole(text: str, most: int) -> int:
    return min(int(text), most) if text.isascii() and text.isdecimal() and len(text) < 10 else 0
