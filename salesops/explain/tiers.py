"""Where every payee stands in the tiers of components at the end of a pay period: what statements say of tiers."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Context, Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from config.comp_plans import Tiers
from salesops.explain.payout_columns import Columns, tiers_told
from salesops.explain.payout_parts import rungs_of
from salesops.incentives.supposed.inverse import to_next_bound
from salesops.money import PLACES, round_decimal
from salesops.results import TIERS
from salesops.sql import names, quoted, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from salesops.basis import Basis
    from salesops.explain.payout_model import Rung
    from salesops.incentives.states.states import Program

_UNIT = Decimal(1).scaleb(-PLACES)
_WIDE = Context(prec=100)


@dataclass(slots=True)
class TiersTold:
    """What `compute_pay` tells of tiers in a pay period, comp plan by comp plan."""

    period: str
    columns: dict[str, Columns] = field(default_factory=dict)

    def tell(self, program: Program) -> Iterable[str]:
        """The columns that are read later, added to the program's folds."""
        columns = self.columns[program.name] = Columns(program)
        for name in _placed(program):
            tiers_told(columns, name)
            columns.put(program.measures.fold, to_next_bound(program, name), name, "next")
        return columns.names

    def read(self, basis: Basis, program: Program) -> pa.Table:
        """The tiers of every payee at the end of the pay period: TIERS."""
        columns = self.columns[program.name]
        rows = [row for name in _placed(program) for row in self._rows(basis, columns, name)]
        return pa.Table.from_pylist(rows, schema=TIERS)

    def _rows(self, basis: Basis, columns: Columns, name: str) -> Iterator[dict[str, Any]]:
        program = columns.program
        kind: str = program.worths.setting(name).partition[1]
        key = "period" if kind == "period" else f"{kind} name"
        listed = names(dict.fromkeys(("payee_id", "position", kind, key, *columns.names)))
        states, of_period = quoted(f"pay states {program.name}"), f"period = {text(self.period)}"
        ends = f"SELECT {listed} FROM {states} WHERE ends AND {of_period} ORDER BY payee_id, position"
        last = {(row["payee_id"], row[kind]): row for row in basis.engine.fetch(ends).to_pylist()}
        earned = {(row["payee_id"], row[kind]): row for row in _earned(basis, program, name, kind, of_period)}
        for (payee, interval), row in sorted(last.items(), key=lambda each: (each[0][0], each[1]["position"])):
            rungs = list(rungs_of(columns, row, name, ()))
            its = earned.get((payee, interval), {})
            whole = {
                "comp_plan": program.name,
                "component": name,
                "payee_id": payee,
                "period": self.period,
                "interval": row[key],
                "worth": _six(columns.read(row, name, "bare")),
                "to_date": its.get("to_date") or Decimal(0),
                "before": its.get("before") or Decimal(0),
            }
            needed = columns.read(row, name, "next")
            for number, each in enumerate(_rounded(rungs, whole["worth"]), 1):
                yield whole | each | {"tier": number, "next": _up(needed) if each["reached"] else None}


def _placed(program: Program) -> Iterator[str]:
    """Components of which credit to date lies in tiers as it happens: all but those that are reckoned for each
    transaction or group by itself, or at the ends of pay periods."""
    for name, component in program.plan.components.items():
        setting = program.worths.setting(name)
        if (
            isinstance(component, Tiers)
            and name in program.totals.amounts
            and name not in program.closes
            and component.by not in program.measures.closes
            and not setting.is_each_alone
            and setting.group is None
            and "transaction" not in {each.reading or component.reading for each in component.tiers}
        ):
            yield name


def _earned(basis: Basis, program: Program, name: str, kind: str, of_period: str) -> list[dict[str, Any]]:
    """What each payee earned of the component in each interval that the pay period reaches into: `to_date` up to the
    end of the pay period, and `before` it."""
    states, earned = quoted(f"pay states {program.name}"), quoted(f"pay earned {program.name}")
    found: list[dict[str, Any]] = basis.engine.fetch(
        f"WITH last AS (SELECT payee_id, {quoted(kind)} AS kind, max(position) AS position FROM {states}"
        f" WHERE ends AND {of_period} GROUP BY ALL)"
        f" SELECT s.payee_id, last.kind AS {quoted(kind)}, sum(e.amount) AS to_date,"
        f" sum(CASE WHEN e.{of_period} THEN 0 ELSE e.amount END) AS before"
        f" FROM {earned} AS e JOIN {states} AS s ON s.payee_id = e.payee_id AND s.day = e.day"
        " AND s.source IS NOT DISTINCT FROM e.source AND s.id IS NOT DISTINCT FROM e.id"
        f" JOIN last ON last.payee_id = s.payee_id AND last.kind = s.{quoted(kind)} AND s.position <= last.position"
        f" WHERE e.component = {text(name)} GROUP BY ALL"
    ).to_pylist()
    return found


def _rounded(rungs: list[Rung], worth: Decimal | None) -> Iterator[dict[str, Any]]:
    """The tiers with what their credit comes to, to 6 places; cumulatively rounded, so that they add up to the worth
    so rounded."""
    sums = [Decimal(0)]
    for each in rungs:
        sums.append(sums[-1] + (each.earns or Decimal(0)))
    known = worth is not None and any(each.earns is not None for each in rungs)
    for each, (before, after) in zip(rungs, pairwise(sums), strict=True):
        yield {
            "written": each.written,
            "bound": _six(each.bound),
            "starts_at": _six(each.starts_at),
            "number": _six(each.number),
            "unit": each.unit,
            "reading": each.reading,
            "reached": each.is_reached,
            "credit": _six(each.laid),
            "amount": round_decimal(after, PLACES) - round_decimal(before, PLACES) if known else None,
        }


def _six(number: Decimal | None) -> Decimal | None:
    return None if number is None else round_decimal(number, PLACES)


def _up(number: Decimal | None) -> Decimal | None:
    return None if number is None else number.quantize(_UNIT, ROUND_CEILING, _WIDE)
