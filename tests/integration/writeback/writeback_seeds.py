"""A company with a record of everything that is written to, as an export folder of either CRM, and the rules for it.

`deals` decides how large it is; all else stays small. Amounts, owners and stages are drawn from a seed.
"""

from __future__ import annotations

import csv
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from integration_harness import Crm

AS_OF = "2031-05-04"
"""In the second quarter of 2031."""

USERS, ACCOUNTS, CONTACTS = 14, 24, 12
LEFT = 12
"""The number of the first user who may no longer sign in."""

INDUSTRIES = ("technology", "retail", "other")
REGIONS = {"technology": "North", "retail": "South"}


def own(crm: Crm, name: str) -> str:
    """A field or object of ours as the CRM spells such names."""
    return f"SalesOps_{name}__c" if crm == "salesforce" else f"salesops_{name.lower()}"


def write_company(crm: Crm, folder: Path, deals: int, seed: int = 1) -> Path:
    """The folder, filled as the CRM's own export would be."""
    folder.mkdir(parents=True)
    dice = Random(seed)
    for name, rows in (_salesforce if crm == "salesforce" else _hubspot)(deals, dice).items():
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, fieldnames=list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    return folder


Rows = dict[str, list[dict[str, str]]]


def _salesforce(deals: int, dice: Random) -> Rows:
    users = [f"005WB{number:010}" for number in range(USERS)]
    accounts = [f"001WB{number:010}" for number in range(ACCOUNTS)]
    stages = {"won": "Closed Won", "lost": "Closed Lost", "open": "Prospecting"}
    return {
        "User": [
            {"Id": key, "FirstName": "Rep", "LastName": f"{number}", "Name": f"Rep {number}", "UserType": "Standard"}
            | {"Email": f"rep{number}@x.example", "Username": f"rep{number}@x.example", "TimeZoneSidKey": "UTC"}
            | {"IsActive": str(number < LEFT).lower()}
            for number, key in enumerate(users)
        ],
        "Account": [
            {"Id": key, "Name": f"Account {number}", "Industry": INDUSTRIES[number % 3], "OwnerId": users[number % 5]}
            for number, key in enumerate(accounts)
        ],
        "Contact": [
            {"Id": f"003WB{n:010}", "LastName": f"Person {n}", "AccountId": accounts[n], "OwnerId": users[n % 7]}
            for n in range(CONTACTS)
        ],
        "Opportunity": [
            {"Id": f"006WB{number:010}", "Name": f"Deal {number}", "AccountId": dice.choice(accounts)}
            | {"OwnerId": dice.choice(users), "StageName": stages[stage], "Amount": amount, "CloseDate": closes}
            | {"CreatedDate": "2030-12-01T10:00:00.000Z"}
            for number, (stage, amount, closes) in enumerate(_deals(deals, dice))
        ],
        "ForecastingType": [
            {"Id": "0DbWB0000000001", "DeveloperName": "Revenue", "MasterLabel": "Revenue", "IsActive": "true"}
            | {"IsAmount": "true", "IsQuantity": "false"}
        ],
        "Territory2Model": [{"Id": "0MAWB0000000001", "Name": "FY31", "DeveloperName": "FY31", "State": "Active"}],
        "Territory2Type": [
            {"Id": "0M5WB0000000001", "MasterLabel": "Region", "DeveloperName": "Region", "Priority": "1"}
        ],
        "Territory2": [
            {"Id": f"0MIWB000000000{number}", "Name": name, "DeveloperName": name}
            | {"Territory2ModelId": "0MAWB0000000001", "Territory2TypeId": "0M5WB0000000001"}
            for number, name in enumerate(REGIONS.values())
        ],
    }


def _hubspot(deals: int, dice: Random) -> Rows:
    """HubSpot lets nobody who has left be named in a record: the statement of one that still has deals is refused."""
    owners = [str(7000 + number) for number in range(USERS)]
    accounts = [str(9000 + number) for number in range(ACCOUNTS)]
    stages = {"won": "closedwon", "lost": "closedlost", "open": "qualifiedtobuy"}
    return {
        "owners": [
            {"id": key, "userId": f"1{key}", "email": f"rep{number}@x.example", "firstName": "Rep"}
            | {"lastName": f"{number}", "archived": str(number >= LEFT).lower(), "team": "West"}
            for number, key in enumerate(owners)
        ],
        "users": [
            {"hs_object_id": f"2{key}", "hs_email": f"rep{number}@x.example", "hs_internal_user_id": f"1{key}"}
            | {"hubspot_owner_id": key}
            for number, key in enumerate(owners)
        ],
        "companies": [
            {"hs_object_id": key, "name": f"Account {number}", "industry": INDUSTRIES[number % 3]}
            | {"hubspot_owner_id": owners[number % 5]}
            for number, key in enumerate(accounts)
        ],
        "contacts": [
            {"hs_object_id": str(3000 + number), "lastname": f"Person {number}", "hubspot_owner_id": owners[number % 7]}
            | {"associated_company": accounts[number]}
            for number in range(CONTACTS)
        ],
        "deals": [
            {"hs_object_id": str(500_000 + number), "dealname": f"Deal {number}", "pipeline": "default"}
            | {"associated_company": dice.choice(accounts), "hubspot_owner_id": dice.choice(owners[:LEFT])}
            | {"dealstage": stages[stage], "amount": amount, "closedate": f"{closes}T15:00:00.000Z"}
            | {"createdate": "2030-12-01T10:00:00.000Z"}
            for number, (stage, amount, closes) in enumerate(_deals(deals, dice))
        ],
    }


