"""The metrics of the catalog and the rules of counting, by examples that a person can recompute."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from worked import NEW_YEARS_EVE, facts, plain, rules, user, value

from config.calendars import FiscalYear, Month
from salesops.compute import compute
from salesops.rules import RuleError

if TYPE_CHECKING:
    from salesops.results import Results

USERS = [user("ann", "east"), user("bob", "east"), user("cid", "west"), user("dee")]


def deal(id_: str, owner: str | None, state: str, amount: Any, closes: date | None, **more: Any) -> dict[str, Any]:
    return {
        "id": id_,
        "owner_id": owner,
        "is_closed": state != "open",
        "is_won": state == "won",
        "amount": None if amount is None else Decimal(amount),
        "close_date": closes,
        "created_at": datetime(2017, 10, 1, 12, tzinfo=UTC),
        **more,
    }


DEALS = [
    deal("1", "ann", "won", "1000.50", date(2017, 10, 31)),
    deal("2", "ann", "won", "2000", date(2017, 12, 31)),
    deal("3", "ann", "lost", "9000", date(2017, 12, 1)),
    deal("4", "bob", "won", None, date(2017, 12, 15)),
    deal("5", "cid", "open", "700", date(2018, 2, 1)),
    deal("6", "cid", "open", "300", None),
    deal("7", None, "won", "50", date(2017, 12, 2)),
    deal("8", "somebody who left", "won", "60", date(2017, 12, 3)),
    deal("9", "ann", "won", "4000", date(2018, 1, 1)),  # tomorrow: not won yet, as far as figures go
]


@pytest.mark.parametrize(
    ("metric", "grain", "key", "period", "expected"),
    [
        ("won_amount", "user", "ann", "2017-10", "1000.5"),
        ("won_amount", "user", "ann", "FY2017-Q4", "3000.5"),  # 1,000.50 + 2,000
        ("won_amount", "user", "ann", "all", "3000.5"),
        ("won_amount", "user", "ann", "2018-01", "no row"),
        ("won_amount", "user", "bob", "2017-12", "0"),  # won without an amount
        ("won_amount", "team", "east", "FY2017", "3000.5"),
        ("won_amount", "company", "", "FY2017-Q4", "3110.5"),  # 3,000.50 + 0 + 50 + 60: nobody's count here only
        ("won_amount", "user", "somebody who left", "all", "no row"),
        ("won_count", "company", "", "2017-12", "4"),
        ("closed_count", "user", "ann", "FY2017-Q4", "3"),
        ("lost_count", "team", "east", "2017-12", "1"),
        ("win_rate", "user", "ann", "2017-12", "0.5"),  # 1 of 2
        ("win_rate", "user", "ann", "FY2017-Q4", "0.666667"),  # 2 of 3, not the mean of 1 and 0.5
        ("win_rate", "team", "east", "FY2017-Q4", "0.75"),  # 3 of 4
        ("win_rate", "user", "cid", "all", "no row"),
        ("average_deal", "team", "east", "FY2017-Q4", "1000.166667"),  # 3,000.50 / 3
        ("open_pipeline", "user", "cid", "2017-12", "1000"),  # as it stands: in the periods of the as-of day
        ("open_pipeline", "user", "cid", "FY2017-Q4", "1000"),
        ("open_pipeline", "team", "west", "all", "1000"),
        ("open_pipeline", "user", "cid", "2018-02", "no row"),
        ("open_count", "company", "", "2017-12", "2"),
        ("sales_cycle", "user", "ann", "2017-10", "30"),  # 1 to 31 October
        ("sales_cycle", "user", "ann", "FY2017", "60.5"),  # (30 + 91) / 2
        ("opportunities_created", "company", "", "2017-10", "9"),
        ("pipeline_created", "user", "ann", "2017-10", "16000.5"),  # 1,000.50 + 2,000 + 9,000 + 4,000
    ],
)
def test_an_opportunity_metric_counts_what_it_says(
    metric: str, grain: str, key: str, period: str, expected: str
) -> None:
    assert value(opportunity_results(), metric, period, key, grain) == expected


@cache
def opportunity_results() -> Results:
    only = ("won_amount", "won_count", "closed_count", "lost_count", "win_rate", "average_deal", "open_pipeline")
    only += ("open_count", "sales_cycle", "opportunities_created", "pipeline_created")
    return compute(facts(user=USERS, opportunity=DEALS), rules(only=only), NEW_YEARS_EVE)


def test_a_ratio_and_an_average_show_what_they_are_made_of() -> None:
    rows = [
        row for row in opportunity_results().metrics.to_pylist() if row["key"] == "ann" and row["period"] == "FY2017"
    ]
    shown = {row["metric"]: (plain(row["numerator"]), plain(row["denominator"])) for row in rows}
    assert shown["win_rate"] == ("2", "3")
    assert shown["sales_cycle"] == ("121", "2")
    assert shown["won_amount"] == (None, None)


def activity(id_: str, owner: str, kind: str, at: datetime, *, done: bool = True) -> dict[str, Any]:
    return {"id": id_, "owner_id": owner, "kind": kind, "at": at, "done": done}


def test_activities_count_by_kind_and_per_won_opportunity() -> None:
    noon = datetime(2017, 12, 5, 12, tzinfo=UTC)
    activities = [
        activity("1", "ann", "call", noon),
        activity("2", "ann", "call", noon),
        activity("3", "ann", "call", noon, done=False),
        activity("4", "ann", "email", noon),
        activity("5", "bob", "meeting", noon),
        activity("6", "bob", "task", noon),
        activity("7", "bob", "call", NEW_YEARS_EVE + timedelta(seconds=1)),  # after the as-of time, on its day
        activity("8", "cid", "call", noon),
    ]
    only = ("calls", "emails", "meetings", "tasks", "activities", "won_count", "activities_per_won")
    results = compute(facts(user=USERS, opportunity=DEALS, activity=activities), rules(only=only), NEW_YEARS_EVE)

    def december(metric: str, key: str) -> Any:
        return value(results, metric, "2017-12", key, "user")

    assert [december("calls", "ann"), december("emails", "ann"), december("calls", "bob")] == ["2", "1", "no row"]
    assert [december("meetings", "bob"), december("tasks", "bob")] == ["1", "1"]
    assert december("activities_per_won", "ann") == "3"  # 3 over 1 won in December
    assert december("activities_per_won", "cid") is None  # 1 over nothing
    assert value(results, "activities_per_won", "2017-12") == "1.5"  # 6 over 4


def test_leads_count_when_they_come_and_when_they_are_converted() -> None:
    october, december = datetime(2017, 10, 2, tzinfo=UTC), datetime(2017, 12, 2, tzinfo=UTC)
    leads = [
        {"id": "1", "owner_id": "ann", "created_at": october, "converted": True, "converted_at": december},
        {"id": "2", "owner_id": "ann", "created_at": october, "converted": False},
    ]
    only = ("leads_created", "leads_converted", "lead_conversion")
    results = compute(facts(user=USERS, lead=leads), rules(only=only), NEW_YEARS_EVE)
    assert value(results, "lead_conversion", "2017-10") == "0"  # 0 of 2
    assert value(results, "lead_conversion", "2017-12") is None  # 1 of 0
    assert value(results, "lead_conversion", "FY2017-Q4") == "0.5"  # 1 of 2


@pytest.mark.parametrize(
    ("zone", "at", "month"),
    [
        ("America/New_York", datetime(2017, 12, 1, 4, 59, 59, tzinfo=UTC), "2017-11"),
        ("America/New_York", datetime(2017, 12, 1, 5, tzinfo=UTC), "2017-12"),
        ("America/New_York", datetime(2017, 11, 1, 3, 59, tzinfo=UTC), "2017-10"),  # summer time still: UTC-4
        ("Europe/London", datetime(2017, 10, 29, 12, tzinfo=UTC), "2017-10"),  # a day of 25 hours, from 23:00 to 00:00
        ("Asia/Kathmandu", datetime(2017, 11, 30, 18, 15, tzinfo=UTC), "2017-12"),
    ],
)
def test_an_instant_counts_in_the_month_of_its_local_day(zone: str, at: datetime, month: str) -> None:
    call = [activity("1", "ann", "call", at)]
    results = compute(facts(user=USERS, activity=call), rules(only=("calls",), time_zone=zone), NEW_YEARS_EVE)
    months = {
        row["period"] for row in results.metrics.to_pylist() if row["metric"] == "calls" and "-Q" not in row["period"]
    }
    assert months == {month, "FY2017", "all"}


def test_days_between_two_instants_are_days_of_the_calendar_not_spans_of_24_hours() -> None:
    metrics = """
        response:
          {label: Response, kind: simple, unit: days, source: lead, aggregate: duration, start: created_at,
           time: converted_at}
    """
    lead = {
        "id": "1",
        "created_at": datetime(2017, 12, 4, 4, 30, tzinfo=UTC),  # 23:30 on the 3rd in New York
        "converted_at": datetime(2017, 12, 4, 5, 30, tzinfo=UTC),  # an hour later, on the 4th
    }
    results = compute(facts(user=USERS, lead=[lead]), rules(metrics=metrics, only=()), NEW_YEARS_EVE)
    assert value(results, "response", "2017-12") == "1"


def test_fiscal_quarters_follow_the_declared_year() -> None:
    fiscal = FiscalYear(starts=Month.FEBRUARY)
    results = compute(
        facts(user=USERS, opportunity=DEALS), rules(only=("won_amount",), fiscal_year=fiscal), NEW_YEARS_EVE
    )
    assert value(results, "won_amount", "FY2018-Q3") == "1000.5"  # August to October
    assert value(results, "won_amount", "FY2018-Q4") == "2110"


def test_what_was_created_after_the_as_of_time_is_not_counted_as_it_stood_then() -> None:
    metrics = """
        accounts: {label: Accounts, kind: simple, unit: count, source: account, aggregate: count, time: as_of}
        lines: {label: Lines, kind: simple, unit: count, source: line_item, aggregate: count, time: as_of, owner: id}
    """
    at = (NEW_YEARS_EVE, NEW_YEARS_EVE + timedelta(milliseconds=1), None)
    deals = [deal(str(n), "ann", "open", 10**n, None, created_at=created) for n, created in enumerate(at)]
    accounts = [{"id": str(n), "owner_id": "ann", "created_at": created} for n, created in enumerate(at)]
    tables = facts(user=USERS, opportunity=deals, account=accounts, line_item=[{"id": "1"}])
    results = compute(tables, rules(metrics=metrics, only=("open_pipeline",)), NEW_YEARS_EVE)
    assert value(results, "open_pipeline", "all") == "101"  # 1, and 100 of the one that does not say
    assert value(results, "accounts", "all") == "2"
    assert value(results, "lines", "all") == "1"  # a line does not say when it was created


OPERATORS = [
    ("{field: amount, at_least: 700}", "12359"),
    ("{field: amount, more_than: 700}", "1239"),
    ("{field: amount, at_most: 300}", "678"),
    ("{field: amount, less_than: 50.000001}", "7"),
    ("{field: amount, is: 1000.500}", "1"),
    ("{field: amount, empty: true}", "4"),
    ("{field: amount, empty: false}", "12356789"),
    ("{field: owner_id, is_not: ann}", "45678"),
    ("{field: owner_id, in: [bob, cid]}", "456"),
    ("{field: owner_id, not_in: [ann, cid]}", "478"),
    ("{field: owner_id, is: Ann}", ""),
    ("{field: close_date, at_least: 2017-12-31}", "259"),
    ("{field: close_date, less_than: 2017-12-01}", "1"),
    ("{field: close_date, is: 2017-12-01}", "3"),
    ("{field: close_date, is_not: 2017-12-01}", "12456789"),
    ("{field: created_at, is: 2017-10-01}", "123456789"),
    ("{field: created_at, more_than: 2017-10-01}", ""),
    ("{field: created_at, at_most: 2017-10-01}", "123456789"),
    ("{field: created_at, less_than: 2017-10-01}", ""),
    ("{field: created_at, at_least: '2017-10-01T12:00:00Z'}", "123456789"),
    ("{field: created_at, more_than: '2017-10-01T12:00:00Z'}", ""),
    ("{field: is_won, is: true}", "124789"),
    ("{field: is_won, is_not: true}", "356"),
    ("{field: custom.size, at_least: 9.5}", "23"),  # as numbers: "10" and "9.50", not "9"
    ("{field: custom.size, is: 9}", "1"),
    ("{field: custom.size, empty: true}", "6789"),
    ("{field: custom.signed, more_than: 2017-06-30}", "2"),
]


@cache
def condition_results() -> Results:
    """Every condition as a metric that sums a bit for each deal that meets it."""
    sizes = {"1": "9", "2": "10", "3": "9.50", "4": "large", "5": "-1", "6": ""}
    signed = {"1": "2017-06-30", "2": "2017-07-01", "3": "soon"}
    deals = [
        each
        | {"custom.size": sizes.get(each["id"]), "custom.signed": signed.get(each["id"])}
        | {"custom.bit": str(2 ** int(each["id"]))}
        for each in DEALS
    ]
    metrics = "".join(
        f"""
        met_{number}: {{label: Met, kind: simple, unit: number, source: opportunity, aggregate: sum, of: custom.bit,
                       where: [{condition}], time: as_of}}"""
        for number, (condition, _) in enumerate(OPERATORS)
    )
    return compute(facts(user=USERS, opportunity=deals), rules(metrics=metrics, only=()), NEW_YEARS_EVE)


@pytest.mark.parametrize("number", range(len(OPERATORS)), ids=[condition for condition, _ in OPERATORS])
def test_a_condition_holds_for_the_rows_it_says(number: int) -> None:
    wanted = sum(2 ** int(each) for each in OPERATORS[number][1])
    assert value(condition_results(), f"met_{number}", "all") == (str(wanted) if wanted else "no row")


@pytest.mark.parametrize(
    ("aggregate", "expected"), [("min", "50"), ("max", "2000"), ("average", "777.625"), ("sum", "3110.5")]
)
def test_each_aggregate_leaves_out_rows_without_an_amount(aggregate: str, expected: str) -> None:
    metrics = f"""
        of_won: {{label: Won, kind: simple, unit: money, source: opportunity, aggregate: {aggregate}, of: amount,
                 where: [{{field: is_won, is: true}}], time: close_date}}
    """
    results = compute(facts(user=USERS, opportunity=DEALS), rules(metrics=metrics, only=()), NEW_YEARS_EVE)
    assert value(results, "of_won", "FY2017-Q4") == expected  # of 1,000.50, 2,000, 50 and 60


def test_an_average_over_rows_without_amounts_has_no_value() -> None:
    metrics = """
        mean: {label: Mean, kind: simple, unit: money, source: opportunity, aggregate: average, of: amount,
               time: close_date}
    """
    empty = [deal("1", "ann", "won", None, date(2017, 12, 1))]
    results = compute(facts(user=USERS, opportunity=empty), rules(metrics=metrics, only=()), NEW_YEARS_EVE)
    assert value(results, "mean", "2017-12") is None


def test_no_facts_give_no_rows() -> None:
    results = compute({}, rules(), NEW_YEARS_EVE)
    assert [results.metrics.num_rows, results.attainment.num_rows, results.earnings.num_rows] == [0, 0, 0]
    assert results.notes == ()


def test_facts_without_a_column_that_rules_read_are_refused() -> None:
    tables = facts(opportunity=DEALS)
    tables["opportunity"] = tables["opportunity"].drop_columns(["amount"])
    with pytest.raises(ValueError, match="the facts of opportunity lack amount, which the rules read"):
        compute(tables, rules(), NEW_YEARS_EVE)


def test_an_as_of_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a time zone"):
        compute({}, rules(), NEW_YEARS_EVE.replace(tzinfo=None))


def test_metrics_that_are_made_of_each_other_are_refused() -> None:
    metrics = """
        one: {label: One, kind: ratio, unit: percent, numerator: other, denominator: other}
        other: {label: Other, kind: derived, unit: percent, formula: one + 1}
    """
    with pytest.raises(RuleError, match="one is made of itself: one -> other -> one"):
        compute({}, rules(metrics=metrics, only=()), NEW_YEARS_EVE)
