"""A job and its data in one multipart request (Bulk API 2.0 Developer Guide, Walkthrough for Multipart)."""

from __future__ import annotations

import email.policy
import json
from email.parser import BytesParser
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.errors import ApiError, malformed_json

if TYPE_CHECKING:
    from connectors.sandbox.salesforce.web import Call


def read(call: Call) -> tuple[dict[str, Any], bytes]:
    """The job, of the part `job`, and the CSV, of the part `content`."""
    head = f"Content-Type: {call.headers['content-type']}\r\nMIME-Version: 1.0\r\n\r\n".encode("latin-1")
    message = BytesParser(policy=email.policy.HTTP).parsebytes(head + call.body)
    parts = {part.get_param("name", header="content-disposition"): part for part in message.iter_parts()}
    if set(parts) != {"job", "content"}:
        raise ApiError("INVALIDJOB", "InvalidJob : A multipart request must have the parts job and content")
    try:
        job = json.loads(_payload(parts["job"]))
    except (ValueError, RecursionError) as error:
        raise malformed_json(f"The part job is required to be valid JSON: {error}") from None
    if not isinstance(job, dict):
        raise malformed_json("The part job must be a JSON object")
    return job, _payload(parts["content"])


def _payload(part: Any) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""
