from __future__ import annotations

import csv
import io

import pytest


def ingest(org, upload, **job):
    made = org.send("POST", "jobs/ingest", {"lineEnding": "LF", "contentType": "CSV", **job})
    assert made.json()["state"] == "Open", made.text
    path = f"jobs/ingest/{made.json()['id']}"
    url = f"{org.url}/{made.json()['contentUrl']}"
    headers = {**org.headers, "Content-Type": "text/csv"}
    assert org.http.put(url, data=upload.encode(), headers=headers, timeout=10).status_code == 201
    assert org.send("PATCH", path, {"state": "UploadComplete"}).json()["state"] == "UploadComplete"
    return path, org.send("GET", path).json()


def table(org, path):
    return list(csv.reader(io.StringIO(org.send("GET", path).content.decode(), newline="")))


def test_a_query_job_gives_every_row_in_sets(maven):
    job = maven.send("POST", "jobs/query", {"operation": "query", "query": "SELECT Id, Amount FROM Opportunity"}).json()
    assert job["state"] == "UploadComplete"
    path = f"jobs/query/{job['id']}"
    assert maven.send("GET", path).json()["state"] == "JobComplete"
    ids, locator = [], None
    while locator != "null":
        params = {"maxRecords": "3000"} | ({"locator": locator} if locator else {})
        answer = maven.send("GET", f"{path}/results", params=params)
        rows = list(csv.DictReader(io.StringIO(answer.text)))
        assert answer.headers["Sforce-NumberOfRecords"] == str(len(rows))
        ids += [row["Id"] for row in rows]
        locator = answer.headers["Sforce-Locator"]
    assert len(ids) == len(set(ids)) == 8800


def test_results_are_quoted_and_times_end_in_z(org):
    org.create("Account", Name='say "hi"', AnnualRevenue=5)
    query = "SELECT Name, AnnualRevenue, Site, IsDeleted, CreatedDate FROM Account"
    job = org.send("POST", "jobs/query", {"operation": "query", "query": query}).json()
    lines = org.send("GET", f"jobs/query/{job['id']}/results").text.splitlines()
    assert lines[0] == '"Name","AnnualRevenue","Site","IsDeleted","CreatedDate"'
    assert lines[1].startswith('"say ""hi""","5.0","","false","')
    assert lines[1].endswith('Z"')


def test_an_aggregate_is_no_bulk_query(org):
    answer = org.send("POST", "jobs/query", {"operation": "query", "query": "SELECT COUNT(Id) FROM Account"})
    assert answer.status_code == 400


def test_a_complete_query_job_cannot_be_aborted_but_deleted(org):
    # Bulk API 2.0 Developer Guide, Abort a Query Job: the example of its error
    job = org.send("POST", "jobs/query", {"operation": "query", "query": "SELECT Id FROM Account"}).json()
    path = f"jobs/query/{job['id']}"
    refused = org.send("PATCH", path, {"state": "Aborted"})
    assert refused.status_code == 400
    assert refused.json() == [{"message": "Aborting already Completed Job not allowed", "errorCode": "INVALIDJOBSTATE"}]
    assert org.send("DELETE", path).status_code == 204
    assert org.send("GET", path).status_code == 404


def test_an_ingest_job_writes_the_good_rows_and_tells_the_bad(org):
    path, job = ingest(org, 'Name,NumberOfEmployees\n"Acme\nInc",5\n,7\nBeta,x\n', object="Account", operation="insert")
    assert (job["state"], job["numberRecordsProcessed"], job["numberRecordsFailed"]) == ("JobComplete", 3, 2)
    good, bad = table(org, f"{path}/successfulResults"), table(org, f"{path}/failedResults")
    assert good[0] == ["sf__Id", "sf__Created", "Name", "NumberOfEmployees"]
    assert good[1][1:] == ["true", "Acme\nInc", "5"]
    assert bad[1][1] == "REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --"
    assert org.values("SELECT Name FROM Account") == ["Acme\nInc"]


