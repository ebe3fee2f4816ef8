"""The company that the tests of write-back work on: a few hundred records as an export, and fields of its own."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.ids import extend

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from integration_harness import Crm

    from connectors.sandbox.database import Database
    from connectors.sandbox.dialect import Dialect

AS_OF = "2031-05-04"
MANY = 200
"""Accounts, and opportunities: what one Salesforce request carries, and two of HubSpot's."""

ANN, BO, MIA, CY = "Ann Ames", "Bo Bell", "Mia Moss", "Cy Cole"
CAME = "2030-12-01T10:00:00.000Z"
PEOPLE = {ANN: ("East", True), BO: ("West", True), MIA: ("West", True), CY: ("West", False)}
"""Two reps, their manager, and one who left: team, and whether they may sign in."""

TERRITORIES = {"Germany": "Mitte", "Japan": 'Süd & "Küste" <b>🚀', "": "Rest"}
"""By country; the last is everybody else's."""

COUNTRIES = ("Germany", "Japan", "Chile")


@dataclass(frozen=True, slots=True)
class Made:
    """A field that the admin made by hand: what holds it, its name without a CRM's affix, its kind and decimals."""

    object: str
    name: str
    kind: str
    scale: int = 0


MADE = (
    *(Made("account", f"Num{scale}", "number", scale) for scale in (0, 2, 4)),
    *(Made("account", f"Money{scale}", "money", scale) for scale in (0, 2)),
    *(Made("account", f"Share{scale}", "percent", scale) for scale in (0, 2)),
    Made("account", "Pick", "choice"),
    Made("account", "Words", "text"),
    Made("account", "Story", "long"),
    Made("account", "Day", "day"),
    Made("account", "Moment", "moment"),
    Made("opportunity", "DealSize", "number", 4),
    Made("opportunity", "DealShare", "percent", 2),
    Made("opportunity", "DealPick", "choice"),
    Made("opportunity", "DealStory", "long"),
)
"""What provisioning would not make so: every kind of field, at scales of its own."""


def name_of(crm: Crm, name: str) -> str:
    """A field or object of ours as the CRM spells it."""
    return f"{name}__c" if crm == "salesforce" else name.lower()


def account_name(number: int) -> str:
    return f"Account {number:03}"


def deal_name(number: int) -> str:
    return f"Deal {number:03}"


def currency_of(number: int) -> str:
    """The currency of a deal: of two in ten, both still open, not the company's."""
    return {8: "JPY", 9: "EUR"}.get(number % 10, "USD")


def fill(crm: Crm, folder: Path) -> Callable[[Database, Dialect], object]:
    """Fills a sandbox with the company."""

    def load(database: Database, dialect: Dialect) -> None:
        folder.mkdir(parents=True)
        (_write_salesforce if crm == "salesforce" else _write_hubspot)(folder)
        dialect.load_folder(database, folder)

    return load


def _deals() -> Iterable[tuple[int, str, str, str, str]]:
    """Number, owner, stage, amount and closing day of each deal: two of five won this month, one lost, two open."""
    for n in range(1, MANY + 1):
        stage = ("won", "won", "lost", "open", "open")[n % 5]
        day = f"2031-05-0{1 + n % 4}" if stage != "open" else f"2031-06-{1 + n % 28:02}"
        yield n, (ANN, BO)[n % 2], stage, f"{1000 + n}.{(n * 37) % 100:02}", day


