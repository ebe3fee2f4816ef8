"""Writes and provisioning: one truthful outcome for each, whatever shape the refusal has."""

from __future__ import annotations

from typing import Any

import pytest
from hubspot_stub import Portal, Request, record

from connectors.base import FieldKind, NewField, Outcome, RecordWrite, Status
from connectors.errors import AuthFailed, Rejected

UPDATE = "/crm/v3/objects/deals/batch/update"
READ = "/crm/v3/objects/deals/batch/read"
DEAL_PROPERTIES = "/crm/v3/properties/deals"


def write(portal: Portal, *record_ids: int, name: str = "opportunity") -> dict[str, Outcome]:
    connector = portal.connect()
    writes = [RecordWrite(str(record_id), {"kpi": str(record_id)}) for record_id in record_ids]
    outcomes = list(connector.write(name, writes))
    connector.close()
    assert sorted(each.record_id for each in outcomes) == sorted(map(str, record_ids))
    return {each.record_id: each for each in outcomes}


def done(request: Request) -> Any:
    return 200, {
        "status": "COMPLETE",
        "results": [record(int(each["id"])) for each in reversed(request.json["inputs"])],
    }


def written(outcomes: dict[str, Outcome]) -> set[int]:
    return {int(record_id) for record_id, each in outcomes.items() if each.status is Status.WRITTEN}


def sizes(portal: Portal) -> list[int]:
    return [len(request.json["inputs"]) for request in portal.asked(UPDATE)]


def test_a_hundred_records_go_in_a_batch_and_never_an_empty_one(portal: Portal) -> None:
    portal.on("POST", UPDATE, done)
    assert len(written(write(portal, *range(1, 251)))) == 250
    assert sizes(portal) == [100, 100, 50]
    portal.requests.clear()
    assert write(portal) == {}
    assert sizes(portal) == []


def test_nothing_is_cleared_by_empty_text(portal: Portal) -> None:
    portal.on("POST", UPDATE, done)
    connector = portal.connect()
    list(connector.write("opportunity", [RecordWrite("1", {"kpi": None, "name": "x"})]))
    connector.close()
    assert portal.asked(UPDATE)[0].json["inputs"][0]["properties"] == {"kpi": "", "name": "x"}


@pytest.mark.parametrize(
    "context", [{"ids": ["2"]}, {"id": ["2"]}, {"objectWriteTraceId": ["2"]}, {"ids": ['["2"]']}, {"ids": ["2,9"]}]
)
def test_an_error_of_a_partial_success_is_its_records(portal: Portal, context: dict[str, list[str]]) -> None:
    failure = {"category": "VALIDATION_ERROR", "message": "Bad value.", "context": context}
    portal.on("POST", UPDATE, (207, {"results": [record(1), record(3)], "errors": [failure], "numErrors": 1}))
    outcomes = write(portal, 1, 2, 3)
    assert written(outcomes) == {1, 3}
    assert outcomes["2"] == Outcome("2", Status.FAILED, "VALIDATION_ERROR", "Bad value.")
    assert sizes(portal) == [3]


def test_an_error_that_names_no_record_is_found_by_asking_for_each_alone(portal: Portal) -> None:
    failure = {"category": "OBJECT_NOT_FOUND", "message": "Could not get some DEAL objects."}

    def answer(request: Request) -> Any:
        asked = [int(each["id"]) for each in request.json["inputs"]]
        good = [record(record_id) for record_id in asked if record_id % 2]
        return (200, {"results": good}) if len(good) == len(asked) else (207, {"results": good, "errors": [failure]})

    portal.on("POST", UPDATE, answer)
    outcomes = write(portal, 1, 2, 3, 4)
    assert written(outcomes) == {1, 3}
    assert outcomes["4"].code == "OBJECT_NOT_FOUND"
    assert sizes(portal) == [4, 1, 1]


def test_a_record_that_no_answer_mentions_is_not_called_written(portal: Portal) -> None:
    portal.on("POST", UPDATE, (202, {"results": []}))
    assert write(portal, 1)["1"].code == "NO_ANSWER"


@pytest.mark.parametrize("status", [400, 409])
def test_a_batch_that_is_refused_whole_is_split_until_the_bad_record_stands_alone(portal: Portal, status: int) -> None:
    def answer(request: Request) -> Any:
        if any(each["id"] == "37" for each in request.json["inputs"]):
            return status, {"category": "CONFLICT", "message": "Value taken."}
        return done(request)

    portal.on("POST", UPDATE, answer)
    outcomes = write(portal, *range(1, 101))
    assert written(outcomes) == set(range(1, 101)) - {37}
    assert outcomes["37"].code == "CONFLICT"
    assert len(sizes(portal)) < 16


