"""The calls that change metadata at once: up to ten components, each with its own result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.errors import RecordError
from connectors.sandbox.salesforce.metadata.calls import change, merged
from connectors.sandbox.salesforce.metadata.listing import check_count, find_component
from connectors.sandbox.salesforce.metadata.renaming import rename
from connectors.sandbox.salesforce.metadata.shapes import from_xml
from connectors.sandbox.salesforce.soap.envelope import Fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from connectors.sandbox.salesforce.metadata.editor import Component, Editor
    from connectors.sandbox.salesforce.soap.envelope import Element, Message
    from connectors.sandbox.salesforce.web import Call

    Item = tuple[str, Callable[[Editor], bool | None]]  # (full name, what saves it: whether it was created)

_NAMELESS = "Required field is missing: fullName"
_ROLLED_BACK = "Record rolled back because not all records were valid and the request was using AllOrNone header"


class _Undone(Exception):
    """One component was refused, and the caller asked for all or none."""


def create_metadata(call: Call, message: Message) -> list[dict[str, Any]]:
    """A result for each new component."""

    def item(element: Element) -> Item:
        component, name, definition = _read(element)
        return name, lambda editor: component.keeper.create(editor, name, definition())

    return _save(call, message, [item(element) for element in message.body.all("metadata")])


def update_metadata(call: Call, message: Message) -> list[dict[str, Any]]:
    """A result for each changed component. What an update does not say stays as it is."""

    def item(element: Element) -> Item:
        component, name, definition = _read(element)
        return name, lambda editor: _update(editor, component, name, definition())

    return _save(call, message, [item(element) for element in message.body.all("metadata")])


def upsert_metadata(call: Call, message: Message) -> list[dict[str, Any]]:
    """A result for each component, new or changed."""

    def item(element: Element) -> Item:
        component, name, definition = _read(element)

        def save(editor: Editor) -> bool:
            created = component.keeper.read(editor, name) is None
            if created:
                component.keeper.create(editor, name, definition())
            else:
                _update(editor, component, name, definition())
            return created

        return name, save

    return _save(call, message, [item(element) for element in message.body.all("metadata")], says_created=True)


def delete_metadata(call: Call, message: Message) -> list[dict[str, Any]]:
    """A result for each component that is to go."""
    component = find_component(message.body.value("type") or "")

    def item(name: str) -> Item:
        return name, lambda editor: component.keeper.delete(editor, name)

    return _save(call, message, [item(name) for name in message.body.values("fullNames")])


def rename_metadata(call: Call, message: Message) -> dict[str, Any]:
    """The result of giving a component another name."""
    body = message.body
    kind, old, new = (body.value(name) or "" for name in ("type", "oldFullName", "newFullName"))
    find_component(kind)
    return _save(call, message, [(old, lambda editor: rename(editor, kind, old, new))])[0]


def _update(editor: Editor, component: Component, name: str, definition: dict[str, Any]) -> None:
    old = component.keeper.read(editor, name) or {}
    if component.name == "CustomObject":  # what it holds stays by itself
        old = {key: value for key, value in old.items() if key not in {"fields", "recordTypes", "validationRules"}}
    component.keeper.update(editor, name, definition if component.name == "Profile" else merged(old, definition))


def _read(element: Element) -> tuple[Component, str, Callable[[], dict[str, Any]]]:
    """(kind, full name, what reads the definition) of a `metadata` element."""
    if not element.type:
        raise Fault("soapenv:Client", "Must specify a concrete xsi:type for each metadata component", "")
    component = find_component(element.type)
    name = (element.value("fullName") or "").strip()

    def definition() -> dict[str, Any]:
        found = from_xml(element, component.shape, component.name)
        found.pop("fullName", None)
        return found

    return component, name, definition


def _save(call: Call, message: Message, items: list[Item], *, says_created: bool = False) -> list[dict[str, Any]]:
    check_count(items)
    header = message.headers.get("AllOrNoneHeader")
    all_or_none = header is not None and header.value("allOrNone") in {"true", "1"}
    results: list[dict[str, Any]] = []
    try:
        with change(call.store, call.user_id) as editor:
            for name, save in items:
                results.append(_save_one(editor, name, save, says_created=says_created))
            if all_or_none and not all(result["success"] for result in results):
                raise _Undone  # noqa: TRY301
    except _Undone:
        results = [_rolled_back(result) if result["success"] else result for result in results]
    return results


def _save_one(
    editor: Editor, name: str, save: Callable[[Editor], bool | None], *, says_created: bool
) -> dict[str, Any]:
    result: dict[str, Any] = {"created": False} if says_created else {}
    try:
        if not name:
            raise RecordError("REQUIRED_FIELD_MISSING", _NAMELESS, ["fullName"])  # noqa: TRY301
        with editor.store.database.transaction():
            created = save(editor)
    except RecordError as error:
        reasons = [error, *error.more]
        errors = [{"fields": each.fields, "message": each.message, "statusCode": each.code} for each in reasons]
        return result | {"errors": errors, "fullName": name, "success": False}
    if says_created:
        result["created"] = bool(created)
    return result | {"fullName": name, "success": True}


def _rolled_back(result: dict[str, Any]) -> dict[str, Any]:
    error = {"fields": [], "message": _ROLLED_BACK, "statusCode": "ALL_OR_NONE_OPERATION_ROLLED_BACK"}
    first = {"created": False} if "created" in result else {}
    return first | {"errors": [error], "fullName": result["fullName"], "success": False}
