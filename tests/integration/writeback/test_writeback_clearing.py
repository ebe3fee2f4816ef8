"""A field whose result is gone is emptied: by collections, by bulk jobs (#N/A), and in HubSpot by an empty text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from writeback_world import is_write

from connectors.salesforce import bulk_write

if TYPE_CHECKING:
    from collections.abc import Callable

    from integration_harness import Crm
    from writeback_world import Desk, Report

CLEARED = {
    "account": ("Num0", "Num2", "Num4", "Money0", "Money2", "Share0", "Share2", "Pick", "Words", "Story"),
    "opportunity": ("Place", "DealSize", "DealShare", "DealPick", "DealStory"),
    "lead": ("Rate",),
    "contact": ("Place",),
    "Statement": ("Average", "Rate"),
}
"""Fields that show a result that is gone, of every kind that can be without one."""

RAISED = ("--cap", "records_share=1", "--cap", "value_share=1000000")


@pytest.fixture
def by_job(monkeypatch: pytest.MonkeyPatch) -> None:
    """Salesforce: every write that may be a bulk job is one, as it is from some ten thousand records on."""
    monkeypatch.setattr(bulk_write, "CALLS", 0)


def take_results_away(desk: Desk) -> None:
    """Nothing was won, nothing has a rate, and no territory fits."""
    desk.change("metrics/all.yaml", "[{field: is_won, is: true}]", "[{field: amount, at_least: 1000000000}]")
    desk.change("writeback.yaml", "metric: average_deal", "metric: average_size")
    desk.change("writeback.yaml", "metric: win_rate", "metric: huge_rate")
    fits = "territories: [{name: None, where: [{field: country, is: Nowhere}]}]\n"
    (desk.world.project / "territories" / "all.yaml").write_text(fits, encoding="utf-8")


def held(desk: Desk) -> dict[str, int]:
    """How many values stand in the fields whose results go."""
    return {
        of_object: sum(value is not None for row in desk.values(of_object, *fields).values() for value in row)
        for of_object, fields in CLEARED.items()
    }


def assert_cleared(desk: Desk, ran: Report) -> None:
    """Nothing stands there any more, and nothing is left to do."""
    assert ran.code == 0, ran.said
    assert set(ran.outcomes) == {"written"}
    assert held(desk) == dict.fromkeys(CLEARED, 0)
    again = desk.run()
    assert (again.code, again.outcomes, again.writes) == (0, {}, []), again.said


def test_fields_of_every_kind_are_emptied_and_filled_again(desk: Desk) -> None:
    before = held(desk)
    assert all(before.values()), "what is emptied was filled"
    files = [desk.world.project / name for name in ("metrics/all.yaml", "writeback.yaml", "territories/all.yaml")]
    texts = [file.read_text(encoding="utf-8") for file in files]
    take_results_away(desk)
    assert_cleared(desk, desk.run(*RAISED))
    for file, text in zip(files, texts, strict=True):
        file.write_text(text, encoding="utf-8")
    assert desk.run(*RAISED).code == 0
    assert held(desk) == before


@pytest.mark.usefixtures("by_job")
def test_fields_of_every_kind_are_emptied_by_bulk_jobs(new_desk: Callable[[Crm], Desk]) -> None:
    desk = new_desk("salesforce")
    take_results_away(desk)
    ran = desk.run(*RAISED)
    uploads = b"".join(call.body for call in ran.ended.calls if is_write(call) and call.path.endswith("/batches"))
    assert uploads.count(b"#N/A") >= 200 * len(CLEARED["opportunity"])
    assert_cleared(desk, ran)


def test_nothing_is_emptied_where_empty_results_leave_a_field_alone(desk: Desk) -> None:
    desk.rewrite(empty="leave")
    before = held(desk)
    take_results_away(desk)
    assert desk.run(*RAISED).code == 0
    assert held(desk) == before


@pytest.mark.usefixtures("by_job")
def test_a_text_that_a_bulk_job_would_take_for_nothing_is_written(new_desk: Callable[[Crm], Desk]) -> None:
    """A territory is called #N/A."""
    desk = new_desk("salesforce")
    desk.change("territories/all.yaml", "otherwise: Rest", "otherwise: '#N/A'")
    desk.change("writeback.yaml", "field: DealPick__c", "field: DealNote__c")
    desk.change("writeback.yaml", "field: Pick__c", "field: Note__c")  # the choices do not have it
    assert desk.world.salesops("provision", "--yes").code == 0
    assert desk.run(*RAISED).code == 0
    assert "#N/A" in {place for (place,) in desk.values("opportunity", "Place").values()}
    again = desk.run()
    assert (again.code, again.outcomes, again.writes) == (0, {}, []), again.said
