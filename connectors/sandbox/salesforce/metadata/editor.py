"""Who changes the org's metadata, in which transaction; and what the kinds of components have in common."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from connectors.sandbox.salesforce.errors import RecordError
from connectors.sandbox.salesforce.ids import make_id

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence

    from connectors.sandbox.salesforce.metadata.shapes import Shape
    from connectors.sandbox.salesforce.org.storage import Store
    from connectors.sandbox.salesforce.schema.catalog import Catalog
    from connectors.sandbox.salesforce.schema.spec import SObject


@dataclass(frozen=True, slots=True)
class Editor:
    """One user's changes of the org's metadata, inside one transaction."""

    store: Store
    connection: sqlite3.Connection
    user_id: str

    @property
    def catalog(self) -> Catalog:
        """Everything there is now, whoever may see it."""
        return self.store.catalog()

    def owner(self, full_name: str) -> tuple[SObject, str]:
        """(object, own name) of a component named `Object.Name`; RecordError where there is no such object."""
        owner_name, dot, name = full_name.partition(".")
        if not dot or not name:
            raise RecordError(
                "INVALID_TYPE", f"Must specify the name in the Parent.Child format, Name: {full_name}", []
            )
        found = self.catalog.find(owner_name)
        if found is None:
            raise no_such("CustomObject", owner_name)
        return found, name


@dataclass(frozen=True, slots=True)
class Info:
    """A component in a list: its name, and who made it when."""

    full_name: str
    id: str = ""
    created: str = ""
    created_by: str = ""
    modified: str = ""
    modified_by: str = ""

    @classmethod
    def of(cls, full_name: str, row: Mapping[str, Any]) -> Info:
        return cls(full_name, row["id"], row["created"], row["created_by"], row["modified"], row["modified_by"])


class Keeper(Protocol):
    """Reads and changes the components of one kind. Each method raises RecordError and then changed nothing."""

    def infos(self, editor: Editor) -> list[Info]: ...

    def read(self, editor: Editor, full_name: str) -> dict[str, Any] | None:
        """The definition without its name; None where there is no such component."""

    def create(self, editor: Editor, full_name: str, definition: dict[str, Any]) -> None: ...

    def update(self, editor: Editor, full_name: str, definition: dict[str, Any]) -> None: ...

    def delete(self, editor: Editor, full_name: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Component:
    """One kind of component: where its files stand in a package, its elements, and who keeps it."""

    name: str
    shape: Shape
    keeper: Keeper
    directory: str = ""
    suffix: str = ""
    parent: str = ""  # the kind whose files hold it
    element: str = ""  # and its element there
    children: tuple[str, ...] = field(default=())


def no_such(kind: str, name: str, where: str = "fullName") -> RecordError:
    """The refusal of a name that nothing has, as orgs word it."""
    message = f"In field: {where} - no {kind} named {name} found"
    return RecordError("INVALID_CROSS_REFERENCE_KEY", message, [where])


def already_there(message: str) -> RecordError:
    return RecordError("DUPLICATE_DEVELOPER_NAME", message, ["DeveloperName"])


def not_deletable(kind: str, name: str) -> RecordError:
    return RecordError(
        "INSUFFICIENT_ACCESS_OR_READONLY", f"Cannot delete {kind} {name}: insufficient access rights", []
    )


# Components that the org only keeps and gives back


def stored_rows(editor: Editor, kind: str) -> Sequence[Any]:
    return editor.connection.execute("SELECT * FROM sf_component WHERE type = ? ORDER BY name", (kind,)).fetchall()


def stored(editor: Editor, kind: str, name: str) -> dict[str, Any] | None:
    """The stored definition of a component."""
    row = editor.connection.execute(
        "SELECT definition FROM sf_component WHERE type = ? AND name = ?", (kind, name)
    ).fetchone()
    return json.loads(row[0]) if row else None


def store_component(editor: Editor, kind: str, prefix: str, name: str, definition: Mapping[str, Any]) -> str:
    """The id of the component, made or changed."""
    text, now = json.dumps(definition), editor.store.now()
    row = editor.connection.execute(
        "UPDATE sf_component SET definition = ?, modified = ?, modified_by = ? WHERE type = ? AND name = ?"
        " RETURNING id",
        (text, now, editor.user_id, kind, name),
    ).fetchone()
    if row:
        return str(row[0])
    made = make_id(prefix, editor.store.reserve(editor.connection, prefix))
    values = (kind, name, made, text, now, editor.user_id, now, editor.user_id)
    editor.connection.execute("INSERT INTO sf_component VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)
    return made


def forget_component(editor: Editor, kind: str, name: str) -> None:
    editor.connection.execute("DELETE FROM sf_component WHERE type = ? AND name = ?", (kind, name))
