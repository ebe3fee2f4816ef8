"""A checked formula as something to run, and its value for one record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.formula.check import Checker, Purpose
from connectors.sandbox.salesforce.formula.closures import Env, build
from connectors.sandbox.salesforce.formula.errors import FormulaError, FormulaValueError
from connectors.sandbox.salesforce.formula.parse import parse_formula
from connectors.sandbox.salesforce.formula.stored import reader, to_stored
from connectors.sandbox.salesforce.formula.typed import kind_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime, tzinfo

    from connectors.sandbox.salesforce.formula.typed import Reference, Typed
    from connectors.sandbox.salesforce.schema.catalog import Catalog
    from connectors.sandbox.salesforce.schema.spec import Field, SObject

    Row = Mapping[str, Any]

_DEEPEST = 10


@dataclass(frozen=True, slots=True)
class Program:
    """A formula ready to run: what it needs, what it gives, and how."""

    typed: Typed
    references: tuple[Reference, ...]
    readers: tuple[Callable[[Any], Any], ...]
    run: Callable[[Env], Any]

    @property
    def kind(self) -> str:
        return self.typed.kind


@dataclass(frozen=True, slots=True)
class Context:
    """What a formula is worked out in: the present, the zone of its days, its user, and where parents are found."""

    now: datetime
    zone: tzinfo
    user_id: str
    catalog: Catalog
    lookup: Callable[[SObject, str], Row | None]
    organization_id: str = ""


def compile_formula(
    text: str, target: SObject, catalog: Catalog, purpose: Purpose, *, field: Field | None = None,
    blank_as_zero: bool = False,
) -> Program:  # fmt: skip
    """The program of a formula on `target`; FormulaError where it is none, or not of the type of `field`.

    A validation rule's formula must be true or false.
    """
    checker = Checker(catalog, target, purpose)
    typed = checker.check(parse_formula(text))
    wanted = kind_of(field) if field else ("Boolean" if purpose is Purpose.RULE else typed.kind)
    if typed.kind not in {wanted, "Null"}:
        message = f"Formula result is data type ({typed.kind}), incompatible with expected data type ({wanted})."
        raise FormulaError(message)
    _check_cycle(checker.references, catalog, {(target.name, field.name)} if field else set())
    readers = tuple(_reader(reference, blank_as_zero=blank_as_zero) for reference in checker.references)
    return Program(typed, tuple(checker.references), readers, build(typed))


def _reader(reference: Reference, *, blank_as_zero: bool) -> Callable[[Any], Any]:
    return reader(reference.field, blank_as_zero=blank_as_zero) if reference.field else bool


def _check_cycle(references: list[Reference], catalog: Catalog, seen: set[tuple[str, str]]) -> None:
    for reference in references:
        field, owner = reference.field, reference.owner
        if field is None or owner is None or not field.formula:
            continue
        if (owner.name, field.name) in seen or len(seen) > _DEEPEST:
            message = "Formula cannot use another formula field that directly or indirectly refers to itself."
            raise FormulaError(f"{message} {field.name}")
        inner = Checker(catalog, owner, Purpose.FIELD)
        inner.check(parse_formula(field.formula))
        _check_cycle(inner.references, catalog, seen | {(owner.name, field.name)})


def evaluate(program: Program, record: Row, prior: Row | None, context: Context) -> Any:
    """The formula's value for a record of stored values; FormulaValueError where it has none.

    `prior` is the record before the change, or None where it is new.
    """
    slots = [
        read(_stored(reference, record, prior, context))
        for reference, read in zip(program.references, program.readers, strict=True)
    ]
    return program.run(Env(slots, context.now, context.zone))


def field_value(field: Field, owner: SObject, record: Row, context: Context) -> Any:
    """The stored form of a formula field's value for a record; null, or unchecked, where it has none."""
    program = compile_formula(
        field.formula, owner, context.catalog, Purpose.FIELD, field=field, blank_as_zero=field.blank_as_zero
    )
    try:
        return to_stored(evaluate(program, record, None, context), field)
    except FormulaValueError:
        return to_stored(None, field)


def _stored(reference: Reference, record: Row, prior: Row | None, context: Context) -> Any:
    if reference.source == "new":
        return prior is None
    row: Row | None = record if reference.source == "record" or prior is None else prior
    if reference.source == "user":
        row = context.lookup(context.catalog.named("User"), context.user_id)
    elif reference.source == "organization":
        row = context.lookup(context.catalog.named("Organization"), context.organization_id)
    for hop in reference.hops:
        parent = row[hop.field.name] if row is not None else None
        row = context.lookup(hop.target, parent) if parent and parent.startswith(hop.target.prefix) else None
    if row is None or reference.field is None or reference.owner is None:
        return None
    if reference.field.formula:
        return field_value(reference.field, reference.owner, row, context)
    return row[reference.field.name]
