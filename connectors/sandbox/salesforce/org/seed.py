"""What every org holds before any data: the organization, the integration user, stages, the standard price book."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.figures.groups import settle_groups
from connectors.sandbox.salesforce.figures.periods import add_years
from connectors.sandbox.salesforce.ids import make_id
from connectors.sandbox.salesforce.org.access import settle_profiles
from connectors.sandbox.salesforce.org.seed_setup import setup_rows
from connectors.sandbox.salesforce.schema.spec import read_rows, standard_objects
from connectors.sandbox.salesforce.values import format_stamp

if TYPE_CHECKING:
    import sqlite3

    from connectors.sandbox.dialect import Settings
    from connectors.sandbox.salesforce.org.storage import Store

STANDARD_PRICEBOOK = make_id("01s", 1)
INTEGRATION_USER = make_id("005", 1)
ADMINISTRATOR = make_id("00e", 1)
STANDARD_PROFILE = make_id("00e", 2)


def seed_org(store: Store, settings: Settings) -> None:
    """Make an empty database an org; one that is an org already stays as it is."""
    with store.database.transaction() as connection:
        if connection.execute("SELECT 1 FROM Organization").fetchone():
            return
        now = format_stamp(store.database.clock.now())
        _add(store, connection, "Profile", [
            {"Name": "System Administrator", "UserType": "Standard"},
            {"Name": "Standard User", "UserType": "Standard"},
        ], now)  # fmt: skip
        _add(store, connection, "Organization", [_organization(settings, store.database.number)], now)
        _add(store, connection, "User", [_integration_user(settings)], now)
        book = {"Name": "Standard Price Book", "IsActive": 1, "IsStandard": 1}
        _add(store, connection, "Pricebook2", [book], now)
        _add(
            store,
            connection,
            "OpportunityStage",
            [_stage(row, i) for i, row in enumerate(read_rows("stages.csv"), 1)],
            now,
        )
        for name, rows in setup_rows().items():
            _add(store, connection, name, rows, now)
        license_id = make_id("100", 1)
        connection.execute("UPDATE Profile SET UserLicenseId = ?", (license_id,))
        add_years(store, connection)
        settle_profiles(store, connection)
        settle_groups(store, connection)


def name_integration_user(store: Store, username: str) -> str:
    """The id of the user of that name: the integration user, unless the org has one (data may be loaded before)."""
    with store.database.transaction() as connection:
        if not connection.execute("SELECT 1 FROM User WHERE Username = ?", (username,)).fetchone():
            connection.execute("UPDATE User SET Username = ? WHERE Id = ?", (username, INTEGRATION_USER))
        return str(connection.execute("SELECT Id FROM User WHERE Username = ?", (username,)).fetchone()[0])


def _organization(settings: Settings, number: int) -> dict[str, Any]:
    return {
        "Id": make_id("00D", number),
        "Name": "Sandbox",
        "OrganizationType": "Developer Edition",
        "IsSandbox": 1,
        "TimeZoneSidKey": settings.time_zone,
        "LanguageLocaleKey": "en_US",
        "DefaultLocaleSidKey": "en_US",
        "FiscalYearStartMonth": 1,
        "InstanceName": "SBX1",
    }


def _integration_user(settings: Settings) -> dict[str, Any]:
    """The user that the API speaks for. Its type tells it from people, as that of Salesforce's own system users."""
    return {
        "Username": settings.username,
        "FirstName": "Integration",
        "LastName": "User",
        "Name": "Integration User",
        "Email": settings.username,
        "Alias": "integ",
        "CommunityNickname": "integration",
        "IsActive": 1,
        "TimeZoneSidKey": settings.time_zone,
        "LocaleSidKey": "en_US",
        "EmailEncodingKey": "UTF-8",
        "LanguageLocaleKey": "en_US",
        "ProfileId": ADMINISTRATOR,
        "UserType": "CloudIntegrationUser",
    }


def _stage(row: dict[str, str], order: int) -> dict[str, Any]:
    return {
        "MasterLabel": row["label"],
        "ApiName": row["label"],
        "IsActive": 1,
        "SortOrder": order,
        "IsClosed": int(row["closed"]),
        "IsWon": int(row["won"]),
        "ForecastCategory": row["forecast"],
        "ForecastCategoryName": row["forecast_name"],
        "DefaultProbability": int(row["probability"]),
    }


def _add(store: Store, connection: sqlite3.Connection, name: str, rows: list[dict[str, Any]], now: str) -> None:
    target = standard_objects()[name]
    first = store.reserve(connection, target.prefix, len(rows))
    system = {
        "CreatedDate": now,
        "CreatedById": INTEGRATION_USER,
        "LastModifiedDate": now,
        "LastModifiedById": INTEGRATION_USER,
        "SystemModstamp": now,
    }
    stamps = {key: value for key, value in system.items() if target.find(key)}
    for number, row in enumerate(rows, first):
        complete = {"Id": make_id(target.prefix, number)} | row | stamps
        store.insert(connection, target, list(complete), [list(complete.values())])
