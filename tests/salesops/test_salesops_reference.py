"""The engine against the plain reference on random facts and rules, and what must hold whatever the rules say."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_metrics import build_world, reference_metrics
from reference_quotas import attainment
from reference_world import nearest
from worked import facts, rules

import salesops.compute
from config.calendars import FiscalYear, Month
from salesops.compute import compute
from salesops.engine import Engine

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from salesops.results import Results
    from salesops.rules import Rules

METRICS = """
    big_won: {label: Big, kind: simple, unit: money, source: opportunity, aggregate: sum, of: amount, time: close_date,
              where: [{field: is_won, is: true}, {field: amount, at_least: 100}, {field: type, is_not: Renewal}]}
    least: {label: Least, kind: simple, unit: money, source: opportunity, aggregate: min, of: amount, time: created_at}
    most: {label: Most, kind: simple, unit: money, source: opportunity, aggregate: max, of: amount, time: close_date}
    mean: {label: M, kind: simple, unit: money, source: opportunity, aggregate: average, of: amount, time: close_date}
    mean_share: {label: Share, kind: ratio, unit: percent, numerator: mean, denominator: won_amount}
"""
USERS = [f"u{number}" for number in range(7)]
START = datetime(2017, 1, 15, tzinfo=UTC)
AS_OF = datetime(2017, 12, 20, 15, tzinfo=UTC)

rates = st.integers(0, 200_000).map(lambda n: Decimal(n).scaleb(-6))


def random_facts(seed: int) -> dict[str, list[dict[str, Any]]]:
    """A small company, every field of it empty now and then; dense, so that each rule finds something to count."""
    dice = random.Random(seed)

    def some(value: Any) -> Any:
        return None if dice.random() < 0.08 else value

    def instant() -> datetime:
        return START + timedelta(seconds=dice.randrange(350 * 86400))

    def amount() -> Decimal:
        digits, places = dice.choice([(10**5, 1), (10**8, 4), (10**19, 4), (300, 0)])
        return Decimal(dice.randrange(-digits // 20, digits)).scaleb(-places)

    people = [
        {
            "id": name,
            "email": f"{name}@x.example",
            "active": dice.random() < 0.85,
            "team": some(dice.choice(["east", "west"])),
            "role": some(dice.choice(["AE", "Manager"])),
            "manager_id": dice.choice([None, *USERS[:2], dice.choice(USERS)]),
        }
        for name in USERS
    ]
    deals = [
        {
            "id": f"{number:03}",
            "owner_id": some(dice.choice([*USERS, "gone"])),
            "is_closed": some(dice.random() < 0.7),
            "is_won": some(dice.random() < 0.6),
            "amount": some(amount()),
            "close_date": some(instant().date()),
            "created_at": some(instant()),
            "type": some(dice.choice(["New", "Renewal"])),
        }
        for number in range(dice.randrange(40, 160))
    ]
    calls = [
        {
            "id": f"{number:03}",
            "owner_id": some(dice.choice([*USERS, "gone"])),
            "kind": some(dice.choice(["call", "email", "meeting"])),
            "at": some(instant()),
            "done": some(dice.random() < 0.8),
        }
        for number in range(dice.randrange(20, 60))
    ]
    return {"user": people, "opportunity": deals, "activity": calls, "lead": []}


all_facts = st.integers(0, 2**32).map(random_facts)


@st.composite
def tiers(draw: st.DrawFn) -> str:
    bounds = [Decimal(0), *sorted(draw(st.sets(st.integers(1, 3000).map(lambda n: Decimal(n).scaleb(-3)), max_size=3)))]
    return ", ".join(f"{{from: {bound}, rate: {draw(rates)}}}" for bound in bounds)


@st.composite
def all_rules(draw: st.DrawFn) -> Rules:
    targets = st.sampled_from([0, 500, 12345.678, 300000, 9 * 10**14])
    period = draw(st.sampled_from(["month", "quarter", "year"]))
    metric = draw(st.sampled_from(["won_amount", "big_won", "won_count"]))
    users = draw(st.sampled_from(["{}", f"{{U1@x.example: {draw(targets)}}}"]))
    quotas = f"""
        q: {{label: Q, metric: {metric}, period: {period}, targets: [
            {{from: 2016-01-01, until: 2017-07-01, default: {draw(targets)}, users: {users}}},
            {{from: 2017-07-01, default: {draw(targets)}, teams: {{east: {draw(targets)}}}}}]}}
    """
    eligible = draw(
        st.sampled_from(["{}", "{}", "{teams: [east]}", "{roles: [AE], users: [U2@x.example, u1@x.example]}"])
    )
    comp_plans = f"""
        p: {{label: P, effective_from: 2017-04-01, eligible: {eligible}, period: {period},
            credits: {{sales: {{source: opportunity, where: [{{field: is_won, is: true}}], time: close_date}}}},
            measures: {{sold: {{credits: [sales], target: q}}}},
            components: {{commission: {{kind: tiers, by: sold, reading: marginal, tiers: [{draw(tiers())}]}}}}}}
    """
    return rules(
        only=("won_amount", "won_count"),
        metrics=METRICS,
        quotas=quotas,
        comp_plans=comp_plans,
        time_zone=draw(st.sampled_from(["America/New_York", "Europe/London", "Pacific/Auckland", "UTC"])),
        fiscal_year=FiscalYear(starts=draw(st.sampled_from([Month.JANUARY, Month.FEBRUARY, Month.JULY]))),
    )


def exact(number: Decimal | None) -> Fraction | None:
    return None if number is None else Fraction(number)


@given(all_facts, all_rules())
@settings(max_examples=12, derandomize=True, deadline=None)
def test_the_engine_equals_the_plain_reference(rows: dict[str, list[dict[str, Any]]], ruled: Rules) -> None:
    results, world = compute(facts(**rows), ruled, AS_OF), build_world(rows, ruled, AS_OF)
    metrics = {
        (row["metric"], row["grain"], row["key"], row["period"]): exact(row["value"])
        for row in results.metrics.to_pylist()
    }
    assert metrics == {key: each.value for key, each in reference_metrics(rows, ruled, AS_OF).items()}
    attained = {
        (row["quota"], row["user_id"], row["period"]): tuple(
            map(exact, (row["credited"], row["target"], row["attainment"]))
        )
        for row in results.attainment.to_pylist()
    }
    assert attained == {
        (each.quota, each.user, each.period.name): (
            each.credited,
            each.target,
            nearest(each.credited / each.target) if each.target else None,
        )
        for each in attainment(world)
    }


@given(all_facts, all_rules(), st.randoms(use_true_random=False))
@settings(max_examples=3, derandomize=True, deadline=None)
def test_the_order_of_facts_and_rules_changes_nothing(
    rows: dict[str, list[dict[str, Any]]], ruled: Rules, shuffler: random.Random
) -> None:
    shuffled = {name: shuffler.sample(them, len(them)) for name, them in rows.items()}
    metrics = dict(shuffler.sample(list(ruled.metrics.items()), len(ruled.metrics)))
    reruled = replace(ruled, metrics=metrics)
    assert compute(facts(**rows), ruled, AS_OF) == compute(facts(**shuffled), reruled, AS_OF)


ONE_REP = [{"id": "u0", "email": "u0@x.example", "active": True}]
RISING = """
    p: {label: P, effective_from: 2017-01-01, eligible: {}, period: year,
        credits: {sales: {source: opportunity, where: [{field: is_won, is: true}], time: close_date}},
        measures: {sold: {credits: [sales], target: q}},
        components: {commission: {kind: tiers, by: sold, reading: marginal, tiers: [
            {from: 0, rate: 0.033333}, {from: 0.777, rate: 0.0871}, {from: 1.5, rate: 0.151}]}}}
