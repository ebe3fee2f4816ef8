"""What a literal of a condition means for the field that it is compared with."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.errors import ApiError
from connectors.sandbox.salesforce.ids import parse_id
from connectors.sandbox.salesforce.schema.spec import DECIMALS
from connectors.sandbox.salesforce.soql import errors
from connectors.sandbox.salesforce.soql.dates import day_range, midnight
from connectors.sandbox.salesforce.soql.literals import unescape
from connectors.sandbox.salesforce.values import format_datetime, parse_date, parse_datetime

if TYPE_CHECKING:
    from connectors.sandbox.salesforce.schema.spec import Field
    from connectors.sandbox.salesforce.soql.moment import Moment
    from connectors.sandbox.salesforce.soql.tree import Value

# What Salesforce calls the type of a criterion's value; a text where nothing is said.
KINDS = {"boolean": "boolean", "int": "int", "date": "date", "datetime": "dateTime", "time": "time"}
KINDS |= dict.fromkeys(DECIMALS, "double")
_MOST_TEXT = 4000  # "4,000 characters for each string within a WHERE clause", Salesforce limits quick reference
_CURRENCY = "USD"  # of an org with a single one


@dataclass(frozen=True, slots=True)
class Range:
    """A date literal: from `start` up to, not including, `end`."""

    start: str
    end: str


@dataclass(frozen=True, slots=True)
class Operands:
    """Reads the literals of one query."""

    text: str
    moment: Moment

    def read(self, field: Field, value: Value) -> Any:
        """The stored form of a literal for a field of that type, a Range, or None for null."""
        if value.kind == "word" and value.text.lower() == "null":
            return None
        kind = KINDS.get(field.type, "string")
        if kind in {"double", "int"}:
            return self._amount(field, value)
        if kind == "boolean":
            if value.kind != "word" or value.text.lower() not in {"true", "false"}:
                raise self._wrong_kind(field, value)
            return int(value.text.lower() == "true")
        if kind in {"date", "dateTime"}:
            return self._day(field, value)
        if kind == "time":
            return self._time(field, value)
        if value.kind != "string":
            raise self._wrong_kind(field, value)
        return self._string(field, value)

    def _string(self, field: Field, value: Value) -> str | None:
        try:
            text = unescape(value.text)
        except ApiError as error:
            raise errors.malformed_at(self.text, value.at, error.message) from None
        if len(text) > _MOST_TEXT:
            message = f"String literals of a WHERE clause cannot be longer than {_MOST_TEXT} characters"
            raise errors.malformed_at(self.text, value.at, message)
        if field.type not in {"id", "reference"}:
            return text or None
        if not text:
            return None
        parsed = parse_id(text)
        if parsed is None:
            message = f"invalid ID field: {text}"
            raise errors.located(self.text, value.at, "INVALID_QUERY_FILTER_OPERATOR", message)
        return parsed

    def _amount(self, field: Field, value: Value) -> int | float:
        if value.kind == "currency" and field.type == "currency":
            several = self.moment.currencies
            if value.text[:3].upper() not in (several.rates if several else {_CURRENCY}):
                message = f"Invalid currency code: {value.text[:3]}"
                raise errors.located(self.text, value.at, "INVALID_FIELD", message)
            return _number(field, value.text[3:])
        if value.kind != "number":
            raise self._wrong_kind(field, value)
        return _number(field, value.text)

    def _day(self, field: Field, value: Value) -> Any:
        if value.kind == "word":
            here = self.moment
            today = here.now.astimezone(here.zone).date()
            found = day_range(value.text, today, here.fiscal_month, here.first_weekday)
            if found is None:
                raise errors.unexpected(self.text, value.at, value.text)
            if field.type == "date":
                return Range(found[0].isoformat(), found[1].isoformat())
            return Range(midnight(found[0], here.zone), midnight(found[1], here.zone))
        if value.kind != field.type:
            raise self._wrong_kind(field, value)
        try:
            if field.type == "date":
                return parse_date(value.text)
            return format_datetime(parse_datetime(value.text))
        except (ValueError, OverflowError):
            raise errors.located(self.text, value.at, "INVALID_FIELD", f"invalid date: {value.text}") from None

    def _time(self, field: Field, value: Value) -> str:
        if value.kind != "time":
            raise self._wrong_kind(field, value)
        clock, _, fraction = value.text.rstrip("zZ").partition(".")
        if not all(int(part) < most for part, most in zip(clock.split(":"), (24, 60, 60), strict=True)):
            raise errors.located(self.text, value.at, "INVALID_FIELD", f"invalid time: {value.text}")
        return f"{clock}.{fraction[:3]:0<3}Z"

    def _wrong_kind(self, field: Field, value: Value) -> ApiError:
        if value.kind == "word" and value.text.lower() not in {"true", "false"}:
            return errors.unexpected(self.text, value.at, value.text)
        kind = KINDS.get(field.type, "string")
        quotes = "should be enclosed in quotes" if kind == "string" else "should not be enclosed in quotes"
        message = f"value of filter criterion for field '{field.name}' must be of type {kind} and {quotes}"
        return errors.located(self.text, value.at, "INVALID_FIELD", message)


def _number(field: Field, text: str) -> int | float:
    """The number in the field's stored units. Finer than the scale, or beyond it, a float compares rightly."""
    value = Decimal(text)
    if abs(value.adjusted()) > 300:
        return (0.0 if value.adjusted() < 0 else float("inf")) * (1 if value > 0 else -1)
    scaled = value.scaleb(field.scale)
    whole = scaled == scaled.to_integral_value() and abs(scaled) < 2**63
    return int(scaled) if whole else float(scaled)
