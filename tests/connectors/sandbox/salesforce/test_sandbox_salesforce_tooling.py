"""The Tooling API: custom fields by their definitions, and real queries over the schema.

Sources: Tooling API Developer Guide; Metadata API Developer Guide, CustomField and Metadata Field Types.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

NUMBER = {"type": "Number", "label": "Score", "precision": 10, "scale": 2}


def make(org, name, metadata):
    return org.send("POST", "tooling/sobjects/CustomField", {"FullName": name, "Metadata": metadata})


def made(org, name, metadata):
    answer = make(org, name, metadata)
    assert answer.status_code == 201, answer.text
    see(org, name)
    return answer.json()["id"]


def see(org, *names):
    """Let everybody with the caller's profile see these fields."""
    parent = org.values("SELECT Id FROM PermissionSet WHERE Profile.Name = 'System Administrator'")[0]
    for name in names:
        body = {"ParentId": parent, "SobjectType": name.split(".")[0], "Field": name, "PermissionsRead": True}
        answer = org.send("POST", "sobjects/FieldPermissions", {**body, "PermissionsEdit": True})
        if answer.status_code != 201:
            org.send("POST", "sobjects/FieldPermissions", body)


def tooling(org, soql):
    return org.send("GET", "tooling/query", params={"q": soql})


def field(org, owner, name):
    return next(f for f in org.send("GET", f"sobjects/{owner}/describe").json()["fields"] if f["name"] == name)


def problem(answer):
    assert answer.status_code == 400, answer.text
    return answer.json()[0]["message"]


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({"type": "Text", "label": "x"}, "Must specify 'length' for a CustomField of type Text"),
        ({"type": "LongTextArea", "label": "x", "length": 500}, "Must specify 'visibleLines'"),
        ({"type": "Checkbox", "label": "x"}, "Must specify 'defaultValue' for a CustomField of type Checkbox"),
        ({"type": "Text", "label": "x", "length": 5, "scale": 2}, "Can not specify 'scale' for a CustomField of type"),
        ({"type": "Date", "label": "x", "externalId": True}, "Can not specify 'externalId'"),
        ({"type": "Date"}, "Must specify a non-empty label for the CustomField"),
        ({"type": "Text", "label": "x", "length": 300}, "The length for the Text field is wrong"),
        ({"type": "Number", "label": "x", "precision": 19, "scale": 2}, "less than or equal to 18"),
        ({"type": "Picklist", "label": "x", "valueSet": {"valueSetName": "G"}}, "no GlobalValueSet named G found"),
        ({"type": "Lookup", "label": "x", "referenceTo": "Nope__c"}, "no CustomObject named Nope__c found"),
        ({"type": "MasterDetail", "label": "x", "referenceTo": "Account", "relationshipName": "X"}, "standard object"),
        (
            {"type": "Lookup", "label": "x", "referenceTo": "User", "required": True},
            "Must specify either cascade delete or restrict delete for required lookup foreign key.",
        ),
        ({"type": "Number", "label": "x", "precision": 5, "scale": 0, "formula": "Nope + 1"}, "Field Nope does not"),
        ({"type": "AutoNumber", "label": "x", "displayFormat": "A-"}, "Display Format"),
        (
            {"type": "Summary", "label": "x", "summaryOperation": "count", "summaryForeignKey": "Contact.AccountId"},
            "not a master-detail relationship",
        ),
    ],
)
def test_a_wrong_definition_is_refused_in_the_vendors_words(org, metadata, message):
    assert message in problem(make(org, "Account.X__c", metadata))


@pytest.mark.parametrize("name", ["Two__Under__c", "_First__c", "Last___c", "1st__c", "Sp ace__c", "Long" * 11 + "__c"])
def test_a_field_name_follows_the_rules_of_names(org, name):
    assert "Field Name" in problem(make(org, f"Account.{name}", NUMBER))


def test_an_unknown_element_of_a_definition_is_not_ignored(org):
    assert "encryptionScheme" in problem(make(org, "Account.X__c", NUMBER | {"encryptionScheme": "None"}))