"""
QUOTA = "q: {label: Q, metric: won_amount, period: year, targets: [{from: 2017-01-01, default: 1000.01}]}"


def earned_in_all(books: list[list[Decimal]]) -> list[Fraction]:
    """What each of many reps earns in a year, the reps' credits being the books."""
    ruled = rules(only=("won_amount",), quotas=QUOTA, comp_plans=RISING)
    reps = [{"id": f"{rep}", "email": f"{rep}@x.example", "active": True} for rep in range(len(books))]
    closed = {"is_won": True, "is_closed": True, "close_date": date(2017, 5, 1)}
    won = [
        {"id": f"{rep}-{number:03}", "owner_id": f"{rep}", "amount": credit, **closed}
        for rep, credits_ in enumerate(books)
        for number, credit in enumerate(credits_)
    ]
    totals = [Fraction(0)] * len(books)
    for row in compute(facts(user=reps, opportunity=won), ruled, AS_OF).earnings.to_pylist():
        totals[int(row["payee_id"])] += Fraction(row["amount"])
    return totals


cents = st.integers(0, 100_000).map(lambda n: Decimal(n).scaleb(-2))
books = st.lists(st.lists(cents, min_size=1, max_size=12), min_size=40, max_size=60)


@given(books)
@settings(max_examples=3, derandomize=True, deadline=None)
def test_splits_of_a_credit_earn_what_the_whole_earns(parts: list[list[Decimal]]) -> None:
    assert earned_in_all(parts) == earned_in_all([[sum(credits_, Decimal(0))] for credits_ in parts])


