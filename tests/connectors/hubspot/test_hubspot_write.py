"""Writes against scripted answers: one truthful outcome for each record, whatever shape the refusal has."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hubspot_stub import Portal, Request, record
from hubspot_written import DEALS, STATEMENTS, USERS, NoJobs, delete, refused, stand
from hubspot_written import write as written_by
from hubspot_written import written as names_written

from connectors.errors import Rejected, Unreachable
from connectors.writing import Cause, Outcome, RecordWrite, Status, Target

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.base import Connector

UPDATE = "/crm/v3/objects/deals/batch/update"
READ = "/crm/v3/objects/deals/batch/read"
ARCHIVE = "/crm/v3/objects/deals/batch/archive"
SCHEMAS = "/crm-object-schemas/v3/schemas"
UPSERT = "/crm/v3/objects/2-7/batch/upsert"


@pytest.fixture
def connector(portal: Portal) -> Iterator[Connector]:
    """Signed in to an account with two properties of the admin's."""
    portal.describe("deals", kpi="number", grade="string", at="datetime")
    opened = portal.connect()
    yield opened
    opened.close()


def write(connector: Connector, *record_ids: int, target: Target = DEALS) -> dict[str, Outcome]:
    return written_by(connector, target, {str(record_id): {"kpi": str(record_id)} for record_id in record_ids})


def done(request: Request) -> Any:
    return 200, {
        "status": "COMPLETE",
        "results": [record(int(each["id"])) for each in reversed(request.json["inputs"])],
    }


def written(outcomes: dict[str, Outcome]) -> set[int]:
    return set(map(int, names_written(outcomes)))


def sizes(portal: Portal, path: str = UPDATE) -> list[int]:
    return [len(request.json["inputs"]) for request in portal.asked(path)]


def invalid(*problems: tuple[str, str]) -> dict[str, Any]:
    """A refusal as HubSpot words it: the refused properties as JSON within the message."""
    listed = [{"isValid": False, "message": f"{name} is bad", "error": code, "name": name} for name, code in problems]
    return {"category": "VALIDATION_ERROR", "message": f"Property values were not valid: {json.dumps(listed)}"}


def test_a_hundred_records_go_in_a_batch_and_never_an_empty_one(portal: Portal, connector: Connector) -> None:
    portal.on("POST", UPDATE, done)
    assert len(written(write(connector, *range(1, 251)))) == 250
    assert sizes(portal) == [100, 100, 50]
    portal.requests.clear()
    assert write(connector) == {}
    assert sizes(portal) == []


def test_nothing_is_cleared_by_empty_text(portal: Portal, connector: Connector) -> None:
    portal.on("POST", UPDATE, done)
    written_by(connector, DEALS, {"1": {"kpi": None, "grade": "x"}})
    assert portal.asked(UPDATE)[0].json["inputs"][0]["properties"] == {"kpi": "", "grade": "x"}


@pytest.mark.parametrize(
    "context", [{"ids": ["2"]}, {"id": ["2"]}, {"objectWriteTraceId": ["2"]}, {"ids": ['["2"]']}, {"ids": ["2,9"]}]
)
def test_an_error_of_a_partial_success_is_its_records(
    portal: Portal, connector: Connector, context: dict[str, list[str]]
) -> None:
    failure = {"category": "VALIDATION_ERROR", "message": "Bad value.", "context": context}
    portal.on("POST", UPDATE, (207, {"results": [record(1), record(3)], "errors": [failure], "numErrors": 1}))
    outcomes = write(connector, 1, 2, 3)
    assert written(outcomes) == {1, 3}
    assert outcomes["2"] == Outcome("2", Status.FAILED, "", "VALIDATION_ERROR", "Bad value.", Cause.RULE)
    assert sizes(portal) == [3]


