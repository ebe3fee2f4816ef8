"""A comp plan paid on hand-made tables: frames and credits as they would come, from plain Python rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from config.comp_plans import CompPlan
from config.comp_plans.intervals import kinds_in_use
from salesops.engine import Engine
from salesops.incentives.frame.frame import Frame
from salesops.incentives.frame.guarantees import guarantee_fractions
from salesops.incentives.output import read_measures, show_earned
from salesops.incentives.states.cells import METRICS as METRICS_TABLE
from salesops.incentives.states.numbered import keep_order, numbered_table, order_table, payees_table, show_credits
from salesops.incentives.states.states import keep_states
from salesops.results import METRICS

if TYPE_CHECKING:
    from collections.abc import Iterable

_LENGTHS = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}
_MILLION = 10**6


@dataclass
class Books:
    """A comp plan, its payees' credits (payee, day, id, credit, amount, and any other column), and what they have.

    Targets are by measure, or by measure and payee; months go from January 2026 up to `months`.
    """

    plan: dict[str, Any]
    credits: list[tuple[Any, ...]]
    targets: dict[str, Any] = field(default_factory=dict)
    months: int = 3
    payees: tuple[str, ...] = ("ann",)
    teams: dict[str, str] = field(default_factory=dict)
    pay: int = 0
    numbers: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    metrics: list[tuple[str, str, str, str]] = field(default_factory=list)
    today: date = date(2026, 12, 31)
    possible: list[tuple[Any, ...]] = field(default_factory=list)

    def run(self) -> tuple[dict[tuple[str, ...], Decimal], list[dict[str, Any]]]:
        """Earnings by (payee, component, transaction or period end), and the rows of measures."""
        plan = CompPlan.model_validate({"label": "P", "effective_from": "2026-01-01", **self.plan})
        with Engine() as engine:
            basis: Any = SimpleNamespace(engine=engine, rules=SimpleNamespace(comp_plans={"p": plan}), today=self.today)
            frame = self._frame(engine, plan)
            of_frame = 'SELECT DISTINCT payee_id FROM "pay frame p"'
            number = "CAST(row_number() OVER (ORDER BY payee_id) AS INTEGER)"
            engine.keep_rows(payees_table("p"), f"SELECT payee_id, {number} AS payee FROM ({of_frame})")
            _number(engine, plan, "credits", self._credits(self.credits))
            _number(engine, plan, "possible", self._credits(self.possible))
            engine.load(METRICS_TABLE, _metrics(self.metrics))
            program = keep_states(basis, "p", frame, self.numbers)
            show_earned(basis, program)
            rows = engine.fetch('SELECT * FROM "pay earned p" ORDER BY payee_id, component, day, id').to_pylist()
            measures = read_measures(basis, program).to_pylist()
        earned: dict[tuple[str, ...], Decimal] = {}
        for row in rows:
            key = (row["payee_id"], row["component"], row["id"] or row["period"])
            earned[key] = earned.get(key, Decimal(0)) + row["amount"]
        return {key: amount.normalize() for key, amount in earned.items()}, measures

    def _credits(self, rows: list[tuple[Any, ...]]) -> list[dict[str, Any]]:
        found = []
        for payee, day, id_, credit, amount, *more in rows:
            row = {
                "payee_id": payee,
                "day": date.fromisoformat(day),
                "source": "opportunity",
                "id": id_,
                "opportunity_id": id_,
                "credit": credit,
                "amount": Decimal(str(amount)),
                "level": None,
            }
            found.append(row | dict(zip(self.columns, [*more, *([None] * len(self.columns))], strict=False)))
        return found

    def _frame(self, engine: Engine, plan: CompPlan) -> Frame:
        kinds = kinds_in_use(plan)
        rows = [self._cell(plan, kinds, payee, month) for payee in self.payees for month in range(self.months)]
        _keep(engine, "pay frame p", rows)
        return Frame("pay frame p", kinds, tuple(self.targets), tuple(plan.values))

    def _cell(self, plan: CompPlan, kinds: tuple[str, ...], payee: str, month: int) -> dict[str, Any]:
        starts, ends = _first(month), _first(month + 1)
        pay = _interval(plan.period, month)
        row: dict[str, Any] = {
            "payee_id": payee,
            "team": self.teams.get(payee),
            "cell_starts": starts,
            "cell_ends": ends,
            "period": pay[0],
            "period_starts": pay[1],
            "period_ends": pay[2],
            "is_close": ends == pay[2] or month == self.months - 1,
            "tenure_from": date(2025, 7, 15),
        }
        for kind in kinds:
            name, first, last = _interval(kind, month)
            row |= {kind: name, f"{kind} name": name, f"{kind} starts": first, f"{kind} ends": last}
            row |= {f"share {kind}": Decimal(1), f"share {kind} below": Decimal(1)}
            for what in ("base_pay", "target_pay"):
                row |= {
                    f"{what} {kind}": Decimal(self.pay * _MILLION * _LENGTHS.get(kind, 12)),
                    f"{what} {kind} below": Decimal(1),
                }
        for name in guarantee_fractions(plan):
            of_pay = name.endswith("_pay in full")
            row[name] = row[name.replace("in full", plan.period)] if of_pay else Decimal(1)
            row[f"{name} below"] = Decimal(1)
        for measure, target in self.targets.items():
            given = target.get(payee) if isinstance(target, dict) else target
            above, below = given if isinstance(given, tuple) else (given, 1)
            row[f"target {measure}"] = None if above is None else Decimal(above) * _MILLION
            row[f"target {measure} below"] = None if above is None else Decimal(below)
        return row | {f"value {name}": Decimal(value) for name, value in plan.values.items()}


def _keep(engine: Engine, name: str, rows: list[dict[str, Any]]) -> None:
    names = list(dict.fromkeys(key for row in rows for key in row)) or list(_CREDIT)
    columns = {key: pa.array([row.get(key) for row in rows], _type(key)) for key in names}
    engine.load(f"given {name}", pa.table(columns))
    engine.keep_rows(name, f'SELECT * FROM "given {name}"')


def _number(engine: Engine, plan: CompPlan, kind: str, rows: list[dict[str, Any]]) -> None:
    """Credits by number, and the view of them."""
    given = f"given {kind}"
    _keep(engine, given, rows)
    engine.view_rows(f"{given} placed", f'SELECT *, row_number() OVER () AS place FROM "{given}"')
    keep_order(engine, "p", kind, [f"{given} placed"])
    others = list(dict.fromkeys(key for row in rows for key in row if key not in _CREDIT))
    credit = " ".join(f"WHEN '{name}' THEN {place}" for place, name in enumerate(plan.credits))
    place = f"CASE credit {credit} END" if credit else "CAST(NULL AS INTEGER)"
    more = "".join(f', "{each}"' for each in others)
    engine.keep_rows(
        numbered_table("p", kind),
        f'SELECT payee, event, day, {place} AS credit, amount, level{more} FROM "{given}"'
        f' JOIN "{payees_table("p")}" USING (payee_id) JOIN "{order_table("p", kind)}" USING (day, source, id)',
    )
    show_credits(engine, "p", kind, plan.credits, others)


_CREDIT = ("payee_id", "day", "source", "id", "opportunity_id", "credit", "amount", "level")
_DATES = ("day", "cell_starts", "cell_ends", "period_starts", "period_ends", "tenure_from")


def _type(key: str) -> pa.DataType:
    if key in _DATES or key.endswith((" starts", " ends")):
        return pa.date32()
    if key.startswith("number "):
        return pa.decimal128(38, 12)
    if key == "amount" or key.startswith("value "):
        return pa.decimal128(38, 6)
    if key.startswith(("share ", "base_pay ", "target_pay ", "target ", "guaranteed ")):
        return pa.decimal128(38, 0)
    others: dict[str, pa.DataType] = {"is_close": pa.bool_(), "level": pa.int64()}
    return others.get(key, pa.string())


def _metrics(rows: Iterable[tuple[str, str, str, str]]) -> pa.Table:
    kept: list[pa.Field[Any]] = list(METRICS)[4:]
    texts: list[pa.Field[Any]] = [pa.field(name, pa.string()) for name in METRICS.names[:4]]
    plain = pa.schema([*texts, *kept])
    listed = [{"metric": m, "grain": "user", "key": k, "period": p, "value": Decimal(v)} for m, k, p, v in rows]
    return pa.Table.from_pylist(listed, plain)


def _first(month: int) -> date:
    return date(2026 + month // 12, month % 12 + 1, 1)


def _interval(kind: str, month: int) -> tuple[str, date, date]:
    if kind == "all_time":
        return "all", date(1900, 1, 1), date(2200, 1, 1)
    length = _LENGTHS[kind]
    start = month - month % length
    return f"{kind} {start // length + 1}", _first(start), _first(start + length)


def last_day(month: int) -> date:
    """The last day of a month from January 2026 on, from 0."""
    return _first(month + 1) - timedelta(days=1)
