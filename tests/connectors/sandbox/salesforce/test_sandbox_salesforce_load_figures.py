"""Export folders with the objects around deals: loaded as they are, and what they leave empty worked out."""

from __future__ import annotations

import pytest

from connectors.sandbox.behaviour import CALM
from connectors.sandbox.dialect import Settings
from connectors.sandbox.folder import LoadError
from connectors.sandbox.salesforce import dialect
from connectors.sandbox.salesforce.ids import make_id


def write(folder, name, *lines):
    (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def key(prefix, number=1):
    return make_id(prefix, 1000 + number)


@pytest.fixture
def folder(tmp_path):
    write(tmp_path, "User", "Id,Name", f"{key('005', 1)},Ann Ash", f"{key('005', 2)},Bob Bay")
    write(
        tmp_path, "Opportunity", "Id,Name,StageName,CloseDate,Amount,OwnerId",
        f"{key('006')},Deal,Closed Won,2019-04-01,1000,{key('005', 1)}",
    )  # fmt: skip
    return tmp_path


@pytest.fixture
def load(start_org):
    def started(folder):
        return start_org(Settings(behaviour=CALM), lambda database: dialect.load_folder(database, folder))

    return started


def test_a_deal_without_splits_gets_the_owners(load, folder):
    with load(folder) as org:
        assert org.values("SELECT SplitOwnerId, SplitAmount FROM OpportunitySplit") == [key("005", 1)]
        assert org.values("SELECT SplitAmount FROM OpportunitySplit") == [1000.0]


def test_splits_of_the_folder_stay_and_get_their_amounts(load, folder):
    write(
        folder, "OpportunitySplit", "Id,OpportunityId,SplitOwnerId,SplitPercentage",
        f"{key('049', 1)},{key('006')},{key('005', 1)},60", f"{key('049', 2)},{key('006')},{key('005', 2)},40",
    )  # fmt: skip
    with load(folder) as org:
        assert org.values("SELECT SplitAmount FROM OpportunitySplit ORDER BY Id") == [600.0, 400.0]


def test_the_fiscal_years_of_the_deals_are_there(load, folder):
    with load(folder) as org:
        years = org.values("SELECT Name FROM FiscalYearSettings ORDER BY StartDate")
        assert "2019" in years
        assert years == [str(year) for year in range(int(years[0]), int(years[-1]) + 1)]


def test_a_fiscal_year_starts_when_the_organization_says(load, folder):
    """Organization.FiscalYearStartMonth: a year that starts in May is named after the one it ends in."""
    write(folder, "Organization", "Id,Name,FiscalYearStartMonth", f"{key('00D')},Acme,5")
    with load(folder) as org:
        (deal,) = org.query("SELECT FiscalYear, FiscalQuarter FROM Opportunity")["records"]
        assert (deal["FiscalYear"], deal["FiscalQuarter"]) == (2019, 4)
        assert org.values("SELECT StartDate FROM FiscalYearSettings WHERE Name = '2019'") == ["2018-05-01"]


def test_an_active_territory_model_comes_with_a_folder(load, folder):
    write(folder, "Territory2Type", "Id,MasterLabel,DeveloperName,Priority", f"{key('0M5')},Named,Named,1")
    write(folder, "Territory2Model", "Id,Name,DeveloperName,State", f"{key('0MA')},FY26,FY26,Active")
    write(
        folder, "Territory2", "Id,Name,DeveloperName,Territory2ModelId,Territory2TypeId",
        f"{key('0MI')},West,West,{key('0MA')},{key('0M5')}",
    )  # fmt: skip
    write(folder, "UserTerritory2Association", "Id,UserId,Territory2Id", f"{key('0Mg')},{key('005', 1)},{key('0MI')}")
    with load(folder) as org:
        soql = "SELECT Territory2.Territory2Model.State FROM UserTerritory2Association"
        (row,) = org.query(soql)["records"]
        assert row["Territory2"]["Territory2Model"]["State"] == "Active"


def test_a_quota_finds_its_period_and_type(load, folder):
    write(
        folder, "ForecastingType", "Id,DeveloperName,MasterLabel,IsActive,IsAmount", f"{key('0Db')},Rev,Rev,true,true"
    )
    write(
        folder, "ForecastingQuota", "Id,QuotaOwnerId,QuotaAmount,StartDate,ForecastingTypeId",
        f"{key('0J9')},{key('005', 1)},5000,2019-04-01,{key('0Db')}",
    )  # fmt: skip
    with load(folder) as org:
        (quota,) = org.query("SELECT QuotaAmount, IsAmount, Period.EndDate FROM ForecastingQuota")["records"]
        assert (quota["QuotaAmount"], quota["IsAmount"]) == (5000.0, True)
        assert quota["Period"]["EndDate"] == "2019-04-30"


def test_a_tracked_change_keeps_its_type(load, folder):
    write(
        folder, "OpportunityFieldHistory", "Id,OpportunityId,Field,DataType,OldValue,NewValue",
        f"{key('017', 1)},{key('006')},Amount,Currency,900,1000",
        f"{key('017', 2)},{key('006')},StageName,DynamicEnum,Prospecting,Closed Won",
    )  # fmt: skip
    with load(folder) as org:
        assert org.values("SELECT NewValue FROM OpportunityFieldHistory ORDER BY Id") == [1000.0, "Closed Won"]


def test_a_compound_field_is_no_column_of_a_folder(load, folder):
    write(folder, "Account", "Id,Name,BillingAddress", f"{key('001')},A,somewhere")
    with pytest.raises(LoadError, match="BillingAddress"), load(folder):
        pass
