"""The Salesforce dialect of the sandbox CRM: its routes over the org in the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette

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
from connectors.sandbox.salesforce.jobs import delete_job
from connectors.sandbox.salesforce.seed import name_integration_user, seed_org
from connectors.sandbox.salesforce.storage import Store
from connectors.sandbox.salesforce.web import Answer, Call, route

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from starlette.routing import Route

    from connectors.sandbox.company.model import Company
    from connectors.sandbox.database import Database
    from connectors.sandbox.dialect import Settings

Handlers = dict[str, "Callable[[Call], Answer]"]

_OPEN: dict[str, Handlers] = {
    "/services/oauth2/token": {"POST": oauth.post_token},
    "/services/oauth2/revoke": {"POST": oauth.post_revoke},
    "/services/data": {"GET": describe.get_versions},
}
_AUTHENTICATED: dict[str, Handlers] = {
    "/services/oauth2/userinfo": {"GET": oauth.get_userinfo, "POST": oauth.get_userinfo},
    "/id/{organization}/{user}": {"GET": oauth.get_userinfo},
}
# In the order they are tried; all under /services/data/v{version}.
_RESOURCES: dict[str, Handlers] = {
    "": {"GET": describe.get_resources},
    "/limits": {"GET": describe.get_limits},
    "/query": {"GET": query.get_query},
    "/query/{locator}": {"GET": query.get_next_page},
    "/queryAll": {"GET": query.get_query_all},
    "/queryAll/{locator}": {"GET": query.get_next_page},
    "/sobjects": {"GET": describe.get_global},
    "/sobjects/{object}": {"GET": describe.get_basic, "POST": sobjects.post_record},
    "/sobjects/{object}/describe": {"GET": describe.get_describe},
    "/sobjects/{object}/{id}": {
        "GET": sobjects.get_record,
        "PATCH": sobjects.patch_record,
        "DELETE": sobjects.delete_record,
    },
    "/sobjects/{object}/{key}/{value:path}": {
        "GET": sobjects.get_by_key,
        "PATCH": sobjects.patch_by_key,
        "DELETE": sobjects.delete_by_key,
    },
    "/composite/sobjects": {
        "POST": collections.post_records,
        "PATCH": collections.patch_records,
        "DELETE": collections.delete_records,
    },
    "/composite/sobjects/{object}": {"GET": collections.get_records, "POST": collections.get_records},
    "/composite/sobjects/{object}/{key}": {"PATCH": collections.upsert_records},
    "/jobs/query": {"GET": bulk_query.get_jobs, "POST": bulk_query.post_job},
    "/jobs/query/{id}": {
        "GET": bulk_query.get_job,
        "PATCH": bulk_query.patch_job,
        "DELETE": lambda call: delete_job(call, bulk_query.KIND),
    },
    "/jobs/query/{id}/results": {"GET": bulk_query.get_results},
    "/jobs/ingest": {"GET": bulk_ingest.get_jobs, "POST": bulk_ingest.post_job},
    "/jobs/ingest/{id}": {
        "GET": bulk_ingest.get_job,
        "PATCH": bulk_ingest.patch_job,
        "DELETE": lambda call: delete_job(call, bulk_ingest.KIND),
    },
    "/jobs/ingest/{id}/batches": {"PUT": bulk_ingest.put_batches},
    "/jobs/ingest/{id}/successfulResults": {"GET": bulk_ingest.get_successful},
    "/jobs/ingest/{id}/failedResults": {"GET": bulk_ingest.get_failed},
    "/jobs/ingest/{id}/unprocessedrecords": {"GET": bulk_ingest.get_unprocessed},
    "/tooling/query": {"GET": tooling_query.get_query},
    "/tooling/sobjects/CustomField": {"POST": tooling.post_custom_field},
    "/tooling/sobjects/CustomField/{id}": {"GET": tooling.get_custom_field},
}
_COMPOSABLE = ("/sobjects", "/query", "/composite/sobjects", "/limits")
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def build_app(database: Database, settings: Settings) -> Starlette:
    """The HTTP application; makes an empty database an org, keeps what a filled one holds."""
    store = open_store(database, settings)
    register_functions(database, settings.time_zone)
    name_integration_user(store, settings.username)
    routes: list[Route] = []
    for path, handlers in _OPEN.items():
        routes += [route(form, handlers, store, settings, open_to_all=True) for form in (path, f"{path}/")]
    for path, handlers in _AUTHENTICATED.items():
        routes.append(route(path, handlers, store, settings))
    inner = {path: handlers for path, handlers in _RESOURCES.items() if path.startswith(_COMPOSABLE)}
    resources: dict[str, Handlers] = {"/composite": {"POST": composite.composite_handler(inner)}} | _RESOURCES
    for path, handlers in resources.items():
        full = f"/services/data/v{{version}}{path}"
        routes += [route(form, handlers, store, settings) for form in (full, f"{full}/")]
    nothing: Handlers = dict.fromkeys(_METHODS, _nothing_here)
    routes.append(route("/services/data/{rest:path}", nothing, store, settings))
    routes.append(route("/{rest:path}", nothing, store, settings, open_to_all=True))
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
