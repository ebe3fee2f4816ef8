"""The pipelines API: pipelines and stages made, changed and taken away (pipelines guide)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from hubspot_account import Client

DEALS = "/crm/v3/pipelines/deals"
NEW: dict[str, Any] = {
    "label": "Renewals",
    "displayOrder": 1,
    "stages": [
        {"label": "Open", "displayOrder": 0, "metadata": {"probability": "0.5"}},
        {"label": "Won", "displayOrder": 1, "metadata": {"probability": 1.0}},
        {"label": "Lost", "displayOrder": 2, "metadata": {"probability": "0"}},
    ],
}


@pytest.fixture
def made(crm: Client) -> dict[str, Any]:
    answer = crm.send("POST", DEALS, NEW)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def test_a_new_pipelines_stages_close_by_their_probability(crm: Client, made: dict[str, Any]) -> None:
    told = [(each["label"], each["metadata"]) for each in made["stages"]]
    assert told == [
        ("Open", {"isClosed": "false", "probability": "0.5"}),
        ("Won", {"isClosed": "true", "probability": "1.0"}),
        ("Lost", {"isClosed": "true", "probability": "0.0"}),
    ]
    assert [each["id"] for each in crm.get(DEALS)["results"]] == ["default", made["id"]]
    won = crm.create("deals", {"pipeline": made["id"], "dealstage": made["stages"][1]["id"], "amount": "10"})
    deal = crm.get(f"/crm/v3/objects/deals/{won}?properties=hs_is_closed_won")
    assert deal["properties"]["hs_is_closed_won"] == "true"


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"label": None}, 400),
        ({"label": " "}, 400),
        ({"label": "sales pipeline"}, 409),
        ({"stages": []}, 400),
        ({"stages": [{"label": "A", "displayOrder": 0, "metadata": {}}]}, 400),
        ({"stages": [{"label": "A", "displayOrder": 0, "metadata": {"probability": "1.5"}}]}, 400),
        ({"stages": [{"label": "A", "displayOrder": 0, "metadata": {"probability": "1", "colour": "red"}}]}, 400),
        ({"stages": [NEW["stages"][0]] * 2}, 409),
        ({"displayOrder": "first"}, 400),
    ],
)
def test_a_wrong_pipeline_is_refused(steady: Client, wrong: dict[str, Any], status: int) -> None:
    assert steady.send("POST", DEALS, {**NEW, **wrong}).status_code == status


def test_a_pipeline_is_changed_in_part_and_replaced_whole(crm: Client, made: dict[str, Any]) -> None:
    path = f"{DEALS}/{made['id']}"
    assert crm.send("PATCH", path, {"label": "Upsell"}).json()["label"] == "Upsell"
    assert crm.send("PATCH", path, {"archived": True}).status_code == 400
    kept = {**NEW["stages"][0], "stageId": made["stages"][0]["id"]}
    whole = crm.send("PUT", path, {"label": "Whole", "displayOrder": 3, "stages": [kept]}).json()
    assert ([each["id"] for each in whole["stages"]], whole["createdAt"]) == ([kept["stageId"]], made["createdAt"])


def test_a_deleted_pipeline_is_gone_until_it_is_restored(crm: Client, made: dict[str, Any]) -> None:
    path = f"{DEALS}/{made['id']}"
    assert crm.send("DELETE", path).status_code == 204
    assert crm.send("GET", path).status_code == 404
    assert crm.send("PATCH", path, {"archived": False}).status_code == 200
    assert crm.get(path)["label"] == "Renewals"
    actions = [each["action"] for each in crm.get(f"{path}/audit")["results"]]
    assert actions == ["UPDATE", "DELETE", "CREATE"]


def test_the_check_of_references_names_the_records(crm: Client, made: dict[str, Any]) -> None:
    stage = made["stages"][0]["id"]
    number = crm.create("deals", {"pipeline": made["id"], "dealstage": stage})
    refused = crm.send("DELETE", f"{DEALS}/{made['id']}?validateReferencesBeforeDelete=true")
    assert refused.status_code == 400
    assert refused.json()["subCategory"] == "PipelineError.STAGE_ID_IN_USE"
    assert refused.json()["context"] == {"stageId": [stage], "objectIds": [number]}
    assert crm.send("DELETE", f"{DEALS}/{made['id']}/stages/{stage}").status_code == 400
    assert crm.send("DELETE", f"{DEALS}/{made['id']}").status_code == 204


def test_the_last_pipeline_and_the_last_stage_stay(crm: Client) -> None:
    assert crm.send("DELETE", f"{DEALS}/default").status_code == 400
    tickets = "/crm/v3/pipelines/tickets/0/stages"
    answers = [crm.send("DELETE", f"{tickets}/{each}").status_code for each in (1, 2, 3, 4)]
    assert answers == [204, 204, 204, 400]


def test_a_stage_is_added_changed_and_restored(crm: Client, made: dict[str, Any]) -> None:
    path = f"{DEALS}/{made['id']}/stages"
    stage = crm.send("POST", path, {"label": "Talk", "displayOrder": 1, "metadata": {"probability": "0.7"}}).json()
    changed = crm.send("PATCH", f"{path}/{stage['id']}", {"metadata": {"probability": "0.8"}}).json()
    assert (changed["label"], changed["metadata"]) == ("Talk", {"isClosed": "false", "probability": "0.8"})
    assert crm.send("DELETE", f"{path}/{stage['id']}").status_code == 204
    assert crm.send("GET", f"{path}/{stage['id']}").status_code == 404
    assert crm.send("PATCH", f"{path}/{stage['id']}", {"archived": False}).status_code == 200
    assert stage["id"] in [each["id"] for each in crm.get(path)["results"]]


def test_tickets_close_by_their_state(crm: Client) -> None:
    path = "/crm/v3/pipelines/tickets/0/stages"
    stage = crm.send("POST", path, {"label": "Done", "displayOrder": 9, "metadata": {"ticketState": "CLOSED"}}).json()
    assert stage["metadata"] == {"ticketState": "CLOSED", "isClosed": "true"}
    wrong = {"label": "Odd", "displayOrder": 9, "metadata": {"ticketState": "HALF"}}
    assert crm.send("POST", path, wrong).status_code == 400
