"""The calls that move packages: deploy and retrieve are asked for, then asked about until they are done.

The work is done at once; what its caller sees is the vendor's order of states: Queued, then the end.
"""

from __future__ import annotations

import base64
import binascii
import json
import logging
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.errors import RecordError
from connectors.sandbox.salesforce.ids import make_id, parse_id
from connectors.sandbox.salesforce.metadata.archive import read_package
from connectors.sandbox.salesforce.metadata.deploying import TEST_LEVELS, Options, Outcome, deploy_package
from connectors.sandbox.salesforce.metadata.editor import Editor
from connectors.sandbox.salesforce.metadata.listing import utc
from connectors.sandbox.salesforce.metadata.retrieving import retrieve_package
from connectors.sandbox.salesforce.soap.envelope import Fault

if TYPE_CHECKING:
    from connectors.sandbox.salesforce.org.storage import Store
    from connectors.sandbox.salesforce.soap.envelope import Element, Message
    from connectors.sandbox.salesforce.web import Call

_log = logging.getLogger(__name__)
# Clients write Python's `False` too, and orgs take it.
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
_DEPLOY, _RETRIEVE = "0Af", "09S"
_OPTIONS = {
    "allowMissingFiles": "allow_missing_files", "checkOnly": "check_only", "ignoreWarnings": "ignore_warnings",
    "rollbackOnError": "rollback_on_error", "singlePackage": "single_package",
}  # fmt: skip


# Deploying


def deploy(call: Call, message: Message) -> dict[str, Any]:
    """The id of a deployment, which `checkDeployStatus` tells the end of."""
    text = message.body.value("ZipFile") or message.body.value("zipFile") or ""
    try:
        data = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise Fault("soapenv:Client", "ZipFile is not valid base64", "") from None
    options = message.body.find("DeployOptions") or message.body.find("deployOptions")
    given = _plain(options) if options else {}
    return _queued(start_deploy(call, data, given))


def _plain(options: Element) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for child in options.children:
        if child.nil:
            continue
        if child.name == "runTests":
            found.setdefault("runTests", []).append(child.text)
        else:
            found[child.name] = _BOOLEANS.get(child.text.strip().lower(), child.text.strip())
    return found


def start_deploy(call: Call, data: bytes, given: dict[str, Any]) -> str:
    """The id of a deployment of a zip under DeployOptions; RecordError where an option is none."""
    options = read_options(given)
    started = call.store.now()
    try:
        outcomes, kept = deploy_package(
            call.store, call.user_id, read_package(data, single=options.single_package), options
        )
        failure = None
    except RecordError as error:
        outcomes, kept, failure = [], False, error
    result = _deploy_result(call, options, outcomes, started, kept=kept, failure=failure)
    return _keep(call, _DEPLOY, result)


def read_options(given: dict[str, Any]) -> Options:
    """DeployOptions as given; RecordError for one that is not there or not emulated."""
    level = given.get("testLevel") or "NoTestRun"
    if level not in TEST_LEVELS:
        raise RecordError("INVALID_TYPE", f"'{level}' is not a valid value for the enum 'TestLevel'", [])
    if given.get("runTests") or level == "RunSpecifiedTests":
        raise RecordError("INVALID_OPERATION", "No Apex test classes were found: this organization runs no Apex", [])
    for name, value in given.items():
        if name in {"performRetrieve", "autoUpdatePackage"} and value:
            raise RecordError("INVALID_OPERATION", f"{name} is not available for this organization", [])
        if name == "purgeOnDelete" and value:  # there is no recycle bin of fields and objects to spare
            _log.warning("not emulated: purgeOnDelete: what a deployment deletes is always gone at once")
        if name not in {*_OPTIONS, "purgeOnDelete", "testLevel", "runTests", "performRetrieve", "autoUpdatePackage"}:
            raise RecordError("INVALID_TYPE", f"Element {name} invalid at this location in type DeployOptions", [])
    return Options(**{_OPTIONS[name]: bool(given[name]) for name in _OPTIONS if name in given})


def _deploy_result(
    call: Call, options: Options, outcomes: list[Outcome], started: str, *, kept: bool, failure: RecordError | None
) -> dict[str, Any]:
    errors = sum(not outcome.success for outcome in outcomes)
    good = failure is None and not errors
    status = "Succeeded" if good else ("SucceededPartial" if kept and len(outcomes) > errors else "Failed")
    now, user = call.store.now(), _user_name(call)
    messages = [_message(outcome, now) for outcome in outcomes] + [_manifest(now)] * (failure is None)
    more = {"errorMessage": failure.message, "errorStatusCode": failure.code} if failure else {}
    return {
        "checkOnly": options.check_only, "completedDate": utc(now), "createdBy": call.user_id, "createdByName": user,
        "createdDate": utc(started),
        "details": {
            "componentFailures": [entry for entry in messages if entry.get("problem")],
            "componentSuccesses": [entry for entry in messages if not entry.get("problem")],
            "runTestResult": {"numFailures": 0, "numTestsRun": 0, "totalTime": 0.0},
        },
        "done": True, **more, "id": "", "ignoreWarnings": options.ignore_warnings, "lastModifiedDate": utc(now),
        "numberComponentErrors": errors, "numberComponentsDeployed": len(outcomes) - errors if kept or good else 0,
        "numberComponentsTotal": len(outcomes), "numberTestErrors": 0, "numberTestsCompleted": 0,
        "numberTestsTotal": 0, "rollbackOnError": options.rollback_on_error, "runTestsEnabled": False,
        "startDate": utc(started), "status": status, "success": good,
    }  # fmt: skip


