"""Another sync tool against our pull, on the same sandbox and for the same objects: rows, calls, seconds.

    python -m benchmarks.foreign DIRECTORY/bin/source-salesforce

The tool stands in an environment of its own, as PyPI gives it: `airbyte-source-salesforce` (source-salesforce),
`airbyte-source-hubspot` (source-hubspot) or `tap-salesforce`. All three know the vendors' addresses only, so that a
module in front of their HTTP library sends them to the sandbox, and has properties of types that the sandbox has not,
and that are not compared, answered with a deal's; else they run as they are. They write to a pipe that is
read and forgotten, our pull checks and stores. Both begin with all there is, then run again with nothing new.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import requests

from benchmarks import projects
from benchmarks.counted import TIMEOUT, counted
from benchmarks.projects import SETTINGS, make_project

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from benchmarks.counted import Counted, Crm
    from config.loader import Project

LONGEST = float(os.environ.get("FOREIGN_SECONDS", "1800"))  # of one run of the tool
SINCE = "2010-01-01T00:00:00Z"  # before the made-up company's first record
# Their name of an object: our table, and what our ids of it look like.
OBJECTS: Mapping[Crm, Mapping[str, tuple[str, str]]] = {
    "salesforce": {
        "Account": ("account", "*"),
        "Contact": ("contact", "*"),
        "Event": ("activity", "00U*"),
        "Lead": ("lead", "*"),
        "Opportunity": ("opportunity", "*"),
        "OpportunityHistory": ("opportunity_history", "*"),
        "OpportunityLineItem": ("line_item", "*"),
        "OpportunitySplit": ("opportunity_split", "*"),
        "Product2": ("product", "*"),
        "Task": ("activity", "00T*"),
        "User": ("user", "*"),
        "UserRole": ("role", "*"),
    },
    "hubspot": {
        "companies": ("account", "*"),
        "contacts": ("contact", "*"),
        "deals": ("opportunity", "*"),
        "engagements_calls": ("activity", "call-*"),
        "engagements_emails": ("activity", "email-*"),
        "engagements_meetings": ("activity", "meeting-*"),
        "engagements_tasks": ("activity", "task-*"),
        "leads": ("lead", "*"),
        "line_items": ("line_item", "*"),
        "products": ("product", "*"),
    },
}
DETOUR = """
import os, re
from requests.adapters import HTTPAdapter
send, here = HTTPAdapter.send, os.environ["DETOUR"]
def detour(self, request, **options):
    request.url = re.sub(r"^https://([\\w-]+[.])*(salesforce|hubapi|hubspot)[.]com", here, request.url)
    absent = "/properties/v2/(deal_split|form|subscription_change|email_event)/"
    request.url = re.sub(absent, "/properties/v2/deal/", request.url)
    if request.url.startswith("https:"):
        options["verify"] = os.environ["DETOUR_CA"]
    return send(self, request, **options)
HTTPAdapter.send = detour
"""


@dataclass(slots=True)
class Read:
    """One run of the tool: ids by object, seconds, calls, and where it would go on."""

    ids: dict[str, set[str]] = field(default_factory=dict)
    records: int = 0
    seconds: float = 0.0
    calls: int = 0
    state: Any = None


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool in its folder. Airbyte's sources and Singer's taps take and say the same under other names."""

    path: Path
    folder: Path
    sandbox: Counted

    @property
    def airbyte(self) -> bool:
        return self.path.name.startswith("source-")

    def discover(self, wanted: Mapping[str, tuple[str, str]]) -> list[str]:
        """Which of the wanted objects it knows; they are chosen."""
        command = ["discover", "--config", "config.json"] if self.airbyte else ["-c", "config.json", "--discover"]
        told = "".join(self._run(command))
        if not self.airbyte:
            streams = [each for each in json.loads(told)["streams"] if each["stream"] in wanted]
            for each in streams:
                _choose(each)
            self._write("catalog", {"streams": streams})
            return [each["stream"] for each in streams]
        messages = [json.loads(line) for line in told.splitlines() if line.startswith("{")]
        [catalog] = [each["catalog"] for each in messages if each["type"] == "CATALOG"]
        streams = [each for each in catalog["streams"] if each["name"] in wanted]
        self._write("catalog", {"streams": [_configure(each) for each in streams]})
        return [each["name"] for each in streams]

    def read(self, state: Any = None) -> Read:
        """What it finds, from that state on."""
        start, found = time.perf_counter(), Read(state=state)
        if self.airbyte:
            command = ["read", "--config", "config.json", "--catalog", "catalog.json"]
        else:
            command = ["-c", "config.json", "--properties", "catalog.json"]
        if state is not None:
            self._write("state", list(state.values()) if self.airbyte else state)
            command += ["--state", "state.json"]
        self.sandbox.count()
        for line in self._run(command):
            if line.startswith("{"):
                self._take(json.loads(line), found)
        found.seconds, found.calls = time.perf_counter() - start, len(self.sandbox.count()[0])
        return found

    def _take(self, message: dict[str, Any], found: Read) -> None:
        if message["type"] == "RECORD":
            inner = message["record"] if self.airbyte else message
            record = inner["data"] if self.airbyte else inner["record"]
            found.ids.setdefault(inner["stream"], set()).add(str(record.get("Id") or record.get("id")))
            found.records += 1
        elif message["type"] == "STATE" and not self.airbyte:
            found.state = message["value"]
        elif message["type"] == "STATE":
            name = message["state"]["stream"]["stream_descriptor"]["name"]
            found.state = {**(found.state or {}), name: message["state"]}

    def _run(self, arguments: list[str]) -> Iterator[str]:
        """Its lines; that it failed, or took longer than `LONGEST` and was ended, is said."""
        detour = {"DETOUR": self.sandbox.url, "DETOUR_CA": self.sandbox.ca_file or "", "PYTHONPATH": str(self.folder)}
        said = self.folder / "errors.txt"
        command, env = [str(self.path), *arguments], os.environ | detour
        with (
            said.open("w") as errors,
            subprocess.Popen(
                command, cwd=self.folder, env=env, stdout=subprocess.PIPE, stderr=errors, text=True
            ) as process,
        ):
            assert process.stdout is not None
            clock = Timer(LONGEST, process.kill)
            clock.start()
            yield from process.stdout
            clock.cancel()
        if process.returncode:
            print(f"{self.path.name} {arguments[0]} ended with {process.returncode} (-9: too long)")
            print(said.read_text()[-500:])

    def _write(self, name: str, value: Any) -> None:
        (self.folder / f"{name}.json").write_text(json.dumps(value))


