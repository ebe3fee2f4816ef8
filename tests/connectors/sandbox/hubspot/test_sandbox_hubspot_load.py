"""Loading an export folder: the real one, what its columns become, and every mistake named at its place."""

from __future__ import annotations

import csv
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from connectors.sandbox.folder import LoadError
from connectors.sandbox.hubspot.definitions.types import DEALS
from connectors.sandbox.hubspot.dialect import load_folder
from connectors.sandbox.hubspot.records.history import read_versions

if TYPE_CHECKING:
    from pathlib import Path

    from hubspot_account import Client

    from connectors.sandbox.database import Database
    from connectors.sandbox.hubspot.store import Store

OWNERS = (
    "id,email,firstName,lastName,archived,team\n7,ann@x.example,Ann,Bell,false,East\n8,bo@x.example,Bo,Cole,true,\n"
)
COMPANIES = "hs_object_id,name,industry\n20,Acme,medical\n"
DEAL_COLUMNS = (
    "hs_object_id,dealname,pipeline,dealstage,amount,closedate,createdate,hubspot_owner_id,associated_company"
)
GOOD = "50,One,default,closedwon,10.50,2017-03-01T09:00:00.000Z,2016-10-20T09:00:00.000Z,7,20"


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


def problems(database: Database, folder: Path) -> list[tuple[str, int, str]]:
    with pytest.raises(LoadError) as error:
        load_folder(database, folder)
    assert not database.rows("SELECT 1 FROM sqlite_schema WHERE name = 'hs_owner'") or not database.rows(
        'SELECT 1 FROM hs_owner UNION ALL SELECT 1 FROM "hs_deals" UNION ALL SELECT 1 FROM "hs_companies"'
    )
    return [(each.file, each.line, each.column) for each in error.value.problems]


def test_the_real_folder_is_loaded_whole(database: Database, maven_hubspot: Path) -> None:
    assert load_folder(database, maven_hubspot) == {"owners": 41, "companies": 85, "deals": 8800}
    with (maven_hubspot / "deals.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    won = sum(Decimal(row["amount"]) for row in rows if row["dealstage"] == "closedwon")
    loaded = database.rows("SELECT hs_closed_amount FROM \"hs_deals\" WHERE hs_is_closed_won = 'true'")
    assert sum(Decimal(row[0]) for row in loaded) == won
    links = database.rows("SELECT count(*) FROM hs_link WHERE type IN (5, 341)")[0][0]
    assert links == 2 * sum(1 for row in rows if row["associated_company"])


def test_what_is_loaded_is_served(crm: Client, tmp_path: Path) -> None:
    deals = f"{DEAL_COLUMNS},product,score\n{GOOD},GTX,4\n51,Two,default,qualifiedtobuy,,,,7,,,5.5\n"
    load_folder(crm.database, write(tmp_path, owners=OWNERS, companies=COMPANIES, deals=deals))
    first, second = crm.get(
        "/crm/v3/objects/deals?properties=product,score,hs_closed_amount,amount&associations=companies"
    )["results"]
    assert (first["properties"]["product"], first["properties"]["hs_closed_amount"]) == ("GTX", "10.50")
    assert first["associations"]["companies"]["results"][0] == {"id": "20", "type": "deal_to_company"}
    assert (first["createdAt"], second["properties"]["amount"]) == ("2016-10-20T09:00:00.000Z", None)
    kinds = {name: crm.get(f"/crm/v3/properties/deals/{name}")["type"] for name in ("product", "score")}
    assert kinds == {"product": "string", "score": "number"}
    assert "medical" in {each["value"] for each in crm.get("/crm/v3/properties/companies/industry")["options"]}


def test_every_owner_has_a_user_record(crm: Client, tmp_path: Path) -> None:
    load_folder(crm.database, write(tmp_path, owners=OWNERS))
    names = "hs_email,hs_internal_user_id,hubspot_owner_id"
    [user, _] = crm.get(f"/crm/v3/objects/users?properties={names}")["results"]
    owner = crm.get("/crm/v3/owners/7")
    assert user["properties"]["hs_email"] == "ann@x.example"
    assert user["properties"]["hs_internal_user_id"] == str(owner["userId"])
    assert user["properties"]["hubspot_owner_id"] == "7"


def test_a_second_folder_refers_to_the_first(database: Database, tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    load_folder(database, write(tmp_path / "one", owners=OWNERS, companies=COMPANIES))
    assert load_folder(database, write(tmp_path / "two", deals=f"{DEAL_COLUMNS}\n{GOOD}\n")) == {"deals": 1}
    assert problems_of_repeat(database, tmp_path / "two") == [("deals.csv", 2, "hs_object_id")]


def problems_of_repeat(database: Database, folder: Path) -> list[tuple[str, int, str]]:
    with pytest.raises(LoadError) as error:
        load_folder(database, folder)
    return [(each.file, each.line, each.column) for each in error.value.problems]


def test_the_first_version_of_a_loaded_value_is_its_record_s_creation(store: Store, tmp_path: Path) -> None:
    load_folder(store.database, write(tmp_path, owners=OWNERS, companies=COMPANIES, deals=f"{DEAL_COLUMNS}\n{GOOD}\n"))
    records = list(store.by_identity(DEALS, ["amount"], "hs_object_id", [50]).values())
    [version] = read_versions(store, DEALS, records, ["amount"])[50]["amount"]
    assert (version.value, version.at, version.source) == ("10.50", "2016-10-20T09:00:00.000Z", "IMPORT")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("hs_object_id", "x"),
        ("hs_object_id", "0"),
        ("hs_object_id", ""),
        ("pipeline", "other"),
        ("dealstage", "nearly"),
        ("amount", "ten"),
        ("closedate", "soon"),
        ("createdate", "2016-13-01"),
        ("hubspot_owner_id", "9"),
        ("associated_company", "21"),
        ("associated_company", "Acme"),
    ],
)
def test_a_wrong_cell_is_named_and_nothing_is_loaded(
    database: Database, tmp_path: Path, column: str, value: str
) -> None:
    cells = dict(zip(DEAL_COLUMNS.split(","), GOOD.split(","), strict=True)) | {"hs_object_id": "51", column: value}
    deals = "\n".join([DEAL_COLUMNS, GOOD, ",".join(cells.values())]) + "\n"
    folder = write(tmp_path, owners=OWNERS, companies=COMPANIES, deals=deals)
    assert problems(database, folder) == [("deals.csv", 3, column)]


