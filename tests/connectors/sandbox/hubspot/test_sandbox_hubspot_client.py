"""HubSpot's own client takes the sandbox for HubSpot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hubspot import HubSpot
from hubspot.crm.associations.v4 import BatchInputPublicFetchAssociationsBatchRequest
from hubspot.crm.deals import (
    ApiException,
    BatchInputSimplePublicObjectBatchInput,
    BatchReadInputSimplePublicObjectId,
    PublicObjectSearchRequest,
    SimplePublicObjectInput,
    SimplePublicObjectInputForCreate,
)
from hubspot.crm.properties import PropertyCreate

if TYPE_CHECKING:
    from hubspot_account import Client


@pytest.fixture
def client(crm: Client) -> Any:
    return HubSpot(access_token="sandbox-token", host=crm.url)


def test_it_creates_reads_changes_and_archives_a_deal(client: Any) -> None:
    api = client.crm.deals.basic_api
    made = api.create(SimplePublicObjectInputForCreate(associations=[], properties={"dealname": "One", "amount": "5"}))
    assert made.created_at.tzinfo is not None
    api.update(made.id, SimplePublicObjectInput(properties={"amount": "6"}))
    read = api.get_by_id(made.id, properties_with_history=["amount"])
    assert [each.value for each in read.properties_with_history["amount"]] == ["6", "5"]
    api.archive(made.id)
    with pytest.raises(ApiException) as error:
        api.get_by_id(made.id)
    assert error.value.status == 404


def test_it_pages_through_everything(client: Any, crm: Client) -> None:
    numbers = [crm.create("deals", {"dealname": str(place)}) for place in range(3)]
    api = client.crm.deals.basic_api
    first = api.get_page(limit=2)
    second = api.get_page(limit=2, after=first.paging.next.after)
    assert [each.id for each in (*first.results, *second.results)] == numbers
    assert second.paging is None


def test_it_searches(client: Any, crm: Client) -> None:
    number = crm.create("deals", {"dealname": "One", "amount": "5"})
    rule = {"propertyName": "amount", "operator": "GTE", "value": "5"}
    request = PublicObjectSearchRequest(
        filter_groups=[{"filters": [rule]}], sorts=["-createdate"], limit=10, properties=["amount"]
    )
    found = client.crm.deals.search_api.do_search(request)
    assert (found.total, found.results[0].id) == (1, number)


def test_it_reads_and_updates_in_batches(client: Any, crm: Client) -> None:
    number = crm.create("deals", {"dealname": "One"})
    api = client.crm.deals.batch_api
    read = BatchReadInputSimplePublicObjectId(
        inputs=[{"id": number}, {"id": "1"}], properties=["dealname"], properties_with_history=[]
    )
    answer = api.read(read)
    assert [each.id for each in answer.results] == [number]
    assert answer.errors[0].context == {"ids": ["1"]}
    changes = BatchInputSimplePublicObjectBatchInput(inputs=[{"id": number, "properties": {"amount": "7"}}])
    assert api.update(changes).results[0].properties["amount"] == "7"


def test_it_reads_owners_properties_pipelines_and_associations(client: Any, crm: Client) -> None:
    assert [owner.user_id for owner in client.crm.owners.owners_api.get_page().results] == [900, 901]
    [pipeline] = client.crm.pipelines.pipelines_api.get_all("deals").results
    assert pipeline.stages[-1].metadata["isClosed"] == "true"
    create = PropertyCreate(name="kpi", label="KPI", type="number", field_type="number", group_name="userinformation")
    assert client.crm.properties.core_api.create("users", create).name == "kpi"
    deal, company = crm.create("deals"), crm.create("companies")
    client.crm.associations.v4.basic_api.create_default("deals", deal, "companies", company)
    request = BatchInputPublicFetchAssociationsBatchRequest(inputs=[{"id": deal}])
    [result] = client.crm.associations.v4.batch_api.get_page("deals", "companies", request).results
    assert str(result.to[0].to_object_id) == company


def test_it_sees_refusals_as_refusals(client: Any) -> None:
    with pytest.raises(ApiException) as error:
        client.crm.deals.basic_api.create(
            SimplePublicObjectInputForCreate(associations=[], properties={"no_such": "1"})
        )
    assert error.value.status == 400
    assert "PROPERTY_DOESNT_EXIST" in error.value.body
