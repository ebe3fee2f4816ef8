"""The elements of each metadata type, and its values between XML, JSON and a plain dict.

A definition is a dict as the Tooling API's `Metadata` writes it; absent and null are the same. The elements are those
of the Metadata API Developer Guide. One that is not here is not emulated and is refused like an unknown one.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.errors import RecordError

if TYPE_CHECKING:
    from connectors.sandbox.salesforce.soap.envelope import Element

    Kind = str | list[Any] | dict[str, Any]
    Shape = dict[str, Kind]

NAMESPACE = "http://soap.sforce.com/2006/04/metadata"


def _shape(**groups: str) -> dict[str, Any]:
    """A shape from names by kind: `text="label type"`."""
    return {name: kind for kind, names in groups.items() for name in names.split()}


FILTER_ITEM = _shape(text="field operation value valueField")
_PICKLIST_VALUE = _shape(text="fullName label color description", boolean="default isActive")
_VALUE_SET: dict[str, Any] = {
    **_shape(text="controllingField valueSetName", boolean="restricted"),
    "valueSetDefinition": {"sorted": "boolean", "value": [_PICKLIST_VALUE]},
    "valueSettings": [{"controllingFieldValue": ["text"], "valueName": "text"}],
}
CUSTOM_FIELD: dict[str, Any] = {
    **_shape(
        text="fullName businessStatus defaultValue deleteConstraint description displayFormat formula"
        " formulaTreatBlanksAs inlineHelpText label referenceTo relationshipLabel relationshipName"
        " securityClassification summarizedField summaryForeignKey summaryOperation type",
        boolean="caseSensitive escapeMarkup externalId populateExistingRows reparentableMasterDetail required"
        " stripMarkup trackFeedHistory trackHistory trackTrending unique writeRequiresMasterRead",
        int="length precision relationshipOrder scale startingNumber visibleLines",
    ),
    "summaryFilterItems": [FILTER_ITEM],
    "valueSet": _VALUE_SET,
}
_NAME_FIELD = _shape(text="displayFormat label type", boolean="trackHistory trackFeedHistory", int="startingNumber")
_ACTION_OVERRIDE = _shape(text="actionName comment content formFactor type", boolean="skipRecordTypeSelect")
_LIST_VIEW: dict[str, Any] = {
    **_shape(text="fullName booleanFilter filterScope label language"),
    "columns": ["text"],
    "filters": [_shape(text="field operation value")],
}
_COMPACT_LAYOUT: dict[str, Any] = {"fullName": "text", "label": "text", "fields": ["text"]}
_FIELD_SET_ITEM = _shape(text="field", boolean="isFieldManaged isRequired")
_FIELD_SET: dict[str, Any] = {
    **_shape(text="fullName description label"),
    "availableFields": [_FIELD_SET_ITEM],
    "displayedFields": [_FIELD_SET_ITEM],
}
_SEARCH_LAYOUTS: dict[str, Any] = {
    name: ["text"]
    for name in (
        "customTabListAdditionalFields",
        "excludedStandardButtons",
        "listViewButtons",
        "lookupDialogsAdditionalFields",
        "lookupFilterFields",
        "lookupPhoneDialogsAdditionalFields",
        "massQuickActions",
        "searchFilterFields",
        "searchResultsAdditionalFields",
        "searchResultsCustomButtons",
    )
}
VALIDATION_RULE = _shape(
    text="fullName description errorConditionFormula errorDisplayField errorMessage", boolean="active"
)
RECORD_TYPE: dict[str, Any] = {
    **_shape(text="fullName businessProcess compactLayoutAssignment description label", boolean="active"),
    "picklistValues": [{"picklist": "text", "values": [_PICKLIST_VALUE]}],
}
CUSTOM_OBJECT: dict[str, Any] = {
    **_shape(
        text="fullName compactLayoutAssignment deploymentStatus description externalSharingModel label pluralLabel"
        " sharingModel startsWith visibility gender",
        boolean="allowInChatterGroups enableActivities enableBulkApi enableEnhancedLookup enableFeeds enableHistory"
        " enableLicensing enableReports enableSearch enableSharing enableStreamingApi household"
        " recordTypeTrackFeedHistory recordTypeTrackHistory",
    ),
    "actionOverrides": [_ACTION_OVERRIDE],
    "compactLayouts": [_COMPACT_LAYOUT],
    "fieldSets": [_FIELD_SET],
    "fields": [CUSTOM_FIELD],
    "listViews": [_LIST_VIEW],
    "nameField": _NAME_FIELD,
    "recordTypes": [RECORD_TYPE],
    "searchLayouts": _SEARCH_LAYOUTS,
    "validationRules": [VALIDATION_RULE],
}
_OBJECT_RIGHTS = _shape(
    text="object", boolean="allowCreate allowDelete allowEdit allowRead modifyAllRecords viewAllFields viewAllRecords"
)
_FIELD_RIGHTS = _shape(text="field", boolean="editable readable")
_USER_RIGHTS = _shape(text="name", boolean="enabled")
PERMISSION_SET: dict[str, Any] = {
    **_shape(text="fullName description label license", boolean="hasActivationRequired"),
    "fieldPermissions": [_FIELD_RIGHTS],
    "objectPermissions": [_OBJECT_RIGHTS],
    "tabSettings": [_shape(text="tab visibility")],
    "userPermissions": [_USER_RIGHTS],
}
PROFILE: dict[str, Any] = {
    **_shape(text="fullName description userLicense", boolean="custom"),
    "fieldPermissions": [_FIELD_RIGHTS],
    "layoutAssignments": [_shape(text="layout recordType")],
    "objectPermissions": [_OBJECT_RIGHTS],
    "tabVisibilities": [_shape(text="tab visibility")],
    "userPermissions": [_USER_RIGHTS],
}
LAYOUT: dict[str, Any] = {
    **_shape(
        text="fullName",
        boolean="emailDefault runAssignmentRulesDefault showEmailCheckbox showHighlightsPanel showInteractionLogPanel"
        " showRunAssignmentRulesCheckbox showSubmitAndAttachButton",
    ),
    "excludeButtons": ["text"],
    "headers": ["text"],
    "layoutSections": [
        {
            **_shape(text="label style", boolean="customLabel detailHeading editHeading"),
            "layoutColumns": [
                {"layoutItems": [_shape(text="behavior field", boolean="emptySpace")], "reserved": "text"},
            ],
        }
    ],
    "relatedLists": [
        {
            **_shape(text="relatedList sortField sortOrder"),
            "customButtons": ["text"],
            "excludeButtons": ["text"],
            "fields": ["text"],
        }
    ],
}
CUSTOM_TAB = _shape(text="fullName description label motif", boolean="customObject hasSidebar")
_STANDARD_VALUE = {
    **_PICKLIST_VALUE,
    **_shape(
        text="forecastCategory groupingString",
        boolean="allowEmail closed converted cssExposed highPriority reviewed won",
        int="probability",
    ),
}
STANDARD_VALUE_SET: dict[str, Any] = {
    **_shape(text="fullName groupingStringEnum", boolean="sorted"),
    "standardValue": [_STANDARD_VALUE],
}
ASSIGNMENT_RULE: dict[str, Any] = {
    **_shape(text="fullName", boolean="active"),
    "ruleEntry": [
        {
            **_shape(
                text="assignedTo assignedToType booleanFilter formula template",
                boolean="notifyCcRecipients overrideExistingTeams",
            ),
            "criteriaItems": [FILTER_ITEM],
        }
    ],
}
ASSIGNMENT_RULES: dict[str, Any] = {"fullName": "text", "assignmentRule": [ASSIGNMENT_RULE]}
DUPLICATE_RULE: dict[str, Any] = {
    **_shape(
        text="fullName actionOnInsert actionOnUpdate alertText description masterLabel securityOption",
        boolean="isActive",
        int="sortOrder",
    ),
    "duplicateRuleFilter": {
        "booleanFilter": "text",
        "duplicateRuleFilterItems": [{**FILTER_ITEM, "sortOrder": "int", "table": "text"}],
    },
    "duplicateRuleMatchRules": [
        {
            **_shape(text="matchRuleSObjectType matchingRule"),
            "objectMapping": {
                **_shape(text="inputObject outputObject"),
                "mappingFields": [_shape(text="inputField outputField")],
            },
        }
    ],
    "operationsOnInsert": ["text"],
    "operationsOnUpdate": ["text"],
}
MATCHING_RULE: dict[str, Any] = {
    **_shape(text="fullName booleanFilter description label ruleStatus"),
    "matchingRuleItems": [_shape(text="blankValueBehavior fieldName matchingMethod")],
}
MATCHING_RULES: dict[str, Any] = {"fullName": "text", "matchingRules": [MATCHING_RULE]}


# From XML


def from_xml(element: Element, shape: Shape, kind: str) -> dict[str, Any]:
    """The definition that an element holds; RecordError where the type has no such element."""
    found: dict[str, Any] = {}
    for child in element.children:
        expected = shape.get(child.name)
        if expected is None:
            message = f"Element {{{NAMESPACE}}}{child.name} invalid at this location in type {kind}"
            raise RecordError("INVALID_TYPE", message, [])
        if child.nil:
            continue
        if isinstance(expected, list):
            found.setdefault(child.name, []).append(_read(child, expected[0], kind))
        elif child.name in found:
            raise RecordError("INVALID_TYPE", f"Element {child.name} is duplicated at this location in type {kind}", [])
        else:
            found[child.name] = _read(child, expected, kind)
    return found


def _read(element: Element, expected: Kind, kind: str) -> Any:
    if isinstance(expected, dict):
        return from_xml(element, expected, f"{kind}.{element.name}")
    if element.children:
        raise RecordError("INVALID_TYPE", f"Element {element.name} must be a simple type in type {kind}", [])
    return _scalar(element.text.strip() if expected != "text" else element.text, str(expected), element.name)


def _scalar(text: str, expected: str, name: str) -> Any:
    if expected == "text":
        return text
    if expected == "boolean":
        if text not in {"true", "false", "1", "0"}:
            raise RecordError("INVALID_TYPE", f"'{text}' is not a valid value for the type xsd:boolean ({name})", [])
        return text in {"true", "1"}
    if not re.fullmatch(r"-?[0-9]{1,10}", text):
        raise RecordError("INVALID_TYPE", f"'{text}' is not a valid value for the type xsd:int ({name})", [])
    return int(text)


# From JSON


def from_json(value: Any, shape: Shape, kind: str) -> dict[str, Any]:
    """The definition that a JSON object holds; RecordError where the type has no such field."""
    if not isinstance(value, dict):
        raise RecordError("JSON_PARSER_ERROR", f"Cannot deserialize instance of {kind}: it must be an object", [])
    found: dict[str, Any] = {}
    for name, item in value.items():
        expected = shape.get(name)
        if expected is None:
            message = f'Unrecognized field "{name}" (Class common.metadata.{kind}), not marked as ignorable'
            raise RecordError("JSON_PARSER_ERROR", message, [])
        if item is None:
            continue
        if isinstance(expected, list):
            items = item if isinstance(item, list) else [item]
            found[name] = [_read_json(each, expected[0], kind, name) for each in items]
        else:
            found[name] = _read_json(item, expected, kind, name)
    return found


def _read_json(item: Any, expected: Kind, kind: str, name: str) -> Any:
    if isinstance(expected, dict):
        return from_json(item, expected, kind)
    if isinstance(item, (dict, list)):
        raise RecordError("JSON_PARSER_ERROR", f"Cannot deserialize instance of {expected} in {name}", [])
    if isinstance(item, bool):
        item = "true" if item else "false"
    elif isinstance(item, Decimal) and item.adjusted() < 10 and item == item.to_integral_value():
        item = int(item)
    return _scalar(str(item), str(expected), name)


# To XML


def ordered(definition: dict[str, Any]) -> dict[str, Any]:
    """The definition as it is written: its name first, then its elements by name, and so inside them."""
    names = sorted(definition, key=lambda name: (name != "fullName", name))
    return {name: _ordered(definition[name]) for name in names if definition[name] is not None}


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        return ordered(value)
    return [_ordered(item) for item in value] if isinstance(value, list) else value
