"""The search API: filters turned into SQL, a page of at most 200 rows, and never past the ten-thousandth row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connectors.sandbox.hubspot.associations.links import link_types
from connectors.sandbox.hubspot.call import Call, object_list, record_id, scalar, text_list, text_map
from connectors.sandbox.hubspot.definitions.types import find_object
from connectors.sandbox.hubspot.errors import bad_json, json_response, validation
from connectors.sandbox.hubspot.records.render import record_body
from connectors.sandbox.hubspot.routes import under
from connectors.sandbox.hubspot.search.index import count, page
from connectors.sandbox.hubspot.values import ValueRefusedError, parse_date, parse_datetime, parse_number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.responses import Response

    from connectors.sandbox.hubspot.definitions.schema import Property
    from connectors.sandbox.hubspot.definitions.types import ObjectType
    from connectors.sandbox.hubspot.routes import Routes
    from connectors.sandbox.hubspot.store import Store

# The limits of the search guide.
PAGE = 200
WINDOW = 10_000
GROUPS, FILTERS, TOTAL_FILTERS = 5, 6, 18
BODY_CHARACTERS = 3000

_COMPARISONS = {"EQ": "=", "NEQ": "<>", "LT": "<", "LTE": "<=", "GT": ">", "GTE": ">="}
_LISTS = {"IN": "IN", "NOT_IN": "NOT IN"}
_TOKENS = {"CONTAINS_TOKEN": "= 1", "NOT_CONTAINS_TOKEN": "= 0"}
_PRESENCE = {"HAS_PROPERTY": "IS NOT NULL", "NOT_HAS_PROPERTY": "IS NULL"}
_OPERATORS = (*_COMPARISONS, "BETWEEN", *_LISTS, *_PRESENCE, *_TOKENS)


@dataclass(frozen=True, slots=True)
class Condition:
    """A piece of SQL and the values bound in it."""

    sql: str
    values: tuple[Any, ...] = ()


def search(call: Call) -> Response:
    """POST /{kind}/search."""
    kind = find_object(call.store, call.params["kind"])
    body = call.json()
    if len(call.raw) > BODY_CHARACTERS and len(call.raw.decode(errors="replace")) > BODY_CHARACTERS:
        raise validation(f"The request body must not be longer than {BODY_CHARACTERS} characters.")
    names = text_list(body, "properties") or list(kind.shown)
    limit, after = _whole(body, "limit", 10, PAGE), _whole(body, "after", 0, None)
    if after + limit > WINDOW:
        raise validation(
            f"The search endpoints are limited to {WINDOW:,} total results for any given query: "
            f"after {after} with limit {limit} goes past that. Narrow the filters instead.",
        )
    condition = _where(call.store, kind, body)
    order = _order(call.store, kind, body)
    with call.store.database.transaction():
        total = count(call.store, kind, condition.sql, condition.values)
        found = page(call.store, kind, names, condition.sql, condition.values, order, limit, after)
    answer: dict[str, Any] = {"total": total, "results": [record_body(kind, record, names) for record in found]}
    if after + limit < total:
        answer["paging"] = {"next": {"after": str(after + limit)}}
    return json_response(answer)


def _whole(body: Mapping[str, Any], name: str, default: int, maximum: int | None) -> int:
    value = body.get(name)
    if value is None or value == "":
        return default
    number = record_id(scalar(value, name))
    if number is None or (maximum is not None and number > maximum):
        bound = f" between 0 and {maximum}" if maximum is not None else ""
        raise validation(f"Invalid {name} '{value}': it must be a whole number{bound}.")
    return number


def _where(store: Store, kind: ObjectType, body: Mapping[str, Any]) -> Condition:
    """The condition of a whole search: not archived, one of the groups, and the words of the query."""
    groups = [object_list(group, "filters") for group in object_list(body, "filterGroups")]
    if body.get("filters"):  # one group may stand without `filterGroups` (the guide's association example)
        groups.append(object_list(body, "filters"))
    too_many = len(groups) > GROUPS or any(len(group) > FILTERS for group in groups)
    if too_many or sum(map(len, groups)) > TOTAL_FILTERS:
        raise validation(
            f"Too many filters: a search takes at most {GROUPS} filterGroups of {FILTERS} filters, "
            f"{TOTAL_FILTERS} filters in all."
        )
    parts, values = ['"$archived" IS NULL'], []
    alternatives = []
    for group in groups:
        conditions = [_filter(store, kind, each) for each in group]
        alternatives.append(" AND ".join(each.sql for each in conditions) or "1")
        values += [value for each in conditions for value in each.values]
    if alternatives:
        parts.append(alternatives[0] if len(alternatives) == 1 else f"({' OR '.join(f'({a})' for a in alternatives)})")
    if body.get("query") not in (None, ""):
        words = " || ' ' || ".join(f"coalesce(\"{name}\", '')" for name in kind.searched)
        parts.append(f"hs_has_words({words}, ?)")
        values.append(scalar(body["query"], "query"))
    return Condition(" AND ".join(parts), tuple(values))


def _order(store: Store, kind: ObjectType, body: Mapping[str, Any]) -> str:
    """ORDER BY: one rule at most, ties and searches without a rule in the order of ids."""
    rules = body.get("sorts") or []
    if not isinstance(rules, list):
        raise bad_json("line 1, column 1: sorts must be a list")
    if len(rules) > 1:
        raise validation("Only one sort is supported per search.")
    if not rules:
        return '"$id"'
    name: Any
    if isinstance(rules[0], str):
        name, descending = rules[0].removeprefix("-"), rules[0].startswith("-")
    else:
        rule = text_map(rules[0], "a sort")
        name, direction = rule.get("propertyName"), rule.get("direction", "ASCENDING")
        if direction not in ("ASCENDING", "DESCENDING"):
            raise validation(f"Invalid sort direction '{direction}': use ASCENDING or DESCENDING.")
        descending = direction == "DESCENDING"
    definition = store.catalog.of(kind.name).get(name) if isinstance(name, str) else None
    if definition is None:
        raise validation(f"Invalid sort: property '{name}' does not exist on {kind.label}.")
    way = " DESC" if descending else ""
    column = _column(definition)
    return f"{column}{way}" if column == '"$id"' else f'{column}{way}, "$id"'


def _filter(store: Store, kind: ObjectType, body: Mapping[str, Any]) -> Condition:
    """One filter as SQL."""
    name, operator = body.get("propertyName"), body.get("operator")
    if not isinstance(name, str) or not name:
        raise validation("Invalid input JSON on line 1, column 2. Some required fields were not set: [propertyName]")
    if operator not in _OPERATORS:
        raise validation(f"Invalid operator '{operator}': use one of {', '.join(_OPERATORS)}.")
    if name.startswith("associations."):
        return _association(store, kind, name.removeprefix("associations."), operator, body)
    definition = store.catalog.of(kind.name).get(name)
    if definition is None:
        return Condition("0")  # a name that no property has finds nothing, silently (seen by users, undocumented)
    column = _column(definition)
    if operator in _PRESENCE:
        return Condition(f"{column} {_PRESENCE[operator]}")
    if operator in _TOKENS:
        text = _text(body, "value", operator)
        return Condition(f"{column} IS NOT NULL AND hs_has_token({column}, ?) {_TOKENS[operator]}", (text,))
    if operator == "BETWEEN":
        bounds = (_operand(definition, _text(body, name, operator)) for name in ("value", "highValue"))
        return Condition(f"{column} BETWEEN ? AND ?", tuple(bounds))
    if operator in _LISTS:
        values = [_operand(definition, text) for text in _values(body, operator)]
        if definition.type == "string":
            # The values must be given in lower case to be found (search guide).
            column = f'lower("{definition.name}")'
        return Condition(f"{column} {_LISTS[operator]} ({', '.join('?' * len(values))})", tuple(values))
    return Condition(f"{column} {_COMPARISONS[operator]} ?", (_operand(definition, _text(body, "value", operator)),))


def _association(store: Store, kind: ObjectType, name: str, operator: str, body: Mapping[str, Any]) -> Condition:
    """A filter on linked records, by the pseudo-property `associations.{object}`."""
    keys = tuple(link_types(store, kind, find_object(store, name)))
    linked = f"SELECT from_id FROM hs_link WHERE type IN ({', '.join('?' * len(keys))})"
    if operator in _PRESENCE:
        return Condition(f'"$id" {"IN" if operator == "HAS_PROPERTY" else "NOT IN"} ({linked})', keys)
    if operator not in ("EQ", "IN"):
        raise validation(f"Operator {operator} is not supported for associations.{name}: use EQ or IN.")
    texts = [_text(body, "value", operator)] if operator == "EQ" else _values(body, operator)
    ids = [record_id(text) for text in texts]
    marks = ", ".join("?" * len(ids))
    return Condition(f'"$id" IN ({linked} AND to_id IN ({marks}))', (*keys, *ids))


def _column(definition: Property) -> str:
    """What a property is compared and sorted by: numbers as numbers, words in any case, the rest as it stands."""
    if definition.name == "hs_object_id":
        return '"$id"'
    if definition.type == "number":
        return f'CAST("{definition.name}" AS NUMERIC)'
    if definition.type == "string" and definition.name != "email":  # addresses are kept in lower case
        return f'"{definition.name}" COLLATE NOCASE'
    return f'"{definition.name}"'


def _operand(definition: Property, text: str) -> Any:
    """A filter's value in the form of the column it is compared with."""
    try:
        if definition.name == "hs_object_id" or definition.type == "number":
            number = parse_number(text)
            return int(number) if record_id(number) is not None else float(number)
        if definition.type == "datetime":
            return parse_datetime(text)
        if definition.type == "date":
            return parse_date(text)
    except ValueRefusedError as error:
        raise validation(f"Invalid filter value for {definition.name}: {error}") from error
    return text.lower() if definition.name == "email" else text


def _text(body: Mapping[str, Any], name: str, operator: str) -> str:
    if body.get(name) is None:
        raise validation(f"operator {operator} requires {name} to be set")
    return scalar(body[name], name)


def _values(body: Mapping[str, Any], operator: str) -> list[str]:
    values = body.get("values")
    if not isinstance(values, list) or not values:
        raise validation(f"operator {operator} requires values to be a list that is not empty")
    return [scalar(each, "values") for each in values]


ROUTES: Routes = under("crm", "v3", "objects", {"/{kind}/search": {"POST": search}})
