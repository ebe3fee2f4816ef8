"""What `salesops pay expense` prints and writes: the expense schedule of a pay period."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from config.scalars import decimal_text
from sync.cli.output import add_row, amount_text, new_table, print_json, print_table
from sync.cli.words import say, several
from sync.csv_text import cell
from sync.pay.expense import Sums

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sync.pay.expense import Schedule

COLUMNS = (
    "period",
    "state",
    "comp_plan",
    "component",
    "payee_id",
    "payee",
    "opportunity_id",
    "opportunity",
    "unit",
    "starts_on",
    "ends_on",
    *Sums._fields,
    "lacks_days",
)
"""Of an asset, in JSON and CSV."""

_TABLES = {
    "expense of {}": ("cost", "before", "expense", "remaining"),
    "what remains after {}": ("remaining", "current", "non_current"),
}
"""The tables of a currency, and their columns: all of them in one would be too wide for a terminal."""


def show_expense(name: str, found: Schedule) -> None:
    """Tables for each currency, by comp plan and component, and what is to be known of them."""
    if found.is_draft:
        say(f"{found.period} is {found.state}, not closed: this is a draft, and its figures may change.")
    totals = found.sums("unit")
    if not totals:
        say(f"{name}: nothing was earned up to {found.period}.")
    for (unit,), total in totals.items():
        for title, columns in _TABLES.items():
            draft = " (draft)" if found.is_draft else ""
            table = new_table("", *(f">{each.replace('_', '-')}" for each in columns))
            table.title = f"{name}: {title.format(found.period)}, {unit}{draft}"
            for label, sums in _lines(found, unit):
                add_row(table, label, *(amount_text(getattr(sums, column)) for column in columns))
            print_table(table)
        if total.written_off:
            say(f"Of the expense {amount_text(total.written_off)} {unit} are written off: contracts were cancelled.")
    lacking = len({asset["opportunity_id"] for asset in found.assets if asset["lacks_days"]})
    if lacking:
        say(
            f"The days of {several(lacking, 'contract')} are not known, or the last is before the first: what is spread"
            " over such a contract is expense at once, and what starts with it starts with the day of the earning."
            " --json and -o name them (lacks_days); `customers` in salesops.yaml says which fields hold the days."
        )


def _lines(found: Schedule, unit: str) -> Iterable[tuple[str, Sums]]:
    """Each comp plan, with its components under it, and all of a currency together."""
    components = found.sums("unit", "comp_plan", "component")
    for (of_unit, comp_plan), sums in found.sums("unit", "comp_plan").items():
        if of_unit == unit:
            yield comp_plan, sums
            yield from ((f"  {key[2]}", each) for key, each in components.items() if key[:2] == (unit, comp_plan))
    yield "together", found.sums("unit")[unit,]


def show_as_json(name: str, found: Schedule) -> None:
    """Totals by currency, sums by comp plan and component, and all assets."""

    def listed(*columns: str) -> list[dict[str, Any]]:
        return [
            {**dict(zip(columns, key, strict=True)), **{k: decimal_text(v) for k, v in sums._asdict().items()}}
            for key, sums in found.sums(*columns).items()
        ]

    print_json(
        {
            "connection": name,
            "period": found.period,
            "state": found.state,
            "draft": found.is_draft,
            "totals": listed("unit"),
            "components": listed("unit", "comp_plan", "component"),
            "assets": [{column: _plain(value) for column, value in row.items()} for row in _rows(found)],
        }
    )


def as_csv(found: Schedule) -> bytes:
    """A row for each asset, with COLUMNS."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows([_cell(value) for value in row.values()] for row in _rows(found))
    return text.getvalue().encode()


def _rows(found: Schedule) -> Iterable[dict[str, Any]]:
    said = {"period": found.period, "state": found.state}
    return ({column: (asset | said)[column] for column in COLUMNS} for asset in found.assets)


def _cell(value: object) -> str:
    return cell(str(value).lower() if isinstance(value, bool) else value)


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return decimal_text(value)
    return value.isoformat() if isinstance(value, date) else value
