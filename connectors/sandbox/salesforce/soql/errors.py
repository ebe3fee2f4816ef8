"""SOQL's errors, worded as Salesforce words them: the place in the query, then what is wrong with it."""

from __future__ import annotations

from connectors.sandbox.salesforce.errors import ApiError

_FIELD_HINT = (
    "If you are attempting to use a custom field, be sure to append the '__c' after the custom field name."
    " Please reference your WSDL or the describe call for the appropriate names."
)
_RELATION_HINT = (
    "If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship"
    " name. Please reference your WSDL or the describe call for the appropriate names."
)
_OBJECT_HINT = (
    "If you are attempting to use a custom object, be sure to append the '__c' after the entity name."
    " Please reference your WSDL or the describe call for the appropriate names."
)
_SNIPPET = 50


def located(text: str, at: int, code: str, message: str) -> ApiError:
    """The error with a caret under its place, and its row and column, both from 1."""
    at = min(at, len(text))
    line_start = text.rfind("\n", 0, at) + 1
    line_end = text.find("\n", at)
    row, column = text.count("\n", 0, at) + 1, at - line_start + 1
    start = max(line_start, at - _SNIPPET)
    end = min(len(text) if line_end < 0 else line_end, at + _SNIPPET)
    caret = " " * (at - start) + "^"
    return ApiError(code, f"\n{text[start:end]}\n{caret}\nERROR at Row:{row}:Column:{column}\n{message}")


def no_such_column(text: str, at: int, name: str, entity: str) -> ApiError:
    return located(text, at, "INVALID_FIELD", f"No such column '{name}' on entity '{entity}'. {_FIELD_HINT}")


def no_such_parent(text: str, at: int, name: str) -> ApiError:
    message = f"Didn't understand relationship '{name}' in field path. {_RELATION_HINT}"
    return located(text, at, "INVALID_FIELD", message)


def no_such_child(text: str, at: int, name: str) -> ApiError:
    message = f"Didn't understand relationship '{name}' in FROM part of query call. {_RELATION_HINT}"
    return located(text, at, "INVALID_TYPE", message)


def no_such_object(text: str, at: int, name: str) -> ApiError:
    return located(text, at, "INVALID_TYPE", f"sObject type '{name}' is not supported. {_OBJECT_HINT}")


def unexpected(text: str, at: int, token: str) -> ApiError:
    return located(text, at, "MALFORMED_QUERY", f"unexpected token: '{token}'")


def malformed(message: str) -> ApiError:
    return ApiError("MALFORMED_QUERY", message)
