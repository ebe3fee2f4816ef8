"""One change of the metadata at a time: by whom, and how an update differs from a whole definition."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.errors import RecordError
from connectors.sandbox.salesforce.metadata.editor import Editor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.sandbox.salesforce.org.storage import Store

_KEYS = {"fieldPermissions": "field", "objectPermissions": "object", "userPermissions": "name", "tabSettings": "tab"}
_RIGHTS = ("ModifyAllData", "ModifyMetadata", "CustomizeApplication")


@contextmanager
def change(store: Store, user_id: str) -> Iterator[Editor]:
    """An editor inside a transaction of its own; RecordError where the user may not customize the org."""
    check_rights(store, user_id)
    with store.database.transaction() as connection:
        yield Editor(store, connection, user_id)
        store.schema_changed(connection)


def check_rights(store: Store, user_id: str) -> None:
    access = store.access(user_id)
    if not any(access.may(name) for name in _RIGHTS):
        message = "use of the Metadata API requires a user with the ModifyAllData or ModifyMetadata permissions"
        raise RecordError("INSUFFICIENT_ACCESS", message, [], 403)


def merged(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """An update's definition: what it does not say stays; of lists of rights, the entries that it does not name."""
    return {**old, **{name: _merged(name, old.get(name), value) for name, value in new.items()}}


def _merged(name: str, old: Any, new: Any) -> Any:
    key = _KEYS.get(name)
    if key is None or not old:
        return new
    return list({str(item.get(key)).lower(): item for item in [*old, *new]}.values())
