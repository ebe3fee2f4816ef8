from __future__ import annotations

import pytest

from connectors.sandbox.database import Database
from connectors.sandbox.folder import LoadError
from connectors.sandbox.salesforce import dialect

ACCOUNTS = "Id,Name\n001MV0000000001,Acme\n"
DEALS = (
    "Id,Name,AccountId,StageName,Amount,CloseDate,CreatedDate\n"
    "006MV0000000001,Deal,001MV0000000001,Closed Won,10.50,2026-05-01,2026-01-01T09:00:00.000Z\n"
)


@pytest.fixture
def database():
    database = Database()
    yield database
    database.close()


@pytest.fixture
def load(database, tmp_path):
    def load(**files):
        for name, text in files.items():
            (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
        return dialect.load_folder(database, tmp_path)

    return load


def problems(load, **files):
    with pytest.raises(LoadError) as raised:
        load(**files)
    return [str(problem) for problem in raised.value.problems]


def row(database, table):
    return dict(database.rows(f'SELECT * FROM "{table}"')[0])


def test_the_maven_folder_loads_whole(database, maven_salesforce):
    counts = dialect.load_folder(database, maven_salesforce)
    assert counts == {"Account": 85, "Opportunity": 8800, "OpportunityLineItem": 8800, "Product2": 7, "User": 41}


def test_files_may_point_at_each_other_in_any_order(database, load):
    assert load(Opportunity=DEALS, Account=ACCOUNTS) == {"Account": 1, "Opportunity": 1}
    deal = row(database, "Opportunity")
    assert (deal["Id"], deal["AccountId"]) == ("006MV0000000001YAA", "001MV0000000001YAA")
    assert (deal["Amount"], deal["IsWon"], deal["Probability"], deal["Fiscal"]) == (1050, 1, 100, "2026 2")


def test_given_times_are_kept_and_the_rest_is_now(database, load):
    load(Opportunity=DEALS, Account=ACCOUNTS)
    deal = row(database, "Opportunity")
    assert deal["CreatedDate"] == "2026-01-01T09:00:00.000+0000"
    assert deal["SystemModstamp"] >= deal["LastModifiedDate"] >= deal["CreatedDate"]


def test_a_deal_without_history_gets_its_first_line(database, load):
    load(Opportunity=DEALS, Account=ACCOUNTS)
    line = row(database, "OpportunityHistory")
    assert (line["StageName"], line["Amount"], line["CreatedDate"][:10]) == ("Closed Won", 1050, "2026-01-01")


def test_a_stage_that_only_the_deals_name_is_open(database, load):
    load(Opportunity=DEALS.replace("Closed Won", "Engaging"), Account=ACCOUNTS)
    deal = row(database, "Opportunity")
    assert (deal["IsClosed"], deal["ForecastCategory"]) == (0, "Pipeline")


def test_custom_columns_become_fields_that_are_seen_at_once(database, load):
    load(Account="Id,Name,Score__c,Code__c\n001MV0000000001,Acme,1.5,007\n001MV0000000002,Beta,,x\n")
    from connectors.sandbox.salesforce.org.storage import Store

    store = Store(database)
    fields = store.catalog("005SB0000000001YAA").named("Account").fields
    assert (fields["score__c"].type, fields["code__c"].type) == ("double", "string")
    assert (row(database, "Account")["Score__c"], row(database, "Account")["Code__c"]) == (1_500_000, "007")


def test_a_custom_object_comes_with_its_file(database, load):
    assert load(Quota__c="Id,Name,Target__c\na0XMV0000000001,Q1,100\n") == {"Quota__c": 1}
    assert row(database, "Quota__c")["Name"] == "Q1"


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"Opportunity": DEALS}, "Opportunity.csv:2: AccountId: 001MV0000000001YAA is no Account in this folder"),
        ({"Account": ACCOUNTS + "001MV0000000001,Twice\n"}, "Account.csv:3: Id: 001MV0000000001YAA stands in line 2"),
        ({"Account": "Id,Name,Colour\n001MV0000000001,Acme,red\n"}, "Account.csv:1: Colour:"),
        ({"Nonsense": "Id\n001MV0000000001\n"}, "Nonsense.csv:1: Nonsense:"),
        ({"Account": "Id,Name,AnnualRevenue\n001MV0000000001,Acme,lots\n"}, "Account.csv:2: AnnualRevenue: 'lots'"),
        ({"Account": "Id,Name\n006MV0000000001,Acme\n"}, "Account.csv:2: Id: 006MV0000000001YAA is no Id of Account"),
        ({"Account": "Id,Name\nshort,Acme\n"}, "Account.csv:2: Id: 'short' is no id"),
        ({"Account": "Id,Name\n001MV0000000001,\n"}, "Account.csv:2: Name:"),
        ({"Account": ACCOUNTS, "Opportunity": DEALS.replace("2026-05-01", "May 1")}, "Opportunity.csv:2: CloseDate:"),
    ],
)
def test_a_bad_file_names_its_line_and_column_and_loads_nothing(database, load, files, found):
    assert any(problem.startswith(found) for problem in problems(load, **files)), problems(load, **files)
    assert database.rows("SELECT COUNT(*) FROM Account")[0][0] == 0
    assert database.rows("SELECT COUNT(*) FROM Opportunity")[0][0] == 0


def test_every_problem_is_told_at_once(load):
    found = problems(load, Account="Id,Name\nbad,Acme\n", Opportunity=DEALS)
    assert len(found) == 2


def test_a_folder_loads_once(load):
    load(Account=ACCOUNTS)
    assert "is in the sandbox already" in problems(load)[0]
