"""The rows that one metric counts, record by record: for explaining it, and for credits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.metrics import SimpleMetric
from salesops.conditions import Meaning, meets_all, meets_any
from salesops.metrics.frames import look_at
from salesops.metrics.measures import DAY, with_number
from salesops.metrics.owners import OWNER, zones_of
from salesops.reads import key_column, key_paths, look_of, paths_of

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from salesops.basis import Basis


def metric_rows(basis: Basis, metric: str | SimpleMetric, facts: ir.Table | None = None) -> ir.Table:
    """One row for each that a simple metric counts: `id`, `owner`, `day`, `number`, and the `key_column` of each grain.

    The owner is null for nobody and for who is no known user; of splits there is a row for each share. The number is
    null where it is empty. `facts` stand in for the rows of the source.
    """
    definition = metric if isinstance(metric, SimpleMetric) else basis.rules.simple(metric)
    look = look_of(definition)
    rows = look_at(basis, look, paths_of(look, definition, basis.rules.dimensions), facts)
    meaning = Meaning.of(basis.rules, basis.today)
    rows = rows.filter(
        meets_all(rows, look.source, look.where, meaning) & meets_any(rows, look.source, look.where_any, meaning)
    )
    rows = with_number(basis, rows, definition, zones_of(basis, look.zone), "the number")
    keys = sorted(set(key_paths(definition, basis.rules.dimensions).values()))
    return rows.select(
        id=rows["id"],
        owner=rows[OWNER],
        day=rows[DAY],
        number=rows["the number"],
        **{key_column(path): rows[path] for path in keys},
    )
