"""What a request asks of its writes by headers."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

from connectors.sandbox.salesforce.errors import ApiError
from connectors.sandbox.salesforce.ids import parse_id
from connectors.sandbox.salesforce.records.writer import Options

if TYPE_CHECKING:
    from connectors.sandbox.salesforce.web import Call

_log = logging.getLogger(__name__)
_MRU = re.compile(r"\bupdateMru\s*=\s*true\b", re.IGNORECASE)
_DUPLICATES = ("allowsave", "includerecorddetails", "runascurrentuser")


def read_options(call: Call) -> Options:
    """The options of the request's writes; ApiError where a header says nothing that there is."""
    assign, rule = _auto_assign(call.headers.get("sforce-auto-assign"))
    said = _duplicate_rule(call.headers.get("sforce-duplicate-rule-header"))
    return Options(
        auto_assign=assign,
        assignment_rule=rule,
        allow_duplicates=said.get("allowsave", False),
        duplicate_details=said.get("includerecorddetails", False),
        recent=bool(_MRU.search(call.headers.get("sforce-mru", ""))),
        root=call.root,
    )


def _auto_assign(text: str | None) -> tuple[bool, str | None]:
    """(whether rules run, the one to use): TRUE where nothing is said (Assignment Rule Header)."""
    word = (text or "TRUE").strip()
    if word.upper() in {"TRUE", "FALSE"}:
        return word.upper() == "TRUE", None
    rule = parse_id(word)
    if rule is None:
        raise ApiError("MALFORMED_ID", f"Sforce-Auto-Assign: malformed id {word}")
    return True, rule


def _duplicate_rule(text: str | None) -> dict[str, bool]:
    """`allowSave=true; includeRecordDetails=true` as flags by lower-case name (Duplicate Rule Header)."""
    said = {}
    for part in (text or "").replace(",", ";").split(";"):
        name, _, value = part.strip().partition("=")
        if not name:
            continue
        if name.strip().lower() not in _DUPLICATES or value.strip().lower() not in {"true", "false"}:
            raise ApiError("INVALID_FIELD", f"Sforce-Duplicate-Rule-Header: {part.strip()} is not supported")
        said[name.strip().lower()] = value.strip().lower() == "true"
    if said.get("runascurrentuser"):  # rules look at all records: there is no sharing that hides some
        _log.warning("not emulated: Sforce-Duplicate-Rule-Header: runAsCurrentUser")
    return said