def test_all_problems_of_all_files_are_listed_in_order(database: Database, tmp_path: Path) -> None:
    owners = OWNERS + "7,again@x.example,A,B,maybe,\n7,twice@x.example,A,B,false,\n"
    deals = f"{DEAL_COLUMNS}\n{GOOD}\n{GOOD}\n52,Two,default,nowhere,x,,,,\n"
    folder = write(tmp_path, owners=owners, companies=COMPANIES, deals=deals, widgets="id\n1\n")
    assert problems(database, folder) == [
        ("deals.csv", 3, "hs_object_id"),
        ("deals.csv", 4, "amount"),
        ("owners.csv", 4, "archived"),
        ("owners.csv", 5, "id"),
        ("widgets.csv", 0, ""),
    ]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", ("deals.csv", 0, "")),
        ("dealname\nOne\n", ("deals.csv", 1, "hs_object_id")),
        ("hs_object_id,Deal Name\n1,One\n", ("deals.csv", 1, "Deal Name")),
        ("hs_object_id,associated_product\n1,2\n", ("deals.csv", 1, "associated_product")),
        ("hs_object_id,dealname\n1,One,more\n", ("deals.csv", 2, "")),
    ],
)
def test_a_wrong_header_is_named(database: Database, tmp_path: Path, text: str, place: tuple[str, int, str]) -> None:
    found = problems(database, write(tmp_path, deals=text))
    assert [(file, line) for file, line, _ in found][:1] == [place[:2]]
    assert place[2] in {"", *(column for _, _, column in found)}


def test_a_folder_without_tables_is_refused(database: Database, tmp_path: Path) -> None:
    with pytest.raises(LoadError):
        load_folder(database, tmp_path)
    with pytest.raises(LoadError):
        load_folder(database, tmp_path / "absent")