def test_errors_that_name_no_record_are_found_by_asking_for_each_alone(portal: Portal, connector: Connector) -> None:
    failure = {"category": "OBJECT_NOT_FOUND", "message": "Could not get some DEAL objects."}

    def answer(request: Request) -> Any:
        asked = [int(each["id"]) for each in request.json["inputs"]]
        good = [record(record_id) for record_id in asked if record_id % 2]
        return (200, {"results": good}) if len(good) == len(asked) else (207, {"results": good, "errors": [failure]})

    portal.on("POST", UPDATE, answer)
    outcomes = write(connector, 1, 2, 3, 4)
    assert written(outcomes) == {1, 3}
    assert refused(outcomes) == dict.fromkeys("24", ("OBJECT_NOT_FOUND", Cause.GONE))
    assert sizes(portal) == [4, 1, 1]


def test_an_error_without_context_is_that_of_the_one_record_that_is_missing(
    portal: Portal, connector: Connector
) -> None:
    answer = (207, {"results": [record(1)], "errors": [{"category": "CONFLICT", "message": "Taken."}]})
    portal.on("POST", UPDATE, answer)
    assert refused(write(connector, 1, 2)) == {"2": ("CONFLICT", Cause.RULE)}
    assert sizes(portal) == [2]


@pytest.mark.parametrize("answer", [(202, {"results": []}), (204, None), (200, {"status": "PENDING"})])
def test_what_no_success_mentions_is_looked_up_and_sent_again_alone(
    portal: Portal, connector: Connector, answer: Any
) -> None:
    portal.on("POST", UPDATE, answer)
    portal.on("POST", READ, (200, {"results": [record(1, kpi="1.0"), record(2, kpi="9")]}))
    outcomes = write(connector, 1, 2)
    assert written(outcomes) == {1}
    assert refused(outcomes) == {"2": ("NO_ANSWER", Cause.UNKNOWN)}
    assert sizes(portal) == [2, 1]
    assert sizes(portal, READ)[0] == 2


def test_what_stands_is_compared_as_the_property_means_it(portal: Portal, connector: Connector) -> None:
    portal.on("POST", UPDATE, (204, None))
    held = record(1, kpi="1", grade=None, at="2026-05-01T00:00:00Z")
    portal.on("POST", READ, (200, {"results": [held]}))
    values = {"kpi": "1.00", "grade": None, "at": "2026-05-01T02:00:00.000+02:00"}
    assert names_written(written_by(connector, DEALS, {"1": values})) == {"1"}


@pytest.mark.parametrize("status", [400, 409])
def test_a_batch_that_is_refused_whole_is_split_until_the_bad_record_stands_alone(
    portal: Portal, connector: Connector, status: int
) -> None:
    def answer(request: Request) -> Any:
        if any(each["id"] == "37" for each in request.json["inputs"]):
            return status, {"category": "CONFLICT", "message": "Value taken."}
        return done(request)

    portal.on("POST", UPDATE, answer)
    outcomes = write(connector, *range(1, 101))
    assert written(outcomes) == set(range(1, 101)) - {37}
    assert refused(outcomes) == {"37": ("CONFLICT", Cause.RULE)}
    assert len(sizes(portal)) < 16


@pytest.mark.parametrize("code", ["PROPERTY_DOESNT_EXIST", "READ_ONLY_VALUE"])
def test_a_property_that_takes_nothing_fails_its_records_without_asking_for_each(
    portal: Portal, connector: Connector, code: str
) -> None:
    portal.on("POST", UPDATE, (400, invalid(("kpi", code))))
    outcomes = write(connector, *range(1, 251))
    assert set(refused(outcomes).values()) == {(code, Cause.PERMISSION)}
    assert outcomes["7"].message == "kpi is bad"
    assert sizes(portal) == [100]


