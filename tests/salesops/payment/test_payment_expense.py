"""Expense schedules: examples by hand, and that the parts of an asset add up to it whatever happens to it."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from config.calendars import FiscalYear
from config.expense import ExpenseRules
from salesops.calendar import months_after
from salesops.fiscal import build_calendar
from salesops.payment.expense import CONTRACTS, SCHEDULE, build_schedule
from salesops.payment.tables import ENTRIES

CALENDAR = build_calendar(FiscalYear())
FIVE_YEARS = {"spread": [{"over": {"months": "60"}}]}
TERM = {"spread": [{"over": "contract"}]}


def entry(period: str, amount: str, day: date | None, opportunity: str = "o", **other: Any) -> dict[str, Any]:
    """What a line earned, as the ledger has it: below 0 in `earned`."""
    of = {"comp_plan": "ae", "payee_id": "u", "part": "won", "account": "earned", "cause": "earned", "unit": "USD"}
    sign = -1 if other.get("account", "earned") == "earned" else 1
    line = {"earned_in": period, "source": "opportunity", "transaction_id": opportunity, "opportunity_id": opportunity}
    return {"period": period, "posting": 1, **of, **line, "day": day, **other, "amount": sign * Decimal(amount)}


def schedule(
    rules: dict[str, Any],
    periods: list[str],
    entries: list[dict[str, Any]],
    contracts: dict[str, tuple[date | None, ...]] | None = None,
    kind: Any = "month",
    calendar: Any = CALENDAR,
    before: pa.Table | None = None,
) -> list[pa.Table]:
    """The schedules of periods, one after the other, each on the entries up to it; the first goes on from `before`."""
    rows = [dict(zip(CONTRACTS.names, (name, *days), strict=True)) for name, days in (contracts or {}).items()]
    found: list[pa.Table] = []
    for name in periods:
        period = next(each for each in calendar.periods(kind, date(2025, 12, 1), date(2035, 1, 1)) if each.name == name)
        known = [each for each in entries if each["period"] <= name]
        found.append(
            build_schedule(
                pa.Table.from_pylist(known, schema=ENTRIES),
                pa.Table.from_pylist(rows, schema=CONTRACTS),
                ExpenseRules.model_validate(rules),
                period.end - timedelta(days=1),
                calendar,
                {"ae": 2},
                found[-1] if found else before,
            )
        )
    return found


def column(tables: list[pa.Table], name: str) -> list[Any]:
    """A column of the only asset, by period."""
    return [table[name][0].as_py() for table in tables]


def numbers(*texts: str) -> list[Decimal]:
    return [Decimal(text) for text in texts]


def test_equal_parts_of_each_month_from_the_contracts_first_day() -> None:
    # 1,200 over 60 months from 15 January: 20 a month, January a whole one
    [january, february] = schedule(
        FIVE_YEARS,
        ["2026-01", "2026-02"],
        [entry("2026-01", "1200", date(2026, 1, 20))],
        {"o": (date(2026, 1, 15), None, None)},
    )
    row = february.to_pylist()[0]
    assert (row["starts_on"], row["ends_on"]) == (date(2026, 1, 15), date(2030, 12, 31))
    assert column([january, february], "expense") == numbers("20", "20")
    assert column([january, february], "before") == numbers("0", "20")
    assert column([january, february], "remaining") == numbers("1180", "1160")
    assert column([january, february], "within_a_year") == numbers("240", "240")


def test_parts_that_are_no_whole_cents_add_up() -> None:
    # 100 over 3 months: 33.33, then 66.67 to date, then 100
    rules = {"spread": [{"over": {"months": "3"}}]}
    found = schedule(rules, ["2026-01", "2026-02", "2026-03", "2026-04"], [entry("2026-01", "100", date(2026, 1, 20))])
    assert column(found, "expense") == numbers("33.33", "33.34", "33.33", "0")


def test_by_days_of_the_contract() -> None:
    # 16 January to 15 April are 90 days, of which January has 16, February 28, March 31, April 15
    rules = {"spread": [{"over": "contract", "by": "day"}]}
    days = {"o": (date(2026, 1, 16), date(2026, 4, 15), None)}
    months = ["2026-01", "2026-02", "2026-03", "2026-04"]
    found = schedule(rules, months, [entry("2026-01", "900", date(2026, 1, 20))], days)
    assert column(found, "expense") == numbers("160", "280", "310", "150")


def test_a_contract_that_starts_later_is_an_asset_until_then() -> None:
    days = {"o": (date(2026, 3, 1), date(2026, 4, 30), None)}
    found = schedule(
        TERM, ["2026-01", "2026-02", "2026-03", "2026-04"], [entry("2026-01", "50", date(2026, 1, 9))], days
    )
    assert column(found, "expense") == numbers("0", "0", "25", "25")
    assert column(found, "remaining") == numbers("50", "50", "25", "0")


def test_what_is_earned_later_catches_up() -> None:
    # 100 in each of 12 months; 120 more in March: three twelfths of it at once
    entries = [entry("2026-01", "1200", date(2026, 1, 9)), entry("2026-03", "120", date(2026, 1, 9), cause="adjusted")]
    rules = {"spread": [{"over": {"months": "12"}}]}
    found = schedule(rules, ["2026-01", "2026-02", "2026-03", "2026-04"], entries)
    assert column(found, "expense") == numbers("100", "100", "130", "110")


def test_a_clawback_takes_off_the_asset_and_what_was_expense_of_it() -> None:
    # 1,200 over 12 months; all of it taken back in March
    entries = [
        entry("2026-01", "1200", date(2026, 1, 9)),
        entry("2026-03", "1200", date(2026, 1, 9), account="clawback", cause="clawed_back"),
    ]
    found = schedule({"spread": [{"over": {"months": "12"}}]}, ["2026-01", "2026-02", "2026-03"], entries)
    assert column(found, "expense") == numbers("100", "100", "-200")
    assert column(found, "remaining")[-1] == 0


def test_what_is_left_is_written_off_when_the_contract_is_cancelled() -> None:
    days = {"o": (date(2026, 1, 1), date(2026, 12, 31), date(2026, 2, 10))}
    found = schedule(TERM, ["2026-01", "2026-02", "2026-03"], [entry("2026-01", "1200", date(2026, 1, 9))], days)
    assert column(found, "expense") == numbers("100", "1100", "0")
    assert column(found, "written_off") == numbers("0", "1000", "0")


def test_a_revised_time_spreads_what_is_left_over_what_is_left_of_it() -> None:
    # 1,200 over 12 months: 100 in each of January to March. From April on all is to last 21 months: 900 over 18.
    # From June on it is to last 7 months: 800 over June and July.
    later = [{"on": "2026-04-15", "over": {"months": "21"}}, {"on": "2026-06-01", "over": {"months": "7"}}]
    rules = {"spread": [{"over": {"months": "12"}, "revised": later}]}
    months = [f"2026-{number:02}" for number in range(1, 9)]
    found = schedule(rules, months, [entry("2026-01", "1200", date(2026, 1, 9))])
    assert column(found, "expense") == numbers("100", "100", "100", "50", "50", "400", "400", "0")
    assert [each.isoformat() for each in column(found, "ends_on")] == [
        *["2026-12-31"] * 3, *["2027-09-30"] * 2, *["2026-07-31"] * 3
    ]  # fmt: skip
    # 400 more in May: what was expense by April of it, 350 of 1,200, and May's 50, are a third of each more.
    more = [entry("2026-01", "1200", date(2026, 1, 9)), entry("2026-05", "400", date(2026, 1, 9), cause="adjusted")]
    assert column(schedule(rules, months, more), "expense")[4:] == numbers("183.33", "533.34", "533.33", "0")


def test_the_changed_estimate_of_the_page_is_what_it_says() -> None:
    page = (Path(__file__).parents[3] / "docs" / "expense.md").read_text(encoding="utf-8")
    found = re.search(r"`(\{over: .*revised: .*\})`", page)
    assert found is not None
    rule = yaml.load(found[1], Loader=yaml.BaseLoader)  # noqa: S506  it makes texts only
    months = [each.name for each in CALENDAR.months(date(2026, 1, 1), date(2030, 1, 31))]
    tables = schedule({"spread": [rule]}, months, [entry("2026-01", "3600", date(2026, 1, 9))])
    assert column(tables, "expense")[:13] == numbers(*["100"] * 12, "66.67")
    assert (column(tables, "remaining")[11], column(tables, "ends_on")[12]) == (2400, date(2029, 12, 31))
    assert column(tables, "expense")[-2:] == numbers("66.67", "0")


def test_a_time_that_is_over_by_the_revised_one_is_expense_at_once_and_one_that_was_over_stays() -> None:
    rules = {"spread": [{"over": {"months": "12"}, "revised": [{"on": "2026-04-01", "over": {"months": "2"}}]}]}
    months = ["2026-01", "2026-02", "2026-03", "2026-04", "2026-05"]
    found = schedule(rules, months, [entry("2026-01", "1200", date(2026, 1, 9))])
    assert column(found, "expense") == numbers("100", "100", "100", "900", "0")
    assert column(found, "within_a_year") == numbers("1100", "1000", "900", "0", "0")
    rules = {"spread": [{"over": {"months": "2"}, "revised": [{"on": "2026-04-01", "over": {"months": "24"}}]}]}
    found = schedule(rules, months, [entry("2026-01", "1200", date(2026, 1, 9))])
    assert column(found, "expense") == numbers("600", "600", "0", "0", "0")


def test_what_begins_after_an_estimate_was_revised_has_the_new_time_from_its_first_day_on() -> None:
    # by days: 16 January to 15 April are 90 days, to 15 March 59
    later = [{"on": "2026-01-10", "over": {"months": "2"}}]
    rules = {"spread": [{"over": {"months": "3"}, "by": "day", "revised": later}]}
    days = {"o": (date(2026, 1, 16), None, None)}
    found = schedule(rules, ["2026-01", "2026-02", "2026-03"], [entry("2026-01", "590", date(2026, 1, 20))], days)
    assert column(found, "expense") == numbers("160", "280", "150")


def test_short_spans_bonuses_and_what_no_rule_names_are_expense_when_earned() -> None:
    rules = {"spread": [{"components": ["won"], "over": "contract"}], "at_once": {"months": "12"}}
    year = (date(2026, 1, 1), date(2026, 12, 31), None)
    longer = (date(2026, 1, 1), date(2027, 1, 31), None)
    entries = [
        entry("2026-01", "120", date(2026, 1, 9), "year"),
        entry("2026-01", "130", date(2026, 1, 9), "longer"),
        entry("2026-01", "50", date(2026, 1, 31), "", part="quarter_bonus", source="", transaction_id=""),
        entry("2026-01", "70", date(2026, 1, 9), "longer", part="kicker"),
    ]
    [table] = schedule(rules, ["2026-01"], entries, {"year": year, "longer": longer})
    found = {(row["component"], row["opportunity_id"]): (row["expense"], row["starts_on"]) for row in table.to_pylist()}
    assert found == {
        ("kicker", "longer"): (Decimal(70), None),
        ("quarter_bonus", ""): (Decimal(50), None),
        ("won", "longer"): (Decimal(10), date(2026, 1, 1)),
        ("won", "year"): (Decimal(120), None),
    }


def test_what_was_moved_to_another_day_starts_there() -> None:
    moved = [entry("2026-01", "90", date(2026, 1, 9)), entry("2026-02", "-90", date(2026, 1, 9), cause="adjusted")]
    moved.append(entry("2026-02", "90", date(2026, 2, 3)))
    rules = {"spread": [{"over": {"months": "3"}, "starts": "earned"}]}
    found = schedule(rules, ["2026-01", "2026-02", "2026-03", "2026-04"], moved)
    assert column(found, "starts_on")[1:] == [date(2026, 2, 3)] * 3
    assert column(found, "expense") == numbers("30", "0", "30", "30")


def test_units_that_are_no_currency_have_no_schedule() -> None:
    entries = [entry("2026-01", "7", date(2026, 1, 9), unit="points"), entry("2026-01", "12", date(2026, 1, 9))]
    [table] = schedule(FIVE_YEARS, ["2026-01"], entries)
    assert table["unit"].to_pylist() == ["USD"]


def test_months_are_fiscal_ones() -> None:
    # FY2026 of 4-4-5 weeks ends on the last Saturday of December 2025: its second month on 28 February 2026, its third
    # on 4 April, which is a third part and no fourth
    weeks = {"pattern": "4-4-5", "ends_on": "saturday", "year_end": "last", "starts": "january"}
    calendar = build_calendar(FiscalYear.model_validate(weeks))
    months = [each.name for each in calendar.months(date(2026, 1, 9), date(2026, 4, 20))]
    rules = {"spread": [{"over": {"months": "3"}}]}
    found = schedule(rules, months, [entry(months[0], "90", date(2026, 1, 9))], calendar=calendar)
    assert column(found, "expense") == numbers("30", "30", "30", "0")


def test_the_example_of_the_page_is_what_it_says() -> None:
    page = (Path(__file__).parents[3] / "docs" / "expense.md").read_text(encoding="utf-8")
    settings = yaml.load(page.split("```yaml\n")[1].split("```")[0], Loader=yaml.BaseLoader)  # noqa: S506  it makes texts only
    deals, months = (
        [re.split(" {2,}| (?=to )", line) for line in block.split("```")[0].splitlines()[1:]]
        for block in page.split("```text\n")[1:3]
    )
    entries, contracts = [], {}
    for name, earned, component, earns, first, last, says in deals:
        amount = earns.replace(",", "")
        day = date.fromisoformat(earned)
        entries.append(entry(earned[:7], amount, day, name, part=component))
        cancelled = re.search(r"cancelled on (\S+)", says)
        days = (first, last.removeprefix("to "), cancelled[1] if cancelled else None)
        contracts[name] = tuple(each and date.fromisoformat(each) for each in days)
    found = schedule(settings["pay"]["expense"], [month[0] for month in months], entries, contracts)
    columns = ("cost", "before", "expense", "written_off", "remaining", "within_a_year")
    sums = [[sum(table[name].to_pylist()) for name in columns] for table in found]
    assert [[*each, each[4] - each[5]] for each in sums] == [
        [Decimal(number.replace(",", "")) for number in month[1:]] for month in months
    ]


amounts = st.decimals(-100_000, 100_000, places=2)


@given(
    st.lists(st.tuples(st.integers(0, 8), amounts), min_size=1, max_size=5),
    st.integers(1, 9),
    st.integers(0, 20),
    st.one_of(st.none(), st.integers(0, 300)),
    st.sampled_from(["month", "day"]),
    st.dictionaries(st.integers(0, 300), st.integers(1, 9), max_size=2),
)
def test_the_parts_add_up_to_the_cost(
    earned: list[tuple[int, Decimal]],
    months: int,
    later: int,
    cancelled: int | None,
    by: str,
    revised: dict[int, int],
) -> None:
    names = [f"2026-{number:02}" for number in range(1, 13)]
    first = date(2026, 1, 10)
    entries = [entry(names[at], str(amount), first) for at, amount in earned]
    cancelled_on = None if cancelled is None else first + timedelta(days=cancelled)
    estimates = [
        {"on": (first + timedelta(days=at)).isoformat(), "over": {"months": str(over)}}
        for at, over in sorted(revised.items())
    ]
    spread = {"over": {"months": str(months)}, "by": by} | ({"revised": estimates} if revised else {})
    found = schedule({"spread": [spread]}, names, entries, {"o": (first + timedelta(days=later), None, cancelled_on)})
    cost = sum((amount for _, amount in earned), Decimal(0))
    assert (
        sum((table["expense"][0].as_py() for table in found if table.num_rows), Decimal(0))
        + found[-1]["remaining"][0].as_py()
        == cost
    )
    if not revised and months_after(first + timedelta(days=later), months) <= date(2026, 12, 31):
        assert found[-1]["remaining"][0].as_py() == 0
    for table in found:
        for row in table.to_pylist():
            assert row["before"] + row["expense"] + row["remaining"] == row["cost"]
            assert abs(row["within_a_year"]) <= abs(row["remaining"])
            assert 0 <= row["written_off"] / row["expense"] <= 1 if row["expense"] else not row["written_off"]


_POSTED = st.tuples(
    st.integers(0, 5), amounts, st.sampled_from("opq"), st.sampled_from(["won", "kicker"]), st.booleans()
)
_LENGTH = st.tuples(st.integers(-20, 200), st.integers(-5, 500), st.one_of(st.none(), st.integers(0, 300)))


@given(
    st.lists(_POSTED, min_size=1, max_size=12),
    st.lists(st.dictionaries(st.sampled_from("opq"), _LENGTH), min_size=6, max_size=6),
    st.sampled_from(["month", "day"]),
    st.integers(0, 24),
)
def test_whatever_contracts_become_all_assets_add_up_and_go_on_from_each_other(
    posted: list[tuple[int, Decimal, str, str, bool]],
    contracts: list[dict[str, tuple[int, int, int | None]]],
    by: str,
    at_once: int,
) -> None:
    names, first = [f"2026-{number:02}" for number in range(1, 7)], date(2026, 1, 10)
    entries = [
        entry(names[at], str(amount), first, opportunity, part=part, account="clawback" if back else "earned")
        for at, amount, opportunity, part, back in posted
    ]
    rules = {"spread": [{"components": ["won"], "over": "contract", "by": by}, {"over": {"months": "5"}}]}
    if at_once:
        rules["at_once"] = {"months": str(at_once)}
    before: pa.Table | None = None
    for name, of_month in zip(names, contracts, strict=True):
        days = {
            each: tuple(None if more is None else first + timedelta(days=more) for more in (starts, ends, cancelled))
            for each, (starts, ends, cancelled) in of_month.items()
        }
        [found] = schedule(rules, [name], entries, days, before=before)
        known = {} if before is None else {_asset(row): row["before"] + row["expense"] for row in before.to_pylist()}
        for row in found.to_pylist():
            assert row["before"] + row["expense"] + row["remaining"] == row["cost"]
            assert row["before"] == known.get(_asset(row), 0)
        in_ledger = sum(-each["amount"] for each in entries if each["period"] <= name)
        assert sum(found["cost"].to_pylist()) == in_ledger
        before = found


def _asset(row: dict[str, Any]) -> tuple[str, ...]:
    return tuple(row[name] for name in SCHEDULE.names[:5])


def test_the_order_of_rows_does_not_matter() -> None:
    entries = [entry("2026-01", str(number), date(2026, 1, number), f"o{number}") for number in range(1, 9)]
    [one] = schedule(FIVE_YEARS, ["2026-01"], entries)
    [other] = schedule(FIVE_YEARS, ["2026-01"], entries[::-1])
    assert one.equals(other)
    assert one.schema.equals(SCHEDULE)


@pytest.mark.parametrize(
    "spread", [{"over": {"months": "0"}}, {"over": "term"}, {"over": {"months": "3"}, "by": "week"}]
)
def test_what_cannot_be_a_rule_is_refused(spread: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        ExpenseRules.model_validate({"spread": [spread]})