def _write_salesforce(folder: Path) -> None:
    users = {name: f"005WB{n:010}" for n, name in enumerate(PEOPLE, start=1)}
    reps = (users[ANN], users[BO])
    stages = {"won": "Closed Won", "lost": "Closed Lost", "open": "Prospecting"}
    tables: dict[str, Iterable[Mapping[str, object]]] = {
        "User": [
            {"Id": users[name], "FirstName": name.split()[0], "LastName": name.split()[1], "IsActive": str(on).lower()}
            | {"Email": _email(name), "Username": _email(name), "Division": team, "TimeZoneSidKey": "America/New_York"}
            | {"ManagerId": "" if name == MIA else users[MIA], "CreatedDate": CAME}
            for name, (team, on) in PEOPLE.items()
        ],
        "Account": [
            {"Id": f"001WB{n:010}", "Name": account_name(n), "OwnerId": reps[n % 2]}
            | {"BillingCountry": COUNTRIES[n % 3]}
            for n in range(1, MANY + 1)
        ],
        "Opportunity": [
            {"Id": f"006WB{n:010}", "Name": deal_name(n), "AccountId": f"001WB{n:010}", "OwnerId": users[owner]}
            | {"StageName": stages[stage], "Amount": amount, "CloseDate": day}
            | {"CreatedDate": "2031-04-01T12:00:00.000Z", "CurrencyIsoCode": currency_of(n)}
            for n, owner, stage, amount, day in _deals()
        ],
        "Contact": [
            {"Id": f"003WB{n:010}", "LastName": f"Contact {n}", "AccountId": f"001WB{n:010}", "OwnerId": reps[n % 2]}
            for n in range(1, 9)
        ],
        "Lead": [
            {"Id": f"00QWB{n:010}", "LastName": f"Lead {n}", "Company": f"Lead {n}", "OwnerId": reps[n % 2]}
            for n in range(1, 9)
        ],
        "CurrencyType": [
            {"Id": f"01LWB000000000{n}", "IsoCode": code, "ConversionRate": rate, "DecimalPlaces": places}
            | {"IsActive": "true", "IsCorporate": str(code == "USD").lower()}
            for n, (code, rate, places) in enumerate((("USD", "1", 2), ("EUR", "0.8", 2), ("JPY", "156.25", 0)))
        ],
        "DatedConversionRate": [
            {"Id": f"04wWB000000000{n}", "IsoCode": code, "StartDate": "2031-01-01", "ConversionRate": rate}
            for n, (code, rate) in enumerate((("EUR", "0.8"), ("JPY", "156.25")))
        ],
        "ForecastingType": [
            {"Id": "0DbWB0000000001", "DeveloperName": "Revenue", "MasterLabel": "Revenue", "IsActive": "true"}
            | {"IsAmount": "true", "IsQuantity": "false"}
        ],
        "Territory2Model": [{"Id": "0MAWB0000000001", "Name": "Now", "DeveloperName": "Now", "State": "Active"}],
        "Territory2Type": [{"Id": "0M5WB0000000001", "MasterLabel": "T", "DeveloperName": "T", "Priority": "1"}],
        "Territory2": [
            {"Id": f"0MIWB000000000{n}", "Name": name, "DeveloperName": f"T{n}"}
            | {"Territory2ModelId": "0MAWB0000000001", "Territory2TypeId": "0M5WB0000000001"}
            for n, name in enumerate(TERRITORIES.values(), start=1)
        ],
    }
    for name, rows in tables.items():
        _write(folder / f"{name}.csv", [{key: extend_id(key, value) for key, value in row.items()} for row in rows])


def extend_id(key: str, value: object) -> object:
    """Salesforce's ids in eighteen characters."""
    return extend(value) if key.endswith("Id") and isinstance(value, str) and value else value


