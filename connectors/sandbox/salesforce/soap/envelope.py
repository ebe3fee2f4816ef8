"""SOAP messages: reading one safely, and writing an answer or a fault as Salesforce writes them.

For every SOAP API of the sandbox (partner, enterprise, metadata). A handler reads its request and answers with

    message = parse_message(call.body)               # Fault where it is no SOAP message
    message.name, message.body, message.headers      # "query", its element, the header elements by name
    message.session_id                               # of the SessionHeader, "" where there is none
    answer_message(PARTNER, "queryResponse", {"result": {"done": True, "size": 0}})
    raise Fault("MALFORMED_QUERY", "unexpected token", "MalformedQueryFault")   # answered by `fault_message`

Values are rendered by their kind: a dict gives child elements in its order, and so does a tuple of (name, value)
pairs, where a name may stand twice; a list repeats its element, None is xsi:nil, `Typed("sf:sObject", {...})` carries
an xsi:type, booleans are true and false, the rest is text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

if TYPE_CHECKING:
    from collections.abc import Mapping

_ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
_INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
_SCHEMA = "http://www.w3.org/2001/XMLSchema"
_DEEPEST = 100  # far beyond any message of the API; the tree is walked recursively
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, production [2] Char


@dataclass(frozen=True, slots=True)
class Dialect:
    """The namespaces of one SOAP API: of its elements, of its records (`sf:`) and of its faults (`sf:`)."""

    elements: str
    records: str
    faults: str


PARTNER = Dialect(
    "urn:partner.soap.sforce.com", "urn:sobject.partner.soap.sforce.com", "urn:fault.partner.soap.sforce.com"
)
ENTERPRISE = Dialect(
    "urn:enterprise.soap.sforce.com", "urn:sobject.enterprise.soap.sforce.com", "urn:fault.enterprise.soap.sforce.com"
)
METADATA_NAMESPACE = "http://soap.sforce.com/2006/04/metadata"
METADATA = Dialect(METADATA_NAMESPACE, "", METADATA_NAMESPACE)


@dataclass(slots=True)
class Element:
    """An element by its local name, with its child elements and its own text."""

    name: str
    namespace: str = ""
    attributes: dict[str, str] = field(default_factory=dict)  # by local name
    children: list[Element] = field(default_factory=list)
    text: str = ""

    @property
    def nil(self) -> bool:
        return self.attributes.get("nil") in {"true", "1"}

    @property
    def type(self) -> str:
        """The local name of its xsi:type, "" where it says none."""
        return self.attributes.get("type", "").rpartition(":")[2]

    def find(self, name: str) -> Element | None:
        """The first child element of that name."""
        return next((child for child in self.children if child.name == name), None)

    def all(self, name: str) -> list[Element]:
        """The child elements of that name."""
        return [child for child in self.children if child.name == name]

    def value(self, name: str) -> str | None:
        """The text of the first child of that name; None where it is missing or nil."""
        child = self.find(name)
        return None if child is None or child.nil else child.text

    def values(self, name: str) -> list[str]:
        """The texts of all children of that name."""
        return [child.text for child in self.all(name)]


@dataclass(frozen=True, slots=True)
class Message:
    """A request: the element of its body, and the elements of its header by local name."""

    body: Element
    headers: Mapping[str, Element]

    @property
    def name(self) -> str:
        return self.body.name

    @property
    def session_id(self) -> str:
        header = self.headers.get("SessionHeader")
        return (header.value("sessionId") or "").strip() if header else ""


class Fault(Exception):
    """A request that is refused as a whole. `kind` is the fault element of its detail; without one there is none.

    `more` are the fault element's fields after its code and message (a query fault's row and column).
    """

    def __init__(self, code: str, message: str, kind: str = "UnexpectedErrorFault", **more: Any) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.kind, self.more = code, message, kind, more


@dataclass(frozen=True, slots=True)
class Typed:
    """A value whose element says its xsi:type."""

    type: str
    value: Any


@dataclass(frozen=True, slots=True)
class Raw:
    """XML that is rendered already."""

    xml: str


def parse_message(body: bytes) -> Message:
    """The message of a request's body; Fault where it is no SOAP 1.1 envelope with one element in its body."""
    root = parse_xml(body)
    if root.name != "Envelope" or root.namespace != _ENVELOPE:
        raise _client_fault(f"Element {root.name} invalid at this location: expected a SOAP 1.1 Envelope")
    header, found = root.find("Header"), root.find("Body")
    if found is None or len(found.children) != 1:
        raise _client_fault("The SOAP envelope must have a body with one element")
    return Message(found.children[0], {child.name: child for child in header.children} if header else {})


