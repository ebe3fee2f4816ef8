"""What Salesforce works out itself: histories, splits, quotes, campaigns, territories, quotas, periods, currencies."""

from __future__ import annotations

import pytest

from connectors.sandbox.behaviour import CALM
from connectors.sandbox.dialect import Settings
from connectors.sandbox.salesforce import dialect
from connectors.sandbox.salesforce.ids import make_id


def changes(org, deal):
    soql = f"SELECT Field, OldValue, NewValue FROM OpportunityFieldHistory WHERE OpportunityId = '{deal}'"
    return [(row["Field"], row["OldValue"], row["NewValue"]) for row in org.query(soql)["records"]]


def patch(org, kind, record_id, **fields):
    return org.send("PATCH", f"sobjects/{kind}/{record_id}", fields)


def split_of(org, deal):
    return org.query(
        f"SELECT Id, SplitOwnerId, SplitPercentage, SplitAmount FROM OpportunitySplit WHERE OpportunityId = '{deal}'"
    )["records"]


def colleague(org, name="Kim"):
    profile = org.values("SELECT Id FROM Profile WHERE Name = 'Standard User'")[0]
    fields = dict.fromkeys(("TimeZoneSidKey",), "GMT") | dict.fromkeys(("LocaleSidKey", "LanguageLocaleKey"), "en_US")
    mail = f"{name.lower()}@example.com"
    return org.create(
        "User", LastName=name, Username=mail, Email=mail, Alias=name[:8], ProfileId=profile,
        EmailEncodingKey="UTF-8", IsActive=True, **fields,
    )  # fmt: skip


def test_a_tracked_field_leaves_its_old_and_new_value(org):
    """Object Reference, OpportunityFieldHistory."""
    deal = org.deal(Amount=100)
    patch(org, "Opportunity", deal, Amount=250.5, StageName="Closed Won", NextStep="none")
    assert changes(org, deal) == [
        ("created", None, None),
        ("StageName", "Prospecting", "Closed Won"),
        ("Amount", 100.0, 250.5),
    ]


def test_a_new_owner_leaves_a_line_of_names_and_one_of_ids(org):
    deal, kim = org.deal(), colleague(org)
    patch(org, "Opportunity", deal, OwnerId=kim)
    assert [new for field, _, new in changes(org, deal) if field == "Owner"] == ["Kim", kim]


def test_the_owner_of_a_new_deal_has_the_whole_revenue_split(org):
    """The default that the thread behind "percentages don't add up" starts from: one split, of 100 %."""
    (split,) = split_of(org, org.deal(Amount=1000))
    assert (split["SplitOwnerId"], split["SplitPercentage"], split["SplitAmount"]) == (org.user_id(), 100.0, 1000.0)


def test_a_split_amount_follows_the_deals_and_moves_no_stamp(org):
    """Help, Opportunity Splits - Known limitations: the amount is derived, not stored."""
    deal = org.deal(Amount=1000)
    stamp = org.values("SELECT SystemModstamp FROM OpportunitySplit")
    patch(org, "Opportunity", deal, Amount=500)
    assert split_of(org, deal)[0]["SplitAmount"] == 500.0
    assert org.values("SELECT SystemModstamp FROM OpportunitySplit") == stamp


def test_revenue_splits_that_do_not_add_up_are_refused(org):
    """FIELD_INTEGRITY_EXCEPTION, "Can't update splits: percentages don't add up to 100.00%."."""
    (split,) = split_of(org, org.deal())
    refused = patch(org, "OpportunitySplit", split["Id"], SplitPercentage=75)
    assert refused.json()[0] == {
        "errorCode": "FIELD_INTEGRITY_EXCEPTION",
        "fields": [],
        "message": "Can't update splits: percentages don't add up to 100.00%.",
    }
    assert org.values("SELECT SplitPercentage FROM OpportunitySplit") == [100.0]


def test_revenue_splits_are_weighed_a_whole_call_at_a_time(org):
    deal = org.deal(Amount=1000)
    (own,) = split_of(org, deal)
    revenue = org.values("SELECT Id FROM OpportunitySplitType WHERE DeveloperName = 'Revenue'")[0]
    kim = org.create(
        "OpportunitySplit", OpportunityId=deal, SplitOwnerId=colleague(org), SplitPercentage=0, SplitTypeId=revenue
    )
    both = [
        {"attributes": {"type": "OpportunitySplit"}, "Id": record, "SplitPercentage": percent}
        for record, percent in ((own["Id"], 70), (kim, 30))
    ]
    answers = org.send("PATCH", "composite/sobjects", {"records": both}).json()
    assert [answer["success"] for answer in answers] == [True, True]
    assert sorted(split["SplitAmount"] for split in split_of(org, deal)) == [300.0, 700.0]
    both[0]["SplitPercentage"] = 80
    answers = org.send("PATCH", "composite/sobjects", {"records": both}).json()
    assert [answer["success"] for answer in answers] == [False, False]
    assert sorted(split["SplitPercentage"] for split in split_of(org, deal)) == [30.0, 70.0]


