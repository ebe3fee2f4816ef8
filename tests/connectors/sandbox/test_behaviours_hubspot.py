"""HubSpot's behaviours: each is switched on through the sandbox's own resources or the CRM's, and shown over HTTP.

A catalogue: what is said of a behaviour in depth stands in `hubspot/`; here is that it can be had, and what it does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests
from driven import NOON, Driven, driven

from connectors.sandbox.behaviour import CALM
from connectors.sandbox.dialect import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DEALS = "/crm/v3/objects/deals"
CONTACTS = "/crm/v3/objects/contacts"
ACCESS = {"Authorization": f"Bearer {Settings().access_token}"}
OWNERS = """id,userId,email,firstName,lastName,archived
70,900,ann@x.example,Ann,Bell,false
71,901,bo@x.example,Bo,Cole,true
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driven]:
    folder = tmp_path_factory.mktemp("hubspot")
    (folder / "owners.csv").write_text(OWNERS)
    (folder / "deals.csv").write_text("hs_object_id,dealname,amount\n1001,First,10\n1002,Second,20\n")
    (folder / "companies.csv").write_text("hs_object_id,name\n2001,Acme\n")
    with driven("hubspot", folder) as running:
        running.http.headers.update(ACCESS)
        yield running


@pytest.fixture
def crm(served: Driven) -> Driven:
    """The same CRM for every test, as it was filled, at noon."""
    served.drive("POST", "/reset", {})
    served.at(NOON)
    return served


def create(crm: Driven, kind: str, **properties: str) -> str:
    answer = crm.send("POST", f"/crm/v3/objects/{kind}", {"properties": properties})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def found(crm: Driven, name: str) -> list[str]:
    """The deals of that name, as search sees them."""
    filters = [{"propertyName": "dealname", "operator": "EQ", "value": name}]
    answer = crm.send("POST", f"{DEALS}/search", {"filterGroups": [{"filters": filters}]})
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()["results"]]


def updated(crm: Driven, number: str = "1001") -> str:
    return str(crm.get(f"{DEALS}/{number}")["updatedAt"])


# What is seen late, what ties, how far a search reads


def test_search_finds_a_write_only_after_a_while(crm: Driven) -> None:
    """CRM search guide: it may take a few moments before new or changed objects appear in results."""
    crm.behave(search_lag_seconds=600)
    number = create(crm, "deals", dealname="New")
    crm.send("PATCH", f"{DEALS}/1001", {"properties": {"dealname": "Renamed"}})
    assert (found(crm, "New"), found(crm, "First"), found(crm, "Renamed")) == ([], ["1001"], [])
    assert crm.get(f"{DEALS}/1001")["properties"]["dealname"] == "Renamed", "a read by id is never late"
    crm.forward(601)
    assert (found(crm, "New"), found(crm, "First"), found(crm, "Renamed")) == ([number], [], ["1001"])


def test_records_written_together_share_a_timestamp(crm: Driven) -> None:
    """Recorded: the records of a batch bear one stamp, to the millisecond."""
    inputs = [{"properties": {"dealname": f"d{place}"}} for place in range(100)]
    answer = crm.send("POST", f"{DEALS}/batch/create", {"inputs": inputs})
    assert len({each["properties"]["hs_lastmodifieddate"] for each in answer.json()["results"]}) == 1


def test_a_search_ends_at_ten_thousand_rows(tmp_path: Path) -> None:
    """CRM search guide, limits: 10,000 results for any given query; beyond is a 400."""
    rows = "".join(f"{number},d{number}\n" for number in range(1, 10_002))
    (tmp_path / "deals.csv").write_text("hs_object_id,dealname\n" + rows)
    with driven("hubspot", tmp_path) as crm:
        crm.http.headers.update(ACCESS)
        last = crm.send("POST", f"{DEALS}/search", {"limit": 200, "after": "9800"}).json()
        assert (last["total"], len(last["results"])) == (10_001, 200)
        beyond = crm.send("POST", f"{DEALS}/search", {"limit": 1, "after": "10000"})
        assert (beyond.status_code, beyond.json()["category"]) == (400, "VALIDATION_ERROR")