def test_a_value_that_is_no_choice_is_asked_about_once(portal: Portal, connector: Connector) -> None:
    def answer(request: Request) -> Any:
        bad = any(each["properties"]["grade"] == "Z" for each in request.json["inputs"])
        return (400, invalid(("grade", "INVALID_OPTION"))) if bad else done(request)

    portal.on("POST", UPDATE, answer)
    values = {str(number): {"grade": "Z" if number % 2 else "A"} for number in range(1, 101)}
    outcomes = written_by(connector, DEALS, values)
    assert written(outcomes) == set(range(2, 101, 2))
    assert set(refused(outcomes).values()) == {("INVALID_OPTION", Cause.RULE)}
    assert len(sizes(portal)) < 16


def test_records_without_that_property_are_written_all_the_same(portal: Portal, connector: Connector) -> None:
    def answer(request: Request) -> Any:
        inputs = request.json["inputs"]
        return (400, invalid(("no", "PROPERTY_DOESNT_EXIST"))) if "no" in str(inputs) else done(request)

    portal.on("POST", UPDATE, answer)
    values = {str(number): {"no" if number % 2 else "kpi": "1"} for number in range(1, 101)}
    assert written(written_by(connector, DEALS, values)) == set(range(2, 101, 2))
    assert sizes(portal) == [100, 50]


def by_field(connector: Connector, values: dict[str, dict[str, str | None]]) -> dict[tuple[str, str], str]:
    """What became of each property of each record; each is in one outcome."""
    writes = [RecordWrite(name, each) for name, each in values.items()]
    told = [
        ((outcome.name, field), outcome.code or outcome.status)
        for outcome in connector.write(DEALS, writes, NoJobs())
        for field in outcome.fields or values[outcome.name]
    ]
    assert len(dict(told)) == len(told) == sum(map(len, values.values()))
    return dict(told)


@pytest.mark.parametrize("code", ["PROPERTY_DOESNT_EXIST", "READ_ONLY_VALUE"])
def test_the_other_properties_of_a_record_are_written_where_one_takes_nothing(
    portal: Portal, connector: Connector, code: str
) -> None:
    def answer(request: Request) -> Any:
        return (400, invalid(("no", code))) if "no" in str(request.json["inputs"]) else done(request)

    portal.on("POST", UPDATE, answer)
    told = by_field(connector, {str(number): {"no": "1", "kpi": "1"} for number in range(1, 251)})
    assert {told[str(number), "kpi"] for number in range(1, 251)} == {Status.WRITTEN}
    assert {told[str(number), "no"] for number in range(1, 251)} == {code}
    assert sizes(portal) == [100, 100, 100, 50]


def test_a_record_of_which_two_properties_take_nothing_is_written_without_both(
    portal: Portal, connector: Connector
) -> None:
    def answer(request: Request) -> Any:
        named = [name for name in ("no", "nor") if name in request.json["inputs"][0]["properties"]]
        return (400, invalid((named[0], "READ_ONLY_VALUE"))) if named else done(request)

    portal.on("POST", UPDATE, answer)
    told = by_field(connector, {"1": {"no": "1", "kpi": "1", "nor": "1"}})
    assert told == {("1", "no"): "READ_ONLY_VALUE", ("1", "nor"): "READ_ONLY_VALUE", ("1", "kpi"): Status.WRITTEN}


def test_what_fails_of_the_others_is_told_of_the_others_alone(portal: Portal, connector: Connector) -> None:
    def answer(request: Request) -> Any:
        known = "no" in request.json["inputs"][0]["properties"]
        return 400, invalid(("no", "READ_ONLY_VALUE") if known else ("grade", "INVALID_OPTION"))

    portal.on("POST", UPDATE, answer)
    told = by_field(connector, {"1": {"no": "1", "kpi": "1", "grade": "Z"}})
    assert told == {("1", "no"): "READ_ONLY_VALUE", ("1", "kpi"): "INVALID_OPTION", ("1", "grade"): "INVALID_OPTION"}


