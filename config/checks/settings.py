"""Checks of `salesops.yaml` and `mapping.yaml`."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

from config.draft import CONNECTIONS
from config.messages import did_you_mean
from config.model import OBJECTS
from config.project_folder import MAPPING, SETTINGS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from config.draft import Draft
    from config.problems import Problem

OWN_FOLDER = ".salesops"
"""What the product itself keeps in a project; a file there may still come into being."""


def check_settings(draft: Draft) -> Iterator[Problem]:
    """CA files that are not there."""
    connections = draft.settings.connections if draft.settings else {}
    for name, connection in connections.items():
        if connection.ca_file is None or PurePath(connection.ca_file).parts[0] == OWN_FOLDER:
            continue
        if not (draft.root / connection.ca_file).is_file():
            yield draft.error(
                (SETTINGS, "connections", name, "ca_file"),
                f"there is no file {connection.ca_file}.",
                "Give the path of a PEM file, from the project folder on, or remove the key.",
            )


def check_mapping(draft: Draft) -> Iterator[Problem]:
    """Connections, objects and fields that do not exist, and a CRM field that is named twice."""
    for connection, objects in (draft.mapping.root if draft.mapping else {}).items():
        at = (MAPPING, connection)
        yield from draft.unknown(CONNECTIONS, connection, at)
        for name, mapped in objects.items():
            if name not in OBJECTS:
                yield draft.error((*at, name), f"there is no object {name}.", did_you_mean(name, OBJECTS))
                continue
            known = OBJECTS[name].fields.keys() - {"id"}
            for field in mapped.fields.keys() - known:
                why = "The id is the CRM's own." if field == "id" else did_you_mean(field, known)
                yield draft.error((*at, name, "fields", field), f"{name} has no field {field} to map.", why)
            for number, field in enumerate(mapped.custom):
                if field in mapped.custom[:number]:
                    yield draft.error((*at, name, "custom", number), f"{field} is named twice.", "Keep one of them.")
