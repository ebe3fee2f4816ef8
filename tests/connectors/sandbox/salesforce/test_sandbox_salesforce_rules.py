"""An org's own rules (validation, duplicate, assignment), row locks, and stamps of long transactions."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from connectors.sandbox.behaviour import CALM, changed
from connectors.sandbox.salesforce.dialect import open_store
from connectors.sandbox.salesforce.errors import RecordError
from connectors.sandbox.salesforce.org_rules.assignment import AssignmentRule, RuleEntry, save_assignment_rule
from connectors.sandbox.salesforce.org_rules.duplicates import DuplicateRule, save_duplicate_rule
from connectors.sandbox.salesforce.org_rules.validation import ValidationRule, save_validation_rule


def store_of(org):
    return open_store(org.database)


def behave(org, **settings):
    org.database.behaviour = changed(CALM, settings)


def at(org, moment):
    org.database.clock.set(datetime.fromisoformat(moment).replace(tzinfo=UTC))


def rule(org, text, **more):
    said = {"object": "Opportunity", "name": "Rule", "message": "Not so", **more}
    return save_validation_rule(store_of(org), ValidationRule(formula=text, **said))


# Validation rules (Salesforce Help, "Validation Rules"; Metadata API Developer Guide, ValidationRule)


def test_a_validation_rule_refuses_a_record_with_its_message_and_field(org):
    rule(org, "Amount < 0", display_field="Amount", message="No negative deals")
    answer = org.send("POST", "sobjects/Opportunity",
                      {"Name": "D", "StageName": "Prospecting", "CloseDate": "2026-05-01", "Amount": -1})  # fmt: skip
    assert answer.status_code == 400
    assert answer.json() == [
        {"message": "No negative deals", "errorCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION", "fields": ["Amount"]}
    ]
    assert org.query("SELECT COUNT() FROM Opportunity")["totalSize"] == 0


def test_every_broken_rule_is_told(org):
    rule(org, "Amount < 0", name="A", message="first")
    rule(org, "ISBLANK(NextStep)", name="B", message="second", display_field="NextStep")
    rule(org, "FALSE", name="C", message="third")
    rule(org, "TRUE", name="D", message="fourth", active=False)
    answer = org.send("POST", "sobjects/Opportunity",
                      {"Name": "D", "StageName": "Prospecting", "CloseDate": "2026-05-01", "Amount": -1})  # fmt: skip
    assert [(error["message"], error["fields"]) for error in answer.json()] == [("first", []), ("second", ["NextStep"])]


def test_a_rule_sees_the_record_before_the_change(org):
    deal = org.deal(Amount=100)
    rule(org, "ISCHANGED(Amount) && PRIORVALUE(Amount) > Amount", message="Only up")
    assert org.send("PATCH", f"sobjects/Opportunity/{deal}", {"Amount": 99}).json()[0]["message"] == "Only up"
    assert org.send("PATCH", f"sobjects/Opportunity/{deal}", {"Amount": 101}).status_code == 204


def test_a_rule_reads_parents(org):
    account = org.create("Account", Name="Closed Ltd", Site="closed")
    rule(org, 'Account.Site = "closed"', message="No more deals here")
    answer = org.send("POST", "sobjects/Opportunity", {
        "Name": "D", "StageName": "Prospecting", "CloseDate": "2026-05-01", "AccountId": account})  # fmt: skip
    assert answer.json()[0]["message"] == "No more deals here"


def test_a_broken_rule_fails_its_record_alone_in_a_collection(org):
    rule(org, "Amount < 0")
    records = [
        {"attributes": {"type": "Opportunity"}, "Name": "D", "StageName": "Prospecting", "CloseDate": "2026-05-01",
         "Amount": amount} for amount in (1, -1, 2)
    ]  # fmt: skip
    results = org.send("POST", "composite/sobjects", {"records": records}).json()
    assert [result["success"] for result in results] == [True, False, True]
    assert results[1]["errors"] == [
        {"statusCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION", "message": "Not so", "fields": []}
    ]


def test_a_rule_that_is_no_formula_is_not_saved(org):
    with pytest.raises(RecordError) as caught:
        rule(org, "Amount +")
    assert "Syntax error" in caught.value.message
    with pytest.raises(RecordError) as caught:
        rule(org, "Amount")
    assert "incompatible with expected data type (Boolean)" in caught.value.message


# Duplicate rules (Salesforce Help, "Standard Contact Matching Rule"; the body as clients have recorded it)

TWIN = {"LastName": "Meyer", "FirstName": "Ann", "Email": "ann@x.example"}


def test_a_duplicate_is_alerted_with_what_it_doubles(org):
    first = org.create("Contact", **TWIN)
    behave(org, duplicate_rules=True)
    answer = org.send("POST", "sobjects/Contact", {**TWIN, "FirstName": "ann"})
    (error,) = answer.json()
    assert (answer.status_code, error["errorCode"], error["message"]) == (
        400, "DUPLICATES_DETECTED", "Use one of these records?")  # fmt: skip
    result = error["duplicateResut"]
    assert (result["allowSave"], result["duplicateRule"]) == (True, "Standard_Contact_Duplicate_Rule")
    record = result["matchResults"][0]["matchRecords"][0]["record"]
    assert record == {"attributes": {"type": "Contact", "url": f"/services/data/v59.0/sobjects/Contact/{first}"},
                      "Id": first}  # fmt: skip


def test_a_caller_may_insist_on_an_alerted_duplicate(org):
    org.create("Contact", **TWIN)
    behave(org, duplicate_rules=True)
    answer = org.send("POST", "sobjects/Contact", TWIN, headers={"Sforce-Duplicate-Rule-Header": "allowSave=true"})
    assert answer.status_code == 201


def test_a_blocked_duplicate_is_never_saved(org):
    save_duplicate_rule(store_of(org), DuplicateRule(object="Contact", name="No twins", on_insert="Block"))
    org.create("Contact", **TWIN)
    behave(org, duplicate_rules=True)
    answer = org.send("POST", "sobjects/Contact", TWIN, headers={"Sforce-Duplicate-Rule-Header": "allowSave=true"})
    assert answer.json()[0]["duplicateResut"]["allowSave"] is False


def test_an_unknown_duplicate_option_is_refused(org):
    answer = org.send("POST", "sobjects/Contact", TWIN, headers={"Sforce-Duplicate-Rule-Header": "allowMagic=true"})
    assert answer.status_code == 400


# Assignment rules (REST API Developer Guide, Assignment Rule Header)


def other_user(org):
    profile = org.values("SELECT Id FROM Profile WHERE Name = 'Standard User'")[0]
    keys = {"TimeZoneSidKey": "UTC", "LocaleSidKey": "en_US", "EmailEncodingKey": "UTF-8", "LanguageLocaleKey": "en_US"}
    return org.create("User", Username="rep@x.example", LastName="Rep", Email="rep@x.example", Alias="rep",
                      ProfileId=profile, IsActive=True, **keys)  # fmt: skip


def test_a_new_lead_goes_to_whom_the_rule_says_unless_the_request_says_no(org):
    rep = other_user(org)
    entries = (RuleEntry('ISPICKVAL(LeadSource, "Web")', rep),)
    chosen = save_assignment_rule(store_of(org), AssignmentRule(object="Lead", name="Web", entries=entries))
    lead = {"LastName": "A", "Company": "B", "LeadSource": "Web"}
    assert org.read("Lead", org.create("Lead", **lead))["OwnerId"] == rep
    answers = [
        org.send("POST", "sobjects/Lead", lead, headers={"Sforce-Auto-Assign": word}).json()["id"]
        for word in ("FALSE", chosen, "true")
    ]
    me = org.user_id()
    assert [org.read("Lead", each)["OwnerId"] for each in answers] == [me, rep, rep]


def in_territory(org, account):
    soql = f"SELECT Territory2.Name FROM ObjectTerritory2Association WHERE ObjectId = '{account}'"
    return sorted(row["Territory2"]["Name"] for row in org.query(soql)["records"])


def territories(org):
    """East and West of one model, and the account rules that lead there."""
    kind = org.create("Territory2Type", DeveloperName="Sales", MasterLabel="Sales", Language="en_US", Priority=1)
    model = org.create("Territory2Model", Name="FY26", DeveloperName="FY26")
    made = {
        name: org.create("Territory2", Name=name, DeveloperName=name, Territory2ModelId=model, Territory2TypeId=kind)
        for name in ("East", "West")
    }
    entries = tuple(RuleEntry(f'Site = "{name}"', territory) for name, territory in made.items())
    save_assignment_rule(store_of(org), AssignmentRule(object="Account", name="Site", entries=entries))
    return made


def test_every_write_to_an_account_puts_its_territories_as_the_rules_say(org):
    made = territories(org)
    account = org.create("Account", Name="Acme", Site="East")
    assert in_territory(org, account) == ["East"]
    by_hand = {"ObjectId": account, "Territory2Id": made["West"], "AssociationCause": "Territory2Manual"}
    org.create("ObjectTerritory2Association", **by_hand)
    org.send("PATCH", f"sobjects/Account/{account}", {"Site": "none"})
    assert in_territory(org, account) == ["West"]


def test_an_account_written_without_rules_stays_where_it_is(org):
    territories(org)
    account = org.create("Account", Name="Acme", Site="East")
    path, off = f"sobjects/Account/{account}", {"Sforce-Auto-Assign": "FALSE"}
    assert org.send("PATCH", path, {"Site": "West"}, headers=off).status_code == 204
    assert in_territory(org, account) == ["East"]


def test_an_auto_assign_that_is_no_rule_is_refused(org):
    lead = {"LastName": "A", "Company": "B"}
    assert org.send("POST", "sobjects/Lead", lead, headers={"Sforce-Auto-Assign": "maybe"}).status_code == 400


# Row locks ("unable to obtain exclusive access": Record-Level Locking; as orgs answer)


def test_a_write_under_a_locked_parent_is_refused(org):
    account = org.create("Account", Name="Acme")
    behave(org, lock_share=1.0)
    answer = org.send("POST", "sobjects/Contact", {"LastName": "A", "AccountId": account})
    assert (answer.status_code, answer.json()) == (400, [{
        "message": f"unable to obtain exclusive access to this record or 1 records: {account}",
        "errorCode": "UNABLE_TO_LOCK_ROW", "fields": []}])  # fmt: skip
    assert org.send("POST", "sobjects/Contact", {"LastName": "alone"}).status_code == 201


def test_a_write_that_met_a_lock_goes_through_when_it_is_tried_again(org):
    account = org.create("Account", Name="Acme")
    behave(org, lock_share=0.5)
    statuses = {org.send("PATCH", f"sobjects/Account/{account}", {"Site": "x"}).status_code for _ in range(30)}
    assert statuses == {204, 400}


# Stamps (long transactions: a row may be seen minutes after its stamp; recorded answers end in .000+0000)


def test_a_late_rows_stamp_lies_before_it_could_be_seen(org):
    at(org, "2026-05-01T10:00:00")
    behave(org, late_share=1.0, late_seconds=60)
    account = org.read("Account", org.create("Account", Name="Late"))
    assert "2026-05-01T09:58:58" < account["SystemModstamp"] < "2026-05-01T10:00:00"
    assert account["CreatedDate"] == account["LastModifiedDate"] == account["SystemModstamp"]


def test_a_late_change_never_makes_a_record_older(org):
    at(org, "2026-05-01T10:00:00")
    account = org.create("Account", Name="Acme")
    before = org.read("Account", account)["SystemModstamp"]
    behave(org, late_share=1.0, late_seconds=3600)
    org.send("PATCH", f"sobjects/Account/{account}", {"Site": "x"})
    assert org.read("Account", account)["SystemModstamp"] == before


def test_rows_of_one_request_share_a_stamp_of_whole_seconds(org):
    records = [{"attributes": {"type": "Account"}, "Name": str(n)} for n in range(50)]
    org.send("POST", "composite/sobjects", {"records": records})
    stamps = set(org.values("SELECT SystemModstamp FROM Account"))
    assert len(stamps) == 1
    assert stamps.pop().endswith(".000+0000")


# Formula fields through the API (FACTS: a formula driven by a parent does not move the child's stamp)


@contextmanager
def formula_field(org):
    metadata = {"type": "Currency", "label": "Site Value", "precision": 18, "scale": 2,
                "formula": 'Amount * 2 + IF(Account.Site = "big", 1000, 0)'}  # fmt: skip
    answer = org.send("POST", "tooling/sobjects/CustomField", {"FullName": "Opportunity.V__c", "Metadata": metadata})
    assert answer.status_code == 201, answer.text
    permissions = org.create("PermissionSet", Name="All", Label="All")
    org.create("FieldPermissions", ParentId=permissions, SobjectType="Opportunity", Field="Opportunity.V__c",
               PermissionsRead=True, PermissionsEdit=False)  # fmt: skip
    org.create("PermissionSetAssignment", PermissionSetId=permissions, AssigneeId=org.user_id())
    yield


def test_a_formula_field_follows_its_parent_without_a_stamp(org):
    with formula_field(org):
        at(org, "2026-05-01T10:00:00")
        account = org.create("Account", Name="Acme")
        deal = org.deal(Amount=12.34, AccountId=account)
        before = org.read("Opportunity", deal)
        at(org, "2026-05-01T11:00:00")
        org.send("PATCH", f"sobjects/Account/{account}", {"Site": "big"})
        after = org.read("Opportunity", deal)
        assert (before["V__c"], after["V__c"]) == (24.68, 1024.68)
        assert after["SystemModstamp"] == before["SystemModstamp"]
        assert org.values("SELECT Id FROM Opportunity WHERE V__c > 1000") == [deal]


def test_a_formula_field_cannot_be_written(org):
    with formula_field(org):
        deal = org.deal()
        answer = org.send("PATCH", f"sobjects/Opportunity/{deal}", {"V__c": 1})
        assert answer.json()[0]["errorCode"] == "INVALID_FIELD_FOR_INSERT_UPDATE"


def test_the_clock_moves_by_minutes_only_where_a_test_says_so(org):
    at(org, "2026-05-01T10:00:00")
    first = org.read("Account", org.create("Account", Name="a"))["SystemModstamp"]
    org.database.clock.set(org.database.clock.now() + timedelta(minutes=1))
    assert org.read("Account", org.create("Account", Name="b"))["SystemModstamp"] > first


def test_a_rule_and_a_formula_read_the_organization(org):
    """Salesforce Help, Global Variables: $Organization."""
    rule(org, 'AND($Organization.Name = "Sandbox", Name = $Organization.InstanceName)')
    assert org.send("POST", "sobjects/Opportunity", {"Name": "SBX1"}).status_code == 400
    metadata = {"type": "Text", "label": "Org", "formula": '$Organization.Name & "!"'}
    org.send("POST", "tooling/sobjects/CustomField", {"FullName": "Opportunity.O__c", "Metadata": metadata})
    permissions = org.create("PermissionSet", Name="All", Label="All")
    org.create("FieldPermissions", ParentId=permissions, SobjectType="Opportunity", Field="Opportunity.O__c",
               PermissionsRead=True, PermissionsEdit=False)  # fmt: skip
    org.create("PermissionSetAssignment", PermissionSetId=permissions, AssigneeId=org.user_id())
    assert org.read("Opportunity", org.deal())["O__c"] == "Sandbox!"
