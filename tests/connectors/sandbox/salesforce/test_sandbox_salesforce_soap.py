"""The SOAP APIs, message by message: SOAP API Developer Guide, and the partner WSDL for the order of elements."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from xml.sax.saxutils import escape

import pytest

from connectors.sandbox.salesforce.soap.envelope import Fault, parse_message, parse_xml

PARTNER = "urn:partner.soap.sforce.com"
ENVELOPE = (
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns="{space}">'
    "<soapenv:Header>{head}</soapenv:Header><soapenv:Body>{body}</soapenv:Body></soapenv:Envelope>"
)


@dataclass
class Soap:
    org: object
    session: str = ""

    def send(self, body, head="", *, letter="u", space=PARTNER, version="59.0"):
        head = f"<SessionHeader><sessionId>{self.session}</sessionId></SessionHeader>{head}"
        text = ENVELOPE.format(space=space, head=head, body=body)
        headers = {"Content-Type": "text/xml; charset=UTF-8", "SOAPAction": '""'}
        address = f"{self.org.url}/services/Soap/{letter}/{version}"
        return self.org.http.post(address, data=text.encode(), headers=headers, timeout=10)

    def ask(self, body, head="", **more):
        """The element under the answer's body."""
        answer = self.send(body, head, **more)
        assert answer.status_code == 200, answer.text
        return parse_message(answer.content).body

    def fault(self, body, **more):
        answer = self.send(body, **more)
        assert answer.status_code == 500, answer.text
        found = parse_message(answer.content).body
        return found.value("faultcode"), found.value("faultstring"), found.find("detail")

    def login(self, password="", **more):
        password = password or self.org.settings.password
        body = f"<login><username>{self.org.settings.username}</username><password>{password}</password></login>"
        return self.send(body, **more)

    def query(self, soql, head="", **more):
        return self.ask(f"<query><queryString>{escape(soql)}</queryString></query>", head, **more).find("result")


@pytest.fixture
def soap(org):
    soap = Soap(org)
    soap.session = parse_message(soap.login().content).body.find("result").value("sessionId")
    return soap


def account(**fields):
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())
    return f"<sObjects><type>Account</type>{inner}</sObjects>"


def test_login_answers_a_session_and_the_addresses_to_use_it_at(org):
    result = parse_message(Soap(org).login("sandbox-passwordsandboxSecurityToken").content).body.find("result")
    names = [child.name for child in result.children]
    assert names == [
        "metadataServerUrl", "passwordExpired", "sandbox", "serverUrl", "sessionId", "userId", "userInfo",
    ]  # fmt: skip
    assert result.value("serverUrl").startswith(f"{org.url}/services/Soap/u/59.0/00D")
    assert org.send("GET", "limits", headers={"Authorization": f"Bearer {result.value('sessionId')}"}).ok


def test_a_refused_login_is_answered_as_recorded(org):
    """As public sources have it; some of them write the code with the prefix `sf:`."""
    answer = Soap(org).login("no")
    message = "Invalid username, password, security token; or user locked out."
    assert answer.status_code == 500
    text = (
        '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope'
        ' xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:sf="urn:fault.partner.soap.sforce.com"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body><soapenv:Fault>'
        f"<faultcode>INVALID_LOGIN</faultcode><faultstring>INVALID_LOGIN: {message}</faultstring><detail>"
        '<sf:LoginFault xsi:type="sf:LoginFault"><sf:exceptionCode>INVALID_LOGIN</sf:exceptionCode>'
        f"<sf:exceptionMessage>{message}</sf:exceptionMessage></sf:LoginFault></detail></soapenv:Fault>"
        "</soapenv:Body></soapenv:Envelope>"
    )
    assert answer.text == text


def test_login_is_off_in_a_new_org(org):
    """Salesforce Help, Platform SOAP API login() Retirement: an admin must switch it on."""
    org.database.behaviour = replace(org.database.behaviour, soap_login=False)
    assert "INVALID_OPERATION: SOAP API login() is disabled by default in this org." in Soap(org).login().text


