"""Salesforce's behaviours: each is switched on through the sandbox's own resources or the CRM's, and shown over HTTPS.

A catalogue: what is said of a behaviour in depth stands in `salesforce/`; here is that it can be had, and what it does.
"""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote
from xml.sax.saxutils import escape

import pytest
import requests
from driven import NOON, Driven, driven

from connectors.sandbox.dialect import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

DATA = "/services/data/v60.0"
APP = {"client_id": Settings().client_id, "client_secret": Settings().client_secret}
ACME, BELL = "001000000000001AAA", "001000000000002AAA"
DEAL = {"Name": "Deal", "StageName": "Prospecting", "CloseDate": "2031-06-01"}
TWIN = {"FirstName": "Ann", "LastName": "Meyer", "Email": "ann@x.example"}
PERSON = {
    "TimeZoneSidKey": "UTC", "LocaleSidKey": "en_US", "EmailEncodingKey": "UTF-8", "LanguageLocaleKey": "en_US",
}  # fmt: skip


class Org(Driven):
    """The sandbox with what tests of Salesforce do often."""

    def sign_in(self, **form: str) -> str:
        """A new session, which requests from now on are of; its token."""
        form = form or {"grant_type": "client_credentials", **APP}
        answer = self.http.post(f"{self.sandbox.url}/services/oauth2/token", data=form, timeout=10)
        assert answer.status_code == 200, answer.text
        token = str(answer.json()["access_token"])
        self.http.headers["Authorization"] = f"Bearer {token}"
        return token

    def query(self, soql: str, *, everything: bool = False) -> list[dict[str, Any]]:
        path = f"{DATA}/{'queryAll' if everything else 'query'}"
        return list(self.get(path, params={"q": soql})["records"])

    def create(self, kind: str, **fields: Any) -> str:
        answer = self.send("POST", f"{DATA}/sobjects/{kind}", fields)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def change(self, kind: str, number: str, **fields: Any) -> requests.Response:
        return self.send("PATCH", f"{DATA}/sobjects/{kind}/{number}", fields)

    def read(self, kind: str, number: str) -> dict[str, Any]:
        return dict(self.get(f"{DATA}/sobjects/{kind}/{number}"))

    def refused(self, kind: str, **fields: Any) -> dict[str, Any]:
        """The first error of a record that is not created."""
        answer = self.send("POST", f"{DATA}/sobjects/{kind}", fields)
        assert answer.status_code == 400, answer.text
        return dict(answer.json()[0])

    def user(self, name: str, **fields: Any) -> str:
        [profile] = self.query("SELECT Id FROM Profile WHERE Name = 'Standard User'")
        address = f"{name}@sandbox.example"
        said = {"Username": address, "Email": address, "LastName": name, "Alias": name, "ProfileId": profile["Id"]}
        return self.create("User", **said, **PERSON, **fields)

    def field(self, full_name: str, **metadata: Any) -> None:
        """A new custom field that the integration user sees."""
        body = {"FullName": full_name, "Metadata": {"label": "Made", **metadata}}
        answer = self.send("POST", f"{DATA}/tooling/sobjects/CustomField", body)
        assert answer.status_code == 201, answer.text
        [admin] = self.query("SELECT Id FROM PermissionSet WHERE Profile.Name = 'System Administrator'")
        said = {"ParentId": admin["Id"], "SobjectType": full_name.partition(".")[0], "Field": full_name}
        self.create("FieldPermissions", **said, PermissionsRead=True, PermissionsEdit=False)

    def ingest(self, kind: str, operation: str, rows: str) -> str:
        """The address of a bulk job that was given these rows."""
        job = self.send("POST", f"{DATA}/jobs/ingest", {"object": kind, "operation": operation}).json()
        path = f"{DATA}/jobs/ingest/{job['id']}"
        self.send("PUT", f"{path}/batches", data=rows, headers={"Content-Type": "text/csv"})
        self.send("PATCH", path, {"state": "UploadComplete"})
        return path

    def soap(self, body: str, *, letter: str = "u", space: str = "urn:partner.soap.sforce.com") -> str:
        token = str(self.http.headers["Authorization"]).removeprefix("Bearer ")
        text = (
            '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"'
            f' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns="{space}"><e:Header><SessionHeader>'
            f"<sessionId>{token}</sessionId></SessionHeader></e:Header><e:Body>{body}</e:Body></e:Envelope>"
        )
        headers = {"Content-Type": "text/xml; charset=UTF-8", "SOAPAction": '""'}
        path = f"/services/Soap/{letter}/60.0"
        return self.http.post(self.sandbox.url + path, data=text.encode(), headers=headers, timeout=10).text


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Org]:
    folder = tmp_path_factory.mktemp("salesforce")
    (folder / "Account.csv").write_text(f"Id,Name\n{ACME},Acme\n{BELL},Bell\n")
    with driven("salesforce", folder) as running:
        yield Org(running.sandbox, running.http)


