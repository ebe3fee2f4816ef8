"""Why HubSpot did not write a record, by what helps: one table of its codes."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from connectors.hubspot.errors import Forbidden, Refused, Trouble
from connectors.writing import Cause

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from connectors.errors import ConnectorError

UNKNOWN_PROPERTY = "PROPERTY_DOESNT_EXIST"
NEVER_WRITABLE = frozenset({UNKNOWN_PROPERTY, "READ_ONLY_VALUE"})
"""Codes that a property has whatever its value is, and whichever record it is for."""
NEVER_VALID = frozenset({"INVALID_OPTION", "INVALID_OWNER_ID", "VALUE_TOO_LONG"})
"""Codes that a property's value has whichever record it is for."""

_CAUSES: Mapping[str, Cause] = MappingProxyType(
    {
        # Of a property, in the list within "Property values were not valid: [...]". HubSpot documents the shape of
        # errors and not these codes; they are as users met them (botpress/botpress 15354, verbb/formie 1755,
        # gitcoinco/code_fund_ads 479, HubSpot/ui-extensions-examples 77).
        "INVALID_OPTION": Cause.RULE,
        "INVALID_OWNER_ID": Cause.RULE,  # an owner who was deactivated, too
        "INVALID_INTEGER": Cause.RULE,
        "INVALID_LONG": Cause.RULE,
        "INVALID_DATE": Cause.RULE,
        "INVALID_EMAIL": Cause.RULE,
        "VALUE_TOO_LONG": Cause.RULE,  # 65,536 characters (properties API guide)
        UNKNOWN_PROPERTY: Cause.PERMISSION,  # our login does not see it, or it was archived
        "READ_ONLY_VALUE": Cause.PERMISSION,
        # Changelog, "Enhanced validations for non-string properties in HubSpot's CRM object APIs".
        "LEADING_TRAILING_WHITESPACE": Cause.RULE,
        # Changelog, "CRM API Write Validation Enforcement Starting with the 2026-09 API Version".
        "MISSING_REQUIRED_PROPERTY": Cause.RULE,
        "MISSING_CONDITIONAL_REQUIRED_PROPERTY": Cause.RULE,
        # A value that another record has: in batches of contacts CONFLICT (HubSpot/hubspot-api-python 51), else the
        # other (HubSpot's own forms library; airbytehq/airbyte 76340: one fails the whole batch).
        "CONFLICTING_UNIQUE_VALUE": Cause.RULE,
        "CONFLICT": Cause.RULE,
        "OBJECT_ALREADY_EXISTS": Cause.RULE,
        # Of a record (objects API, answers 207 of batches).
        "OBJECT_NOT_FOUND": Cause.GONE,
        # Error handling guide, "Common error responses".
        "VALIDATION_ERROR": Cause.RULE,  # every validation rule of an admin's, whatever its own code is
        "RATE_LIMITS": Cause.BUSY,
        "MISSING_SCOPES": Cause.PERMISSION,
        "USER_DOES_NOT_HAVE_PERMISSIONS": Cause.PERMISSION,  # whoever made the app is no super admin any more
    }
)
# What a code that is not in the table is likely about, by a part of it.
_PARTS = (
    (("RATE_LIMIT", "INTERNAL", "TIMEOUT", "UNAVAILABLE", "LOCKED"), Cause.BUSY),
    (("PERMISSION", "SCOPE", "FORBIDDEN"), Cause.PERMISSION),
)
_LONGEST = 500  # characters of a message


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a record was not written. `properties` are those that no record can be written with, each with why, `values`
    those whose value none can be."""

    code: str
    message: str
    cause: Cause
    properties: Mapping[str, Fault] = field(default_factory=dict)
    values: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class _Problem:
    """What is wrong with one property."""

    code: str
    message: str
    properties: tuple[str, ...]


def fault_of(trouble: Trouble, code: str = "UNKNOWN", otherwise: str = "") -> Fault:
    """The fault that an error of HubSpot's tells of, `code` and `otherwise` where it has no code and no words."""
    problems = list(_problems(trouble))
    codes = [problem.code for problem in problems if problem.code] + list(trouble.codes)
    words = dict.fromkeys(problem.message for problem in problems if problem.message)
    never = {name: each for each in reversed(problems) if each.code in NEVER_WRITABLE for name in each.properties}
    return Fault(
        code=codes[0] if codes else code,
        message=_shown(" ".join(words or [trouble.message or otherwise])),
        cause=cause_of(codes),
        properties={
            name: Fault(each.code, _shown(each.message), cause_of([each.code])) for name, each in never.items()
        },
        values=frozenset(name for each in problems if each.code in NEVER_VALID for name in each.properties),
    )


def _shown(words: str) -> str:
    message = " ".join(words.split())
    return message if len(message) <= _LONGEST else f"{message[:_LONGEST]}…"


def fault_from(error: ConnectorError) -> Fault:
    """The fault that a whole request's failure tells of."""
    if isinstance(error, Refused) and (error.trouble.codes or error.trouble.message):
        return fault_of(error.trouble, error.code, str(error))
    # Some answers of 403 have no code at all (recorded).
    cause = Cause.PERMISSION if isinstance(error, Forbidden) else cause_of([error.code])
    return Fault(error.code, str(error), cause)


def cause_of(codes: Iterable[str]) -> Cause:
    """The cause that the first known code tells; what is a part of HubSpot's (`crm.NOT_FOUND`) counts by its end."""
    for code in codes:
        name = code.rpartition(".")[2].upper()
        if name in _CAUSES:
            return _CAUSES[name]
        for parts, cause in _PARTS:
            if any(part in name for part in parts):
                return cause
    return Cause.UNKNOWN


def _problems(trouble: Trouble) -> Iterator[_Problem]:
    """What is wrong with which property, as the error lists it: in `errors`, or as JSON within the message."""
    for detail in trouble.details:
        yield _Problem(detail.code, detail.message, detail.named("propertyName"))
    if trouble.details:
        return
    start = trouble.message.find("[{")
    if start >= 0:
        try:
            listed, _ = json.JSONDecoder().raw_decode(trouble.message[start:])
        except ValueError:
            listed = []
        for raw in listed:
            yield _Problem(str(raw.get("error") or ""), str(raw.get("message") or ""), (str(raw.get("name") or ""),))
    # The words alone, as some answers have them.
    for name in re.findall(r'Property "([A-Za-z0-9_]+)" does not exist', trouble.message):
        yield _Problem(UNKNOWN_PROPERTY, trouble.message, (name,))
