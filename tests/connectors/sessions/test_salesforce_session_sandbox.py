"""A session of an org: each way to sign in, keeping the limits, and what befalls its requests; against the sandbox."""

from __future__ import annotations

import json
from contextlib import closing, contextmanager
from datetime import timedelta
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
import requests
from sandboxes import SECRETS, Served, together

from config.connections import SalesforceConnection
from connectors.errors import AuthFailed, LimitReached, Rejected, Retryable, Stopped, Unreachable
from connectors.meter import metered
from connectors.salesforce.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.retry import RetryPolicy

APP = {"kind": "client_credentials", "client_id": "env:ID", "client_secret": "env:SECRET"}
REFRESH = {
    "kind": "refresh_token",
    "client_id": "env:ID",
    "client_secret": "env:SECRET",
    "refresh_token": "env:REFRESH",
}
TOKEN = "/services/oauth2/token"
ACCOUNTS = "SELECT Id, Name FROM Account ORDER BY Name"


@contextmanager
def session_of(org: Served, retry: RetryPolicy | None = None, **settings: Any) -> Iterator[Session]:
    secrets = {**SECRETS, **settings.pop("secrets", {})}
    values = {
        "crm": "salesforce",
        "url": org.sandbox.url,
        "ca_file": str(org.sandbox.ca_file),
        "sign_in": APP,
        "timeout_seconds": 10,
        **settings,
    }
    connection = SalesforceConnection.model_validate(values)
    with closing(Session(connection, secrets.__getitem__, retry or org.retry())) as session:
        yield session


def read_account(session: Session, number: int) -> str:
    """The name of an account, which is made of its number."""
    return str(session.query(f"SELECT Name FROM Account WHERE Id = '001XX00000000{number}'")["records"][0]["Name"])


def given_token(org: Served) -> str:
    """The token of a session that somebody else began."""
    with requests.Session() as http:
        http.trust_env = False
        form = {"grant_type": "client_credentials", "client_id": SECRETS["env:ID"]}
        answer = http.post(
            f"{org.sandbox.url}/services/oauth2/token",
            data={**form, "client_secret": SECRETS["env:SECRET"]},
            verify=str(org.sandbox.ca_file),
            timeout=10,
        )
    return str(answer.json()["access_token"])


@pytest.mark.parametrize("sign_in", [APP, REFRESH])
def test_a_session_is_begun_with_credentials_or_a_refresh_token(org: Served, sign_in: dict[str, str]) -> None:
    with session_of(org, sign_in=sign_in) as session:
        assert read_account(session, 10) == "Account 10"
        assert session.org_id.startswith("00D")
        assert session.user_id.startswith("005")


def test_a_given_session_tells_its_org_and_user(org: Served) -> None:
    sign_in = {"kind": "access_token", "token": "env:GIVEN"}
    with (
        session_of(org) as another,
        session_of(org, sign_in=sign_in, secrets={"env:GIVEN": given_token(org)}) as session,
    ):
        assert (session.org_id, session.user_id) == (another.org_id, another.user_id)
        assert read_account(session, 10) == "Account 10"


def test_a_given_session_that_ends_says_what_to_do_and_is_not_asked_with_again(org: Served) -> None:
    org.behave(session_seconds=60)
    sign_in = {"kind": "access_token", "token": "env:GIVEN"}
    with session_of(org, sign_in=sign_in, secrets={"env:GIVEN": given_token(org)}) as session:
        read_account(session, 10)
        org.forward(61)
        for _ in range(3):
            with pytest.raises(AuthFailed, match=r"sign_in.token.*new one.*client_credentials"):
                read_account(session, 10)
        assert session.usage().calls == 2


def test_a_given_session_that_is_none_is_refused_at_sign_in(org: Served) -> None:
    with session_of(org, sign_in={"kind": "access_token", "token": "env:WRONG"}) as session:
        with pytest.raises(AuthFailed, match=r"sign_in.token") as caught:
            read_account(session, 10)
        assert session.usage().calls == 0
    assert SECRETS["env:WRONG"] not in str(caught.value)


