"""The REST resources as SOAP's operations ask them: one behaviour behind both doors."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.errors import not_found

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.sandbox.salesforce.web import Call


def ask(
    call: Call,
    method: str,
    path: str,
    *,
    query: Mapping[str, str] | None = None,
    body: Any = None,
    headers: Mapping[str, str] | None = None,
) -> Any:
    """The body that a resource under the call's version answers with; ApiError or RecordError where it refuses."""
    for pattern, handlers in call.resources:
        match = pattern.match(path)
        if match and method in handlers:
            inner = replace(
                call,
                method=method,
                path={"version": call.version} | match.groupdict(),
                query=query or {},
                headers={"content-type": "application/json"} | dict(headers or {}),
                parsed=(body,),
            )
            return handlers[method](inner).body
    raise not_found()
