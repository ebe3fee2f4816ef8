"""Formula fields as SQL: what SQLite works out exactly by itself, and one Python function for all else.

Numbers are integers in units of a scale, as the tables hold them. What grows beyond 64 bits turns into a float in
SQLite; such a row is worked out by the exact function instead.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from connectors.sandbox.salesforce.formula.check import Purpose
from connectors.sandbox.salesforce.formula.closures import Env
from connectors.sandbox.salesforce.formula.errors import FormulaError, FormulaValueError
from connectors.sandbox.salesforce.formula.native import NotNative, Translator, literal
from connectors.sandbox.salesforce.formula.program import compile_formula
from connectors.sandbox.salesforce.formula.stored import to_stored
from connectors.sandbox.salesforce.org.storage import quote
from connectors.sandbox.salesforce.values import format_datetime

if TYPE_CHECKING:
    from connectors.sandbox.database import Database
    from connectors.sandbox.salesforce.formula.program import Program
    from connectors.sandbox.salesforce.formula.typed import Reference
    from connectors.sandbox.salesforce.schema.catalog import Catalog
    from connectors.sandbox.salesforce.schema.spec import Field, SObject

_MOST_PROGRAMS = 5000


@dataclass(frozen=True, slots=True)
class _Known:
    program: Program
    field: Field


# Programs that SQL text names by key. Equal keys are equal programs, so databases share them.
_programs: OrderedDict[str, _Known] = OrderedDict()


def column_sql(field: Field, owner: SObject, catalog: Catalog, table: str, user_id: str = "") -> str:
    """The SQL expression of a formula field's stored value, over a row of `owner` under the alias `table`.

    It binds no values, and is the same text for the same arguments. A formula that lost its field is null.
    """
    try:
        program = compile_formula(
            field.formula, owner, catalog, Purpose.FIELD, field=field, blank_as_zero=field.blank_as_zero
        )
    except FormulaError:  # a field that it names is gone, or hidden from this user
        return "NULL" if field.type != "boolean" else "0"
    slots = [_reference_sql(reference, catalog, table, user_id) for reference in program.references]
    exact = f"sf_formula({', '.join([literal(_remember(program, field, owner)), *slots])})"
    try:
        return Translator(program, slots, blank_as_zero=field.blank_as_zero).result(field, exact)
    except NotNative:
        return exact


def _reference_sql(reference: Reference, catalog: Catalog, table: str, user_id: str) -> str:
    """A slot's stored value: a column, or a subquery for each parent on the way."""
    if reference.source == "organization":
        assert reference.field is not None  # noqa: S101  a global variable is read by its fields
        return f'(SELECT {quote(reference.field.name)} FROM "Organization")'
    source = table
    row_id = ""
    if reference.source == "user":
        source = f"{table}u"
        row_id = literal(user_id)
    steps = list(reference.hops)
    owner = catalog.named("User") if reference.source == "user" else None
    sql = ""
    if owner is not None:
        inner = steps[0].field if steps else reference.field
        assert inner is not None  # noqa: S101  only ISNEW has no field, and no formula field has ISNEW
        value = _column(inner, owner, catalog, source, user_id)
        sql = f'(SELECT {value} FROM "User" {source} WHERE {source}."Id" = {row_id})'
    elif not steps:
        assert reference.field is not None  # noqa: S101
        assert reference.owner is not None  # noqa: S101
        return _column(reference.field, reference.owner, catalog, table, user_id)
    else:
        sql = f"{table}.{quote(steps[0].field.name)}"
    for depth, hop in enumerate(steps):
        alias = f"{source}p{depth}"
        last = depth == len(steps) - 1
        wanted = reference.field if last else steps[depth + 1].field
        assert wanted is not None  # noqa: S101
        value = _column(wanted, hop.target, catalog, alias, user_id)
        sql = f'(SELECT {value} FROM {quote(hop.target.name)} {alias} WHERE {alias}."Id" = {sql})'
    return sql


def _column(field: Field, owner: SObject, catalog: Catalog, table: str, user_id: str) -> str:
    if field.formula:
        return column_sql(field, owner, catalog, table, user_id)
    return f"{table}.{quote(field.name)}"


def _remember(program: Program, field: Field, owner: SObject) -> str:
    shape = [(r.owner.name if r.owner else "", r.field.name, r.field.type, r.field.scale, r.hops and len(r.hops))
             for r in program.references if r.field]  # fmt: skip
    said = (owner.name, field.name, field.formula, field.type, field.precision, field.scale, field.blank_as_zero, shape)
    key = hashlib.blake2b(repr(said).encode(), digest_size=12).hexdigest()
    _programs[key] = _Known(program, field)
    _programs.move_to_end(key)
    while len(_programs) > _MOST_PROGRAMS:
        _programs.popitem(last=False)
    return key


def register(database: Database, time_zone: str) -> None:
    """Give the database `sf_formula(key, slots…)`, which works out what SQL cannot, in the sandbox's present."""
    zone = ZoneInfo(time_zone)

    def sf_formula(key: str, *slots: Any) -> Any:
        known = _programs[key]
        read = [reader(slot) for reader, slot in zip(known.program.readers, slots, strict=True)]
        try:
            return to_stored(known.program.run(Env(read, database.clock.now(), zone)), known.field)
        except FormulaValueError:
            return to_stored(None, known.field)

    def sf_formula_today() -> str:
        return database.clock.now().astimezone(zone).date().isoformat()

    def sf_formula_now() -> str:
        return format_datetime(database.clock.now())

    with database.transaction() as connection:
        connection.create_function("sf_formula", -1, sf_formula)
        # Called deterministic, so that SQLite asks once a statement and not once a row.
        connection.create_function("sf_formula_today", 0, sf_formula_today, deterministic=True)
        connection.create_function("sf_formula_now", 0, sf_formula_now, deterministic=True)
