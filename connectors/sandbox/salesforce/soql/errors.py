"""SOQL's errors, worded as Salesforce words them: the place in the query, then what is wrong with it."""

from __future__ import annotations

import re

from connectors.sandbox.salesforce.errors import ApiError

_HINT = " Please reference your WSDL or the describe call for the appropriate names."
_FIELD_HINT = "If you are attempting to use a custom field, be sure to append the '__c' after the custom field name."
_RELATION_HINT = (
    "If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship"
    " name."
)
_OBJECT_HINT = "If you are attempting to use a custom object, be sure to append the '__c' after the entity name."
_SNIPPET = 45
_TOKEN_START = re.compile(r"[\s,(]\S")


def located(text: str, at: int, code: str, message: str) -> ApiError:
    """The error with a caret under its place, and its row and column, both from 1.

    The excerpt holds the words around the place, as far as its line and some forty characters go.
    """
    at = min(at, len(text))
    line_start = text.rfind("\n", 0, at) + 1
    line_end = text.find("\n", at)
    row, column = text.count("\n", 0, at) + 1, at - line_start + 1
    start = max(line_start, at - _SNIPPET)
    if start > line_start and (match := _TOKEN_START.search(text, start - 1, at)):
        start = match.start() + 1
    end = min(len(text) if line_end < 0 else line_end, at + _SNIPPET)
    caret = " " * (at - start) + "^"
    return ApiError(code, f"\n{text[start:end]}\n{caret}\nERROR at Row:{row}:Column:{column}\n{message}")


def no_such_column(text: str, at: int, name: str, entity: str) -> ApiError:
    return located(text, at, "INVALID_FIELD", f"No such column '{name}' on entity '{entity}'. {_FIELD_HINT}{_HINT}")


def no_such_parent(text: str, at: int, name: str) -> ApiError:
    message = f"Didn't understand relationship '{name}' in field path. {_RELATION_HINT}{_HINT}"
    return located(text, at, "INVALID_FIELD", message)


def no_such_child(text: str, at: int, name: str) -> ApiError:
    message = f"Didn't understand relationship '{name}' in FROM part of query call. {_RELATION_HINT}{_HINT}"
    return located(text, at, "INVALID_TYPE", message)


def no_such_object(text: str, at: int, name: str) -> ApiError:
    return located(text, at, "INVALID_TYPE", f"sObject type '{name}' is not supported. {_OBJECT_HINT}{_HINT}")


def unexpected(text: str, at: int, token: str) -> ApiError:
    return malformed_at(text, at, f"unexpected token: '{token}'")


def malformed_at(text: str, at: int, message: str) -> ApiError:
    return located(text, at, "MALFORMED_QUERY", message)


def malformed(message: str) -> ApiError:
    return ApiError("MALFORMED_QUERY", message)