def _message(outcome: Outcome, now: str) -> dict[str, Any]:
    step = outcome.step
    body: dict[str, Any] = {
        "changed": outcome.changed, "componentType": step.component.name, "created": outcome.created,
        "createdDate": utc(now), "deleted": outcome.deleted, "fileName": step.path, "fullName": step.full_name,
    }  # fmt: skip
    if outcome.problem:
        body |= {"problem": outcome.problem, "problemType": "Warning" if outcome.warning else "Error"}
    return body | {"success": outcome.success}


def _manifest(now: str) -> dict[str, Any]:
    return {
        "changed": True, "componentType": "", "created": False, "createdDate": utc(now), "deleted": False,
        "fileName": "package.xml", "fullName": "package.xml", "success": True,
    }  # fmt: skip


def check_deploy_status(call: Call, message: Message) -> dict[str, Any]:
    """The end of a deployment, with what became of each component where that is asked for."""
    result = find(call.store, _DEPLOY, message.body.value("asyncProcessId"))
    if not _is_true(message.body.value("includeDetails")):
        result["details"] = {"runTestResult": result["details"]["runTestResult"]}
    return result


def cancel_deploy(call: Call, message: Message) -> dict[str, Any]:
    find(call.store, _DEPLOY, message.body.value("String") or message.body.value("asyncProcessId"))
    raise Fault("INVALID_ID_FIELD", "Deployment already completed")


# Retrieving


def retrieve(call: Call, message: Message) -> dict[str, Any]:
    """The id of a retrieval, which `checkRetrieveStatus` answers with its zip."""
    # The WSDL calls it retrieveRequest; jsforce writes `request`, and orgs take that too.
    request = message.body.find("retrieveRequest") or message.body.find("request")
    if request is None:
        raise Fault("soapenv:Client", "Required field is missing: retrieveRequest", "")
    if request.values("packageNames") or request.values("specificFiles"):
        raise Fault("INVALID_OPERATION", "Only the unpackaged components of this organization can be retrieved")
    unpackaged = request.find("unpackaged")
    members: dict[str, list[str]] = {}
    for types in unpackaged.all("types") if unpackaged else []:
        members.setdefault(types.value("name") or "", []).extend(types.values("members"))
    version = (unpackaged.value("version") if unpackaged else None) or call.version
    single = _is_true(request.value("singlePackage"))
    with call.store.database.transaction() as connection:
        editor = Editor(call.store, connection, call.user_id)
        data, properties, messages = retrieve_package(editor, members, version, single=single)
    result = {
        "done": True, "fileProperties": properties, "id": "", "messages": messages, "status": "Succeeded",
        "success": True,
    }  # fmt: skip
    return _queued(_keep(call, _RETRIEVE, result, data))


def check_retrieve_status(call: Call, message: Message) -> dict[str, Any]:
    """The end of a retrieval, with the zip unless it is not asked for."""
    wanted = message.body.value("asyncProcessId")
    result = find(call.store, _RETRIEVE, wanted)
    if _is_true(message.body.value("includeZip") or "true"):
        data = call.store.database.rows("SELECT zip FROM sf_deploy WHERE id = ?", (result["id"],))[0][0]
        result["zipFile"] = base64.b64encode(data).decode()
    return result


# Both


def _keep(call: Call, prefix: str, result: dict[str, Any], data: bytes | None = None) -> str:
    with call.store.database.transaction() as connection:
        made = make_id(prefix, call.store.reserve(connection, prefix))
        text = json.dumps(result | {"id": made})
        connection.execute(
            "INSERT INTO sf_deploy VALUES (?, ?, ?, ?, ?, ?)",
            (made, prefix, call.user_id, call.store.now(), text, data),
        )
    return made


def find(store: Store, prefix: str, wanted: str | None) -> dict[str, Any]:
    """The stored result of that id; Fault where there is none."""
    record_id = parse_id(wanted or "")
    rows = store.database.rows("SELECT result FROM sf_deploy WHERE id = ? AND kind = ?", (record_id, prefix))
    if not rows:
        raise Fault("INVALID_CROSS_REFERENCE_KEY", f"invalid cross reference id: {wanted}")
    found: dict[str, Any] = json.loads(rows[0][0])
    return found


def _is_true(text: str | None) -> bool:
    return _BOOLEANS.get((text or "").strip().lower(), False)


def _queued(made: str) -> dict[str, Any]:
    return {"done": False, "id": made, "state": "Queued"}


def _user_name(call: Call) -> str:
    rows = call.store.database.rows("SELECT Name FROM User WHERE Id = ?", (call.user_id,))
    return str(rows[0][0]) if rows else ""
