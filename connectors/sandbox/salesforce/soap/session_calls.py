"""SOAP's calls about the session: login, logout, who the user is, what time it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.errors import ApiError
from connectors.sandbox.salesforce.ids import parse_id
from connectors.sandbox.salesforce.signin import sessions
from connectors.sandbox.salesforce.signin.people import Refused, sign_in_with_password
from connectors.sandbox.salesforce.soap.envelope import ENTERPRISE, Dialect, Fault, Message
from connectors.sandbox.salesforce.soap.values import moment
from connectors.sandbox.salesforce.soql.money import read_currencies
from connectors.sandbox.salesforce.web import sign_in

if TYPE_CHECKING:
    import sqlite3

    from connectors.sandbox.salesforce.web import Call

_REFUSED = "Invalid username, password, security token; or user locked out."
_LAST_LOGIN = 64  # login() is no part of version 65 and later (SOAP API Developer Guide, login)


def signed_in(call: Call, message: Message) -> tuple[Call, str]:
    """(call, use of the daily limit) of the session of a message's header; a Fault where that is over."""
    try:
        return sign_in(call, message.session_id)
    except ApiError as error:
        if error.code != "INVALID_SESSION_ID":
            raise
        text = "Invalid Session ID found in SessionHeader: Illegal Session"
        raise Fault("INVALID_SESSION_ID", text) from None


def login(call: Call, dialect: Dialect, message: Message) -> dict[str, Any]:
    """A session for a user's name and password, and the addresses to use it at."""
    if int(call.version.partition(".")[0]) > _LAST_LOGIN:
        raise Fault("UNSUPPORTED_API_VERSION", f"login() is not supported in API version {call.version}")
    if not call.store.database.behaviour.soap_login:
        raise Fault("INVALID_OPERATION", "SOAP API login() is disabled by default in this org.", "LoginFault")
    organization = sessions.organization_id(call.store)
    scope = message.headers.get("LoginScopeHeader")
    wanted = (scope.value("organizationId") if scope else None) or organization
    try:
        if call.store.database.behaviour.refuse_sign_in or parse_id(wanted) != organization:
            raise Refused("invalid_grant", "authentication failure")  # noqa: TRY301
        body = message.body
        user = sign_in_with_password(call, body.value("username") or "", body.value("password") or "")
    except Refused:
        raise Fault("INVALID_LOGIN", _REFUSED, "LoginFault") from None
    session = sessions.start_session(call.store, user["Id"], "full")
    letter = "c" if dialect is ENTERPRISE else "u"
    address = f"{call.base_url}/services/Soap/{{}}/{call.version}/{organization[:15]}"
    sandbox = call.store.database.rows("SELECT IsSandbox FROM Organization")[0][0]
    return {
        "metadataServerUrl": address.format("m"),
        "passwordExpired": False,
        "sandbox": bool(sandbox),
        "serverUrl": address.format(letter),
        "sessionId": session.token,
        "userId": user["Id"],
        "userInfo": user_info(call, user),
    }


def logout(call: Call, _: Dialect, message: Message) -> None:
    """The session of the request is over."""
    sessions.end_session(call.store, message.session_id)


def get_user_info(call: Call, _: Dialect, __: Message) -> dict[str, Any]:
    return user_info(call, call.store.database.rows("SELECT * FROM User WHERE Id = ?", (call.user_id,))[0])


def get_server_timestamp(call: Call, _: Dialect, __: Message) -> dict[str, Any]:
    return {"timestamp": moment(call.store.now())}


def user_info(call: Call, user: sqlite3.Row) -> dict[str, Any]:
    """A GetUserInfoResult, its parts in the WSDL's order."""
    organization = dict(call.store.database.rows("SELECT * FROM Organization")[0])
    currencies = read_currencies(call.store, user["Id"])
    return {
        "accessibilityMode": False,
        "chatterExternal": False,
        "currencySymbol": "$",
        "orgAttachmentFileSizeLimit": 5242880,
        "orgDefaultCurrencyIsoCode": None if currencies else organization.get("DefaultCurrencyIsoCode") or "USD",
        "orgDefaultCurrencyLocale": organization["DefaultLocaleSidKey"],
        "orgDisallowHtmlAttachments": False,
        "orgHasPersonAccounts": False,
        "organizationId": organization["Id"],
        "organizationMultiCurrency": currencies is not None,
        "organizationName": organization["Name"],
        "profileId": user["ProfileId"],
        "roleId": user["UserRoleId"],
        "sessionSecondsValid": call.store.database.behaviour.session_seconds,
        "userDefaultCurrencyIsoCode": currencies.reader if currencies else None,
        "userEmail": user["Email"],
        "userFullName": user["Name"],
        "userId": user["Id"],
        "userLanguage": user["LanguageLocaleKey"],
        "userLocale": user["LocaleSidKey"],
        "userName": user["Username"],
        "userTimeZone": user["TimeZoneSidKey"],
        "userType": user["UserType"] or "Standard",
        "userUiSkin": "Theme3",
    }
