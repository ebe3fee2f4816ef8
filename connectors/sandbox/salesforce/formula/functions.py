"""What formula functions do with values. A text is never null here: formulas read an empty text as "".

Numbers are exact decimals of forty digits; dates and moments are Python's, moments aware.
"""

from __future__ import annotations

import calendar
import html
import math
import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_UP, ROUND_UP, Context, Decimal, DecimalException
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.formula.errors import FormulaValueError
from connectors.sandbox.salesforce.formula.regex import matches
from connectors.sandbox.salesforce.ids import parse_id
from connectors.sandbox.salesforce.query.functions import distance
from connectors.sandbox.salesforce.values import parse_datetime

if TYPE_CHECKING:
    from collections.abc import Callable

EXACT = Context(prec=40, rounding=ROUND_HALF_UP)
_DAY = Decimal(86_400_000)


_LONGEST_TEXT = 131_072  # characters of the longest text field (Salesforce Help, Custom Field Types)


def plain(value: Decimal) -> str:
    """A number as TEXT() writes it: no exponent, no thousands, no zeros at the end."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def to_text(value: Any) -> str:
    """TEXT() of anything that it takes."""
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    if isinstance(value, time):
        return f"{value:%H:%M:%S}.{value.microsecond // 1000:03d}"
    return str(value) if value is not None else ""


def add(left: Any, right: Any) -> Any:
    """Number + number, or a date and days."""
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        return EXACT.add(left, right)
    moment, days = (right, left) if isinstance(left, Decimal) else (left, right)
    return _shift(moment, days)


def subtract(left: Any, right: Any) -> Any:
    if isinstance(left, Decimal):
        return EXACT.subtract(left, right)
    if isinstance(right, Decimal):
        return _shift(left, -right)
    if isinstance(left, time):
        return Decimal(_milliseconds(left) - _milliseconds(right))
    gap = left - right
    milliseconds = Decimal(gap // timedelta(milliseconds=1))
    return EXACT.divide(milliseconds, _DAY)


def _shift(moment: Any, days: Decimal) -> Any:
    """A date moves by whole days, a moment by fractions of one, a time by milliseconds, within its day."""
    try:
        if isinstance(moment, time):
            at = (_milliseconds(moment) + int(days)) % int(_DAY)
            return (datetime(1, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at)).time()
        if isinstance(moment, datetime):
            return moment + timedelta(milliseconds=int((days * _DAY).to_integral_value(ROUND_HALF_UP)))
        return moment + timedelta(days=int(days.to_integral_value(ROUND_FLOOR)))
    except OverflowError:
        raise FormulaValueError("date out of range") from None


def _milliseconds(value: time) -> int:
    return ((value.hour * 60 + value.minute) * 60 + value.second) * 1000 + value.microsecond // 1000


def divide(left: Decimal, right: Decimal) -> Decimal:
    if right == 0:
        raise FormulaValueError("Division by zero")
    return EXACT.divide(left, right)


def power(left: Decimal, right: Decimal) -> Decimal:
    return _exactly(lambda: EXACT.power(left, right))


def _exactly(work: Callable[[], Decimal]) -> Decimal:
    try:
        result = work()
    except DecimalException:
        raise FormulaValueError("not a number") from None
    if not result.is_finite() or result.adjusted() > 60:
        raise FormulaValueError("number too big")
    return result


def _round(value: Decimal, places: Decimal, how: str) -> Decimal:
    digits = int(places)
    if abs(digits) > 40:
        raise FormulaValueError("too many digits")
    try:
        return value.quantize(Decimal(1).scaleb(-digits), how, EXACT)
    except DecimalException:
        return value


def _left(text: str, count: Decimal) -> str:
    return text[: max(int(count), 0)]


def _right(text: str, count: Decimal) -> str:
    return text[-int(count) :] if int(count) > 0 else ""


def _mid(text: str, start: Decimal, count: Decimal) -> str:
    first = max(int(start), 1) - 1
    return text[first : first + max(int(count), 0)]


def _find(wanted: str, text: str, start: Decimal = Decimal(1)) -> Decimal:
    first = int(start)
    if first < 1:
        return Decimal(0)
    return Decimal(text.find(wanted, first - 1) + 1) if wanted else Decimal(0)


def _pad(text: str, width: Decimal, fill: str, *, left: bool) -> str:
    size = min(max(int(width), 0), 4000)
    if size <= len(text):
        return text[:size]
    padding = (fill * size)[: size - len(text)] if fill else ""
    return padding + text if left else text + padding


def _substitute(text: str, old: str, new: str) -> str:
    """The text with every `old` replaced; no value where it grows beyond any field, as nested ones can without end."""
    if not old:
        return text
    if len(text) + text.count(old) * (len(new) - len(old)) > _LONGEST_TEXT:
        raise FormulaValueError("the text is too long")
    return text.replace(old, new)


def _number(text: str) -> Decimal:
    if not re.fullmatch(r"\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?\s*", text):
        raise FormulaValueError(f"The value '{text}' is not a valid number.")
    return Decimal(text.strip())


def _is_number(text: str) -> bool:
    try:
        _number(text)
    except FormulaValueError:
        return False
    return True


def _date(year: Decimal, month: Decimal, day: Decimal) -> date:
    try:
        return date(int(year), int(month), int(day))
    except (ValueError, OverflowError):
        raise FormulaValueError("Invalid date") from None


def date_value(value: Any, zone: Any) -> date:
    if isinstance(value, datetime):
        return value.astimezone(zone).date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value.strip())
    except ValueError:
        raise FormulaValueError("Invalid date") from None


def _datetime_value(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    try:
        return parse_datetime(value)
    except ValueError:
        raise FormulaValueError("Invalid date and time") from None


def time_value(value: Any, zone: Any) -> time:
    if isinstance(value, datetime):
        return value.astimezone(zone).time()
    try:
        return time.fromisoformat(value.strip())
    except ValueError:
        raise FormulaValueError("Invalid time") from None


def _add_months(start: date, months: Decimal) -> date:
    """The last day of a month stays a last day (Salesforce Help, ADDMONTHS)."""
    total = start.year * 12 + start.month - 1 + int(months)
    year, month = total // 12, total % 12 + 1
    if not 1 <= year <= 9999:
        raise FormulaValueError("Invalid date")
    last = calendar.monthrange(year, month)[1]
    was_last = start.day == calendar.monthrange(start.year, start.month)[1]
    return start.replace(year=year, month=month, day=last if was_last else min(start.day, last))


def _link(url: str, text: str, target: str = "_blank") -> str:
    return f'<a href="{html.escape(url)}" target="{html.escape(target)}">{html.escape(text)}</a>'


def _image(url: str, alt: str, height: Decimal | None = None, width: Decimal | None = None) -> str:
    size = "".join(f' {name}="{plain(value)}"' for name, value in (("height", height), ("width", width)) if value)
    return f'<img src="{html.escape(url)}" alt="{html.escape(alt)}"{size} border="0"/>'


def _angle(work: Callable[..., float]) -> Callable[..., Decimal]:
    """A function of angles in radians. It is worked out in doubles, as Salesforce does."""

    def run(*numbers: Decimal) -> Decimal:
        try:
            return Decimal(repr(work(*map(float, numbers))))
        except (ValueError, OverflowError):
            raise FormulaValueError("not a number") from None

    return run


def _distance(lat1: Decimal, lon1: Decimal, lat2: Decimal, lon2: Decimal, unit: str) -> Decimal | None:
    """DISTANCE() of two places, each as its latitude and longitude."""
    kilometres = distance(*map(float, (lat1, lon1, lat2, lon2)))
    factor = {"km": 1.0, "mi": 1.609344}.get(unit.lower())
    if factor is None:
        raise FormulaValueError(f"Invalid distance unit: {unit}")
    return None if kilometres is None else Decimal(repr(kilometres / factor))


def _case_safe(text: str) -> str:
    return parse_id(text) or text


def _from_unix(seconds: Decimal) -> datetime:
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        raise FormulaValueError("date out of range") from None


# "CEILING: rounds a number up to the nearest integer, away from zero if negative. FLOOR: … towards zero" (Help).
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "ABS": abs,
    "CEILING": lambda n: n.to_integral_value(ROUND_UP),
    "FLOOR": lambda n: n.to_integral_value(ROUND_DOWN),
    "MCEILING": lambda n: n.to_integral_value(ROUND_CEILING),
    "MFLOOR": lambda n: n.to_integral_value(ROUND_FLOOR),
    "ACOS": _angle(math.acos),
    "ASIN": _angle(math.asin),
    "ATAN": _angle(math.atan),
    "ATAN2": _angle(math.atan2),
    "COS": _angle(math.cos),
    "SIN": _angle(math.sin),
    "TAN": _angle(math.tan),
    "PI": lambda: Decimal(repr(math.pi)),
    "DISTANCE": _distance,
    "SQRT": lambda n: _exactly(lambda: EXACT.sqrt(n)),
    "EXP": lambda n: _exactly(lambda: EXACT.exp(n)),
    "LN": lambda n: _exactly(lambda: EXACT.ln(n)),
    "LOG": lambda n: _exactly(lambda: EXACT.log10(n)),
    "ROUND": lambda n, places: _round(n, places, ROUND_HALF_UP),
    "TRUNC": lambda n, places=Decimal(0): _round(n, places, ROUND_DOWN),
    "MOD": lambda n, by: n if by == 0 else EXACT.remainder(n, by),
    "MAX": lambda *numbers: max(numbers),
    "MIN": lambda *numbers: min(numbers),
    "LEN": lambda text: Decimal(len(text)),
    "LEFT": _left,
    "RIGHT": _right,
    "MID": _mid,
    "FIND": _find,
    "CONTAINS": lambda text, part: part in text,
    "BEGINS": lambda text, part: text.startswith(part),
    "SUBSTITUTE": _substitute,
    "TRIM": lambda text: text.strip(),
    "UPPER": lambda text, locale="": text.upper(),  # noqa: ARG005
    "LOWER": lambda text, locale="": text.lower(),  # noqa: ARG005
    "LPAD": lambda text, width, fill=" ": _pad(text, width, fill, left=True),
    "RPAD": lambda text, width, fill=" ": _pad(text, width, fill, left=False),
    "REVERSE": lambda text: text[::-1],
    "INITCAP": lambda text: text.title(),
    "ASCII": lambda text: Decimal(ord(text[0])) if text else None,
    "CHR": lambda code: chr(int(code)) if 0 < int(code) < 0xD800 else "",
    "REGEX": matches,
    "VALUE": lambda text: _number(text) if text else None,
    "ISNUMBER": _is_number,
    "DATE": _date,
    "DATETIMEVALUE": lambda value: _datetime_value(value) if value != "" else None,
    "YEAR": lambda day: Decimal(day.year),
    "MONTH": lambda day: Decimal(day.month),
    "DAY": lambda day: Decimal(day.day),
    "WEEKDAY": lambda day: Decimal(day.isoweekday() % 7 + 1),
    "DAYOFYEAR": lambda day: Decimal(day.timetuple().tm_yday),
    "ISOWEEK": lambda day: Decimal(day.isocalendar().week),
    "ISOYEAR": lambda day: Decimal(day.isocalendar().year),
    "ADDMONTHS": _add_months,
    "HOUR": lambda at: Decimal(at.hour),
    "MINUTE": lambda at: Decimal(at.minute),
    "SECOND": lambda at: Decimal(at.second),
    "MILLISECOND": lambda at: Decimal(at.microsecond // 1000),
    "UNIXTIMESTAMP": lambda moment: Decimal(int(_datetime_value(moment).timestamp())),
    "FROMUNIXTIME": _from_unix,
    "HYPERLINK": _link,
    "IMAGE": _image,
    "BR": lambda: "<br>",
    "CASESAFEID": _case_safe,
    "+": add,
    "-": subtract,
    "*": EXACT.multiply,
    "/": divide,
    "^": power,
    "unary -": lambda n: -n,
    "unary +": lambda n: n,
}