def test_a_picklist_takes_its_values_alone_and_fills_its_default(org):
    values = [{"fullName": "Gold", "default": True}, {"fullName": "Silver", "label": "Second"}]
    made(
        org,
        "Account.Tier__c",
        {
            "type": "Picklist",
            "label": "Tier",
            "valueSet": {"restricted": True, "valueSetDefinition": {"value": values}},
        },
    )
    record = org.create("Account", Name="A")
    assert org.read("Account", record)["Tier__c"] == "Gold"
    refused = org.send("PATCH", f"sobjects/Account/{record}", {"Tier__c": "Tin"})
    assert refused.json()[0]["errorCode"] == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
    shown = field(org, "Account", "Tier__c")["picklistValues"]
    assert [(v["value"], v["label"]) for v in shown] == [("Gold", "Gold"), ("Silver", "Second")]


def test_a_required_field_is_asked_for_and_takes_no_field_permissions(org):
    assert make(org, "Account.Need__c", NUMBER | {"required": True}).status_code == 201
    refused = org.send("POST", "sobjects/Account", {"Name": "A"})
    assert refused.json()[0]["errorCode"] == "REQUIRED_FIELD_MISSING"
    assert field(org, "Account", "Need__c")["permissionable"] is False


def test_a_unique_text_tells_case_only_where_its_definition_says_so(org):
    text = {"type": "Text", "label": "K", "length": 20, "unique": True}
    made(org, "Account.Any__c", text)
    made(org, "Account.Exact__c", text | {"caseSensitive": True})
    org.create("Account", Name="A", Any__c="key", Exact__c="key")
    assert org.send("POST", "sobjects/Account", {"Name": "B", "Any__c": "KEY"}).status_code == 400
    assert org.send("POST", "sobjects/Account", {"Name": "B", "Exact__c": "KEY"}).status_code == 201


def test_a_lookup_is_followed_from_both_ends(org):
    made(
        org,
        "Opportunity.Partner__c",
        {"type": "Lookup", "label": "Partner", "referenceTo": "Account", "relationshipName": "Partnered"},
    )
    partner = org.create("Account", Name="Partner")
    org.deal(Partner__c=partner)
    assert org.query("SELECT Partner__r.Name FROM Opportunity")["records"][0]["Partner__r"]["Name"] == "Partner"
    (found,) = org.query("SELECT (SELECT Id FROM Partnered__r) FROM Account")["records"]
    assert found["Partnered__r"]["totalSize"] == 1


def test_an_auto_number_counts_from_its_start_in_its_format(org):
    made(org, "Account.No__c", {"type": "AutoNumber", "label": "No", "displayFormat": "A-{000}", "startingNumber": 7})
    first, second = org.create("Account", Name="A"), org.create("Account", Name="B")
    assert [org.read("Account", record)["No__c"] for record in (first, second)] == ["A-007", "A-008"]


def test_a_formula_is_worked_out_on_reading(org):
    formula = {"type": "Currency", "label": "Net", "precision": 18, "scale": 2, "formula": "AnnualRevenue * 2"}
    made(org, "Account.Net__c", formula)
    record = org.create("Account", Name="A", AnnualRevenue=21)
    assert org.read("Account", record)["Net__c"] == 42
    described = field(org, "Account", "Net__c")
    assert (described["calculated"], described["updateable"]) == (True, False)


def test_a_roll_up_sums_its_details_and_moves_its_parents_stamp(org):
    made(
        org,
        "Account.Pipeline__c",
        {
            "type": "Summary",
            "label": "Pipeline",
            "summaryOperation": "sum",
            "summarizedField": "Opportunity.Amount",
            "summaryForeignKey": "Opportunity.AccountId",
            "summaryFilterItems": [{"field": "Opportunity.IsClosed", "operation": "equals", "value": "False"}],
        },
    )
    account = org.create("Account", Name="A")
    assert org.read("Account", account)["Pipeline__c"] == 0
    before = org.read("Account", account)["SystemModstamp"]
    org.database.clock.set(org.database.clock.now() + timedelta(minutes=1))
    deal = org.deal(AccountId=account, Amount=10)
    org.deal(AccountId=account, Amount=5.5)
    after = org.read("Account", account)
    assert after["Pipeline__c"] == 15.5
    assert after["SystemModstamp"] > before
    org.send("PATCH", f"sobjects/Opportunity/{deal}", {"StageName": "Closed Lost"})
    assert org.read("Account", account)["Pipeline__c"] == 5.5


def test_a_deleted_field_is_gone_and_its_name_is_free(org):
    made_id = made(org, "Account.Score__c", NUMBER)
    record = org.create("Account", Name="A", Score__c=1)
    assert org.send("DELETE", f"tooling/sobjects/CustomField/{made_id}").status_code == 204
    assert org.ask("SELECT Score__c FROM Account").json()[0]["errorCode"] == "INVALID_FIELD"
    again = made(org, "Account.Score__c", NUMBER)
    assert again != made_id
    assert org.read("Account", record)["Score__c"] is None


