"""The kinds of components that this org has, by name, in the order in which a package is deployed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.sandbox.salesforce.metadata import shapes
from connectors.sandbox.salesforce.metadata.assignment_rules import AssignmentRules
from connectors.sandbox.salesforce.metadata.duplicate_rules import DuplicateRules, MatchingRules
from connectors.sandbox.salesforce.metadata.editor import Component
from connectors.sandbox.salesforce.metadata.fields import Fields
from connectors.sandbox.salesforce.metadata.kept import Layouts, Tabs
from connectors.sandbox.salesforce.metadata.objects import Objects
from connectors.sandbox.salesforce.metadata.record_types import RecordTypes
from connectors.sandbox.salesforce.metadata.rights import PermissionSets, Profiles
from connectors.sandbox.salesforce.metadata.validation import ValidationRules
from connectors.sandbox.salesforce.metadata.value_sets import ValueSets

if TYPE_CHECKING:
    from connectors.sandbox.salesforce.metadata.editor import Keeper

_FIELDS, _RULES, _TYPES = Fields(), ValidationRules(), RecordTypes()
_PARTS: dict[str, Keeper] = {"fields": _FIELDS, "recordTypes": _TYPES, "validationRules": _RULES}
_LIST = (
    Component("StandardValueSet", shapes.STANDARD_VALUE_SET, ValueSets(), "standardValueSets", "standardValueSet"),
    Component(
        "CustomObject", shapes.CUSTOM_OBJECT, Objects(_PARTS), "objects", "object",
        children=("CustomField", "RecordType", "ValidationRule"),
    ),
    Component("CustomField", shapes.CUSTOM_FIELD, _FIELDS, parent="CustomObject", element="fields"),
    Component("RecordType", shapes.RECORD_TYPE, _TYPES, parent="CustomObject", element="recordTypes"),
    Component("ValidationRule", shapes.VALIDATION_RULE, _RULES, parent="CustomObject", element="validationRules"),
    Component("AssignmentRules", shapes.ASSIGNMENT_RULES, AssignmentRules(), "assignmentRules", "assignmentRules"),
    Component("MatchingRules", shapes.MATCHING_RULES, MatchingRules(), "matchingRules", "matchingRule"),
    Component("DuplicateRule", shapes.DUPLICATE_RULE, DuplicateRules(), "duplicateRules", "duplicateRule"),
    Component("CustomTab", shapes.CUSTOM_TAB, Tabs(), "tabs", "tab"),
    Component("Layout", shapes.LAYOUT, Layouts(), "layouts", "layout"),
    Component("PermissionSet", shapes.PERMISSION_SET, PermissionSets(), "permissionsets", "permissionset"),
    Component("Profile", shapes.PROFILE, Profiles(), "profiles", "profile"),
)  # fmt: skip
COMPONENTS = {component.name: component for component in _LIST}
DIRECTORIES = {component.directory: component for component in _LIST if component.directory}
