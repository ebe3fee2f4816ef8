"""What a wrong project, wrong credentials or a CRM that is not there end in: a message, an exit code, a whole store."""

from __future__ import annotations

import socket
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import certifi
import pytest
from integration_company import AS_OF, write_company
from integration_harness import CRMS, figure, finish, pulled, query, salesops, stopped_cleanly

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Site
    from integration_harness import Crm, Office


@pytest.fixture
def office(site: Site, tmp_path: Path) -> Office:
    """The project that ran, to be broken."""
    return site.office.copy(tmp_path / "project")


@pytest.fixture
def tiny(sites: Callable[[Crm], Site], tmp_path: Path) -> Office:
    """The same where the CRM makes no difference."""
    return sites("hubspot").office.copy(tmp_path / "project")


def still_goes_on(office: Office, before: dict[str, list[tuple[object, ...]]]) -> None:
    """The store holds what it held, and the next run, on a mended project, ends well."""
    assert pulled(office.store) == before
    assert not query(office.store, "SELECT 1 FROM lease")


# The project


def test_every_mistake_in_yaml_is_named_with_its_file_and_line(tiny: Office) -> None:
    rate = tiny.edit("comp_plans/sales.yaml", "rate: 0.12}", "rate: 12}")
    key = tiny.edit("salesops.yaml", "currency: ", "curency: ")
    before = pulled(tiny.store)
    for command in (("run", "--as-of", AS_OF), ("plan",), ("status",)):
        result = tiny.call(*command)
        stopped_cleanly(result, 2)
        assert result.out == ""
        assert f"comp_plans/sales.yaml:{rate}:" in result.err
        assert f"salesops.yaml:{key}:" in result.err
    still_goes_on(tiny, before)


def test_check_tells_the_same_mistakes_to_programs(tiny: Office) -> None:
    line = tiny.edit("comp_plans/sales.yaml", "rate: 0.12}", "rate: 12}")
    result = tiny.call("check", "--json")
    assert (result.code, result.err) == (2, "")
    problems = result.json()["problems"]
    assert (Path(problems[0]["file"]).name, problems[0]["line"]) == ("sales.yaml", line)


def test_text_that_is_no_yaml_is_named_with_its_line(tiny: Office) -> None:
    line = tiny.edit("writeback.yaml", "    - object: account", "   - object: [account")
    result = tiny.call("run")
    stopped_cleanly(result, 2)
    assert "writeback.yaml:" in result.err
    named = int(result.err.split("writeback.yaml:")[1].split(":")[0])
    assert line <= named <= line + 1


def test_a_folder_without_a_project_says_how_to_make_one(tmp_path: Path) -> None:
    result = salesops("run", cwd=tmp_path)
    stopped_cleanly(result, 2)
    assert "salesops init" in result.err


def test_an_unknown_connection_names_the_known_ones(tiny: Office) -> None:
    result = tiny.call("run", "--connection", "nope")
    stopped_cleanly(result, 2)
    assert "'nope'" in result.err
    assert "crm" in result.err


@pytest.mark.parametrize("day", ["nonsense", "2026-02-30", "", "0001-01-01", "9999-12-31"])
def test_a_day_that_is_none_is_refused_before_anything_is_done(tiny: Office, day: str) -> None:
    runs = query(tiny.store, "SELECT count(*) FROM run")
    result = tiny.call("compute", "--as-of", day)
    stopped_cleanly(result, 2)
    assert "--as-of" in result.err
    assert query(tiny.store, "SELECT count(*) FROM run") == runs


@pytest.mark.parametrize("day", ["nonsense", "0001-01-01"])
def test_the_demo_refuses_a_day_that_is_none(tmp_path: Path, day: str) -> None:
    data = write_company("hubspot", tmp_path / "data")
    result = salesops("demo", "--crm", "hubspot", "--data", data, "--as-of", day)
    stopped_cleanly(result, 2)
    assert "--as-of" in result.err


def test_a_folder_of_data_that_is_not_there_is_named(tmp_path: Path) -> None:
    result = salesops("demo", "--data", tmp_path / "none")
    stopped_cleanly(result, 2)
    assert str(tmp_path / "none") in result.err


# Fields


