"""What an account may hold and holds, as the guide of the limits-tracking API shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from connectors.sandbox.hubspot.associations.link_types import STANDARD
from connectors.sandbox.hubspot.associations.links import add_links
from connectors.sandbox.hubspot.store import Store

if TYPE_CHECKING:
    from hubspot_account import Client

LIMITS = "/crm/v3/limits"


def of(body: Any, type_id: str) -> Any:
    return next(each for each in body if each["objectTypeId"] == type_id)


def test_records_are_counted_without_the_archived_ones(crm: Client) -> None:
    number = crm.create("companies", {"name": "A"})
    crm.create("companies", {"name": "B"})
    crm.send("DELETE", f"/crm/v3/objects/companies/{number}")
    shown = of(crm.get(f"{LIMITS}/records")["hubspotDefinedObjectTypes"], "0-2")
    names = {"objectTypeId": "0-2", "singularLabel": "Company", "pluralLabel": "Companies"}
    assert shown == {**names, "limit": 15_000_000, "usage": 1, "percentage": 0.0}


def test_the_dated_path_answers_alike(steady: Client) -> None:
    assert steady.get("/crm/limits/2026-03/records") == steady.get(f"{LIMITS}/records")


def test_an_objects_own_properties_and_formulas_are_counted(crm: Client) -> None:
    own = {"label": "A", "groupName": "dealinformation", "type": "number", "fieldType": "number", "name": "a"}
    formula = {**own, "name": "b", "fieldType": "calculation_equation", "calculationFormula": "a * 2"}
    for each in (own, formula):
        assert crm.send("POST", "/crm/v3/properties/deals", each).status_code == 201
    custom = crm.get(f"{LIMITS}/custom-properties")
    assert (of(custom["byObjectType"], "0-3")["usage"], custom["overallUsage"]) == (2, 2)
    calculated = crm.get(f"{LIMITS}/calculated-properties")
    assert (of(calculated["byObjectType"], "0-3")["usage"], calculated["overallLimit"]) == (1, 200)


def test_pipelines_are_counted_by_object(steady: Client) -> None:
    shown = steady.get(f"{LIMITS}/pipelines")["hubspotDefinedObjectTypes"]
    assert of(shown, "0-3")["usage"] == 1
    assert steady.get(f"{LIMITS}/custom-object-types") == {"limit": 10, "usage": 0, "percentage": 0.0}


def test_labels_are_listed_of_the_objects_asked_for(crm: Client) -> None:
    body = {"label": "Payer", "name": "payer", "inverseLabel": "Paid by"}
    assert crm.send("POST", "/crm/v4/associations/deals/companies/labels", body).status_code == 200
    [shown] = crm.get(f"{LIMITS}/associations/labels?fromObjectTypeId=0-3&toObjectTypeId=0-2")["results"]
    assert (shown["allLabels"], shown["usage"], shown["limit"], shown["percentage"]) == (["Payer"], 1, 50, 0.02)
    assert len(crm.get(f"{LIMITS}/associations/labels")["results"]) == 2
    assert crm.get(f"{LIMITS}/associations/labels?fromObjectTypeId=0-1")["results"] == []


@pytest.mark.parametrize(("links", "near", "full"), [(39_999, 0, 0), (40_000, 1, 0), (50_000, 1, 1)])
def test_a_record_near_its_limit_of_associations_is_told(crm: Client, links: int, near: int, full: int) -> None:
    """The guide: near from 80 % of the limit on."""
    number = int(crm.create("companies", {"name": "A"}))
    add_links(Store(crm.database), [(STANDARD[280], number, each) for each in range(1, links + 1)])
    shown = crm.get(f"{LIMITS}/associations/records/0-2/0-1")
    assert (shown["totalRecordsNearLimit"], shown["totalRecordsAtLimit"]) == (near, full)
    assert [each["objectId"] for each in shown["nearLimitFromRecordSamples"]] == [number] * near
    assert [each["objectTypeId"] for each in crm.get(f"{LIMITS}/associations/records/from")["results"]] == [
        "0-2"
    ] * near
    to = crm.get(f"{LIMITS}/associations/records/companies/to")["results"]
    assert [each["hasRecordsAtLimit"] for each in to] == [bool(full)] * near
