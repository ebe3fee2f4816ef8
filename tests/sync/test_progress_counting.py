"""The line of a long load: on a terminal, and nowhere else."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from sync.progress import Bars, counting


@pytest.mark.parametrize("watched", [True, False])
def test_a_terminal_shows_how_many_there_are_and_a_file_nothing(*, watched: bool) -> None:
    shown = io.StringIO()
    with counting(Console(file=shown, force_terminal=watched, width=80), "rows written", lambda: 1234):
        pass
    assert ("1,234 rows written" in shown.getvalue()) is watched
    assert bool(shown.getvalue()) is watched


def test_a_stream_has_a_bar_while_it_is_read() -> None:
    shown = io.StringIO()
    console = Console(file=shown, force_terminal=True, width=80)
    with Bars(console) as bars:
        bars.pulled("account", 5, 10)
        bars.pulled("user", 1, None)
        bars.ended("user")
        bars.ended("never begun")
        assert [task.description for task in bars._bars.tasks] == ["pull account"]
