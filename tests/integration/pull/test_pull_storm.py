"""Killed at any moment, or met by any fault: the store ends equal to that of a pull that nobody disturbed.

A short batch runs with the other tests; `make pull-storm` runs as many as the issue asks for. PULL_STORM_KILLS and
PULL_STORM_FAULTS are how many, PULL_STORM_SEED is where their seeds begin: a failing one is named in its test's id.
"""

from __future__ import annotations

import os
import signal
import threading
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from integration_harness import CRMS, finish
from pulled_world import open_world

from connectors.sandbox.faults import KINDS, STATUSES

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

    from integration_harness import Crm
    from pulled_world import Call, Doors, World

SEED = int(os.environ.get("PULL_STORM_SEED", "1"))
KILLS = range(SEED, SEED + int(os.environ.get("PULL_STORM_KILLS", "2")))
FAULTS = range(SEED, SEED + int(os.environ.get("PULL_STORM_FAULTS", "2")))

# Every sweep takes part: what is due at once is what a kill or a fault can meet.
ALL_SWEEPS = "associations_hours: 0, calculated_hours: 0, deleted_hours: 0, ids_hours: 0"


@pytest.fixture(scope="module")
def storms(doors: Doors, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Crm], Storm]]:
    """The same CRM for every seed: a pull changes nothing in it."""
    from contextlib import ExitStack

    made: dict[Crm, Storm] = {}
    with ExitStack() as opened, pytest.MonkeyPatch.context() as patch:
        from integration_harness import CREDENTIALS

        for name, value in CREDENTIALS.items():
            patch.setenv(name, value)

        def get(crm: Crm) -> Storm:
            if crm not in made:
                made[crm] = Storm(opened.enter_context(open_world(doors, crm, tmp_path_factory.mktemp(f"storm-{crm}"))))
            return made[crm]

        yield get


class Storm:
    """A world with deleted records in it, and what a pull that nobody disturbs makes of it."""

    def __init__(self, world: World) -> None:
        self.world = world
        for of_object in ("account", "opportunity", "lead"):
            world.delete(of_object, sorted(world.held_ids(of_object))[3])
        world.merge("account", *sorted(world.held_ids("account"))[5:7])
        world.forward(hours=2)
        world.new_project(ALL_SWEEPS)
        self.calls = len(world.pull().calls)
        self.whole = world.contents()
        assert sum(map(len, self.whole.values())) > 1_000

    def check(self) -> None:
        """Hold the store equal to the undisturbed one."""
        stored = self.world.contents()
        for name, rows in self.whole.items():
            assert stored[name] == rows, difference(name, rows, stored[name])


def difference(name: str, wanted: list[tuple[Any, ...]], found: list[tuple[Any, ...]]) -> str:
    missing, more = set(wanted) - set(found), set(found) - set(wanted)
    return f"{name}: {len(missing)} rows missing, as {sorted(missing)[:2]}; {len(more)} too many, as {sorted(more)[:2]}"


class Killer:
    """Kills a process at one moment of its requests: a while after the CRM saw so many, or before it answers."""

    def __init__(self, at: int, wait: float) -> None:
        self._at = at
        self._wait = wait
        self._process: subprocess.Popen[str] | None = None
        self._known = threading.Event()
        self._timer: threading.Timer | None = None

    def aim(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._known.set()

    def __call__(self, call: Call) -> None:
        if call.number != self._at:
            return
        self._known.wait(10)
        if self._wait < 0:
            self._strike()  # while the request is under way
        else:
            self._timer = threading.Timer(self._wait, self._strike)
            self._timer.start()

    def _strike(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer.join()


@pytest.mark.parametrize("seed", KILLS)
@pytest.mark.parametrize("crm", CRMS)
def test_a_pull_killed_at_any_moment_and_run_again_ends_as_if_nothing_had_been(
    storms: Callable[[Crm], Storm], crm: Crm, seed: int
) -> None:
    storm, dice = storms(crm), Random(f"kill {crm} {seed}")
    world = storm.world
    world.new_project(ALL_SWEEPS)
    world.watch.calls.clear()
    killer = Killer(dice.randint(1, storm.calls), dice.choice((-1, 0, dice.random() / 20, dice.random() / 3)))
    world.watch.before = killer
    try:
        process = world.start("pull")
        killer.aim(process)
        result = finish(process)
    finally:
        world.watch.before = None
        killer.close()
    assert result.code in {-signal.SIGKILL, 0}, result.err
    world.pull()
    storm.check()
    assert world.select("PRAGMA integrity_check") == [("ok",)]


def draw_faults(dice: Random, kind: str) -> list[dict[str, Any]]:
    """One to four faults: one of this kind, and others of any."""
    drawn = []
    for each in (kind, *(dice.choice(list(KINDS)) for _ in range(dice.randint(0, 3)))):
        fault: dict[str, Any] = {
            "kind": each,
            "after": dice.choice((0, 0, dice.randint(1, 40))),
            "share": dice.choice((0.05, 0.1, 0.3, 1)),
            "times": dice.choice((1, 2, 5, 20, None)),
        }
        if fault["share"] > 0.3 and fault["times"] is None:
            fault["times"] = 3
        if dice.random() < 0.5:
            fault["method"] = dice.choice(("GET", "POST"))
        if each == "latency":
            fault["seconds"] = dice.choice((0.01, 0.1))
        if each == "status":
            fault["status"] = dice.choice(STATUSES)
        drawn.append(fault)
    return drawn


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("seed", FAULTS)
@pytest.mark.parametrize("crm", CRMS)
def test_a_pull_met_by_any_faults_ends_as_if_nothing_had_been(
    storms: Callable[[Crm], Storm], crm: Crm, seed: int
) -> None:
    """Where it ends well, the store is whole; where it stops, the next run without faults makes it so."""
    storm, dice = storms(crm), Random(f"faults {crm} {seed}")
    world = storm.world
    world.new_project(ALL_SWEEPS)
    world.behave(seed=seed)
    kinds = list(KINDS)
    try:
        for fault in draw_faults(dice, kinds[seed % len(kinds)]):
            world.fault(**fault)
        met = world.salesops("pull")
    finally:
        world.mend()
    assert met.code in {0, 5}, met.err
    if met.code:
        assert met.err.strip(), "a stop needs a message"
        world.pull()
    storm.check()
