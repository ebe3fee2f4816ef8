"""The README's commands, and how tests run them as a new user would."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = [block.strip().splitlines() for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL)]


def shell(script: str, cwd: Path) -> str:
    """What a script prints, run as a new user would: with the command on the PATH and no environment active."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    kept_out = {"VIRTUAL_ENV", "PYTHONPATH", "COLUMNS"}
    environment = {key: value for key, value in os.environ.items() if key not in kept_out}
    done = subprocess.run(
        ["sh", "-euc", script], cwd=cwd, env=environment | {"PATH": path}, capture_output=True, text=True
    )
    assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
    return done.stdout
