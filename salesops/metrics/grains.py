"""Where rows count: the key of a row in each grain, and every (grain, key) as a numbered place.

A place and a period together are a cell, `place * number of periods + period`. Places are numbered in the order of
grain and key, periods in that of their names, so cells are in the order of the results.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis
import pyarrow as pa

from config.metrics.grains import TERRITORY, grain_path
from config.metrics.kinds import COMPANY
from config.model import FieldType
from config.sources import find_field
from salesops.conditions import filled, number_in
from salesops.exact import AMOUNT
from salesops.people import build_places
from salesops.reads import key_column
from salesops.rules import RuleError
from salesops.territories.assign import compute_territories

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import ibis.expr.types as ir

    from config.metrics import Dimension
    from salesops.basis import Basis
    from salesops.people import Hierarchy

_COLUMNS: dict[str, pa.DataType] = {"place": pa.int64(), "grain": pa.string(), "key": pa.string()}
PLACES = pa.schema(_COLUMNS)
_NAMED = pa.schema([("grain", pa.string()), ("key", pa.string())])
_MEMBERS = ("member", "grain", "place", "from_day", "until_day")


@dataclass(frozen=True, slots=True)
class Places:
    """Every place, and where each user's rows count by the hierarchy of `now` and of `then`, as far as it is used."""

    table: ir.Table  # place, grain, key
    company: int
    members: Mapping[Hierarchy, ir.Table]  # member, grain, place, from_day, until_day
    teams: ir.Table  # of_user, team: the present one, active


def with_key(basis: Basis, rows: ir.Table, source: str, grain: str) -> ir.Table:
    """The rows of a source that have a key in a grain that is not of people, with it as `key`; once for each it has."""
    path = grain_path(source, grain, basis.rules.dimensions)
    if path is None:
        raise RuleError(f"{source} leads to nothing that it could be split by {grain} with")
    value = rows[key_column(path)]
    if grain == TERRITORY:
        territories = territories_of_accounts(basis)
        joined = rows.join(territories, value == territories["of_account"])
        return joined.drop("of_account")
    dimension = basis.rules.dimensions.get(grain)
    type_ = find_field(source, path).type
    column = filled(value, type_)
    key = band_of(column, type_, dimension) if dimension and dimension.bands else text_of(column, type_)
    keyed = rows.mutate(key=key)
    return keyed.filter(keyed["key"].notnull())


def keyed_rows(basis: Basis, rows: ir.Table, source: str, grain: str) -> ir.Table:
    """The same of a kept table, under a name."""
    name = f"{rows.get_name()} by {grain}"
    return basis.engine.once_view(name, lambda: with_key(basis, rows, source, grain))


def band_of(column: ir.Value, type_: FieldType, dimension: Dimension) -> ir.Value:
    """The name of the band that a number lies in; null for what is no number."""
    number = number_in(column, AMOUNT) if type_ is FieldType.TEXT else column.cast(AMOUNT)
    limits = [band.up_to for band in dimension.bands]
    lies_in = (
        number.notnull() if limit is None else number <= ibis.literal(limit, type="decimal(38, 12)") for limit in limits
    )
    bands = [(where, band.name) for where, band in zip(lies_in, dimension.bands, strict=True)]
    return ibis.cases(*bands, else_=ibis.null("string"))


def text_of(column: ir.Value, type_: FieldType) -> ir.Value:
    """A value as the text of a key: true and false, decimals plain, days and moments as ISO 8601 writes them."""
    match type_:
        case FieldType.DECIMAL:
            return column.cast(AMOUNT).cast("string").re_replace(r"\.?0+$", "")
        case FieldType.BOOLEAN:
            return ibis.cases((column, "true"), (~column, "false"))
        case FieldType.INSTANT:
            return column.strftime("%Y-%m-%dT%H:%M:%S.%gZ")
    return column.cast("string")


def build_numbered_places(
    basis: Basis, hierarchies: Iterable[Hierarchy], keyed: Iterable[tuple[str, ir.Table]]
) -> Places:
    """The places of the company, of people, and of the keys of each (grain, rows with `key`)."""
    engine = basis.engine
    by_hierarchy = {each: build_places(basis, each) for each in sorted(set(hierarchies))}
    company = engine.load("company", pa.Table.from_pylist([{"grain": COMPANY, "key": ""}], schema=_NAMED))
    named = [company, *(people.select("grain", "key") for people in by_hierarchy.values())]
    named += [rows.select(grain=ibis.literal(grain), key=rows["key"]).distinct() for grain, rows in keyed]
    every = ibis.union(*named, distinct=True) if len(named) > 1 else company
    numbered = every.select(
        "grain", "key", place=ibis.row_number().over(ibis.window(order_by=["grain", "key"])).cast("int64")
    )
    table = engine.keep("places", numbered.select(*PLACES.names))
    found = engine.read(table.filter(table["grain"] == COMPANY), PLACES)
    members = {
        each: engine.keep(f"members {each}", people.join(table, ["grain", "key"]).select(*_MEMBERS))
        for each, people in by_hierarchy.items()
    }
    teams = basis.users.select(
        of_user="id",
        team=filled(basis.users["team"], FieldType.TEXT),
        active=basis.users["active"].fill_null(False),
    )
    return Places(table, found["place"][0].as_py(), members, engine.keep("present teams", teams))


def territories_of_accounts(basis: Basis) -> ir.Table:
    """The territories of each account, by our rules where the project has them, else as the CRM has put it."""
    if basis.rules.territories is not None:
        ours = compute_territories(basis)
        return ours.filter(ours["territory"].notnull()).select(of_account="account_id", key="territory")
    put = basis.source("territory_account").select("territory_id", of_account="account_id")
    named = basis.source("territory").select(known="id", key="name")
    joined = put.join(named, put["territory_id"] == named["known"])
    return joined.filter(joined["key"] != "").select("of_account", "key").distinct()