def test_a_record_whose_property_an_answer_of_207_refuses_is_sent_again_without_it(
    portal: Portal, connector: Connector
) -> None:
    refusal = invalid(("no", "READ_ONLY_VALUE")) | {"context": {"id": ["2"]}}
    portal.on("POST", UPDATE, (207, {"results": [record(1)], "errors": [refusal]}), done)
    told = by_field(connector, {"1": {"kpi": "1"}, "2": {"no": "1", "kpi": "1"}})
    assert told == {("1", "kpi"): Status.WRITTEN, ("2", "no"): "READ_ONLY_VALUE", ("2", "kpi"): Status.WRITTEN}
    assert sizes(portal) == [2, 1]


def test_a_property_that_our_login_does_not_see_is_none_of_the_values(portal: Portal, connector: Connector) -> None:
    portal.on("POST", READ, (200, {"results": [record(1, kpi="1", grade=None)]}))
    [standing] = connector.standing(DEALS, ["kpi", "grade", "hidden"], ["1"]).values()
    assert standing.values == {"kpi": "1", "grade": None}


@pytest.mark.parametrize(
    ("error", "code", "cause"),
    [
        (invalid(("kpi", "INVALID_OPTION")), "INVALID_OPTION", Cause.RULE),
        (invalid(("hubspot_owner_id", "INVALID_OWNER_ID")), "INVALID_OWNER_ID", Cause.RULE),
        (invalid(("kpi", "SOMETHING_NEW")), "SOMETHING_NEW", Cause.RULE),
        ({"category": "VALIDATION_ERROR", "message": "Not: [{broken"}, "VALIDATION_ERROR", Cause.RULE),
        ({"category": "VALIDATION_ERROR", "subCategory": "CrmObjects.NEW"}, "CrmObjects.NEW", Cause.RULE),
        (
            {
                "category": "VALIDATION_ERROR",
                "message": "The property values provided are invalid",
                "errors": [{"code": "MISSING_CONDITIONAL_REQUIRED_PROPERTY", "message": "why is required"}],
            },
            "MISSING_CONDITIONAL_REQUIRED_PROPERTY",
            Cause.RULE,
        ),
        ({"category": "OBJECT_NOT_FOUND", "message": "It is not there."}, "OBJECT_NOT_FOUND", Cause.GONE),
        ({"category": "RATE_LIMITS", "message": "Later."}, "RATE_LIMITS", Cause.BUSY),
        ({"category": "INTERNAL_ERROR", "message": "Sorry."}, "INTERNAL_ERROR", Cause.BUSY),
        ({"category": "USER_DOES_NOT_HAVE_PERMISSIONS", "message": "No."}, None, Cause.PERMISSION),
        ({"message": "Unable to infer object type from: x"}, None, Cause.UNKNOWN),
        ({"category": "BRAND_NEW", "message": "?"}, "BRAND_NEW", Cause.UNKNOWN),
    ],
)
def test_every_refusal_has_its_cause(
    portal: Portal, connector: Connector, error: dict[str, Any], code: str | None, cause: Cause
) -> None:
    bare = error.get("category")
    for answer, otherwise in (((400, error), "HTTP_400"), ((207, {"results": [], "errors": [error]}), "UNKNOWN")):
        portal.on("POST", UPDATE, answer)
        assert refused(write(connector, 1)) == {"1": (code or bare or otherwise, cause)}


def test_a_page_that_is_not_hubspots_does_not_make_a_record_gone(portal: Portal, connector: Connector) -> None:
    portal.on("POST", UPDATE, (404, "<html>Not Found</html>"))
    assert refused(write(connector, 1)) == {"1": ("HTTP_404", Cause.UNKNOWN)}


def test_a_record_named_twice_goes_in_two_batches(portal: Portal, connector: Connector) -> None:
    portal.on("POST", UPDATE, done)
    twice = [RecordWrite("1", {"kpi": "1"}), RecordWrite("1", {"grade": "2"})]
    assert [each.status for each in connector.write(DEALS, twice, NoJobs())] == [Status.WRITTEN] * 2
    assert sizes(portal) == [1, 1]


