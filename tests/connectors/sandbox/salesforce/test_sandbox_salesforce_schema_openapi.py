"""Records answered against the vendor's OpenAPI of REST resources, version 59 (npm `@opensdks/sdk-salesforce`)."""

from __future__ import annotations

import json
import os
from pathlib import Path

import jsonschema
import pytest

PACKAGE = Path("@opensdks") / "sdk-salesforce" / "salesforce.oas.json"
# Fields of the Object Reference and of recorded describes that the org behind the description had not.
NOT_DESCRIBED = {
    "Individual": {"LastReferencedDate"},
    "Account": {"ChannelProgramLevelName", "ChannelProgramName", "IsCustomerPortal", "IsPartner", "RecordTypeId"},
    "Order": {"OpportunityId", "QuoteId"},
    "OrderItem": {"QuoteLineItemId"},
    "Task": {"Type"},
    "EmailMessage": {"IsPrivateDraft"},
    "Campaign": {"RecordTypeId"},
    "User": {"IsPortalEnabled", "PortalRole", "UserPermissionsAvantgoUser", "UserPermissionsMobileUser"},
    "UserRole": {"PortalRole"},
    "UserLicense": {"MonthlyLoginsEntitlement", "MonthlyLoginsUsed"},
}


# Of any type (Object Reference, OpportunityFieldHistory), where the description says text: amounts are numbers.
ANY_TYPE = {"OldValue", "NewValue"}


@pytest.fixture(scope="module")
def schemas():
    """The component schemas by object. The package stands in $SALESFORCE_OPENAPI or in tests/foreign/node_modules."""
    named = os.environ.get("SALESFORCE_OPENAPI")
    here = Path(__file__).parents[3] / "foreign" / "node_modules"
    path = Path(named) / PACKAGE if named else here / PACKAGE
    if not path.exists():
        reason = f"needs npm's @opensdks/sdk-salesforce in {path.parents[2]}"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    components = json.loads(path.read_text(encoding="utf-8"))["components"]["schemas"]
    return {name.removesuffix("SObject"): found for name, found in components.items() if name.endswith("SObject")}


def fill(org):
    """At least one record of every object that can be made without another feature."""
    account = org.create(
        "Account", Name="A", BillingCity="Ulm", BillingLatitude=48.4, AnnualRevenue=10, NumberOfEmployees=3
    )
    contact = org.create("Contact", LastName="Cox", AccountId=account, MailingCity="Ulm")
    lead = org.create("Lead", LastName="Lee", Company="L", City="Ulm")
    campaign = org.create("Campaign", Name="Fair", ExpectedRevenue=10, StartDate="2026-01-01")
    deal = org.deal(AccountId=account, Amount=100, CampaignId=campaign, TotalOpportunityQuantity=2)
    org.send("PATCH", f"sobjects/Opportunity/{deal}", {"Amount": 200, "StageName": "Closed Won"})
    org.create("OpportunityContactRole", OpportunityId=deal, ContactId=contact)
    org.create("CampaignMember", CampaignId=campaign, LeadId=lead)
    product = org.create("Product2", Name="Widget", IsActive=True)
    book = org.values("SELECT Id FROM Pricebook2 WHERE IsStandard = true")[0]
    entry = org.create("PricebookEntry", Pricebook2Id=book, Product2Id=product, UnitPrice=100, IsActive=True)
    org.create("OpportunityLineItem", OpportunityId=deal, PricebookEntryId=entry, Quantity=1, UnitPrice=9)
    org.create("Task", Subject="Call", ActivityDate="2026-01-01", WhatId=deal, CallDurationInSeconds=9)
    org.create("Event", Subject="Meet", StartDateTime="2026-01-01T10:00:00Z", DurationInMinutes=30, WhatId=deal)
    org.create("EmailMessage", Subject="Hi", RelatedToId=deal, Status="3")
    org.create("Case", Subject="Help", ContactId=contact)
    contract = org.create("Contract", AccountId=account, StartDate="2026-01-15", ContractTerm=12)
    order = org.create(
        "Order", AccountId=account, ContractId=contract, EffectiveDate="2026-02-01", Status="Draft", Pricebook2Id=book
    )
    org.create("OrderItem", OrderId=order, PricebookEntryId=entry, Quantity=2, UnitPrice=5)
    org.create("Asset", Name="Engine", AccountId=account, Price=5)
    org.create("Individual", LastName="Ito")
    group = org.create("Group", Name="All")
    org.create("GroupMember", GroupId=group, UserOrGroupId=org.user_id())
    org.create("UserRole", Name="Boss")


def without_nulls(value):
    """The description says no property's null, though every empty field is answered as one."""
    if isinstance(value, dict):
        return {name: without_nulls(item) for name, item in value.items() if item is not None}
    return [without_nulls(item) for item in value] if isinstance(value, list) else value


def test_every_record_answered_fits_its_schema(org, schemas):
    fill(org)
    checked = []
    for found in org.send("GET", "sobjects").json()["sobjects"]:
        schema = schemas.get(found["name"])
        if schema is None:
            continue
        for record in org.query(f"SELECT FIELDS(ALL) FROM {found['name']} LIMIT 3")["records"]:
            read = org.read(found["name"], record["Id"])
            for answered in (record, read):
                typed = {name: item for name, item in answered.items() if name not in ANY_TYPE}
                jsonschema.validate(without_nulls(typed), schema, format_checker=jsonschema.FormatChecker())
            assert next(iter(read)) == "attributes"
            checked.append(found["name"])
    assert {"Account", "Contact", "Lead", "Opportunity", "Task", "Event", "User", "OpportunityHistory"} <= set(checked)
    assert {"OpportunityFieldHistory", "OpportunityLineItem", "Campaign", "CampaignMember", "Order"} <= set(checked)


def test_no_field_is_of_our_own_making(org, schemas):
    """Every field of an object that the description has is one of its properties, but for those named above."""
    ours = {
        found["name"]: {
            field["name"] for field in org.send("GET", f"sobjects/{found['name']}/describe").json()["fields"]
        }
        for found in org.send("GET", "sobjects").json()["sobjects"]
        if found["name"] in schemas
    }
    unknown = {
        name: extra
        for name, fields in ours.items()
        if (extra := fields - set(schemas[name]["properties"]) - NOT_DESCRIBED.get(name, set()))
    }
    assert unknown == {}
