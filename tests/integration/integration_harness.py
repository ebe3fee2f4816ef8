"""What end-to-end tests hold in their hands: the installed command, a CRM in a process of its own, a bare client."""

from __future__ import annotations

import io
import json
import os
import re
import resource
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing, contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from unittest.mock import patch
from urllib.parse import quote

import requests

from config.model import OBJECTS
from sync.cli.failures import exit_code_of
from sync.cli.main import cli

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

Crm = Literal["salesforce", "hubspot"]
CRMS: tuple[Crm, ...] = ("salesforce", "hubspot")

COMMAND = Path(sys.executable).with_name("salesops")
LONGEST_SECONDS = 90

CREDENTIALS = {
    "SALESOPS_CLIENT_ID": "sandbox-client",
    "SALESOPS_CLIENT_SECRET": "sandbox-secret",
    "SALESOPS_HUBSPOT_TOKEN": "sandbox-token",
}
SECRETS = ("sandbox-secret", "sandbox-token")


@dataclass(frozen=True, slots=True)
class Result:
    """How a command ended."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """The one JSON object on stdout."""
        answer = json.loads(self.out)
        assert isinstance(answer, dict), self.out[:200]
        return answer


def environment(changes: Mapping[str, str | None] | None = None) -> dict[str, str]:
    """The environment of a command: ours without anything that colours or redirects it, and the sandbox's secrets."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SALESOPS_", "PYTHON", "CLICK"))}
    wanted = {**kept, **CREDENTIALS, "COLUMNS": "160", **(changes or {})}
    return {name: value for name, value in wanted.items() if value is not None}


