"""The Salesforce dialect of the sandbox CRM: its routes over the org in the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.routing import compile_path

from connectors.sandbox.salesforce import (
    bulk_ingest,
    bulk_query,
    collections,
    company,
    composite,
    describe,
    load,
    oauth,
    query,
    sobjects,
    tooling,
    tooling_query,
)
from connectors.sandbox.salesforce.errors import not_found
from connectors.sandbox.salesforce.functions import register_functions
from connectors.sandbox.salesforce.seed import name_integration_user, seed_org
from connectors.sandbox.salesforce.storage import Store
from connectors.sandbox.salesforce.web import Answer, Call, Org, route

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.routing import Route

    from connectors.sandbox.company.model import Company
    from connectors.sandbox.database import Database
    from connectors.sandbox.dialect import Settings
    from connectors.sandbox.salesforce.web import Handlers, Routes

_OPEN: Routes = {
    "/services/oauth2/token": {"POST": oauth.post_token},
    "/services/oauth2/revoke": {"POST": oauth.post_revoke},
    "/services/data": {"GET": describe.get_versions},
}
_AUTHENTICATED: Routes = {
    "/services/oauth2/userinfo": {"GET": oauth.get_userinfo, "POST": oauth.get_userinfo},
    "/id/{organization}/{user}": {"GET": oauth.get_userinfo},
}
# Each module's resources under /services/data/vNN.N, in the order they are tried.
_MODULES = (describe, query, sobjects, collections, composite, bulk_query, bulk_ingest, tooling_query, tooling)
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def build_app(database: Database, settings: Settings) -> Starlette:
    """The HTTP application; makes an empty database an org, keeps what a filled one holds."""
    database.behaviour = settings.behaviour
    store = open_store(database, settings)
    register_functions(database, settings.time_zone)
    name_integration_user(store, settings.username)
    resources = {path: handlers for module in _MODULES for path, handlers in module.ROUTES.items()}
    org = Org(store, settings, [(compile_path(path)[0], handlers) for path, handlers in resources.items()])
    routes: list[Route] = []
    for path, handlers in _OPEN.items():
        routes += [route(form, handlers, org, open_to_all=True) for form in (path, f"{path}/")]
    for path, handlers in _AUTHENTICATED.items():
        routes.append(route(path, handlers, org))
    for path, handlers in resources.items():
        full = f"/services/data/v{{version}}{path}"
        routes += [route(form, handlers, org) for form in (full, f"{full}/")]
    nothing: Handlers = dict.fromkeys(_METHODS, _nothing_here)
    routes.append(route("/services/data/{rest:path}", nothing, org))
    routes.append(route("/{rest:path}", nothing, org, open_to_all=True))
    return Starlette(routes=routes)


def load_folder(database: Database, folder: Path) -> dict[str, int]:
    """Rows loaded by object from an export folder, all or nothing; LoadError names every problem."""
    return load.load_folder(open_store(database), folder)


def load_company(database: Database, made_up: Company) -> dict[str, int]:
    """Rows loaded by object from a generated company."""
    return company.load_company(open_store(database), made_up)


def open_store(database: Database, settings: Settings | None = None) -> Store:
    """The org in the database, made where there is none yet."""
    from connectors.sandbox.dialect import Settings as Defaults

    chosen = settings or Defaults()
    store = Store(database)
    with database.transaction() as connection:
        tooling_query.create_views(connection)
    seed_org(store, chosen)
    return store


def _nothing_here(_: Call) -> Answer:
    raise not_found()
