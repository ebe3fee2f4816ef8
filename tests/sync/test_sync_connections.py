"""Secrets: read from where the project says, and never told."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from synced import settings_for, to_field, write_project

from config.connections import Window
from config.problems import ConfigError, Where
from connectors.hubspot import client
from connectors.hubspot.client import HubSpot
from connectors.salesforce import window
from connectors.salesforce.client import SalesforceConnector
from sync.connections import connect, needed_fields, secret_reader, written_fields

if TYPE_CHECKING:
    from pathlib import Path

WHERE = Where("salesops.yaml", path="connections.crm.sign_in")
SECRET = "hunter2-very-secret"


def test_a_secret_comes_from_the_environment_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SALESOPS_TEST_TOKEN", SECRET)
    assert secret_reader(tmp_path, WHERE)("env:SALESOPS_TEST_TOKEN") == SECRET


def test_a_secret_comes_from_a_file_of_the_project_without_its_line_end(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "a:b").write_text(f"{SECRET}\n", encoding="utf-8")
    assert secret_reader(tmp_path, WHERE)("file:secrets/a:b") == SECRET
    assert secret_reader(tmp_path / "elsewhere", WHERE)(f"file:{tmp_path}/secrets/a:b") == SECRET


def test_a_key_of_several_lines_keeps_them(tmp_path: Path) -> None:
    pem = "-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----"
    (tmp_path / "key.pem").write_text(pem + "\n", encoding="utf-8")
    assert secret_reader(tmp_path, WHERE)("file:key.pem") == pem


@pytest.mark.parametrize("value", [None, ""])
def test_a_variable_that_is_not_set_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    monkeypatch.delenv("SALESOPS_TEST_TOKEN", raising=False)
    if value is not None:
        monkeypatch.setenv("SALESOPS_TEST_TOKEN", value)
    with pytest.raises(ConfigError) as raised:
        secret_reader(tmp_path, WHERE)("env:SALESOPS_TEST_TOKEN")
    assert str(raised.value) == (
        "salesops.yaml: connections.crm.sign_in: the environment variable SALESOPS_TEST_TOKEN is not set."
        " Set SALESOPS_TEST_TOKEN and run again."
    )


def test_a_file_that_is_missing_or_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for name in ("none.txt", "folder", "folder/none"):
        with pytest.raises(ConfigError, match=f"the secret file {name} cannot be read"):
            secret_reader(tmp_path, WHERE)(f"file:{name}")


def test_an_empty_file_is_a_missing_secret(tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_text("\n")
    with pytest.raises(ConfigError, match=r"the secret file empty\.txt"):
        secret_reader(tmp_path, WHERE)("file:empty.txt")


def test_no_message_ever_holds_a_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SALESOPS_OTHER", SECRET)
    (tmp_path / "latin.txt").write_bytes(SECRET.encode() + b"\xff\xfe")
    read = secret_reader(tmp_path, WHERE)
    for reference in ("file:latin.txt", "env:SALESOPS_NONE", "file:none"):
        with pytest.raises(ConfigError) as raised:
            read(reference)
        assert SECRET not in str(raised.value)
        assert SECRET not in repr(raised.value.problems)
        assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize(
    ("crm", "kind", "url"),
    [("hubspot", HubSpot, "http://127.0.0.1:1"), ("salesforce", SalesforceConnector, "https://127.0.0.1:1")],
)
def test_the_connector_is_the_crms_and_signs_in_only_when_used(tmp_path: Path, crm: str, kind: type, url: str) -> None:
    project = write_project(tmp_path, settings=settings_for(crm, url, None))  # type: ignore[arg-type]
    with (
        pytest.raises(ConfigError, match=r"sign_in: the secret file (secret|id)\.txt cannot be read"),
        closing(connect(project, "crm")) as connector,
    ):
        connector.check()
    (tmp_path / "id.txt").write_text("id")
    (tmp_path / "secret.txt").write_text("secret")
    with closing(connect(project, "crm")) as connector:
        assert isinstance(connector, kind)
        assert connector.usage().calls == 0


def test_the_reference_names_the_overlaps_that_hold_where_none_is_set() -> None:
    text = Window.model_fields["overlap_minutes"].description or ""
    minutes = [overlap // timedelta(minutes=1) for overlap in (window.OVERLAP, client.OVERLAP)]
    assert f"{minutes[0]} for Salesforce and {minutes[1]} for HubSpot" in text
    longer = [f"{name} {overlap // timedelta(minutes=1)}" for name, overlap in window.OVERLAPS.items()]
    assert text.endswith(f"for Salesforce's {', '.join(longer)}.")


def test_a_built_in_metric_that_nothing_names_needs_no_field(tmp_path: Path) -> None:
    needed = needed_fields(write_project(tmp_path))
    assert "amount" in needed["opportunity"]  # of the quota's metric
    assert "lead" not in needed
    assert "line_item" not in needed


@pytest.mark.parametrize(("metric", "of_object"), [("calls", "activity"), ("lead_conversion", "lead")])
def test_a_metric_that_is_written_back_needs_its_fields(tmp_path: Path, metric: str, of_object: str) -> None:
    write = to_field("user", "a", f"{{kind: metric, metric: {metric}, period: this_quarter}}")
    assert "owner_id" in needed_fields(write_project(tmp_path, [write]))[of_object]


def test_a_metric_of_the_project_needs_its_fields(tmp_path: Path) -> None:
    (tmp_path / "metrics").mkdir()
    (tmp_path / "metrics" / "own.yaml").write_text(
        "metrics:\n  quoted: {label: Quoted, kind: simple, unit: count, source: quote, aggregate: count,"
        " time: created_at}\n"
    )
    assert needed_fields(write_project(tmp_path))["quote"] == {"id", "owner_id", "created_at"}


def test_the_fields_that_are_written_are_read_along_by_object(tmp_path: Path) -> None:
    writes = [
        to_field("account", "b", "{kind: territory}"),
        to_field("user", "a", "{kind: commission, period: this_quarter}"),
        to_field("user", "c", "{kind: commission, period: last_quarter}"),
    ]
    project = write_project(tmp_path, writes)
    assert written_fields(project, "crm") == {"account": ("b",), "user": ("a", "c")}
    assert written_fields(project, "other") == {}
