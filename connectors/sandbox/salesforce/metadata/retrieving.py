"""Retrieving: the components that a manifest names, as the files of a package."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.metadata.archive import write_file, write_manifest, write_zip
from connectors.sandbox.salesforce.metadata.editor import Info
from connectors.sandbox.salesforce.metadata.listing import file_name, file_properties
from connectors.sandbox.salesforce.metadata.registry import COMPONENTS

if TYPE_CHECKING:
    from connectors.sandbox.salesforce.metadata.editor import Component, Editor

_ROOT = "unpackaged/"


def retrieve_package(
    editor: Editor, members: dict[str, list[str]], version: str, *, single: bool
) -> tuple[bytes, list[dict[str, Any]], list[dict[str, str]]]:
    """(the zip, the properties of its files, what could not be found)."""
    root = "" if single else _ROOT
    found: dict[str, tuple[Component, str, dict[str, Any]]] = {}
    messages: list[dict[str, str]] = []
    listed: dict[str, list[str]] = {}
    for kind, names in members.items():
        component = COMPONENTS.get(kind)
        if component is None:
            messages.append(_problem(root, f"Entity type: '{kind}' is unknown"))
            continue
        for name in _expand(editor, component, names):
            definition = component.keeper.read(editor, name)
            if definition is None:
                messages.append(_problem(root, f"Entity of type '{kind}' named '{name}' cannot be found"))
                continue
            listed.setdefault(kind, []).append(name)
            _add(found, component, name, definition)
    _trim_profiles(found)
    files = {root + path: write_file(kind.name, definition) for path, (kind, _, definition) in found.items()}
    files[f"{root}package.xml"] = write_manifest(listed, version)
    return (
        write_zip(files),
        [_properties(editor, root, component, name) for component, name, _ in found.values()],
        messages,
    )


def _expand(editor: Editor, component: Component, names: list[str]) -> list[str]:
    """A star means every component of the kind; of objects the custom ones, as nobody can name all the others."""
    infos = component.keeper.infos(editor) if "*" in names else []
    every = [info.full_name for info in infos if component.name != "CustomObject" or info.full_name.endswith("__c")]
    return list(dict.fromkeys([*every, *(name for name in names if name != "*")]))


def _add(found: dict[str, Any], component: Component, name: str, definition: dict[str, Any]) -> None:
    path = file_name(component, name)
    if component.directory:
        known = found[path][2] if path in found else {}
        found[path] = (component, name, {**known, **definition})
        return
    owner, _, own_name = name.partition(".")
    holder = COMPONENTS[component.parent]
    _, _, whole = found.setdefault(path, (holder, owner, {}))
    items = whole.setdefault(component.element, [])
    if all(item["fullName"].lower() != own_name.lower() for item in items):
        items.append({"fullName": own_name, **definition})


def _trim_profiles(found: dict[str, tuple[Component, str, dict[str, Any]]]) -> None:
    """A profile's rights are retrieved for what is retrieved with it (Metadata API Developer Guide, Profile)."""
    objects = {name.lower() for component, name, _ in found.values() if component.name == "CustomObject"}
    for component, _, definition in found.values():
        if component.name != "Profile":
            continue
        for element, key in (("fieldPermissions", "field"), ("objectPermissions", "object")):
            kept = [r for r in definition.get(element, []) if r[key].partition(".")[0].lower() in objects]
            definition.pop(element, None)
            if kept:
                definition[element] = kept


def _properties(editor: Editor, root: str, component: Component, name: str) -> dict[str, Any]:
    infos = {info.full_name.lower(): info for info in component.keeper.infos(editor)}
    found = file_properties(editor, component, infos.get(name.lower(), Info(name)))
    return found | {"fileName": root + found["fileName"]}


def _problem(root: str, text: str) -> dict[str, str]:
    return {"fileName": f"{root}package.xml", "problem": text}