def test_a_write_is_retried_after_a_passing_failure(portal: Portal, connector: Connector) -> None:
    portal.on("POST", UPDATE, (502, "<html/>"), done)
    assert written(write(connector, 1, 2)) == {1, 2}


def test_a_record_that_hubspot_stumbles_over_fails_alone_and_later_may_work(
    portal: Portal, connector: Connector
) -> None:
    def answer(request: Request) -> Any:
        stumbles = any(each["id"] == "3" for each in request.json["inputs"])
        return (500, {"status": "error", "message": "internal error"}) if stumbles else done(request)

    portal.on("POST", UPDATE, answer)
    outcomes = write(connector, *range(1, 9))
    assert written(outcomes) == {1, 2, 4, 5, 6, 7, 8}
    assert refused(outcomes) == {"3": ("HTTP_500", Cause.BUSY)}


@pytest.mark.parametrize(("status", "most"), [(500, 40), (503, 3)])
def test_where_hubspot_fails_at_every_record_the_writing_stops(
    portal: Portal, connector: Connector, status: int, most: int
) -> None:
    portal.on("POST", UPDATE, (status, {"status": "error", "message": "internal error"}))
    with pytest.raises(Unreachable):
        write(connector, *range(1, 101))
    assert len(sizes(portal)) <= most


def test_a_missing_scope_is_the_cause_of_all_and_asked_about_once(portal: Portal, connector: Connector) -> None:
    portal.on("POST", UPDATE, (403, {"category": "MISSING_SCOPES"}))
    outcomes = write(connector, *range(1, 251))
    assert set(refused(outcomes).values()) == {("MISSING_SCOPES", Cause.PERMISSION)}
    assert sizes(portal) == [100]


def test_users_are_written_to_by_the_record_of_the_users_object(portal: Portal, connector: Connector) -> None:
    portal.on("POST", "/crm/v3/objects/users/batch/update", done)
    assert written(write(connector, 5, target=USERS)) == {5}


def test_present_values_leave_out_records_that_are_gone(portal: Portal, connector: Connector) -> None:
    gone = {"category": "OBJECT_NOT_FOUND", "message": "Could not get some DEAL objects.", "context": {"ids": ["2"]}}
    portal.on("POST", READ, (207, {"results": [record(1, kpi="7.50")], "errors": [gone]}))
    assert stand(connector, DEALS, ["1", "2", "1"], "kpi") == {"1": {"kpi": "7.5"}}
    assert stand(connector, DEALS, [], "kpi") == {}
    assert [each.json["inputs"] for each in portal.asked(READ)] == [[{"id": "1"}, {"id": "2"}]]


def test_a_present_value_that_is_no_value_of_its_property_is_none(portal: Portal, connector: Connector) -> None:
    portal.on("POST", READ, (200, {"results": [record(1, kpi="high", grade="a\0b")]}))
    assert stand(connector, DEALS, ["1"], "kpi", "grade") == {"1": {"kpi": None, "grade": None}}


def test_what_is_still_there_after_it_was_archived_is_not_deleted(portal: Portal, connector: Connector) -> None:
    portal.on("POST", ARCHIVE, (204, None))
    portal.on("POST", READ, (200, {"results": [record(2)]}))
    assert refused(delete(connector, DEALS, ["1", "2"])) == {"2": ("STILL_THERE", Cause.UNKNOWN)}


def test_an_archiving_that_is_refused_whole_is_split(portal: Portal, connector: Connector) -> None:
    def answer(request: Request) -> Any:
        bad = any(each["id"] == "3" for each in request.json["inputs"])
        return (400, {"category": "VALIDATION_ERROR", "message": "No."}) if bad else (204, None)

    portal.on("POST", ARCHIVE, answer)
    portal.on("POST", READ, (200, {"results": []}))
    outcomes = delete(connector, DEALS, [str(number) for number in range(1, 11)])
    assert refused(outcomes) == {"3": ("VALIDATION_ERROR", Cause.RULE)}


