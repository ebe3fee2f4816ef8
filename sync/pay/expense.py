"""The expense schedule of a pay period, as it was kept with its calculation."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from sync.pay.errors import PayError
from sync.pay.periods import find_period
from sync.store.chunks import read_names, read_table
from sync.store.pay_states import SETTLED, read_last

if TYPE_CHECKING:
    from typing import Any

    import pyarrow as pa

    from config.loader import Project
    from sync.store.pay_states import State
    from sync.store.store import Store

_SCHEDULE = "schedule"
EXAMPLE = "pay: {expense: {spread: [{over: contract}]}}"


class Sums(NamedTuple):
    """What assets come to together: `cost` is `before`, `expense` and `remaining`; `written_off` is of the expense,
    `current` and `non_current` are what remains within and after the twelve fiscal months that follow."""

    cost: Decimal = Decimal(0)
    before: Decimal = Decimal(0)
    expense: Decimal = Decimal(0)
    written_off: Decimal = Decimal(0)
    remaining: Decimal = Decimal(0)
    current: Decimal = Decimal(0)
    non_current: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Schedule:
    """The schedule of a pay period: a row of SCHEDULE for each asset, with the names of payee and opportunity as they
    were then, and its Sums."""

    period: str
    state: State
    assets: tuple[dict[str, Any], ...]

    @property
    def is_draft(self) -> bool:
        """Whether it may still change."""
        return self.state not in SETTLED

    def sums(self, *columns: str) -> dict[tuple[str, ...], Sums]:
        """Sums by what assets have in these columns, in their order."""
        found: dict[tuple[str, ...], Sums] = {}
        for asset in self.assets:
            key = tuple(asset[column] for column in columns)
            found[key] = add(found.get(key, Sums()), Sums(*(asset[name] for name in Sums._fields)))
        return dict(sorted(found.items()))


def add(one: Sums, other: Sums) -> Sums:
    """Both together."""
    return Sums(*(a + b for a, b in zip(one, other, strict=True)))


def read_schedule(store: Store, calculation: int | None) -> pa.Table | None:
    """SCHEDULE as it was kept with a calculation; None where it has none."""
    if calculation is None or _SCHEDULE not in read_names(store, calculation, "output"):
        return None
    return read_table(store, calculation, "output", _SCHEDULE)


def read_expense(project: Project, store: Store, connection: str, name: str) -> Schedule:
    """The expense schedule of a pay period that is calculated; PayError where there is none, and what to do."""
    period = find_period(project, store, name).name
    last = read_last(store, connection, period)
    if last is None or last.state == "open":
        _check_configured(project)
        raise PayError(f"{period} of {connection} is not calculated. Run `salesops pay calculate {period}` first.")
    table = read_schedule(store, last.calculation)
    if table is None:
        _check_configured(project)
        again = (
            "It is closed, and never changes: the periods after it have one."
            if last.state in SETTLED
            else f"Run `salesops pay calculate {period}` again; after `salesops pay reopen {period}` if it is reviewed."
        )
        raise PayError(f"{period} of {connection} was calculated before pay: expense: was written. {again}")
    names = {
        (row["object"], row["id"]): row["name"]
        for row in read_table(store, last.calculation, "input", "names").to_pylist()
    }
    return Schedule(period, last.state, tuple(_with_more(row, names) for row in table.to_pylist()))


def _check_configured(project: Project) -> None:
    if project.settings.pay.expense is None:
        raise PayError(
            "salesops.yaml does not say when what is earned becomes expense. Write there, as an example,"
            f" {EXAMPLE}; docs/expense.md tells what there is."
        )


def _with_more(row: dict[str, Any], names: dict[tuple[str, str], str | None]) -> dict[str, Any]:
    return row | {
        "payee": names.get(("user", row["payee_id"])) or "",
        "opportunity": names.get(("opportunity", row["opportunity_id"])) or "",
        "current": row["within_a_year"],
        "non_current": row["remaining"] - row["within_a_year"],
    }
