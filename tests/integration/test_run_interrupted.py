"""A run that is stopped half-way, politely, rudely or by a full disk: the next one ends as if nothing had been."""

from __future__ import annotations

import signal
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from integration_company import AS_OF, MANY, write_company
from integration_harness import (
    LONGEST_SECONDS,
    Gate,
    figure,
    finish,
    new_office,
    pulled,
    query,
    salesops,
    stopped_cleanly,
)

from connectors.sandbox.remote import Remote

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import Site
    from integration_harness import Crm, Office


@pytest.fixture(scope="module")
def uninterrupted(
    large_sites: Callable[[Crm], Site], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Crm], dict[str, list[tuple[Any, ...]]]]:
    """What a pull that nobody disturbs puts into a store."""
    seen: dict[Crm, dict[str, list[tuple[Any, ...]]]] = {}

    def get(crm: Crm) -> dict[str, list[tuple[Any, ...]]]:
        if crm not in seen:
            office = new_office(large_sites(crm).server, tmp_path_factory.mktemp("whole") / "project", AS_OF)
            assert office.call("pull").code == 0
            seen[crm] = pulled(office.store)
            assert len(seen[crm]["opportunity"]) == MANY[crm]
        return seen[crm]

    return get


@pytest.fixture
def gates() -> Iterator[Callable[[int], Gate]]:
    """Doors in front of CRMs, closed again at the end."""
    opened: list[Gate] = []

    def get(port: int) -> Gate:
        opened.append(Gate(port))
        return opened[-1]

    yield get
    for gate in opened:
        gate.close()


def behind(gate: Gate, site: Site, folder: Path) -> Office:
    """A new project that reaches the CRM through the gate."""
    office = new_office(site.server, folder, AS_OF)
    office.move_to(site.server.url.replace(str(site.server.port), str(gate.port)), site.server.ca_file)
    return office


def wait_until_held(gate: Gate, process: subprocess.Popen[str]) -> None:
    """Return once a request waits at the gate; fails where the command ends before it asks."""
    deadline = time.monotonic() + LONGEST_SECONDS
    while not gate.held.wait(0.05):
        assert process.poll() is None, finish(process)
        assert time.monotonic() < deadline, "it neither ended nor came to the point where it is held"


SECOND_PAGE = {"salesforce": {"path": "*/query*/*"}, "hubspot": {"path": "*/objects/deals", "after": 1}}


@contextmanager
def first_page_alone(site: Site) -> Iterator[None]:
    """While the block lasts the CRM answers the first page of opportunities and never the second: however slow either
    side is, the pull asks for it again once the first page is stored."""
    sandbox = Remote(site.server.port, site.server.ca_file or site.server.home / "none")
    sandbox.send("POST", "/faults", {"kind": "status", **SECOND_PAGE[site.crm]})
    try:
        yield
    finally:
        sandbox.send("DELETE", "/faults")


def half_of(office: Office) -> Callable[[], bool]:
    """Whether some opportunities are stored, and not yet all."""
    some = "EXISTS (SELECT 1 FROM opportunity)"
    return lambda: query(office.store, f"SELECT {some}, complete FROM sweep WHERE stream = 'opportunity'") == [(1, 0)]


@pytest.mark.parametrize(
    ("crm", "sent"),
    [
        ("salesforce", signal.SIGINT),
        ("salesforce", signal.SIGTERM),
        ("salesforce", signal.SIGKILL),
        ("hubspot", signal.SIGINT),
        ("hubspot", signal.SIGKILL),
    ],
)
def test_a_pull_stopped_half_way_goes_on_where_it_was(
    large_sites: Callable[[Crm], Site],
    uninterrupted: Callable[[Crm], dict[str, list[tuple[Any, ...]]]],
    gates: Callable[[int], Gate],
    tmp_path: Path,
    crm: Crm,
    sent: signal.Signals,
) -> None:
    site = large_sites(crm)
    gate = gates(site.server.port)
    office = behind(gate, site, tmp_path / "project")
    gate.hold_when(half_of(office))
    with first_page_alone(site):
        process = office.start("pull")
        wait_until_held(gate, process)
        process.send_signal(sent)
        result = finish(process)
    if sent is signal.SIGKILL:
        assert result.code == -signal.SIGKILL
    else:
        stopped_cleanly(result, 5)
        assert "run again" in result.err
        assert not query(office.store, "SELECT 1 FROM lease"), "the lease is given back"
    kept = len(pulled(office.store)["opportunity"])
    assert 0 < kept < MANY[crm]
    gate.open()
    again = office.call("pull", "--json")
    assert again.code == 0, again.err
    changed = again.json()["crm"]["streams"]["opportunity"]["changed"]
    assert changed == MANY[crm] - kept, "what was kept is not written again"
    assert pulled(office.store) == uninterrupted(crm)
    statuses = [run["status"] for run in office.call("runs", "--json").json()["runs"]]
    assert statuses == ["done", "stopped"]