def test_overlay_splits_add_up_to_anything(org):
    deal = org.deal()
    overlay = org.values("SELECT Id FROM OpportunitySplitType WHERE DeveloperName = 'Overlay'")[0]
    fields = {"OpportunityId": deal, "SplitOwnerId": org.user_id(), "SplitTypeId": overlay}
    org.create("OpportunitySplit", **fields, SplitPercentage=40)
    assert org.send("POST", "sobjects/OpportunitySplit", {**fields, "SplitPercentage": 5}).json()[0]["errorCode"] == (
        "DUPLICATE_VALUE"
    )


def test_whoever_gets_a_split_joins_the_team(org):
    deal, kim = org.deal(), colleague(org)
    org.create("OpportunitySplit", OpportunityId=deal, SplitOwnerId=kim, SplitPercentage=0)
    assert org.values("SELECT UserId, Name FROM OpportunityTeamMember") == [kim]


def priced(org):
    product = org.create("Product2", Name="Widget", IsActive=True)
    book = org.values("SELECT Id FROM Pricebook2 WHERE IsStandard = true")[0]
    return org.create("PricebookEntry", Pricebook2Id=book, Product2Id=product, UnitPrice=100, IsActive=True)


def test_a_quote_sums_its_lines(org):
    """Object Reference, Quote and QuoteLineItem: Subtotal, Discount, TotalPrice, GrandTotal."""
    quote = org.create("Quote", Name="Q", OpportunityId=org.deal(), Tax=5)
    line = {"QuoteId": quote, "PricebookEntryId": priced(org), "Quantity": 2, "UnitPrice": 90}
    org.create("QuoteLineItem", **line, Discount=10)
    found = org.read("Quote", quote)
    figures = {name: found[name] for name in ("Subtotal", "TotalPrice", "GrandTotal", "Discount", "LineItemCount")}
    assert figures == {
        "Subtotal": 180.0, "TotalPrice": 162.0, "GrandTotal": 167.0, "Discount": 10.0, "LineItemCount": 1
    }  # fmt: skip
    assert found["QuoteNumber"] == "00000001"


def test_a_campaign_counts_its_members_and_deals(org):
    campaign = org.create("Campaign", Name="Fair")
    lead = org.create("Lead", LastName="Lee", Company="L")
    contact = org.create("Contact", LastName="Cox")
    org.create("CampaignMember", CampaignId=campaign, LeadId=lead)
    org.create("CampaignMember", CampaignId=campaign, ContactId=contact, Status="Responded")
    org.deal(CampaignId=campaign, Amount=100, StageName="Closed Won")
    found = org.read("Campaign", campaign)
    counts = ("NumberOfLeads", "NumberOfContacts", "NumberOfResponses", "NumberOfWonOpportunities")
    assert [found[name] for name in counts] == [1, 1, 1, 1]
    assert found["AmountWonOpportunities"] == 100.0
    assert sorted(org.values("SELECT Status FROM CampaignMember")) == ["Responded", "Sent"]


def test_nobody_is_a_member_of_a_campaign_twice(org):
    member = {
        "CampaignId": org.create("Campaign", Name="Fair"),
        "LeadId": org.create("Lead", LastName="L", Company="L"),
    }
    org.create("CampaignMember", **member)
    assert org.send("POST", "sobjects/CampaignMember", member).json()[0]["errorCode"] == "DUPLICATE_VALUE"


def territory(org):
    model = org.create("Territory2Model", Name="FY26", DeveloperName="FY26")
    kind = org.create("Territory2Type", MasterLabel="Named", DeveloperName="Named", Priority=1)
    west = org.create("Territory2", Name="West", DeveloperName="West", Territory2ModelId=model, Territory2TypeId=kind)
    return model, west


def test_a_new_territory_model_is_being_planned(org):
    """Object Reference, Territory2Model: State cannot be written."""
    model, _ = territory(org)
    assert org.read("Territory2Model", model)["State"] == "Planning"
    assert patch(org, "Territory2Model", model, State="Active").status_code == 400