def test_a_retired_version_is_unsupported(org):
    """SOAP API End-of-Life Policy."""
    assert "<faultcode>sf:UNSUPPORTED_API_VERSION</faultcode>" in Soap(org).login(version="30.0").text


def test_changes_are_told_as_rest_tells_them(soap):
    made = soap.org.create("Account", Name="A")
    soap.org.send("DELETE", f"sobjects/Account/{made}")
    now = soap.org.database.clock.now()
    soap.org.database.clock.set(now + timedelta(minutes=5))
    start, end = (f"{now + timedelta(minutes=minutes):%Y-%m-%dT%H:%M:00.000Z}" for minutes in (-5, 3))
    window = f"<sObjectType>Account</sObjectType><startDate>{start}</startDate><endDate>{end}</endDate>"
    deleted = soap.ask(f"<getDeleted>{window}</getDeleted>").find("result")
    assert [each.value("id") for each in deleted.all("deletedRecords")] == [made]
    assert deleted.value("latestDateCovered").endswith("Z")
    assert soap.ask(f"<getUpdated>{window}</getUpdated>").find("result").value("latestDateCovered")


def test_a_converted_lead_names_what_it_became(soap):
    lead = soap.org.create("Lead", LastName="L", Company="C")
    status = soap.org.values("SELECT ApiName FROM LeadStatus WHERE IsConverted = true")[0]
    body = f"<leadConverts><convertedStatus>{status}</convertedStatus><leadId>{lead}</leadId></leadConverts>"
    result = soap.ask(f"<convertLead>{body}</convertLead>").find("result")
    assert result.value("success") == "true", result
    prefixes = [result.value(name)[:3] for name in ("accountId", "contactId", "opportunityId")]
    assert prefixes == ["001", "003", "006"]


def test_login_is_no_part_of_version_65(org):
    answer = Soap(org).login(version="65.0")
    assert "<faultcode>sf:UNSUPPORTED_API_VERSION</faultcode>" in answer.text


def test_a_call_without_a_session_is_an_invalid_session(org):
    code, text, _ = Soap(org).fault("<getUserInfo/>")
    assert code == "sf:INVALID_SESSION_ID"
    assert text.startswith("INVALID_SESSION_ID: Invalid Session ID found in SessionHeader")


def test_a_session_that_was_logged_out_is_over(soap):
    assert [child.name for child in soap.ask("<logout/>").children] == []
    assert soap.fault("<getUserInfo/>")[0] == "sf:INVALID_SESSION_ID"


def test_user_info_comes_in_the_order_of_the_wsdl(soap):
    result = soap.ask("<getUserInfo/>").find("result")
    names = [child.name for child in result.children]
    assert names == sorted(names)
    assert result.value("userName") == soap.org.settings.username


def test_the_server_tells_its_time(soap):
    assert soap.ask("<getServerTimestamp/>").find("result").value("timestamp").endswith("Z")


def test_an_answer_tells_the_use_of_the_daily_limit(soap):
    info = parse_message(soap.send("<getUserInfo/>").content).headers["LimitInfoHeader"].find("limitInfo")
    assert (info.value("limit"), info.value("type")) == ("250000", "API REQUESTS")


def test_an_operation_that_there_is_not_is_told_and_logged(soap, caplog):
    code, text, detail = soap.fault("<describeSoftphoneLayout/>")
    assert (code, detail) == ("soapenv:Client", None)
    name = "{urn:partner.soap.sforce.com}describeSoftphoneLayout"
    assert text == f"No operation available for request {name}, please check the WSDL for the service."
    assert "not emulated: SOAP describeSoftphoneLayout" in caplog.text


def test_a_partner_record_starts_with_its_type_and_id(soap):
    made = soap.org.create("Account", Name="One & only")
    record = soap.query("SELECT Name, Id, Site, Owner.Username, CreatedDate FROM Account").find("records")
    names = [child.name for child in record.children]
    assert names == ["type", "Id", "Name", "Id", "Site", "Owner", "CreatedDate"]
    assert (record.value("type"), record.value("Id"), record.value("Name")) == ("Account", made, "One & only")
    assert record.find("Site").nil
    assert record.find("Owner").value("Username") == soap.org.settings.username
    assert record.value("CreatedDate").endswith("Z")


