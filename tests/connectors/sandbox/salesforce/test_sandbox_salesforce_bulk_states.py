"""What a bulk job is at each moment, and what can be done to it then. Source: Bulk API 2.0 Developer Guide."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from connectors.sandbox.salesforce.bulk2 import ingest, jobs

START = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)


@pytest.fixture
def slow(org):
    """An org whose batches wait 25 seconds and are worked on for 75."""
    org.database.behaviour = replace(org.database.behaviour, bulk_seconds=100)
    org.database.clock.set(START)
    return org


def after(org, seconds):
    org.database.clock.set(START + timedelta(seconds=seconds))


def closed_job(org, rows=100, **more):
    job = org.send("POST", "jobs/ingest", {"object": "Account", "operation": "insert", **more}).json()
    path = f"jobs/ingest/{job['id']}"
    data = "Name\n" + "".join(f"Acme {number}\n" for number in range(rows))
    org.http.put(
        f"{org.url}/{job['contentUrl']}", data=data, headers={**org.headers, "Content-Type": "text/csv"}, timeout=10
    )
    assert org.send("PATCH", path, {"state": "UploadComplete"}).json()["state"] == "UploadComplete"
    return path


def shown(org, path):
    job = org.send("GET", path).json()
    return job["state"], job["numberRecordsProcessed"]


def test_an_ingest_job_goes_through_its_states_by_the_clock(slow):
    path = closed_job(slow)
    assert shown(slow, path) == ("UploadComplete", 0)
    after(slow, 62.5)
    state, done = shown(slow, path)
    assert (state, done) == ("InProgress", pytest.approx(50, abs=2))
    assert slow.query("SELECT COUNT() FROM Account")["totalSize"] >= done
    after(slow, 101)
    assert shown(slow, path) == ("JobComplete", 100)
    job = slow.send("GET", path).json()
    assert job["totalProcessingTime"] >= job["apiActiveProcessingTime"] > job["apexProcessingTime"] == 0


def test_rows_are_written_although_nobody_asks_for_the_job(slow):
    closed_job(slow, rows=3)
    after(slow, 200)
    deadline = datetime.now(UTC) + timedelta(seconds=20)
    while slow.query("SELECT COUNT() FROM Account")["totalSize"] < 3:
        assert datetime.now(UTC) < deadline


def test_an_aborted_job_keeps_what_it_wrote_and_gives_the_rest_back(slow):
    path = closed_job(slow)
    after(slow, 62.5)
    assert shown(slow, path)[0] == "InProgress"
    assert slow.send("PATCH", path, {"state": "Aborted"}).json()["state"] == "Aborted"
    written = slow.query("SELECT COUNT() FROM Account")["totalSize"]
    left = slow.send("GET", f"{path}/unprocessedrecords").text.splitlines()
    assert left[0] == '"Name"'
    assert (len(left) - 1 + written, left[-1]) == (100, '"Acme 99"')
    after(slow, 300)
    slow.send("GET", path)
    assert slow.query("SELECT COUNT() FROM Account")["totalSize"] == written


def test_results_are_only_there_when_the_job_has_ended(slow):
    path = closed_job(slow)
    refused = slow.send("GET", f"{path}/successfulResults")
    assert (refused.status_code, refused.json()[0]["errorCode"]) == (400, "INVALIDJOBSTATE")


def test_a_job_in_progress_cannot_be_deleted(slow):
    path = closed_job(slow)
    after(slow, 50)
    assert slow.send("DELETE", path).json()[0]["errorCode"] == "INVALIDJOBSTATE"
    after(slow, 200)
    assert slow.send("DELETE", path).status_code == 204


def test_a_query_job_finds_what_is_there_when_it_starts(slow):
    slow.create("Account", Name="Early")
    job = slow.send("POST", "jobs/query", {"operation": "query", "query": "SELECT Name FROM Account"}).json()
    path = f"jobs/query/{job['id']}"
    assert (job["state"], slow.send("GET", path).json()["state"]) == ("UploadComplete", "UploadComplete")
    slow.create("Account", Name="Before the start")
    after(slow, 50)
    assert slow.send("GET", path).json()["state"] == "InProgress"
    slow.create("Account", Name="After it")
    refused = slow.send("GET", f"{path}/results")
    assert refused.json()[0]["message"].endswith("Current status: IN_PROGRESS")
    after(slow, 101)
    done = slow.send("GET", path).json()
    assert (done["state"], done["numberRecordsProcessed"], done["jobType"]) == ("JobComplete", 2, "V2Query")
    assert slow.send("GET", f"{path}/results").text == '"Name"\n"Early"\n"Before the start"\n'


def test_an_aborted_query_job_has_no_results(slow):
    job = slow.send("POST", "jobs/query", {"operation": "query", "query": "SELECT Id FROM Account"}).json()
    path = f"jobs/query/{job['id']}"
    assert slow.send("PATCH", path, {"state": "Aborted"}).json()["state"] == "Aborted"
    assert slow.send("GET", f"{path}/results").json()[0]["errorCode"] == "JOB_NOT_COMPLETE"


def test_a_job_is_forgotten_after_seven_days(slow):
    path = closed_job(slow)
    after(slow, 200)
    assert slow.send("GET", path).status_code == 200
    slow.database.behaviour = replace(slow.database.behaviour, session_seconds=30 * 86_400)
    slow.login()
    after(slow, 8 * 86_400)
    assert slow.send("GET", path).status_code == 404


def test_results_are_read_in_the_version_of_the_job(org):
    job = org.send("POST", "jobs/query", {"operation": "query", "query": "SELECT Id FROM Account"}).json()
    assert org.send("GET", f"/services/data/v60.0/jobs/query/{job['id']}/results").status_code == 409


def test_jobs_are_listed_by_type_and_in_pages(org):
    # Get Information About All Ingest Jobs: its parameters and the form of nextRecordsUrl
    closed_job(org, rows=1)
    query = org.send("POST", "jobs/query", {"operation": "query", "query": "SELECT Id FROM Account"}).json()
    listed = org.send("GET", "jobs/ingest").json()
    assert (listed["done"], listed["nextRecordsUrl"], [job["jobType"] for job in listed["records"]]) == (
        True,
        None,
        ["V2Ingest"],
    )
    assert [job["id"] for job in org.send("GET", "jobs/query").json()["records"]] == [query["id"]]
    assert org.send("GET", "jobs/ingest", params={"jobType": "Classic"}).json()["records"] == []
    assert org.send("GET", "jobs/ingest", params={"jobType": "No"}).status_code == 400
    assert org.send("GET", "jobs/ingest", params={"isPkChunkingEnabled": "true"}).json()["records"] == []


def test_the_day_has_so_many_jobs_and_batches(org):
    # the message as a client of Salesforce keeps it; Bulk API Limits: 15,000 batches and 10,000 query jobs
    org.database.behaviour = replace(org.database.behaviour, bulk_query_jobs_limit=1, bulk_batches_limit=1)
    body = {"operation": "query", "query": "SELECT Id FROM Account"}
    assert org.send("POST", "jobs/query", body).status_code == 200
    refused = org.send("POST", "jobs/query", body)
    assert refused.json()[0]["errorCode"] == "LIMIT_EXCEEDED"
    assert refused.json()[0]["message"] == "Max bulk v2 query jobs (1) per 24 hrs has been reached"
    assert org.send("GET", closed_job(org, rows=1)).json()["state"] == "JobComplete"
    assert org.send("GET", closed_job(org, rows=1)).json()["state"] == "Failed"


def test_a_locked_row_is_tried_ten_times(org):
    # Bulk API Developer Guide, General Guidelines for Data Loads: lock contention is retried inside
    account = org.create("Account", Name="Acme")
    org.database.behaviour = replace(org.database.behaviour, lock_share=0.5)
    job = org.send("POST", "jobs/ingest", {"object": "Contact", "operation": "insert"}).json()
    data = "LastName,AccountId\n" + f"Smith,{account}\n" * 20
    headers = {**org.headers, "Content-Type": "text/csv"}
    org.http.put(f"{org.url}/{job['contentUrl']}", data=data, headers=headers, timeout=10)
    org.send("PATCH", f"jobs/ingest/{job['id']}", {"state": "UploadComplete"})
    done = org.send("GET", f"jobs/ingest/{job['id']}").json()
    assert (done["numberRecordsProcessed"], done["numberRecordsFailed"]) == (20, 0)
    assert done["retries"] > 0


def test_hard_delete_needs_its_permission(org):
    # Bulk API 2.0 Developer Guide, Create a Job: the permission is disabled by default
    account = org.create("Account", Name="Acme")
    job = {"object": "Account", "operation": "hardDelete"}
    assert org.send("POST", "jobs/ingest", job).json()[0]["errorCode"] == "FEATURENOTENABLED"
    org.database.behaviour = replace(org.database.behaviour, hard_delete=True)
    made = org.send("POST", "jobs/ingest", job).json()
    headers = {**org.headers, "Content-Type": "text/csv"}
    org.http.put(f"{org.url}/{made['contentUrl']}", data=f"Id\n{account}\n", headers=headers, timeout=10)
    org.send("PATCH", f"jobs/ingest/{made['id']}", {"state": "UploadComplete"})
    assert org.send("GET", f"jobs/ingest/{made['id']}").json()["numberRecordsFailed"] == 0
    found = org.send("GET", "queryAll", params={"q": "SELECT Id FROM Account"}).json()
    assert found["totalSize"] == 0


def test_the_limits_tell_what_bulk_work_is_left(org):
    # REST API Developer Guide, List Org Limits; batches hold 10,000 rows (Bulk API 2.0 Developer Guide, Limits)
    org.send("GET", closed_job(org, rows=10_001))
    org.send("POST", "jobs/query", {"operation": "query", "query": "SELECT Id FROM Account"})
    limits = org.send("GET", "limits").json()
    assert limits["DailyBulkApiBatches"] == {"Max": 15_000, "Remaining": 14_998}
    assert limits["DailyBulkV2QueryJobs"] == {"Max": 10_000, "Remaining": 9_999}


def test_an_upload_that_the_day_has_no_batches_left_for_is_not_called_a_query(slow):
    # Bulk API Developer Guide, exception codes: ExceededQuota.
    slow.database.behaviour = replace(slow.database.behaviour, bulk_batches_limit=0)
    path = closed_job(slow, rows=1)
    after(slow, 200)
    job = slow.send("GET", path).json()
    assert (job["state"], job["errorMessage"].partition(" : ")[0]) == ("Failed", "ExceededQuota")


@pytest.mark.parametrize(("method", "reads", "moved"), [("PUT", 1, "UploadComplete"), ("DELETE", 2, "InProgress")])
def test_a_job_that_moves_on_while_a_request_looks_is_where_it_went(slow, monkeypatch, method, reads, moved):
    # What acts on a job's state reads it in the same step: no upload and no deletion of a job that goes on.
    job = slow.send("POST", "jobs/ingest", {"object": "Account", "operation": "insert"}).json()
    path = f"jobs/ingest/{job['id']}"
    find, meanwhile = jobs.find_job, []
    if method == "DELETE":
        with slow.database.transaction() as connection:
            connection.execute("UPDATE sf_bulk_job SET state = 'UploadComplete'")

    def find_then_move(store, kind, job_id):
        found = find(store, kind, job_id)
        meanwhile.append(job_id)
        if len(meanwhile) == reads:  # the last before the step that acts
            with store.database.transaction() as connection:
                jobs.set_state(connection, store, found.id, moved)
        return found

    for module in (jobs, ingest):
        monkeypatch.setattr(module, "find_job", find_then_move)
    url, headers = f"{slow.url}/services/data/v59.0/{path}", {**slow.headers, "Content-Type": "text/csv"}
    address = f"{url}/batches" if method == "PUT" else url
    answer = slow.http.request(method, address, data="Name\nA\n", headers=headers, timeout=10)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALIDJOBSTATE")
