"""Who a session's user is: userinfo, the identity URL, and what the org says of its own sign-in."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connectors.sandbox.salesforce.ids import parse_id
from connectors.sandbox.salesforce.signin import keys, sessions
from connectors.sandbox.salesforce.signin.oauth import SCOPES
from connectors.sandbox.salesforce.web import LAST_VERSION, Answer
from connectors.sandbox.salesforce.xml_answers import to_xml

if TYPE_CHECKING:
    import sqlite3

    from connectors.sandbox.salesforce.web import Call

_CHATTER = ("feeds", "groups", "users", "feed-items", "feed-elements")
_USER_TYPES = {"Standard": "STANDARD", "CloudIntegrationUser": "STANDARD", "Guest": "GUEST"}


def get_userinfo(call: Call) -> Answer:
    """The user whom the session belongs to, in OpenID Connect's words."""
    session = _session(call)
    if isinstance(session, Answer):
        return session
    user = _user(call, session.user_id)
    who = _identity(call, user)
    body = {"sub": who["id"], "user_id": user["Id"], "organization_id": who["organization_id"]}
    body |= {
        "preferred_username": user["Username"],
        "nickname": user["CommunityNickname"],
        "name": user["Name"],
        "email": user["Email"],
        "email_verified": True,
        "given_name": user["FirstName"],
        "family_name": user["LastName"],
        "zoneinfo": user["TimeZoneSidKey"],
        "photos": who["photos"],
        "profile": f"{call.base_url}/{user['Id']}",
        "picture": who["photos"]["picture"],
        "address": {"country": user["Country"]} if user["Country"] else {},
        "is_salesforce_integration_user": user["UserType"] == "CloudIntegrationUser",
        "urls": _urls(call, user["Id"], "{version}"),
        "active": bool(user["IsActive"]),
        "user_type": who["user_type"],
        "language": user["LanguageLocaleKey"],
        "locale": user["LocaleSidKey"],
        "utcOffset": who["utcOffset"],
        "updated_at": who["last_modified_date"],
    }
    return Answer(body)


def get_identity(call: Call) -> Answer:
    """The user of the identity URL, for a session of the same org (Salesforce Help, Identity URLs).

    `format` chooses json or xml, `version` the number in its addresses: one that is named, or `latest`.
    """
    session = _session(call)
    if isinstance(session, Answer):
        return session
    organization, user_id = parse_id(str(call.path["organization"])), parse_id(str(call.path["user"]))
    if organization != sessions.organization_id(call.store):
        return _denied("Wrong_Org")
    rows = call.store.database.rows("SELECT * FROM User WHERE Id = ? AND IsActive = 1", (user_id,))
    if not rows:
        return _denied("Bad_Id", 404)
    body = _identity(call, rows[0]) | {"asserted_user": user_id == session.user_id}
    if call.query.get("format", "").lower() == "xml" or call.headers.get("accept", "").startswith("application/xml"):
        return Answer(to_xml("user", body), media_type="application/xml;charset=UTF-8")
    return Answer(body)


def get_openid_configuration(call: Call) -> Answer:
    """The sign-in's own addresses (OpenID Connect Discovery)."""
    base = call.base_url
    oauth = f"{base}/services/oauth2"
    return Answer(
        {
            "issuer": base,
            "authorization_endpoint": f"{oauth}/authorize",
            "token_endpoint": f"{oauth}/token",
            "revocation_endpoint": f"{oauth}/revoke",
            "userinfo_endpoint": f"{oauth}/userinfo",
            "jwks_uri": f"{base}/id/keys",
            "introspection_endpoint": f"{oauth}/introspect",
            "scopes_supported": list(SCOPES),
            "response_types_supported": ["code", "token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "display_values_supported": ["page", "popup", "touch"],
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        }
    )


get_keys = keys.get_keys


def _session(call: Call) -> sessions.Session | Answer:
    """The session of the bearer token or of `oauth_token`; the refusal where there is none."""
    scheme, _, token = call.headers.get("authorization", "").partition(" ")
    if scheme.lower() not in {"bearer", "oauth"}:
        token = call.query.get("oauth_token") or call.query.get("access_token") or ""
    if not token:
        return _denied("Missing_OAuth_Token")
    return sessions.use_session(call.store, token.strip()) or _denied("Bad_OAuth_Token")


def _denied(reason: str, status: int = 403) -> Answer:
    return Answer(reason, status, media_type="text/html;charset=UTF-8")


def _user(call: Call, user_id: str) -> sqlite3.Row:
    return call.store.database.rows("SELECT * FROM User WHERE Id = ?", (user_id,))[0]


def _identity(call: Call, user: sqlite3.Row) -> dict[str, Any]:
    organization = sessions.organization_id(call.store)
    photo = f"{call.base_url}/profilephoto/005"
    asked = call.query.get("version", "")
    version = f"{LAST_VERSION}.0" if asked == "latest" else asked or "{version}"
    return {
        "id": f"{call.base_url}/id/{organization}/{user['Id']}",
        "asserted_user": True,
        "user_id": user["Id"],
        "organization_id": organization,
        "username": user["Username"],
        "nick_name": user["CommunityNickname"],
        "display_name": user["Name"],
        "email": user["Email"],
        "email_verified": True,
        "first_name": user["FirstName"],
        "last_name": user["LastName"],
        "timezone": user["TimeZoneSidKey"],
        "photos": {"picture": f"{photo}/F", "thumbnail": f"{photo}/T"},
        "addr_street": user["Street"],
        "addr_city": user["City"],
        "addr_state": user["State"],
        "addr_country": user["Country"],
        "addr_zip": user["PostalCode"],
        "mobile_phone": user["MobilePhone"],
        "mobile_phone_verified": False,
        "is_lightning_login_user": False,
        "status": {"created_date": None, "body": None},
        "urls": _urls(call, user["Id"], version),
        "active": bool(user["IsActive"]),
        "user_type": _USER_TYPES.get(user["UserType"] or "Standard", "STANDARD"),
        "language": user["LanguageLocaleKey"],
        "locale": user["LocaleSidKey"],
        "utcOffset": _offset(call, user["TimeZoneSidKey"]),
        "last_modified_date": user["LastModifiedDate"].partition(".")[0] + "Z",
    }


def _urls(call: Call, user_id: str, version: str) -> dict[str, str]:
    """The org's addresses, the version left open unless one was asked for."""
    soap = f"{call.base_url}/services/Soap"
    short = sessions.organization_id(call.store)[:15]
    rest = f"{call.base_url}/services/data/v{version}/"
    urls = {
        "enterprise": f"{soap}/c/{version}/{short}",
        "metadata": f"{soap}/m/{version}/{short}",
        "partner": f"{soap}/u/{version}/{short}",
        "rest": rest,
        "sobjects": f"{rest}sobjects/",
        "search": f"{rest}search/",
        "query": f"{rest}query/",
        "recent": f"{rest}recent/",
        "tooling_soap": f"{soap}/T/{version}/{short}",
        "tooling_rest": f"{rest}tooling/",
        "profile": f"{call.base_url}/{user_id}",
    }
    return (
        urls | {name.replace("-", "_"): f"{rest}chatter/{name}" for name in _CHATTER} | {"custom_domain": call.base_url}
    )


def _offset(call: Call, zone: str) -> int:
    """The zone's distance from UTC without daylight saving, in milliseconds."""
    try:
        now = call.store.database.clock.now().astimezone(ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError):
        return 0
    standard = (now.utcoffset() or timedelta(0)) - (now.dst() or timedelta(0))
    return int(standard.total_seconds() * 1000)
