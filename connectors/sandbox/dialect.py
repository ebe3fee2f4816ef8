"""What the two dialects have in common: the settings of a sandbox and what a dialect must offer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from connectors.sandbox.behaviour import Behaviour

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.applications import Starlette

    from connectors.sandbox.company.model import Company
    from connectors.sandbox.database import Database


@dataclass(frozen=True, slots=True)
class Settings:
    """How a sandbox behaves. The credentials are public on purpose: it serves loopback only.

    `behaviour` is the one it starts with; the database holds the one in force.
    """

    client_id: str = "sandbox-client"
    client_secret: str = "sandbox-secret"  # noqa: S105
    access_token: str = "sandbox-token"  # noqa: S105  HubSpot private-app token
    username: str = "integration@sandbox.example"  # Salesforce integration user
    jwt_certificate: bytes | None = None  # PEM; the certificate of the Salesforce app for JWT bearer
    time_zone: str = "UTC"
    behaviour: Behaviour = Behaviour()  # noqa: RUF009  frozen


class Dialect(Protocol):
    """A module `connectors.sandbox.<crm>.dialect` is one of these."""

    def build_app(self, database: Database, settings: Settings) -> Starlette:
        """The HTTP application; creates the dialect's tables in an empty database, keeps what a filled one holds."""

    def load_folder(self, database: Database, folder: Path) -> dict[str, int]:
        """Rows loaded by object from an export folder, all or nothing; LoadError names every problem."""

    def load_company(self, database: Database, company: Company) -> dict[str, int]:
        """Rows loaded by object from a generated company."""
