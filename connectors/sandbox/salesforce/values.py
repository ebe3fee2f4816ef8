"""Field values between the wire and the database.

Decimals are stored as integers in units of the field's scale, so that sums are exact; dates and times are stored
in the very text that Salesforce answers with, which also sorts; booleans are 0 and 1.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.errors import RecordError
from connectors.sandbox.salesforce.ids import parse_id
from connectors.sandbox.salesforce.schema.spec import DECIMALS, STRINGS

if TYPE_CHECKING:
    from collections.abc import Callable

    from connectors.sandbox.salesforce.schema.spec import Field

_DATETIME = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?\s*(Z|[+-]\d\d:?\d\d)?\Z", re.IGNORECASE | re.ASCII
)
_DATE = re.compile(r"\d{4}-\d\d-\d\d\Z", re.ASCII)
_INT_LIMIT = 2**31
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:\.(\d{1,9}))?)?Z?\Z", re.IGNORECASE | re.ASCII)


def format_datetime(moment: datetime) -> str:
    """The text of an aware moment, as stored and answered: `2026-05-01T07:25:37.000+0000`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")[:-6] + "+0000"


def format_stamp(moment: datetime) -> str:
    """The text of a moment as a row is stamped with it: whole seconds (recorded answers have `.000` throughout)."""
    return format_datetime(moment.replace(microsecond=0))


def parse_datetime(text: str) -> datetime:
    """The aware moment that Salesforce's text, or any ISO text with an offset, names; no offset means UTC."""
    match = _DATETIME.match(text.strip())
    if not match:
        message = f"not a date and time: {text!r}. Write it as 2026-05-01T07:25:37.000Z"
        raise ValueError(message)
    day, clock, seconds, fraction, offset = match.groups()
    micro = (fraction or "0")[:6].ljust(6, "0")
    zone = "+00:00" if not offset or offset.upper() == "Z" else offset
    return datetime.fromisoformat(f"{day}T{clock}:{seconds or '00'}.{micro}{zone}").astimezone(UTC)


def parse_date(text: str) -> str:
    """The text of a calendar day, checked."""
    if not _DATE.match(text.strip()):
        raise ValueError(f"not a date: {text!r}. Write it as 2026-05-01")
    return date.fromisoformat(text.strip()).isoformat()


def scale_decimal(value: Decimal, field: Field) -> int:
    """The value in units of the field's scale, rounded half up; ValueError where the field cannot hold it."""
    if not value.is_finite() or value.adjusted() >= field.precision - field.scale:
        raise ValueError("value outside of valid range on numeric field")
    return int(value.scaleb(field.scale).quantize(Decimal(1), ROUND_HALF_UP))


def unscale(stored: int, field: Field) -> Decimal:
    return Decimal(stored).scaleb(-field.scale)


def parse_value(field: Field, raw: Any) -> Any:
    """The stored form of a JSON value; RecordError in Salesforce's words where the field does not take it."""
    if raw is None or (raw == "" and field.type != "boolean"):
        return _null(field)
    if field.type == "boolean":
        return _boolean(field, raw)
    if field.type in DECIMALS or field.type == "int":
        return _number(field, raw)
    if isinstance(raw, (dict, list)):
        raise wrong_type(field, raw)
    if field.type in STRINGS and not isinstance(raw, str):
        return _text(field, str(raw).lower() if isinstance(raw, bool) else str(raw))  # a scalar is read as its text
    if not isinstance(raw, str):
        raise wrong_type(field, raw)
    if field.type in {"date", "datetime", "time"}:
        return _moment(field, raw)
    if field.type == "multipicklist":
        return _choices(field, raw)
    if field.type in {"reference", "id"}:
        return _reference(field, raw)
    return _text(field, raw)


def wrong_type(field: Field, raw: Any) -> RecordError:
    """The refusal of a value that is no value of the field's type, as the REST API words it."""
    tokens: dict[type, str] = {
        bool: "VALUE_TRUE" if raw is True else "VALUE_FALSE", str: "VALUE_STRING", int: "VALUE_NUMBER_INT",
        Decimal: "VALUE_NUMBER_FLOAT", dict: "START_OBJECT", list: "START_ARRAY",
    }  # fmt: skip
    brackets: dict[type, str] = {dict: "{", list: "["}
    shown = brackets.get(type(raw)) or (str(raw).lower() if isinstance(raw, bool) else str(raw))
    message = (
        f"Cannot deserialize instance of {field.type} from {tokens.get(type(raw), 'VALUE_STRING')} value {shown}"
        " or request may be missing a required field"
    )
    return RecordError("JSON_PARSER_ERROR", message, [field.name])


def _null(field: Field) -> None:
    if field.type == "boolean":
        raise RecordError(
            "INVALID_TYPE_ON_FIELD_IN_RECORD", f"{field.label}: value not of required type: ", [field.name]
        )


def _boolean(field: Field, raw: Any) -> int:
    if isinstance(raw, bool):
        return int(raw)
    if isinstance(raw, str) and raw.lower() in {"true", "false", "1", "0"}:
        return int(raw.lower() in {"true", "1"})
    raise wrong_type(field, raw)


