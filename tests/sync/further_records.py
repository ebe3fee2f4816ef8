"""Records of a sandbox CRM that its made-up company lacks, written over its API as any client would."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import requests

if TYPE_CHECKING:
    from pathlib import Path

    from connectors.sandbox.dialect import Settings

VERSION = "/services/data/v62.0"


def add_further(crm: Literal["salesforce", "hubspot"], url: str, ca_file: Path | None, settings: Settings) -> None:
    """A few records of every object that nobody made up: quotes, territories, quotas, rates, chats, further links."""
    with requests.Session() as http:
        http.trust_env = False  # a CA bundle of the environment would take the place of ours
        http.verify = str(ca_file) if ca_file else True
        if crm == "salesforce":
            _add_to_salesforce(http, url, settings)
        else:
            _add_to_hubspot(http, url, settings)


def _add_to_salesforce(http: requests.Session, url: str, settings: Settings) -> None:
    form = {"grant_type": "client_credentials", "client_id": settings.client_id}
    signed_in = http.post(f"{url}/services/oauth2/token", data=form | {"client_secret": settings.client_secret})
    http.headers["Authorization"] = f"Bearer {signed_in.json()['access_token']}"

    def ask(soql: str) -> list[dict[str, Any]]:
        records: list[dict[str, Any]] = http.get(f"{url}{VERSION}/query", params={"q": soql}).json()["records"]
        return records

    def make(sobject: str, **fields: Any) -> str:
        answer = http.post(f"{url}{VERSION}/sobjects/{sobject}", json=fields)
        assert answer.status_code == 201, f"{sobject}: {answer.text}"
        return str(answer.json()["id"])

    deal = ask("SELECT Id, AccountId, Amount FROM Opportunity WHERE IsClosed = false AND Amount > 0 ORDER BY Id")[0]
    rep, other = (row["Id"] for row in ask("SELECT Id FROM User WHERE IsActive = true AND UserRoleId != null LIMIT 2"))
    contact = ask("SELECT Id FROM Contact ORDER BY Id LIMIT 1")
    person = contact[0]["Id"] if contact else make("Contact", LastName="Lee", AccountId=deal["AccountId"])
    make("OpportunityContactRole", OpportunityId=deal["Id"], ContactId=person, Role="Decision Maker")
    make("OpportunityTeamMember", OpportunityId=deal["Id"], UserId=other, TeamMemberRole="Sales Engineer")
    make("Quote", OpportunityId=deal["Id"], Name="Q-1", Status="Draft", ExpirationDate="2026-09-30")
    kind = make("Territory2Type", DeveloperName="Region", MasterLabel="Region", Priority=1)
    model = make("Territory2Model", DeveloperName="FY26", Name="FY26")
    parent = make("Territory2", DeveloperName="World", Name="World", Territory2TypeId=kind, Territory2ModelId=model)
    child = make(
        "Territory2", DeveloperName="West", Name="West", Territory2TypeId=kind, Territory2ModelId=model,
        ParentTerritory2Id=parent,
    )  # fmt: skip
    make("UserTerritory2Association", UserId=rep, Territory2Id=child, RoleInTerritory2="Owner")
    make(
        "ObjectTerritory2Association", ObjectId=deal["AccountId"], Territory2Id=child,
        AssociationCause="Territory2Manual",
    )  # fmt: skip
    revenue = ask("SELECT Id FROM ForecastingType WHERE IsAmount = true")[0]["Id"]
    make("ForecastingQuota", QuotaOwnerId=rep, StartDate="2026-04-01", QuotaAmount=50000, ForecastingTypeId=revenue)
    make("Task", OwnerId=rep, WhatId=deal["Id"], Type="Chat", Subject="Hello", Status="Completed")


def _add_to_hubspot(http: requests.Session, url: str, settings: Settings) -> None:
    http.headers["Authorization"] = f"Bearer {settings.access_token}"

    def ask(kind: str, count: int) -> list[dict[str, Any]]:
        records: list[dict[str, Any]] = http.get(f"{url}/crm/v3/objects/{kind}", params={"limit": count}).json()[
            "results"
        ]
        return records

    def make(kind: str, **properties: str) -> str:
        answer = http.post(f"{url}/crm/v3/objects/{kind}", json={"properties": properties})
        assert answer.status_code == 201, f"{kind}: {answer.text}"
        return str(answer.json()["id"])

    def link(kind: str, record: str, to: str, other: str) -> None:
        path = f"/crm/v4/objects/{kind}/{record}/associations/default/{to}/{other}"
        answer = http.put(url + path)
        assert answer.status_code == 200, answer.text

    deals, companies = ask("deals", 2), ask("companies", 3)
    user = http.get(f"{url}/crm/v3/owners", params={"limit": 1}).json()["results"][0]
    chat = make("communications", hs_timestamp="2026-06-01T10:00:00Z", hs_communication_channel_type="WHATS_APP")
    link("communications", chat, "deals", deals[0]["id"])
    quote = make("quotes", hs_title="Q-1", hs_expiration_date="2026-09-30", hs_status="DRAFT", hs_currency="USD")
    link("quotes", quote, "deals", deals[0]["id"])
    for company in companies:
        link("deals", deals[1]["id"], "companies", company["id"])
    make(
        "goal_targets", hs_goal_name="Q2", hs_target_amount="50000", hs_kpi_display_unit="currency",
        hs_start_datetime="2026-04-01T00:00:00Z", hs_end_datetime="2026-06-30T23:59:59Z",
        hs_assignee_user_id=str(user["userId"]),
    )  # fmt: skip
