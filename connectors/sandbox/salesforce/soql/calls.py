"""SOQL's functions as SQL: aggregates, date functions, conversions, distances."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from connectors.sandbox.salesforce.schema.spec import DECIMALS, STRINGS, Field
from connectors.sandbox.salesforce.soql import errors
from connectors.sandbox.salesforce.soql.literals import unescape
from connectors.sandbox.salesforce.soql.tree import Call, Path, Value

if TYPE_CHECKING:
    from collections.abc import Callable

    from connectors.sandbox.salesforce.errors import ApiError
    from connectors.sandbox.salesforce.schema.spec import SObject
    from connectors.sandbox.salesforce.soql.moment import Moment
    from connectors.sandbox.salesforce.soql.tree import Expression

NUMERIC = DECIMALS | {"int"}
AGGREGATES = frozenset({"COUNT", "COUNT_DISTINCT", "SUM", "AVG", "MIN", "MAX"})
# "Support for Field Types in Aggregate Functions", SOQL and SOSL Reference: these have none at all.
_NO_AGGREGATE = frozenset({"boolean", "base64", "time", "anyType", "multipicklist"})
_MONTH = "CAST(substr({0}, 6, 2) AS INTEGER)"
_YEAR = "CAST(substr({0}, 1, 4) AS INTEGER)"
_DATE_FUNCTIONS = {
    "CALENDAR_YEAR": _YEAR,
    "CALENDAR_QUARTER": f"({_MONTH} + 2) / 3",
    "CALENDAR_MONTH": _MONTH,
    "DAY_IN_MONTH": "CAST(substr({0}, 9, 2) AS INTEGER)",
    "DAY_IN_WEEK": "CAST(strftime('%w', substr({0}, 1, 10)) AS INTEGER) + 1",
    "DAY_IN_YEAR": "CAST(strftime('%j', substr({0}, 1, 10)) AS INTEGER)",
    # The first week runs from the first day to the seventh, whatever weekday that is.
    "WEEK_IN_MONTH": "(CAST(substr({0}, 9, 2) AS INTEGER) + 6) / 7",
    "WEEK_IN_YEAR": "(CAST(strftime('%j', substr({0}, 1, 10)) AS INTEGER) + 6) / 7",
    "HOUR_IN_DAY": "CAST(substr({0}, 12, 2) AS INTEGER)",
    "DAY_ONLY": "substr({0}, 1, 10)",
    "FISCAL_YEAR": "",
    "FISCAL_QUARTER": "",
    "FISCAL_MONTH": "",
}
DATE_FUNCTIONS = frozenset(_DATE_FUNCTIONS)
_INTEGER = Field("", "int", "", digits=9)
_DATE = Field("", "date", "")
_KILOMETRES = {"km": 1.0, "mi": 1.609344}


@dataclass(frozen=True, slots=True)
class Column:
    """An SQL expression, and the field that gives it its type. `owner` is the object of a plain field.

    `code` and `day` are the SQL of an amount's currency, and of the day whose rate it is converted by.
    """

    sql: str
    field: Field
    aggregate: bool = False
    owner: SObject | None = None
    code: str = ""
    day: str = ""


@dataclass(frozen=True, slots=True)
class Calls:
    """Compiles function calls; `resolve_inner` is the scope's own, for what stands inside them."""

    text: str
    moment: Moment
    resolve_inner: Callable[[Expression], Column]

    def resolve(self, call: Call) -> Column:
        """The column of a call; ApiError where there is no such function, or not of that."""
        name = call.name.upper()
        if name in AGGREGATES:
            return self._aggregate(name, call)
        if name == "DISTANCE":
            return self._distance(call)
        inner = self._only(call)
        if name in _DATE_FUNCTIONS:
            return self._date_function(name, call, inner)
        conversion = {
            "TOLABEL": self._label,
            "FORMAT": self._format,
            "CONVERTCURRENCY": self._currency,
            "CONVERTTIMEZONE": self._local,
        }.get(name)
        if conversion is None:
            raise errors.unexpected(self.text, call.at, call.name)
        return conversion(call, inner)

    def _only(self, call: Call) -> Column:
        """The column of a call's only argument."""
        if len(call.arguments) != 1 or isinstance(call.arguments[0], Value):
            raise errors.unexpected(self.text, call.at, call.name)
        return self.resolve_inner(call.arguments[0])

    def _refused(self, call: Call, inner: Column) -> ApiError:
        message = f"field {inner.field.name} does not support function {call.name}"
        return errors.malformed_at(self.text, call.at, message)

    def _label(self, call: Call, inner: Column) -> Column:
        """What a picklist's value is shown as. The org has one language, so a value's label is its only translation."""
        field = inner.field
        if field.type not in STRINGS and field.type != "multipicklist":
            raise self._refused(call, inner)
        pairs = [(value, label) for value in field.picklist if (label := field.label_of(value)) != value]
        if not pairs:
            return Column(inner.sql, field, inner.aggregate)
        cases = " ".join(f"WHEN {_text(value)} THEN {_text(label)}" for value, label in pairs)
        return Column(f"CASE {inner.sql} {cases} ELSE {inner.sql} END", field, inner.aggregate)

    def _format(self, call: Call, inner: Column) -> Column:
        kind = inner.field.type
        if kind not in NUMERIC | {"date", "datetime", "time"}:
            raise self._refused(call, inner)
        if not self.moment.locale.startswith("en_US"):  # how other locales write is not known here
            message = f"{call.name} is not supported for the locale {self.moment.locale}"
            raise errors.malformed_at(self.text, call.at, message)
        scale = inner.field.scale if kind in DECIMALS else 0
        shown = Field(inner.field.name, "string", "", 255)
        if kind == "currency" and self.moment.currencies:
            code = inner.code or _text(self.moment.currencies.corporate)
            amount = f"sf_format({inner.sql}, 'amount', {scale}, '')"
            return Column(f"({code} || ' ' || {amount})", shown, inner.aggregate)
        values = f"{_text(kind)}, {scale}, {_text(self.moment.zone_name)}"
        return Column(f"sf_format({inner.sql}, {values})", shown, inner.aggregate)

    def _currency(self, call: Call, inner: Column) -> Column:
        """An amount in the reader's currency: the amount itself in an org with a single one, which all users have.

        "You can't convert the result of an aggregate function into the user's currency."
        """
        currencies = self.moment.currencies
        if inner.field.type != "currency" or (currencies and inner.aggregate):
            raise self._refused(call, inner)
        return currencies.convert(inner, currencies.reader) if currencies else replace(inner, owner=None)

    def _local(self, call: Call, inner: Column) -> Column:
        if inner.field.type != "datetime":
            raise self._refused(call, inner)
        return Column(f"sf_local({inner.sql}, {_text(self.moment.zone_name)})", inner.field)

    def _date_function(self, name: str, call: Call, inner: Column) -> Column:
        only_datetime = name in {"HOUR_IN_DAY", "DAY_ONLY"}
        if inner.aggregate or inner.field.type not in ({"datetime"} if only_datetime else {"date", "datetime"}):
            raise self._refused(call, inner)
        template = _DATE_FUNCTIONS[name] or _fiscal(name, self.moment)
        return Column(template.format(inner.sql), _DATE if name == "DAY_ONLY" else _INTEGER)

    def _aggregate(self, name: str, call: Call) -> Column:
        if name == "COUNT" and not call.arguments:
            return Column("COUNT(*)", _INTEGER, aggregate=True)
        inner = self._only(call)
        kind = inner.field.type
        if inner.aggregate or not _aggregates(name, inner.field):
            message = f"field {inner.field.name} does not support aggregate operator {name}"
            raise errors.malformed_at(self.text, call.at, message)
        if name in {"COUNT", "COUNT_DISTINCT"}:
            distinct = "DISTINCT " if name == "COUNT_DISTINCT" else ""
            return Column(f"COUNT({distinct}{inner.sql})", _INTEGER, aggregate=True)
        if name in {"MIN", "MAX"} and inner.field.picklist:
            # "the function uses the sort order of the picklist values instead of alphabetical order"
            ranked = f"printf('%06d', {picklist_rank(inner)}) || {inner.sql}"
            return Column(f"substr({name}({ranked}), 7)", inner.field, aggregate=True)
        if kind == "currency" and self.moment.currencies:  # aggregates are "in the organization's default currency"
            inner = self.moment.currencies.convert(inner, self.moment.currencies.corporate)
        result = replace(inner.field, type="double", precision=18) if name == "AVG" and kind == "int" else inner.field
        return Column(f"{name}({inner.sql})", result, aggregate=True, code=inner.code)

    # Distances

    def _distance(self, call: Call) -> Column:
        """The great-circle distance between two places, in miles or kilometres."""
        if len(call.arguments) != 3 or not isinstance(call.arguments[2], Value):
            raise errors.unexpected(self.text, call.at, call.name)
        unit = call.arguments[2]
        factor = _KILOMETRES.get(unescape(unit.text).lower()) if unit.kind == "string" else None
        if factor is None:
            message = f"Invalid distance unit: {unit.text}. Valid unit: 'mi', 'km'"
            raise errors.malformed_at(self.text, unit.at, message)
        first, second = self._place(call.arguments[0]), self._place(call.arguments[1])
        sql = f"sf_distance({first}, {second}) / {factor}"
        return Column(sql, Field("", "double", "", precision=18, scale=0))

    def _place(self, argument: Expression | Value) -> str:
        """The latitude and longitude of a location field or a GEOLOCATION."""
        if isinstance(argument, Path):
            column = self.resolve_inner(argument)
            if not column.field.compound:
                message = f"field '{column.field.name}' is not a location and has no distance"
                raise errors.located(self.text, argument.at, "INVALID_FIELD", message)
            return ", ".join(f"json_extract({column.sql}, '$.{part}')" for part in ("latitude", "longitude"))
        if isinstance(argument, Call) and argument.name.upper() == "GEOLOCATION" and len(argument.arguments) == 2:
            numbers = [part for part in argument.arguments if isinstance(part, Value) and part.kind == "number"]
            if len(numbers) == 2 and all(
                abs(Decimal(number.text)) <= most for number, most in zip(numbers, (90, 180), strict=True)
            ):
                return f"{float(numbers[0].text)!r}, {float(numbers[1].text)!r}"
        where = argument.at
        raise errors.malformed_at(
            self.text, where, "DISTANCE takes location fields and GEOLOCATION(latitude, longitude)"
        )


