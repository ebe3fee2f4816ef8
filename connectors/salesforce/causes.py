"""Why Salesforce refused a record: its status codes by what helps.

Codes and their meanings: SOAP API Developer Guide, Core Data Types Used in API Calls, "StatusCode" and "ExceptionCode";
REST API Developer Guide, "Status Codes and Error Responses".
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING

from connectors.salesforce.errors import LOCKED
from connectors.writing import Cause

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

NO_RECORD = frozenset({"ENTITY_IS_DELETED", "MISSING_RECORD", "NOT_FOUND"})
OF_A_REFERENCE = frozenset({"INVALID_CROSS_REFERENCE_KEY", "MALFORMED_ID"})
TWIN = "DUPLICATE_VALUE"
HIDDEN = "INVALID_FIELD"
"""A field that is not there, or that the login does not see."""
READ_ONLY = "INVALID_FIELD_FOR_INSERT_UPDATE"
"""Fields that the login, or nobody, may write; the refusal names them."""

SHARED = frozenset({"CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "CANNOT_EXECUTE_FLOW_TRIGGER", "CUSTOM_APEX_ERROR"})
"""Failures of the org's own Apex and flows. They are given up to 200 records at once, and what they do not catch fails
all of those (Apex Developer Guide, "Bulk DML Exception Handling"), so that each must be tried by itself."""

_BUSY = LOCKED | {
    "ALREADY_IN_PROCESS",
    "API_CURRENTLY_DISABLED",
    "COLLISION_DETECTED",
    "INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE",
    "LIMIT_EXCEEDED",
    "PROCESSING_HALTED",
    "QUERY_TIMEOUT",
    "RECORD_IN_USE_BY_WORKFLOW",
    "REQUEST_LIMIT_EXCEEDED",
    "STORAGE_LIMIT_EXCEEDED",
    "TERRITORY_REALIGN_IN_PROGRESS",
    "TOO_MANY_APEX_REQUESTS",
}

_PERMISSION = frozenset(
    {
        "APEX_DATA_ACCESS_RESTRICTION",
        "CANNOT_MODIFY_MANAGED_OBJECT",
        "ENTITY_IS_ARCHIVED",
        "ENTITY_IS_LOCKED",  # by an approval
        "FIELD_NOT_UPDATABLE",
        "FUNCTIONALITY_NOT_ENABLED",
        "INSUFFICIENT_ACCESS",
        "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
        "INSUFFICIENT_ACCESS_OR_READONLY",
        "INVALID_ACCESS_LEVEL",
        HIDDEN,
        READ_ONLY,
        "INVALID_READ_ONLY_USER_DML",
        "INVALID_TYPE",
        "INVALID_TYPE_FOR_OPERATION",
        "PORTAL_NO_ACCESS",
        "REL_FIELD_BAD_ACCESSIBILITY",
        "TRANSFER_REQUIRES_READ",
    }
)

_RULE = frozenset(
    {
        "ASSIGNEE_TYPE_REQUIRED",
        "BAD_CUSTOM_ENTITY_PARENT_DOMAIN",
        "CANNOT_CASCADE_PRODUCT_ACTIVE",
        "CANNOT_REPARENT_RECORD",
        "CANNOT_UPDATE_CONVERTED_LEAD",
        "CHILD_SHARE_FAILS_PARENT",
        "CIRCULAR_DEPENDENCY",
        "DELETE_FAILED",
        "DELETE_OPERATION_TOO_LARGE",
        "DELETE_REQUIRED_ON_CASCADE",
        "DEPENDENCY_EXISTS",
        "DUPLICATES_DETECTED",
        "DUPLICATE_EXTERNAL_ID",
        "DUPLICATE_USERNAME",
        "ENTITY_SAVE_VALIDATION_ERROR",
        "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        "FIELD_FILTER_VALIDATION_EXCEPTION",
        "FIELD_INTEGRITY_EXCEPTION",
        "FIELD_MODERATION_RULE_BLOCK",
        "FILTERED_LOOKUP_LIMIT_EXCEEDED",
        "FORMULA_EXPRESSION_INVALID",  # of a validation rule that fails while it runs
        "INACTIVE_OWNER_OR_USER",
        "INVALID_ARGUMENT_TYPE",
        "INVALID_CROSS_REFERENCE_TYPE_FOR_FIELD",
        "INVALID_CURRENCY_CONV_RATE",
        "INVALID_CURRENCY_CORP_RATE",
        "INVALID_CURRENCY_ISO",
        "INVALID_EMAIL_ADDRESS",
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        "INVALID_OWNER",
        "INVALID_STATUS",
        "INVALID_TYPE_ON_FIELD_IN_RECORD",
        "JSON_PARSER_ERROR",  # a value that is not of its field's type
        "LICENSE_LIMIT_EXCEEDED",
        "MANAGER_NOT_DEFINED",
        "MAX_DEPTH_IN_FLOW_EXECUTION",
        "MISSING_ARGUMENT",
        "NUMBER_OUTSIDE_VALID_RANGE",
        "OP_WITH_INVALID_USER_TYPE_EXCEPTION",
        "REQUIRED_FIELD_MISSING",
        "SELF_REFERENCE_FROM_FLOW",
        "SELF_REFERENCE_FROM_TRIGGER",
        "STRING_TOO_LONG",
        "TEXT_DATA_OUTSIDE_SUPPORTED_CHARSET",
        "TOO_MANY_ENUM_VALUE",
        "UNSAFE_HTML_CONTENT",
        *SHARED,
        TWIN,
    }
)

CAUSES: Mapping[str, Cause] = MappingProxyType(
    dict.fromkeys(_BUSY, Cause.BUSY)
    | dict.fromkeys(_PERMISSION, Cause.PERMISSION)
    | dict.fromkeys(_RULE, Cause.RULE)
    | dict.fromkeys(NO_RECORD, Cause.GONE)
)
"""Every code that the write of a record can meet; what is not here is unknown."""


def refused_fields(code: str, message: str, fields: Collection[str]) -> frozenset[str]:
    """The fields that a refusal is about, where the record may be written without them.

    >>> sorted(refused_fields("INVALID_FIELD", "No such column 'Won__c' on sobject of type User", ()))
    ['Won__c']
    """
    if code == READ_ONLY:
        return frozenset(fields)
    # The words are as clients met them (wadewegner/Force.com-Toolkit-for-NET 90); `fields` is empty then.
    named = re.search(r"No such column '(\w+)' on sobject", message) if code == HIDDEN else None
    return frozenset({named[1]}) if named else frozenset()


def cause_of(code: str, fields: Collection[str] = ()) -> Cause:
    """Why a record was refused. `fields` are those that the refusal names.

    >>> cause_of("INVALID_CROSS_REFERENCE_KEY").value, cause_of("INVALID_CROSS_REFERENCE_KEY", ["OwnerId"]).value
    ('gone', 'rule')
    """
    if code in OF_A_REFERENCE:  # the record's own id, or one that a field of it refers to
        return Cause.GONE if set(fields) <= {"Id"} else Cause.RULE
    return CAUSES.get(code, Cause.UNKNOWN)