def test_a_field_that_a_formula_needs_cannot_be_deleted(org):
    made_id = made(org, "Account.Score__c", NUMBER)
    formula = {"type": "Number", "label": "D", "precision": 18, "scale": 0, "formula": "Score__c * 2"}
    made(org, "Account.Double__c", formula)
    refused = org.send("DELETE", f"tooling/sobjects/CustomField/{made_id}").json()[0]
    assert refused["errorCode"] == "DEPENDENCY_EXISTS"


def test_a_finer_scale_keeps_the_stored_amounts(org):
    made_id = made(org, "Account.Score__c", NUMBER)
    record = org.create("Account", Name="A", Score__c=1.25)
    answer = org.send("PATCH", f"tooling/sobjects/CustomField/{made_id}", {"Metadata": NUMBER | {"scale": 4}})
    assert answer.status_code == 204, answer.text
    assert org.read("Account", record)["Score__c"] == 1.25


def test_definitions_are_read_one_at_a_time(org):
    made(org, "Account.Score__c", NUMBER)
    made(org, "Account.Other__c", NUMBER)
    error = tooling(org, "SELECT Id, Metadata FROM CustomField").json()[0]
    assert error["errorCode"] == "MALFORMED_QUERY"
    assert "no more than one row for retrieval. Result size: 2" in error["message"]
    (one,) = tooling(org, "SELECT FullName, Metadata FROM CustomField WHERE DeveloperName = 'Score'").json()["records"]
    assert (one["FullName"], one["Metadata"]) == ("Account.Score__c", NUMBER)


def test_field_definitions_answer_by_their_object(org):
    soql = "SELECT DataType FROM FieldDefinition WHERE EntityDefinition.QualifiedApiName = 'Opportunity'"
    found = tooling(org, f"{soql} AND QualifiedApiName = 'Amount'").json()["records"]
    assert [record["DataType"] for record in found] == ["Currency(16, 2)"]


def test_apex_is_refused_and_its_tables_are_empty(org):
    assert tooling(org, "SELECT COUNT() FROM ApexClass").json()["totalSize"] == 0
    refused = org.send("GET", "tooling/executeAnonymous", params={"anonymousBody": "x"})
    assert (refused.status_code, refused.json()[0]["errorCode"]) == (403, "INSUFFICIENT_ACCESS")
    assert org.send("GET", "tooling/runTestsSynchronous").status_code == 404


def test_the_tooling_api_describes_its_objects(org):
    names = {found["name"] for found in org.send("GET", "tooling/sobjects").json()["sobjects"]}
    assert {"CustomField", "EntityDefinition", "ValidationRule", "ApexClass", "User"} <= names
    described = org.send("GET", "tooling/sobjects/CustomField/describe").json()
    assert {"FullName", "Metadata"} <= {found["name"] for found in described["fields"]}


def test_a_validation_rule_made_through_the_tooling_api_refuses_records(org):
    metadata = {"active": True, "errorConditionFormula": 'Name = "No"', "errorMessage": "not this"}
    body = {"FullName": "Account.Not_No", "Metadata": metadata}
    assert org.send("POST", "tooling/sobjects/ValidationRule", body).status_code == 201
    refused = org.send("POST", "sobjects/Account", {"Name": "No"}).json()[0]
    assert (refused["errorCode"], refused["message"]) == ("FIELD_CUSTOM_VALIDATION_EXCEPTION", "not this")


def test_what_a_composite_to_the_tooling_api_undoes_leaves_no_trace(org):
    url = "/services/data/v59.0/tooling/sobjects/CustomField"
    parts = [
        {"method": "POST", "url": url, "referenceId": "good", "body": {"FullName": "Account.A__c", "Metadata": NUMBER}},
        {"method": "POST", "url": url, "referenceId": "bad", "body": {"FullName": "Account.A__c", "Metadata": NUMBER}},
    ]
    body = {"allOrNone": True, "compositeRequest": parts}
    answers = org.send("POST", "tooling/composite", body).json()["compositeResponse"]
    assert [answer["httpStatusCode"] for answer in answers] == [400, 400]
    assert tooling(org, "SELECT COUNT() FROM CustomField").json()["totalSize"] == 0
    assert make(org, "Account.A__c", NUMBER).status_code == 201
