"""DuckDB, for the length of one computation: expressions in, Arrow tables out.

Expressions name their tables and know no connection, so what they compute stays independent of where it runs.
The database lives in memory, opens no file, loads no extension and spills nowhere.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

import duckdb
import ibis

from salesops.exact import RATIO_MACRO

if TYPE_CHECKING:
    from collections.abc import Iterator

    import ibis.expr.types as ir
    import pyarrow as pa

_SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "enable_external_access": "false",
    "temp_directory": "",
}


class NumberTooLarge(ArithmeticError):
    """An amount left the range of exact decimals. Nothing was computed.

    Amounts have 38 digits, 6 of them after the point; what is paid on them, before it is rounded, has up to 18 there.
    """


class Engine:
    """One in-memory database, closed on leaving the `with` block."""

    def __init__(self) -> None:
        self._database = duckdb.connect(":memory:", config=_SETTINGS)
        self._database.execute(RATIO_MACRO)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def load(self, name: str, table: pa.Table) -> ir.Table:
        """The Arrow table under a name, read in place, as an expression to build on."""
        self._database.register(name, table)
        return ibis.table(ibis.Schema.from_pyarrow(table.schema), name=name)

    def keep(self, name: str, expression: ir.Table) -> ir.Table:
        """The expression's rows under a name: computed now and once, however often they are used after."""
        with _in_range():
            self._database.execute(f'CREATE TEMP TABLE "{name}" AS {_sql(expression)}')
        return ibis.table(expression.schema(), name=name)

    def read(self, expression: ir.Table, schema: pa.Schema) -> pa.Table:
        """The expression's rows in the schema's columns and types, sorted by its columns from left to right."""
        ordered = expression.select(*schema.names).order_by(*schema.names)
        with _in_range():
            rows: pa.Table = self._database.sql(_sql(ordered)).to_arrow_table()
        return rows.cast(schema)


def _sql(expression: ir.Table) -> str:
    return str(ibis.to_sql(expression, dialect="duckdb"))


@contextmanager
def _in_range() -> Iterator[None]:
    try:
        yield
    except (duckdb.OutOfRangeException, duckdb.ConversionException) as error:
        raise NumberTooLarge("an amount is too large to be computed exactly.") from error
