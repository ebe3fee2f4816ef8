"""The wheel, installed as a user installs it: in an environment of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = {"connectors", "salesops", "sync", "config"}
TOOLS = Path(sys.executable).parent


def run(*command: str | Path, cwd: Path) -> str:
    environment = {key: value for key, value in os.environ.items() if key not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    done = subprocess.run(list(map(str, command)), cwd=cwd, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(TOOLS / "uv", "build", "--wheel", "--no-build-isolation", "--python", sys.executable, "-o", folder, cwd=ROOT)
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the console script in a clean environment."""
    environment = tmp_path_factory.mktemp("installed")
    run(TOOLS / "uv", "venv", "--quiet", "--python", sys.executable, environment / "venv", cwd=environment)
    binaries = environment / "venv" / "bin"
    run(TOOLS / "uv", "pip", "install", "--quiet", "--python", binaries / "python", wheel, cwd=environment)
    return binaries


def test_the_top_level_of_the_wheel_is_exactly_the_four_packages(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        top = {name.split("/")[0] for name in archive.namelist()}
    assert {name for name in top if not name.endswith(".dist-info")} == PACKAGES


def test_every_file_of_the_packages_that_is_not_python_came_along(wheel: Path) -> None:
    tracked = run("git", "ls-files", *sorted(PACKAGES), cwd=ROOT).splitlines()
    with zipfile.ZipFile(wheel) as archive:
        missing = {name for name in tracked if (ROOT / name).exists()} - set(archive.namelist())
    assert not missing


def test_the_installed_command_writes_a_project_and_finds_it_fine(installed: Path, tmp_path: Path) -> None:
    for crm in ("salesforce", "hubspot"):
        run(installed / "salesops", "init", tmp_path / crm, "--crm", crm, cwd=tmp_path)
        assert "fine" in run(installed / "salesops", "--project", tmp_path / crm, "check", cwd=tmp_path)


def test_the_installed_command_carries_no_test_tool(installed: Path, tmp_path: Path) -> None:
    script = "import importlib.metadata as m; print(*sorted(d.name.lower() for d in m.distributions()))"
    names = run(installed / "python", "-c", script, cwd=tmp_path).split()
    assert "salesops-sync" in names
    assert not {"pytest", "hypothesis", "mypy", "ruff"} & set(names)
