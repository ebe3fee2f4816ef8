"""Property values as HubSpot keeps them: text in one canonical form a type, or null."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from connectors.sandbox.hubspot.errors import ApiError, validation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.sandbox.hubspot.definitions.schema import Property


_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_MILLISECONDS = re.compile(r"-?\d{1,15}", re.ASCII)


@dataclass(frozen=True, slots=True)
class ValueProblem:
    """One property value that HubSpot refuses."""

    name: str
    code: str
    message: str


class ValueRefusedError(ValueError):
    """A value that is not one of its property's type."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def values_error(problems: Sequence[ValueProblem], portal: int) -> ApiError:
    """The 400 that lists refused values, once as JSON inside the message and once as `errors` (documented)."""
    nested = [
        {
            "isValid": False,
            "message": each.message,
            "error": each.code,
            "name": each.name,
            "localizedErrorMessage": each.message,
            "portalId": portal,
        }
        for each in problems
    ]
    errors = [{"message": p.message, "code": p.code, "context": {"propertyName": [p.name]}} for p in problems]
    text = json.dumps(nested, ensure_ascii=False, separators=(",", ":"))
    return validation(f"Property values were not valid: {text}", errors=errors)


def parse_value(definition: Property, text: str) -> str | None:
    """The canonical text of a value, or None for the empty one, which clears; ValueRefusedError says what is wrong.

    Options of external enumerations (owners, stages, products) are records elsewhere and are not looked at here.
    """
    if text == "":
        return None
    if definition.type == "number":
        return parse_number(text)
    if definition.type == "datetime":
        return parse_datetime(text)
    if definition.type == "date":
        return parse_date(text)
    if definition.type in ("enumeration", "bool") and (definition.options or not definition.external):
        return _parse_option(definition, text)
    if definition.name == "email" and not _EMAIL.fullmatch(text):
        raise ValueRefusedError("INVALID_EMAIL", f"Email address {text} is invalid")
    return text.lower() if definition.name == "email" else text


def is_email(text: str) -> bool:
    """Whether a text is an e-mail address."""
    return _EMAIL.fullmatch(text) is not None


def parse_number(text: str) -> str:
    """A number as it was written, so that no digit is lost: our choice, which no recorded answer confirms."""
    if not _NUMBER.fullmatch(text):
        raise ValueRefusedError("INVALID_INTEGER", f"{text} was not a valid number")
    return text


def parse_datetime(text: str) -> str:
    """An instant, from milliseconds since 1970 or from ISO 8601, as `2024-10-20T19:50:45.541Z`."""
    try:
        return stamp(_instant(text))
    except (ValueError, OverflowError, OSError) as error:
        raise ValueRefusedError("INVALID_LONG", f"{text} was not a valid long.") from error


def parse_date(text: str) -> str:
    """A day as `2024-10-20`, from a day or from its midnight in UTC."""
    try:
        if len(text) == 10:
            return date.fromisoformat(text).isoformat()
        moment = _instant(text)
    except (ValueError, OverflowError, OSError) as error:
        raise ValueRefusedError("INVALID_DATE", f"{text} was not a valid date.") from error
    if (moment.hour, moment.minute, moment.second, moment.microsecond) != (0, 0, 0, 0):
        raise ValueRefusedError("INVALID_DATE", f"{text} is at {moment:%H:%M:%S} UTC, not midnight!")
    return moment.date().isoformat()


def stamp(moment: datetime) -> str:
    """An instant in HubSpot's form: UTC, milliseconds, Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def decimal(text: str | None) -> Decimal | None:
    """The number a stored text stands for; None where there is none."""
    try:
        return Decimal(text) if text else None
    except InvalidOperation:
        return None


def decimal_text(number: Decimal) -> str:
    """A number in plain digits, without trailing zeros."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _instant(text: str) -> datetime:
    if _MILLISECONDS.fullmatch(text):
        seconds, milliseconds = divmod(int(text), 1000)
        return datetime.fromtimestamp(seconds, UTC).replace(microsecond=milliseconds * 1000)
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def _parse_option(definition: Property, text: str) -> str:
    allowed = {option.value: option.label for option in definition.options}
    chosen = text.split(";") if definition.field_type == "checkbox" else [text]
    if definition.type == "bool" or definition.field_type == "booleancheckbox":
        chosen = [text.lower()]
    for value in chosen:
        if value not in allowed:
            labels = ", ".join(allowed.values())
            raise ValueRefusedError("INVALID_OPTION", f"{value} was not one of the allowed options: [{labels}]")
    return ";".join(chosen)