def start(
    *arguments: object,
    cwd: Path | None = None,
    env: Mapping[str, str | None] | None = None,
    largest_file: int | None = None,
    stdout: Any = subprocess.PIPE,
) -> subprocess.Popen[str]:
    """The command, running. `largest_file` is the kernel's limit, in bytes, on every file that it writes."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file or 0, resource.RLIM_INFINITY))

    return subprocess.Popen(
        [str(COMMAND), *map(str, arguments)],
        cwd=cwd,
        env=environment(env),
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=None if largest_file is None else limit,  # noqa: PLW1509  no threads are shared with the child
    )


def finish(process: subprocess.Popen[str]) -> Result:
    """How a started command ends; it is killed where it never does."""
    try:
        out, err = process.communicate(timeout=LONGEST_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    return Result(process.returncode, out or "", err)


def salesops(*arguments: object, **options: Any) -> Result:
    """How one command ends."""
    return finish(start(*arguments, **options))


def call(*arguments: object) -> Result:
    """How one command ends that runs in this process."""
    out, err = io.StringIO(), io.StringIO()
    with patch.dict(os.environ, environment(), clear=True), redirect_stdout(out), redirect_stderr(err):
        try:
            code = cli.main(list(map(str, arguments)), prog_name="salesops", standalone_mode=False)
        except BaseException as error:  # noqa: BLE001  as the command's own outermost boundary
            code = exit_code_of(error)
    return Result(code if isinstance(code, int) else 0, out.getvalue(), err.getvalue())


def stopped_cleanly(result: Result, code: int) -> None:
    """The command ended with this code and a message for people: no traceback, no defect of ours, no secret."""
    said = result.out + result.err
    assert result.code == code, said
    assert "Traceback" not in said, said
    assert "defect of ours" not in said, said
    assert not any(secret in said for secret in SECRETS), said
    assert result.err.strip() or code < 2, "a failure needs a message on stderr"


# A CRM in its own process


@dataclass
class Server:
    """A sandbox CRM that `salesops sandbox serve` runs, and what a client needs of it."""

    crm: Crm
    home: Path
    url: str
    ca_file: Path | None
    process: subprocess.Popen[str] = field(repr=False)

    @property
    def port(self) -> int:
        return int(self.url.rsplit(":", 1)[1])


@contextmanager
def serve_crm(crm: Crm, data: Path, home: Path) -> Iterator[Server]:
    """A sandbox in a process of its own, on a free port, filled from a folder; SIGTERM ends it well."""
    process = start(
        "--project", home, "sandbox", "serve", "--crm", crm, "--data", data, "--port", 0, "--calm"
    )  # fmt: skip
    assert process.stdout is not None
    try:
        lines = []
        for line in process.stdout:
            lines.append(line)
            if "Ctrl-C stops it" in line:
                break
        said = "".join(lines)
        address = re.search(r"address\s+(\S+)", said)
        assert address, said + finish(process).err
        ca_file = re.search(r"CA file\s+(\S.*)", said)
        yield Server(crm, home, address[1], Path(ca_file[1]) if ca_file else None, process)
        process.send_signal(signal.SIGTERM)
        ended = finish(process)
        assert ended.code == 0, ended.err
    finally:
        process.kill()
        process.communicate()


# A bare client


@dataclass(frozen=True, slots=True)
class _Names:
    """How a CRM calls one of our objects, and the field that people know a record by."""

    api: str
    name: str


_NAMES: dict[Crm, dict[str, _Names]] = {
    "salesforce": {
        "user": _Names("User", "Email"),
        "account": _Names("Account", "Name"),
        "opportunity": _Names("Opportunity", "Name"),
        "statement": _Names("SalesOps_Statement__c", "SalesOps_Key__c"),
    },
    "hubspot": {
        "user": _Names("users", "hs_email"),
        "account": _Names("companies", "name"),
        "opportunity": _Names("deals", "dealname"),
        "statement": _Names("salesops_statement", "salesops_key"),
    },
}


class Bare:
    """A client of a sandbox made of `requests` alone. Values are text, numbers as plain decimals, None where empty."""

    def __init__(self, crm: Crm, url: str, ca_file: Path | None) -> None:
        self.crm = crm
        self._url = url
        self._session = requests.Session()
        self._session.trust_env = False  # REQUESTS_CA_BUNDLE would go before the sandbox's own CA
        self._session.verify = str(ca_file) if ca_file else True
        token = CREDENTIALS["SALESOPS_HUBSPOT_TOKEN"]
        if crm == "salesforce":
            form = {
                "grant_type": "client_credentials",
                "client_id": CREDENTIALS["SALESOPS_CLIENT_ID"],
                "client_secret": CREDENTIALS["SALESOPS_CLIENT_SECRET"],
            }
            answer = self._session.post(f"{url}/services/oauth2/token", data=form, timeout=10)
            token = answer.json()["access_token"]
        self._session.headers["Authorization"] = f"Bearer {token}"

    def close(self) -> None:
        self._session.close()

    def send(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON answer of a request that must succeed; numbers are exact."""
        answer = self._session.request(method, self._url + path, json=body, timeout=30)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        return json.loads(answer.text, parse_float=Decimal) if answer.text else None

    def ids(self, of_object: str) -> dict[str, str]:
        """Record ids by the name that people know."""
        return {name: str(row["id"]) for name, row in self._rows(of_object, ()).items()}

    def values(self, of_object: str, crm_field: str) -> dict[str, str | None]:
        """What stands in one field, by the record's name."""
        return {name: _text(row[crm_field]) for name, row in self._rows(of_object, (crm_field,)).items()}

    def put(self, of_object: str, name: str, **values: Any) -> None:
        """Change fields of one record, as a person in the CRM does."""
        record = self.ids(of_object)[name]
        api = _NAMES[self.crm][of_object].api
        if self.crm == "salesforce":
            self.send("PATCH", f"/services/data/v62.0/sobjects/{api}/{record}", values)
        else:
            self.send("PATCH", f"/crm/v3/objects/{api}/{record}", {"properties": values})

    def _rows(self, of_object: str, fields: tuple[str, ...]) -> dict[str, dict[str, Any]]:
        names = _NAMES[self.crm][of_object]
        if self.crm == "salesforce":
            found = self._query(f"SELECT Id, {', '.join((names.name, *fields))} FROM {names.api}")
            return {row[names.name]: {**row, "id": row["Id"]} for row in found}
        listed = self._list(names.api, (names.name, *fields))
        return {row["properties"][names.name]: {**row["properties"], "id": row["id"]} for row in listed}

    def _query(self, soql: str) -> Iterator[dict[str, Any]]:
        path: str | None = f"/services/data/v62.0/query?q={quote(soql)}"
        while path:
            answer = self.send("GET", path)
            yield from answer["records"]
            path = answer.get("nextRecordsUrl")

    def _list(self, api: str, properties: Iterable[str]) -> Iterator[dict[str, Any]]:
        after = ""
        while True:
            query = f"limit=100&properties={','.join(properties)}{after}"
            answer = self.send("GET", f"/crm/v3/objects/{api}?{query}")
            yield from answer["results"]
            if "paging" not in answer:
                return
            after = f"&after={answer['paging']['next']['after']}"


def _text(value: Any) -> str | None:
    if value is None or value == "":
        return None
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def figure(crm: Crm, name: str) -> str:
    """A field of the template's writeback as the CRM spells it: figure("hubspot", "Won_Amount")."""
    return f"SalesOps_{name}__c" if crm == "salesforce" else f"salesops_{name.lower()}"