# Stamps that move, and stamps that do not


def test_a_write_moves_the_stamp(crm: Driven) -> None:
    """CRM object guide: hs_lastmodifieddate is when a property of the record last changed."""
    before = updated(crm)
    crm.forward(60)
    crm.send("PATCH", f"{DEALS}/1001", {"properties": {"amount": "11"}})
    assert updated(crm) > before


def test_a_calculated_property_changes_without_a_stamp(crm: Driven) -> None:
    """Create calculation properties (knowledge base); that the stamp stands: issue threads of sync tools."""
    before = updated(crm)
    crm.forward(60)
    made = {
        "name": "double", "label": "Double", "groupName": "dealinformation", "type": "number",
        "fieldType": "calculation_equation", "calculationFormula": "amount * 2",
    }  # fmt: skip
    assert crm.send("POST", "/crm/v3/properties/deals", made).status_code == 201
    assert crm.get(f"{DEALS}/1001?properties=double")["properties"]["double"] == "20"
    assert updated(crm) == before


def test_an_association_changes_without_a_stamp(crm: Driven) -> None:
    """Associations guide; that the stamps of both sides stand: issue threads of sync tools."""
    before = updated(crm)
    crm.forward(60)
    linked = crm.send("PUT", "/crm/v4/objects/deals/1001/associations/default/companies/2001")
    assert linked.status_code == 200
    assert updated(crm) == before


def test_archiving_changes_no_stamp_and_hides_the_record(crm: Driven) -> None:
    """CRM object guide: an archived record is read with archived=true alone, and has archivedAt."""
    before = updated(crm)
    crm.forward(60)
    assert crm.send("DELETE", f"{DEALS}/1001").status_code == 204
    assert crm.send("GET", f"{DEALS}/1001").status_code == 404
    gone = crm.get(f"{DEALS}/1001?archived=true")
    assert (gone["updatedAt"], gone["archived"], gone["archivedAt"] > before) == (before, True, True)


# What is refused


def test_a_rule_of_the_admins_refuses_a_write_under_the_later_paths(crm: Driven) -> None:
    """Property validations guide; the changelog of 2026-09 says that API writes are held to them."""
    path = "/crm/v3/property-validations/deals/amount/rule-type/MIN_NUMBER"
    assert crm.send("PUT", path, {"ruleArguments": ["100"]}).status_code == 204
    change = {"properties": {"dealname": "Renamed"}}
    refused = crm.send("PATCH", "/crm/objects/2026-09/deals/1001", change)
    assert (refused.status_code, refused.json()["category"]) == (400, "VALIDATION_ERROR")
    assert crm.send("PATCH", f"{DEALS}/1001", change).status_code == 200


@pytest.mark.parametrize(
    ("kind", "properties", "told"),
    [
        ("calls", {"hs_call_title": "No time"}, "hs_timestamp"),  # required
        ("deals", {"dealname": "x", "dealtype": "sidebusiness"}, "INVALID_OPTION"),  # an enumeration
        ("deals", {"dealname": "x", "amount": "much"}, "INVALID_INTEGER"),
        ("deals", {"dealname": "x", "hs_is_closed": "true"}, "READ_ONLY_VALUE"),
        ("deals", {"dealname": "x", "nothing": "1"}, "PROPERTY_DOESNT_EXIST"),
        ("deals", {"dealname": "x", "hubspot_owner_id": "71"}, "INVALID_OWNER_ID"),  # an owner who left
        ("deals", {"dealname": "x" * 70_000}, "65536"),  # a text's length
    ],
)
def test_a_wrong_value_is_refused(crm: Driven, kind: str, properties: dict[str, str], told: str) -> None:
    """Recorded refusals; properties guide for lengths and options."""
    answer = crm.send("POST", f"/crm/v3/objects/{kind}", {"properties": properties})
    assert (answer.status_code, told in answer.text) == (400, True), answer.text


