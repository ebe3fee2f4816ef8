"""The doors to the org: what answers without a session, because it is where sessions come from, or what clients
look at before they have one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.sandbox.salesforce import resources
from connectors.sandbox.salesforce.signin import identity, keys, oauth, pages, sessions

if TYPE_CHECKING:
    import sqlite3

    from connectors.sandbox.salesforce.web import Routes

OPEN: Routes = {
    "/": {"GET": pages.home},
    "/services/oauth2/token": {"POST": oauth.post_token},
    "/services/oauth2/authorize": {"GET": pages.authorize, "POST": pages.authorize},
    "/services/oauth2/success": {"GET": pages.success},
    "/services/oauth2/revoke": {"GET": oauth.revoke, "POST": oauth.revoke},
    "/services/oauth2/introspect": {"POST": oauth.post_introspect},
    "/services/oauth2/singleaccess": {"GET": oauth.single_access, "POST": oauth.single_access},
    "/services/oauth2/userinfo": {"GET": identity.get_userinfo, "POST": identity.get_userinfo},
    "/id/keys": {"GET": identity.get_keys},
    "/id/{organization}/{user}": {"GET": identity.get_identity, "POST": identity.get_identity},
    "/.well-known/openid-configuration": {"GET": identity.get_openid_configuration},
    "/setup/connect": {"GET": pages.connect, "POST": pages.connect},
    "/secur/frontdoor.jsp": {"GET": pages.frontdoor, "POST": pages.frontdoor},
    "/secur/logout.jsp": {"GET": pages.logout, "POST": pages.logout},
    "/services/data": {"GET": resources.get_versions},
}


def create_tables(connection: sqlite3.Connection) -> None:
    sessions.create_tables(connection)
    keys.create_tables(connection)
