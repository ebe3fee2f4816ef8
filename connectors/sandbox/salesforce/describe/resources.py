"""What the org says of its objects: all in short, one in short, and one with its fields."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import TYPE_CHECKING

from connectors.sandbox.salesforce.describe import layouts
from connectors.sandbox.salesforce.describe.objects import describe_object, summarize, target
from connectors.sandbox.salesforce.web import Answer

__all__ = ["ROUTES", "get_basic", "target"]

if TYPE_CHECKING:
    from connectors.sandbox.salesforce.web import Call, Routes


def get_global(call: Call) -> Answer:
    """Every object, in short."""
    headers, unchanged = _conditional(call)
    if unchanged:
        return unchanged
    objects = [summarize(call, found) for _, found in sorted(call.catalog.objects.items())]
    return Answer({"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": objects}, headers=headers)


def get_basic(call: Call) -> Answer:
    """An object in short, with the records that the user looked at last: an API user looked at none."""
    return Answer({"objectDescribe": summarize(call, target(call)), "recentItems": []})


def get_describe(call: Call) -> Answer:
    """An object with its fields, as this user sees it."""
    found = target(call)
    headers, unchanged = _conditional(call)
    return unchanged or Answer(describe_object(call, found), headers=headers)


def _conditional(call: Call) -> tuple[dict[str, str], Answer | None]:
    """When the schema changed last, as a header; 304 or 412 where the request's own date asks for that answer.

    REST API Developer Guide, Conditional Request Headers: describes know If-Modified-Since and If-Unmodified-Since.
    """
    changed = _changed(call)
    headers = {"Last-Modified": format_datetime(changed, usegmt=True)}
    since = _read_date(call.headers.get("if-modified-since"))
    if since and changed <= since:
        return headers, Answer("", 304, headers)
    until = _read_date(call.headers.get("if-unmodified-since"))
    if until and changed > until:
        return headers, Answer("", 412, headers)
    return headers, None


def _changed(call: Call) -> datetime:
    """When this version of the schema was first told of, to the second; each version has a second of its own."""
    with call.store.database.transaction() as connection:
        rows = connection.execute("SELECT key, value FROM sf_meta WHERE key IN ('schema', 'told', 'told_at')")
        known = {row[0]: int(row[1]) for row in rows}
        version, told_at = known.get("schema", 0), known.get("told_at", 0)
        if known.get("told") != version:
            told_at = max(int(call.store.database.clock.now().timestamp()), told_at + 1)
            for key, value in (("told", version), ("told_at", told_at)):
                sql = "INSERT INTO sf_meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
                connection.execute(sql, (key, value))
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=told_at)


def _read_date(text: str | None) -> datetime | None:
    """The moment of an HTTP date; None where it is none, which HTTP says to overlook."""
    try:
        moment = parsedate_to_datetime(text or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


ROUTES: Routes = {
    "/sobjects": {"GET": get_global},
    "/sobjects/{object}/describe": {"GET": get_describe},
    **layouts.ROUTES,
}
