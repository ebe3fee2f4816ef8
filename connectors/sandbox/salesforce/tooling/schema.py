"""The objects of the Tooling API, as its reference lists them: their fields, and what may be done to them."""

from __future__ import annotations

from functools import cache

from connectors.sandbox.salesforce.schema.spec import Field, SObject, build_object

_STAMPS = "CreatedDate:datetime CreatedById:>User LastModifiedDate:datetime LastModifiedById:>User"
_OF_OBJECT = "EntityDefinitionId:>EntityDefinition NamespacePrefix"
_METADATA = "ManageableState FullName Metadata:complexvalue"
_APEX = f"Name ApiVersion:double Status Body:textarea NamespacePrefix LengthWithoutComments:int {_STAMPS}"
# name: label, key prefix, abilities, fields as `Name`, `Name:type` or `Name:>Object` for a reference.
_OBJECTS = {
    "ApexClass": ("Apex Class", "01p", "", f"{_APEX} IsValid:boolean"),
    "ApexComponent": ("Visualforce Component", "099", "", f"Name ApiVersion:double Markup:textarea {_STAMPS}"),
    "ApexLog": ("Apex Debug Log", "07L", "", "LogUserId:>User LogLength:int Operation Status StartTime:datetime"),
    "ApexPage": ("Visualforce Page", "066", "", f"Name ApiVersion:double Markup:textarea {_STAMPS}"),
    "ApexTrigger": ("Apex Trigger", "01q", "", f"{_APEX} TableEnumOrId UsageAfterInsert:boolean"),
    "AuraDefinitionBundle": ("Aura Component Bundle", "0Ab", "", f"DeveloperName MasterLabel {_STAMPS}"),
    "CustomField": (
        "Custom Field", "00N", "cud",
        (f"TableEnumOrId DeveloperName {_OF_OBJECT} Description InlineHelpText Length:int Precision:int Scale:int"
        f" RelationshipLabel SummaryOperation {_METADATA} {_STAMPS}"),
    ),
    "CustomObject": (
        "Custom Object", "01I", "",
        f"DeveloperName NamespacePrefix Description SharingModel Language ManageableState {_STAMPS}",
    ),
    "CustomTab": ("Custom Tab", "01r", "cud", f"DeveloperName MasterLabel Type NamespacePrefix {_METADATA} {_STAMPS}"),
    "EntityDefinition": (
        "Entity Definition", "4ie", "",
        ("DurableId QualifiedApiName DeveloperName NamespacePrefix MasterLabel Label PluralLabel KeyPrefix"
        " DeploymentStatus InternalSharingModel IsCustomSetting:boolean IsCustomizable:boolean"
        " IsDeprecatedAndHidden:boolean IsEverCreatable:boolean IsEverDeletable:boolean IsEverUpdatable:boolean"
        " IsFeedEnabled:boolean IsIdEnabled:boolean IsLayoutable:boolean IsQueryable:boolean IsReplicateable:boolean"
        " IsRetrieveable:boolean IsSearchable:boolean IsTriggerable:boolean LastModifiedDate:datetime"),
    ),
    "EntityParticle": (
        "Entity Particle", "4ip", "",
        ("DurableId EntityDefinitionId:>EntityDefinition FieldDefinitionId:>FieldDefinition QualifiedApiName"
        " DeveloperName MasterLabel Label DataType Length:int Precision:int Scale:int Digits:int IsNillable:boolean"
        " IsCreatable:boolean IsUpdatable:boolean IsUnique:boolean IsIdLookup:boolean IsCalculated:boolean"
        " IsAutonumber:boolean IsNameField:boolean IsPermissionable:boolean RelationshipName"),
    ),
    "FieldDefinition": (
        "Field Definition", "4fe", "",
        ("DurableId EntityDefinitionId:>EntityDefinition QualifiedApiName DeveloperName NamespacePrefix MasterLabel"
        " Label DataType Length:int Precision:int Scale:int ExtraTypeInfo Description IsNillable:boolean"
        " IsCalculated:boolean IsNameField:boolean IsIndexed:boolean IsHtmlFormatted:boolean IsApiFilterable:boolean"
        " IsApiGroupable:boolean IsApiSortable:boolean ReferenceTo:complexvalue RelationshipName"
        " LastModifiedDate:datetime"),
    ),
    "FlexiPage": ("Lightning Page", "0M0", "", f"DeveloperName MasterLabel Type {_STAMPS}"),
    "Flow": ("Flow Version", "301", "", f"MasterLabel Status VersionNumber:int ProcessType {_STAMPS}"),
    "FlowDefinition": ("Flow Definition", "300", "", f"DeveloperName MasterLabel NamespacePrefix {_STAMPS}"),
    "InstalledSubscriberPackage": ("Installed Package", "0A3", "", "SubscriberPackageId SubscriberPackageVersionId"),
    "Layout": (
        "Page Layout", "00h", "cud", f"Name LayoutType TableEnumOrId {_OF_OBJECT} {_METADATA} {_STAMPS}",
    ),
    "LightningComponentBundle": ("Lightning Component Bundle", "0Rb", "", f"DeveloperName MasterLabel {_STAMPS}"),
    "StaticResource": ("Static Resource", "081", "", f"Name ContentType BodyLength:int NamespacePrefix {_STAMPS}"),
    "TraceFlag": ("Trace Flag", "7tf", "", f"LogType TracedEntityId StartDate:datetime {_STAMPS}"),
    "ValidationRule": (
        "Validation Rule", "03d", "cud",
        f"ValidationName Active:boolean Description ErrorDisplayField ErrorMessage {_OF_OBJECT} {_METADATA} {_STAMPS}",
    ),
    "WorkflowRule": ("Workflow Rule", "01Q", "", f"Name TableEnumOrId NamespacePrefix {_STAMPS}"),
}  # fmt: skip
# Objects that the Tooling API has in common with the data API.
SHARED = (
    "FieldPermissions", "Group", "ObjectPermissions", "Organization", "PermissionSet", "PermissionSetAssignment",
    "Profile", "RecordType", "User", "UserRole",
)  # fmt: skip
_SIZES = {"string": 255, "textarea": 1_000_000, "reference": 18}


@cache
def tooling_objects() -> dict[str, SObject]:
    """The Tooling API's own objects by name; each is a table filled by `rows.py`."""
    return {
        name: build_object(name, label, f"{label}s", prefix, abilities, "", [_field(text) for text in fields.split()])
        for name, (label, prefix, abilities, fields) in _OBJECTS.items()
    }


def _field(text: str) -> Field:
    name, _, kind = text.partition(":")
    refs = (kind[1:],) if kind.startswith(">") else ()
    kind = "reference" if refs else kind or "string"
    flags = "d" if kind == "boolean" else "n"
    flags += {"FullName": "cuFSG", "Metadata": "cuFSG"}.get(name, "")
    return Field(
        name,
        kind,
        name,
        length=_SIZES.get(kind, 0),
        precision=18 if kind == "double" else 0,
        scale=1 if kind == "double" else 0,
        digits=9 if kind == "int" else 0,
        flags=flags,
        refs=refs,
        relationship=name.removesuffix("Id") if refs else "",
    )
