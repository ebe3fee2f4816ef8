"""REST answers and bodies in XML: Salesforce's REST API speaks it where `Accept` or `Content-Type` asks for it."""

from __future__ import annotations

import re
from typing import Any

from connectors.sandbox.salesforce.errors import ApiError
from connectors.sandbox.salesforce.soap.envelope import Element, Fault, parse_xml, render

# The root element by the resource's path under its version (REST API Developer Guide, the examples of each).
_ROOTS = (
    (re.compile(r"/services/data/?\Z"), "Versions"),
    (re.compile(r"/services/data/v[\d.]+/sobjects/?\Z"), "DescribeGlobal"),
    (re.compile(r"/services/data/v[\d.]+/sobjects/\w+/describe/?\Z"), "DescribeSObject"),
    (re.compile(r"/services/data/v[\d.]+/(?:tooling/)?query(?:All)?(?:/|\Z)"), "QueryResult"),
    (re.compile(r"/services/data/v[\d.]+/limits/?\Z"), "LimitsSnapshot"),
    (re.compile(r"/services/data/v[\d.]+/sobjects/\w+/updated"), "UpdatedResult"),
    (re.compile(r"/services/data/v[\d.]+/sobjects/\w+/deleted"), "DeletedResult"),
    (re.compile(r"/services/data/v[\d.]+/?\Z"), "urls"),
    (re.compile(r"/services/data/v[\d.]+/(?:parameterizedS|s)earch(?:/|\Z)"), "SearchResults"),
    (re.compile(r"/services/data/v[\d.]+/composite/tree/"), "SObjectTreeResponse"),
)
_ITEMS = {"Versions": "Version", "Errors": "Error", "SearchResults": "SearchResult"}
_NAME = re.compile(r"[A-Za-z_][\w.-]*\Z")


def wants_xml(accept: str) -> bool:
    """Whether an Accept header asks for XML before JSON."""
    kinds = [part.partition(";")[0].strip().lower() for part in accept.split(",")]
    return any(kind in {"application/xml", "text/xml"} for kind in kinds[:1])


def answer_xml(path: str, body: Any, status: int) -> str:
    """A JSON answer of a resource as the XML that Salesforce gives instead."""
    if status >= 400:
        return to_xml("Errors", body)
    name = next((root for pattern, root in _ROOTS if pattern.match(path)), None)
    if name is None:
        kind = body.get("attributes", {}).get("type") if isinstance(body, dict) else None
        name = kind or ("Results" if isinstance(body, list) else "Result")
    return to_xml(name, body)


def to_xml(root: str, body: Any) -> str:
    """A document of a JSON value. A list's items are elements; a record's `attributes` are attributes of its own."""
    if isinstance(body, list):
        body = {_ITEMS.get(root, "Result"): body}
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    if not isinstance(body, dict):
        return head + render(root, "" if body is None else body)
    start, content = _element(root, body, ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"')
    return f"{head}{start}{content}</{root}>"


def _element(name: str, value: dict[str, Any], extra: str = "") -> tuple[str, str]:
    about = value.get("attributes")
    marks = "".join(_attribute(key, text) for key, text in about.items()) if isinstance(about, dict) else ""
    content = "".join(_child(key, item) for key, item in value.items() if key != "attributes" or not marks)
    return f"<{name}{extra}{marks}>", content


def _attribute(name: str, value: Any) -> str:
    text = render("v", "" if value is None else value).removeprefix("<v>").removesuffix("</v>")
    return f' {name}="{text.replace(chr(34), "&quot;")}"' if text != "<v/>" else f' {name}=""'


def _child(name: str, value: Any) -> str:
    if isinstance(value, list):
        return "".join(_child(name, item) for item in value)
    if not _NAME.match(name):  # a key that no element can be named by: a map's
        return _child("entry", {"key": name, "value": value})
    if isinstance(value, dict):
        start, content = _element(name, value)
        return f"{start}{content}</{name}>"
    return render(name, value)


def read_xml(body: bytes) -> dict[str, Any]:
    """A record's XML body as the JSON object that it stands for; ApiError where it is not XML."""
    try:
        root = parse_xml(body)
    except Fault as fault:
        raise ApiError("XML_PARSER_ERROR", fault.message) from None
    return {child.name: _value(child) for child in root.children}


def _value(element: Element) -> Any:
    if element.nil:
        return None
    if element.children:
        return {child.name: _value(child) for child in element.children}
    return element.text
