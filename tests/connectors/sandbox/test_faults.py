"""Faults on demand: what the client sees, and whether the request was carried out."""

from __future__ import annotations

import json
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from connectors.sandbox.behaviour import CALM
from connectors.sandbox.dialect import Settings
from connectors.sandbox.faults import KINDS, BadFault, Fault, read_fault
from connectors.sandbox.run import Sandbox, open_sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TOKEN = {"Authorization": f"Bearer {Settings().access_token}"}
DEALS = "/crm/v3/objects/deals"


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    (tmp_path / "deals.csv").write_text("hs_object_id,dealname\n1001,First\n1002,Second\n")
    with open_sandbox("hubspot", data=tmp_path, settings=Settings(behaviour=CALM)) as running:
        yield running


def order(sandbox: Sandbox, **fault: Any) -> dict[str, Any]:
    answer = requests.post(f"{sandbox.url}/sandbox/faults", json=fault, timeout=10)
    assert answer.status_code == 201
    found: dict[str, Any] = answer.json()
    return found


def forget(sandbox: Sandbox) -> None:
    requests.delete(f"{sandbox.url}/sandbox/faults", timeout=10)


def read(sandbox: Sandbox, path: str = DEALS) -> requests.Response:
    return requests.get(sandbox.url + path, headers=TOKEN, timeout=10)


def create(sandbox: Sandbox, name: str) -> requests.Response:
    body = {"properties": {"dealname": name}}
    return requests.post(sandbox.url + DEALS, headers=TOKEN, json=body, timeout=10)


def names(sandbox: Sandbox) -> list[str]:
    return [each["properties"]["dealname"] for each in read(sandbox).json()["results"]]


