"""The project of a rehearsal: the same rules on a sandbox of this machine, and nothing of how production is reached."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from config.catalog_files import read_catalog
from config.documents import read_documents
from config.project_folder import FILES, SETTINGS
from config.yaml_text import read_yaml
from connectors.sandbox.dialect import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from config.loader import Project

TLS = ".salesops/sandbox-tls"
"""Where a sandbox that is served for a project keeps its CA, from the project's folder on."""

_HEADER = """\
# The rehearsal of a project, made by `salesops sandbox copy`. Its connections lead to copies on this machine.
# Change rules here and look at what they do; then bring the files that you changed to the project itself, but not this
# one: it is of the rehearsal alone.
"""
_REPLACED = ("url", "sign_in", "ca_file")  # of a connection: all that leads to the CRM itself
_SECRETS: Mapping[str, str] = {
    "client-id": Settings().client_id,
    "client-secret": Settings().client_secret,
    "token": Settings().access_token,
}
"""The sandbox's own, which are public."""


def write_project(project: Project, root: Path, ports: Mapping[str, int]) -> None:
    """Write the project's files to `root`: the rules byte for byte, the settings with each connection at its port."""
    for document in read_documents(project.root, read_catalog().wholes)[0]:
        path = root / document.file
        path.parent.mkdir(parents=True, exist_ok=True)
        if document.kind == SETTINGS:
            path.write_text(_HEADER + _settings(document.content, ports), encoding="utf-8")
        else:
            path.write_bytes(document.content)
    for name, secret in _SECRETS.items():
        path = root / ".salesops" / f"sandbox-{name}"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"{secret}\n", encoding="utf-8")


def _settings(content: bytes, ports: Mapping[str, int]) -> str:
    """The settings with the store in its usual place."""
    tree: Any = read_yaml(content, FILES[SETTINGS]).tree
    kept = {key: value for key, value in tree.items() if key != "store"}
    kept["name"] = f"Rehearsal of {tree['name']}"
    kept["connections"] = {
        name: {key: value for key, value in connection.items() if key not in _REPLACED}
        | _way(connection["crm"], ports[name])
        for name, connection in tree["connections"].items()
    }
    return yaml.safe_dump(kept, sort_keys=False, allow_unicode=True)


def _way(crm: str, port: int) -> dict[str, Any]:
    """How the copy of a CRM is reached."""
    secrets = {name: f"file:.salesops/sandbox-{name}" for name in _SECRETS}
    if crm == "hubspot":
        return {"url": f"http://127.0.0.1:{port}", "sign_in": {"kind": "access_token", "token": secrets["token"]}}
    sign_in = {"kind": "client_credentials"}
    sign_in |= {"client_id": secrets["client-id"], "client_secret": secrets["client-secret"]}
    return {"url": f"https://127.0.0.1:{port}", "ca_file": f"{TLS}/ca.pem", "sign_in": sign_in}
