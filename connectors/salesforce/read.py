"""Reading the present values of some records, straight from the record, as a plan compares and checks them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.batches import in_chunks
from connectors.salesforce.rows import DELETED, ID, Shape
from connectors.salesforce.values import custom_text
from connectors.salesforce.wide import IDS, read_all
from connectors.storable import storable_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.salesforce.describe import SObject
    from connectors.salesforce.session import Session


def read_values(
    session: Session, sobject: SObject, fields: Sequence[str], ids: Sequence[str]
) -> dict[str, dict[str, str | None]]:
    """The present values by record id, as `Row.custom` writes them; records that are gone are left out.

    What a row would leave empty is empty here, too.
    """
    types = {name: field.crm.type for name in fields if (field := sobject.fields.get(name))}
    marks = [ID, DELETED] if DELETED in sobject.fields else [ID]
    asked = tuple(dict.fromkeys((*marks, *fields)))
    shape, values = Shape(sobject.name, asked), {}
    for part in in_chunks(dict.fromkeys(ids), IDS):
        listed = ", ".join(f"'{each}'" for each in part)
        soql = f"SELECT {', '.join(asked)} FROM {sobject.name} WHERE {ID} IN ({listed})"
        for record_id, record in read_all(session, soql, shape, part).items():
            held = dict(zip(asked, record, strict=True))
            if held.get(DELETED) is not True:
                values[record_id] = {name: _text(held[name], types.get(name, "")) for name in fields}
    return values


def _text(value: Any, crm_type: str) -> str | None:
    try:
        text = custom_text(value, crm_type)
        return text if text is None else storable_text(text)
    except ValueError:
        return None
