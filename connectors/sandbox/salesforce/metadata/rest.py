"""Deployments over REST, as newer command-line tools ask for them."""

from __future__ import annotations

import json
from email import message_from_bytes
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.errors import ApiError, malformed_json, not_found
from connectors.sandbox.salesforce.metadata.calls import check_rights
from connectors.sandbox.salesforce.metadata.transfer import find, start_deploy
from connectors.sandbox.salesforce.soap.envelope import Fault
from connectors.sandbox.salesforce.web import Answer

if TYPE_CHECKING:
    from connectors.sandbox.salesforce.web import Call, Routes

_DEPLOY = "0Af"


def post_deploy(call: Call) -> Answer:
    """Deploy the zip of a multipart request under its `deployOptions`."""
    check_rights(call.store, call.user_id)
    parts = _parts(call)
    try:
        asked = json.loads(parts["json"])
    except (KeyError, ValueError) as error:
        raise malformed_json(f"A part of type application/json must hold the deployOptions: {error}") from None
    options = asked.get("deployOptions") if isinstance(asked, dict) else None
    if not isinstance(options, dict) or set(asked) != {"deployOptions"} or "file" not in parts:
        raise malformed_json("A deployment needs deployOptions, and a zip in its part 'file'")
    given = {name: value for name, value in options.items() if value is not None}
    made = start_deploy(call, parts["file"], given)
    body = {
        "id": made, "validatedDeployRequestId": None, "deployOptions": options,
        "deployResult": {"id": made, "status": "Pending", "success": False, "done": False},
    }  # fmt: skip
    return Answer(body, 201)


def get_deploy(call: Call) -> Answer:
    """The end of a deployment, with `includeDetails=true` what became of each component."""
    check_rights(call.store, call.user_id)
    wanted = str(call.path["id"])
    result = _find(call, wanted)
    if call.query.get("includeDetails", "false").lower() != "true":
        result["details"] = None
    url = f"{call.base_url}{call.root}/metadata/deployRequest/{result['id']}"
    return Answer({"id": result["id"], "url": url, "deployResult": result})


def patch_deploy(call: Call) -> Answer:
    """A deployment is over before anybody can cancel it."""
    _find(call, str(call.path["id"]))
    raise ApiError("INVALID_ID_FIELD", "Deployment already completed")


def _find(call: Call, wanted: str) -> dict[str, Any]:
    try:
        return find(call.store, _DEPLOY, wanted)
    except Fault:
        raise not_found() from None


def _parts(call: Call) -> dict[str, bytes]:
    kind = call.headers.get("content-type", "")
    if not kind.lower().startswith("multipart/"):
        raise ApiError("UNSUPPORTED_MEDIA_TYPE", "A deployment is sent as multipart/form-data", 415)
    message = message_from_bytes(b"Content-Type: " + kind.encode("latin-1") + b"\r\n\r\n" + call.body)
    found: dict[str, bytes] = {}
    for part in message.get_payload() if message.is_multipart() else []:
        name = part.get_param("name", header="content-disposition")  # type: ignore[union-attr]
        content = part.get_payload(decode=True)  # type: ignore[union-attr]
        if isinstance(name, str) and isinstance(content, bytes):
            # The guide calls the options' part `json`, the vendor's own tools `entity_content`: its type tells it.
            found["json" if part.get_content_type() == "application/json" else name] = content  # type: ignore[union-attr]
    return found


ROUTES: Routes = {
    "/metadata/deployRequest": {"POST": post_deploy},
    "/metadata/deployRequest/{id}": {"GET": get_deploy, "PATCH": patch_deploy},
}
