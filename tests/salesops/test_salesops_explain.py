"""What an explanation says: which records count and with what, what is left out and why, and by which definition."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from worked import facts, rules, user

from salesops.explain import NoFigure, explain_metric, rules_for
from salesops.explain.definition import define, version_of

if TYPE_CHECKING:
    from salesops.calendar import Period
    from salesops.explain import Explanation
    from salesops.rules import Rules

AS_OF = datetime(2026, 5, 20, 16, tzinfo=UTC)
WON = """
won: {label: Won, kind: simple, unit: money, source: opportunity, aggregate: sum, of: amount, time: close_date,
      where: [{field: is_won, is: "true"}, {field: type, is_not: Renewal}]}
"""


def deal(id_: str, **more: Any) -> dict[str, Any]:
    usual = {"owner_id": "ann", "is_won": True, "amount": Decimal(100), "close_date": date(2026, 5, 4)}
    return {"id": id_} | usual | more


def period(rules_: Rules, kind: Any = "quarter") -> Period:
    return rules_.calendar.period_of(kind, AS_OF.date())


def explained(
    metrics: str, name: str, *deals: dict[str, Any], grain: str = "company", key: str = "", **objects: Any
) -> Explanation:
    """The explanation of a metric in the present quarter."""
    with_metrics = rules(only=(), metrics=metrics, **objects.pop("settings", {}))
    people = [user("ann", "East", "mia"), user("bob", "East", "mia"), user("mia", "Leads")]
    tables = facts(opportunity=list(deals), user=people, **objects)
    return explain_metric(tables, with_metrics, AS_OF, name, grain, key, period(with_metrics))


def simple(measure: str, **more: str) -> str:
    keys = {"label": "X", "kind": "simple", "unit": "money", "source": "opportunity", "aggregate": measure}
    keys |= {"of": "amount", "time": "close_date"} | more
    return f"x: {{{', '.join(f'{key}: {value}' for key, value in keys.items() if value)}}}"


def ids(explanation: Explanation) -> list[str]:
    assert explanation.records is not None
    return explanation.records["id"].to_pylist()


def marked(explanation: Explanation) -> list[str]:
    assert explanation.records is not None
    return explanation.records.filter(explanation.records["makes"])["id"].to_pylist()


def reasons(explanation: Explanation) -> dict[str, tuple[str, ...]]:
    return {each.reason: each.examples for each in explanation.left_out}


def test_the_records_of_a_sum_are_the_largest_first_and_add_up() -> None:
    found = explained(WON, "won", deal("a"), deal("b", amount=Decimal("250.5")))
    assert ids(found) == ["b", "a"]
    assert (found.value, found.total) == (Decimal("350.5"), Decimal("350.5"))
    assert found.adds_up()


def test_what_is_left_out_is_told_by_the_first_condition_that_is_not_met() -> None:
    lost = deal("lost", is_won=False, type="Renewal")
    found = explained(WON, "won", deal("a"), lost, deal("renewal", type="Renewal"))
    assert reasons(found) == {"not met: is_won is true": ("lost",), "not met: type is not Renewal": ("renewal",)}


def test_a_record_without_a_day_is_left_out_and_one_after_the_as_of_time_as_well() -> None:
    typo = deal("typo", close_date=date(1026, 5, 4))
    found = explained(WON, "won", deal("none", close_date=None), deal("later", close_date=date(2026, 6, 1)), typo)
    assert [(each.cause, each.examples) for each in found.left_out] == [
        ("undated", ("none",)),
        ("unbelievable", ("typo",)),
        ("later", ("later",)),
    ]


def test_another_period_and_another_owner_are_not_left_out() -> None:
    other = deal("before", close_date=date(2026, 2, 1), is_won=False), deal("bobs", owner_id="bob", is_won=False)
    assert explained(WON, "won", *other, grain="user", key="ann").left_out == ()


def test_an_empty_number_is_left_out_but_its_row_makes_the_sum_a_number() -> None:
    found = explained(WON, "won", deal("a", amount=None))
    assert (found.is_there, found.value) == (True, Decimal(0))
    assert reasons(found) == {"amount is empty": ("a",)}


def test_a_foreign_amount_shows_itself_its_currency_and_its_rate() -> None:
    rate = {"id": "r", "currency": "EUR", "to_currency": "USD", "rate": Decimal("1.1"), "from_date": date(2026, 1, 1)}
    deals = deal("euro", currency="EUR"), deal("pound", currency="GBP")
    found = explained(WON, "won", *deals, exchange_rate=[rate])
    assert found.records is not None
    row = found.records.to_pylist()[0]
    assert (row["of"], row["of_currency"], row["of_rate"], row["number"]) == (100, "EUR", Decimal("1.1"), 110)
    assert reasons(found) == {"no exchange rate for the currency of amount": ("pound",)}


def test_a_share_of_a_split_is_explained_with_the_whole() -> None:
    splits = [
        {"id": "1", "opportunity_id": "a", "user_id": "ann", "percent": Decimal("0.333333")},
        {"id": "2", "opportunity_id": "a", "user_id": "bob", "percent": Decimal("0.666667")},
    ]
    settings = {"meanings": {"revenue_splits": ()}}
    of_bob = explained(
        simple("sum", owner="splits"),
        "x",
        deal("a"),
        grain="user",
        key="bob",
        opportunity_split=splits,
        settings=settings,
    )
    assert of_bob.records is not None
    row = of_bob.records.to_pylist()[0]
    assert (row["of"], row["share"], row["number"]) == (100, Decimal("0.666667"), Decimal("66.666700"))
    assert of_bob.adds_up()


def test_an_average_is_a_sum_over_a_number_of_records() -> None:
    found = explained(simple("average"), "x", deal("a"), deal("b", amount=Decimal(1)), deal("c", amount=None))
    assert (found.numerator, found.denominator, found.total) == (101, 2, Decimal("50.5"))
    assert found.adds_up()


@pytest.mark.parametrize(
    ("measure", "more", "makes"),
    [
        ("median", {}, ["b", "c"]),
        ("min", {}, ["a"]),
        ("max", {}, ["d", "e"]),
        ("quantile", {"quantile": "0.8"}, ["c", "d"]),
    ],
)
def test_the_records_that_make_a_number_of_an_order_are_marked(
    measure: str, more: dict[str, str], makes: list[str]
) -> None:
    amounts = {"a": 1, "b": 2, "c": 3, "d": 4} | ({"e": 4} if measure == "max" else {})
    deals = [deal(id_, amount=Decimal(amount)) for id_, amount in reversed(amounts.items())]
    found = explained(simple(measure, **more), "x", *deals)
    assert ids(found) == sorted(amounts)
    assert marked(found) == makes
    assert found.adds_up()


def test_different_values_are_told_with_their_records() -> None:
    deals = deal("a", account_id="acme"), deal("b", account_id="acme"), deal("c", account_id="bolt"), deal("d")
    found = explained(simple("distinct", of="account_id", unit="count"), "x", *deals)
    assert found.records is not None
    assert found.records["number"].to_pylist() == ["acme", "acme", "bolt"]
    assert (found.value, reasons(found)) == (2, {"account_id is empty": ("d",)})


def test_a_duration_tells_its_start_its_end_and_its_length() -> None:
    made = datetime(2026, 5, 1, 12, tzinfo=UTC)
    cycle = simple("duration", of="", unit="days", start="created_at")
    found = explained(cycle, "x", deal("a", created_at=made), deal("b"))
    assert found.records is not None
    row = found.records.to_pylist()[0]
    assert (row["starts"], row["ends"], row["number"]) == (date(2026, 5, 1), date(2026, 5, 4), 3)
    assert reasons(found) == {"created_at is empty": ("b",)}


def test_a_ratio_explains_both_of_its_parts() -> None:
    share = WON + "every: {label: E, kind: simple, unit: money, source: opportunity, aggregate: sum, of: amount,"
    share += " time: close_date}\nrate: {label: R, kind: ratio, unit: percent, numerator: won, denominator: every}"
    found = explained(share, "rate", deal("a"), deal("b", is_won=False))
    assert [(part.role, part.explanation.value) for part in found.parts] == [("numerator", 100), ("denominator", 200)]
    assert (found.total, found.adds_up()) == (Decimal("0.5"), True)


def test_a_formula_has_its_values_put_in_and_the_period_before_explained() -> None:
    growth = WON + 'growth: {label: G, kind: derived, unit: percent, formula: "(won - previous(won)) / 2"}'
    found = explained(growth.replace("percent", "money"), "growth", deal("a"), deal("b", close_date=date(2026, 3, 31)))
    assert found.formula == "(won - previous(won)) / 2 = (100 - 100) / 2"
    assert [part.role for part in found.parts] == ["won", "previous(won)"]
    assert (found.total, found.adds_up()) == (Decimal(0), True)


def test_a_rank_tells_among_how_many() -> None:
    rank = WON + "place: {label: P, kind: derived, unit: number, formula: rank(won), by: [user]}"
    deals = deal("a"), deal("b", owner_id="bob", amount=Decimal(500))
    found = explained(rank, "place", *deals, grain="user", key="ann")
    assert [(place.rank, place.among) for place in found.places] == [(2, 2)]
    assert found.adds_up()


def test_a_window_names_its_days_and_explains_its_metric_over_them() -> None:
    window = WON + "twelve: {label: T, kind: cumulative, unit: money, metric: won, window: 2 months}"
    found = explained(window, "twelve", deal("a"), deal("b", close_date=date(2026, 3, 31)))
    assert (found.first, found.last) == (date(2026, 4, 1), date(2026, 5, 20))
    assert ids(found.parts[0].explanation) == ["a"]
    assert (found.value, found.adds_up()) == (100, True)


def test_a_conversion_tells_of_each_record_whether_it_came_to_the_second_event() -> None:
    conversion = """
    x:
      label: X
      kind: conversion
      unit: percent
      from: {source: lead, time: created_at, match: id}
      to: {source: activity, time: at, match: lead_id}
      within: 5 days
    """
    made = datetime(2026, 5, 1, 12, tzinfo=UTC)
    leads = [{"id": id_, "owner_id": "ann", "created_at": made} for id_ in ("soon", "late", "never")]
    calls = [
        {"id": f"call {id_}", "lead_id": id_, "at": datetime(2026, 5, day, 12, tzinfo=UTC)}
        for id_, day in (("soon", 3), ("late", 9))
    ]
    found = explained(conversion, "x", lead=leads, activity=calls)
    assert found.records is not None
    rows = {row["match"]: (row["converted"], row["next_day"]) for row in found.records.to_pylist()}
    assert rows == {"soon": (True, date(2026, 5, 3)), "late": (False, date(2026, 5, 9)), "never": (False, None)}
    assert (found.value, found.adds_up()) == (Decimal("0.333333"), True)


def test_where_nothing_counts_the_number_is_what_its_definition_says() -> None:
    assert explained(WON, "won").value == 0
    assert explained(simple("average"), "x").value is None
    assert explained(WON, "won").adds_up()


def test_a_sample_that_is_too_small_gives_no_value_and_still_adds_up() -> None:
    found = explained(simple("sum", minimum_sample="3"), "x", deal("a"))
    assert (found.is_there, found.value, found.adds_up()) == (True, None, True)


def test_a_part_of_a_period_is_marked_with_the_first_whole_one() -> None:
    found = explained(WON, "won", deal("a"), deal("b", close_date=date(2026, 5, 6)))
    assert (found.partial, found.first_complete) == (True, None)


def test_managers_have_all_that_is_below_them() -> None:
    found = explained(WON, "won", deal("a"), deal("b", owner_id="bob"), grain="manager", key="mia")
    assert sorted(ids(found)) == ["a", "b"]
    assert found.adds_up()


@pytest.mark.parametrize(("grain", "kind"), [("product", "quarter"), ("company", "week")])
def test_a_grain_or_period_that_a_metric_has_not_is_no_figure(grain: str, kind: str) -> None:
    some = rules(only=(), metrics=WON)
    with pytest.raises(NoFigure, match="won is not computed by"):
        explain_metric({}, some, AS_OF, "won", grain, "x", period(some, kind))


def test_the_version_changes_with_the_definition_and_not_with_its_words() -> None:
    first = rules(only=(), metrics=WON)
    renamed = rules(only=(), metrics=WON.replace("label: Won", "label: Gewonnen"))
    narrower = rules(only=(), metrics=WON.replace("Renewal", "Upsell"))
    versions = [version_of(each, "won") for each in (first, renamed, narrower, replace(first, currency="EUR"))]
    assert versions[0] == versions[1]
    assert len(set(versions)) == 3


def test_the_version_changes_with_a_part_a_meaning_and_a_parameter() -> None:
    text = WON.replace("is_not: Renewal", "means: new_business") + "twice: {label: T, kind: derived, unit: money,"
    text += " formula: won * factor}"
    words, other = {"new_business": ("New",)}, {"new_business": ("New", "First")}
    two, three = {"factor": Decimal(2)}, {"factor": Decimal(3)}
    made = [
        rules(only=(), metrics=text, meanings=m, parameters=p) for m, p in ((words, two), (other, two), (words, three))
    ]
    assert len({version_of(each, "twice") for each in made}) == 3
    assert define(made[0], "won").meanings == words
    assert {name: str(number) for name, number in define(made[0], "twice").parameters.items()} == {"factor": "2"}


def test_only_the_rules_that_decide_a_metric_are_computed() -> None:
    narrowed = rules_for(rules(), "win_rate")
    assert sorted(narrowed.metrics) == ["closed_count", "win_rate", "won_count"]
