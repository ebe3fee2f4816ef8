"""The Salesforce dialect of the sandbox CRM: its routes over the org in the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import compile_path

from connectors.sandbox.dialect import Resource
from connectors.sandbox.salesforce import entry, formula, recent, resources
from connectors.sandbox.salesforce.bulk1 import routes as bulk1_routes
from connectors.sandbox.salesforce.bulk2 import ingest as bulk_ingest
from connectors.sandbox.salesforce.bulk2 import query as bulk_query
from connectors.sandbox.salesforce.bulk2 import tables as bulk_tables
from connectors.sandbox.salesforce.composite import composite
from connectors.sandbox.salesforce.describe import resources as describe
from connectors.sandbox.salesforce.figures import groups
from connectors.sandbox.salesforce.metadata import rest as metadata_rest
from connectors.sandbox.salesforce.metadata import soap as metadata_soap
from connectors.sandbox.salesforce.org import company, load, save
from connectors.sandbox.salesforce.org.seed import name_integration_user, seed_org
from connectors.sandbox.salesforce.org.storage import Store
from connectors.sandbox.salesforce.org_rules import tables as rule_tables
from connectors.sandbox.salesforce.outage import outage
from connectors.sandbox.salesforce.page import find_page
from connectors.sandbox.salesforce.query import resources as query
from connectors.sandbox.salesforce.query.functions import register_functions
from connectors.sandbox.salesforce.records import changes, collections, sobjects
from connectors.sandbox.salesforce.signin import passwords
from connectors.sandbox.salesforce.signin.grants import keep_refresh_token
from connectors.sandbox.salesforce.signin.oauth import choose_scope
from connectors.sandbox.salesforce.soap import endpoint
from connectors.sandbox.salesforce.sosl import search
from connectors.sandbox.salesforce.tooling import query as tooling_query
from connectors.sandbox.salesforce.tooling import resources as tooling
from connectors.sandbox.salesforce.web import Org, nothing_here, refuse, route
from connectors.sandbox.salesforce.wire import OneSlash

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from starlette.routing import Route

    from connectors.sandbox.company.model import Company
    from connectors.sandbox.database import Database
    from connectors.sandbox.dialect import Settings
    from connectors.sandbox.salesforce.web import Handlers, Routes

__all__ = [
    "build_app",
    "find_page",
    "list_resources",
    "load_company",
    "load_folder",
    "open_store",
    "outage",
    "save_folder",
]

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
# Modules whose resources look after the session by themselves, if they ask for one, and how each refuses.
_OPEN_MODULES = (
    (entry, refuse), (endpoint, endpoint.refuse), (metadata_soap, endpoint.refuse), (bulk1_routes, bulk1_routes.refuse),
)  # fmt: skip
_AUTHENTICATED: Routes = {"/services/apexrest/{rest:path}": dict.fromkeys(_METHODS, resources.no_apex)}
# Each module's resources under /services/data/vNN.N, in the order they are tried.
_MODULES = (
    resources, recent, search, describe, query, changes, passwords, sobjects, collections, composite, bulk_query,
    bulk_ingest, tooling_query, tooling, metadata_rest,
)  # fmt: skip


def build_app(database: Database, settings: Settings) -> Starlette:
    """The HTTP application; makes an empty database an org, keeps what a filled one holds."""
    database.behaviour = settings.behaviour
    store = open_store(database, settings)
    register_functions(database, settings.time_zone)
    formula.register(database, settings.time_zone)
    user_id = name_integration_user(store, settings.username)
    keep_refresh_token(store, settings.refresh_token, user_id, settings.client_id, choose_scope(None))
    table = {path: handlers for module in _MODULES for path, handlers in module.ROUTES.items()}
    org = Org(store, settings, [(compile_path(path)[0], handlers) for path, handlers in table.items()])
    routes: list[Route] = []
    for module, refuses in _OPEN_MODULES:
        for path, handlers in module.OPEN.items():
            forms = {path, f"{path.rstrip('/')}/"}
            routes += [route(form, handlers, org, open_to_all=True, refuse=refuses) for form in forms]
    for path, handlers in _AUTHENTICATED.items():
        routes.append(route(path, handlers, org))
    for path, handlers in table.items():
        full = f"/services/data/v{{version}}{path}"
        routes += [route(form, handlers, org) for form in (full, f"{full}/")]
    nothing: Handlers = dict.fromkeys(_METHODS, nothing_here)
    routes.append(route("/services/data/{rest:path}", nothing, org))
    routes.append(route("/{rest:path}", nothing, org, open_to_all=True))
    return Starlette(routes=routes, middleware=[Middleware(OneSlash)])


def list_resources() -> list[Resource]:
    """Everything that there is, in the order it is tried; whatever else is asked for does not exist."""
    tables = [(module, "", module.OPEN) for module, _ in _OPEN_MODULES]
    tables += [(module, "/services/data/v{version}", module.ROUTES) for module in _MODULES]
    return [
        Resource(module.__name__, (f"{root}{path}",), tuple(handlers))
        for module, root, table in tables
        for path, handlers in table.items()
        if not path.endswith("{rest:path}")  # refusals of what is not there
    ]


def load_folder(database: Database, folder: Path) -> dict[str, int]:
    """Rows loaded by object from an export folder, all or nothing; LoadError names every problem."""
    return _settled(open_store(database), lambda store: load.load_folder(store, folder))


def save_folder(database: Database, folder: Path) -> dict[str, int]:
    """Rows written by object to a new export folder; SaveError where it cannot be written."""
    return save.save_folder(open_store(database), folder)


def load_company(database: Database, made_up: Company) -> dict[str, int]:
    """Rows loaded by object from a generated company."""
    return _settled(open_store(database), lambda store: company.load_company(store, made_up))


def _settled(store: Store, fill: Callable[[Store], dict[str, int]]) -> dict[str, int]:
    """What filling the org counted; and what Salesforce makes of it by itself is there."""
    with store.database.transaction() as connection:
        counts = fill(store)
        groups.settle_groups(store, connection)
    return counts


def open_store(database: Database, settings: Settings | None = None) -> Store:
    """The org in the database, made where there is none yet."""
    from connectors.sandbox.dialect import Settings as Defaults

    chosen = settings or Defaults()
    store = Store(database)
    with database.transaction() as connection:
        rule_tables.create_tables(connection)
        entry.create_tables(connection)
        passwords.create_tables(connection)
        bulk_tables.create_tables(connection)
    seed_org(store, chosen)
    return store
