"""Checks of `salesops.yaml` and `mapping.yaml`."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

from config.checks.fields import field_problems
from config.connections import AccessToken, SalesforceConnection
from config.draft import CONNECTIONS
from config.messages import did_you_mean
from config.model import IMPORTED, OBJECTS, FieldType
from config.people import same_login
from config.project_folder import MAPPING, SETTINGS
from config.sources import CUSTOM

if TYPE_CHECKING:
    from collections.abc import Iterator

    from config.connections import Connection
    from config.draft import Draft
    from config.people import SamePerson
    from config.problems import Problem
    from config.project import Customers
    from config.yaml_text import Path

OWN_FOLDER = ".salesops"
"""What the product itself keeps in a project; a file there may still come into being."""


def check_settings(draft: Draft) -> Iterator[Problem]:
    """Files and objects that are not there, a sign-in that will not last, people who are named wrongly."""
    if draft.settings is None:
        return
    for name, connection in draft.settings.connections.items():
        yield from _check_connection(draft, connection, (SETTINGS, "connections", name))
    yield from _check_people(draft, draft.settings.people.same)
    yield from _check_customers(draft, draft.settings.customers)


def _check_connection(draft: Draft, connection: Connection, at: Path) -> Iterator[Problem]:
    ca_file = connection.ca_file
    own = ca_file is not None and PurePath(ca_file).parts[0] == OWN_FOLDER
    if ca_file is not None and draft.root is not None and not own and not (draft.root / ca_file).is_file():
        yield draft.error(
            (*at, "ca_file"),
            f"there is no file {ca_file}.",
            "Give the path of a PEM file, from the project folder on, or remove the key.",
        )
    for name in connection.pull.windows:
        if name not in OBJECTS:
            path = (*at, "pull", "windows", name)
            yield draft.error(path, f"there is no object {name}.", did_you_mean(name, OBJECTS))
    scheduled = draft.settings is not None and draft.settings.schedule is not None
    if scheduled and isinstance(connection, SalesforceConnection) and isinstance(connection.sign_in, AccessToken):
        yield draft.warning(
            (*at, "sign_in", "kind"),
            "is the token of one session, which ends after some hours; scheduled runs stop then.",
            "Write client_credentials or jwt_bearer, which sign in anew.",
        )


def _check_customers(draft: Draft, customers: Customers) -> Iterator[Problem]:
    """Fields that opportunities do not have, or that hold no day."""
    for key, field in (("starts", customers.starts), ("ends", customers.ends)):
        if field is None:
            continue
        path: Path = (SETTINGS, "customers", key)
        if field.startswith(CUSTOM):
            yield from field_problems(draft, "opportunity", field, path)
        elif OBJECTS["opportunity"].fields.get(field) is not FieldType.DATE:
            detail = "Name a field of your CRM, as custom.Contract_Start__c, and list it under custom in mapping.yaml."
            yield draft.error(path, f"{field} is no day that the records of opportunity hold.", detail)


def _check_people(draft: Draft, same: tuple[SamePerson, ...]) -> Iterator[Problem]:
    """Entries that join nobody, connections that there are not, and logins that two entries name."""
    first: dict[tuple[str, str], int] = {}
    for number, person in enumerate(same):
        at: Path = (SETTINGS, "people", "same", number)
        if len(person) < 2:
            yield draft.error(at, "joins nobody.", "Name the person's login in at least two connections.")
        for connection, login in person.items():
            yield from draft.unknown(CONNECTIONS, connection, (*at, connection))
            entry = first.setdefault((connection, same_login(login)), number)
            if entry != number:
                line = draft.places[(SETTINGS, "people", "same", entry, connection)].line
                summary = f"{login} of {connection} is in the entry of line {line} too."
                yield draft.error((*at, connection), summary, "A login is one person's: put them into one entry.")


def check_mapping(draft: Draft) -> Iterator[Problem]:
    """Connections, objects and fields that do not exist, and a CRM field that is named twice."""
    for connection, objects in (draft.mapping.root if draft.mapping else {}).items():
        at = (MAPPING, connection)
        yield from draft.unknown(CONNECTIONS, connection, at)
        for name, mapped in objects.items():
            if name not in OBJECTS:
                yield draft.error((*at, name), f"there is no object {name}.", did_you_mean(name, OBJECTS))
                continue
            if name in IMPORTED:
                summary = f"{name} is in no CRM: there is nothing to map."
                yield draft.error((*at, name), summary, f"Remove it. `salesops import {name}s FILE` brings them.")
                continue
            known = OBJECTS[name].fields.keys() - {"id"}
            for field in mapped.fields.keys() - known:
                why = "The id is the CRM's own." if field == "id" else did_you_mean(field, known)
                yield draft.error((*at, name, "fields", field), f"{name} has no field {field} to map.", why)
            for number, field in enumerate(mapped.custom):
                if field in mapped.custom[:number]:
                    yield draft.error((*at, name, "custom", number), f"{field} is named twice.", "Keep one of them.")