def picklist_rank(column: Column) -> str:
    """The place of a value in its picklist, from 0; what is not in it comes after."""
    cases = " ".join(f"WHEN {_text(value)} THEN {i}" for i, value in enumerate(column.field.picklist))
    return (
        f"CASE {column.sql} {cases} ELSE CASE WHEN {column.sql} IS NOT NULL THEN {len(column.field.picklist)} END END"
    )


def _fiscal(name: str, moment: Moment) -> str:
    first = moment.fiscal_month
    month = f"(({_MONTH} + {12 - first}) % 12 + 1)"
    if name == "FISCAL_MONTH":
        return month
    if name == "FISCAL_QUARTER":
        return f"(({month} + 2) / 3)"
    if first == 1:
        return _YEAR
    # Organization.UsesStartDateAsFiscalYearName: a fiscal year has the name of the year that it ends in, or begins in.
    return f"({_YEAR} - ({_MONTH} < {first}))" if moment.fiscal_by_start else f"({_YEAR} + ({_MONTH} >= {first}))"


def _aggregates(name: str, found: Field) -> bool:
    if name in {"SUM", "AVG"}:
        return found.type in NUMERIC
    return found.type not in _NO_AGGREGATE and found.aggregatable


def _text(value: str) -> str:
    """A string of ours for SQL."""
    return "'" + value.replace("'", "''") + "'"