@pytest.fixture
def statements(portal: Portal) -> None:
    """A custom object of the type 2-7, beside one that was deleted."""
    named = [("commission_statement", "2-7", False), ("commission_statement", "2-6", True)]
    schemas = [
        {"name": name, "objectTypeId": type_id, "fullyQualifiedName": f"p62515_{name}", "archived": archived}
        for name, type_id, archived in named
    ]
    portal.on("GET", SCHEMAS, (200, {"results": schemas}))
    portal.show_only("2-7", statement_key="string!", kpi="number")


def upserted(request: Request) -> Any:
    """An answer as an upsert may give it: in any order, without our trace ids."""
    inputs = [each for each in request.json["inputs"] if each["properties"]["kpi"] != "bad"]
    results = [
        {**record(1000 + int(each["id"][1:]), statement_key=each["id"]), "new": True} for each in reversed(inputs)
    ]
    return 200, {"results": results}


@pytest.mark.usefixtures("statements")
def test_an_upsert_is_by_key_and_says_which_records_it_made(portal: Portal, connector: Connector) -> None:
    portal.on("POST", UPSERT, upserted)
    outcomes = written_by(connector, STATEMENTS, {"k1": {"kpi": "1"}, "k2": {"kpi": None}})
    assert {name: each.record_id for name, each in outcomes.items()} == {"k1": "1001", "k2": "1002"}
    assert portal.asked(UPSERT)[0].json["inputs"][1] == {
        "id": "k2",
        "idProperty": "statement_key",
        "objectWriteTraceId": "k2",
        "properties": {"statement_key": "k2", "kpi": ""},
    }


@pytest.mark.usefixtures("statements")
def test_an_upsert_that_one_conflict_fails_whole_is_split(portal: Portal, connector: Connector) -> None:
    def answer(request: Request) -> Any:
        bad = any(each["properties"]["kpi"] == "bad" for each in request.json["inputs"])
        return (409, {"category": "CONFLICT", "message": "Taken."}) if bad else upserted(request)

    portal.on("POST", UPSERT, answer)
    values = {f"k{number}": {"kpi": "bad" if number == 37 else "1"} for number in range(100)}
    assert refused(written_by(connector, STATEMENTS, values)) == {"k37": ("CONFLICT", Cause.RULE)}


@pytest.mark.usefixtures("statements")
def test_the_schemas_are_asked_for_once_and_again_after_a_description(portal: Portal, connector: Connector) -> None:
    portal.on("POST", UPSERT, upserted)
    for number in range(3):
        written_by(connector, STATEMENTS, {f"k{number}": {"kpi": "1"}})
    assert len(portal.asked(SCHEMAS, "GET")) == 1
    connector.describe()
    written_by(connector, STATEMENTS, {"k9": {"kpi": "1"}})
    assert len(portal.asked(SCHEMAS, "GET")) == 2


@pytest.mark.usefixtures("statements")
def test_a_key_that_is_not_there_is_refused_before_anything_is_sent(portal: Portal, connector: Connector) -> None:
    with pytest.raises(Rejected, match=r"statement_number of commission_statement.*is not there"):
        connector.write(Target("commission_statement", "statement_number"), [], NoJobs())
    assert not portal.asked(UPSERT)


def test_a_property_that_goes_along_is_not_written_alone_where_all_others_are_refused(
    portal: Portal, connector: Connector
) -> None:
    portal.on("POST", UPDATE, (400, invalid(("kpi", "READ_ONLY_VALUE"))), done)
    values: dict[str, str | None] = {"kpi": "1", "at": "2026-05-01T08:00:00.000Z"}
    outcomes = list(connector.write(DEALS, [RecordWrite("1", values, frozenset({"at"}))], NoJobs()))
    assert {field for outcome in outcomes for field in outcome.fields or values} == set(values)
    assert {(outcome.status, outcome.cause) for outcome in outcomes} == {(Status.FAILED, Cause.PERMISSION)}
    assert sizes(portal) == [1]
