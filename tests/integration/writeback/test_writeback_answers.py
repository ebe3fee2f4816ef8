"""What a CRM may answer to a write: of a part, of none, with another success, cut short, or after the work was done."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from integration_harness import CRMS
from writeback_between import Reply, answering
from writeback_company import MANY

from connectors.salesforce import bulk_write

if TYPE_CHECKING:
    from collections.abc import Callable

    from integration_harness import Crm
    from pulled_world import Call
    from writeback_between import Answer, Forward
    from writeback_world import Desk, Report

BAD = 7
"""The account that is refused where one is."""


def stir(desk: Desk) -> dict[str, Any]:
    """Let every account change, every statement and quota be made again, and a task more a person; and what stands
    there in the end if nothing goes wrong."""
    keys = sorted(str(key) for (key,) in desk.values("Statement", "StatementKey").values())
    tasks = [str(key) for (key,) in desk.values("task", "TaskKey").values()]
    for record in desk.values("Statement", "StatementKey"):
        desk.delete("Statement", record)
    stands: dict[str, Any] = {
        "statements": keys,
        "tasks": sorted([*tasks, *(key.replace("behind|", "late|") for key in tasks)]),
    }
    if desk.crm == "salesforce":
        stands["quotas"] = len(desk.values("ForecastingQuota", "QuotaAmount"))
        stands["associations"] = len(desk.values(ASSOCIATION, "ObjectId"))
        desk.delete("ForecastingQuota", min(desk.values("ForecastingQuota", "QuotaAmount")))
        desk.delete(ASSOCIATION, min(desk.values(ASSOCIATION, "ObjectId")))
    desk.change("writeback.yaml", "{payee}: {value} in", "{payee} has {value} in")
    desk.change("writeback.yaml", "name: behind", "name: late")
    return {**stands, "words": MANY}


ASSOCIATION = "ObjectTerritory2Association"


def standing(desk: Desk) -> dict[str, Any]:
    """What stands there of that now."""
    told = {
        "statements": sorted(str(key) for (key,) in desk.values("Statement", "StatementKey").values()),
        "tasks": sorted(str(key) for (key,) in desk.values("task", "TaskKey").values()),
        "words": sum(" has " in (words or "") for (words,) in desk.values("account", "Words").values()),
    }
    if desk.crm == "salesforce":
        told["quotas"] = len(desk.values("ForecastingQuota", "QuotaAmount"))
        told["associations"] = len(desk.values(ASSOCIATION, "ObjectId"))
    return told


def assert_all_is_well(desk: Desk, ran: Report, wanted: dict[str, Any]) -> None:
    """Everything stands there once, every line says so, and nothing is left to do."""
    assert ran.code == 0, ran.said
    assert set(ran.outcomes) <= {"written", "unchanged"}
    assert sum(ran.outcomes.values()) == ran.body["plan"]["changes"]
    assert standing(desk) == wanted
    again = desk.run()
    assert (again.code, again.outcomes, again.writes) == (0, {}, []), again.said


def in_turn(*answers: Answer) -> Answer:
    """Each request of its own is answered in each of these ways in turn, and then as the CRM does."""
    met: dict[bytes, int] = {}

    async def answer(call: Call, forward: Forward) -> Reply:
        body = re.sub(rb'"referenceId": ?"[^"]*"', b"", call.body)  # another one each time it is sent
        place = met.get(body, 0)
        met[body] = place + 1
        return await (answers[place](call, forward) if place < len(answers) else forward(call.body))

    return answer


def after_the_work(status: int, body: bytes = b"", kind: str = "application/json") -> Answer:
    """The request is carried out, and its answer is another."""

    async def answer(call: Call, forward: Forward) -> Reply:
        await forward(call.body)
        return Reply(status, body, kind)

    return answer


def said_with(status: int) -> Answer:
    """The CRM's own answer, if it is a success, with another success code."""

    async def answer(call: Call, forward: Forward) -> Reply:
        reply = await forward(call.body)
        return Reply(status, reply.body, reply.kind) if reply.status < 300 else reply

    return answer