def test_an_empty_cell_leaves_and_a_mark_clears(org):
    account = org.create("Account", Name="Acme", Site="x", Industry="Energy")
    ingest(org, f"Id,Site,Industry\n{account},,#N/A\n", object="Account", operation="update")
    record = org.read("Account", account)
    assert (record["Site"], record["Industry"]) == ("x", None)


def test_an_upload_may_have_other_delimiters_and_line_ends(org):
    job = {"object": "Account", "operation": "insert", "columnDelimiter": "SEMICOLON", "lineEnding": "CRLF"}
    _, done = ingest(org, "Name;Site\r\nAcme;x\r\n", **job)
    assert done["numberRecordsFailed"] == 0
    assert org.values("SELECT Site FROM Account") == ["x"]


def test_an_unknown_column_fails_the_job_and_leaves_its_rows_unprocessed(org):
    path, job = ingest(org, "Name,No__c\nAcme,1\n", object="Account", operation="insert")
    assert (job["state"], job["errorMessage"]) == ("Failed", "InvalidBatch : Field name not found : No__c")
    assert table(org, f"{path}/unprocessedrecords") == [["Name", "No__c"], ["Acme", "1"]]


def test_rows_are_upserted_and_deleted(org):
    job = {"object": "Product2", "operation": "upsert", "externalIdFieldName": "ExternalId"}
    ingest(org, "ExternalId,Name\np1,One\np2,Two\n", **job)
    path, _ = ingest(org, "ExternalId,Name\np1,Uno\np3,Three\n", **job)
    assert [row[1] for row in table(org, f"{path}/successfulResults")[1:]] == ["false", "true"]
    assert org.values("SELECT Name FROM Product2 ORDER BY ExternalId") == ["Uno", "Two", "Three"]
    first = org.values("SELECT Id FROM Product2 WHERE ExternalId = 'p1'")[0]
    ingest(org, f"Id\n{first}\n", object="Product2", operation="delete")
    assert org.query("SELECT COUNT() FROM Product2")["totalSize"] == 2


def test_a_closed_job_takes_no_more(org):
    path, _ = ingest(org, "Name\nAcme\n", object="Account", operation="insert")
    assert org.send("PATCH", path, {"state": "UploadComplete"}).json()[0]["errorCode"] == "INVALIDJOBSTATE"


def test_an_option_that_is_not_kept_is_refused_rather_than_ignored(org):
    job = {"object": "Lead", "operation": "insert", "priority": "high"}
    answer = org.send("POST", "jobs/ingest", job)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "JSON_PARSER_ERROR")


@pytest.mark.parametrize(
    ("soql", "said"),
    [
        ("SELECT TYPEOF What WHEN Account THEN Phone END FROM Task", "TYPEOF"),
        ("SELECT Id FROM Account OFFSET 1", "OFFSET"),
        ("SELECT COUNT() FROM Account", "Aggregate"),
        ("SELECT StageName FROM Opportunity GROUP BY StageName", "Aggregate"),
        ("SELECT CALENDAR_YEAR(CloseDate) FROM Opportunity GROUP BY CALENDAR_YEAR(CloseDate)", "Aggregate"),
        ("SELECT Id, (SELECT Id FROM Contacts) FROM Account", "Aggregate Relationships"),
        ("SELECT BillingAddress FROM Account", "compound"),
        ("SELECT FIELDS(ALL) FROM Account LIMIT 200", "unbounded set of fields"),
    ],
)
def test_what_bulk_queries_do_not_take_is_refused(org, soql, said):
    """Bulk API 2.0 Developer Guide, SOQL Considerations; SOQL and SOSL Reference, FIELDS()."""
    answer = org.send("POST", "jobs/query", {"operation": "query", "query": soql})
    assert answer.status_code == 400
    assert said in answer.json()[0]["message"]
