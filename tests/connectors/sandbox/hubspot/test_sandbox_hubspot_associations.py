"""Links between records, with HubSpot's own type ids and custom labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from hubspot_account import Client

BATCH = "/crm/v4/associations/deals/companies/batch"


@pytest.fixture
def deal(crm: Client) -> str:
    return crm.create("deals", {"dealname": "One"})


@pytest.fixture
def companies(crm: Client) -> list[str]:
    return [crm.create("companies", {"name": name}) for name in ("Acme", "Bolt")]


def linked(crm: Client, one: str, number: str, two: str) -> dict[str, set[int]]:
    """The type ids to each linked record."""
    results = crm.get(f"/crm/v4/objects/{one}/{number}/associations/{two}")["results"]
    return {str(each["toObjectId"]): {kind["typeId"] for kind in each["associationTypes"]} for each in results}


def link(crm: Client, deal: str, company: str) -> dict[str, Any]:
    answer = crm.send("PUT", f"/crm/v4/objects/deals/{deal}/associations/default/companies/{company}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_the_first_company_becomes_primary_and_both_sides_see_it(crm: Client, deal: str, companies: list[str]) -> None:
    for company in companies:
        link(crm, deal, company)
    assert linked(crm, "deals", deal, "companies") == {companies[0]: {5, 341}, companies[1]: {341}}
    assert linked(crm, "companies", companies[0], "0-3") == {deal: {6, 342}}


def test_naming_another_primary_company_moves_the_label(crm: Client, deal: str, companies: list[str]) -> None:
    for company in companies:
        link(crm, deal, company)
    spec = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 5}]
    answer = crm.send("PUT", f"/crm/v4/objects/deals/{deal}/associations/companies/{companies[1]}", spec)
    assert (answer.status_code, answer.json()["labels"]) == (201, ["Primary"])
    assert linked(crm, "deals", deal, "companies") == {companies[0]: {341}, companies[1]: {5, 341}}


def test_naming_the_primary_from_the_company_moves_the_label_too(crm: Client, deal: str, companies: list[str]) -> None:
    link(crm, deal, companies[0])
    spec = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 6}]
    crm.send("PUT", f"/crm/v4/objects/companies/{companies[1]}/associations/deals/{deal}", spec)
    assert linked(crm, "deals", deal, "companies") == {companies[0]: {341}, companies[1]: {5, 341}}


def test_a_link_moves_no_stamp(crm: Client, deal: str, companies: list[str]) -> None:
    before = crm.get(f"/crm/v3/objects/deals/{deal}")
    link(crm, deal, companies[0])
    assert crm.get(f"/crm/v3/objects/deals/{deal}") == before


def test_a_batch_read_answers_integers_and_207_for_records_without_links(
    crm: Client, deal: str, companies: list[str]
) -> None:
    link(crm, deal, companies[0])
    alone = crm.create("deals", {})
    answer = crm.send("POST", f"{BATCH}/read", {"inputs": [{"id": deal}, {"id": alone}]})
    body = answer.json()
    assert answer.status_code == 207
    assert body["results"] == [
        {
            "from": {"id": deal},
            "to": [
                {
                    "toObjectId": int(companies[0]),
                    "associationTypes": [
                        {"category": "HUBSPOT_DEFINED", "typeId": 5, "label": "Primary"},
                        {"category": "HUBSPOT_DEFINED", "typeId": 341, "label": None},
                    ],
                }
            ],
        }
    ]
    assert body["errors"][0]["subCategory"] == "crm.associations.NO_ASSOCIATIONS_FOUND"
    assert body["errors"][0]["context"]["fromObjectId"] == [alone]


def test_more_than_five_hundred_links_are_paged(crm: Client) -> None:
    company = crm.create("companies", {"name": "Acme"})
    pairs = []
    for start in range(0, 600, 100):
        inputs = [{"properties": {"dealname": str(start + place)}} for place in range(100)]
        made = crm.send("POST", "/crm/v3/objects/deals/batch/create", {"inputs": inputs}).json()["results"]
        pairs += [{"from": {"id": company}, "to": {"id": each["id"]}} for each in made]
    path = "/crm/v4/associations/companies/deals/batch"
    assert crm.send("POST", f"{path}/associate/default", {"inputs": pairs}).status_code == 200
    [first] = crm.send("POST", f"{path}/read", {"inputs": [{"id": company}]}).json()["results"]
    after = first["paging"]["next"]["after"]
    [second] = crm.send("POST", f"{path}/read", {"inputs": [{"id": company, "after": after}]}).json()["results"]
    assert (len(first["to"]), len(second["to"]), "paging" in second) == (500, 100, False)
    page = crm.get(f"/crm/v4/objects/companies/{company}/associations/deals?limit=500")
    assert page["paging"]["next"]["after"] == after


def test_a_batch_makes_and_breaks_links(crm: Client, deal: str, companies: list[str]) -> None:
    spec = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 341}
    inputs = [{"from": {"id": deal}, "to": {"id": company}, "types": [spec]} for company in companies]
    assert crm.send("POST", f"{BATCH}/create", {"inputs": inputs}).status_code == 201
    gone = {"inputs": [{"from": {"id": deal}, "to": [{"id": companies[0]}]}]}
    assert crm.send("POST", f"{BATCH}/archive", gone).status_code == 204
    assert set(linked(crm, "deals", deal, "companies")) == {companies[1]}
    assert crm.send("DELETE", f"/crm/v4/objects/deals/{deal}/associations/companies/{companies[1]}").status_code == 204
    assert linked(crm, "deals", deal, "companies") == {}


def test_a_custom_label_is_added_and_taken_off(crm: Client, deal: str, companies: list[str]) -> None:
    path = "/crm/v4/associations/deals/companies/labels"
    made = crm.send("POST", path, {"label": "Partner", "name": "partner"}).json()["results"]
    assert [each["category"] for each in made] == ["USER_DEFINED", "USER_DEFINED"]
    assert crm.send("POST", path, {"label": "Partner", "name": "partner"}).status_code == 409
    spec = {"associationCategory": "USER_DEFINED", "associationTypeId": made[0]["typeId"]}
    link(crm, deal, companies[0])
    inputs = [{"from": {"id": deal}, "to": {"id": companies[1]}, "types": [spec]}]
    assert crm.send("POST", f"{BATCH}/create", {"inputs": inputs}).json()["results"][0]["labels"] == ["Partner"]
    assert linked(crm, "deals", deal, "companies")[companies[1]] == {341, made[0]["typeId"]}
    assert crm.send("POST", f"{BATCH}/labels/archive", {"inputs": inputs}).status_code == 204
    assert linked(crm, "deals", deal, "companies")[companies[1]] == {341}
    assert "Partner" in {each["label"] for each in crm.get(path)["results"]}


def test_an_archived_record_leaves_the_links_of_others(crm: Client, deal: str, companies: list[str]) -> None:
    link(crm, deal, companies[0])
    crm.send("DELETE", f"/crm/v3/objects/deals/{deal}")
    assert linked(crm, "companies", companies[0], "deals") == {}


def test_an_object_read_names_the_types(crm: Client, deal: str, companies: list[str]) -> None:
    for company in companies:
        link(crm, deal, company)
    item = crm.create("line_items", {"name": "x"})
    crm.send("PUT", f"/crm/v4/objects/deals/{deal}/associations/default/line_items/{item}")
    found = crm.get(f"/crm/v3/objects/deals/{deal}?associations=companies,line_items,contacts")["associations"]
    assert found["companies"]["results"] == [
        {"id": companies[0], "type": "deal_to_company"},
        {"id": companies[0], "type": "deal_to_company_unlabeled"},
        {"id": companies[1], "type": "deal_to_company_unlabeled"},
    ]
    assert found["line items"]["results"] == [{"id": item, "type": "deal_to_line_item"}]
    assert "contacts" not in found


@pytest.mark.parametrize(
    ("one", "two", "type_id"),
    [
        ("calls", "deals", 206),
        ("deals", "contacts", 3),
        ("leads", "contacts", 608),
        ("tasks", "companies", 192),
        ("meetings", "deals", 212),
        ("emails", "contacts", 198),
        ("line_items", "deals", 20),
    ],
)
def test_the_unlabeled_types_have_their_documented_ids(steady: Client, one: str, two: str, type_id: int) -> None:
    labels = steady.get(f"/crm/v4/associations/{one}/{two}/labels")["results"]
    assert {"category": "HUBSPOT_DEFINED", "typeId": type_id, "label": None} in labels


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/crm/v4/objects/deals/{deal}/associations/default/companies/1", None),
        ("PUT", "/crm/v4/objects/deals/{deal}/associations/default/products/1", None),
        ("PUT", "/crm/v4/objects/deals/x/associations/default/companies/1", None),
        ("PUT", "/crm/v4/objects/deals/{deal}/associations/companies/{company}", []),
        ("PUT", "/crm/v4/objects/deals/{deal}/associations/companies/{company}", [{}]),
        (
            "PUT",
            "/crm/v4/objects/deals/{deal}/associations/companies/{company}",
            [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 3}],
        ),
        (
            "PUT",
            "/crm/v4/objects/deals/{deal}/associations/companies/{company}",
            [{"associationCategory": "USER_DEFINED", "associationTypeId": 99}],
        ),
        (
            "PUT",
            "/crm/v4/objects/deals/{deal}/associations/companies/{company}",
            [{"associationCategory": {}, "associationTypeId": []}],
        ),
        ("POST", f"{BATCH}/read", {"inputs": [{"id": "x"}]}),
        ("POST", f"{BATCH}/read", {"inputs": [{"id": "1"}] * 1001}),
        ("POST", f"{BATCH}/create", {"inputs": [{"from": {"id": "1"}}]}),
        ("POST", f"{BATCH}/archive", {"inputs": [{"from": 1, "to": [{"id": "1"}]}]}),
        ("POST", "/crm/v4/associations/deals/companies/labels", {"label": "x"}),
        ("POST", "/crm/v4/associations/deals/companies/labels", {"label": "x", "name": "a b"}),
    ],
)
def test_a_link_that_cannot_be_is_a_400(steady: Client, method: str, path: str, body: Any) -> None:
    deal, company = steady.create("deals"), steady.create("companies")
    answer = steady.send(method, path.format(deal=deal, company=company), body)
    assert (answer.status_code, answer.json()["status"]) == (400, "error"), answer.text
