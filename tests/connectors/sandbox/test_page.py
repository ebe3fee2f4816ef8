"""The pages for people: what a record shows, to whom, and that nothing in a record becomes markup."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest
import requests

from connectors.sandbox.behaviour import CALM
from connectors.sandbox.dialect import Settings
from connectors.sandbox.run import Sandbox, open_sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OWNER, OTHER = "005MV0000000001", "005MV0000000002"
ACCOUNT = "001MV0000000001"


def fill_salesforce(folder: Path) -> None:
    (folder / "User.csv").write_text(
        "Id,Name,FirstName,LastName,Email,Username,IsActive\n"
        f"{OWNER},Ada Rep,Ada,Rep,ada@example.com,ada@example.com,true\n"
        f"{OTHER},Ben Rep,Ben,Rep,ben@example.com,ben@example.com,true\n"
    )
    (folder / "Account.csv").write_text(
        f'Id,Name,OwnerId,AnnualRevenue\n{ACCOUNT},"<b>Acme</b> & Söhne",{OWNER},1234567\n'
    )
    (folder / "Opportunity.csv").write_text(
        "Id,Name,AccountId,OwnerId,StageName,Amount,CloseDate\n"
        + "".join(
            f"006MV00000000{n:02},Deal {n},{ACCOUNT},{OWNER},Prospecting,{n}00,2026-01-31\n" for n in range(1, 61)
        )
    )


def fill_hubspot(folder: Path) -> None:
    (folder / "companies.csv").write_text('hs_object_id,name,annualrevenue\n7001,"<b>Acme</b> & Söhne",1234567\n')
    (folder / "deals.csv").write_text(
        "hs_object_id,dealname,dealstage,amount,associated_company\n"
        + "".join(f"{9000 + n},Deal {n},closedwon,{n}00,7001\n" for n in range(1, 61))
    )


@pytest.fixture(scope="module")
def salesforce(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    folder = tmp_path_factory.mktemp("salesforce")
    fill_salesforce(folder)
    with open_sandbox("salesforce", data=folder, settings=Settings(behaviour=CALM)) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def hubspot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    folder = tmp_path_factory.mktemp("hubspot")
    fill_hubspot(folder)
    with open_sandbox("hubspot", data=folder, settings=Settings(behaviour=CALM)) as sandbox:
        yield sandbox


def browse(sandbox: Sandbox, path: str, **headers: str) -> requests.Response:
    with requests.Session() as http:
        http.trust_env = False
        http.verify = str(sandbox.ca_file) if sandbox.ca_file else True
        return http.get(sandbox.url + path, headers={"Accept": "text/html", **headers}, timeout=10)


def text(answer: requests.Response) -> str:
    """What the page says, without markup."""
    body = answer.content.decode().partition("<body>")[2]
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", body)))


def company(sandbox: Sandbox) -> str:
    if sandbox.crm == "salesforce":
        return f"/lightning/r/Account/{ACCOUNT}/view"
    return f"/contacts/{sandbox.database.number}/record/0-2/7001"


@pytest.fixture(params=["salesforce", "hubspot"])
def sandbox(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(request.param)


def test_the_home_page_counts_what_there_is_and_leads_to_it(sandbox: Sandbox) -> None:
    home = browse(sandbox, "/")
    assert home.status_code == 200
    links = re.findall(r'<a href="([^"]+)">(?:Accounts|Companies)</a>', home.text)
    assert len(links) == 1
    assert "Söhne" in text(browse(sandbox, links[0]))


def test_a_record_shows_its_fields_and_what_belongs_to_it(sandbox: Sandbox) -> None:
    page = text(browse(sandbox, company(sandbox)))
    assert "<b>Acme</b> & Söhne" in page
    assert "1,234,567" in page
    assert re.search(r"(Opportunities|Deals) 60 ", page)


def test_nothing_in_a_record_becomes_markup(sandbox: Sandbox) -> None:
    answer = browse(sandbox, company(sandbox))
    assert "<b>Acme" not in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_a_list_leads_on_to_its_last_record(sandbox: Sandbox) -> None:
    home = browse(sandbox, "/").text
    path = re.findall(r'<a href="([^"]+)">(?:Opportunities|Deals)</a>', home)[0]
    first = browse(sandbox, path)
    after = unescape(re.findall(r'<a href="([^"]+)">after', first.text)[0])
    second = browse(sandbox, after)
    shown = [set(re.findall(r">(Deal \d+)<", answer.text)) for answer in (first, second)]
    assert (len(shown[0]), len(shown[1]), len(shown[0] | shown[1])) == (50, 10, 60)
    assert "after →" not in second.text


def test_a_record_that_is_not_there_is_a_page_that_says_so(sandbox: Sandbox) -> None:
    gone = {
        "salesforce": ["/lightning/r/Account/001000000000000AAA/view", "/lightning/o/Nothing/list", "/zzz000000000000"],
        "hubspot": [
            f"/contacts/{sandbox.database.number}/record/0-2/99",
            f"/contacts/{sandbox.database.number}/objects/nothing/views/all/list",
            "/contacts/1/record/0-2/7001",
        ],
    }[sandbox.crm]
    assert [browse(sandbox, path).status_code for path in gone] == [404] * 3


def test_an_api_client_never_gets_a_page(sandbox: Sandbox) -> None:
    answer = browse(sandbox, "/", Accept="application/json")
    assert "<main" not in answer.text


def test_pages_are_for_this_machine_only(sandbox: Sandbox) -> None:
    assert "<main" not in browse(sandbox, "/", Host="evil.example").text


def test_a_page_costs_no_api_request(salesforce: Sandbox) -> None:
    def used() -> int:
        return int(salesforce.database.rows("SELECT COALESCE(SUM(calls), 0) FROM sf_call")[0][0])

    before = used()
    browse(salesforce, company(salesforce))
    assert used() == before


def test_a_record_is_seen_with_its_owners_eyes_or_anothers(salesforce: Sandbox) -> None:
    as_owner = browse(salesforce, company(salesforce)).text
    assert "<b>Ada Rep</b>" in as_owner
    as_other = browse(salesforce, f"{company(salesforce)}?as={OTHER}").text
    assert "<b>Ben Rep</b>" in as_other
    assert browse(salesforce, f"{company(salesforce)}?as=005000000000009").status_code == 404


def test_a_custom_property_is_marked_and_shown_even_when_empty(hubspot: Sandbox) -> None:
    headers = {"Authorization": f"Bearer {hubspot.settings.access_token}"}
    made = {
        "name": "attainment",
        "label": "Attainment",
        "type": "number",
        "fieldType": "number",
        "groupName": "companyinformation",
        "description": "Won so far over quota",
    }
    base = hubspot.url + "/crm/v3"
    assert requests.post(f"{base}/properties/companies", json=made, headers=headers, timeout=10).status_code == 201
    assert 'class="custom" data-field="attainment"' in browse(hubspot, company(hubspot)).text
    body = {"properties": {"attainment": "0.875"}}
    requests.patch(f"{base}/objects/companies/7001", json=body, headers=headers, timeout=10)
    page = browse(hubspot, company(hubspot)).text
    assert re.search(r'title="Won so far over quota">Attainment</dt><dd>0\.875</dd>', page)