def test_a_second_record_of_a_unique_value_conflicts(crm: Driven) -> None:
    """Contacts guide: 409 with the id of the contact that has the address."""
    number = create(crm, "contacts", email="eve@x.example")
    answer = crm.send("POST", CONTACTS, {"properties": {"email": "EVE@x.example"}})
    assert (answer.status_code, answer.json()["category"]) == (409, "CONFLICT")
    assert number in answer.json()["message"]


def test_a_token_without_the_scope_is_told_which_is_missing(tmp_path: Path) -> None:
    """Recorded 403 answers; scopes guide."""
    (tmp_path / "deals.csv").write_text("hs_object_id,dealname\n1001,First\n")
    settings = Settings(behaviour=CALM, scopes=("crm.objects.contacts.read",))
    with driven("hubspot", tmp_path, settings) as crm:
        crm.http.headers.update(ACCESS)
        assert crm.send("GET", CONTACTS).status_code == 200
        refused = crm.send("GET", DEALS)
        assert (refused.status_code, "requires one of [deals-read]" in refused.json()["message"]) == (403, True)
        assert crm.send("POST", CONTACTS, {"properties": {}}).status_code == 403


def test_a_path_that_does_not_exist_is_a_page_of_html(crm: Driven) -> None:
    """Recorded: the gateway's page, with X-HubSpot-NotFound."""
    for path in (f"{DEALS}/999", "/crm/v3/nothing"):
        answer = crm.send("GET", path)
        assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (404, "text/html")
        assert answer.headers["X-HubSpot-NotFound"] == "true"


def test_an_address_that_names_too_many_properties_is_too_long(crm: Driven) -> None:
    """414 URI Too Long: issue threads of sync tools, which met it at 8,000 bytes in 2023 and at 16,200 in 2025."""
    names = ",".join(f"a_property_of_a_long_name_{number}" for number in range(300))
    assert crm.send("GET", f"{DEALS}?properties={names}").status_code == 200
    crm.behave(longest_address=8000)
    assert crm.send("GET", f"{DEALS}?properties={names}").status_code == 414


# Batches


def test_a_batch_of_which_some_fail_is_a_207(crm: Driven) -> None:
    """CRM object guide, batch: 207 multi-status with `errors`, a success code."""
    inputs = [{"id": number, "properties": {"amount": "7"}} for number in ("1001", "999")]
    answer = crm.send("POST", f"{DEALS}/batch/update", {"inputs": inputs})
    assert (answer.status_code, answer.json()["numErrors"], len(answer.json()["results"])) == (207, 1, 1)


def test_one_wrong_value_fails_a_whole_batch(crm: Driven) -> None:
    """Issue threads of HubSpot's own clients: a batch is refused whole for one input."""
    inputs = [{"id": "1001", "properties": {"amount": "7"}}, {"id": "1002", "properties": {"amount": "x"}}]
    assert crm.send("POST", f"{DEALS}/batch/update", {"inputs": inputs}).status_code == 400
    assert crm.get(f"{DEALS}/1001")["properties"]["amount"] == "10"


def test_the_results_of_a_batch_come_in_another_order_than_its_inputs(crm: Driven) -> None:
    """Recorded: batch results do not follow their inputs."""
    crm.behave(shuffle_batches=True)
    names = [f"d{place}" for place in range(20)]
    inputs = [{"properties": {"dealname": name}} for name in names]
    results = crm.send("POST", f"{DEALS}/batch/create", {"inputs": inputs}).json()["results"]
    came = [each["properties"]["dealname"] for each in results]
    assert (sorted(came), came != names) == (sorted(names), True)


# Merges, the archive, deletion for good


def test_a_merge_leaves_one_record_that_both_ids_lead_to(crm: Driven) -> None:
    """Merge records guide, since January 2025: a new id, and hs_merged_object_ids."""
    body = {"primaryObjectId": "1001", "objectIdToMerge": "1002"}
    merged = crm.send("POST", f"{DEALS}/merge", body).json()["id"]
    assert merged not in {"1001", "1002"}
    assert {crm.get(f"{DEALS}/{number}")["id"] for number in ("1001", "1002")} == {merged}
    assert [each["id"] for each in crm.get(DEALS)["results"]] == [merged]