def _write_hubspot(folder: Path) -> None:
    owners = {name: 7000 + n for n, name in enumerate(PEOPLE, start=1)}
    reps = (owners[ANN], owners[BO])
    stages = {"won": "closedwon", "lost": "closedlost", "open": "qualifiedtobuy"}
    tables: dict[str, Iterable[Mapping[str, object]]] = {
        "owners": [
            {"id": owners[name], "userId": owners[name] + 1000, "email": _email(name), "firstName": name.split()[0]}
            | {"lastName": name.split()[1], "archived": str(not on).lower(), "team": team, "createdAt": CAME}
            for name, (team, on) in PEOPLE.items()
        ],
        "users": [
            {"hs_object_id": owner + 2000, "hs_email": _email(name), "hs_internal_user_id": owner + 1000}
            | {"hubspot_owner_id": owner, "manager_email": "" if name == MIA else _email(MIA)}
            for name, owner in owners.items()
        ],
        "companies": [
            {"hs_object_id": 10_000 + n, "name": account_name(n), "country": COUNTRIES[n % 3]}
            | {"hubspot_owner_id": reps[n % 2]}
            for n in range(1, MANY + 1)
        ],
        "deals": [
            {"hs_object_id": 20_000 + n, "dealname": deal_name(n), "pipeline": "default", "dealstage": stages[stage]}
            | {"amount": amount, "closedate": f"{day}T09:00:00.000Z", "createdate": "2031-04-01T15:00:00.000Z"}
            | {"hubspot_owner_id": owners[owner], "associated_company": 10_000 + n}
            | {"deal_currency_code": currency_of(n)}
            for n, owner, stage, amount, day in _deals()
        ],
        "contacts": [
            {"hs_object_id": 30_000 + n, "email": f"contact{n}@there.example", "lastname": f"Contact {n}"}
            | {"hubspot_owner_id": reps[n % 2], "associated_company": 10_000 + n}
            for n in range(1, 9)
        ],
        "leads": [
            {"hs_object_id": 40_000 + n, "hs_lead_name": f"Lead {n}", "hubspot_owner_id": reps[n % 2]}
            | {"associated_contact": 30_000 + n}
            for n in range(1, 9)
        ],
    }
    for name, rows in tables.items():
        _write(folder / f"{name}.csv", list(rows))


def _email(name: str) -> str:
    return f"{name.split(maxsplit=1)[0].lower()}@here.example"


def _write(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


# The admin's fields


def definition(crm: Crm, field: Made) -> tuple[str, str, Any]:
    """Method, path and body of the request by which the CRM's admin makes a field."""
    sobject, kind, group = _HOLDERS[field.object]
    if crm == "salesforce":
        body = {"FullName": f"{sobject}.{field.name}__c", "Metadata": {"label": field.name, **_salesforce_type(field)}}
        return "POST", "tooling/sobjects/CustomField", body
    body = {"name": field.name.lower(), "label": field.name, "groupName": group, **_hubspot_type(field)}
    return "POST", f"/crm/v3/properties/{kind}", body


_HOLDERS = {
    "account": ("Account", "companies", "companyinformation"),
    "opportunity": ("Opportunity", "deals", "dealinformation"),
    "Statement": ("Statement__c", "statement", ""),
}
"""By what holds a field: how each CRM calls it, and HubSpot's group of properties."""


def _salesforce_type(field: Made) -> dict[str, Any]:
    number = {"precision": 16, "scale": field.scale}
    options = [{"fullName": each, "label": each, "default": False} for each in TERRITORIES.values()]
    types: dict[str, dict[str, Any]] = {
        "number": {"type": "Number", **number},
        "money": {"type": "Currency", **number},
        "percent": {"type": "Percent", **number},
        "choice": {"type": "Picklist", "valueSet": {"restricted": True, "valueSetDefinition": {"value": options}}},
        "text": {"type": "Text", "length": 120},
        "long": {"type": "LongTextArea", "length": 2000, "visibleLines": 4},
        "day": {"type": "Date"},
        "moment": {"type": "DateTime"},
    }
    return types[field.kind]


def _hubspot_type(field: Made) -> dict[str, Any]:
    options = [{"label": each, "value": each} for each in TERRITORIES.values()]
    number = {"type": "number", "fieldType": "number"}
    types: dict[str, dict[str, Any]] = {
        "number": number,
        "money": {**number, "showCurrencySymbol": True},
        "percent": {**number, "numberDisplayHint": "percentage"},
        "choice": {"type": "enumeration", "fieldType": "select", "options": options},
        "text": {"type": "string", "fieldType": "text"},
        "long": {"type": "string", "fieldType": "textarea"},
        "day": {"type": "date", "fieldType": "date"},
        "moment": {"type": "datetime", "fieldType": "date"},
    }
    return types[field.kind]