def test_a_property_that_does_not_exist_fails_its_records_without_asking_for_each(portal: Portal) -> None:
    message = (
        'Property values were not valid: [{"isValid":false,"message":"Property \\"kpi\\" does not exist",'
        '"error":"PROPERTY_DOESNT_EXIST","name":"kpi"}]'
    )
    portal.on("POST", UPDATE, (400, {"category": "VALIDATION_ERROR", "message": message}))
    assert written(write(portal, *range(1, 101))) == set()
    assert sizes(portal) == [100]


def test_records_that_may_work_later_say_so(portal: Portal) -> None:
    failure = {"category": "RATE_LIMITS", "message": "Later.", "context": {"ids": ["1"]}}
    portal.on("POST", UPDATE, (207, {"results": [], "errors": [failure]}))
    assert write(portal, 1)["1"].retry


def test_a_record_named_twice_goes_in_two_batches(portal: Portal) -> None:
    portal.on("POST", UPDATE, done)
    connector = portal.connect()
    twice = [RecordWrite("1", {"a": "1"}), RecordWrite("1", {"b": "2"})]
    assert [each.status for each in connector.write("opportunity", twice)] == [Status.WRITTEN] * 2
    connector.close()
    assert sizes(portal) == [1, 1]


def test_a_write_is_retried_after_a_passing_failure(portal: Portal) -> None:
    portal.on("POST", UPDATE, (502, "<html/>"), done)
    assert written(write(portal, 1, 2)) == {1, 2}


def test_a_missing_scope_stops_the_writing(portal: Portal) -> None:
    portal.on("POST", UPDATE, (403, {"category": "MISSING_SCOPES"}))
    with pytest.raises(AuthFailed):
        write(portal, 1)


def test_users_are_written_to_by_the_record_of_the_users_object(portal: Portal) -> None:
    portal.on("POST", "/crm/v3/objects/users/batch/update", done)
    assert written(write(portal, 5, name="user")) == {5}


def test_what_cannot_be_written_to_is_refused(portal: Portal) -> None:
    with pytest.raises(Rejected, match="activity is not written to"):
        write(portal, 1, name="activity")


def test_present_values_leave_out_records_that_are_gone(portal: Portal) -> None:
    portal.describe("deals", kpi="number")
    gone = {"category": "OBJECT_NOT_FOUND", "message": "Could not get some DEAL objects.", "context": {"ids": ["2"]}}
    portal.on("POST", READ, (207, {"results": [record(1, kpi="7.50")], "errors": [gone]}))
    connector = portal.connect()
    assert connector.read_values("opportunity", ["kpi"], ["1", "2", "1"]) == {"1": {"kpi": "7.5"}}
    assert connector.read_values("opportunity", ["kpi"], []) == {}
    connector.close()
    assert [each.json["inputs"] for each in portal.asked(READ)] == [[{"id": "1"}, {"id": "2"}]]


def test_a_present_value_that_is_no_value_of_its_property_is_none(portal: Portal) -> None:
    portal.describe("deals", kpi="number", note="string")
    portal.on("POST", READ, (200, {"results": [record(1, kpi="high", note="a\0b")]}))
    connector = portal.connect()
    assert connector.read_values("opportunity", ["kpi", "note"], ["1"]) == {"1": {"kpi": None, "note": None}}
    connector.close()


def field(name: str, kind: FieldKind, entity: str = "opportunity") -> NewField:
    return NewField(entity, name, name.title(), "What it is.", kind)


def provision(portal: Portal, *fields: NewField) -> list[Outcome]:
    connector = portal.connect()
    outcomes = list(connector.provision(fields))
    connector.close()
    return outcomes