def test_what_was_archived_is_forgotten_after_ninety_days(crm: Driven) -> None:
    """Knowledge base, Restore deleted records: 90 days."""
    crm.send("DELETE", f"{DEALS}/1001")
    crm.forward(89 * 86_400)
    assert crm.send("GET", f"{DEALS}/1001?archived=true").status_code == 200
    crm.forward(2 * 86_400)
    assert crm.send("GET", f"{DEALS}/1001?archived=true").status_code == 404
    assert crm.get(f"{DEALS}?archived=true")["results"] == []


def test_an_erased_contact_leaves_no_trace(crm: Driven) -> None:
    """GDPR delete guide: permanent, and the address is blocked."""
    number = create(crm, "contacts", email="eve@x.example")
    assert crm.send("POST", f"{CONTACTS}/gdpr-delete", {"objectId": number}).status_code == 204
    assert crm.get(f"{CONTACTS}?archived=true")["results"] == []
    assert crm.send("POST", CONTACTS, {"properties": {"email": "eve@x.example"}}).status_code >= 400


# Limits: usage guidelines for the figures and policies; recorded for headers and bodies


def refusal(answer: requests.Response) -> tuple[int, str]:
    """The status, and the policy that refused."""
    return answer.status_code, answer.json().get("policyName", "")


def test_ten_seconds_take_so_many_requests(crm: Driven) -> None:
    """Usage guidelines: 190 in ten seconds for a private app (Professional)."""
    crm.behave(rate_limit=True, burst_limit=2)
    answers = [crm.send("GET", DEALS) for _ in range(3)]
    assert [each.status_code for each in answers] == [200, 200, 429]
    assert [each.headers["X-HubSpot-RateLimit-Remaining"] for each in answers[:2]] == ["1", "0"]
    assert answers[0].headers["X-HubSpot-RateLimit-Interval-Milliseconds"] == "10000"
    assert refusal(answers[2]) == (429, "TEN_SECONDLY_ROLLING")
    assert answers[2].json()["errorType"] == "RATE_LIMIT"
    crm.forward(10)
    assert crm.send("GET", DEALS).status_code == 200


def test_a_second_takes_so_many_searches_whose_answers_do_not_say_so(crm: Driven) -> None:
    """Usage guidelines: five searches a second, and no rate-limit headers of the window (recorded)."""
    crm.behave(rate_limit=True, search_limit=1)
    first, second = (crm.send("POST", f"{DEALS}/search", {}) for _ in range(2))
    assert (first.status_code, refusal(second)) == (200, (429, "SECONDLY"))
    assert "X-HubSpot-RateLimit-Remaining" not in first.headers
    crm.forward(1)
    assert crm.send("POST", f"{DEALS}/search", {}).status_code == 200


def test_a_search_with_a_slash_at_its_end_is_a_search(crm: Driven) -> None:
    """Usage guidelines: the search endpoints have a limit of their own, however their path is written."""
    crm.behave(rate_limit=True, search_limit=1)
    first, second = (crm.send("POST", f"{DEALS}/search/", {}) for _ in range(2))
    assert (first.status_code, refusal(second)) == (200, (429, "SECONDLY"))


def test_a_used_up_day_ends_at_midnight_of_the_account(crm: Driven) -> None:
    """Usage guidelines: policyName DAILY, until midnight of the account's time zone."""
    crm.behave(daily_limit=1)
    answers = [crm.send("GET", DEALS) for _ in range(2)]
    assert answers[0].headers["X-HubSpot-RateLimit-Daily-Remaining"] == "0"
    assert refusal(answers[1]) == (429, "DAILY")
    crm.forward(11 * 3600)
    assert refusal(crm.send("GET", DEALS)) == (429, "DAILY")
    crm.forward(3600)
    assert crm.send("GET", DEALS).status_code == 200


