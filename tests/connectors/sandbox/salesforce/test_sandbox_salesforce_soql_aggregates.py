"""Aggregates, subtotals, conversions and dates: the SOQL and SOSL Reference's chapters of these names."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from connectors.sandbox.salesforce.soql.dates import day_range


@pytest.fixture
def deals(org):
    for name, stage, amount, day in (
        ("a", "Qualification", 10, "2026-01-31"),
        ("b", "Qualification", 20.5, "2026-04-01"),
        ("c", "Prospecting", None, "2026-04-30"),
    ):
        org.deal(Name=name, StageName=stage, Amount=amount, CloseDate=day)
    return org


def rows(org, soql):
    return [tuple(record.values())[1:] for record in org.query(soql)["records"]]


def error(org, soql):
    answer = org.ask(soql)
    assert answer.status_code == 400, answer.text
    return answer.json()[0]["message"]


def test_what_has_no_alias_is_named_by_its_place(deals):
    record = deals.query("SELECT SUM(Amount), MAX(CloseDate) newest, COUNT(Id) FROM Opportunity")["records"][0]
    assert record == {"attributes": {"type": "AggregateResult"}, "expr0": 30.5, "newest": "2026-04-30", "expr1": 3}


def test_subtotals_stand_below_what_they_total_and_grouping_tells_them(deals):
    values = "StageName, GROUPING(StageName) g, COUNT(Id) n, SUM(Amount) s"
    soql = f"SELECT {values} FROM Opportunity GROUP BY ROLLUP(StageName)"
    assert rows(deals, soql) == [("Prospecting", 0, 1, None), ("Qualification", 0, 2, 30.5), (None, 1, 3, 30.5)]


def test_a_cube_totals_every_combination(deals):
    soql = (
        "SELECT StageName, CALENDAR_MONTH(CloseDate) m, COUNT(Id) n FROM Opportunity"
        " GROUP BY CUBE(StageName, CALENDAR_MONTH(CloseDate)) HAVING COUNT(Id) > 1"
        " ORDER BY GROUPING(StageName), COUNT(Id)"
    )
    assert rows(deals, soql) == [("Qualification", None, 2), (None, 4, 2), (None, None, 3)]


def test_the_least_and_greatest_of_a_picklist_go_by_its_order(deals):
    # "the function uses the sort order of the picklist values instead of alphabetical order"
    assert rows(deals, "SELECT MIN(StageName), MAX(StageName) FROM Opportunity") == [("Prospecting", "Qualification")]
    deals.deal(Name="d", StageName="Negotiation/Review")
    assert rows(deals, "SELECT MAX(StageName) FROM Opportunity") == [("Negotiation/Review",)]
    assert deals.values("SELECT Name FROM Opportunity ORDER BY StageName DESC, Name")[:2] == ["d", "a"]


def test_a_function_of_a_grouped_date_needs_no_grouping_of_its_own(deals):
    soql = "SELECT CALENDAR_YEAR(CloseDate) FROM Opportunity GROUP BY CloseDate"
    assert rows(deals, soql) == [(2026,), (2026,), (2026,)]


@pytest.mark.parametrize(
    ("soql", "message"),
    [
        ("SELECT Name, COUNT(Id) FROM Opportunity", "Field must be grouped or aggregated: Name"),
        ("SELECT COUNT(Id) FROM Opportunity GROUP BY StageName ORDER BY Name", "Ordered field must be grouped or"),
        ("SELECT COUNT(Id) FROM Opportunity GROUP BY COUNT(Id)", "Grouped field should not be aggregated"),
        ("SELECT Amount FROM Opportunity GROUP BY Amount", "field 'Amount' can not be grouped in a query call"),
        ("SELECT MAX(Amount) FROM Opportunity LIMIT 1", "Non-grouped query that uses overall aggregate functions"),
        ("SELECT COUNT(IsWon) FROM Opportunity", "does not support aggregate operator COUNT"),
        ("SELECT StageName a, COUNT(Id) a FROM Opportunity GROUP BY StageName", "duplicate alias: a"),
        ("SELECT CALENDAR_YEAR(CloseDate) FROM Opportunity", "Field must be grouped or aggregated"),
        ("SELECT COUNT() FROM Opportunity ORDER BY Name", "ORDER BY is not allowed with COUNT()"),
        ("SELECT Name FROM Opportunity WHERE COUNT(Id) > 1", "unexpected token: 'COUNT'"),
        ("SELECT GROUPING(Name) FROM Opportunity GROUP BY Name", "GROUPING()"),
    ],
)
def test_what_is_neither_grouped_nor_aggregated_is_refused(org, soql, message):
    assert message in error(org, soql)


def test_values_are_formatted_and_converted_for_their_reader(deals):
    soql = (
        "SELECT FORMAT(Amount) f, convertCurrency(Amount) c, toLabel(StageName), FORMAT(CloseDate) d FROM Opportunity"
    )
    assert rows(deals, f"{soql} WHERE Name = 'b'") == [("$20.50", 20.5, "Qualification", "4/1/2026")]


def test_days_are_those_of_the_reader(org):
    # "Date Formats and Date Literals": date literals count in the time zone of the user.
    user = org.user_id()
    org.database.write("UPDATE User SET TimeZoneSidKey = 'America/Los_Angeles' WHERE Id = ?", [(user,)])
    org.database.clock.set(datetime(2026, 5, 15, 5, tzinfo=UTC))  # still the 14th in Los Angeles
    org.login()
    org.create("Account", Name="a")
    hour = "HOUR_IN_DAY(convertTimezone(CreatedDate))"
    assert rows(org, f"SELECT {hour} h FROM Account GROUP BY {hour}") == [(22,)]
    assert rows(org, "SELECT DAY_ONLY(CreatedDate) d FROM Account GROUP BY DAY_ONLY(CreatedDate)") == [("2026-05-15",)]
    org.database.clock.set(datetime(2026, 5, 15, 8, tzinfo=UTC))
    org.login()
    assert org.values("SELECT Name FROM Account WHERE CreatedDate = YESTERDAY") == ["a"]


def test_fiscal_periods_begin_with_the_orgs_month(deals):
    # Organization.FiscalYearStartMonth; a fiscal year has the name of the year that it ends in.
    deals.database.write("UPDATE Organization SET FiscalYearStartMonth = 4", [()])
    deals.database.clock.set(datetime(2026, 5, 15, tzinfo=UTC))
    deals.login()
    year, quarter = "FISCAL_YEAR(CloseDate)", "FISCAL_QUARTER(CloseDate)"
    soql = f"SELECT {year} y, {quarter} q, COUNT(Id) n FROM Opportunity GROUP BY {year}, {quarter}"
    assert rows(deals, soql) == [(2026, 4, 1), (2027, 1, 2)]
    assert deals.values("SELECT Name FROM Opportunity WHERE CloseDate = LAST_FISCAL_YEAR") == ["a"]


@pytest.mark.parametrize(
    ("literal", "fiscal_month", "first_weekday", "first", "after"),
    [
        ("THIS_FISCAL_YEAR", 4, 0, date(2026, 4, 1), date(2027, 4, 1)),
        ("LAST_FISCAL_QUARTER", 2, 0, date(2026, 2, 1), date(2026, 5, 1)),
        ("N_FISCAL_YEARS_AGO:2", 10, 0, date(2023, 10, 1), date(2024, 10, 1)),
        ("THIS_WEEK", 1, 1, date(2026, 5, 11), date(2026, 5, 18)),
        ("THIS_WEEK", 1, 6, date(2026, 5, 9), date(2026, 5, 16)),
        ("N_DAYS_AGO:3", 1, 0, date(2026, 5, 12), date(2026, 5, 13)),
        ("LAST_N_WEEKS:2", 1, 1, date(2026, 4, 27), date(2026, 5, 11)),
        ("LAST_90_DAYS", 1, 0, date(2026, 2, 14), date(2026, 5, 16)),
    ],
)
def test_literals_follow_the_fiscal_year_and_the_locales_week(literal, fiscal_month, first_weekday, first, after):
    assert day_range(literal, date(2026, 5, 15), fiscal_month, first_weekday) == (first, after)