def test_a_missing_property_is_created_in_a_group_of_ours(portal: Portal) -> None:
    portal.on("GET", f"{DEAL_PROPERTIES}/groups", (200, {"results": [{"name": "dealinformation"}]}))
    portal.on("POST", f"{DEAL_PROPERTIES}/groups", (201, {"name": "salesops"}))
    portal.on("POST", DEAL_PROPERTIES, (201, {}))
    portal.on("PATCH", f"{DEAL_PROPERTIES}/pay", changed)
    portal.on("PATCH", f"{DEAL_PROPERTIES}/share", changed)
    kinds = [("pay", FieldKind.MONEY), ("share", FieldKind.PERCENT), ("note", FieldKind.TEXT)]
    outcomes = provision(portal, *[field(name, kind) for name, kind in kinds])
    assert outcomes == [Outcome(f"opportunity.{name}", Status.WRITTEN) for name, _ in kinds]
    bodies = [request.json for request in portal.asked(DEAL_PROPERTIES)]
    assert [body["groupName"] for body in bodies] == ["salesops"] * 3
    assert [(body["type"], body["fieldType"]) for body in bodies] == [
        ("number", "number"),
        ("number", "number"),
        ("string", "text"),
    ]
    assert len(portal.asked(f"{DEAL_PROPERTIES}/groups")) == 1


def changed(request: Request) -> Any:
    return 200, request.json


def new_property(portal: Portal, *answers: Any) -> None:
    """Script the creation of the property `pay`."""
    portal.on("GET", f"{DEAL_PROPERTIES}/groups", (200, {"results": [{"name": "salesops"}]}))
    portal.on("POST", DEAL_PROPERTIES, *answers)


def test_how_a_number_is_shown_is_asked_for_where_a_change_may_say_it(portal: Portal) -> None:
    new_property(portal, (201, {"numberDisplayHint": "unformatted"}))
    portal.on("PATCH", f"{DEAL_PROPERTIES}/pay", changed)
    assert [each.message for each in provision(portal, field("pay", FieldKind.MONEY))] == [""]
    documented = {"name", "label", "description", "groupName", "formField", "type", "fieldType"}
    assert portal.asked(DEAL_PROPERTIES)[0].json.keys() == documented
    (change,) = portal.asked(f"{DEAL_PROPERTIES}/pay", "PATCH")
    hints = {"numberDisplayHint": "currency", "showCurrencySymbol": True}
    assert change.json == {"type": "number", "fieldType": "number", **hints}


def test_nothing_is_changed_where_a_new_property_is_shown_as_it_should_be(portal: Portal) -> None:
    new_property(portal, (201, {"numberDisplayHint": "formatted"}))
    assert [each.status for each in provision(portal, field("pay", FieldKind.COUNT))] == [Status.WRITTEN]
    assert not portal.asked(f"{DEAL_PROPERTIES}/pay", "PATCH")


@pytest.mark.parametrize("answer", [(400, {"category": "VALIDATION_ERROR", "message": "Unknown field."}), (200, {})])
def test_a_property_that_is_shown_otherwise_is_created_and_says_so(portal: Portal, answer: Any) -> None:
    new_property(portal, (201, {}))
    portal.on("PATCH", f"{DEAL_PROPERTIES}/pay", answer)
    (outcome,) = provision(portal, field("pay", FieldKind.PERCENT))
    assert outcome.status is Status.WRITTEN
    assert "numberDisplayHint percentage" in outcome.message
    assert ("Unknown field." in outcome.message) == (answer[0] == 400)


def test_an_existing_property_is_fine_where_its_type_fits(portal: Portal) -> None:
    portal.describe("deals", pay="number", note="number", sum="number*")
    outcomes = provision(
        portal, field("pay", FieldKind.MONEY), field("note", FieldKind.TEXT), field("sum", FieldKind.COUNT)
    )
    assert [each.status for each in outcomes] == [Status.WRITTEN, Status.FAILED, Status.FAILED]
    assert [each.code for each in outcomes] == ["", "WRONG_TYPE", "READ_ONLY"]
    assert "text needs string" in outcomes[1].message


def test_a_name_that_hubspot_would_change_is_refused(portal: Portal) -> None:
    (outcome,) = provision(portal, field("Won_Amount", FieldKind.MONEY))
    assert outcome.status is Status.FAILED
    assert "Write won_amount in writeback.yaml" in outcome.message


def test_a_refused_property_is_an_outcome_and_the_next_goes_on(portal: Portal) -> None:
    portal.on("GET", f"{DEAL_PROPERTIES}/groups", (200, {"results": [{"name": "salesops"}]}))
    portal.on("POST", DEAL_PROPERTIES, (409, {"category": "CONFLICT", "message": "Exists."}), (201, {}))
    outcomes = provision(portal, field("a", FieldKind.COUNT), field("b", FieldKind.COUNT))
    assert [(each.status, each.code) for each in outcomes] == [(Status.FAILED, "CONFLICT"), (Status.WRITTEN, "")]
