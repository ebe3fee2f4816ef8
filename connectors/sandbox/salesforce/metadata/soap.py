"""The Metadata API's address: one SOAP message in, one answer or fault out."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.errors import ApiError, RecordError
from connectors.sandbox.salesforce.metadata import listing, saving, transfer
from connectors.sandbox.salesforce.metadata.calls import check_rights
from connectors.sandbox.salesforce.soap.envelope import METADATA, Fault, answer_message, fault_message, parse_message
from connectors.sandbox.salesforce.soap.session_calls import signed_in
from connectors.sandbox.salesforce.web import FIRST_VERSION, LAST_VERSION, Answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from connectors.sandbox.salesforce.soap.envelope import Message
    from connectors.sandbox.salesforce.web import Call, Routes

    Operation = Callable[[Call, Message], Any]

_log = logging.getLogger(__name__)
_XML = "text/xml;charset=UTF-8"
_OPERATIONS: dict[str, Operation] = {
    "describeMetadata": listing.describe_metadata,
    "listMetadata": listing.list_metadata,
    "readMetadata": listing.read_metadata,
    "createMetadata": saving.create_metadata,
    "updateMetadata": saving.update_metadata,
    "upsertMetadata": saving.upsert_metadata,
    "deleteMetadata": saving.delete_metadata,
    "renameMetadata": saving.rename_metadata,
    "deploy": transfer.deploy,
    "checkDeployStatus": transfer.check_deploy_status,
    "cancelDeploy": transfer.cancel_deploy,
    "retrieve": transfer.retrieve,
    "checkRetrieveStatus": transfer.check_retrieve_status,
}


def post_metadata(call: Call) -> Answer:
    """The answer to a message of the Metadata API."""
    try:
        return Answer(_serve(call), media_type=_XML)
    except Fault as fault:
        return _refuse(fault)
    except RecordError as error:
        return _refuse(Fault(error.code, error.message, ""))
    except ApiError as error:
        return _refuse(Fault(error.code, error.message, ""))


def _refuse(fault: Fault) -> Answer:
    """Faults of the Metadata API carry no detail (its WSDL declares none)."""
    return Answer(fault_message(METADATA, Fault(fault.code, fault.message, "")), 500, media_type=_XML)


def _serve(call: Call) -> bytes:
    number = str(call.path["number"])
    version = number if "." in number else f"{number}.0"
    whole, _, rest = version.partition(".")
    if not (whole.isascii() and whole.isdigit() and rest == "0" and FIRST_VERSION <= int(whole) <= LAST_VERSION):
        raise Fault("UNSUPPORTED_API_VERSION", "Invalid Api version specified on URL")
    message = parse_message(call.body)
    operation = _OPERATIONS.get(message.name)
    if operation is None or message.body.namespace != METADATA.elements:
        _log.warning("not emulated: SOAP metadata %s", message.name)
        name = f"{{{message.body.namespace}}}{message.name}"
        raise Fault("soapenv:Client", f"No operation available for request {name}, please check the WSDL.", "")
    call, _usage = signed_in(replace(call, path={"version": version}), message)
    check_rights(call.store, call.user_id)
    result = operation(call, message)
    return answer_message(METADATA, f"{message.name}Response", {} if result is None else {"result": result})


OPEN: Routes = {
    # simple-salesforce adds `deployRequest` and an id to the address; orgs look at the message alone.
    f"/services/Soap/m/{{number}}{organization}": {"POST": post_metadata}
    for organization in ("", "/{organization}", "/{organization}/{request}")
}
