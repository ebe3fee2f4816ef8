"""The data model: which objects there are, what they can do, compound fields, layouts, conditional describes."""

from __future__ import annotations

import pytest

OBJECTS = [
    "Account", "Contact", "Lead", "Opportunity", "OpportunityContactRole", "OpportunityHistory",
    "OpportunityFieldHistory", "OpportunitySplit", "OpportunitySplitType", "OpportunityTeamMember",
    "OpportunityLineItem", "Product2", "Pricebook2", "PricebookEntry", "Quote", "QuoteLineItem", "Task", "Event",
    "EmailMessage", "Case", "Contract", "Order", "OrderItem", "User", "UserRole", "Profile", "Group", "GroupMember",
    "Organization", "Period", "FiscalYearSettings", "Territory2Type", "Territory2Model", "Territory2",
    "ObjectTerritory2Association", "UserTerritory2Association", "ForecastingQuota", "ForecastingType", "RecordType",
    "Campaign", "CampaignMember", "CampaignMemberStatus", "TaskStatus", "TaskPriority", "CaseStatus", "LeadStatus",
    "OpportunityStage",
]  # fmt: skip
ADDRESS = {"BillingStreet": "1 Main St", "BillingCity": "Ulm", "BillingLatitude": 48.4, "BillingLongitude": 9.99}
# The properties of DescribeGlobalSObjectResult (SOAP API Developer Guide, describeGlobal).
IN_SHORT = [
    "activateable", "associateEntityType", "associateParentEntity", "createable", "custom", "customSetting",
    "deepCloneable", "deletable", "deprecatedAndHidden", "feedEnabled", "hasSubtypes", "isInterface", "isSubtype",
    "keyPrefix", "label", "labelPlural", "layoutable", "mergeable", "mruEnabled", "name", "queryable",
    "replicateable", "retrieveable", "searchable", "triggerable", "undeletable", "updateable", "urls",
]  # fmt: skip


def test_every_object_of_the_data_model_is_listed_with_every_key(org):
    listed = {found["name"]: found for found in org.send("GET", "sobjects").json()["sobjects"]}
    assert set(OBJECTS) <= set(listed)
    assert all(sorted(found) == IN_SHORT for found in listed.values())


@pytest.mark.parametrize("name", OBJECTS)
def test_every_object_can_be_queried_with_all_its_fields(org, name):
    answer = org.ask(f"SELECT FIELDS(ALL) FROM {name} LIMIT 5")
    fields = {field["name"] for field in org.send("GET", f"sobjects/{name}/describe").json()["fields"]}
    assert answer.status_code == 200, answer.text
    for record in answer.json()["records"]:
        assert set(record) == fields | {"attributes"}


@pytest.mark.parametrize("name", ["OpportunityHistory", "Period", "FiscalYearSettings", "OpportunitySplitType"])
def test_what_only_salesforce_writes_cannot_be_created(org, name):
    assert org.send("GET", f"sobjects/{name}/describe").json()["createable"] is False
    assert org.send("POST", f"sobjects/{name}", {}).status_code in {400, 405}


def test_an_address_is_an_object_of_its_parts(org):
    """Object Reference, Compound Fields: read only, null while every part is empty."""
    account = org.create("Account", Name="A", **ADDRESS)
    address = {
        "city": "Ulm", "country": None, "geocodeAccuracy": None, "latitude": 48.4, "longitude": 9.99,
        "postalCode": None, "state": None, "street": "1 Main St",
    }  # fmt: skip
    record = org.read("Account", account)
    assert record["BillingAddress"] == address
    assert record["ShippingAddress"] is None
    assert org.values("SELECT BillingAddress FROM Account") == [address]
    refused = org.send("PATCH", f"sobjects/Account/{account}", {"BillingAddress": {"city": "Bonn"}})
    assert refused.json()[0]["errorCode"] == "INVALID_FIELD_FOR_INSERT_UPDATE"


def test_an_address_follows_its_parts(org):
    account = org.create("Account", Name="A", **ADDRESS)
    org.send("PATCH", f"sobjects/Account/{account}", {"BillingCity": "Bonn"})
    assert org.read("Account", account)["BillingAddress"]["city"] == "Bonn"


def test_a_describe_is_not_repeated_while_the_schema_stands(org):
    """REST API Developer Guide, Conditional Request Headers: If-Modified-Since on describes."""
    first = org.send("GET", "sobjects/Account/describe")
    again = org.send("GET", "sobjects/Account/describe", headers={"If-Modified-Since": first.headers["Last-Modified"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_describe_is_told_anew_once_the_schema_changed(org):
    since = {"If-Modified-Since": org.send("GET", "sobjects").headers["Last-Modified"]}
    org.create("PermissionSet", Name="KPIs", Label="KPIs")
    assert org.send("GET", "sobjects", headers=since).status_code == 200


def test_a_describe_asked_for_as_of_an_older_schema_is_refused(org):
    until = {"If-Unmodified-Since": "Wed, 21 Oct 2015 07:28:00 GMT"}
    assert org.send("GET", "sobjects/Account/describe", headers=until).status_code == 412


def test_a_layout_holds_every_field_that_can_be_edited(org):
    layout = org.send("GET", "sobjects/Account/describe/layouts").json()
    (only,) = layout["layouts"]
    rows = only["editLayoutSections"][0]["layoutRows"]
    shown = {item["layoutComponents"][0]["value"] for row in rows for item in row["layoutItems"]}
    fields = org.send("GET", "sobjects/Account/describe").json()["fields"]
    assert shown == {field["name"] for field in fields if field["createable"] or field["updateable"]}
    assert [mapping["name"] for mapping in layout["recordTypeMappings"]] == ["Master"]
    assert org.send("GET", "sobjects/Account/describe/layouts/012000000000000AAA").json() == only


def test_the_compact_layout_is_the_systems_own(org):
    answer = org.send("GET", "sobjects/Account/describe/compactLayouts").json()
    assert answer["defaultCompactLayoutId"] is None
    assert [layout["name"] for layout in answer["compactLayouts"]] == ["SYSTEM"]
    assert org.send("GET", "sobjects/Account/describe/compactLayouts/primary").json() == answer["compactLayouts"][0]


@pytest.mark.parametrize("path", ["listviews", "quickActions", "describe/approvalLayouts"])
def test_what_the_org_has_none_of_is_an_empty_list(org, path):
    answer = org.send("GET", f"sobjects/Account/{path}")
    assert answer.status_code == 200
    assert answer.json() in ([], {"approvalLayouts": []}) or answer.json()["listviews"] == []


@pytest.mark.parametrize("path", ["Period/listviews", "Period/describe/layouts", "Event/listviews"])
def test_an_object_without_a_tab_or_layout_has_no_such_resource(org, path):
    assert org.send("GET", f"sobjects/{path}").status_code == 404


def test_an_org_with_one_currency_has_no_field_for_it(org):
    """Object Reference: CurrencyIsoCode is there in an org with the multicurrency feature only."""
    names = {field["name"] for field in org.send("GET", "sobjects/Opportunity/describe").json()["fields"]}
    assert "CurrencyIsoCode" not in names
    assert org.ask("SELECT Id FROM CurrencyType").json()[0]["errorCode"] == "INVALID_TYPE"


def test_a_picklist_tells_label_and_value(org):
    fields = {field["name"]: field for field in org.send("GET", "sobjects/Event/describe").json()["fields"]}
    values = [(value["value"], value["label"]) for value in fields["ShowAs"]["picklistValues"]]
    assert values == [("Busy", "Busy"), ("OutOfOffice", "Out of Office"), ("Free", "Free")]