def _number(field: Field, raw: Any) -> int:
    if isinstance(raw, bool) or not isinstance(raw, (int, Decimal, str)):
        raise wrong_type(field, raw)
    if isinstance(raw, str) and (not raw.isascii() or "_" in raw):  # digits to Python alone
        raise wrong_type(field, raw)
    try:
        value = Decimal(raw.strip() if isinstance(raw, str) else raw)
        if field.type != "int":
            return scale_decimal(value, field)
        if not value.is_finite() or value != value.to_integral_value():
            raise wrong_type(field, raw)
        if value.adjusted() > _INT_LIMIT.bit_length() or abs(value) >= min(_INT_LIMIT, 10**field.digits):
            raise ValueError("value outside of valid range on numeric field")  # noqa: TRY301
        return int(value)
    except InvalidOperation:
        raise wrong_type(field, raw) from None
    except ValueError as error:
        raise RecordError("NUMBER_OUTSIDE_VALID_RANGE", f"{field.label}: {error}: {raw}", [field.name]) from None


def _moment(field: Field, raw: str) -> str:
    try:
        if field.type == "date":
            return parse_date(raw[:10] if _DATETIME.match(raw) else raw)
        if field.type == "time":
            return _parse_time(raw)
        return format_datetime(parse_datetime(raw if not _DATE.match(raw) else f"{raw}T00:00:00Z"))
    except (ValueError, OverflowError):
        raise wrong_type(field, raw) from None


def _parse_time(text: str) -> str:
    """The text of a time of day, `14:30:00.000Z`; ValueError where it is none."""
    match = _TIME.match(text.strip())
    if not match:
        message = f"not a time: {text!r}. Write it as 14:30:00.000Z"
        raise ValueError(message)
    hour, minute, second, fraction = match.groups()
    return f"{hour}:{minute}:{second or '00'}.{(fraction or '')[:3].ljust(3, '0')}Z"


def _choices(field: Field, raw: str) -> str | None:
    """The chosen values of a multi-select picklist, in the picklist's order, each once, between semicolons."""
    chosen = list(dict.fromkeys(part.strip() for part in raw.split(";") if part.strip()))
    known = {value.lower(): value for value in field.picklist}
    for value in chosen:
        if "r" in field.flags and field.picklist and value.lower() not in known:
            raise _bad_choice(field, value)
    order = {value.lower(): at for at, value in enumerate(field.picklist)}
    named = [known.get(value.lower(), value) for value in chosen]
    return ";".join(sorted(named, key=lambda value: order.get(value.lower(), len(order)))) or None


def _bad_choice(field: Field, value: str) -> RecordError:
    message = f"{field.label}: bad value for restricted picklist field: {value}"
    return RecordError("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, [field.name])


def _reference(field: Field, raw: str) -> str:
    parsed = parse_id(raw)
    if parsed is None:
        raise RecordError("MALFORMED_ID", f"{field.label}: id value of incorrect type: {raw}", [field.name])
    return parsed


def _text(field: Field, raw: str) -> str | None:
    text = raw.replace("\x00", "")
    text = text.strip() if field.type != "textarea" else text.rstrip()
    if len(text) > field.length:
        shown = f"{field.label}: data value too large: {text} (max length={field.length})"
        raise RecordError("STRING_TOO_LONG", shown, [field.name])
    if "r" in field.flags and text and field.picklist and text not in field.picklist:
        raise _bad_choice(field, text)
    if field.type == "email" and text and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", text):
        raise RecordError("INVALID_EMAIL_ADDRESS", f"{field.label}: invalid email address: {text}", [field.name])
    return text or None


def json_converter(field: Field) -> Callable[[Any], Any] | None:
    """How a stored value that is not null goes into JSON; None where it goes as it is.

    Salesforce's numbers are xsd:double: they are answered as the double nearest to the exact stored decimal.
    """
    if field.type == "boolean":
        return bool
    if field.type in DECIMALS:
        unit = 10**field.scale
        return lambda stored: stored / unit
    if field.compound or field.type in {"anyType", "complexvalue"}:
        return json.loads
    return None


def csv_converter(field: Field) -> Callable[[Any], str]:
    """How a stored value that is not null is written in a Bulk API result."""
    if field.type == "boolean":
        return lambda stored: "true" if stored else "false"
    if field.type in DECIMALS:
        places = max(field.scale, 1)
        return lambda stored: _trim(f"{unscale(stored, field):.{places}f}")
    if field.type == "datetime":
        return lambda stored: str(stored).replace("+0000", "Z")
    if field.type == "anyType":
        return lambda stored: str(json.loads(stored))
    return str


def _trim(text: str) -> str:
    """The decimal without the zeros that a double would not show: 4514.50 → 4514.5, 10.00 → 10.0."""
    whole, _, fraction = text.partition(".")
    return f"{whole}.{fraction.rstrip('0') or '0'}"
