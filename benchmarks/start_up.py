"""Start-up: `salesops --help` against `python -c pass`, the best of several."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

ROUNDS = 15


def report() -> None:
    """Print how many times longer the help takes than starting Python does."""
    salesops = str(Path(sys.executable).with_name("salesops"))
    bare = _best([sys.executable, "-c", "pass"])
    ours = _best([salesops, "--help"])
    took = f"{ours * 1e3:.0f} ms against {bare * 1e3:.0f} ms"
    print(f"start-up: salesops --help takes {ours / bare:.1f} times as long as python -c pass ({took})")


def _best(command: list[str]) -> float:
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - start)
    return min(times)
