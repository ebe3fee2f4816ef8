"""What follows from saving and deleting, by object: each subject's module says its part, this one finds it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.figures import (
    campaigns,
    currencies,
    field_history,
    forecasts,
    groups,
    quotes,
    service,
    splits,
    territories,
)
from connectors.sandbox.salesforce.org import access

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from connectors.sandbox.salesforce.errors import RecordError
    from connectors.sandbox.salesforce.records.writer import Writer
    from connectors.sandbox.salesforce.schema.spec import SObject

    Row = Mapping[str, Any]
    Before = Callable[[Writer, dict[str, Any], dict[str, Any], Row | None], None]  # values, merged, old
    After = Callable[[Writer, Row, Row | None], None]  # row, old
    Gone = Callable[[Writer, Row], None]

_MODULES = (access, campaigns, currencies, field_history, forecasts, groups, quotes, service, splits, territories)


def _join(name: str) -> dict[str, list[Any]]:
    """The functions of every module's table of that name, by object."""
    joined: dict[str, list[Any]] = {}
    for module in _MODULES:
        for target, function in getattr(module, name, {}).items():
            joined.setdefault(target, []).append(function)
    return joined


_BEFORE: dict[str, list[Before]] = _join("BEFORE")
_AFTER: dict[str, list[After]] = _join("AFTER")
_BEFORE_DELETE: dict[str, list[Gone]] = _join("BEFORE_DELETE")
_AFTER_DELETE: dict[str, list[Gone]] = _join("AFTER_DELETE")


def before_save(writer: Writer, target: SObject, values: dict[str, Any], old: Row | None) -> None:
    """Complete the values to be stored; RecordError where Salesforce's own rules refuse them."""
    currencies.before_any(writer, target, values, old)
    for function in _BEFORE.get(target.name, ()):
        function(writer, values, {**(dict(old) if old else {}), **values}, old)


def after_save(writer: Writer, target: SObject, row: Row, old: Row | None) -> None:
    """Write what follows from a saved row."""
    for function in _AFTER.get(target.name, ()):
        function(writer, row, old)


def before_delete(writer: Writer, target: SObject, old: Row) -> None:
    for function in _BEFORE_DELETE.get(target.name, ()):
        function(writer, old)


def after_delete(writer: Writer, target: SObject, old: Row) -> None:
    for function in _AFTER_DELETE.get(target.name, ()):
        function(writer, old)


def settle(writer: Writer) -> dict[str, RecordError]:
    """What the whole call, now written, breaks: the refusal by record id, each of those records put back."""
    return splits.settle(writer)