def test_the_api_assigns_accounts_to_territories_by_hand_only(org):
    """Object Reference, ObjectTerritory2Association: "Manual cause can be set only by a user or via the API"."""
    link = {"ObjectId": org.create("Account", Name="A"), "Territory2Id": territory(org)[1]}
    rule = {**link, "AssociationCause": "Territory2AssignmentRule"}
    assert org.send("POST", "sobjects/ObjectTerritory2Association", rule).status_code == 400
    made = org.create("ObjectTerritory2Association", **link, AssociationCause="Territory2Manual")
    assert org.read("ObjectTerritory2Association", made)["SobjectType"] == "Account"
    again = org.send("POST", "sobjects/ObjectTerritory2Association", {**link, "AssociationCause": "Territory2Manual"})
    assert again.json()[0]["errorCode"] == "DUPLICATE_VALUE"


def test_a_quota_takes_its_period_from_its_first_day_and_stands_alone(org):
    """Object Reference, ForecastingQuota: PeriodId is read only."""
    kind = org.values("SELECT Id FROM ForecastingType")[0]
    year = org.database.clock.now().year
    quota = {"QuotaOwnerId": org.user_id(), "ForecastingTypeId": kind, "StartDate": f"{year}-03-01", "QuotaAmount": 9}
    made = org.read("ForecastingQuota", org.create("ForecastingQuota", **quota))
    assert org.read("Period", made["PeriodId"])["EndDate"] == f"{year}-03-31"
    assert made["IsAmount"] is True
    assert org.send("POST", "sobjects/ForecastingQuota", quota).json()[0]["errorCode"] == "DUPLICATE_VALUE"
    quota["StartDate"] = f"{year}-03-02"
    assert org.send("POST", "sobjects/ForecastingQuota", quota).status_code == 400


def test_a_fiscal_year_has_twelve_months_and_four_quarters(org):
    year = org.database.clock.now().year
    soql = f"SELECT Type, COUNT(Id) FROM Period WHERE FiscalYearSettings.Name = '{year}' GROUP BY Type ORDER BY Type"
    assert [(row["Type"], row["expr0"]) for row in org.query(soql)["records"]] == [
        ("Month", 12),
        ("Quarter", 4),
        ("Year", 1),
    ]


def test_a_mail_that_is_no_draft_has_its_task(org):
    """Object Reference, EmailMessage: ActivityId is the task in the activity timeline."""
    deal = org.deal()
    mail = org.create("EmailMessage", Subject="Hi", RelatedToId=deal, Status="3", Incoming=False)
    task = org.read("Task", org.read("EmailMessage", mail)["ActivityId"])
    assert (task["TaskSubtype"], task["WhatId"], task["IsClosed"]) == ("Email", deal, True)


def test_a_series_is_refused_not_overlooked(org):
    refused = org.send("POST", "sobjects/Task", {"Subject": "Call", "IsRecurrence": True})
    assert refused.json()[0]["errorCode"] == "FUNCTIONALITY_NOT_ENABLED"


def test_a_case_is_closed_by_its_status(org):
    case = org.create("Case", Subject="Help")
    patch(org, "Case", case, Status="Closed")
    found = org.read("Case", case)
    assert found["IsClosed"] is True
    assert found["ClosedDate"] is not None
    assert found["CaseNumber"] == "00000001"


def test_a_contracts_last_day_follows_from_its_term(org):
    account = org.create("Account", Name="A")
    contract = org.create("Contract", AccountId=account, StartDate="2026-01-15", ContractTerm=12)
    assert org.read("Contract", contract)["EndDate"] == "2027-01-14"


@pytest.fixture
def currencies(tmp_path, start_org):
    (tmp_path / "CurrencyType.csv").write_text(
        "Id,IsoCode,ConversionRate,DecimalPlaces,IsActive,IsCorporate\n"
        f"{make_id('01L', 1)},USD,1,2,true,true\n{make_id('01L', 2)},EUR,0.9,2,true,false\n",
        encoding="utf-8",
    )
    settings = Settings(behaviour=CALM)
    with start_org(settings, lambda database: dialect.load_folder(database, tmp_path)) as org:
        yield org


def test_an_org_with_currency_types_gives_every_record_a_currency(currencies):
    deal = currencies.deal()
    assert currencies.read("Opportunity", deal)["CurrencyIsoCode"] == "USD"
    patch(currencies, "Opportunity", deal, CurrencyIsoCode="EUR")
    assert currencies.read("Opportunity", deal)["CurrencyIsoCode"] == "EUR"
    assert patch(currencies, "Opportunity", deal, CurrencyIsoCode="CHF").status_code == 400


def test_a_dated_rate_holds_until_the_next_one(currencies):
    """Object Reference, DatedConversionRate: NextStartDate is read only."""
    for day, rate in (("2026-01-01", 0.9), ("2026-02-01", 0.8)):
        currencies.create("DatedConversionRate", IsoCode="EUR", StartDate=day, ConversionRate=rate)
    soql = "SELECT NextStartDate FROM DatedConversionRate ORDER BY StartDate"
    assert currencies.values(soql) == ["2026-02-01", "9999-12-31"]