def test_a_mapped_field_that_the_crm_has_not_is_named_where_it_is_mapped(site: Site, office: Office) -> None:
    wrong = "Net_Amount__c" if site.crm == "salesforce" else "net_amount"
    (office.folder / "mapping.yaml").write_text(f"crm:\n  opportunity:\n    fields:\n      amount: {wrong}\n")
    before = pulled(office.store)
    result = office.call("run", "--as-of", AS_OF)
    stopped_cleanly(result, 2)
    assert "mapping.yaml:4:" in result.err
    assert wrong in result.err
    assert len(result.err.strip().splitlines()) == 1, "one mistake, one message"
    still_goes_on(office, before)


def test_a_field_to_write_that_the_crm_has_not_is_named_with_the_way_to_make_it(site: Site, office: Office) -> None:
    right = figure(site.crm, "Calls")
    wrong = right.replace("alls", "alls_Made") if site.crm == "salesforce" else "salesops_calls_made"
    line = office.edit("writeback.yaml", f"field: {right}\n", f"field: {wrong}\n")
    before = pulled(office.store)
    result = office.call("run", "--as-of", AS_OF)
    stopped_cleanly(result, 2)
    assert f"writeback.yaml:{line}:" in result.err
    assert wrong in result.err
    assert "salesops provision" in result.err
    still_goes_on(office, before)


# Credentials


def test_wrong_credentials_are_refused_with_what_to_check(site: Site, office: Office) -> None:
    name = "SALESOPS_CLIENT_SECRET" if site.crm == "salesforce" else "SALESOPS_HUBSPOT_TOKEN"
    before = pulled(office.store)
    result = office.salesops("run", "--as-of", AS_OF, env={name: "quite-wrong-secret"})
    stopped_cleanly(result, 4)
    assert "quite-wrong-secret" not in result.err
    assert ("client_secret" if site.crm == "salesforce" else "token") in result.err
    still_goes_on(office, before)
    assert office.call("status").code == 1, "the operator sees it"
    again = office.call("pull")
    assert again.code == 0, again.err


def test_a_secret_that_is_not_set_is_named(site: Site, office: Office) -> None:
    name = "SALESOPS_CLIENT_SECRET" if site.crm == "salesforce" else "SALESOPS_HUBSPOT_TOKEN"
    before = pulled(office.store)
    result = office.salesops("pull", env={name: None})
    stopped_cleanly(result, 2)
    assert "salesops.yaml" in result.err
    assert name in result.err
    still_goes_on(office, before)


# The network


def test_a_server_that_is_not_there_ends_each_run_in_good_time(sites: Callable[[Crm], Site], tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
    offices = {crm: sites(crm).office.copy(tmp_path / crm) for crm in CRMS}
    before = {crm: pulled(office.store) for crm, office in offices.items()}
    for crm, office in offices.items():
        office.move_to(f"{'https' if crm == 'salesforce' else 'http'}://127.0.0.1:{port}", None)
    started = {crm: office.start("run", "--as-of", AS_OF) for crm, office in offices.items()}
    for crm, process in started.items():
        result = finish(process)
        stopped_cleanly(result, 5)
        assert f"127.0.0.1:{port}" in result.err, "which server"
        assert "refused" in result.err.lower(), "why"
        still_goes_on(offices[crm], before[crm])
        [(status,)] = query(offices[crm].store, "SELECT status FROM run ORDER BY id DESC LIMIT 1")
        assert status == "stopped"
        offices[crm].move_to(sites(crm).server.url, sites(crm).server.ca_file)
        assert offices[crm].call("pull").code == 0


def test_a_server_nobody_vouches_for_is_not_talked_to(sites: Callable[[Crm], Site], tmp_path: Path) -> None:
    office = sites("salesforce").office.copy(tmp_path / "project")
    office.move_to(sites("salesforce").server.url, Path(certifi.where()))  # authorities that did not sign it
    result = office.call("pull")
    stopped_cleanly(result, 5)
    assert "certificate" in result.err


# Pipes and files that take no more


def test_a_reader_that_goes_away_is_no_failure(tiny: Office) -> None:
    with tiny.start("runs") as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        said = process.stderr.read()
    assert (process.returncode, said) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has /dev/full")
def test_output_into_a_full_disk_says_so(tiny: Office) -> None:
    with Path("/dev/full").open("w") as full:
        result = finish(tiny.start("status", "--json", stdout=full))
    stopped_cleanly(result, 5)
    assert "No space left" in result.err
    assert "Exception ignored" not in result.err