def test_an_enterprise_record_is_of_its_own_type(soap):
    soap.org.create("Account", Name="One")
    space = "urn:enterprise.soap.sforce.com"
    record = soap.query("SELECT Name FROM Account", letter="c", space=space).find("records")
    assert (record.type, [child.name for child in record.children]) == ("Account", ["Name"])


def test_a_count_has_a_size_and_no_records(soap):
    result = soap.query("SELECT COUNT() FROM Account")
    assert (result.value("size"), result.value("done"), result.all("records")) == ("0", "true", [])


def test_query_more_reads_on_where_the_locator_stands(soap):
    records = [{"attributes": {"type": "Account"}, "Name": f"A{i}"} for i in range(200)]
    for _ in range(2):
        soap.org.send("POST", "composite/sobjects", {"records": records})
    size = "<QueryOptions><batchSize>200</batchSize></QueryOptions>"
    first = soap.query("SELECT Id FROM Account", size)
    more = f"<queryMore><queryLocator>{first.value('queryLocator')}</queryLocator></queryMore>"
    second = soap.ask(more, size).find("result")
    ids = {record.value("Id") for page in (first, second) for record in page.all("records")}
    assert (len(ids), first.value("done"), second.value("done")) == (400, "false", "true")
    assert second.find("queryLocator").nil


def test_a_malformed_query_says_where(soap):
    code, _, detail = soap.fault("<query><queryString>SELECT FROM</queryString></query>")
    fault = detail.find("MalformedQueryFault")
    assert code == "sf:MALFORMED_QUERY"
    assert fault.value("exceptionCode") == "MALFORMED_QUERY"
    assert fault.value("row") is not None


def test_create_answers_one_result_a_record(soap):
    body = f"<create>{account(Name='A')}{account(Nope='B')}</create>"
    good, bad = soap.ask(body).all("result")
    assert (good.value("success"), bad.value("success")) == ("true", "false")
    assert good.value("id").startswith("001")
    assert bad.find("errors").value("statusCode") == "INVALID_FIELD"
    assert bad.find("id").nil


def test_all_or_none_undoes_what_was_good(soap):
    head = "<AllOrNoneHeader><allOrNone>true</allOrNone></AllOrNoneHeader>"
    results = soap.ask(f"<create>{account(Name='A')}{account(Nope='B')}</create>", head).all("result")
    assert {result.value("success") for result in results} == {"false"}
    assert soap.query("SELECT COUNT() FROM Account").value("size") == "0"


def test_fields_to_null_empties_and_nil_says_nothing(soap):
    made = soap.org.create("Account", Name="A", Site="x", Phone="1")
    fields = f'<type>Account</type><fieldsToNull>Site</fieldsToNull><Id>{made}</Id><Phone xsi:nil="true"/>'
    result = soap.ask(f"<update><sObjects>{fields}</sObjects></update>").find("result")
    assert result.value("success") == "true"
    record = soap.org.read("Account", made)
    assert (record["Site"], record["Phone"]) == (None, "1")


def test_field_truncation_is_asked_for(soap):
    body = f"<create>{account(Name='n' * 300)}</create>"
    assert soap.ask(body).find("result").value("success") == "false"
    head = "<AllowFieldTruncationHeader><allowFieldTruncation>true</allowFieldTruncation></AllowFieldTruncationHeader>"
    made = soap.ask(body, head).find("result").value("id")
    assert soap.org.read("Account", made)["Name"] == "n" * 255


def test_upsert_tells_whether_it_created(soap):
    made = soap.org.create("Account", Name="A")
    body = f"<upsert><externalIDFieldName>Id</externalIDFieldName>{account(Id=made, Name='B')}</upsert>"
    assert soap.ask(body).find("result").value("created") == "false"
    assert soap.org.read("Account", made)["Name"] == "B"


