"""The project that `salesops init DIR` writes: a few commented files, by CRM, that run against the sandbox."""

from __future__ import annotations

import json
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from string import Template
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from config.problems import ConfigError, Problem, Where

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date
    from importlib.resources.abc import Traversable

Crm = Literal["salesforce", "hubspot"]

SANDBOX_URLS: Mapping[Crm, str] = MappingProxyType(
    {"salesforce": "https://127.0.0.1:8450", "hubspot": "http://127.0.0.1:8450"}
)
SANDBOX_CA_FILE = ".salesops/sandbox-tls/ca.pem"
"""Where `salesops sandbox serve`, started in the project's folder, keeps the certificate that it is trusted by."""

SANDBOX_QUOTA = Decimal(250_000)
"""The quarterly target of everybody else."""

SANDBOX_QUOTAS: Mapping[str, Decimal] = MappingProxyType(
    {
        "SMB East": Decimal(90_000),
        "SMB West": Decimal(90_000),
        "Mid-Market East": Decimal(180_000),
        "Mid-Market West": Decimal(180_000),
        "Enterprise East": Decimal(400_000),
        "Enterprise West": Decimal(400_000),
        "Strategic": Decimal(650_000),
    }
)
"""Quarterly targets that suit the teams of the sandbox's made-up company."""


def write_template(
    folder: Path,
    *,
    crm: Crm,
    first_day: date,
    url: str | None = None,
    ca_file: Path | str | None = None,
    name: str = "My company",
    time_zone: str = "America/New_York",
    currency: str = "USD",
    default_quota: Decimal = SANDBOX_QUOTA,
    quotas_by_team: Mapping[str, Decimal] = SANDBOX_QUOTAS,
    made_up_company: bool = True,
) -> list[Path]:
    """The files written into `folder`, which is made if need be; ConfigError where a file of theirs is there already.

    Without `url` the project talks to a sandbox on this machine. Targets and pay start with the quarter of `first_day`.
    `made_up_company` says that the CRM is the sandbox's own: `mapping.yaml` then names the custom fields of that
    company, which stand in it as an example otherwise.
    """
    if url is None:
        url = SANDBOX_URLS[crm]
        ca_file = ca_file or (SANDBOX_CA_FILE if crm == "salesforce" else None)
    start = first_day.replace(month=first_day.month - (first_day.month - 1) % 3, day=1)
    values = {
        "name": _quoted(name),
        "time_zone": _quoted(time_zone),
        "currency": _quoted(currency),
        "url": _quoted(url),
        "ca_file": f"\n    ca_file: {_quoted(str(ca_file))}   # trusted instead of the system's" if ca_file else "",
        "first_day": start.isoformat(),
        "first_quarter": f"FY{start.year}-Q{(start.month + 2) // 3}",
        "default_quota": f"{default_quota:f}",
        "teams": _teams(quotas_by_team),
    }
    contents = {folder / _renamed(path, start): _fill(crm, text, values) for path, text in _templates(crm)}
    contents = {path: text for path, text in contents.items() if path.name != ".gitignore" or not path.exists()}
    if not made_up_company:
        contents[folder / "mapping.yaml"] = _commented(contents[folder / "mapping.yaml"])
    _refuse_existing(folder, contents)
    try:
        for path, text in contents.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        summary = f"the project cannot be written: {error.strerror or error}."
        raise ConfigError([Problem("error", summary, "Name another folder.", Where(str(folder)))]) from error
    return list(contents)


def _templates(crm: Crm) -> Iterator[tuple[Path, str]]:
    """(path in the project, text) of each file: the CRM's own, and the ones that all CRMs share."""

    def walk(folder: Traversable, path: Path) -> Iterator[tuple[Path, str]]:
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
            if entry.is_dir():
                yield from walk(entry, path / entry.name)
            else:
                yield path / entry.name, entry.read_text(encoding="utf-8")

    here = files("config.template")
    yield from walk(here / crm, Path())
    yield from walk(here / "common", Path())


def _renamed(path: Path, start: date) -> Path:
    if path.name in {"gitignore", "env.example"}:  # kept without the dot, which hides files from tools and people
        return path.with_name(f".{path.name}")
    return path.with_name(f"{start.year}.yaml") if path.parent.name == "quotas" else path


def _fill(crm: Crm, text: str, values: Mapping[str, str]) -> str:
    template = Template(text)
    fields = {name: _field_name(crm, name) for name in template.get_identifiers() if name.startswith("SalesOps_")}
    return template.substitute(values, **fields)


def _field_name(crm: Crm, name: str) -> str:
    """A field of our own as the CRM spells such names."""
    return f"{name}__c" if crm == "salesforce" else name.lower()


def _teams(quotas: Mapping[str, Decimal]) -> str:
    if not quotas:
        return "        # teams:\n        #   Enterprise: 400000"
    lines = [f"          {_quoted(team)}: {quota:f}" for team, quota in quotas.items()]
    return "\n".join(["        teams:", *lines])


def _commented(text: str) -> str:
    """The text with every line a comment: an example, not a rule."""
    return "\n".join(f"# {line}" if line and not line.startswith("#") else line for line in text.split("\n"))


def _quoted(text: str) -> str:
    """The text as a YAML scalar; a JSON string is one."""
    return json.dumps(text, ensure_ascii=False)


def _refuse_existing(folder: Path, contents: Mapping[Path, str]) -> None:
    """ConfigError where writing would replace anything of the admin's."""
    advice = "Name a new or empty folder."
    if folder.exists() and not folder.is_dir():
        raise ConfigError([Problem("error", "is not a folder.", advice, Where(str(folder)))])
    there = [path for path in contents if path.exists()]
    if folder / "salesops.yaml" in there:
        raise ConfigError([Problem("error", "holds a project already.", advice, Where(str(folder)))])
    if there:
        raise ConfigError([Problem("error", "is there already.", advice, Where(str(path))) for path in there])
