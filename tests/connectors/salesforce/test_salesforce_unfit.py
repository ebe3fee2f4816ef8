"""What no table of ours can hold: told under the row's own id, and forgotten when the record is right again."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from held import FakeHeld
from salesforce_stub import VERSION, page
from written_org import KeptJobs

from config.mapping import ObjectMapping
from connectors.base import Stream, Sweep
from connectors.errors import Rejected
from connectors.writing import RecordWrite, Target
from sync.store.pages import save_page
from sync.store.problems import ObjectProblems, read_problems
from sync.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from salesforce_stub import Org

    from connectors.base import Page
    from connectors.salesforce.client import SalesforceConnector

QUERY = f"{VERSION}/queryAll"
STAMPED = {"IsDeleted": False, "SystemModstamp": "2026-05-01T07:00:00.000+0000"}
UNFIT = ["a\0b", "a\ud800b"]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store(tmp_path / "store.db")) as made:
        yield made


def read(connector: SalesforceConnector, stream: str) -> Page:
    (answer,) = connector.read(stream, None, FakeHeld())
    return answer


def test_the_problem_of_a_record_with_a_tagged_id_is_gone_when_the_record_is_right_again(
    org: Org, store: Store
) -> None:
    org.describe("LeadStatus", ApiName="string", SortOrder="string", SystemModstamp="datetime*", IsDeleted="boolean*")
    status = {"Id": "01J000000000001AAA", "ApiName": "New", **STAMPED}
    stream = Stream("stage.lead", "stage", Sweep.CHANGES, None, "lead:01J")
    with closing(org.connect()) as connector:
        for position, number in (("third", 1), ("3", 0)):
            org.on("GET", QUERY, page({**status, "SortOrder": position}))
            save_page(store, "crm", stream, read(connector, "stage.lead"))
            problems = read_problems(store, "crm")
            assert len(problems) == number
            assert all(each.example.startswith("lead:01J000000000001AAA: position: ") for each in problems)


def test_a_custom_value_that_does_not_fit_is_told_and_forgotten_in_the_same_way(org: Org, store: Store) -> None:
    org.describe("Account", Name="string", When__c="datetime", SystemModstamp="datetime*", IsDeleted="boolean*")
    stream = Stream("account", "account", Sweep.CHANGES)
    with closing(org.connect(mapping={"account": ObjectMapping(custom=("When__c",))})) as connector:
        for when, number in (("soon", 1), ("2026-05-01T07:00:00.000+0000", 0)):
            org.on("GET", QUERY, page({"Id": "001000000000001AAA", "Name": "Acme", "When__c": when, **STAMPED}))
            save_page(store, "crm", stream, read(connector, "account"))
            assert sum(each.values for each in read_problems(store, "crm")) == number


@pytest.mark.parametrize("text", UNFIT)
@pytest.mark.parametrize(
    ("sobject", "stream", "field", "our"),
    [
        ("OpportunityStage", "stage.opportunity", "ApiName", "name"),
        ("LeadStatus", "stage.lead", "ApiName", "name"),
        ("Territory2", "territory", "Name", "name"),
        ("User", "user", "Name", "name"),
        ("UserRole", "role", "Name", "name"),
        ("Period", "fiscal_period", "FullyQualifiedLabel", "name"),
        ("Product2", "product", "Family", "family"),
    ],
)
def test_a_name_of_the_orgs_settings_that_no_table_keeps_is_empty_and_told(
    org: Org, store: Store, sobject: str, stream: str, field: str, our: str, text: str
) -> None:
    org.describe(sobject, **{field: "string"}, SystemModstamp="datetime*", IsDeleted="boolean*")
    org.on("GET", QUERY, page({"Id": "001000000000001AAA", field: text, **STAMPED}))
    with closing(org.connect()) as connector:
        answer = read(connector, stream)
    name = stream.partition(".")[0]
    [row], [problem] = answer.rows[name], answer.problems
    assert (row.values[our], problem.id, problem.field) == (None, row.values["id"], our)
    save_page(store, "crm", Stream(stream, name, Sweep.CHANGES), answer)
    assert read_problems(store, "crm") == [ObjectProblems(name, 1, 1, f"{problem.id}: {our}: {problem.text}")]


@pytest.mark.parametrize("text", UNFIT)
def test_a_fields_label_that_no_table_keeps_is_the_fields_name(org: Org, text: str) -> None:
    org.describe("Product2", Name="string", SystemModstamp="datetime*")
    _, described = org.scripts["GET", f"{VERSION}/sobjects/Product2/describe"][0]  # type: ignore[misc]
    described["fields"][1]["label"] = text
    with closing(org.connect()) as connector:
        assert connector.describe().fields["product"]["Name"].label == "Name"


@pytest.mark.parametrize("text", UNFIT)
def test_a_currency_of_the_org_that_no_table_keeps_leaves_its_rates_without_one(org: Org, text: str) -> None:
    kinds = {"SystemModstamp": "datetime*", "IsDeleted": "boolean*"}
    org.describe("CurrencyType", IsoCode="string", ConversionRate="double", **kinds)
    org.first_of("CurrencyType", {"IsoCode": text})
    org.on("GET", QUERY, page({"Id": "01L000000000001AAA", "IsoCode": "EUR", "ConversionRate": 0.9, **STAMPED}))
    with closing(org.connect()) as connector:
        [row] = read(connector, "exchange_rate").rows["exchange_rate"]
    assert (row.values["currency"], row.values["rate"]) == (None, "0.9")


@pytest.mark.parametrize("text", UNFIT)
def test_words_of_salesforces_that_cannot_be_kept_or_shown_are_told_as_far_as_they_can(org: Org, text: str) -> None:
    refusal = [{"message": f"bad value: {text}", "errorCode": "INVALID_FIELD"}]
    failed = {"success": False, "errors": [{"message": f"bad value: {text}", "statusCode": "INVALID", "fields": []}]}
    org.describe("Opportunity", Name="string", SystemModstamp="datetime*")
    org.on("PATCH", f"{VERSION}/composite/sobjects", (200, [failed]))
    org.on("GET", QUERY, page({"Name": text, "Username": "ann@x.example"}), (400, refusal))
    with closing(org.connect()) as connector:
        [outcome] = connector.write(
            Target("opportunity"), [RecordWrite("006000000000001AAA", {"Name": "x"})], KeptJobs()
        )
        told = [outcome.message, connector.check()]
        with pytest.raises(Rejected) as caught:
            connector.check()
    for each in (*told, str(caught.value)):
        assert "a?b" in each


@pytest.mark.parametrize(
    ("crm_type", "value", "expected"),
    [
        ("double", "about fifty", "about fifty"),
        ("double", 10**1_500, None),
        ("currency", 1.0e7, "10000000"),
        ("datetime", "soon", None),
        ("datetime", "2026-05-01T07:00:00.000+0000", "2026-05-01T07:00:00.000Z"),
        ("string", "a\0b", None),
        ("string", "a\ud800b", None),
        ("address", {"city": "Bern"}, "{'city': 'Bern'}"),
    ],
)
def test_a_present_value_that_is_not_what_its_field_says_stops_nothing(
    org: Org, crm_type: str, value: Any, expected: str | None
) -> None:
    org.describe("Product2", Name="string", Odd__c=crm_type, SystemModstamp="datetime*")
    record = {"Id": "01t000000000001AAA", "Odd__c": value}
    org.on("GET", QUERY, page(record))
    with closing(org.connect()) as connector:
        values = connector.standing(Target("product"), ["Odd__c"], [record["Id"]])
    assert values[record["Id"]].values == {"Odd__c": expected}
