"""Writing: what is sent, and that every record has its outcome whatever happens to its batch."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
import requests
from salesforce_stub import BUSY, COMPOSITE, VERSION
from written_org import KeptJobs

from connectors.errors import AuthFailed, Rejected, Retryable, Unreachable
from connectors.salesforce.collection_write import Collections, Item, Operation
from connectors.salesforce.errors import TIMED_OUT, translate_failure
from connectors.writing import Cause, Outcome, RecordWrite, Status, Target

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
        return list(connector.write(Target("opportunity"), planned, KeptJobs()))


def written(number: int) -> Outcome:
    return Outcome(record_id(number), Status.WRITTEN, record_id(number))


def calls(org: Org) -> int:
    """How many requests carried writes."""
    return sum("/composite/sobjects" in request.body for request in org.to(COMPOSITE))


def test_two_hundred_records_a_part_five_parts_a_call_and_an_outcome_for_each(crm: Org) -> None:
    crm.on("PATCH", COLLECTIONS, saved)
    outcomes = write(crm, writes(1250))
    assert sizes(crm) == [200, 200, 200, 200, 200, 200, 50]
    assert calls(crm) == 2
    assert outcomes == [written(number) for number in range(1250)]


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
    request = crm.to(COMPOSITE)[-1]
    assert '"Commission__c": 12345678901234567.1,' in request.body
    sent = json.loads(request.body, parse_float=str)["compositeRequest"][0]["body"]
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
        record_id(1), Status.FAILED, "", "STRING_TOO_LONG", "data value too large (fields: Note__c)", Cause.RULE
    )


def test_locked_records_are_sent_again_alone_until_they_are_free(crm: Org) -> None:
    crm.on("PATCH", COLLECTIONS, refuse({1, 3}, LOCKED), refuse({3}, LOCKED), saved)
    outcomes = write(crm, writes(5))
    assert {outcome.status for outcome in outcomes} == {Status.WRITTEN}
    assert sorted(outcome.name for outcome in outcomes) == [record_id(number) for number in range(5)]
    assert [len(request.json["records"]) for request in crm.to(COLLECTIONS)] == [5, 2, 1]


def test_a_record_that_stays_locked_fails_and_says_that_it_may_work_later(crm: Org) -> None:
    crm.on("PATCH", COLLECTIONS, refuse({1}, LOCKED))
    outcomes = {outcome.name: outcome for outcome in write(crm, writes(3))}
    assert len(outcomes) == 3
    assert outcomes[record_id(1)].cause is Cause.BUSY
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
    assert [(outcome.name, outcome.code) for outcome in failed] == [(record_id(137), "JSON_PARSER_ERROR")]
    assert len(outcomes) == 200


def test_a_write_whose_answer_was_lost_is_sent_again(crm: Org) -> None:
    crm.on("PATCH", COLLECTIONS, (200, b'{"compositeResponse": [{"id": "006'), saved)
    outcomes = write(crm, writes(2))
    assert [outcome.status for outcome in outcomes] == [Status.WRITTEN, Status.WRITTEN]
    first, second = crm.to(COLLECTIONS)
    assert first.body == second.body


@pytest.mark.parametrize("body", [b"null", b"7", b"true"])
def test_an_answer_that_is_json_and_not_salesforces_is_asked_for_again(crm: Org, body: bytes) -> None:
    crm.on("PATCH", COLLECTIONS, saved)
    crm.on("POST", COMPOSITE, (200, body), crm.answer_parts)
    assert write(crm, writes(1)) == [written(0)]


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
        told.extend(outcome.name for outcome in connector.write(Target("opportunity"), writes(3), KeptJobs()))
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
    assert [(outcome.name, outcome.status) for outcome in outcomes] == [
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


def test_records_that_fail_together_in_a_trigger_are_tried_until_the_bad_one_stands_alone(crm: Org) -> None:
    error = {"statusCode": "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "message": "NullPointerException", "fields": []}

    def answer(request: Request) -> tuple[int, Any]:
        if all(sent["id"] != record_id(137) for sent in request.json["records"]):
            return saved(request)
        return 200, [{"success": False, "errors": [error]} for _ in request.json["records"]]

    crm.on("PATCH", COLLECTIONS, answer)
    outcomes = write(crm, writes(200))
    assert [outcome.name for outcome in outcomes if outcome.cause is Cause.RULE] == [record_id(137)]
    assert [outcome.status for outcome in outcomes].count(Status.WRITTEN) == 199
    assert calls(crm) < 10


def test_a_record_that_somebody_made_at_the_same_moment_is_written_after_all(crm: Org) -> None:
    crm.describe("Kept__c", Key__c="string", Words__c="string")
    twin = {"statusCode": "DUPLICATE_VALUE", "message": "duplicate value found", "fields": ["Key__c"]}
    made = {"id": "a00000000000001AAA", "success": True, "errors": [], "created": False}
    crm.on("PATCH", f"{COLLECTIONS}/Kept__c/Key__c", (200, [{"success": False, "errors": [twin]}]), (200, [made]))
    with closing(crm.connect()) as connector:
        [outcome] = connector.write(Target("Kept__c", "Key__c"), [RecordWrite("k", {"Words__c": "x"})], KeptJobs())
    assert outcome == Outcome("k", Status.WRITTEN, "a00000000000001AAA")


def sizes(org: Org) -> list[int]:
    return [len(request.json["records"]) for request in org.to(COLLECTIONS)]


@pytest.mark.parametrize("slow", [(503, TOO_LONG), (504, b"<html>Gateway Time-out</html>")])
def test_a_batch_that_takes_too_long_is_halved_at_once_and_so_are_those_after_it(
    crm: Org, slow: tuple[int, Any]
) -> None:
    def answer(request: Request) -> tuple[int, Any]:
        return slow if len(request.json["records"]) > 50 else saved(request)

    crm.on("PATCH", COLLECTIONS, answer)
    outcomes = write(crm, writes(400))
    assert sizes(crm) == [200, 200, 100, *[50] * 8]
    assert [outcome.name for outcome in outcomes] == [record_id(number) for number in range(400)]
    assert {outcome.status for outcome in outcomes} == {Status.WRITTEN}
    assert crm.pauses == []


def test_a_record_that_alone_takes_too_long_fails_alone_and_may_work_later(crm: Org) -> None:
    def answer(request: Request) -> tuple[int, Any]:
        slow = any(sent["id"] == record_id(1) for sent in request.json["records"])
        return (503, TOO_LONG) if slow else saved(request)

    crm.on("PATCH", COLLECTIONS, answer)
    outcomes = {outcome.name: outcome for outcome in write(crm, writes(4))}
    failed = outcomes[record_id(1)]
    assert (failed.code, failed.cause) == ("REQUEST_RUNNING_TOO_LONG", Cause.BUSY)
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


def test_what_may_have_been_made_is_looked_for_before_less_of_it_is_sent_again(crm: Org) -> None:
    crm.on("POST", COLLECTIONS, (504, b"<html>Gateway Time-out</html>"))
    with closing(crm.session()) as session:
        sending = Collections(session, Operation("POST", "composite/sobjects", once=True))
        with pytest.raises(Retryable):
            list(sending.send([Item(str(number), f'{{"Name": "{number}"}}') for number in range(400)]))
    assert sizes(crm) == [200]
    assert sending.size == 200


def test_a_key_that_two_records_may_share_is_no_key(crm: Org) -> None:
    crm.describe("Kept__c", Loose__c="string", Words__c="string")
    with closing(crm.connect()) as connector, pytest.raises(Rejected, match="no unique External ID Loose__c"):
        list(connector.write(Target("Kept__c", "Loose__c"), [RecordWrite("k", {"Words__c": "x"})], KeptJobs()))


@pytest.mark.parametrize("known", [True, False], ids=["described", "said in the answer"])
def test_a_field_that_goes_along_is_not_written_alone_where_all_others_are_refused(crm: Org, *, known: bool) -> None:
    crm.describe("Opportunity", Commission__c="currency*" if known else "currency", Note__c="string", At__c="datetime")
    refusal = {"statusCode": "INVALID_FIELD_FOR_INSERT_UPDATE", "message": "no", "fields": ["Commission__c"]}
    crm.on("PATCH", COLLECTIONS, refuse({0}, refusal), saved)
    values: dict[str, str | None] = {"Commission__c": "1", "At__c": "2026-05-01T08:00:00.000Z"}
    outcomes = write(crm, [RecordWrite(record_id(0), values, frozenset({"At__c"}))])
    assert {field for outcome in outcomes for field in outcome.fields or values} == set(values)
    assert {(outcome.status, outcome.cause) for outcome in outcomes} == {(Status.FAILED, Cause.PERMISSION)}
    assert calls(crm) == (0 if known else 1)


def test_a_field_that_goes_along_is_written_with_what_is_left_of_its_record(crm: Org) -> None:
    crm.describe("Opportunity", Commission__c="currency*", Note__c="string", At__c="datetime")
    crm.on("PATCH", COLLECTIONS, saved)
    values = {"Commission__c": "1", "Note__c": "x", "At__c": "2026-05-01T08:00:00.000Z"}
    outcomes = write(crm, [RecordWrite(record_id(0), values, frozenset({"At__c"}))])
    assert {field: outcome.status for outcome in outcomes for field in outcome.fields} == {
        "Commission__c": Status.FAILED,
        "Note__c": Status.WRITTEN,
        "At__c": Status.WRITTEN,
    }
