"""The kinds of validation rules: which properties each is for, what arguments it takes, and what it accepts.

Names, arguments and meanings are those of the table in the property-validations guide.
"""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from connectors.sandbox.hubspot.values import decimal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from connectors.sandbox.hubspot.definitions.schema import Property

DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
CALLING_CODES = dict(
    pair.split("=")
    for pair in (
        "au=61",
        "at=43",
        "be=32",
        "br=55",
        "ca=1",
        "ch=41",
        "cn=86",
        "de=49",
        "dk=45",
        "es=34",
        "fi=358",
        "fr=33",
        "gb=44",
        "ie=353",
        "in=91",
        "it=39",
        "jp=81",
        "kr=82",
        "mx=52",
        "nl=31",
        "no=47",
        "nz=64",
        "pl=48",
        "pt=351",
        "se=46",
        "sg=65",
        "us=1",
    )
)
MAX_DOMAINS = 20
_PERIOD = re.compile(r"P(?=\d)(?:(\d{1,4})Y)?(?:(\d{1,5})M)?(?:(\d{1,5})W)?(?:(\d{1,6})D)?", re.ASCII)
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}", re.IGNORECASE)
_EMAIL = re.compile(r"[^@\s]+@([^@\s]+)")
_CHARACTERS = {"ALPHANUMERIC": r"[^\W_]*", "ALPHA_ONLY": r"[^\W\d_]*", "NUMERIC_ONLY": r"\d*"}


@dataclass(frozen=True, slots=True)
class RuleKind:
    """A kind of rule: `takes` says whether arguments are good, `accepts` whether a value is, with them and now."""

    fields: tuple[tuple[str, tuple[str, ...]], ...]
    takes: Callable[[Sequence[str]], bool]
    accepts: Callable[[str, Sequence[str], datetime], bool]

    def is_for(self, definition: Property) -> bool:
        """Whether a property of this type and field may have such a rule."""
        return any(definition.type == kind and definition.field_type in fields for kind, fields in self.fields)


def normalized(text: str) -> str:
    """A value without what the eye does not see: spaces around it, and other forms of the same letters."""
    return unicodedata.normalize("NFKC", text).strip()


def _one_of(*allowed: str) -> Callable[[Sequence[str]], bool]:
    return lambda arguments: len(arguments) == 1 and arguments[0] in allowed


def _whole(least: int, most: int) -> Callable[[Sequence[str]], bool]:
    def takes(arguments: Sequence[str]) -> bool:
        return len(arguments) == 1 and re.fullmatch(r"[0-9]{1,6}", arguments[0]) is not None and in_bounds(arguments[0])

    def in_bounds(text: str) -> bool:
        return least <= int(text) <= most

    return takes


def _number(arguments: Sequence[str]) -> bool:
    found = decimal(arguments[0]) if len(arguments) == 1 else None
    return found is not None and found.is_finite()


def _nothing(arguments: Sequence[str]) -> bool:
    return not arguments


def _optional(*allowed: str) -> Callable[[Sequence[str]], bool]:
    return lambda arguments: not arguments or _one_of(*allowed)(arguments)


def _domains(arguments: Sequence[str]) -> bool:
    return 1 <= len(arguments) <= MAX_DOMAINS and all(_DOMAIN.fullmatch(each) for each in arguments)


def _days(arguments: Sequence[str]) -> bool:
    return 1 <= len(arguments) <= len(DAYS) and set(arguments) <= set(DAYS)


def _period(arguments: Sequence[str]) -> bool:
    return len(arguments) == 1 and _PERIOD.fullmatch(arguments[0]) is not None


def _milliseconds(arguments: Sequence[str]) -> bool:
    return len(arguments) == 1 and re.fullmatch(r"-?[0-9]{1,14}", arguments[0]) is not None


def _regex(arguments: Sequence[str]) -> bool:
    if len(arguments) != 2:
        return False
    try:
        re.compile(arguments[0])
    except (re.error, OverflowError, RecursionError):
        return False
    return True


