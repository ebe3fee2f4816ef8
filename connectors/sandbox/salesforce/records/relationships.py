"""Records behind relationships: `/sobjects/Opportunity/006…/Account`, `/sobjects/Account/001…/Contacts`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from connectors.sandbox.salesforce.errors import not_found
from connectors.sandbox.salesforce.query.resources import answer_query

if TYPE_CHECKING:
    from connectors.sandbox.salesforce.schema.spec import Field, SObject
    from connectors.sandbox.salesforce.web import Answer, Call


def follow(call: Call, found: SObject, record_id: str, path: str) -> tuple[SObject, str] | tuple[SObject, Field, str]:
    """(object, id) of the parent at the end of the path, or (child object, its reference, parent's id) of children.

    ApiError 404 where a step has no such relationship or leads to nothing.
    """
    steps = path.strip("/").split("/")
    for at, step in enumerate(steps):
        reference = found.parent(step)
        if reference is None:
            pair = call.catalog.child(found, step) if step else None
            if pair is None or at < len(steps) - 1:
                raise not_found()
            return pair[0], pair[1], record_id
        row = call.store.get(found, record_id)
        parent_id = row[reference.name] if row is not None else None
        parent = next((t for t in call.catalog.targets(reference) if str(parent_id).startswith(t.prefix)), None)
        if parent_id is None or parent is None:
            raise not_found()
        found, record_id = parent, str(parent_id)
    return found, record_id


def get_children(call: Call, child: SObject, reference: Field, parent_id: str) -> Answer:
    """The children as a query answers them, with all their fields or those of `?fields=`."""
    names = call.query.get("fields") or ",".join(field.name for field in child.fields.values())
    soql = f"SELECT {names} FROM {child.name} WHERE {reference.name} = '{parent_id}'"
    return answer_query(replace(call, query={"q": soql}), call.catalog, deleted_too=False)
