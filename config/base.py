"""What every YAML model shares: strict, frozen, nothing extra; and the small types they are made of.

Scalars come from YAML as text, so each type reads its text itself and strictly. pydantic's own readings are wider than
an admin expects: it takes `1_000` for a number, `yes` for a truth and `20260101` for a moment in 1970.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict

if TYPE_CHECKING:
    from collections.abc import Callable


class Model(BaseModel):
    """A piece of YAML, typed. Unknown keys are errors; a value once read never changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class Form:
    """What a value is, in words for the reference (`docs/configuration.md`). It checks nothing."""

    words: str


def quote(value: object) -> str:
    """The value in quotes, shortened, with nothing in it that a terminal would act on."""
    text = str(value)
    return repr(text if len(text) <= 60 else f"{text[:60]}…")


def _name(text: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,62}", text):
        raise ValueError(
            f"is not a name: {quote(text)}. "
            "Names are lower-case letters, digits and underscores, start with a letter and have at most 63 characters."
        )
    return text


Name = Annotated[str, AfterValidator(_name), Form("name")]
"""How rules call each other: lower case, digits and underscores."""


ConnectionName = Annotated[Name, Form("connection")]
ObjectName = Annotated[Name, Form("object")]
OwnField = Annotated[Name, Form("field of ours")]


def _label(text: str) -> str:
    text = text.strip()
    if not text:
        raise ValueError("must not be blank. Write a few words for people.")
    if len(text) > 80:
        raise ValueError(f"must have at most 80 characters, has {len(text)}.")
    return text


Label = Annotated[str, AfterValidator(_label), Form("text, at most 80 characters")]


def _email(text: str) -> str:
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", text):
        raise ValueError(f"is not an e-mail address: {quote(text)}. Users are named by the e-mail of their CRM login.")
    return text


Email = Annotated[str, AfterValidator(_email), Form("e-mail address")]

_DIGITS_BEFORE, _DIGITS_AFTER = 15, 6  # what the columns of facts and results hold without rounding
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")


def _with_point(text: str) -> str:
    """A number whose decimals follow a comma, as 0,05 or 1.250,50, with a point; others, as 1,000, as they are."""
    before, _, after = text.rpartition(",")
    is_decimal = after.isdecimal() and "," not in before and (len(after) != 3 or "." in before)
    return f"{before.replace('.', '')}.{after}" if is_decimal else text


def parse_number(text: str) -> Decimal:
    """The exact number that a text stands for; ValueError says how to write it.

    >>> parse_number("12.50")
    Decimal('12.50')
    """
    if not _NUMBER.fullmatch(text):
        plain = re.sub(r"[\s,_'$€£]", "", _with_point(text))
        instead = (
            f"Write {plain}."
            if _NUMBER.fullmatch(plain) and len(plain) < 30
            else "Write digits, with a point for decimals: 1250.50."
        )
        if re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?\s*%", text):
            instead = f"Percent are written as a fraction of 1: {Decimal(text.rstrip('% ')) / 100:f}."
        raise ValueError(f"is not a number: {quote(text)}. {instead}")
    before, _, after = text.lstrip("+-").partition(".")
    if len(before.lstrip("0")) > _DIGITS_BEFORE or len(after.rstrip("0")) > _DIGITS_AFTER:
        raise ValueError(
            f"has too many digits: {quote(text)}. At most {_DIGITS_BEFORE} before the point and {_DIGITS_AFTER} after."
        )
    return Decimal(text)


def _number(value: object) -> object:
    if isinstance(value, str):
        return parse_number(value)
    if isinstance(value, Decimal) and value.is_finite():
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    raise ValueError("must be a number.")


Number = Annotated[Decimal, BeforeValidator(_number), Form("number")]


def _not_negative(value: Decimal) -> Decimal:
    if value < 0:
        raise ValueError(f"must not be negative, got {value}.")
    return value


Money = Annotated[Number, AfterValidator(_not_negative), Form("number, not negative")]


def _share(value: Decimal) -> Decimal:
    if _not_negative(value) > 1:
        raise ValueError(f"must be a fraction of 1, got {value}. For {value} percent write {value / 100}.")
    return value


Share = Annotated[Number, AfterValidator(_share), Form("fraction of 1: 0.12 is twelve percent")]
"""A share of 1: 0.12 is twelve percent."""


def _rate(value: Decimal) -> Decimal:
    if _not_negative(value) > 1:
        raise ValueError(
            f"must be a fraction of 1, got {value}. A rate of {value} pays {value * 100:,f} %. "
            f"For {value} percent write {value / 100}."
        )
    return value


Rate = Annotated[Number, AfterValidator(_rate), Form("fraction of 1: 0.12 is twelve percent")]
"""A share of 1 that is paid."""


def _whole(value: object) -> object:
    if isinstance(value, str):
        if re.fullmatch(r"-[0-9]{1,9}", value):
            raise ValueError(f"must not be negative, got {value}.")
        if not re.fullmatch(r"[0-9]{1,9}", value):
            raise ValueError(f"must be a whole number, got {quote(value)}. Write digits only.")
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise ValueError("must be a whole number.")


Whole = Annotated[int, BeforeValidator(_whole), Form("whole number")]


def parse_day(text: str) -> date:
    """The day that a text such as `2026-03-31` stands for; ValueError says how to write it."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise ValueError(f"is not a day: {quote(text)}. Write year-month-day: 2026-03-31.")
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"is no day of the calendar: {text}.") from error


def _day(value: object) -> object:
    if isinstance(value, str):
        return parse_day(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    raise ValueError("must be a day. Write year-month-day: 2026-03-31.")


Day = Annotated[date, BeforeValidator(_day), Form("day, as 2026-03-31")]


def parse_flag(text: str) -> bool:
    """True for `true`, False for `false`; ValueError for all else."""
    match text:
        case "true":
            return True
        case "false":
            return False
    raise ValueError(f"must be true or false, got {quote(text)}.")


def _flag(value: object) -> object:
    if isinstance(value, str):
        return parse_flag(value)
    if isinstance(value, bool):
        return value
    raise ValueError("must be true or false.")


Flag = Annotated[bool, BeforeValidator(_flag), Form("true or false")]


def _api_name(what: str, such_as: str) -> Callable[[str], str]:
    def check(text: str) -> str:
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,99}", text):
            raise ValueError(
                f"is not the API name of {what}: {quote(text)}. "
                f"API names are letters, digits and underscores and start with a letter, such as {such_as}."
            )
        return text

    return check


_crm_field = _api_name("a CRM field", "Amount or Margin__c")

CrmField = Annotated[str, AfterValidator(_crm_field), Form("API name of a CRM field")]
CrmObject = Annotated[
    str,
    AfterValidator(_api_name("a custom object", "Commission_Statement__c")),
    Form("API name of a custom object"),
]
DeveloperName = Annotated[
    str,
    AfterValidator(_api_name("a forecasting type", "OpportunityRevenue")),
    Form("API name of a forecasting type"),
]


def _crm_path(text: str) -> str:
    for part in text.split("."):
        _crm_field(part)
    return text


CrmPath = Annotated[str, AfterValidator(_crm_path), Form("API name of a CRM field, or Parent.Field")]
"""A field, or a field of a parent record where the CRM can follow the reference."""
