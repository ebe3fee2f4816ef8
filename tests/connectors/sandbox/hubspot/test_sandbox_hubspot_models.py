"""Answers fit the models in HubSpot's Python client: no key that it does not know, none missing that it needs."""

from __future__ import annotations

import importlib
import re
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from hubspot_account import Client

CRM = "/crm/v3"
WITH_LINKS = "SimplePublicObjectWithAssociationsForwardPaging"
NO_INPUTS: dict[str, list[str]] = {"inputs": [], "properties": []}
# Keys that real answers hold (recorded, or seen in public issues) and client 12 has no name for.
UNKNOWN_TO_IT = {"dataSensitivity", "objectWriteTraceId"}


def strays(value: Any, kind: str, package: Any, path: str = "") -> list[str]:
    """Where a JSON value is not what the client's type says: keys unknown to it, and needed ones that are missing."""
    if value is None:
        return []
    if inner := re.fullmatch(r"list\[(.+)\]", kind):
        return [each for item in value for each in strays(item, inner[1], package, f"{path}[]")]
    if inner := re.fullmatch(r"dict\((?:str), (.+)\)|dict\[str, (.+)\]", kind):
        return [each for item in value.values() for each in strays(item, inner[1] or inner[2], package, f"{path}{{}}")]
    model = getattr(package, kind, None)
    if model is None:
        return []
    names = {json_name: name for name, json_name in model.attribute_map.items()}
    found = [f"{path}.{key}: unknown" for key in value if key not in names and key not in UNKNOWN_TO_IT]
    for key, name in names.items():
        if key in value:
            found += strays(value[key], model.openapi_types[name], package, f"{path}.{key}")
    try:
        model(**{name: value.get(key) for key, name in names.items()})
    except ValueError as error:  # what the client itself would raise
        found.append(f"{path}: {error}")
    return found


@pytest.mark.parametrize(
    ("method", "path", "body", "package", "model"),
    [
        ("GET", f"{CRM}/objects/deals", None, "deals", f"CollectionResponse{WITH_LINKS}"),
        ("POST", f"{CRM}/objects/deals/search", {}, "deals",
         "CollectionResponseWithTotalSimplePublicObjectForwardPaging"),
        ("POST", f"{CRM}/objects/deals/batch/read", NO_INPUTS, "deals", "BatchResponseSimplePublicObject"),
        ("GET", f"{CRM}/properties/deals", None, "properties", "CollectionResponsePropertyNoPaging"),
        ("GET", f"{CRM}/properties/contacts/groups", None, "properties", "CollectionResponsePropertyGroupNoPaging"),
        ("GET", f"{CRM}/pipelines/deals", None, "pipelines", "CollectionResponsePipelineNoPaging"),
        ("GET", f"{CRM}/owners", None, "owners", "CollectionResponsePublicOwnerForwardPaging"),
        ("GET", f"{CRM}/schemas", None, "schemas", "CollectionResponseObjectSchemaNoPaging"),
    ],
)  # fmt: skip
def test_an_answer_fits_the_clients_model(
    crm: Client, method: str, path: str, body: Any, package: str, model: str
) -> None:
    crm.create("deals", {"dealname": "First", "amount": "5.00"})
    module = importlib.import_module(f"hubspot.crm.{package}")
    assert hasattr(module, model)
    answer = crm.send(method, path, body)
    assert answer.status_code == 200
    assert strays(answer.json(), model, module) == []