@given(books, cents)
@settings(max_examples=3, derandomize=True, deadline=None)
def test_more_credit_never_earns_less(less: list[list[Decimal]], more: Decimal) -> None:
    with_more = earned_in_all([[*credits_, more] for credits_ in less])
    assert all(b >= a for a, b in zip(earned_in_all(less), with_more, strict=True))


NOT_EXACT = re.compile(r"DOUBLE|FLOAT|REAL|\bAVG\b| / ")


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every statement that reaches the engine."""
    statements: list[str] = []
    to_sql = salesops.engine._sql
    monkeypatch.setattr(salesops.engine, "_sql", lambda table: statements.append(to_sql(table)) or statements[-1])
    return statements


class Watched(Engine):
    """An engine that remembers the types of what it kept."""

    types: ClassVar[set[str]] = set()

    def keep(self, name: str, expression: ir.Table) -> ir.Table:
        kept = super().keep(name, expression)
        columns = self.fetch(f'DESCRIBE "{name}"')["column_type"].to_pylist()
        self.types.update(re.sub(r"\(.*", "", column) for column in columns)
        return kept


def test_no_number_is_ever_a_binary_float(written: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(salesops.compute, "Engine", Watched)
    results = everything()
    pay = (results.credits, results.measures, results.earnings)
    for table in (results.metrics, results.attainment, results.territories, *pay):
        assert table.num_rows
        assert not [field for field in table.schema if pa.types.is_floating(field.type)]
    whole = {"VARCHAR", "BOOLEAN", "DATE", "TIMESTAMP", "TIMESTAMP_MS", "BIGINT", "HUGEINT"}
    assert Watched.types <= {"DECIMAL", *whole}
    assert not [sql for sql in written if NOT_EXACT.search(sql)]


def test_more_metrics_of_the_same_sources_ask_the_engine_little_more(written: list[str]) -> None:
    everything()
    once = len(written)
    everything(twice=True)
    assert len(written) - 2 * once < once / 4  # statements go by source and by how its rows are put into periods


def everything(*, twice: bool = False) -> Results:
    """Results of every kind, all with rows; `twice` with each metric under a second name as well."""
    won = {"owner_id": "u0", "is_won": True, "is_closed": True, "amount": Decimal(5), "close_date": date(2017, 5, 1)}
    still_open = won | {"is_won": False, "is_closed": False}
    rows = {
        "user": ONE_REP,
        "opportunity": [{"id": "1"} | won, {"id": "2", "created_at": START} | still_open],
        "activity": [{"id": "1", "kind": "call", "at": START, "done": True, "owner_id": "u0"}],
        "account": [{"id": "1"}],
    }
    territories = "{territories: [{name: All, where: [{field: country, empty: true}]}]}"
    ruled = rules(metrics=METRICS, quotas=QUOTA, comp_plans=RISING, territories=territories)
    again = {f"{name}_again": metric for name, metric in ruled.metrics.items()} if twice else {}
    return compute(facts(**rows), replace(ruled, metrics={**ruled.metrics, **again}), AS_OF)