@pytest.fixture
def org(served: Org) -> Org:
    """The same org for every test, as it was filled, at noon and signed in."""
    served.http.headers.pop("Authorization", None)
    served.drive("POST", "/reset", {})
    served.at(NOON)
    served.sign_in()
    return served


# What is seen late, and what ties


def test_a_row_of_a_long_transaction_has_a_stamp_that_lies_before_it_could_be_seen(org: Org) -> None:
    """Data Replication guide: getUpdated's latestDateCovered lags by long transactions; issue threads of sync tools."""
    org.behave(late_share=1, late_seconds=300)
    stamp = org.read("Account", org.create("Account", Name="Late"))["SystemModstamp"]
    assert "2031-05-05T11:54:58" < stamp < "2031-05-05T12:00:00"


def test_rows_of_one_request_share_a_stamp_of_whole_seconds(org: Org) -> None:
    """Recorded answers: stamps end in .000+0000, and rows that were loaded together have the same."""
    records = [{"attributes": {"type": "Account"}, "Name": f"a{place}"} for place in range(50)]
    org.send("POST", f"{DATA}/composite/sobjects", {"records": records})
    [stamp] = {row["SystemModstamp"] for row in org.query("SELECT SystemModstamp FROM Account WHERE Name LIKE 'a_'")}
    assert stamp.endswith(".000+0000")


def test_a_page_is_shorter_where_a_long_text_is_selected(org: Org) -> None:
    """Recorded traffic: 2,086 accounts came as 2000 and 86, and with Description as 1000, 1000 and 86."""
    for start in range(0, 1000, 200):
        records = [{"attributes": {"type": "Account"}, "Name": f"a{start + place}"} for place in range(200)]
        org.send("POST", f"{DATA}/composite/sobjects", {"records": records})
    sizes = [len(org.query(f"SELECT {fields} FROM Account")) for fields in ("Id", "Id, Description")]
    assert sizes == [1002, 1000]


# Stamps that move, and stamps that do not


def test_a_formula_follows_its_parent_without_a_stamp(org: Org) -> None:
    """Salesforce Help, Formula Fields: worked out on reading; SystemModstamp is of what is stored."""
    org.field("Opportunity.Sites__c", type="Text", formula="Account.Site")
    deal = org.create("Opportunity", **DEAL, AccountId=ACME)
    before = org.read("Opportunity", deal)
    org.forward(60)
    org.change("Account", ACME, Site="Ulm")
    after = org.read("Opportunity", deal)
    assert (before["Sites__c"], after["Sites__c"]) == (None, "Ulm")
    assert after["SystemModstamp"] == before["SystemModstamp"]


def test_a_roll_up_moves_the_stamp_of_its_parent(org: Org) -> None:
    """Salesforce Help, Roll-Up Summary Field: the parent is saved when its details change."""
    summary = {"summaryOperation": "sum", "summarizedField": "Opportunity.Amount"}
    org.field("Account.Sum__c", type="Summary", summaryForeignKey="Opportunity.AccountId", **summary)
    before = org.read("Account", ACME)
    org.forward(60)
    org.create("Opportunity", **DEAL, AccountId=ACME, Amount=5)
    after = org.read("Account", ACME)
    assert (after["Sum__c"], after["SystemModstamp"] > before["SystemModstamp"]) == (5, True)


