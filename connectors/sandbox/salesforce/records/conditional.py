"""Conditional requests for one record: If-Modified-Since and its like (REST API Developer Guide, Conditional Request
Headers). Dates hold for every object; entity tags for accounts only."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.errors import ApiError
from connectors.sandbox.salesforce.values import parse_datetime
from connectors.sandbox.salesforce.web import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.sandbox.salesforce.schema.spec import SObject
    from connectors.sandbox.salesforce.web import Call


def headers_of(found: SObject, row: Mapping[str, Any]) -> dict[str, str]:
    """What an answer says of the record's version."""
    headers = {}
    if modified := _modified(row):
        headers["Last-Modified"] = format_datetime(modified, usegmt=True)
    if found.name == "Account":
        headers["ETag"] = _tag(row)
    return headers


def refuse_stale(call: Call, found: SObject, row: Mapping[str, Any]) -> Answer | None:
    """304 where the client has the record already; ApiError 412 where a condition fails; None to go on."""
    reading, tag = call.method in {"GET", "HEAD"}, _tag(row) if found.name == "Account" else ""
    modified = _modified(row)
    if (wanted := call.headers.get("if-match")) and tag and not _lists(wanted, tag):
        raise _failed()
    if (wanted := call.headers.get("if-none-match")) and tag and _lists(wanted, tag):
        if reading:
            return Answer("", 304, headers_of(found, row))
        raise _failed()
    before = _date(call, "if-unmodified-since", strict=not reading)
    if before and modified and modified > before:
        raise _failed()
    since = _date(call, "if-modified-since", strict=False)
    if since and modified and modified <= since:
        if reading:
            return Answer("", 304, headers_of(found, row))
        raise _failed()
    return None


def _modified(row: Mapping[str, Any]) -> datetime | None:
    text = row.get("LastModifiedDate") or row.get("SystemModstamp") or row.get("CreatedDate")
    return parse_datetime(text).replace(microsecond=0) if text else None


def _tag(row: Mapping[str, Any]) -> str:
    digest = hashlib.blake2b(repr(sorted(row.items())).encode(), digest_size=15).hexdigest()
    return f'"{digest}"'


def _lists(wanted: str, tag: str) -> bool:
    return wanted.strip() == "*" or tag in [part.strip().removeprefix("W/") for part in wanted.split(",")]


def _date(call: Call, name: str, *, strict: bool) -> datetime | None:
    """The header's moment. "An invalid header value … on a PATCH or POST request" is a 400; in a GET it is nothing."""
    text = call.headers.get(name)
    if not text:
        return None
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        if strict:
            raise ApiError("INVALID_HEADER_TYPE", f"Invalid value for header {name}: {text}") from None
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _failed() -> ApiError:
    return ApiError("PRECONDITION_FAILED", "The precondition of the request does not hold for the record", 412)
