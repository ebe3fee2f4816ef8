"""Uploaded records as the Bulk APIs read them: CSV, JSON or XML text to rows, and a row to the values of a record."""

from __future__ import annotations

import csv
import io
import re
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.bulk2.jobs import DELIMITERS
from connectors.sandbox.salesforce.exact_json import read_exact

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from connectors.sandbox.salesforce.schema.catalog import Catalog
    from connectors.sandbox.salesforce.schema.spec import SObject

NAMESPACE = "http://www.force.com/2009/06/asyncapi/dataload"
_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
_CLEAR = "#N/A"
_MOST_CELL = 131_072  # characters of a field: Bulk API 2.0 Developer Guide, Limits
_PLAIN_NAME = re.compile(r"(\w+)(?::(\w+))?\.(\w+)\Z")
_UNESCAPED = (
    "InvalidBatch : Failed to parse CSV. Found unescaped quote."
    " A value with quote should be within a quote"
)  # fmt: skip


class BadUpload(ValueError):
    """What was uploaded cannot be read: the whole batch fails, with this message."""


def read_csv(text: bytes, format_: Mapping[str, Any]) -> tuple[list[str], Iterator[list[str]]]:
    """The header, and the rows as they are asked for; a blank line is none. BadUpload also while rows are read."""
    try:
        content = text.decode("utf-8")
    except UnicodeDecodeError:
        raise BadUpload("ClientInputError : Failed to read query. The data must be encoded in UTF-8") from None
    delimiter = DELIMITERS[format_["columnDelimiter"]]
    _check_form(content, delimiter, format_.get("lineEnding"))
    lines = csv.reader(io.StringIO(content, newline=""), delimiter=delimiter)
    rows = _rows(lines)
    header = next(rows, None)
    if header is None:
        raise BadUpload("InvalidBatch : Failed to parse CSV header. No header row found")
    return [name.strip() for name in header], rows


def _rows(lines: Iterator[list[str]]) -> Iterator[list[str]]:
    """Rows of one width."""
    width = 0
    try:
        for row in lines:
            if not row:
                continue
            if any(len(cell) > _MOST_CELL for cell in row):  # the module's own limit is one for the whole process
                raise BadUpload(f"InvalidBatch : Failed to parse CSV. field larger than field limit ({_MOST_CELL})")
            width = width or len(row)
            if len(row) != width:
                found = f"The number of columns in a row is {len(row)}, and {width} in the header"
                raise BadUpload(f"InvalidBatch : Failed to parse CSV. {found}")
            yield row
    except csv.Error as error:
        raise BadUpload(f"InvalidBatch : Failed to parse CSV. {error}") from None


def _check_form(content: str, delimiter: str, line_end: str | None) -> None:
    """BadUpload where quotes stand within unquoted values or, for a declared line end, lines end otherwise.

    A byte order mark is part of the first name, as Salesforce has it: a quote after it stands within a value.
    """
    edge = re.escape(delimiter) + r"\r\n"
    bare = re.sub(rf'(?:(?<=[{edge}])|\A)"[^"]*(?:""[^"]*)*"(?=[{edge}]|\Z)', "", content)
    if '"' in bare:
        raise BadUpload(_UNESCAPED)
    wrong = {"LF": r"\r", "CRLF": r"(?<!\r)\n|\r(?!\n)"}.get(line_end or "")
    if wrong and re.search(wrong, bare):
        raise BadUpload(
            f"ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is {line_end}"
        )


def read_json(text: bytes) -> list[dict[str, Any]]:
    """The records of a JSON batch."""
    try:
        records = read_exact(text)
    except ValueError as error:
        raise BadUpload(f"InvalidBatch : Failed to parse JSON: {error}") from None
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise BadUpload("InvalidBatch : The batch must be a JSON list of records")
    return records


def read_xml(text: bytes) -> list[dict[str, Any]]:
    """The records of an XML batch: `<sObjects><sObject>…`."""
    root = parse_xml(text)
    if root is None or root.tag != f"{{{NAMESPACE}}}sObjects":
        raise BadUpload("InvalidBatch : Failed to parse XML: the root must be sObjects")
    try:
        return [_xml_record(element) for element in root]
    except RecursionError:
        raise BadUpload("InvalidBatch : Failed to parse XML: it is nested too deep") from None


def _xml_record(element: ET.Element) -> dict[str, Any]:
    record: dict[str, Any] = {}
    for child in element:
        name = child.tag.rpartition("}")[2]
        if name == "type":
            record["attributes"] = {"type": child.text or ""}
        elif child.get(_NIL) == "true":
            record[name] = None
        elif len(child):
            record[name] = _xml_record(child[0])
        else:
            record[name] = child.text or ""
    return record


def parse_xml(text: bytes) -> ET.Element | None:
    """The root of an XML text; None where it is none. A text that declares entities is none to Salesforce."""
    if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        return None
    try:
        return ET.fromstring(text)  # noqa: S314  entities are refused above
    except ET.ParseError:
        return None


def check_columns(catalog: Catalog, found: SObject, info: Mapping[str, Any], header: list[str]) -> None:
    """BadUpload where a column names no field, or the one that the operation goes by is not there."""
    seen: set[str] = set()
    for name in header:
        if found.find(name) is None and not _names_parent(catalog, found, name):
            raise BadUpload(f"InvalidBatch : Field name not found : {name}")
        if name.lower() in seen:
            raise BadUpload(f"InvalidBatch : Duplicate field name found : {name}")
        seen.add(name.lower())
    key = "" if info["operation"] == "insert" else info.get("externalIdFieldName") or "Id"
    if key and key.lower() not in seen:
        raise BadUpload(f"InvalidBatch : Field name not found : {key}")


def _names_parent(catalog: Catalog, found: SObject, name: str) -> bool:
    """Whether a column is `Relationship.Key` or `Relationship:Object.Key` of a parent's external id."""
    match = _PLAIN_NAME.match(name)
    reference = found.parent(match[1]) if match else None
    if match is None or reference is None:
        return False
    targets = [each for each in catalog.targets(reference) if not match[2] or each.name.lower() == match[2].lower()]
    keys = [target.find(match[3]) for target in targets]
    return any(key is not None and key.id_lookup for key in keys)


def csv_record(found: SObject, header: list[str], cells: list[str]) -> dict[str, Any]:
    """The values that a row sets: an empty cell is left out, `#N/A` clears."""
    record: dict[str, Any] = {}
    for name, cell in zip(header, cells, strict=True):
        if cell == "":
            continue
        match = _PLAIN_NAME.match(name)
        if match is None:
            record[name] = None if cell == _CLEAR else cell
        elif cell == _CLEAR:
            reference = found.parent(match[1])
            record[reference.name if reference else name] = None
        else:
            typed = {"attributes": {"type": match[2]}} if match[2] else {}
            record[match[1]] = {**typed, match[3]: cell}
    return record


def plain_record(record: dict[str, Any]) -> dict[str, Any]:
    """The values that a JSON or XML record sets: an empty text is left out (Bulk API Guide, Valid JSON Records)."""
    return {name: value for name, value in record.items() if value != ""}
