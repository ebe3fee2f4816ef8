"""Reading metadata: which kinds there are, which components of a kind, and what some of them say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.ids import make_id
from connectors.sandbox.salesforce.metadata.editor import Editor, Info
from connectors.sandbox.salesforce.metadata.kept import encoded
from connectors.sandbox.salesforce.metadata.registry import COMPONENTS
from connectors.sandbox.salesforce.metadata.shapes import ordered
from connectors.sandbox.salesforce.soap.envelope import Fault, Typed

if TYPE_CHECKING:
    from connectors.sandbox.salesforce.metadata.editor import Component
    from connectors.sandbox.salesforce.soap.envelope import Message
    from connectors.sandbox.salesforce.web import Call

MOST_ITEMS = 10  # "You can submit a maximum of 10 components per call": Metadata API Developer Guide
_MOST_QUERIES = 3


def describe_metadata(_call: Call, _message: Message) -> dict[str, Any]:
    """The kinds of components that have files of their own."""
    kinds = [component for component in COMPONENTS.values() if component.directory]
    return {
        "metadataObjects": [
            {
                "childXmlNames": list(component.children), "directoryName": component.directory, "inFolder": False,
                "metaFile": False, "suffix": component.suffix, "xmlName": component.name,
            }
            for component in sorted(kinds, key=lambda component: component.name)
        ],
        "organizationNamespace": "",
        "partialSaveAllowed": True,
        "testRequired": False,
    }  # fmt: skip


def list_metadata(call: Call, message: Message) -> list[dict[str, Any]] | None:
    """The components of up to three kinds, as the properties of their files."""
    queries = message.body.all("queries")
    if not 1 <= len(queries) <= _MOST_QUERIES:
        raise Fault("LIMIT_EXCEEDED", f"listMetadata takes 1 to {_MOST_QUERIES} queries, got {len(queries)}")
    found: list[dict[str, Any]] = []
    with call.store.database.transaction() as connection:
        editor = Editor(call.store, connection, call.user_id)
        for query in queries:
            component = find_component(query.value("type") or "")
            found += [file_properties(editor, component, info) for info in component.keeper.infos(editor)]
    return found or None


def read_metadata(call: Call, message: Message) -> dict[str, Any]:
    """The definitions of up to ten components; nil for one that is not there."""
    component = find_component(message.body.value("type") or "")
    names = message.body.values("fullNames")
    check_count(names)
    with call.store.database.transaction() as connection:
        editor = Editor(call.store, connection, call.user_id)
        definitions = [(name, component.keeper.read(editor, name)) for name in names]
    records = [
        Typed(component.name, None if definition is None else ordered({"fullName": name, **definition}))
        for name, definition in definitions
    ]
    return {"records": records}


def find_component(kind: str) -> Component:
    """The kind of that name; Fault where this org has none such."""
    component = COMPONENTS.get(kind)
    if component is None:
        raise Fault("INVALID_TYPE", f"This type of metadata is not available for this organization: {kind}")
    return component


def check_count(items: list[Any]) -> None:
    if len(items) > MOST_ITEMS:
        raise Fault(
            "LIMIT_EXCEEDED", f"record limit reached. cannot submit more than {MOST_ITEMS} records into this call"
        )


def file_properties(editor: Editor, component: Component, info: Info) -> dict[str, Any]:
    """A component as `FileProperties`; what the org came with was made when the org was."""
    made = _stamp(editor, info)
    name = encoded(info.full_name) if component.name == "Layout" else info.full_name
    return {
        "createdById": made.created_by, "createdByName": _user(editor, made.created_by),
        "createdDate": utc(made.created), "fileName": file_name(component, name), "fullName": name, "id": made.id,
        "lastModifiedById": made.modified_by, "lastModifiedByName": _user(editor, made.modified_by),
        "lastModifiedDate": utc(made.modified), "manageableState": "unmanaged", "namespacePrefix": "",
        "type": component.name,
    }  # fmt: skip


def file_name(component: Component, full_name: str) -> str:
    """Where a component's file stands in a package; a part of an object stands in its object's file."""
    if component.directory:
        return f"{component.directory}/{full_name}.{component.suffix}"
    holder = COMPONENTS[component.parent]
    return f"{holder.directory}/{full_name.partition('.')[0]}.{holder.suffix}"


def _stamp(editor: Editor, info: Info) -> Info:
    first = editor.connection.execute("SELECT CreatedDate FROM Organization").fetchone()[0]
    user = make_id("005", 1)
    created = info.created or first
    return Info(
        info.full_name, info.id, created, info.created_by or user, info.modified or created, info.modified_by or user
    )


def _user(editor: Editor, user_id: str) -> str:
    row = editor.connection.execute("SELECT Name FROM User WHERE Id = ?", (user_id,)).fetchone()
    return str(row[0]) if row else "Unknown"


def utc(stamp: str) -> str:
    return stamp.replace("+0000", "Z")
