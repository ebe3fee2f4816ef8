"""The Metadata API, for what REST can neither make nor change: custom objects and page layouts.

REST makes no CustomObject and only reads a Layout (Tooling API, "Supported REST HTTP Methods" of either). The calls are
SOAP messages of ours: simple-salesforce sends them through a second HTTP library, past our certificates, time-outs,
limits and retries.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from connectors.batches import in_chunks
from connectors.errors import Retryable
from connectors.salesforce.errors import translate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from xml.etree.ElementTree import Element

    import requests
    from simple_salesforce.api import Salesforce

    from connectors.salesforce.session import Session

Values = str | bool | int | dict[str, "Values"]

RIGHT = "Modify Metadata Through Metadata API Functions"
"""The permission that every call takes, as Setup names it."""

METADATA_PATH = "/services/Soap/m/"
MOST = 10  # components of one call (Metadata API Developer Guide, readMetadata)

_METADATA = "http://soap.sforce.com/2006/04/metadata"
_ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
_INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
_TYPE, _NIL = f"{{{_INSTANCE}}}type", f"{{{_INSTANCE}}}nil"
_OK, _REFUSED, _BROKEN = 200, 400, 500


def list_names(session: Session, kind: str) -> list[str]:
    """The full names of all components of a kind."""
    query = build("queries", {"type": kind})
    found = _call(session, "listMetadata", [query])
    return sorted(name for result in found if (name := text_of(result, "fullName")))


def read_components(session: Session, kind: str, names: Sequence[str]) -> Iterator[Element]:
    """The components with these full names, as elements that `update_component` takes; those not there are left out."""
    for part in in_chunks(names, MOST):
        content = [build("type", kind), *(build("fullNames", name) for name in part)]
        for result in _call(session, "readMetadata", content):
            for record in result.findall(tag("records")):
                # A name that nothing has is answered with a component without one.
                if record.get(_NIL) != "true" and text_of(record, "fullName"):
                    yield record


def create_component(session: Session, kind: str, full_name: str, definition: Mapping[str, Values]) -> None:
    """Make a component. Raises ConnectorError where it is refused."""
    _save(session, "createMetadata", kind, build("metadata", {"fullName": full_name, **definition}))


def update_component(session: Session, kind: str, component: Element) -> None:
    """Give a component this definition, the whole of it. Raises ConnectorError where it is refused."""
    component.tag = tag("metadata")
    _save(session, "updateMetadata", kind, component)


def tag(name: str) -> str:
    """An element's name with its namespace."""
    return f"{{{_METADATA}}}{name}"


def build(name: str, value: Values | Mapping[str, Values]) -> Element:
    """An element that holds a text, or the elements of a mapping in its order."""
    element = ET.Element(tag(name))
    if isinstance(value, str | bool | int):
        element.text = str(value).lower() if isinstance(value, bool) else str(value)
    else:
        element.extend(build(each, inner) for each, inner in value.items())
    return element


def text_of(element: Element, name: str) -> str:
    """The text of a child element, empty where there is none."""
    return (element.findtext(tag(name)) or "").strip()


def _save(session: Session, operation: str, kind: str, component: Element) -> None:
    component.set(_TYPE, kind)
    result = session.retry.call(lambda: _result(session, _call(session, operation, [component]), component))
    if text_of(result, "success") == "true":
        return
    error = result.find(tag("errors"))
    code, message = (text_of(error, "statusCode"), text_of(error, "message")) if error is not None else ("", "")
    told = {"errorCode": code or "REFUSED", "message": message or "refused without a reason"}
    raise translate([told], _REFUSED, session.url)


def _result(session: Session, results: Sequence[Element], component: Element) -> Element:
    """The result of a component; Retryable where the answer is to some other request."""
    name = text_of(component, "fullName")
    if len(results) != 1 or text_of(results[0], "fullName").lower() not in {name.lower(), ""}:
        raise Retryable(f"{session.url}: the answer does not tell of {name}.", alone=True)
    return results[0]


def _call(session: Session, operation: str, content: Sequence[Element]) -> list[Element]:
    """The `result` elements of the answer."""

    def ask(client: Salesforce) -> list[Element]:
        url = f"https://{client.sf_instance}{METADATA_PATH}{client.sf_version}"
        headers = {"Content-Type": "text/xml; charset=UTF-8", "SOAPAction": '""'}
        message = _message(client, operation, content)
        response = client.session.post(url, data=message, headers=headers, allow_redirects=False)
        answer = _body(session, response).find(tag(f"{operation}Response"))
        if answer is None:
            raise Retryable(f"{session.url}: an answer that is not Salesforce's.", alone=True)
        return answer.findall(tag("result"))

    return session.ask(ask)


def _message(client: Salesforce, operation: str, content: Sequence[Element]) -> bytes:
    envelope = ET.Element(f"{{{_ENVELOPE}}}Envelope")
    header = ET.SubElement(envelope, f"{{{_ENVELOPE}}}Header")
    header.append(build("SessionHeader", {"sessionId": client.session_id}))
    body = ET.SubElement(envelope, f"{{{_ENVELOPE}}}Body")
    called = ET.SubElement(body, tag(operation))
    called.extend(content)
    if operation == "listMetadata":
        called.append(build("asOfVersion", str(client.sf_version)))
    # The type of a component is named without a prefix, so theirs must be the namespace of what has none.
    text: bytes = ET.tostring(envelope, encoding="UTF-8", default_namespace=_METADATA)
    return text


def _body(session: Session, response: requests.Response) -> Element:
    """The body of an answer; a fault, which comes with status 500, by its code."""
    try:
        body = ET.fromstring(response.content).find(f"{{{_ENVELOPE}}}Body")  # noqa: S314  the CRM's own answer
    except ET.ParseError:
        body = None
    if body is None:
        raise translate(None, response.status_code if response.status_code != _OK else _BROKEN, session.url)
    fault = body.find(f"{{{_ENVELOPE}}}Fault")
    if fault is None:
        return body
    whose, _, code = (fault.findtext("faultcode") or "").rpartition(":")
    message = (fault.findtext("faultstring") or "").removeprefix(f"{code}: ")
    told = {"errorCode": code if whose == "sf" else f"SOAP_{code.upper()}", "message": message}
    raise translate([told], _BROKEN if code == "Server" else _REFUSED, session.url)