@pytest.mark.parametrize(("share", "least", "most"), [(0, 0, 0), (0.5, 3, 17), (1, 20, 20)])
def test_a_refusal_says_how_long_to_wait_as_often_as_is_set(crm: Driven, share: float, least: int, most: int) -> None:
    """Usage guidelines name Retry-After; clients have met 429 without it (issue threads of HubSpot's own clients)."""
    crm.behave(rate_limit=True, burst_limit=0, retry_after_share=share)
    said = [crm.send("GET", DEALS).headers.get("Retry-After") for _ in range(20)]
    assert least <= sum(each is not None for each in said) <= most
    assert {each for each in said if each} <= {"10"}


def test_an_access_token_ends_between_two_pages(crm: Driven) -> None:
    """OAuth guide: access tokens live for thirty minutes; 401 EXPIRED_AUTHENTICATION."""
    app = {"client_id": Settings().client_id, "client_secret": Settings().client_secret}
    token = crm.http.post(
        f"{crm.sandbox.url}/oauth/v1/token",
        data={"grant_type": "refresh_token", "refresh_token": "sandbox-refresh-token", **app},
        timeout=10,
    ).json()["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    page = crm.send("GET", f"{DEALS}?limit=1", headers=bearer).json()
    crm.forward(30 * 60)
    after = page["paging"]["next"]["after"]
    answer = crm.send("GET", f"{DEALS}?limit=1&after={after}", headers=bearer)
    assert (answer.status_code, answer.json()["category"]) == (401, "EXPIRED_AUTHENTICATION")


# Faults (HTTP itself; HubSpot's error bodies as recorded; usage guidelines on 429 and 5xx)


@pytest.mark.parametrize(
    ("fault", "status", "kind"),
    [
        ({"kind": "status", "status": 500}, 500, "application/json"),
        ({"kind": "status", "status": 502}, 502, "text/html"),
        ({"kind": "status", "status": 503}, 503, "application/json"),
        ({"kind": "status", "status": 504}, 504, "text/html"),
        ({"kind": "limit"}, 429, "application/json"),
    ],
)
def test_an_outage_answers_in_the_vendors_form(crm: Driven, fault: dict[str, Any], status: int, kind: str) -> None:
    """Error-handling guide: 429, 500, 502, 503 and 504, of which gateways answer some with a page."""
    crm.fault(**fault, times=1)
    answer = crm.send("GET", DEALS)
    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (status, kind)
    assert crm.send("GET", DEALS).status_code == 200


def test_a_write_whose_answer_was_lost_has_happened(crm: Driven) -> None:
    """RFC 9110, 9.2.2: a client cannot know whether a request was carried out when its connection broke."""
    crm.fault("lost", method="POST", times=1)
    with pytest.raises(requests.ConnectionError):
        crm.send("POST", DEALS, {"properties": {"dealname": "Third"}})
    assert found(crm, "Third") != []


def test_a_write_whose_connection_was_reset_has_not(crm: Driven) -> None:
    """RFC 9110, 9.2.2, the other case."""
    crm.fault("reset", method="POST", times=1)
    with pytest.raises(requests.ConnectionError):
        crm.send("POST", DEALS, {"properties": {"dealname": "Third"}})
    assert found(crm, "Third") == []


def test_an_answer_breaks_off_half_way(crm: Driven) -> None:
    """RFC 9112, 8: a body shorter than its Content-Length is incomplete."""
    crm.fault("truncated", times=1)
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        crm.send("GET", DEALS)


def test_a_request_is_answered_with_what_the_one_before_got(crm: Driven) -> None:
    """Seen with caches and gateways before an API: the same answer twice."""
    crm.fault("repeated", path=f"{DEALS}*", after=1, times=1)
    pages = [crm.get(f"{DEALS}?limit=1{after}") for after in ("", "&after=1002")]
    assert pages[0] == pages[1]


def test_a_request_waits_before_it_is_carried_out(crm: Driven) -> None:
    """Error-handling guide: a request may take up to ten seconds."""
    crm.fault("latency", seconds=0.2, times=1)
    assert crm.send("GET", DEALS).elapsed.total_seconds() >= 0.2
