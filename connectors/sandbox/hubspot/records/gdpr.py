"""Erasing a record for good, as privacy law asks: nothing of it is kept but that its id was used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response

from connectors.sandbox.hubspot.associations.links import drop_links
from connectors.sandbox.hubspot.call import record_id, required, scalar
from connectors.sandbox.hubspot.definitions.types import CONTACTS, ObjectType, find_object
from connectors.sandbox.hubspot.errors import NotFoundPage, missing, validation
from connectors.sandbox.hubspot.records.merge import retire
from connectors.sandbox.hubspot.records.writer import identity_property
from connectors.sandbox.hubspot.routes import under
from connectors.sandbox.hubspot.search.index import forget

if TYPE_CHECKING:
    from connectors.sandbox.hubspot.call import Call
    from connectors.sandbox.hubspot.routes import Routes
    from connectors.sandbox.hubspot.store import Record, Store


def gdpr_delete(call: Call) -> Response:
    """POST /contacts/gdpr-delete: by id, or by a unique property; a contact's address cannot be used again.

    An address that no contact has is blocked just the same, and no other object has this resource (reference of the
    contacts API).
    """
    kind = find_object(call.store, call.params["kind"])
    if kind is not CONTACTS:
        raise NotFoundPage
    body = call.json()
    required(body, "objectId")
    key = scalar(body["objectId"], "objectId")
    identity = identity_property(call.store, kind, body.get("idProperty") or None)
    with call.store.database.transaction():
        record = _find(call.store, kind, identity, key)
        if record is not None:
            erase(call.store, kind, record)
        elif identity == "email":
            block(call.store, [key])
        else:
            raise missing(f"{kind.label} with ID {key} does not exist")
    return Response(status_code=204)


def erase(store: Store, kind: ObjectType, record: Record) -> None:
    """Take away a contact, its history, its links and what search still knows of it; block its addresses."""
    emails = [record.values.get("email"), *(record.values.get("hs_additional_emails") or "").split(";")]
    block(store, [each for each in emails if each])
    drop_links(store, kind, [record.id])
    retire(store, kind, [record.id], None)
    forget(store, kind, [record.id])


def block(store: Store, emails: list[str]) -> None:
    """Keep addresses from being used again."""
    store.database.write("INSERT OR IGNORE INTO hs_blocked_email VALUES (?)", [(each.lower(),) for each in emails])


def _find(store: Store, kind: ObjectType, identity: str, key: str) -> Record | None:
    """The record of that key, archived or not."""
    number = record_id(key) if identity == "hs_object_id" else None
    if identity == "hs_object_id" and number is None:
        raise validation(f"Invalid object id: {key}")
    wanted = number if number is not None else key.lower() if identity == "email" else key
    for archived in (False, True):
        names = ("email", "hs_additional_emails")
        found = store.by_identity(kind, names, identity, [wanted], archived=archived).get(str(wanted))
        if found is not None:
            return found
    return None


ROUTES: Routes = under("crm", "v3", "objects", {"/{kind}/gdpr-delete": {"POST": gdpr_delete}})