@pytest.mark.parametrize("sign_in", [APP, REFRESH])
def test_an_expired_session_costs_ten_threads_one_sign_in(org: Served, sign_in: dict[str, str]) -> None:
    org.behave(session_seconds=60)
    org.fault("latency", path=TOKEN, seconds=0.1)
    with session_of(org, sign_in=sign_in) as session:
        read_account(session, 10)
        org.forward(61)
        names = together(10, lambda number: read_account(session, 10 + number))
    assert names == [f"Account {10 + number}" for number in range(10)]
    assert token_requests(org) == 2


def test_sessions_that_are_always_refused_cost_ten_threads_two_sign_ins(org: Served) -> None:
    org.behave(refuse_sessions=True)
    org.fault("latency", path=TOKEN, seconds=0.1)

    def ask(number: int) -> str:
        with pytest.raises(AuthFailed, match="API Enabled"):
            read_account(session, 10 + number)
        return "refused"

    with session_of(org) as session:
        together(10, ask)
        together(10, ask)
    assert token_requests(org) == 2


def test_a_withdrawn_credential_is_tried_once_by_ten_threads(org: Served) -> None:
    org.behave(refuse_sign_in=True)
    org.fault("latency", path=TOKEN, seconds=0.1)

    def ask(number: int) -> float:
        with pytest.raises(AuthFailed, match="authentication failure"):
            read_account(session, 10 + number)
        return 0.0

    with session_of(org) as session:
        together(10, ask)
        assert session.usage().calls == 0
    assert token_requests(org) == 1


def token_requests(org: Served) -> int:
    """How many requests the first fault, which is on the token endpoint, has met."""
    with requests.Session() as http:
        http.trust_env = False
        answer = http.get(f"{org.sandbox.url}/sandbox/faults", verify=str(org.sandbox.ca_file), timeout=10)
    return int(answer.json()["faults"][0]["met"])


def test_the_share_of_the_day_is_never_exceeded_and_the_rolling_day_is_explained(org: Served) -> None:
    with session_of(org) as session:
        read_account(session, 10)
        used = session.usage().day_used or 0
    org.behave(daily_limit=2 * (used + 4))
    with session_of(org, pull={"daily_share": 50}) as session:
        for number in range(4):
            read_account(session, 10 + number)
        with pytest.raises(LimitReached, match=r"daily_share .* last 24 hours") as caught:
            read_account(session, 10)
        assert (session.usage().calls, session.usage().day_used) == (4, used + 4)
        assert caught.value.until == pytest.approx(session.server_now() + timedelta(hours=1), abs=timedelta(seconds=5))


def test_a_used_up_day_stops_and_says_when_to_go_on(org: Served) -> None:
    with session_of(org) as session:
        read_account(session, 10)
        org.behave(daily_limit=session.usage().day_used)
        with pytest.raises(LimitReached, match=r"last 24 hours are used up.*from about 20") as caught:
            read_account(session, 10)
        assert caught.value.until is not None


def test_too_many_at_once_is_waited_out(org: Served) -> None:
    org.fault("limit", times=2)
    with session_of(org) as session:
        assert read_account(session, 10) == "Account 10"
    assert len(org.pauses) == 2


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 500},
        {"kind": "status", "status": 502},
        {"kind": "status", "status": 503},
        {"kind": "status", "status": 504},
        {"kind": "reset"},
        {"kind": "lost"},
        {"kind": "truncated"},
    ],
)
def test_what_breaks_now_and_then_is_asked_again(org: Served, fault: dict[str, Any]) -> None:
    org.fault(**fault, share=0.3)
    with session_of(org, org.retry(12)) as session:
        names = together(4, lambda thread: [read_account(session, 10 + 10 * thread + each) for each in range(10)])
    assert [name for part in names for name in part] == [f"Account {10 + number}" for number in range(40)]


def test_an_answer_that_comes_twice_is_not_taken_for_the_next_ones(org: Served) -> None:
    org.fault("duplicated", path="/services/data/*", share=0.5)
    with session_of(org) as session:
        names = together(4, lambda thread: [read_account(session, 10 + 10 * thread + each) for each in range(10)])
    assert [name for part in names for name in part] == [f"Account {10 + number}" for number in range(40)]


