"""One request, read: path, query and JSON body, each refused in HubSpot's words where it cannot be understood."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from connectors.sandbox.hubspot.errors import bad_json, validation
from connectors.sandbox.hubspot.given import Given, Query, unread

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from connectors.sandbox.dialect import Settings
    from connectors.sandbox.hubspot.access.tokens import Tokens
    from connectors.sandbox.hubspot.limits import Limiter
    from connectors.sandbox.hubspot.store import Store

MAX_ID = 2**63 - 1
_VERSION = re.compile(r"/(v\d|\d{4}-\d{2})(?=/|$)")


@dataclass(frozen=True, slots=True)
class Fraction:
    """A JSON number with a point or an exponent, as it was written: a float would lose digits of money."""

    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Call:
    """What a handler gets. `origin` is the scheme and host the client used, for links to further pages."""

    store: Store
    settings: Settings
    limiter: Limiter
    tokens: Tokens
    origin: str
    method: str
    path: str
    headers: Mapping[str, str]
    params: Mapping[str, str]
    query: Query
    raw: bytes
    bodies: list[Any] = field(default_factory=list)  # the body as it was read, which a handler may do more than once

    @property
    def version(self) -> str:
        """The version that the path names: `v3`, `v4`, or a date such as `2026-09`."""
        found = _VERSION.search(self.path)
        return found.group(1) if found else ""

    @property
    def token(self) -> str:
        """The bearer token of the request; empty where it has none."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else ""

    def json(self) -> Given:
        """The body as a JSON object."""
        value = self.json_value()
        if not isinstance(value, Given):
            raise bad_json(f"line 1, column 1: Cannot deserialize value of type object from {_kind(value)}")
        return value

    def json_value(self) -> Any:
        """The body as any JSON value."""
        try:
            self.bodies.append(
                json.loads(self.raw, object_hook=Given, parse_float=Fraction, parse_constant=_no_constant)
            )
        except UnicodeDecodeError as error:
            raise bad_json(f"line 1, column {error.start + 1}: Invalid UTF-8") from error
        except json.JSONDecodeError as error:
            raise bad_json(f"line {error.lineno}, column {error.colno}: {error.msg}") from error
        except (RecursionError, ValueError) as error:  # nested too deep, or a number of too many digits
            raise bad_json("line 1, column 1: the document is nested too deep or holds too long a number") from error
        return self.bodies[-1]

    def ignored(self) -> Iterator[str]:
        """What the request gave and its handler has not looked at."""
        yield from (f"query parameter {name}" for name in self.query.unread())
        yield from (f"body member {name}" for body in self.bodies for name in unread(body))

    def number(self, name: str, default: int, maximum: int) -> int:
        """A query parameter between 1 and `maximum`."""
        text = self.query.get(name)
        if text is None or text == "":
            return default
        value = record_id(text) or 0
        if not 1 <= value <= maximum:
            raise validation(f"Invalid {name} '{text}': it must be a whole number between 1 and {maximum}.")
        return value

    def flag(self, name: str) -> bool:
        """A query parameter that is true or false; false where it is left out."""
        text = self.query.get(name, "false").lower()
        if text not in ("true", "false"):
            raise validation(f"Invalid {name} '{text}': it must be true or false.")
        return text == "true"

    def names(self, name: str) -> list[str]:
        """A list in the query: comma-separated, repeated, or both."""
        parts = [part.strip() for text in self.query.getlist(name) for part in text.split(",")]
        return list(dict.fromkeys(part for part in parts if part))

    def after(self) -> int:
        """The paging handle of a list: the id from which the page starts."""
        text = self.query.get("after") or "0"
        value = record_id(text)
        if value is None:
            raise validation(f"Invalid after '{text}': use the paging.next.after of the page before.")
        return value


def text_list(body: Mapping[str, Any], name: str) -> list[str]:
    """A list of strings in a body; empty where it is missing or null."""
    values = body.get(name) or []
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise bad_json(f"line 1, column 1: {name} must be a list of strings")
    return values


def text_map(value: Any, where: str) -> Given:
    """A JSON object in a body."""
    if not isinstance(value, Given):
        raise bad_json(f"line 1, column 1: Cannot deserialize {where} from {_kind(value)}")
    return value


def object_list(body: Mapping[str, Any], name: str) -> list[Given]:
    """A list of JSON objects in a body; empty where it is missing or null, as HubSpot reads it."""
    values = body.get(name)
    if values is None:
        return []
    if not isinstance(values, list):
        raise bad_json(f"line 1, column 1: Cannot deserialize {name} from {_kind(values)}")
    return [text_map(value, f"an element of {name}") for value in values]


def scalar(value: Any, where: str) -> str:
    """An id or a property value as text: HubSpot reads strings, numbers and booleans alike (recorded for ids)."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, Fraction)):
        return str(value)
    raise bad_json(f"line 1, column 1: Cannot deserialize {where} from {_kind(value)}")


def required(body: Mapping[str, Any], *names: str) -> None:
    """Nothing; a 400 that lists the names which are missing or null."""
    absent = [name for name in names if body.get(name) is None]
    if absent:
        fields = ", ".join(absent)
        raise validation(f"Invalid input JSON on line 1, column 2. Some required fields were not set: [{fields}]")


def record_id(text: str) -> int | None:
    """A record id as a number; None where it cannot be one."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 19):
        return None
    value = int(text)
    return value if value <= MAX_ID else None


def _no_constant(name: str) -> Any:
    raise bad_json(f"line 1, column 1: Non-standard token '{name}'")


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    names = {Given: "Object value", list: "Array value", str: "String value", bool: "Boolean value"}
    return names.get(type(value), "Number value")