def same_number(left: str | None, right: str | None) -> bool:
    """Whether two texts are one number, or both are nothing."""
    return left == right if left is None or right is None else Decimal(left) == Decimal(right)


# A door in front of a CRM


class Gate:
    """A TCP door in front of a server: bytes go both ways until `hold_when` says that the next request must wait.

    `held` is set once a request waits; `open` lets everything through from then on.
    """

    def __init__(self, port: int) -> None:
        self._target = ("127.0.0.1", port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.held = threading.Event()
        self._opened = threading.Event()
        self._hold_when: Callable[[], bool] = lambda: False
        self._sockets: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def hold_when(self, condition: Callable[[], bool]) -> None:
        """Let the next request wait for which the condition is true."""
        self.held.clear()
        self._opened.clear()
        self._hold_when = condition

    def open(self) -> None:
        self._hold_when = lambda: False
        self._opened.set()

    def close(self) -> None:
        self.open()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for each in self._sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for each in self._sockets:
            each.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(self._target)
            for each in (client, server):
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # Nagle's delay is 40 ms a request
            self._sockets += [client, server]
            for source, target, asks in ((client, server, True), (server, client, False)):
                thread = threading.Thread(target=self._pump, args=(source, target, asks))
                self._threads.append(thread)
                thread.start()

    def _pump(self, source: socket.socket, target: socket.socket, asks: bool) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if asks and self._hold_when():
                    self.held.set()
                    self._opened.wait()
                target.sendall(data)
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)


# A project and its store


@dataclass(frozen=True, slots=True)
class Office:
    """A project of `salesops init`, at the address of a running CRM."""

    crm: Crm
    folder: Path
    as_of: str

    @property
    def store(self) -> Path:
        return self.folder / ".salesops" / "store.db"

    def salesops(self, *arguments: object, **options: Any) -> Result:
        """How one command in this project ends, in a process of its own."""
        return salesops("--project", self.folder, *arguments, **options)

    def call(self, *arguments: object) -> Result:
        """The same in this process: to start another takes longer than what most commands do."""
        return call("--project", self.folder, *arguments)

    def look_again(self) -> None:
        """Pull and compute, so that a plan says what stands in the CRM now."""
        for arguments in (("pull",), ("compute", "--as-of", self.as_of)):
            result = self.call(*arguments)
            assert result.code == 0, result.err

    def start(self, *arguments: object, **options: Any) -> subprocess.Popen[str]:
        return start("--project", self.folder, *arguments, **options)

    def copy(self, folder: Path) -> Office:
        """The same project and store once more, so that a test may do to it what it likes."""
        shutil.copytree(self.folder, folder)
        return Office(self.crm, folder, self.as_of)

    def edit(self, file: str, old: str, new: str) -> int:
        """Replace a text that stands in a file once; the line it stands on."""
        path = self.folder / file
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{file}: {old!r} stands there {text.count(old)} times"
        path.write_text(text.replace(old, new), encoding="utf-8")
        return text[: text.index(old)].count("\n") + 1

    def move_to(self, url: str, ca_file: Path | None) -> None:
        """Point the project at another address."""
        path = self.folder / "salesops.yaml"
        text = re.sub(r"(?m)^( +url:) .*$", rf'\1 "{url}"', path.read_text(encoding="utf-8"))
        if ca_file:
            text = re.sub(r"(?m)^( +ca_file:) .*$", rf'\1 "{ca_file}"', text)
        path.write_text(text, encoding="utf-8")


def new_office(server: Server, folder: Path, as_of: str) -> Office:
    """A new project, as `salesops init` writes it, at the server's address."""
    assert salesops("init", folder, "--crm", server.crm).code == 0
    if server.crm == "hubspot":  # it has no managers of its own; the example in the file names a property for them
        (folder / "mapping.yaml").write_text("crm: {user: {fields: {manager_id: manager_email}}}\n", encoding="utf-8")
    office = Office(server.crm, folder, as_of)
    office.move_to(server.url, server.ca_file)
    return office


def query(store: Path, sql: str) -> list[tuple[Any, ...]]:
    """Rows of a store, read from outside; none where it has no such table yet."""
    if not store.exists():
        return []
    try:
        with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True, timeout=10)) as connection:
            return connection.execute(sql).fetchall()
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            return []
        raise


def pulled(store: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that was pulled, by object: what two stores of the same CRM must agree on."""
    return {
        name: query(store, f"SELECT id, {', '.join(spec.fields)}, custom, modified_at, deleted FROM {name} ORDER BY id")
        for name, spec in OBJECTS.items()
    }
