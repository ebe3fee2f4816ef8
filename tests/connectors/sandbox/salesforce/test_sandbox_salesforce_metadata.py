"""The Metadata API: calls that change components at once, and packages deployed and retrieved.

Source: Metadata API Developer Guide (calls, DeployResult, package.xml, metadata types).
"""

from __future__ import annotations

import base64
import io
import json
import xml.etree.ElementTree as ET
import zipfile

import pytest

NAMESPACE = "http://soap.sforce.com/2006/04/metadata"
OBJECT = """<label>Goal</label><pluralLabel>Goals</pluralLabel><sharingModel>{sharing}</sharingModel>
<nameField><label>No</label><type>AutoNumber</type><displayFormat>G-{{0000}}</displayFormat></nameField>"""
FIELD = "<fullName>{0}</fullName><label>Score</label><type>Number</type><precision>10</precision><scale>2</scale>"
MASTER = """<fields><fullName>Account__c</fullName><label>Account</label><type>MasterDetail</type>
<referenceTo>Account</referenceTo><relationshipName>Goals</relationshipName></fields>"""
TOTAL = """<fields><fullName>Total__c</fullName><label>Total</label><type>Summary</type>
<summaryOperation>sum</summaryOperation><summarizedField>Goal__c.Score__c</summarizedField>
<summaryForeignKey>Goal__c.Account__c</summaryForeignKey></fields>"""


def soap(org, body, header=""):
    token = org.headers["Authorization"].removeprefix("Bearer ")
    text = (
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
        f' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns="{NAMESPACE}"><soapenv:Header>'
        f"<SessionHeader><sessionId>{token}</sessionId></SessionHeader>{header}</soapenv:Header>"
        f"<soapenv:Body>{body}</soapenv:Body></soapenv:Envelope>"
    )
    url = f"{org.url}/services/Soap/m/59.0"
    answer = org.http.post(
        url, data=text.encode(), headers={"Content-Type": "text/xml", "SOAPAction": '""'}, timeout=30
    )
    root = ET.fromstring(answer.text.replace(f' xmlns="{NAMESPACE}"', ""))  # noqa: S314  our own answer
    return answer.status_code, root


def results(org, body, header=""):
    status, root = soap(org, body, header)
    assert status == 200, ET.tostring(root)
    return list(root.iter("result"))


def create(org, kind, *bodies, header="", call="createMetadata"):
    items = "".join(f'<metadata xsi:type="{kind}">{body}</metadata>' for body in bodies)
    return results(org, f"<{call}>{items}</{call}>", header)


def outcome(result):
    return result.findtext("fullName"), result.findtext("success"), result.findtext("errors/statusCode")


