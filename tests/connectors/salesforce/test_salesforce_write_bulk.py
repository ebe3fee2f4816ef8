"""Writing by bulk jobs: what of a job was carried out is known, whenever it or we were stopped."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from connected_org import connector_to
from written_org import (
    ACCOUNT,
    DEAL,
    PAT,
    STATEMENT,
    KeptJobs,
    WrittenOrg,
    account,
    build_org,
    deal,
    writing_to,
)

from connectors.salesforce import bulk_write
from connectors.writing import OWNER, Cause, RecordWrite, Status, Target

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from connectors.writing import Outcome

JOBS = "/services/data/*/jobs/ingest"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_org(tmp_path_factory.mktemp("jobs"))


@pytest.fixture
def org(data: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WrittenOrg]:
    """An org in which a job is always cheaper."""
    monkeypatch.setattr(bulk_write, "CALLS", 0)
    with writing_to(data) as written:
        written.org.behave(bulk_seconds=0)
        yield written


def words(numbers: range, text: str | None = "x") -> dict[str, dict[str, str | None]]:
    return {deal(number): {"Words__c": text} for number in numbers}


def killed(org: WrittenOrg, values: Mapping[str, Mapping[str, str | None]], *faults: tuple[str, str, str]) -> KeptJobs:
    """The jobs that a process left which could send nothing any more after some of its requests; the CRM is well again.

    A fault is (kind, method, path).
    """
    for kind, method, path in faults:
        org.fault(kind, path, method=method)
    jobs = KeptJobs()
    with closing(connector_to(org.org.sandbox, attempts=1)) as connector, pytest.raises(Exception):  # noqa: B017, PT011
        list(connector.write(DEAL, [RecordWrite(name, each) for name, each in values.items()], jobs))
    org.heal()
    assert len(jobs.begun_jobs) == 1
    assert jobs.ended_jobs == []
    return jobs


def finish(org: WrittenOrg, jobs: KeptJobs) -> dict[str, Outcome]:
    [(job, target, names)] = jobs.begun_jobs
    return {outcome.name: outcome for outcome in org.org.connector.finish(job, target, names)}


def standing(org: WrittenOrg, numbers: range) -> list[str | None]:
    found = org.stands(DEAL, ["Words__c"], [deal(number) for number in numbers])
    return [each.values["Words__c"] for each in found.values()]


def test_every_row_of_a_job_has_its_outcome_and_the_job_is_ended(org: WrittenOrg) -> None:
    org.rule("Opportunity", 'Words__c = "no"', "Never no.")
    bad: dict[str, tuple[dict[str, str | None], str, Cause]] = {
        deal(3): ({"Words__c": "no"}, "FIELD_CUSTOM_VALIDATION_EXCEPTION", Cause.RULE),
        deal(50): ({"Words__c": "x" * 256}, "STRING_TOO_LONG", Cause.RULE),
        deal(77): ({OWNER: PAT}, "INACTIVE_OWNER_OR_USER", Cause.RULE),
        deal(160): ({"Nowhere__c": "1"}, "INVALID_FIELD", Cause.PERMISSION),
        deal(999): ({"Words__c": "x"}, "INVALID_CROSS_REFERENCE_KEY", Cause.GONE),
    }
    outcomes = org.write(DEAL, words(range(1, 201)) | {name: each for name, (each, _, _) in bad.items()})
    failed = {name: each for name, each in outcomes.items() if each.status is Status.FAILED}
    assert {name: (each.code, each.cause) for name, each in failed.items()} == {
        name: (code, cause) for name, (_, code, cause) in bad.items()
    }
    assert failed[deal(3)].message == "Never no."
    assert "(fields: OwnerId)" in failed[deal(77)].message
    [(job, target, names)] = org.jobs.begun_jobs
    assert (target, len(names)) == (DEAL, 200)
    assert org.jobs.ended_jobs == [job]


VALUES = {
    "Earned__c": "1234.56",
    "Share__c": "12.25",
    "Words__c": 'West, "far"',
    "Story__c": 'one\ntwo "three", four\nfive',
    "Day__c": "2026-02-03",
    "At__c": "2026-02-03T04:05:06.000Z",
}


def test_values_stand_as_they_were_said_and_are_cleared_and_what_is_not_named_is_left(org: WrittenOrg) -> None:
    org.write(DEAL, {deal(1): VALUES, deal(2): {"Words__c": "only"}})
    found = org.stands(DEAL, list(VALUES), [deal(1), deal(2)])
    assert found[deal(1)].values == VALUES
    assert found[deal(2)].values == dict.fromkeys(VALUES) | {"Words__c": "only"}
    org.write(DEAL, {deal(1): dict.fromkeys(VALUES), deal(2): {"Earned__c": "1"}})
    found = org.stands(DEAL, list(VALUES), [deal(1), deal(2)])
    assert found[deal(1)].values == dict.fromkeys(VALUES)
    assert found[deal(2)].values["Words__c"] == "only"
    assert len(org.jobs.ended_jobs) == 2


def test_a_text_that_would_clear_its_field_goes_another_way(org: WrittenOrg) -> None:
    org.write(DEAL, {deal(1): {"Words__c": "#N/A"}, deal(2): {"Words__c": "x"}})
    assert standing(org, range(1, 3)) == ["#N/A", "x"]
    assert org.jobs.begun_jobs[0][2] == [deal(2)]


def test_records_of_our_own_are_made_once_by_jobs_too(org: WrittenOrg) -> None:
    values = {f"ann, {number}": {"Earned__c": str(number)} for number in range(50)}
    first, again = org.write(STATEMENT, values), org.write(STATEMENT, values)
    assert {name: each.record_id for name, each in first.items()} == {n: e.record_id for n, e in again.items()}
    assert org.count(STATEMENT.object) == 50
    assert org.values(STATEMENT, "ann, 7", "Earned__c", "CurrencyIsoCode") == ["7", "EUR"]


def test_accounts_are_never_written_by_a_job_which_might_assign_them_anew(org: WrittenOrg) -> None:
    assert org.write(ACCOUNT, {account(1): {"Territory__c": "East"}})[account(1)].status is Status.WRITTEN
    assert org.jobs.begun_jobs == []


def test_an_upload_is_no_larger_than_it_may_be(org: WrittenOrg, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_write, "MOST_BYTES", 1_000)
    org.write(DEAL, words(range(1, 101)))
    assert len(org.jobs.begun_jobs) > 2
    assert sorted(name for _, _, names in org.jobs.begun_jobs for name in names) == sorted(words(range(1, 101)))
    assert set(standing(org, range(1, 101))) == {"x"}


def test_rows_that_were_locked_for_a_job_are_written_by_themselves(org: WrittenOrg) -> None:
    org.org.behave(lock_share=0.6)
    outcomes = org.write(DEAL, words(range(1, 101)))
    assert [each.cause for each in outcomes.values()].count(Cause.BUSY) < 30
    assert {each.cause for each in outcomes.values()} <= {None, Cause.BUSY}


def test_where_no_job_can_be_had_the_records_are_written_all_the_same(org: WrittenOrg) -> None:
    org.fault("status", JOBS, method="POST", status=503)
    outcomes = org.write(DEAL, words(range(1, 11)))
    assert {each.status for each in outcomes.values()} == {Status.WRITTEN}
    assert org.jobs.begun_jobs == []


@pytest.mark.parametrize("kind", ["reset", "lost", "truncated", "duplicated", "repeated"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", JOBS),
        ("PUT", f"{JOBS}/*/batches"),
        ("PATCH", f"{JOBS}/*"),
        ("GET", f"{JOBS}/*"),
        ("GET", f"{JOBS}/*/successfulResults"),
        ("GET", f"{JOBS}/*/failedResults"),
    ],
)
def test_whatever_happens_to_the_answers_of_a_job_every_record_is_written(
    org: WrittenOrg, kind: str, method: str, path: str
) -> None:
    org.write(DEAL, words(range(1, 3), "before"))  # an answer that may come again
    org.fault(kind, path, method=method, times=2)
    values = words(range(1, 31)) | {deal(999): {"Words__c": "x"}}
    outcomes = org.write(DEAL, values)
    assert outcomes.pop(deal(999)).cause is Cause.GONE
    assert {each.status for each in outcomes.values()} == {Status.WRITTEN}
    assert standing(org, range(1, 31)) == ["x"] * 30


@pytest.mark.parametrize(
    ("faults", "carried_out"),
    [
        ([("reset", "PUT", f"{JOBS}/*/batches")], False),  # killed before its rows were there
        ([("lost", "PUT", f"{JOBS}/*/batches")], False),  # after
        ([("reset", "PATCH", f"{JOBS}/*")], False),  # before it was closed
        ([("lost", "PATCH", f"{JOBS}/*")], True),  # after
        ([("reset", "GET", f"{JOBS}/*")], True),  # while it was waited for
        ([("reset", "GET", f"{JOBS}/*/successfulResults")], True),  # before its results were taken
        ([("reset", "GET", f"{JOBS}/*/failedResults")], True),
    ],
)
def test_a_job_of_a_process_that_was_killed_tells_what_it_wrote_and_writes_no_more(
    org: WrittenOrg, faults: list[Any], carried_out: bool
) -> None:
    jobs = killed(org, words(range(1, 31)) | {deal(999): {"Words__c": "x"}}, *faults)
    if carried_out:
        org.wait(jobs)
    outcomes = finish(org, jobs)
    written = [name for name, outcome in outcomes.items() if outcome.status is Status.WRITTEN]
    assert sorted(written) == (sorted(words(range(1, 31))) if carried_out else [])
    assert standing(org, range(1, 31)) == ["x" if carried_out else None] * 30
    assert (deal(999) in outcomes) is carried_out
    assert finish(org, jobs) == outcomes  # a second crash, and again
    org.forward(60)
    assert standing(org, range(1, 31)) == ["x" if carried_out else None] * 30


def test_a_job_that_still_waits_is_stopped_and_its_rows_have_no_outcome(org: WrittenOrg) -> None:
    org.org.behave(bulk_seconds=10_000)
    jobs = killed(org, words(range(1, 31)), ("reset", "GET", f"{JOBS}/*"))
    assert finish(org, jobs) == {}
    org.forward(20_000)
    assert standing(org, range(1, 31)) == [None] * 30


def test_a_job_that_was_half_done_tells_the_half_that_it_wrote(org: WrittenOrg) -> None:
    org.org.behave(bulk_seconds=10_000)
    jobs = killed(org, words(range(1, 201)), ("reset", "GET", f"{JOBS}/*"))
    org.forward(6_250)  # a quarter of the time it waits
    outcomes = finish(org, jobs)
    assert 0 < len(outcomes) < 200
    assert {each.status for each in outcomes.values()} == {Status.WRITTEN}
    found = org.stands(DEAL, ["Words__c"], [deal(number) for number in range(1, 201)])
    assert {name for name, each in found.items() if each.values["Words__c"]} == outcomes.keys()


def test_a_job_that_is_gone_has_no_outcomes(org: WrittenOrg) -> None:
    assert list(org.org.connector.finish("750XX0000000001AAA", DEAL, [deal(1)])) == []


def test_a_job_is_cheaper_only_where_very_many_records_change(data: Path) -> None:
    with writing_to(data) as org:
        cost = org.org.connector.cost
        assert [cost(DEAL, ["Words__c"], count).write for count in (0, 1, 1_000, 10_000, 10_001, 100_000)] == [
            0, 1, 1, 10, 10, 10,
        ]  # fmt: skip
        assert cost(ACCOUNT, ["Territory__c"], 100_000).write == 100
        assert cost(Target("opportunity"), ["Words__c"], 100_000).read == 20