def _deals(count: int, dice: Random) -> Sequence[tuple[str, str, str]]:
    """(stage, amount, closing day) of so many; of three one is won this quarter, most others are open."""
    drawn = []
    for number in range(count):
        stage = ("won", "open", "open", "won", "open", "lost")[number % 6]
        closes = {"won": f"2031-0{dice.choice((2, 4, 4, 4))}-{dice.randint(1, 28):02}", "open": "2031-07-15"}
        drawn.append((stage, f"{dice.randint(1, 9000)}.{dice.randint(0, 99):02}", closes.get(stage, "2031-04-02")))
    return drawn


def rules(crm: Crm, policy: str = "overwrite") -> Mapping[str, str]:
    """The files of a project that writes to everything that the CRM has, but for `salesops.yaml`."""
    return {
        "quotas/q.yaml": """\
quotas:
  bookings:
    label: Bookings
    metric: won_amount
    period: quarter
    targets:
      - {from: 2031-01-01, default: 100000}
""",
        "comp_plans/c.yaml": """\
comp_plans:
  ae:
    label: AE
    effective_from: 2031-01-01
    eligible: {}
    period: quarter
    credits:
      sales: {source: opportunity, where: [{field: is_won, is: true}], time: close_date}
    measures:
      sold: {credits: [sales], target: bookings}
    components:
      commission:
        kind: tiers
        by: sold
        reading: marginal
        tiers: [{from: 0, rate: 0.08}, {from: 1, rate: 0.12}]
""",
        "territories/t.yaml": "territories:\n"
        + "".join(
            f"  - name: {name}\n    where:\n      - {{field: industry, is: {industry}}}\n"
            for industry, name in REGIONS.items()
        ),
        "writeback.yaml": _writeback(crm, policy),
    }


def _writeback(crm: Crm, policy: str) -> str:
    def field(of_object: str, name: str, value: str, **more: str) -> str:
        extra = "".join(f", {key}: {text}" for key, text in more.items())
        return f"    - {{object: {of_object}, field: {own(crm, name)}, label: {name}, value: {value}{extra}}}\n"

    def kept(name: str, value: str) -> str:
        return f"        - {{field: {own(crm, name)}, label: {name}, value: {value}}}\n"

    won = "{kind: metric, metric: won_amount, period: this_quarter}"
    lines = [
        "writeback:\n  crm:\n",
        field("user", "Won", won, on_edit=policy),
        field("user", "Words", won, text='"{value} of {label} in {period}"'),
        field("user", "Updated", "{kind: updated}"),
        field("account", "Territory", "{kind: territory}", on_edit=policy),
        field("contact", "Territory", "{kind: territory}"),
        field("opportunity", "Earned", "{kind: earned_commission}", on_edit=policy),
        field("opportunity", "Estimate", "{kind: estimated_commission}"),
        f"records:\n  crm:\n    - object: {own(crm, 'Statement')}\n      label: Statement\n      plural: Statements\n",
        f"      per: user\n      period: quarter\n      keep: 2\n      key: {own(crm, 'Key')}\n      fields:\n",
        kept("Payee", "{kind: payee}"),
        kept("Quarter", "{kind: period, show: name}"),
        kept("Total", "{kind: commission}"),
        kept("Updated", "{kind: updated}"),
        "tasks:\n  crm:\n    - name: behind\n      below: 0.3\n      due_in_days: 3\n",
        "      value: {kind: quota, quota: bookings, show: attainment, period: this_quarter}\n",
        f'      subject: "{{attainment}} of {{target}}"\n      key: {own(crm, "Key")}\n',
    ]
    if crm == "salesforce":
        lines.append("forecasting_quotas:\n  crm:\n    - {quota: bookings, forecasting_type: Revenue}\n")
        lines.append("territory_associations:\n  crm: {on_edit: keep}\n")
    return "".join(lines)
