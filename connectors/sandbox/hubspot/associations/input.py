"""Reading associations out of requests: ids that must be there, and types that must go from one object to another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.sandbox.hubspot.associations.link_types import STANDARD, LinkType
from connectors.sandbox.hubspot.associations.links import associate
from connectors.sandbox.hubspot.call import Call, object_list, record_id, required, scalar, text_map
from connectors.sandbox.hubspot.definitions.types import ObjectType, find_object
from connectors.sandbox.hubspot.errors import ApiError, bad_json, validation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.sandbox.hubspot.given import Given


def apply_associations(call: Call, kind: ObjectType, new_id: int, given: Any) -> set[str]:
    """The objects that a new record was linked to by the `associations` of its body."""
    if given is None:
        return set()
    if not isinstance(given, list):
        raise bad_json("line 1, column 1: associations must be a list")
    linked = set()
    for entry in given:
        target = text_map(entry, "an association")
        to_id = id_of(text_map(target.get("to"), "to"))
        for spec in object_list(target, "types"):
            link = _link_type(call, kind, spec)
            other = find_object(call.store, link.to_kind)
            associate(call.store, kind, other, new_id, _existing(call, other, to_id), [link])
            linked.add(other.name)
    return linked


def id_of(body: dict[str, Any]) -> int:
    required(body, "id")
    text = scalar(body["id"], "id")
    number = record_id(text)
    if number is None:
        raise validation(f"Invalid object id: {text}")
    return number


def both_ids(call: Call, one: ObjectType, two: ObjectType, from_text: str, to_text: str) -> tuple[int, int]:
    from_id, to_id = record_id(from_text), record_id(to_text)
    if from_id is None or to_id is None:
        raise validation(f"Invalid object id: {from_text if from_id is None else to_text}")
    return _existing(call, one, from_id), _existing(call, two, to_id)


def _existing(call: Call, kind: ObjectType, number: int) -> int:
    """The id of the live record that an id leads to; a 400 where there is none."""
    found = call.store.by_identity(kind, [], "hs_object_id", [number])
    if not found:
        raise validation(f"{kind.label} with ID {number} does not exist", context={"id": [str(number)]})
    return found[str(number)].id


def link_specs(call: Call, one: ObjectType, two: ObjectType, given: Any) -> list[LinkType]:
    """The association types a body names; each must go from the one object to the other."""
    if not isinstance(given, list) or not given:
        raise validation("At least one association type must be given.")
    found = [_link_type(call, one, text_map(each, "an association type")) for each in given]
    for each in found:
        if each.to_kind != two.name:
            raise _no_type(one, two, abs(each.key))
    return found


def _link_type(call: Call, one: ObjectType, spec: dict[str, Any]) -> LinkType:
    required(spec, "associationCategory", "associationTypeId")
    number = record_id(scalar(spec["associationTypeId"], "associationTypeId"))
    if number is not None and spec["associationCategory"] == "HUBSPOT_DEFINED":
        found = STANDARD.get(number)
    elif number is not None and spec["associationCategory"] == "USER_DEFINED":
        rows = call.store.database.rows(
            "SELECT type, from_kind, to_kind, label, inverse, name FROM hs_label WHERE type = ?", (-number,)
        )
        found = LinkType(*rows[0]) if rows else None
    else:
        raise validation(f"Invalid association type: {spec['associationCategory']} {spec['associationTypeId']}")
    if found is None or found.from_kind != one.name:
        raise validation(f"Association type id {number} does not exist from {one.label}")
    return found


def _no_type(one: ObjectType, two: ObjectType, number: int) -> ApiError:
    return validation(f"association type id {number} doesn't exist between {one.singular} and {two.singular}")


def pair(call: Call) -> tuple[ObjectType, ObjectType]:
    """The two objects that a path names."""
    return find_object(call.store, call.params["kind"]), find_object(call.store, call.params["to"])


def read_inputs(call: Call, maximum: int) -> list[Given]:
    """The inputs of a batch."""
    inputs = object_list(call.json(), "inputs")
    if len(inputs) > maximum:
        raise validation(f"The maximum number of inputs supported is {maximum}. Received: {len(inputs)}")
    return inputs


def ends(call: Call, one: ObjectType, two: ObjectType, entry: dict[str, Any]) -> tuple[int, int]:
    """The ids of the two live records that an input names."""
    from_id, to_id = id_of(text_map(entry.get("from"), "from")), id_of(text_map(entry.get("to"), "to"))
    return both_ids(call, one, two, str(from_id), str(to_id))


def complete(call: Call, results: Sequence[Any], begun: str, errors: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
    """The body of a batch that is done."""
    body: dict[str, Any] = {
        "status": "COMPLETE",
        "results": results,
        "startedAt": begun,
        "completedAt": call.store.now(),
    }
    return {**body, "numErrors": len(errors), "errors": errors} if errors else body