async def cut_short(call: Call, forward: Forward) -> Reply:
    reply = await forward(call.body)
    return Reply(reply.status, reply.body[: len(reply.body) // 2], reply.kind)


PAGE = b"<html><body>We are down for maintenance.</body></html>"

SERIES: dict[str, Answer] = {
    "another success": said_with(202),
    "nothing": in_turn(after_the_work(204), after_the_work(201, b"{}"), after_the_work(500), after_the_work(503)),
    "broken": in_turn(cut_short, after_the_work(200, PAGE, "text/html"), after_the_work(200, b"[]")),
    "null": in_turn(after_the_work(200, b"null")),
}


@pytest.mark.parametrize("crm", CRMS)
@pytest.mark.parametrize("name", SERIES)
def test_a_write_that_was_done_is_known_to_be_done_whatever_was_answered(
    new_desk: Callable[[Crm], Desk], crm: Crm, name: str
) -> None:
    desk = new_desk(crm)
    wanted = stir(desk)
    with answering(desk.world, SERIES[name]) as met:
        ran = desk.run()
    assert met
    assert_all_is_well(desk, ran, wanted)


def test_a_write_whose_answer_never_arrived_is_made_once(desk: Desk) -> None:
    wanted = stir(desk)
    path = "/composite" if desk.crm == "salesforce" else "/batch/(update|upsert)"
    for after, fault in enumerate(("lost", "truncated", "repeated") * 3):
        desk.world.fault(fault, path=path, after=2 * after, times=1)
    ran = desk.run()
    desk.world.mend()
    assert_all_is_well(desk, ran, wanted)


# One record for which more is refused


def refused_alone(desk: Desk, ran: Report) -> dict[str, Any]:
    """The one line that failed; every other account is written, and so is this one by the next run."""
    assert ran.code == 1, ran.said
    assert {line["name"] for line in ran.troubled} == {desk.account(BAD)}
    assert standing(desk)["words"] == MANY - 1
    again = desk.run()
    assert (again.code, again.outcomes) == (0, {"written": len(ran.troubled)}), again.said
    assert standing(desk)["words"] == MANY
    return ran.troubled[0]


def has_bad(desk: Desk, body: bytes) -> bool:
    return f'"{desk.account(BAD)}"'.encode() in body


@pytest.mark.parametrize(
    ("status", "category"), [(400, "VALIDATION_ERROR"), (409, "CONFLICT"), (500, "INTERNAL_ERROR")]
)
def test_hubspots_refusal_of_a_whole_batch_for_one_record_is_split(
    new_desk: Callable[[Crm], Desk], status: int, category: str
) -> None:
    desk = new_desk("hubspot")

    async def refuse(call: Call, forward: Forward) -> Reply:
        if not has_bad(desk, call.body):
            return await forward(call.body)
        return Reply.of(status, {"status": "error", "message": "no", "category": category, "correlationId": "x"})

    desk.change("writeback.yaml", "{payee}: {value} in", "{payee} has {value} in")
    with answering(desk.world, refuse, "companies/batch/update") as met:
        ran = desk.run()
    assert len(met) < 60, "halves, not one by one"
    assert refused_alone(desk, ran)["cause"] == ("busy" if status == 500 else "rule")


@pytest.mark.parametrize("named", [True, False], ids=["context", "no context"])
def test_hubspots_207_fails_the_one_record_it_is_about(new_desk: Callable[[Crm], Desk], *, named: bool) -> None:
    desk = new_desk("hubspot")

    async def some(call: Call, forward: Forward) -> Reply:
        sent = json.loads(call.body)
        rest = [each for each in sent["inputs"] if each["id"] != desk.account(BAD)]
        if len(rest) == len(sent["inputs"]):
            return await forward(call.body)
        context = {"id": [desk.account(BAD)]} if named else {}
        error = {"status": "error", "category": "VALIDATION_ERROR", "message": "no", "context": context}
        results = (await forward(json.dumps({"inputs": rest}).encode())).json()["results"] if rest else []
        return Reply.of(207, {"status": "COMPLETE", "results": results, "numErrors": 1, "errors": [error]})

    desk.change("writeback.yaml", "{payee}: {value} in", "{payee} has {value} in")
    with answering(desk.world, some, "companies/batch/update"):
        ran = desk.run()
    line = refused_alone(desk, ran)
    assert (line["code"], line["cause"]) == ("VALIDATION_ERROR", "rule")


def test_a_207_that_tells_of_nobody_fails_nobody_who_was_written(new_desk: Callable[[Crm], Desk]) -> None:
    """HubSpot writes everything, and answers with an error that names no record and no results."""
    desk = new_desk("hubspot")
    wanted = stir(desk)

    async def empty(call: Call, forward: Forward) -> Reply:
        await forward(call.body)
        error = {"status": "error", "category": "VALIDATION_ERROR", "message": "no", "context": {}}
        return Reply.of(207, {"status": "COMPLETE", "results": [], "numErrors": 1, "errors": [error]})

    with answering(desk.world, empty, "companies/batch/update", times=1):
        ran = desk.run()
    assert_all_is_well(desk, ran, wanted)


@pytest.mark.parametrize("whole", [True, False], ids=["the call", "a part of it"])
def test_salesforces_refusal_of_a_collection_for_one_record_is_split(
    new_desk: Callable[[Crm], Desk], *, whole: bool
) -> None:
    desk = new_desk("salesforce")
    error = [{"errorCode": "UNKNOWN_EXCEPTION", "message": "An unexpected error occurred."}]

    async def refuse(call: Call, forward: Forward) -> Reply:
        if not has_bad(desk, call.body):
            return await forward(call.body)
        if whole or not call.path.endswith("/composite"):
            return Reply.of(400, error)
        sent = json.loads(call.body)["compositeRequest"]
        bad = [part for part in sent if has_bad(desk, json.dumps(part).encode())]
        rest = [part for part in sent if part not in bad]
        answers = []
        if rest:
            reply = await forward(json.dumps({"compositeRequest": rest}).encode())
            answers = reply.json()["compositeResponse"]
        for part in bad:
            failed = {"body": error, "httpHeaders": {}, "httpStatusCode": 400, "referenceId": part["referenceId"]}
            answers.insert(sent.index(part), failed)
        return Reply.of(200, {"compositeResponse": answers})

    desk.change("writeback.yaml", "{payee}: {value} in", "{payee} has {value} in")
    with answering(desk.world, refuse) as met:
        ran = desk.run()
    assert len(met) < 60, "halves, not one by one"
    assert refused_alone(desk, ran)["code"] == "UNKNOWN_EXCEPTION"


def test_a_failure_of_the_orgs_own_code_is_split_from_the_records_it_took_along(
    new_desk: Callable[[Crm], Desk],
) -> None:
    """Apex that throws fails all records of its part: each is told the same, though one is why."""
    desk = new_desk("salesforce")
    error = {"statusCode": "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "message": "trigger: null", "fields": []}

    async def throw(call: Call, forward: Forward) -> Reply:
        if not has_bad(desk, call.body):
            return await forward(call.body)
        sent = json.loads(call.body)["compositeRequest"]
        answers = []
        for part in sent:
            if has_bad(desk, json.dumps(part).encode()):
                body = [{"success": False, "errors": [error]} for _ in part["body"]["records"]]
                answers.append({"body": body, "httpHeaders": {}, "httpStatusCode": 200})
            else:
                reply = await forward(json.dumps({"compositeRequest": [part]}).encode())
                answers.append(reply.json()["compositeResponse"][0])
            answers[-1]["referenceId"] = part["referenceId"]
        return Reply.of(200, {"compositeResponse": answers})

    desk.change("writeback.yaml", "{payee}: {value} in", "{payee} has {value} in")
    with answering(desk.world, throw):
        ran = desk.run()
    assert refused_alone(desk, ran)["cause"] == "rule"


# Bulk jobs


@pytest.fixture
def by_job(monkeypatch: pytest.MonkeyPatch) -> None:
    """Salesforce: every write that may be a bulk job is one, as it is from some ten thousand records on."""
    monkeypatch.setattr(bulk_write, "CALLS", 0)


@pytest.mark.usefixtures("by_job")
def test_one_bad_row_of_a_bulk_job_fails_alone(new_desk: Callable[[Crm], Desk]) -> None:
    desk = new_desk("salesforce")
    rule = {"active": True, "errorConditionFormula": 'Name = "Deal 007"', "errorMessage": "Not this one"}
    desk.world.send("POST", "tooling/sobjects/ValidationRule", {"FullName": "Opportunity.No", "Metadata": rule})
    desk.change("writeback.yaml", "It is\\n", "It was\\n")
    ran = desk.run()
    assert any("/jobs/ingest" in write for write in ran.writes)
    assert {line["name"] for line in ran.troubled} == {desk.deal(BAD)}
    assert {(line["code"], line["cause"]) for line in ran.troubled} == {("FIELD_CUSTOM_VALIDATION_EXCEPTION", "rule")}
    stories = [story for (story,) in desk.values("opportunity", "DealStory").values()]
    assert sum("It was" in (story or "") for story in stories) == MANY - 1


@pytest.mark.usefixtures("by_job")
def test_a_bulk_job_whose_answers_never_arrived_writes_everything_once(new_desk: Callable[[Crm], Desk]) -> None:
    desk = new_desk("salesforce")
    wanted = stir(desk)
    desk.change("writeback.yaml", "It is\\n", "It was\\n")
    for after, fault in enumerate(("lost", "truncated") * 3):
        desk.world.fault(fault, path="/jobs/ingest", after=2 * after, times=1)
    ran = desk.run()
    desk.world.mend()
    assert any("/jobs/ingest" in write for write in ran.writes)
    assert_all_is_well(desk, ran, wanted)