def _choose(stream: dict[str, Any]) -> None:
    """Choose a tap's stream, with all of its fields, by changes where it can."""
    for each in stream["metadata"]:
        said = each["metadata"]
        if not each["breadcrumb"]:
            keys = said.get("valid-replication-keys")
            said |= {"replication-method": "INCREMENTAL", "replication-key": keys[0]} if keys else {}
        if said.get("inclusion") != "unsupported":
            said["selected"] = True


def _configure(stream: dict[str, Any]) -> dict[str, Any]:
    """A source's stream as it is asked for, by changes where it can."""
    return {
        "stream": stream,
        "sync_mode": "incremental" if "incremental" in stream["supported_sync_modes"] else "full_refresh",
        "destination_sync_mode": "append",
        "cursor_field": stream.get("default_cursor_field") or [],
        "primary_key": stream.get("source_defined_primary_key") or [],
    }


def _config(sandbox: Counted) -> dict[str, Any]:
    """Their configuration: the one for all three."""
    if sandbox.crm == "hubspot":
        private = {"credentials_title": "Private App Credentials", "access_token": SETTINGS.access_token}
        return {"credentials": private, "start_date": SINCE}
    signed_in = {
        "client_id": SETTINGS.client_id,
        "client_secret": SETTINGS.client_secret,
        "refresh_token": _refresh_token(sandbox),
    }
    tap = {"api_type": "REST", "quota_percent_total": 90, "quota_percent_per_run": 90}
    return {**signed_in, **tap, "start_date": SINCE, "auth_type": "Client", "is_sandbox": False}


def _refresh_token(sandbox: Counted) -> str:
    """What a person who lets an app in gives it."""
    back = {"redirect_uri": "http://localhost:1717/OauthRedirect", "client_id": SETTINGS.client_id}
    with requests.Session() as session:
        session.trust_env, session.verify = False, sandbox.ca_file or True
        asked = {**back, "response_type": "code", "scope": "refresh_token api"}
        address = f"{sandbox.url}/services/oauth2/authorize"
        sent = session.get(address, params=asked, allow_redirects=False, timeout=TIMEOUT)
        [code] = parse_qs(urlsplit(sent.headers["Location"]).query)["code"]
        grant = {**back, "grant_type": "authorization_code", "client_secret": SETTINGS.client_secret, "code": code}
        answer = session.post(f"{sandbox.url}/services/oauth2/token", data=grant, timeout=TIMEOUT).json()
    return str(answer["refresh_token"])


def _held(project: Project, table: str, pattern: str) -> set[str]:
    """The CRM's ids of our rows, those marked as deleted included."""
    with closing(sqlite3.connect(project.root / project.settings.store)) as database:
        rows = database.execute(f"SELECT id FROM {table} WHERE id GLOB ?", (pattern,)).fetchall()
    return {row[0].replace(":", "-").rpartition("-")[2] for row in rows}


def main(path: Path) -> None:
    """Run the tool and ours, and print what each took and found."""
    crm: Crm = "hubspot" if path.name.endswith("hubspot") else "salesforce"
    with counted(crm, 1) as sandbox, tempfile.TemporaryDirectory() as folder:
        project, tool = make_project(sandbox, Path(folder) / crm), Tool(path, Path(folder), sandbox)
        (tool.folder / "sitecustomize.py").write_text(DETOUR)
        (tool.folder / "config.json").write_text(json.dumps(_config(sandbox)))
        chosen = tool.discover(OBJECTS[crm])
        same = {name.removeprefix("engagements_") for name in chosen}
        sandbox.count()
        theirs = Read()
        for what in ("all there is", "nothing new"):
            ours = projects.pull(project)
            calls = sandbox.count()[0]
            these = sum(each.object in same for each in calls)
            theirs = tool.read(theirs.state)
            print(
                f"{path.name}, {what}: {theirs.records:,} records of {len(same)} objects, {theirs.calls:,} calls, "
                f"{theirs.seconds:.1f} s; ours: {ours.rows:,} rows of every object in the store, {len(calls):,} calls, "
                f"{these:,} of them for these objects, {ours.seconds:.1f} s"
            )
            if what == "all there is":
                _compare(project, {name: theirs.ids.get(name, set()) for name in chosen}, OBJECTS[crm])
            if theirs.seconds >= LONGEST:
                return  # it was ended, and would only go on


def _compare(project: Project, theirs: dict[str, set[str]], objects: Mapping[str, tuple[str, str]]) -> None:
    for name, ids in sorted(theirs.items()):
        held = _held(project, *objects[name])
        print(f"  {name}: both {len(ids & held):,}, only theirs {len(ids - held):,}, only ours {len(held - ids):,}")


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute())