def test_a_disk_that_fills_up_keeps_the_pages_that_fitted(
    large_sites: Callable[[Crm], Site],
    uninterrupted: Callable[[Crm], dict[str, list[tuple[Any, ...]]]],
    tmp_path: Path,
) -> None:
    office = new_office(large_sites("hubspot").server, tmp_path / "project", AS_OF)
    assert office.call("status").code == 0  # makes the store, so that the limit is the pull's alone
    result = office.salesops("pull", largest_file=320_000)
    stopped_cleanly(result, 5)
    assert str(office.store) in result.err
    assert "disk" in result.err
    assert 0 < len(pulled(office.store)["opportunity"]) < MANY["hubspot"]
    again = office.call("pull")
    assert again.code == 0, again.err
    assert pulled(office.store) == uninterrupted("hubspot")


def test_a_disk_that_is_full_from_the_start_leaves_nothing_in_the_way(
    sites: Callable[[Crm], Site], tmp_path: Path
) -> None:
    office = new_office(sites("hubspot").server, tmp_path / "project", AS_OF)
    stopped_cleanly(office.salesops("pull", largest_file=0), 5)
    assert "store: the disk refused a command's rows" in office.call("status").out
    assert office.call("pull").code == 0
    assert "refused" not in office.call("status").out


def test_a_demo_on_a_full_disk_is_stopped_and_no_defect(tmp_path: Path) -> None:
    data = write_company("hubspot", tmp_path / "data")
    result = salesops("demo", "--crm", "hubspot", "--data", data, largest_file=100_000)
    stopped_cleanly(result, 5)
    assert "disk" in result.err


@pytest.mark.parametrize(("crm", "sent"), [("salesforce", signal.SIGINT), ("hubspot", signal.SIGKILL)])
def test_a_write_stopped_half_way_is_ended_by_the_next_run(
    large_sites: Callable[[Crm], Site], gates: Callable[[int], Gate], tmp_path: Path, crm: Crm, sent: signal.Signals
) -> None:
    site = large_sites(crm)
    gate = gates(site.server.port)
    office = behind(gate, site, tmp_path / "project")
    gate.hold_when(lambda: bool(query(office.store, "SELECT 1 FROM written WHERE object = 'opportunity' LIMIT 1")))
    process = office.start("run", "--as-of", AS_OF)
    wait_until_held(gate, process)
    process.send_signal(sent)
    result = finish(process)
    if sent is signal.SIGKILL:
        assert result.code == -signal.SIGKILL
    else:
        stopped_cleanly(result, 5)
    [(written,)] = query(office.store, "SELECT count(*) FROM written WHERE object = 'opportunity'")
    gate.open()
    [report] = office.call("run", "--as-of", AS_OF, "--json").json()["runs"]
    assert report["outcomes"]["written"] > 0
    assert (report["outcomes"]["failed"], report["outcomes"]["skipped"]) == (0, 0)
    paid = query(office.store, "SELECT DISTINCT opportunity_id FROM earning WHERE component = 'commission'")
    assert 0 < written < len(paid)
    stands = [*site.bare.values("opportunity", figure(crm, "Commission_Earned")).values()]
    stands += site.bare.values("opportunity", figure(crm, "Commission_Estimate")).values()
    assert sum(value is not None for value in stands) == len(paid)
    [second] = office.call("run", "--as-of", AS_OF, "--json").json()["runs"]
    assert second["plan"]["changes"] == 0


def test_a_second_run_does_not_start_while_one_is_going_on(
    sites: Callable[[Crm], Site], gates: Callable[[int], Gate], tmp_path: Path
) -> None:
    site = sites("hubspot")
    gate = gates(site.server.port)
    office = behind(gate, site, tmp_path / "project")
    gate.hold_when(lambda: bool(query(office.store, "SELECT 1 FROM lease")))
    process = office.start("run", "--as-of", AS_OF, "--json")
    wait_until_held(gate, process)
    second = office.call("run", "--as-of", AS_OF)
    stopped_cleanly(second, 5)
    assert "another run is going on" in second.err
    assert str(process.pid) in second.err
    assert second.out == ""
    gate.open()
    first = finish(process)
    assert (first.code, first.json()["runs"][0]["outcomes"]["failed"]) == (0, 0)
    assert len(office.call("runs", "--json").json()["runs"]) == 1