def package(files, members, **destructive):
    types = "".join(
        f"<types>{''.join(f'<members>{name}</members>' for name in names)}<name>{kind}</name></types>"
        for kind, names in members.items()
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("package.xml", f'<Package xmlns="{NAMESPACE}">{types}<version>59.0</version></Package>')
        for path, (kind, content) in files.items():
            archive.writestr(path, f'<{kind} xmlns="{NAMESPACE}">{content}</{kind}>')
        for kind, name in destructive.items():
            text = f"<types><members>{name}</members><name>{kind}</name></types>"
            archive.writestr("destructiveChanges.xml", f'<Package xmlns="{NAMESPACE}">{text}</Package>')
    return out.getvalue()


def deploy(org, data, options="<rollbackOnError>true</rollbackOnError>"):
    """The deployment's result, with its details."""
    body = f"<ZipFile>{base64.b64encode(data).decode()}</ZipFile>"
    options = f"<DeployOptions><singlePackage>true</singlePackage>{options}</DeployOptions>"
    (queued,) = results(org, f"<deploy>{body}{options}</deploy>")
    assert (queued.findtext("done"), queued.findtext("state")) == ("false", "Queued")
    check = f"<asyncProcessId>{queued.findtext('id')}</asyncProcessId><includeDetails>true</includeDetails>"
    return results(org, f"<checkDeployStatus>{check}</checkDeployStatus>")[0]


def failures(result):
    found = result.findall("details/componentFailures")
    return {item.findtext("fullName"): item.findtext("problem") for item in found}


def has_object(org, name):
    return org.send("GET", f"sobjects/{name}/describe").status_code == 200


GOALS = package(
    {
        "objects/Account.object": ("CustomObject", TOTAL),
        "objects/Goal__c.object": (
            "CustomObject",
            OBJECT.format(sharing="ControlledByParent") + f"<fields>{FIELD.format('Score__c')}</fields>" + MASTER,
        ),
        "permissionsets/Goals.permissionset": (
            "PermissionSet",
            (
                "<label>Goals</label><fieldPermissions><field>Account.Total__c</field><readable>true</readable>"
                "<editable>false</editable></fieldPermissions>"
            ),
        ),
    },
    {"CustomObject": ["Goal__c"], "CustomField": ["Account.Total__c"], "PermissionSet": ["Goals"]},
)


def test_an_object_is_made_with_its_fields_and_takes_records(org):
    body = (
        f"<fullName>Goal__c</fullName>{OBJECT.format(sharing='ReadWrite')}<fields>{FIELD.format('Score__c')}</fields>"
    )
    assert [outcome(r) for r in create(org, "CustomObject", body)] == [("Goal__c", "true", None)]
    record = org.create("Goal__c")
    assert org.read("Goal__c", record)["Name"] == "G-0001"
    assert "Score__c" not in org.read("Goal__c", record)  # nobody was granted it


def test_each_component_has_its_own_result(org):
    good, wrong = (
        FIELD.format("Account.Good__c"),
        "<fullName>Account.Bad__c</fullName><label>B</label><type>Text</type>",
    )
    found = create(org, "CustomField", good, wrong, good)
    assert [outcome(result) for result in found] == [
        ("Account.Good__c", "true", None),
        ("Account.Bad__c", "false", "FIELD_INTEGRITY_EXCEPTION"),
        ("Account.Good__c", "false", "DUPLICATE_DEVELOPER_NAME"),
    ]


def test_all_or_none_undoes_what_succeeded(org):
    good, wrong = (
        FIELD.format("Account.Good__c"),
        "<fullName>Account.Bad__c</fullName><label>B</label><type>Text</type>",
    )
    header = "<AllOrNoneHeader><allOrNone>true</allOrNone></AllOrNoneHeader>"
    found = create(org, "CustomField", good, wrong, header=header)
    assert [outcome(result)[2] for result in found] == [
        "ALL_OR_NONE_OPERATION_ROLLED_BACK",
        "FIELD_INTEGRITY_EXCEPTION",
    ]
    assert [outcome(result)[1] for result in create(org, "CustomField", good)] == ["true"]


def test_a_call_takes_ten_components(org):
    status, root = soap(
        org, f"<readMetadata><type>CustomField</type>{'<fullNames>A.B</fullNames>' * 11}</readMetadata>"
    )
    assert status == 500
    assert root.findtext(".//faultcode") == "sf:LIMIT_EXCEEDED"


def test_a_component_is_read_changed_renamed_and_deleted(org):
    create(org, "CustomField", FIELD.format("Account.Score__c"))
    change = "<fullName>Account.Score__c</fullName><label>Points</label><inlineHelpText>how many</inlineHelpText>"
    (upserted,) = create(org, "CustomField", change, call="upsertMetadata")
    assert upserted.findtext("created") == "false"
    name = "<oldFullName>Account.Score__c</oldFullName><newFullName>Account.Points__c</newFullName>"
    results(org, f"<renameMetadata><type>CustomField</type>{name}</renameMetadata>")
    names = "<type>CustomField</type><fullNames>Account.Points__c</fullNames>"
    (read,) = results(org, f"<readMetadata>{names}</readMetadata>")
    shown = {child.tag: child.text for child in read.find("records")}
    assert (shown["fullName"], shown["label"], shown["precision"]) == ("Account.Points__c", "Points", "10")
    assert shown["inlineHelpText"] == "how many"
    (gone,) = results(org, f"<deleteMetadata>{names}</deleteMetadata>")
    assert outcome(gone) == ("Account.Points__c", "true", None)
    (missing,) = results(org, f"<deleteMetadata>{names}</deleteMetadata>")
    assert missing.findtext("errors/message") == "In field: fullName - no CustomField named Account.Points__c found"


def test_a_missing_component_reads_as_nil(org):
    names = "<type>CustomField</type><fullNames>Account.Nope__c</fullNames>"
    (read,) = results(org, f"<readMetadata>{names}</readMetadata>")
    assert read.find("records").get("{http://www.w3.org/2001/XMLSchema-instance}nil") == "true"


@pytest.mark.parametrize("kind", ["GlobalValueSet", "RemoteSiteSetting", "ApexClass", "Nonsense"])
def test_a_kind_that_is_not_emulated_is_refused_by_name(org, kind):
    status, root = soap(org, f"<listMetadata><queries><type>{kind}</type></queries></listMetadata>")
    assert (status, root.findtext(".//faultcode")) == (500, "sf:INVALID_TYPE")
    assert kind in root.findtext(".//faultstring")


def test_an_element_that_is_not_of_the_type_is_refused(org):
    (result,) = create(org, "CustomField", FIELD.format("Account.X__c") + "<colour>red</colour>")
    assert "colour invalid at this location in type CustomField" in result.findtext("errors/message")


def test_what_is_listed_is_what_is_described(org):
    create(org, "CustomField", FIELD.format("Account.Score__c"))
    (described,) = results(org, "<describeMetadata><asOfVersion>59.0</asOfVersion></describeMetadata>")
    assert "CustomObject" in {item.findtext("xmlName") for item in described.iter("metadataObjects")}
    (listed,) = results(org, "<listMetadata><queries><type>CustomField</type></queries></listMetadata>")
    assert (listed.findtext("fullName"), listed.findtext("fileName")) == (
        "Account.Score__c",
        "objects/Account.object",
    )


def test_a_document_type_is_refused_before_it_is_read(org):
    url = f"{org.url}/services/Soap/m/59.0"
    text = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'
    answer = org.http.post(url, data=text, headers={"Content-Type": "text/xml"}, timeout=30)
    assert (answer.status_code, "DTD" in answer.text) == (500, True)


def test_a_package_is_deployed_whatever_order_its_files_have(org):
    result = deploy(org, GOALS)
    assert result.findtext("status") == "Succeeded", failures(result)
    assert result.findtext("numberComponentsTotal") == "5"
    account = org.create("Account", Name="A")
    org.create("PermissionSetAssignment", AssigneeId=org.user_id(), PermissionSetId=the_set(org))
    org.create("Goal__c", Account__c=account)
    assert org.read("Account", account)["Total__c"] == 0


def the_set(org):
    return org.values("SELECT Id FROM PermissionSet WHERE Name = 'Goals'")[0]


def test_a_failed_deployment_leaves_nothing_behind(org):
    bad = (
        "<label>Bad</label><fieldPermissions><field>Account.Nope__c</field><readable>true</readable></fieldPermissions>"
    )
    files = {
        "objects/Goal__c.object": ("CustomObject", OBJECT.format(sharing="ReadWrite")),
        "permissionsets/Bad.permissionset": ("PermissionSet", bad),
    }
    data = package(files, {"CustomObject": ["Goal__c"], "PermissionSet": ["Bad"]})
    result = deploy(org, data)
    assert (result.findtext("status"), result.findtext("success")) == ("Failed", "false")
    assert failures(result) == {"Bad": "In field: field - no CustomField named Account.Nope__c found"}
    assert not has_object(org, "Goal__c")
    kept = deploy(org, data, "<rollbackOnError>false</rollbackOnError>")
    assert kept.findtext("status") == "SucceededPartial"
    assert has_object(org, "Goal__c")


def test_a_check_only_deployment_changes_nothing(org):
    assert deploy(org, GOALS, "<checkOnly>true</checkOnly>").findtext("status") == "Succeeded"
    assert not has_object(org, "Goal__c")


def test_what_the_manifest_names_and_the_zip_lacks_fails(org):
    data = package({}, {"CustomObject": ["Goal__c"], "RemoteSiteSetting": ["X"]})
    assert failures(deploy(org, data)) == {
        "Goal__c": "An object 'Goal__c' of type CustomObject was named in package.xml,"
        " but was not found in zipped directory",
        "RemoteSiteSetting": "Unknown type name 'RemoteSiteSetting' specified in package.xml",
    }


def test_destructive_changes_delete_and_warn_of_what_is_not_there(org):
    create(org, "CustomField", FIELD.format("Account.Score__c"))
    data = package({}, {}, CustomField="Account.Score__c")
    assert deploy(org, data).findtext("status") == "Succeeded"
    again = deploy(org, data)
    assert again.findtext("status") == "Succeeded"
    assert failures(again) == {"Account.Score__c": "No CustomField named: Account.Score__c found"}


def test_what_is_retrieved_can_be_deployed_again(org):
    deploy(org, GOALS)
    members = "".join(
        f"<types><members>{name}</members><name>{kind}</name></types>"
        for kind, name in (("CustomObject", "*"), ("PermissionSet", "Goals"), ("CustomField", "Account.Total__c"))
    )
    request = f"<singlePackage>true</singlePackage><unpackaged>{members}<version>59.0</version></unpackaged>"
    (queued,) = results(org, f"<retrieve><retrieveRequest>{request}</retrieveRequest></retrieve>")
    check = f"<asyncProcessId>{queued.findtext('id')}</asyncProcessId><includeZip>true</includeZip>"
    (done,) = results(org, f"<checkRetrieveStatus>{check}</checkRetrieveStatus>")
    data = base64.b64decode(done.findtext("zipFile"))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert set(archive.namelist()) == {
            "objects/Goal__c.object",
            "objects/Account.object",
            "permissionsets/Goals.permissionset",
            "package.xml",
        }
    again = deploy(org, data)
    assert again.findtext("status") == "Succeeded", failures(again)
    changed = [item.findtext("changed") for item in again.findall("details/componentSuccesses")]
    assert set(changed[:-1]) == {"false"}


def test_a_package_is_deployed_over_rest_too(org):
    options = json.dumps({"deployOptions": {"singlePackage": True, "rollbackOnError": True, "testLevel": "NoTestRun"}})
    files = {"json": (None, options, "application/json"), "file": ("deploy.zip", GOALS, "application/zip")}
    url = f"{org.url}/services/data/v59.0/metadata/deployRequest"
    made = org.http.post(url, files=files, headers=org.headers, timeout=30)
    assert (made.status_code, made.json()["deployResult"]["status"]) == (201, "Pending")
    result = org.send("GET", f"metadata/deployRequest/{made.json()['id']}?includeDetails=true").json()["deployResult"]
    assert (result["status"], result["numberComponentsDeployed"]) == ("Succeeded", 5)


def test_a_layout_holds_fields_that_are_there(org):
    section = """<layoutSections><label>Information</label><style>OneColumn</style><layoutColumns><layoutItems>
    <behavior>{0}</behavior><field>{1}</field></layoutItems></layoutColumns></layoutSections>"""
    name = "<fullName>Account-Account Layout</fullName>"
    (good,) = create(org, "Layout", name + section.format("Required", "Name"), call="updateMetadata")
    assert outcome(good)[1] == "true"
    (bad,) = create(org, "Layout", name + section.format("Edit", "Nope__c"), call="updateMetadata")
    assert bad.findtext("errors/message") == "In field: field - no CustomField named Account.Nope__c found"


def test_the_stages_are_a_standard_value_set(org):
    value = """<standardValue><fullName>{0}</fullName><default>false</default><label>{0}</label><closed>{1}</closed>
    <won>{1}</won><forecastCategory>{2}</forecastCategory><probability>{3}</probability></standardValue>"""
    body = value.format("Open", "false", "Pipeline", 20) + value.format("Won", "true", "Closed", 100)
    name = "<fullName>OpportunityStage</fullName><sorted>false</sorted>"
    (saved,) = create(org, "StandardValueSet", name + body, call="updateMetadata")
    assert outcome(saved)[1] == "true"
    deal = org.read("Opportunity", org.deal(StageName="Won"))
    assert (deal["IsWon"], deal["Probability"], deal["ForecastCategory"]) == (True, 100.0, "Closed")


def test_an_assignment_rule_gives_new_leads_their_owner(org):
    username = org.values("SELECT Username FROM User")[0]
    rule = f"""<fullName>Lead</fullName><assignmentRule><fullName>By state</fullName><active>true</active><ruleEntry>
    <assignedTo>{username}</assignedTo><assignedToType>User</assignedToType><criteriaItems><field>Lead.State</field>
    <operation>equals</operation><value>CA,NV</value></criteriaItems></ruleEntry></assignmentRule>"""
    (saved,) = create(org, "AssignmentRules", rule, call="updateMetadata")
    assert outcome(saved)[1] == "true", saved.findtext("errors/message")
    lead = org.create("Lead", LastName="L", Company="C", State="NV")
    assert org.read("Lead", lead)["OwnerId"] == org.user_id()
    nobody = rule.replace(username, "nobody@example.com")
    (refused,) = create(org, "AssignmentRules", nobody, call="updateMetadata")
    assert "no User named nobody@example.com found" in refused.findtext("errors/message")


def test_a_duplicate_rule_can_be_made_to_block(org):
    body = """<fullName>Account.Standard_Account_Duplicate_Rule</fullName><actionOnInsert>Block</actionOnInsert>
    <operationsOnInsert/>"""
    (saved,) = create(org, "DuplicateRule", body.replace("<operationsOnInsert/>", ""), call="updateMetadata")
    assert outcome(saved)[1] == "true", saved.findtext("errors/message")
    names = "<type>DuplicateRule</type><fullNames>Account.Standard_Account_Duplicate_Rule</fullNames>"
    (read,) = results(org, f"<readMetadata>{names}</readMetadata>")
    assert read.findtext("records/actionOnInsert") == "Block"


def test_the_name_of_a_custom_object_is_seen_by_whoever_made_it(org):
    # Object Reference, Custom Objects: Name is a standard field, which field-level security does not hide.
    text_name = OBJECT.format(sharing="ReadWrite").replace("AutoNumber", "Text")
    body = f"<fullName>Note2__c</fullName>{text_name}<deploymentStatus>Deployed</deploymentStatus>"
    body = body.replace("<displayFormat>G-{0000}</displayFormat>", "")
    assert [outcome(each)[1] for each in create(org, "CustomObject", body)] == ["true"]
    rights = "".join(f"<{name}>true</{name}>" for name in ("allowCreate", "allowDelete", "allowEdit", "allowRead"))
    granted = f"<fullName>Notes</fullName><label>Notes</label><objectPermissions>{rights}<object>Note2__c</object>"
    create(org, "PermissionSet", f"{granted}</objectPermissions>")
    made = org.send("GET", "query", params={"q": "SELECT Id FROM PermissionSet WHERE Name = 'Notes'"}).json()
    user = org.send("GET", "query", params={"q": f"SELECT Id FROM User WHERE Username = '{org.settings.username}'"})
    org.create(
        "PermissionSetAssignment", PermissionSetId=made["records"][0]["Id"], AssigneeId=user.json()["records"][0]["Id"]
    )
    assert org.read("Note2__c", org.create("Note2__c", Name="seen"))["Name"] == "seen"


def test_that_a_deletion_is_to_be_purged_is_logged(org, caplog):
    create(org, "CustomField", FIELD.format("Account.Score__c"))
    data = package({}, {}, CustomField="Account.Score__c")
    assert deploy(org, data, "<purgeOnDelete>true</purgeOnDelete>").findtext("status") == "Succeeded"
    assert any(text.startswith("not emulated: purgeOnDelete") for text in caplog.messages)