def test_after_an_answer_to_some_other_request_another_connection_is_used(org: Served) -> None:
    opened: list[Any] = []

    def ask(client: Any) -> Any:
        answer = client.query("SELECT Id FROM Account LIMIT 1")
        pools = client.session.get_adapter("https://").poolmanager.pools
        [address] = pools.keys()
        opened.append(pools[address].pool.queue[-1])  # the connection just given back
        if len(opened) < 3:
            raise Retryable("an answer to some other request", alone=True)
        return answer

    with session_of(org) as session:
        session.ask(ask)
        session.ask(ask)
    assert len(set(map(id, opened))) == 3
    assert opened[2] is opened[3]


def test_trouble_that_stays_is_unreachable(org: Served) -> None:
    org.fault("status", status=502)
    with session_of(org) as session, pytest.raises(Unreachable, match="Tried 6 times"):
        read_account(session, 10)


def test_each_request_counts_for_the_thread_that_made_it_and_signing_in_for_none(org: Served) -> None:
    def ask(number: int) -> int:
        with metered() as meter:
            for _ in range(number):
                read_account(session, 10)
        return meter.calls

    with session_of(org) as session:
        assert together(4, ask) == [0, 1, 2, 3]
        assert session.usage().calls == 6


def begin_job(session: Session) -> str:
    """The path of the results of a finished bulk query."""
    job = session.send("POST", "jobs/query", json.dumps({"operation": "query", "query": ACCOUNTS}))
    while session.get(f"jobs/query/{job['id']}")["state"] != "JobComplete":
        pass
    return f"jobs/query/{job['id']}/results"


def test_a_download_gives_headers_and_bytes(org: Served) -> None:
    with session_of(org) as session, session.download(begin_job(session), {"Accept": "text/csv"}) as found:
        assert found.headers["Sforce-NumberOfRecords"] == "50"
        lines = b"".join(found.chunks).decode().splitlines()
    assert len(lines) == 51
    assert '"Account 10"' in lines[1]


def test_a_download_that_begins_with_an_ended_session_is_renewed(org: Served) -> None:
    org.behave(session_seconds=60)
    with session_of(org) as session:
        path = begin_job(session)
        org.forward(61)
        with session.download(path, {}) as found:
            assert found.headers["Sforce-NumberOfRecords"] == "50"


def test_a_download_that_cannot_begin_is_asked_again_and_then_translated(org: Served) -> None:
    with session_of(org) as session:
        path = begin_job(session)
        org.fault("status", status=503, times=2)
        with session.download(path, {}) as found:
            assert found.headers["Sforce-NumberOfRecords"] == "50"
        with pytest.raises(Rejected), session.download("jobs/query/750000000000000AAA/results", {}):
            pass


def test_a_download_that_breaks_off_is_retryable_for_its_caller(org: Served) -> None:
    with session_of(org) as session:
        path = begin_job(session)
        org.fault("truncated", path="*/results")
        with session.download(path, {}) as found, pytest.raises(Retryable):
            list(found.chunks)


def test_a_download_that_nobody_reads_to_its_end_leaves_nothing_behind(org: Served) -> None:
    with session_of(org) as session:
        with session.download(begin_job(session), {}):
            pass
        assert read_account(session, 10) == "Account 10"


def test_closing_ends_the_wait_for_an_answer(org: Served) -> None:
    ended: list[BaseException] = []

    def ask() -> None:
        try:
            read_account(session, 10)
        except Stopped as error:
            ended.append(error)

    with session_of(org) as session:
        read_account(session, 10)
        org.fault("latency", seconds=2)
        worker = Thread(target=ask)
        worker.start()
        worker.join(0.3)
        session.close()
        worker.join(1)
    assert len(ended) == 1


def test_the_orgs_clock_may_be_far_from_ours(org: Served) -> None:
    org.forward(86_400 * 400)
    with session_of(org) as session:
        far = session.server_now() - org.sandbox.database.clock.now()
    assert abs(far) < timedelta(seconds=3)
