"""What the two dialects have in common: the settings of a sandbox and what a dialect must offer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from connectors.sandbox.behaviour import Behaviour

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from starlette.applications import Starlette
    from starlette.responses import Response

    from connectors.sandbox.company.model import Company
    from connectors.sandbox.database import Database
    from connectors.sandbox.page.model import Page


@dataclass(frozen=True, slots=True)
class Settings:
    """How a sandbox behaves. The credentials are public on purpose: it serves loopback only.

    `behaviour` is the one it starts with; the database holds the one in force.
    """

    client_id: str = "sandbox-client"
    client_secret: str = "sandbox-secret"  # noqa: S105
    refresh_token: str = "sandbox-refresh-token"  # noqa: S105  of the app, for the integration user
    access_token: str = "sandbox-token"  # noqa: S105  HubSpot private-app token
    username: str = "integration@sandbox.example"  # Salesforce integration user
    password: str = "sandbox-password"  # noqa: S105  of every Salesforce user
    security_token: str = "sandboxSecurityToken"  # noqa: S105  may follow the password, as Salesforce asks elsewhere
    jwt_certificate: bytes | None = None  # PEM; the certificate of the Salesforce app for JWT bearer
    scopes: tuple[str, ...] | None = None  # of the HubSpot app and its tokens; None: every one there is
    time_zone: str = "UTC"
    behaviour: Behaviour = Behaviour()  # noqa: RUF009  frozen


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource of the API: the module that has it, its addresses (of several versions), and its methods."""

    module: str
    paths: tuple[str, ...]
    methods: tuple[str, ...]


class Dialect(Protocol):
    """A module `connectors.sandbox.<crm>.dialect` is one of these."""

    def build_app(self, database: Database, settings: Settings) -> Starlette:
        """The HTTP application; creates the dialect's tables in an empty database, keeps what a filled one holds."""

    def load_folder(self, database: Database, folder: Path) -> dict[str, int]:
        """Rows loaded by object from an export folder, all or nothing; LoadError names every problem."""

    def save_folder(self, database: Database, folder: Path) -> dict[str, int]:
        """Rows written by object to a new export folder; loading it gives the same CRM. SaveError says why not."""

    def find_page(
        self, database: Database, settings: Settings, path: str, parameters: Mapping[str, str]
    ) -> Page | None:
        """The page for people at a path of the vendor's user interface; None where there is none."""

    def list_resources(self) -> list[Resource]:
        """Everything that there is, in the order it is tried; whatever else is asked for does not exist."""

    def outage(self, status: int) -> Response:
        """What the vendor answers with that status when it cannot serve: 429 (over a limit), 500, 502, 503 or 504."""

    def load_company(self, database: Database, company: Company) -> dict[str, int]:
        """Rows loaded by object from a generated company."""
