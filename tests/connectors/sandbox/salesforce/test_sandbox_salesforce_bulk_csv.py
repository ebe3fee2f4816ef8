"""The data of ingest jobs: its form, what of it fails a job, and that no row of it is ever lost."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

DELIMITERS = {"BACKQUOTE": "`", "CARET": "^", "COMMA": ",", "PIPE": "|", "SEMICOLON": ";", "TAB": "\t"}
ENDS = {"LF": "\n", "CRLF": "\r\n"}


def start(org, upload, **job):
    """The path of a job whose data is uploaded and closed."""
    made = org.send("POST", "jobs/ingest", {"object": "Account", "operation": "insert", **job})
    assert made.status_code == 200, made.text
    headers = {**org.headers, "Content-Type": "text/csv"}
    sent = org.http.put(f"{org.url}/{made.json()['contentUrl']}", data=upload, headers=headers, timeout=10)
    assert sent.status_code == 201, sent.text
    path = f"jobs/ingest/{made.json()['id']}"
    assert org.send("PATCH", path, {"state": "UploadComplete"}).status_code == 200
    return path


def ended(org, path):
    while (job := org.send("GET", path).json())["state"] not in {"JobComplete", "Failed"}:
        pass
    return job


def failure(org, upload, **job):
    done = ended(org, start(org, upload, **job))
    assert done["state"] == "Failed"
    return done["errorMessage"]


def result(org, path, delimiter=","):
    text = org.send("GET", path).content.decode()
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


def test_a_byte_order_mark_is_part_of_the_first_column(org):
    # as orgs answer: the mark comes before the quote, and no message names it
    message = failure(org, b'\xef\xbb\xbf"Name"\n"Acme"\n')
    assert message.startswith("InvalidBatch : Failed to parse CSV. Found unescaped quote.")
    assert failure(org, b"\xef\xbb\xbfName\nAcme\n") == "InvalidBatch : Field name not found : \ufeffName"


@pytest.mark.parametrize(("declared", "sent"), [("LF", "\r\n"), ("CRLF", "\n")])
def test_other_line_ends_than_the_declared_fail_the_job(org, declared, sent):
    message = failure(org, f"Name{sent}Acme{sent}".encode(), lineEnding=declared)
    assert message == (
        f"ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is {declared}"
    )


def test_other_line_ends_within_quotes_are_text(org):
    path = start(org, b'Name,Description\nAcme,"one\r\ntwo"\n')
    assert ended(org, path)["numberRecordsFailed"] == 0
    assert result(org, f"{path}/successfulResults")[1][3] == "one\r\ntwo"


def test_blank_lines_are_no_rows(org):
    assert ended(org, start(org, b"\nName\n\nAcme\n\n\nBeta\n"))["numberRecordsProcessed"] == 2


@pytest.mark.parametrize(
    ("upload", "message"),
    [
        (b"", "InvalidBatch : Failed to parse CSV header. No header row found"),
        (b"Id,Name\n1,2,3\n", "InvalidBatch : Failed to parse CSV. The number of columns"),
        (b"Name,name\nA,B\n", "InvalidBatch : Duplicate field name found : name"),
        (b"Name,Nobody.Key__c\nA,B\n", "InvalidBatch : Field name not found : Nobody.Key__c"),
        (b"Name\n\xff\n", "ClientInputError : Failed to read query."),
    ],
)
def test_an_upload_that_cannot_be_read_fails_the_job_and_can_be_had_back(org, upload, message):
    path = start(org, upload)
    assert ended(org, path)["errorMessage"].startswith(message)
    left = org.send("GET", f"{path}/unprocessedrecords").content.decode()
    assert left == upload.decode("utf-8", "replace")
    assert org.send("GET", f"{path}/successfulResults").text == ""


def test_a_parent_is_named_by_its_external_id_and_cleared_by_a_mark(org):
    # Bulk API 2.0 Developer Guide, Relationship Fields in a Header Row
    product = org.create("Product2", Name="P", ExternalId="p-1")
    book = org.values("SELECT Id FROM Pricebook2")[0]
    path = start(org, f"Pricebook2Id,Product2.ExternalId,UnitPrice\n{book},p-1,5\n".encode(), object="PricebookEntry")
    assert ended(org, path)["numberRecordsFailed"] == 0
    assert org.values("SELECT Product2Id FROM PricebookEntry") == [product]
    parent = org.create("Account", Name="Parent")
    child = org.create("Account", Name="Child", ParentId=parent)
    path = start(org, f"Id,Parent.Id\n{child},#N/A\n".encode(), operation="update")
    assert ended(org, path)["numberRecordsFailed"] == 0
    assert org.read("Account", child)["ParentId"] is None


def test_a_polymorphic_parent_names_its_object(org):
    # same guide: `Owner:User.Username`, as of a relationship to several objects
    user = org.user_id()
    name = org.read("User", user)["Username"]
    path = start(org, f"LastName,Company,Owner:User.Username\nA,B,{name}\n".encode(), object="Lead")
    assert ended(org, path)["numberRecordsFailed"] == 0
    assert org.values("SELECT OwnerId FROM Lead") == [user]
    path = start(org, f"LastName,Company,Owner:Account.Name\nA,B,{name}\n".encode(), object="Lead")
    assert ended(org, path)["errorMessage"] == "InvalidBatch : Field name not found : Owner:Account.Name"


def test_a_job_and_its_data_come_in_one_request(org):
    # Bulk API 2.0 Developer Guide, Walkthrough: Bulk Insert with a Multipart Request
    job = '{"object":"Account","contentType":"CSV","operation":"insert"}'
    parts = {"job": (None, job, "application/json"), "content": ("content", "Name\nAcme\n", "text/csv")}
    url = f"{org.url}/services/data/v59.0/jobs/ingest"
    made = org.http.post(url, files=parts, headers=org.headers, timeout=10)
    assert (made.status_code, made.json()["state"]) == (200, "UploadComplete")
    assert ended(org, f"jobs/ingest/{made.json()['id']}")["numberRecordsProcessed"] == 1
    assert org.values("SELECT Name FROM Account") == ["Acme"]


def test_a_job_takes_one_upload(org):
    made = org.send("POST", "jobs/ingest", {"object": "Account", "operation": "insert"}).json()
    url, headers = f"{org.url}/{made['contentUrl']}", {**org.headers, "Content-Type": "text/csv"}
    assert org.http.put(url, data="Name\nA\n", headers=headers, timeout=10).status_code == 201
    again = org.http.put(url, data="Name\nB\n", headers=headers, timeout=10)
    assert again.json()[0]["errorCode"] == "BULK_API_ERROR"


@pytest.mark.parametrize(
    ("job", "error"),
    [
        ({"object": "Nope__c"}, ("INVALIDJOB", "InvalidJob : Unable to find object: Nope__c")),
        ({"operation": ""}, ("API_ERROR", "Invalid value: '' supplied for property: 'operation'")),
        ({"contentType": "XML"}, ("API_ERROR", "Invalid value: 'XML' supplied for property: 'contentType'")),
        ({"columnDelimiter": ","}, ("API_ERROR", "Invalid value: ',' supplied for property: 'columnDelimiter'")),
        (
            {"operation": "upsert", "externalIdFieldName": "Name"},
            ("INVALIDJOB", "InvalidJob : Field name provided, Name does not match an External ID for Account"),
        ),
        ({"assignmentRuleId": "01QSB0000000001"}, ("INVALIDJOB", None)),
    ],
)
def test_a_job_that_cannot_be_is_refused_in_the_words_of_salesforce(org, job, error):
    answer = org.send("POST", "jobs/ingest", {"object": "Account", "operation": "insert", **job})
    assert answer.status_code == 400
    assert answer.json()[0]["errorCode"] == error[0]
    assert error[1] in {None, answer.json()[0]["message"]}


cells = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"], include_characters='\n",;|^`'), max_size=12
)
rows = st.lists(st.tuples(st.sampled_from(["", "Acme", "x" * 300]), cells), min_size=1, max_size=8)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=rows, delimiter=st.sampled_from(list(DELIMITERS)), end=st.sampled_from(list(ENDS)), quoted=st.booleans())
def test_every_row_comes_back_once_and_in_order(org, rows, delimiter, end, quoted):
    """Whatever the delimiter and quoting: successful + failed + unprocessed = uploaded, as it was."""
    text = io.StringIO(newline="")
    style = csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL
    writer = csv.writer(text, delimiter=DELIMITERS[delimiter], lineterminator=ENDS[end], quoting=style)
    uploaded = [[f"{number}", *row] for number, row in enumerate(rows)]
    writer.writerows([["NumberOfEmployees", "Name", "Site"], *uploaded])
    path = start(org, text.getvalue().encode(), columnDelimiter=delimiter, lineEnding=end)
    done = ended(org, path)
    assert done["state"] == "JobComplete", done
    good = result(org, f"{path}/successfulResults", DELIMITERS[delimiter])[1:]
    bad = result(org, f"{path}/failedResults", DELIMITERS[delimiter])[1:]
    left = result(org, f"{path}/unprocessedrecords", DELIMITERS[delimiter])[1:]
    assert [row[2:] for row in good] == [row for row in uploaded if row[1] == "Acme"]
    assert [row[2:] for row in bad] == [row for row in uploaded if row[1] != "Acme"]
    assert (left, done["numberRecordsProcessed"], done["numberRecordsFailed"]) == ([], len(rows), len(bad))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.fixed_dictionaries(
            {"Name": st.sampled_from(["Acme", "Beta", "x" * 300])},
            optional={"NumberOfEmployees": st.sampled_from(["1", "x", "7"]), "AnnualRevenue": st.just("12.50")},
        ),
        min_size=1,
        max_size=6,
    )
)
def test_rows_in_bulk_do_what_they_do_one_by_one(org, rows):
    columns = ["Name", "NumberOfEmployees", "AnnualRevenue"]
    lines = [",".join(row.get(name, "") for name in columns) for row in rows]
    path = start(org, "\n".join([",".join(columns), *lines]).encode())
    ended(org, path)
    bulk = [row[0] for row in result(org, f"{path}/successfulResults")[1:]]
    bodies = [{name: row[name] for name in columns if name in row} for row in rows]
    single = [org.send("POST", "sobjects/Account", body) for body in bodies]
    assert len(bulk) == sum(answer.status_code == 201 for answer in single)
    for left, right in zip(bulk, [a.json()["id"] for a in single if a.status_code == 201], strict=True):
        one, other = org.read("Account", left), org.read("Account", right)
        assert [one[name] for name in columns] == [other[name] for name in columns]
    codes = [row[1].partition(":")[0] for row in result(org, f"{path}/failedResults")[1:]]
    assert codes == [a.json()[0]["errorCode"] for a in single if a.status_code != 201]
