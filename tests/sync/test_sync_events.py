"""Events: a fixed vocabulary on stderr, off unless asked for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from sync import events
from sync.store.store import parse_instant

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _quiet_again() -> Iterator[None]:
    yield
    events.show("off")


def test_nothing_is_told_unless_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    events.emit("planned", connection="crm", changes=3)
    assert capsys.readouterr() == ("", "")


def test_as_json_an_event_is_one_object_a_line_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    events.show("json")
    events.emit("rows_stored", connection="größe\n", object="account", rows=3, run=None)
    out, err = capsys.readouterr()
    assert out == ""
    (line,) = err.splitlines()
    event = json.loads(line)
    assert parse_instant(event.pop("at")).tzinfo is not None
    assert event == {"event": "rows_stored", "connection": "größe\n", "object": "account", "rows": 3, "run": None}


def test_as_text_an_event_is_one_line_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    events.show("text")
    events.emit("run_finished", run=7, written=0)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.split()[1:] == ["run_finished", "run=7", "written=0"]
    assert err.count("\n") == 1
