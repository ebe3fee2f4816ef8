"""Amounts of several currencies (SOQL and SOSL Reference, Querying Currency Fields in Multi-Currency Orgs)."""

from __future__ import annotations

import pytest

from connectors.sandbox.behaviour import CALM
from connectors.sandbox.dialect import Settings
from connectors.sandbox.salesforce import dialect
from connectors.sandbox.salesforce.ids import make_id

# What is worth how much of the corporate currency: 1,000 USD; 100 and 900 EUR at 0.8 a USD; 50,000 JPY at 150 a USD.
DEALS = {"a": ("USD", 1000), "b": ("EUR", 100), "c": ("EUR", 900), "d": ("JPY", 50000), "e": ("EUR", None)}


@pytest.fixture(scope="module")
def org(tmp_path_factory, start_org):
    folder = tmp_path_factory.mktemp("currencies")
    types = [("USD", 1, True), ("EUR", 0.8, False), ("JPY", 150, False)]
    lines = [f"{make_id('01L', i)},{code},{rate},2,true,{first}" for i, (code, rate, first) in enumerate(types, 1)]
    head = "Id,IsoCode,ConversionRate,DecimalPlaces,IsActive,IsCorporate\n"
    (folder / "CurrencyType.csv").write_text(head + "\n".join(lines) + "\n", encoding="utf-8")
    with start_org(Settings(behaviour=CALM), lambda database: dialect.load_folder(database, folder)) as org:
        for name, (code, amount) in DEALS.items():
            org.deal(Name=name, CurrencyIsoCode=code, Amount=amount)
        org.send("PATCH", f"sobjects/User/{org.user_id()}", {"DefaultCurrencyIsoCode": "EUR"})
        yield org


def ask(org, soql):
    return org.values(f"SELECT {soql}")


def test_an_amount_is_converted_to_the_users_currency(org):
    soql = "SELECT Name, Amount, convertCurrency(Amount) own FROM Opportunity WHERE Amount != null ORDER BY Name"
    found = [(record["Amount"], record["own"]) for record in org.query(soql)["records"]]
    assert found == [(1000.0, 800.0), (100.0, 100.0), (900.0, 900.0), (50000.0, 266.67)]
    assert ask(org, "convertCurrency(Amount) FROM Opportunity WHERE Name = 'e'") == [None]


def test_a_formatted_amount_names_its_currency(org):
    soql = "SELECT FORMAT(Amount) f, FORMAT(convertCurrency(Amount)) c FROM Opportunity WHERE Name = 'a'"
    (record,) = org.query(soql)["records"]
    assert (record["f"], record["c"]) == ("USD 1,000.00", "EUR 800.00")


@pytest.mark.parametrize(
    ("aggregate", "value"), [("SUM", 1000 + 125 + 1125 + 333.33), ("MAX", 1125.0), ("MIN", 125.0), ("COUNT", 4)]
)
def test_aggregates_are_in_the_corporate_currency(org, aggregate, value):
    assert ask(org, f"{aggregate}(Amount) FROM Opportunity") == [value]


def test_groups_are_filtered_and_ordered_by_their_converted_sums(org):
    soql = "SELECT CurrencyIsoCode, SUM(Amount) s FROM Opportunity GROUP BY CurrencyIsoCode HAVING SUM(Amount) > 400"
    records = org.query(f"{soql} ORDER BY SUM(Amount)")["records"]
    assert [(record["CurrencyIsoCode"], record["s"]) for record in records] == [("USD", 1000.0), ("EUR", 1250.0)]


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        ("Amount > USD500", ["a", "c"]),
        ("Amount > 500", ["a", "c", "d"]),
        ("Amount = EUR100", ["b"]),
        ("Amount = USD125", ["b"]),
        ("Amount <= JPY50000", ["b", "d"]),
        ("Amount IN (USD1000, EUR900)", ["a", "c"]),
        ("Amount NOT IN (USD1000, EUR900)", ["b", "d", "e"]),
    ],
)
def test_a_literal_of_a_currency_is_compared_by_worth(org, condition, names):
    assert ask(org, f"Name FROM Opportunity WHERE {condition} ORDER BY Name") == names


def test_records_are_ordered_by_worth(org):
    assert ask(org, "Name FROM Opportunity ORDER BY Amount NULLS LAST") == ["b", "d", "a", "c", "e"]


@pytest.mark.parametrize(
    "soql",
    [
        "SELECT Name FROM Opportunity WHERE Amount > CHF5",
        "SELECT Name FROM Opportunity WHERE Amount IN (USD5, 5)",
        "SELECT Name FROM Opportunity WHERE Probability > USD5",
        "SELECT Name FROM Opportunity WHERE convertCurrency(Amount) > 5",
        "SELECT convertCurrency(SUM(Amount)) FROM Opportunity",
        "SELECT Name, MAX(Amount) FROM Opportunity GROUP BY Name HAVING MAX(Amount) > USD10000",
        "SELECT Name FROM Opportunity ORDER BY convertCurrency(Amount)",
    ],
)
def test_what_cannot_be_converted_is_refused(org, soql):
    assert org.ask(soql).status_code == 400


def test_with_dated_rates_deals_are_converted_by_the_rate_of_their_day(org):
    """Advanced currency management; what is no deal keeps to the plain rate."""
    rates = [
        org.create("DatedConversionRate", IsoCode="EUR", StartDate=day, ConversionRate=rate)
        for day, rate in (("2026-01-01", 0.5), ("2026-06-01", 0.4))
    ]
    try:
        assert ask(org, "SUM(Amount) FROM Opportunity WHERE Name = 'b'") == [200.0]
        assert ask(org, "MAX(Amount) FROM OpportunityHistory WHERE Opportunity.Name = 'b'") == [200.0]
        account = org.create("Account", Name="A", CurrencyIsoCode="EUR", AnnualRevenue=100)
        assert ask(org, f"SUM(AnnualRevenue) FROM Account WHERE Id = '{account}'") == [125.0]
    finally:
        for rate in rates:
            org.send("DELETE", f"sobjects/DatedConversionRate/{rate}")
