"""Paths as columns: a source's rows with what each path leads to, under the path's text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.sources import find_field

if TYPE_CHECKING:
    from collections.abc import Iterable

    import ibis.expr.types as ir

    from config.sources import Step
    from salesops.basis import Basis


def with_paths(basis: Basis, source: str, paths: Iterable[str], table: ir.Table | None = None) -> ir.Table:
    """The rows of the source (or `table` in their place) with a column for each path; other columns stay.

    Each record on the way is joined once, with the columns that are wanted of it. Where a reference is empty or leads
    to no record, what lies beyond it is null.
    """
    rows = basis.source(source) if table is None else table
    ways: dict[str, tuple[Step, set[str]]] = {}
    for path in sorted(set(paths)):
        found = find_field(source, path)
        prefix = ""
        for place, step in enumerate(found.steps):
            prefix = f"{prefix}{step.field.removesuffix('_id')}."
            wanted = found.field if place + 1 == len(found.steps) else found.steps[place + 1].field
            ways.setdefault(prefix, (step, set()))[1].add(wanted)
    for prefix, (step, fields) in ways.items():  # a shorter prefix was met before those that go on from it
        rows = _joined(basis, rows, prefix, step, fields)
    return rows


def _joined(basis: Basis, rows: ir.Table, prefix: str, step: Step, fields: set[str]) -> ir.Table:
    """The rows with the fields of the record that `step` leads to, under names that begin with the prefix."""
    before = prefix.removesuffix(".").rpartition(".")[0]
    reference = f"{before}.{step.field}" if before else step.field
    target = basis.source(step.target)
    named = target.select(**{f"{prefix}{field}": target[field] for field in sorted(fields | {"id"})})
    return rows.left_join(named, rows[reference] == named[f"{prefix}id"])
