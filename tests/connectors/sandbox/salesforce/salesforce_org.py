"""A bare HTTP client of a Salesforce sandbox, and one running while a block lasts."""

from __future__ import annotations

from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import requests
from served import serving

from connectors.sandbox.database import Database
from connectors.sandbox.salesforce import dialect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from connectors.sandbox.dialect import Settings

VERSION = "/services/data/v59.0"


@dataclass
class Org:
    """`requests` with a session of the org, and short words for what tests do often."""

    url: str
    http: requests.Session
    database: Database
    settings: Settings
    headers: dict[str, str] = field(default_factory=dict)

    def token(self, **form: str) -> requests.Response:
        return self.http.post(f"{self.url}/services/oauth2/token", data=form, timeout=10)

    def login(self) -> None:
        answer = self.token(
            grant_type="client_credentials",
            client_id=self.settings.client_id,
            client_secret=self.settings.client_secret,
        )
        assert answer.status_code == 200, answer.text
        self.headers["Authorization"] = "Bearer " + answer.json()["access_token"]

    def send(self, method: str, path: str, body: Any = None, **more: Any) -> requests.Response:
        full = path if path.startswith("/services") else f"{VERSION}/{path}"
        headers = {**self.headers, **more.pop("headers", {})}
        return self.http.request(method, self.url + full, json=body, headers=headers, timeout=30, **more)

    def ask(self, soql: str, **headers: str) -> requests.Response:
        return self.send("GET", "query", params={"q": soql}, headers=headers)

    def query(self, soql: str) -> Any:
        answer = self.ask(soql)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def values(self, soql: str) -> list[Any]:
        """The first selected field of every record."""
        return [next(v for k, v in record.items() if k != "attributes") for record in self.query(soql)["records"]]

    def create(self, kind: str, **fields: Any) -> str:
        answer = self.send("POST", f"sobjects/{kind}", fields)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def read(self, kind: str, record_id: str) -> Any:
        answer = self.send("GET", f"sobjects/{kind}/{record_id}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def deal(self, **fields: Any) -> str:
        return self.create(
            "Opportunity", **{"Name": "Deal", "StageName": "Prospecting", "CloseDate": "2026-05-01", **fields}
        )

    def user_id(self) -> str:
        return str(self.send("GET", "/services/oauth2/userinfo").json()["user_id"])


@contextmanager
def running_org(settings: Settings, load: Callable[[Database], Any] | None = None) -> Iterator[Org]:
    with closing(Database()) as database:
        app = dialect.build_app(database, settings)
        if load:
            load(database)
        with serving(app) as url, requests.Session() as http:
            org = Org(url, http, database, settings)
            org.login()
            yield org