def parse_xml(text: bytes) -> Element:
    """The root element of a document; Fault where it is not well formed, has a DTD or nests without end.

    A DTD is refused before anything in it is read: it is where entities are declared, and so what could make a small
    request huge or read a file.
    """
    builder = _Builder()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = builder.refuse_doctype
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.characters
    try:
        parser.Parse(text, True)
    except expat.ExpatError as error:
        raise _client_fault(f"XML document could not be parsed: {error}") from None
    return builder.root.children[0]


class _Builder:
    """Builds the tree from the parser's events."""

    def __init__(self) -> None:
        self.root = Element("")
        self._open = [self.root]
        self._texts: list[list[str]] = [[]]

    def refuse_doctype(self, *_: object) -> None:
        raise _client_fault("DTD is not supported inside SOAP message")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._open) > _DEEPEST:
            raise _client_fault(f"XML elements are nested more than {_DEEPEST} deep")
        namespace, _, local = name.rpartition(" ")
        element = Element(local, namespace, {key.rpartition(" ")[2]: value for key, value in attributes.items()})
        self._open[-1].children.append(element)
        self._open.append(element)
        self._texts.append([])

    def end(self, _: str) -> None:
        self._open.pop().text = "".join(self._texts.pop())

    def characters(self, text: str) -> None:
        self._texts[-1].append(text)


def _client_fault(message: str) -> Fault:
    return Fault("soapenv:Client", message, "")


def answer_message(dialect: Dialect, name: str, content: Any, headers: Mapping[str, Any] | None = None) -> bytes:
    """The envelope of an answer: `<queryResponse>` with its content, and header elements where there are some."""
    spaces = {"": dialect.elements, "xsd": _SCHEMA, "xsi": _INSTANCE} | (
        {"sf": dialect.records} if dialect.records else {}
    )
    head = f"<soapenv:Header>{render_all(headers)}</soapenv:Header>" if headers else ""
    return _envelope(spaces, f"{head}<soapenv:Body>{render(name, content)}</soapenv:Body>")


def fault_message(dialect: Dialect, fault: Fault) -> bytes:
    """The envelope of a fault; it is answered with status 500, as SOAP 1.1 has it over HTTP."""
    plain = ":" in fault.code  # SOAP's own codes, not Salesforce's
    # A refused login alone has no prefix, in recorded answers; clients look for `sf:INVALID_SESSION_ID`.
    bare = plain or fault.kind == "LoginFault"
    body: dict[str, Any] = {
        "faultcode": fault.code if bare else f"sf:{fault.code}",
        "faultstring": fault.message if plain else f"{fault.code}: {fault.message}",
    }
    if fault.kind and not plain:
        detail = {"exceptionCode": fault.code, "exceptionMessage": fault.message, **fault.more}
        named = {f"sf:{name}": value for name, value in detail.items()}
        body["detail"] = {f"sf:{fault.kind}": Typed(f"sf:{fault.kind}", named)}
    content = render("soapenv:Fault", body)
    return _envelope({"sf": dialect.faults, "xsi": _INSTANCE}, f"<soapenv:Body>{content}</soapenv:Body>")


def _envelope(spaces: Mapping[str, str], content: str) -> bytes:
    declared = "".join(f" xmlns{':' if prefix else ''}{prefix}={quoteattr(uri)}" for prefix, uri in spaces.items())
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<soapenv:Envelope xmlns:soapenv="{_ENVELOPE}"{declared}>{content}</soapenv:Envelope>'
    )
    return text.encode()


def render_all(values: Mapping[str, Any]) -> str:
    """The elements of a mapping, one after the other."""
    return "".join(render(name, value) for name, value in values.items())


def render(name: str, value: Any) -> str:
    """The element of a value; a list gives one element for each of its values.

    >>> render("a", {"b": [1, None], "c": Typed("xsd:string", "<")})
    '<a><b>1</b><b xsi:nil="true"/><c xsi:type="xsd:string">&lt;</c></a>'
    """
    if isinstance(value, list):
        return "".join(render(name, item) for item in value)
    kind = ""
    if isinstance(value, Typed):
        kind, value = f' xsi:type="{value.type}"', value.value
    if value is None:
        return f'<{name}{kind} xsi:nil="true"/>'
    text = _content(value)
    return f"<{name}{kind}>{text}</{name}>" if text else f"<{name}{kind}/>"


def _content(value: Any) -> str:
    if isinstance(value, dict):
        return render_all(value)
    if isinstance(value, tuple):
        return "".join(render(name, item) for name, item in value)
    if isinstance(value, Raw):
        return value.xml
    if isinstance(value, bool):
        return "true" if value else "false"
    return escape(_NOT_XML.sub("", str(value)))
