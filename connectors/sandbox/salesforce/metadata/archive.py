"""Packages: the files of a zip and its manifest, read with care, and written."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from connectors.sandbox.salesforce.errors import RecordError
from connectors.sandbox.salesforce.metadata.registry import DIRECTORIES
from connectors.sandbox.salesforce.metadata.shapes import NAMESPACE, ordered
from connectors.sandbox.salesforce.soap.envelope import Element, Fault, parse_xml, render_all

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.sandbox.salesforce.metadata.editor import Component

# Metadata API Developer Guide, "Metadata Limits": 10,000 files, 39 MB zipped, about 400 MB unzipped.
_MOST_FILES, _MOST_ZIPPED, _MOST_BYTES = 10_000, 39_000_000, 400_000_000
_MANIFEST = "package.xml"
DESTRUCTIVE = ("destructiveChangesPre.xml", "destructiveChanges.xml", "destructiveChangesPost.xml")


@dataclass(frozen=True, slots=True)
class PackageFile:
    """A component's file: where it stood, of which kind, and what is in it."""

    path: str
    component: Component
    full_name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Package:
    """A package: the members that its manifest names, by kind, and its files below the folder that holds them."""

    members: dict[str, list[str]]
    files: list[PackageFile]
    destructive: dict[str, dict[str, list[str]]]  # by file, the members to delete by kind
    unknown: list[str]  # paths of files that belong to no kind of component here
    folder: str = ""


def read_package(data: bytes, *, single: bool) -> Package:
    """The package in a zip; RecordError where it is none, or larger than a package may be."""
    files = _unzip(data)
    manifests = [path for path in files if path.rpartition("/")[2] == _MANIFEST and path.count("/") == (not single)]
    if len(manifests) != 1:
        found = "No package.xml found" if not manifests else "Several packages in one zip are not supported"
        raise RecordError("INVALID_PACKAGE", found, [])
    folder = manifests[0].removesuffix(_MANIFEST)
    inside = {path.removeprefix(folder): content for path, content in files.items() if path.startswith(folder)}
    found_files, unknown = [], []
    for path, content in inside.items():
        read = _component_file(path, content)
        if read:
            found_files.append(read)
        elif path != _MANIFEST and path not in DESTRUCTIVE:
            unknown.append(path)
    destructive = {name: read_manifest(inside[name], name) for name in DESTRUCTIVE if name in inside}
    return Package(read_manifest(inside[_MANIFEST], _MANIFEST), found_files, destructive, unknown, folder)


def _unzip(data: bytes) -> dict[str, bytes]:
    if len(data) > _MOST_ZIPPED:
        raise RecordError("LIMIT_EXCEEDED", "Maximum size of request reached. Maximum size of request is 39 MB", [])
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            if len(entries) > _MOST_FILES or sum(entry.file_size for entry in entries) > _MOST_BYTES:
                raise RecordError("LIMIT_EXCEEDED", "The package has too many files or is too large", [])
            return {entry.filename: archive.read(entry) for entry in entries}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise RecordError("INVALID_ZIP", f"The zip file could not be read: {error}", []) from None


def _component_file(path: str, content: bytes) -> PackageFile | None:
    directory, _, name = path.partition("/")
    component = DIRECTORIES.get(directory)
    if component is None or not name.endswith(f".{component.suffix}") or "/" in name:
        return None
    return PackageFile(path, component, unquote(name.removesuffix(f".{component.suffix}")), content)


def read_manifest(content: bytes, path: str) -> dict[str, list[str]]:
    """The members that a package.xml names, by kind; RecordError where it is not one."""
    root = parse_file(content, "Package", path)
    found: dict[str, list[str]] = {}
    for types in root.all("types"):
        name = (types.value("name") or "").strip()
        if not name:
            raise RecordError("INVALID_PACKAGE", f"{path}: Required field is missing: name", [])
        found.setdefault(name, []).extend(unquote(member.strip()) for member in types.values("members"))
    return found


def parse_file(content: bytes, name: str, path: str) -> Element:
    """The root element of a metadata file; RecordError where it is not that element of the Metadata API."""
    try:
        root = parse_xml(content)
    except Fault as error:
        raise RecordError("INVALID_XML", f"Error parsing file: {error.message}", [path]) from None
    if root.name != name or root.namespace != NAMESPACE:
        message = (
            f"Error parsing file: Element {{{root.namespace}}}{root.name} invalid at this location: expected {name}"
        )
        raise RecordError("INVALID_XML", message, [path])
    return root


# Writing


def write_file(name: str, definition: Mapping[str, Any]) -> bytes:
    """A metadata file."""
    content = render_all(ordered({key: value for key, value in definition.items() if key != "fullName"}))
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{name} xmlns="{NAMESPACE}">{content}</{name}>\n'.encode()


def write_manifest(members: Mapping[str, list[str]], version: str) -> bytes:
    """A package.xml."""
    types = [{"members": names, "name": kind} for kind, names in members.items()]
    return write_file_in_order("Package", {"types": types, "version": version})


def write_file_in_order(name: str, content: Mapping[str, Any]) -> bytes:
    inner = render_all(content)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{name} xmlns="{NAMESPACE}">{inner}</{name}>\n'.encode()


def write_zip(files: Mapping[str, bytes]) -> bytes:
    """A zip of these files, the same bytes for the same files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            archive.writestr(zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()