@contextmanager
def connected(sandbox: Sandbox) -> Iterator[socket.socket]:
    address = urlsplit(sandbox.url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        yield connection


def ask(connection: socket.socket, method: str = "GET", path: str = DEALS) -> None:
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {TOKEN['Authorization']}\r\n\r\n"
    connection.sendall(head.encode())


@pytest.mark.parametrize(("status", "kind"), [(500, "json"), (503, "json"), (502, "html"), (504, "html")])
def test_a_status_is_answered_in_the_vendors_form(sandbox: Sandbox, status: int, kind: str) -> None:
    order(sandbox, kind="status", status=status)
    answer = read(sandbox)
    assert (answer.status_code, kind in answer.headers["content-type"]) == (status, True)


def test_a_request_answered_with_a_status_is_not_carried_out(sandbox: Sandbox) -> None:
    order(sandbox, kind="status", method="POST")
    assert create(sandbox, "Third").status_code == 503
    assert names(sandbox) == ["First", "Second"]


def test_a_limit_is_hubspots_429(sandbox: Sandbox) -> None:
    order(sandbox, kind="limit")
    answer = read(sandbox)
    assert (answer.status_code, answer.json()["policyName"]) == (429, "TEN_SECONDLY_ROLLING")


def test_a_limit_is_salesforces_403(tmp_path: Path) -> None:
    (tmp_path / "Account.csv").write_text("Id,Name\n001MV0000000001,Acme\n")
    with open_sandbox("salesforce", data=tmp_path) as sandbox, requests.Session() as http:
        http.trust_env = False
        http.verify = str(sandbox.ca_file)
        http.post(f"{sandbox.url}/sandbox/faults", json={"kind": "limit"}, timeout=10)
        answer = http.get(f"{sandbox.url}/services/data/v60.0/limits", timeout=10)
        assert (answer.status_code, answer.json()[0]["errorCode"]) == (403, "REQUEST_LIMIT_EXCEEDED")


def test_a_reset_connection_carries_nothing_out(sandbox: Sandbox) -> None:
    order(sandbox, kind="reset", method="POST")
    with pytest.raises(requests.ConnectionError):
        create(sandbox, "Third")
    forget(sandbox)
    assert names(sandbox) == ["First", "Second"]


def test_a_lost_answer_leaves_a_write_that_happened(sandbox: Sandbox) -> None:
    order(sandbox, kind="lost", method="POST")
    with pytest.raises(requests.ConnectionError):
        create(sandbox, "Third")
    forget(sandbox)
    assert names(sandbox) == ["First", "Second", "Third"]


def test_a_truncated_answer_breaks_off_in_its_body(sandbox: Sandbox) -> None:
    whole = len(read(sandbox).content)
    order(sandbox, kind="truncated")
    with connected(sandbox) as connection:
        ask(connection)
        received = b"".join(iter(lambda: connection.recv(65_536), b""))
    head, _, body = received.partition(b"\r\n\r\n")
    assert f"content-length: {whole}".encode() in head.lower()
    assert len(body) == whole // 2


def test_a_duplicated_answer_comes_twice_on_the_connection(sandbox: Sandbox) -> None:
    order(sandbox, kind="duplicated", times=1)
    with connected(sandbox) as connection:
        ask(connection)
        received = b""
        while received.count(b'"results"') < 2:
            received += connection.recv(65_536)
    assert received.count(b"HTTP/1.1 200") == 2


def test_a_repeated_answer_is_that_of_the_request_before(sandbox: Sandbox) -> None:
    order(sandbox, kind="repeated", method="GET", path=f"{DEALS}*", after=1)
    first = read(sandbox, f"{DEALS}?limit=1").json()
    again = read(sandbox, f"{DEALS}?limit=1&after=1002").json()
    assert first == again


def test_a_repeated_answer_with_none_before_it_is_the_requests_own(sandbox: Sandbox) -> None:
    order(sandbox, kind="repeated")
    assert [read(sandbox).status_code for _ in range(2)] == [200, 200]


def test_latency_delays_the_request(sandbox: Sandbox) -> None:
    order(sandbox, kind="latency", seconds=0.2)
    assert read(sandbox).elapsed.total_seconds() >= 0.2


def test_a_fault_hits_the_paths_and_methods_it_names(sandbox: Sandbox) -> None:
    order(sandbox, kind="status", method="get", path="/crm/v3/owners*")
    assert [read(sandbox).status_code, read(sandbox, "/crm/v3/owners").status_code] == [200, 503]


def test_a_fault_skips_the_first_and_ends_after_its_times(sandbox: Sandbox) -> None:
    order(sandbox, kind="status", after=1, times=2)
    assert [read(sandbox).status_code for _ in range(5)] == [200, 503, 503, 200, 200]


def test_a_share_is_drawn_from_the_seed(sandbox: Sandbox) -> None:
    def drawn(seed: int) -> list[int]:
        forget(sandbox)
        requests.patch(f"{sandbox.url}/sandbox/behaviour", json={"seed": seed}, timeout=10)
        order(sandbox, kind="status", share=0.5)
        return [read(sandbox, "/crm/v3/owners").status_code for _ in range(40)]

    first = drawn(1)
    assert set(first) == {200, 503}
    assert 8 < first.count(503) < 32
    assert drawn(2) != first


def test_the_faults_in_force_say_what_they_met_and_hit(sandbox: Sandbox) -> None:
    number = order(sandbox, kind="status", times=1)["number"]
    read(sandbox)
    read(sandbox)
    faults = requests.get(f"{sandbox.url}/sandbox/faults", timeout=10).json()["faults"]
    assert [(each["number"], each["met"], each["hit"]) for each in faults] == [(number, 2, 1)]


def test_a_fault_that_another_forestalled_is_still_to_come(sandbox: Sandbox) -> None:
    order(sandbox, kind="status", status=500, times=1)
    order(sandbox, kind="status", status=503, times=1)
    assert [read(sandbox).status_code for _ in range(3)] == [500, 503, 200]


def test_latency_and_another_fault_hit_the_same_request(sandbox: Sandbox) -> None:
    order(sandbox, kind="latency", seconds=0, times=1)
    order(sandbox, kind="status", times=1)
    assert [read(sandbox).status_code for _ in range(2)] == [503, 200]
    faults = requests.get(f"{sandbox.url}/sandbox/faults", timeout=10).json()["faults"]
    assert [each["hit"] for each in faults] == [1, 1]


def test_one_fault_can_be_taken_away_by_its_number(sandbox: Sandbox) -> None:
    order(sandbox, kind="latency", seconds=0)
    number = order(sandbox, kind="status")["number"]
    gone = requests.delete(f"{sandbox.url}/sandbox/faults/{number}", timeout=10)
    assert (gone.json()["removed"], read(sandbox).status_code) == (1, 200)
    assert requests.delete(f"{sandbox.url}/sandbox/faults/{number}", timeout=10).status_code == 400


def test_every_wrong_setting_of_a_fault_is_named_at_once() -> None:
    with pytest.raises(BadFault) as caught:
        read_fault({"kind": "flood", "share": 2, "after": -1, "sharp": 1, "method": "nope"})
    assert [line.split(":")[0] for line in str(caught.value).splitlines()] == [
        "kind", "share", "after", "sharp", "method",
    ]  # fmt: skip


def test_a_setting_that_a_kind_of_fault_has_not_is_refused() -> None:
    for given_fault in ({"kind": "lost", "seconds": 3}, {"kind": "latency", "status": 503}):
        with pytest.raises(BadFault, match="is of faults of the kind"):
            read_fault(given_fault)


@given(
    st.fixed_dictionaries(
        {"kind": st.sampled_from(sorted(KINDS))},
        optional={
            "after": st.integers(0, 10**9),
            "times": st.none() | st.integers(1, 10**9),
            "share": st.floats(0, 1),
            "path": st.text(),
        },
    )
)
def test_a_fault_survives_json(given_fault: dict[str, Any]) -> None:
    fault = read_fault(json.loads(json.dumps(given_fault)))
    assert isinstance(fault, Fault)
    assert all(getattr(fault, name) == value for name, value in given_fault.items())