def test_what_was_deleted_comes_back_until_the_bin_is_emptied(soap):
    made = soap.org.create("Account", Name="A")
    for call, success in (("delete", "true"), ("undelete", "true"), ("delete", "true"), ("emptyRecycleBin", "true")):
        assert soap.ask(f"<{call}><ids>{made}</ids></{call}>").find("result").value("success") == success
    assert soap.ask(f"<undelete><ids>{made}</ids></undelete>").find("result").value("success") == "false"


def test_merge_keeps_one_and_names_the_others(soap):
    master, loser = soap.org.create("Account", Name="A"), soap.org.create("Account", Name="B")
    record = f"<masterRecord><type>Account</type><Id>{master}</Id></masterRecord>"
    body = f"<merge><request>{record}<recordToMergeIds>{loser}</recordToMergeIds></request></merge>"
    result = soap.ask(body).find("result")
    assert (result.value("success"), result.value("id"), result.values("mergedRecordIds")) == ("true", master, [loser])


def test_retrieve_keeps_the_order_and_says_nil_for_what_is_not_there(soap):
    made = soap.org.create("Account", Name="A")
    ids = f"<ids>001SB0000009999AAA</ids><ids>{made}</ids>".replace("001SB0000009999AAA", "001000000000001AAA")
    body = f"<retrieve><fieldList>Id,Name</fieldList><sObjectType>Account</sObjectType>{ids}</retrieve>"
    missing, found = soap.ask(body).all("result")
    assert missing.nil
    assert found.value("Name") == "A"


def test_search_wraps_each_record(soap):
    soap.org.create("Account", Name="Sought after")
    text = "FIND {sought} RETURNING Account(Name)"
    found = soap.ask(f"<search><searchString>{text}</searchString></search>").find("result").all("searchRecords")
    assert [each.find("record").value("Name") for each in found] == ["Sought after"]


def test_describe_tells_fields_as_rest_does(soap):
    result = soap.ask("<describeSObject><sObjectType>Account</sObjectType></describeSObject>").find("result")
    described = {field.value("name"): field.value("type") for field in result.all("fields")}
    rest = soap.org.send("GET", "sobjects/Account/describe").json()["fields"]
    assert described == {field["name"]: field["type"] for field in rest}


def test_describing_an_object_that_there_is_not_is_an_invalid_type(soap):
    code, _, detail = soap.fault("<describeSObjects><sObjectType>Nope</sObjectType></describeSObjects>")
    assert code == "sf:INVALID_TYPE"
    assert detail.find("InvalidSObjectFault") is not None


def test_describe_global_lists_every_object(soap):
    names = [each.value("name") for each in soap.ask("<describeGlobal/>").find("result").all("sobjects")]
    assert "Opportunity" in names


def test_a_session_over_is_a_fault_that_clients_sign_in_again_for(soap):
    soap.org.database.clock.set(soap.org.database.clock.now() + timedelta(days=1))
    assert "<faultcode>sf:INVALID_SESSION_ID</faultcode>" in soap.send("<getUserInfo/>").text


@pytest.mark.parametrize(
    "text",
    [
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>',
        b'<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><a>&b;</a>',
        b"<a>" * 5000 + b"</a>" * 5000,
        b"<a",
        b"",
        b"\xff\xfe\x00",
    ],
    ids=["file", "growing", "deep", "broken", "empty", "no text"],
)
def test_hostile_xml_is_refused_before_it_does_anything(text):
    """OWASP, XML External Entity Prevention: no DTD at all."""
    with pytest.raises(Fault):
        parse_xml(text)


def test_a_body_that_is_no_envelope_is_the_clients_fault(org):
    answer = org.http.post(f"{org.url}/services/Soap/u/59.0", data=b"<a/>", timeout=10)
    assert (answer.status_code, "<faultcode>soapenv:Client</faultcode>" in answer.text) == (500, True)