def _moment(text: str) -> datetime:
    """The instant of a date's or a datetime's value; a day begins at midnight in UTC."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _limit(arguments: Sequence[str]) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(arguments[0]))


def _moved(now: datetime, arguments: Sequence[str], sign: int) -> datetime:
    """The present moved by a period, months by the calendar; the last there is where it leaves the calendar."""
    match = _PERIOD.fullmatch(arguments[0])
    years, months, weeks, days = (int(part or 0) for part in match.groups()) if match else (0, 0, 0, 0)
    total = now.year * 12 + now.month - 1 + sign * (years * 12 + months)
    year, month = divmod(total, 12)
    try:
        last = monthrange(year, month + 1)[1]
        shifted = now.replace(year=year, month=month + 1, day=min(now.day, last))
        return shifted + sign * timedelta(weeks=weeks, days=days)
    except (ValueError, OverflowError):
        return datetime.max.replace(tzinfo=UTC) if sign > 0 else datetime.min.replace(tzinfo=UTC)


def _midnight(now: datetime) -> datetime:
    return now.replace(hour=0, minute=0, second=0, microsecond=0)


def _places(text: str, arguments: Sequence[str], _: datetime) -> bool:
    number = decimal(text)
    if number is None:
        return False
    exponent = number.normalize().as_tuple().exponent
    return isinstance(exponent, int) and -exponent <= int(arguments[0])


def _cased(text: str, arguments: Sequence[str], _: datetime) -> bool:
    if arguments[0] == "CAPITALIZATION":
        return all(not word[0].isalpha() or word[0].isupper() for word in text.split())
    return text == (text.upper() if arguments[0] == "UPPER" else text.lower())


def _compared(text: str, arguments: Sequence[str]) -> int:
    """-1, 0 or 1 as the number lies below, at or above the argument."""
    left, right = decimal(text), decimal(arguments[0])
    return 0 if left is None or right is None else int(left > right) - int(left < right)


def _phone(text: str, arguments: Sequence[str], _: datetime) -> bool:
    digits = re.sub(r"[\s().-]", "", text)
    code = CALLING_CODES[arguments[0]] if arguments else ""
    return re.fullmatch(r"\+[1-9]\d{6,14}", digits) is not None and digits[1:].startswith(code)


def _email_domain(text: str) -> str:
    match = _EMAIL.fullmatch(text)
    return match.group(1).lower() if match else ""


def _host(text: str) -> str:
    try:
        return (urlsplit(text if "://" in text else f"https://{text}").hostname or "").lower()
    except ValueError:
        return ""


def _listed(host: str, domains: Sequence[str]) -> bool:
    return any(host == each.lower() or host.endswith(f".{each.lower()}") for each in domains)


_TEXT = (("string", ("text",)),)
_TEXTS = (("string", ("text", "textarea")),)
_LENGTHS = (("string", ("text", "textarea", "phonenumber")),)
_NUMBERS = (("number", ("number",)),)
_DATE, _DATETIME = (("date", ("date",)),), (("datetime", ("date",)),)

KINDS: dict[str, RuleKind] = {
    "AFTER_DATETIME_DURATION": RuleKind(_DATETIME, _period, lambda v, a, now: _moment(v) >= _moved(now, a, 1)),
    "AFTER_DURATION": RuleKind(_DATE, _period, lambda v, a, now: _moment(v) >= _moved(_midnight(now), a, 1)),
    "ALPHANUMERIC": RuleKind(
        _TEXTS, _one_of(*_CHARACTERS), lambda v, a, _: re.fullmatch(_CHARACTERS[a[0]], v) is not None
    ),
    "BEFORE_DATETIME_DURATION": RuleKind(_DATETIME, _period, lambda v, a, now: _moment(v) <= _moved(now, a, -1)),
    "BEFORE_DURATION": RuleKind(_DATE, _period, lambda v, a, now: _moment(v) <= _moved(_midnight(now), a, -1)),
    "DAYS_OF_WEEK": RuleKind(_DATE + _DATETIME, _days, lambda v, a, _: DAYS[_moment(v).weekday()] in a),
    "DECIMAL": RuleKind(_NUMBERS, _whole(0, 20), _places),
    "DOMAIN": RuleKind(_TEXT, _nothing, lambda v, _, __: _DOMAIN.fullmatch(v) is not None),
    "EMAIL": RuleKind(_TEXT, _nothing, lambda v, _, __: _DOMAIN.fullmatch(_email_domain(v)) is not None),
    "EMAIL_ALLOWED_DOMAINS": RuleKind(_TEXT, _domains, lambda v, a, _: _listed(_email_domain(v), a)),
    "EMAIL_BLOCKED_DOMAINS": RuleKind(_TEXT, _domains, lambda v, a, _: not _listed(_email_domain(v), a)),
    "END_DATE": RuleKind(_DATE, _milliseconds, lambda v, a, _: _moment(v) <= _limit(a)),
    "END_DATETIME": RuleKind(_DATETIME, _milliseconds, lambda v, a, _: _moment(v) <= _limit(a)),
    "FORMAT": RuleKind(_TEXTS, _one_of("CAPITALIZATION", "UPPER", "LOWER"), _cased),
    "MAX_LENGTH": RuleKind(_LENGTHS, _whole(1, 10_000), lambda v, a, _: len(v) <= int(a[0])),
    "MAX_NUMBER": RuleKind(_NUMBERS, _number, lambda v, a, _: _compared(v, a) <= 0),
    "MIN_LENGTH": RuleKind(_LENGTHS, _whole(1, 10_000), lambda v, a, _: len(v) >= int(a[0])),
    "MIN_NUMBER": RuleKind(_NUMBERS, _number, lambda v, a, _: _compared(v, a) >= 0),
    "PHONE_NUMBER_WITH_EXPLICIT_COUNTRY_CODE": RuleKind(
        (("string", ("phonenumber",)), ("phone_number", ("phonenumber",))), _optional(*CALLING_CODES), _phone
    ),
    "REGEX": RuleKind(_TEXTS, _regex, lambda v, a, _: re.search(a[0], v) is not None),
    "SPECIAL_CHARACTERS": RuleKind(
        _TEXTS, _one_of("NOT_ALLOWED"), lambda v, _, __: re.fullmatch(r"[^\W_\s]*(?:\s+[^\W_]*)*", v) is not None
    ),
    "START_DATE": RuleKind(_DATE, _milliseconds, lambda v, a, _: _moment(v) >= _limit(a)),
    "START_DATETIME": RuleKind(_DATETIME, _milliseconds, lambda v, a, _: _moment(v) >= _limit(a)),
    "URL": RuleKind(_TEXT, _nothing, lambda v, _, __: _DOMAIN.fullmatch(_host(v)) is not None),
    "URL_ALLOWED_DOMAINS": RuleKind(_TEXT, _domains, lambda v, a, _: _listed(_host(v), a)),
    "URL_BLOCKED_DOMAINS": RuleKind(_TEXT, _domains, lambda v, a, _: not _listed(_host(v), a)),
    "WHITESPACE": RuleKind(
        _TEXT, _optional("ALL", "TRIM"), lambda v, a, _: v == v.strip() if a == ["TRIM"] else not re.search(r"\s", v)
    ),
}
