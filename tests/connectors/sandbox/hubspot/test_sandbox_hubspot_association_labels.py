"""Labels between two objects and limits on links (guide of the associations API v4, changelog on custom limits)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from hubspot_account import Client

LABELS = "/crm/v4/associations/deals/contacts/labels"
LIMITS = "/crm/v4/associations/definitions/configurations/deals/contacts"
PLAIN = {"category": "HUBSPOT_DEFINED", "typeId": 3}


@pytest.fixture
def label(crm: Client) -> int:
    """The id of a label from deals to contacts."""
    answer = crm.send("POST", LABELS, {"label": "Buyer", "name": "buyer", "inverseLabel": "Buys"})
    return int(answer.json()["results"][0]["typeId"])


def limit(crm: Client, most: int, of: dict[str, Any] = PLAIN, verb: str = "create") -> Any:
    return crm.send("POST", f"{LIMITS}/batch/{verb}", {"inputs": [{**of, "maxToObjectIds": most}]})


def link(crm: Client, deal: str, contact: str) -> int:
    return crm.send("PUT", f"/crm/v4/objects/deals/{deal}/associations/default/contacts/{contact}").status_code


def test_a_label_is_renamed_both_ways(crm: Client, label: int) -> None:
    body = {"associationTypeId": label, "label": "Payer", "inverseLabel": "Pays"}
    assert crm.send("PUT", LABELS, body).status_code == 204
    assert "Payer" in {each["label"] for each in crm.get(LABELS)["results"]}
    assert "Pays" in {each["label"] for each in crm.get("/crm/v4/associations/contacts/deals/labels")["results"]}


def test_a_deleted_label_leaves_the_link(crm: Client, label: int) -> None:
    deal, contact = crm.create("deals", {"dealname": "d"}), crm.create("contacts", {"email": "a@x.example"})
    body = [{"associationCategory": "USER_DEFINED", "associationTypeId": label}]
    crm.send("PUT", f"/crm/v4/objects/deals/{deal}/associations/contacts/{contact}", body)
    assert crm.send("DELETE", f"{LABELS}/{label}").status_code == 204
    [found] = crm.get(f"/crm/v4/objects/deals/{deal}/associations/contacts")["results"]
    assert [each["label"] for each in found["associationTypes"]] == [None]


def test_hubspots_own_labels_are_not_deleted(crm: Client) -> None:
    assert crm.send("DELETE", "/crm/v4/associations/deals/companies/labels/5").status_code == 404


def test_a_limit_refuses_one_link_too_many(crm: Client) -> None:
    assert limit(crm, 1).status_code == 200
    deal = crm.create("deals", {"dealname": "d"})
    contacts = [crm.create("contacts", {"email": f"{name}@x.example"}) for name in "ab"]
    assert [link(crm, deal, contact) for contact in (contacts[0], contacts[0], contacts[1])] == [200, 200, 400]


def test_limits_are_listed_changed_and_purged(crm: Client) -> None:
    limit(crm, 2)
    assert limit(crm, 3, verb="update").json()["results"][0]["userEnforcedMaxToObjectIds"] == 3
    kept = {"category": "HUBSPOT_DEFINED", "typeId": 3, "userEnforcedMaxToObjectIds": 3}
    for path in (LIMITS, "/crm/v4/associations/definitions/configurations/all"):
        assert crm.get(path)["results"] == [kept]
    assert crm.send("POST", f"{LIMITS}/batch/purge", {"inputs": [PLAIN]}).status_code == 204
    assert crm.get(LIMITS)["results"] == []


def test_a_labels_limit_stays_within_its_objects(crm: Client, label: int) -> None:
    limit(crm, 10)
    assert limit(crm, 11, {"category": "USER_DEFINED", "typeId": label}).status_code == 400
    assert limit(crm, 10, {"category": "USER_DEFINED", "typeId": label}).status_code == 200
    assert limit(crm, 9, verb="update").status_code == 400


def test_a_usage_report_is_sent_to_a_user_who_is_there(crm: Client) -> None:
    path = "/crm/v4/associations/usage/high-usage-report"
    assert crm.send("POST", f"{path}/900").json()["userEmail"] == "ann@sandbox.example"
    assert crm.send("POST", f"{path}/1").status_code == 404
