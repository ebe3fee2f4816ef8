"""Metrics by user, team and company, by fiscal month, quarter, year and over all time.

Each simple metric is first totalled by owner and calendar month: its sum, how many amounts, the least and greatest.
Those four roll up exactly to any team and period; averages and ratios are taken last, from rolled-up parts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import pyarrow as pa

from config.model import FieldType
from salesops.conditions import filled
from salesops.exact import AMOUNT, ratio
from salesops.metrics.rows import metric_rows
from salesops.results import METRICS

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from config.metrics import SimpleMetric
    from salesops.basis import Basis

KEYS = ("metric", "grain", "key", "period")

_TAKEN = {
    "count": "total",
    "sum": "total",
    "average": "mean",
    "duration": "mean",
    "min": "least",
    "max": "greatest",
}
"""Aggregate -> what is taken of the four totals."""

ADDITIVE = {"count", "sum"}
"""Aggregates that are 0 over no rows; the others have no value then."""


def compute_metrics(basis: Basis) -> ir.Table:
    """Every metric's values in the columns of `salesops.results.METRICS`.

    Sparse: there is a row where at least one fact counts, or, for a ratio, where either part has a row.
    """
    totals = [_totals(basis, name, metric) for name, metric in basis.rules.simple_metrics()]
    if not totals:
        return basis.engine.load("no metrics", METRICS.empty_table())
    simple = basis.engine.keep("simple metrics", _values(_roll_up(basis, ibis.union(*totals))))
    if not any(basis.rules.ratio_metrics()):
        return simple
    return ibis.union(simple, _ratios(basis, simple))


def _totals(basis: Basis, name: str, metric: SimpleMetric) -> ir.Table:
    rows = metric_rows(basis, metric)
    return (
        rows.group_by("owner", "month")
        .agg(
            total=rows["amount"].sum(),
            amounts=rows["amount"].count(),
            least=rows["amount"].min(),
            greatest=rows["amount"].max(),
        )
        .select(
            "owner",
            "month",
            "total",
            "amounts",
            "least",
            "greatest",
            metric=ibis.literal(name),
            taken=ibis.literal(_TAKEN[metric.aggregate]),
        )
    )


def _roll_up(basis: Basis, totals: ir.Table) -> ir.Table:
    """The totals of each grain, key and period."""
    places = _places(basis)
    company = totals.mutate(grain=ibis.literal("company"), key=ibis.literal(""))
    owned = totals.join(places, totals["owner"] == places["member"]).select(*totals.columns, "grain", "key")
    placed = ibis.union(owned, company.select(owned.columns))
    months = basis.months.select("month", "period")
    dated = placed.join(months, "month")
    return dated.group_by(*KEYS, "taken").agg(
        total=dated["total"].sum(),
        amounts=dated["amounts"].sum(),
        least=dated["least"].min(),
        greatest=dated["greatest"].max(),
    )


def _places(basis: Basis) -> ir.Table:
    """Where each user's figures count besides the company: with the user, and with the team they are in now."""
    users = basis.users
    alone = users.select(member=users["id"], grain=ibis.literal("user"), key=users["id"])
    team = filled(users["team"], FieldType.TEXT)
    in_team = users.filter(team.notnull()).select(member=users["id"], grain=ibis.literal("team"), key=team)
    return ibis.union(alone, in_team)


def _values(totals: ir.Table) -> ir.Table:
    amounts = totals["amounts"].cast(AMOUNT)
    is_mean = totals["taken"] == "mean"
    none = ibis.null(AMOUNT)
    return totals.select(
        *KEYS,
        value=ibis.cases(
            (totals["taken"] == "total", totals["total"].fill_null(ibis.literal(0, AMOUNT))),
            (is_mean, ratio(totals["total"], amounts)),
            (totals["taken"] == "least", totals["least"]),
            else_=totals["greatest"],
        ),
        numerator=ibis.ifelse(is_mean, totals["total"], none),
        denominator=ibis.ifelse(is_mean, amounts, none),
    )


def _ratios(basis: Basis, simple: ir.Table) -> ir.Table:
    """Each ratio from the values of its two metrics in the same grain, key and period."""
    parts = basis.engine.load("ratio parts", _parts(basis))
    sides = simple.join(parts, simple["metric"] == parts["part"]).select(
        "ratio", "side", "if_none", "grain", "key", "period", "value"
    )
    both = sides.group_by("ratio", "grain", "key", "period").agg(
        above=sides["value"].max(where=sides["side"] == "numerator"),
        if_none=sides["if_none"].max(),
        denominator=sides["value"].max(where=sides["side"] == "denominator"),
    )
    numerator = both["above"].fill_null(both["if_none"])
    return both.select(
        "grain",
        "key",
        "period",
        "denominator",
        metric=both["ratio"],
        numerator=numerator,
        value=ratio(numerator, both["denominator"]),
    ).select(*KEYS, "value", "numerator", "denominator")


def _parts(basis: Basis) -> pa.Table:
    """Ratio -> the metric on each side; `if_none` is what its numerator is worth where no row counts."""
    rules = basis.rules
    rows = [
        {
            "ratio": name,
            "side": side,
            "part": part,
            "if_none": 0 if rules.simple(metric.numerator).aggregate in ADDITIVE else None,
        }
        for name, metric in rules.ratio_metrics()
        for side, part in (("numerator", metric.numerator), ("denominator", metric.denominator))
    ]
    text = pa.string()
    columns: dict[str, pa.DataType] = {
        "ratio": text,
        "side": text,
        "part": text,
        "if_none": METRICS.field("value").type,
    }
    return pa.Table.from_pylist(rows, schema=pa.schema(columns))
