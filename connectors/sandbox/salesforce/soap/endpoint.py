"""The SOAP APIs' addresses: one message in, one answer or fault out."""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.errors import ApiError, RecordError
from connectors.sandbox.salesforce.soap import reading, session_calls, writing
from connectors.sandbox.salesforce.soap.envelope import (
    ENTERPRISE,
    METADATA,
    PARTNER,
    Dialect,
    Fault,
    answer_message,
    fault_message,
    parse_message,
)
from connectors.sandbox.salesforce.web import FIRST_VERSION, LAST_VERSION, Answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from connectors.sandbox.salesforce.soap.envelope import Message
    from connectors.sandbox.salesforce.web import Call, Routes

    Operation = Callable[[Call, Dialect, Message], Any]

_log = logging.getLogger(__name__)
_XML = "text/xml;charset=UTF-8"
_OPERATIONS: dict[str, Operation] = {
    "logout": session_calls.logout,
    "getUserInfo": session_calls.get_user_info,
    "getServerTimestamp": session_calls.get_server_timestamp,
    "describeGlobal": reading.describe_global,
    "describeSObject": reading.describe_sobject,
    "describeSObjects": reading.describe_sobjects,
    "query": reading.query,
    "queryAll": reading.query_all,
    "queryMore": reading.query_more,
    "search": reading.search,
    "retrieve": reading.retrieve,
    "getUpdated": reading.get_updated,
    "getDeleted": reading.get_deleted,
    "create": writing.create,
    "update": writing.update,
    "upsert": writing.upsert,
    "delete": writing.delete,
    "undelete": writing.undelete,
    "merge": writing.merge_calls,
    "convertLead": writing.convert_lead,
    "emptyRecycleBin": writing.empty_recycle_bin,
}
# The fault element of a code; every other code's is UnexpectedErrorFault (the WSDL's faults).
_KINDS = {
    "MALFORMED_QUERY": "MalformedQueryFault",
    "INVALID_FIELD": "InvalidFieldFault",
    "INVALID_TYPE": "InvalidSObjectFault",
    "MALFORMED_SEARCH": "MalformedSearchFault",
    "INVALID_QUERY_LOCATOR": "InvalidQueryLocatorFault",
    "MALFORMED_ID": "InvalidIdFault",
    "INVALID_ID_FIELD": "InvalidIdFault",
}
# Of effect here, or with none to have: a client's name, feeds that nobody follows, a log of Apex that there is none of.
_HEADERS = frozenset({
    "AllOrNoneHeader", "AllowFieldTruncationHeader", "AssignmentRuleHeader", "CallOptions", "DebuggingHeader",
    "DisableFeedTrackingHeader", "DuplicateRuleHeader", "LoginScopeHeader", "MruHeader", "QueryOptions",
    "SessionHeader",
})  # fmt: skip
_PLACED = frozenset({"MalformedQueryFault", "InvalidFieldFault", "InvalidSObjectFault", "MalformedSearchFault"})
_PLACE = re.compile(r"Row:(\d+):Column:(\d+)", re.IGNORECASE)


def post_partner(call: Call) -> Answer:
    return _answer(call, PARTNER)


def post_enterprise(call: Call) -> Answer:
    return _answer(call, ENTERPRISE)


def refuse(request: Request, error: ApiError) -> Answer:
    """What refuses a message before anything of it is read, or is a defect here: a fault too."""
    letter = request.url.path.removeprefix("/services/Soap/")[:1]
    dialect = {"c": ENTERPRISE, "m": METADATA}.get(letter, PARTNER)
    return Answer(fault_message(dialect, as_fault(error)), 500, media_type=_XML)


def _answer(call: Call, dialect: Dialect) -> Answer:
    try:
        return Answer(_serve(call, dialect), media_type=_XML)
    except Fault as fault:
        return Answer(fault_message(dialect, fault), 500, media_type=_XML)
    except RecordError as error:
        return Answer(fault_message(dialect, as_fault(error.as_api_error())), 500, media_type=_XML)
    except ApiError as error:
        return Answer(fault_message(dialect, as_fault(error)), 500, media_type=_XML)


def _serve(call: Call, dialect: Dialect) -> bytes:
    number = str(call.path["number"])
    version = number if "." in number else f"{number}.0"
    whole, _, rest = version.partition(".")
    if not (whole.isascii() and whole.isdigit() and rest == "0" and FIRST_VERSION <= int(whole) <= LAST_VERSION):
        raise Fault("UNSUPPORTED_API_VERSION", "Invalid Api version specified on URL")
    call = replace(call, path={"version": version})
    message = parse_message(call.body)
    if message.body.namespace != dialect.elements:
        raise _unknown(message)
    for name in sorted(set(message.headers) - _HEADERS):
        _log.warning("not emulated: header %s", name)
    headers = {}
    if message.name == "login":
        content: Any = {"result": session_calls.login(call, dialect, message)}
    else:
        operation = _OPERATIONS.get(message.name)
        if operation is None:
            raise _unknown(message)
        call, usage = session_calls.signed_in(call, message)
        result = operation(call, dialect, message)
        content = {} if result is None else {"result": result}
        used, _, allowed = usage.partition("/")
        about = {"current": int(used), "limit": int(allowed), "type": "API REQUESTS"}
        headers = {"LimitInfoHeader": {"limitInfo": about}}
    return answer_message(dialect, f"{message.name}Response", content, headers)


def _unknown(message: Message) -> Fault:
    _log.warning("not emulated: SOAP %s", message.name)
    name = f"{{{message.body.namespace}}}{message.name}"
    text = f"No operation available for request {name}, please check the WSDL for the service."
    return Fault("soapenv:Client", text, "")


def as_fault(error: ApiError) -> Fault:
    """A REST refusal as the fault that SOAP has for it, with the place in the query where there is one."""
    kind = _KINDS.get(error.code, "UnexpectedErrorFault")
    if kind not in _PLACED:
        return Fault(error.code, error.message, kind)
    place = _PLACE.search(error.message)
    row, column = (int(place[1]), int(place[2])) if place else (-1, -1)
    return Fault(error.code, error.message, kind, row=row, column=column)


OPEN: Routes = {
    f"/services/Soap/{letter}/{{number}}{organization}": {"POST": handler}
    for letter, handler in (("u", post_partner), ("c", post_enterprise))
    for organization in ("", "/{organization}")
}
