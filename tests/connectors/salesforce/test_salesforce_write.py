"""Writing: what is sent, and that every record has its outcome whatever happens to its batch."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
import requests
from salesforce_stub import BUSY, VERSION

from connectors.base import Outcome, RecordWrite, Status
from connectors.errors import AuthFailed, Unreachable
from connectors.salesforce.errors import TIMED_OUT, translate_failure

if TYPE_CHECKING:
    from salesforce_stub import Org, Request

TOO_LONG = [{"message": "Your request was running for too long", "errorCode": "REQUEST_RUNNING_TOO_LONG"}]
COLLECTIONS = f"{VERSION}/composite/sobjects"
LOCKED = {"statusCode": "UNABLE_TO_LOCK_ROW", "message": "unable to obtain exclusive access", "fields": []}


@pytest.fixture
def crm(org: Org) -> Org:
    org.describe(
        "Opportunity", Commission__c="currency", Note__c="string", Rate__c="percent", Count__c="double", Ok__c="boolean"
    )
    return org


def record_id(number: int) -> str:
    return f"006{number:012}AAA"


def writes(count: int) -> list[RecordWrite]:
    return [RecordWrite(record_id(number), {"Commission__c": "1.50"}) for number in range(count)]


def saved(request: Request) -> tuple[int, Any]:
    return 200, [{"id": sent["id"], "success": True, "errors": []} for sent in request.json["records"]]


def refuse(numbers: set[int], error: dict[str, Any]) -> Any:
    """An answer that refuses some records of a batch, row by row."""
    bad = {record_id(number) for number in numbers}

    def answer(request: Request) -> tuple[int, Any]:
        ids = [sent["id"] for sent in request.json["records"]]
        return 200, [
            {"success": False, "errors": [error]} if name in bad else {"id": name, "success": True, "errors": []}
            for name in ids
        ]

    return answer


def write(org: Org, planned: list[RecordWrite]) -> list[Outcome]:
    with closing(org.connect()) as connector:
        return list(connector.write("opportunity", planned))


def test_two_hundred_records_a_call_and_an_outcome_for_each(crm: Org) -> None:
    crm.on("PATCH", COLLECTIONS, saved)
    outcomes = write(crm, writes(450))
    assert [len(request.json["records"]) for request in crm.to(COLLECTIONS)] == [200, 200, 50]
    assert outcomes == [Outcome(record_id(number), Status.WRITTEN) for number in range(450)]


def test_values_are_sent_as_the_fields_type_wants_digit_by_digit(crm: Org) -> None:
    crm.on("PATCH", COLLECTIONS, saved)
    values = {
        "Commission__c": "12345678901234567.10",
        "Rate__c": "12.5",
        "Note__c": '4.50 "quoted"',
        "Count__c": None,
        "Ok__c": "true",
    }
    write(crm, [RecordWrite(record_id(1), values)])
    (request,) = crm.to(COLLECTIONS)
    assert '"Commission__c": 12345678901234567.1,' in request.body
    sent = json.loads(request.body, parse_float=str)
    assert sent["allOrNone"] is False
    assert sent["records"] == [
        {
            "attributes": {"type": "Opportunity"},
            "id": record_id(1),
            "Commission__c": "12345678901234567.1",
            "Rate__c": "12.5",
            "Note__c": '4.50 "quoted"',
            "Count__c": None,
            "Ok__c": True,
        }
    ]


def test_assignment_rules_are_kept_from_running(crm: Org) -> None:
    crm.on("PATCH", COLLECTIONS, saved)
    write(crm, writes(1))
    assert crm.to(COLLECTIONS)[0].headers["sforce-auto-assign"] == "FALSE"


def test_one_refused_record_leaves_the_others_written(crm: Org) -> None:
    error = {"statusCode": "STRING_TOO_LONG", "message": "data value too large", "fields": ["Note__c"]}
    crm.on("PATCH", COLLECTIONS, refuse({1}, error))
    outcomes = write(crm, writes(3))
    assert [outcome.status for outcome in outcomes] == [Status.WRITTEN, Status.FAILED, Status.WRITTEN]
    assert outcomes[1] == Outcome(
        record_id(1), Status.FAILED, "STRING_TOO_LONG", "data value too large (fields: Note__c)", retry=False
    )


def test_locked_records_are_sent_again_alone_until_they_are_free(crm: Org) -> None:
    crm.on("PATCH", COLLECTIONS, refuse({1, 3}, LOCKED), refuse({3}, LOCKED), saved)
    outcomes = write(crm, writes(5))
    assert {outcome.status for outcome in outcomes} == {Status.WRITTEN}
    assert sorted(outcome.record_id for outcome in outcomes) == [record_id(number) for number in range(5)]
    assert [len(request.json["records"]) for request in crm.to(COLLECTIONS)] == [5, 2, 1]


def test_a_record_that_stays_locked_fails_and_says_that_it_may_work_later(crm: Org) -> None:
    crm.on("PATCH", COLLECTIONS, refuse({1}, LOCKED))
    outcomes = {outcome.record_id: outcome for outcome in write(crm, writes(3))}
    assert len(outcomes) == 3
    assert outcomes[record_id(1)].retry
    assert outcomes[record_id(1)].code == "UNABLE_TO_LOCK_ROW"
    assert len(crm.to(COLLECTIONS)) == 4


def test_a_batch_refused_as_a_whole_is_split_until_the_bad_record_stands_alone(crm: Org) -> None:
    def answer(request: Request) -> tuple[int, Any]:
        if any(sent["id"] == record_id(137) for sent in request.json["records"]):
            return 400, [{"message": "Cannot deserialize instance", "errorCode": "JSON_PARSER_ERROR"}]
        return saved(request)

    crm.on("PATCH", COLLECTIONS, answer)
    outcomes = write(crm, writes(200))
    failed = [outcome for outcome in outcomes if outcome.status is Status.FAILED]
    assert [(outcome.record_id, outcome.code) for outcome in failed] == [(record_id(137), "JSON_PARSER_ERROR")]
    assert len(outcomes) == 200


def test_a_write_whose_answer_was_lost_is_sent_again(crm: Org) -> None:
    crm.on("PATCH", COLLECTIONS, (200, b'[{"id": "006'), saved)
    outcomes = write(crm, writes(2))
    assert [outcome.status for outcome in outcomes] == [Status.WRITTEN, Status.WRITTEN]
    first, second = crm.to(COLLECTIONS)
    assert first.body == second.body


def test_the_answer_to_an_earlier_batch_is_no_proof_of_this_one(crm: Org) -> None:
    others = [{"id": record_id(number), "success": True, "errors": []} for number in (7, 8)]
    crm.on("PATCH", COLLECTIONS, (200, others), saved)
    outcomes = write(crm, writes(2))
    assert [outcome.status for outcome in outcomes] == [Status.WRITTEN, Status.WRITTEN]
    assert len(crm.to(COLLECTIONS)) == 2


def test_what_was_written_is_told_before_the_failure_that_stops_the_rest(crm: Org) -> None:
    crm.on("PATCH", COLLECTIONS, refuse({1}, LOCKED), BUSY)
    told: list[str] = []
    with closing(crm.connect()) as connector, pytest.raises(Unreachable):
        told.extend(outcome.record_id for outcome in connector.write("opportunity", writes(3)))
    assert told == [record_id(0), record_id(2)]


def test_lost_rights_stop_a_write_and_are_no_outcome_of_a_record(crm: Org) -> None:
    error = [{"message": "API is disabled for this User", "errorCode": "API_DISABLED_FOR_ORG"}]
    crm.on("PATCH", COLLECTIONS, (403, error))
    with pytest.raises(AuthFailed):
        write(crm, writes(2))


def test_a_text_for_a_number_field_fails_its_record_alone(crm: Org) -> None:
    crm.on("PATCH", COLLECTIONS, saved)
    bad = RecordWrite(record_id(9), {"Commission__c": "West"})
    outcomes = write(crm, [bad, *writes(1)])
    assert [(outcome.record_id, outcome.status) for outcome in outcomes] == [
        (record_id(9), Status.FAILED),
        (record_id(0), Status.WRITTEN),
    ]
    assert "currency field" in outcomes[0].message
    assert len(crm.to(COLLECTIONS)[0].json["records"]) == 1


def test_a_field_that_our_login_does_not_see_fails_with_what_to_do(crm: Org) -> None:
    (outcome,) = write(crm, [RecordWrite(record_id(1), {"Nope__c": "1"})])
    assert outcome.code == "INVALID_FIELD"
    assert "salesops provision" in outcome.message
    assert crm.to(COLLECTIONS) == []


def sizes(org: Org) -> list[int]:
    return [len(request.json["records"]) for request in org.to(COLLECTIONS)]


@pytest.mark.parametrize("slow", [(503, TOO_LONG), (504, b"<html>Gateway Time-out</html>")])
def test_a_batch_that_takes_too_long_is_halved_at_once_and_so_are_those_after_it(
    crm: Org, slow: tuple[int, Any]
) -> None:
    def answer(request: Request) -> tuple[int, Any]:
        return slow if len(request.json["records"]) > 50 else saved(request)

    crm.on("PATCH", COLLECTIONS, answer)
    outcomes = write(crm, writes(300))
    assert sizes(crm) == [200, 100, 50, 50, 100, 50, 50, 50, 50]
    assert [outcome.record_id for outcome in outcomes] == [record_id(number) for number in range(300)]
    assert {outcome.status for outcome in outcomes} == {Status.WRITTEN}
    assert crm.pauses == []


def test_a_record_that_alone_takes_too_long_fails_alone_and_may_work_later(crm: Org) -> None:
    def answer(request: Request) -> tuple[int, Any]:
        slow = any(sent["id"] == record_id(1) for sent in request.json["records"])
        return (503, TOO_LONG) if slow else saved(request)

    crm.on("PATCH", COLLECTIONS, answer)
    outcomes = {outcome.record_id: outcome for outcome in write(crm, writes(4))}
    failed = outcomes[record_id(1)]
    assert (failed.code, failed.retry) == ("REQUEST_RUNNING_TOO_LONG", True)
    assert [outcome.status for outcome in outcomes.values()].count(Status.WRITTEN) == 3
    assert sizes(crm) == [4, 2, 1, 1, 2, 1, 1, 1]


def test_a_gateway_that_answers_nobody_stops_the_write(crm: Org) -> None:
    crm.on("PATCH", COLLECTIONS, (504, b"<html>Gateway Time-out</html>"))
    with pytest.raises(Unreachable):
        write(crm, writes(4))
    assert sizes(crm) == [4, 2, 1, 1, 1, 1]


def test_only_a_read_that_timed_out_says_that_the_request_is_too_long() -> None:
    assert translate_failure(requests.ReadTimeout(), "https://org").code == TIMED_OUT
    assert translate_failure(requests.ConnectTimeout(), "https://org").code == ""