# What is refused


def test_a_validation_rule_refuses_a_record_in_the_admins_words(org: Org) -> None:
    """Metadata API Developer Guide, ValidationRule; Salesforce Help, Validation Rules."""
    metadata = {"active": True, "errorConditionFormula": "Amount < 0", "errorMessage": "No negative deals"}
    body = {"FullName": "Opportunity.Positive", "Metadata": metadata}
    assert org.send("POST", f"{DATA}/tooling/sobjects/ValidationRule", body).status_code == 201
    error = org.refused("Opportunity", **DEAL, Amount=-1)
    assert (error["errorCode"], error["message"]) == ("FIELD_CUSTOM_VALIDATION_EXCEPTION", "No negative deals")


@pytest.mark.parametrize(
    ("kind", "fields", "code"),
    [
        ("Opportunity", {"Name": "No stage"}, "REQUIRED_FIELD_MISSING"),
        ("Task", {"CallType": "Shouted"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
        ("Account", {"Name": "x" * 256}, "STRING_TOO_LONG"),
        ("Account", {"Name": "a", "NumberOfEmployees": 10**9}, "NUMBER_OUTSIDE_VALID_RANGE"),
        ("Opportunity", {**DEAL, "Amount": 10**17}, "NUMBER_OUTSIDE_VALID_RANGE"),
        ("Contact", {"LastName": "a", "Email": "nonsense"}, "INVALID_EMAIL_ADDRESS"),
    ],
)
def test_a_wrong_value_is_refused_by_its_code(org: Org, kind: str, fields: dict[str, Any], code: str) -> None:
    """SOAP API Developer Guide, status codes; Object Reference for lengths, scales and picklists."""
    assert org.refused(kind, **fields)["errorCode"] == code


def test_a_finer_amount_than_the_field_holds_is_rounded(org: Org) -> None:
    """Object Reference, currency fields: the scale says how many digits are kept."""
    assert org.read("Opportunity", org.create("Opportunity", **DEAL, Amount=1.005))["Amount"] == 1.01


def test_somebody_who_left_can_own_nothing(org: Org) -> None:
    """SOAP API Developer Guide, status code INACTIVE_OWNER_OR_USER."""
    gone = org.user("gone", IsActive=False)
    assert org.refused("Account", Name="a", OwnerId=gone)["errorCode"] == "INACTIVE_OWNER_OR_USER"


def test_a_duplicate_is_refused_unless_the_caller_insists(org: Org) -> None:
    """REST API Developer Guide, Duplicate Rule Header; Salesforce Help, Standard Contact Matching Rule."""
    org.behave(duplicate_rules=True)
    org.create("Contact", **TWIN)
    assert org.refused("Contact", **TWIN)["errorCode"] == "DUPLICATES_DETECTED"
    insist = {"Sforce-Duplicate-Rule-Header": "allowSave=true"}
    assert org.send("POST", f"{DATA}/sobjects/Contact", TWIN, headers=insist).status_code == 201


def test_a_field_that_a_user_may_not_see_is_not_there_for_that_user(org: Org) -> None:
    """Salesforce Help, Field-Level Security; Object Reference, FieldPermissions."""
    org.user("rep", IsActive=True)
    where = "Field = 'Account.Industry' AND Parent.Profile.Name = 'Standard User'"
    [grant] = org.query(f"SELECT Id, Field, SobjectType FROM FieldPermissions WHERE {where}")
    org.sign_in(grant_type="password", username="rep@sandbox.example", password=Settings().password, **APP)
    assert "Industry" in org.read("Account", ACME)
    org.sign_in()
    org.send("DELETE", f"{DATA}/sobjects/FieldPermissions/{grant['Id']}")
    assert "Industry" in org.read("Account", ACME)
    org.sign_in(grant_type="password", username="rep@sandbox.example", password=Settings().password, **APP)
    assert "Industry" not in org.read("Account", ACME)
    refused = org.send("GET", f"{DATA}/query", params={"q": "SELECT Industry FROM Account"})
    assert "No such column 'Industry'" in refused.json()[0]["message"]


def test_a_session_without_the_scope_of_the_api_is_not_for_it(org: Org) -> None:
    """Salesforce Help, OAuth Tokens and Scopes: without `api` a token does not open the REST API."""
    address = "http://localhost:1717/OauthRedirect"
    asked = {"response_type": "code", "client_id": APP["client_id"], "redirect_uri": address, "scope": "id"}
    page = org.send("GET", "/services/oauth2/authorize", params=asked, allow_redirects=False)
    code = re.search(r"code=([^&]+)", page.headers["Location"])
    assert code is not None
    org.sign_in(grant_type="authorization_code", code=unquote(code[1]), redirect_uri=address, **APP)
    answer = org.send("GET", f"{DATA}/limits")
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (401, "INVALID_SESSION_ID")


def test_a_row_that_another_holds_is_locked(org: Org) -> None:
    """Record-Level Locking cheat sheet: a child's write locks its parent; UNABLE_TO_LOCK_ROW after ten seconds."""
    org.behave(lock_share=1)
    assert org.refused("Contact", LastName="Meyer", AccountId=ACME)["errorCode"] == "UNABLE_TO_LOCK_ROW"
    assert org.create("Contact", LastName="Alone")


def test_the_same_seed_locks_the_same_writes(org: Org) -> None:
    """The sandbox's own promise: chance is drawn from the seed, and begins anew with a reset."""

    def statuses(seed: int) -> list[int]:
        org.drive("POST", "/reset", {})
        org.sign_in()
        org.behave(lock_share=0.5, seed=seed)
        return [org.change("Account", ACME, Site=f"s{place}").status_code for place in range(20)]

    first = statuses(1)
    assert set(first) == {204, 400}
    assert (statuses(1), statuses(2) == first) == (first, False)


def test_a_new_lead_goes_where_the_rule_says_unless_the_request_says_no(org: Org) -> None:
    """REST API Developer Guide, Assignment Rule Header: on unless the request says FALSE."""
    rep = org.user("rep", IsActive=True)
    rule = """<updateMetadata><metadata xsi:type="AssignmentRules"><fullName>Lead</fullName><assignmentRule>
    <fullName>All</fullName><active>true</active><ruleEntry><assignedTo>rep@sandbox.example</assignedTo>
    <assignedToType>User</assignedToType><criteriaItems><field>Lead.Company</field><operation>equals</operation>
    <value>Acme</value></criteriaItems></ruleEntry></assignmentRule></metadata></updateMetadata>"""
    saved = org.soap(rule, letter="m", space="http://soap.sforce.com/2006/04/metadata")
    assert "<success>true</success>" in saved, saved
    lead = {"LastName": "L", "Company": "Acme"}
    assert org.read("Lead", org.create("Lead", **lead))["OwnerId"] == rep
    off = {"Sforce-Auto-Assign": "FALSE"}
    mine = org.send("POST", f"{DATA}/sobjects/Lead", lead, headers=off).json()["id"]
    assert org.read("Lead", mine)["OwnerId"] != rep


def test_a_collection_is_written_in_part_or_not_at_all(org: Org) -> None:
    """REST API Developer Guide, sObject Collections: allOrNone, false by default, order kept."""
    kind = {"attributes": {"type": "Account"}}
    records = [{**kind, "id": ACME, "Site": "x"}, {**kind, "id": BELL, "No__c": 1}]
    path = f"{DATA}/composite/sobjects"
    whole = org.send("PATCH", path, {"records": records, "allOrNone": True}).json()
    assert [each["success"] for each in whole] == [False, False]
    assert whole[0]["errors"][0]["statusCode"] == "ALL_OR_NONE_OPERATION_ROLLED_BACK"
    assert org.read("Account", ACME)["Site"] is None
    part = org.send("PATCH", path, {"records": records}).json()
    assert [each["success"] for each in part] == [True, False]
    assert org.read("Account", ACME)["Site"] == "x"


def test_unrelated_subrequests_are_done_in_another_order_than_they_stand_in(org: Org) -> None:
    """REST API Developer Guide, Composite Request Body: collateSubrequests, true by default since 49.0."""
    asked = [("POST", "sobjects/Account", {"Name": "a1"}), ("GET", "query?q=SELECT+Id+FROM+Account", None)]
    parts = [
        {"method": method, "url": f"{DATA}/{path}", "referenceId": f"r{place}", "body": body}
        for place, (method, path, body) in enumerate([*asked, asked[0]])
    ]

    def counted() -> int:
        answer = org.send("POST", f"{DATA}/composite", {"compositeRequest": parts}).json()
        return int(answer["compositeResponse"][1]["body"]["totalSize"])

    assert counted() == 2 + 1
    org.behave(collate_subrequests=True)
    assert counted() == 2 + 2 + 2


def test_what_does_not_exist_is_not_found_in_json(org: Org) -> None:
    """REST API Developer Guide, status codes: 404 NOT_FOUND for a resource that there is not."""
    answer = org.send("GET", f"{DATA}/nothing")
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (404, "NOT_FOUND")


# Merges, recycle bin, deletion for good


def test_a_merged_account_is_deleted_and_names_its_master(org: Org) -> None:
    """SOAP API Developer Guide, merge: the losers go to the recycle bin with MasterRecordId."""
    record = f"<masterRecord><type>Account</type><Id>{ACME}</Id></masterRecord>"
    body = f"<merge><request>{record}<recordToMergeIds>{BELL}</recordToMergeIds></request></merge>"
    assert "<success>true</success>" in org.soap(body)
    [loser] = org.query("SELECT Id, IsDeleted, MasterRecordId FROM Account WHERE IsDeleted = TRUE", everything=True)
    assert (loser["Id"], loser["MasterRecordId"]) == (BELL, ACME)


def test_a_deleted_record_lies_in_the_recycle_bin_for_fifteen_days(org: Org) -> None:
    """Salesforce Help, Recycle Bin; REST API Developer Guide, Query All and Get Deleted."""
    soql = "SELECT Id FROM Account WHERE Name = 'Acme'"
    org.send("DELETE", f"{DATA}/sobjects/Account/{ACME}")
    assert (org.query(soql), len(org.query(soql, everything=True))) == ([], 1)
    span = {"start": "2031-05-05T11:59:00Z", "end": "2031-05-05T12:05:00Z"}
    told = org.get(f"{DATA}/sobjects/Account/deleted/", params=span)
    assert [each["id"] for each in told["deletedRecords"]] == [ACME]
    org.forward(15 * 86_400 + 60)
    org.sign_in()
    assert org.query(soql, everything=True) == []


def test_a_hard_deletion_leaves_nothing_in_the_bin(org: Org) -> None:
    """Bulk API 2.0 Developer Guide, Create a Job: hardDelete, for whom has the permission."""
    job = {"object": "Account", "operation": "hardDelete"}
    assert org.send("POST", f"{DATA}/jobs/ingest", job).json()[0]["errorCode"] == "FEATURENOTENABLED"
    org.behave(hard_delete=True)
    path = org.ingest("Account", "hardDelete", f"Id\n{ACME}\n")
    assert org.get(path)["numberRecordsFailed"] == 0
    assert org.query(f"SELECT Id FROM Account WHERE Id = '{ACME}'", everything=True) == []


# Sessions


def test_a_session_ends_in_the_middle_of_a_query_and_its_locator_with_it(org: Org) -> None:
    """REST API Developer Guide, status codes: 401 INVALID_SESSION_ID; SOAP API guide: cursors are of a session."""
    records = [{"attributes": {"type": "Account"}, "Name": f"a{place}"} for place in range(200)]
    for _ in range(2):
        org.send("POST", f"{DATA}/composite/sobjects", {"records": records})
    org.behave(session_requests=1)
    org.sign_in()
    small = {"Sforce-Query-Options": "batchSize=200"}
    first = org.get(f"{DATA}/query", params={"q": "SELECT Id FROM Account"}, headers=small)
    second = org.send("GET", first["nextRecordsUrl"])
    assert (second.status_code, second.json()[0]["errorCode"]) == (401, "INVALID_SESSION_ID")
    org.sign_in()
    again = org.send("GET", first["nextRecordsUrl"])
    assert (again.status_code, again.json()[0]["errorCode"]) == (400, "INVALID_QUERY_LOCATOR")


def test_a_session_ends_when_it_was_not_used_for_long(org: Org) -> None:
    """Salesforce Help, Modify Session Security Settings: timeout."""
    org.behave(session_seconds=900)
    org.sign_in()
    org.forward(899)
    assert org.send("GET", f"{DATA}/limits").status_code == 200
    org.forward(901)
    assert org.send("GET", f"{DATA}/limits").status_code == 401


def test_a_sign_in_can_be_refused_and_every_session(org: Org) -> None:
    """Salesforce Help, OAuth error codes: invalid_grant; REST API Developer Guide: 401."""
    org.behave(refuse_sign_in=True)
    form = {"grant_type": "client_credentials", **APP}
    refused = org.http.post(f"{org.sandbox.url}/services/oauth2/token", data=form, timeout=10)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
    org.behave(refuse_sign_in=False, refuse_sessions=True)
    org.sign_in()
    assert org.send("GET", f"{DATA}/limits").status_code == 401


def test_soap_login_can_be_off_as_in_new_orgs(org: Org) -> None:
    """Release notes, SOAP API login() retirement: disabled by default in new orgs since Summer '25."""
    body = (
        f"<login><username>{Settings().username}</username><password>{escape(Settings().password)}</password></login>"
    )
    assert "<sessionId>" in org.soap(body)
    org.behave(soap_login=False)
    assert "<sessionId>" not in org.soap(body)


# Limits


def test_the_daily_limit_rolls_over_24_hours(org: Org) -> None:
    """Salesforce Developer Limits: requests in a rolling day; 403 REQUEST_LIMIT_EXCEEDED; Sforce-Limit-Info."""
    assert re.fullmatch(r"api-usage=\d+/250000", org.send("GET", f"{DATA}/limits").headers["Sforce-Limit-Info"])
    org.behave(daily_limit=1)
    refused = org.send("GET", f"{DATA}/limits")
    assert (refused.status_code, refused.json()) == (
        403,
        [{"message": "TotalRequests Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}],
    )
    org.forward(24 * 3600 + 60)
    org.sign_in()
    assert org.send("GET", f"{DATA}/limits").headers["Sforce-Limit-Info"] == "api-usage=1/1"


def test_long_requests_under_way_hold_up_another(org: Org) -> None:
    """REST API Developer Guide, API request limits: 25 requests at once that last 20 seconds or longer."""
    org.behave(rate_limit=True, concurrent_limit=1)
    org.fault("latency", path="*/query", seconds=1, times=1)
    slow: list[int] = []
    path, asked = f"{DATA}/query", {"q": "SELECT Id FROM Account"}
    thread = threading.Thread(target=lambda: slow.append(org.send("GET", path, params=asked).status_code))
    thread.start()
    while org.drive("GET", "/faults")["faults"][0]["hit"] == 0:
        pass
    assert org.send("GET", f"{DATA}/limits").status_code == 200
    org.forward(20)
    refused = org.send("GET", f"{DATA}/limits")
    thread.join()
    assert (refused.status_code, refused.json()[0]["errorCode"]) == (403, "REQUEST_LIMIT_EXCEEDED")
    assert refused.json()[0]["message"].startswith("ConcurrentRequests")
    assert (slow, org.send("GET", f"{DATA}/limits").status_code) == ([200], 200)


def test_bulk_work_has_its_own_daily_limits(org: Org) -> None:
    """Bulk API and Bulk API 2.0 Limits and Allocations: 10,000 query jobs, 15,000 batches in 24 hours."""
    org.behave(bulk_query_jobs_limit=1)
    job = {"operation": "query", "query": "SELECT Id FROM Account"}
    answers = [org.send("POST", f"{DATA}/jobs/query", job) for _ in range(2)]
    assert (answers[0].status_code, answers[1].json()[0]["errorCode"]) == (200, "LIMIT_EXCEEDED")
    org.behave(bulk_batches_limit=0)
    path = org.ingest("Account", "insert", "Name\nThird\n")
    assert org.get(path)["state"] == "Failed"


def test_a_bulk_job_takes_its_time(org: Org) -> None:
    """Bulk API 2.0 Developer Guide, job states: UploadComplete, InProgress, JobComplete."""
    org.behave(bulk_seconds=60)
    job = org.send("POST", f"{DATA}/jobs/query", {"operation": "query", "query": "SELECT Id FROM Account"}).json()
    states = []
    for _ in range(3):
        states.append(org.get(f"{DATA}/jobs/query/{job['id']}")["state"])
        org.forward(40)
    assert states == ["UploadComplete", "InProgress", "JobComplete"]


# Faults (HTTP itself; REST API Developer Guide, status codes and error responses)


@pytest.mark.parametrize(
    ("fault", "status", "told"),
    [
        ({"kind": "status", "status": 500}, 500, "UNKNOWN_EXCEPTION"),
        ({"kind": "status", "status": 502}, 502, "<html>"),
        ({"kind": "status", "status": 503}, 503, "SERVER_UNAVAILABLE"),
        ({"kind": "status", "status": 504}, 504, "<html>"),
        ({"kind": "limit"}, 403, "REQUEST_LIMIT_EXCEEDED"),
    ],
)
def test_an_outage_answers_in_the_vendors_form(org: Org, fault: dict[str, Any], status: int, told: str) -> None:
    """Status codes and error responses: 403 where a limit is exceeded, which has no 429; 500 and 503."""
    org.fault(**fault, times=1)
    answer = org.send("GET", f"{DATA}/limits")
    assert (answer.status_code, told in answer.text) == (status, True)
    assert org.send("GET", f"{DATA}/limits").status_code == 200


@pytest.mark.parametrize(("kind", "rows"), [("lost", 1), ("reset", 0)])
def test_a_broken_connection_does_not_tell_whether_the_write_happened(org: Org, kind: str, rows: int) -> None:
    """RFC 9110, 9.2.2: a client cannot know it."""
    org.fault(kind, method="POST", times=1)
    with pytest.raises(requests.ConnectionError):
        org.send("POST", f"{DATA}/sobjects/Account", {"Name": "Third"})
    assert len(org.query("SELECT Id FROM Account WHERE Name = 'Third'")) == rows


def test_an_answer_breaks_off_half_way(org: Org) -> None:
    """RFC 9112, 8: a body shorter than its Content-Length is incomplete."""
    org.fault("truncated", times=1)
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        org.send("GET", f"{DATA}/sobjects")


def test_an_answer_comes_twice(org: Org) -> None:
    """RFC 9112, 9.2: what follows an answer that nobody asked for must not be taken for the next one."""
    org.fault("duplicated", times=1)
    assert org.send("GET", f"{DATA}/limits").status_code == 200
    org.http.close()  # or the next request on that connection may be answered with the second one
    assert org.drive("GET", "/faults")["faults"][0]["hit"] == 1


def test_a_request_is_answered_with_what_the_one_before_got(org: Org) -> None:
    """Seen with caches and gateways before an API: the same answer twice."""
    org.fault("repeated", path="*/query", after=1, times=1)
    found = [org.query(f"SELECT Name FROM Account WHERE Id = '{number}'")[0]["Name"] for number in (ACME, BELL)]
    assert found == ["Acme", "Acme"]
