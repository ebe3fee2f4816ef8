"""DuckDB, for the length of one computation: expressions in, Arrow tables out.

Expressions name their tables and know no connection, so what they compute stays independent of where it runs.
The database lives in memory, opens no file, loads no extension and spills nowhere.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Self, TypeAlias, TypeVar

import duckdb
import ibis
from duckdb.func import FunctionNullHandling, PythonUDFType
from ibis.backends.sql.compilers import duckdb as duckdb_sql

from salesops.exact import RATIO_MACRO, WHOLE, narrowed
from salesops.sql import names, quoted
from salesops.wide import Wide

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future

    import ibis.expr.types as ir
    import pyarrow as pa
    from ibis.expr.operations import Node

Rows = TypeVar("Rows")
Tell: TypeAlias = "Callable[[], str]"

_TOO_LARGE = "an amount is too large to be computed exactly"
_SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "checkpoint_threshold": "1TB",  # what is thrown away in a moment is not worth being packed
    "enable_external_access": "false",
    "preserve_insertion_order": "false",  # what is read out is sorted
    "temp_directory": "",
}


class NumberTooLarge(ArithmeticError):
    """An amount left the range of exact decimals. Nothing was computed.

    Amounts have 38 digits, 6 of them after the point; steps towards what is paid on them may have more.
    """

    tell: Tell | None = None
    """Where it did, for whom nothing is known yet but what the statement was about."""


class Engine:
    """One in-memory database, closed on leaving the `with` block.

    Statements run one after another in a thread of its own, while callers go on to make the next ones. Once one has
    failed none runs any more, and whoever asks for rows gets what it raised, until `resume`. What is asked for later
    (`fetch_later`) is read by a second thread, beside the statements that follow.
    """

    def __init__(self) -> None:
        self._kept: dict[str, ir.Table] = {}
        self._names: set[str] = set()
        self._reckoned: set[str] = set()
        self._alike: dict[str, str] = {}
        self._views: dict[str, str] = {}
        self._users: dict[str, set[str]] = {}
        self._database = duckdb.connect(":memory:", config=_SETTINGS)
        self._database.execute(RATIO_MACRO)
        self._wide = wide = Wide()
        self._database.create_function(
            "exactly",
            lambda programs, rows: wide.reckon(programs, rows),  # noqa: PLW0108  annotations would be evaluated
            ["VARCHAR", "DECIMAL(38, 0)[]"],
            "VARCHAR",
            type=PythonUDFType.ARROW,
            null_handling=FunctionNullHandling.SPECIAL,
        )
        self._statements = ThreadPoolExecutor(max_workers=1, thread_name_prefix="engine")
        self._beside = self._database.cursor()
        self._reads = ThreadPoolExecutor(max_workers=1, thread_name_prefix="engine reads")
        self._failure: Exception | None = None
        self._about: Tell | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.interrupt()
        self._statements.shutdown(cancel_futures=True)
        self._beside.interrupt()
        self._reads.shutdown(cancel_futures=True)
        self._beside.close()
        self._database.close()

    def load(self, name: str, table: pa.Table) -> ir.Table:
        """The Arrow table under a name, read in place, as an expression to build on."""
        self._tell(lambda: self._database.register(name, table))
        return ibis.table(ibis.Schema.from_pyarrow(table.schema), name=name)

    def keep(self, name: str, expression: ir.Table) -> ir.Table:
        """The expression's rows under a name: computed once, however often they are used after."""
        self.keep_rows(name, _sql(expression))
        return ibis.table(expression.schema(), name=name)

    def keep_rows(self, name: str, query: str) -> None:
        """The rows of a query in SQL (`salesops.sql`) under a name."""
        self._names.add(name)
        self._run(f"CREATE TABLE {quoted(name)} AS {query}")

    def keep_reckoned(self, name: str, query: str) -> None:
        """The same of a query over whole numbers of type WHOLE (`salesops.exact`), reckoned with 64 bits if all fit.

        Other columns must not be BIGINT.
        """
        self._names.add(name)
        self._reckoned.add(name)
        self._tell(lambda: self._reckon(name, query))

    def keep_alike(self, name: str, query: str) -> str:
        """The same as `keep_reckoned`, once for all who ask for the rows of one query: the name they are kept under.

        Everybody has them under their own name, too; they are dropped when each of these names is.
        """
        first = self._alike.setdefault(query, name)
        if first == name:
            self.keep_reckoned(name, query)
        else:
            self._names.add(name)
            self.view_rows(name, f"FROM {quoted(first)}")
        self._users.setdefault(first, set()).add(name)
        return first

    def keeps(self, name: str) -> bool:
        """Whether rows are kept under the name."""
        return name in self._names

    def drop(self, name: str) -> None:
        """Forget the rows under a name, if there are any: nothing reads them any more."""
        for statement in self._dropped(name):
            self._run(statement)

    def drop_later(self, name: str) -> None:
        """The same once all that `fetch_later` was asked for before is read; the name must not be used again."""
        for statement in self._dropped(name):
            self._tell(partial(self._reads.submit, self._beside.execute, statement))

    def _dropped(self, name: str) -> list[str]:
        """The statements that drop it, and rows that it alone still had in common with others."""
        for first, users in self._users.items():
            if name in users:
                users.discard(name)
                dropped = [] if name == first else [f"DROP VIEW IF EXISTS {quoted(name)}"]
                return dropped if users else [*dropped, *self._dropped(self._unshared(first))]
        self._names.discard(name)
        if name not in self._reckoned:
            return [f"DROP TABLE IF EXISTS {quoted(name)}"]
        self._reckoned.discard(name)
        return [f"DROP VIEW IF EXISTS {quoted(name)}", f"DROP TABLE IF EXISTS {quoted(_as_reckoned(name))}"]

    def _unshared(self, first: str) -> str:
        del self._users[first]
        self._alike = {query: name for query, name in self._alike.items() if name != first}
        return first

    def view(self, name: str, expression: ir.Table) -> ir.Table:
        """The expression under a name, to build on without compiling it again: computed anew wherever it is used."""
        self.view_rows(name, _sql(expression))
        return ibis.table(expression.schema(), name=name)

    def view_alike(self, name: str, expression: ir.Table) -> str:
        """A view of the expression under the name and a number: the same one for all who ask for the same rows."""
        query = _sql(expression)
        if query not in self._views:
            self._views[query] = f"{name} {len(self._views)}"
            self.view_rows(self._views[query], query)
        return self._views[query]

    def view_rows(self, name: str, query: str) -> None:
        """The rows of a query in SQL under a name: computed anew wherever they are used."""
        self._run(f"CREATE VIEW {quoted(name)} AS {query}")

    def fetch(self, query: str) -> pa.Table:
        """The rows of a query in SQL."""
        try:
            return self._submit(lambda: _rows(self._database, query)).result()
        except NumberTooLarge as error:
            if error.tell is None:
                raise
            self.resume()
            with self.about(None):
                raise NumberTooLarge(f"{_TOO_LARGE}: {error.tell()}.") from error

    def fetch_later(self, query: str) -> Callable[[], pa.Table]:
        """The rows of a query over kept rows, read while the next statements run; what is returned waits for them."""
        asked = self._submit(lambda: self._reads.submit(_rows, self._beside, query))
        return lambda: asked.result().result()

    @contextmanager
    def about(self, tell: Tell | None) -> Iterator[None]:
        """Statements in here that leave the range of exact decimals say where they did, as `tell` finds it out: it is
        called once they have, and may read from the engine."""
        before, self._about = self._about, tell
        try:
            yield
        finally:
            self._about = before

    def resume(self) -> None:
        """Let statements run again after one that failed."""
        self._statements.submit(self._forget_failure).result()

    def once(self, name: str, build: Callable[[], ir.Table]) -> ir.Table:
        """What `build` makes, kept under a name by whoever asks for it first."""
        if name not in self._kept:
            self._kept[name] = self.keep(name, build())
        return self._kept[name]

    def once_view(self, name: str, build: Callable[[], ir.Table]) -> ir.Table:
        """The same as a view."""
        if name not in self._kept:
            self._kept[name] = self.view(name, build())
        return self._kept[name]

    def count(self, expression: ir.Table) -> int:
        """How many rows the expression has."""
        return int(self.fetch(f"SELECT count(*) AS rows FROM ({_sql(expression)})")["rows"][0].as_py())

    def read(self, expression: ir.Table, schema: pa.Schema, by: Sequence[str] = ()) -> pa.Table:
        """The expression's rows in the schema's columns and types, sorted by all of them from left to right.

        Where some columns tell each row from every other, `by` names them: they are then what is sorted by.
        """
        ordered = f"SELECT {names(schema.names)} FROM ({_sql(expression)}) ORDER BY {names(by or schema.names)}"
        return self.fetch(ordered).cast(schema)

    def _tell(self, what: Callable[[], object]) -> None:
        self._submit(what)

    def _submit(self, what: Callable[[], Rows]) -> Future[Rows]:
        about = self._about

        def run() -> Rows:
            if self._failure is not None:
                raise self._failure
            try:
                return what()
            except Exception as error:
                self._failure = error
                if isinstance(error, NumberTooLarge):
                    error.tell = about
                raise

        return self._statements.submit(run)

    def _forget_failure(self) -> None:
        self._failure = None

    def _run(self, statement: str) -> None:
        self._tell(lambda: self._execute(statement))

    def _execute(self, statement: str) -> None:
        with _in_range():
            self._database.execute(statement)

    def _reckon(self, name: str, query: str) -> None:
        table = quoted(_as_reckoned(name))
        if self._wide.keeps or not self._fits_narrow(table, query):
            self._execute(f"CREATE TABLE {table} AS {query}")
        found = self._database.sql(f"FROM {table} LIMIT 0")
        narrow = [quoted(each) for each, type_ in zip(found.columns, found.types, strict=True) if type_ == "BIGINT"]
        casts = ", ".join(f"CAST({each} AS {WHOLE}) AS {each}" for each in narrow)
        replaced = f" REPLACE ({casts})" if casts else ""
        self._execute(f"CREATE VIEW {quoted(name)} AS SELECT *{replaced} FROM {table}")

    def _fits_narrow(self, table: str, query: str) -> bool:
        try:
            self._execute(f"CREATE TABLE {table} AS {narrowed(query)}")
        except NumberTooLarge:
            return False
        return True


def _rows(database: duckdb.DuckDBPyConnection, query: str) -> pa.Table:
    with _in_range():
        rows: pa.Table = database.sql(query).to_arrow_table()
    return rows


def _as_reckoned(name: str) -> str:
    return f"{name} as reckoned"


def _sql(expression: ir.Table) -> str:
    return _sql_of(expression.op())


@lru_cache(maxsize=2_000)
def _sql_of(operation: Node) -> str:
    """The SQL of an expression, unformatted; the same rules make the same ones again and again."""
    query = duckdb_sql.compiler.to_sqlglot(operation.to_expr())
    return str(query.sql(dialect=duckdb_sql.compiler.dialect, copy=False))


@contextmanager
def _in_range() -> Iterator[None]:
    try:
        yield
    except (duckdb.OutOfRangeException, duckdb.ConversionException) as error:
        raise NumberTooLarge(f"{_TOO_LARGE}.") from error
